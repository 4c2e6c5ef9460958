"""Pushers: how much is enough to leave the format, and constants that reach all codes."""

from __future__ import annotations

from itertools import pairwise, product
from random import Random

import numpy as np
import pytest

from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.claims.evidence import Criterion
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from smtcheck.construction.indicators.penalties import Axis, Penalty
from smtcheck.construction.indicators.saturation import (
    EVERYTHING,
    SaturatingNeuron,
    SaturationSide,
    base_of,
    stacked,
    wanted_cell,
)
from smtcheck.construction.lowering.coefficients import DraftLayer, SparseTerms
from tests.checking.universality.naive_evidence import is_bias
from tests.claims.random_settings import NOT_WRAPPING, SPARSE, random_setting, random_table
from tests.construction.builders import builder_of
from tests.universality.naive import (
    biases_of,
    codes_of,
    entries_of,
    given,
    given_codes,
    requantized,
    rounded,
    step_of,
    weights_of,
)

SIDES = pytest.mark.parametrize("side", SaturationSide)


def settings(count: int, seed: int) -> list[QuantizationScheme]:
    draw = Random(seed)
    found = [random_setting(draw, overflows=NOT_WRAPPING) for _ in range(count)]
    return [setting for setting in found if given(setting.format) == {*codes_of(setting.format)}]


def codes_beyond(fmt: Format, start: int, sign: int) -> set[int]:
    """What sums give from one on, in one direction: overflow does not change far away."""
    return {requantized(fmt, start + sign * n) for n in range(4 * fmt.scale * fmt.codes.size)}


@SIDES
def test_distances_suffice(side: SaturationSide) -> None:
    for setting in settings(120, 31):
        fmt, saturating = setting.format, SaturatingNeuron(setting=setting, side=side)
        up, down = saturating.ends
        ends = (0, 0) if fmt.overflow is Overflow.SATURATE_TO_ZERO else (fmt.hi, fmt.lo)
        assert codes_beyond(fmt, up, 1) == {ends[0]}
        assert codes_beyond(fmt, -down, -1) == {ends[1]}
        for code in codes_of(fmt):
            distance, at = saturating.distance(code), fmt.scale * code
            assert requantized(fmt, at) == code
            if side is SaturationSide.EITHER:
                assert codes_beyond(fmt, at + distance, 1) == {ends[0]}
                assert codes_beyond(fmt, at - distance, -1) == {ends[1]}
            else:
                assert codes_beyond(fmt, at + saturating.sign * distance, saturating.sign) == {
                    saturating.end
                }
                assert saturating.end == ends[side is SaturationSide.DOWN]
                # one less is not enough
                short = requantized(fmt, at + saturating.sign * (distance - 1))
                assert short != saturating.end or 0 in (short, code)


def random_gate(draw: Random, has_one_sign: bool) -> Penalty:
    margin = draw.randint(1, 4)
    reach = margin + draw.randint(0, 5)
    return Penalty(terms=(), constants=(), margin=margin, reach=reach, has_one_sign=has_one_sign)


