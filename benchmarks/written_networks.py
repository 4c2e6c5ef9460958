"""Random networks as files that people could have written: every way of writing each part."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np

from benchmarks import claim_texts as texts
from smtcheck.arithmetic.formats import Format
from smtcheck.networks.activations import TableActivation
from smtcheck.networks.layers import Layer
from smtcheck.reference import PlainFormat
from tests.arithmetic.random_networks import RATIONAL, TRANSCENDENTAL, Pair, random_pair
from tests.claims.random_questions import other_network

Codes = tuple[int, ...]
Files = dict[str, bytes]
#: The values of the outputs at input codes.
Meaning = Callable[[Codes], list[Fraction]]


def plain(fmt: Format) -> PlainFormat:
    """A format without its methods."""
    return PlainFormat(
        lo=fmt.lo, hi=fmt.hi, scale=fmt.scale, rounding=fmt.rounding.value,
        overflow=fmt.overflow.value,
    )  # fmt: skip


def small_pair(draw: Random) -> Pair:
    depth = draw.choice([1, 2, 2, 3])
    sizes = [draw.choice([1, 2, 2, 3]), *(draw.randint(1, 4) for _ in range(depth))]
    names = draw.choice([RATIONAL, RATIONAL, TRANSCENDENTAL])
    return random_pair(draw, sizes, draw.choice([4, 8, 12]), names)


def changed_pair(draw: Random, pair: Pair) -> Pair:
    """The same network, with something changed most of the time."""
    found = other_network(draw, pair, ())
    assert found is not None
    side, meaning = found
    network = side.network  # type: ignore[union-attr]
    owner = meaning.__self__  # type: ignore[attr-defined]
    return Pair(network=network, layers=owner.layers)


def network_meaning(pair: Pair) -> Meaning:
    scale = pair.network.output_format.scale
    return lambda point: [Fraction(code, scale) for code in pair.expected(point)]


def network_files(draw: Random, pair: Pair, name: str) -> Files:
    """NAME.json, and what it names, written by hand."""
    files: Files = {}
    default = plain(pair.network.input_format)
    layers = [
        _layer_document(draw, layer, default, f"{name}-{number}", files)
        for number, layer in enumerate(pair.network.layers)
    ]
    document = {
        "format": texts.spelled_format(draw, default),
        "inputs": pair.network.inputs,
        "layers": layers,
    }
    return files | {f"{name}.json": json.dumps(document).encode()}


def _layer_document(
    draw: Random, layer: Layer, default: PlainFormat, name: str, files: Files
) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for key, fmt in (
        ("weight_format", layer.weight_format),
        ("output_format", layer.output_format),
    ):
        if plain(fmt) != default or draw.random() < 0.5:
            document[key] = texts.spelled_format(draw, plain(fmt))
    act = layer.activation
    if isinstance(act, TableActivation):
        ending, data = texts.table_file(draw, act.codes, None)
        files[f"{name}.{ending}"] = data
        document["activation"] = f"table:{name}.{ending}"
    elif act is not None:
        document["activation"] = act.name
    return document | _weights_document(draw, layer, name, files)


def _weights_document(draw: Random, layer: Layer, name: str, files: Files) -> dict[str, Any]:
    """Dense, sparse in any order, or in an archive."""
    entries = [(i, j, c) for i in range(layer.outputs) for j, c in layer.row(i)]
    biases = list(layer.biases)
    draw.shuffle(entries)
    rows, columns, codes = ([entry[k] for entry in entries] for k in range(3))
    shape = [layer.outputs, layer.weights.inputs]
    way = draw.choice(["dense", "dense", "sparse", "archive", "archive with biases"])
    if way == "dense" or not entries:
        dense = [[0] * shape[1] for _ in range(shape[0])]
        for i, j, code in entries:
            dense[i][j] = code
        return {"weights": dense, "bias": biases}
    sparse = {"shape": shape, "rows": rows, "columns": columns, "codes": codes}
    if way == "sparse":
        return {"weights": sparse, "bias": biases}
    is_whole = way.endswith("biases")
    stream = io.BytesIO()
    arrays = {key: np.array(value, dtype=np.int64) for key, value in sparse.items()}
    arrays |= {"biases": np.array(biases, dtype=np.int64)} if is_whole else {}
    np.savez(stream, **arrays)  # type: ignore[arg-type,unused-ignore]
    files[f"{name}.npz"] = stream.getvalue()
    return {"weights": f"{name}.npz"} | ({} if is_whole else {"bias": biases})
