"""Construction from beginning to end: nothing leaves it that was not proved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from math import isclose, log
from pathlib import Path
from random import Random

import numpy as np
import pytest

import smtcheck as sc
from smtcheck import reference
from smtcheck.arithmetic.formats import Format
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from smtcheck.claims.sides import ExpressionSide
from smtcheck.claims.targets import expression_side
from smtcheck.claims.verdicts import InternalError, NotUniversal, Proved, Undecided, Universal
from smtcheck.construction import construct as module
from smtcheck.construction.boxes.partitions import TabulatedFunction
from smtcheck.construction.builder import Built, NetworkBuilder
from smtcheck.construction.construct import (
    Constructed,
    Construction,
    construct,
    fewest_parameters,
    require_feasible,
    table_target,
    tabulated,
)
from smtcheck.construction.indicators.saturation import NoNetwork
from smtcheck.errors import InputError
from smtcheck.files import FileSpace
from smtcheck.limits import Limits, OutOfTime
from smtcheck.networks.activations import activation
from smtcheck.networks.layers import Layer
from smtcheck.networks.network import Network
from tests.construction.naive_networks import Ints, assert_computes, assert_legal, points_of

LIMITS = Limits(timeout_seconds=60)
PAPER = Format.parse("paper(2,2)")

TARGETS = ["max(x0, x1)", "x0 * x1", "where(x0 < x1, 1, -1)", "abs(x0 - x1) / 3", "x0 - 2 * x1"]


def side(fmt: Format, *texts: str, inputs: int = 2) -> ExpressionSide:
    return expression_side(texts, inputs, fmt, fmt, FileSpace.beside(Path("claim.toml")))


def plain(fmt: Format) -> reference.PlainFormat:
    return reference.PlainFormat(
        lo=fmt.lo,
        hi=fmt.hi,
        scale=fmt.scale,
        rounding=fmt.rounding.value,
        overflow=fmt.overflow.value,
    )


def naive_table(fmt: Format, text: str, inputs: int = 2) -> Ints:
    """The target's codes by the rational reference."""
    codes = [
        reference.target_code(text, [Fraction(c, fmt.scale) for c in point], plain(fmt), {})
        for point in points_of(fmt, inputs)
    ]
    return np.array(codes, dtype=np.int64).reshape((fmt.codes.size,) * inputs)


def built_by(
    target: ExpressionSide, name: str = "relu", setting: QuantizationScheme | None = None
) -> Construction:
    chosen = setting or QuantizationScheme(format=target.input_format)
    return construct(chosen, activation(name), target, LIMITS)


def constructed(found: Construction) -> Constructed:
    assert isinstance(found, Constructed), found
    assert isinstance(found.proof, Proved) and isinstance(found.universal, Universal)
    return found


# what is constructed ---------------------------------------------------------------------


@pytest.mark.parametrize("text", TARGETS)
@pytest.mark.parametrize("fmt_text", ["paper(2,2)", "codes(-2,3,3,AP_TRN,AP_SAT)"])
def test_expressions(text: str, fmt_text: str) -> None:
    fmt = Format.parse(fmt_text)
    found = constructed(built_by(side(fmt, text)))
    wanted = naive_table(fmt, text)
    assert (found.tables[0] == wanted).all()
    assert_computes(found.network, [wanted])
    assert_legal(QuantizationScheme(format=fmt), found.network)
    assert found.entries == fmt.codes.size**2
    codes = sum(np.count_nonzero(layer.weights.codes) for layer in found.network.layers)
    assert found.parameters == codes + sum(len(layer.biases) for layer in found.network.layers)
    assert str(found) == "constructed"


def test_several_outputs() -> None:
    found = constructed(built_by(side(PAPER, *TARGETS[:3])))
    assert_computes(found.network, [naive_table(PAPER, text) for text in TARGETS[:3]])
    assert found.entries == 3 * 49 and found.network.outputs == 3


@pytest.mark.parametrize("weights", Weights)
@pytest.mark.parametrize("name", ["sigmoid", "gelu"])
def test_tables(name: str, weights: Weights) -> None:
    draw = Random(f"{name} {weights}")
    table = np.array([draw.randint(-3, 3) for _ in range(49)]).reshape(7, 7)
    setting = QuantizationScheme(format=PAPER, weights=weights)
    found = constructed(built_by(table_target(table, PAPER), name, setting))
    assert_computes(found.network, [table])
    assert_legal(setting, found.network)


