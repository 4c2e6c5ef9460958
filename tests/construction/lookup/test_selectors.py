"""What columns can be made of rows that are told apart."""

from __future__ import annotations

import pytest

from smtcheck.claims.settings import Bias, Weights
from smtcheck.construction.builder import NetworkBuilder
from smtcheck.construction.indicators.saturation import SaturationSide
from smtcheck.construction.lookup.selectors import Selectors
from tests.construction.builders import CASES, shop_of, values_of
from tests.universality.naive import codes_of, requantized, weights_of


def selectors_of(shop: NetworkBuilder) -> Selectors:
    return Selectors(setting=shop.setting, entries=shop.entries)


@pytest.mark.parametrize(("text", "name", "weights", "bias"), CASES)
def test_coefficients_lead_from_each_code_to_each(
    text: str, name: str, weights: Weights, bias: Bias
) -> None:
    shop = shop_of(text, name, weights, bias)
    fmt, values, selectors = shop.setting.format, values_of(shop), selectors_of(shop)
    for kind in selectors.kinds:
        ends = (0, 0) if "ZERO" in text else (fmt.lo, fmt.hi)
        end = ends[kind.side is SaturationSide.UP]
        assert kind.rise == values[kind.code - fmt.lo] - values[end - fmt.lo] != 0
    heaviest = max(map(abs, weights_of(shop.setting)))
    for start in codes_of(fmt):
        coefficients, costs = selectors.coefficients(start)
        for index, code in enumerate(codes_of(fmt)):
            own = coefficients[:, index].tolist()
            if costs[index] < 0:
                assert not any(own)
                continue
            rises = [c * kind.rise for c, kind in zip(own, selectors.kinds, strict=True)]
            assert requantized(fmt, start * fmt.scale + sum(rises)) == code
            assert costs[index] >= sum(-(-abs(c) // heaviest) for c in own)
            assert code != start or costs[index] == 0


def test_column_selectors_rise_the_most() -> None:
    shop = shop_of("paper(2,2)", "relu", Weights.FULL, Bias.EXACT)
    assert selectors_of(shop).of_columns.rise in (3, -3)
