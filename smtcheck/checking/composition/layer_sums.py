"""The sums of a layer in int64 that provably does not overflow, and where they saturate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from smtcheck.arithmetic.arrays import Arrays
from smtcheck.arithmetic.intervals import Interval
from smtcheck.checking.composition.blocks import (
    Csr,
    DoesNotApply,
    Ints,
    size_of,
)
from smtcheck.checking.composition.directions import arrays_of
from smtcheck.networks.layers import Layer, settled
from smtcheck.networks.matrices import csr

SAFE = 2**61  #: sums are smaller, so that two of them can be added


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """The sums at which a layer's codes are certainly an end, and its activations there."""

    low: int | None  #: sums up to here give `low_value`; None: none is known to
    high: int | None  #: sums from here on give `high_value`
    low_value: int
    high_value: int


EndsOf = Callable[[Layer, int], Ends]  #: for sums of at most that size


def matrix_of(layer: Layer) -> Csr:
    """The weights."""
    starts, columns, codes = arrays_of(layer)
    return csr((codes, columns, starts), (layer.outputs, layer.weights.inputs))


def biases_of(layer: Layer) -> Ints:
    """The biases, which must fit."""
    if max(map(abs, layer.biases)) >= SAFE:
        raise DoesNotApply("biases do not fit into int64")
    return np.array(layer.biases, dtype=np.int64)


def require_safe(layer: Layer, size: int) -> int:
    """A bound on the sizes of sums of values up to `size`; refused if int64 might not hold them."""
    weights = layer.weights
    heaviest = size_of(weights.codes)
    most = int(np.diff(weights.starts).max())
    if most * heaviest * max(size, 1) >= SAFE:  # weights alone are added up, too
        raise DoesNotApply("sums might not fit into int64")
    totals = np.zeros(layer.outputs, dtype=np.int64)
    np.add.at(totals, weights.rows, np.abs(weights.codes))
    bound = int(totals.max()) * size + max(map(abs, layer.biases))
    if bound >= SAFE:
        raise DoesNotApply("sums might not fit into int64")
    return bound


def is_safe(layer: Layer, size: int) -> bool:
    """Whether int64 certainly holds the sums of values up to a size."""
    try:
        require_safe(layer, size)
    except DoesNotApply:
        return False
    return True


def activated(layer: Layer, sums: Ints) -> Ints:
    """What neurons of a layer give for sums: the one definition, interpreted as arrays."""
    if not sums.size:
        return sums
    ops = Arrays()
    flat = np.ascontiguousarray(sums).reshape(-1)
    array = ops.variable(flat, Interval(int(flat.min()), int(flat.max())))
    outputs = settled(ops, layer, array).outputs.elements
    return np.asarray(np.broadcast_to(outputs, flat.shape), dtype=np.int64).reshape(sums.shape)
