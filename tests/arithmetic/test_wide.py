"""Far beyond the small cases: 62-bit formats, odd scales, variable divisors, huge sums."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from smtcheck import reference
from smtcheck.arithmetic.arrays import Arrays, WouldOverflow
from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.integers import Integers
from smtcheck.arithmetic.intervals import Interval, Intervals
from smtcheck.arithmetic.operations import Num, Operations
from smtcheck.arithmetic.rounding import Rounding, round_fraction, round_quotient, round_ratio
from tests.arithmetic.cases import OVERFLOW_MODES, ROUNDING_MODES, formats, plain
from tests.arithmetic.interpretations import (
    EXACT_INTERPRETATIONS,
    Box,
    Function,
    Point,
    by_int64,
    fits_int64,
)
from tests.arithmetic.random_networks import layer_pair

NAMED = [
    "paper(62, 2^40)", "paper(62, 3)", "ap_fixed<62,20,AP_RND_CONV,AP_SAT>",
    "ap_fixed<62,1,AP_TRN,AP_WRAP>", "ap_ufixed<62,62,AP_RND_ZERO,AP_SAT_ZERO>",
    "ap_fixed<64,32,AP_RND,AP_SAT_SYM>", "codes(-5, 4611686018427387904, 1000003)",
]  # fmt: skip


def agree(function: Function[object], box: Box, points: list[Point], expected: list[int]) -> None:
    """All exact interpretations give this; int64 does too, or refuses, only with reason."""
    for interpret in EXACT_INTERPRETATIONS:
        assert interpret(function, box, points) == expected, interpret.__name__
    if fits_int64(function, box):
        assert by_int64(function, box, points) == expected
    else:
        with pytest.raises((WouldOverflow, OverflowError)):
            by_int64(function, box, points)


@st.composite
def domains(draw: st.DrawFn, bits: int) -> Interval:
    """Intervals of any size and place."""
    size = 2 ** draw(st.integers(0, bits))
    low = draw(st.integers(-size, size))
    return Interval(low, low + draw(st.integers(0, size)))


def points_of(draw: st.DrawFn, box: Box) -> list[Point]:
    """The corners' diagonal and some points between."""
    inside = [st.integers(domain.low, domain.high) for domain in box]
    drawn = draw(st.lists(st.tuples(*inside), min_size=1, max_size=4))
    return [tuple(d.low for d in box), tuple(d.high for d in box), *drawn]


@given(formats(), st.fractions() | st.integers(-(2**70), 2**70).map(lambda n: Fraction(n, 2**9)))
def test_quantize_is_the_reference(fmt: Format, value: Fraction) -> None:
    assert fmt.quantize(value) == reference.quantize(value, plain(fmt))


@pytest.mark.parametrize("text", NAMED)
@given(st.integers(-(2**130), 2**130), ROUNDING_MODES, OVERFLOW_MODES)
def test_named_wide_formats(text: str, numerator: int, rounding: object, overflow: object) -> None:
    fmt = Format.parse(text)
    value = Fraction(numerator, fmt.scale * fmt.scale)
    assert fmt.quantize(value) == reference.quantize(value, plain(fmt))
    assert fmt.quantize(fmt.value(fmt.quantize(value))) == fmt.quantize(value)


@given(st.fractions(), ROUNDING_MODES)
@example(Fraction(-1, 2), Rounding.HALF_UP)
def test_round_fraction_is_the_reference(value: Fraction, mode: Rounding) -> None:
    assert round_fraction(value, mode) == reference.round_rational(value, mode.value)


@given(st.data(), formats(), domains(124), st.integers(1, 2**62) | st.integers(1, 12))
@settings(max_examples=200)
def test_requantize_in_every_reading(
    data: st.DataObject, fmt: Format, domain: Interval, divisor: int
) -> None:
    points = points_of(data.draw, [domain])
    expected = [reference.quantize(Fraction(n, divisor * fmt.scale), plain(fmt)) for (n,) in points]
    function = partial(_requantized, fmt, divisor)
    agree(function, [domain], points, expected)


def _requantized(fmt: Format, divisor: int, ops: Operations[Num], value: Num) -> Num:
    return fmt.requantize(ops, value, divisor)


@given(st.data(), domains(70), st.integers(1, 2**40), st.integers(0, 2**20), ROUNDING_MODES)
@settings(max_examples=50)
def test_ratios_of_variables(
    data: st.DataObject, tops: Interval, least: int, more: int, mode: Rounding
) -> None:
    box = [tops, Interval(least, least + more)]
    points = points_of(data.draw, box)
    expected = [reference.round_rational(Fraction(*point), mode.value) for point in points]
    agree(lambda ops, a, b: round_ratio(ops, a, b, mode), box, points, expected)


@pytest.mark.parametrize("mode", Rounding)
def test_ratios_of_all_small_variables(mode: Rounding) -> None:
    box = [Interval(-12, 12), Interval(1, 9)]
    points = [(a, b) for a in range(-12, 13) for b in range(1, 10)]
    expected = [reference.round_rational(Fraction(*point), mode.value) for point in points]
    agree(lambda ops, a, b: round_ratio(ops, a, b, mode), box, points, expected)


@given(st.data(), formats(), formats(20), st.integers(0, 300))
@settings(max_examples=60)
def test_neurons_with_huge_biases(
    data: st.DataObject, fmt: Format, weight_format: Format, bias_bits: int
) -> None:
    """One neuron of two inputs: as integers, in arrays of objects, and inside its interval."""
    weight = st.integers(weight_format.lo, weight_format.hi)
    code = st.integers(fmt.lo, fmt.hi)
    row = data.draw(st.lists(weight, min_size=2, max_size=2))
    bias = data.draw(st.integers(-(2**bias_bits), 2**bias_bits))
    codes = data.draw(st.lists(code, min_size=2, max_size=2))
    own, other = layer_pair([row], (bias,), fmt, weight_format, fmt, None)
    unit = Fraction(1, other.input_scale * other.weight_scale)
    total = unit * (bias + sum(w * x for w, x in zip(row, codes, strict=True)))
    ops = Arrays(object)
    sums = ops.affine(own, ops.variable(np.array([codes], dtype=object).T, fmt.codes))
    assert Fraction(int(sums.elements[0, 0])) * unit == total
    assert Integers().affine(own, tuple(codes)) == (total / unit,)
    (bounds,) = Intervals().affine(own, (fmt.codes, fmt.codes))
    assert total / unit in bounds
    assert int(sums.elements[0, 0]) in sums.bounds


@given(st.integers(1, 2**62), st.integers(-(2**62), 2**62), ROUNDING_MODES)
def test_rounding_is_monotone_and_near(divisor: int, value: int, mode: Rounding) -> None:
    low, high = (round_quotient(Integers(), n, divisor, mode) for n in (value, value + 1))
    assert low <= high
    assert abs(low * divisor - value) < divisor


def test_int64_refuses_what_might_wrap() -> None:
    """2^62 + 2^62 would be -2^63 in int64; one less fits."""
    ops = Arrays()
    half = ops.constant(2**62)
    with pytest.raises(WouldOverflow, match="beyond int64"):
        ops.add(half, half)
    assert ops.add(half, ops.constant(2**62 - 1)).elements == 2**63 - 1
    with pytest.raises(WouldOverflow):
        ops.multiply(half, ops.constant(2))
    with pytest.raises(WouldOverflow):
        ops.constant(2**63)
    assert ops.multiply(half, ops.constant(-2)).elements == -(2**63)
