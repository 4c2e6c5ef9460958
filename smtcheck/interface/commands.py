"""What the commands do: prove, verify, table, export."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Any

import click

from smtcheck.arithmetic.formats import Format
from smtcheck.errors import InputError
from smtcheck.interface.executors import Resources, workers
from smtcheck.interface.reports import claim_grounds, claim_lines
from smtcheck.interface.values import shown_value
from smtcheck.networks.activations import activation, table
from smtcheck.networks.files import CodeExecution, FileSpace, write_atomically
from smtcheck.proving.claims import Claim, Expectation, load_claim
from smtcheck.proving.deciding import decide
from smtcheck.proving.limits import Limits, OutOfTime, alarm
from smtcheck.proving.questions import Obligation, UniversalityQuestion
from smtcheck.proving.search import Engine, prove
from smtcheck.proving.smt import script
from smtcheck.proving.verdicts import (
    InternalError,
    NotUniversal,
    Proved,
    Refuted,
    Size,
    Undecided,
    Universal,
    UniversalityVerdict,
    Verdict,
)
from smtcheck.theory.evidence import document as evidence_document

LOADING_SECONDS = 5  #: for reading a claim, beside its time limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What every command is told."""

    class Output(Enum):
        """How results are written."""

        TEXT = auto()
        JSON = auto()

    output: Output
    code: CodeExecution
    limits: Limits


class Exit(Enum):
    """Exit codes, from the mildest to the one that outweighs all others."""

    SETTLED = 0
    UNDECIDED = 3
    REFUTED = 1
    BAD_INPUT = 2
    INTERNAL_ERROR = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one claim file."""

    path: Path
    seconds: float
    exit: Exit
    claim: Claim | None = None
    verdict: Verdict | UniversalityVerdict | None = None
    error: str | None = None


def claims_under(paths: Sequence[Path]) -> list[Path]:
    """The claim files named, or found below the folders named."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found.extend(sorted(path.rglob("*.toml")))
        elif path.exists():
            found.append(path)
        else:
            raise InputError(f"{path} does not exist: name a claim file or a folder of them")
    if not found:
        raise InputError(f"no claim (*.toml) under {', '.join(map(str, paths))}")
    return found


def settle(
    paths: Sequence[Path],
    engine: str,
    command: str,
    options: Options,
    resources: Resources = Resources(),  # noqa: B008 (it is immutable)
) -> int:
    """Search for the answer to each claim; the worst outcome is the exit code."""
    outcomes: list[Outcome] = []
    with workers(resources) as crew:
        for path in paths:
            with progress(f"{path} ({len(outcomes) + 1} of {len(paths)})"):
                outcomes.append(_outcome(path, Engine(engine), options, crew.executor))
            if options.output is Options.Output.TEXT:
                _print_outcome(outcomes[-1])
    settled = sum(outcome.exit is Exit.SETTLED for outcome in outcomes)
    if options.output is Options.Output.JSON:
        documents = [_outcome_document(outcome) for outcome in outcomes]
        print_json({"claims": documents, "settled": settled, "total": len(outcomes)})
    else:
        click.echo(f"{settled} of {len(outcomes)} claims settled as expected")
        if command == "verify":
            click.echo("certificates do not exist yet: every verdict was re-proved by searching")
    severity = list(Exit)
    return max((outcome.exit for outcome in outcomes), key=severity.index).value


def _outcome(path: Path, engine: Engine, options: Options, executor: Executor | None) -> Outcome:
    start = time.monotonic()
    claim: Claim | None = None
    try:
        with alarm(options.limits.timeout_seconds + LOADING_SECONDS):
            claim = load_claim(path, options.code)
            verdict = _answer(claim, options.limits, engine, executor)
    except (OutOfTime, MemoryError):
        return Outcome(
            path=path,
            seconds=time.monotonic() - start,
            exit=Exit.UNDECIDED,
            claim=claim,
            error=f"{path}: reading it took more time or memory than allowed",
        )
    except (InputError, InternalError) as error:
        is_input = isinstance(error, InputError)
        return Outcome(
            path=path,
            seconds=time.monotonic() - start,
            exit=Exit.BAD_INPUT if is_input else Exit.INTERNAL_ERROR,
            claim=claim,
            error=str(error) if claim is None else f"{path}: {error}",
        )
    return Outcome(
        path=path,
        seconds=time.monotonic() - start,
        exit=_exit(verdict, claim.expected),
        claim=claim,
        verdict=verdict,
    )


def _answer(
    claim: Claim, limits: Limits, engine: Engine, executor: Executor | None
) -> Verdict | UniversalityVerdict:
    if isinstance(claim.question, UniversalityQuestion):
        return decide(claim.question.setting, claim.question.activation, limits)
    return prove(claim.question, limits, engine, executor)


def _exit(verdict: Verdict | UniversalityVerdict, expected: Expectation) -> Exit:
    if str(verdict) == expected.value:
        return Exit.SETTLED
    return Exit.UNDECIDED if isinstance(verdict, Undecided) else Exit.REFUTED


def _print_outcome(outcome: Outcome) -> None:
    if outcome.claim is None or outcome.verdict is None:
        click.echo(f"smtcheck: {outcome.error}", err=True)
        return
    for line in claim_lines(outcome.path, outcome.claim, outcome.verdict, outcome.seconds):
        click.echo(line)


def _outcome_document(outcome: Outcome) -> dict[str, Any]:
    claim, verdict = outcome.claim, outcome.verdict
    document: dict[str, Any] = {
        "claim": str(outcome.path),
        "kind": claim.kind if claim else None,
        "verdict": str(verdict) if verdict else "error",
        "expected": claim.expected.value if claim else None,
        "settled": outcome.exit is Exit.SETTLED,
        "seconds": round(outcome.seconds, 3),
        "counterexample": None,
        "certificate": None,
        "reason": outcome.error,
        "engine": None,
        "digest": claim.digest if claim else None,
    }
    match verdict:
        case Proved(engine=engine):
            document |= {"engine": engine, "reason": verdict.evidence}
        case Refuted(engine=engine, counterexample=found):
            document["engine"] = engine
            document["counterexample"] = {
                "input_codes": list(found.input_codes),
                "output": found.output,
                "network_code": found.left_code,
                "target_code": found.right_code,
                "is_smallest": found.size is Size.SMALLEST,
            }
        case Undecided(reason=reason):
            document["reason"] = reason
        case Universal(evidence=evidence) | NotUniversal(evidence=evidence):
            document |= {"engine": "criterion", "evidence": evidence_document(evidence)}
            document["reason"] = " ".join(claim_grounds(claim, verdict)) if claim else None
    return document


def in_time(command: Callable[..., int], *arguments: Any) -> int:
    """Run a command that ends with its options, within their time limit."""
    limits = arguments[-1].limits
    try:
        with alarm(limits.timeout_seconds + LOADING_SECONDS):
            return command(*arguments)
    except OutOfTime:
        click.echo(f"smtcheck: not done within {limits.timeout_seconds} s", err=True)
    except MemoryError:
        click.echo("smtcheck: this needs more memory than allowed", err=True)
    return Exit.UNDECIDED.value


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


def write_output(path: Path, data: bytes) -> None:
    """Write a file that the user has named, atomically."""
    try:
        write_atomically(path, data)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from None


def print_json(document: dict[str, Any]) -> None:
    """The one document of a command with --json."""
    click.echo(json.dumps(document, indent=2))


@contextmanager
def progress(what: str) -> Iterator[None]:
    """A spinner on stderr, where that is a terminal."""
    from rich.console import Console
    from rich.markup import escape

    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(escape(what)):
        yield
