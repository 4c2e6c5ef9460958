"""Gates: sums that vanish on a range of an axis and nowhere else, added up neuron by neuron."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import product
from random import Random

import numpy as np
import pytest

from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from smtcheck.construction.effort import BuildingEffort
from smtcheck.construction.indicators import penalties as module
from smtcheck.construction.indicators.penalties import Axis, Neurons, Penalty
from tests.checking.universality.naive_evidence import is_bias
from tests.claims.random_settings import NOT_WRAPPING, random_setting, random_table
from tests.universality.naive import (
    Table,
    activated,
    codes_of,
    entries_of,
    meets_criterion,
    weights_of,
)

Read = list[tuple[list[int], int]]  #: the weights and the bias of each neuron


def neurons_of(family: Neurons) -> Read:
    (layer,) = family.layers
    assert not layer.constants.rows.size
    found: Read = [([0] * layer.inputs, int(bias)) for bias in layer.biases]
    for row, column, code in zip(
        layer.terms.rows, layer.terms.columns, layer.terms.codes, strict=True
    ):
        found[row][0][column] += int(code)
    return found


def gate_sum(
    setting: QuantizationScheme, table: Table, neurons: Read, gate: Penalty, point: tuple[int, ...]
) -> int:
    """The sum at an input of the network."""
    fmt, total = setting.format, 0
    for neuron, coefficient in gate.terms:
        weights, bias = neurons[neuron]
        number = bias + sum(w * code for w, code in zip(weights, point, strict=True))
        total += coefficient * activated(fmt, table, number)
    return total + sum(coefficient * table[code - fmt.lo] for code, coefficient in gate.constants)


def check(family: Neurons, table: Table, low: int, high: int) -> Penalty | None:
    """The gate for a range, after computing it at all inputs."""
    setting, gate, neurons = family.setting, family.gate(low, high), neurons_of(family)
    if gate is None:
        return None
    signs = family.axis.signs
    for weights, bias in neurons:
        assert set(weights) <= {0, *weights_of(setting)} and is_bias(setting, bias)
        if setting.weights is Weights.DENSE_BINARY:
            assert 0 not in weights
    sizes = []
    for point in product(codes_of(setting.format), repeat=len(signs)):
        place = sum(sign * code for sign, code in zip(signs, point, strict=True))
        total = gate_sum(setting, table, neurons, gate, point)
        what = (str(setting), table, (low, high), point, total, gate)
        if low <= place <= high:
            assert total == 0, what
        else:
            assert (total if gate.has_one_sign else abs(total)) >= gate.margin > 0, what
            sizes.append(abs(total))
    assert (gate.margin, gate.reach) == (min(sizes), max(sizes))
    if min(weights_of(setting)) == 0:
        assert gate.has_one_sign and all(code > 0 for _, code in gate.terms)
    return gate


def family_of(setting: QuantizationScheme, table: Table, signs: tuple[int, ...]) -> Neurons:
    axis = Axis.along(setting, signs)
    return Neurons(setting=setting, entries=entries_of(setting.format, table), axis=axis)


def random_range(draw: Random, axis: Axis) -> tuple[int, int]:
    low, high = sorted(draw.randint(axis.low, axis.high) for _ in range(2))
    return draw.choice([(low, low), (high, high), (low, high), (axis.low, high), (low, axis.high)])


def test_gates_of_random_settings() -> None:
    draw, seen = Random(21), Counter[str]()
    for _ in range(120):
        setting = random_setting(draw, overflows=NOT_WRAPPING)
        table = random_table(draw, setting.format)
        is_dense = setting.weights is Weights.DENSE_BINARY
        signs = draw.choice([(1,), (1, 1), (1, -1)] if is_dense else [(1,), (1, 0), (1, -1)])
        if min(weights_of(setting)) == 0 and min(signs) < 0:
            continue  # no weight is negative
        family = family_of(setting, table, signs)
        for _ in range(4):
            gate = check(family, table, *random_range(draw, family.axis))
            kind = "none" if gate is None else "one sign" if gate.has_one_sign else "either sign"
            seen[kind] += 1
    assert seen["none"] and seen["one sign"] > 50 and seen["either sign"]


@pytest.mark.parametrize("overflow", NOT_WRAPPING)
@pytest.mark.parametrize("bias", Bias)
@pytest.mark.parametrize("weights", [Weights.FULL, Weights.TERNARY])
def test_each_code_has_a_gate_where_neurons_separate(
    weights: Weights, bias: Bias, overflow: Overflow
) -> None:
    draw, found = Random(f"{weights} {bias} {overflow}"), 0
    while found < 4:
        fmt = Format(lo=-3, hi=3, scale=draw.choice([1, 2]), overflow=overflow)
        setting = QuantizationScheme(format=fmt, weights=weights, bias=bias)
        table = random_table(draw, fmt)
        if not meets_criterion(setting, table):
            continue
        found += 1
        family = family_of(setting, table, (1,))
        for code in codes_of(fmt):
            gate = check(family, table, code, code)
            assert gate is not None, (table, code)
            if bias is not Bias.FORMAT and overflow is Overflow.SATURATE:
                assert gate.has_one_sign, (table, code)  # Choquet and Deny


@pytest.mark.parametrize("skipped", [(), ("_short",), ("_short", "_by_program")], ids=str)
def test_each_way_to_find_a_gate(skipped: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in skipped:
        monkeypatch.setattr(module, name, lambda *_: None)
    draw = Random(22)
    found, seen = 0, Counter[bool]()
    for _ in range(20):
        setting = QuantizationScheme(
            format=Format(lo=-3, hi=3, scale=2), weights=draw.choice([*Weights])
        )
        table = random_table(draw, setting.format)
        family = family_of(setting, table, (1,))
        for _ in range(3):
            gate = check(family, table, *random_range(draw, family.axis))
            if gate is not None:
                found += 1
                seen[gate.has_one_sign] += 1
    assert found > 30
    assert seen[True] and ("_by_program" not in skipped or seen[False])


def test_the_whole_axis_has_no_gate() -> None:
    setting = QuantizationScheme(format=Format(lo=-2, hi=2, scale=2))
    assert family_of(setting, (0, 0, 0, 1, 2), (1,)).gate(-2, 2) is None


def test_few_neurons_stand_for_many() -> None:
    setting = QuantizationScheme(format=Format(lo=-7, hi=7, scale=4))
    table = tuple(max(code, 0) for code in codes_of(setting.format))
    full = len(neurons_of(family_of(setting, table, (1,))))
    little = BuildingEffort(neuron_values=2**12, paired_neurons=12)
    family = replace(family_of(setting, table, (1,)), effort=little)
    assert len(neurons_of(family)) < full / 2
    gates = [check(family, table, code, code) for code in codes_of(setting.format)]
    assert all(gates)


def test_neurons_differ() -> None:
    draw = Random(23)
    for _ in range(20):
        setting = random_setting(draw, overflows=NOT_WRAPPING)
        fmt, table = setting.format, random_table(draw, setting.format)
        rows = [
            tuple(activated(fmt, table, weights[0] * code + bias) for code in codes_of(fmt))
            for weights, bias in neurons_of(family_of(setting, table, (1,)))
        ]
        assert len(rows) == len(set(rows))


@pytest.mark.parametrize("signs", [(1,), (-1,), (1, 0), (0, -1), (1, 1), (-1, 1, 1)])
@pytest.mark.parametrize("lo", [-2, 0])
def test_axes(signs: tuple[int, ...], lo: int) -> None:
    setting = QuantizationScheme(format=Format(lo=lo, hi=3, scale=2))
    sums = {
        sum(sign * code for sign, code in zip(signs, point, strict=True))
        for point in product(range(lo, 4), repeat=len(signs))
    }
    axis = Axis.along(setting, signs)
    assert sums == set(axis.places.tolist()) == set(range(axis.low, axis.high + 1))
    layer = axis.layer(np.array([3, -2]), np.array([5, 7]))
    assert layer.biases.tolist() == [5, 7]
    rows = layer.terms.matrix((2, len(signs))).toarray().tolist()
    assert rows == [[3 * sign for sign in signs], [-2 * sign for sign in signs]]