def test_the_public_door() -> None:
    by_text = constructed(sc.construct("max(x0, x1)", "relu", "paper(2,2)", inputs=2))
    by_table = constructed(sc.construct(naive_table(PAPER, "max(x0, x1)"), "relu", PAPER))
    both = constructed(sc.construct(["x0", "-x0"], "relu", PAPER, weights="ternary", bias="grid"))
    for point in points_of(PAPER, 2):
        assert by_text.network.evaluate(point) == by_table.network.evaluate(point) == (max(point),)
    for (code,) in points_of(PAPER, 1):
        assert both.network.evaluate((code,)) == (code, -code)


# what is not -----------------------------------------------------------------------------


def test_where_decide_says_no() -> None:
    fmt = Format.parse("ap_ufixed<3,2,AP_RND,AP_SAT>")
    found = built_by(side(fmt, "x0", inputs=1), "relu")
    assert isinstance(found, NotUniversal)
    assert found == sc.decide("relu", fmt)
    symmetric = Format.parse("ap_fixed<3,2,AP_RND,AP_SAT_SYM>")
    found = built_by(side(symmetric, "x0", inputs=1), "relu")
    assert isinstance(found, NotUniversal) and found.condition == "coverage"


def test_wrapping_formats() -> None:
    fmt = Format.parse("ap_fixed<3,2,AP_RND,AP_WRAP>")
    assert isinstance(sc.decide("relu", fmt), Universal)
    found = built_by(side(fmt, "x0", inputs=1), "relu")
    assert isinstance(found, Undecided) and "wraps around" in found.reason


def test_dense_weights_cannot_tell_some_outputs_apart() -> None:
    setting = QuantizationScheme(format=PAPER, weights=Weights.DENSE_BINARY)
    found = built_by(side(PAPER, "x0", "where(x0 > 0, 1, 0)", inputs=1), "relu", setting)
    assert isinstance(found, Undecided) and "no construction led to a network" in found.reason


@pytest.mark.parametrize("text", ["1 / x0", "x0 / (x1 - 0.5)", "x0 // x1"])
def test_division_by_zero(text: str) -> None:
    with pytest.raises(InputError, match="zero"):
        built_by(side(PAPER, text))


def test_too_many_inputs() -> None:
    fmt = Format.parse("paper(5,16)")
    require_feasible(fmt, 3)
    with pytest.raises(InputError, match=r"63\^4 inputs"):
        require_feasible(fmt, 4)
    with pytest.raises(InputError, match=r"63\^4 inputs"):
        built_by(side(fmt, "x0 + x3", inputs=4))


@pytest.mark.parametrize("shape", [(7, 6), (6, 6), (49,), ()])
def test_tables_of_other_shapes(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="each axis needs 7 codes"):
        table_target(np.zeros(shape, dtype=np.int64), PAPER)


@pytest.mark.parametrize("code", [-4, 4, 2**40])
def test_tables_of_numbers_that_are_no_codes(code: int) -> None:
    table = np.zeros((7, 7), dtype=np.int64)
    table[3, 4] = code
    with pytest.raises(InputError, match="no codes of"):
        table_target(table, PAPER)


# nobody is believed ----------------------------------------------------------------------


def changed(network: Network, layer: int, place: int) -> Network:
    """The same but for one weight."""
    old = network.layers[layer]
    codes = old.weights.codes.copy()
    codes[place] = -codes[place] if codes[place] else 1
    weights = replace(old.weights, codes=codes)
    layers = [*network.layers]
    layers[layer] = Layer(
        weights=weights,
        biases=old.biases,
        input_scale=old.input_scale,
        weight_format=old.weight_format,
        output_format=old.output_format,
        activation=old.activation,
    )
    return replace(network, layers=tuple(layers))


