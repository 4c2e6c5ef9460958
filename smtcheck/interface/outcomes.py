"""What became of claims: options, exit codes, and how it is all reported."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Any

import click

from smtcheck.arithmetic.formats import Format
from smtcheck.claims.claim_files import Claim, Expectation
from smtcheck.claims.evidence import document as evidence_document
from smtcheck.claims.questions import Question
from smtcheck.claims.verdicts import (
    Counterexample,
    NotUniversal,
    Proved,
    Refuted,
    Undecided,
    Universal,
    UniversalityVerdict,
    Verdict,
)
from smtcheck.errors import one_line, shortened
from smtcheck.files import CodeExecution
from smtcheck.interface.printing import say
from smtcheck.interface.reports import claim_grounds
from smtcheck.interface.values import exact_value, json_ready
from smtcheck.limits import Limits, OutOfTime, alarm

OUTPUT_VERSION = 1  #: of the JSON documents: raised when keys go or change their meaning
LOADING_SECONDS = 5  #: for reading a claim, beside its time limit
MAX_FAILURE = 100  #: characters of a failure in the list of them


class Detail(Enum):
    """How much is said of each claim."""

    QUIET = auto()  #: only what is not settled as expected
    USUAL = auto()  #: a line of what is, and more of a claim that stands alone
    VERBOSE = auto()


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
    root: Path | None = None  #: what claims may name lies under it; None: their project
    detail: Detail = Detail.USUAL
    is_failing_fast: bool = False
    is_forced: bool = False  #: may write over files that exist


class Exit(Enum):
    """Exit codes, from the mildest to the one that outweighs all others."""

    SETTLED = 0
    BAD_INPUT = 2
    UNDECIDED = 3
    REFUTED = 1
    INTERNAL_ERROR = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one claim file: small enough to be sent between processes."""

    path: Path
    exit: Exit
    lines: tuple[str, ...]  #: for people; empty where there is only an error
    document: dict[str, Any]  #: for programs; empty if it was settled and nobody asked
    kind: str = ""  #: of the certificate that was checked
    failure: str = ""  #: in short, where it is not settled as expected
    error: str | None = None


def settled(
    options: Options,
    path: Path,
    claim: Claim,
    verdict: Verdict | UniversalityVerdict,
    seconds: float,
    lines: Sequence[str],
    certificate: Path | None = None,
    kind: str = "",
    missing: str = "",
) -> Outcome:
    """A claim that has a verdict; `missing` says what it lacks although it is expected."""
    exit_ = _exit(verdict, claim.expected)
    failure = "" if exit_ is Exit.SETTLED else f"{verdict}, expected {claim.expected.value}"
    if exit_ is Exit.SETTLED and missing:
        exit_, failure = Exit.UNDECIDED, f"{verdict}, {missing}"
    document = {}
    if options.output is Options.Output.JSON:
        document = _document(path, seconds, claim) | _verdict_document(claim, verdict)
        document |= {
            "settled": exit_ is Exit.SETTLED,
            "certificate": str(certificate) if certificate else None,
        }
    return Outcome(
        path=path, exit=exit_, lines=tuple(lines), document=document, kind=kind, failure=failure
    )


def failed(path: Path, claim: Claim | None, seconds: float, exit_: Exit, error: str) -> Outcome:
    """A claim that has none."""
    text = error if error.startswith(str(path)) else f"{path}: {error}"
    document = _document(path, seconds, claim) | {"reason": text}
    return Outcome(
        path=path,
        exit=exit_,
        lines=(),
        document=document,
        failure=shortened(error.removeprefix(f"{path}: "), MAX_FAILURE),
        error=text,
    )


def heading(
    path: Path, claim: Claim, verdict: Verdict | UniversalityVerdict, seconds: float
) -> str:
    """The line that says what the verdict is."""
    surprise = "" if str(verdict) == claim.expected.value else f", EXPECTED {claim.expected.value}"
    return f"{one_line(str(path))}: {verdict}{surprise} ({seconds:.2f} s)"


