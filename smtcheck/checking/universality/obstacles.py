"""The checks of arguments against universality where overflow does not wrap, and of coverage.

Each is written from its statement in theory.md#coverage, theory.md#never-given or
theory.md#unsigned.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from math import gcd

import numpy as np

from smtcheck.arithmetic.overflow import Overflow
from smtcheck.checking.refusals import Refusal, Refused, require
from smtcheck.checking.universality.conditions import (
    MAX_POINTS,
    check_gcd,
    listed,
    period_of,
    reduced,
    require_method,
    require_periodic,
)
from smtcheck.claims.evidence import (
    MonotoneActivation,
    NeverGiven,
    Ordered,
    ProofMethod,
    Uncovered,
    UncoveredResidues,
)
from smtcheck.claims.settings import Bias, QuantizationScheme
from smtcheck.claims.statements import Congruence, Discharger
from smtcheck.expressions.tables import MAX_ENTRIES, members
from smtcheck.networks.activation_entries import ActivationTable

MAX_PARTS = 2**22  #: of the codes of a monotone T


def check_congruent(
    entries: ActivationTable,
    modulus: int,
    result: int,
    proof: ProofMethod,
    discharger: Discharger,
) -> None:
    """T(k) = result modulo D for all codes."""
    lo = entries.format.lo
    require(entries[lo] == result, Refusal.FIRST_RESULT, found=entries[lo], stated=result)
    require_method(proof, ProofMethod.TABLE, ProofMethod.ORDER, ProofMethod.SOLVER)
    match proof:
        case ProofMethod.TABLE:
            _check_multiples(listed(entries), result, modulus)
        case ProofMethod.ORDER:
            _check_multiples(_values_in_order(entries), result, modulus)
        case ProofMethod.SOLVER:
            statement = Congruence(
                activation=entries.activation,
                format=entries.format,
                modulus=modulus,
                result=result,
            )
            require(
                discharger.is_true(statement), Refusal.NOT_CONGRUENT, stated=result, modulus=modulus
            )


def _check_multiples(values: Iterable[int], result: int, modulus: int) -> None:
    for value in values:
        difference = value - result
        is_multiple = difference % modulus == 0 if modulus else difference == 0
        require(is_multiple, Refusal.NOT_A_MULTIPLE, found=value, stated=result, modulus=modulus)


def _values_in_order(entries: ActivationTable, most: int = MAX_PARTS) -> Iterator[int]:
    """The values of a nondecreasing T: equal ends settle all between them."""
    require(
        entries.is_nondecreasing,
        Refusal.NOT_KNOWN_MONOTONE,
        activation=entries.activation.name,
    )
    parts = [(entries.format.lo, entries.format.hi)]
    for _ in range(most):
        if not parts:
            return
        low, high = parts.pop()
        yield entries[low]
        yield entries[high]
        if entries[low] != entries[high] and high - low > 1:
            middle = (low + high) // 2
            parts += [(low, middle), (middle, high)]
    raise Refused(Refusal.TOO_MANY_PARTS, allowed=most, left=len(parts))


def check_uncovered(
    setting: QuantizationScheme,
    entries: ActivationTable,
    evidence: Uncovered,
    discharger: Discharger,
) -> None:
    """The theorems: theory.md#necessary and, where overflow wraps, theory.md#coset."""
    check_gcd(entries, evidence.entries, evidence.difference_gcd)
    lo = entries.format.lo
    check_congruent(entries, evidence.difference_gcd, entries[lo], evidence.proof, discharger)
    if setting.is_wrapping:
        setting = reduced(setting)
        require_periodic(setting)
        setting = replace(setting, bias=Bias.EXACT)  # more biases than there are
        modulus = gcd(setting.weight_step * evidence.difference_gcd, period_of(setting))
    else:
        modulus = setting.weight_step * evidence.difference_gcd
    require(
        modulus == evidence.modulus > 0,
        Refusal.MODULUS,
        found=modulus,
        stated=evidence.modulus,
    )
    if evidence.crowd is not None:
        require(
            not evidence.gaps and not setting.is_wrapping,
            Refusal.TWO_ARGUMENTS,
            gaps=len(evidence.gaps),
            overflow=setting.format.overflow.value,
        )
        _check_crowd(setting, modulus, evidence.crowd.first_code, evidence.crowd.last_code)
        return
    for gap in evidence.gaps:
        _check_gap(setting, modulus, gap)
    _check_gaps_cover(setting, modulus, setting.weight_step * entries[lo], evidence.gaps)


