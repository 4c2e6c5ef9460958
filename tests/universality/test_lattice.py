"""One input, one hidden layer: shifted tables generate D times everything, modulo constants.

The statement of theory.md's special case, tried with integer row operations alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from random import Random

import pytest

from tests.universality.naive import difference_gcd

Vector = tuple[int, ...]

CODES = [(-1, 1), (0, 1), (-2, 1), (0, 3), (-3, 3), (-4, 3), (0, 7), (-7, 7), (-8, 7)]


def hermite_rows(vectors: Iterable[Sequence[int]], length: int) -> list[Vector]:
    """The Hermite normal form of the lattice that vectors generate, without rows of zeros."""
    left = [list(vector) for vector in vectors]
    rows: list[list[int]] = []
    for column in range(length):
        while True:
            nonzero = [row for row in left if row[column]]
            if len(nonzero) < 2:
                break
            least = min(nonzero, key=lambda row: abs(row[column]))
            for row in nonzero:
                if row is not least:
                    factor = row[column] // least[column]
                    row[:] = [a - factor * b for a, b in zip(row, least, strict=True)]
        for pivot in nonzero:
            left.remove(pivot)
            rows.append([-a for a in pivot] if pivot[column] < 0 else pivot)
    for place, row in enumerate(rows):
        column = next(i for i, value in enumerate(row) if value)
        for above in rows[:place]:
            factor = above[column] // row[column]
            above[:] = [a - factor * b for a, b in zip(above, row, strict=True)]
    return [tuple(row) for row in rows]


def shifted(table: Sequence[int], shift: int) -> list[int]:
    """T(clip(x + shift)) for all codes x, by their places."""
    last = len(table) - 1
    return [table[min(max(place + shift, 0), last)] for place in range(len(table))]


def modulo_constants(function: Sequence[int]) -> list[int]:
    return [value - function[0] for value in function[1:]]


def generated(table: Sequence[int], shifts: Iterable[int]) -> list[Vector]:
    functions = [modulo_constants(shifted(table, shift)) for shift in shifts]
    return hermite_rows(functions, len(table) - 1)


def multiples_of(divisor: int, length: int) -> list[Vector]:
    """The normal form of D * Z^length."""
    return [
        tuple(divisor * (i == j) for j in range(length)) for i in range(length if divisor else 0)
    ]


def test_the_normal_form_is_one() -> None:
    draw = Random(3)
    for _ in range(100):
        vectors = [[draw.randint(-4, 4) for _ in range(3)] for _ in range(draw.randint(1, 5))]
        rows = hermite_rows(vectors, 3)
        mixed = [[a + 2 * b for a, b in zip(vectors[0], v, strict=True)] for v in vectors[1:]]
        draw.shuffle(mixed)
        assert hermite_rows([*mixed, vectors[0], *vectors], 3) == rows
        box = {
            tuple(sum(c * v[i] for c, v in zip(factors, vectors, strict=True)) for i in range(3))
            for factors in product(range(-1, 2), repeat=len(vectors))
        }
        assert all(hermite_rows([*rows, point], 3) == rows for point in box)


@pytest.mark.parametrize("codes", CODES, ids=str)
def test_shifts_generate_everything(codes: tuple[int, int]) -> None:
    lo, hi = codes
    size = hi - lo + 1
    draw = Random(4)
    tables = [tuple(draw.choices(range(lo, hi + 1), k=size)) for _ in range(60)]
    tables += [
        tuple(2 * draw.randint(-(-lo // 2), hi // 2) for _ in range(size)) for _ in range(20)
    ]
    tables += [tuple(hi * (place == at) for place in range(size)) for at in range(size)]
    for table in tables:
        expected = multiples_of(difference_gcd(table), size - 1)
        assert generated(table, range(-2 * size, 2 * size + 1)) == expected, table


def test_biases_of_the_format_alone_do_not() -> None:
    """In 0 .. 3 they shift in one direction only, and 0, 1, 1, 1 cannot move up."""
    table = (0, 1, 1, 1)
    assert generated(table, range(-4, 5)) == multiples_of(1, 3)
    assert generated(table, range(4)) != multiples_of(1, 3)
