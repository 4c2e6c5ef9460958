"""Functions taken apart: boxes on which they are constant, level sets, sums along directions.

A function of d codes is an array with d axes.  What is found here is exact: boxes are
disjoint and cover all points but those of one value; level sets add up to the function;
a sum along directions is compared with the function at every point.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

from smtcheck.construction.indicators.families import unit_signs

Ints = NDArray[np.int64]

Ranges = tuple[tuple[int, int], ...]  #: first and last index on each axis


class TooManyBoxes(Exception):
    """The function is constant on small boxes only."""


def boxes(table: Ints, limit: int) -> list[tuple[Ranges, int]]:
    """Disjoint boxes that cover all points, with their values.

    Runs of the last axis, of which equal ones in neighbouring rows are joined; axes are
    tried in turn as the last.  TooManyBoxes where all ways need more than `limit`.
    """
    best: list[tuple[Ranges, int]] | None = None
    for last in range(table.ndim):
        order = [axis for axis in range(table.ndim) if axis != last] + [last]
        turned = np.transpose(table, order)
        if _runs(turned) > 4 * limit:
            continue
        back = np.argsort(order)
        found = [(tuple(ranges[axis] for axis in back), value) for ranges, value in _joined(turned)]
        if best is None or len(found) < len(best):
            best = found
    if best is None or len(best) > limit:
        raise TooManyBoxes
    return sorted(best)


def commonest(values: Sequence[int]) -> int:
    """The value that occurs most."""
    found, counts = np.unique(np.array(values), return_counts=True)
    return int(found[counts.argmax()])


def _runs(table: Ints) -> int:
    rows = table.size // table.shape[-1]
    return int(rows + np.count_nonzero(np.diff(table, axis=-1)))


def _joined(table: Ints) -> list[tuple[Ranges, int]]:
    """Boxes slice by slice: a box goes on where the next slice has the same one."""
    if table.ndim == 1:
        ends = np.flatnonzero(np.diff(table)).tolist()
        starts = [0, *(end + 1 for end in ends)]
        stops = [*ends, len(table) - 1]
        return [
            (((start, stop),), int(table[start])) for start, stop in zip(starts, stops, strict=True)
        ]
    done: list[tuple[Ranges, int]] = []
    going: dict[tuple[Ranges, int], int] = {}
    for index, part in enumerate(table):
        here = set(_joined(part))
        for (ranges, value), start in list(going.items()):
            if (ranges, value) not in here:
                done.append((((start, index - 1), *ranges), value))
                del going[ranges, value]
        for box in here:
            going.setdefault(box, index)
    last = len(table) - 1
    done += [(((start, last), *ranges), value) for (ranges, value), start in going.items()]
    return done


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """table = base + the sum of `rise` over the boxes that hold a point."""

    base: int
    boxes: tuple[tuple[Ranges, int], ...]


def levels(table: Ints) -> Levels | None:
    """The function as a sum of boxes: where it is at least so large, or smaller.

    None unless every such set, or its complement, is a box: as for minima and maxima.
    """
    values = np.unique(table)
    base, found = int(values[0]), []
    for below, value in zip(values.tolist(), values[1:].tolist(), strict=False):
        above = table >= value
        for mask, sign in ((above, 1), (~above, -1)):
            ranges = _as_box(mask)
            if ranges is not None:
                found.append((ranges, sign * (value - below)))
                base += value - below if sign < 0 else 0
                break
        else:
            return None
    return Levels(base=base, boxes=tuple(found))


def _as_box(mask: NDArray[np.bool_]) -> Ranges | None:
    """The ranges of a set that is a box."""
    ranges = []
    for axis in range(mask.ndim):
        others = tuple(other for other in range(mask.ndim) if other != axis)
        held = np.flatnonzero(mask.any(axis=others))
        if not held.size:
            return None
        ranges.append((int(held[0]), int(held[-1])))
    volume = int(np.prod([stop - start + 1 for start, stop in ranges]))
    return tuple(ranges) if volume == np.count_nonzero(mask) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ridge:
    """A function of a sum of inputs with signs: its values, from the least sum on."""

    signs: tuple[int, ...]
    low: int
    values: tuple[int, ...]

    def runs(self) -> list[tuple[tuple[int, int], int]]:
        """The first and last place of each run of one value."""
        return [
            ((self.low + ranges[0][0], self.low + ranges[0][1]), value)
            for ranges, value in _joined(np.array(self.values))
        ]


def ridges(sums: Ints, lows: Sequence[int]) -> list[tuple[Ridge, ...]]:
    """Ways to write an array as functions of one direction, or of a few, that add up.

    `lows` has the code that index 0 of each axis stands for.
    """
    found: list[tuple[Ridge, ...]] = []
    for signs in _directions(sums.ndim):
        ridge = _along_one(sums, lows, signs)
        if ridge is not None:
            return [(ridge,)]
    separable = _separable(sums, lows)
    if separable is not None:
        found.append(separable)
    if sums.ndim == 2:
        for one, other in combinations(_directions(2), 2):
            pair = _along_two(sums, lows, one, other)
            if pair is not None:
                found.append(pair)
    return found


def _directions(inputs: int) -> list[tuple[int, ...]]:
    """Sums of inputs with signs, up to the sign of all."""
    found = [signs for signs in product((0, 1, -1), repeat=inputs) if any(signs)]
    return sorted(
        (signs for signs in found if next(s for s in signs if s) > 0),
        key=lambda signs: sum(map(abs, signs)),
    )


def _projected(shape: Sequence[int], lows: Sequence[int], signs: Sequence[int]) -> Ints:
    """The sum along a direction at every point."""
    total = np.zeros((1,) * len(shape), dtype=np.int64)
    for axis, (length, low, sign) in enumerate(zip(shape, lows, signs, strict=True)):
        codes = np.arange(low, low + length)
        total = total + sign * codes.reshape([-1 if a == axis else 1 for a in range(len(shape))])
    return np.broadcast_to(total, tuple(shape))


def _along_one(sums: Ints, lows: Sequence[int], signs: tuple[int, ...]) -> Ridge | None:
    """A function of one direction: as many values as the direction has sums."""
    places = _projected(sums.shape, lows, signs)
    low = int(places.min())
    values = np.zeros(int(places.max()) - low + 1, dtype=np.int64)
    values[places.reshape(-1) - low] = sums.reshape(-1)
    if (values[places - low] != sums).any():
        return None
    return Ridge(signs=signs, low=low, values=tuple(values.tolist()))


def _separable(sums: Ints, lows: Sequence[int]) -> tuple[Ridge, ...] | None:
    """A sum of functions of one input each."""
    origin = (0,) * sums.ndim
    found, total = [], np.zeros_like(sums)
    for axis, signs in enumerate(unit_signs(sums.ndim)):
        line = tuple(slice(None) if a == axis else 0 for a in range(sums.ndim))
        values = sums[line] - (sums[origin] if axis else 0)
        total = total + values.reshape([-1 if a == axis else 1 for a in range(sums.ndim)])
        if values.any():
            found.append(Ridge(signs=signs, low=lows[axis], values=tuple(values.tolist())))
    return tuple(found) if (total == sums).all() else None


def _along_two(
    sums: Ints, lows: Sequence[int], one: tuple[int, ...], other: tuple[int, ...]
) -> tuple[Ridge, ...] | None:
    """A sum of functions of two directions, found along a line through the middle.

    Points are sorted into classes that share no value of either function (of x + y and
    x - y there are two, by parity); in each the first function is fixed at one value.
    """
    u, v = (_projected(sums.shape, lows, signs) for signs in (one, other))
    u_low, v_low = int(u.min()), int(v.min())
    u, v = u - u_low, v - v_low
    first = np.zeros(int(u.max()) + 1, dtype=np.int64)
    second = np.zeros(int(v.max()) + 1, dtype=np.int64)
    determinant = abs(one[0] * other[1] - one[1] * other[0])
    middle = [length // 2 for length in sums.shape]
    for step in range(determinant):
        at = (middle[0], min(middle[1] + step, sums.shape[1] - 1))
        on_line = v == v[at]  # here the second function is taken to be 0
        first[u[on_line]] = sums[on_line]
    known = np.zeros(len(first), dtype=bool)
    for step in range(determinant):
        at = (middle[0], min(middle[1] + step, sums.shape[1] - 1))
        known[u[v == v[at]]] = True
    for _ in range(2):  # what the line did not meet follows from what it did
        through = known[u]
        second[v[through]] = sums[through] - first[u[through]]
        told = np.zeros(len(second), dtype=bool)
        told[v[through]] = True
        rest = told[v] & ~through
        first[u[rest]] = sums[rest] - second[v[rest]]
        known[u[rest]] = True
    if (first[u] + second[v] != sums).any():
        return None
    return (
        Ridge(signs=one, low=u_low, values=tuple(first.tolist())),
        Ridge(signs=other, low=v_low, values=tuple(second.tolist())),
    )
