"""Waves: ramps that rise over one window, and places that are told by their sum."""

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


def waves_of(text: str, name: str, weights: Weights, bias: Bias) -> Sawtooth:
    setting = QuantizationScheme(format=Format.parse(text), weights=weights, bias=bias)
    entries = ActivationTable(activation(name), setting.format)
    return Sawtooth(sharpener=Steepener(setting=setting, entries=entries))


@pytest.mark.parametrize(("text", "name", "weights", "bias"), CASES)
def test_ramps_rise_in_their_window_and_nowhere_else(
    text: str, name: str, weights: Weights, bias: Bias
) -> None:
    waves = waves_of(text, name, weights, bias)
    assert waves.ramps
    for ramp in waves.ramps:
        steps = np.diff([*ramp.values.tolist(), ramp.high])
        assert (steps > 0).all() or (steps < 0).all()
        assert ramp.values[0] == ramp.low and ramp.length == len(ramp.values) > 1


@pytest.mark.parametrize(("text", "name", "weights", "bias"), CASES)
def test_networks_of_waves(text: str, name: str, weights: Weights, bias: Bias) -> None:
    """What readers of the wave add up to, by the network's layers at all codes."""
    waves = waves_of(text, name, weights, bias)
    fmt, entries = waves.sharpener.setting.format, waves.sharpener.entries
    values = table(entries.activation, fmt)
    for ramp in waves.ramps[:: max(1, len(waves.ramps) // 4)]:
        for copies in (1, 3):
            reader = waves.reader(ramp, copies)
            if reader is None:
                continue
            layers = waves.layers(ramp, reader)
            assert len(layers) == len(ramp.sums) + 2
            for index, code in enumerate(range(fmt.lo, fmt.hi + 1)):
                sums = drafted_sums(fmt, values, layers, (code,))
                found = [values[requantized(fmt, total) - fmt.lo] for total in sums]
                assert sum(found) == reader.values[index], (text, code)
            assert_told_apart(waves, ramp, reader.values, reader.places, reader.gap)


def assert_told_apart(
    waves: Sawtooth, ramp: Ramp, values: np.ndarray, places: np.ndarray, gap: int
) -> None:
    windows = [index // ramp.length for index in range(waves.size)]
    pairs = set(zip(windows, places.tolist(), strict=True))
    assert len(pairs) == waves.size
    for one in range(waves.size):
        for other in range(waves.size):
            if places[one] < places[other]:
                assert values[other] - values[one] >= gap > 0


def test_the_cost_of_ramps_is_what_their_layers_have() -> None:
    waves = waves_of("paper(5,16)", "sigmoid", Weights.FULL, Bias.EXACT)
    for ramp in waves.ramps:
        reader = waves.reader(ramp, 8)
        if reader is not None:
            own = waves.layers(ramp, reader)[:-1]
            size = sum(layer.outputs + len(layer.terms.rows) for layer in own)
            assert size == ramp.cost(-(-waves.size // ramp.length))
