"""Neurons that read all columns, against sums of their own naive activations."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from random import Random

import numpy as np
import pytest

from smtcheck.arithmetic.formats import Format
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from smtcheck.construction.effort import BuildingEffort
from smtcheck.construction.lookup.amplifiers import amplifiers, risen
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.networks.activations import activation
from tests.construction.builders import builder_of, looked_up
from tests.construction.naive_networks import (
    Ints,
    random_function,
)
from tests.universality.naive import codes_of, requantized

CASES = [
    ("paper(4,8)", "sigmoid", Weights.FULL, Bias.EXACT),
    ("paper(4,8)", "sigmoid", Weights.FULL, Bias.FORMAT),
    ("paper(4,8)", "sigmoid", Weights.FULL, Bias.GRID),
    ("paper(4,8)", "hard_sigmoid", Weights.FULL, Bias.EXACT),
    ("paper(4,8)", "tanh", Weights.FULL, Bias.EXACT),
    ("codes(-9,12,6)", "sigmoid", Weights.FULL, Bias.EXACT),
    ("paper(4,8,AP_RND_CONV,AP_SAT_ZERO)", "sigmoid", Weights.FULL, Bias.EXACT),
    ("paper(4,7,AP_TRN,AP_SAT_SYM)", "sigmoid", Weights.FULL, Bias.EXACT),
    ("paper(4,8)", "relu", Weights.TERNARY, Bias.EXACT),
]


def setting_of(text: str, weights: Weights, bias: Bias) -> QuantizationScheme:
    return QuantizationScheme(format=Format.parse(text), weights=weights, bias=bias)


def summed(
    setting: QuantizationScheme, entries: ActivationTable, rise: int, biases: tuple[int, ...]
) -> int:
    """What readers give for a rise beyond what they give for none."""
    fmt = setting.format
    weight = fmt.hi if setting.weights is Weights.FULL else fmt.scale
    table = [entries[code] for code in codes_of(fmt)]
    given = [
        [table[requantized(fmt, weight * own + bias) - fmt.lo] for bias in biases]
        for own in (rise, 0)
    ]
    return sum(given[0]) - sum(given[1])


def cells_hit(setting: QuantizationScheme, sums: list[int], start: int) -> set[int]:
    return {requantized(setting.format, start + total) for total in sums}


@pytest.mark.parametrize(("text", "name", "weights", "bias"), CASES)
def test_sums_of_amplified_rises_have_no_gaps(
    text: str, name: str, weights: Weights, bias: Bias
) -> None:
    setting = setting_of(text, weights, bias)
    fmt, entries = setting.format, ActivationTable(activation(name), setting.format)
    rises = np.unique([entries[code] - entries[fmt.hi] for code in codes_of(fmt)])
    ways = amplifiers(setting, entries, rises, 10)
    assert ways
    for way in ways:
        amounts: list[list[int]] = []
        for own in way:
            assert 0 < own.coefficient <= setting.heaviest_weights[0]
            assert own.coefficient % setting.weight_step == 0
            assert all(map(setting.is_bias, own.biases))
            alone = [summed(setting, entries, rise, own.biases) for rise in rises.tolist()]
            assert risen(setting, entries, rises, own.biases).tolist() == alone
            amounts.append([own.coefficient * rise for rise in alone])
        sums = sorted({sum(own) for own in product(*amounts)})
        assert max(np.diff(sums)) <= fmt.scale  # or less, where a cell is shorter
        assert sums[-1] - sums[0] >= (fmt.codes.size - 2) * fmt.scale
        # so from some constant on they are rounded to every code
        hit = cells_hit(setting, sums, fmt.scale * fmt.lo - sums[0])
        assert set(codes_of(fmt)) - hit <= {fmt.lo, fmt.hi}


def test_few_readers_come_first() -> None:
    setting = setting_of("paper(4,8)", Weights.FULL, Bias.EXACT)
    entries = ActivationTable(activation("sigmoid"), setting.format)
    ways = amplifiers(setting, entries, np.arange(-6, 1), 31)
    readers = [sum(len(own.biases) for own in way) for way in ways if len(way) == 2]
    assert readers == sorted(readers) and readers[0] <= 10
    wide = amplifiers(setting, entries, np.arange(-6, 1), 1000)
    assert {len(way) for way in wide} == {len(way) for way in ways}


def test_rises_that_cannot_be_told_apart_are_not_amplified() -> None:
    setting = setting_of("paper(4,8)", Weights.FULL, Bias.EXACT)
    entries = ActivationTable(activation("sigmoid"), setting.format)
    assert amplifiers(setting, entries, np.array([-3]), 31) == []
    assert amplifiers(setting, entries, np.array([-3, -2]), 31) == []


# networks --------------------------------------------------------------------------------


ALWAYS = BuildingEffort(many_entries=0, fair_cost=0)  #: readers, whatever else there is
NEVER = BuildingEffort(many_entries=2**40)


def built(
    setting: QuantizationScheme,
    entries: ActivationTable,
    tables: list[Ints],
    effort: BuildingEffort = ALWAYS,
) -> int:
    """Parameters of a lookup by halves, which is right."""
    shop = builder_of(setting, entries, effort)
    assert shop is not None
    return looked_up(shop, tables, "thresholds")


def with_and_without(
    setting: QuantizationScheme, entries: ActivationTable, tables: list[Ints]
) -> Iterator[int]:
    for effort in (ALWAYS, NEVER):
        yield built(setting, entries, tables, effort)


@pytest.mark.parametrize(("text", "name", "weights", "bias"), CASES)
@pytest.mark.sampled(2)
def test_tables_of_two_inputs(text: str, name: str, weights: Weights, bias: Bias) -> None:
    setting = setting_of(text, weights, bias)
    entries, draw = ActivationTable(activation(name), setting.format), Random(text)
    tables = [random_function(draw, setting.format, 2, "uniform")]
    tables.append(random_function(draw, setting.format, 2, "few"))
    if "sigmoid" in name:
        fewer, more = with_and_without(setting, entries, tables)
        assert fewer < more
    else:
        built(setting, entries, tables)


def test_outputs_have_one_depth() -> None:
    """One table is written without readers; a second that needs them has both written so."""
    setting = setting_of("paper(4,8)", Weights.FULL, Bias.EXACT)
    entries, draw = ActivationTable(activation("sigmoid"), setting.format), Random(8)
    constant = np.zeros((31, 31), dtype=np.int64)
    table = random_function(draw, setting.format, 2, "uniform")
    fewer, more = with_and_without(setting, entries, [constant, table])
    assert fewer < more


def test_the_output_starts_from_where_it_reaches_all_codes() -> None:
    """With biases of the format, whose size is bounded: sums of readers have one sign."""
    setting = setting_of("paper(6,32)", Weights.FULL, Bias.FORMAT)
    shop = builder_of(setting, ActivationTable(activation("sigmoid"), setting.format), ALWAYS)
    assert shop is not None
    (found,) = shop._encoder.encodings([np.tile(np.arange(-63, 64), (9, 1))], 9)
    assert found.places[0].readers and setting.is_bias(found.base.bias)
