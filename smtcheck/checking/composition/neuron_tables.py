"""Neurons as functions of few numbers each: the exact tables behind a composed proof.

Inputs enter a network through first-layer sums; sums along one direction are one *axis*.
A neuron of a later layer depends on the axes of what it reads.  Its values are kept for
all places of these axes: as an array, or as one value and the places where it is another.
A sum of parts on different axes is looked at only where no part alone, with the others
anywhere within their bounds, is seen to overflow; elsewhere its code is an end of the
format, by the lemmas of `saturation`.  Everything is exact, in int64 that provably
does not overflow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from smtcheck.arithmetic.intervals import Interval
from smtcheck.checking.composition.blocks import (
    USUAL,
    Block,
    Csr,
    DoesNotApply,
    Ints,
    Part,
    Table,
    TableSizes,
    compact,
)
from smtcheck.checking.composition.directions import Axes, first_axes
from smtcheck.checking.composition.layer_sums import (
    EndsOf,
    activated,
    biases_of,
    matrix_of,
    require_safe,
)
from smtcheck.checking.composition.open_places import _of_parts
from smtcheck.networks.layers import Layer
from smtcheck.networks.matrices import csr


def first_blocks(
    layer: Layer, domain: Sequence[Interval], sizes: TableSizes = USUAL
) -> tuple[Axes, list[Block]]:
    """The neurons of the first layer, axis by axis."""
    axes, axis_of, weight_of = first_axes(layer, domain, sizes)
    require_safe(layer, max(max(abs(axis.low), abs(axis.high)) for axis in domain))
    biases = biases_of(layer)
    blocks = []
    for axis in np.unique(axis_of).tolist():
        neurons = np.flatnonzero(axis_of == axis)
        own = (axis,) if axis >= 0 else ()
        pairs = np.stack([weight_of[neurons], biases[neurons]])
        (weights, additions), rows = _without_copies(pairs)
        sizes.require(len(weights), axes.places(own))
        span = axes.ranges[axis] if own else Interval(0, 0)
        places = np.arange(span.low, span.high + 1)
        sums = weights[:, None] * places[None, :] + additions[:, None]
        table = compact(activated(layer, sums), sizes)
        blocks.append(Block(neurons=neurons, axes=own, table=table, rows=rows))
    return axes, blocks


def next_blocks(layer: Layer, axes: Axes, blocks: Sequence[Block], ends_of: EndsOf) -> list[Block]:
    """The neurons of the next layer."""
    return list(streamed_blocks(layer, axes, blocks, ends_of, axes.sizes.cells))


def streamed_blocks(
    layer: Layer, axes: Axes, blocks: Sequence[Block], ends_of: EndsOf, most_places: int
) -> Iterator[Block]:
    """The same one after the other, so that not all have to be in memory at once.

    At most so many places are listed for all neurons of a block together.
    """
    bound = require_safe(layer, max(block.table.size() for block in blocks))
    matrix, biases = matrix_of(layer), biases_of(layer)
    for neurons, read in rows_by_blocks(matrix, blocks):
        different, rows = _distinct_neurons(matrix, biases, neurons)
        parts = merged(
            axes, [_part(matrix, different, blocks[number], axes.sizes) for number in read]
        )
        own = tuple(sorted(axis for part in parts for axis in part.axes))
        if len(parts) > 1:
            ends = ends_of(layer, bound)
            tables = _of_parts(layer, axes, parts, biases[different], ends, most_places)
        else:
            sums = parts[0].own(axes.sizes) if parts else _nothing(len(different))
            table = _of_one_part(layer, Table(sums.base + biases[different], sums.rest), axes.sizes)
            tables = iter([(np.arange(len(different)), table)])
        for chosen, table in tables:
            held = np.flatnonzero(np.isin(rows, chosen))
            place = np.searchsorted(chosen, rows[held])
            yield Block(neurons=neurons[held], axes=own, table=table, rows=place)


def _without_copies(columns: Ints) -> tuple[Ints, Ints]:
    """The different columns of an array, and which of them each column is."""
    different, which = np.unique(columns, axis=1, return_inverse=True)
    which = which.reshape(-1)
    if different.shape[1] == columns.shape[1]:
        return columns, np.arange(columns.shape[1])
    return different, which


def _distinct_neurons(matrix: Csr, biases: Ints, neurons: Ints) -> tuple[Ints, Ints]:
    """Neurons that differ in a weight or the bias, and for each neuron which of them it is."""
    _, rows = distinct_rows(matrix[neurons])
    _, which = _without_copies(np.stack([rows, biases[neurons]]))
    first = np.unique(which, return_index=True)[1]
    return neurons[first], which


def _nothing(rows: int) -> Table:
    """The sums of neurons that read nothing."""
    zeros = np.zeros((rows, 1), dtype=np.int64)
    return Table(zeros[:, 0], zeros)


def _part(matrix: Csr, rows: Ints, block: Block, sizes: TableSizes) -> Part:
    """What some neurons add up from a block."""
    part = matrix if len(rows) == matrix.shape[0] else matrix[rows]
    read = block.read_by(part)
    factors = _common_factors(read)
    reduced = csr(
        (read.data // np.repeat(factors, np.diff(read.indptr)), read.indices, read.indptr),
        read.shape,
    )
    different, which = distinct_rows(reduced)
    if len(which) == different.shape[0]:
        return Part(axes=block.axes, table=block.table.summed(read, sizes), rows=which)
    table = block.table.summed(different, sizes)
    return Part(axes=block.axes, table=table, rows=which, factors=factors)


def _common_factors(matrix: Csr) -> Ints:
    """The greatest common divisor of each row; 1 for a row without weights."""
    counts = np.diff(matrix.indptr)
    factors = np.ones(len(counts), dtype=np.int64)
    starts = matrix.indptr[:-1][counts > 0]
    if len(starts):
        factors[counts > 0] = np.gcd.reduceat(np.abs(matrix.data), starts)
    return np.maximum(factors, 1)  # what copies add up may be zeros


def distinct_rows(matrix: Csr) -> tuple[Csr, Ints]:
    """The different rows, and which of them each row is: by a hash that is then checked."""
    random = np.random.default_rng(0).integers(-(2**62), 2**62, size=matrix.shape[1])
    hashes = matrix @ random  # wraps around, which does not matter to a hash
    _, first, which = np.unique(hashes, return_index=True, return_inverse=True)
    everything = np.arange(matrix.shape[0])
    if len(first) == matrix.shape[0]:
        return matrix, everything
    different = matrix[first]
    if (different[which] != matrix).nnz:
        return matrix, everything
    return different, which.reshape(-1)


def rows_by_blocks(matrix: Csr, blocks: Sequence[Block]) -> Iterator[tuple[Ints, list[int]]]:
    """The rows of a matrix, those together that read the same blocks."""
    owner = np.zeros(matrix.shape[1], dtype=np.int64)
    for number, block in enumerate(blocks):
        owner[block.neurons] = number
    reads = np.zeros((matrix.shape[0], len(blocks)), dtype=bool)
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    reads[rows, owner[matrix.indices]] = True
    patterns, which = np.unique(reads, axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        yield np.flatnonzero(which.reshape(-1) == number), np.flatnonzero(pattern).tolist()


def merged(axes: Axes, parts: Sequence[Part]) -> list[Part]:
    """Parts on axes that lie inside those of another part are added to it."""
    kept: list[Part] = []
    for part in sorted(parts, key=lambda part: -len(part.axes)):
        for index, other in enumerate(kept):
            if set(part.axes) <= set(other.axes):
                kept[index] = _added(axes, other, part)
                break
            if set(part.axes) & set(other.axes):
                raise DoesNotApply("parts of a sum share some of their axes, but not all")
        else:
            kept.append(part)
    return kept


def _added(axes: Axes, large: Part, small: Part) -> Part:
    """Two parts as one, on the axes of the larger."""
    whole, table = large.own(axes.sizes), small.own(axes.sizes)
    if small.axes != large.axes:
        table = table.at(axes.projected(small.axes, large.axes), axes.sizes)
    rest = whole.rest + table.rest
    rows = np.arange(len(large.rows))  # what several neurons shared is now written out for each
    return Part(axes=large.axes, table=Table(whole.base + table.base, rest), rows=rows)


def _of_one_part(layer: Layer, sums: Table, sizes: TableSizes) -> Table:
    """Activations of sums that are one table."""
    if isinstance(sums.rest, np.ndarray):
        return compact(activated(layer, sums.dense), sizes)
    rest = sums.rest
    rows = np.repeat(np.arange(rest.shape[0]), np.diff(rest.indptr))
    base = activated(layer, sums.base)
    values = activated(layer, sums.base[rows] + rest.data) - base[rows]
    found = csr((values, rest.indices, rest.indptr), rest.shape)
    found.eliminate_zeros()
    return Table(base, found)
