"""Weight matrices: millions of codes in arrays, checked once when they are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import NDArray

from smtcheck.arithmetic.codes import first_outside, frozen, integers
from smtcheck.arithmetic.intervals import Interval
from smtcheck.arithmetic.sums import CompressedRows
from smtcheck.errors import InputError, shown_number
from smtcheck.showing import Shown

MAX_NEURONS = 2**22  #: of one layer
MAX_WEIGHTS = 2**24  #: nonzero ones of one layer

#: Numbers one by one, or as an array of any integer type.
Numbers = Sequence[SupportsIndex] | NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Matrix(Shown):
    """Nonzero weight codes by row: row i has codes[starts[i]:starts[i + 1]].

    Columns ascend within a row, so equal matrices have equal arrays.
    """

    outputs: int
    inputs: int
    starts: NDArray[np.int64]
    columns: NDArray[np.int64]
    codes: NDArray[Any]  #: int64, or Python integers where some do not fit

    @classmethod
    def from_arrays(
        cls, shape: tuple[int, int], rows: Numbers, columns: Numbers, codes: Numbers
    ) -> Matrix:
        """The matrix with codes[k] at row rows[k], column columns[k], and zeros elsewhere.

        The three have one axis and one length; each place is given at most once, in any
        order.  InputError names the first place that is outside or given twice.
        """
        parts = [_as_integers(part) for part in (rows, columns, codes)]
        if any(part.shape != parts[0].shape or part.ndim != 1 for part in parts):
            raise InputError("weights need as many rows as columns and codes")
        _require_shape(shape)
        places = _places(shape, parts[0], parts[1])
        ordered, given = _in_order(shape[1], places, parts[2])
        is_weight = given != 0
        return cls._filled(shape, ordered[is_weight], integers(given[is_weight]))

    @classmethod
    def from_entries(
        cls, shape: tuple[int, int], entries: Sequence[tuple[int, int, int]]
    ) -> Matrix:
        """A matrix of (row, column, code) entries, each place at most once."""
        rows = [row for row, _, _ in entries]
        columns = [column for _, column, _ in entries]
        return cls.from_arrays(shape, rows, columns, [code for _, _, code in entries])

    @classmethod
    def dense(cls, rows: Sequence[Sequence[int]] | NDArray[Any]) -> Matrix:
        """A matrix written out, one row a neuron."""
        width = len(rows[0]) if len(rows) else 0
        if any(len(row) != width for row in rows):
            raise InputError("weight rows have different lengths")
        shape = (len(rows), width)
        _require_shape(shape)
        codes = _written_out(rows)
        places = np.flatnonzero(codes)
        return cls._filled(shape, places, codes[places])

    @classmethod
    def _filled(
        cls, shape: tuple[int, int], places: NDArray[np.int64], codes: NDArray[Any]
    ) -> Matrix:
        """From places (row * inputs + column), ascending, and the codes there, none of them 0."""
        outputs, inputs = shape
        if len(codes) > MAX_WEIGHTS:
            raise InputError(f"a layer has {len(codes)} weights, allowed are {MAX_WEIGHTS}")
        rows, columns = np.divmod(places, inputs)
        starts = np.zeros(outputs + 1, dtype=np.int64)
        np.cumsum(np.bincount(rows, minlength=outputs), out=starts[1:])
        return cls(
            outputs=outputs,
            inputs=inputs,
            starts=frozen(starts),
            columns=frozen(columns),
            codes=frozen(codes),
        )

    @property
    def rows(self) -> NDArray[np.int64]:
        """The row of each code."""
        return np.repeat(np.arange(self.outputs, dtype=np.int64), np.diff(self.starts))

    def row(self, index: int) -> list[tuple[int, int]]:
        """The (column, code) pairs of a row."""
        part = slice(int(self.starts[index]), int(self.starts[index + 1]))
        return list(zip(self.columns[part].tolist(), self.codes[part].tolist(), strict=True))

    def compressed_rows(self) -> CompressedRows:
        """All rows at once, as the array interpretation wants them."""
        return CompressedRows(starts=self.starts, columns=self.columns, codes=self.codes)

    def first_code_outside(self, allowed: Interval) -> tuple[int, int, int] | None:
        """Row, column and code of the first weight that is not allowed."""
        position = first_outside(self.codes, allowed)
        if position is None:
            return None
        row = int(np.searchsorted(self.starts, position, side="right")) - 1
        return row, int(self.columns[position]), int(self.codes[position])


def csr(parts: Any, shape: tuple[int, int]) -> Any:
    """A sparse matrix of scipy's: from a matrix, or (codes, (rows, columns)), summed up."""
    import scipy.sparse

    return scipy.sparse.csr_array(parts, shape=shape)


def _as_integers(numbers: Numbers) -> NDArray[Any]:
    """Arrays of integers as they are: unsigned 64 bits need not become Python integers yet."""
    if isinstance(numbers, np.ndarray) and numbers.dtype.kind in "iu":
        return numbers
    return integers(numbers)


def _require_shape(shape: tuple[int, int]) -> None:
    outputs, inputs = shape
    if not (1 <= outputs <= MAX_NEURONS and 1 <= inputs <= MAX_NEURONS):
        raise InputError(
            f"a weight matrix of {shown_number(outputs)} x {shown_number(inputs)} is empty or "
            "too large"
        )


def _written_out(rows: Sequence[Sequence[int]] | NDArray[Any]) -> NDArray[Any]:
    """The codes of all rows, which have one length, in one array of one axis."""
    try:
        array = np.asarray(rows)
    except (ValueError, TypeError, OverflowError):  # sequences within, or worse
        array = np.empty(0, dtype=object)
    if array.ndim == 2 and (array.dtype.kind == "i" or isinstance(rows, np.ndarray)):
        return integers(array).reshape(-1)
    return integers([code for row in rows for code in row])


def _places(shape: tuple[int, int], rows: NDArray[Any], columns: NDArray[Any]) -> NDArray[np.int64]:
    """row * inputs + column, which fits: a matrix has at most 2^44 places."""
    outputs, inputs = shape
    outside = (rows < 0) | (rows >= outputs) | (columns < 0) | (columns >= inputs)
    if outside.any():
        row = rows[outside].min()
        column = columns[outside & (rows == row)].min()
        raise InputError(
            f"weight at row {shown_number(int(row))}, column {shown_number(int(column))} is "
            f"outside {shape}"
        )
    places = rows.astype(np.int64)
    places *= inputs
    places += columns.astype(np.int64, copy=False)
    return places


def _in_order(
    inputs: int, places: NDArray[np.int64], codes: NDArray[Any]
) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Places ascending, with their codes; files usually have them in order already."""
    if np.any(places[1:] <= places[:-1]):
        order = np.argsort(places, kind="stable")
        places, codes = places[order], codes[order]
        twice = np.flatnonzero(places[1:] == places[:-1])
        if twice.size:
            row, column = divmod(int(places[twice[0]]), inputs)
            raise InputError(f"weight at row {row}, column {column} is given twice")
    return places, codes