def test_a_broken_builder_is_an_internal_error(monkeypatch: pytest.MonkeyPatch) -> None:
    target, setting = side(PAPER, "max(x0, x1)"), QuantizationScheme(format=PAPER)
    good = constructed(built_by(target))
    wrong = 0
    for number, layer in enumerate(good.network.layers):
        for place in range(len(layer.weights.codes)):
            bad = changed(good.network, number, place)
            differs = any(
                bad.evaluate(point) != good.network.evaluate(point) for point in points_of(PAPER, 2)
            )
            monkeypatch.setattr(
                NetworkBuilder,
                "improvements",
                lambda shop, function, bad=bad: iter([Built(network=bad, way="broken")]),
            )
            if not differs:
                constructed(construct(setting, activation("relu"), target, LIMITS))
                continue
            wrong += 1
            with pytest.raises(InternalError, match=r"\(broken\) differs from the target at input"):
                construct(setting, activation("relu"), target, LIMITS)
    assert wrong > 3


def failing_build(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> Undecided:
    def improvements(shop: NetworkBuilder, function: TabulatedFunction) -> Iterator[Built]:
        raise error

    monkeypatch.setattr(NetworkBuilder, "improvements", improvements)
    found = built_by(side(PAPER, "x0", inputs=1))
    assert isinstance(found, Undecided)
    return found


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (NoNetwork("ramps: this; boxes: that"), "(ramps: this; boxes: that)"),
        (MemoryError(), "more memory than there is"),
        (OutOfTime(), "not constructed within 60 s"),
    ],
)
def test_reasons(error: BaseException, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert reason in failing_build(monkeypatch, error).reason


@pytest.mark.parametrize("error", [MemoryError(), OutOfTime()])
def test_the_smallest_network_so_far_is_given_where_the_search_is_cut(
    error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = NetworkBuilder.improvements
    sizes: list[int] = []

    def improvements(shop: NetworkBuilder, function: TabulatedFunction) -> Iterator[Built]:
        for built in whole(shop, function):
            sizes.append(built.parameters)
            yield built
        raise error

    monkeypatch.setattr(NetworkBuilder, "improvements", improvements)
    target = table_target(np.random.default_rng(1).integers(-3, 4, size=7), PAPER)
    found = constructed(built_by(target))
    assert len(sizes) > 1 and found.parameters == min(sizes) == sizes[-1]


def test_an_unproved_network_is_not_handed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "prove", lambda *_: Undecided(reason="the time was over"))
    found = built_by(side(PAPER, "x0", inputs=1))
    assert isinstance(found, Undecided)
    assert found.reason == "a network was built, but not proved right: the time was over"


# tables of targets -----------------------------------------------------------------------

EXACT = {
    "x0 * x1": lambda x, y: x * y,
    "x0 + x1": lambda x, y: x + y,
    "max(x0, x1) - 1/4": lambda x, y: max(x, y) - Fraction(1, 4),
    "where(x0 > x1, x0, 3)": lambda x, y: x if x > y else Fraction(3),
}


@pytest.mark.parametrize("text", EXACT)
def test_exact_sums(text: str) -> None:
    function = tabulated(side(PAPER, text))
    (sums,) = function.sums
    assert sums is not None
    for point in np.ndindex(7, 7):
        x, y = (Fraction(place - 3, 2) for place in point)
        assert Fraction(int(sums[point]), 4) == EXACT[text](x, y)
    assert (function.tables[0] == naive_table(PAPER, text)).all()


@pytest.mark.parametrize("text", ["x0 / 3", "x0 * x1 / 2", "sigmoid(x0)", "x0 + exp(x1) * 0"])
def test_sums_that_are_not_exact(text: str) -> None:
    function = tabulated(side(PAPER, text))
    assert function.sums == (None,)
    assert (function.tables[0] == naive_table(PAPER, text)).all()


def test_a_table_as_a_target_is_that_table() -> None:
    draw = Random(9)
    table = np.array([draw.randint(-3, 3) for _ in range(343)]).reshape(7, 7, 7)
    target = table_target(table, PAPER)
    assert (target.inputs, target.outputs) == (3, 1)
    assert (tabulated(target).tables[0] == table).all()


@pytest.mark.parametrize("bias", Bias)
def test_the_fewest_parameters_by_counting(bias: Bias) -> None:
    """N^(N^d) functions, and as many networks as there are choices of their weights."""
    choices: Sequence[tuple[Weights, int]] = [
        (Weights.FULL, 7),
        (Weights.TERNARY, 3),
        (Weights.BINARY, 3),
        (Weights.DENSE_BINARY, 2),
    ]
    for weights, count in choices:
        found = fewest_parameters(QuantizationScheme(format=PAPER, weights=weights, bias=bias))
        assert isclose(found, log(7) / log(count))
