"""The small cases that conformance is exhaustive over, and what the reference says of them.

A neuron is `overflow(round(sum / scale))`.  Rounding knows nothing of the format and
overflow nothing of the rounding, so the 190,464 settings factor into 96 roundings and
1,984 overflows, each tried on every integer that a neuron with three weights of
-3 .. 3 and a bias can reach.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache, partial
from itertools import product

from hypothesis import strategies as st

from smtcheck import reference
from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.intervals import Interval
from smtcheck.arithmetic.operations import Num, Operations
from smtcheck.arithmetic.overflow import Overflow, apply_overflow
from smtcheck.arithmetic.rounding import Rounding, round_quotient

MAX_CODES = 32
SCALES = range(1, 13)
WEIGHTS = range(-3, 4)
REACH = Interval(-130, 130)
SUMS = range(REACH.low, REACH.high + 1)

#: lo and hi of every format with at most 32 codes.
CODES = [(lo, hi) for hi in range(1, MAX_CODES) for lo in range(hi + 1 - MAX_CODES, 1)]
ROUNDINGS = list(product(Rounding, SCALES))
OVERFLOWS = [(lo, hi, mode) for lo, hi in CODES for mode in Overflow]

#: A function of one number, in any interpretation.
Step = Callable[[Operations[Num], Num], Num]


def rounding_step(mode: Rounding, divisor: int) -> Step[Num]:
    """value -> round(value / divisor)."""
    return lambda ops, value: round_quotient(ops, value, divisor, mode)


def overflow_step(lo: int, hi: int, mode: Overflow) -> Step[Num]:
    """value -> value brought into lo .. hi."""
    return lambda ops, value: apply_overflow(ops, value, lo, hi, mode)


@cache
def expected_rounded(mode: Rounding, divisor: int) -> list[int]:
    """The reference, for every sum."""
    return [reference.round_rational(Fraction(n, divisor), mode.value) for n in SUMS]


@cache
def expected_fitted(lo: int, hi: int, mode: Overflow) -> list[int]:
    """The reference, for every sum."""
    return [reference.bring_into(n, lo, hi, mode.value) for n in SUMS]


#: Every rounding and every overflow: a step, and what it makes of each sum.
ROUNDING_STEPS = [(rounding_step(*which), partial(expected_rounded, *which)) for which in ROUNDINGS]
OVERFLOW_STEPS = [(overflow_step(*which), partial(expected_fitted, *which)) for which in OVERFLOWS]


def plain(fmt: Format) -> reference.PlainFormat:
    """The same format for the reference."""
    return reference.PlainFormat(
        lo=fmt.lo,
        hi=fmt.hi,
        scale=fmt.scale,
        rounding=fmt.rounding.value,
        overflow=fmt.overflow.value,
    )


ROUNDING_MODES = st.sampled_from(list(Rounding))
OVERFLOW_MODES = st.sampled_from(list(Overflow))
SIGNED_62 = st.integers(-(2**62), 2**62)


@st.composite
def formats(draw: st.DrawFn, max_bits: int = 62) -> Format:
    """Formats of any shape: two's complement, symmetric, lopsided; any scale."""
    hi = draw(st.integers(1, 2 ** draw(st.integers(1, max_bits - 1)) - 1))
    lo = draw(st.sampled_from([0, -hi, -hi - 1]) | st.integers(-(2 ** (max_bits - 1)), 0))
    scale = draw(st.integers(1, 12) | st.integers(1, 2**max_bits))
    exponent = draw(st.integers(0, max_bits))
    return Format(
        lo=lo,
        hi=hi,
        scale=draw(st.sampled_from([scale, 2**exponent])),
        rounding=draw(ROUNDING_MODES),
        overflow=draw(OVERFLOW_MODES),
    )
