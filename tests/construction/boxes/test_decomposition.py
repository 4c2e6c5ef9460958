"""Boxes, level sets and sums along directions: put together again, point by point."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from random import Random

import numpy as np
import pytest

from smtcheck.construction.boxes.decomposition import (
    Ranges,
    Ridge,
    TooManyBoxes,
    boxes,
    commonest,
    levels,
    ridges,
)
from tests.construction.naive_networks import Ints


def random_array(draw: Random, most: int = 5) -> Ints:
    """Few values, in blocks or without order."""
    shape = [draw.randint(1, most) for _ in range(draw.randint(1, 3))]
    table = np.zeros(shape, dtype=np.int64)
    if draw.random() < 0.5:
        for index in np.ndindex(*shape):
            table[index] = draw.randint(-1, 2)
        return table
    for _ in range(3):
        ends = [sorted(draw.randint(0, length) for _ in range(2)) for length in shape]
        table[tuple(slice(*pair) for pair in ends)] = draw.randint(-2, 2)
    return table


def holds(ranges: Ranges, point: Sequence[int]) -> bool:
    return all(low <= place <= high for (low, high), place in zip(ranges, point, strict=True))


@pytest.mark.parametrize("seed", range(60))
def test_boxes_hold_each_point_once(seed: int) -> None:
    table = random_array(Random(seed))
    found = boxes(table, table.size)
    for point in np.ndindex(table.shape):
        values = [value for ranges, value in found if holds(ranges, point)]
        assert values == [table[point]]
    assert all(0 <= low <= high for ranges, _ in found for low, high in ranges)
    with pytest.raises(TooManyBoxes):
        boxes(table, len(found) - 1)


def test_boxes_are_few() -> None:
    one = np.zeros((6, 7, 3), dtype=np.int64)
    assert boxes(one, 99) == [(((0, 5), (0, 6), (0, 2)), 0)]
    one[2:4, 1:3] = 5
    assert len(boxes(one, 99)) == 5
    for axis in range(2):  # stripes, whichever axis they follow
        stripes = np.indices((6, 6))[axis] % 2
        assert len(boxes(stripes, 6)) == 6
    with pytest.raises(TooManyBoxes):
        boxes(np.indices((6, 6)).sum(axis=0) % 2, 35)


def test_the_commonest_value() -> None:
    assert commonest([3, -1, -1, 3, 3, 2]) == 3
    assert commonest([7]) == 7


def is_box(mask: Ints) -> bool:
    points = np.argwhere(mask)
    if not len(points):
        return False
    inside = [range(low, high + 1) for low, high in zip(points.min(0), points.max(0), strict=True)]
    return len(list(product(*inside))) == len(points)


@pytest.mark.parametrize("seed", range(60))
def test_levels_add_up(seed: int) -> None:
    table = random_array(Random(1000 + seed), 4)
    found = levels(table)
    sets = [table >= value for value in sorted(set(table.reshape(-1).tolist()))[1:]]
    assert (found is not None) == all(is_box(mask) or is_box(~mask) for mask in sets)
    if found is None:
        return
    assert len(found.boxes) == len(sets)
    for point in np.ndindex(table.shape):
        total = found.base + sum(rise for ranges, rise in found.boxes if holds(ranges, point))
        assert total == table[point]


@pytest.mark.parametrize("inputs", [1, 2, 3])
def test_levels_of_minima_and_maxima(inputs: int) -> None:
    places = np.indices((4,) * inputs)
    for table in (places.min(axis=0), places.max(axis=0)):
        found = levels(table)
        assert found is not None and len(found.boxes) == 3
    assert inputs < 2 or levels(places.sum(axis=0)) is None


def at(ridge: Ridge, codes: Sequence[int]) -> int:
    place = sum(sign * code for sign, code in zip(ridge.signs, codes, strict=True))
    assert place >= ridge.low
    return ridge.values[place - ridge.low]


def check(sums: Ints, lows: Sequence[int]) -> list[tuple[Ridge, ...]]:
    """The ways that are found, each added up at every point."""
    found = ridges(sums, lows)
    for point in np.ndindex(sums.shape):
        codes = [low + place for low, place in zip(lows, point, strict=True)]
        for way in found:
            assert sum(at(ridge, codes) for ridge in way) == sums[point], (way, point)
    return found


def directions(inputs: int) -> list[tuple[int, ...]]:
    return [signs for signs in product((0, 1, -1), repeat=inputs) if any(signs)]


def along(draw: Random, shape: Sequence[int], lows: Sequence[int], signs: Sequence[int]) -> Ints:
    """A random function of a sum with signs."""
    values = {place: draw.randint(-9, 9) for place in range(-60, 61)}
    table = np.zeros(shape, dtype=np.int64)
    for point in np.ndindex(*shape):
        codes = [low + place for low, place in zip(lows, point, strict=True)]
        table[point] = values[sum(s * code for s, code in zip(signs, codes, strict=True))]
    return table


@pytest.mark.parametrize("inputs", [1, 2, 3])
def test_functions_of_one_direction(inputs: int) -> None:
    draw = Random(inputs)
    for signs in directions(inputs):
        lows = [draw.randint(-4, 0) for _ in range(inputs)]
        table = along(draw, (5,) * inputs, lows, signs)
        (way,) = check(table, lows)
        assert len(way) == 1 and way[0].signs in (signs, tuple(-sign for sign in signs))


def test_functions_of_two_directions() -> None:
    draw = Random(4)
    for one, other in product(directions(2), repeat=2):
        for size in (2, 5, 6, 7):
            lows = [draw.randint(-4, 0) for _ in range(2)]
            table = along(draw, (size, size), lows, one) + along(draw, (size, size), lows, other)
            assert check(table, lows), (one, other, size, table.tolist())


@pytest.mark.parametrize("inputs", [2, 3])
def test_functions_that_separate(inputs: int) -> None:
    draw = Random(5)
    for _ in range(10):
        lows, shape = [-3] * inputs, (5,) * inputs
        parts = [
            along(draw, shape, lows, [int(axis == own) for axis in range(inputs)])
            for own in range(inputs)
        ]
        table = np.asarray(sum(parts))
        assert any(len(way) == inputs for way in check(table, lows))


def test_products_are_differences_of_squares() -> None:
    codes = np.arange(-7, 8)
    found = check(4 * np.multiply.outer(codes, codes), [-7, -7])
    assert {tuple(sorted(ridge.signs for ridge in way)) for way in found} >= {((1, -1), (1, 1))}


def test_most_functions_have_no_such_form() -> None:
    draw, none = Random(6), 0
    for _ in range(40):
        table = random_array(draw, 5)
        none += not check(table, [draw.randint(-3, 0) for _ in range(table.ndim)])
    assert none > 10
    table = np.zeros((5, 5), dtype=np.int64)
    table[1, 3] = 1
    assert ridges(table, [0, 0]) == []


def test_runs_of_a_ridge() -> None:
    ridge = Ridge(signs=(1, -1), low=-3, values=(4, 4, 0, 0, 0, 4, 1))
    assert ridge.runs() == [((-3, -2), 4), ((-1, 1), 0), ((2, 2), 4), ((3, 3), 1)]
