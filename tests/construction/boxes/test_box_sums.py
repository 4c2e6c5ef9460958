"""Networks that add up boxes: each is worth what it should inside, and nothing outside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from random import Random

import numpy as np
import pytest

from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.intervals import Interval
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from smtcheck.construction.boxes.box_sums import Box, BoxSums
from smtcheck.construction.indicators import penalties
from smtcheck.construction.indicators.penalties import Axis, Neurons, Penalty
from smtcheck.construction.indicators.saturation import (
    EVERYTHING,
    Base,
    Family,
    NoNetwork,
    SaturationSide,
)
from smtcheck.construction.indicators.step_functions import StepFunctions, can_step, plan
from smtcheck.construction.lowering.coefficients import NetworkTooLarge, network
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.networks.activations import activation, table
from tests.claims.random_settings import NOT_WRAPPING
from tests.construction.naive_networks import assert_legal, drafted_sums, evaluated, points_of
from tests.universality.naive import Table, codes_of, difference_gcd, entries_of, given, step_of

NOTHING = Base(bias=0, constants=(), total=0)
FAILURES = (NoNetwork, NetworkTooLarge)


def gates_for(
    setting: QuantizationScheme, entries: ActivationTable, signs: Sequence[tuple[int, ...]]
) -> list[Family]:
    return [
        Neurons(setting=setting, entries=entries, axis=Axis.along(setting, own)) for own in signs
    ]


def random_box(draw: Random, families: Sequence[Family], amounts: Sequence[Interval | None]) -> Box:
    ranges: list[tuple[int, int] | None] = []
    for family in families:
        low, high = sorted(draw.randint(family.axis.low, family.axis.high) for _ in range(2))
        is_whole = (low, high) == (family.axis.low, family.axis.high)
        ranges.append(None if is_whole or draw.random() < 0.2 else (low, high))
    return Box(ranges=tuple(ranges), wanted=tuple(amounts))


def holds(box: Box, families: Sequence[Family], point: Sequence[int]) -> bool:
    for family, span in zip(families, box.ranges, strict=True):
        place = sum(sign * code for sign, code in zip(family.axis.signs, point, strict=True))
        if span is not None and not span[0] <= place <= span[1]:
            return False
    return True


def check(cells: BoxSums, values: Table, boxes: Sequence[Box], bases: Sequence[Base]) -> int:
    """The sums of the output neurons at all inputs; how many second-layer neurons there are."""
    setting, families = cells.setting, cells.families
    fmt, inputs = setting.format, len(families[0].axis.signs)
    layers = cells.layers(boxes, bases)
    made = network(setting, cells.entries, layers)
    assert_legal(setting, made)
    for point in points_of(fmt, inputs):
        sums = drafted_sums(fmt, values, layers, point)
        for output, (total, base) in enumerate(zip(sums, bases, strict=True)):
            parts = [own.wanted[output] for own in boxes if holds(own, families, point)]
            spans = [span for span in parts if span is not None]
            low, high = sum(span.low for span in spans), sum(span.high for span in spans)
            assert low <= total - base.total <= high, (str(setting), values, boxes, point)
        assert made.evaluate(point) == tuple(map(setting.requantize, sums))
    assert evaluated(made, values, point) == made.evaluate(point)
    return layers[-2].outputs


def random_values(draw: Random, fmt: Format) -> Table:
    """A rising activation, or any, that is not constant."""
    codes = codes_of(fmt)
    while True:
        found = tuple(draw.choice(codes) for _ in codes)
        if draw.random() < 0.5:
            found = tuple(sorted(found))
        if difference_gcd(found):
            return found


@pytest.mark.parametrize("side", SaturationSide)
@pytest.mark.parametrize("overflow", NOT_WRAPPING)
@pytest.mark.sampled(2)
def test_random_boxes(overflow: Overflow, side: SaturationSide) -> None:
    draw, made, failed = Random(f"{overflow} {side}"), 0, Counter[str]()
    while made < 25 and sum(failed.values()) < 300:
        fmt = Format(lo=-2, hi=2, scale=draw.choice([1, 2, 3]), overflow=overflow)
        weights = draw.choice(list(Weights))
        setting = QuantizationScheme(format=fmt, weights=weights, bias=draw.choice(list(Bias)))
        is_dense = weights is Weights.DENSE_BINARY
        if is_dense and setting.bias is Bias.FORMAT:
            continue
        values = random_values(draw, fmt)
        entries = entries_of(fmt, values)
        axes = draw.choice([[(1,)], [(1, 1), (1, -1)]] if is_dense else [[(1,)], [(1, 0), (0, 1)]])
        families = gates_for(setting, entries, axes)
        unit = step_of(setting) * difference_gcd(values) * (2 if is_dense else 1)
        outputs = draw.randint(1, 2)
        boxes = []
        for _ in range(draw.randint(1, 3)):
            low = unit * draw.randint(-4, 4)
            span = draw.choice([Interval(low, low), Interval(low, low + unit)])
            amounts = [draw.choice([span, None]) for _ in range(outputs)]
            boxes.append(random_box(draw, families, amounts))
        cells = BoxSums(setting=setting, entries=entries, families=families, side=side)
        try:
            check(cells, values, boxes, [NOTHING] * outputs)
        except FAILURES as error:
            failed[str(error)] += 1
        else:
            made += 1
    assert made == 25, failed


@pytest.mark.parametrize("overflow", NOT_WRAPPING)
@pytest.mark.sampled(2)
def test_gates_of_either_sign(overflow: Overflow, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where neurons may saturate either way, differences of two are boxes, if ends differ."""
    for name in ("_short", "_by_program"):
        monkeypatch.setattr(penalties, name, lambda *_: None)
    draw, fmt = Random(f"either {overflow}"), Format(lo=-3, hi=3, scale=2, overflow=overflow)
    setting = QuantizationScheme(format=fmt)
    for values, is_paired in [
        ((-2, 0, 1, 0, 2, 3, 3), overflow is not Overflow.SATURATE_TO_ZERO),
        ((0, 3, 1, 2, 1, -1, 0), False),
    ]:
        entries, mixed = entries_of(fmt, values), 0
        families = gates_for(setting, entries, [(1, 0), (0, 1)])
        end = values[3] if overflow is Overflow.SATURATE_TO_ZERO else values[-1]
        for _ in range(8):
            amounts = [exactly(3 * (values[2] - end)), exactly(draw.randint(1, 9))]
            boxes = [random_box(draw, families, [amount]) for amount in amounts]
            cells = BoxSums(
                setting=setting, entries=entries, families=families, side=SaturationSide.EITHER
            )
            check(cells, values, boxes, [NOTHING])
            one = [Box(ranges=boxes[0].ranges, wanted=(amounts[0],))]
            cells = BoxSums(
                setting=setting, entries=entries, families=families, side=SaturationSide.EITHER
            )
            assert check(cells, values, one, [NOTHING]) == (2 if is_paired else 1)
            found = [
                family.gate(*span)
                for family, span in zip(families, boxes[0].ranges, strict=True)
                if span is not None
            ]
            mixed += any(gate is not None and not gate.has_one_sign for gate in found)
            if any(gate is not None and not gate.has_one_sign for gate in found):
                cells = BoxSums(
                    setting=setting, entries=entries, families=families, side=SaturationSide.UP
                )
                assert "gates of both signs" in failing(cells, boxes)
        assert mixed