def sums_of(gate: Penalty) -> list[int]:
    """All values off the gate's range, the extreme ones at least."""
    sizes = {gate.margin, gate.reach, (gate.margin + gate.reach) // 2}
    return [0, *sizes, *(() if gate.has_one_sign else (-size for size in sizes))]


@pytest.mark.parametrize("has_one_sign", [True, False])
def test_any_gate_outweighs_the_distance(has_one_sign: bool) -> None:
    draw = Random(32)
    for setting in settings(60, 33):
        saturating = SaturatingNeuron(setting=setting, side=draw.choice(list(SaturationSide)))
        gates = [random_gate(draw, has_one_sign) for _ in range(draw.randint(1, 3))]
        distance = draw.randint(0, 60)
        factors = saturating.factors(gates, distance)
        for factor in factors:
            assert factor > 0 and factor % step_of(setting) == 0
            if setting.weights is Weights.DENSE_BINARY:
                assert factor % (2 * setting.format.scale) == 0
            if min(weights_of(setting)) == 0 and setting.bias is Bias.GRID:
                assert factor % setting.format.scale == 0
        for values in product(*map(sums_of, gates)):
            if any(values):
                total = sum(f * value for f, value in zip(factors, values, strict=True))
                assert (total if has_one_sign else abs(total)) >= distance, (gates, values)


def test_gates_of_one_sign_are_not_stacked() -> None:
    saturating = SaturatingNeuron(
        setting=QuantizationScheme(format=Format(lo=-3, hi=3, scale=2)), side=SaturationSide.UP
    )
    gate = Penalty(terms=(), constants=(), margin=2, reach=9)
    assert saturating.factors([gate, gate], 7) == [4, 4]
    assert (
        saturating.factor(7, 2) == 4
        and saturating.factor(8, 2) == 4
        and saturating.factor(9, 2) == 5
    )


def test_cells_without_ends() -> None:
    for setting in settings(120, 34):
        fmt = setting.format
        reach = 3 * fmt.scale * fmt.codes.size
        for code in codes_of(fmt):
            span = wanted_cell(setting, code)
            inside = {n for n in range(-reach, reach + 1) if n in span}
            wanted = {n for n in range(-reach, reach + 1) if requantized(fmt, n) == code}
            if fmt.overflow is Overflow.SATURATE_TO_ZERO and code == 0:
                # overflow gives zero too, but is not relied upon
                middle = {n for n in wanted if abs(n) <= 2 * fmt.scale}
                assert inside <= wanted and 0 in inside and len(inside) <= len(middle)
            else:
                assert inside == wanted
                is_end = fmt.overflow is not Overflow.SATURATE_TO_ZERO
                assert (span.high == EVERYTHING) == (is_end and code == fmt.hi)
                assert (span.low == -EVERYTHING) == (is_end and code == fmt.lo)


def evidence_of(
    setting: QuantizationScheme, draw: Random
) -> tuple[tuple[int, ...], Criterion] | None:
    table = random_table(draw, setting.format)
    shop = builder_of(setting, entries_of(setting.format, table))
    return None if shop is None else (table, shop.evidence)


@pytest.mark.parametrize("bias", Bias)
def test_bases_reach_all_codes(bias: Bias) -> None:
    draw, seen = Random(f"{bias}"), 0
    while seen < 60:
        setting = random_setting(draw, overflows=NOT_WRAPPING)
        setting = QuantizationScheme(format=setting.format, weights=draw.choice(SPARSE), bias=bias)
        found = evidence_of(setting, draw)
        if found is None:
            continue
        seen += 1
        (table, evidence), fmt = found, setting.format
        modulus = step_of(setting) * evidence.difference_gcd
        for code in codes_of(fmt):
            offset = modulus * draw.choice([0, 0, 1, -2])
            base = base_of(setting, evidence, code, offset)
            constants = sum(count * table[k - fmt.lo] for k, count in base.constants)
            assert all(count % step_of(setting) == 0 for _, count in base.constants)
            assert is_bias(setting, base.bias)
            assert base.total == base.bias + constants
            assert given_codes(fmt, base.total % modulus, modulus) == set(codes_of(fmt))
            # with the offset it gives the code where a bias brings it there without overflow
            if bias is not Bias.FORMAT:
                reach = abs(constants + offset) + 2 * fmt.scale * fmt.codes.size + modulus
                can = any(
                    rounded(b + constants + offset, fmt.scale, fmt.rounding) == code
                    for b in biases_of(setting, reach)
                    if (b - evidence.bias) % modulus == 0
                )
                assert (requantized(fmt, base.total + offset) == code) or not can


class _Family:
    """Layers, and nothing else that `stacked` needs."""

    def __init__(self, *layers: DraftLayer) -> None:
        self.layers = layers
        self.axis = Axis(signs=(1,), low=0, high=0)

    def gate(self, low: int, high: int) -> Penalty | None:
        raise AssertionError("gates are not asked for")


def test_families_share_the_inputs_and_nothing_else() -> None:
    draw = Random(35)

    def layer(inputs: int, outputs: int) -> DraftLayer:
        places = product(range(outputs), range(inputs))
        return DraftLayer(
            inputs=inputs,
            biases=np.array([draw.randint(-5, 5) for _ in range(outputs)]),
            terms=SparseTerms.of([(row, column, draw.randint(-4, 4)) for row, column in places]),
            constants=SparseTerms.none(),
        )

    def sums(layers: list[DraftLayer], values: np.ndarray) -> list[list[int]]:
        found = []
        for own in layers:
            values = own.biases + own.terms.matrix((own.outputs, own.inputs)) @ values
            found.append(values.tolist())
        return found

    for _ in range(10):
        depth = draw.randint(1, 3)
        families = []
        for _ in range(draw.randint(1, 3)):
            widths = [2, *(draw.randint(1, 3) for _ in range(depth))]
            families.append(_Family(*(layer(a, b) for a, b in pairwise(widths))))
        point = np.array([draw.randint(-3, 3), draw.randint(-3, 3)])
        apart = [sums(list(family.layers), point) for family in families]
        assert sums(stacked(families), point) == [
            [number for part in level for number in part] for level in zip(*apart, strict=True)
        ]
