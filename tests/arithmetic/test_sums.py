"""Sums of whole matrices: their bounds and elements, against one row after the other."""

from __future__ import annotations

import time
from dataclasses import dataclass
from random import Random

import numpy as np
import pytest
import scipy.sparse

from smtcheck.arithmetic.arrays import Arrays, WouldOverflow
from smtcheck.arithmetic.codes import integers
from smtcheck.arithmetic.intervals import Interval
from smtcheck.arithmetic.sums import (
    PART_WORK,
    CompressedRows,
    RowSums,
    compressed_rows,
    weighted_sums,
)
from smtcheck.limits import OutOfTime, alarm

LIMIT = 2**63


@dataclass(frozen=True, slots=True)
class Rows:
    """A layer that can only be asked row by row."""

    rows: list[list[int]]
    biases: list[int]

    @property
    def outputs(self) -> int:
        return len(self.rows)

    def row(self, index: int) -> list[tuple[int, int]]:
        return [(column, code) for column, code in enumerate(self.rows[index]) if code]


@dataclass(frozen=True, slots=True)
class Whole:
    """A layer that gives all of its weights at once, and nothing else."""

    given: CompressedRows
    biases: list[int]

    @property
    def outputs(self) -> int:
        return len(self.biases)

    def row(self, index: int) -> list[tuple[int, int]]:
        raise AssertionError("nobody needs single rows")

    def compressed_rows(self) -> CompressedRows:
        return self.given


def naive_bounds(layer: Rows, inputs: Interval) -> tuple[Interval, Interval]:
    least, most, size = [], [], []
    for row, bias in zip(layer.rows, layer.biases, strict=True):
        ends = [sorted((code * inputs.low, code * inputs.high)) for code in row]
        least.append(sum(low for low, _ in ends) + bias)
        most.append(sum(high for _, high in ends) + bias)
        reach = max(abs(inputs.low), abs(inputs.high))
        size.append(sum(abs(code) for code in row) * reach + abs(bias))
    return Interval(min(least), max(most)), Interval(-max(size), max(size))


