"""Every universal setting builds every function: random targets of all kinds, tried everywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice, product
from random import Random

import numpy as np
import pytest

from smtcheck import reference
from smtcheck.arithmetic.formats import Format
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from smtcheck.construction.boxes.partitions import TabulatedFunction
from smtcheck.construction.builder import Built, NetworkBuilder
from smtcheck.construction.effort import USUAL, BuildingEffort, Dives
from smtcheck.construction.indicators.saturation import NoNetwork
from smtcheck.expressions.parsing import ACTIVATION_NAMES
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.networks.activations import activation
from tests.construction.builders import builder_of
from tests.construction.naive_networks import (
    Ints,
    assert_computes,
    assert_legal,
    points_of,
    random_functions,
)
from tests.universality.naive import weights_of

SYMMETRIC = ["paper(1,1)", "paper(2,2)", "paper(3,4)"]
ODD = [
    "paper(2,3)", "paper(3,5)", "codes(-2,5,3)", "codes(-2,5,5,AP_RND,AP_SAT)",
    "paper(2,3,AP_RND_CONV,AP_SAT_ZERO)", "paper(2,2,AP_RND_INF,AP_SAT_SYM)",
    "codes(-1,5,2,AP_TRN,AP_SAT_ZERO)", "ap_fixed<3,2,AP_TRN,AP_SAT>",
    "ap_fixed<3,1,AP_RND_ZERO,AP_SAT>", "paper(2,4,AP_TRN_ZERO,AP_SAT)",
    "paper(2,4,AP_RND_MIN_INF,AP_SAT)", "paper(2,3,TRN_INF,AP_SAT_SYM)",
    "ap_ufixed<3,1,AP_RND,AP_SAT>", "ap_ufixed<3,1,AP_RND,AP_SAT_ZERO>",
    "codes(0,4,3,AP_RND_CONV,AP_SAT)",
]  # fmt: skip
CHOICES = [*product(Weights, Bias)]


@lru_cache(maxsize=8)
def network_builder(
    setting: QuantizationScheme, name: str, effort: BuildingEffort = USUAL
) -> NetworkBuilder | None:
    """For an activation by its name; None where the setting is not known to be universal."""
    return builder_of(setting, ActivationTable(activation(name), setting.format), effort)


def may_fail(setting: QuantizationScheme, outputs: int) -> bool:
    """Where constructions are known not to reach everything that there is."""
    is_dense = setting.weights is Weights.DENSE_BINARY
    return (is_dense and outputs > 1) or min(weights_of(setting)) == 0


def build(
    shop: NetworkBuilder, tables: Sequence[Ints], sums: Sequence[Ints | None]
) -> Built | None:
    """The network, legal and right at every input; None where none need be found."""
    try:
        built = shop.build(TabulatedFunction(tables=tuple(tables), sums=tuple(sums)))
    except NoNetwork:
        assert may_fail(shop.setting, len(tables)), (str(shop.setting), tables)
        return None
    assert_legal(shop.setting, built.network)
    assert_computes(built.network, tables)
    stored = sum(np.count_nonzero(layer.weights.codes) for layer in built.network.layers)
    assert built.parameters == stored + sum(len(layer.biases) for layer in built.network.layers)
    return built


def campaign(
    setting: QuantizationScheme,
    name: str,
    inputs: int,
    outputs: int,
    count: int,
    effort: BuildingEffort = USUAL,
) -> Counter[str]:
    """So many random targets, counted by the way they were built."""
    shop, seen = network_builder(setting, name, effort), Counter[str]()
    if shop is None:
        return seen
    draw = Random(f"{setting} {name} {inputs} {outputs}")
    functions = random_functions(draw, setting.format, inputs, count * outputs)
    for _ in range(count):
        built = build(shop, list(islice(functions, outputs)), [None] * outputs)
        seen["nothing" if built is None else built.way] += 1
    return seen


# the sample ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.slow] * (number % 3 != 0))
        for number, name in enumerate(ACTIVATION_NAMES)
    ],
)
def test_some_settings_of_each_activation(name: str) -> None:
    draw = Random(f"sample {name}")
    seen = campaign(QuantizationScheme(format=Format.parse("paper(2,2)")), name, 2, 1, 1)
    for weights, bias in draw.sample(CHOICES, 1):
        fmt = Format.parse(draw.choice(SYMMETRIC[:2]))
        setting = QuantizationScheme(format=fmt, weights=weights, bias=bias)
        seen += campaign(setting, name, draw.randint(1, 2), draw.choice([1, 1, 2]), 1)
    assert seen.total() > seen["nothing"]


@pytest.mark.parametrize(("weights", "bias"), CHOICES, ids=str)
@pytest.mark.sampled(2)
def test_each_choice_of_weights_and_biases(weights: Weights, bias: Bias) -> None:
    draw, seen = Random(f"sample {weights} {bias}"), Counter[str]()
    other = draw.choice(["relu", "sigmoid", "gelu", "cos"])
    for text, name in [("paper(2,2)", "relu"), (draw.choice(ODD), other)]:
        setting = QuantizationScheme(format=Format.parse(text), weights=weights, bias=bias)
        for inputs in (1, 2):
            seen += campaign(setting, name, inputs, 1, 1)
    if (weights, bias) != (Weights.DENSE_BINARY, Bias.FORMAT):  # of which no setting is decided
        assert seen.total() > seen["nothing"]


@pytest.mark.parametrize("text", ODD)
@pytest.mark.sampled(2)
def test_each_odd_format(text: str) -> None:
    fmt, draw, seen = Format.parse(text), Random(f"sample {text}"), Counter[str]()
    settings = [
        QuantizationScheme(format=fmt, weights=weights, bias=bias) for weights, bias in CHOICES
    ]
    for setting in draw.sample(settings, 1):
        name = draw.choice(["relu", "sigmoid", "gelu", "abs"])
        seen += campaign(setting, name, draw.randint(1, 2), draw.randint(1, 2), 1)
    seen += campaign(settings[0], "cos", 1, 1, 1)
    seen += campaign(settings[3], "elu", 1, 1, 1)
    assert seen.total() > 0


@pytest.mark.parametrize("name", ["relu", "sign"])
def test_fifteen_codes(name: str) -> None:
    fmt = Format.parse("paper(3,4)")
    for weights, bias in [(Weights.FULL, Bias.EXACT), (Weights.BINARY, Bias.GRID)]:
        setting = QuantizationScheme(format=fmt, weights=weights, bias=bias)
        assert campaign(setting, name, 2, 1, 1)["nothing"] == 0


def test_three_inputs() -> None:
    for weights, bias in [(Weights.FULL, Bias.EXACT), (Weights.TERNARY, Bias.FORMAT)]:
        setting = QuantizationScheme(format=Format.parse("paper(1,1)"), weights=weights, bias=bias)
        assert campaign(setting, "relu", 3, 2, 3)["nothing"] == 0


# all of it -------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("text", SYMMETRIC)
@pytest.mark.parametrize("name", ACTIVATION_NAMES)
def test_fifty_targets_of_every_setting(name: str, text: str) -> None:
    """One hidden layer is looked for as long as usual for two of them: that takes seconds."""
    hasty = BuildingEffort(
        combined_entries=USUAL.few_entries, few_dives=Dives(beside=(60, 60), enough=1)
    )
    for (weights, bias), inputs in product(CHOICES, (1, 2)):
        setting = QuantizationScheme(format=Format.parse(text), weights=weights, bias=bias)
        for count, effort in ((2, USUAL), (50, hasty)):
            assert campaign(setting, name, inputs, 1, count, effort)["nothing"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("text", [*SYMMETRIC[:2], *ODD])
@pytest.mark.parametrize("outputs", [1, 2, 3])
def test_targets_of_odd_formats(text: str, outputs: int) -> None:
    fmt, draw = Format.parse(text), Random(f"all {text}")
    for weights, bias in CHOICES:
        setting = QuantizationScheme(format=fmt, weights=weights, bias=bias)
        for name in draw.sample(ACTIVATION_NAMES, 6):
            for inputs in (1, 2):
                seen = campaign(setting, name, inputs, outputs, 4)
                if seen["nothing"]:
                    print(f"{setting}, {name}, {inputs} inputs, {outputs} outputs: {seen}")


# sums along directions -------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["codes(-2,5,3)", "codes(-2,3,4)", "codes(0,5,3)", "ap_ufixed<3,1,AP_RND,AP_SAT_ZERO>"]
)
@pytest.mark.parametrize(
    "name", ["relu", *(pytest.param(name, marks=pytest.mark.slow) for name in ("cos", "elu"))]
)
@pytest.mark.sampled(2)
def test_functions_of_a_difference(text: str, name: str) -> None:
    """Neurons read one input with a weight and the other with its opposite, if that is one."""
    fmt, draw = Format.parse(text), Random(f"differences {text} {name}")
    codes = np.arange(fmt.lo, fmt.hi + 1)
    places = codes[:, None] - codes[None, :] + fmt.codes.size - 1
    for weights, bias in [CHOICES[0], *draw.sample(CHOICES, 1)]:
        shop = network_builder(QuantizationScheme(format=fmt, weights=weights, bias=bias), name)
        if shop is None:
            continue
        for bend in (1, 2):
            values = np.arange(2 * fmt.codes.size - 1) * bend % fmt.codes.size + fmt.lo
            table = np.asarray(values[places], dtype=np.int64)
            build(shop, [table], [table * fmt.scale])


# structured targets ----------------------------------------------------------------------

TEXTS = {
    "max": "max(x0, x1)", "min": "min(x0, x1)", "sum": "x0 + x1", "product": "x0 * x1",
    "distance": "abs(x0 - x1)", "less": "where(x0 < x1, 1, 0)",
    "at least": "where(x0 >= x1, 1, -1)", "half": "where(x0 > 0.5, x1, 0)",
}  # fmt: skip


def exact_sum(name: str, scale: int, x: int, y: int) -> int:
    """The same in units of 1 / scale^2."""
    return {
        "max": scale * max(x, y), "min": scale * min(x, y), "sum": scale * (x + y),
        "product": x * y, "distance": scale * abs(x - y), "less": scale**2 * (x < y),
        "at least": scale**2 * (1 if x >= y else -1), "half": scale * y * (2 * x > scale),
    }[name]  # fmt: skip


def structured(fmt: Format, name: str) -> tuple[Ints, Ints]:
    """Output codes by the rational reference, and exact sums."""
    plain = reference.PlainFormat(
        lo=fmt.lo,
        hi=fmt.hi,
        scale=fmt.scale,
        rounding=fmt.rounding.value,
        overflow=fmt.overflow.value,
    )
    points, shape = points_of(fmt, 2), (fmt.codes.size,) * 2
    values = [[fmt.value(code) for code in point] for point in points]
    codes = [reference.target_code(TEXTS[name], own, plain, {}) for own in values]
    sums = [exact_sum(name, fmt.scale, *point) for point in points]
    return np.array(codes).reshape(shape), np.array(sums).reshape(shape)


def size_of(text: str, activation_name: str, name: str) -> int:
    """The parameters of a network for a structured target."""
    shop = network_builder(QuantizationScheme(format=Format.parse(text)), activation_name)
    assert shop is not None
    table, sums = structured(shop.setting.format, name)
    built = build(shop, [table], [sums])
    assert built is not None
    return built.parameters


@pytest.mark.parametrize("name", [name for name in TEXTS if name != "product"])
@pytest.mark.sampled(2)
def test_structured_targets_are_small(name: str) -> None:
    """One neuron a point, with its 2 d + 2 = 6 parameters, would take 5766."""
    limit = 700 if name == "half" else 20
    assert size_of("paper(4,8)", "relu", name) <= limit


@pytest.mark.slow
@pytest.mark.parametrize("name", TEXTS)
def test_structured_targets_of_127_codes_are_small(name: str) -> None:
    """One neuron a point would take 96774."""
    limit = {"product": 6000, "half": 6000}.get(name, 30)
    assert size_of("paper(6,32)", "relu", name) <= limit


def test_random_tables_take_fewer_parameters_than_points_would() -> None:
    shop = network_builder(QuantizationScheme(format=Format.parse("paper(5,16)")), "sigmoid")
    assert shop is not None
    (table,) = random_functions(Random(6), shop.setting.format, 2, 1)
    built = build(shop, [table], [None])
    assert built is not None and built.parameters <= 6 * table.size


def test_constant_functions_have_a_hidden_layer_too() -> None:
    fmt = Format.parse("paper(2,2)")
    for (weights, bias), name in product(CHOICES[::2], ["relu", "cos"]):
        shop = network_builder(QuantizationScheme(format=fmt, weights=weights, bias=bias), name)
        if shop is not None:
            for code in (-3, 2):
                build(shop, [np.full((7, 7), code)], [None])
