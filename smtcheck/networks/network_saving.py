"""How network files are written (`network_files` says what is in them).

Saving writes a layer of more than LARGE weights or biases to STEM-layerN-HASH.npz
beside STEM.json, and its biases too if they are more than LARGE, in the narrowest
integer types that hold them.  Numbers beyond int64 stay in the JSON.  An activation that is
a table of somebody's, or code, goes to STEM-activation-HASH.csv as a table: its name would
mean something else in another folder.  The JSON is written last, and the hash is that of
the contents: whenever writing is interrupted, the JSON names the files that it was written
with.  Those that an earlier network of the same name has left are removed in the end.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from smtcheck.arithmetic.codes import integers
from smtcheck.errors import InputError
from smtcheck.files import MAX_ELEMENTS, MAX_FILE_BYTES, FileSpace
from smtcheck.networks.activations import ExpressionActivation
from smtcheck.networks.activations import table as act_table
from smtcheck.networks.layers import Layer
from smtcheck.networks.matrices import Matrix
from smtcheck.networks.network_files import NetworkParts
from smtcheck.writing import write_atomically

#: How the files beside STEM.json go on after STEM.
_OWN = r"-(layer\d+-[0-9a-f]{12}\.npz|activation-[0-9a-f]{12}\.csv)"
LARGE = 2**15  #: weights or biases; layers with more are saved in an NPZ


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
        table = _activation_table(layer)
        if table:
            digest = hashlib.sha256(table).hexdigest()[:12]
            files.append((path.with_name(f"{path.stem}-activation-{digest}.csv"), table))
        layers.append(_layer_document(layer, name, arrays))
        if table:
            layers[-1]["activation"] = f"table:{files[-1][0].name}"
    for file, _ in files:
        FileSpace.beside(path).path(file.name)  # refuses what nobody could load: a:b.json
    document = _network_document(network, layers)
    files.append((path, (json.dumps(document, separators=(",", ":")) + "\n").encode()))
    for file, data in files:
        if len(data) > MAX_FILE_BYTES:
            raise InputError(f"{file} would be larger than {MAX_FILE_BYTES} bytes")
    for file, data in dict(files).items():
        write_atomically(file, data)
    _remove_others(path, {file.name for file, _ in files})


def _remove_others(path: Path, kept: Collection[str]) -> None:
    """Remove what an earlier network of the same name has left."""
    pattern = re.compile(re.escape(path.stem) + _OWN)
    for other in path.parent.iterdir():
        if pattern.fullmatch(other.name) and other.name not in kept:
            other.unlink(missing_ok=True)


def _activation_table(layer: Layer) -> bytes:
    """The codes of an activation that its name does not define; nothing for others."""
    act = layer.activation
    if act is None or isinstance(act, ExpressionActivation):
        return b""
    try:
        codes = act_table(act, layer.output_format)
    except InputError as error:
        raise InputError(f"activation {act.name} cannot be saved as a table: {error}") from None
    return "".join(f"{code}\n" for code in codes).encode()


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
