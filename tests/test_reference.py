"""The Fraction reference against hand-worked examples, and its independence."""

from __future__ import annotations

import ast
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from smtcheck import reference
from smtcheck.reference import (
    CannotTell,
    PlainFormat,
    PlainLayer,
    bring_into,
    network_codes,
    quantize,
    round_rational,
    target_code,
)

#: What each mode makes of -2, -7/4, -3/2, -5/4, ..., 2.
QUARTERS = [Fraction(n, 4) for n in range(-8, 9)]
ROUNDED = {
    "AP_TRN": [-2, -2, -2, -2, -1, -1, -1, -1, 0, 0, 0, 0, 1, 1, 1, 1, 2],
    "TRN_INF": [-2, -1, -1, -1, -1, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2],
    "AP_TRN_ZERO": [-2, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2],
    "AP_RND": [-2, -2, -1, -1, -1, -1, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2],
    "AP_RND_MIN_INF": [-2, -2, -2, -1, -1, -1, -1, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2],
    "AP_RND_ZERO": [-2, -2, -1, -1, -1, -1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2],
    "AP_RND_INF": [-2, -2, -2, -1, -1, -1, -1, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2],
    "AP_RND_CONV": [-2, -2, -2, -1, -1, -1, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2],
}

#: What each mode makes of -9 .. 9 in -4 .. 3, and in 0 .. 3.
SIGNED = {
    "AP_SAT": [-4] * 5 + list(range(-4, 4)) + [3] * 6,
    "AP_SAT_SYM": [-3] * 6 + list(range(-3, 4)) + [3] * 6,
    "AP_SAT_ZERO": [0] * 5 + list(range(-4, 4)) + [0] * 6,
    "AP_WRAP": [-1, 0, 1, 2, 3, *range(-4, 4), -4, -3, -2, -1, 0, 1],
}
UNSIGNED = {
    "AP_SAT": [0] * 9 + [0, 1, 2, 3] + [3] * 6,
    "AP_SAT_SYM": [0] * 9 + [0, 1, 2, 3] + [3] * 6,
    "AP_SAT_ZERO": [0] * 9 + [0, 1, 2, 3] + [0] * 6,
    "AP_WRAP": [3, *[0, 1, 2, 3] * 4, 0, 1],
}

BYTE = PlainFormat(lo=-128, hi=127, scale=16, rounding="AP_RND_INF", overflow="AP_SAT")
FINE = PlainFormat(lo=-(2**80), hi=2**80, scale=2**40, rounding="AP_TRN", overflow="AP_SAT")


def exactly(text: str, *values: object) -> Fraction:
    """The value of an expression that is a multiple of 1/1024."""
    inputs = [Fraction(value) for value in values]
    fmt = PlainFormat(lo=-(10**9), hi=10**9, scale=1024, rounding="AP_TRN", overflow="AP_SAT")
    code = target_code(text, inputs, fmt, {})
    assert target_code(text, inputs, replace(fmt, rounding="TRN_INF"), {}) == code
    return Fraction(code, 1024)


@pytest.mark.parametrize("mode", ROUNDED)
def test_rounding_by_hand(mode: str) -> None:
    assert [round_rational(x, mode) for x in QUARTERS] == ROUNDED[mode]


@pytest.mark.parametrize("mode", SIGNED)
def test_overflow_by_hand(mode: str) -> None:
    assert [bring_into(n, -4, 3, mode) for n in range(-9, 10)] == SIGNED[mode]
    assert [bring_into(n, 0, 3, mode) for n in range(-9, 10)] == UNSIGNED[mode]


def test_symmetric_saturation_never_leaves_a_lopsided_format() -> None:
    assert [bring_into(n, -1, 3, "AP_SAT_SYM") for n in (-9, -2, -1, 4)] == [-1, -1, -1, 3]


def test_wrapping_far_away() -> None:
    for n in (10**30, -(10**30), 10**30 + 6):
        assert bring_into(n, -3, 4, "AP_WRAP") == (n + 3) % 8 - 3


