"""Axes: the directions of first-layer sums, on which all later neurons depend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from smtcheck.arithmetic.codes import INT64
from smtcheck.arithmetic.intervals import Interval
from smtcheck.checking.composition.blocks import USUAL, DoesNotApply, TableSizes
from smtcheck.networks.layers import Layer

Ints = NDArray[np.int64]

MAX_AXES = 12


@dataclass(frozen=True, kw_only=True)
class Axes:
    """Directions of first-layer sums, and the sums there are along each."""

    directions: tuple[tuple[int, ...], ...]
    ranges: tuple[Interval, ...]
    sizes: TableSizes = USUAL  #: of tables over them

    def places(self, axes: Sequence[int]) -> int:
        """How many places some axes have together."""
        return prod(self.ranges[axis].size for axis in axes)

    def spread(self, part: Sequence[int], whole: Sequence[int]) -> Ints:
        """For each place of some axes, its share in the number of a place of more axes."""
        strides = {}
        stride = 1
        for axis in reversed(whole):
            strides[axis] = stride
            stride *= self.ranges[axis].size
        shares = np.zeros(1, dtype=np.int64)
        for axis in part:
            steps = np.arange(self.ranges[axis].size) * strides[axis]
            shares = (shares[:, None] + steps[None, :]).reshape(-1)
        return shares

    def projected(self, part: Sequence[int], whole: Sequence[int]) -> Ints:
        """For each place of some axes, the place of fewer axes that it lies over."""
        result = np.zeros(self.places(whole), dtype=np.int64)
        stride_whole, stride_part = self.places(whole), self.places(part)
        numbers = np.arange(self.places(whole))
        for axis in whole:
            size = self.ranges[axis].size
            stride_whole //= size
            if axis in part:
                stride_part //= size
                result += numbers // stride_whole % size * stride_part
        return result


def first_axes(
    layer: Layer, domain: Sequence[Interval], sizes: TableSizes
) -> tuple[Axes, Ints, Ints]:
    """The axes of a first layer; for each neuron its axis (-1: it reads nothing) and weight."""
    starts, columns, codes = arrays_of(layer)
    directions: dict[tuple[int, ...], int] = {}
    keys, inverse = _row_keys(starts, columns, codes, len(domain), sizes)
    axis_of = np.full(len(keys), -1, dtype=np.int64)
    weight_of = np.zeros(len(keys), dtype=np.int64)
    for number in reversed(range(len(keys))):  # x0 before x1: then places are often the inputs
        row = keys[number]
        factor = int(np.gcd.reduce(row))
        if not factor:
            continue
        factor = factor if row[np.flatnonzero(row)[0]] > 0 else -factor
        direction = tuple((row // factor).tolist())
        axis_of[number] = directions.setdefault(direction, len(directions))
        weight_of[number] = factor
        if len(directions) > MAX_AXES:
            raise DoesNotApply(f"first-layer sums have more than {MAX_AXES} directions")
    axes = Axes(
        directions=tuple(directions),
        ranges=tuple(_range(direction, domain) for direction in directions),
        sizes=sizes,
    )
    return axes, axis_of[inverse], weight_of[inverse]


def _row_keys(
    starts: Ints, columns: Ints, codes: Ints, inputs: int, sizes: TableSizes
) -> tuple[Ints, Ints]:
    """The different rows of a matrix, written out, and which of them each row is."""
    rows = len(starts) - 1
    sizes.require(rows, inputs)
    dense = np.zeros((rows, inputs), dtype=np.int64)
    dense[np.repeat(np.arange(rows), np.diff(starts)), columns] = codes
    found, inverse = np.unique(dense, axis=0, return_inverse=True)
    return found, inverse.reshape(-1)


def _range(direction: Sequence[int], domain: Sequence[Interval]) -> Interval:
    ends = [
        sorted((s * axis.low, s * axis.high)) for s, axis in zip(direction, domain, strict=True)
    ]
    return Interval(sum(low for low, _ in ends), sum(high for _, high in ends))


def arrays_of(layer: Layer) -> tuple[Ints, Ints, Ints]:
    """Starts of rows, columns and codes of the weights, which must fit."""
    weights = layer.weights
    if weights.codes.dtype == object or weights.codes.min(initial=0) == INT64.low:
        raise DoesNotApply("weights do not fit into int64, or their negatives do not")
    return weights.starts, weights.columns, weights.codes
