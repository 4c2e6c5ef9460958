"""Neurons with a common sum, and where that sum matters: the heart of the row merge.

A neuron's sum is written as

    sum = constant + step * u,   u = t_1(atom) + ... + t_m(atom'),   min t_i = 0

where all entries of the t_i have the greatest common divisor 1 and the sign of step
is such that t_1 first rises.  Neurons with equal rows, multiples of a row, or copies
of what a row reads then have the same u, and are tables of it.  As far as tables can
tell, u is a number in 0 .. max t_1 + ... + max t_m, and is cut down in three ways.

*Saturation.*  If the arithmetic, interpreted as intervals, says that all sums in A .. B
get one code, they do.  Bisection finds such stretches at both ends of what sums can
be; u matters only from where the first neuron of the group leaves one to where the
last enters the other.  This is a result of the one definition of the arithmetic, not
a rule for each mode.  The lower stretch ends at the last sum that rounds to lo under
AP_SAT, to max(lo, -hi) under AP_SAT_SYM, to lo - 1 under AP_SAT_ZERO; under AP_WRAP it
is the sums that round to one integer, and next to nothing is cut.  (A stretch that is
found too short makes a table longer, not wrong.)

*Equal entries* at the ends of all tables of the group.

*Caps.*  For 0 <= rest <= most and low <= high,

    clip(t + rest, low, high) = clip(clip(t, low - most, high) + rest, low, high)

because t > high makes both t + rest and high + rest at least high, and t < low - most
makes both t + rest and low - most + rest at most low.  Here rest is the sum of the
other tables and most the sum of their greatest entries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smtcheck.arithmetic.intervals import Interval, Intervals, hull
from smtcheck.networks.layers import Layer, requantized

Entries = NDArray[Any]
#: Tables by the atom that they depend on.
Tables = tuple[tuple[int, Entries], ...]


class TablesTooLarge(Exception):
    """Some tables would be too long; the message says which."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SumOfTables:
    """A neuron's sum: a constant, and tables with least entry 0 that are not constant."""

    constant: int
    tables: Tables


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Group:
    """Neurons whose sums are constant + step * u for one u, the sum of the tables."""

    tables: Tables
    numbers: tuple[int, ...]  #: which neurons
    constants: tuple[int, ...]
    steps: tuple[int, ...]  #: none of them 0

    @property
    def most(self) -> int:
        """The greatest u can be."""
        return sum(int(table.max()) for _, table in self.tables)

    @property
    def reach(self) -> Interval:
        """What the sums can be."""
        ends = [c + step * self.most for c, step in zip(self.constants, self.steps, strict=True)]
        return hull(*self.constants, *ends)

    def accumulators(self, cut: Interval) -> Entries:
        """The sums of each neuron, one row each, for every u of an interval."""
        element_type = self.tables[0][1].dtype
        u = np.array(range(cut.low, cut.high + 1), dtype=element_type)
        constants = np.array(self.constants, dtype=element_type)[:, np.newaxis]
        steps = np.array(self.steps, dtype=element_type)[:, np.newaxis]
        return np.asarray(constants + steps * u)


def grouped(sums: Sequence[SumOfTables]) -> list[Group]:
    """The sums of several tables, those with the same u together."""
    found: dict[Any, tuple[Tables, list[tuple[int, int, int]]]] = {}
    for number, one in enumerate(sums):
        if len(one.tables) > 1:
            constant, step, tables = normalized(one)
            key = tuple((atom, tuple(table.tolist())) for atom, table in tables)
            found.setdefault(key, (tables, []))[1].append((number, constant, step))
    groups = []
    for tables, neurons in found.values():
        numbers, constants, steps = zip(*neurons, strict=True)
        groups.append(Group(tables=tables, numbers=numbers, constants=constants, steps=steps))
    return groups


def normalized(one: SumOfTables) -> tuple[int, int, Tables]:
    """Constant, step and the tables of u."""
    divisor = gcd(*(int(np.gcd.reduce(table)) for _, table in one.tables))
    first = one.tables[0][1]
    if first[np.argmax(first != first[0])] > first[0]:
        tables = tuple((atom, table // divisor) for atom, table in one.tables)
        return one.constant, divisor, tables
    greatest = [table.max() for _, table in one.tables]
    tables = tuple(
        (atom, (most - table) // divisor)
        for most, (atom, table) in zip(greatest, one.tables, strict=True)
    )
    return one.constant + sum(map(int, greatest)), -divisor, tables


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatEnds:
    """Where the neurons of a layer are constant: up to `low`, and from `high` on.

    That is said of sums inside the reach for which this was found.
    """

    low: int
    high: int

    @classmethod
    def of(cls, layer: Layer, groups: Sequence[Group]) -> FlatEnds:
        """For all sums that the groups can have."""
        reaches = [group.reach for group in groups]
        low, high = min(r.low for r in reaches), max(r.high for r in reaches)
        until, before = low, high + 1  # constant up to `until`, not known to be up to `before`
        while before - until > 1:
            middle = (until + before) // 2
            if _is_constant(layer, Interval(low, middle)):
                until = middle
            else:
                before = middle
        since, after = high, low - 1
        while since - after > 1:
            middle = (since + after) // 2
            if _is_constant(layer, Interval(middle, high)):
                since = middle
            else:
                after = middle
        return cls(low=until, high=since)

    def cut(self, group: Group) -> Interval:
        """The u that matter: all neurons are constant up to the low and from the high end."""
        most = group.most
        starts, ends = [], []
        for constant, step in zip(group.constants, group.steps, strict=True):
            low, high = self.low - constant, self.high - constant
            if step < 0:  # the same with the signs of sums turned round
                low, high = -high, -low
            starts.append(low // abs(step))  # the last u with |step| * u <= low
            ends.append(-(-high // abs(step)))  # the first u with |step| * u >= high
        start = min(most, max(0, min(starts)))
        return Interval(start, max(start, min(most, max(ends))))


def _is_constant(layer: Layer, accumulators: Interval) -> bool:
    """Whether all sums of an interval get the same code, as far as intervals can tell."""
    ops = Intervals()
    return layer.output_format.apply_overflow(ops, requantized(ops, layer, accumulators)).is_point


def trimmed(outputs: Entries, cut: Interval) -> tuple[Entries, Interval]:
    """Tables from cut.low on, one row each, without columns that repeat at their ends."""
    is_step = (outputs[:, 1:] != outputs[:, :-1]).any(axis=0)
    places = np.flatnonzero(is_step)  # between a column and the next
    if not places.size:
        return outputs[:, :1], Interval(cut.low, cut.low)
    first, last = int(places[0]), int(places[-1]) + 1
    return outputs[:, first : last + 1], Interval(cut.low + first, cut.low + last)


def capped(tables: Tables, cut: Interval) -> tuple[Tables, Interval]:
    """Tables that need not tell apart what cannot matter, and the cut of their sum."""
    result = list(tables)
    low, high = cut.low, cut.high
    for place, (atom, table) in enumerate(result):
        most = sum(int(t.max()) for other, (_, t) in enumerate(result) if other != place)
        inside = np.minimum(np.maximum(table, low - most), high)
        least = int(inside.min())
        result[place] = (atom, inside - least)
        low, high = low - least, high - least
    return tuple(result), Interval(low, high)


def parts_that_matter(tables: Tables) -> Tables:
    """Without those that are constantly 0."""
    return tuple((atom, table) for atom, table in tables if table.any())
