"""Networks that look entries up."""

from __future__ import annotations

from contextlib import suppress
from random import Random

import pytest

from smtcheck.claims.settings import Bias, Weights
from smtcheck.construction.indicators.saturation import NoNetwork, SaturationSide
from tests.construction.builders import CASES, looked_up, lookup, shop_of
from tests.construction.naive_networks import (
    random_function,
)

KINDS = ["uniform", "few", "monotone", "sparse", "constant"]


@pytest.mark.parametrize(("text", "name", "weights", "bias"), CASES)
@pytest.mark.parametrize("kind", ["gates", "steps"])
@pytest.mark.sampled(2)
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
            looked_up(shop, [table], kind)
            looked_up(shop, [table, other], kind)
            made += 1
    assert made in (0, len(KINDS)), "gates, places and selectors do not depend on the table"
    assert made or "ZERO" in text or (kind, bias) == ("gates", Bias.FORMAT)


@pytest.mark.parametrize("side", [SaturationSide.UP, SaturationSide.DOWN])
@pytest.mark.parametrize("name", ["relu", "sigmoid", "tanh", "elu"])
@pytest.mark.sampled(2)
def test_columns_pushed_one_way(name: str, side: SaturationSide) -> None:
    draw, made = Random(f"{name} {side}"), 0
    for text in ("paper(2,2)", "paper(3,4)", "codes(-2,5,3)"):
        shop = shop_of(text, name, Weights.FULL, Bias.EXACT)
        for contents in KINDS:
            table = random_function(draw, shop.setting.format, 2, contents)
            with suppress(NoNetwork):
                looked_up(shop, [table], "steps", (side,))
                made += 1
    assert made >= len(KINDS)


@pytest.mark.parametrize("kind", ["gates", "steps"])
def test_tables_of_three_inputs(kind: str) -> None:
    shop = shop_of("paper(1,1)", "relu", Weights.FULL, Bias.EXACT)
    looked_up(shop, [random_function(Random(3), shop.setting.format, 3, "uniform")], kind)


def test_about_one_weight_an_entry() -> None:
    shop = shop_of("paper(4,8)", "relu", Weights.FULL, Bias.EXACT)
    table = random_function(Random(4), shop.setting.format, 2, "uniform")
    assert looked_up(shop, [table], "steps") < 3 * table.size
    few = table.copy()
    few[:, 1:] = few[:, :1]  # equal columns share their neurons
    assert looked_up(shop, [few], "steps") < looked_up(shop, [table], "steps") / 2


def test_a_table_of_one_input_is_refused() -> None:
    shop = shop_of("paper(2,2)", "relu", Weights.FULL, Bias.EXACT)
    table = random_function(Random(5), shop.setting.format, 1, "uniform")
    with pytest.raises(NoNetwork, match="no rows"):
        lookup(shop, [table], "gates").layers()


@pytest.mark.parametrize("name", ["sign", "step"])
def test_tables_of_activations_with_few_values(name: str) -> None:
    shop = shop_of("paper(3,4)", name, Weights.FULL, Bias.EXACT)
    table = random_function(Random(6), shop.setting.format, 2, "uniform")
    assert looked_up(shop, [table], "gates") < 9 * table.size
