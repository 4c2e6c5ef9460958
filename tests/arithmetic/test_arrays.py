"""Arrays: what int64 refuses, that objects stay objects, and that bounds are kept."""

from __future__ import annotations

import numpy as np
import pytest

from smtcheck.arithmetic.arrays import Arrays, WouldOverflow
from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.intervals import Interval
from smtcheck.networks.layers import Layer
from smtcheck.networks.matrices import Matrix
from smtcheck.networks.network import Network
from tests.arithmetic.interpretations import by_int64, by_objects

WIDE = Format(lo=-(2**40), hi=2**40, scale=1)


def layer(rows: list[list[int]], biases: tuple[int, ...]) -> Layer:
    return Layer(
        weights=Matrix.dense(rows),
        biases=biases,
        input_scale=1,
        weight_format=WIDE,
        output_format=WIDE,
    )


def test_variables_must_lie_inside_their_bounds() -> None:
    for element_type in (np.int64, object):
        ops = Arrays(element_type)
        assert ops.variable(np.array([-3, 5]), Interval(-3, 5)).bounds == Interval(-3, 5)
        for outside in (-4, 6):
            with pytest.raises(ValueError, match=r"elements leave -3 \.\. 5"):
                ops.variable(np.array([0, outside]), Interval(-3, 5))


def test_variables_are_integers() -> None:
    """numpy makes floats of ranges that end beyond int64, and casts would change them."""
    with pytest.raises(ValueError, match="float64, not integers"):
        Arrays().variable(np.arange(2**63 - 4, 2**63), Interval(2**63 - 4, 2**63 - 1))


def test_bounds_beyond_int64_are_refused_even_where_elements_fit() -> None:
    with pytest.raises(WouldOverflow, match=r"-9223372036854775809 \.\. 0"):
        Arrays().variable(np.array([0]), Interval(-(2**63) - 1, 0))


def test_no_operation_refuses_the_ends_of_int64() -> None:
    ops = Arrays()
    low, high = ops.constant(-(2**63)), ops.constant(2**63 - 1)
    assert ops.minimum(low, high).elements == -(2**63)
    assert ops.maximum(low, high).elements == 2**63 - 1
    assert ops.add(low, high).elements == -1
    assert ops.floor_divide(low, ops.constant(3)).elements == -(2**63) // 3
    assert ops.modulo(low, ops.constant(3)).elements == -(2**63) % 3
    assert ops.floor_divide(low, ops.constant(2**62)).elements == -2
    assert ops.modulo(high, ops.constant(2**62)).elements == 2**62 - 1
    assert ops.lookup([-(2**63), 2**63 - 1], ops.constant(1)).elements == 2**63 - 1


def test_a_table_beyond_int64_is_refused() -> None:
    index = Interval(0, 1)
    with pytest.raises(WouldOverflow):
        by_int64(lambda ops, i: ops.lookup([0, 2**63], i), [index], [(0,), (1,)])
    assert by_objects(lambda ops, i: ops.lookup([0, 2**63], i), [index], [(1,)]) == [2**63]


@pytest.mark.parametrize("value", [3, 2**40, 2**62, 2**63, -(2**63), 2**64, 2**70])
def test_constants_of_the_object_reading_never_become_machine_words(value: int) -> None:
    """numpy turns single objects into Python integers, and those into int64 or uint64."""
    ops = Arrays(object)
    one, number = ops.constant(1), ops.constant(value)
    results = [
        ops.add(number, ops.constant(0)),
        ops.multiply(number, one),
        ops.floor_divide(number, one),
        ops.minimum(number, number),
        ops.maximum(number, number),
        ops.choose(one, one, number, one),
        ops.lookup([value], ops.constant(0)),
    ]
    for result in results:
        assert result.elements.dtype == object
        assert ops.multiply(result, result).elements == value**2
        assert ops.add(result, ops.constant(-1)).elements == value - 1


