"""Formats whose weights cannot be negative: turns, and what is ordered in spite of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise, product
from random import Random

import numpy as np

from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.arithmetic.rounding import Rounding
from smtcheck.claims.evidence import Entry, Inverter
from smtcheck.claims.settings import Bias, QuantizationScheme
from smtcheck.universality.nonnegative import monotone_direction, opposites, ordered
from tests.checking.universality import naive_evidence
from tests.claims.random_settings import NOT_WRAPPING, all_tables, formats, random_table
from tests.universality import naive
from tests.universality.naive import Table, codes_of, entries_of

SATURATING = (Overflow.SATURATE, Overflow.SATURATE_SYMMETRIC)


def unsigned(draw: Random, overflows: tuple[Overflow, ...]) -> QuantizationScheme:
    fmt = Format(
        lo=0,
        hi=draw.randint(1, 5),
        scale=draw.randint(1, 4),
        rounding=draw.choice(list(Rounding)),
        overflow=draw.choice(overflows),
    )
    return QuantizationScheme(format=fmt, bias=draw.choice(list(Bias)))


def test_which_tables_are_monotone() -> None:
    for table in product(range(-1, 2), repeat=4):
        rises = all(a <= b for a, b in pairwise(table))
        falls = all(a >= b for a, b in pairwise(table))
        assert monotone_direction(np.array(table)) == (1 if rises else -1 if falls else 0)


def test_turns_that_are_found_are_turns() -> None:
    draw = Random(20)
    seen: Counter[bool] = Counter()
    for _ in range(40):
        setting = unsigned(draw, NOT_WRAPPING)
        table = random_table(draw, setting.format)
        found = opposites(setting, entries_of(setting.format, table))
        seen[found is None] += 1
        if found is not None:
            assert naive_evidence.opposites(setting, table, found), (str(setting), table, found)
    assert min(seen.values()) > 5


def test_turns_are_found_where_there_are_any() -> None:
    """All end pairs and small weights, tried one by one."""
    draw = Random(21)
    seen: Counter[bool] = Counter()
    for fmt in draw.sample([*formats([(0, 1), (0, 2), (0, 3)], [1, 2, 3], NOT_WRAPPING)], 6):
        for bias in (Bias.EXACT, Bias.GRID):
            setting = QuantizationScheme(format=fmt, bias=bias)
            tables = [*all_tables(fmt)]
            for table in draw.sample(tables, min(4, len(tables))):
                exists = any(
                    naive_evidence.opposites(setting, table, one) for one in turns(setting, table)
                )
                found = opposites(setting, entries_of(fmt, table))
                assert found is not None or not exists, (str(setting), table)
                seen[exists] += 1
    assert min(seen.values()) > 8


def turns(setting: QuantizationScheme, table: Table) -> Iterator[Inverter]:
    """All there might be, with weights up to 3."""
    fmt = setting.format
    entries = [Entry(code=code, result=table[code - fmt.lo]) for code in codes_of(fmt)]
    ends = {0} if fmt.overflow is Overflow.SATURATE_TO_ZERO else {fmt.lo, fmt.hi}
    pairs = [(a, b) for a, b in product(entries, repeat=2) if {a.code, b.code} & ends]
    for rise, bit, weight in product(pairs, pairs, range(1, 4)):
        if rise[0].code < rise[1].code and bit[0].result < bit[1].result:
            for bias in naive.biases_of(setting, weight * fmt.hi):
                yield Inverter(rise=rise, bit=bit, weight=weight, bias=bias)


def test_no_turns_with_biases_that_are_codes() -> None:
    fmt = Format(lo=0, hi=3, scale=1)
    assert opposites(QuantizationScheme(format=fmt), entries_of(fmt, (0, 3, 1, 2))) is not None
    coarse = QuantizationScheme(format=fmt, bias=Bias.FORMAT)
    assert opposites(coarse, entries_of(fmt, (0, 3, 1, 2))) is None


def test_ordered_tables() -> None:
    """The increments that networks make between the inputs lo and hi, if none is negative."""
    draw = Random(22)
    seen: Counter[bool] = Counter()
    for _ in range(400):
        setting = unsigned(draw, SATURATING)
        table = random_table(draw, setting.format)
        if draw.random() < 0.5:  # the least first, the greatest last: more often ordered
            table = (min(table), *table[1:-1], max(table))
        found = ordered(setting, entries_of(setting.format, table))
        expected = naive_evidence.ordered_increments(setting, table)
        increments = None if found is None else frozenset(found.increments)
        assert increments == expected, (str(setting), table)
        is_monotone = tuple(sorted(table)) == table
        seen[found is not None and not is_monotone] += 1
    assert seen[True] > 5 and seen[False] > 100
    to_zero = Format(lo=0, hi=2, scale=1, overflow=Overflow.SATURATE_TO_ZERO)
    assert ordered(QuantizationScheme(format=to_zero), entries_of(to_zero, (0, 1, 2))) is None
