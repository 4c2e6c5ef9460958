"""Blocks: the values of neurons that depend on the same axes, for all places of these.

Values are kept as an array, or as one value and the places where it is another; copies of
a neuron share a row, and multiples of one are a row and factors.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smtcheck.arithmetic.sums import weighted_sums
from smtcheck.networks.matrices import csr

Ints = NDArray[np.int64]
Csr = Any  #: a sparse matrix of scipy's, of int64


class DoesNotApply(Exception):
    """The network is not made of functions of few numbers: why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSizes:
    """How large tables may be, and how they are kept: no value in them depends on it."""

    cells: int = 2**25  #: values of a layer's neurons that are listed
    portion: int = 2**25  #: places at which neurons are looked at together
    streamed: int = 2**28  #: places of the last hidden layer's neurons that are looked at
    sparse: int = 4  #: a table is kept sparse if at most one in so many values is another

    def require(self, rows: int, places: int) -> None:
        """Refuse tables that are too large."""
        if rows * places > self.cells:
            raise DoesNotApply(f"{rows} neurons at {places} places are too many values")

    def are_sparse(self, others: int, values: int) -> bool:
        """Whether so few of the values are another."""
        return others * self.sparse <= values


USUAL = TableSizes()


@dataclass(frozen=True, slots=True)
class Table:
    """Values of neurons (rows) at all places (columns): `base`, plus `rest`."""

    base: Ints  #: one a row
    rest: Csr | Ints

    @property
    def shape(self) -> tuple[int, int]:
        """Neurons and places."""
        rows, columns = self.rest.shape
        return int(rows), int(columns)

    @property
    def dense(self) -> Ints:
        """All values."""
        rest = self.rest if isinstance(self.rest, np.ndarray) else self.rest.toarray()
        return np.asarray(rest + self.base[:, None])

    def size(self) -> int:
        """The largest size of a value."""
        parts = [self.base, self.rest if isinstance(self.rest, np.ndarray) else self.rest.data]
        return sum(size_of(part) for part in parts)

    def summed(self, weights: Csr, sizes: TableSizes) -> Table:
        """Weighted sums of the rows."""
        sizes.require(weights.shape[0], self.shape[1])
        rest = weighted_sums(weights, self.rest)
        if not isinstance(rest, np.ndarray) and not sizes.are_sparse(rest.nnz, prod(rest.shape)):
            rest = rest.toarray()
        return Table(weights @ self.base, rest)

    def at(self, places: Ints, sizes: TableSizes) -> Table:
        """The values at chosen places, as an array."""
        sizes.require(self.shape[0], len(places))
        return Table(self.base, np.asarray(self.dense - self.base[:, None])[:, places])


def size_of(array: Ints) -> int:
    """The largest size of a number."""
    return max(abs(int(array.min())), abs(int(array.max()))) if array.size else 0


def compact(values: Ints, sizes: TableSizes = USUAL) -> Table:
    """The same values, sparse where rows are mostly constant."""
    base = values[:, -1].copy()
    rest = values - base[:, None]
    if not sizes.are_sparse(int(np.count_nonzero(rest)), rest.size):
        return Table(np.zeros(len(values), dtype=np.int64), values)
    return Table(base, csr(rest, rest.shape))


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Neurons of a layer that depend on the same axes; copies of one share a row."""

    neurons: Ints
    axes: tuple[int, ...]
    table: Table
    rows: Ints  #: for each neuron, its row of the table

    def read_by(self, matrix: Csr) -> Csr:
        """The weights with which neurons of the next layer read the rows of the table."""
        part = matrix[:, self.neurons]
        if np.array_equal(self.rows, np.arange(self.table.shape[0])):  # there are no copies
            return part
        ones = np.ones_like(self.rows)
        shape = (len(self.rows), self.table.shape[0])
        return part @ csr((ones, (np.arange(len(self.rows)), self.rows)), shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What neurons add up from one block: rows of a table, of which several may share one."""

    axes: tuple[int, ...]
    table: Table
    rows: Ints  #: for each neuron, its row of the table: its own, if there are as many
    factors: Ints = field(default_factory=lambda: np.ones(1, dtype=np.int64))  #: of these rows

    @property
    def each_factor(self) -> Ints:
        """For each neuron, the positive number by which its row is multiplied."""
        return np.broadcast_to(self.factors, self.rows.shape)

    def own(self, sizes: TableSizes) -> Table:
        """The same with a row for each neuron, written out."""
        if len(self.rows) == self.table.shape[0]:
            return self.table
        sizes.require(len(self.rows), self.table.shape[1])
        rest = self.table.rest[self.rows]
        if isinstance(rest, np.ndarray):
            rest = rest * self.each_factor[:, None]
        else:
            rest = csr(
                (
                    rest.data * np.repeat(self.each_factor, np.diff(rest.indptr)),
                    rest.indices,
                    rest.indptr,
                ),
                rest.shape,
            )
        return Table(self.table.base[self.rows] * self.each_factor, rest)
