"""Networks that look entries up, and how the entries are written in their weights."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from random import Random

import numpy as np
import pytest

from smtcheck.arithmetic.formats import Format
from smtcheck.networks.activations import activation
from smtcheck.networks.activations import table as tabulated
from smtcheck.theory import spelling as module
from smtcheck.theory.construction import Workshop
from smtcheck.theory.drafts import network
from smtcheck.theory.entries import Entries
from smtcheck.theory.lookups import Grid, Lookup
from smtcheck.theory.pushers import NoNetwork, Push
from smtcheck.theory.settings import Bias, Setting, Weights
from smtcheck.theory.spelling import Speller
from tests.theory.naive import Table, codes_of, requantized, weights_of
from tests.theory.naive_evidence import is_bias
from tests.theory.naive_networks import (
    Ints,
    assert_computes,
    assert_legal,
    drafted,
    evaluated,
    points_of,
    random_function,
)
from tests.theory.workshops import workshop_of

KINDS = ["uniform", "few", "monotone", "sparse", "constant"]


def shop_of(text: str, name: str, weights: Weights, bias: Bias) -> Workshop:
    setting = Setting(format=Format.parse(text), weights=weights, bias=bias)
    shop = workshop_of(setting, Entries(activation(name), setting.format))
    assert shop is not None
    return shop


def speller_of(shop: Workshop) -> Speller:
    return Speller(setting=shop.setting, entries=shop.entries, evidence=shop.evidence)


def values_of(shop: Workshop) -> Table:
    return tabulated(shop.entries.activation, shop.setting.format)


def lookup(shop: Workshop, tables: Sequence[Ints], kind: str) -> Lookup:
    inputs = tables[0].ndim
    grid = Grid.of_inputs(shop.families.of_inputs(kind, inputs))
    return Lookup(
        speller=speller_of(shop),
        grid=grid,
        tables=[table.reshape(grid.used.shape) for table in tables],
    )


def check(shop: Workshop, tables: Sequence[Ints], kind: str) -> int:
    """The network gives all entries; its parameters."""
    fmt = shop.setting.format
    layers = lookup(shop, tables, kind).layers()
    made = network(shop.setting, shop.entries, layers)
    assert_legal(shop.setting, made)
    assert_computes(made, tables)
    draw, values = Random(5), values_of(shop)
    for point in draw.sample(points_of(fmt, tables[0].ndim), 6):
        wanted = tuple(int(table[tuple(c - fmt.lo for c in point)]) for table in tables)
        assert drafted(fmt, values, layers, point) == wanted == evaluated(made, values, point)
    return made.nonzero_weights + made.neurons


CASES = [
    ("paper(2,2)", "relu", Weights.FULL, Bias.EXACT),
    ("paper(2,3)", "sigmoid", Weights.FULL, Bias.GRID),
    ("paper(2,2)", "gelu", Weights.FULL, Bias.FORMAT),
    ("paper(2,2)", "relu", Weights.TERNARY, Bias.EXACT),
    ("paper(2,4)", "sigmoid", Weights.BINARY, Bias.GRID),
    ("codes(-2,5,3)", "relu", Weights.FULL, Bias.EXACT),
    ("paper(2,2,AP_RND_CONV,AP_SAT_ZERO)", "relu", Weights.FULL, Bias.EXACT),
    ("paper(2,2,AP_TRN,AP_SAT_SYM)", "elu", Weights.FULL, Bias.EXACT),
    ("ap_fixed<3,2,AP_RND,AP_SAT>", "tanh", Weights.FULL, Bias.EXACT),
]


@pytest.mark.parametrize(("text", "name", "weights", "bias"), CASES)
@pytest.mark.parametrize("kind", ["gates", "steps"])
def test_tables_of_two_inputs(
    kind: str, text: str, name: str, weights: Weights, bias: Bias
) -> None:
    shop, draw, made = shop_of(text, name, weights, bias), Random(text + name), 0
    if kind not in shop.families.kinds:
        return
    for contents in KINDS:
        table = random_function(draw, shop.setting.format, 2, contents)
        other = random_function(draw, shop.setting.format, 2, "uniform")
        with suppress(NoNetwork):
            check(shop, [table], kind)
            check(shop, [table, other], kind)
            made += 1
    assert made in (0, len(KINDS)), "gates, places and selectors do not depend on the table"
    assert made or "ZERO" in text or (kind, bias) == ("gates", Bias.FORMAT)


@pytest.mark.parametrize("push", [Push.UP, Push.DOWN])
@pytest.mark.parametrize("name", ["relu", "sigmoid", "tanh", "elu"])
def test_columns_pushed_one_way(name: str, push: Push, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ENDS", (push,))
    draw, made = Random(f"{name} {push}"), 0
    for text in ("paper(2,2)", "paper(3,4)", "codes(-2,5,3)"):
        shop = shop_of(text, name, Weights.FULL, Bias.EXACT)
        for contents in KINDS:
            table = random_function(draw, shop.setting.format, 2, contents)
            with suppress(NoNetwork):
                check(shop, [table], "steps")
                made += 1
    assert made >= len(KINDS)


@pytest.mark.parametrize("kind", ["gates", "steps"])
def test_tables_of_three_inputs(kind: str) -> None:
    shop = shop_of("paper(1,1)", "relu", Weights.FULL, Bias.EXACT)
    check(shop, [random_function(Random(3), shop.setting.format, 3, "uniform")], kind)


def test_about_one_weight_an_entry() -> None:
    shop = shop_of("paper(4,8)", "relu", Weights.FULL, Bias.EXACT)
    table = random_function(Random(4), shop.setting.format, 2, "uniform")
    assert check(shop, [table], "steps") < 3 * table.size
    few = table.copy()
    few[:, 1:] = few[:, :1]  # equal columns share their neurons
    assert check(shop, [few], "steps") < check(shop, [table], "steps") / 2


def test_a_table_of_one_input_is_refused() -> None:
    shop = shop_of("paper(2,2)", "relu", Weights.FULL, Bias.EXACT)
    table = random_function(Random(5), shop.setting.format, 1, "uniform")
    with pytest.raises(NoNetwork, match="no rows"):
        lookup(shop, [table], "gates").layers()


# spelling --------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "name", "weights", "bias"), CASES)
def test_coefficients_lead_from_each_code_to_each(
    text: str, name: str, weights: Weights, bias: Bias
) -> None:
    shop = shop_of(text, name, weights, bias)
    fmt, values, speller = shop.setting.format, values_of(shop), speller_of(shop)
    for kind in speller.selectors.kinds:
        ends = (0, 0) if "ZERO" in text else (fmt.lo, fmt.hi)
        end = ends[kind.push is Push.UP]
        assert kind.rise == values[kind.code - fmt.lo] - values[end - fmt.lo] != 0
    heaviest = max(map(abs, weights_of(shop.setting)))
    for start in codes_of(fmt):
        coefficients, costs = speller.selectors.coefficients(start)
        for index, code in enumerate(codes_of(fmt)):
            own = coefficients[:, index].tolist()
            if costs[index] < 0:
                assert not any(own)
                continue
            rises = [c * kind.rise for c, kind in zip(own, speller.selectors.kinds, strict=True)]
            assert requantized(fmt, start * fmt.scale + sum(rises)) == code
            assert costs[index] >= sum(-(-abs(c) // heaviest) for c in own)
            assert code != start or costs[index] == 0


@pytest.mark.parametrize(("text", "name", "weights", "bias"), CASES)
def test_places_add_up_to_each_entry(text: str, name: str, weights: Weights, bias: Bias) -> None:
    shop = shop_of(text, name, weights, bias)
    fmt, values, speller = shop.setting.format, values_of(shop), speller_of(shop)
    (found,) = speller.spellings([np.array([codes_of(fmt)])], fmt.codes.size)
    assert is_bias(shop.setting, found.base.bias)
    end = 0 if "ZERO" in text else fmt.lo if found.push is Push.DOWN else fmt.hi
    for code, row in zip(codes_of(fmt), found.codes.tolist(), strict=True):
        # the neurons of the selected column, less what they give where it is not selected
        total = found.base.total + sum(
            place.coefficient * (values[own - fmt.lo] - values[end - fmt.lo])
            for place, own in zip(found.places, row, strict=True)
        )
        assert requantized(fmt, total) == code
    assert len(found.places) <= 6


IN_DIGITS = [
    ("paper(4,16)", "hard_sigmoid", Weights.FULL),
    ("paper(4,3)", "sigmoid", Weights.TERNARY),
    ("paper(6,32)", "sign", Weights.FULL),
    ("paper(6,32)", "step", Weights.FULL),
    ("paper(4,8)", "sign", Weights.FULL),
]


@pytest.mark.parametrize(("text", "name", "weights"), IN_DIGITS)
def test_entries_in_many_places(text: str, name: str, weights: Weights) -> None:
    """Activations with few values, or values near each other, need more than few places."""
    shop = shop_of(text, name, weights, Bias.FORMAT)
    fmt, values, speller = shop.setting.format, values_of(shop), speller_of(shop)
    for places, push in speller._candidates():
        assert not list(speller._spelled(places, push, np.ones(fmt.codes.size, dtype=np.int64)))
    (found,) = speller.spellings([np.array([codes_of(fmt)])], fmt.codes.size)
    end = fmt.lo if found.push is Push.DOWN else fmt.hi
    assert {place.coefficient for place in found.places} <= set(weights_of(shop.setting))
    for code, row in zip(codes_of(fmt), found.codes.tolist(), strict=True):
        rises = [values[own - fmt.lo] - values[end - fmt.lo] for own in row]
        pairs = zip(found.places, rises, strict=True)
        total = found.base.total + sum(place.coefficient * rise for place, rise in pairs)
        assert requantized(fmt, total) == code


def test_the_fewest_places_are_preferred_where_entries_are_as_cheap(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = shop_of("paper(4,16)", "hard_sigmoid", Weights.FULL, Bias.FORMAT)
    codes = np.array([codes_of(shop.setting.format)])
    (found,) = speller_of(shop).spellings([codes], codes.size)
    assert len(found.places) == 8
    shop = shop_of("paper(4,3)", "sigmoid", Weights.TERNARY, Bias.FORMAT)
    codes = np.array([codes_of(shop.setting.format)])
    monkeypatch.setattr(module, "MANY_ENTRIES", 10**6)
    few, many = (
        speller_of(shop).spellings([np.tile(codes, (n, 1))], codes.size)[0] for n in (1, 1000)
    )
    assert len(few.places) < len(many.places), "for a large table entries are what counts"


@pytest.mark.parametrize("name", ["sign", "step"])
def test_tables_of_activations_with_few_values(name: str) -> None:
    shop = shop_of("paper(3,4)", name, Weights.FULL, Bias.EXACT)
    table = random_function(Random(6), shop.setting.format, 2, "uniform")
    assert check(shop, [table], "gates") < 9 * table.size


def test_column_selectors_rise_the_most() -> None:
    shop = shop_of("paper(2,2)", "relu", Weights.FULL, Bias.EXACT)
    assert speller_of(shop).selectors.of_columns.rise in (3, -3)


def test_an_activation_whose_columns_cannot_carry_all_entries() -> None:
    shop = shop_of("paper(2,2)", "relu", Weights.FULL, Bias.EXACT)
    speller = speller_of(shop)
    for code in codes_of(shop.setting.format):  # nothing can be reached
        nothing = np.zeros((len(speller.selectors.kinds), 7), dtype=np.int64)
        speller.selectors.reached[code] = nothing, np.full(7, -1)
    with pytest.raises(NoNetwork, match="places of a column"):
        speller.spellings([np.array([[0, 1, 2]])], 3)