def random_rows(draw: Random) -> Rows:
    """Small or enormous, with zeros and rows of nothing but zeros."""
    inputs, outputs = draw.randint(1, 5), draw.randint(1, 5)
    bits = draw.choice([1, 4, 20, 40, 60, 61, 62, 63, 64, 70])
    numbers = [0, 0, 1, -1, 2**bits - 1, -(2**bits), 2 ** (bits // 2), -(2 ** (bits // 3))]
    rows = [draw.choices(numbers, k=inputs) for _ in range(outputs)]
    rows[draw.randrange(outputs)] = draw.choice([rows[0], [0] * inputs])
    biases = [draw.choice([0, 5, -7, 2**40, -(2 ** draw.randint(1, 66))]) for _ in rows]
    return Rows(rows, biases)


def test_bounds_are_exactly_those_of_the_worst_inputs() -> None:
    draw = Random(4)
    for _ in range(3000):
        layer = random_rows(draw)
        rows = compressed_rows(layer)
        sums = RowSums.of(rows, integers(layer.biases))
        for _ in range(3):
            ends = sorted(draw.choice([-1, 1]) * draw.getrandbits(bits) for bits in (4, 66))
            inputs = draw.choice([Interval(*ends), Interval(-3, 7), Interval(0, 0)])
            assert sums.bounds(inputs) == naive_bounds(layer, inputs)
            assert sums.bounds(inputs) is sums.bounds(inputs)


def test_sums_are_the_same_in_every_element_type_or_refused() -> None:
    draw = Random(5)
    refused = 0
    for _ in range(600):
        layer = random_rows(draw)
        bound = 2 ** draw.choice([1, 3, 20])
        points = [[draw.randint(-bound, bound) for _ in range(4)] for _ in layer.rows[0]]
        inputs = Interval(-bound, bound)
        columns = list(zip(*points, strict=True))
        expected = [
            [sum(w * x for w, x in zip(row, point, strict=True)) + bias for point in columns]
            for row, bias in zip(layer.rows, layer.biases, strict=True)
        ]
        exact = Arrays(object)
        found = exact.affine(layer, exact.variable(np.array(points), inputs))
        assert found.elements.tolist() == expected
        fits = naive_bounds(layer, inputs)[1].high < LIMIT
        largest = max(abs(number) for row in [*layer.rows, layer.biases] for number in row)
        ops = Arrays()
        for form in (layer, Whole(compressed_rows(layer), layer.biases)):
            try:
                found = ops.affine(form, ops.variable(np.array(points), inputs))
            except WouldOverflow:
                refused += 1
                assert not fits or largest >= LIMIT
                continue
            assert fits and found.elements.tolist() == expected
    assert 100 < refused < 1100


@pytest.mark.parametrize(
    ("weights", "bias", "reach", "fits"),
    [
        ([2**62, 2**62 - 1], 0, 1, True),
        ([2**62, 2**62], 0, 1, False),
        ([2**62, -(2**62)], 0, 1, False),
        ([2**62, -(2**62) + 1], 0, 1, True),
        ([-(2**63)], 0, 1, False),
        ([2**62 - 1], 1, 2, True),
        ([2**62 - 1], 2, 2, False),
        ([2**62 - 1], -2, 2, False),
        ([1], -(2**63), 0, False),
        ([1], 2**63 - 1, 0, True),
        ([1], 2**63 - 1, 1, False),
        ([1], 0, 2**63 - 1, True),
    ],
)
def test_int64_is_licensed_up_to_its_last_number(
    weights: list[int], bias: int, reach: int, fits: bool
) -> None:
    ops, layer = Arrays(), Rows([[0] * len(weights), weights], [0, bias])
    signs = [1 if weight > 0 else -1 for weight in weights]
    points = np.array([[sign * reach] for sign in signs])
    inputs = ops.variable(points, Interval(-reach, reach))
    if not fits:
        with pytest.raises(WouldOverflow):
            ops.affine(layer, inputs)
        return
    expected = sum(w * s * reach for w, s in zip(weights, signs, strict=True)) + bias
    assert ops.affine(layer, inputs).elements.tolist() == [[0], [expected]]


def test_many_equal_weights_do_not_wrap_around_unseen() -> None:
    """Each is small, and all together are 2^63."""
    rows = CompressedRows(
        starts=np.array([0, 2**13]),
        columns=np.arange(2**13),
        codes=np.full(2**13, 2**50),
    )
    sums = RowSums.of(rows, integers([0]))
    assert sums.bounds(Interval(0, 1)) == (Interval(0, LIMIT), Interval(-LIMIT, LIMIT))
    ops = Arrays()
    with pytest.raises(WouldOverflow):
        ops.affine(Whole(rows, [0]), ops.variable(np.ones((2**13, 1)).astype(int), Interval(0, 1)))


@pytest.mark.parametrize("column", [-1, 3])
def test_weights_of_inputs_that_do_not_exist_are_refused(column: int) -> None:
    rows = CompressedRows(starts=np.array([0, 1]), columns=np.array([column]), codes=np.array([1]))
    ops = Arrays()
    with pytest.raises(IndexError, match="3 inputs"):
        ops.affine(Whole(rows, [0]), ops.variable(np.zeros((3, 1), dtype=int), Interval(0, 1)))


# products in parts -----------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("part_work", [1, 7, 40, PART_WORK])
def test_products_in_parts_are_products(seed: int, part_work: int) -> None:
    draw = np.random.default_rng(seed)
    rows, inner, columns = draw.integers(1, 9, 3)
    weights = draw.integers(-3, 4, (rows, inner)) * draw.integers(0, 2, (rows, 1))
    values = draw.integers(-9, 10, (inner, columns)) * draw.integers(0, 2, (inner, columns))
    expected = [
        [sum(int(a) * int(b) for a, b in zip(row, column, strict=True)) for column in values.T]
        for row in weights
    ]
    sparse = scipy.sparse.csr_array(weights)
    assert weighted_sums(sparse, values, part_work).tolist() == expected
    found = weighted_sums(sparse, scipy.sparse.csr_array(values), part_work)
    assert found.toarray().tolist() == expected


def test_a_long_product_hears_an_alarm() -> None:
    weights = scipy.sparse.csr_array(np.ones((1024, 1024), dtype=np.int64))
    values = np.ones((1024, 2**14), dtype=np.int64)  # 2^34 multiplications: many seconds
    start = time.monotonic()
    with pytest.raises(OutOfTime), alarm(1 / 10):
        weighted_sums(weights, values)
    assert time.monotonic() - start < 3