def test_quantize_scales_rounds_and_fits() -> None:
    values = ["1/32", "-1/32", "3", "100", "-100", "7.96875"]
    assert [quantize(Fraction(v), BYTE) for v in values] == [1, -1, 48, 127, -128, 127]


def test_a_network_by_hand() -> None:
    """relu(x0 - x1) then 2 h + 1/4, in units of 1/16 with one rounding a neuron."""
    layers = [
        PlainLayer(
            rows=[[(0, 16), (1, -16)]],
            biases=[8],
            input_scale=16,
            weight_scale=16,
            output=BYTE,
            activation=lambda code: max(code, 0),
        ),
        PlainLayer(
            rows=[[(0, 8)]],
            biases=[16],
            input_scale=16,
            weight_scale=4,
            output=BYTE,
            activation=None,
        ),
    ]
    # (3 - 1) * 16 * 16 + 8 = 520 / 16 = 32.5 -> 33; 33 * 8 + 16 = 280 / 4 = 70
    assert network_codes(layers, [48, 16]) == [70]
    # -32 * 16 + 8 = -504 / 16 = -31.5 -> -32 -> 0; 16 / 4 = 4
    assert network_codes(layers, [16, 48]) == [4]


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("x0 + x1 * 2 - x0 / 4", ["1", "3"], "27/4"),
        ("-x0 ** 2 + +x1", ["3", "1"], "-8"),
        ("x", ["5/8"], "5/8"),
        ("(x0 - 1) // (1/2) + 7 // 2", ["-1/8"], "0"),
        ("0.1 * 10 + 1e-1 * 10 + 0x10 + 1_0", [], "28"),
        ("x0 ** 0 + (-1/2) ** 3", ["9"], "7/8"),
        ("min(x0, 3, 1) + max(x0, 4)", ["2"], "5"),
        ("clip(x0, -1, 1)", ["-7/2"], "-1"),
        ("where(x0 < 0 or x0 >= 2, 1, 0)", ["2"], "1"),
        ("where(0 < x0 <= 2 and not x0 == 1, 1, 0)", ["1"], "0"),
        ("where(x0 != 0, 1 / x0, 5)", ["0"], "5"),
        ("where(x0 == 0 or 1 / x0 > 0, 1, 2)", ["0"], "1"),
        ("rnd(x0) + 10 * rnd_conv(x0) + 100 * half_to_zero(x0)", ["5/2"], "223"),
        ("ceil(x0) + 10 * floor(x0) + 100 * trunc(x0)", ["-5/2"], "-232"),
        ("sigmoid(0) + exp(0) + cos(0) + sin(0) + tanh(0)", [], "5/2"),
        ("elu(2) + silu(0) + gelu(0) + gelu_tanh(0) + mish(0)", [], "2"),
        ("relu(x0) + relu(-x0) + abs(x0)", ["-3/4"], "3/2"),
        ("relu6(x0) + hard_tanh(x0) + hard_sigmoid(x0)", ["9"], "8"),
        ("hard_swish(3) + softsign(1) + square(-3) + sign(-2) + step(0)", [], "25/2"),
        ("leaky_relu(-25) + identity(1)", [], "3/4"),
    ],
)
def test_exact_values(text: str, values: list[str], expected: str) -> None:
    assert exactly(text, *values) == Fraction(expected)


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("sigmoid(1)", "0.731058578630004879251"),
        ("tanh(1/2)", "0.462117157260009758502"),
        ("exp(1)", "2.718281828459045235360"),
        ("exp(-2)", "0.135335283236612691893"),
        ("sin(1)", "0.841470984807896506652"),
        ("cos(1)", "0.540302305868139717400"),
        ("softplus(1)", "1.313261687518222834048"),
        ("softplus(0)", "0.693147180559945309417"),
        ("silu(1)", "0.731058578630004879251"),
        ("gelu(1)", "0.841344746068542948585"),
        ("gelu_tanh(1)", "0.841191990608276"),
        ("mish(1)", "0.865098388267310347"),
        ("elu(-1)", "-0.632120558828557678405"),
        ("selu(-1)", "-1.1113307378125628"),
        ("selu(2)", "2.1014019747110968"),
    ],
)
def test_known_digits(text: str, digits: str) -> None:
    """To within one unit of 2^-40 at least."""
    code = target_code(text, [], FINE, {})
    assert abs(Fraction(code, FINE.scale) - Fraction(digits)) <= Fraction(1, FINE.scale)
    assert target_code(text, [], replace(FINE, rounding="TRN_INF"), {}) == code + 1


