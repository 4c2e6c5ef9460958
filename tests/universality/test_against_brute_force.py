"""Verdicts about universality against all functions that networks reach, at tiny sizes.

The brute force shares no code with the decision: it computes the sets of functions of
one input that networks of one to three hidden layers reach.  `universal` must mean all
of them, and `not universal` that some are missing, unless it takes more inputs to show.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from random import Random

import pytest

from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.arithmetic.rounding import Rounding
from smtcheck.claims.evidence import Inseparable, MonotoneActivation, Parity
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from smtcheck.claims.verdicts import NotUniversal, Undecided, Universal
from smtcheck.limits import Limits
from smtcheck.networks.activations import TableActivation
from smtcheck.universality.decision import decide
from tests.universality import brute_force

SATURATING = [Overflow.SATURATE, Overflow.SATURATE_SYMMETRIC, Overflow.SATURATE_TO_ZERO]
HIDDEN_LAYERS = 3
Case = tuple[QuantizationScheme, tuple[int, ...]]


def cases(
    lo: int, hi: int, overflows: list[Overflow], weights: list[Weights], scales: range
) -> Iterator[Case]:
    """All settings with all tables."""
    size = hi - lo + 1
    for scale, weight, bias, rounding, overflow in product(
        scales, weights, Bias, Rounding, overflows
    ):
        fmt = Format(lo=lo, hi=hi, scale=scale, rounding=rounding, overflow=overflow)
        for table in product(range(lo, hi + 1), repeat=size):
            yield QuantizationScheme(format=fmt, weights=weight, bias=bias), table


def reached(setting: QuantizationScheme, table: tuple[int, ...]) -> bool:
    """Whether networks reach all functions of one input."""
    fmt = setting.format
    plain = brute_force.Setting(
        lo=fmt.lo,
        hi=fmt.hi,
        scale=fmt.scale,
        rounding=fmt.rounding.value,
        overflow=fmt.overflow.value,
        table=table,
        weights=setting.weights.value,
        bias=setting.bias.value,
    )
    functions = brute_force.reachable_up_to(plain, 1, HIDDEN_LAYERS)
    return len(functions) == fmt.codes.size**fmt.codes.size


def compare(
    setting: QuantizationScheme, table: tuple[int, ...]
) -> Universal | NotUniversal | Undecided:
    """The verdict, which must be what brute force says."""
    verdict = decide(setting, TableActivation(name="t", codes=table), Limits())
    match verdict:
        case Universal():
            assert reached(setting, table), f"{setting}, T = {table}"
        case NotUniversal(evidence=evidence):
            needs_more_inputs = (
                isinstance(evidence, Parity)
                or (isinstance(evidence, Inseparable) and len(evidence.left) > 1)
                or (isinstance(evidence, MonotoneActivation) and setting.format.codes.size == 2)
            )
            assert needs_more_inputs or not reached(setting, table), f"{setting}, T = {table}"
    return verdict


def sample(everything: Iterator[Case], count: int) -> list[Case]:
    listed = list(everything)
    return Random(1).sample(listed, min(count, len(listed)))


BOTH = [Weights.FULL, Weights.TERNARY]


def three_codes() -> Iterator[Case]:
    return cases(-1, 1, SATURATING[:1], BOTH, range(1, 5))


def test_three_codes() -> None:
    found = [compare(*case) for case in sample(three_codes(), 600)]
    assert not any(isinstance(verdict, Undecided) for verdict in found)
    assert len({type(verdict) for verdict in found}) == 2


@pytest.mark.slow
def test_three_codes_completely() -> None:
    found = [compare(*case) for case in three_codes()]

    assert len(found) == 27 * 4 * 2 * 3 * 8
    assert not any(isinstance(verdict, Undecided) for verdict in found)
    assert sum(isinstance(verdict, Universal) for verdict in found) == 4116  # by brute force alone


@pytest.mark.parametrize(
    ("lo", "hi", "weights"),
    [
        (-1, 1, [*BOTH, Weights.BINARY]),
        (-2, 1, BOTH),
        (-1, 2, BOTH),
        (0, 2, [Weights.TERNARY]),
        (0, 1, [Weights.BINARY]),
    ],
)
def test_saturating_formats_are_always_decided(lo: int, hi: int, weights: list[Weights]) -> None:
    found = [
        compare(*case) for case in sample(cases(lo, hi, SATURATING, weights, range(1, 5)), 200)
    ]
    assert not any(isinstance(verdict, Undecided) for verdict in found)
    assert len({type(verdict) for verdict in found}) == 2


def test_formats_without_a_sign() -> None:
    found = [
        compare(*case) for case in sample(cases(0, 2, SATURATING, [Weights.FULL], range(1, 5)), 200)
    ]
    assert {type(verdict) for verdict in found} == {Universal, NotUniversal, Undecided}


@pytest.mark.parametrize(("lo", "hi"), [(0, 2), (0, 3)])
def test_formats_without_a_sign_are_decided_with_free_biases(lo: int, hi: int) -> None:
    free = (
        (setting, table)
        for setting, table in cases(lo, hi, SATURATING, [Weights.FULL], range(1, 4))
        if setting.bias is not Bias.FORMAT
    )
    for setting, table in sample(free, 60):
        assert not isinstance(compare(setting, table), Undecided), f"{setting}, T = {table}"


@pytest.mark.parametrize("bias", [Bias.FORMAT, Bias.GRID, Bias.EXACT])
def test_dense_binary_weights(bias: Bias) -> None:
    dense = (
        (setting, table)
        for setting, table in cases(-1, 1, SATURATING, [Weights.DENSE_BINARY], range(1, 4))
        if setting.bias is bias
    )
    found = [compare(*case) for case in sample(dense, 100)]
    assert any(isinstance(verdict, Undecided) for verdict in found) == (bias is Bias.FORMAT)


@pytest.mark.parametrize(("lo", "hi"), [(-2, 1), (0, 3), (-1, 1), (0, 1)])
def test_wrapping_formats(lo: int, hi: int) -> None:
    found = [
        compare(*case) for case in sample(cases(lo, hi, [Overflow.WRAP], BOTH, range(1, 5)), 75)
    ]
    assert NotUniversal in {type(verdict) for verdict in found}


def test_coarse_weights_under_wrapping() -> None:
    """Grid biases cannot be moved by a weight below 1: the first layer has fewer shifts."""
    fmt = Format(lo=-2, hi=1, scale=4, rounding=Rounding.HALF_UP, overflow=Overflow.WRAP)
    for bias in (Bias.GRID, Bias.FORMAT):
        verdict = compare(QuantizationScheme(format=fmt, bias=bias), (-2, -2, -2, 1))
        assert isinstance(verdict, NotUniversal)
        assert isinstance(verdict.evidence, Inseparable)


@pytest.mark.slow
@pytest.mark.parametrize("weights", [Weights.FULL, Weights.TERNARY])
@pytest.mark.parametrize("overflow", Overflow)
@pytest.mark.parametrize(("lo", "hi"), [(-2, 1), (-1, 2), (0, 2), (-1, 1)])
def test_many(lo: int, hi: int, overflow: Overflow, weights: Weights) -> None:
    for case in sample(cases(lo, hi, [overflow], [weights], range(1, 5)), 3000):
        compare(*case)
