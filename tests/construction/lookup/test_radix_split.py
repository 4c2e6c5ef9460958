"""One input in two digits: tables are looked up by block and place."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from smtcheck.arithmetic.formats import Format
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from smtcheck.construction.builder import NetworkBuilder
from smtcheck.construction.indicators.steepening import Steepener
from smtcheck.construction.lookup.lookup import Lookup, RowsAndColumns
from smtcheck.construction.lookup.radix_split import RadixSplit
from smtcheck.construction.lowering.coefficients import network
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.networks.activations import activation
from tests.construction.builders import encoder_of, shop_of, values_of
from tests.construction.naive_networks import (
    Ints,
    assert_computes,
    assert_legal,
    drafted,
    evaluated,
    random_function,
)


def digits_of(shop: NetworkBuilder) -> RadixSplit:
    return RadixSplit(steepener=Steepener(setting=shop.setting, entries=shop.entries))


def check(shop: NetworkBuilder, grid: RowsAndColumns, places: Ints, tables: list[Ints]) -> int:
    """The network gives all entries; its parameters."""
    rows = [np.zeros(grid.used.size, dtype=np.int64) for _ in tables]
    for row, table in zip(rows, tables, strict=True):
        row[places] = table
    lookup = Lookup(
        encoder=encoder_of(shop),
        grid=grid,
        tables=[row.reshape(grid.used.shape) for row in rows],
    )
    made = network(shop.setting, shop.entries, lookup.layers())
    assert_legal(shop.setting, made)
    assert_computes(made, tables)
    values, fmt = values_of(shop), shop.setting.format
    for code in Random(3).sample(range(fmt.lo, fmt.hi + 1), 5):
        wanted = tuple(int(table[code - fmt.lo]) for table in tables)
        assert drafted(fmt, values, lookup.layers(), (code,)) == wanted
        assert evaluated(made, values, (code,)) == wanted
    return made.nonzero_weights + made.neurons


CASES = [
    ("paper(5,16)", "relu", Weights.FULL, Bias.EXACT),
    ("paper(5,16)", "gelu", Weights.FULL, Bias.GRID),
    ("paper(5,16)", "tanh", Weights.FULL, Bias.EXACT),
    ("paper(4,8)", "sigmoid", Weights.FULL, Bias.EXACT),
    ("paper(4,8)", "relu", Weights.TERNARY, Bias.EXACT),
    ("paper(4,8)", "elu", Weights.BINARY, Bias.GRID),
    ("codes(-20,25,9,AP_TRN,AP_SAT)", "relu", Weights.FULL, Bias.EXACT),
    ("paper(5,7,AP_RND_CONV,AP_SAT_SYM)", "softplus", Weights.FULL, Bias.EXACT),
]


@pytest.mark.parametrize(("text", "name", "weights", "bias"), CASES)
@pytest.mark.sampled(2)
def test_tables_of_one_input(text: str, name: str, weights: Weights, bias: Bias) -> None:
    shop = shop_of(text, name, weights, bias)
    grids = list(digits_of(shop).grids())
    assert grids
    draw = Random(f"{text} {name}")
    for grid, places in draw.sample(grids, min(3, len(grids))):
        check(shop, grid, places, [random_function(draw, shop.setting.format, 1, "uniform")])
    grid, places = grids[0]
    both = [random_function(draw, shop.setting.format, 1, kind) for kind in ("few", "sparse")]
    check(shop, grid, places, both)


@pytest.mark.parametrize(("text", "name", "weights", "bias"), CASES)
@pytest.mark.sampled(2)
def test_each_code_has_its_own_row_and_column(
    text: str, name: str, weights: Weights, bias: Bias
) -> None:
    shop = shop_of(text, name, weights, bias)
    for grid, places in digits_of(shop).grids():
        assert len(set(places.tolist())) == len(places) == shop.setting.format.codes.size
        assert grid.used.sum() == len(places) and grid.used.reshape(-1)[places].all()
        assert (len(grid.rows), len(grid.columns)) == grid.used.shape
        assert len(grid.rows) >= len(grid.columns) > 1


@pytest.mark.parametrize(
    ("text", "name", "most"),
    [("paper(6,32)", "relu", 5.5), ("paper(6,32)", "gelu", 7.5), ("paper(8,128)", "relu", 3.5)],
)
@pytest.mark.sampled(2)
def test_a_digit_of_each_kind_takes_few_parameters(text: str, name: str, most: float) -> None:
    """Steps at all thresholds take more than 13."""
    shop = shop_of(text, name, Weights.FULL, Bias.EXACT)
    table = random_function(Random(text), shop.setting.format, 1, "uniform")
    grid, places = next(digits_of(shop).grids())
    assert check(shop, grid, places, [table]) <= most * table.size


def test_flat_activations_have_no_digits() -> None:
    fmt = Format.parse("paper(4,8)")
    entries = ActivationTable(activation("expr:0 * x"), fmt)
    steepener = Steepener(setting=QuantizationScheme(format=fmt), entries=entries)
    assert list(RadixSplit(steepener=steepener).grids()) == []
