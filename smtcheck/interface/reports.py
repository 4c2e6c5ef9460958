"""How verdicts, values and counterexamples are written for people."""

from __future__ import annotations

from collections.abc import Iterator

from smtcheck.arithmetic.formats import Format
from smtcheck.claims.claim_files import Claim
from smtcheck.claims.questions import Question, UniversalityQuestion
from smtcheck.claims.verdicts import (
    Counterexample,
    Minimality,
    NotUniversal,
    Proved,
    Refuted,
    Undecided,
    Universal,
    UniversalityVerdict,
    Verdict,
)
from smtcheck.errors import shown_number
from smtcheck.interface.values import shown_value

MAX_INPUTS_SHOWN = 6


def claim_grounds(claim: Claim, verdict: Verdict | UniversalityVerdict) -> Iterator[str]:
    """What a verdict rests on, in sentences."""
    match verdict, claim.question:
        case Proved(engine=engine, evidence=evidence), _:
            yield f"{engine}: {evidence}"
        case Refuted(engine=engine, counterexample=found), Question() as question:
            yield f"{engine}: {counterexample_text(question, found)}"
        case Undecided(reason=reason), _:
            yield reason
        case (
            (Universal() | NotUniversal()),
            UniversalityQuestion(setting=setting, activation=act),
        ):
            from smtcheck.interface.universality_text import explanation

            yield from explanation(setting, act.name, verdict)


def counterexample_text(question: Question, found: Counterexample) -> str:
    """The input, and what each side makes of it."""
    left, right = question.left.output_format, question.right.output_format
    output = f"output {found.output}: " if question.left.outputs > 1 else ""
    return (
        f"at {inputs_text(question, found.input_codes)}: {output}"
        f"{_shown_code(left, found.left_code)} against {_shown_code(right, found.right_code)}"
        + ("" if found.size is Minimality.SMALLEST else f"; {found.size.value}")
    )


def _shown_code(fmt: Format, code: int) -> str:
    return f"{shown_value(fmt.value(code))} (code {shown_number(code)})"


def inputs_text(question: Question, codes: tuple[int, ...]) -> str:
    """x0 = value (code n), ..."""
    fmt = question.left.input_format
    some = enumerate(codes[:MAX_INPUTS_SHOWN])
    shown = [f"x{index} = {_shown_code(fmt, code)}" for index, code in some]
    hidden = len(codes) - len(shown)
    return ", ".join(shown) + (f", ... ({hidden} more, see --json)" if hidden else "")
