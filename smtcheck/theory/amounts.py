"""Sums of few amounts: how a number is made of the steps that neurons can contribute.

A *slot* offers letters, each worth an amount at a cost, of which one may be taken or
none.  All sums of slots, with the least cost of each, are listed slot by slot; where
they would be too many, a later slot offers only some of its letters.  A wanted interval
is then met by its cheapest sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

MAX_SUMS = 2**22  #: that are listed
FEW_LETTERS = 9  #: of a slot that would make too many


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """What one place can contribute; taking nothing is worth 0 and costs 0."""

    amounts: Ints
    costs: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """Sums after a slot, ascending, each with the sum before and the letter that made it."""

    sums: Ints
    costs: Ints
    before: Ints
    letters: Ints  #: -1 where nothing was taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """All sums of some slots."""

    steps: tuple[_Step, ...]

    @classmethod
    def of(cls, slots: Sequence[Slot]) -> Sums:
        """Slot by slot."""
        zero = np.zeros(1, dtype=np.int64)
        found = cls(steps=(_Step(sums=zero, costs=zero, before=zero, letters=zero - 1),))
        for slot in slots:
            found = found.extended(slot)
        return found

    def extended(self, slot: Slot) -> Sums:
        """The sums with one more slot."""
        return Sums(steps=(*self.steps, _extended(self.steps[-1], slot)))

    def cheapest(self, low: int, high: int) -> tuple[int, tuple[int, ...]] | None:
        """The least cost of a sum in low .. high, and the letter taken in each slot."""
        last = self.steps[-1]
        start, stop = np.searchsorted(last.sums, [low, high + 1])
        if start == stop:
            return None
        index = int(start + np.argmin(last.costs[start:stop]))
        cost, letters = int(last.costs[index]), []
        for step in reversed(self.steps[1:]):
            letters.append(int(step.letters[index]))
            index = int(step.before[index])
        return cost, tuple(letters[::-1])


def _extended(step: _Step, slot: Slot) -> _Step:
    letters = np.arange(len(slot.amounts))
    if len(step.sums) * (len(letters) + 1) > MAX_SUMS:
        letters = _few(slot)
    if len(step.sums) * (len(letters) + 1) > MAX_SUMS:
        letters = letters[:0]
    offers = np.concatenate([[0], slot.amounts[letters]])
    prices = np.concatenate([[0], slot.costs[letters]])
    names = np.concatenate([[-1], letters])
    sums = (step.sums[:, None] + offers[None, :]).reshape(-1)
    costs = (step.costs[:, None] + prices[None, :]).reshape(-1)
    order = np.lexsort((costs, sums))
    is_first = np.concatenate([[True], np.diff(sums[order]) != 0])
    kept = order[is_first]
    return _Step(
        sums=sums[kept],
        costs=costs[kept],
        before=kept // len(offers),
        letters=names[kept % len(offers)],
    )


def _few(slot: Slot) -> Ints:
    """Letters from the least amount to the greatest."""
    order = np.argsort(slot.amounts, kind="stable")
    places = [i * (len(order) - 1) // (FEW_LETTERS - 1) for i in range(FEW_LETTERS)]
    return np.unique(order[places])
