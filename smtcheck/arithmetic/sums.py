"""The weighted sums of a layer in arrays, and how large they can become.

A matrix is held in compressed sparse rows (CSR): row i has the nonzero
codes[starts[i]:starts[i + 1]], in the columns of the same places.  The bounds license
int64 arithmetic, so they are found in int64 only where it is sure beforehand that they
fit, and in Python integers otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from smtcheck.arithmetic.codes import INT64, integers
from smtcheck.arithmetic.intervals import Interval
from smtcheck.arithmetic.operations import Affine

PART_WORK = 2**28  #: multiplications between two looks at the clock: a fraction of a second


class CompressedRows(NamedTuple):
    """The nonzero weight codes of a matrix, row after row."""

    starts: NDArray[np.int64]  #: of each row, and the end of the last
    columns: NDArray[np.int64]
    codes: NDArray[Any]  #: int64, or Python integers where those do not fit


@runtime_checkable
class Compressed(Protocol):
    """A layer that has its weights in arrays, the same ones that `row` tells."""

    def compressed_rows(self) -> CompressedRows:
        """All rows at once."""


def compressed_rows(layer: Affine) -> CompressedRows:
    """The weights of any layer, asked row by row only where it has no arrays."""
    if isinstance(layer, Compressed):
        return layer.compressed_rows()
    rows = [layer.row(index) for index in range(layer.outputs)]
    return CompressedRows(
        starts=np.cumsum([0, *map(len, rows)], dtype=np.int64),
        columns=integers([column for row in rows for column, _ in row]),
        codes=integers([code for row in rows for _, code in row]),
    )


def weighted_sums(weights: Any, values: Any, part_work: int = PART_WORK) -> Any:
    """weights @ values for sparse weights, and values (a matrix) that may be sparse.

    Some rows at a time: one product can take many minutes, and nothing that Python is told
    (an alarm, Ctrl-C) is noticed before it has ended.
    """
    is_dense = isinstance(values, np.ndarray)
    width = np.full(values.shape[0], values.shape[1]) if is_dense else np.diff(values.indptr)
    work = np.concatenate([[0], np.cumsum(width[weights.indices])])[weights.indptr]
    if work[-1] <= part_work:
        return weights @ values
    ends = np.searchsorted(work, np.arange(0, work[-1], part_work))
    bounds = np.unique([*ends.tolist(), weights.shape[0]]).tolist()
    parts = [weights[low:high] @ values for low, high in pairwise(bounds)]
    return np.concatenate(parts) if is_dense else scipy.sparse.vstack(parts, format="csr")


@dataclass(frozen=True, kw_only=True, eq=False)
class RowSums:
    """What the sums of each row are made of; int64, or Python integers, as `codes`."""

    positive: NDArray[Any]  #: the sum of the weights > 0
    negative: NDArray[Any]  #: the sum of the weights < 0
    biases: NDArray[Any]

    @classmethod
    def of(cls, rows: CompressedRows, biases: NDArray[Any]) -> RowSums:
        """Of a matrix and its biases, which `integers` made."""
        codes = rows.codes
        largest = max(int(codes.max()), -int(codes.min())) if codes.size else 0
        if largest * int(np.diff(rows.starts).max()) not in INT64:
            codes = codes.astype(object)  # the absolute values of a row might not sum up in int64
        return cls(
            positive=_row_sums(rows.starts, np.maximum(codes, 0)),
            negative=_row_sums(rows.starts, np.minimum(codes, 0)),
            biases=biases,
        )

    def bounds(self, inputs: Interval) -> tuple[Interval, Interval]:
        """Bounds of all rows, and of all partial sums in whatever order.

        |partial sum| <= (positive - negative) * max |input| + |bias|
        """
        return self._known_bounds(inputs)

    @cached_property
    def _known_bounds(self) -> Callable[[Interval], tuple[Interval, Interval]]:
        return cache(self._bounds)

    def _bounds(self, inputs: Interval) -> tuple[Interval, Interval]:
        up, down, biases = self.positive, self.negative, self.biases
        low, high = inputs.low, inputs.high
        reach = max(abs(low), abs(high))
        largest_bias = max(abs(int(biases.min())), abs(int(biases.max())))
        largest = int((up - down).max()) * reach + largest_bias
        if not (largest in INT64 and reach in INT64):  # then so is everything below
            up, down, biases = (part.astype(object) for part in (up, down, biases))
        least = int((up * low + down * high + biases).min())
        most = int((up * high + down * low + biases).max())
        size = int(((up - down) * reach + abs(biases)).max())
        return Interval(least, most), Interval(-size, size)


def _row_sums(starts: NDArray[np.int64], codes: NDArray[Any]) -> NDArray[Any]:
    """The sum of each row; `reduceat` must not see empty ones, which it would fill."""
    sums = np.zeros(len(starts) - 1, dtype=codes.dtype)
    is_filled = starts[1:] > starts[:-1]
    if is_filled.any():
        sums[is_filled] = np.add.reduceat(codes, starts[:-1][is_filled])
    return sums
