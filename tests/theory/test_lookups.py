"""Networks that look entries up."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from random import Random

import pytest

from smtcheck.theory import spelling as module
from smtcheck.theory.construction import Workshop
from smtcheck.theory.drafts import network
from smtcheck.theory.lookups import Grid, Lookup
from smtcheck.theory.pushers import NoNetwork, Push
from smtcheck.theory.settings import Bias, Weights
from tests.theory.naive_networks import (
    Ints,
    assert_computes,
    assert_legal,
    drafted,
    evaluated,
    points_of,
    random_function,
)
from tests.theory.workshops import CASES, shop_of, speller_of, values_of

KINDS = ["uniform", "few", "monotone", "sparse", "constant"]


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


@pytest.mark.parametrize("name", ["sign", "step"])
def test_tables_of_activations_with_few_values(name: str) -> None:
    shop = shop_of("paper(3,4)", name, Weights.FULL, Bias.EXACT)
    table = random_function(Random(6), shop.setting.format, 2, "uniform")
    assert check(shop, [table], "gates") < 9 * table.size
