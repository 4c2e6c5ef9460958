"""Networks with free coefficients, any multiples of g, and their lowering to real networks.

Such a draft says what each neuron adds up: activations of the layer before, times any
coefficients; activations T(k) of neurons that are constant; and a bias.  A network has
only the weights and biases of its setting.  So a coefficient that is no weight is made by
repeating the neuron it belongs to, and a sum of constants that is no bias by neurons
without inputs, whose bias s * k is one in every setting (theory.md#free-coefficients).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from smtcheck.arithmetic.formats import Format
from smtcheck.claims.settings import QuantizationScheme, Weights
from smtcheck.construction.lowering.constants import simplified
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.networks.layers import Layer
from smtcheck.networks.matrices import MAX_NEURONS, MAX_WEIGHTS, Matrix, csr
from smtcheck.networks.network import Network

Ints = NDArray[np.int64]
Csr = Any  #: a sparse matrix of scipy's, of int64


class NetworkTooLarge(Exception):
    """The network would have more neurons or weights than networks may have, or than wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SparseTerms:
    """Places of a sparse matrix of coefficients: each place may be named several times."""

    rows: Ints
    columns: Ints
    codes: Ints

    @classmethod
    def none(cls) -> SparseTerms:
        """No terms."""
        return cls.of([])

    @classmethod
    def of(cls, entries: Sequence[tuple[int, int, int]]) -> SparseTerms:
        """Terms listed as (row, column, coefficient)."""
        columns = np.array(entries, dtype=np.int64).reshape(-1, 3).T
        return cls(rows=columns[0], columns=columns[1], codes=columns[2])

    @classmethod
    def joined(cls, parts: Sequence[SparseTerms]) -> SparseTerms:
        """All of them."""
        return cls(
            rows=np.concatenate([part.rows for part in parts]),
            columns=np.concatenate([part.columns for part in parts]),
            codes=np.concatenate([part.codes for part in parts]),
        )

    def shifted(self, row: int, column: int) -> SparseTerms:
        """The same further down and to the right."""
        return SparseTerms(rows=self.rows + row, columns=self.columns + column, codes=self.codes)

    def matrix(self, shape: tuple[int, int]) -> Csr:
        """The sums of the coefficients at each place; zeros are left out."""
        matrix = csr((self.codes, (self.rows, self.columns)), shape)
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
        return matrix


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftLayer:
    """Neurons: bias + coefficients @ (activations before) + constants @ (T(lo), ..., T(hi))."""

    inputs: int  #: how many activations there are before
    biases: Ints
    terms: SparseTerms
    constants: SparseTerms  #: the column k stands for a neuron that always gives T(lo + k)

    @property
    def outputs(self) -> int:
        """The number of neurons."""
        return len(self.biases)


def reading(inputs: int, columns: Ints, codes: Ints | int, biases: Ints) -> DraftLayer:
    """Neurons that each read as many activations: those of its row of columns.

    Coefficients are one for all, or an array of the shape of the columns.
    """
    count, width = columns.shape
    return DraftLayer(
        inputs=inputs,
        biases=biases,
        terms=SparseTerms(
            rows=np.repeat(np.arange(count), width),
            columns=columns.reshape(-1),
            codes=np.broadcast_to(codes, columns.shape).reshape(-1),
        ),
        constants=SparseTerms.none(),
    )


def concatenated(layers: Sequence[DraftLayer]) -> DraftLayer:
    """Layers that read the same activations, one after the other."""
    rows = np.cumsum([0, *(layer.outputs for layer in layers)]).tolist()
    moves = list(zip(layers, rows, strict=False))
    return DraftLayer(
        inputs=layers[0].inputs,
        biases=np.concatenate([layer.biases for layer in layers]),
        terms=SparseTerms.joined([layer.terms.shifted(row, 0) for layer, row in moves]),
        constants=SparseTerms.joined([layer.constants.shifted(row, 0) for layer, row in moves]),
    )


