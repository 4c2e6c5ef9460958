"""Separation: do first-layer neurons tell any two inputs apart? (theory.md#separation)

Where neurons can shift their input arbitrarily, they do unless T is constant.
Where they cannot (coarse or bounded biases), the codes are sorted into classes of
equal activations, neuron by neuron, until all classes hold one code, or until two
codes are left that no neuron tells apart (partition refinement).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, product

import numpy as np

from smtcheck.arithmetic.overflow import Overflow
from smtcheck.claims.evidence import Neuron
from smtcheck.claims.settings import NEAREST, Bias, QuantizationScheme, Weights
from smtcheck.expressions.tables import members
from smtcheck.networks.activation_entries import ActivationTable

MAX_TRIALS = 2**26  #: activations looked at to tell two codes apart
CHUNK_TRIALS = 2**18  #: of them at a time
FIRST_WEIGHTS = 16  #: tried on all codes, before pairs are looked at
MAX_SPREAD = 2**21  #: weights or biases that are listed
MAX_DENSE_CODES = 32  #: all pairs of which are looked at


class TooManyNeurons(Exception):
    """Two codes are left, and their neurons are too many to try."""


def shifts_are_neurons(setting: QuantizationScheme) -> bool:
    """Whether non-constancy alone separates: arbitrary biases, or arbitrary multiples of 1.0.

    The activations of the shifts of one neuron with a weight that is not zero are a
    sequence, constant at both ends; equal for two inputs it would have a period.
    """
    if setting.is_wrapping:
        return False
    return setting.bias is Bias.EXACT or (setting.bias is Bias.GRID and has_unit_weights(setting))


def ends_suffice(setting: QuantizationScheme) -> bool:
    """Whether T(lo) != T(hi) separates where biases are codes (theory.md#ends)."""
    fmt = setting.format
    return (
        setting.bias is Bias.FORMAT
        and setting.has_constant_neurons
        and has_unit_weights(setting)
        and fmt.overflow is Overflow.SATURATE
        and fmt.lo < 0
        and abs(fmt.lo + fmt.hi) <= 2
    )


def has_unit_weights(setting: QuantizationScheme) -> bool:
    """Whether 1.0 is a weight, and -1.0 too where weights can be negative."""
    scale = setting.format.scale
    is_signed = setting.has_negative_weights
    return setting.is_weight(scale) and (not is_signed or setting.is_weight(-scale))


def weights(setting: QuantizationScheme) -> Iterator[int]:
    """The nonzero weights, the large ones first."""
    scale = setting.format.scale
    if setting.weights is not Weights.FULL:
        yield from (scale, -scale)
        return
    lo, hi = setting.format.lo, setting.format.hi
    for size in range(max(-lo, hi), 0, -1):
        yield from (weight for weight in (size, -size) if lo <= weight <= hi)


def activations(
    setting: QuantizationScheme, entries: ActivationTable, numbers: np.ndarray
) -> np.ndarray:
    """T(R(n)) for an array of sums; all of T is listed."""
    codes = setting.requantize_many(numbers).astype(np.int64)
    result: np.ndarray = entries.array[codes - setting.format.lo]
    return result


def separating_neurons(
    setting: QuantizationScheme, entries: ActivationTable
) -> tuple[Neuron, ...] | tuple[int, int]:
    """Neurons of one input that tell all codes apart, or two codes that none tells apart."""
    codes = np.array(members(setting.format.codes), dtype=setting.sum_type)
    classes = np.zeros(len(codes), dtype=np.int64)
    chosen: list[Neuron] = []
    for neuron in _likely(setting):
        classes = _refined(setting, entries, codes, classes, neuron, chosen)
        if classes.max() == len(codes) - 1:
            return tuple(chosen)
    while classes.max() < len(codes) - 1:
        left, right = _alike(codes, classes)
        found = _aimed(setting, entries, left, right)
        if found is None:
            found = separating_neuron(setting, entries, left, right)
        if found is None:
            return left, right
        classes = _refined(setting, entries, codes, classes, found, chosen)
    return tuple(chosen)


def _refined(
    setting: QuantizationScheme,
    entries: ActivationTable,
    codes: np.ndarray,
    classes: np.ndarray,
    neuron: Neuron,
    chosen: list[Neuron],
) -> np.ndarray:
    """Classes split by one more neuron, which is kept if it splits any."""
    results = activations(setting, entries, neuron.weight * codes + neuron.bias)
    size = setting.format.codes.size
    _, finer = np.unique(classes * size + (results - setting.format.lo), return_inverse=True)
    if finer.max() > classes.max():
        chosen.append(neuron)
    return finer.reshape(-1)


def _alike(codes: np.ndarray, classes: np.ndarray) -> tuple[int, int]:
    """The first two codes of one class."""
    order = np.argsort(classes, kind="stable")
    same = np.nonzero(classes[order][1:] == classes[order][:-1])[0]
    first = min(same, key=lambda index: int(codes[order[index]]))
    return int(codes[order[first]]), int(codes[order[first + 1]])


def _likely(setting: QuantizationScheme) -> Iterator[Neuron]:
    """A few neurons of different slopes, with biases in the middle and at the ends."""
    scale = setting.format.scale
    numbers = (0, setting.format.hi, setting.format.lo, setting.format.hi // 2)
    for weight in _spread(list(islice(weights(setting), MAX_SPREAD)), FIRST_WEIGHTS):
        for number in numbers:
            yield Neuron(weight=weight, bias=number * scale)


def _spread(numbers: Sequence[int], count: int) -> list[int]:
    """So many of them, with gaps that differ."""
    return [numbers[i * i * len(numbers) // (count * count)] for i in range(count)]


def _aimed(
    setting: QuantizationScheme, entries: ActivationTable, left: int, right: int
) -> Neuron | None:
    """A neuron whose weight alone rounds two codes apart; perhaps there is another kind."""
    candidates = np.array(list(islice(weights(setting), MAX_SPREAD)), dtype=setting.sum_type)
    one, other = (setting.requantize_many(candidates * code) for code in (left, right))
    apart = candidates[one != other]
    for weight in _spread(apart.tolist(), FIRST_WEIGHTS) if apart.size else []:
        span = setting.biases(max(abs(weight * left), abs(weight * right)))
        if span.size > MAX_SPREAD:
            break
        biases = np.array(members(span), dtype=setting.sum_type) * setting.bias_step
        results = [activations(setting, entries, weight * code + biases) for code in (left, right)]
        found = np.nonzero(results[0] != results[1])[0]
        if found.size:
            return Neuron(weight=weight, bias=int(biases[found[0]]))
    return None


def separating_neuron(
    setting: QuantizationScheme, entries: ActivationTable, left: int, right: int
) -> Neuron | None:
    """A neuron that tells two codes apart; None if there is none, after trying all."""
    for some, biases in _trials(setting, left, right):
        one = activations(setting, entries, some * left + biases)
        other = activations(setting, entries, some * right + biases)
        found = np.argwhere(one != other)
        if found.size:
            row, column = found[0]
            return Neuron(weight=int(some[row, 0]), bias=int(biases[0, column]))
    return None


def _trials(
    setting: QuantizationScheme, left: int, right: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """All weights, some at a time as a column, with all biases as a row."""
    if setting.weights is Weights.FULL and setting.format.codes.size > MAX_TRIALS:
        raise TooManyNeurons
    candidates = list(weights(setting))
    span = setting.biases(max(map(abs, candidates)) * max(abs(left), abs(right)))
    if len(candidates) * span.size > MAX_TRIALS:
        raise TooManyNeurons
    biases = np.array(members(span), dtype=setting.sum_type)[None, :] * setting.bias_step
    height = max(1, CHUNK_TRIALS // span.size)
    for start in range(0, len(candidates), height):
        rows = np.array(candidates[start : start + height], dtype=setting.sum_type)
        yield rows[:, None], biases


def are_rounded_alike(setting: QuantizationScheme, left: int, right: int) -> bool:
    """Whether no weight is large enough to round `right` other than 0, for any T.

    |weight * right| < scale / 2 is rounded away by every mode that rounds to nearest,
    and biases that are multiples of the scale do not change that.
    """
    if left != 0 or setting.bias is Bias.EXACT or setting.format.rounding not in NEAREST:
        return False
    heaviest = next(weights(setting))
    return 2 * abs(heaviest * right) < setting.format.scale


Pair = tuple[int, int]


def dense_pair(setting: QuantizationScheme, entries: ActivationTable) -> tuple[Pair, Pair] | None:
    """Two pairs of codes that no neuron with weights -1 and 1 for both tells apart."""
    lo, hi = setting.format.lo, setting.format.hi
    if setting.format.codes.size <= MAX_DENSE_CODES:
        inputs = list(product(members(setting.format.codes), repeat=2))
    else:  # where sums are so large that most biases overflow
        inputs = [
            (a, b) for end in (lo, hi) for a in _near(end, lo, hi) for b in _near(end, lo, hi)
        ]
    numbers = np.array(members(setting.biases(0)), dtype=setting.sum_type) * setting.format.scale
    seen: dict[bytes, tuple[int, int]] = {}
    for one, other in inputs:
        sums = [sign * one + mark * other for sign in (1, -1) for mark in (1, -1)]
        results = [
            activations(setting, entries, setting.format.scale * total + numbers) for total in sums
        ]
        signature = np.concatenate(results).tobytes()
        if signature in seen:
            return seen[signature], (one, other)
        seen[signature] = (one, other)
    return None


def _near(end: int, lo: int, hi: int) -> range:
    return range(max(lo, end - 4), min(hi, end + 4) + 1)
