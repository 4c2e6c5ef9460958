"""Network files: JSON with integers only, large layers sparse or in an NPZ beside it.

{ "format": "paper(3,4)", "inputs": 2,
  "layers": [ { "weights": [[4, 0], [0, -4]], "bias": [0, 16], "activation": "relu" },
              { "weights": [[4, 4]], "bias": [0], "output_format": "paper(4,4)" } ] }

Sparse weights are {"shape": [rows, columns], "rows": [...], "columns": [...],
"codes": [...]}, or the name of an NPZ file of four integer arrays with these names.
Such an NPZ may also hold a fifth array, `biases`; then, and only then, the layer has
no "bias" of its own.

Saving writes a layer of more than LARGE weights or biases to STEM-layerN-HASH.npz
beside STEM.json, and its biases too if they are more than LARGE, in the narrowest
integer types that hold them.  Numbers beyond int64 stay in the JSON.  The JSON is
written last, and the hash is that of the contents: whenever writing is interrupted,
the JSON names the files that it was written with.  Those that an earlier network of
the same name has left are removed in the end.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from smtcheck.arithmetic.codes import integers
from smtcheck.arithmetic.formats import Format
from smtcheck.errors import InputError
from smtcheck.files import (
    MAX_ELEMENTS,
    MAX_FILE_BYTES,
    CodeExecution,
    FileSpace,
    read_json,
    read_npz,
    write_atomically,
)
from smtcheck.networks.activations import Activation, activation
from smtcheck.networks.layers import Layer
from smtcheck.networks.matrices import Matrix, Numbers

LARGE = 2**15  #: weights or biases; layers with more are saved in an NPZ
_ARRAYS = ("shape", "rows", "columns", "codes")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkParts:
    """What a network file says, before anybody has looked whether its layers fit together."""

    input_format: Format
    inputs: int
    layers: tuple[Layer, ...]


def read_parts(path: Path, code: CodeExecution = CodeExecution.REFUSED) -> NetworkParts:
    """The parts of a network, with everything in its files checked but that they fit."""
    document = read_json(path)
    try:
        file = msgspec.convert(document, _NetworkFile)
    except msgspec.ValidationError as error:
        raise InputError(f"{path}: {error}") from None
    try:
        return _parts(file, FileSpace.beside(path), code)
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
        matrix = _sparse(arrays["shape"].tolist(), *(arrays[name] for name in _ARRAYS[1:]))
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
    arrays = read_npz(path, (*_ARRAYS, "biases"))
    if not set(_ARRAYS) <= set(arrays) or any(array.ndim != 1 for array in arrays.values()):
        raise InputError(
            f"{path} must hold the one-dimensional arrays {', '.join(_ARRAYS)}, and may hold biases"
        )
    return arrays


def write_parts(network: NetworkParts, path: Path) -> None:
    """Write the JSON file, after the NPZ files it names; each of them atomically.

    InputError, before anything is written, where the files could not be loaded again.
    """
    layers, files = [], []
    for number, layer in enumerate(network.layers, start=1):
        arrays, name = _arrays_to_archive(layer), ""
        if arrays:
            data = _archive(arrays)
            name = f"{path.stem}-layer{number}-{hashlib.sha256(data).hexdigest()[:12]}.npz"
            files.append((path.with_name(name), data))
        layers.append(_layer_document(layer, name, arrays))
    document = _network_document(network, layers)
    files.append((path, (json.dumps(document, separators=(",", ":")) + "\n").encode()))
    for file, data in files:
        if len(data) > MAX_FILE_BYTES:
            raise InputError(f"{file} would be larger than {MAX_FILE_BYTES} bytes")
    for file, data in files:
        write_atomically(file, data)
    _remove_others(path, {file.name for file, _ in files})


def _remove_others(path: Path, kept: Collection[str]) -> None:
    """Remove what an earlier network of the same name has left."""
    pattern = re.compile(re.escape(path.stem) + r"-layer\d+-[0-9a-f]{12}\.npz")
    for other in path.parent.iterdir():
        if pattern.fullmatch(other.name) and other.name not in kept:
            other.unlink(missing_ok=True)


def _arrays_to_archive(layer: Layer) -> dict[str, NDArray[np.int64]]:
    """What of a layer goes into an NPZ file: nothing, unless it is large and fits into int64."""
    matrix, biases = layer.weights, integers(layer.biases)
    count = len(matrix.codes)
    if max(count, len(biases)) <= LARGE or matrix.codes.dtype != np.int64:
        return {}
    if count > MAX_ELEMENTS:
        raise InputError(f"a file holds at most {MAX_ELEMENTS} weights of a layer, not {count}")
    arrays = {
        "shape": np.array([matrix.outputs, matrix.inputs], dtype=np.int64),
        "rows": matrix.rows,
        "columns": matrix.columns,
        "codes": matrix.codes,
    }
    if len(biases) > LARGE and biases.dtype == np.int64:
        arrays["biases"] = biases
    return arrays


def _archive(arrays: Mapping[str, NDArray[np.int64]]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w") as member:
                npy.write_array(member, _narrowed(array), allow_pickle=False)
    return stream.getvalue()


def _narrowed(array: NDArray[np.int64]) -> NDArray[Any]:
    """The same integers in the narrowest type that holds them."""
    low, high = int(array.min(initial=0)), int(array.max(initial=0))
    for element_type in (np.int8, np.int16, np.int32):
        limits = np.iinfo(element_type)
        if limits.min <= low and high <= limits.max:
            return array.astype(element_type)
    return array


def network_document(network: NetworkParts) -> dict[str, Any]:
    """The contents of the file if all is in it, formats spelled out in full."""
    return _network_document(network, [_layer_document(layer) for layer in network.layers])


def _network_document(network: NetworkParts, layers: list[dict[str, Any]]) -> dict[str, Any]:
    return {"format": str(network.input_format), "inputs": network.inputs, "layers": layers}


def _layer_document(
    layer: Layer, archive: str = "", archived: Collection[str] = ()
) -> dict[str, Any]:
    """A layer, where some of its arrays may be in an archive of that name."""
    document: dict[str, Any] = {
        "weights": archive if archived else _weights_document(layer.weights),
        "bias": list(layer.biases),
        "weight_format": str(layer.weight_format),
        "output_format": str(layer.output_format),
    }
    if "biases" in archived:
        del document["bias"]
    if layer.activation is not None:
        document["activation"] = layer.activation.name
    return document


def _weights_document(matrix: Matrix) -> Any:
    if matrix.outputs * matrix.inputs > 4 * len(matrix.codes) + 64:
        return {
            "shape": [matrix.outputs, matrix.inputs],
            "rows": matrix.rows.tolist(),
            "columns": matrix.columns.tolist(),
            "codes": matrix.codes.tolist(),
        }
    dense = np.zeros((matrix.outputs, matrix.inputs), dtype=matrix.codes.dtype)
    dense[matrix.rows, matrix.columns] = matrix.codes
    return dense.tolist()
