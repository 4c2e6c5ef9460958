"""The check of separation and coverage (theory.md#criterion)."""

from __future__ import annotations

import numpy as np

from smtcheck.arithmetic.codes import WORD
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.checking.refusals import Refusal, Refused, require
from smtcheck.checking.universality.conditions import (
    MAX_POINTS,
    check_entries,
    check_gcd,
    listed,
    require_method,
)
from smtcheck.claims.evidence import (
    ByEnds,
    ByNeurons,
    ByShifts,
    Criterion,
    Inverter,
    Neuron,
    ProofMethod,
)
from smtcheck.claims.settings import Bias, QuantizationScheme
from smtcheck.claims.statements import Discharger, Injective
from smtcheck.expressions.tables import members
from smtcheck.networks.activation_entries import ActivationTable


def check_criterion(
    setting: QuantizationScheme,
    entries: ActivationTable,
    evidence: Criterion,
    discharger: Discharger,
) -> None:
    """theory.md#criterion: separation, coverage and, without negative weights, opposites."""
    overflow = setting.format.overflow.value
    require(not setting.is_wrapping, Refusal.WRAPPING, found=overflow)
    require(
        setting.has_constant_neurons or setting.bias is not Bias.FORMAT,
        Refusal.NO_CONSTANTS,
        weights=setting.weights.value,
        bias=setting.bias.value,
    )
    check_gcd(entries, evidence.entries, evidence.difference_gcd)
    check_entries(entries, [evidence.constant])
    require(
        setting.is_bias(evidence.bias),
        Refusal.CONSTANT_BIAS,
        stated=evidence.bias,
        bias=setting.bias.value,
    )
    step = setting.weight_step
    modulus = step * evidence.difference_gcd
    require(modulus > 0, Refusal.CONSTANT_T, stated=evidence.difference_gcd)
    repeats = evidence.repeats
    require(0 <= repeats < modulus, Refusal.REPEATS, stated=repeats, allowed=modulus - 1)
    constant = evidence.bias + step * evidence.constant.result * repeats
    _check_covers(setting, constant, modulus)
    _check_separation(setting, entries, evidence.separation, discharger)
    if setting.has_negative_weights:
        lowest = -setting.format.scale
        require(evidence.opposites is None, Refusal.NEEDLESS_OPPOSITES, lowest=lowest)
    else:
        _check_inverter(setting, entries, evidence.opposites)


