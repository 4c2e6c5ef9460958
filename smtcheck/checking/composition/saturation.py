"""Where sums overflow: statements about all sums at once, of no network in particular.

A composed proof (`composition`) leaves out the places where a neuron is seen to
overflow.  That it gives an end of the format there is a lemma of its layer's arithmetic,
symbolic in everything that a network could vary: the part of the sum that is looked at,
the rest of the sum, and the bound that the rest keeps to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from smtcheck.arithmetic.integers import Integers
from smtcheck.arithmetic.intervals import Interval
from smtcheck.arithmetic.operations import Num, Operations
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.claims.statements import differs
from smtcheck.networks.layers import Layer, coded, requantized
from smtcheck.networks.matrices import Matrix


class OverflowSide(Enum):
    """Where sums overflow."""

    LOW = "low"
    HIGH = "high"


@dataclass(frozen=True, slots=True, kw_only=True)
class Overflows:
    """part + rest gives the end if part + bound is beyond the threshold and rest within the bound.

    The point is (part, rest, bound); sizes are less than `size`, so that nothing of a
    particular network is in it but an order of magnitude.
    """

    layer: Layer  #: of which only the formats matter
    side: OverflowSide
    threshold: int
    code: int
    size: int

    @property
    def domain(self) -> tuple[Interval, ...]:
        return (Interval(-self.size, self.size - 1),) * 3

    def violation(self, ops: Operations[Num], point: Sequence[Num]) -> Num:
        part, rest, bound = point
        zero, threshold = ops.constant(0), ops.constant(self.threshold)
        is_other = differs(
            ops, coded(ops, self.layer, ops.add(part, rest)), ops.constant(self.code)
        )
        seen = ops.add(part, bound)
        if self.side is OverflowSide.LOW:
            keeps = ops.choose(seen, threshold, is_other, zero)
            return ops.choose(rest, bound, keeps, zero)
        keeps = ops.choose(threshold, seen, is_other, zero)
        return ops.choose(bound, rest, keeps, zero)


def arithmetic_of(layer: Layer) -> Layer:
    """A layer of one neuron with the same arithmetic."""
    return replace(layer, weights=Matrix.dense([[1]]), biases=(0,), activation=None)


def threshold(layer: Layer, side: OverflowSide, size: int) -> tuple[int, int] | None:
    """From which sum on a layer overflows on one side, and the code it gives there.

    None if it does not overflow within `size`, or wraps around.  Nothing is believed of
    this before `Overflows` is proved.
    """
    fmt, ops = layer.output_format, Integers()
    if fmt.overflow is Overflow.WRAP:
        return None
    is_zero = fmt.overflow is Overflow.SATURATE_TO_ZERO
    lowest = max(fmt.lo, -fmt.hi) if fmt.overflow is Overflow.SATURATE_SYMMETRIC else fmt.lo
    end = fmt.hi + is_zero if side is OverflowSide.HIGH else lowest - is_zero
    code = 0 if is_zero else end
    low, high = -size, size - 1  # the rounding of the sum is monotone: bisect
    if side is OverflowSide.HIGH:
        while low < high:
            middle = (low + high) // 2
            is_beyond = requantized(ops, layer, middle) >= end
            low, high = (low, middle) if is_beyond else (middle + 1, high)
        return (low, code) if requantized(ops, layer, low) >= end else None
    while low < high:
        middle = -(-(low + high) // 2)
        is_beyond = requantized(ops, layer, middle) <= end
        low, high = (middle, high) if is_beyond else (low, middle - 1)
    return (low, code) if requantized(ops, layer, low) <= end else None


def size_for(bound: int) -> int:
    """A power of two above a bound, of few different ones: lemmas are shared."""
    return next((1 << bits for bits in (16, 24, 32, 40, 48, 56, 62) if bound < 1 << bits), bound)
