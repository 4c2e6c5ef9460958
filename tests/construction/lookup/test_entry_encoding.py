"""How entries are written in places, which add up to each of them."""

from __future__ import annotations

import numpy as np
import pytest

from smtcheck.claims.settings import Bias, Weights
from smtcheck.construction.effort import BuildingEffort
from smtcheck.construction.indicators.saturation import NoNetwork, SaturationSide
from smtcheck.construction.lookup.selectors import Selectors
from tests.checking.universality.naive_evidence import is_bias
from tests.construction.builders import CASES, encoder_of, shop_of, values_of
from tests.universality.naive import codes_of, requantized, weights_of


@pytest.mark.parametrize(("text", "name", "weights", "bias"), CASES)
def test_places_add_up_to_each_entry(text: str, name: str, weights: Weights, bias: Bias) -> None:
    shop = shop_of(text, name, weights, bias)
    fmt, values, encoder = shop.setting.format, values_of(shop), encoder_of(shop)
    (found,) = encoder.encodings([np.array([codes_of(fmt)])], fmt.codes.size)
    assert is_bias(shop.setting, found.base.bias)
    end = 0 if "ZERO" in text else fmt.lo if found.side is SaturationSide.DOWN else fmt.hi
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
    fmt, values, encoder = shop.setting.format, values_of(shop), encoder_of(shop)
    for places, side in encoder._candidates():
        assert not list(encoder._encoded(places, side, np.ones(fmt.codes.size, dtype=np.int64)))
    (found,) = encoder.encodings([np.array([codes_of(fmt)])], fmt.codes.size)
    end = fmt.lo if found.side is SaturationSide.DOWN else fmt.hi
    assert {place.coefficient for place in found.places} <= set(weights_of(shop.setting))
    for code, row in zip(codes_of(fmt), found.codes.tolist(), strict=True):
        rises = [values[own - fmt.lo] - values[end - fmt.lo] for own in row]
        pairs = zip(found.places, rises, strict=True)
        total = found.base.total + sum(place.coefficient * rise for place, rise in pairs)
        assert requantized(fmt, total) == code


def test_the_fewest_places_are_preferred_where_entries_are_as_cheap() -> None:
    shop = shop_of("paper(4,16)", "hard_sigmoid", Weights.FULL, Bias.FORMAT)
    codes = np.array([codes_of(shop.setting.format)])
    (found,) = encoder_of(shop).encodings([codes], codes.size)
    assert len(found.places) == 8
    shop = shop_of("paper(4,3)", "sigmoid", Weights.TERNARY, Bias.FORMAT)
    codes = np.array([codes_of(shop.setting.format)])
    effort = BuildingEffort(many_entries=10**6)
    few, many = (
        encoder_of(shop, effort).encodings([np.tile(codes, (n, 1))], codes.size)[0]
        for n in (1, 1000)
    )
    assert len(few.places) < len(many.places), "for a large table entries are what counts"


def test_an_activation_whose_columns_cannot_carry_all_entries(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = shop_of("paper(2,2)", "relu", Weights.FULL, Bias.EXACT)
    encoder = encoder_of(shop)
    nothing = np.zeros((len(encoder.selectors.kinds), 7), dtype=np.int64)
    monkeypatch.setattr(Selectors, "coefficients", lambda *_: (nothing, np.full(7, -1)))
    with pytest.raises(NoNetwork, match="places of a column"):
        encoder.encodings([np.array([[0, 1, 2]])], 3)