def block_diagonal(layers: Sequence[DraftLayer]) -> DraftLayer:
    """Layers that read different activations, side by side."""
    columns = np.cumsum([0, *(layer.inputs for layer in layers)]).tolist()
    moves = zip(layers, columns, strict=False)
    return concatenated(
        [
            replace(layer, inputs=columns[-1], terms=layer.terms.shifted(0, column))
            for layer, column in moves
        ]
    )


def network(
    setting: QuantizationScheme,
    entries: ActivationTable,
    layers: Sequence[DraftLayer],
    most: int | None = None,
) -> Network:
    """The network that computes what a draft says; its first layer's coefficients are weights.

    Neurons that nothing reads are left out.  TooLarge if it takes more than `most` parameters.
    """
    copies = np.ones(layers[-1].outputs, dtype=np.int64)
    legal: list[tuple[Csr, Ints]] = []
    constant_codes: Ints = np.zeros(0, dtype=np.int64)
    for layer in reversed(layers[1:]):
        matrix, biases, used = _with_constant_neurons(setting, entries, layer)
        matrix, biases = _repeated(matrix, biases, copies)
        matrix, biases = _with_constants(setting, matrix, biases, constant_codes)
        if setting.weights is Weights.DENSE_BINARY:
            matrix, needed = _densely(setting, matrix)
        else:
            matrix, needed = _split(setting, matrix)
        legal.append((matrix, biases))
        _require_few(legal, most)
        copies, constant_codes = needed[: layer.inputs], np.repeat(used, needed[layer.inputs :])
    first = layers[0]
    matrix, biases = _repeated(
        first.terms.matrix((first.outputs, first.inputs)), first.biases, copies
    )
    legal.append(_with_constants(setting, matrix, biases, constant_codes))
    _require_few(legal, most)
    return _network(setting, entries, legal[::-1])


def _require_few(layers: Sequence[tuple[Csr, Ints]], most: int | None) -> None:
    parameters = sum(matrix.nnz + len(biases) for matrix, biases in layers)
    if most is not None and parameters > most:
        raise NetworkTooLarge


def _with_constant_neurons(
    setting: QuantizationScheme, entries: ActivationTable, layer: DraftLayer
) -> tuple[Csr, Ints, Ints]:
    """Coefficients, biases that are ones, and the codes of the constant neurons read too."""
    size = setting.format.codes.size
    matrix = layer.terms.matrix((layer.outputs, layer.inputs))
    constants = layer.constants.matrix((layer.outputs, size))
    biases, constants = simplified(setting, entries, (layer.biases, constants))
    used = np.unique(constants.indices).astype(np.int64)
    if used.size and not setting.has_constant_neurons:
        raise NetworkTooLarge  # no number of neurons makes these constants
    both = scipy.sparse.hstack([matrix, constants[:, used]], format="csr")
    return both, biases, used


def _repeated(matrix: Csr, biases: Ints, copies: Ints) -> tuple[Csr, Ints]:
    """Each neuron so many times."""
    if not (copies != 1).any():
        return matrix, biases
    if copies.sum() > MAX_NEURONS:
        raise NetworkTooLarge
    index = np.repeat(np.arange(len(biases)), copies)
    return matrix[index], biases[index]


def _with_constants(
    setting: QuantizationScheme, matrix: Csr, biases: Ints, codes: Ints
) -> tuple[Csr, Ints]:
    """Behind the neurons, constant ones that give these codes."""
    if not len(codes):
        return matrix, biases
    nothing = np.zeros(0, dtype=np.int64)
    silent = csr((nothing, (nothing, nothing)), (len(codes), matrix.shape[1]))
    both = scipy.sparse.vstack([matrix, silent], format="csr")
    constant = (codes + setting.format.lo) * setting.format.scale
    return both, np.concatenate([biases, constant])