@pytest.mark.parametrize("name", ["relu", "sigmoid"])
def test_boxes_by_steps(name: str) -> None:
    draw = Random(name)
    setting = QuantizationScheme(format=Format.parse("paper(2,2)"))
    entries = ActivationTable(activation(name), setting.format)
    values = table(activation(name), setting.format)
    assert can_step(setting, entries)
    planned = plan(setting, entries, 28)
    families = [
        StepFunctions(
            setting=setting, entries=entries, axis=Axis.along(setting, signs), plan=planned
        )
        for signs in [(1, 0), (0, 1), (1, -1)]
    ]
    for side in (SaturationSide.UP, SaturationSide.DOWN):
        for _ in range(4):
            amounts = [Interval(a, a) for a in (draw.randint(-9, 9), draw.randint(-9, 9))]
            boxes = [random_box(draw, families, [amount]) for amount in amounts]
            cells = BoxSums(setting=setting, entries=entries, families=families, side=side)
            check(
                cells, values, boxes, [Base(bias=5, constants=((1, 2),), total=5 + 2 * values[4])]
            )


def relu_cells(side: SaturationSide = SaturationSide.UP, inputs: int = 1) -> tuple[BoxSums, Table]:
    fmt = Format(lo=-3, hi=3, scale=2)
    values = tuple(max(code, 0) for code in codes_of(fmt))
    setting, entries = QuantizationScheme(format=fmt), entries_of(fmt, values)
    axes = [tuple(int(axis == own) for axis in range(inputs)) for own in range(inputs)]
    families = gates_for(setting, entries, axes)
    return BoxSums(setting=setting, entries=entries, families=families, side=side), values