@pytest.mark.parametrize("name", ["relu", "abs", "hard_tanh", "leaky_relu", "identity"])
@pytest.mark.parametrize("x", [-3, -1, 1, 2])
def test_rational_functions_of_irrational_numbers(name: str, x: int) -> None:
    """The language writes relu(y) as max(y, 0), so the reference must know it too."""
    same = {
        "relu": "max({}, 0)",
        "abs": "max({0}, -{0})",
        "hard_tanh": "clip({}, -1, 1)",
        "leaky_relu": "max({0}, {0} / 100)",
        "identity": "{}",
    }[name]
    expected = target_code(same.format("tanh(x)"), [Fraction(x)], FINE, {})
    assert target_code(f"{name}(tanh(x))", [Fraction(x)], FINE, {}) == expected


@pytest.mark.parametrize("name", ["softsign", "square", "hard_swish", "sign", "step", "relu6"])
def test_other_rational_functions_of_irrational_numbers(name: str) -> None:
    """Some enclosure, or an honest refusal; never a KeyError."""
    try:
        code = target_code(f"{name}(exp(x))", [Fraction(1)], FINE, {})
    except CannotTell:
        return
    near = target_code(f"{name}(x)", [Fraction("2.718281828459045235360287")], FINE, {})
    assert abs(code - near) <= 1


def test_tables_are_looked_up() -> None:
    table = {"f.csv": lambda x, y: x + 10 * y}
    assert target_code("table('f.csv', x0, x1)", [Fraction(1), Fraction(0)], BYTE, table) == 16


def test_division_by_zero_is_raised_only_where_it_is_asked_for() -> None:
    for text in ("1 / x0", "0 * (1 / x0)", "where(1 / x0 > 0, 1, 1)", "1 // x0", "(1 / x0) ** 0"):
        with pytest.raises(ZeroDivisionError):
            target_code(text, [Fraction(0)], BYTE, {})
    with pytest.raises(ZeroDivisionError):
        target_code("1 / (sigmoid(x0) - 1/2)", [Fraction(0)], BYTE, {})
    assert target_code("where(x0 > 0 and 1 / x0 > 1, 1, 2)", [Fraction(0)], BYTE, {}) == 32


@pytest.mark.parametrize(
    "text",
    [
        "sigmoid(x0) - sigmoid(x0)",
        "where(tanh(x0) <= tanh(x0), 1, 2)",
        "1 / (sin(x0) - sin(x0))",
        "rnd(exp(x0) - exp(x0) + 1/2)",
        "where(square(exp(x0) - exp(x0)) > 0, 1, 2)",
        "where(abs(exp(x0) - exp(x0)) > 0, 1, 2)",
        "where(sign(exp(x0) - exp(x0)) == 0, 1, 2)",
        "step(exp(x0) - exp(x0))",
    ],
)
def test_what_no_precision_settles_is_not_guessed(text: str) -> None:
    fmt = PlainFormat(lo=-9, hi=9, scale=1, rounding="AP_TRN", overflow="AP_SAT")
    with pytest.raises(CannotTell):
        target_code(text, [Fraction(1)], fmt, {})


def test_the_reference_imports_nothing_of_the_project() -> None:
    tree = ast.parse(Path(reference.__file__).read_text(encoding="utf-8"))
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    plains = [node for node in ast.walk(tree) if isinstance(node, ast.Import)]
    modules = [node.module or "." for node in froms]
    modules += [alias.name for node in plains for alias in node.names]
    assert "flint" in modules
    assert not [name for name in modules if name.startswith((".", "smtcheck"))]