def _split(setting: QuantizationScheme, matrix: Csr) -> tuple[Csr, Ints]:
    """Coefficients as weights, column by column repeated; and how often each column is."""
    places = matrix.tocoo()
    rows, columns = (axis.astype(np.int64) for axis in places.coords)
    size = np.abs(places.data)
    heaviest = np.where(places.data > 0, *(abs(weight) for weight in setting.heaviest_weights))
    if (heaviest == 0).any():
        raise NetworkTooLarge  # no weight has that sign
    needed = -(-size // np.maximum(heaviest, 1))
    copies = np.zeros(matrix.shape[1], dtype=np.int64)
    np.maximum.at(copies, columns, needed)
    copies[0] += not copies.any()  # a layer has at least one neuron
    total = int(needed.sum())
    if total > MAX_WEIGHTS or copies.sum() > MAX_NEURONS:
        raise NetworkTooLarge
    entry = np.repeat(np.arange(len(size)), needed)
    copy = np.arange(total) - np.repeat(np.cumsum(needed) - needed, needed)
    weights = np.sign(places.data)[entry] * np.minimum(
        heaviest[entry], size[entry] - copy * heaviest[entry]
    )
    starts = np.cumsum(copies) - copies
    coordinates = (rows[entry], starts[columns[entry]] + copy)
    shape = (matrix.shape[0], int(copies.sum()))
    return csr((weights, coordinates), shape), copies


def coefficient_step(setting: QuantizationScheme) -> int:
    """Coefficients of neurons behind the first layer, but for output neurons, are its multiples.

    A dense neuron reads all copies of the neurons before it.  They are even in number, so that
    weights -1 and 1 can cancel; then they add up to even numbers only.
    """
    return setting.weight_step * (2 if setting.weights is Weights.DENSE_BINARY else 1)


def _densely(setting: QuantizationScheme, matrix: Csr) -> tuple[Csr, Ints]:
    """The same for neurons that read all of the layer before: -1 and 1 cancel where need be."""
    counts = matrix.toarray() // setting.format.scale
    copies = np.abs(counts).max(axis=0)
    copies[0] += 2 * (not copies.any())
    if len(counts) * int(copies.sum()) > MAX_WEIGHTS or copies.sum() > MAX_NEURONS:
        raise NetworkTooLarge
    if ((counts + copies) % 2).any():
        raise NetworkTooLarge  # an odd number of copies cannot be read as an even one
    column = np.repeat(np.arange(len(copies)), copies)
    copy = np.arange(len(column)) - np.repeat(np.cumsum(copies) - copies, copies)
    positive = copy[None, :] < ((counts + copies) // 2)[:, column]
    weights = np.where(positive, setting.format.scale, -setting.format.scale)
    return csr(weights, weights.shape), copies


def weight_codes(setting: QuantizationScheme) -> Ints:
    """All weights but 0."""
    high, low = setting.heaviest_weights
    if setting.weights is not Weights.FULL:
        return np.array([high, low])
    found = np.arange(low, high + 1)
    return np.asarray(found[found != 0])


def _network(
    setting: QuantizationScheme,
    entries: ActivationTable,
    layers: Sequence[tuple[Csr, Ints]],
) -> Network:
    fmt = setting.format
    built = []
    for number, (matrix, biases) in enumerate(layers, start=1):
        if min(matrix.shape) < 1 or matrix.shape[0] > MAX_NEURONS or matrix.nnz > MAX_WEIGHTS:
            raise NetworkTooLarge
        places = matrix.tocoo()
        built.append(
            Layer(
                weights=Matrix.from_arrays(
                    matrix.shape, places.coords[0], places.coords[1], places.data
                ),
                biases=tuple(biases.tolist()),
                input_scale=fmt.scale,
                weight_format=weight_format(setting),
                output_format=fmt,
                activation=entries.activation if number < len(layers) else None,
            )
        )
    return Network(input_format=fmt, inputs=layers[0][0].shape[1], layers=tuple(built))


def weight_format(setting: QuantizationScheme) -> Format:
    """The format of weights: that of the codes, unless -1 and 1 are not among those."""
    fmt, scale = setting.format, setting.format.scale
    if setting.weights is Weights.FULL or (-scale in fmt.codes and scale in fmt.codes):
        return fmt
    return Format(lo=-scale, hi=scale, scale=scale)
