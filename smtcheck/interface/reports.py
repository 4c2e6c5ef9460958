"""How verdicts, values and counterexamples are written for people."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from smtcheck.proving.claims import Claim
from smtcheck.proving.questions import Question
from smtcheck.proving.verdicts import Counterexample, Proved, Refuted, Size, Undecided, Verdict

MAX_DECIMALS = 12
MAX_BITS_SHOWN = 2000
MAX_INPUTS_SHOWN = 6


def shown_value(value: Fraction) -> str:
    """A decimal where it is exact and short, else a fraction."""
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS_SHOWN:
        return f"a number of {value.numerator.bit_length() - value.denominator.bit_length()} bits"
    scaled = value * 10**MAX_DECIMALS
    if scaled.denominator != 1:
        return str(value)
    digits = f"{abs(scaled.numerator):0{MAX_DECIMALS + 1}d}"
    whole, fraction = digits[:-MAX_DECIMALS], digits[-MAX_DECIMALS:].rstrip("0")
    sign = "-" if value < 0 else ""
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def claim_lines(path: Path, claim: Claim, verdict: Verdict, seconds: float) -> Iterator[str]:
    """A line for the verdict, and what it rests on."""
    surprise = "" if str(verdict) == claim.expected.value else f", EXPECTED {claim.expected.value}"
    yield f"{path}: {verdict}{surprise} ({seconds:.2f} s)"
    match verdict:
        case Proved(engine=engine, evidence=evidence):
            yield f"  {engine}: {evidence}"
        case Refuted(engine=engine, counterexample=found):
            yield f"  {engine}: {counterexample_text(claim.question, found)}"
        case Undecided(reason=reason):
            yield f"  {reason}"


def counterexample_text(question: Question, found: Counterexample) -> str:
    """The input, and what each side makes of it."""
    left, right = question.left.output_format, question.right.output_format
    output = f"output {found.output}: " if question.left.outputs > 1 else ""
    return (
        f"at {inputs_text(question, found.input_codes)}: {output}"
        f"{shown_value(left.value(found.left_code))} (code {found.left_code}) against "
        f"{shown_value(right.value(found.right_code))} (code {found.right_code})"
        + ("" if found.size is Size.SMALLEST else f"; {found.size.value}")
    )


def inputs_text(question: Question, codes: tuple[int, ...]) -> str:
    """x0 = value (code n), ..."""
    fmt = question.left.input_format
    shown = [
        f"x{index} = {shown_value(fmt.value(code))} (code {code})"
        for index, code in enumerate(codes[:MAX_INPUTS_SHOWN])
    ]
    hidden = len(codes) - len(shown)
    return ", ".join(shown) + (f", ... ({hidden} more, see --json)" if hidden else "")
