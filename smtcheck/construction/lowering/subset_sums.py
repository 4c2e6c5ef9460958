"""Sums of few amounts: how a number is made of the steps that neurons can contribute.

This is multiple-choice subset sum, a kind of multiple-choice knapsack (Kellerer, Pferschy
and Pisinger, Knapsack Problems, 2004): a *group* has options, each worth an amount at a cost,
of which one may be taken or none.  All sums of groups, with the least cost of each, are listed
group by group; where they would be too many, a later group offers only some of its options.
A wanted interval is then met by its cheapest sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

MAX_SUMS = 2**20  #: that are looked at for one group
FEW_OPTIONS = 9  #: of a group that would make too many


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionGroup:
    """What one place can contribute; taking nothing is worth 0 and costs 0."""

    amounts: Ints
    costs: Ints


def cheapest_of_each(amounts: Ints, costs: Ints) -> Ints:
    """For each amount but 0 the place of its cheapest option, by amount."""
    order = np.lexsort((costs, amounts))
    order = order[amounts[order] != 0]
    return np.asarray(order[np.diff(amounts[order], prepend=0) != 0])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """Sums after a group, ascending, each with the sum before and the option that made it."""

    sums: Ints
    costs: Ints
    before: Ints
    options: Ints  #: -1 where nothing was taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """The sums of some groups whose size is at most a limit."""

    limit: int
    steps: tuple[_Step, ...]
    most: int  #: that are looked at for one slot

    @classmethod
    def of(cls, limit: int, groups: Sequence[OptionGroup] = (), most: int = MAX_SUMS) -> Sums:
        """Slot by group."""
        zero = np.zeros(1, dtype=np.int64)
        first = _Step(sums=zero, costs=zero, before=zero, options=zero - 1)
        found = cls(limit=limit, steps=(first,), most=most)
        for group in groups:
            found = found.extended(group)
        return found

    def extended(self, group: OptionGroup) -> Sums:
        """The sums with one more group."""
        return replace(self, steps=(*self.steps, self._next(group)))

    def cheapest(self, low: int, high: int) -> tuple[int, tuple[int, ...]] | None:
        """The least cost of a sum in low .. high, and the option taken in each group."""
        last = self.steps[-1]
        start, stop = np.searchsorted(last.sums, [low, high + 1])
        if start == stop:
            return None
        index = int(start + np.argmin(last.costs[start:stop]))
        cost, options = int(last.costs[index]), []
        for step in reversed(self.steps[1:]):
            options.append(int(step.options[index]))
            index = int(step.before[index])
        return cost, tuple(options[::-1])

    def _next(self, group: OptionGroup) -> _Step:
        step = self.steps[-1]
        options = _spread(group, self.most // len(step.sums))
        offers = np.concatenate([[0], group.amounts[options]])
        prices = np.concatenate([[0], group.costs[options]])
        names = np.concatenate([[-1], options])
        sums = (step.sums[:, None] + offers[None, :]).reshape(-1)
        costs = (step.costs[:, None] + prices[None, :]).reshape(-1)
        within = np.flatnonzero(np.abs(sums) <= self.limit)
        order = within[np.lexsort((costs[within], sums[within]))]
        kept = order[np.diff(sums[order], prepend=sums[order[:1]] - 1) != 0]
        return _Step(
            sums=sums[kept],
            costs=costs[kept],
            before=kept // len(offers),
            options=names[kept % len(offers)],
        )


def _spread(group: OptionGroup, count: int) -> Ints:
    """So many options, from the least amount to the greatest; at least a few."""
    options = np.argsort(group.amounts, kind="stable")
    count = max(count, FEW_OPTIONS)
    if len(options) <= count:
        return options
    places = np.arange(count) * (len(options) - 1) // (count - 1)
    return np.asarray(options[places])
