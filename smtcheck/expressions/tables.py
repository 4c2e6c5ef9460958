"""Tables of codes: filled with as few certified roundings as possible, and lazily."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from enum import Enum, auto
from math import prod
from typing import overload

import numpy as np

from smtcheck.arithmetic.codes import CodeArray, integers
from smtcheck.arithmetic.intervals import Interval
from smtcheck.errors import InputError, TooLarge, shown_number

MAX_ENTRIES = 2**20  #: of a table that is written out
MAX_PADDED = 2**22  #: of a grid with its padding


def members(interval: Interval) -> range:
    """The integers of an interval, ascending."""
    return range(interval.low, interval.high + 1)


def monotone_entries(entry: Callable[[int], int], domain: Interval) -> list[int]:
    """The entries of a nondecreasing table: equal ends settle all between them."""
    entries = [0] * domain.size
    pending = [(domain.low, entry(domain.low), domain.high, entry(domain.high))]
    while pending:
        low, first, high, last = pending.pop()
        if first == last or high - low <= 1:
            start = low - domain.low
            entries[start : high - domain.low] = [first] * (high - low)
            entries[high - domain.low] = last
        else:
            middle = (low + high) // 2
            between = entry(middle)
            pending += [(low, first, middle, between), (middle, between, high, last)]
    return entries


def padded(lengths: Sequence[int]) -> tuple[int, ...]:
    """The lengths of a grid's axes, all but the first rounded up to powers of two.

    An index is then made of the bits of its parts, which costs solvers nothing.  A grid
    that would grow beyond MAX_PADDED entries stays as it is.
    """
    sizes = (*lengths[:1], *(1 << (length - 1).bit_length() for length in lengths[1:]))
    return sizes if prod(sizes) <= MAX_PADDED else tuple(lengths)


def padded_entries(entries: Sequence[int], lengths: Sequence[int]) -> Sequence[int]:
    """A flat grid with its axes `padded`.

    The padding repeats a neighbour, so it does not widen the bounds of the table.
    """
    sizes = padded(lengths)
    if sizes == tuple(lengths):
        return entries
    axes = [pair for pair in zip(sizes, lengths, strict=True) if pair != (1, 1)]  # numpy allows 32
    grid = integers(entries).reshape([length for _, length in axes])
    places = (np.minimum(np.arange(size), length - 1) for size, length in axes)
    return CodeArray(grid[np.ix_(*places)])


class Order(Enum):
    """What is proved about the order of a table's entries."""

    ANY = auto()  #: nothing
    INCREASING = auto()  #: each at least the one before


class LazyTable(Sequence[int]):
    """A table whose entries are computed when they are first asked for."""

    def __init__(
        self,
        entry: Callable[[int], int],
        length: int,
        order: Order = Order.ANY,
    ) -> None:
        if length > sys.maxsize:
            raise InputError(f"a table of {shown_number(length)} entries cannot be indexed")
        self._entry = entry
        self._order = order
        self._length = length
        self._known: dict[int, int] = {}
        self._parts: dict[Interval, Sequence[int]] = {}

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[int]:
        return iter(self[:])

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[int]: ...
    def __getitem__(self, index: int | slice) -> int | Sequence[int]:
        if isinstance(index, slice):
            start, stop, _ = index.indices(self._length)
            return self._part(Interval(start, stop - 1))
        if not 0 <= index < self._length:
            raise IndexError(f"index {index} is not in 0 .. {self._length - 1}")
        if index not in self._known:
            self._known[index] = self._entry(index)
        return self._known[index]

    def _part(self, part: Interval) -> Sequence[int]:
        if part.size > MAX_ENTRIES:
            raise TooLarge(
                f"a table of {shown_number(part.size)} entries is too large to write out (at most "
                f"{MAX_ENTRIES}): use a narrower format or domain, or a rational activation"
            )
        if part not in self._parts:
            self._parts[part] = tuple(self._filled(part))
        return self._parts[part]

    def _filled(self, part: Interval) -> Sequence[int]:
        if self._order is Order.INCREASING:
            return monotone_entries(self._entry, part)
        return [self._entry(index) for index in members(part)]
