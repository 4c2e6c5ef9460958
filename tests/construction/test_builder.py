"""Constructed networks compute their targets at every input, from legal numbers only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from smtcheck.arithmetic.formats import Format
from smtcheck.claims.evidence import Criterion
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from smtcheck.claims.verdicts import Universal
from smtcheck.construction.boxes.partitions import TabulatedFunction
from smtcheck.construction.builder import Built, NetworkBuilder, Strategy
from smtcheck.construction.effort import USUAL, BuildingEffort
from smtcheck.construction.indicators.saturation import NoNetwork
from smtcheck.construction.lookup.lookup import Lookup
from smtcheck.construction.lowering.coefficients import DraftLayer, NetworkTooLarge, network
from smtcheck.expressions.parsing import ACTIVATION_NAMES
from smtcheck.limits import Limits
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.networks.activations import activation
from smtcheck.universality.decision import decide_entries

Array = np.ndarray

FORMATS = ["paper(1,1)", "paper(1,2)", "paper(2,2)", "paper(2,7)", "paper(3,4)", "paper(3,3)"]
ODD_FORMATS = [
    "paper(2,2,AP_RND_CONV,AP_SAT_ZERO)",
    "codes(-2,3,3,AP_TRN,AP_SAT)",
    "codes(-2,1,2,AP_RND_ZERO,AP_SAT)",
    "codes(0,4,3,AP_TRN_ZERO,AP_SAT)",
    "paper(2,3,TRN_INF,AP_SAT_SYM)",
]


def network_builder(
    text: str, act: str, weights: Weights, bias: Bias, effort: BuildingEffort = USUAL
) -> NetworkBuilder | None:
    """None where the setting is not universal."""
    setting = QuantizationScheme(format=Format.parse(text), weights=weights, bias=bias)
    entries = ActivationTable(activation(act), setting.format)
    verdict = decide_entries(setting, entries, Limits())
    if not isinstance(verdict, Universal):
        return None
    assert isinstance(verdict.evidence, Criterion)
    return NetworkBuilder(
        setting=setting, entries=entries, evidence=verdict.evidence, effort=effort
    )


def target(shop: NetworkBuilder, inputs: int, kind: int, random: np.random.Generator) -> Array:
    """A random table: any codes, few of them, or rising ones."""
    fmt = shop.setting.format
    shape = (fmt.codes.size,) * inputs
    if kind == 3:
        return random.choice([fmt.lo, 0, fmt.hi], size=shape)
    table = random.integers(fmt.lo, fmt.hi + 1, size=shape)
    return np.sort(table, axis=0) if kind == 4 else table


def check(shop: NetworkBuilder, *tables: Array) -> Built:
    """The network agrees with the tables everywhere, and all its numbers are allowed."""
    return right(shop, TabulatedFunction(tables=tables, sums=(None,) * len(tables)))


def right(shop: NetworkBuilder, function: TabulatedFunction) -> Built:
    """The same for a function of which exact sums may be known."""
    setting, tables = shop.setting, function.tables
    inputs, built = tables[0].ndim, shop.build(function)
    points = np.array(list(np.ndindex(tables[0].shape))) + setting.format.lo
    codes = built.network.evaluate_many(points.reshape(-1, inputs))
    for output, table in enumerate(tables):
        assert (codes[:, output] == table.reshape(-1)).all(), (str(setting), built.way)
    assert len(built.network.layers) > 1
    for layer in built.network.layers:
        assert all(setting.is_weight(int(code)) for code in np.unique(layer.weights.codes))
        assert all(map(setting.is_bias, layer.biases))
    if setting.weights is Weights.DENSE_BINARY:
        for layer in built.network.layers:
            assert len(layer.weights.codes) == layer.outputs * layer.weights.inputs
    return built


def campaign(text: str, names: list[str], count: int) -> int:
    """So many targets for each universal setting of a format."""
    random, built = np.random.default_rng(0), 0
    for name in names:
        for weights in Weights:
            for bias in Bias:
                shop = network_builder(text, name, weights, bias)
                for index in range(count if shop else 0):
                    assert shop is not None
                    is_dense = weights is Weights.DENSE_BINARY
                    outputs = 2 if index % 7 == 3 and not is_dense else 1
                    kinds = [(1 + index % 2, index % 5)] * outputs
                    check(shop, *(target(shop, *kind, random) for kind in kinds))
                    built += 1
    return built


@pytest.mark.parametrize(
    ("text", "names"),
    [("paper(1,2)", ["relu"]), ("paper(2,2)", ["relu", "cos"])]
    + [(text, [("relu", "cos")[index % 2]]) for index, text in enumerate(ODD_FORMATS)],
)
@pytest.mark.sampled(2)
def test_random_targets(text: str, names: list[str]) -> None:
    assert campaign(text, names, 1) > 2


@pytest.mark.parametrize("name", ["relu", "square"])
def test_random_targets_of_fifteen_codes(name: str) -> None:
    shop = network_builder("paper(3,4)", name, Weights.FULL, Bias.EXACT)
    if shop is not None:
        random = np.random.default_rng(1)
        for index in range(4):
            check(shop, target(shop, 1 + index % 2, index % 5, random))


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(ACTIVATION_NAMES))
@pytest.mark.parametrize("text", [*FORMATS, *ODD_FORMATS])
def test_fifty_targets_of_every_setting(text: str, name: str) -> None:
    campaign(text, [name], 50)


def built_for(text: str, act: str, exact: Array) -> Built:
    """The network for the rounding of exact sums, in units of 1 / scale^2."""
    shop = network_builder(text, act, Weights.FULL, Bias.EXACT)
    assert shop is not None
    table = shop.setting.requantize_many(exact)
    return right(shop, TabulatedFunction(tables=(table,), sums=(exact,)))


def test_structured_targets_are_small() -> None:
    """Others are in test_campaign.py."""
    fmt = Format.parse("paper(4,8)")
    codes = np.arange(fmt.lo, fmt.hi + 1)
    x, y = np.meshgrid(codes, codes, indexing="ij")
    one_cell = 6 * x.size
    assert built_for("paper(4,8)", "relu", x * y).parameters * 10 < one_cell


@pytest.mark.slow
def test_a_minimum_by_sigmoids_is_small() -> None:
    fmt = Format.parse("paper(4,8)")
    codes = np.arange(fmt.lo, fmt.hi + 1)
    x, y = np.meshgrid(codes, codes, indexing="ij")
    exact = fmt.scale * np.minimum(x, y)
    assert built_for("paper(4,8)", "sigmoid", exact).parameters * 3 < 6 * x.size


@pytest.mark.parametrize("name", ["relu", "gelu"])
def test_random_tables_take_few_parameters(name: str) -> None:
    shop = network_builder("paper(5,16)", name, Weights.FULL, Bias.EXACT)
    assert shop is not None
    table = target(shop, 2, 0, np.random.default_rng(2))
    built = check(shop, table)
    assert built.parameters < 3 * table.size  # where 2 d + 2 would be 6
    assert built.way.startswith("lookup")


def test_constant_functions_have_neurons_too() -> None:
    for bias in Bias:
        shop = network_builder("paper(2,2)", "relu", Weights.FULL, bias)
        assert shop is not None
        for code in (-3, 0):
            check(shop, np.full((7, 7), code), np.full((7, 7), -code))


def reasons(shop: NetworkBuilder, table: Array) -> str:
    with pytest.raises(NoNetwork) as caught:
        shop.build(TabulatedFunction(tables=(table,), sums=(None,)))
    return str(caught.value)


def test_each_way_says_why_it_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(3)
    little = BuildingEffort(boxes=1, last_boxes=1, combined_entries=48)
    shop = network_builder("paper(2,2)", "relu", Weights.FULL, Bias.EXACT, little)
    assert shop is not None
    table = target(shop, 2, 0, random)
    assert check(shop, table).way.startswith("lookup")
    monkeypatch.setattr(Lookup, "layers", no_layers)
    found = reasons(shop, table)
    assert "boxes by steps: too many boxes" in found
    assert "levels by steps: level sets are not boxes" in found
    assert "lookup by gates: too many neurons or weights" in found
    assert "a combination of neurons: 49 entries are too many" in found


def no_layers(lookup: Lookup) -> list[DraftLayer]:
    raise NetworkTooLarge


def test_many_points_are_not_built_one_by_one() -> None:
    little = BuildingEffort(points=48)
    shop = network_builder("paper(2,2)", "relu", Weights.DENSE_BINARY, Bias.EXACT, little)
    assert shop is not None
    table = target(shop, 2, 0, np.random.default_rng(4))
    assert "7^2 points are too many" in reasons(shop, table)


def test_scales_whose_sums_leave_no_room_are_refused() -> None:
    for power, is_built in ((1, True), (57, False), (60, False)):
        shop = network_builder(f"codes(-3,3,{2**power})", "relu", Weights.FULL, Bias.EXACT)
        assert shop is not None
        table = np.arange(-3, 4)
        if is_built:
            check(shop, table)
        else:
            assert "scale is too large" in reasons(shop, table)


def test_large_exact_sums_are_not_taken_apart() -> None:
    shop = network_builder("paper(2,2)", "relu", Weights.FULL, Bias.EXACT)
    assert shop is not None
    codes = np.arange(-3, 4)
    table = np.where(codes > 0, 3, -3)
    function = TabulatedFunction(tables=(table,), sums=(np.where(codes > 0, 2**50, -(2**50)),))
    names = [way.name for way in shop.ways(function) if not way.is_last_resort]
    assert "boxes by steps" in names and not any("ridges" in name for name in names)
    built = shop.build(function)
    assert [built.network.evaluate((code,)) for code in codes.tolist()] == [
        (code,) for code in table.tolist()
    ]


# which ways are tried --------------------------------------------------------------------


def shop_and_function(inputs: int = 1) -> tuple[NetworkBuilder, TabulatedFunction]:
    shop = network_builder("paper(2,2)", "relu", Weights.FULL, Bias.EXACT)
    assert shop is not None
    table = np.random.default_rng(6).integers(-3, 4, size=(7,) * inputs)
    return shop, TabulatedFunction(tables=(table,), sums=(None,))


def test_ways_that_cannot_win_are_not_built(monkeypatch: pytest.MonkeyPatch) -> None:
    shop, function = shop_and_function()
    drafts = [way.build() for way in shop.ways(function) if way.name == "ridges by steps"]
    sizes = [
        made.nonzero_weights + made.neurons
        for made in (network(shop.setting, shop.entries, draft) for draft in drafts)
    ]
    built: list[str] = []

    def way(name: str, draft: int, beats: bool = True, last: bool = False) -> Strategy:
        def build() -> list[DraftLayer]:
            built.append(name)
            return drafts[draft]

        return Strategy(name=name, can_beat=lambda _: beats, build=build, is_last_resort=last)

    large, small = int(np.argmax(sizes)), int(np.argmin(sizes))
    assert sizes[small] < sizes[large] <= sizes[small] * shop.effort.nearly // 100
    ways = [
        way("first", large, beats=False),
        way("hopeless", small, beats=False),
        way("smaller", small),
        way("again", large),
        way("last resort", small, last=True),
    ]
    monkeypatch.setattr(NetworkBuilder, "ways", lambda *_: iter(ways))
    assert [found.way for found in shop.improvements(function)] == ["first", "smaller"]
    assert built == ["first", "smaller", "again"]
    tried = [sizes[large], None, sizes[small], sizes[large], None]
    assert [own.parameters for own in ways] == tried
    # much larger than the best: it is not finished
    strict = replace(shop, effort=BuildingEffort(nearly=100))
    last = way("last", large)
    monkeypatch.setattr(NetworkBuilder, "ways", lambda *_: iter([ways[2], last]))
    assert strict.build(function).way == "smaller" and last.parameters is None


@pytest.mark.parametrize("inputs", [1, 2])
def test_other_starts_have_the_best_gates(inputs: int) -> None:
    shop, function = shop_and_function(inputs)
    name = "ridges" if inputs == 1 else "boxes"
    gates, costs = list(shop.families.gates), iter([9, 7, 3, 8, 5, 6, 4])
    names = []
    for way in shop.ways(function):
        if not way.is_last_resort:
            names.append(way.name)
            if way.name.startswith(name):
                way.parameters = next(costs, 1)
    usual = [f"{name} by {kind}" for kind, _ in gates]
    # the third gates are the best; no way stands there twice
    others = [f"boxes by {gates[2][0]}"] * 2
    assert [own for own in names if own.startswith(("ridges", "boxes"))] == [*usual, *others]


def test_other_starts_are_tried_with_all_gates_where_none_has_led_anywhere() -> None:
    shop, function = shop_and_function()
    last = [way.name for way in shop.ways(function) if way.is_last_resort]
    assert last == [f"boxes by {kind}" for kind, _ in shop.families.gates] * 3
