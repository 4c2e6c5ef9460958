"""What refutes universality where overflow wraps (theory.md#wrapping-refuted).

Sums matter modulo K = s * N only.  Each obstacle is a property of the table that all
networks inherit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import gcd

import numpy as np

from smtcheck.arithmetic.rounding import Rounding
from smtcheck.claims.evidence import (
    AffineActivation,
    Congruent,
    Entry,
    Parity,
    ProofMethod,
    Uncovered,
)
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights, rounds_periodically
from smtcheck.expressions.tables import members
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.universality.coverage import UncoveredCode, coverage


def reduced(setting: QuantizationScheme) -> QuantizationScheme:
    """Where all sums are multiples of the scale, the same setting in units of the scale.

    Weights -1, 0, 1 with biases that are numbers (of the format: modulo N they are all
    of them) never round, so the scale may as well be 1 and the bias exact.
    """
    if setting.weights is Weights.FULL or setting.bias is Bias.EXACT:
        return setting
    return replace(setting, format=replace(setting.format, scale=1), bias=Bias.EXACT)


def is_ring(setting: QuantizationScheme) -> bool:
    """Whether R(n) depends on n modulo s * N only."""
    return rounds_periodically(setting.format)


def period(setting: QuantizationScheme) -> int:
    """K: R of sums (of positive ones, if rounding looks at the sign) repeats itself after it.

    It is s * N, or twice that for ties that go to even among an odd number of codes.
    """
    fmt = setting.format
    ties_move = fmt.rounding is Rounding.HALF_EVEN and fmt.scale % 2 == 0 and fmt.codes.size % 2
    return fmt.scale * fmt.codes.size * (2 if ties_move else 1)


def is_power_of_two(number: int) -> bool:
    """1, 2, 4, ..."""
    return number > 0 and number & (number - 1) == 0


def obstacle(
    setting: QuantizationScheme,
    entries: ActivationTable,
    named: tuple[Entry, ...],
    difference_gcd: int,
) -> Uncovered | Congruent | Parity | AffineActivation | None:
    """What refutes, as theory.md#wrapping-refuted counts it; the setting is reduced and a ring."""
    step, scale, size = setting.weight_step, setting.format.scale, setting.format.codes.size
    delta = gcd(step * difference_gcd, period(setting))
    if delta > scale:
        every = replace(setting, bias=Bias.EXACT)
        hole = coverage(every, delta, 0, members(setting.format.codes))
        assert isinstance(hole, UncoveredCode)
        return Uncovered(
            entries=named,
            difference_gcd=difference_gcd,
            modulus=delta,
            gaps=hole.gaps,
            crowd=None,
            proof=ProofMethod.TABLE,
        )
    table = entries.array.astype(object) * step
    slope = int(table[1] - table[0]) % size
    if scale == 1 and size > 2 and not ((np.roll(table, -1) - table - slope) % size).any():
        return AffineActivation(slope=slope)
    for shift in _shifts(setting):
        modulus = scale * shift
        if ((np.roll(table, -shift) - table) % modulus).any():
            continue
        distance = modulus // gcd(modulus, step)
        if distance < size:
            lo = setting.format.lo
            return Congruent(
                difference_gcd=difference_gcd, shift=shift, left=lo, right=lo + distance
            )
        if modulus == 2 * delta and is_power_of_two(period(setting)):
            return Parity(difference_gcd=difference_gcd, shift=shift, inputs=period(setting))
    return None


def _shifts(setting: QuantizationScheme) -> Iterator[int]:
    """Divisors m >= 2 of N by which sums s * m apart are requantized m apart."""
    size = setting.format.codes.size
    halves_apart = setting.format.rounding is Rounding.HALF_EVEN and setting.format.scale % 2 == 0
    for shift in range(2, size + 1):
        if size % shift == 0 and not (halves_apart and shift % 2):
            yield shift
