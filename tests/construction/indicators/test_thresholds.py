"""Threshold neurons and point indicators: what they give at every place, and their gates."""

from __future__ import annotations

from collections import Counter
from itertools import product
from random import Random

import numpy as np
import pytest

from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from smtcheck.construction.indicators import thresholds as module
from smtcheck.construction.indicators.penalties import Axis, Neurons
from smtcheck.construction.indicators.saturation import Family, NoNetwork
from smtcheck.construction.indicators.thresholds import PointIndicators, ThresholdNeurons, family_of
from smtcheck.construction.lookup.entry_encoding import EntryEncoder
from smtcheck.construction.lookup.lookup import Lookup, RowsAndColumns
from smtcheck.construction.lowering.coefficients import network
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.networks.activations import activation, table
from tests.claims.random_settings import NOT_WRAPPING, random_setting, random_table
from tests.construction.builders import builder_of
from tests.construction.naive_networks import (
    assert_computes,
    assert_legal,
    drafted,
    evaluated,
    points_of,
    random_function,
)
from tests.universality.naive import Table, entries_of, given

SIGNS = [(1,), (1, 0), (1, -1), (-1, -1)]


def setting_of(
    text: str, weights: Weights = Weights.FULL, bias: Bias = Bias.FORMAT
) -> QuantizationScheme:
    return QuantizationScheme(format=Format.parse(text), weights=weights, bias=bias)


def made_of(setting: QuantizationScheme, values: Table, signs: tuple[int, ...]) -> Family | None:
    """The family of an axis, if there is one."""
    entries = entries_of(setting.format, values)
    axis = Axis.along(setting, signs)
    try:
        family = family_of(Neurons(setting=setting, entries=entries, axis=axis))
        assert family.layers
    except NoNetwork:
        return None
    return family


Read = dict[tuple[int, ...], list[int]]  #: for each input the activations of a family


def read(setting: QuantizationScheme, values: Table, family: Family) -> Read:
    """What the family's last neurons give, by their network."""
    fmt = setting.format
    made = network(setting, entries_of(fmt, values), family.layers)
    assert_legal(setting, made)
    found = {}
    for point in points_of(fmt, len(family.axis.signs)):
        # the network ends with the codes of the last neurons, which T is yet to be taken of
        found[point] = [values[code - fmt.lo] for code in evaluated(made, values, point)]
    assert drafted(fmt, values, family.layers, point) == made.evaluate(point)
    return found


def place_of(family: Family, point: tuple[int, ...]) -> int:
    return sum(sign * code for sign, code in zip(family.axis.signs, point, strict=True))


def check_neurons(setting: QuantizationScheme, values: Table, family: Family, found: Read) -> None:
    """Steps, or one other value at one place each, as far from the value of the ends as can be."""
    fmt, axis = setting.format, family.axis
    results = {code: values[code - fmt.lo] for code in given(fmt)}
    low, high = results[min(results)], results[max(results)]
    end = results[0] if fmt.overflow is Overflow.SATURATE_TO_ZERO else high
    rise = max(abs(result - end) for result in results.values())
    for point, activations in found.items():
        place = place_of(family, point)
        if isinstance(family, ThresholdNeurons):
            assert activations == [high if place > own else low for own in axis.places[:-1]]
        else:
            assert abs(activations.pop(place - axis.low) - end) == rise > 0
            assert set(activations) <= {end}


def check_gates(
    setting: QuantizationScheme, values: Table, family: Family, found: Read, draw: Random
) -> None:
    axis, lo = family.axis, setting.format.lo
    ranges = [pair for pair in product(axis.places.tolist(), repeat=2) if pair[0] <= pair[1]]
    for low, high in draw.sample(ranges, min(len(ranges), 24)):
        gate = family.gate(low, high)
        assert (gate is None) == ((low, high) == (axis.low, axis.high))
        if gate is None:
            continue
        assert gate.has_one_sign and gate.margin == gate.reach > 0
        assert {code for code, number in gate.constants if number} <= given(setting.format)
        constant = sum(number * values[code - lo] for code, number in gate.constants)
        for point, activations in found.items():
            total = constant + sum(number * activations[neuron] for neuron, number in gate.terms)
            inside = low <= place_of(family, point) <= high
            assert total == (0 if inside else gate.margin), (str(setting), values, (low, high))


def check(setting: QuantizationScheme, values: Table, signs: tuple[int, ...], draw: Random) -> str:
    """What kind of family there is, after computing all of it."""
    family = made_of(setting, values, signs)
    if family is None:
        return "none"
    found = read(setting, values, family)
    check_gates(setting, values, family, found, draw)
    check_neurons(setting, values, family, found)
    return type(family).__name__


