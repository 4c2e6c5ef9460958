"""The check of separation and coverage (theory.md, sections 8 to 11)."""

from __future__ import annotations

import numpy as np

from smtcheck.arithmetic.overflow import Overflow
from smtcheck.checking.universality.conditions import check_entries, check_gcd, listed, require
from smtcheck.claims.evidence import ByEnds, ByNeurons, ByShifts, Criterion, Neuron, Opposites
from smtcheck.claims.settings import WORD, Bias, Setting
from smtcheck.claims.statements import Injective, Oracle
from smtcheck.claims.verdicts import InternalError
from smtcheck.expressions.tables import members
from smtcheck.networks.activation_entries import Entries

MAX_POINTS = 2**24  #: sums that are requantized to see that they cover all codes


def check_criterion(
    setting: Setting, entries: Entries, evidence: Criterion, oracle: Oracle
) -> None:
    """Theory.md, sections 8, 10 and 11."""
    require(not setting.is_wrapping, "overflow does not wrap")
    require(
        setting.has_constant_neurons or setting.bias is not Bias.FORMAT,
        "constants can be added (assumption A)",
    )
    check_gcd(entries, evidence.entries, evidence.difference_gcd)
    check_entries(entries, [evidence.constant])
    require(setting.is_bias(evidence.bias), "the bias is one")
    step = setting.weight_step
    modulus = step * evidence.difference_gcd
    require(modulus > 0, "T is not constant")
    require(0 <= evidence.repeats < modulus, "constants are added less than M times")
    constant = evidence.bias + step * evidence.constant.result * evidence.repeats
    _check_covers(setting, constant, modulus)
    _check_separation(setting, entries, evidence.separation, oracle)
    if setting.has_negative_weights:
        require(evidence.opposites is None, "no opposites are needed")
    else:
        _check_opposites(setting, entries, evidence.opposites)


def _check_covers(setting: Setting, constant: int, modulus: int) -> None:
    """{R(constant + modulus * t)} holds every code."""
    fmt = setting.format
    scale = fmt.scale
    for code in (fmt.lo, fmt.hi):
        require(setting.requantize(code * scale) == code, "both ends are requantized to")
    # scale - 1 consecutive integers are rounded to each code, and its multiple of the scale
    if modulus < scale or (modulus == scale and constant % scale == 0):
        return
    first = ((fmt.lo - 1) * scale - constant) // modulus
    last = -(((fmt.hi + 1) * scale - constant) // -modulus)
    require(last - first < MAX_POINTS, "the points that cover are few enough to try")
    given = {setting.requantize(constant + modulus * t) for t in range(first, last + 1)}
    require(len(given) == fmt.codes.size, "every code is requantized to")


def _check_separation(
    setting: Setting, entries: Entries, separation: ByShifts | ByEnds | ByNeurons, oracle: Oracle
) -> None:
    """Theory.md, section 9."""
    fmt = setting.format
    has_units = all(
        setting.is_weight(weight) for weight in (fmt.scale, -fmt.scale)[: 2 if fmt.lo < 0 else 1]
    )
    match separation:
        case ByShifts(witness=(left, right)):
            check_entries(entries, (left, right))
            require(left.result != right.result, "T is not constant")
            is_fine = setting.bias is Bias.EXACT
            require(is_fine or (setting.bias is Bias.GRID and has_units), "shifts are neurons")
        case ByEnds(witness=(left, right)):
            check_entries(entries, (left, right))
            require((left.code, right.code) == (fmt.lo, fmt.hi), "the witness is at the ends")
            require(left.result != right.result, "T differs at the ends")
            require(fmt.lo < 0 and abs(fmt.lo + fmt.hi) <= 2, "the format is almost symmetric")
            require(fmt.overflow is Overflow.SATURATE, "overflow saturates")
            require(has_units and setting.has_constant_neurons, "1.0 and -1.0 are weights")
        case ByNeurons():
            _check_neurons(setting, entries, separation, oracle)


def _check_neurons(
    setting: Setting, entries: Entries, separation: ByNeurons, oracle: Oracle
) -> None:
    require(setting.has_constant_neurons, "a neuron can read one input alone")
    neurons = separation.neurons
    for neuron in neurons:
        require(setting.is_weight(neuron.weight), f"{neuron.weight} is a weight")
        require(setting.is_bias(neuron.bias), f"{neuron.bias} is a bias")
    if separation.proof == "solver":
        statement = Injective(setting=setting, activation=entries.activation, neurons=neurons)
        require(oracle(statement), "a solver finds no two inputs that look alike")
        return
    require(separation.proof == "table", "the proof is 'table' or 'solver'")
    table = np.array(listed(entries), dtype=np.int64)
    alike = [np.array(members(entries.format.codes), dtype=np.int64)]
    for neuron in neurons:
        alike = [part for group in alike for part in _parts(setting, table, neuron, group)]
    require(not alike, "the neurons tell all codes apart")


def _parts(
    setting: Setting, table: np.ndarray, neuron: Neuron, group: np.ndarray
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


def _check_opposites(setting: Setting, entries: Entries, opposites: Opposites | None) -> None:
    """Theory.md, section 11."""
    if opposites is None:
        raise InternalError("evidence does not check: opposites are needed")
    ends = {entries.format.lo, entries.format.hi}
    if setting.format.overflow is Overflow.SATURATE_TO_ZERO:
        ends = {0}
    for pair in (opposites.rise, opposites.bit):
        check_entries(entries, pair)
        require(ends & {entry.code for entry in pair}, "one code of a pair is an end")
    first, second = opposites.rise
    low, high = opposites.bit
    require(first.code < second.code, "the rise is by increasing code")
    require(low.result < high.result, "the bit is by increasing result")
    require(opposites.weight > 0 and setting.is_bias(opposites.bias), "weight and bias are")
    require(setting.bias is not Bias.FORMAT, "biases can be negative")
    before, after = (
        entries[setting.requantize(opposites.weight * entry.result + opposites.bias)]
        for entry in (low, high)
    )
    require((after - before) * (second.result - first.result) < 0, "one rises, the other falls")
