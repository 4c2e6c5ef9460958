"""Sawtooths: ramps that rise over one block, and places that are told by their sum."""

from __future__ import annotations

import numpy as np
import pytest

from smtcheck.arithmetic.formats import Format
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from smtcheck.construction.indicators.steepening import Steepener
from smtcheck.construction.lookup.sawtooth import Ramp, Sawtooth
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.networks.activations import activation, table
from tests.construction.naive_networks import drafted_sums
from tests.universality.naive import requantized

CASES = [
    ("paper(5,16)", "relu", Weights.FULL, Bias.EXACT),
    ("paper(5,16)", "gelu", Weights.FULL, Bias.EXACT),
    ("paper(5,16)", "sigmoid", Weights.FULL, Bias.GRID),
    ("paper(4,8)", "relu", Weights.BINARY, Bias.EXACT),
    ("codes(-20,25,9,AP_TRN,AP_SAT)", "tanh", Weights.FULL, Bias.EXACT),
]


def sawtooth_of(text: str, name: str, weights: Weights, bias: Bias) -> Sawtooth:
    setting = QuantizationScheme(format=Format.parse(text), weights=weights, bias=bias)
    entries = ActivationTable(activation(name), setting.format)
    return Sawtooth(steepener=Steepener(setting=setting, entries=entries))


@pytest.mark.parametrize(("text", "name", "weights", "bias"), CASES)
def test_ramps_rise_in_their_block_and_nowhere_else(
    text: str, name: str, weights: Weights, bias: Bias
) -> None:
    sawtooth = sawtooth_of(text, name, weights, bias)
    assert sawtooth.ramps
    for ramp in sawtooth.ramps:
        steps = np.diff([*ramp.values.tolist(), ramp.high])
        assert (steps > 0).all() or (steps < 0).all()
        assert ramp.values[0] == ramp.low and ramp.length == len(ramp.values) > 1


@pytest.mark.parametrize(("text", "name", "weights", "bias"), CASES)
def test_networks_of_sawtooths(text: str, name: str, weights: Weights, bias: Bias) -> None:
    """What sampling neurons add up to, by the network's layers at all codes."""
    sawtooth = sawtooth_of(text, name, weights, bias)
    fmt, entries = sawtooth.steepener.setting.format, sawtooth.steepener.entries
    values = table(entries.activation, fmt)
    for ramp in sawtooth.ramps[:: max(1, len(sawtooth.ramps) // 4)]:
        for copies in (1, 3):
            sampler = sawtooth.sampler(ramp, copies)
            if sampler is None:
                continue
            layers = sawtooth.layers(ramp, sampler)
            assert len(layers) == len(ramp.sums) + 2
            for index, code in enumerate(range(fmt.lo, fmt.hi + 1)):
                sums = drafted_sums(fmt, values, layers, (code,))
                found = [values[requantized(fmt, total) - fmt.lo] for total in sums]
                assert sum(found) == sampler.values[index], (text, code)
            assert_told_apart(sawtooth, ramp, sampler.values, sampler.places, sampler.gap)


def assert_told_apart(
    sawtooth: Sawtooth, ramp: Ramp, values: np.ndarray, places: np.ndarray, gap: int
) -> None:
    blocks = [index // ramp.length for index in range(sawtooth.size)]
    pairs = set(zip(blocks, places.tolist(), strict=True))
    assert len(pairs) == sawtooth.size
    for one in range(sawtooth.size):
        for other in range(sawtooth.size):
            if places[one] < places[other]:
                assert values[other] - values[one] >= gap > 0


def test_the_cost_of_ramps_is_what_their_layers_have() -> None:
    sawtooth = sawtooth_of("paper(5,16)", "sigmoid", Weights.FULL, Bias.EXACT)
    for ramp in sawtooth.ramps:
        sampler = sawtooth.sampler(ramp, 8)
        if sampler is not None:
            own = sawtooth.layers(ramp, sampler)[:-1]
            size = sum(layer.outputs + len(layer.terms.rows) for layer in own)
            assert size == ramp.cost(-(-sawtooth.size // ramp.length))
