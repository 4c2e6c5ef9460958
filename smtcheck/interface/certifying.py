"""Certificates beside claims: what they say already, and what is left once one was decided."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from smtcheck.checking import certificate_files
from smtcheck.checking.recheck import recheck_certificate
from smtcheck.checking.refusals import Refused
from smtcheck.claims.claim_files import Claim
from smtcheck.claims.verdicts import InternalError, Undecided, UniversalityVerdict, Verdict
from smtcheck.engines import certificate_saving
from smtcheck.engines.certificate_search import NoCertificate, certificate_for, search_record
from smtcheck.errors import InputError
from smtcheck.limits import Limits, OutOfTime, alarm


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFile:
    """A certificate that was written."""

    path: Path
    kind: str
    size_bytes: int


def certify_beside(
    claim: Claim, verdict: Verdict | UniversalityVerdict, limits: Limits
) -> CertificateFile:
    """Find a certificate, check it, and write it; NoCertificate says why there is none.

    What a claim does not expect never takes the place of what it does: that goes to
    CLAIM.refuted.cert.  Where nothing was found and that is expected, it is the search that is
    recorded, and what was found before stays beside it.
    """
    is_expected = str(verdict) == claim.expected.value
    path = claim.certificate if is_expected else claim.surprise
    if isinstance(verdict, Undecided) and not is_expected:
        raise NoCertificate("nothing was decided")
    try:
        with alarm(2 * limits.timeout_seconds):  # to find it, and to check it
            if isinstance(verdict, Undecided):
                made = search_record(claim.question, verdict, limits)
            else:
                made = certificate_for(claim.question, verdict, limits)
        size = certificate_saving.write(made, path)
    except (OutOfTime, MemoryError):
        raise NoCertificate("it took more time or memory than allowed") from None
    except InputError as error:
        raise NoCertificate(str(error)) from None
    if is_expected and not isinstance(verdict, Undecided):
        claim.surprise.unlink(missing_ok=True)  # it spoke of what was there before
    return CertificateFile(path=path, kind=certificate_files.name_of(made.kind), size_bytes=size)


def known_beside(claim: Claim, limits: Limits) -> Verdict | UniversalityVerdict | None:
    """What the certificates beside a claim establish, if they do; nothing is searched for."""
    for path in (claim.certificate, claim.surprise):
        if not os.path.exists(path):
            continue
        with suppress(InputError, Refused, InternalError):
            found = certificate_files.read(path)
            verdict = recheck_certificate(claim.question, found, limits)
            if not isinstance(verdict, Undecided):
                return verdict
    return None
