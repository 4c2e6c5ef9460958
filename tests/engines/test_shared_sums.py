"""The steps of the row merge, each on its own, against trying everything."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from random import Random

import numpy as np
import pytest

from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.integers import Integers
from smtcheck.arithmetic.intervals import Interval
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.arithmetic.rounding import Rounding
from smtcheck.engines.shared_sums import (
    FlatEnds,
    Group,
    SumOfTables,
    Tables,
    capped,
    grouped,
    normalized,
    parts_that_matter,
    trimmed,
)
from smtcheck.networks.layers import Layer, settled
from smtcheck.networks.matrices import Matrix

ELEMENTS = pytest.mark.parametrize("element_type", [np.int64, object])


def tables_of(rows: list[list[int]], element_type: type = np.int64) -> Tables:
    return tuple((atom, np.array(row, dtype=element_type)) for atom, row in enumerate(rows))


def totals(tables: Tables) -> list[int]:
    """The sum of one entry of each table, in every combination."""
    return [sum(entries) for entries in product(*(table.tolist() for _, table in tables))]


def clip(value: int, cut: Interval) -> int:
    return min(max(value, cut.low), cut.high) - cut.low


@ELEMENTS
def test_caps_change_no_clipped_sum(element_type: type) -> None:
    draw = Random(1)
    shortened = 0
    for _ in range(3000):
        size = draw.choice([1, 2, 3])
        rows = [[0, *draw.choices(range(draw.randint(1, 20)), k=3)] for _ in range(size)]
        tables = tables_of(rows, element_type)
        most = max(totals(tables))
        low, high = sorted(draw.choices(range(most + 1), k=2))
        cut = Interval(low, high)
        after, moved = capped(tables, cut)
        assert moved.size == cut.size
        assert all(table.min() == 0 for _, table in after)
        assert [clip(n, cut) for n in totals(tables)] == [clip(n, moved) for n in totals(after)]
        shortened += max(totals(after)) < most
    assert shortened > 1000


def test_caps_are_as_tight_as_the_other_tables_allow() -> None:
    tables = tables_of([[0, 3, 9], [0, 5, 6]])
    (first, second), cut = capped(tables, Interval(7, 8))
    # of the first, 0 .. 1 cannot reach 7 with any of 0 .. 6, and 8 is enough alone
    assert (first[1].tolist(), second[1].tolist(), cut) == ([0, 2, 7], [0, 5, 6], Interval(6, 7))


@ELEMENTS
def test_a_normalized_sum_is_the_same_sum(element_type: type) -> None:
    draw = Random(2)
    for _ in range(2000):
        rows = [
            [factor * n for n in draw.sample(range(-9, 9), k=4)]
            for factor in [draw.choice([1, 2, 6, -3])]
            for _ in range(draw.choice([2, 3]))
        ]
        constant = draw.randint(-50, 50) + sum(map(min, rows))
        tables = tables_of([[n - min(row) for n in row] for row in rows], element_type)
        one = SumOfTables(constant=constant, tables=tables)
        base, step, after = normalized(one)
        assert [base + step * n for n in totals(after)] == [constant + n for n in totals(tables)]
        assert all(table.min() == 0 for _, table in after)
        for factor in (2, -1, -7):  # of the whole row: the same u
            scaled = [[factor * n for n in row] for row in rows]
            other = tables_of([[n - min(row) for n in row] for row in scaled], element_type)
            ours = normalized(SumOfTables(constant=0, tables=other))[2]
            assert [t.tolist() for _, t in ours] == [t.tolist() for _, t in after]


def test_multiples_of_a_row_are_one_group() -> None:
    rows = [[0, 4, 2], [0, 0, 6]]
    opposite = [[4, 0, 2], [6, 6, 0]]
    other = [[0, 4, 2], [0, 6, 0]]
    sums = [
        SumOfTables(constant=n, tables=tables_of(t)) for n, t in enumerate([rows, other, opposite])
    ]
    sums.append(SumOfTables(constant=9, tables=tables_of([[0, 2]])))  # of one table: not in a group
    groups = grouped(sums)
    assert [(g.numbers, g.constants, g.steps) for g in groups] == [
        ((0, 2), (0, 12), (2, -2)),
        ((1,), (1,), (2,)),
    ]
    assert [group.most for group in groups] == [5, 5]
    assert groups[0].reach == Interval(0, 12)


def test_trimming_keeps_what_differs() -> None:
    outputs = np.array([[5, 5, 5, 7, 5, 5], [1, 1, 2, 2, 2, 2]])
    kept, cut = trimmed(outputs, Interval(10, 15))
    assert (kept.tolist(), cut) == ([[5, 5, 7, 5], [1, 2, 2, 2]], Interval(11, 14))
    kept, cut = trimmed(np.array([[3, 3, 3]]), Interval(4, 6))
    assert (kept.tolist(), cut) == ([[3]], Interval(4, 4))
    kept, cut = trimmed(np.array([[3]]), Interval(4, 4))
    assert (kept.tolist(), cut) == ([[3]], Interval(4, 4))


def test_constant_tables_do_not_matter() -> None:
    tables = tables_of([[0, 0], [0, 1]])
    assert [atom for atom, _ in parts_that_matter(tables)] == [1]


# ---- saturation ----

CODES = [(-3, 4), (-4, 3), (0, 5), (-6, 2), (-2, 6), (-4, 4)]


def layer_of(fmt: Format, unit: int) -> Layer:
    """One neuron whose sums are in units of 1 / unit."""
    return Layer(
        weights=Matrix.dense([[1]]),
        biases=(0,),
        input_scale=unit,
        weight_format=Format(lo=-1, hi=1, scale=1),
        output_format=fmt,
    )


def code(layer: Layer, accumulator: int) -> int:
    (result,) = settled(Integers(), layer, (accumulator,)).codes
    return result


@pytest.mark.parametrize("overflow", Overflow)
@pytest.mark.parametrize("rounding", Rounding)
def test_what_is_cut_off_is_constant(rounding: Rounding, overflow: Overflow) -> None:
    """Every sum in reach, for groups whose sums rise and fall."""
    draw = Random(f"{rounding} {overflow}")
    cut_off = 0
    for lo, hi in CODES:
        for unit, scale in product([1, 2, 3, 4, 6], [1, 2, 3]):
            fmt = Format(lo=lo, hi=hi, scale=scale, rounding=rounding, overflow=overflow)
            layer = layer_of(fmt, unit)
            count = draw.choice([1, 1, 2, 3])
            group = Group(
                tables=tables_of([[0, draw.randint(1, 30)], [0, draw.randint(1, 30)]]),
                numbers=tuple(range(count)),
                constants=tuple(draw.randint(-40, 40) for _ in range(count)),
                steps=tuple(draw.choice([-5, -2, -1, 1, 2, 3]) for _ in range(count)),
            )
            cut = FlatEnds.of(layer, [group]).cut(group)
            assert 0 <= cut.low <= cut.high <= group.most
            cut_off += group.most + 1 - cut.size
            for constant, step in zip(group.constants, group.steps, strict=True):
                codes = [code(layer, constant + step * u) for u in range(group.most + 1)]
                assert set(codes[: cut.low + 1]) == {codes[cut.low]}
                assert set(codes[cut.high :]) == {codes[cut.high]}
    assert (cut_off > 100) is (overflow is not Overflow.WRAP)


@pytest.mark.parametrize("rounding", Rounding)
def test_saturation_is_found_to_the_last_sum_but_for_the_width_of_an_interval(
    rounding: Rounding,
) -> None:
    """A rounding that looks at parity may seem to go up where it does not, by one unit."""
    plain = Format(lo=-4, hi=3, scale=1, rounding=rounding, overflow=Overflow.SATURATE)
    for unit, overflow in product([1, 2, 3, 4, 10], Overflow):
        layer = layer_of(replace(plain, overflow=overflow), unit)
        group = Group(tables=tables_of([[0, 400]]), numbers=(0,), constants=(-200,), steps=(1,))
        steps = FlatEnds.of(layer, [group])
        first = next(n for n in range(-200, 201) if code(layer, n) != code(layer, -200))
        last = next(n for n in range(200, -201, -1) if code(layer, n) != code(layer, 200))
        slack = 1 if rounding is Rounding.HALF_EVEN else 0
        if overflow is Overflow.WRAP:
            assert first - 1 - unit <= steps.low < first and last < steps.high <= last + 1 + unit
        else:
            assert first - 1 - slack <= steps.low < first
            assert last < steps.high <= last + 1 + slack
