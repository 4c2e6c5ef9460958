"""What the commands do: prove, table, export."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

import click

from smtcheck.arithmetic.formats import Format
from smtcheck.errors import InputError
from smtcheck.interface.executors import Resources, workers
from smtcheck.interface.outcomes import (
    LOADING_SECONDS,
    Exit,
    Options,
    Outcome,
    conclude,
    failed,
    heading,
    print_json,
    progress,
    settled,
    show,
    write_output,
)
from smtcheck.interface.reports import claim_grounds
from smtcheck.interface.values import shown_value
from smtcheck.networks.activations import activation, table
from smtcheck.networks.files import FileSpace
from smtcheck.proving import certificates
from smtcheck.proving.certifying import NoCertificate, certificate_for
from smtcheck.proving.claims import Claim, load_claim
from smtcheck.proving.deciding import decide
from smtcheck.proving.limits import Limits, OutOfTime, alarm
from smtcheck.proving.questions import Obligation, UniversalityQuestion
from smtcheck.proving.search import Engine, prove
from smtcheck.proving.smt import script
from smtcheck.proving.verdicts import (
    InternalError,
    Undecided,
    UniversalityVerdict,
    Verdict,
)


def prove_claims(
    paths: Sequence[Path],
    engine: str,
    options: Options,
    resources: Resources = Resources(),  # noqa: B008 (it is immutable)
) -> int:
    """Search for the answer to each claim, and leave a certificate beside it."""
    outcomes: list[Outcome] = []
    with workers(resources) as crew:
        for path in paths:
            with progress(f"{path} ({len(outcomes) + 1} of {len(paths)})"):
                outcomes.append(_outcome(path, Engine(engine), options, crew.executor))
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
    return settled(path, claim, verdict, seconds, lines, certificate=left.path)


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
        size = certificates.write(made, claim.certificate)
    except (OutOfTime, MemoryError):
        return _Left(lines=("no certificate: it took more time or memory than allowed",))
    except (NoCertificate, InputError) as error:
        return _Left(lines=(f"no certificate: {error}",))
    name, kind = claim.certificate.name, certificates.name_of(made.kind)
    lines = [f"certificate: {name} ({kind}, {size} bytes)"]
    if size > certificates.MAX_STORED_BYTES and not claim.is_regenerated:
        lines.append('it is large: certificate = "regenerate" in the claim keeps it out of git')
    return _Left(path=claim.certificate, lines=tuple(lines))


def show_table(spec: str, format_text: str, output: Path | None, options: Options) -> int:
    """Print or write the codes T(lo) .. T(hi)."""
    fmt = Format.parse(format_text)
    act = activation(spec, FileSpace.working_directory(), options.code)
    codes = table(act, fmt)
    text = "".join(f"{code}\n" for code in codes)
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    if output is not None:
        write_output(output, text.encode())
    if options.output is Options.Output.JSON:
        print_json({"format": str(fmt), "activation": spec, "codes": list(codes), "sha256": sha256})
    elif output is not None:
        click.echo(f"{output}: {len(codes)} codes of {act.name} in {fmt}, SHA-256 {sha256}")
    else:
        rows = [("code", "x", "T(code)", "T(x)")]
        for code, result in enumerate(codes, start=fmt.lo):
            values = (shown_value(fmt.value(code)), shown_value(fmt.value(result)))
            rows.append((str(code), values[0], str(result), values[1]))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        click.echo(f"{act.name} in {fmt}, {len(codes)} codes, SHA-256 {sha256}")
        for row in rows:
            click.echo("  ".join(cell.rjust(n) for cell, n in zip(row, widths, strict=True)))
    return Exit.SETTLED.value


def export_claim(path: Path, output: str, options: Options) -> int:
    """Write the script that a solver finds unsatisfiable exactly if the claim holds."""
    claim = load_claim(path, options.code)
    if isinstance(claim.question, UniversalityQuestion):
        raise InputError(f"{path}: a claim of kind 'universal' is not one obligation of a solver")
    text = script(claim.question, *Obligation)
    header = (
        f"; {path.name}, a claim of kind {claim.kind}, digest {claim.digest}\n"
        "; unsat: the claim holds; sat: x0, x1, ... are the input codes of a counterexample\n"
        "; (two's complement)\n"
    )
    text = header + (text or "(set-logic QF_BV)\n(assert false)\n(check-sat)\n")
    if output == "-":
        if options.output is Options.Output.JSON:
            raise InputError("--smtlib - writes the script to stdout: drop --json, or name a file")
        click.echo(text, nl=False)
        return Exit.SETTLED.value
    write_output(Path(output), text.encode())
    if options.output is Options.Output.JSON:
        print_json({"claim": str(path), "smtlib": output, "digest": claim.digest})
    return Exit.SETTLED.value
