"""`smtcheck prove`: search for the answer to each claim, and leave a certificate beside it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from smtcheck.checking.certificate_files import MAX_STORED_BYTES
from smtcheck.claims.claim_files import Claim, Expectation, Keeping, load_claim
from smtcheck.claims.verdicts import InternalError, Undecided, UniversalityVerdict, Verdict
from smtcheck.engines.certificate_search import NoCertificate
from smtcheck.engines.portfolio import Engine
from smtcheck.errors import InputError
from smtcheck.interface import completion
from smtcheck.interface import options as opt
from smtcheck.interface.certifying import answer, certify_beside
from smtcheck.interface.configuration import claims_under
from smtcheck.interface.executors import Resources, workers
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
from smtcheck.interface.printing import progress
from smtcheck.interface.reports import claim_grounds
from smtcheck.limits import Limits, OutOfTime, alarm


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofSearch:
    """How answers are looked for."""

    engine: Engine = Engine.AUTO
    resources: Resources = Resources()  # noqa: RUF009 (it is immutable)
    is_certifying: bool = True


def prove_claims(paths: Sequence[Path], search: ProofSearch, options: Options) -> int:
    """Search for the answer to each claim, and leave a certificate beside it."""
    outcomes: list[Outcome] = []
    is_detailed = len(paths) == 1 or options.detail is Detail.VERBOSE
    with workers(search.resources) as pool:
        for path in paths:
            with progress(f"{path} ({len(outcomes) + 1} of {len(paths)})"):
                outcome = _outcome(path, search, options, pool.executor, is_detailed)
            outcomes.append(outcome)
            show(outcome, options)
            if options.is_failing_fast and outcome.exit is not Exit.SETTLED:
                break
    return conclude(outcomes, len(paths), options)


def _outcome(
    path: Path, search: ProofSearch, options: Options, executor: Executor | None, is_detailed: bool
) -> Outcome:
    start = time.monotonic()
    claim: Claim | None = None
    try:
        with alarm(options.limits.timeout_seconds + LOADING_SECONDS):
            claim = load_claim(path, options.code, options.root)
            verdict = answer(claim, options.limits, search.engine, executor)
        seconds = time.monotonic() - start
        left = _left_beside(claim, verdict, search, options.limits)
    except (OutOfTime, MemoryError):
        exit_, reason = Exit.UNDECIDED, "reading it took more time or memory than allowed"
    except InputError as error:
        exit_, reason = Exit.BAD_INPUT, str(error)
    except OSError as error:  # of a full disk, or of too many open files
        exit_, reason = Exit.UNDECIDED, f"{error.strerror or error} ({error.filename or 'a file'})"
    except Exception as error:  # a defect, which concerns this claim only
        is_known = isinstance(error, InternalError)
        if not is_known and "SMTCHECK_TRACEBACK" in os.environ:
            raise
        kind = "" if is_known else f"internal error, please report it: {type(error).__name__}: "
        exit_, reason = Exit.INTERNAL_ERROR, f"{kind}{error}"
    else:
        lines = list(_lines(claim, verdict, seconds, left, is_detailed))
        return settled(
            options, path, claim, verdict, seconds, lines, left.path, missing=left.missing
        )
    return failed(path, claim, time.monotonic() - start, exit_, reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Left:
    """What was left beside a claim."""

    path: Path | None = None
    lines: tuple[str, ...] = ()
    missing: str = ""


def _lines(
    claim: Claim,
    verdict: Verdict | UniversalityVerdict,
    seconds: float,
    left: _Left,
    is_detailed: bool,
) -> Iterator[str]:
    """One, or more of a claim that is alone or not as it should be."""
    yield heading(claim.path, claim, verdict, seconds)
    if is_detailed or str(verdict) != claim.expected.value or left.missing:
        yield from (f"  {line}" for line in (*claim_grounds(claim, verdict), *left.lines))


def _left_beside(
    claim: Claim, verdict: Verdict | UniversalityVerdict, search: ProofSearch, limits: Limits
) -> _Left:
    """Write a certificate; without one a verdict stands, too, but is not settled as expected."""
    if not search.is_certifying or claim.keeping is Keeping.NONE:
        return _Left()
    if isinstance(verdict, Undecided) and claim.expected is not Expectation.UNDECIDED:
        return _Left()
    try:
        found = certify_beside(claim, verdict, limits)
    except NoCertificate as error:
        return _none(str(error))
    lines = [f"certificate: {found.path.name} ({found.kind}, {found.size_bytes} bytes)"]
    if found.size_bytes > MAX_STORED_BYTES and claim.keeping is Keeping.KEPT:
        lines.append('it is large: certificate = "regenerate" in the claim keeps it out of git')
    return _Left(path=found.path, lines=tuple(lines))


def _none(reason: str) -> _Left:
    line = f"no certificate: {reason}"
    how = 'smtcheck prove --no-certificate, or certificate = "none" in the claim, does without'
    return _Left(lines=(line, how), missing=line)


@click.command("prove")
@click.argument(
    "claims", nargs=-1, required=True, metavar="CLAIM.toml...", shell_complete=completion.files
)
@opt.engine
@click.option("--no-certificate", is_flag=True, help="Leave none, and do not look for any.")
@opt.reporting
@opt.resources
@opt.shared
def command(claims: tuple[str, ...], engine: str, no_certificate: bool, **shared: Any) -> int:
    """Search for a proof or a counterexample of each claim, or of all in a folder.

    A certificate is written beside each claim that is settled as expected (else it goes to
    CLAIM.refuted.cert); verify re-checks it.

    \b
    Example:  smtcheck prove --timeout 5m proofs/max/halves-16bit.toml
    Exit:     0 all as expected, 1 refuted or not as expected, 2 bad input,
              3 undecided or no certificate, 4 internal error
    """
    paths = claims_under([Path(claim) for claim in claims])
    search = ProofSearch(
        engine=Engine(engine),
        resources=opt.resources_of(shared),
        is_certifying=not no_certificate,
    )
    return prove_claims(paths, search, opt.options_of(shared))
