"""Neurons as functions of few numbers each: the exact tables behind a composed proof.

Inputs enter a network through first-layer sums; sums along one direction are one *axis*.
A neuron of a later layer depends on the axes of what it reads.  Its values are kept for
all places of these axes: as an array, or as one value and the places where it is another.
A sum of parts on different axes is looked at only where no part alone, with the others
anywhere within their bounds, is seen to overflow; elsewhere its code is an end of the
format, by the lemmas of `proving.overflows`.  Everything is exact, in int64 that provably
does not overflow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from smtcheck.arithmetic.arrays import Arrays
from smtcheck.arithmetic.intervals import Interval
from smtcheck.networks.matrices import csr
from smtcheck.networks.network import Layer, settled
from smtcheck.proving.axes import Axes, arrays_of, first_axes
from smtcheck.proving.blocks import (
    MAX_CELLS,
    Block,
    Csr,
    DoesNotApply,
    Ints,
    Part,
    Table,
    compact,
    require_cells,
    size_of,
)

SAFE = 2**61  #: sums are smaller, so that two of them can be added
BEYOND = 2**62  #: beyond all sums, even after bounds of others are taken from it


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
    bound = most * heaviest * size
    if bound >= SAFE:
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
    """What neurons of a layer give for sums: the one definition, read as arrays."""
    if not sums.size:
        return sums
    ops = Arrays()
    flat = np.ascontiguousarray(sums).reshape(-1)
    array = ops.variable(flat, Interval(int(flat.min()), int(flat.max())))
    outputs = settled(ops, layer, array).outputs.elements
    return np.asarray(np.broadcast_to(outputs, flat.shape), dtype=np.int64).reshape(sums.shape)


def first_blocks(layer: Layer, domain: Sequence[Interval]) -> tuple[Axes, list[Block]]:
    """The neurons of the first layer, axis by axis."""
    axes, axis_of, weight_of = first_axes(layer, domain)
    require_safe(layer, max(max(abs(axis.low), abs(axis.high)) for axis in domain))
    biases = biases_of(layer)
    blocks = []
    for axis in np.unique(axis_of).tolist():
        neurons = np.flatnonzero(axis_of == axis)
        own = (axis,) if axis >= 0 else ()
        pairs = np.stack([weight_of[neurons], biases[neurons]])
        (weights, additions), rows = _without_copies(pairs)
        require_cells(len(weights), axes.places(own))
        span = axes.ranges[axis] if own else Interval(0, 0)
        places = np.arange(span.low, span.high + 1)
        sums = weights[:, None] * places[None, :] + additions[:, None]
        table = compact(activated(layer, sums))
        blocks.append(Block(neurons=neurons, axes=own, table=table, rows=rows))
    return axes, blocks


def next_blocks(layer: Layer, axes: Axes, blocks: Sequence[Block], ends_of: EndsOf) -> list[Block]:
    """The neurons of the next layer."""
    return list(streamed_blocks(layer, axes, blocks, ends_of, MAX_CELLS))


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
        parts = merged(axes, [_part(matrix, different, blocks[number]) for number in read])
        own = tuple(sorted(axis for part in parts for axis in part.axes))
        if len(parts) > 1:
            ends = ends_of(layer, bound)
            tables = _of_parts(layer, axes, parts, biases[different], ends, most_places)
        else:
            sums = parts[0].own() if parts else _nothing(len(different))
            table = _of_one_part(layer, Table(sums.base + biases[different], sums.rest))
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


def _part(matrix: Csr, rows: Ints, block: Block) -> Part:
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
        return Part(axes=block.axes, table=block.table.summed(read), rows=which)
    return Part(axes=block.axes, table=block.table.summed(different), rows=which, factors=factors)


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
    whole, table = large.own(), small.own()
    if small.axes != large.axes:
        table = table.at(axes.projected(small.axes, large.axes))
    rest = whole.rest + table.rest
    rows = np.arange(len(large.rows))  # what several neurons shared is now written out for each
    return Part(axes=large.axes, table=Table(whole.base + table.base, rest), rows=rows)


def _of_one_part(layer: Layer, sums: Table) -> Table:
    """Activations of sums that are one table."""
    if isinstance(sums.rest, np.ndarray):
        return compact(activated(layer, sums.dense))
    rest = sums.rest
    rows = np.repeat(np.arange(rest.shape[0]), np.diff(rest.indptr))
    base = activated(layer, sums.base)
    values = activated(layer, sums.base[rows] + rest.data) - base[rows]
    found = csr((values, rest.indices, rest.indptr), rest.shape)
    found.eliminate_zeros()
    return Table(base, found)


def _of_parts(
    layer: Layer,
    axes: Axes,
    parts: Sequence[Part],
    biases: Ints,
    ends: Ends,
    most_places: int,
) -> Iterator[tuple[Ints, Table]]:
    """Activations of sums of parts that have no axis in common: some neurons at a time."""
    tables = [part.table.dense for part in parts]
    pairs = list(zip(tables, parts, strict=True))
    least = np.stack([table.min(axis=1)[part.rows] * part.each_factor for table, part in pairs])
    most = np.stack([table.max(axis=1)[part.rows] * part.each_factor for table, part in pairs])
    lowest, highest = least.sum(axis=0) + biases, most.sum(axis=0) + biases
    # a part up to `low` makes the sum low, with the others anywhere within their bounds
    low = (-BEYOND if ends.low is None else ends.low) - (highest - most)
    high = (BEYOND if ends.high is None else ends.high) - (lowest - least)
    goes_low, goes_high = (least <= low).any(axis=0), (most >= high).any(axis=0)
    if ends.low_value != ends.high_value:  # a row that goes both ways is listed everywhere
        both = goes_low & goes_high
        low[:, both], high[:, both] = -SAFE, SAFE
    base = np.where(goes_low, ends.low_value, ends.high_value)
    whole = tuple(sorted(axis for part in parts for axis in part.axes))
    if axes.places(whole) >= SAFE:
        raise DoesNotApply("places are too many to be numbered in int64")
    spans = [
        _Open.between(table, part, axes.spread(part.axes, whole), low[i], high[i])
        for i, (table, part) in enumerate(pairs)
    ]
    for chosen in _portions([span.counts for span in spans], most_places):
        rows, places, sums = _products(spans, chosen)
        values = activated(layer, sums + biases[rows]) - base[rows]
        kept = np.flatnonzero(values)
        shape = (len(chosen), axes.places(whole))
        own = np.searchsorted(chosen, rows[kept])
        yield chosen, Table(base[chosen], csr((values[kept], (own, places[kept])), shape))


def _portions(counts: Sequence[Ints], most_places: int) -> Iterator[Ints]:
    """Neurons in portions, of which each has few enough places where all parts are open."""
    each = reduce(np.multiply, [count.astype(object) for count in counts])
    total = int(each.sum())
    if total > most_places or max(each, default=0) > MAX_CELLS:
        raise DoesNotApply(f"{total} places at which neurons do not overflow are too many values")
    before = (np.cumsum(each) - each).astype(np.int64)
    step = MAX_CELLS if total <= MAX_CELLS else MAX_CELLS // 4
    portion = before // step
    for number in np.unique(portion).tolist():
        yield np.flatnonzero(portion == number)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Open:
    """For each neuron, the places at which a part lies strictly between two bounds."""

    values: Ints  #: of all rows of the part's table, one after the other, each ascending
    shares: Ints  #: and of their places in the number of a place of all axes
    starts: Ints  #: where a neuron's places begin there
    counts: Ints
    factors: Ints  #: by which a neuron multiplies the values

    @classmethod
    def between(cls, table: Ints, part: Part, shares: Ints, low: Ints, high: Ints) -> _Open:
        """The places: one by one, or in sorted rows where many neurons share one."""
        rows, width = table.shape
        if len(part.rows) == rows:
            mask = (table > low[:, None]) & (table < high[:, None])
            counts = mask.sum(axis=1)
            return cls(
                values=table[mask],
                shares=shares[np.nonzero(mask)[1]],
                starts=np.cumsum(counts) - counts,
                counts=counts,
                factors=part.each_factor,
            )
        order = np.argsort(table, axis=1)
        values = np.take_along_axis(table, order, axis=1).reshape(-1)
        # factor * value <= bound exactly if value <= floor(bound / factor)
        starts = _count_up_to(table, part.rows, low // part.each_factor, order)
        ends = _count_up_to(table, part.rows, (high - 1) // part.each_factor, order)
        return cls(
            values=values,
            shares=shares[order].reshape(-1),
            starts=part.rows * width + starts,
            counts=np.maximum(ends - starts, 0),
            factors=part.each_factor,
        )


def _count_up_to(table: Ints, rows: Ints, bounds: Ints, order: Ints) -> Ints:
    """How many values of the chosen rows are at most the bounds."""
    least, most = table.min(axis=1)[rows], table.max(axis=1)[rows]
    counts = np.where(bounds >= most, table.shape[1], 0)
    between = np.flatnonzero((least <= bounds) & (bounds < most))
    by_row = between[np.argsort(rows[between], kind="stable")]
    borders = np.flatnonzero(np.diff(rows[by_row], prepend=-1))
    for group in np.split(by_row, borders[1:]) if by_row.size else []:
        row = int(rows[group[0]])
        counts[group] = np.searchsorted(table[row], bounds[group], side="right", sorter=order[row])
    return counts


def _products(spans: Sequence[_Open], neurons: Ints) -> tuple[Ints, Ints, Ints]:
    """All places where every part is open: neuron, place, and the sum of the parts."""
    is_open = np.all([span.counts[neurons] for span in spans], axis=0)
    rows = neurons[is_open]  # so no list on the way is longer than the last
    places, sums = np.zeros_like(rows), np.zeros_like(rows)
    for span in spans:
        repeats = span.counts[rows]
        ordinal = np.arange(int(repeats.sum())) - np.repeat(np.cumsum(repeats) - repeats, repeats)
        rows, places, sums = (np.repeat(array, repeats) for array in (rows, places, sums))
        chosen = span.starts[rows] + ordinal
        places = places + span.shares[chosen]
        sums = sums + span.factors[rows] * span.values[chosen]
    return rows, places, sums
