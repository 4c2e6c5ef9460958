"""`smtcheck verify`: re-check every claim by its certificate, without any search.

Nothing imported here, or by what is imported here, can look for a proof: neither a solver
nor the modules that ask them (tests/interface/test_verify.py pins what is loaded).
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from pathlib import Path
from typing import Any

import click

from smtcheck.checking import certificate_files
from smtcheck.checking.certificate_files import MAX_STORED_BYTES, SearchRecord
from smtcheck.checking.recheck import OutOfDate, recheck_certificate
from smtcheck.checking.refusals import Refused
from smtcheck.claims.claim_files import Claim, Keeping, load_claim
from smtcheck.claims.questions import Question
from smtcheck.claims.verdicts import (
    InternalError,
    NotUniversal,
    Proved,
    Refuted,
    Undecided,
    Universal,
    UniversalityVerdict,
    Verdict,
)
from smtcheck.errors import InputError
from smtcheck.interface import completion, reports
from smtcheck.interface import options as opt
from smtcheck.interface.configuration import claims_under, default_paths
from smtcheck.interface.outcomes import (
    LOADING_SECONDS,
    Detail,
    Exit,
    Options,
    Outcome,
    conclude,
    failed,
    heading,
    settled,
    show,
)
from smtcheck.interface.printing import live
from smtcheck.interface.reports import counterexample_text
from smtcheck.limits import OutOfTime, alarm

PARANOID_TIMES = 5  #: as much time for second opinions as for the check


SEARCH = certificate_files.name_of(SearchRecord(reason="", timeout_seconds=0, memory_mebibytes=0))
MISSING = {
    Keeping.KEPT: "there is no certificate",
    Keeping.REGENERATED: f"a certificate larger than {MAX_STORED_BYTES} bytes is not kept",
    Keeping.NONE: "the claim does without a certificate, so that there is nothing to re-check",
}


class Opinions(Enum):
    """Whether others are asked, too."""

    OWN = auto()
    SECOND = auto()  #: of solvers and checkers that are installed


def verify_claims(paths: Sequence[Path], options: Options, jobs: int, opinions: Opinions) -> int:
    """Re-check claims, several at a time; a line for each, in their order."""
    start = time.monotonic()
    outcomes: list[Outcome] = []
    for outcome in _outcomes(paths, options, jobs, opinions):
        live()
        show(outcome, options)
        outcomes.append(outcome)
        if options.is_failing_fast and outcome.exit is not Exit.SETTLED:
            break
        live(f"{len(outcomes)} of {len(paths)} claims")
    live()
    kinds = Counter(outcome.kind for outcome in outcomes if outcome.kind)
    shown = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    seconds = time.monotonic() - start
    summary = f" in {seconds:.1f} s, by certificate ({shown or 'none'})"
    return conclude(outcomes, len(paths), options, summary)


def _outcomes(
    paths: Sequence[Path], options: Options, jobs: int, opinions: Opinions
) -> Iterator[Outcome]:
    verified = partial(verify_claim, options=options, opinions=opinions)
    if jobs == 1 or len(paths) == 1:
        yield from map(verified, paths)
        return
    from smtcheck.interface.executors import Resources, workers

    with workers(Resources(jobs=jobs).at_most(len(paths))) as pool:
        if pool.executor is None:
            yield from map(verified, paths)
            return
        futures = [pool.executor.submit(verified, path) for path in paths]
        for path, future in zip(paths, futures, strict=True):
            try:
                yield future.result()
            except BrokenProcessPool:
                yield _alone(verified, path)


def _alone(verified: Callable[[Path], Outcome], path: Path) -> Outcome:
    """Once more, in a process of its own: the one before was killed, or one beside it."""
    from smtcheck.interface.executors import Resources, workers

    with workers(Resources(jobs=2)) as pool:
        assert pool.executor is not None
        try:
            return pool.executor.submit(verified, path).result()
        except BrokenProcessPool:
            reason = "the process that checked it was killed, at its time limit or out of memory"
            return failed(path, None, 0, Exit.UNDECIDED, reason)


def verify_claim(path: Path, options: Options, opinions: Opinions = Opinions.OWN) -> Outcome:
    """Re-check one claim."""
    start = time.monotonic()
    claim: Claim | None = None
    try:
        with alarm(options.limits.timeout_seconds + LOADING_SECONDS):
            claim = load_claim(path, options.code, options.root)
            checked = _checked(claim, options, opinions)
    except (OutOfTime, MemoryError):
        reason = "checking it took more time or memory than allowed"
        return failed(path, claim, time.monotonic() - start, Exit.UNDECIDED, reason)
    except InputError as error:
        return failed(path, claim, time.monotonic() - start, Exit.BAD_INPUT, str(error))
    except Exception as error:  # whatever a hostile file has set off concerns this claim only
        is_known = isinstance(error, InternalError | Refused)
        if not is_known and "SMTCHECK_TRACEBACK" in os.environ:
            raise
        name = claim.certificate.name if claim else path.name
        reason = f"{name} is refused: {'' if is_known else type(error).__name__ + ': '}{error}"
        return failed(path, claim, time.monotonic() - start, Exit.INTERNAL_ERROR, reason)
    seconds = time.monotonic() - start
    line = heading(path, claim, checked.verdict, seconds)
    line += "".join(_grounds(claim, checked.verdict, checked.kind))
    if checked.opinions:
        line += f" ({checked.opinions})"
    is_recorded = checked.kind == SEARCH or not isinstance(checked.verdict, Undecided)
    missing = "" if is_recorded else "and no search is recorded"
    return settled(
        options,
        path,
        claim,
        checked.verdict,
        seconds,
        [line, *(_more(claim, checked) if options.detail is Detail.VERBOSE else ())],
        checked.certificate,
        checked.kind,
        missing,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    """What a certificate establishes."""

    verdict: Verdict | UniversalityVerdict
    certificate: Path | None = None
    kind: str = ""  #: of the certificate; empty where there is none
    made_by: str = ""
    opinions: str = ""


def _checked(claim: Claim, options: Options, opinions: Opinions) -> _Checked:
    """By the certificate of what is expected or, where that says nothing, of what is not.

    That somebody has looked and found nothing says nothing, where somebody else has found it.
    """
    reason, searched = MISSING[claim.keeping], None
    for path in (claim.certificate, claim.surprise):
        if not os.path.exists(path):  # which says no to names that are too long
            continue
        checked = _by_certificate(claim, path, options, opinions)
        if isinstance(checked.verdict, OutOfDate):
            reason = checked.verdict.reason if path == claim.certificate else reason
        elif checked.kind == SEARCH:
            searched = searched or checked
        else:
            return checked
    if searched is not None:
        return searched
    how = "" if claim.keeping is Keeping.NONE else f": smtcheck prove {claim.path} makes one"
    return _Checked(verdict=Undecided(reason=f"{reason}{how}"))


def _by_certificate(claim: Claim, path: Path, options: Options, opinions: Opinions) -> _Checked:
    found = certificate_files.read(path)
    kind = certificate_files.name_of(found.kind)
    asked = (claim.question, found, options.limits)
    if opinions is Opinions.OWN:
        verdict = recheck_certificate(*asked, networks=claim.networks)
        return _Checked(verdict=verdict, certificate=path, kind=kind, made_by=found.made_by)
    from smtcheck.interface.second_opinions import Witnessed, second_opinions

    proofs = Witnessed(found.proofs)
    verdict = recheck_certificate(*asked, proofs, claim.networks)
    with alarm(PARANOID_TIMES * options.limits.timeout_seconds):
        said = second_opinions(claim, verdict, proofs, options.limits)
    return _Checked(
        verdict=verdict, certificate=path, kind=kind, made_by=found.made_by, opinions=said
    )


def _grounds(claim: Claim, verdict: Verdict | UniversalityVerdict, kind: str) -> Iterator[str]:
    """The rest of the line."""
    match verdict, claim.question:
        case Undecided(reason=reason), _:
            yield f": {reason}"
        case Proved(evidence=evidence), _:
            yield f", {kind}: {evidence}"
        case Refuted(counterexample=found), Question() as question:
            yield f", {kind}: {counterexample_text(question, found)}"
        case _:
            yield f", {kind}"


def _more(claim: Claim, checked: _Checked) -> Iterator[str]:
    """The lines below, for -v."""
    if checked.certificate is not None:
        made_by = certificate_files.printable(checked.made_by)
        yield f"  certificate: {checked.certificate.name}, made by {made_by}"
    if isinstance(checked.verdict, Universal | NotUniversal):
        yield from (f"  {line}" for line in reports.claim_grounds(claim, checked.verdict))


@click.command("verify")
@click.argument("paths", nargs=-1, metavar="[PATH]...", shell_complete=completion.files)
@click.option(
    "--jobs", type=click.IntRange(1, 256), metavar="N", help="Processes.  [default: the CPUs]"
)
@click.option(
    "--paranoid", is_flag=True,
    help="Ask every SMT solver here, and lrup-check for proofs (make coq), what they think.",
)  # fmt: skip
@opt.reporting
@opt.shared
def command(paths: tuple[str, ...], jobs: int | None, paranoid: bool, **shared: Any) -> int:
    """Re-check every claim under each PATH by its certificate.

    Nothing is searched for, and no solver is used.  Without a PATH, it is the folders that
    pyproject.toml names ([tool.smtcheck] paths), or proofs/.

    \b
    Example:  smtcheck verify --jobs 4 proofs
    Exit:     0 all as expected, 1 refuted or not as expected, 2 bad input,
              3 undecided, or a certificate is missing or out of date, 4 refused
    """
    found = claims_under([Path(path) for path in paths] or default_paths())
    opinions = Opinions.SECOND if paranoid else Opinions.OWN
    return verify_claims(found, opt.options_of(shared), jobs or os.cpu_count() or 1, opinions)
