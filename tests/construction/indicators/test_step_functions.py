"""Steps: at each threshold a neuron that is T(lo) below it and T(hi) from it on."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from random import Random

import pytest

from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from smtcheck.construction.indicators.penalties import Axis
from smtcheck.construction.indicators.saturation import NoNetwork
from smtcheck.construction.indicators.step_functions import Plan, StepFunctions, can_step, plan
from smtcheck.construction.lowering.coefficients import network
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.networks.activations import activation, table
from tests.construction.naive_networks import assert_legal, evaluated, points_of
from tests.universality.naive import Table, codes_of, entries_of

BY_SHIFTS = [*product([Weights.FULL, Weights.TERNARY, Weights.BINARY], [Bias.EXACT, Bias.GRID])]


def setting_of(
    text: str, weights: Weights = Weights.FULL, bias: Bias = Bias.EXACT
) -> QuantizationScheme:
    return QuantizationScheme(format=Format.parse(text), weights=weights, bias=bias)


def entries_by_name(name: str, fmt: Format) -> ActivationTable:
    return ActivationTable(activation(name), fmt)


def check(
    setting: QuantizationScheme, entries: ActivationTable, signs: tuple[int, ...], planned: Plan
) -> StepFunctions:
    """The steps of one axis, by their network at all inputs."""
    fmt = setting.format
    values = table(entries.activation, fmt)
    axis = Axis.along(setting, signs)
    steps = StepFunctions(setting=setting, entries=entries, axis=axis, plan=planned)
    made = network(setting, entries, steps.layers)
    assert_legal(setting, made)
    thresholds = range(axis.low + 1, axis.high + 1)
    assert made.outputs == len(thresholds)
    for point in points_of(fmt, len(signs)):
        place = sum(sign * code for sign, code in zip(signs, point, strict=True))
        # the network ends with the codes of the last neurons, which T is yet to be taken of
        found = [values[code - fmt.lo] for code in made.evaluate(point)]
        wanted = [values[0] if place < threshold else values[-1] for threshold in thresholds]
        assert found == wanted, (str(setting), point)
    assert evaluated(made, values, point) == made.evaluate(point)
    return steps


@pytest.mark.parametrize("name", ["relu", "sigmoid", "tanh", "softsign", "elu"])
@pytest.mark.parametrize(("weights", "bias"), BY_SHIFTS, ids=str)
@pytest.mark.sampled(2)
def test_steps_at_all_thresholds(weights: Weights, bias: Bias, name: str) -> None:
    setting = setting_of("paper(2,2)", weights, bias)
    entries = entries_by_name(name, setting.format)
    assert can_step(setting, entries)
    planned = plan(setting, entries, 4 * setting.format.codes.size)
    for signs in [(1,), (1, -1)]:
        check(setting, entries, signs, planned)


@pytest.mark.parametrize(
    "text",
    [
        "paper(3,4)", "paper(3,5,AP_TRN,AP_SAT)", "codes(-2,5,3)",
        "ap_fixed<4,2,AP_RND_CONV,AP_SAT>",
        "paper(3,3,AP_TRN_ZERO,AP_SAT_SYM)", "paper(3,4,TRN_INF,AP_SAT)",
    ],
)  # fmt: skip
def test_steps_of_other_formats(text: str) -> None:
    for name in ("relu", "sigmoid"):
        setting = setting_of(text)
        entries = entries_by_name(name, setting.format)
        check(setting, entries, (1,), plan(setting, entries, 4 * setting.format.codes.size))


def test_steps_down() -> None:
    """An activation that falls is raised with negative weights."""
    setting = setting_of("paper(2,2)")
    falling: Table = (3, 2, 1, 1, 0, 0, -1)
    entries = entries_of(setting.format, falling)
    assert can_step(setting, entries)
    steps = check(setting, entries, (1,), plan(setting, entries, 28))
    assert all(level.weight < 0 for level in steps.plan.levels)


@pytest.mark.parametrize("seed", range(12))
def test_activations_that_go_up_and_down(seed: int) -> None:
    draw, made = Random(seed), 0
    for _ in range(10):
        fmt = Format(lo=-draw.randint(1, 4), hi=draw.randint(2, 4), scale=draw.randint(1, 3))
        setting = QuantizationScheme(
            format=fmt, weights=draw.choice([Weights.FULL, Weights.TERNARY])
        )
        entries = entries_of(fmt, [draw.choice(codes_of(fmt)) for _ in codes_of(fmt)])
        if not can_step(setting, entries):
            continue
        try:
            planned = plan(setting, entries, 4 * fmt.codes.size)
        except NoNetwork:
            continue
        check(setting, entries, (1,), planned)
        made += 1
    assert made


def test_wide_formats() -> None:
    setting = setting_of("paper(6,32)")
    entries = entries_by_name("relu", setting.format)
    check(setting, entries, (1,), plan(setting, entries, 4 * setting.format.codes.size))


def gate_sums(steps: StepFunctions, values: Table, low: int, high: int) -> dict[int, int]:
    """The sum of a gate at every place of the axis."""
    fmt, gate = steps.setting.format, steps.gate(low, high)
    assert gate is not None
    made = network(steps.setting, steps.entries, steps.layers)
    found = {}
    for place in range(fmt.lo, fmt.hi + 1):
        activations = [values[code - fmt.lo] for code in made.evaluate((place,))]
        total = sum(coefficient * activations[neuron] for neuron, coefficient in gate.terms)
        total += sum(coefficient * values[code - fmt.lo] for code, coefficient in gate.constants)
        found[place] = total
    return found


@pytest.mark.parametrize("falls", [False, True])
def test_gates_of_all_ranges(falls: bool) -> None:
    setting = setting_of("paper(2,2)")
    values = tuple(sorted((-2, 0, 0, 0, 1, 2, 3), reverse=falls))
    entries = entries_of(setting.format, values)
    steps = check(setting, entries, (1,), plan(setting, entries, 28))
    codes = codes_of(setting.format)
    for low, high in product(codes, repeat=2):
        if low > high:
            continue
        gate = steps.gate(low, high)
        if (low, high) == (codes[0], codes[-1]):
            assert gate is None
            continue
        assert gate is not None and gate.has_one_sign
        assert gate.margin == gate.reach == 5
        for place, total in gate_sums(steps, values, low, high).items():
            assert total == (0 if low <= place <= high else 5)


def test_what_has_no_steps() -> None:
    relu = entries_by_name("relu", Format.parse("paper(2,2)"))
    good = setting_of("paper(2,2)")
    assert can_step(good, relu)
    for changes in (
        {"bias": Bias.FORMAT},
        {"weights": Weights.DENSE_BINARY},
        {"format": replace(good.format, overflow=Overflow.SATURATE_TO_ZERO)},
        {"format": replace(good.format, overflow=Overflow.WRAP)},
        {"format": Format.parse("ap_ufixed<3,1,AP_RND,AP_SAT>")},
        {"format": Format.parse("paper(2,5)"), "bias": Bias.GRID},  # 1.0 is no weight
    ):
        setting = replace(good, **changes)  # type: ignore[arg-type]
        assert not can_step(setting, entries_by_name("relu", setting.format)), changes
    assert not can_step(good, entries_by_name("abs", good.format))
    uneven = entries_of(good.format, (0, 2, 2, 0, -1, -1, 1))
    with pytest.raises(NoNetwork, match="cannot be made into steps"):
        plan(good, uneven, 28)


def test_weights_of_a_plan_are_counted() -> None:
    for name, text in product(["relu", "sigmoid"], ["paper(3,4)", "paper(2,2)"]):
        setting = setting_of(text)
        entries = entries_by_name(name, setting.format)
        planned = plan(setting, entries, 4 * setting.format.codes.size)
        axis = Axis.along(setting, (1,))
        steps = StepFunctions(setting=setting, entries=entries, axis=axis, plan=planned)
        made = network(setting, entries, steps.layers)
        last = made.layers[-1]
        level = planned.levels[-1]
        for row in range(last.outputs):
            assert len(last.row(row)) == level.width * level.copies
        least = (
            last.nonzero_weights if hasattr(last, "nonzero_weights") else len(last.weights.codes)
        )
        assert planned.weights >= least / last.outputs + 1
