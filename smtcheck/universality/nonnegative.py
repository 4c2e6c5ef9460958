"""Formats without a sign, whose weights cannot be negative (theory.md#unsigned).

The criterion subtracts activations, which such networks cannot.  Where T is
monotone, all of them are monotone.  Where T can turn a bit round, that stands in
for subtraction: `Inverter` is such a turn.  In between lies `Ordered`: T is not
monotone, but only for smaller differences than networks can produce.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from smtcheck.arithmetic.overflow import Overflow
from smtcheck.claims.evidence import Entry, Inverter, Ordered
from smtcheck.claims.settings import Bias, QuantizationScheme
from smtcheck.expressions.tables import members
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.universality.differences import samples
from smtcheck.universality.separation import activations

MAX_WEIGHT = 64  #: of the bit that is turned round
MAX_BIASES = 2**12  #: of each such weight
MAX_CLOSURE = 2**14  #: sums looked at for `Ordered`


def monotone_direction(table: np.ndarray) -> int:
    """1 if it never falls, -1 if it never rises, else 0."""
    steps = np.diff(table)
    if (steps >= 0).all():
        return 1
    return -1 if (steps <= 0).all() else 0


def opposites(setting: QuantizationScheme, entries: ActivationTable) -> Inverter | None:
    """A rise and a fall that bits can be sent through, if they are found."""
    pairs = _end_pairs(setting, entries)
    if setting.bias is Bias.FORMAT or not pairs:
        return None
    far = max(pairs, key=lambda pair: pair[1].result - pair[0].result)
    codes = {entry.code for pair in pairs for entry in pair}
    biases = _overflowing_biases(setting, far, codes)
    found = _turned(
        setting, entries, far, setting.format.scale * setting.format.codes.size, biases, pairs
    )
    if found is not None or not entries.can_be_listed:
        return found
    for bit in pairs:
        for weight in range(1, MAX_WEIGHT + 1):
            biases = _all_biases(setting, bit, weight)
            found = _turned(setting, entries, bit, weight, biases, pairs)
            if found is not None:
                return found
    return None


def _end_pairs(setting: QuantizationScheme, entries: ActivationTable) -> list[tuple[Entry, Entry]]:
    """Pairs of codes, one of them an end, with different T, the lower T first.

    Networks deliver a bit as any of them, for a large weight sends its other value
    beyond the format.  A few of them: the largest differences of either sign, and
    the smallest.
    """
    fmt = setting.format
    is_zeroing = fmt.overflow is Overflow.SATURATE_TO_ZERO
    codes = members(fmt.codes) if entries.can_be_listed else list(samples(fmt))
    pairs: list[tuple[Entry, Entry]] = []
    for end in (fmt.lo,) if is_zeroing else (fmt.lo, fmt.hi):
        results = sorted((entries_of(entries, code) - entries[end], code) for code in codes)
        smallest = sorted(results, key=lambda pair: abs(pair[0]))
        few = [*results[:4], *results[-4:], *[pair for pair in smallest if pair[0]][:8]]
        for difference, code in dict.fromkeys(few):
            pair = (entry(entries, end), entry(entries, code))
            if difference:
                pairs.append(pair if difference > 0 else (pair[1], pair[0]))
    return pairs


def entries_of(entries: ActivationTable, code: int) -> int:
    """T(code), from the list where there is one."""
    if entries.can_be_listed:
        return entries.all[code - entries.format.lo]
    return entries[code]


def entry(entries: ActivationTable, code: int) -> Entry:
    """T(code) as evidence."""
    return Entry(code=code, result=entries_of(entries, code))


def _overflowing_biases(
    setting: QuantizationScheme, bit: tuple[Entry, Entry], codes: Iterable[int]
) -> list[int]:
    """With a weight of scale * N: one value of the bit becomes a code, the other overflows."""
    weight = setting.format.scale * setting.format.codes.size
    return [setting.format.scale * code - weight * value.result for code in codes for value in bit]


def _all_biases(setting: QuantizationScheme, bit: tuple[Entry, Entry], weight: int) -> list[int]:
    """All with which not both values of the bit overflow on the same side, if they are few."""
    fmt = setting.format
    step = 1 if setting.bias is Bias.EXACT else fmt.scale
    low = ((fmt.lo - 1) * fmt.scale - weight * bit[1].result) // step
    high = ((fmt.hi + 1) * fmt.scale - weight * bit[0].result) // step
    if high - low > MAX_BIASES:
        return []
    return [number * step for number in range(low, high + 1)]


def _turned(
    setting: QuantizationScheme,
    entries: ActivationTable,
    bit: tuple[Entry, Entry],
    weight: int,
    biases: Sequence[int],
    pairs: Sequence[tuple[Entry, Entry]],
) -> Inverter | None:
    """A bias with which a bit's two values differ the other way round than some pair's codes."""
    low, high = bit
    for bias in biases:
        before, after = (
            entries_of(entries, setting.requantize(weight * value.result + bias))
            for value in (low, high)
        )
        for pair in pairs if before != after else ():
            first, second = sorted(pair, key=lambda entry: entry.code)
            if (after - before) * (second.result - first.result) < 0:
                return Inverter(rise=(first, second), bit=bit, weight=weight, bias=bias)
    return None


def ordered(setting: QuantizationScheme, entries: ActivationTable) -> Ordered | None:
    """The closure of differences between the inputs lo and hi, if none of them is negative."""
    fmt = setting.format
    top = fmt.scale * (fmt.codes.size + 1)  # larger differences do what this one does
    if top > MAX_CLOSURE or fmt.overflow is Overflow.SATURATE_TO_ZERO:
        return None
    span = fmt.hi - fmt.lo
    generators: set[int] = set()
    todo = {min(weight * span, top) for weight in range(fmt.hi + 1)}
    sums = np.arange(fmt.lo * fmt.scale - top, (fmt.hi + 1) * fmt.scale + 1, dtype=np.int64)
    below = activations(setting, entries, sums)
    seen: set[int] = set()
    while todo:
        seen |= todo
        for difference in todo:
            steps = activations(setting, entries, sums + difference) - below
            if (steps < 0).any():
                return None
            generators |= set(np.unique(steps).tolist())
        todo = _sums_up_to(generators, top) - seen
    return Ordered(increments=tuple(sorted(generators - {0})))


def _sums_up_to(generators: set[int], top: int) -> set[int]:
    """All sums of generators, those beyond the top counted as the top."""
    reached = {0}
    todo = [0]
    while todo:
        total = todo.pop()
        for generator in generators:
            larger = min(total + generator, top)
            if larger not in reached:
                reached.add(larger)
                todo.append(larger)
    return reached