def test_sums_that_only_the_bounds_make_large_are_refused() -> None:
    """Weights of 2^40 on inputs up to 2^40: 2^80, whatever the inputs are."""
    rows = layer([[2**40, -(2**40)]], (0,))
    ops = Arrays()
    inputs = ops.variable(np.array([[1], [1]]), WIDE.codes)
    with pytest.raises(WouldOverflow):
        ops.affine(rows, inputs)
    exact = Arrays(object)
    sums = exact.affine(rows, exact.variable(np.array([[7], [9]]), WIDE.codes))
    assert sums.elements.tolist() == [[-(2**41)]]


def test_sums_are_refused_for_their_weights_biases_and_reach() -> None:
    small = Interval(-1, 1)
    for rows, biases in [([[2**40] * 2] * 2, (0, 2**63)), ([[1]], (2**63 - 1,))]:
        ops = Arrays()
        inputs = ops.variable(np.zeros((len(rows[0]), 1), dtype=np.int64), small)
        with pytest.raises(WouldOverflow):
            ops.affine(layer(rows, biases), inputs)
    ops = Arrays()
    sums = ops.affine(layer([[1, -1]], (2**62,)), ops.variable(np.array([[1], [-1]]), small))
    assert sums.elements.tolist() == [[2**62 + 2]]
    assert sums.bounds == Interval(2**62 - 2, 2**62 + 2)


def test_evaluate_many_falls_back_on_objects() -> None:
    network = Network(input_format=WIDE, inputs=1, layers=(layer([[2**40]], (2**70,)),))
    inputs = [[-(2**40)], [2**40], [-(2**30)]]
    outputs = network.evaluate_many(np.array(inputs)).tolist()
    assert outputs == [list(network.evaluate(codes)) for codes in inputs]
    assert outputs == [[-(2**40)], [2**40], [0]]


def test_layers_of_one_size_are_told_apart() -> None:
    ops = Arrays()
    inputs = ops.variable(np.array([[1], [1]]), Interval(-4, 4))
    first, second = layer([[1, 2]], (3,)), layer([[4, 5]], (6,))
    for rows, total in [(first, 6), (second, 15), (first, 6)]:
        assert ops.affine(rows, inputs).elements.tolist() == [[total]]


def test_a_layer_is_turned_into_a_matrix_once() -> None:
    ops = Arrays()
    inputs = ops.variable(np.array([[1], [1]]), Interval(-4, 4))
    counting = Counting()
    for _ in range(3):
        assert ops.affine(counting, inputs).elements.tolist() == [[2]]
    assert counting.asked == 1


class Counting:
    """A layer that counts how often its only row is asked for."""

    outputs = 1
    biases = (0,)
    asked = 0

    def row(self, index: int) -> list[tuple[int, int]]:
        self.asked += 1
        return [(0, 1), (1, 1)]


def test_vectors_repeat_constants_and_take_the_hull() -> None:
    ops = Arrays()
    numbers = ops.variable(np.array([1, 2, 3]), Interval(0, 4))
    stacked = ops.vector([numbers, ops.constant(-7)])
    assert stacked.elements.tolist() == [[1, 2, 3], [-7, -7, -7]]
    assert stacked.bounds == Interval(-7, 4)
    assert [row.elements.tolist() for row in ops.numbers(stacked)] == stacked.elements.tolist()


def test_tables_are_told_apart_even_after_they_are_gone() -> None:
    """The second table may come to lie where the first one was."""
    ops = Arrays()
    index = ops.variable(np.array([0, 1]), Interval(0, 1))
    for number in range(50):
        assert ops.lookup([number, number + 1], index).elements.tolist() == [number, number + 1]


def test_parts_of_a_table_are_told_apart() -> None:
    ops, table = Arrays(), [7, 8, 9]
    for low, high in [(0, 2), (1, 1), (1, 2), (0, 1), (2, 2)]:
        index = ops.variable(np.arange(low, high + 1), Interval(low, high))
        assert ops.lookup(table, index).elements.tolist() == table[low : high + 1]
