"""Integers in arrays: nothing is rounded, cut or wrapped, and parts know their bounds."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from random import Random
from typing import Any

import numpy as np
import pytest

from smtcheck.arithmetic.arrays import Arrays, WouldOverflow
from smtcheck.arithmetic.codes import CodeArray, first_outside, integers
from smtcheck.arithmetic.intervals import Interval, Intervals
from smtcheck.arithmetic.terms import Terms
from smtcheck.errors import InputError
from tests.arithmetic.interpretations import INTERPRETATIONS, Interpret, line

EDGES = [0, 1, -1, 2**31, -(2**31) - 1, 2**53 + 1, 2**63 - 1, -(2**63)]
BEYOND = [2**63, 2**64 - 1, -(2**63) - 1, 2**64, 10**40]


def test_integers_stay_what_they_are() -> None:
    draw = Random(1)
    for _ in range(300):
        values = draw.choices(EDGES + BEYOND, k=draw.randint(0, 5))
        array = integers(values)
        assert array.tolist() == values
        fits = all(-(2**63) <= value < 2**63 for value in values)
        assert array.dtype == (np.int64 if fits else object)
        assert all(type(value) is int for value in array.tolist())
        assert integers(tuple(values)).tolist() == integers(array).tolist() == values


@pytest.mark.parametrize("kind", ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", ">i2", ">i8"])
def test_arrays_of_every_integer_type_keep_their_shape(kind: str) -> None:
    limits = np.iinfo(np.dtype(kind))
    given = np.array([[limits.min, 1, 2], [3, 4, limits.max]], dtype=kind)
    array = integers(given)
    assert array.tolist() == [[limits.min, 1, 2], [3, 4, limits.max]]
    assert array.dtype == (object if kind == "u8" else np.int64)
    assert integers(given[:, 1:2]).dtype == np.int64


def test_anything_with_an_index_is_an_integer() -> None:
    assert integers([1, np.int8(-3), np.uint64(7)]).tolist() == [1, -3, 7]
    wide = integers([1, 2**70])
    assert [type(value) for value in wide.tolist()] == [int, int]
    assert integers(range(5)).tolist() == list(range(5))


@pytest.mark.parametrize(
    "values",
    [
        [0.5], [1, 2.0], [2**63, -1, 0.0], ["1"], [1, "1"], [None], [Fraction(1)], [[1], [2]],
        [[1], [2, 3]], [1, [2]], np.array([1.0]), np.array(["1"]), np.array([1, None]),
        np.array([np.datetime64(1, "s")]), [np.timedelta64(1, "s"), 1], [1 + 0j], [True],
        [1, True], [True, 2**70], np.array([True]),
    ],
)  # fmt: skip
def test_whatever_is_no_integer_is_refused(values: Any) -> None:
    with pytest.raises(InputError, match="is not an integer code"):
        integers(values)


def test_masked_arrays_are_refused() -> None:
    with pytest.raises(InputError, match="masked array"):
        integers(np.ma.array([1, 2], mask=[False, True]))


def test_the_first_element_outside_is_found_wherever_it_is() -> None:
    draw = Random(2)
    for size in (0, 1, 100, 2**16, 2**16 + 1, 2**18 + 3):
        values = np.arange(size, dtype=np.int64) % 50
        assert first_outside(values, Interval(0, 49)) is None
        for _ in range(5 if size else 0):
            places = sorted(draw.choices(range(size), k=2))
            for wrong in (-1, 50, 2**62):
                changed = values.copy()
                changed[places] = wrong
                assert first_outside(changed, Interval(0, 49)) == places[0]


@pytest.mark.parametrize("bound", [2**63 - 1, 2**63, 2**64, 2**100])
def test_bounds_need_not_fit_into_the_array(bound: int) -> None:
    small = np.array([2**63 - 1, -(2**63), 5])
    assert first_outside(small, Interval(-bound - 1, bound)) is None
    assert first_outside(small, Interval(0, bound)) == 1
    wide = integers([0, 2**63, -(2**64), 2**101])
    expected = next(i for i, v in enumerate([0, 2**63, -(2**64), 2**101]) if abs(v) > bound)
    assert first_outside(wide, Interval(-bound, bound)) == expected


@pytest.mark.parametrize("values", [EDGES, EDGES + BEYOND, [7], [2**70]])
def test_a_code_array_is_a_tuple(values: list[int]) -> None:
    codes = CodeArray(values)
    assert len(codes) == len(values)
    assert list(codes) == values
    assert codes == tuple(values) and tuple(values) == codes and codes == CodeArray(values)
    assert hash(codes) == hash(tuple(values))
    assert codes != (*values, 0) and codes != CodeArray([*values, 0]) and codes != "text"
    assert codes.bounds == Interval(min(values), max(values))
    assert all(type(codes[i]) is int and codes[i] == values[i] for i in range(len(values)))
    assert codes[-1] == values[-1]
    for outside in (len(values), -len(values) - 1):
        with pytest.raises(IndexError):
            codes[outside]
    for part in (slice(1, 3), slice(None, None, -1), slice(2, None), slice(5, 2)):
        assert codes[part] == tuple(values[part])
        assert hash(codes[part]) == hash(tuple(values[part]))
        assert codes[part] == CodeArray(values[part])
    assert np.asarray(codes).tolist() == values
    assert np.array(codes, dtype=object).tolist() == values
    assert "integers" in repr(codes)


def test_a_code_array_never_changes() -> None:
    given = np.arange(6, dtype=np.int64).reshape(2, 3)
    codes = CodeArray(given)
    given[:] = 9
    np.array(codes)[0] = 9
    assert codes == (0, 1, 2, 3, 4, 5)
    for array in (codes.array, codes[1:].array):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


@pytest.mark.parametrize("interpret", INTERPRETATIONS)
@pytest.mark.parametrize("shift", [0, 2**61])
def test_every_part_of_a_code_array_is_looked_up(interpret: Interpret, shift: int) -> None:
    draw = Random(3)
    for length in (1, 2, 9, 17):
        table = [draw.randint(-3, 3) + shift for _ in range(length)]
        codes = CodeArray(table)
        function = partial(looked_up, codes)
        for low in range(0, length, 3):
            domain = Interval(low, length - 1)
            assert interpret(function, [domain], line(domain)) == table[low:]


def looked_up(codes: CodeArray, ops: object, index: object) -> object:
    return ops.lookup(codes, index)


def test_few_elements_of_a_large_code_array_are_found_at_once() -> None:
    """No entry is taken out one by one, and no index may leave the table."""
    table = CodeArray(np.arange(10**6) % 1000)
    for element_type in (np.int64, object):
        ops = Arrays(element_type)
        index = ops.variable(np.array([[5, 999_999], [5, 0]]), Interval(0, 10**6 - 1))
        found = ops.lookup(table, index)
        assert found.elements.tolist() == [[5, 999], [5, 0]]
        assert found.elements.dtype == element_type
        assert found.bounds == Interval(0, 999) == Intervals().lookup(table, index.bounds)
        beyond = ops.variable(np.array([3]), Interval(0, 10**6))
        with pytest.raises(IndexError, match="leave 0"):
            ops.lookup(table, beyond)
    index = Arrays().variable(np.array([0]), Interval(0, 2))
    with pytest.raises(WouldOverflow):
        Arrays().lookup(CodeArray([1, 2, 2**63]), index)
    with pytest.raises(IndexError):
        Terms().lookup(table[:4], Terms().variable("x", Interval(0, 4)))
