"""Claim files from Python: what `smtcheck prove`, `verify` and `export` do with them."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from smtcheck.claims import claim_files
from smtcheck.claims.claim_files import Claim
from smtcheck.claims.questions import UniversalityQuestion
from smtcheck.claims.verdicts import Undecided, UniversalityVerdict, Verdict
from smtcheck.engines.certificate_search import NoCertificate
from smtcheck.errors import InputError
from smtcheck.files import CodeExecution
from smtcheck.interface.beside import established, rechecked
from smtcheck.interface.certifying import answer, certify_beside
from smtcheck.interface.export import smtlib
from smtcheck.interface.python.arguments import engine_of, limits_of, shown
from smtcheck.interface.python.universality import with_reasons
from smtcheck.limits import Limits, OutOfTime, alarm
from smtcheck.showing import Shown


def load_claim(path: str | Path, *, allow_code: bool = False) -> Claim:
    """A claim file, with everything that it names.

    Parameters
    ----------
    path : str or Path
        The TOML file; files that it names lie in its project.
    allow_code : bool, default False
        Whether activations `module:function` may be imported and called.

    Returns
    -------
    Claim
        What it asks, and what its author expects.

    Raises
    ------
    InputError
        Where a file is missing or wrong; the message says what is wrong with it.

    References
    ----------
    proofs/theory.md#equal, #equivalent and #universal.

    Examples
    --------
    >>> claim = sc.load_claim("proofs/max/halves-8bit.toml")
    >>> claim.kind, claim.expected.value
    ('equal', 'proved')
    """
    if not isinstance(path, str | Path):
        raise InputError(f"{shown(path)} is no file name of a claim")
    code = CodeExecution.ALLOWED if allow_code else CodeExecution.REFUSED
    return claim_files.load_claim(Path(path), code)


def verify(
    claim: Claim | str | Path,
    *,
    timeout: float | None = None,
    limits: Limits | None = None,
    allow_code: bool = False,
) -> Verdict | UniversalityVerdict:
    """What the certificate beside a claim establishes; nothing is searched for.

    Parameters
    ----------
    claim : Claim, str or Path
        The claim, or its file.
    timeout : float, optional
        Seconds, in place of limits.
    limits : Limits, optional
        Time for the check.
    allow_code : bool, default False
        As in `load_claim`.

    Returns
    -------
    Verdict or UniversalityVerdict
        Undecided where there is no certificate, or it is out of date.

    Raises
    ------
    InputError
        Where the claim or the certificate cannot be read.
    Refused
        Where the certificate does not establish what it says.

    References
    ----------
    proofs/theory.md#verdicts; docs/certificates.md.

    Examples
    --------
    >>> sc.verify("proofs/max/halves-8bit.toml").proved
    True
    """
    found, limits = claim_of(claim, allow_code), limits_of(limits, timeout)
    try:
        with alarm(limits.timeout_seconds):
            kept = established(found, partial(rechecked, found, limits))
    except (OutOfTime, MemoryError):
        return Undecided(reason="checking it took more time or memory than allowed")
    if kept is None:
        name = found.certificate.name
        return Undecided(reason=f"there is no certificate {name}: sc.certify makes one")
    return _worded(found, kept.verdict)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Certified(Shown):
    """A verdict about a claim file, and the certificate that was written beside it.

    Attributes
    ----------
    verdict : Verdict or UniversalityVerdict
        What was found.
    path : Path, optional
        The certificate; None where there is none.  Where the claim expects another verdict, it
        is CLAIM.refuted.cert.
    reason : str, optional
        Why there is none; None where there is one.

    References
    ----------
    proofs/theory.md#verdicts and #trust.

    Examples
    --------
    >>> made = sc.certify("proofs/max/halves-8bit.toml")
    >>> print(made.verdict, made.path.name)
    proved halves-8bit.cert
    """

    verdict: Verdict | UniversalityVerdict
    path: Path | None = None
    reason: str | None = None


def certify(
    claim: Claim | str | Path,
    *,
    engine: str = "auto",
    timeout: float | None = None,
    limits: Limits | None = None,
    executor: Executor | None = None,
    allow_code: bool = False,
) -> Certified:
    """Search for the answer to a claim, and write a certificate beside it: `smtcheck prove`.

    Parameters
    ----------
    claim : Claim, str or Path
        The claim, or its file.
    engine : str, default "auto"
        As in `prove`.
    timeout : float, optional
        Seconds, in place of limits; the certificate may take twice as long again.
    limits : Limits, optional
        Time in seconds, memory in MiB of each solver, and seed.
    executor : concurrent.futures.Executor, optional
        Where long evaluations go; its workers are trusted.
    allow_code : bool, default False
        As in `load_claim`.

    Returns
    -------
    Certified
        The verdict, and the certificate or why there is none.

    Raises
    ------
    InputError
        Where the claim cannot be read, or a side divides by zero somewhere in the domain.

    References
    ----------
    proofs/theory.md#verdicts and #trust.

    Examples
    --------
    >>> sc.certify("proofs/max/difference-8bit.toml").verdict.refuted
    True
    """
    found, limits = claim_of(claim, allow_code), limits_of(limits, timeout)
    verdict = answer(found, limits, engine_of(engine), executor)
    worded = _worded(found, verdict)
    try:
        return Certified(verdict=worded, path=certify_beside(found, verdict, limits).path)
    except NoCertificate as error:
        return Certified(verdict=worded, reason=str(error))


def export(claim: Claim | str | Path, *, allow_code: bool = False) -> str:
    """The obligation of a claim as SMT-LIB 2, for any other solver.

    Parameters
    ----------
    claim : Claim, str or Path
        The claim, or its file.
    allow_code : bool, default False
        As in `load_claim`.

    Returns
    -------
    str
        A script that is unsatisfiable exactly if the claim holds.

    Raises
    ------
    InputError
        Where the claim cannot be read, or is of kind universal.

    References
    ----------
    proofs/theory.md#equal and #equivalent.

    Examples
    --------
    >>> sc.export("proofs/max/halves-8bit.toml").splitlines()[3]
    '(set-logic QF_BV)'
    """
    return smtlib(claim_of(claim, allow_code))


def claim_of(given: Claim | str | Path, allow_code: bool) -> Claim:
    """A claim, or its file."""
    return given if isinstance(given, Claim) else load_claim(given, allow_code=allow_code)


def _worded(claim: Claim, verdict: Verdict | UniversalityVerdict) -> Verdict | UniversalityVerdict:
    question = claim.question
    if not isinstance(question, UniversalityQuestion):
        return verdict
    return with_reasons(question.setting, question.activation.name, verdict)
