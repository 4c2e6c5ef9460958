"""Each operation, alone: every interpretation computes what Python does, on every small box."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest

from smtcheck.arithmetic.intervals import Interval
from smtcheck.arithmetic.operations import absolute, balanced, negate, subtract
from tests.arithmetic.interpretations import INTERPRETATIONS, Box, Function, Interpret, Point

INTERVALS = [
    Interval(*ends)
    for ends in [(0, 1), (-1, 0), (0, 0), (1, 1), (-1, 1), (-3, 4), (2, 5), (-9, -6)]
]
POSITIVE = [Interval(*ends) for ends in [(1, 1), (1, 2), (2, 2), (3, 3), (1, 7), (4, 4), (6, 12)]]

ALL = pytest.mark.parametrize("interpret", INTERPRETATIONS)


def points_of(box: Box) -> list[Point]:
    return list(product(*(range(axis.low, axis.high + 1) for axis in box)))


def check(
    interpret: Interpret, operation: Function[object], meaning: Callable[..., int], boxes: list[Box]
) -> None:
    for box in boxes:
        points = points_of(box)
        expected = [meaning(*point) for point in points]
        assert interpret(operation, box, points) == expected, box


@ALL
@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("add", lambda a, b: a + b),
        ("multiply", lambda a, b: a * b),
        ("minimum", min),
        ("maximum", max),
    ],
)
def test_operations_on_two_numbers(
    interpret: Interpret, name: str, meaning: Callable[..., int]
) -> None:
    boxes = list(product(INTERVALS, INTERVALS))
    check(interpret, lambda ops, a, b: getattr(ops, name)(a, b), meaning, boxes)


@ALL
@pytest.mark.parametrize(
    ("name", "meaning"),
    [("floor_divide", lambda a, b: a // b), ("modulo", lambda a, b: a % b)],
)
def test_division(interpret: Interpret, name: str, meaning: Callable[..., int]) -> None:
    boxes = list(product(INTERVALS, POSITIVE))
    check(interpret, lambda ops, a, b: getattr(ops, name)(a, b), meaning, boxes)


@ALL
def test_choices(interpret: Interpret) -> None:
    chosen = [(0, 1), (2, 2), (-3, -1)]
    boxes = [
        [*compared, Interval(*then), Interval(*otherwise)]
        for compared in product(INTERVALS[::2], INTERVALS[1::2])
        for then, otherwise in product(chosen, chosen)
    ]
    check(
        interpret,
        lambda ops, *numbers: ops.choose(*numbers),
        lambda a, b, c, d: c if a <= b else d,
        boxes,
    )


@ALL
def test_choices_between_the_numbers_that_are_compared(interpret: Interpret) -> None:
    boxes = list(product(INTERVALS, INTERVALS))
    check(interpret, lambda ops, a, b: ops.choose(a, b, a, b), min, boxes)
    check(interpret, lambda ops, a, b: ops.choose(a, b, b, b), lambda a, b: b, boxes)


@ALL
def test_derived_operations(interpret: Interpret) -> None:
    lines = [[axis] for axis in INTERVALS]
    check(interpret, negate, lambda a: -a, lines)
    check(interpret, absolute, abs, lines)
    check(interpret, subtract, lambda a, b: a - b, list(product(INTERVALS, INTERVALS)))


def test_a_balanced_tree_keeps_order_and_leaves_nothing_out() -> None:
    for length in range(1, 20):
        letters = [chr(65 + position) for position in range(length)]
        tree = balanced(lambda left, right: f"({left}{right})", letters)
        assert tree.replace("(", "").replace(")", "") == "".join(letters)
        deepest = max(
            tree[:place].count("(") - tree[:place].count(")") for place in range(len(tree))
        )
        assert deepest == (length - 1).bit_length()
