"""One side of a question at one input: what it gives, and how it got there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from smtcheck.arithmetic.integers import Integers
from smtcheck.arithmetic.intervals import Interval
from smtcheck.arithmetic.rounding import Rounding, round_fraction
from smtcheck.checking.replay import side_codes
from smtcheck.claims.questions import Question
from smtcheck.claims.sides import ActivationSide, ExpressionSide, NetworkSide, Side
from smtcheck.claims.verdicts import InternalError
from smtcheck.errors import InputError, shortened, shown_number, shown_numbers
from smtcheck.expressions.evaluation import Point, exact_value_at, rounded_at
from smtcheck.expressions.tabulation import Variable
from smtcheck.interface.neuron_text import fitted, steps_text
from smtcheck.interface.values import shown_value
from smtcheck.networks.trace import NeuronTrace, trace
from smtcheck.reference import CannotTell


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedSide:
    """One side at one input: its codes, and its neurons if it is a network."""

    name: str
    side: Side
    codes: tuple[int, ...]
    layers: list[list[NeuronTrace]]
    notes: tuple[str, ...] = ()


def explained(name: str, side: Side, codes: tuple[int, ...]) -> ExplainedSide:
    """The traced codes, which must be the ones the reference finds."""
    layers: list[list[NeuronTrace]] = []
    notes: tuple[str, ...] = ()
    if isinstance(side, NetworkSide):
        layers = trace(side.network, codes)
        outputs = tuple(neuron.output for neuron in layers[-1])
    else:
        variables = [
            Variable(code=code, codes=Interval(code, code), scale=side.input_format.scale)
            for code in codes
        ]
        outputs = tuple(side.codes(Integers(), variables))
        if isinstance(side, ExpressionSide):
            notes = tuple(_defined_notes(name, side, codes))
        elif isinstance(side, ActivationSide):
            notes = (f"{side.activation.name} in {side.output_format}",)
    try:
        expected = side_codes(side, codes)
    except ZeroDivisionError:
        raise _undefined(name, codes) from None
    except CannotTell:
        expected = list(outputs)
        notes = (*notes, "(the reference cannot confirm this)")
    if list(outputs) != expected:
        raise InternalError(
            f"the trace of the {name} side does not replay at {shown_numbers(codes)}"
        )
    return ExplainedSide(name=name, side=side, codes=outputs, layers=layers, notes=notes)


def _defined_notes(name: str, side: ExpressionSide, codes: tuple[int, ...]) -> list[str]:
    try:
        return list(_expression_notes(side, codes))
    except ZeroDivisionError:
        raise _undefined(name, codes) from None


def _undefined(name: str, codes: tuple[int, ...]) -> InputError:
    return InputError(f"the {name} divides by zero at the input codes {shown_numbers(codes)}")


def _expression_notes(side: ExpressionSide, codes: tuple[int, ...]) -> Iterator[str]:
    """The exact value of each expression, and what quantizing it does."""
    scale, fmt = side.input_format.scale, side.output_format
    values = [Fraction(code, scale) for code in codes]
    point = Point(values=values, scales=[scale] * len(codes))
    for text, expression in zip(side.texts, side.expressions, strict=True):
        value = exact_value_at(expression, point)
        if value is not None:
            exact = value * fmt.scale
            rounded = round_fraction(exact, fmt.rounding)
            yield f"{shortened(text)} = {shown_value(value)}"
            yield steps_text(exact, rounded, fmt.apply_overflow(Integers(), rounded), fmt)
            continue
        try:
            digits = rounded_at(expression, point, 10**9, Rounding.TOWARD_ZERO)
            yield f"{shortened(text)} = {shown_value(Fraction(digits, 10**9))}..."
            rounded = rounded_at(expression, point, fmt.scale, fmt.rounding)
            yield f"rounded to {shown_number(rounded)}" + fitted(
                rounded, fmt.apply_overflow(Integers(), rounded), fmt
            )
        except InputError:
            yield f"{shortened(text)}: no decimal digits can be certified"


def agree(question: Question, sides: Sequence[ExplainedSide]) -> bool:
    """Whether no output differs by more than the tolerance."""
    left, right = (side.codes for side in sides)
    formats = [side.side.output_format for side in sides]
    allowed = Fraction(question.tolerance_ulp, formats[0].scale)
    return all(
        abs(Fraction(a, formats[0].scale) - Fraction(b, formats[1].scale)) <= allowed
        for a, b in zip(left, right, strict=True)
    )
