"""The operations interpreted as numpy arrays: many inputs at once.

An array carries the interval of its elements, which the same formula has when it is
interpreted by intervals.  Where that does not fit into int64 the arrays of int64 refuse,
so no element can ever have wrapped around unseen; arrays of objects then do the same
work with Python integers, more slowly.

A vector (a layer's worth of numbers) is one array of shape (numbers, points).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from smtcheck.arithmetic.codes import INT64, CodeArray, ElementType, integers
from smtcheck.arithmetic.intervals import Interval, Intervals, hull
from smtcheck.arithmetic.operations import Affine
from smtcheck.arithmetic.sums import CompressedRows, RowSums, compressed_rows, weighted_sums

_BOUNDS = Intervals()

Result = TypeVar("Result")


class WouldOverflow(ArithmeticError):
    """The intervals show that some intermediate value might not fit into int64."""


@dataclass(frozen=True, slots=True)
class Array:
    """Elements of any shape, all of them inside `bounds`."""

    elements: NDArray[Any]
    bounds: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class _Matrix:
    """A layer in numpy's terms, and how large its sums can become."""

    layer: Affine
    weights: Any  #: a sparse matrix, for int64
    biases: NDArray[Any]
    sums: RowSums


class Arrays:
    """Exact integers in numpy arrays of one element type: int64, or object."""

    def __init__(self, element_type: ElementType = np.int64) -> None:
        self._element_type = element_type
        self._matrices: dict[int, _Matrix] = {}
        self._tables: dict[tuple[int, Interval], tuple[Sequence[int], NDArray[Any], Interval]] = {}

    def variable(self, elements: NDArray[Any], bounds: Interval) -> Array:
        """Input elements: integers, which must lie inside the bounds."""
        if elements.dtype.kind not in "iuO":
            raise ValueError(f"elements are of type {elements.dtype}, not integers")
        if elements.size and not (bounds.low <= elements.min() and elements.max() <= bounds.high):
            raise ValueError(f"elements leave {bounds.low} .. {bounds.high}")
        return self._checked(elements.astype(self._element_type), bounds)

    def constant(self, value: int) -> Array:
        bounds = _BOUNDS.constant(value)
        self._require_fit(bounds)
        return Array(np.array(value, dtype=self._element_type), bounds)

    def add(self, left: Array, right: Array) -> Array:
        bounds = _BOUNDS.add(left.bounds, right.bounds)
        return self._checked(left.elements + right.elements, bounds)

    def multiply(self, left: Array, right: Array) -> Array:
        bounds = _BOUNDS.multiply(left.bounds, right.bounds)
        return self._checked(left.elements * right.elements, bounds)

    def floor_divide(self, value: Array, divisor: Array) -> Array:
        bounds = _BOUNDS.floor_divide(value.bounds, divisor.bounds)
        if self._is_native and (shift := _power_of_two(divisor.bounds)) is not None:
            return Array(value.elements >> shift, bounds)  # ten times faster than //
        return self._checked(value.elements // divisor.elements, bounds)

    def modulo(self, value: Array, divisor: Array) -> Array:
        bounds = _BOUNDS.modulo(value.bounds, divisor.bounds)
        if self._is_native and _power_of_two(divisor.bounds) is not None:
            return Array(value.elements & (divisor.elements - 1), bounds)
        return self._checked(value.elements % divisor.elements, bounds)

    def minimum(self, left: Array, right: Array) -> Array:
        bounds = _BOUNDS.minimum(left.bounds, right.bounds)
        return self._checked(np.minimum(left.elements, right.elements), bounds)

    def maximum(self, left: Array, right: Array) -> Array:
        bounds = _BOUNDS.maximum(left.bounds, right.bounds)
        return self._checked(np.maximum(left.elements, right.elements), bounds)

    def choose(self, left: Array, right: Array, then: Array, otherwise: Array) -> Array:
        bounds = _BOUNDS.choose(left.bounds, right.bounds, then.bounds, otherwise.bounds)
        chosen = np.where(left.elements <= right.elements, then.elements, otherwise.elements)
        return self._checked(chosen, bounds)

    def lookup(self, table: Sequence[int], index: Array) -> Array:
        is_lazy = not isinstance(table, CodeArray)
        if is_lazy and index.bounds.size > index.elements.size:
            return self._few_entries(table, index)
        entries, bounds = self._part(table, index.bounds)
        positions = index.elements.astype(np.int64) - index.bounds.low
        return Array(np.asarray(entries[positions], dtype=self._element_type), bounds)

    def affine(self, layer: Affine, inputs: Array) -> Array:
        """Rows of sums; `inputs` has shape (columns, points)."""
        matrix = self._matrix(layer, inputs.elements.shape[0])
        bounds, partial_sums = matrix.sums.bounds(inputs.bounds)
        self._require_fit(partial_sums)
        if self._is_native:
            return self._checked(
                weighted_sums(matrix.weights, inputs.elements) + matrix.biases, bounds
            )
        points = np.zeros(inputs.elements.shape[1], dtype=object)
        sums = [
            sum((weight * inputs.elements[column] for column, weight in layer.row(index)), points)
            for index in range(layer.outputs)
        ]
        return self._checked(np.stack(sums) + matrix.biases, bounds)

    def each(self, function: Callable[[Array], Array], numbers: Array) -> Array:
        result = function(numbers)  # a constant function says it once for all
        return Array(np.broadcast_to(result.elements, numbers.elements.shape), result.bounds)

    def vector(self, numbers: Sequence[Array]) -> Array:
        """Stacked as rows; a constant among them is repeated for every point."""
        bounds = hull(*(b for n in numbers for b in (n.bounds.low, n.bounds.high)))
        rows = np.broadcast_arrays(*(n.elements for n in numbers))
        return Array(np.stack([np.atleast_1d(row) for row in rows]), bounds)

    def numbers(self, vector: Array) -> Sequence[Array]:
        return [Array(row, vector.bounds) for row in vector.elements]

    def _few_entries(self, table: Sequence[int], index: Array) -> Array:
        """Only the entries asked for; their own bounds are the bounds of the result."""
        if index.bounds.low < 0 or index.bounds.high >= len(table):
            raise IndexError(f"table indices {index.bounds} leave 0 .. {len(table) - 1}")
        positions, where = np.unique(index.elements, return_inverse=True)
        entries = [table[int(position)] for position in positions]
        bounds = hull(*entries) if entries else _BOUNDS.constant(0)
        self._require_fit(bounds)
        found = np.array(entries, dtype=self._element_type)[where.reshape(index.elements.shape)]
        return Array(np.asarray(found, dtype=self._element_type), bounds)

    def _part(self, table: Sequence[int], indices: Interval) -> tuple[NDArray[Any], Interval]:
        """Part of a table as an array, and its bounds, made once.

        `table` is kept, so its id stays its own.
        """
        key = (id(table), indices)
        known = self._tables.get(key)
        if known is None:
            bounds = _BOUNDS.lookup(table, indices)
            self._require_fit(bounds)
            entries = table[indices.low : indices.high + 1]
            known = (table, np.asarray(entries, dtype=self._element_type), bounds)
            self._tables[key] = known
        return known[1], known[2]

    def _matrix(self, layer: Affine, columns: int) -> _Matrix:
        """A layer's matrix, made once: the layer is kept, so its id stays its own."""
        known = self._matrices.get(id(layer))
        if known is None:
            rows, biases = compressed_rows(layer), integers(layer.biases)
            known = _Matrix(
                layer=layer,
                weights=self._as_matrix(rows, columns) if self._is_native else None,
                biases=self._elements(biases)[:, np.newaxis],
                sums=RowSums.of(rows, biases),
            )
            self._matrices[id(layer)] = known
        return known

    def _as_matrix(self, rows: CompressedRows, columns: int) -> Any:
        if rows.columns.size and not 0 <= rows.columns.min() <= rows.columns.max() < columns:
            raise IndexError(f"a layer of {columns} inputs has weights for others")
        parts = (self._elements(rows.codes), rows.columns, rows.starts)
        return scipy.sparse.csr_array(parts, shape=(len(rows.starts) - 1, columns))

    def _elements(self, exact: NDArray[Any]) -> NDArray[Any]:
        """What `integers` made, in the element type; int64 if it can be."""
        if self._is_native and exact.dtype != np.int64:
            raise WouldOverflow("some of the numbers given are beyond int64")
        return exact.astype(self._element_type, copy=False)

    @property
    def _is_native(self) -> bool:
        return self._element_type is np.int64

    def _require_fit(self, bounds: Interval) -> None:
        if self._is_native and not (bounds.low in INT64 and bounds.high in INT64):
            raise WouldOverflow(f"values may reach {bounds.low} .. {bounds.high}, beyond int64")

    def _checked(self, elements: Any, bounds: Interval) -> Array:
        """The result, if int64 held it: numpy wraps silently, so refuse afterwards."""
        self._require_fit(bounds)
        return Array(np.asarray(elements, dtype=self._element_type), bounds)


def exactly(compute: Callable[[Arrays], Result]) -> Result:
    """What is computed with int64 or, where that might overflow, with Python integers."""
    with suppress(WouldOverflow, OverflowError):
        return compute(Arrays())
    return compute(Arrays(object))


def _power_of_two(bounds: Interval) -> int | None:
    """The exponent where the interval is a single power of two."""
    value = bounds.low
    return value.bit_length() - 1 if bounds.is_point and value & (value - 1) == 0 else None
