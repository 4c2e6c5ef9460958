"""One hidden layer by linear programming: right at every input and small, or refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from random import Random
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import scipy.optimize

from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.arithmetic.rounding import Rounding
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from smtcheck.construction.effort import USUAL, BuildingEffort, Dives
from smtcheck.construction.indicators.saturation import NoNetwork
from smtcheck.construction.lowering.coefficients import network
from smtcheck.construction.one_layer import combinations
from smtcheck.construction.one_layer.combinations import Combination, offers_of
from smtcheck.construction.one_layer.linear_programs import Program
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.networks.activations import activation, table
from smtcheck.networks.network import Network
from tests.claims.random_settings import NOT_WRAPPING
from tests.construction import naive_networks
from tests.construction.naive_networks import Ints, random_function
from tests.universality.naive import codes_of, entries_of

SHAPES = ("ramp", "sigmoid", "hat")
WANTED = (3, 1, 0, -2, 1, 1, 2)

ONE = Dives(beside=(60,), enough=1)
#: Networks are as right as with more dives, and found in less time.
ONE_DIVE = BuildingEffort(few_dives=ONE, many_dives=ONE)


def shaped(name: str, fmt: Format) -> ActivationTable:
    """An activation that rises, that levels off at either side, or that falls again."""
    codes = codes_of(fmt)
    values = {
        "ramp": [max(code, 0) for code in codes],
        "sigmoid": [min(max(code + 1, 0), fmt.hi) for code in codes],
        "hat": [max(fmt.hi - abs(code), fmt.lo) for code in codes],
    }
    return entries_of(fmt, values[name])


def combination_of(
    setting: QuantizationScheme,
    entries: ActivationTable,
    tables: Sequence[Ints],
    effort: BuildingEffort = ONE_DIVE,
) -> Combination:
    return Combination(
        setting=setting,
        entries=entries,
        tables=tables,
        offers=offers_of(setting, entries, effort),
        effort=effort,
    )


def named(name: str, fmt: Format) -> ActivationTable:
    return ActivationTable(activation(name), fmt)


def check(
    setting: QuantizationScheme,
    entries: ActivationTable,
    tables: Sequence[Ints],
    effort: BuildingEffort = ONE_DIVE,
) -> Network:
    """A legal network of one hidden layer that gives the tables at every input, or NoNetwork."""
    fmt, values = setting.format, table(entries.activation, setting.format)
    layers = combination_of(setting, entries, tables, effort).layers()
    made = network(setting, entries, layers)
    naive_networks.assert_legal(setting, made)
    assert len(layers) == len(made.layers) == 2
    naive_networks.assert_computes(made, tables)
    rows = np.stack([wanted.reshape(-1) for wanted in tables], axis=1).tolist()
    points = naive_networks.points_of(fmt, tables[0].ndim)
    for point, codes in zip(points, map(tuple, rows), strict=True):
        assert naive_networks.drafted(fmt, values, layers, point) == codes
        assert naive_networks.evaluated(made, values, point) == codes
    return made


def is_built(
    setting: QuantizationScheme,
    entries: ActivationTable,
    tables: Sequence[Ints],
    effort: BuildingEffort = ONE_DIVE,
) -> bool:
    """Whether there is a network, which is right then."""
    try:
        check(setting, entries, tables, effort)
    except NoNetwork:
        return False
    return True


def random_tables(draw: Random, fmt: Format, inputs: int, outputs: int) -> list[Ints]:
    """Of several kinds, without a code that symmetric saturation never gives."""
    kinds = draw.choices(["uniform", "uniform", "few", "sparse", "monotone"], k=outputs)
    least = -fmt.hi if fmt.overflow is Overflow.SATURATE_SYMMETRIC else fmt.lo
    return [np.maximum(random_function(draw, fmt, inputs, kind), least) for kind in kinds]


# right at every input --------------------------------------------------------------------


@pytest.mark.parametrize(("text", "least"), [("paper(2,2)", 7), ("codes(-2,5,3)", 5)])
def test_every_bias_and_shape(text: str, least: int) -> None:
    fmt, draw, made = Format.parse(text), Random(text), 0
    for name, bias in product(SHAPES, Bias):
        setting = QuantizationScheme(format=fmt, bias=bias)
        made += is_built(setting, shaped(name, fmt), random_tables(draw, fmt, 1, 1))
    assert made >= least


def test_every_rounding_and_overflow() -> None:
    draw, made = Random(0), 0
    for rounding, overflow in product(Rounding, NOT_WRAPPING):
        lo, scale = draw.choice([-3, -2, -1]), draw.choice([1, 2, 3, 5])
        fmt = Format(lo=lo, hi=2, scale=scale, rounding=rounding, overflow=overflow)
        setting = QuantizationScheme(format=fmt, bias=draw.choice(list(Bias)))
        tables = random_tables(draw, fmt, *draw.choice([(1, 1), (1, 2), (2, 1)]))
        made += is_built(setting, shaped(draw.choice(SHAPES), fmt), tables)
    assert made >= 18


def test_up_to_three_inputs() -> None:
    fmt, draw, made = Format.parse("paper(1,1)"), Random(1), 0
    for name, bias, (inputs, outputs) in product(SHAPES, Bias, [(1, 2), (2, 1), (2, 2), (3, 1)]):
        tables = [random_function(draw, fmt, inputs, "uniform") for _ in range(outputs)]
        made += is_built(QuantizationScheme(format=fmt, bias=bias), shaped(name, fmt), tables)
    assert made >= 30


@pytest.mark.parametrize(
    ("name", "text", "bias", "outputs"),
    [
        ("tanh", "paper(2,2)", Bias.EXACT, 2),
        ("silu", "paper(2,2)", Bias.EXACT, 1),
        ("cos", "codes(-4,3,3)", Bias.EXACT, 2),
        ("gelu", "paper(3,4)", Bias.GRID, 1),
        ("sigmoid", "paper(3,4)", Bias.FORMAT, 1),
    ],
)
def test_real_activations(name: str, text: str, bias: Bias, outputs: int) -> None:
    fmt, draw = Format.parse(text), Random(name)
    tables = [random_function(draw, fmt, 1, "uniform") for _ in range(outputs)]
    check(QuantizationScheme(format=fmt, bias=bias), named(name, fmt), tables)


def test_without_negative_weights() -> None:
    """One layer of rising neurons adds up to what rises, and of falling ones to what falls."""
    fmt, draw, made = Format.parse("codes(0,4,3)"), Random(1), 0
    ramp, hat, any_way = shaped("ramp", fmt), shaped("hat", fmt), entries_of(fmt, (0, 2, 4, 1, 0))
    for bias, inputs in product(Bias, [1, 2]):
        setting = QuantizationScheme(format=fmt, bias=bias)
        rising = np.minimum(np.indices((5,) * inputs).sum(axis=0) // draw.randint(1, 2), 4)
        made += is_built(setting, ramp, [rising])
        made += is_built(setting, hat, [4 - rising])
        assert not is_built(setting, ramp, [4 - rising])
        assert not is_built(setting, hat, [rising])
        other = random_function(draw, fmt, 1, "uniform")
        made += is_built(setting, any_way, [other])
        assert not is_built(setting, ramp, [other])
    assert made >= 14
    last = entries_of(fmt, (0, 0, 0, 0, 4))  # no neuron is above zero at x = 0, but by a bias
    check(QuantizationScheme(format=fmt, bias=Bias.FORMAT), last, [np.array([2, 2, 3, 3, 4])])


@pytest.mark.parametrize("bias", Bias)
def test_neurons_on_offer(bias: Bias) -> None:
    """Not too many, and none that differs by a constant from another or from nothing."""
    effort = BuildingEffort(offered_values=1000)
    fmt = Format.parse("paper(2,2)")
    setting, entries = QuantizationScheme(format=fmt, bias=bias), shaped("ramp", fmt)
    offered = offers_of(setting, entries, effort)(1)
    assert 100 < offered.values.size <= 1000
    assert len(np.unique(np.diff(offered.values), axis=0)) == len(offered.values)
    assert np.diff(offered.values).any(axis=1).all()
    assert is_built(setting, entries, [np.array(WANTED)], effort) or bias is not Bias.EXACT
    few = Format(lo=0, hi=1, scale=1)
    setting = QuantizationScheme(format=few, weights=Weights.BINARY, bias=bias)
    offered = offers_of(setting, entries_of(few, (1, 0)), effort)(6)
    assert len(np.unique(offered.weights, axis=0)) <= combinations.MAX_READ < 3**6 - 1


@pytest.mark.parametrize("name", SHAPES)
def test_the_identity_and_constant_functions(name: str) -> None:
    """Constants take no neuron, but a layer has one."""
    fmt = Format.parse("paper(2,2)")
    entries, identity = shaped(name, fmt), np.array(codes_of(fmt))
    made = check(QuantizationScheme(format=fmt), entries, [identity])
    assert different_neurons(made) < identity.size
    for code, bias in product([-3, 0, 2], Bias):
        constant = np.full(7, code)
        assert check(QuantizationScheme(format=fmt, bias=bias), entries, [constant]).neurons == 2
    check(QuantizationScheme(format=fmt), entries, [constant, identity])


# small -----------------------------------------------------------------------------------


def parameters(made: Network) -> int:
    return made.neurons + made.nonzero_weights


def different_neurons(made: Network) -> int:
    """Of the hidden layer, where a neuron is repeated for a large coefficient."""
    hidden = made.layers[0]
    return len({(*hidden.row(i), bias) for i, bias in enumerate(hidden.biases)})


@pytest.mark.parametrize(
    ("text", "name", "inputs", "most"),
    [
        ("paper(3,4)", "relu", 1, 4.0),
        ("paper(3,4)", "gelu", 1, 3.6),
        ("paper(3,4)", "sigmoid", 1, 5.6),
        ("paper(4,8)", "relu", 1, 6.6),
        ("paper(4,8)", "gelu", 1, 5.1),
        ("paper(4,8)", "sigmoid", 1, 6.1),
        ("paper(2,2)", "sigmoid", 2, 3.3),
        ("paper(2,2)", "relu", 2, 3.5),
    ],
)
@pytest.mark.sampled(2)
def test_random_tables_take_few_parameters(text: str, name: str, inputs: int, most: float) -> None:
    fmt = Format.parse(text)
    wanted = random_function(Random(text), fmt, inputs, "uniform")
    made = check(QuantizationScheme(format=fmt), named(name, fmt), [wanted], USUAL)
    assert parameters(made) <= most * wanted.size
    assert different_neurons(made) < wanted.size


@pytest.mark.parametrize("name", ["relu", "sigmoid", "gelu"])
def test_outputs_share_neurons(name: str) -> None:
    fmt = Format.parse("paper(3,4)")
    setting, entries, draw = QuantizationScheme(format=fmt), named(name, fmt), Random(name)
    one, other = (random_function(draw, fmt, 1, "uniform") for _ in range(2))
    alone = [parameters(check(setting, entries, [own], USUAL)) for own in (one, other)]
    twice, both = (
        parameters(check(setting, entries, own, USUAL)) for own in ([one, one], [one, other])
    )
    assert max(alone) < both < sum(alone)
    assert alone[0] < twice < 18 * alone[0] // 10


@pytest.mark.parametrize("name", SHAPES)
def test_what_can_be_beaten(name: str) -> None:
    """What was built can be; tables that are not small have to be worth the time."""
    fmt = Format.parse("paper(2,2)")
    setting, entries, tables = QuantizationScheme(format=fmt), shaped(name, fmt), [np.array(WANTED)]
    combination = combination_of(setting, entries, tables, USUAL)
    size = parameters(check(setting, entries, tables, USUAL))
    assert combination.can_beat(size + 1) and not combination.can_beat(2)
    combination = replace(combination, effort=BuildingEffort(few_entries=6))
    assert combination.can_beat(4 * 7 + 1) and not combination.can_beat(4 * 7)


@pytest.mark.parametrize(
    ("text", "name", "inputs"), [("paper(2,2)", "sigmoid", 2), ("codes(0,1,1)", "expr:1 - x", 6)]
)
def test_the_same_call_gives_the_same_network(text: str, name: str, inputs: int) -> None:
    fmt = Format.parse(text)
    setting = QuantizationScheme(format=fmt, weights=Weights.FULL if fmt.lo else Weights.TERNARY)
    wanted = random_function(Random(2), fmt, inputs, "uniform")
    one, other = (check(setting, named(name, fmt), [wanted]) for _ in range(2))
    for left, right in zip(one.layers, other.layers, strict=True):
        assert left.biases == right.biases
        rows = range(left.outputs)
        assert [left.row(i) for i in rows] == [right.row(i) for i in rows]


# refused ---------------------------------------------------------------------------------


def refusal(setting: QuantizationScheme, entries: ActivationTable, wanted: Sequence[int]) -> str:
    combination = combination_of(setting, entries, [np.array(wanted)])
    with pytest.raises(NoNetwork) as caught:
        combination.layers()
    return str(caught.value)


def test_what_is_refused() -> None:
    fmt, small = Format.parse("paper(2,2)"), Format.parse("paper(2,1)")
    for weights in (Weights.TERNARY, Weights.BINARY, Weights.DENSE_BINARY):
        setting = QuantizationScheme(format=fmt, weights=weights)
        assert "any size" in refusal(setting, shaped("ramp", fmt), WANTED)
    setting = QuantizationScheme(format=small, weights=Weights.DENSE_BINARY)
    assert "any size" in refusal(setting, shaped("ramp", small), WANTED)
    check(
        QuantizationScheme(format=small, weights=Weights.TERNARY),
        shaped("ramp", small),
        [np.array(WANTED)],
    )
    for values, reason in [((2,) * 7, "do not differ"), ((0, 0, 0, 0, 0, 2, 2), "no combination")]:
        assert reason in refusal(
            QuantizationScheme(format=small), entries_of(small, values), WANTED
        )
    lopsided = QuantizationScheme(
        format=Format(lo=-2, hi=1, scale=1, overflow=Overflow.SATURATE_SYMMETRIC)
    )
    entries = entries_of(lopsided.format, (0, 0, 0, 1))
    assert "intervals" in refusal(lopsided, entries, [-2, 0, 0, 1])


def test_how_many_entries_are_too_many() -> None:
    for hi in (255, 256):
        fmt = Format(lo=0, hi=hi, scale=16)
        setting, entries, identity = (
            QuantizationScheme(format=fmt),
            shaped("ramp", fmt),
            codes_of(fmt),
        )
        if len(identity) <= USUAL.combined_entries == 256:
            check(setting, entries, [np.array(identity)])
        else:
            assert "257 entries are too many" in refusal(setting, entries, identity)


# wrong answers of linear programs --------------------------------------------------------


def count_built(fmt: Format) -> int:
    """How many of 27 tables are built, and right then: whatever programs answer."""
    draw, made = Random(str(fmt)), 0
    for name, bias, kind in product(SHAPES, Bias, ["uniform", "sparse", "constant"]):
        setting, wanted = (
            QuantizationScheme(format=fmt, bias=bias),
            random_function(draw, fmt, 1, kind),
        )
        made += is_built(setting, shaped(name, fmt), [wanted])
    return made


@pytest.mark.parametrize(
    ("noise", "overflow", "least", "most"),
    [
        (0, Overflow.SATURATE_TO_ZERO, 15, 23),
        (1, Overflow.SATURATE, 8, 18),
        (20, Overflow.SATURATE_SYMMETRIC, 0, 6),
    ],
)
def test_solutions_that_are_wrong(
    noise: int, overflow: Overflow, least: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole numbers near the right ones end a dive at once, and are not all refused."""
    solution, random = Program.solution, np.random.default_rng(noise)

    def hasty(program: Program, rows: Ints, *rest: Any) -> tuple[Any, float] | None:
        found = solution(program, rows, *rest)
        if found is None:
            return None
        wrong = random.integers(-1, 2, len(rows)) * (random.random(len(rows)) < noise / 20)
        return np.rint(found[0]) + wrong, found[1] + random.integers(-noise, noise + 1)

    monkeypatch.setattr(Program, "solution", hasty)
    assert least <= count_built(Format(lo=-2, hi=2, scale=2, overflow=overflow)) <= most


def test_solutions_that_are_made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    random, fmt = np.random.default_rng(1), Format(lo=-2, hi=2, scale=2)

    def made_up(costs: Any, **_: Any) -> SimpleNamespace:
        return SimpleNamespace(x=random.integers(-9, 10, len(costs)) / 2, status=0)

    monkeypatch.setattr(scipy.optimize, "linprog", made_up)
    assert count_built(fmt) < 10
    monkeypatch.setattr(
        scipy.optimize, "linprog", lambda *_, **__: SimpleNamespace(x=None, status=2)
    )
    assert count_built(fmt) == 0
