"""Near misses: each is universal when decided afresh, and differs in the one thing it names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from random import Random

import pytest

from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.arithmetic.rounding import Rounding
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from smtcheck.claims.verdicts import NotUniversal, Universal
from smtcheck.limits import Limits
from smtcheck.networks.activations import Activation, TableActivation, activation
from smtcheck.universality.decision import decide
from smtcheck.universality.near_misses import NearMiss, near_misses
from tests.claims.random_settings import random_setting, random_table

LIMITS = Limits(timeout_seconds=20)

CASES = [
    ("cos", QuantizationScheme(format=Format.paper(1, 1))),
    ("identity", QuantizationScheme(format=Format.parse("ap_fixed<4,4>"))),
    ("identity", QuantizationScheme(format=Format.paper(2, 7), bias=Bias.GRID)),
    (
        "identity",
        QuantizationScheme(format=Format.parse("ap_fixed<3,0,AP_RND,AP_SAT>"), bias=Bias.FORMAT),
    ),
    ("relu", QuantizationScheme(format=Format.parse("ap_ufixed<3,1,AP_RND,AP_SAT>"))),
    ("sigmoid", QuantizationScheme(format=Format.parse("ap_ufixed<4,2,AP_RND,AP_SAT>"))),
    ("step", QuantizationScheme(format=Format.paper(3, 4), weights=Weights.TERNARY)),
    ("expr:clip(2*floor(x), -6, 6)", QuantizationScheme(format=Format.paper(3, 1))),
    (
        "expr:2*floor(x)",
        QuantizationScheme(format=Format.parse("codes(-7,7,6)"), weights=Weights.BINARY),
    ),
    (
        "expr:clip(3*floor(x/2), -15, 15)",
        QuantizationScheme(format=Format.parse("ap_fixed<5,5,AP_RND,AP_SAT>")),
    ),
    ("gelu", QuantizationScheme(format=Format.parse("ap_fixed<6,3,AP_RND,AP_SAT_SYM>"))),
    (
        "expr:clip(4*floor(abs(x)), 0, 4)",
        QuantizationScheme(format=Format.parse("ap_fixed<6,4,AP_RND,AP_SAT>")),
    ),
]


@cache
def found(case: int) -> list[NearMiss]:
    name, setting = CASES[case]
    return [*near_misses(setting, activation(name), LIMITS)]


def changes(one: QuantizationScheme, other: QuantizationScheme) -> dict[str, object]:
    """What differs, and how it is in the other."""
    differing: dict[str, object] = {}
    for name in ("weights", "bias"):
        if getattr(one, name) != getattr(other, name):
            differing[name] = getattr(other, name).value
    for name in ("rounding", "overflow"):
        if getattr(one.format, name) != getattr(other.format, name):
            differing[name] = getattr(other.format, name).value
    if one.format.scale != other.format.scale:
        differing["scale"] = other.format.scale
    if (one.format.lo, one.format.hi) != (other.format.lo, other.format.hi):
        differing["codes"] = (other.format.lo, other.format.hi)
    return differing


def named(change: dict[str, object], one: QuantizationScheme, other: QuantizationScheme) -> str:
    """The words for one change."""
    ((what, value),) = change.items()
    if what in ("weights", "bias"):
        return f"{value} {what}"
    if what != "codes":
        return f"{what} {value}"
    more = (other.format.hi + 1) // (one.format.hi + 1)
    bits = more.bit_length() - 1
    assert more == 2**bits
    return f"{bits} more bit{'s' * (bits > 1)}: {other.format}"


@pytest.mark.parametrize("case", range(len(CASES)), ids=lambda case: f"{CASES[case][0]}-{case}")
def test_each_is_universal_and_differs_in_one_thing(case: int) -> None:
    name, setting = CASES[case]
    assert isinstance(decide(setting, activation(name), LIMITS), NotUniversal)
    kinds = []
    for miss in found(case):
        verdict = decide(miss.setting, activation(name), LIMITS)
        assert isinstance(verdict, Universal), miss
        assert verdict == miss.verdict
        differing = changes(setting, miss.setting)
        assert len(differing) == 1
        assert miss.change == named(differing, setting, miss.setting)
        is_larger = miss.setting.format.scale > setting.format.scale
        kinds.append((*differing, is_larger))
    assert max(Counter(k for k in kinds if k[0] in ("scale", "codes")).values(), default=0) <= 1


def test_some_are_found() -> None:
    kinds = Counter(
        kind
        for case in range(len(CASES))
        for miss in found(case)
        for kind in changes(CASES[case][1], miss.setting)
    )
    assert set(kinds) == {"weights", "bias", "rounding", "overflow", "scale", "codes"}


def test_shapes_are_kept_by_wider_formats() -> None:
    seen = set()
    for case, (_, setting) in enumerate(CASES):
        for miss in found(case):
            if "codes" in changes(setting, miss.setting):
                one, other = setting.format, miss.setting.format
                shape = one.lo + one.hi
                assert shape == other.lo + other.hi or one.lo == other.lo == 0
                seen.add(shape)
    assert {0, -1} <= seen


@pytest.mark.parametrize("case", range(len(CASES)), ids=lambda case: f"{CASES[case][0]}-{case}")
def test_other_weights_biases_and_modes_are_all_there(case: int) -> None:
    name, setting = CASES[case]
    expected = [
        other
        for other in neighbours(setting)
        if isinstance(decide(other, activation(name), LIMITS), Universal)
    ]
    listed = [
        miss.setting
        for miss in found(case)
        if not {"scale", "codes"} & set(changes(setting, miss.setting))
    ]
    assert sorted(map(str, listed)) == sorted(map(str, expected))


def neighbours(setting: QuantizationScheme) -> Iterator[QuantizationScheme]:
    for weights in Weights:
        if weights is not setting.weights:
            yield replace(setting, weights=weights)
    for bias in Bias:
        if bias is not setting.bias:
            yield replace(setting, bias=bias)
    for rounding in Rounding:
        if rounding is not setting.format.rounding:
            yield replace(setting, format=replace(setting.format, rounding=rounding))
    for overflow in Overflow:
        if overflow is not setting.format.overflow:
            yield replace(setting, format=replace(setting.format, overflow=overflow))


@pytest.mark.parametrize("case", range(len(CASES)), ids=lambda case: f"{CASES[case][0]}-{case}")
def test_scales_are_the_nearest(case: int) -> None:
    """No scale between is universal; formats of powers of two keep to those."""
    name, setting = CASES[case]
    scale = setting.format.scale
    is_dyadic = str(setting.format).startswith("ap_")
    for miss in found(case):
        other = miss.setting.format.scale
        assert not is_dyadic or other & (other - 1) == 0
        for between in range(min(scale, other) + 1, max(scale, other)):
            if not is_dyadic or between & (between - 1) == 0:
                fmt = replace(setting.format, scale=between)
                verdict = decide(replace(setting, format=fmt), activation(name), LIMITS)
                assert not isinstance(verdict, Universal), (miss.change, between)


def test_smaller_scales_are_found_where_there_is_one() -> None:
    """In paper(2, 7) with biases of the grid, 0 and 1/7 are alike; up to 6 they are not."""
    by_change = {miss.change: miss for miss in found(2)}
    assert "scale 6" in by_change
    assert "exact bias" in by_change
    assert not any("larger" in change for change in by_change)


def test_random_tables() -> None:
    """A table has an entry for each code, so no other width is suggested for it."""
    draw = Random(50)
    seen = 0
    for _ in range(40):
        setting = random_setting(draw, most=3)
        act: Activation = TableActivation(name="t", codes=random_table(draw, setting.format))
        if not isinstance(decide(setting, act, LIMITS), NotUniversal):
            continue
        for miss in near_misses(setting, act, LIMITS):
            differing = changes(setting, miss.setting)
            assert len(differing) == 1 and "codes" not in differing
            assert miss.change == named(differing, setting, miss.setting)
            assert isinstance(decide(miss.setting, act, LIMITS), Universal)
            seen += 1
    assert seen > 10


def test_formats_the_activation_is_not_defined_in_are_passed_over() -> None:
    """1 / (x - 1/2) divides by zero where 1/2 is a code: in every even scale."""
    act = activation("expr:floor(1 / (x - 1/2)) * 3")
    setting = QuantizationScheme(format=Format.paper(2, 1))
    assert isinstance(decide(setting, act, LIMITS), NotUniversal)
    for miss in near_misses(setting, act, LIMITS):
        assert miss.setting.format.scale % 2
        assert isinstance(decide(miss.setting, act, LIMITS), Universal)