def _check_crowd(setting: QuantizationScheme, modulus: int, first: int, last: int) -> None:
    """Sums M apart that give first .. last span more integers than are rounded to these."""
    fmt = setting.format
    require(first <= last, Refusal.CROWD_ORDER, first=first, last=last)
    shown = {"first": first, "last": last, "lo": fmt.lo, "hi": fmt.hi}
    if fmt.overflow is Overflow.SATURATE_TO_ZERO:
        is_one_sided = fmt.lo <= first <= last < 0 or 0 < first <= last <= fmt.hi
        require(is_one_sided, Refusal.CROWD_ZERO, **shown)
    else:
        require(setting.lowest_given < first <= last < fmt.hi, Refusal.CROWD_ENDS, **shown)
    # the least sum below which all are rounded below first, the greatest ...
    low = _least(setting, first)
    high = _least(setting, last + 1) - 1
    span = (last - first) * modulus
    require(span > high - low, Refusal.NOT_CROWDED, stated=span, found=high - low)


def _least(setting: QuantizationScheme, code: int) -> int:
    """The least integer that is rounded to at least a code."""
    low, high = (code - 1) * setting.format.scale, code * setting.format.scale
    while low < high:
        middle = (low + high) // 2
        if setting.rounded(middle) >= code:
            high = middle
        else:
            low = middle + 1
    return low


def _check_gap(setting: QuantizationScheme, modulus: int, gap: UncoveredResidues) -> None:
    """No integer whose residue lies in the gap is requantized to its code."""
    fmt = setting.format
    first, last, code = gap.first_residue, gap.last_residue, gap.code
    require(0 <= first <= last < modulus, Refusal.RESIDUES, first=first, last=last, modulus=modulus)
    require(code in fmt.codes, Refusal.GAP_CODE, stated=code, format=fmt)
    if fmt.overflow is Overflow.SATURATE_TO_ZERO:
        require(code != 0, Refusal.GAP_ZERO, stated=code, format=fmt)
    elif not setting.is_wrapping:
        require(
            setting.lowest_given < code < fmt.hi,
            Refusal.GAP_END,
            stated=code,
            lo=fmt.lo,
            hi=fmt.hi,
        )
    # blocks first + M t .. last + M t near the integers that are rounded to the code
    start = ((code - 1) * fmt.scale - last) // modulus
    stop = ((code + 1) * fmt.scale - first) // modulus + 1
    require(stop - start <= 8, Refusal.GAP_BLOCKS, found=stop - start, allowed=8)
    for t in range(start, stop + 1):
        low, high = setting.rounded(first + modulus * t), setting.rounded(last + modulus * t)
        require(high < code or low > code, Refusal.GAP_GIVEN, low=low, high=high, code=code)


def _check_gaps_cover(
    setting: QuantizationScheme, modulus: int, base: int, gaps: Sequence[UncoveredResidues]
) -> None:
    """Every residue that a constant can leave lies in one gap, and gaps begin and end with such."""
    ordered = sorted(gaps, key=lambda gap: gap.first_residue)
    require(ordered, Refusal.NO_GAPS, stated=len(gaps))
    for before, after in pairwise(ordered):
        end, start = before.last_residue, after.first_residue
        require(end < start, Refusal.GAPS_OVERLAP, before=end, after=start)
    if setting.bias is Bias.EXACT:
        held = sum(gap.last_residue - gap.first_residue + 1 for gap in gaps)
        require(held == modulus, Refusal.GAPS_LEAVE_RESIDUES, found=held, needed=modulus)
        return
    require(modulus <= MAX_POINTS, Refusal.TOO_MANY_RESIDUES, found=modulus, allowed=MAX_POINTS)
    is_bounded = setting.bias is Bias.FORMAT
    size = setting.format.codes.size
    require(
        not is_bounded or size <= MAX_POINTS,
        Refusal.TOO_MANY_BIASES,
        found=size,
        allowed=MAX_POINTS,
    )
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
        first, last = gap.first_residue, gap.last_residue
        require(reached[first] and reached[last], Refusal.GAP_IS_LOOSE, first=first, last=last)
        reached[first : last + 1] = False
    require(
        not reached.any(),
        Refusal.RESIDUE_OUTSIDE,
        found=int(np.argmax(reached)),
        stated=len(gaps),
    )


