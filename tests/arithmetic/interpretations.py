"""One function of integers, interpreted in every way, at many points of a box."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from smtcheck.arithmetic.arrays import Arrays
from smtcheck.arithmetic.circuits import Circuits
from smtcheck.arithmetic.integers import Integers
from smtcheck.arithmetic.intervals import Interval, Intervals
from smtcheck.arithmetic.operations import Num
from smtcheck.arithmetic.terms import Terms
from tests.arithmetic.gates import values_at
from tests.arithmetic.smtlib import evaluated

#: From operations and numbers to a number.
Function = Callable[..., Num]
Box = Sequence[Interval]
Point = tuple[int, ...]

#: A function applied to points of a box.
Interpret = Callable[[Function[object], Box, Sequence[Point]], list[int]]


def by_integers(function: Function[int], box: Box, points: Sequence[Point]) -> list[int]:
    return [function(Integers(), *point) for point in points]


def by_int64(function: Function[object], box: Box, points: Sequence[Point]) -> list[int]:
    return by_arrays(function, box, points, np.int64)


def by_objects(function: Function[object], box: Box, points: Sequence[Point]) -> list[int]:
    return by_arrays(function, box, points, object)


def by_arrays(
    function: Function[object], box: Box, points: Sequence[Point], element_type: type
) -> list[int]:
    ops = Arrays(element_type)
    columns = [np.array(column, dtype=element_type) for column in zip(*points, strict=True)]
    result = function(ops, *map(ops.variable, columns, box))
    assert result.elements.dtype == element_type
    values = np.broadcast_to(result.elements, len(points)).tolist()
    assert all(value in result.bounds for value in values)
    return values


def by_points(function: Function[Interval], box: Box, points: Sequence[Point]) -> list[int]:
    """Intervals of one integer each stay that; those of the whole box contain them."""
    whole = function(Intervals(), *box)
    results = [function(Intervals(), *(Interval(n, n) for n in point)) for point in points]
    assert all(result.is_point for result in results)
    assert all(result.low in whole for result in results)
    return [result.low for result in results]


def by_terms(function: Function[object], box: Box, points: Sequence[Point]) -> list[int]:
    terms = Terms()
    names = [f"x{index}" for index in range(len(box))]
    result = function(terms, *map(terms.variable, names, box))
    return evaluated(terms, result, **dict(zip(names, zip(*points, strict=True), strict=True)))


def by_circuits(function: Function[object], box: Box, points: Sequence[Point]) -> list[int]:
    circuits = Circuits()
    result = function(circuits, *map(circuits.variable, box))
    return values_at(circuits, result, list(zip(*points, strict=True)))


EXACT_INTERPRETATIONS: list[Interpret] = [by_integers, by_objects, by_points, by_terms, by_circuits]
INTERPRETATIONS: list[Interpret] = [*EXACT_INTERPRETATIONS, by_int64]


def line(domain: Interval) -> list[Point]:
    """Every point of an interval."""
    return [(n,) for n in range(domain.low, domain.high + 1)]


class Watching:
    """Intervals that remember the hull of everything they ever saw."""

    def __init__(self) -> None:
        self.low = self.high = 0

    def seen(self, result: Interval) -> Interval:
        self.low, self.high = min(self.low, result.low), max(self.high, result.high)
        return result

    def __getattr__(self, name: str) -> Callable[..., Interval]:
        operation = getattr(Intervals(), name)
        return lambda *args: self.seen(operation(*args))


def fits_int64(function: Function[Interval], box: Box) -> bool:
    """Whether everything that is computed on a box lies in int64."""
    ops = Watching()
    function(ops, *(ops.seen(domain) for domain in box))
    return ops.low >= -(2**63) and ops.high < 2**63
