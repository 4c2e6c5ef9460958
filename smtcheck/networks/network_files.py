"""Network files: JSON with integers only, large layers sparse or in an NPZ beside it.

{ "format": "paper(3,4)", "inputs": 2,
  "layers": [ { "weights": [[4, 0], [0, -4]], "bias": [0, 16], "activation": "relu" },
              { "weights": [[4, 4]], "bias": [0], "output_format": "paper(4,4)" } ] }
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from smtcheck.arithmetic.formats import Format
from smtcheck.errors import InputError
from smtcheck.networks.activations import Activation, activation
from smtcheck.networks.files import (
    MAX_ELEMENTS,
    CodeExecution,
    FileSpace,
    read_json,
    read_npz,
    write_atomically,
)
from smtcheck.networks.matrices import Matrix
from smtcheck.networks.network import Layer, Network


class _SparseFile(msgspec.Struct, forbid_unknown_fields=True):
    shape: list[int]
    rows: list[int]
    columns: list[int]
    codes: list[int]


class _LayerFile(msgspec.Struct, forbid_unknown_fields=True):
    weights: list[list[int]] | _SparseFile | str
    bias: list[int]
    activation: str | None = None
    weight_format: str | None = None
    output_format: str | None = None


class _NetworkFile(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    inputs: int
    layers: list[_LayerFile]


def load_network(path: Path, code: CodeExecution = CodeExecution.REFUSED) -> Network:
    """A network, with everything in its files checked."""
    document = read_json(path)
    try:
        file = msgspec.convert(document, _NetworkFile)
    except msgspec.ValidationError as error:
        raise InputError(f"{path}: {error}") from None
    try:
        return _network(file, FileSpace.beside(path), code)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _network(file: _NetworkFile, files: FileSpace, code: CodeExecution) -> Network:
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
            layer = Layer(
                weights=_matrix(part.weights, files),
                biases=tuple(part.bias),
                input_scale=scale,
                weight_format=format_of(part.weight_format),
                output_format=format_of(part.output_format),
                activation=activations.get(part.activation or ""),
            )
        except InputError as error:
            raise InputError(f"layer {number}: {error}") from None
        layers.append(layer)
        scale = layer.output_format.scale
    return Network(input_format=input_format, inputs=file.inputs, layers=tuple(layers))


def _matrix(weights: list[list[int]] | _SparseFile | str, files: FileSpace) -> Matrix:
    if isinstance(weights, list):
        return Matrix.dense(weights)
    if isinstance(weights, str):
        weights = _sparse_from_npz(files.path(weights))
    lengths = {len(weights.rows), len(weights.columns), len(weights.codes)}
    if len(weights.shape) != 2 or len(lengths) != 1:
        raise InputError(
            "sparse weights need a shape of two numbers, and as many rows as columns and codes"
        )
    if len(weights.rows) > MAX_ELEMENTS:
        raise InputError(f"sparse weights may have at most {MAX_ELEMENTS} entries")
    entries = list(zip(weights.rows, weights.columns, weights.codes, strict=True))
    return Matrix.from_entries((weights.shape[0], weights.shape[1]), entries)


def _sparse_from_npz(path: Path) -> _SparseFile:
    arrays = read_npz(path)
    names = ("shape", "rows", "columns", "codes")
    if set(arrays) != set(names) or any(arrays[name].ndim != 1 for name in names):
        raise InputError(f"{path} must hold the one-dimensional arrays {', '.join(names)}")
    return _SparseFile(*(arrays[name].tolist() for name in names))


def save_network(network: Network, path: Path) -> None:
    """Write the JSON file, atomically."""
    text = json.dumps(network_document(network), separators=(",", ":"))
    write_atomically(path, (text + "\n").encode())


def network_document(network: Network) -> dict[str, Any]:
    """The contents of the file, formats spelled out in full."""
    return {
        "format": str(network.input_format),
        "inputs": network.inputs,
        "layers": [_layer_document(layer) for layer in network.layers],
    }


def _layer_document(layer: Layer) -> dict[str, Any]:
    document: dict[str, Any] = {
        "weights": _weights_document(layer.weights),
        "bias": list(layer.biases),
        "weight_format": str(layer.weight_format),
        "output_format": str(layer.output_format),
    }
    if layer.activation is not None:
        document["activation"] = layer.activation.name
    return document


def _weights_document(matrix: Matrix) -> Any:
    rows = np.repeat(np.arange(matrix.outputs), np.diff(matrix.starts)).tolist()
    columns, codes = matrix.columns.tolist(), matrix.codes.tolist()
    if matrix.outputs * matrix.inputs > 4 * len(codes) + 64:
        return {
            "shape": [matrix.outputs, matrix.inputs],
            "rows": rows,
            "columns": columns,
            "codes": codes,
        }
    dense = [[0] * matrix.inputs for _ in range(matrix.outputs)]
    for row, column, code in zip(rows, columns, codes, strict=True):
        dense[row][column] = code
    return dense
