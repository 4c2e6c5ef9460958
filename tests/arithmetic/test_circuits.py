"""Circuits: every operation is what it is of integers, and equal sums are one adder.

Small cases are tried at every point of every small box, wide ones at a few.  Each time
all words that were made on the way are looked at too: none leaves its bounds, and each is
exactly as wide as they need.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations_with_replacement, pairwise, product
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtcheck.arithmetic.circuits import Atom, Circuits, Linear
from smtcheck.arithmetic.integers import Integers
from smtcheck.arithmetic.intervals import Interval, Intervals
from smtcheck.arithmetic.logic import TRUE, Kind, Literal
from smtcheck.arithmetic.operations import Num, Operations, absolute, negate, subtract
from smtcheck.arithmetic.words import non_adjacent_form
from smtcheck.expressions.tables import LazyTable
from tests.arithmetic.gates import bits_of, truths_of
from tests.arithmetic.interpretations import Box, Function, Point

#: All small intervals: points, of one sign, with one sign's zero, of both signs.
ENDS = [-4, -3, -1, 0, 1, 2, 4]
SMALL = [Interval(*ends) for ends in combinations_with_replacement(ENDS, 2)]
SMALL_PAIRS = list(product(SMALL, repeat=2))
#: Longer ones, beside and across powers of two.
LONG = [Interval(*ends) for ends in [(-9, 9), (-16, 15), (-17, 16), (0, 31), (-40, -9), (5, 33)]]


def points_of(box: Box) -> list[Point]:
    return list(product(*(range(axis.low, axis.high + 1) for axis in box)))


def words(circuits: Circuits, points: Sequence[Point]) -> dict[Atom, list[int]]:
    """The values of all words that were made, at all points."""
    columns = zip(*points, strict=True)
    inputs = [
        bit
        for atom, column in zip(circuits.variables, columns, strict=True)
        for bit in bits_of(column, len(atom.bits))
    ]
    truths = truths_of(circuits.logic, inputs)
    found = {}
    for atom in circuits._atoms.values():
        *others, sign = (truths[abs(bit) - 1] ^ (bit < 0) for bit in atom.bits)
        total = sum(bit.astype(object) << place for place, bit in enumerate(others))
        word = total - (sign.astype(object) << len(others))
        found[atom] = [int(number) for number in np.broadcast_to(word, len(points))]
    return found


def check(function: Function[object], box: Box, points: Sequence[Point] | None = None) -> Linear:
    """It gives in circuits what it gives of integers, and all words keep their bounds."""
    points = points_of(box) if points is None else points
    circuits = Circuits()
    result = function(circuits, *map(circuits.variable, box))
    values = words(circuits, points)
    for atom, numbers in values.items():
        assert len(atom.bits) == atom.bounds.width_bits
        assert all(number in atom.bounds for number in numbers), (box, atom.bounds)
    expected = [function(Integers(), *point) for point in points]
    found = [result.constant] * len(points)
    for atom, coefficient in result.terms:
        found = [n + coefficient * word for n, word in zip(found, values[atom], strict=True)]
    assert found == expected, box
    assert min(expected) >= result.bounds.low
    assert max(expected) <= result.bounds.high
    licensed = function(Intervals(), *box)
    assert licensed.low <= result.bounds.low
    assert result.bounds.high <= licensed.high
    return result


def check_tight(function: Function[object], box: Box) -> None:
    """And the bounds of the result are those that intervals find."""
    assert check(function, box).bounds == function(Intervals(), *box), box


def literal_values(
    circuits: Circuits, literals: Sequence[Literal], points: Sequence[Point]
) -> list[bool]:
    """Where all of these literals are true."""
    bits: list[object] = []
    for atom, column in zip(circuits.variables, zip(*points, strict=True), strict=True):
        bits += bits_of(column, len(atom.bits))
    truths = truths_of(circuits.logic, bits)
    holds = np.ones(len(points), dtype=bool)
    for literal in literals:
        holds = holds & (truths[abs(literal) - 1] ^ (literal < 0))
    return holds.tolist()


# ---- one operation ----

#: Operations of two variables.
OF_TWO: dict[str, Function[object]] = {
    "add": lambda ops, a, b: ops.add(a, b),
    "multiply": lambda ops, a, b: ops.multiply(a, b),
    "minimum": lambda ops, a, b: ops.minimum(a, b),
    "maximum": lambda ops, a, b: ops.maximum(a, b),
    "choose a word": lambda ops, a, b: ops.choose(a, b, b, a),
    "choose a constant": lambda ops, a, b: ops.choose(a, b, ops.constant(-3), b),
    "choose a word or a constant": lambda ops, a, b: ops.choose(a, b, a, ops.constant(11)),
    "choose one of two constants": lambda ops, a, b: ops.choose(
        a, b, ops.constant(7), ops.constant(-2)
    ),
}


@pytest.mark.parametrize("name", OF_TWO)
def test_operations_of_two_variables(name: str) -> None:
    for box in SMALL_PAIRS:
        check_tight(OF_TWO[name], box)
    for box in product(LONG[::2], LONG[1::2]):
        check_tight(OF_TWO[name], box)


def test_operations_of_one_variable_twice() -> None:
    for domain in [*SMALL, *LONG]:
        check_tight(lambda ops, a: ops.multiply(a, a), [domain])
        check(lambda ops, a: absolute(ops, a), [domain])
        for function in OF_TWO.values():
            check(lambda ops, a, function=function: function(ops, a, a), [domain])


@pytest.mark.parametrize("factor", range(-9, 10))
def test_constant_multiples(factor: int) -> None:
    """Also where the multiple becomes a word: compared with a variable."""
    for domain in [*SMALL, *LONG]:
        check_tight(lambda ops, a: ops.multiply(a, ops.constant(factor)), [domain])
        check_tight(lambda ops, a: ops.multiply(ops.constant(factor), a), [domain])
    for box in SMALL_PAIRS[::3]:
        check(lambda ops, a, b: ops.maximum(ops.multiply(a, ops.constant(factor)), b), box)


def test_products_of_sums() -> None:
    """(g u + c)(h v + d), of factors with constants, and of equal sums."""
    draw = Random(1)
    for box in SMALL_PAIRS:
        numbers = [draw.randint(-3, 3) for _ in range(6)]
        check(product_of_sums(*numbers), box)
        check(squared_sum(*numbers[:3]), box)


def product_of_sums(g: int, h: int, c: int, k: int, m: int, d: int) -> Function[object]:
    return lambda ops, a, b: ops.multiply(
        affine(ops, [(g, a), (h, b)], c), affine(ops, [(k, b), (m, a)], d)
    )


def squared_sum(g: int, h: int, c: int) -> Function[object]:
    return lambda ops, a, b: square(ops, affine(ops, [(g, a), (h, b)], c))


def affine(ops: Operations[Num], terms: Sequence[tuple[int, Num]], constant: int) -> Num:
    total = ops.constant(constant)
    for coefficient, number in terms:
        total = ops.add(total, ops.multiply(ops.constant(coefficient), number))
    return total


def square(ops: Operations[Num], number: Num) -> Num:
    return ops.multiply(number, number)


# ---- division ----


@pytest.mark.parametrize("divisor", range(1, 13))
def test_division_by_constants(divisor: int) -> None:
    for domain in [*SMALL, *LONG, Interval(-70, 90), Interval(121, 131), Interval(-25, -24)]:
        check_tight(lambda ops, a: ops.floor_divide(a, ops.constant(divisor)), [domain])
        check_tight(lambda ops, a: ops.modulo(a, ops.constant(divisor)), [domain])


@pytest.mark.parametrize("divisor", [1, 2, 3, 4, 6, 7, 8, 12])
def test_division_of_sums_by_constants(divisor: int) -> None:
    """Common factors and multiples of the divisor disappear, but not their remainders."""
    for factor, constant in product(range(-6, 7), [-13, -4, -1, 0, 2, 5, 12]):
        check(parts_of_ratio([factor], constant, [0], divisor), [Interval(-4, 5)])
    for g, h, constant in [(6, 4, 3), (-4, 8, 5), (12, 3, -1), (5, -2, 7), (24, 36, 30)]:
        for box in [(Interval(-4, 3), Interval(-2, 5)), (Interval(1, 3), Interval(-9, -8))]:
            check(parts_of_ratio([g, h], constant, [0, 0], divisor), box)


def parts_of_ratio(
    above: Sequence[int], plus: int, below: Sequence[int], divisor: int
) -> Function[object]:
    """The ratio of two sums of the inputs."""

    def function(ops: Operations[Num], *inputs: Num) -> Num:
        value = affine(ops, list(zip(above, inputs, strict=True)), plus)
        return combined(ops, value, affine(ops, list(zip(below, inputs, strict=True)), divisor))

    return function


def combined(ops: Operations[Num], value: Num, divisor: Num) -> Num:
    """Quotient and remainder, neither of which can hide in the other."""
    quotient, rest = ops.floor_divide(value, divisor), ops.modulo(value, divisor)
    return ops.add(ops.multiply(quotient, ops.constant(1000)), rest)


def test_division_by_variables() -> None:
    divisors = [Interval(*ends) for ends in combinations_with_replacement([1, 2, 3, 4, 5, 8, 9], 2)]
    for box in product([*SMALL[::2], *LONG], divisors):
        check_tight(lambda ops, a, b: ops.floor_divide(a, b), box)
        check_tight(lambda ops, a, b: ops.modulo(a, b), box)
        check(combined, box)


def test_division_by_sums_that_share_a_variable_with_the_dividend() -> None:
    for low, high in [(0, 6), (-5, 7), (3, 3)]:
        for constant in range(-9, 10, 3):
            function = parts_of_ratio([2, -3], constant, [1, 2], 9)
            check(function, [Interval(low, high), Interval(-1, 3)])


@pytest.mark.parametrize("name", ["floor_divide", "modulo"])
def test_divisors_that_may_not_be_positive_are_refused(name: str) -> None:
    circuits = Circuits()
    value = circuits.variable(Interval(0, 9))
    divide = getattr(circuits, name)
    for bounds in [Interval(0, 3), Interval(-2, 5), Interval(-3, -1), Interval(0, 0)]:
        with pytest.raises(ZeroDivisionError, match="is not always positive"):
            divide(value, circuits.variable(bounds))
    for divisor in (0, -1, -8):
        for dividend in (value, circuits.constant(4)):
            with pytest.raises(ZeroDivisionError, match="is not always positive"):
                divide(dividend, circuits.constant(divisor))


# ---- tables ----


def looked_up(table: Sequence[int], shift: int) -> Function[object]:
    return lambda ops, value: ops.lookup(table, ops.add(value, ops.constant(shift)))


def test_every_part_of_every_small_table() -> None:
    draw = Random(2)
    for length in range(1, 20):
        table = [draw.randint(-5, 5) for _ in range(length)]
        for low, high in combinations_with_replacement(range(length), 2):
            check_tight(looked_up(table, 0), [Interval(low, high)])
            check_tight(looked_up(table, low + 3), [Interval(-3, high - low - 3)])


@pytest.mark.parametrize("low", [17, 31, 32, 33, 100, 511, 900])
def test_indices_far_from_zero(low: int) -> None:
    """Lists and lazy tables, of which no entry is asked for that is not needed."""
    asked = set()

    def entry(place: int) -> int:
        asked.add(place)
        return place * place % 37 - 18

    for size in (1, 2, 3, 7, 8, 9, 33):
        asked.clear()
        domain = Interval(low, low + size - 1)
        check_tight(looked_up(LazyTable(entry, 2**40), 0), [domain])
        assert asked == set(range(low, low + size))
        check_tight(looked_up([entry(place) for place in range(1000)], 0), [domain])
        check_tight(looked_up([entry(place) for place in range(1000)], low), [Interval(0, size)])


def lookup_cost(table: Sequence[int], low: int, size: int) -> int:
    """How many gates some entries of a table take."""
    circuits = Circuits()
    index = circuits.add(circuits.variable(Interval(0, size - 1)), circuits.constant(low))
    before = len(circuits.logic.gates)
    circuits.lookup(table, index)
    return len(circuits.logic.gates) - before


def test_what_is_never_taken_costs_nothing() -> None:
    """Nor memory: entries before the first one that is, and beside the last one."""
    draw = Random(6)
    entries = [draw.getrandbits(40) for _ in range(65)]
    far = LazyTable(lambda place: entries[place - 2**39], 2**40)
    for size in (3, 8, 9, 17, 33, 65):
        assert lookup_cost(far, 2**39, size) == lookup_cost(entries, 0, size)
    for size in (8, 16, 32, 64):  # one choice more, at the root
        assert lookup_cost(entries, 0, size + 1) <= lookup_cost(entries, 0, size) + 41


def test_tables_of_shapes_that_could_be_mistaken() -> None:
    for table in [
        [5] * 9, [0, 1] * 8, [1] * 8 + [0] * 8, list(range(-8, 9)), [2**70, -(2**70), 0, 2**69],
        [-1], [-1, 0], [7, 7, 7, -8], [n & 5 for n in range(16)],
    ]:  # fmt: skip
        check_tight(looked_up(table, 0), [Interval(0, len(table) - 1)])


def test_an_index_computed_from_two_numbers() -> None:
    table = [n * 7 % 31 for n in range(40)]
    for low, constant in [(0, 0), (-2, 12), (1, 2)]:
        box = [Interval(low, low + 4), Interval(3, 7)]
        check(
            lambda ops, a, b, c=constant: ops.lookup(table, affine(ops, [(6, a), (1, b)], c)), box
        )


@pytest.mark.parametrize("table", [[3, 1, 4, 1, 5], LazyTable(lambda place: place, 5)])
def test_indices_that_may_leave_the_table_are_refused(table: Sequence[int]) -> None:
    circuits = Circuits()
    for bounds in [Interval(-1, 2), Interval(2, 5), Interval(-1, 5), Interval(5, 5)]:
        with pytest.raises(IndexError, match=r"table indices .* leave 0 \.\. 4"):
            circuits.lookup(table, circuits.variable(bounds))
    with pytest.raises(IndexError):
        circuits.lookup(table, circuits.constant(-1))


# ---- conditions ----


def test_within_is_true_exactly_inside_the_bounds() -> None:
    """For every word of as many bits, and never says what is always true."""
    for low, high in combinations_with_replacement(range(-9, 10), 2):
        circuits, bounds = Circuits(), Interval(low, high)
        circuits.variable(bounds)
        (atom,) = circuits.variables
        reach = 1 << (len(atom.bits) - 1)
        literals = circuits.within(atom)
        points = [(n,) for n in range(-reach, reach)]
        assert literal_values(circuits, literals, points) == [n in bounds for (n,) in points]
        assert len(literals) == (low > -reach) + (high < reach - 1)
        assert TRUE not in literals


def test_is_positive() -> None:
    for domain in [*SMALL, *LONG]:
        for factor, constant in product([-3, -2, -1, 0, 1, 2, 3], range(-4, 5)):
            circuits = Circuits()
            value = affine(circuits, [(factor, circuits.variable(domain))], constant)
            points = points_of([domain])
            expected = [factor * n + constant >= 1 for (n,) in points]
            assert literal_values(circuits, [circuits.is_positive(value)], points) == expected


def test_comparisons_of_sums() -> None:
    """f a + c <= g b + d, with every sign of the difference, and with common factors."""
    box = [Interval(-4, 3), Interval(-2, 5)]
    for f, g, c, d in product([-6, -1, 0, 2, 3], [-4, 0, 1, 6], [-5, 0, 7], [0, 3]):
        check(comparison(f, g, c, d), box)


def comparison(f: int, g: int, c: int, d: int) -> Function[object]:
    return lambda ops, a, b: ops.choose(
        affine(ops, [(f, a)], c), affine(ops, [(g, b)], d), ops.constant(1), ops.constant(0)
    )


# ---- sums ----


def test_sums_of_many_terms() -> None:
    """With common factors, repeated terms, terms that cancel, and sums inside sums."""
    draw = Random(3)
    for _ in range(300):
        box = [draw.choice(SMALL) for _ in range(draw.randint(1, 4))]
        scale = draw.choice([1, 1, 2, -3, 8])
        places = [*range(len(box)), *(draw.randrange(len(box)) for _ in range(2))]
        rows = [
            [(scale * draw.randint(-9, 9), place) for place in places]
            for _ in range(draw.randint(1, 3))
        ]
        function = sums_inside_sums(rows, draw.randint(-20, 20), draw.choice([1, 2, 3, 8, 10]))
        check(function, box, some(draw, points_of(box), 60))


def sums_inside_sums(
    rows: Sequence[Sequence[tuple[int, int]]], threshold: int, divisor: int
) -> Function[object]:
    """Of rows of coefficients and places of inputs."""

    def function(ops: Operations[Num], *inputs: Num) -> Num:
        total = ops.constant(0)
        for row in rows:
            weighted = affine(ops, [(code, inputs[place]) for code, place in row], divisor)
            kept = ops.maximum(weighted, affine(ops, [(1, total)], threshold))
            total = ops.floor_divide(ops.add(kept, weighted), ops.constant(divisor))
        return total

    return function


def some(draw: Random, points: list[Point], most: int) -> list[Point]:
    return draw.sample(points, min(len(points), most))


def test_sums_onto_beginnings_that_are_there_already() -> None:
    """Multiples of shorter and longer beginnings of one sum, in any order."""
    draw = Random(4)
    box = [Interval(-3, 2), Interval(0, 5), Interval(-4, -1), Interval(2, 3)]
    points = draw.sample(points_of(box), 60)
    for _ in range(80):
        base = [draw.choice([-6, -2, -1, 1, 2, 3, 4]) for _ in box]
        rows = [beginning(draw, base) for _ in range(5)]
        check(cut_sums([*rows, base]), box, points)


def beginning(draw: Random, row: Sequence[int]) -> list[int]:
    """A multiple of the first entries, and perhaps another entry."""
    factor, length = draw.choice([-3, -1, 1, 2]), draw.randint(1, 3)
    return [factor * n for n in row[:length]] + draw.choice([[], [0], [1], [-5]])


def cut_sums(rows: Sequence[Sequence[int]]) -> Function[object]:
    """All of these sums, cut off on one side, in one number."""

    def function(ops: Operations[Num], *inputs: Num) -> Num:
        total = ops.constant(0)
        for row in rows:
            weighted = affine(ops, list(zip(row, inputs, strict=False)), 0)
            cut = ops.minimum(weighted, ops.constant(9))
            total = ops.add(ops.multiply(total, ops.constant(100)), cut)
        return total

    return function


def variables(circuits: Circuits, count: int = 3) -> list[Linear]:
    return [circuits.variable(Interval(-9, 9)) for _ in range(count)]


def test_the_same_sum_is_the_same_number_however_it_is_written() -> None:
    circuits = Circuits()
    x, y, z = variables(circuits)
    assert subtract(circuits, circuits.add(x, y), y) == x
    assert circuits.add(circuits.add(x, y), z) == circuits.add(z, circuits.add(y, x))
    three = circuits.constant(3)
    once = circuits.multiply(three, affine(circuits, [(1, x), (2, y)], 1))
    assert once == affine(circuits, [(6, y), (3, x)], 3)
    assert negate(circuits, negate(circuits, once)) == once
    assert subtract(circuits, once, once) == circuits.constant(0)
    assert circuits.multiply(x, circuits.constant(0)) == circuits.constant(0)
    assert circuits.logic.gates[1:] == [(Kind.INPUT, ())] * len(circuits.logic.gates[1:])


def test_equal_words_are_one_atom() -> None:
    circuits = Circuits()
    x, y, z = variables(circuits)
    table = list(range(19))
    for _ in range(2):
        made = [
            circuits.multiply(x, y), circuits.multiply(y, x), circuits.maximum(x, y),
            circuits.floor_divide(x, circuits.constant(3)), circuits.choose(x, y, z, x),
            circuits.lookup(table, circuits.add(x, circuits.constant(9))),
        ]  # fmt: skip
        atoms, gates = len(circuits._atoms), len(circuits.logic.gates)
    assert made[0] == made[1]
    again = circuits.multiply(y, x), circuits.maximum(x, y), circuits.choose(x, y, z, x)
    assert again == (made[0], made[2], made[4])
    assert (len(circuits._atoms), len(circuits.logic.gates)) == (atoms, gates)
    numbers = [atom.number for atom in circuits._atoms.values()]
    assert numbers == sorted(set(numbers))


def choice(circuits: Circuits, value: Linear, threshold: int) -> Linear:
    """Something that needs the word of a sum."""
    one, zero = circuits.constant(1), circuits.constant(0)
    return circuits.choose(value, circuits.constant(threshold), one, zero)


def test_multiples_of_a_sum_share_its_accumulator() -> None:
    circuits = Circuits()
    x, y, _ = variables(circuits)
    choice(circuits, affine(circuits, [(1, x), (2, y)], 0), 5)
    (accumulator,) = circuits.sums
    gates = len(circuits.logic.gates)
    for factor, constant in [(3, 0), (3, 8), (-1, 2), (-4, 0), (1, 5)]:
        choice(circuits, affine(circuits, [(2 * factor, y), (factor, x)], constant), 7)
    assert circuits.sums == [accumulator]
    # a comparison with a constant costs at most a gate for each bit
    assert len(circuits.logic.gates) <= gates + 5 * len(accumulator.bits)


def test_a_threshold_is_the_same_for_every_multiple() -> None:
    """3 s <= 16, s <= 5, -s >= -5, 2 s + 1 <= 12 and s < 6 are one condition."""
    circuits = Circuits()
    x, y, _ = variables(circuits)
    s = affine(circuits, [(1, x), (2, y)], 0)
    found = {
        choice(circuits, circuits.multiply(s, circuits.constant(3)), 16),
        choice(circuits, s, 5),
        choice(circuits, affine(circuits, [(2, s)], 1), 12),
        subtract(
            circuits,
            circuits.constant(1),
            choice(circuits, circuits.multiply(s, circuits.constant(-1)), -6),
        ),
    }
    assert len(found) == 1


def test_rounding_of_a_sum_shares_the_accumulator_with_a_comparison() -> None:
    for divisor in (2, 8, 3, 12):
        for factor in (1, -1, 5):
            circuits = Circuits()
            x, y, _ = variables(circuits)
            total = affine(circuits, [(factor, x), (7 * factor, y)], 0)
            half = circuits.constant(divisor // 2)
            circuits.floor_divide(circuits.add(total, half), circuits.constant(divisor))
            (accumulator,) = circuits.sums
            choice(circuits, total, 3)
            circuits.modulo(circuits.add(total, circuits.constant(1)), circuits.constant(divisor))
            assert circuits.sums == [accumulator]


def test_common_factors_disappear_from_a_division() -> None:
    """floor((6 x + 4 y + 9) / 8) = floor((3 x + 2 y + 4) / 4)."""
    circuits = Circuits()
    x, y, _ = variables(circuits)
    one = circuits.floor_divide(affine(circuits, [(6, x), (4, y)], 9), circuits.constant(8))
    other = circuits.floor_divide(affine(circuits, [(3, x), (2, y)], 4), circuits.constant(4))
    assert one == other
    gates = len(circuits.logic.gates)
    exact = circuits.floor_divide(affine(circuits, [(6, x), (4, y)], 9), circuits.constant(2))
    assert exact == affine(circuits, [(3, x), (2, y)], 4)
    assert len(circuits.logic.gates) == gates


def test_multiples_of_the_divisor_disappear_from_a_remainder() -> None:
    circuits = Circuits()
    x, y, _ = variables(circuits)
    eight = circuits.constant(8)
    alone = circuits.modulo(affine(circuits, [(3, x)], 5), eight)
    gates = len(circuits.logic.gates)
    assert circuits.modulo(affine(circuits, [(3, x), (16, y)], -11), eight) == alone
    assert circuits.modulo(affine(circuits, [(-8, y)], 13), eight) == circuits.constant(5)
    assert len(circuits.logic.gates) == gates


def test_quotient_and_remainder_are_one_division() -> None:
    for bounds in [Interval(5, 5), Interval(2, 9)]:
        circuits = Circuits()
        x, _, _ = variables(circuits)
        divisor = circuits.variable(bounds) if bounds.low < 5 else circuits.constant(5)
        circuits.floor_divide(x, divisor)
        gates = len(circuits.logic.gates)
        circuits.modulo(x, divisor)
        assert len(circuits.logic.gates) == gates


def test_division_by_a_power_of_two_costs_nothing() -> None:
    """And by an even number no more than by its odd part."""
    costs = []
    for divisor in (2, 8, 32, 3, 12):
        circuits = Circuits()
        x, _, _ = variables(circuits)
        before = len(circuits.logic.gates)
        combined(circuits, x, circuits.constant(divisor))
        costs.append(len(circuits.logic.gates) - before)
    assert costs[:3] == [0, 0, 0]
    assert 0 < costs[4] <= costs[3]


def test_a_sum_is_built_onto_its_beginning() -> None:
    """3 x + 6 y + z costs less where x + 2 y is there: one multiple instead of two."""
    costs = []
    for is_there in (True, False):
        circuits = Circuits()
        x, y, z = variables(circuits)
        if is_there:
            choice(circuits, affine(circuits, [(1, x), (2, y)], 0), 5)
        before = len(circuits.logic.gates)
        choice(circuits, affine(circuits, [(21, x), (42, y), (1, z)], 0), 5)
        costs.append(len(circuits.logic.gates) - before)
        assert len(circuits.sums) == 1 + is_there
    assert costs[0] < 0.8 * costs[1]


def test_of_two_beginnings_the_longer_one_is_taken() -> None:
    costs = []
    for longest in (2, 3):
        circuits = Circuits()
        numbers = variables(circuits, 4)
        for length in range(2, longest + 1):
            terms = list(zip([1, 2, 4], numbers[:length], strict=False))
            choice(circuits, affine(circuits, terms, 0), 5)
        before = len(circuits.logic.gates)
        terms = list(zip([21, 42, 84, 1], numbers, strict=True))
        choice(circuits, affine(circuits, terms, 0), 5)
        costs.append(len(circuits.logic.gates) - before)
    assert costs[1] < 0.8 * costs[0]


def test_choices_between_constants_are_multiples_of_one_bit() -> None:
    circuits = Circuits()
    x, y, _ = variables(circuits)
    six, one, four, zero = map(circuits.constant, (6, 1, 4, 0))
    first = circuits.choose(x, y, six, one)
    other = circuits.choose(circuits.add(y, one), x, one, six)  # y < x
    assert first == other
    complement = circuits.choose(x, y, zero, one)
    assert circuits.add(circuits.choose(x, y, one, zero), complement) == one
    assert subtract(circuits, first, circuits.choose(x, y, six, one)) == zero
    assert circuits.choose(x, y, four, four) == four
    total = affine(circuits, [(1, x), (2, y)], 4)
    assert circuits.choose(x, y, total, total) == total


def test_what_bounds_settle_is_not_computed() -> None:
    circuits = Circuits()
    x = circuits.variable(Interval(1, 9))
    zero, one, ten = map(circuits.constant, (0, 1, 10))
    before = len(circuits.logic.gates)
    assert circuits.minimum(x, ten) == circuits.maximum(zero, x) == x
    assert circuits.minimum(one, x) == one
    assert circuits.choose(x, ten, x, ten) == circuits.choose(ten, x, ten, x) == x
    above = circuits.add(x, one)
    assert circuits.choose(x, above, ten, zero) == ten  # whatever x is
    assert circuits.choose(above, x, ten, zero) == zero
    assert circuits.modulo(x, one) == zero
    assert circuits.floor_divide(x, one) == circuits.modulo(x, circuits.constant(16)) == x
    assert circuits.lookup([3, 4, 5], one) == circuits.constant(4)
    assert circuits.lookup([7] * 10, x) == circuits.constant(7)
    assert len(circuits.logic.gates) == before
    assert circuits.floor_divide(x, ten) == zero


def test_words_of_constant_bits_are_constants() -> None:
    """Though their bounds allow other numbers."""
    circuits = Circuits()
    x = circuits.variable(Interval(0, 3))
    eights = circuits.lookup([8, 16, 0, 24], x)
    assert circuits.modulo(eights, circuits.constant(8)) == circuits.constant(0)
    even = circuits.lookup([0, 2, 2, 0], x)
    for entry in (-3, -1, 0, 5):
        assert circuits.lookup([entry, 7, entry, 9], even) == circuits.constant(entry)


def test_equal_parts_of_a_table_cost_nothing() -> None:
    for table, gates in [([7] * 8 + [9] * 8, 0), ([7, 9] * 8, 0), ([7, 7, 9, 9, 9, 9, 7, 7], 1)]:
        circuits = Circuits()
        index = circuits.variable(Interval(0, len(table) - 1))
        before = len(circuits.logic.gates)
        circuits.lookup(table, index)
        assert len(circuits.logic.gates) == before + gates
        check(looked_up(table, 0), [Interval(0, len(table) - 1)])


# ---- wide words ----


@given(st.integers(-(2**80), 2**80))
def testsigned_digits(factor: int) -> None:
    digits = non_adjacent_form(factor)
    assert sum(digit << position for position, digit in digits) == factor
    assert all(digit in (1, -1) for _, digit in digits)
    places = [position for position, _ in digits]
    assert all(b - a >= 2 for a, b in pairwise(places))


@st.composite
def wide_domains(draw: st.DrawFn, least_bits: int = 1, most_bits: int = 80) -> Interval:
    """Beside powers of two and anywhere, of few numbers or of many."""
    size = 2 ** draw(st.integers(least_bits, most_bits))
    low = draw(
        st.sampled_from([-size, 1 - size, -1, 0, 1, size - 1, size]) | st.integers(-size, size)
    )
    return Interval(low, low + draw(st.sampled_from([0, 1, size - 1, size]) | st.integers(0, size)))


def wide_points(data: st.DataObject, box: Box) -> list[Point]:
    """The corners, and a few points between them."""
    inside = [st.integers(axis.low, axis.high) for axis in box]
    corners = product(*((axis.low, axis.high) for axis in box))
    return [*corners, *data.draw(st.lists(st.tuples(*inside), min_size=3, max_size=6))]


@given(st.data(), wide_domains(), wide_domains(), st.integers(-(2**80), 2**80))
@settings(max_examples=60)
def test_wide_sums_and_choices(
    data: st.DataObject, first: Interval, second: Interval, factor: int
) -> None:
    box = (first, second)

    def everything(ops: Operations[Num], a: Num, b: Num) -> Num:
        scaled = affine(ops, [(factor, a), (1, b)], factor // 3)
        kept = ops.maximum(scaled, ops.minimum(a, affine(ops, [(-3, b)], 2**79)))
        return ops.choose(kept, b, ops.add(a, kept), absolute(ops, subtract(ops, kept, a)))

    check(everything, box, wide_points(data, box))


@given(st.data(), wide_domains(), wide_domains())
@settings(max_examples=12)
def test_wide_products(data: st.DataObject, first: Interval, second: Interval) -> None:
    box = (first, second)
    check(lambda ops, a, b: ops.multiply(a, b), box, wide_points(data, box))


@given(st.data(), wide_domains(), st.integers(1, 2**70) | st.integers(0, 80).map(lambda n: 2**n))
@settings(max_examples=25)
def test_wide_divisions_by_constants(data: st.DataObject, domain: Interval, divisor: int) -> None:
    points = wide_points(data, [domain])

    def sums_of_parts(ops: Operations[Num], a: Num) -> Num:
        by = ops.constant(divisor)
        quotient, rest = ops.floor_divide(a, by), ops.modulo(a, by)
        return ops.add(ops.multiply(quotient, ops.constant(2**100)), rest)

    check(sums_of_parts, [domain], points)


@given(st.data(), wide_domains(), wide_domains(most_bits=60))
@settings(max_examples=12)
def test_wide_divisions_by_variables(
    data: st.DataObject, domain: Interval, divisors: Interval
) -> None:
    positive = Interval(max(1, abs(divisors.low)), max(1, abs(divisors.low)) + divisors.size)
    box = (domain, positive)
    points = wide_points(data, box)
    check(lambda ops, a, b: ops.floor_divide(a, b), box, points)
    check(lambda ops, a, b: ops.modulo(a, b), box, points)


# ---- everything at once ----


def random_functions(draw: Random, count: int) -> Iterator[tuple[Function[object], Box]]:
    for _ in range(count):
        seed, axes = draw.random(), draw.randint(1, 3)
        yield random_function(seed), [draw.choice(SMALL) for _ in range(axes)]


def random_function(seed: float) -> Function[object]:
    """A dozen operations, each of earlier results; the same ones in every interpretation."""

    def function(ops: Operations[Num], *inputs: Num) -> Num:
        draw, known = Random(seed), [*inputs, ops.constant(2), ops.constant(-3)]
        for _ in range(12):
            known.append(random_step(draw)(ops, *(draw.choice(known[-6:]) for _ in range(4))))
        return known[-1]

    return function


def random_step(draw: Random) -> Callable[..., object]:
    """Remainders keep what grows small."""
    n, by, table = draw.randint(-9, 9), draw.randint(1, 9), [draw.randint(-9, 9) for _ in range(12)]
    return draw.choice([
        lambda ops, a, b, c, d: ops.add(a, b),
        lambda ops, a, b, c, d: affine(ops, [(n, a), (by, b)], n),
        lambda ops, a, b, c, d: ops.multiply(bounded(ops, a, by), bounded(ops, b, 7)),
        lambda ops, a, b, c, d: ops.floor_divide(a, ops.constant(by)),
        lambda ops, a, b, c, d: ops.modulo(a, ops.constant(by)),
        lambda ops, a, b, c, d: ops.floor_divide(a, ops.add(bounded(ops, b, 6), ops.constant(by))),
        lambda ops, a, b, c, d: ops.modulo(a, ops.add(bounded(ops, b, 6), ops.constant(by))),
        lambda ops, a, b, c, d: ops.maximum(a, b),
        lambda ops, a, b, c, d: ops.minimum(a, ops.constant(n)),
        lambda ops, a, b, c, d: ops.choose(a, b, c, d),
        lambda ops, a, b, c, d: ops.choose(a, b, ops.constant(n), ops.constant(by)),
        lambda ops, a, b, c, d: ops.lookup(table, bounded(ops, a, 12)),
    ])  # fmt: skip


def bounded(ops: Operations[Num], value: Num, size: int) -> Num:
    return ops.modulo(value, ops.constant(size))


def test_random_functions() -> None:
    draw = Random(5)
    for function, box in random_functions(draw, 250):
        check(function, box, some(draw, points_of(box), 40))
