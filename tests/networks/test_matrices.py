"""Weight matrices: from entries, arrays or rows, and what is said about wrong ones."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest

from smtcheck.arithmetic.arrays import Arrays
from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.intervals import Interval
from smtcheck.errors import InputError
from smtcheck.networks.layers import Layer
from smtcheck.networks.matrices import MAX_WEIGHTS, Matrix

WIDE = Format.parse("codes(-2^80,2^80,1)")


def entries_of(matrix: Matrix) -> dict[tuple[int, int], int]:
    """Every weight by place, asked for row by row."""
    return {
        (row, column): code for row in range(matrix.outputs) for column, code in matrix.row(row)
    }


def random_entries(draw: Random, shape: tuple[int, int]) -> list[tuple[int, int, int]]:
    """Different places in any order, some of them zero, some of them beyond int64."""
    places = [(row, column) for row in range(shape[0]) for column in range(shape[1])]
    codes = [0, 1, -1, 77, -(2**63), 2**63 - 1]
    codes += draw.choice([[], [2**63, -(2**70)]])
    count = draw.randint(0, len(places))
    return [(*place, draw.choice(codes)) for place in draw.sample(places, count)]


def test_matrices_are_what_their_entries_say() -> None:
    draw = Random(1)
    for _ in range(400):
        shape = draw.randint(1, 6), draw.randint(1, 6)
        entries = random_entries(draw, shape)
        expected = {(row, column): code for row, column, code in sorted(entries) if code}
        rows = [[expected.get((i, j), 0) for j in range(shape[1])] for i in range(shape[0])]
        columns = list(zip(*entries, strict=True)) or [(), (), ()]
        forms = [
            Matrix.from_entries(shape, entries),
            Matrix.from_arrays(shape, *columns),
            Matrix.from_arrays(shape, *(np.array(part, dtype=object) for part in columns)),
            Matrix.dense(rows),
            Matrix.dense(np.array(rows, dtype=object)),
        ]
        for matrix in forms:
            assert (matrix.outputs, matrix.inputs) == shape
            assert list(entries_of(matrix).items()) == list(expected.items())
            assert matrix.rows.tolist() == [row for row, _ in expected]
            assert matrix.columns.tolist() == [column for _, column in expected]
            assert matrix.codes.tolist() == list(expected.values())
            fits = all(-(2**63) <= code < 2**63 for code in expected.values())
            assert matrix.codes.dtype == (np.int64 if fits else object)
            assert matrix.starts.tolist() == [
                sum(row < i for row, _ in expected) for i in range(shape[0] + 1)
            ]


@pytest.mark.parametrize("kind", ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", ">i4"])
def test_arrays_of_every_integer_type_are_taken(kind: str) -> None:
    rows, columns, codes = (np.array(part, dtype=kind) for part in ([1, 0], [0, 2], [5, 127]))
    matrix = Matrix.from_arrays((2, 3), rows, columns, codes)
    assert entries_of(matrix) == {(0, 2): 127, (1, 0): 5}
    assert matrix.codes.dtype == matrix.columns.dtype == np.int64
    assert entries_of(Matrix.dense(codes.reshape(1, 2))) == {(0, 0): 5, (0, 1): 127}


def test_unsigned_codes_beyond_int64_stay_exact() -> None:
    codes = np.array([2**64 - 1, 1, 0], dtype=np.uint64)
    matrix = Matrix.from_arrays((1, 3), [0, 0, 0], [2, 1, 0], codes)
    assert matrix.row(0) == [(1, 1), (2, 2**64 - 1)]
    with pytest.raises(InputError, match=f"row 1, column {2**64 - 1} is outside"):
        Matrix.from_arrays((1, 3), [2, 1, 0], codes[[2, 0, 1]], codes)


def test_a_matrix_keeps_no_array_of_others_and_cannot_be_changed() -> None:
    given = [np.array([0, 1]), np.array([1, 0]), np.array([3, 4])]
    matrix = Matrix.from_arrays((2, 2), *given)
    for part in given:
        part[:] = 7
    assert entries_of(matrix) == {(0, 1): 3, (1, 0): 4}
    for array in matrix.compressed_rows():
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


@pytest.mark.parametrize(
    ("rows", "columns", "message"),
    [
        ([0, 2], [0, 0], "row 2, column 0 is outside"),
        ([0, -1], [0, 0], "row -1, column 0 is outside"),
        ([0, 1], [0, 3], "row 1, column 3 is outside"),
        ([0, 1], [-1, 9], "row 0, column -1 is outside"),
        ([5, 4, 4], [0, 9, 8], "row 4, column 8 is outside"),
        ([0, 10**30], [0, 0], f"row {10**30}, column 0 is outside"),
        ([0, 0], [10**30, -(10**30)], f"row 0, column -{10**30} is outside"),
        ([1, 0, 1], [2, 0, 2], "row 1, column 2 is given twice"),
        ([1, 0, 1, 0], [2, 0, 2, 0], "row 0, column 0 is given twice"),
    ],
)
def test_the_first_wrong_place_is_named(rows: list[int], columns: list[int], message: str) -> None:
    for codes in ([1] * len(rows), [0] * len(rows)):
        with pytest.raises(InputError, match=message):
            Matrix.from_arrays((2, 3), rows, columns, codes)
        with pytest.raises(InputError, match=message):
            Matrix.from_entries((2, 3), list(zip(rows, columns, codes, strict=True)))


@pytest.mark.parametrize("shape", [(0, 1), (1, 0), (-1, 3), (2**22 + 1, 1), (10**30, 1)])
def test_shapes_have_limits(shape: tuple[int, int]) -> None:
    with pytest.raises(InputError, match=f"{shape[0]} x {shape[1]} is empty or too large"):
        Matrix.from_arrays(shape, [], [], [])


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (([0], [0, 1], [1, 1]), "as many rows"),
        (([0, 1], [0, 1], [1]), "as many rows"),
        ((np.array(0), np.array(0), np.array(1)), "as many rows"),
        ((np.array([[0]]), np.array([[0]]), np.array([[1]])), "as many rows"),
        ((np.array([0.0]), [0], [1]), "0.0 is not an integer"),
        (([0], ["0"], [1]), "'0' is not an integer"),
        (([0], [0], [1.5]), "1.5 is not an integer"),
        (([0], [0], np.array([None])), "None is not an integer"),
    ],
)
def test_parts_that_are_no_matrix_are_refused(parts: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Matrix.from_arrays((2, 2), *parts)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "0 x 0"),
        ([[], []], "2 x 0"),
        ([[1], [1, 2]], "different lengths"),
        ([[1], [0.5]], "0.5 is not an integer"),
        ([[2**63, -1.0]], "-1.0 is not an integer"),
        ([[1, "2"]], "'2' is not an integer"),
        ([[1, [2]]], "not an integer"),
        ([[[1, 2], [3, 4]]], "not an integer"),
        (np.array([[0.5]]), "0.5 is not an integer"),
    ],
)
def test_rows_that_are_no_matrix_are_refused(rows: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Matrix.dense(rows)


def test_the_number_of_nonzero_weights_is_limited() -> None:
    many = np.broadcast_to(np.int64(1), MAX_WEIGHTS + 1)  # which takes no memory
    with pytest.raises(InputError, match="16777217 weights, allowed are 16777216"):
        Matrix._filled((1, 1), many, many)


def layer(matrix: Matrix, fmt: Format, biases: tuple[int, ...]) -> Layer:
    return Layer(weights=matrix, biases=biases, input_scale=1, weight_format=fmt, output_format=fmt)


def test_the_first_weight_outside_its_format_is_named() -> None:
    draw, fmt = Random(2), Format.parse("codes(-4,5,1)")
    for _ in range(200):
        rows = [[draw.choice([0, 0, -4, 5, 1]) for _ in range(5)] for _ in range(5)]
        layer(Matrix.dense(rows), fmt, (0,) * 5)
        wrong = sorted((draw.randrange(5), draw.randrange(5)) for _ in range(2))
        for row, column in wrong:
            rows[row][column] = draw.choice([-5, 6, 2**63 - 1, -(2**63), 2**70])
        row, column = wrong[0]
        code = rows[row][column]
        message = f"weight {code} at row {row}, column {column} is not a code of codes"
        with pytest.raises(InputError, match=message):
            layer(Matrix.dense(rows), fmt, (0,) * 5)
    assert Matrix.dense([[1, 2]]).first_code_outside(Interval(0, 2**100)) is None


def test_biases_are_limited_in_both_directions() -> None:
    matrix = Matrix.dense([[1], [2**70]])
    for largest in (2**4096 - 1, 1 - 2**4096):
        layer(matrix, WIDE, (0, largest))
    for beyond in (2**4096, -(2**4096)):
        with pytest.raises(InputError, match="4096 bits"):
            layer(matrix, WIDE, (0, beyond))
    with pytest.raises(InputError, match="1 biases do not match 2"):
        layer(matrix, WIDE, (0,))


def test_millions_of_weights_are_evaluated_like_a_few() -> None:
    """Against numpy's own product, whose sums are far below int64's end here."""
    random = np.random.default_rng(3)
    codes = random.integers(-50, 50, (40, 30_000)) * random.integers(0, 2, (40, 30_000))
    inputs = random.integers(-50, 50, (3, 30_000))
    ops = Arrays()
    wide = layer(Matrix.dense(codes), WIDE, tuple(range(40)))
    found = ops.affine(wide, ops.variable(inputs.T, Interval(-50, 50)))
    assert (found.elements == codes @ inputs.T + np.arange(40)[:, np.newaxis]).all()
    low, high = codes.clip(max=0).sum(axis=1), codes.clip(min=0).sum(axis=1)
    ends = -50 * (high - low) + np.arange(40), 50 * (high - low) + np.arange(40)
    assert found.bounds == Interval(int(ends[0].min()), int(ends[1].max()))
