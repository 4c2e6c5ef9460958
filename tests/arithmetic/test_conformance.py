"""Every interpretation agrees with the Fraction reference on every small rounding and overflow."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import combinations_with_replacement

import numpy as np
import pytest

from smtcheck.arithmetic.arrays import Arrays
from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.intervals import Interval, Intervals
from tests.arithmetic.cases import (
    OVERFLOW_STEPS,
    OVERFLOWS,
    REACH,
    ROUNDING_STEPS,
    ROUNDINGS,
    SUMS,
    Step,
    expected_fitted,
    expected_rounded,
    overflow_step,
)
from tests.arithmetic.interpretations import (
    INTERPRETATIONS,
    Interpret,
    by_circuits,
    by_int64,
    by_integers,
    by_objects,
    by_terms,
    line,
)

ALL = pytest.mark.parametrize("interpret", INTERPRETATIONS)
#: `by_points` makes thousands of calls and composes as intervals do anyway.
MANY = pytest.mark.parametrize(
    "interpret", [by_integers, by_int64, by_objects, by_terms, by_circuits]
)


def on_line(interpret: Interpret, step: Step[object], domain: Interval = REACH) -> list[int]:
    return interpret(step, [domain], line(domain))


def part(values: list[int], domain: Interval) -> list[int]:
    """The entries of a list over all sums that belong to a smaller domain."""
    return values[domain.low - REACH.low : domain.high + 1 - REACH.low]


@ALL
def test_every_rounding_of_every_sum(interpret: Interpret) -> None:
    wrong = [
        which
        for which, (step, expected) in zip(ROUNDINGS, ROUNDING_STEPS, strict=True)
        if on_line(interpret, step) != expected()
    ]
    assert wrong == []


@ALL
def test_every_overflow_of_every_sum(interpret: Interpret) -> None:
    wrong = [
        which
        for which, (step, expected) in zip(OVERFLOWS, OVERFLOW_STEPS, strict=True)
        if on_line(interpret, step) != expected()
    ]
    assert wrong == []


@ALL
def test_every_rounding_on_narrow_domains(interpret: Interpret) -> None:
    """Where the bounds of the value already settle its sign, its parity or the quotient."""
    wrong = [
        (which, domain)
        for which, (step, expected) in zip(ROUNDINGS, ROUNDING_STEPS, strict=True)
        for domain in narrow_domains()
        if on_line(interpret, step, domain) != part(expected(), domain)
    ]
    assert wrong == []


@ALL
def test_overflow_on_narrow_domains(interpret: Interpret) -> None:
    """Where the bounds of the value already settle that it overflows, or that it does not."""
    wrong = [
        (which, domain)
        for which in OVERFLOWS[::13]
        for domain in narrow_domains()
        if on_line(interpret, overflow_step(*which), domain)
        != part(expected_fitted(*which), domain)
    ]
    assert wrong == []


def narrow_domains() -> list[Interval]:
    return [
        Interval(*ends)
        for ends in [(0, 0), (1, 1), (-1, 0), (0, 1), (-3, 3), (2, 9), (-9, -2), (-64, 1), (0, 63)]
    ]


def test_every_composition_in_int64_arrays() -> None:
    """All 190,464 settings: the roundings of all sums, side by side, through each overflow."""
    ops = Arrays()
    sums = ops.variable(np.array(SUMS), REACH)
    rounded = ops.vector([step(ops, sums) for step, _ in ROUNDING_STEPS])
    expected = np.array([expected_rounded(*which) for which in ROUNDINGS])
    assert np.array_equal(rounded.elements, expected)
    wrong = [
        which
        for which, (step, fitted) in zip(OVERFLOWS, OVERFLOW_STEPS, strict=True)
        if not np.array_equal(step(ops, rounded).elements, np.array(fitted())[expected - REACH.low])
    ]
    assert wrong == []


def settings(count: int) -> Iterator[tuple[Format, list[int]]]:
    """Random formats, each with the codes that the reference gives to all sums."""
    draw = random.Random(1)
    for _ in range(count):
        yield setting(draw.randrange(len(OVERFLOWS)), draw.randrange(len(ROUNDINGS)))


def setting(overflow_index: int, rounding_index: int) -> tuple[Format, list[int]]:
    lo, hi, overflow = OVERFLOWS[overflow_index]
    rounding, scale = ROUNDINGS[rounding_index]
    fmt = Format(lo=lo, hi=hi, scale=scale, rounding=rounding, overflow=overflow)
    fitted = expected_fitted(lo, hi, overflow)
    return fmt, [fitted[n - REACH.low] for n in expected_rounded(rounding, scale)]


def requantized(fmt: Format) -> Step[object]:
    return lambda ops, value: fmt.requantize(ops, value, fmt.scale)


@MANY
def test_requantize_composes_them(interpret: Interpret) -> None:
    wrong = [fmt for fmt, codes in settings(2000) if on_line(interpret, requantized(fmt)) != codes]
    assert wrong == []


@pytest.mark.slow
@MANY
def test_requantize_in_every_setting(interpret: Interpret) -> None:
    for overflow_index in range(len(OVERFLOWS)):
        for rounding_index in range(len(ROUNDINGS)):
            fmt, codes = setting(overflow_index, rounding_index)
            assert on_line(interpret, requantized(fmt)) == codes, fmt


def test_intervals_contain_every_rounding() -> None:
    """And are no wider than needed, up to one integer at each end."""
    pairs = list(combinations_with_replacement(range(-30, 31), 2))
    for which, (step, expected) in zip(ROUNDINGS, ROUNDING_STEPS, strict=True):
        codes = expected()
        for low, high in pairs:
            found = step(Intervals(), Interval(low, high))
            first, last = codes[low - REACH.low], codes[high - REACH.low]
            assert found.low in (first, first - 1), (which, low, high)
            assert found.high in (last, last + 1), (which, low, high)


def test_intervals_contain_every_overflow() -> None:
    for which, (step, expected) in zip(OVERFLOWS, OVERFLOW_STEPS, strict=True):
        for domain in telling_domains(*which[:2]):
            codes = part(expected(), domain)
            found = step(Intervals(), domain)
            assert found.low <= min(codes), (which, domain)
            assert max(codes) <= found.high, (which, domain)
            assert which[0] <= found.low, (which, domain)
            assert found.high <= which[1], (which, domain)


def telling_domains(lo: int, hi: int) -> Iterator[Interval]:
    """Intervals with ends at, beside and far from the ends of a format."""
    size = hi - lo + 1
    ends = {lo - size - 1, lo - 1, lo, lo + 1, -hi, 0, hi - 1, hi, hi + 1, hi + size + 2}
    for low, high in combinations_with_replacement(sorted(ends), 2):
        yield Interval(low, high)