def _check_covers(setting: QuantizationScheme, constant: int, modulus: int) -> None:
    """{R(constant + modulus * t)} holds every code."""
    fmt = setting.format
    scale = fmt.scale
    for code in (fmt.lo, fmt.hi):
        found = setting.requantize(code * scale)
        require(found == code, Refusal.END_NOT_GIVEN, code=code, found=found)
    # scale - 1 consecutive integers are rounded to each code, and its multiple of the scale
    if modulus < scale or (modulus == scale and constant % scale == 0):
        return
    first = ((fmt.lo - 1) * scale - constant) // modulus
    last = -(((fmt.hi + 1) * scale - constant) // -modulus)
    tried = last - first + 1
    require(tried <= MAX_POINTS, Refusal.TOO_MANY_POINTS, found=tried, allowed=MAX_POINTS)
    given = {setting.requantize(constant + modulus * t) for t in range(first, last + 1)}
    size = fmt.codes.size
    require(len(given) == size, Refusal.NOT_COVERED, found=len(given), needed=size)


def _check_separation(
    setting: QuantizationScheme,
    entries: ActivationTable,
    separation: ByShifts | ByEnds | ByNeurons,
    discharger: Discharger,
) -> None:
    """theory.md#shifts, theory.md#ends, or neurons that are named."""
    match separation:
        case ByShifts():
            _check_shifts(setting, entries, separation)
        case ByEnds():
            _check_ends(setting, entries, separation)
        case ByNeurons():
            _check_neurons(setting, entries, separation, discharger)


def _has_units(setting: QuantizationScheme) -> bool:
    """Whether 1.0 is a weight, and -1.0 where codes can be negative."""
    fmt = setting.format
    units = (fmt.scale, -fmt.scale)[: 2 if fmt.lo < 0 else 1]
    return all(setting.is_weight(weight) for weight in units)


def _check_shifts(
    setting: QuantizationScheme, entries: ActivationTable, separation: ByShifts
) -> None:
    left, right = separation.witness
    check_entries(entries, (left, right))
    require(
        left.result != right.result,
        Refusal.SHIFTS_WITNESS,
        left=left.code,
        right=right.code,
        found=left.result,
    )
    bias, units = setting.bias, _has_units(setting)
    require(
        bias is Bias.EXACT or (bias is Bias.GRID and units),
        Refusal.SHIFTS_ARE_NO_NEURONS,
        bias=bias.value,
        units=units,
    )


def _check_ends(setting: QuantizationScheme, entries: ActivationTable, separation: ByEnds) -> None:
    fmt = setting.format
    left, right = separation.witness
    check_entries(entries, (left, right))
    codes, ends = (left.code, right.code), (fmt.lo, fmt.hi)
    require(codes == ends, Refusal.ENDS_CODES, stated=codes, needed=ends)
    require(
        left.result != right.result,
        Refusal.ENDS_WITNESS,
        left=fmt.lo,
        right=fmt.hi,
        found=left.result,
    )
    is_almost = fmt.lo < 0 and abs(fmt.lo + fmt.hi) <= 2
    require(is_almost, Refusal.NOT_ALMOST_SYMMETRIC, lo=fmt.lo, hi=fmt.hi)
    require(
        fmt.overflow is Overflow.SATURATE,
        Refusal.NOT_SATURATING,
        found=fmt.overflow.value,
        needed=Overflow.SATURATE.value,
    )
    units, constants = _has_units(setting), setting.has_constant_neurons
    require(units and constants, Refusal.NO_UNITS, units=units, constants=constants)


def _check_neurons(
    setting: QuantizationScheme,
    entries: ActivationTable,
    separation: ByNeurons,
    discharger: Discharger,
) -> None:
    require(setting.has_constant_neurons, Refusal.NO_SINGLE_INPUT, weights=setting.weights.value)
    neurons = separation.neurons
    for neuron in neurons:
        require(
            setting.is_weight(neuron.weight),
            Refusal.NEURON_WEIGHT,
            stated=neuron.weight,
            weights=setting.weights.value,
        )
        require(
            setting.is_bias(neuron.bias),
            Refusal.NEURON_BIAS,
            stated=neuron.bias,
            bias=setting.bias.value,
        )
    if separation.proof is ProofMethod.SOLVER:
        statement = Injective(setting=setting, activation=entries.activation, neurons=neurons)
        require(discharger.is_true(statement), Refusal.NOT_INJECTIVE, stated=len(neurons))
        return
    require_method(separation.proof, ProofMethod.TABLE, ProofMethod.SOLVER)
    table = np.array(listed(entries), dtype=np.int64)
    alike = [np.array(members(entries.format.codes), dtype=np.int64)]
    for neuron in neurons:
        alike = [part for group in alike for part in _parts(setting, table, neuron, group)]
    require(not alike, Refusal.LOOKS_ALIKE, stated=len(neurons), found=len(alike))


def _parts(
    setting: QuantizationScheme, table: np.ndarray, neuron: Neuron, group: np.ndarray
) -> list[np.ndarray]:
    """Codes split by the activations of one neuron; those that are alone drop out."""
    largest = max(-setting.format.lo, setting.format.hi)
    if abs(neuron.weight) * largest + abs(neuron.bias) < WORD:
        sums = neuron.weight * group + neuron.bias
    else:
        sums = neuron.weight * group.astype(object) + neuron.bias
    codes = setting.requantize_many(sums).astype(np.int64)
    results = table[codes - setting.format.lo]
    order = np.argsort(results, kind="stable")
    borders = np.nonzero(np.diff(results[order]))[0] + 1
    return [part for part in np.split(group[order], borders) if len(part) > 1]


def _check_inverter(
    setting: QuantizationScheme, entries: ActivationTable, inverter: Inverter | None
) -> None:
    """theory.md#opposites."""
    if inverter is None:
        raise Refused(Refusal.NO_OPPOSITES, lowest=0)
    ends = {entries.format.lo, entries.format.hi}
    if setting.format.overflow is Overflow.SATURATE_TO_ZERO:
        ends = {0}
    for pair in (inverter.rise, inverter.bit):
        check_entries(entries, pair)
        left, right = (entry.code for entry in pair)
        require(ends & {left, right}, Refusal.NO_END, left=left, right=right, needed=sorted(ends))
    first, second = inverter.rise
    low, high = inverter.bit
    require(first.code < second.code, Refusal.RISE_ORDER, left=first.code, right=second.code)
    require(low.result < high.result, Refusal.BIT_ORDER, left=low.result, right=high.result)
    require(inverter.weight > 0, Refusal.TURN_WEIGHT, stated=inverter.weight)
    require(
        setting.is_bias(inverter.bias),
        Refusal.TURN_BIAS,
        stated=inverter.bias,
        bias=setting.bias.value,
    )
    require(setting.bias is not Bias.FORMAT, Refusal.NO_NEGATIVE_BIAS, bias=setting.bias.value)
    before, after = (
        entries[setting.requantize(inverter.weight * entry.result + inverter.bias)]
        for entry in (low, high)
    )
    require(
        (after - before) * (second.result - first.result) < 0,
        Refusal.NO_TURN,
        before=before,
        after=after,
        low=first.result,
        high=second.result,
    )
