"""What the checks of evidence about universality share.

`reduced`, `period_of` and `is_ring` are written again in `universality.wrapping`, on purpose:
a mistake of the search must not be one of the check.  Do not merge them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import reduce
from math import gcd

from smtcheck.arithmetic.rounding import Rounding
from smtcheck.checking.refusals import Refusal, require
from smtcheck.claims.evidence import Entry, ProofMethod
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from smtcheck.expressions.tables import MAX_ENTRIES
from smtcheck.networks.activation_entries import ActivationTable

MAX_POINTS = 2**24  #: sums that are requantized, one by one or in an array


def check_entries(entries: ActivationTable, given: Iterable[Entry]) -> None:
    """Entries are what T really is."""
    for entry in given:
        code, fmt = entry.code, entries.format
        require(code in fmt.codes, Refusal.ENTRY_CODE, stated=code, format=fmt)
        found = entries[code]
        require(found == entry.result, Refusal.ENTRY, code=code, found=found, stated=entry.result)


def listed(entries: ActivationTable) -> tuple[int, ...]:
    """T(lo) .. T(hi), which are few enough."""
    size = entries.format.codes.size
    require(entries.can_be_listed, Refusal.TOO_MANY_ENTRIES, found=size, allowed=MAX_ENTRIES)
    return entries.all


def check_gcd(entries: ActivationTable, given: Sequence[Entry], difference_gcd: int) -> None:
    """D is the gcd of the differences between entries."""
    require(given, Refusal.NO_ENTRIES)
    check_entries(entries, given)
    found = reduce(gcd, (entry.result - given[0].result for entry in given), 0)
    require(found == difference_gcd, Refusal.GCD_OF_ENTRIES, found=found, stated=difference_gcd)


def reduced(setting: QuantizationScheme) -> QuantizationScheme:
    """Sums that are all multiples of the scale, counted in scales (theory.md#reduction)."""
    require(setting.is_wrapping, Refusal.NOT_WRAPPING, found=setting.format.overflow.value)
    if setting.weights is Weights.FULL or setting.bias is Bias.EXACT:
        return setting
    return replace(setting, format=replace(setting.format, scale=1), bias=Bias.EXACT)


def period_of(setting: QuantizationScheme) -> int:
    """K = s * N, or 2 * s * N where adding N to a tie would change its evenness."""
    period = setting.format.scale * setting.format.codes.size
    is_ring_with_n = setting.format.rounding is not Rounding.HALF_EVEN or is_ring(setting)
    return period if is_ring_with_n else 2 * period


def is_ring(setting: QuantizationScheme) -> bool:
    """round(x + N) = round(x) + N."""
    scale, mode = setting.format.scale, setting.format.rounding
    has_ties = scale % 2 == 0
    match mode:
        case Rounding.FLOOR | Rounding.CEILING | Rounding.HALF_UP | Rounding.HALF_DOWN:
            return True
        case Rounding.HALF_EVEN:
            return not has_ties or setting.format.codes.size % 2 == 0
        case Rounding.HALF_AWAY | Rounding.HALF_TO_ZERO:
            return not has_ties
        case Rounding.TOWARD_ZERO:
            return scale == 1


def require_periodic(setting: QuantizationScheme) -> None:
    """Sums matter modulo K only."""
    fmt = setting.format
    require(is_ring(setting), Refusal.NOT_PERIODIC, rounding=fmt.rounding.value, scale=fmt.scale)


def require_method(stated: ProofMethod, *allowed: ProofMethod) -> None:
    """It is one that the argument knows."""
    names = ", ".join(method.value for method in allowed)
    require(stated in allowed, Refusal.UNKNOWN_PROOF, stated=stated.value, allowed=names)
