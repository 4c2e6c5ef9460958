"""D, the greatest common divisor of all differences of T, or a divisor-closed guess at it.

A positive verdict needs only a few entries: if their gcd covers, so does D, which
divides it.  A negative one needs all of T: as a table, by the order of a monotone
function, or (elsewhere) by a solver.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from math import gcd

import numpy as np

from smtcheck.arithmetic.formats import Format
from smtcheck.claims.evidence import Entry
from smtcheck.networks.activation_entries import ActivationTable

MAX_STEPS = 2**14  #: values of a monotone function that are listed


def samples(fmt: Format) -> Iterator[int]:
    """Codes at which activations are likely to differ: the middle, the ends, powers of two."""
    seen: set[int] = set()
    sizes = [0, 1, fmt.hi, -fmt.lo, 2, 3, 5]
    sizes += [fmt.scale, fmt.scale + 1, fmt.scale // 2]
    sizes += [size for bits in range(fmt.codes.width_bits) for size in (2**bits, 2**bits + 1)]
    for size in sizes:
        for code in (size, -size):
            if code in fmt.codes and code not in seen:
                seen.add(code)
                yield code


def few_entries(
    entries: ActivationTable, codes: Iterable[int], suffices: Callable[[int], bool]
) -> tuple[tuple[Entry, ...], int]:
    """The entries that make the gcd of differences smaller, until it suffices; and that gcd."""
    kept: list[Entry] = []
    found = 0
    for code in codes:
        result = entries[code]
        smaller = gcd(found, result - kept[0].result) if kept else 0
        if not kept or smaller != found:
            kept.append(Entry(code=code, result=result))
            found = smaller
        if found and suffices(found):
            break
    return tuple(kept), found


def all_differences(entries: ActivationTable) -> tuple[tuple[Entry, ...], int]:
    """Entries whose differences have the same gcd as all of the table, which is listed."""
    table = entries.array
    lo = entries.format.lo
    total = int(np.gcd.reduce(table - table[0]))
    codes = _dropping(table, lo)
    return few_entries(entries, codes, lambda found: found == total)


def _dropping(table: np.ndarray, lo: int) -> Iterator[int]:
    """The first code, then whichever is the first not to be a multiple of the gcd so far."""
    yield lo
    differences = table - table[0]
    found = 0
    while True:
        rest = np.nonzero(differences % found if found else differences)[0]
        if not rest.size:
            return
        found = gcd(found, int(differences[rest[0]]))
        yield lo + int(rest[0])


def steps(entries: ActivationTable, most: int = MAX_STEPS) -> list[Entry] | None:
    """The first code of each value of a nondecreasing T; None if there are too many."""
    lo, hi = entries.format.lo, entries.format.hi
    found = [Entry(code=lo, result=entries[lo])]
    while found[-1].result != entries[hi]:
        if len(found) > most:
            return None
        low, high = found[-1].code, hi
        while high - low > 1:  # T(low) = the last value < T(high)
            middle = (low + high) // 2
            low, high = (middle, high) if entries[middle] == found[-1].result else (low, middle)
        found.append(Entry(code=high, result=entries[high]))
    return found
