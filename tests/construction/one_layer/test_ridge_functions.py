"""One hidden layer: sums of shifts of an activation are the ridges that were asked for."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from random import Random

import pytest

from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from smtcheck.construction.boxes.decomposition import Ridge
from smtcheck.construction.effort import USUAL, BuildingEffort
from smtcheck.construction.indicators.saturation import Base, NoNetwork
from smtcheck.construction.lowering.coefficients import DraftLayer, network
from smtcheck.construction.one_layer import ridge_functions
from tests.construction.naive_networks import assert_legal, drafted_sums, evaluated, points_of
from tests.universality.naive import Table, codes_of, entries_of, step_of

BASE = Base(bias=0, constants=(), total=0)


def relu(fmt: Format) -> Table:
    return tuple(max(code, 0) for code in codes_of(fmt))


def ridge_of(fmt: Format, table: Table, signs: tuple[int, ...], bends: dict[int, int]) -> Ridge:
    """A combination of shifts of the activation, along a direction."""
    inputs = [codes_of(fmt) if sign else range(1) for sign in signs]
    places = sorted(
        {sum(s * c for s, c in zip(signs, point, strict=True)) for point in product(*inputs)}
    )
    values = [
        sum(c * table[min(max(u + shift, fmt.lo), fmt.hi) - fmt.lo] for shift, c in bends.items())
        for u in places
    ]
    return Ridge(signs=signs, low=places[0], values=tuple(values))


def check(
    setting: QuantizationScheme,
    table: Table,
    outputs: Sequence[Sequence[Ridge]],
    bases: Sequence[Base],
) -> list[DraftLayer]:
    """The layers, whose sums are those of the ridges and the bases, and whose network is legal."""
    fmt = setting.format
    layers = ridge_functions.layers(setting, entries_of(fmt, table), outputs, bases)
    assert len(layers) == 2
    made = network(setting, entries_of(fmt, table), layers)
    assert_legal(setting, made)
    for point in points_of(fmt, layers[0].inputs):
        wanted = [
            base.total
            + sum(
                ridge.values[
                    sum(s * c for s, c in zip(ridge.signs, point, strict=True)) - ridge.low
                ]
                for ridge in way
            )
            for way, base in zip(outputs, bases, strict=True)
        ]
        assert drafted_sums(fmt, table, layers, point) == wanted, (str(setting), point)
        codes = tuple(setting.requantize(total) for total in wanted)
        assert made.evaluate(point) == codes == evaluated(made, table, point)
    return layers


@pytest.mark.parametrize("weights", [Weights.FULL, Weights.TERNARY, Weights.BINARY])
@pytest.mark.parametrize("bias", [Bias.EXACT, Bias.GRID])
def test_combinations_of_shifts(bias: Bias, weights: Weights) -> None:
    draw, made = Random(f"{bias} {weights}"), 0
    tables: list[Table] = [(0, 0, 0, 0, 1, 2, 3), (-3, -1, 0, 0, 0, 1, 3), (2, 2, 1, 0, 0, 0, -1)]
    for table, overflow in product(tables, [Overflow.SATURATE, Overflow.SATURATE_SYMMETRIC]):
        fmt = Format(lo=-3, hi=3, scale=2, overflow=overflow)
        setting = QuantizationScheme(format=fmt, weights=weights, bias=bias)
        step = step_of(setting)
        for signs in [(1,), (1, 0), (1, 1), (1, -1)]:
            bends = {draw.randint(-4, 4): step * draw.randint(-3, 3) for _ in range(3)}
            ridges = [
                ridge_of(fmt, table, signs, bends),
                ridge_of(fmt, table, (1,) * len(signs), {0: step, 2: -2 * step}),
            ]
            try:
                check(setting, table, [ridges], [BASE])
                made += 1
                check(setting, table, [ridges[:1], ridges[1:]], [BASE, BASE])
            except NoNetwork:
                # the first step of a shift may lie to the left of all places
                assert bias is Bias.GRID or table[1] - table[0] == 2
    assert made > 12


def test_one_neuron_a_bend() -> None:
    fmt = Format(lo=-7, hi=7, scale=4)
    setting = QuantizationScheme(format=fmt)
    ridge = ridge_of(fmt, relu(fmt), (1, -1), {0: 4, -3: -6})
    assert check(setting, relu(fmt), [[ridge]], [BASE])[0].outputs == 2


def test_a_base_is_added() -> None:
    fmt = Format(lo=-3, hi=3, scale=2)
    ridge = ridge_of(fmt, relu(fmt), (1,), {1: 2})
    base = Base(bias=3, constants=((2, -4),), total=3 - 4 * 2)
    check(QuantizationScheme(format=fmt), relu(fmt), [[ridge]], [base])


def failing(
    setting: QuantizationScheme,
    table: Table,
    ridge: Ridge | None = None,
    bias: int = 0,
    effort: BuildingEffort = USUAL,
) -> str:
    ways = [[ridge]] if ridge is not None else [[]]
    base = Base(bias=bias, constants=(), total=bias)
    with pytest.raises(NoNetwork) as caught:
        ridge_functions.layers(setting, entries_of(setting.format, table), ways, [base], effort)
    return str(caught.value)


def test_what_has_no_such_network() -> None:
    fmt = Format(lo=-3, hi=3, scale=2)
    table, setting = relu(fmt), QuantizationScheme(format=fmt)
    ridge = ridge_of(fmt, table, (1,), {1: 2})
    assert "constant function" in failing(setting, table)
    assert "activation is constant" in failing(setting, (1,) * 7, ridge)
    odd = Ridge(signs=(1,), low=-3, values=(0, 0, 0, 0, 1, 2, 3))
    coarse = (0, 0, 0, 0, 2, 2, 2)
    assert "not short" in failing(setting, coarse, odd)
    ternary = QuantizationScheme(format=fmt, weights=Weights.TERNARY)
    assert "not short" in failing(ternary, table, odd)
    assert "no bias" in failing(QuantizationScheme(format=fmt, bias=Bias.GRID), table, odd, bias=1)
    wide = Ridge(signs=(1, 1), low=-6, values=tuple(2 * (u > -6) for u in range(-6, 7)))
    assert "no biases" in failing(QuantizationScheme(format=fmt, bias=Bias.FORMAT), table, wide)
    small = QuantizationScheme(format=Format(lo=-3, hi=3, scale=7))
    assert "1.0 is no weight" in failing(small, table, ridge)
    zero = QuantizationScheme(
        format=Format(lo=-3, hi=3, scale=2, overflow=Overflow.SATURATE_TO_ZERO)
    )
    assert "saturation" in failing(zero, table, ridge)
    dense = QuantizationScheme(format=fmt, weights=Weights.DENSE_BINARY)
    assert "1.0 is no weight" in failing(dense, table, ridge)


def test_growing_coefficients_are_given_up() -> None:
    fmt = Format(lo=-7, hi=7, scale=4)
    table = tuple([0] * 7 + [1, 3, 7, 7, 7, 7, 7, 7])
    ridge = Ridge(signs=(1, 1), low=-14, values=(0,) * 20 + (1,) * 9)
    setting = QuantizationScheme(format=fmt)
    check(setting, table, [[ridge]], [BASE])
    assert "not short" in failing(setting, table, ridge, effort=BuildingEffort(shifts=10))


@pytest.mark.parametrize(("lo", "hi", "scale"), [(-2, 5, 3), (0, 7, 2)])
def test_differences_take_negative_weights(lo: int, hi: int, scale: int) -> None:
    fmt = Format(lo=lo, hi=hi, scale=scale)
    table = relu(fmt)
    values = tuple(range(hi - lo + 1)) + (hi - lo,) * (hi - lo)
    ridge = Ridge(signs=(1, -1), low=lo - hi, values=values)
    assert "-1.0 is no weight" in failing(QuantizationScheme(format=fmt), table, ridge)
