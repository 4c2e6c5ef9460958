"""Sums of few amounts agree with listing all choices of letters."""

from __future__ import annotations

from itertools import product
from random import Random

import numpy as np
import pytest

from smtcheck.construction.lowering.subset_sums import OptionGroup, Sums

Letters = list[tuple[int, int]]  #: an amount and its cost


def slot(letters: Letters) -> OptionGroup:
    amounts, costs = (np.array(part, dtype=np.int64) for part in zip(*letters, strict=True))
    return OptionGroup(amounts=amounts, costs=costs)


def random_letters(draw: Random, most: int = 4) -> Letters:
    return [(draw.randint(-9, 9), draw.randint(1, 5)) for _ in range(draw.randint(1, most))]


def all_sums(limit: int, slots: list[Letters]) -> dict[int, int]:
    """The least cost of each sum that stays within the limit from slot to slot."""
    found: dict[int, int] = {}
    for choice in product(*([(0, 0), *letters] for letters in slots)):
        totals = [sum(amount for amount, _ in choice[:end]) for end in range(len(choice) + 1)]
        if max(map(abs, totals)) <= limit:
            cost = sum(cost for _, cost in choice)
            found[totals[-1]] = min(cost, found.get(totals[-1], cost))
    return found


def check(sums: Sums, slots: list[Letters], low: int, high: int) -> int | None:
    """The cost that is found, after adding up the letters."""
    found = sums.cheapest(low, high)
    if found is None:
        return None
    cost, letters = found
    assert len(letters) == len(slots)
    taken = [own[letter] for own, letter in zip(slots, letters, strict=True) if letter >= 0]
    assert low <= sum(amount for amount, _ in taken) <= high
    assert cost == sum(price for _, price in taken)
    return cost


@pytest.mark.parametrize("seed", range(40))
def test_all_intervals(seed: int) -> None:
    draw = Random(seed)
    slots = [random_letters(draw) for _ in range(draw.randint(0, 4))]
    limit = draw.choice([6, 12, 100])
    sums, wanted = Sums.of(limit, [slot(own) for own in slots]), all_sums(limit, slots)
    for low in range(-40, 41):
        for high in range(low - 1, 41, 5):
            costs = [cost for total, cost in wanted.items() if low <= total <= high]
            assert check(sums, slots, low, high) == min(costs, default=None)


def test_intervals_beyond_all_sums() -> None:
    sums = Sums.of(10, [slot([(3, 2), (4, 1)])])
    assert sums.cheapest(-(2**60), 2**60) == (0, (-1,))
    assert sums.cheapest(1, 2**60) == (1, (1,))
    assert sums.cheapest(5, 2**60) is None


def test_slots_are_added_one_by_one() -> None:
    letters = [[(2, 1)], [(3, 1)], [(5, 1)]]
    sums = Sums.of(20)
    for end, own in enumerate(letters, start=1):
        sums = sums.extended(slot(own))
        again = Sums.of(20, [slot(part) for part in letters[:end]])
        for total in range(12):
            assert sums.cheapest(total, total) == again.cheapest(total, total)


def test_too_many_sums_lose_letters_but_neither_truth_nor_ends() -> None:
    draw = Random(7)
    lost = 0
    for _ in range(20):
        slots = [random_letters(draw, 30) for _ in range(3)]
        sums, wanted = Sums.of(100, [slot(own) for own in slots], 40), all_sums(100, slots)
        for total in range(min(wanted), max(wanted) + 1):
            found = check(sums, slots, total, total)
            lost += found is None and total in wanted
            assert found is None or found >= wanted[total]
        for end in (min(wanted), max(wanted)):
            assert check(sums, slots, end, end) is not None
    assert lost > 0
