"""Digests of questions: SHA-256 over everything their answers depend on.

That is formats, expressions, and the contents (not the names) of networks and tables.
Numbers enter by the million, so they are hashed as bytes rather than as text: int64,
little-endian, where all of them fit.  A weight matrix enters as its nonzero codes in
order, however its file wrote them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from smtcheck.arithmetic.codes import integers
from smtcheck.arithmetic.formats import Format
from smtcheck.claims.questions import Question, UniversalityQuestion
from smtcheck.claims.sides import ActivationSide, ExpressionSide, NetworkSide, Side
from smtcheck.networks.activations import Activation, ExpressionActivation, table

if TYPE_CHECKING:
    from smtcheck.networks.layers import Layer

SEMANTICS_VERSION = 1  #: raised when the meaning of a claim changes
MAX_TABLE = 2**16  #: entries of a table that is hashed for a certificate


def digest(question: Question | UniversalityQuestion) -> str:
    """SHA-256 over everything the answer depends on."""
    if isinstance(question, UniversalityQuestion):
        return _hash({"semantics": SEMANTICS_VERSION, "universal": _universal_content(question)})
    content = {
        "semantics": SEMANTICS_VERSION,
        "left": _content(question.left),
        "right": _content(question.right),
        "domain": [[axis.low, axis.high] for axis in question.domain],
        "tolerance_ulp": question.tolerance_ulp,
    }
    return _hash(content)


def digests(question: Question | UniversalityQuestion) -> Digests:
    """The same, and what it is made of: for certificates, which outlive what they speak of."""
    networks, used = [], []
    if isinstance(question, UniversalityQuestion):
        used.append((question.activation, question.setting.format))
    else:
        for side in (question.left, question.right):
            match side:
                case NetworkSide(network=network):
                    networks.append(_hash(_content(side)))
                    layers = network.layers
                    used += [(x.activation, x.output_format) for x in layers if x.activation]
                case ActivationSide(activation=act, output_format=fmt):
                    used.append((act, fmt))
    by_name = {f"{act.name} in {fmt}": (act, fmt) for act, fmt in used}  # once for all layers
    tables = {
        name: _numbers_hash(table(act, fmt))
        for name, (act, fmt) in by_name.items()
        if fmt.codes.size <= MAX_TABLE
    }
    return Digests(
        semantics=SEMANTICS_VERSION,
        claim=digest(question),
        networks=tuple(networks),
        tables=tables,
    )


def _content(side: Side) -> Mapping[str, Any]:
    match side:
        case NetworkSide(network=network):
            layers = [_layer_content(layer) for layer in network.layers]
            return {
                "format": str(network.input_format),
                "inputs": network.inputs,
                "layers": layers,
            }
        case ActivationSide(activation=act, output_format=fmt):
            codes = _table_hash(act, fmt)
            return {"activation": act.name, "codes": codes, "format": str(fmt)}
        case ExpressionSide():
            grids = {name: [grid.axes, _numbers_hash(grid.entries)] for name, grid in side.grids}
            formats = [str(side.input_format), str(side.output_format)]
            return {"expressions": side.texts, "formats": formats, "grids": grids}
    raise TypeError(f"{type(side).__name__} has no content")


def _layer_content(layer: Layer) -> Mapping[str, Any]:
    matrix, act = layer.weights, layer.activation
    return {
        "shape": [matrix.outputs, matrix.inputs],
        "starts": _numbers_hash(matrix.starts),
        "columns": _numbers_hash(matrix.columns),
        "codes": _numbers_hash(matrix.codes),
        "bias": _numbers_hash(layer.biases),
        "weight_format": str(layer.weight_format),
        "output_format": str(layer.output_format),
        "activation": None if act is None else act.name,
        "table": _table_hash(act, layer.output_format),
    }


def _universal_content(question: UniversalityQuestion) -> Mapping[str, Any]:
    act, setting = question.activation, question.setting
    codes = _table_hash(act, setting.format)
    is_named = isinstance(act, ExpressionActivation)  # a table's codes say more than its name
    return {
        "activation": act.name if is_named else None,
        "codes": codes,
        "format": str(setting.format),
        "weights": setting.weights.value,
        "bias": setting.bias.value,
    }


def _table_hash(act: Activation | None, fmt: Format) -> str | None:
    """What an activation's name does not say: the codes of a table, the doings of code."""
    if act is None or isinstance(act, ExpressionActivation):
        return None
    return _numbers_hash(table(act, fmt))


def _numbers_hash(numbers: Sequence[int] | NDArray[Any]) -> str:
    """Integers in order, the same whatever holds them."""
    array = integers(numbers)
    if array.dtype == np.int64:
        return f"int64 {hashlib.sha256(array.astype('<i8', copy=False).tobytes()).hexdigest()}"
    return f"text {_hash(array.tolist())}"


def _hash(content: Any) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class Digests(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """SHA-256, in hexadecimal, of what a claim says and depends on."""

    semantics: int  #: the version of what claims mean
    claim: str  #: everything together, tables of named activations excepted
    networks: tuple[str, ...]
    tables: dict[str, str]  #: of activations by name and format, where they can be listed
