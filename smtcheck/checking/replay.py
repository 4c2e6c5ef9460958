"""Counterexamples, replayed by the rational reference before anybody sees them.

The reference shares no code with the interpretations that found them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from typing import Any

from smtcheck import reference
from smtcheck.arithmetic.formats import Format
from smtcheck.checking.refusals import Refusal, Refused
from smtcheck.claims.questions import Obligation, Question
from smtcheck.claims.sides import ActivationSide, ExpressionSide, NetworkSide, Side
from smtcheck.claims.verdicts import (
    Counterexample,
    InternalError,
    Minimality,
    Refuted,
    Undecided,
    Verdict,
)
from smtcheck.errors import InputError, shown_number, shown_numbers
from smtcheck.expressions.syntax import Grid
from smtcheck.networks.activations import (
    Activation,
    CallableActivation,
    ExpressionActivation,
    TableActivation,
    called,
)
from smtcheck.networks.layers import Layer


def failed(
    question: Question, obligation: Obligation, engine: str, codes: Sequence[int], size: Minimality
) -> Verdict:
    """An input that an engine found; InputError if the reference divides by zero there."""
    inside = [code in axis for code, axis in zip(codes, question.domain, strict=True)]
    if not all(inside):
        domain = [f"{axis.low} .. {axis.high}" for axis in question.domain]
        raise Refused(
            Refusal.OUTSIDE_DOMAIN, engine=engine, stated=tuple(codes), domain=", ".join(domain)
        )
    match obligation:
        case Obligation.DEFINEDNESS:
            raise _division_by_zero(question, engine, codes)
        case Obligation.AGREEMENT:
            return _refuted(question, engine, codes, size)


def _refuted(question: Question, engine: str, codes: Sequence[int], size: Minimality) -> Verdict:
    """A counterexample, once the reference has found the same difference."""
    try:
        left = side_codes(question.left, codes)
        right = side_codes(question.right, codes)
    except reference.CannotTell:
        return Undecided(
            reason=f"{engine} found a counterexample at input codes {shown_numbers(codes)}, which "
            f"the reference cannot confirm at {reference.PRECISION_BITS} bits"
        )
    for output, (a, b) in enumerate(zip(left, right, strict=True)):
        if _distance(question, a, b) > Fraction(
            question.tolerance_ulp, question.left.output_format.scale
        ):
            return Refuted(
                engine=engine,
                counterexample=Counterexample(
                    input_codes=tuple(codes),
                    output=output,
                    left_code=a,
                    right_code=b,
                    size=size,
                ),
            )
    raise Refused(Refusal.NO_DIFFERENCE, engine=engine, stated=tuple(codes), left=left, right=right)


def _division_by_zero(question: Question, engine: str, codes: Sequence[int]) -> InputError:
    """A division by zero, once the reference has met it too."""
    scale = question.left.input_format.scale
    values = [f"x{i} = {shown_number(Fraction(code, scale))}" for i, code in enumerate(codes)]
    place = ", ".join(values)
    try:
        left = side_codes(question.left, codes)
        right = side_codes(question.right, codes)
    except (ZeroDivisionError, reference.CannotTell):
        return InputError(
            f"the target divides by zero at {place} (input codes {shown_numbers(codes)})"
        )
    raise Refused(Refusal.NO_DIVISION_BY_ZERO, engine=engine, stated=place, left=left, right=right)


def side_codes(side: Side, codes: Sequence[int]) -> list[int]:
    """A side's output codes at one input, by the reference."""
    match side:
        case NetworkSide(network=network):
            return reference.network_codes([_plain_layer(x) for x in network.layers], codes)
        case ActivationSide(activation=activation, output_format=fmt):
            return [_activated(activation, fmt, codes[0])]
        case ExpressionSide():
            scale = side.input_format.scale
            values = [Fraction(code, scale) for code in codes]
            tables = {name: partial(_grid_value, grid, scale) for name, grid in side.grids}
            plain = _plain_format(side.output_format)
            return [reference.target_code(text, values, plain, tables) for text in side.texts]
    raise InternalError(f"no reference for {type(side).__name__}")


def _distance(question: Question, left: int, right: int) -> Fraction:
    """|left value - right value|."""
    a, b = question.left.output_format, question.right.output_format
    return abs(Fraction(left, a.scale) - Fraction(right, b.scale))


def _plain_format(fmt: Format) -> reference.PlainFormat:
    return reference.PlainFormat(
        lo=fmt.lo,
        hi=fmt.hi,
        scale=fmt.scale,
        rounding=fmt.rounding.value,
        overflow=fmt.overflow.value,
    )


def _plain_layer(layer: Layer) -> reference.PlainLayer:
    activation: Callable[[int], int] | None = None
    if layer.activation is not None:
        activation = partial(_activated, layer.activation, layer.output_format)
    return reference.PlainLayer(
        rows=[layer.row(index) for index in range(layer.outputs)],
        biases=layer.biases,
        input_scale=layer.input_scale,
        weight_scale=layer.weight_format.scale,
        output=_plain_format(layer.output_format),
        activation=activation,
    )


def _activated(activation: Activation, fmt: Format, code: int) -> int:
    match activation:
        case TableActivation(codes=codes):
            return codes[code - fmt.lo]
        case ExpressionActivation(name=name):
            kind, _, text = name.partition(":")
            text = text if kind == "expr" else f"{name}(x)"
            return reference.target_code(text, [fmt.value(code)], _plain_format(fmt), {})
        case CallableActivation(function=function):
            return reference.quantize(
                Fraction(called(function, fmt.value(code))), _plain_format(fmt)
            )


def _grid_value(grid: Grid, scale: int, *values: Any) -> Fraction:
    position = 0
    for value, (lo, length) in zip(values, grid.axes, strict=True):
        position = position * length + int(value * scale) - lo
    return Fraction(grid.entries[position], grid.scale)
