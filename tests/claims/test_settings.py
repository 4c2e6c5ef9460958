"""Settings: which weights and biases there are, and how sums become codes."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.rounding import Rounding
from smtcheck.claims.settings import (
    Bias,
    QuantizationScheme,
    Weights,
    parse_choice,
    rounds_periodically,
)
from smtcheck.errors import InputError
from tests.checking.universality.naive_evidence import is_bias, is_periodic
from tests.claims.random_settings import formats, random_setting, settings_of
from tests.universality import naive
from tests.universality.naive import codes_of, requantized

CODES = [(-3, 3), (-4, 3), (0, 3), (-1, 4), (0, 1)]


def test_which_weights_and_biases_there_are() -> None:
    for setting in settings_of(formats(CODES, [1, 2, 3, 5], roundings=[Rounding.FLOOR])):
        numbers = range(-30, 31)
        weights = naive.weights_of(setting)
        assert [n for n in numbers if setting.is_weight(n)] == sorted(set(weights))
        assert all(setting.is_bias(n) == is_bias(setting, n) for n in numbers)
        assert setting.weight_step == naive.step_of(setting)
        assert setting.has_negative_weights == (not naive.is_unsigned(setting))
        assert setting.has_constant_neurons == (0 in weights)
        assert setting.is_wrapping == (setting.format.overflow.value == "AP_WRAP")
        assert all(n % setting.bias_step == 0 for n in numbers if is_bias(setting, n))
        assert is_bias(setting, setting.bias_step)


def test_the_biases_that_matter_are_all_that_matter() -> None:
    draw = Random(1)
    seen_outside = False
    for _ in range(150):
        setting = random_setting(draw, most=3, scales=(1, 2, 3, 4))
        reach = draw.randint(0, 12)
        listed = setting.biases(reach)
        own = [n * setting.bias_step for n in range(listed.low, listed.high + 1)]
        assert all(is_bias(setting, number) for number in own)
        assert patterns(setting, reach, own) == patterns(
            setting, reach, naive.biases_of(setting, 4 * reach + 100)
        )
        # and that they are so many is not in vain
        seen_outside |= patterns(setting, reach, own[:1]) != patterns(setting, reach, own)
    assert seen_outside


def patterns(
    setting: QuantizationScheme, reach: int, biases: list[int] | range
) -> set[tuple[int, ...]]:
    """What a neuron does with sums of at most `reach`, for each bias."""
    return {
        tuple(requantized(setting.format, number + bias) for number in range(-reach, reach + 1))
        for bias in biases
    }


def test_sums_become_codes() -> None:
    draw = Random(2)
    for _ in range(200):
        setting = random_setting(draw)
        numbers = [draw.randint(-60, 60) for _ in range(24)]
        expected = [requantized(setting.format, number) for number in numbers]
        assert [setting.requantize(number) for number in numbers] == expected
        many = setting.requantize_many(np.array(numbers).reshape(4, 6))
        assert many.shape == (4, 6)
        assert many.reshape(-1).tolist() == expected
        rounded = [
            naive.rounded(number, setting.format.scale, setting.format.rounding)
            for number in numbers
        ]
        assert [setting.rounded(number) for number in numbers] == rounded


@pytest.mark.parametrize("size", [2**61, 2**63 - 1, 2**70])
def test_sums_of_any_size_become_codes(size: int) -> None:
    for setting in settings_of(formats([(-4, 3), (-(2**62), 2**62)], [1, 3, 2**40])):
        numbers = [-size, 1 - size, -1, 0, size - 1, size]
        many = setting.requantize_many(np.array(numbers, dtype=object))
        assert many.tolist() == [requantized(setting.format, number) for number in numbers]


def test_which_roundings_are_periodic() -> None:
    found = {True: 0, False: 0}
    for fmt in formats(CODES, range(1, 7)):
        wrapping = replace(fmt, overflow=type(fmt.overflow)("AP_WRAP"))
        expected = is_periodic(QuantizationScheme(format=wrapping))
        assert rounds_periodically(fmt) == expected, fmt
        found[expected] += 1
    assert min(found.values()) > 10


def test_choices_by_name() -> None:
    for choice in Weights:
        assert parse_choice(choice.value, Weights) is choice
    for bias in Bias:
        assert parse_choice(bias.value, Bias) is bias
    with pytest.raises(InputError, match="full, ternary, binary, binary-dense"):
        parse_choice("dense", Weights)
    with pytest.raises(InputError, match="exact, grid, format"):
        parse_choice("", Bias)


def test_a_setting_says_what_it_is() -> None:
    setting = QuantizationScheme(format=Format.paper(2, 3), weights=Weights.TERNARY, bias=Bias.GRID)
    assert str(setting) == "paper(2,3,AP_RND_INF,AP_SAT), ternary weights, grid bias"
    assert codes_of(setting.format) == range(-3, 4)