@pytest.mark.parametrize("name", ["relu", "sigmoid", "tanh", "gelu", "abs", "cos", "sign"])
@pytest.mark.parametrize("bias", Bias, ids=str)
@pytest.mark.parametrize("weights", [Weights.FULL, Weights.TERNARY, Weights.BINARY], ids=str)
@pytest.mark.sampled(2)
def test_named_activations(weights: Weights, bias: Bias, name: str) -> None:
    draw = Random(name)
    for text in ("paper(2,2)", "paper(2,3,AP_TRN,AP_SAT)"):
        setting = setting_of(text, weights, bias)
        values = table(activation(name), setting.format)
        for signs in SIGNS[:3]:
            kind = check(setting, values, signs, draw)
            if signs == (1,) and name != "sign":
                assert kind == (
                    "PointIndicators" if values[0] == values[-1] else "ThresholdNeurons"
                ), text


@pytest.mark.parametrize("overflow", NOT_WRAPPING)
@pytest.mark.parametrize("bias", Bias, ids=str)
def test_random_tables(bias: Bias, overflow: Overflow) -> None:
    draw, seen = Random(f"{bias} {overflow}"), Counter[str]()
    for number in range(24):
        lo, hi = -draw.randint(1, 4), draw.randint(2, 4)
        fmt = Format(lo=lo, hi=hi, scale=draw.choice([1, 2, 3]), overflow=overflow)
        setting = QuantizationScheme(format=fmt, weights=draw.choice([*Weights][:3]), bias=bias)
        values = random_table(draw, fmt)
        if number % 3 == 0:
            values = (*values[:-1], values[0])  # ends are the same
        elif number % 3 == 1:
            values = tuple(sorted(values, reverse=draw.random() < 0.5))
        seen[check(setting, values, draw.choice(SIGNS), draw)] += 1
    assert seen["PointIndicators"] > 1
    assert seen["ThresholdNeurons"] > 1 or overflow is Overflow.SATURATE_TO_ZERO


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_random_settings(seed: int) -> None:
    draw, seen = Random(seed), Counter[str]()
    for _ in range(200):
        setting = random_setting(draw, overflows=NOT_WRAPPING)
        if setting.weights is not Weights.DENSE_BINARY:
            values = random_table(draw, setting.format)
            seen[check(setting, values, draw.choice(SIGNS), draw)] += 1
    assert seen["PointIndicators"] > 9 and seen["ThresholdNeurons"] > 9


def test_dense_neurons_of_one_input() -> None:
    setting = setting_of("paper(2,2)", Weights.DENSE_BINARY, Bias.EXACT)
    values = table(activation("relu"), setting.format)
    assert check(setting, values, (1,), Random(1)) == "ThresholdNeurons"


