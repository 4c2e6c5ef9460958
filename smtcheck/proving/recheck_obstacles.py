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
from smtcheck.networks.tables import MAX_ENTRIES, members
from smtcheck.proving.checks import check_gcd, is_ring, listed, period_of, reduced, require
from smtcheck.proving.statements import Congruence, Indistinct, Oracle
from smtcheck.proving.verdicts import InternalError
from smtcheck.theory.entries import Entries
from smtcheck.theory.evidence import (
    Gap,
    Inseparable,
    Monotone,
    NeverGiven,
    Ordered,
    Uncovered,
)
from smtcheck.theory.settings import Bias, Setting, Weights

MAX_POINTS = 2**24  #: sums that are requantized to see that they cover all codes
MAX_NEURONS = 2**26  #: that are tried on two inputs
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


def check_inseparable(
    setting: Setting, entries: Entries, evidence: Inseparable, oracle: Oracle
) -> None:
    left, right = evidence.left, evidence.right
    codes = entries.format.codes
    require(len(left) == len(right), "the inputs are as many")
    require(all(code in codes for code in (*left, *right)), "inputs are codes")
    require(left != right, "the inputs differ")
    if evidence.proof == "sums":
        _check_dense_pair(setting, entries, left, right)
        return
    require(len(left) == 1, "there is one input")
    if evidence.proof == "rounding":
        heaviest = (
            max(-codes.low, codes.high) if setting.weights is Weights.FULL else entries.format.scale
        )
        require(left == (0,) and setting.bias is not Bias.EXACT, "sums are near a whole bias")
        require(setting.format.rounding.name.startswith("HALF"), "rounding is to nearest")
        require(2 * heaviest * abs(right[0]) < setting.format.scale, "it is rounded away")
    elif evidence.proof == "solver":
        statement = Indistinct(
            setting=setting, activation=entries.activation, left=left[0], right=right[0]
        )
        require(oracle(statement), "a solver finds no neuron that tells them apart")
    else:
        require(evidence.proof == "table", "the proof is one that is known")
        _check_no_neuron_separates(setting, entries, left[0], right[0])


def _check_no_neuron_separates(setting: Setting, entries: Entries, left: int, right: int) -> None:
    """Try every weight with every bias that does not overflow for both."""
    scale = setting.format.scale
    require(setting.format.codes.size <= MAX_NEURONS, "the neurons are few enough to try")
    weights = range(-scale, scale + 1, scale)
    if setting.weights is Weights.FULL:
        weights = range(setting.format.lo, setting.format.hi + 1)
    heaviest = max(-weights[0], weights[-1])
    biases = _biases(setting, heaviest * max(abs(left), abs(right)))
    require(len(weights) * len(biases) <= MAX_NEURONS, "the neurons are few enough to try")
    table = listed(entries)
    lo = entries.format.lo
    results: dict[int, int] = {}

    def activation(number: int) -> int:
        if number not in results:
            results[number] = table[setting.requantize(number) - lo]
        return results[number]

    for weight in weights:
        one, other = weight * left, weight * right
        alike = one == other or all(
            activation(one + bias) == activation(other + bias) for bias in biases
        )
        require(alike, "no neuron tells the inputs apart")


def _biases(setting: Setting, reach: int) -> range:
    """All biases that matter to sums of at most `reach`: more than that on either side."""
    fmt = setting.format
    if setting.bias is Bias.FORMAT:
        return range(fmt.lo * fmt.scale, fmt.hi * fmt.scale + 1, fmt.scale)
    step = 1 if setting.bias is Bias.EXACT else fmt.scale
    # overflow is settled beyond lo - 1 and hi + 1; wrapping repeats itself after N codes
    span = reach + fmt.scale * (fmt.codes.size + 1)
    most = step * (span // step + 1)
    return range(-most, most + 1, step)


def _check_dense_pair(
    setting: Setting, entries: Entries, left: Sequence[int], right: Sequence[int]
) -> None:
    """Neurons that read all inputs with weights -1 and 1: every choice of signs."""
    require(setting.weights is Weights.DENSE_BINARY and len(left) <= 8, "neurons are dense")
    scale = setting.format.scale
    biases = _biases(setting, scale * (sum(map(abs, left)) + sum(map(abs, right))))
    require(2 ** len(left) * len(biases) <= MAX_POINTS, "the neurons are few enough to try")
    lo = entries.format.lo
    for pattern in range(2 ** len(left)):
        signs = [1 - 2 * (pattern >> place & 1) for place in range(len(left))]
        one, other = (
            scale * sum(sign * code for sign, code in zip(signs, codes, strict=True))
            for codes in (left, right)
        )
        for bias in biases:
            results = [
                listed(entries)[setting.requantize(number + bias) - lo] for number in (one, other)
            ]
            require(results[0] == results[1], "no neuron tells the inputs apart")


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