def exactly(amount: int) -> Interval:
    return Interval(amount, amount)


def test_boxes_of_one_range_and_code_share_a_neuron() -> None:
    cells, values = relu_cells()
    boxes = [
        Box(ranges=((1, 2),), wanted=(exactly(3), None)),
        Box(ranges=((1, 2),), wanted=(None, exactly(3))),
        Box(ranges=((0, 0),), wanted=(exactly(-3), None)),
    ]
    assert check(cells, values, boxes, [NOTHING, NOTHING]) == 2


def test_whatever_lies_beyond_is_cheap() -> None:
    cells, values = relu_cells()
    boxes = [Box(ranges=((1, 2),), wanted=(Interval(-EVERYTHING, -1),))]
    assert check(cells, values, boxes, [NOTHING]) == 1


def test_no_box_at_all_leaves_a_neuron() -> None:
    for side in SaturationSide:
        cells, values = relu_cells(side, 2)
        base = Base(bias=7, constants=((3, 1),), total=10)
        assert check(cells, values, [], [base, NOTHING]) == 1


@dataclass(frozen=True, kw_only=True)
class Lacking(Neurons):
    """A family without a gate for one range."""

    low: int
    high: int

    def _gate(self, low: int, high: int) -> Penalty | None:
        return None if (low, high) == (self.low, self.high) else super()._gate(low, high)


def without_gate(cells: BoxSums, low: int, high: int) -> Lacking:
    (family,) = cells.families
    assert isinstance(family, Neurons)
    return Lacking(
        setting=family.setting, entries=family.entries, axis=family.axis, low=low, high=high
    )


def test_ranges_without_a_gate_are_built_place_by_place() -> None:
    cells, values = relu_cells()
    cells = replace(cells, families=[without_gate(cells, -1, 1)])
    boxes = [Box(ranges=((-1, 1),), wanted=(exactly(2),))]
    assert check(cells, values, boxes, [NOTHING]) == 3


def failing(cells: BoxSums, boxes: Sequence[Box]) -> str:
    with pytest.raises(NoNetwork) as caught:
        cells.layers(boxes, [NOTHING])
    return str(caught.value)


def test_why_there_is_no_network() -> None:
    cells, _ = relu_cells()
    cells = replace(cells, families=[without_gate(cells, 1, 1)])
    assert "no gate for 1 .. 1" in failing(cells, [Box(ranges=((1, 1),), wanted=(exactly(1),))])

    even = Format(lo=-2, hi=2, scale=2)
    for values, reason in [((0, 2, 0, 2, 2), "no multiple of 2"), ((1,) * 5, "do not differ")]:
        setting, entries = QuantizationScheme(format=even), entries_of(even, values)
        families = gates_for(setting, entries, [(1,)])
        cells = BoxSums(setting=setting, entries=entries, families=families, side=SaturationSide.UP)
        box = Box(ranges=(None,), wanted=(exactly(3),))
        assert reason in failing(cells, [box])


def test_amounts_are_met_at_the_least_cost() -> None:
    """One neuron where one will do: a code k in the box is worth c (T(k) - T(end))."""
    cells, values = relu_cells()
    fmt = cells.setting.format
    worth = {c * (value - values[-1]) for c, value in product(codes_of(fmt), values)}
    assert given(fmt) == set(codes_of(fmt))
    for amount in sorted(worth - {0}):
        cells, values = relu_cells()
        box = Box(ranges=((1, 2),), wanted=(exactly(amount),))
        assert check(cells, values, [box], [NOTHING]) == 1, amount
    cells, values = relu_cells()
    box = Box(ranges=((1, 2),), wanted=(exactly(2 * max(worth) + 1),))
    assert check(cells, values, [box], [NOTHING]) > 1
    assert np.all(np.array(cells.entries.array) == values)
