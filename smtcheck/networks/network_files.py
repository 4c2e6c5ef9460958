"""Network files: JSON with integers only, large layers sparse or in an NPZ beside it.

{ "format": "paper(3,4)", "inputs": 2,
  "layers": [ { "weights": [[4, 0], [0, -4]], "bias": [0, 16], "activation": "relu" },
              { "weights": [[4, 4]], "bias": [0], "output_format": "paper(4,4)" } ] }

Sparse weights are {"shape": [rows, columns], "rows": [...], "columns": [...],
"codes": [...]}, or the name of an NPZ file of four integer arrays with these names.
Such an NPZ may also hold a fifth array, `biases`; then, and only then, the layer has
no "bias" of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from numpy.typing import NDArray

from smtcheck.arithmetic.formats import Format
from smtcheck.errors import InputError, shortened
from smtcheck.files import (
    MAX_ELEMENTS,
    CodeExecution,
    FileSpace,
    read_json,
    read_npz,
)
from smtcheck.networks.activations import Activation, activation
from smtcheck.networks.layers import Layer
from smtcheck.networks.matrices import Matrix, Numbers

ARRAYS = ("shape", "rows", "columns", "codes")


class _SparseFile(msgspec.Struct, forbid_unknown_fields=True):
    shape: list[int]
    rows: list[int]
    columns: list[int]
    codes: list[int]


class _LayerFile(msgspec.Struct, forbid_unknown_fields=True):
    weights: list[list[int]] | _SparseFile | str
    bias: list[int] | None = None
    activation: str | None = None
    weight_format: str | None = None
    output_format: str | None = None


class _NetworkFile(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    inputs: int
    layers: list[_LayerFile]


@dataclass(frozen=True, slots=True)
class NetworkParts:
    """What a network file says, before anybody has looked whether its layers fit together."""

    input_format: Format
    inputs: int
    layers: tuple[Layer, ...]


def read_parts(
    path: Path, code: CodeExecution = CodeExecution.REFUSED, root: Path | None = None
) -> NetworkParts:
    """The parts of a network, with everything in its files checked but that they fit."""
    document = read_json(path)
    try:
        file = msgspec.convert(document, _NetworkFile)
    except msgspec.ValidationError as error:
        raise InputError(f"{path}: {shortened(str(error))}") from None
    try:
        return _parts(file, FileSpace.beside(path, root), code)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _parts(file: _NetworkFile, files: FileSpace, code: CodeExecution) -> NetworkParts:
    input_format = Format.parse(file.format)
    formats: dict[str, Format] = {}
    activations: dict[str, Activation] = {}

    def format_of(text: str | None) -> Format:
        if text is None:
            return input_format
        return formats.setdefault(text, Format.parse(text))

    layers: list[Layer] = []
    scale = input_format.scale
    for number, part in enumerate(file.layers, start=1):
        try:
            if part.activation is not None and part.activation not in activations:
                activations[part.activation] = activation(part.activation, files, code)
            weights, biases = _numbers(part, files)
            layer = Layer(
                weights=weights,
                biases=biases,
                input_scale=scale,
                weight_format=format_of(part.weight_format),
                output_format=format_of(part.output_format),
                activation=activations.get(part.activation or ""),
            )
        except InputError as error:
            raise InputError(f"layer {number}: {error}") from None
        layers.append(layer)
        scale = layer.output_format.scale
    return NetworkParts(input_format=input_format, inputs=file.inputs, layers=tuple(layers))


def _numbers(part: _LayerFile, files: FileSpace) -> tuple[Matrix, tuple[int, ...]]:
    """The weights and the biases of a layer, wherever they are."""
    weights, bias = part.weights, part.bias
    if isinstance(weights, str):
        arrays = dict(_archived(files.path(weights)))
        if bias is None and "biases" in arrays:
            bias = arrays["biases"].tolist()
        elif "biases" in arrays:
            raise InputError(f"the biases are given twice, as bias and in {weights}")
        matrix = _sparse(arrays["shape"].tolist(), *(arrays[name] for name in ARRAYS[1:]))
    elif isinstance(weights, list):
        matrix = Matrix.dense(weights)
    else:
        matrix = _sparse(weights.shape, weights.rows, weights.columns, weights.codes)
    if bias is None:
        raise InputError("there is no bias")
    return matrix, tuple(bias)


def _sparse(shape: list[int], rows: Numbers, columns: Numbers, codes: Numbers) -> Matrix:
    if len(shape) != 2 or len({len(rows), len(columns), len(codes)}) != 1:
        raise InputError(
            "sparse weights need a shape of two numbers, and as many rows as columns and codes"
        )
    if len(rows) > MAX_ELEMENTS:
        raise InputError(f"sparse weights may have at most {MAX_ELEMENTS} entries")
    return Matrix.from_arrays((shape[0], shape[1]), rows, columns, codes)


def _archived(path: Path) -> Mapping[str, NDArray[Any]]:
    arrays = read_npz(path, (*ARRAYS, "biases"))
    if not set(ARRAYS) <= set(arrays) or any(array.ndim != 1 for array in arrays.values()):
        raise InputError(
            f"{path} must hold the one-dimensional arrays {', '.join(ARRAYS)}, and may hold biases"
        )
    return arrays
