"""The operations interpreted as intervals: how large each intermediate value can get.

This is interval arithmetic (Moore, Interval Analysis, 1966), on integers and so without
rounding.  The bounds found here set the widths of bitvector words and license the int64
arrays, so they must hold for every input; where they cannot, the interpretation refuses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from smtcheck.arithmetic.operations import ScalarInterpretation
from smtcheck.errors import shown_number


@dataclass(frozen=True, slots=True)
class Interval:
    """All integers from `low` to `high`, both included."""

    low: int
    high: int

    def __post_init__(self) -> None:
        if type(self.low) is not int or type(self.high) is not int:
            raise TypeError(f"bounds are Python integers, not {type(self.low).__name__}")
        if self.low > self.high:
            raise ValueError(f"interval {self} is empty")

    def __str__(self) -> str:
        return f"{shown_number(self.low)} .. {shown_number(self.high)}"

    def __contains__(self, value: int) -> bool:
        return self.low <= value <= self.high

    @property
    def is_point(self) -> bool:
        """Whether it holds one integer only."""
        return self.low == self.high

    @property
    def size(self) -> int:
        """How many integers it holds."""
        return self.high - self.low + 1

    @property
    def width_bits(self) -> int:
        """Bits of the narrowest two's complement word that holds every member."""
        return max(_magnitude(bound).bit_length() + 1 for bound in (self.low, self.high))


def _magnitude(value: int) -> int:
    return value if value >= 0 else ~value


def hull(*values: int) -> Interval:
    """The smallest interval around the values."""
    return Interval(min(values), max(values))


@runtime_checkable
class Bounded(Protocol):
    """Integers that know the smallest interval around them."""

    @property
    def bounds(self) -> Interval:
        """What `hull` would find."""


class Intervals(ScalarInterpretation[Interval]):
    """Interval arithmetic on integers, exact in every corner."""

    def constant(self, value: int) -> Interval:
        return Interval(value, value)

    def add(self, left: Interval, right: Interval) -> Interval:
        return Interval(left.low + right.low, left.high + right.high)

    def multiply(self, left: Interval, right: Interval) -> Interval:
        return hull(
            left.low * right.low,
            left.low * right.high,
            left.high * right.low,
            left.high * right.high,
        )

    def floor_divide(self, value: Interval, divisor: Interval) -> Interval:
        _require_positive(divisor)
        return hull(
            value.low // divisor.low,
            value.low // divisor.high,
            value.high // divisor.low,
            value.high // divisor.high,
        )

    def modulo(self, value: Interval, divisor: Interval) -> Interval:
        _require_positive(divisor)
        if divisor.is_point and self.floor_divide(value, divisor).is_point:
            return Interval(value.low % divisor.low, value.high % divisor.low)
        return Interval(0, divisor.high - 1)

    def minimum(self, left: Interval, right: Interval) -> Interval:
        return Interval(min(left.low, right.low), min(left.high, right.high))

    def maximum(self, left: Interval, right: Interval) -> Interval:
        return Interval(max(left.low, right.low), max(left.high, right.high))

    def choose(
        self, left: Interval, right: Interval, then: Interval, otherwise: Interval
    ) -> Interval:
        if left.high <= right.low:
            return then
        if left.low > right.high:
            return otherwise
        return hull(then.low, then.high, otherwise.low, otherwise.high)

    def lookup(self, table: Sequence[int], index: Interval) -> Interval:
        if index.low < 0 or index.high >= len(table):
            raise IndexError(
                f"table indices {index.low} .. {index.high} leave 0 .. {len(table) - 1}"
            )
        part = table[index.low : index.high + 1]
        return part.bounds if isinstance(part, Bounded) else hull(*part)


def _require_positive(divisor: Interval) -> None:
    if divisor.low < 1:
        raise ZeroDivisionError(
            f"a divisor in {divisor.low} .. {divisor.high} is not always positive"
        )