def show(outcome: Outcome, options: Options) -> None:
    """Print what people want to see of it, as soon as it is there."""
    is_settled = outcome.exit is Exit.SETTLED
    if options.output is Options.Output.JSON or (is_settled and options.detail is Detail.QUIET):
        return
    for line in outcome.lines:
        say(line)
    if outcome.error is not None:
        click.echo(f"smtcheck: {one_line(outcome.error)}", err=True)


def conclude(outcomes: Sequence[Outcome], total: int, options: Options, summary: str = "") -> int:
    """Print the summary, or the one JSON document; the worst outcome is the exit code."""
    failures = [outcome for outcome in outcomes if outcome.exit is not Exit.SETTLED]
    count = len(outcomes) - len(failures)
    if options.output is Options.Output.JSON:
        documents = [outcome.document for outcome in outcomes]
        print_json({"claims": documents, "settled": count, "total": total})
    elif failures or options.detail is not Detail.QUIET:
        say(f"{count} of {total} claims settled as expected{summary}")
        if total > 1:
            for outcome in failures:
                say(f"  {one_line(str(outcome.path))}: {outcome.failure}")
        if len(outcomes) < total:
            click.echo(f"  not looked at (--fail-fast): {total - len(outcomes)}")
    severity = list(Exit)
    return max((outcome.exit for outcome in outcomes), key=severity.index).value


def _exit(verdict: Verdict | UniversalityVerdict, expected: Expectation) -> Exit:
    if str(verdict) == expected.value:
        return Exit.SETTLED
    return Exit.UNDECIDED if isinstance(verdict, Undecided) else Exit.REFUTED


def _document(path: Path, seconds: float, claim: Claim | None) -> dict[str, Any]:
    """What is known of every claim."""
    return {
        "claim": str(path),
        "kind": claim.kind if claim else None,
        "verdict": "error",
        "expected": claim.expected.value if claim else None,
        "settled": False,
        "seconds": round(seconds, 3),
        "counterexample": None,
        "certificate": None,
        "reason": None,
        "engine": None,
        "basis": None,
        "digest": claim.digest if claim else None,
    }


def _verdict_document(claim: Claim, verdict: Verdict | UniversalityVerdict) -> dict[str, Any]:
    document: dict[str, Any] = {"verdict": str(verdict)}
    match verdict:
        case Proved(engine=engine):
            document |= {"engine": engine, "reason": verdict.evidence}
        case Refuted(engine=engine, counterexample=found):
            document["engine"] = engine
            document["counterexample"] = _counterexample_document(claim, found)
        case Undecided(reason=reason):
            document["reason"] = reason
        case Universal(evidence=evidence) | NotUniversal(evidence=evidence):
            document |= {"engine": "criterion", "evidence": evidence_document(evidence)}
            document["reason"] = " ".join(claim_grounds(claim, verdict))
    if not isinstance(verdict, Undecided):
        document["basis"] = verdict.basis.value
    return document


def _counterexample_document(claim: Claim, found: Counterexample) -> dict[str, Any]:
    """Codes and their values; the sides go by the names that the claim's kind gives them."""
    assert isinstance(claim.question, Question)
    left, right = claim.question.left, claim.question.right
    one, other = claim.side_names
    return {
        "input_codes": list(found.input_codes),
        "input_values": values_of(left.input_format, found.input_codes),
        "output": found.output,
        f"{one}_code": found.left_code,
        f"{one}_value": exact_value(left.output_format.value(found.left_code)),
        f"{other}_code": found.right_code,
        f"{other}_value": exact_value(right.output_format.value(found.right_code)),
        "minimality": found.size.name.lower(),
    }


def values_of(fmt: Format, codes: Sequence[int]) -> list[str]:
    """What codes are worth, exactly."""
    return [exact_value(fmt.value(code)) for code in codes]


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


def print_json(document: dict[str, Any]) -> None:
    """The one document of a command with --json."""
    versioned = {"smtcheck_output": OUTPUT_VERSION} | document
    click.echo(json.dumps(json_ready(versioned), indent=2, allow_nan=False))
