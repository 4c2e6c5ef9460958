"""Sums of few amounts agree with listing all choices of options."""

from __future__ import annotations

from itertools import product
from random import Random

import numpy as np
import pytest

from smtcheck.construction.lowering.subset_sums import OptionGroup, Sums

Options = list[tuple[int, int]]  #: an amount and its cost


def group(options: Options) -> OptionGroup:
    amounts, costs = (np.array(part, dtype=np.int64) for part in zip(*options, strict=True))
    return OptionGroup(amounts=amounts, costs=costs)


def random_options(draw: Random, most: int = 4) -> Options:
    return [(draw.randint(-9, 9), draw.randint(1, 5)) for _ in range(draw.randint(1, most))]


def all_sums(limit: int, groups: list[Options]) -> dict[int, int]:
    """The least cost of each sum that stays within the limit from group to group."""
    found: dict[int, int] = {}
    for choice in product(*([(0, 0), *options] for options in groups)):
        totals = [sum(amount for amount, _ in choice[:end]) for end in range(len(choice) + 1)]
        if max(map(abs, totals)) <= limit:
            cost = sum(cost for _, cost in choice)
            found[totals[-1]] = min(cost, found.get(totals[-1], cost))
    return found


def check(sums: Sums, groups: list[Options], low: int, high: int) -> int | None:
    """The cost that is found, after adding up the options."""
    found = sums.cheapest(low, high)
    if found is None:
        return None
    cost, options = found
    assert len(options) == len(groups)
    taken = [own[option] for own, option in zip(groups, options, strict=True) if option >= 0]
    assert low <= sum(amount for amount, _ in taken) <= high
    assert cost == sum(price for _, price in taken)
    return cost


@pytest.mark.parametrize("seed", range(40))
def test_all_intervals(seed: int) -> None:
    draw = Random(seed)
    groups = [random_options(draw) for _ in range(draw.randint(0, 4))]
    limit = draw.choice([6, 12, 100])
    sums, wanted = Sums.of(limit, [group(own) for own in groups]), all_sums(limit, groups)
    for low in range(-40, 41):
        for high in range(low - 1, 41, 5):
            costs = [cost for total, cost in wanted.items() if low <= total <= high]
            assert check(sums, groups, low, high) == min(costs, default=None)


def test_intervals_beyond_all_sums() -> None:
    sums = Sums.of(10, [group([(3, 2), (4, 1)])])
    assert sums.cheapest(-(2**60), 2**60) == (0, (-1,))
    assert sums.cheapest(1, 2**60) == (1, (1,))
    assert sums.cheapest(5, 2**60) is None


def test_groups_are_added_one_by_one() -> None:
    options = [[(2, 1)], [(3, 1)], [(5, 1)]]
    sums = Sums.of(20)
    for end, own in enumerate(options, start=1):
        sums = sums.extended(group(own))
        again = Sums.of(20, [group(part) for part in options[:end]])
        for total in range(12):
            assert sums.cheapest(total, total) == again.cheapest(total, total)


def test_too_many_sums_lose_options_but_neither_truth_nor_ends() -> None:
    draw = Random(7)
    lost = 0
    for _ in range(20):
        groups = [random_options(draw, 30) for _ in range(3)]
        sums, wanted = Sums.of(100, [group(own) for own in groups], 40), all_sums(100, groups)
        for total in range(min(wanted), max(wanted) + 1):
            found = check(sums, groups, total, total)
            lost += found is None and total in wanted
            assert found is None or found >= wanted[total]
        for end in (min(wanted), max(wanted)):
            assert check(sums, groups, end, end) is not None
    assert lost > 0
