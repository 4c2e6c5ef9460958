"""The checks of arguments against universality where overflow does not wrap, and of coverage.

Each is written from its statement in theory.md, sections 8 to 11.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from math import gcd

import numpy as np

from smtcheck.arithmetic.overflow import Overflow
from smtcheck.checking.universality.conditions import (
    check_gcd,
    is_ring,
    listed,
    period_of,
    reduced,
    require,
)
from smtcheck.claims.evidence import Gap, Monotone, NeverGiven, Ordered, Uncovered
from smtcheck.claims.settings import Bias, Setting
from smtcheck.claims.statements import Congruence, Oracle
from smtcheck.claims.verdicts import InternalError
from smtcheck.expressions.tables import MAX_ENTRIES, members
from smtcheck.networks.activation_entries import Entries

MAX_POINTS = 2**24  #: sums that are requantized to see that they cover all codes
MAX_PARTS = 2**22  #: of the codes of a monotone T


def check_congruent(
    entries: Entries, modulus: int, result: int, proof: str, oracle: Oracle
) -> None:
    """T(k) = result modulo D for all codes."""
    lo = entries.format.lo
    require(entries[lo] == result, "T(lo) is as given")
    match proof:
        case "table":
            _check_multiples(listed(entries), result, modulus)
        case "order":
            _check_multiples(_values_in_order(entries), result, modulus)
        case "solver":
            statement = Congruence(
                activation=entries.activation,
                format=entries.format,
                modulus=modulus,
                result=result,
            )
            require(oracle(statement), "a solver finds no other difference")
        case _:
            raise InternalError("evidence does not check: the proof is none that is known")


def _check_multiples(values: Iterable[int], result: int, modulus: int) -> None:
    for value in values:
        difference = value - result
        is_multiple = difference % modulus == 0 if modulus else difference == 0
        require(is_multiple, "D divides every difference")


def _values_in_order(entries: Entries) -> Iterator[int]:
    """The values of a nondecreasing T: equal ends settle all between them."""
    require(entries.is_nondecreasing, "T is monotone")
    parts = [(entries.format.lo, entries.format.hi)]
    for _ in range(MAX_PARTS):
        if not parts:
            return
        low, high = parts.pop()
        yield entries[low]
        yield entries[high]
        if entries[low] != entries[high] and high - low > 1:
            middle = (low + high) // 2
            parts += [(low, middle), (middle, high)]
    raise InternalError("evidence does not check: T has few values")


def check_uncovered(
    setting: Setting, entries: Entries, evidence: Uncovered, oracle: Oracle
) -> None:
    """Theory.md, section 8 (necessity), and section 12."""
    check_gcd(entries, evidence.entries, evidence.difference_gcd)
    lo = entries.format.lo
    check_congruent(entries, evidence.difference_gcd, entries[lo], evidence.proof, oracle)
    if setting.is_wrapping:
        setting = reduced(setting)
        require(is_ring(setting), "sums matter modulo K only")
        setting = replace(setting, bias=Bias.EXACT)  # more biases than there are
        modulus = gcd(setting.weight_step * evidence.difference_gcd, period_of(setting))
    else:
        modulus = setting.weight_step * evidence.difference_gcd
    require(modulus == evidence.modulus > 0, "M is g D")
    if evidence.crowd is not None:
        require(not evidence.gaps and not setting.is_wrapping, "one argument is enough")
        _check_crowd(setting, modulus, evidence.crowd.first_code, evidence.crowd.last_code)
        return
    for gap in evidence.gaps:
        _check_gap(setting, modulus, gap)
    _check_gaps_cover(setting, modulus, setting.weight_step * entries[lo], evidence.gaps)


def _check_crowd(setting: Setting, modulus: int, first: int, last: int) -> None:
    """Sums M apart that give first .. last span more integers than are rounded to these."""
    fmt = setting.format
    require(first <= last, "there are codes")
    if fmt.overflow is Overflow.SATURATE_TO_ZERO:
        require(fmt.lo <= first <= last < 0 or 0 < first <= last <= fmt.hi, "the codes are finite")
    else:
        require(setting.lowest_given < first <= last < fmt.hi, "the codes are in the interior")
    # the least sum below which all are rounded below first, the greatest ...
    low = _least(setting, first)
    high = _least(setting, last + 1) - 1
    require((last - first) * modulus > high - low, "the codes are crowded")


def _least(setting: Setting, code: int) -> int:
    """The least integer that is rounded to at least a code."""
    low, high = (code - 1) * setting.format.scale, code * setting.format.scale
    while low < high:
        middle = (low + high) // 2
        if setting.rounded(middle) >= code:
            high = middle
        else:
            low = middle + 1
    return low


def _check_gap(setting: Setting, modulus: int, gap: Gap) -> None:
    """No integer whose residue lies in the gap is requantized to its code."""
    fmt = setting.format
    first, last, code = gap.first_residue, gap.last_residue, gap.code
    require(0 <= first <= last < modulus, "residues lie in 0 .. M - 1")
    require(code in fmt.codes, "the code that is missed is one")
    if fmt.overflow is Overflow.SATURATE_TO_ZERO:
        require(code != 0, "zero is what overflow gives")
    elif not setting.is_wrapping:
        require(setting.lowest_given < code < fmt.hi, "the ends are what overflow gives")
    # blocks first + M t .. last + M t near the integers that are rounded to the code
    start = ((code - 1) * fmt.scale - last) // modulus
    stop = ((code + 1) * fmt.scale - first) // modulus + 1
    require(stop - start <= 8, "M is at least the scale")
    for t in range(start, stop + 1):
        low, high = setting.rounded(first + modulus * t), setting.rounded(last + modulus * t)
        require(high < code or low > code, "no sum in the gap is rounded to its code")


def _check_gaps_cover(setting: Setting, modulus: int, base: int, gaps: Sequence[Gap]) -> None:
    """Every residue that a constant can leave lies in one gap, and gaps begin and end with such."""
    ordered = sorted(gaps, key=lambda gap: gap.first_residue)
    require(ordered, "there are gaps")
    for before, after in pairwise(ordered):
        require(before.last_residue < after.first_residue, "gaps do not overlap")
    if setting.bias is Bias.EXACT:
        require(sum(gap.last_residue - gap.first_residue + 1 for gap in gaps) == modulus, "all")
        return
    require(modulus <= MAX_POINTS, "the residues are few enough to list")
    is_bounded = setting.bias is Bias.FORMAT
    require(not is_bounded or setting.format.codes.size <= MAX_POINTS, "biases are few enough")
    scale = setting.format.scale
    numbers = range(modulus) if setting.bias is Bias.GRID else members(setting.format.codes)
    reached = np.zeros(modulus, dtype=bool)
    biases = {scale * number % modulus for number in numbers}
    for bias in biases:
        residue = bias
        while not reached[residue]:
            reached[residue] = True
            residue = (residue + base) % modulus
    for gap in ordered:
        require(reached[gap.first_residue] and reached[gap.last_residue], "gaps are tight")
        reached[gap.first_residue : gap.last_residue + 1] = False
    require(not reached.any(), "every residue that a constant leaves lies in a gap")


def check_never_given(setting: Setting, evidence: NeverGiven) -> None:
    """Theory.md, section 8."""
    fmt = setting.format
    require(fmt.overflow is Overflow.SATURATE_SYMMETRIC, "saturation is symmetric")
    require(fmt.lo <= evidence.code < -fmt.hi, "the code is below -hi")


def check_monotone(setting: Setting, entries: Entries, evidence: Monotone) -> None:
    """Theory.md, section 11: a neuron without negative weights never falls."""
    require(not setting.has_negative_weights, "no weight is negative")
    require(
        setting.format.overflow in (Overflow.SATURATE, Overflow.SATURATE_SYMMETRIC),
        "overflow is monotone",
    )
    if evidence.proof == "order":
        require(evidence.direction == 1 and entries.is_nondecreasing, "T never falls")
        return
    require(evidence.proof == "table" and evidence.direction in (1, -1), "the proof is known")
    for before, after in pairwise(listed(entries)):
        require((after - before) * evidence.direction >= 0, "T is monotone")
    require(evidence.direction == 1 or len(set(listed(entries))) > 1, "T is not constant")


def check_ordered(setting: Setting, entries: Entries, evidence: Ordered) -> None:
    """Theory.md, section 11: differences between the inputs lo and hi stay nonnegative."""
    fmt = setting.format
    require(not setting.has_negative_weights, "no weight is negative")
    require(
        fmt.overflow in (Overflow.SATURATE, Overflow.SATURATE_SYMMETRIC), "overflow is monotone"
    )
    top = fmt.scale * (fmt.codes.size + 1)
    require(top <= MAX_ENTRIES, "differences are few enough to try")
    possible = np.zeros(top + 1, dtype=bool)  # differences of sums, those beyond counted as top
    possible[0] = True
    for weight in range(fmt.hi + 1):
        possible[min(weight * (fmt.hi - fmt.lo), top)] = True
    increments = evidence.increments
    require(list(increments) == sorted(set(increments)), "increments are sorted")
    later = np.zeros(top + 1, dtype=bool)
    later[0] = True
    for total in range(top + 1):
        if later[total]:
            for increment in increments:
                require(increment > 0, "increments are positive")
                later[min(total + increment, top)] = True
    found: set[int] = set()
    table = {
        number: listed(entries)[setting.requantize(number) - fmt.lo]
        for number in range((fmt.lo - 1) * fmt.scale - top, (fmt.hi + 1) * fmt.scale + top + 1)
    }
    for difference in np.nonzero(possible | later)[0].tolist():
        for number in range((fmt.lo - 1) * fmt.scale - top, (fmt.hi + 1) * fmt.scale + 1):
            found.add(table[number + difference] - table[number])
    require(found - {0} == set(increments), "increments are those of the sums they make")
