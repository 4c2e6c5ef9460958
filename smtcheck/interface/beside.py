"""What the certificates beside a claim establish; nothing is searched for."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from smtcheck.checking import certificate_files
from smtcheck.checking.certificate_files import Certificate, SearchRecord
from smtcheck.checking.recheck import OutOfDate, recheck_certificate
from smtcheck.claims.claim_files import Claim
from smtcheck.claims.verdicts import Undecided, UniversalityVerdict, Verdict
from smtcheck.limits import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Rechecked:
    """A certificate, and what it establishes."""

    path: Path
    certificate: Certificate
    verdict: Verdict | UniversalityVerdict
    opinions: str = ""  #: of others, who were asked too

    @property
    def is_out_of_date(self) -> bool:
        """Whether it speaks of something else."""
        return isinstance(self.verdict, OutOfDate)

    @property
    def is_search(self) -> bool:
        """Whether it says, of this claim, that somebody has looked and found nothing."""
        return isinstance(self.certificate.kind, SearchRecord) and not self.is_out_of_date


def rechecked(claim: Claim, limits: Limits, path: Path) -> Rechecked:
    """One certificate, re-checked.

    Raises:
        InputError: It cannot be read.
        Refused: It does not establish what it says.
    """
    found = certificate_files.read(path)
    verdict = recheck_certificate(claim.question, found, limits, networks=claim.networks)
    return Rechecked(path=path, certificate=found, verdict=verdict)


def established(claim: Claim, recheck: Callable[[Path], Rechecked]) -> Rechecked | None:
    """By the certificate of what is expected or, where that settles nothing, of what is not.

    Of those that settle nothing, the first that speaks of this claim counts; None if there are
    none.  That somebody has searched in vain hides nothing that somebody else has found.
    """
    open_: list[Rechecked] = []
    for path in (claim.certificate, claim.surprise):
        if os.path.exists(path):  # which says no to names that are too long
            found = recheck(path)
            if not isinstance(found.verdict, Undecided):
                return found
            open_.append(found)
    return min(open_, key=lambda found: found.is_out_of_date, default=None)
