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
from enum import Enum, auto
from functools import partial
from pathlib import Path
from typing import Any

import click

from smtcheck.checking import certificate_files
from smtcheck.checking.certificate_files import MAX_SHOWN, MAX_STORED_BYTES
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
from smtcheck.errors import InputError, one_line
from smtcheck.interface import completion, reports
from smtcheck.interface import options as opt
from smtcheck.interface.beside import Rechecked, established, rechecked
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


NOT_SEARCHED = "and no search is recorded"  #: where a claim expects that nothing is found
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

    with workers(Resources(jobs=2)) as pool:  # one would be this process
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
            found = established(claim, partial(_rechecked, claim, options, opinions))
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
    return _settled(claim, found, time.monotonic() - start, options)


def _settled(claim: Claim, found: Rechecked | None, seconds: float, options: Options) -> Outcome:
    """What is said of a claim by a certificate, or without any that speaks of it."""
    verdict: Verdict | UniversalityVerdict
    if found is None or found.is_out_of_date:
        found, verdict, kind = None, _without(claim, found), ""
    else:
        verdict, kind = found.verdict, certificate_files.name_of(found.certificate.kind)
    line = heading(claim.path, claim, verdict, seconds) + _grounds(claim, verdict, kind)
    if found is not None and found.opinions:
        line += f" ({found.opinions})"
    more = _more(claim, found) if found is not None and options.detail is Detail.VERBOSE else ()
    is_recorded = found is not None and found.is_search
    missing = "" if is_recorded or not isinstance(verdict, Undecided) else NOT_SEARCHED
    path = found.path if found is not None else None
    return settled(options, claim.path, claim, verdict, seconds, [line, *more], path, kind, missing)


def _rechecked(claim: Claim, options: Options, opinions: Opinions, path: Path) -> Rechecked:
    """A certificate, and what others say if they are asked."""
    if opinions is Opinions.OWN:
        return rechecked(claim, options.limits, path)
    from smtcheck.interface.second_opinions import Witnessed, second_opinions

    found = certificate_files.read(path)
    proofs = Witnessed(found.proofs)
    verdict = recheck_certificate(claim.question, found, options.limits, proofs, claim.networks)
    with alarm(PARANOID_TIMES * options.limits.timeout_seconds):
        said = second_opinions(claim, verdict, proofs, options.limits)
    return Rechecked(path=path, certificate=found, verdict=verdict, opinions=said)


def _without(claim: Claim, found: Rechecked | None) -> Undecided:
    """What is said of a claim that has no certificate which speaks of it."""
    reason = MISSING[claim.keeping]
    if found is not None and found.path == claim.certificate:
        assert isinstance(found.verdict, OutOfDate)
        reason = found.verdict.reason
    how = "" if claim.keeping is Keeping.NONE else f": smtcheck prove {claim.path} makes one"
    return Undecided(reason=f"{reason}{how}")


def _grounds(claim: Claim, verdict: Verdict | UniversalityVerdict, kind: str) -> str:
    """The rest of the line."""
    match verdict, claim.question:
        case Undecided(reason=reason), _:
            return f": {reason}"
        case Proved(evidence=evidence), _:
            return f", {kind}: {evidence}"
        case Refuted(counterexample=found), Question() as question:
            return f", {kind}: {counterexample_text(question, found)}"
    return f", {kind}"


def _more(claim: Claim, found: Rechecked) -> Iterator[str]:
    """The lines below, for -v."""
    made_by = one_line(found.certificate.made_by, MAX_SHOWN)
    yield f"  certificate: {found.path.name}, made by {made_by}"
    if isinstance(found.verdict, Universal | NotUniversal):
        yield from (f"  {line}" for line in reports.claim_grounds(claim, found.verdict))


@click.command("verify")
@click.argument("paths", nargs=-1, metavar="[PATH]...", shell_complete=completion.files)
@opt.jobs
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
