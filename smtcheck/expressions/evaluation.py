"""An expression at one point, exactly: the way to tables of transcendental parts.

A point gives every input a rational value.  Rational parts stay exact; the
others are enclosed by balls that are refined until every comparison and every
rounding is certain (`enclosures`).  Only the branch taken is evaluated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.integers import Integers
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.arithmetic.rounding import Rounding
from smtcheck.expressions import enclosures
from smtcheck.expressions import syntax as ex
from smtcheck.expressions.enclosures import Real
from smtcheck.expressions.syntax import Condition, Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Rational input values, and the scales that make codes of them."""

    values: Sequence[Fraction]
    scales: Sequence[int]

    def __str__(self) -> str:
        return ", ".join(f"x{i} = {value}" for i, value in enumerate(self.values))


def quantized_at(root: Expression, point: Point, fmt: Format) -> int:
    """overflow(round(scale * expression)); ZeroDivisionError where it is undefined.

    Unless codes wrap around, all numbers beyond lo - 1 .. hi + 1 meet the same end,
    so that much need not be known of exp(10^9).
    """
    clip = None if fmt.overflow is Overflow.WRAP else (fmt.lo - 1, fmt.hi + 1)
    return fmt.apply_overflow(Integers(), rounded_at(root, point, fmt.scale, fmt.rounding, clip))


def rounded_at(
    root: Expression,
    point: Point,
    scale: int,
    mode: Rounding,
    clip: tuple[int, int] | None = None,
) -> int:
    """round(scale * expression), clipped; ZeroDivisionError where it is undefined."""
    if isinstance(root, ex.Apply) and isinstance(root.argument, ex.Input):
        value = point.values[root.argument.index]
        return enclosures.round_scaled(root.name, value, scale, mode, clip)

    def attempt() -> int | None:
        value = enclosures.multiply(Fraction(scale), _Evaluation(point).real(root))
        return enclosures.rounded(enclosures.clipped(value, clip), mode)

    return enclosures.refine(attempt, f"the rounding of the target at {point}")


def holds_at(root: Condition, point: Point) -> bool:
    """Whether a condition holds; ZeroDivisionError where it is undefined."""
    return enclosures.refine(lambda: _Evaluation(point).truth(root), f"a comparison at {point}")


def exact_value_at(root: Expression, point: Point) -> Fraction | None:
    """The value where it is provably rational, else None."""

    def attempt() -> Real:
        return _Evaluation(point).real(root)

    value = enclosures.refine(attempt, f"the value at {point}")
    return value if isinstance(value, Fraction) else None


def fails_at(root: Expression | Condition, point: Point) -> bool:
    """Whether it divides by zero there."""

    def attempt() -> bool:
        evaluation = _Evaluation(point)
        try:
            if isinstance(root, ex.AtMost | ex.Not | ex.Both):
                evaluation.truth(root)
            else:
                evaluation.real(root)
        except ZeroDivisionError:
            return True
        return False

    return enclosures.refine(attempt, f"whether a divisor is zero at {point}")


class _Evaluation:
    """One pass at one precision; values already found are kept by node."""

    def __init__(self, point: Point) -> None:
        self.point = point
        self._known: dict[Expression, Real] = {}

    def real(self, node: Expression) -> Real:
        if node not in self._known:
            self._known[node] = self._real(node)
        return self._known[node]

    def _real(self, node: Expression) -> Real:
        match node:
            case ex.Constant(value=value):
                return value
            case ex.Input(index=index):
                return self.point.values[index]
            case ex.Add():
                return enclosures.add(self.real(node.left), self.real(node.right))
            case ex.Multiply():
                return enclosures.multiply(self.real(node.left), self.real(node.right))
            case ex.Divide():
                return enclosures.divide(self.real(node.left), self.real(node.right))
            case ex.Minimum():
                return enclosures.minimum(self.real(node.left), self.real(node.right))
            case ex.Maximum():
                return enclosures.maximum(self.real(node.left), self.real(node.right))
            case ex.Round(mode=mode):
                return Fraction(self._rounded(self.real(node.argument), mode))
            case ex.Apply(name=name):
                return enclosures.apply(name, self.real(node.argument))
            case ex.Grid():
                return self._entry(node)
            case ex.Where():
                branch = node.then if self.truth(node.condition) else node.otherwise
                return self.real(branch)

    def truth(self, node: Condition) -> bool:
        match node:
            case ex.AtMost():
                order = enclosures.compare(self.real(node.left), self.real(node.right))
                if order is None:
                    raise enclosures.TooCoarse
                return order <= 0
            case ex.Not():
                return not self.truth(node.condition)
            case ex.Both():
                return self.truth(node.first) and self.truth(node.second)

    def _rounded(self, value: Real, mode: Rounding) -> int:
        result = enclosures.rounded(value, mode)
        if result is None:
            raise enclosures.TooCoarse
        return result

    def _entry(self, node: ex.Grid) -> Fraction:
        position = 0
        for index, (lo, length) in zip(node.inputs, node.axes, strict=True):
            code = self.point.values[index] * self.point.scales[index]
            position = position * length + int(code) - lo
        return Fraction(node.entries[position], node.scale)
