"""Sums of several parts: the places at which no part alone is seen to overflow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from smtcheck.checking.composition.blocks import (
    DoesNotApply,
    Ints,
    Part,
    Table,
)
from smtcheck.checking.composition.directions import Axes
from smtcheck.checking.composition.layer_sums import SAFE, Ends, activated
from smtcheck.networks.layers import Layer
from smtcheck.networks.matrices import csr

BEYOND = 2**62  #: beyond all sums, even after bounds of others are taken from it


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
    for chosen in _portions([span.counts for span in spans], most_places, axes.sizes.portion):
        rows, places, sums = _products(spans, chosen)
        values = activated(layer, sums + biases[rows]) - base[rows]
        kept = np.flatnonzero(values)
        shape = (len(chosen), axes.places(whole))
        own = np.searchsorted(chosen, rows[kept])
        yield chosen, Table(base[chosen], csr((values[kept], (own, places[kept])), shape))


def _portions(counts: Sequence[Ints], most_places: int, at_once: int) -> Iterator[Ints]:
    """Neurons in portions, of which each has few enough places where all parts are open."""
    each = reduce(np.multiply, [count.astype(object) for count in counts])
    total = int(each.sum())
    if total > most_places or max(each, default=0) > at_once:
        raise DoesNotApply(f"{total} places at which neurons do not overflow are too many values")
    before = (np.cumsum(each) - each).astype(np.int64)
    step = at_once if total <= at_once else at_once // 4
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
