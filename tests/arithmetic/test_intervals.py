"""Intervals: exact corners, and refusals of what cannot be bounded."""

from __future__ import annotations

from itertools import combinations_with_replacement, product

import pytest

from smtcheck.arithmetic.intervals import Interval, Intervals, hull

ENDS = list(combinations_with_replacement(range(-4, 5), 2))
SMALL = [Interval(low, high) for low, high in ENDS]
OPS = Intervals()


def members(interval: Interval) -> range:
    return range(interval.low, interval.high + 1)


def test_each_operation_gives_the_hull_of_its_values() -> None:
    for left, right in product(SMALL, SMALL):
        pairs = list(product(members(left), members(right)))
        assert OPS.add(left, right) == hull(*(a + b for a, b in pairs))
        assert OPS.multiply(left, right) == hull(*(a * b for a, b in pairs))
        assert OPS.minimum(left, right) == hull(*(min(pair) for pair in pairs))
        assert OPS.maximum(left, right) == hull(*(max(pair) for pair in pairs))


def test_division_gives_the_hull_and_modulo_contains_it() -> None:
    for value, divisor in product(SMALL, SMALL):
        if divisor.low < 1:
            continue
        pairs = list(product(members(value), members(divisor)))
        assert OPS.floor_divide(value, divisor) == hull(*(a // b for a, b in pairs))
        rests = hull(*(a % b for a, b in pairs))
        found = OPS.modulo(value, divisor)
        assert found.low <= rests.low
        assert rests.high <= found.high < divisor.high


def test_modulo_is_exact_where_the_quotient_is_settled() -> None:
    for low, high in combinations_with_replacement(range(-12, 13), 2):
        for divisor in range(1, 6):
            found = OPS.modulo(Interval(low, high), Interval(divisor, divisor))
            if low // divisor == high // divisor:
                assert found == Interval(low % divisor, high % divisor)
            else:
                assert found == Interval(0, divisor - 1)


@pytest.mark.parametrize("divisor", [Interval(0, 3), Interval(-2, -1), Interval(-1, 1)])
def test_a_divisor_that_may_not_be_positive_is_refused(divisor: Interval) -> None:
    for operation in (OPS.floor_divide, OPS.modulo):
        with pytest.raises(ZeroDivisionError, match="is not always positive"):
            operation(Interval(1, 2), divisor)


def test_choices_are_settled_exactly_where_the_comparison_is() -> None:
    then, otherwise = Interval(10, 11), Interval(20, 22)
    for left, right in product(SMALL, SMALL):
        truths = {a <= b for a, b in product(members(left), members(right))}
        expected = {True: then, False: otherwise}
        if len(truths) == 1:
            assert OPS.choose(left, right, then, otherwise) == expected[truths.pop()]
        else:
            assert OPS.choose(left, right, then, otherwise) == Interval(10, 22)


def test_lookups_are_bounded_by_the_entries_in_reach() -> None:
    table = [5, -3, 8, 8, 0]
    for low, high in combinations_with_replacement(range(len(table)), 2):
        assert OPS.lookup(table, Interval(low, high)) == hull(*table[low : high + 1])


@pytest.mark.parametrize(
    ("value", "bits"), [(0, 1), (-1, 1), (1, 2), (-2, 2), (2, 3), (-3, 3), (127, 8), (-128, 8)]
)
def test_widths_are_those_of_twos_complement(value: int, bits: int) -> None:
    assert Interval(value, value).width_bits == bits
    assert Interval(min(value, 0), max(value, -1)).width_bits == bits
    assert hull(value, -1, 0).width_bits == bits


def test_an_interval_is_never_empty_and_holds_python_integers() -> None:
    with pytest.raises(ValueError, match=r"interval 3 \.\. 2 is empty"):
        Interval(3, 2)
    with pytest.raises(TypeError, match="bounds are Python integers, not bool"):
        Interval(False, 2)
    with pytest.raises(TypeError, match="bounds are Python integers"):
        Interval(1, "2")  # type: ignore[arg-type]


def test_points_sizes_and_members() -> None:
    interval = Interval(-2, 3)
    assert (interval.size, interval.is_point) == (6, False)
    assert (Interval(4, 4).size, Interval(4, 4).is_point) == (1, True)
    assert [n for n in range(-4, 6) if n in interval] == list(members(interval))
