"""A claim is decided, and a certificate is left beside it."""

from __future__ import annotations

from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from smtcheck.checking import certificate_files
from smtcheck.checking.refusals import Refused
from smtcheck.claims.claim_files import Claim
from smtcheck.claims.questions import UniversalityQuestion
from smtcheck.claims.verdicts import InternalError, Undecided, UniversalityVerdict, Verdict
from smtcheck.engines import certificate_saving
from smtcheck.engines.certificate_search import NoCertificate, certificate_for, search_record
from smtcheck.engines.portfolio import Engine, prove
from smtcheck.errors import InputError
from smtcheck.interface.beside import established, rechecked
from smtcheck.limits import Limits, OutOfTime, alarm
from smtcheck.universality.decision import decide


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


def answer(
    claim: Claim, limits: Limits, engine: Engine = Engine.AUTO, executor: Executor | None = None
) -> Verdict | UniversalityVerdict:
    """What a search says of a claim of any kind."""
    question = claim.question
    if isinstance(question, UniversalityQuestion):
        return decide(question.setting, question.activation, limits)
    return prove(question, limits, engine, executor)


def known_or_answer(claim: Claim, limits: Limits, engine: Engine) -> Verdict | UniversalityVerdict:
    """What the certificates beside a claim settle, or else what a search says."""
    with suppress(InputError, Refused, InternalError):
        found = established(claim, partial(rechecked, claim, limits))
        if found is not None and not isinstance(found.verdict, Undecided):
            return found.verdict
    return answer(claim, limits, engine)
