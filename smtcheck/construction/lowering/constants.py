"""Constants that neurons add: biases, and activations of neurons that read nothing.

A constant may be given as a sum of activations T(k), of neurons whose bias is s k.  If it
is no bias it may still be one next to a few times the largest activation, which takes
fewer weights, all of one constant neuron (theory.md#free-coefficients).
"""

from __future__ import annotations

from math import gcd
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from smtcheck.claims.settings import Bias, QuantizationScheme
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.networks.matrices import csr

Ints = NDArray[np.int64]
Csr = Any  #: a sparse matrix of scipy's, of int64
Constants = tuple[Ints, Csr]  #: biases, and coefficients of T(lo), ..., T(hi): a row a neuron

MAX_MULTIPLES = 64  #: of an activation, more than it takes at least, to have a rest that is a bias
IMPOSSIBLE = 2**40  #: weights


def are_biases(setting: QuantizationScheme, numbers: Ints) -> NDArray[np.bool_]:
    """Which numbers a neuron may add."""
    fmt = setting.format
    match setting.bias:
        case Bias.EXACT:
            return np.ones(numbers.shape, dtype=bool)
        case Bias.GRID:
            return np.asarray(numbers % fmt.scale == 0)
        case Bias.FORMAT:
            return np.asarray((numbers % fmt.scale == 0) & (_beyond(setting, numbers) == 0))


def _beyond(setting: QuantizationScheme, numbers: Ints) -> Ints:
    """How far numbers are outside the format."""
    fmt = setting.format
    return np.maximum(0, np.maximum(numbers - fmt.scale * fmt.hi, fmt.scale * fmt.lo - numbers))


def simplified(
    setting: QuantizationScheme, entries: ActivationTable, constants: Constants
) -> Constants:
    """The same sums, with biases alone where those suffice, or with fewer weights."""
    biases, matrix = constants
    totals = biases + matrix @ entries.array
    folded = are_biases(setting, totals)
    best = np.where(folded, totals, biases), _of_rows(matrix, ~folded)
    for code in _large_codes(setting, entries) if best[1].nnz else ():
        made = _by_one_neuron(setting, entries, best, code)
        if _size(setting, made[1]) < _size(setting, best[1]):
            best = made
    return best


def _of_rows(matrix: Csr, chosen: NDArray[np.bool_]) -> Csr:
    """The matrix with nothing in the other rows."""
    if not chosen.any():
        return scipy.sparse.csr_array(matrix.shape, dtype=np.int64)
    found = csr(
        scipy.sparse.diags_array(chosen.astype(np.int64), dtype=np.int64) @ matrix, matrix.shape
    )
    found.eliminate_zeros()
    return found


def _large_codes(setting: QuantizationScheme, entries: ActivationTable) -> set[int]:
    """The code with the largest activation, and that whose multiples leave most rests."""
    step, scale = setting.weight_step, setting.format.scale
    codes = range(setting.lowest_given, setting.format.hi + 1)
    sizes = {code: abs(entries[code]) for code in codes}
    reaches = {code: sizes[code] // gcd(sizes[code] * step, scale) for code in codes}
    return {code for own in (sizes, reaches) if own[code := max(own, key=lambda k: own[k])]}


def _by_one_neuron(
    setting: QuantizationScheme, entries: ActivationTable, constants: Constants, code: int
) -> Constants:
    """Rows as a bias and a multiple of T(code), if that takes fewer weights."""
    biases, matrix = constants
    totals = biases + matrix @ entries.array
    sums, places = np.unique(totals, return_inverse=True)
    numbers, weights = (own[places] for own in _multiples(setting, entries[code], sums))
    old = csr((_weights(setting, matrix.data), matrix.indices, matrix.indptr), matrix.shape)
    is_better = weights < np.asarray(old.sum(axis=1)).reshape(-1)
    rows = np.flatnonzero(is_better)
    columns = np.full(len(rows), code - setting.format.lo)
    added = csr((numbers[rows], (rows, columns)), matrix.shape)
    rests = np.where(is_better, totals - numbers * entries[code], biases)
    return rests, csr(_of_rows(matrix, ~is_better) + added, matrix.shape)


def _multiples(setting: QuantizationScheme, result: int, sums: Ints) -> tuple[Ints, Ints]:
    """For each sum how often `result` is taken off to leave a bias; and the weights of that."""
    step, scale = setting.weight_step, setting.format.scale
    unit = abs(result) * step
    beyond = _beyond(setting, sums) if setting.bias is Bias.FORMAT else np.zeros_like(sums)
    offsets = np.arange(min(MAX_MULTIPLES, scale // gcd(unit, scale)))
    numbers = (-(-beyond // unit)[:, None] + offsets) * step
    numbers = np.concatenate([numbers, -numbers], axis=1)
    weights = _weights(setting, numbers)
    weights[~are_biases(setting, sums[:, None] - numbers * result)] = IMPOSSIBLE
    least = weights.argmin(axis=1)
    rows = np.arange(len(sums))
    return numbers[rows, least], weights[rows, least]


def _weights(setting: QuantizationScheme, numbers: Ints) -> Ints:
    """How many weights add up to each number."""
    high, low = setting.heaviest_weights
    heaviest = np.where(numbers > 0, high, -low)
    needed = -(-np.abs(numbers) // np.maximum(heaviest, 1))
    return np.where((heaviest == 0) & (numbers != 0), IMPOSSIBLE, needed)


def _size(setting: QuantizationScheme, matrix: Csr) -> int:
    """Weights and constant neurons."""
    weights = _weights(setting, matrix.data)
    copies = np.zeros(matrix.shape[1], dtype=np.int64)
    np.maximum.at(copies, matrix.indices, weights)
    return int(weights.sum() + copies.sum())
