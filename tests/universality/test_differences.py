"""Differences of T: few of them where few are enough, all where all are needed."""

from __future__ import annotations

from collections import Counter
from math import gcd
from random import Random

import pytest

from smtcheck.arithmetic.formats import Format
from smtcheck.claims.evidence import Entry
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.networks.activations import activation
from smtcheck.universality.differences import all_differences, few_entries, samples, steps
from tests.claims.random_settings import random_setting, random_table
from tests.universality.naive import codes_of, difference_gcd, entries_of

SIZES = [(-1, 1), (0, 1), (-8, 7), (0, 255), (-100, 3), (-(2**61), 2**61 - 1), (0, 2**200)]


@pytest.mark.parametrize(("lo", "hi"), SIZES)
@pytest.mark.parametrize("scale", [1, 3, 2**20])
def test_samples_are_some_codes(lo: int, hi: int, scale: int) -> None:
    fmt = Format(lo=lo, hi=hi, scale=scale)
    found = [*samples(fmt)]
    assert len(found) == len(set(found)) <= 5 * (hi - lo).bit_length() + 20
    assert all(lo <= code <= hi for code in found)
    assert {0, lo, hi, 1} <= set(found)
    assert scale > hi or scale in found


def test_few_entries_are_kept_until_they_suffice() -> None:
    draw = Random(17)
    seen: Counter[bool] = Counter()
    for _ in range(300):
        fmt = random_setting(draw).format
        table = random_table(draw, fmt)
        codes = draw.choices(codes_of(fmt), k=draw.randint(1, 8))
        enough = draw.choice([1, 2, 3])
        kept, found = few_entries(entries_of(fmt, table), codes, lambda total: total <= enough)  # noqa: B023
        results = [table[code - fmt.lo] for code in codes]
        # what the gcd of all differences is after each code
        totals = [gcd(*(r - results[0] for r in results[: n + 1])) for n in range(len(codes))]
        last = next((n for n, total in enumerate(totals) if 0 < total <= enough), len(codes) - 1)
        changes = [0] + [n for n in range(1, last + 1) if totals[n] != totals[n - 1]]
        assert found == totals[last]
        assert list(kept) == [Entry(code=codes[n], result=results[n]) for n in changes]
        seen[0 < found <= enough] += 1
    assert min(seen.values()) > 30


def test_no_entry_is_asked_for_after_they_suffice() -> None:
    fmt = Format.paper(3, 4)
    entries = CountedEntries(fmt, tuple(codes_of(fmt)))
    kept, found = few_entries(entries, codes_of(fmt), lambda total: total == 1)
    assert (len(kept), found, entries.asked) == (2, 1, 2)


class CountedEntries(ActivationTable):
    """Entries that count how often they are asked for one."""

    def __init__(self, fmt: Format, table: tuple[int, ...]) -> None:
        self.asked = 0
        super().__init__(entries_of(fmt, table).activation, fmt)

    def __getitem__(self, code: int) -> int:
        self.asked += 1
        return super().__getitem__(code)


def test_all_differences_have_the_gcd_of_all_pairs() -> None:
    draw = Random(18)
    seen: Counter[int] = Counter()
    for _ in range(400):
        fmt = random_setting(draw, most=9).format
        table = random_table(draw, fmt)
        kept, found = all_differences(entries_of(fmt, table))
        assert found == difference_gcd(table)
        assert all(table[entry.code - fmt.lo] == entry.result for entry in kept)
        assert gcd(*(entry.result - kept[0].result for entry in kept)) == found
        # none is superfluous
        assert len(kept) <= 1 + found.bit_length() + max(map(abs, table)).bit_length()
        seen[found] += 1
    assert seen[0] > 10 and seen[1] > 50 and seen[2] + seen[3] > 50


def test_the_steps_of_a_nondecreasing_table() -> None:
    draw = Random(19)
    for _ in range(200):
        fmt = random_setting(draw, most=20).format
        table = tuple(sorted(random_table(draw, fmt)))
        expected = [
            Entry(code=code, result=result)
            for code, result in zip(codes_of(fmt), table, strict=True)
            if code == fmt.lo or table[code - 1 - fmt.lo] != result
        ]
        assert steps(entries_of(fmt, table)) == expected


def test_too_many_steps_are_not_listed() -> None:
    fmt = Format(lo=0, hi=20, scale=1)
    entries = entries_of(fmt, tuple(range(21)))
    assert len(steps(entries, most=21) or []) == 21
    assert steps(entries, most=10) is None


def test_steps_of_a_large_format_are_found_by_halving() -> None:
    fmt = Format.paper(62, 2**58)
    found = steps(ActivationTable(activation("expr:floor(x)"), fmt))
    assert found is not None
    # codes 15 * 2^58 and above are worth 15, ...
    assert [entry.code for entry in found[1:]] == [number * 2**58 for number in range(-15, 16)]
    assert [entry.result for entry in found[1:]] == [number * 2**58 for number in range(-15, 16)]
    assert found[0] == Entry(code=fmt.lo, result=fmt.lo)
