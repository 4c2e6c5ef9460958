"""What the commands do: prove, table, export."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from smtcheck.checking import certificate_files
from smtcheck.claims.claim_files import Claim, load_claim
from smtcheck.claims.questions import UniversalityQuestion
from smtcheck.claims.verdicts import InternalError, Undecided, UniversalityVerdict, Verdict
from smtcheck.engines import certificate_saving
from smtcheck.engines.certificate_search import NoCertificate, certificate_for
from smtcheck.engines.portfolio import Engine, prove
from smtcheck.errors import InputError
from smtcheck.interface import options as opt
from smtcheck.interface.executors import Resources, workers
from smtcheck.interface.outcomes import (
    LOADING_SECONDS,
    Exit,
    Options,
    Outcome,
    claims_under,
    conclude,
    failed,
    heading,
    progress,
    settled,
    show,
)
from smtcheck.interface.reports import claim_grounds
from smtcheck.limits import Limits, OutOfTime, alarm
from smtcheck.universality.decision import decide


def prove_claims(
    paths: Sequence[Path],
    engine: str,
    options: Options,
    resources: Resources = Resources(),  # noqa: B008 (it is immutable)
) -> int:
    """Search for the answer to each claim, and leave a certificate beside it."""
    outcomes: list[Outcome] = []
    with workers(resources) as pool:
        for path in paths:
            with progress(f"{path} ({len(outcomes) + 1} of {len(paths)})"):
                outcomes.append(_outcome(path, Engine(engine), options, pool.executor))
            show(outcomes[-1], options)
    return conclude(outcomes, options)


def _outcome(path: Path, engine: Engine, options: Options, executor: Executor | None) -> Outcome:
    start = time.monotonic()
    claim: Claim | None = None
    try:
        with alarm(options.limits.timeout_seconds + LOADING_SECONDS):
            claim = load_claim(path, options.code)
            verdict = _answer(claim, options.limits, engine, executor)
    except (OutOfTime, MemoryError):
        seconds = time.monotonic() - start
        reason = "reading it took more time or memory than allowed"
        return failed(path, claim, seconds, Exit.UNDECIDED, reason)
    except (InputError, InternalError) as error:
        seconds = time.monotonic() - start
        exit_ = Exit.BAD_INPUT if isinstance(error, InputError) else Exit.INTERNAL_ERROR
        return failed(path, claim, seconds, exit_, str(error))
    seconds = time.monotonic() - start
    try:
        left = _certified(claim, verdict, options.limits)
    except InternalError as error:
        return failed(path, claim, seconds, Exit.INTERNAL_ERROR, str(error))
    lines = [heading(path, claim, verdict, seconds)]
    lines += [f"  {line}" for line in (*claim_grounds(claim, verdict), *left.lines)]
    return settled(options, path, claim, verdict, seconds, lines, certificate=left.path)


def _answer(
    claim: Claim, limits: Limits, engine: Engine, executor: Executor | None
) -> Verdict | UniversalityVerdict:
    if isinstance(claim.question, UniversalityQuestion):
        return decide(claim.question.setting, claim.question.activation, limits)
    return prove(claim.question, limits, engine, executor)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Left:
    """What was left beside a claim."""

    path: Path | None = None
    lines: tuple[str, ...] = ()


def _certified(claim: Claim, verdict: Verdict | UniversalityVerdict, limits: Limits) -> _Left:
    """Write a certificate; a verdict stands without one, too, and says so."""
    if isinstance(verdict, Undecided):
        return _Left()
    try:
        with alarm(2 * limits.timeout_seconds):  # to find it, and to check it
            made = certificate_for(claim.question, verdict, limits)
        size = certificate_saving.write(made, claim.certificate)
    except (OutOfTime, MemoryError):
        return _Left(lines=("no certificate: it took more time or memory than allowed",))
    except (NoCertificate, InputError) as error:
        return _Left(lines=(f"no certificate: {error}",))
    name, kind = claim.certificate.name, certificate_files.name_of(made.kind)
    lines = [f"certificate: {name} ({kind}, {size} bytes)"]
    if size > certificate_files.MAX_STORED_BYTES and not claim.is_regenerated:
        lines.append('it is large: certificate = "regenerate" in the claim keeps it out of git')
    return _Left(path=claim.certificate, lines=tuple(lines))


@click.command("prove")
@click.argument("claims", nargs=-1, required=True, metavar="CLAIM.toml...")
@opt.engine
@opt.resources
@opt.shared
def command(claims: tuple[str, ...], engine: str, **shared: Any) -> int:
    """Search for a proof or a counterexample of each claim, or of all in a folder.

    A certificate is written beside each claim that is settled; verify re-checks it.
    """
    paths = claims_under([Path(claim) for claim in claims])
    return prove_claims(paths, engine, opt.options_of(shared), opt.resources_of(shared))