def check_never_given(setting: QuantizationScheme, evidence: NeverGiven) -> None:
    """The remark: theory.md#never-given."""
    fmt = setting.format
    require(
        fmt.overflow is Overflow.SATURATE_SYMMETRIC,
        Refusal.NOT_SYMMETRIC,
        found=fmt.overflow.value,
        needed=Overflow.SATURATE_SYMMETRIC.value,
    )
    require(
        fmt.lo <= evidence.code < -fmt.hi,
        Refusal.CODE_IS_GIVEN,
        stated=evidence.code,
        lo=fmt.lo,
        hi=-fmt.hi - 1,
    )


def _check_neurons_monotone(setting: QuantizationScheme) -> None:
    """Neurons without negative weights, whose overflow is monotone, never fall."""
    require(
        not setting.has_negative_weights,
        Refusal.NEGATIVE_WEIGHTS,
        lowest=min(setting.format.lo, -setting.format.scale),
    )
    overflow = setting.format.overflow
    require(
        overflow in (Overflow.SATURATE, Overflow.SATURATE_SYMMETRIC),
        Refusal.OVERFLOW_NOT_MONOTONE,
        found=overflow.value,
    )


def check_monotone(
    setting: QuantizationScheme, entries: ActivationTable, evidence: MonotoneActivation
) -> None:
    """theory.md#monotone: a neuron without negative weights never falls."""
    _check_neurons_monotone(setting)
    if evidence.proof is ProofMethod.ORDER:
        is_rising = entries.is_nondecreasing
        require(
            evidence.direction == 1 and is_rising,
            Refusal.DIRECTION_BY_ORDER,
            stated=evidence.direction,
            found=is_rising,
        )
        return
    direction = evidence.direction
    require(
        evidence.proof is ProofMethod.TABLE and direction in (1, -1),
        Refusal.DIRECTION,
        proof=evidence.proof.value,
        stated=direction,
    )
    for before, after in pairwise(listed(entries)):
        require(
            (after - before) * direction >= 0,
            Refusal.NOT_MONOTONE,
            before=before,
            after=after,
            stated=direction,
        )
    values = len(set(listed(entries)))
    require(direction == 1 or values > 1, Refusal.MONOTONE_CONSTANT, found=values, stated=direction)


def check_ordered(setting: QuantizationScheme, entries: ActivationTable, evidence: Ordered) -> None:
    """theory.md#ordered: differences between the inputs lo and hi stay nonnegative."""
    fmt = setting.format
    _check_neurons_monotone(setting)
    top = fmt.scale * (fmt.codes.size + 1)
    require(top <= MAX_ENTRIES, Refusal.TOO_MANY_DIFFERENCES, found=top, allowed=MAX_ENTRIES)
    possible = np.zeros(top + 1, dtype=bool)  # differences of sums, those beyond counted as top
    possible[0] = True
    for weight in range(fmt.hi + 1):
        possible[min(weight * (fmt.hi - fmt.lo), top)] = True
    increments = evidence.increments
    in_order = sorted(set(increments))
    require(
        list(increments) == in_order,
        Refusal.INCREMENT_ORDER,
        stated=list(increments),
        needed=in_order,
    )
    later = np.zeros(top + 1, dtype=bool)
    later[0] = True
    for total in range(top + 1):
        if later[total]:
            for increment in increments:
                require(increment > 0, Refusal.INCREMENT_SIGN, stated=increment)
                later[min(total + increment, top)] = True
    found: set[int] = set()
    table = {
        number: listed(entries)[setting.requantize(number) - fmt.lo]
        for number in range((fmt.lo - 1) * fmt.scale - top, (fmt.hi + 1) * fmt.scale + top + 1)
    }
    for difference in np.nonzero(possible | later)[0].tolist():
        for number in range((fmt.lo - 1) * fmt.scale - top, (fmt.hi + 1) * fmt.scale + 1):
            found.add(table[number + difference] - table[number])
    made = sorted(found - {0})
    require(made == in_order, Refusal.INCREMENTS, found=made, stated=in_order)
