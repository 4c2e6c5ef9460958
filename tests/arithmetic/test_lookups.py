"""Tables: every interpretation finds every entry, and refuses an index that leaves the table."""

from __future__ import annotations

from itertools import combinations_with_replacement
from random import Random

import pytest

from smtcheck.arithmetic.arrays import Arrays
from smtcheck.arithmetic.integers import Integers
from smtcheck.arithmetic.intervals import Interval, Intervals
from smtcheck.arithmetic.terms import Terms
from tests.arithmetic.interpretations import INTERPRETATIONS, Interpret, by_terms, line

TABLE = [3, -1, 4, -1, 5]

ALL = pytest.mark.parametrize("interpret", INTERPRETATIONS)


def looked_up(table: list[int], shift: int = 0) -> object:
    return lambda ops, value: ops.lookup(table, ops.add(value, ops.constant(shift)))


@ALL
def test_every_part_of_every_small_table(interpret: Interpret) -> None:
    draw = Random(3)
    for length in range(1, 18):
        table = [draw.randint(-3, 3) for _ in range(length)]
        for low, high in combinations_with_replacement(range(length), 2):
            domain = Interval(low, high)
            assert interpret(looked_up(table), [domain], line(domain)) == table[low : high + 1]


@ALL
def test_some_entries_of_a_larger_table(interpret: Interpret) -> None:
    """In any order, and more than once."""
    table = [(7 * place) % 40 - 20 for place in range(40)]
    domain = Interval(3, 33)
    for places in [(3,), (33,), (9, 4, 4, 30), (20, 3, 33, 3, 20)]:
        points = [(place,) for place in places]
        assert interpret(looked_up(table), [domain], points) == [table[place] for place in places]


@ALL
def test_tables_of_wide_entries(interpret: Interpret) -> None:
    table = [2**62, -(2**62), 0, 1, -1, 2**61, 2**62]
    domain = Interval(-3, 3)
    assert interpret(looked_up(table, shift=3), [domain], line(domain)) == table


@ALL
def test_an_index_computed_from_two_numbers(interpret: Interpret) -> None:
    table = list(range(100, 130))
    box = [Interval(0, 4), Interval(0, 5)]
    points = [(a, b) for a in range(5) for b in range(6)]

    def entry(ops: object, a: object, b: object) -> object:
        return ops.lookup(table, ops.add(ops.multiply(a, ops.constant(6)), b))

    assert interpret(entry, box, points) == table


@ALL
@pytest.mark.parametrize("domain", [Interval(-1, -1), Interval(5, 5), Interval(-5, -5)])
def test_an_index_outside_the_table_is_refused(interpret: Interpret, domain: Interval) -> None:
    with pytest.raises(IndexError):
        interpret(looked_up(TABLE), [domain], line(domain))


@pytest.mark.parametrize("ops", [Arrays(), Arrays(object), Intervals(), Terms()])
@pytest.mark.parametrize("domain", [Interval(-1, 2), Interval(2, 5), Interval(-1, 5)])
def test_an_index_that_may_leave_the_table_is_refused(ops: object, domain: Interval) -> None:
    """Also where this particular index does not: only its bounds are known to be right."""
    index = domain
    if isinstance(ops, Arrays):
        index = ops.variable(Arrays(object).constant(2).elements, domain)
    elif isinstance(ops, Terms):
        index = ops.variable("x", domain)
    with pytest.raises(IndexError, match=r"table indices .* leave 0 \.\. 4"):
        ops.lookup(TABLE, index)


def test_integers_do_not_count_from_the_end() -> None:
    with pytest.raises(IndexError, match="table index -1 is negative"):
        Integers().lookup(TABLE, -1)
    with pytest.raises(IndexError):
        Integers().lookup(TABLE, 5)


def test_equal_halves_of_a_table_cost_nothing() -> None:
    """A table that ignores its index bits is one literal; one that uses a bit, one choice."""
    for table, choices in [([7] * 16, 0), ([7] * 8 + [9] * 8, 1), ([7, 9] * 8, 1)]:
        terms = Terms()
        terms.lookup(table, terms.variable("x", Interval(0, 15)))
        assert sum("ite" in text for text in terms.lines) == choices
        domain = Interval(0, 15)
        assert by_terms(looked_up(table), [domain], line(domain)) == table
