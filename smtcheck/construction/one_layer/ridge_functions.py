"""One hidden layer: functions of a direction as combinations of shifts of the activation.

Functions of one direction are called ridge functions (Logan and Shepp, Duke Mathematical
Journal 1975).

The neuron R(s (u + shift)) gives the code u + shift, clipped, so its activation is a shift
of T, constant at either end.  Differences of neighbouring places turn a sum of shifts
into a triangular system: the leftmost step of T is moved to each place in turn
(theory.md#ramps).  For relu and its kind the solution is short where the function has few bends;
for others coefficients may grow without bound, and nothing is found.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from smtcheck.arithmetic.overflow import Overflow
from smtcheck.claims.settings import QuantizationScheme
from smtcheck.construction.boxes.decomposition import Ridge
from smtcheck.construction.effort import USUAL, BuildingEffort
from smtcheck.construction.indicators.penalties import Axis
from smtcheck.construction.indicators.saturation import Base, NoNetwork
from smtcheck.construction.lowering.coefficients import DraftLayer, SparseTerms, concatenated
from smtcheck.construction.lowering.constants import are_biases
from smtcheck.networks.activation_entries import ActivationTable

Ints = NDArray[np.int64]


def layers(
    setting: QuantizationScheme,
    entries: ActivationTable,
    outputs: Sequence[Sequence[Ridge]],
    bases: Sequence[Base],
    effort: BuildingEffort = USUAL,
) -> list[DraftLayer]:
    """A hidden layer and the output neurons; sums are those of the ridges, plus the base.

    The base's total is what the ridges' sums lack.  NoNetwork if that takes too many neurons.
    """
    if setting.format.overflow not in (Overflow.SATURATE, Overflow.SATURATE_SYMMETRIC):
        raise NoNetwork("shifts of an activation need saturation")
    scale = setting.format.scale
    if not setting.is_weight(scale) or not setting.has_constant_neurons:
        raise NoNetwork("1.0 is no weight")
    parts: list[DraftLayer] = []
    terms: list[tuple[int, int, int]] = []
    biases = [base.bias for base in bases]
    count = 0
    for output, ridges in enumerate(outputs):
        for ridge in ridges:
            shifts, coefficients, start = _shifts(setting, entries, ridge, effort.shifts)
            axis = Axis.along(setting, ridge.signs)
            if not axis.allows(setting, scale):
                raise NoNetwork("-1.0 is no weight")
            parts.append(axis.layer(np.full(len(shifts), scale), scale * shifts))
            terms += [(output, count + i, int(c)) for i, c in enumerate(coefficients)]
            biases[output] += start
            count += len(shifts)
    if not count:
        raise NoNetwork("a constant function has no shifts")
    hidden = concatenated(parts)
    if not are_biases(setting, hidden.biases).all():
        raise NoNetwork("shifts are no biases")
    constants = [
        (output, code - setting.format.lo, number)
        for output, base in enumerate(bases)
        for code, number in base.constants
    ]
    numbers = np.array(biases, dtype=np.int64)
    if not are_biases(setting, numbers).all():
        raise NoNetwork("the constant is no bias")
    last = DraftLayer(
        inputs=count,
        biases=numbers,
        terms=SparseTerms.of(terms),
        constants=SparseTerms.of(constants),
    )
    return [hidden, last]


def _shifts(
    setting: QuantizationScheme, entries: ActivationTable, ridge: Ridge, most: int
) -> tuple[Ints, Ints, int]:
    """Shifts and coefficients whose sum is the ridge, less a constant; and that constant."""
    table, lo = entries.array.astype(np.int64), setting.format.lo
    steps = np.diff(table)
    rising = np.flatnonzero(steps)
    if not rising.size:
        raise NoNetwork("the activation is constant")
    first = int(rising[0])
    pattern = steps[first : int(rising[-1]) + 1]
    unit = setting.weight_step
    rest = np.diff(np.array(ridge.values, dtype=np.int64))
    heaviest = min(abs(weight) for weight in setting.heaviest_weights) or 1
    shifts, coefficients, neurons = [], [], 0
    for place in np.arange(len(rest)).tolist():
        if not rest[place]:
            continue
        coefficient, remainder = divmod(int(rest[place]), int(pattern[0]))
        neurons += abs(coefficient) // heaviest + 1
        if remainder or coefficient % unit or neurons > most:
            raise NoNetwork("the combination of shifts is not short")
        shifts.append(lo + first - (ridge.low + place))
        coefficients.append(coefficient)
        stop = min(len(rest), place + len(pattern))
        rest[place:stop] -= coefficient * pattern[: stop - place]
    found = np.array(shifts, dtype=np.int64), np.array(coefficients, dtype=np.int64)
    # at the least place each shift is where its first step has not been taken
    return *found, int(ridge.values[0]) - int(found[1].sum()) * int(table[first])
