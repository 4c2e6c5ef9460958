"""Steepening: neurons become one value at some points and another at others."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from smtcheck.arithmetic.formats import Format
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from smtcheck.construction.indicators.penalties import Axis
from smtcheck.construction.indicators.steepening import Chain, Sides, Steepener
from smtcheck.construction.lowering.coefficients import DraftLayer, network
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.networks.activations import activation, table
from tests.construction.naive_networks import assert_legal
from tests.universality.naive import Table, entries_of, requantized

CASES = [
    (Weights.FULL, Bias.EXACT),
    (Weights.FULL, Bias.GRID),
    (Weights.TERNARY, Bias.EXACT),
    (Weights.BINARY, Bias.GRID),
]


def steepener_of(text: str, name: str, weights: Weights, bias: Bias) -> Steepener:
    setting = QuantizationScheme(format=Format.parse(text), weights=weights, bias=bias)
    return Steepener(setting=setting, entries=ActivationTable(activation(name), setting.format))


def first_layer(steepener: Steepener, thresholds: list[int]) -> DraftLayer:
    """Shifts of one neuron."""
    setting = steepener.setting
    codes = np.arange(setting.format.lo, setting.format.hi + 1)
    bias, _ = steepener.first(np.arange(-codes.size, codes.size))
    weight = steepener.first_weight
    biases = bias - weight * np.array(thresholds)
    return Axis.along(setting, (1,)).layer(np.full(len(thresholds), weight), biases)


def started(steepener: Steepener, thresholds: list[int]) -> tuple[np.ndarray, Sides]:
    """Their activations at all codes, and the sides of the thresholds."""
    fmt, layer = steepener.setting.format, first_layer(steepener, thresholds)
    codes = np.arange(fmt.lo, fmt.hi + 1)
    sums = layer.terms.codes[:, None] * codes[None, :] + layer.biases[:, None]
    below = codes[None, :] < np.array(thresholds)[:, None]
    return steepener.activations(sums), Sides(low=below, high=~below)


def assert_steep(steepener: Steepener, thresholds: list[int], chain: Chain) -> int:
    """By the network, at all codes; its parameters."""
    fmt, entries = steepener.setting.format, steepener.entries
    layers = [first_layer(steepener, thresholds), *(level.layer() for level in chain.levels)]
    made = network(steepener.setting, entries, layers)
    assert_legal(steepener.setting, made)
    values: Table = table(entries.activation, fmt)
    codes = range(fmt.lo, fmt.hi + 1)
    outputs = [made.evaluate((code,)) for code in codes]
    for index, threshold in enumerate(thresholds):
        found = [values[output[index] - fmt.lo] for output in outputs]
        assert found == chain.values[index].tolist()
        low, high = set(found[: threshold - fmt.lo]), set(found[threshold - fmt.lo :])
        assert len(low) == len(high) == 1 and low != high
    return made.nonzero_weights + made.neurons


@pytest.mark.parametrize("name", ["relu", "sigmoid", "gelu", "tanh"])
@pytest.mark.parametrize(("weights", "bias"), CASES, ids=str)
@pytest.mark.sampled(2)
def test_steps_become_steep(weights: Weights, bias: Bias, name: str) -> None:
    steepener = steepener_of("paper(3,4)", name, weights, bias)
    for thresholds in ([0], [-3, 2], list(range(-6, 8))):
        values, sides = started(steepener, thresholds)
        assert not steepener.is_steep(values, sides)
        chains = list(steepener.chains(values, sides))
        assert chains
        for chain in chains[:6]:
            assert steepener.is_steep(chain.values, sides)
            assert_steep(steepener, thresholds, chain)


@pytest.mark.parametrize("name", ["relu", "sigmoid"])
def test_the_cost_of_a_neuron_is_what_its_network_has(name: str) -> None:
    steepener = steepener_of("paper(4,8)", name, Weights.FULL, Bias.EXACT)
    values, sides = started(steepener, [3])
    for chain in steepener.chains(values, sides):
        assert chain.cost(2) == assert_steep(steepener, [3], chain)


@pytest.mark.parametrize("name", ["relu", "sigmoid", "gelu"])
def test_steep_neurons_can_be_repeated(name: str) -> None:
    steepener = steepener_of("paper(4,8)", name, Weights.FULL, Bias.EXACT)
    values, sides = started(steepener, [-5, 4])
    chain = next(steepener.chains(values, sides))
    for times in (0, 1, 3):
        longer = steepener.repeated(chain, sides, times)
        assert longer is not None and len(longer.levels) == len(chain.levels) + times
        assert_steep(steepener, [-5, 4], longer)


def test_activations_of_sums_far_away_are_those_of_the_ends() -> None:
    draw = Random(4)
    for text in ("paper(3,4)", "codes(-5,9,7,AP_TRN,AP_SAT)", "paper(3,5,AP_RND_CONV,AP_SAT_SYM)"):
        fmt = Format.parse(text)
        values = [draw.randint(fmt.lo, fmt.hi) for _ in range(fmt.lo, fmt.hi + 1)]
        steepener = Steepener(
            setting=QuantizationScheme(format=fmt), entries=entries_of(fmt, values)
        )
        numbers = [*range(-200, 200), -(10**9), 10**9]
        found = steepener.activations(np.array(numbers))
        assert found.tolist() == [values[requantized(fmt, n) - fmt.lo] for n in numbers]