@pytest.mark.parametrize("name", ["tanh", "relu", "abs", "sin"])
def test_sums_of_several_neurons(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_rows", lambda costs, copies: [-1] * costs.shape[1])
    setting = setting_of("paper(2,2)")
    values = table(activation(name), setting.format)
    assert check(setting, values, (1,), Random(2)) in ("ThresholdNeurons", "PointIndicators")


def test_rows_are_cheap_and_few() -> None:
    far = module.IMPOSSIBLE
    costs = np.array([[1, 1, far, far], [2, 2, 2, far], [far, far, 1, far]])
    ones = np.ones_like(costs)
    assert module._rows(costs, ones) == [1, 1, 1, -1], "another neuron would save 2 and cost 2"
    assert module._rows(costs * 10, ones) == [0, 0, 2, -1]


def test_distances() -> None:
    draw = Random(4)
    rows = [[draw.randint(-5, 5) for _ in range(6)] for _ in range(20)]
    found = module._distances(np.array(rows)).tolist()
    for row, own in zip(rows, found, strict=True):
        for place, number in enumerate(row):
            others = row[:place] + row[place + 1 :]
            assert own[place] == min(abs(number - other) for other in others)


def test_what_has_no_family() -> None:
    for text, name in [
        ("ap_ufixed<3,1,AP_RND,AP_SAT>", "relu"),  # no weight is negative
        ("paper(2,2,AP_RND_CONV,AP_WRAP)", "relu"),
    ]:
        setting = setting_of(text, bias=Bias.EXACT)
        entries = ActivationTable(activation(name), setting.format)
        axis = Axis.along(setting, (1,))
        with pytest.raises(NoNetwork, match="negative weights"):
            family_of(Neurons(setting=setting, entries=entries, axis=axis))


@pytest.mark.parametrize("values", [(0, 0, 0, 0, 1), (0, 1, 0, 1, 0)])
def test_thresholds_without_a_half(values: Table) -> None:
    setting = QuantizationScheme(format=Format(lo=-2, hi=2, scale=7), bias=Bias.FORMAT)
    axis = Axis.along(setting, (1,))
    family = family_of(
        Neurons(setting=setting, entries=entries_of(setting.format, values), axis=axis)
    )
    for _ in range(2):
        with pytest.raises(NoNetwork, match="no threshold or point"):
            family.gate(0, 0)
        with pytest.raises(NoNetwork, match="no threshold or point"):
            assert family.layers


# tables -----------------------------------------------------------------------------------


def parameters(
    setting: QuantizationScheme, entries: ActivationTable, inputs: int, tables: int = 1
) -> float:
    """What random tables take an entry, looked up by thresholds or points, at all inputs."""
    shop = builder_of(setting, entries)
    assert shop is not None
    axes = [tuple(int(axis == own) for axis in range(inputs)) for own in range(inputs)]
    families = [
        family_of(Neurons(setting=setting, entries=entries, axis=Axis.along(setting, signs)))
        for signs in axes
    ]
    grid, draw = RowsAndColumns.of_inputs(families), Random(9)
    wanted = [random_function(draw, setting.format, inputs, "uniform") for _ in range(tables)]
    layers = Lookup(
        encoder=EntryEncoder(setting=setting, entries=entries, evidence=shop.evidence),
        grid=grid,
        tables=[own.reshape(grid.used.shape) for own in wanted],
    ).layers()
    made = network(setting, entries, layers)
    assert_legal(setting, made)
    assert_computes(made, wanted)
    return (made.nonzero_weights + made.neurons) / wanted[0].size / tables


@pytest.mark.parametrize("bias", Bias, ids=str)
@pytest.mark.parametrize(
    ("text", "name", "weights"),
    [
        ("paper(3,4)", "relu", Weights.FULL),
        ("paper(3,4)", "tanh", Weights.TERNARY),
        ("paper(2,2)", "sigmoid", Weights.BINARY),
        ("paper(3,4)", "abs", Weights.FULL),
        ("paper(3,4)", "cos", Weights.TERNARY),
        ("paper(2,2,AP_RND_CONV,AP_SAT_ZERO)", "relu", Weights.FULL),
        ("paper(3,3,AP_TRN,AP_SAT_SYM)", "elu", Weights.FULL),
        ("ap_fixed<4,2,AP_RND,AP_SAT>", "gelu", Weights.FULL),
        ("paper(3,4)", "step", Weights.FULL),
    ],
)
@pytest.mark.sampled(2)
def test_tables(text: str, name: str, weights: Weights, bias: Bias) -> None:
    setting = setting_of(text, weights, bias)
    entries = ActivationTable(activation(name), setting.format)
    if builder_of(setting, entries) is not None:
        parameters(setting, entries, 2, tables=2)


def test_a_table_of_three_inputs() -> None:
    setting = setting_of("paper(1,1)")
    parameters(setting, ActivationTable(activation("relu"), setting.format), 3)


@pytest.mark.parametrize(
    ("text", "name", "weights", "most"),
    [
        ("paper(4,8)", "sigmoid", Weights.FULL, 12.4),
        ("paper(4,8)", "relu", Weights.FULL, 3.8),
        ("paper(4,8)", "tanh", Weights.FULL, 3.8),
        ("paper(4,8)", "abs", Weights.FULL, 3.5),
        ("paper(4,8)", "relu", Weights.TERNARY, 9.1),
        ("paper(5,16)", "cos", Weights.FULL, 2.8),
        ("paper(4,3)", "sin", Weights.TERNARY, 38),
    ],
)
def test_what_an_entry_takes(text: str, name: str, weights: Weights, most: float) -> None:
    setting = setting_of(text, weights)
    assert parameters(setting, ActivationTable(activation(name), setting.format), 2) < most


def test_few_first_layer_neurons_are_used() -> None:
    setting = setting_of("paper(4,8)")
    entries = ActivationTable(activation("relu"), setting.format)
    family = family_of(Neurons(setting=setting, entries=entries, axis=Axis.along(setting, (1,))))
    assert isinstance(family, ThresholdNeurons) and not isinstance(family, PointIndicators)
    assert len(np.unique(family.layers[-1].terms.columns)) < 12
    assert family.layers[-1].outputs == 30
