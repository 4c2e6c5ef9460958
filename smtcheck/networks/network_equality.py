"""When two networks are the same: by their numbers, formats and activations, not by their files.

An activation counts by what the digest of a claim says of it (`claims/digests`): an
expression by its text, a table by its codes, a function by itself.
"""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from smtcheck.networks.activations import Activation, CallableActivation, TableActivation
from smtcheck.networks.layers import Layer
from smtcheck.networks.network_files import NetworkParts


def are_equal(one: NetworkParts, other: NetworkParts) -> bool:
    """Whether two networks have the same contents."""
    if (one.input_format, one.inputs, len(one.layers)) != (
        other.input_format,
        other.inputs,
        len(other.layers),
    ):
        return False
    return all(map(_are_equal_layers, one.layers, other.layers))


def hash_of(network: NetworkParts) -> int:
    """The same for networks that are equal."""
    layers = tuple((_frame(layer), layer.weights.codes.size) for layer in network.layers)
    return hash((network.input_format, network.inputs, layers))


def _are_equal_layers(one: Layer, other: Layer) -> bool:
    a, b = one.weights, other.weights
    return _frame(one) == _frame(other) and all(
        np.array_equal(x, y)
        for x, y in ((a.starts, b.starts), (a.columns, b.columns), (a.codes, b.codes))
    )


def _frame(layer: Layer) -> Hashable:
    """All of a layer but its weights."""
    shape = layer.weights.outputs, layer.weights.inputs
    formats = layer.input_scale, layer.weight_format, layer.output_format
    return shape, tuple(layer.biases), formats, _activation_content(layer.activation)


def _activation_content(act: Activation | None) -> Hashable:
    match act:
        case None:
            return None
        case TableActivation(codes=codes):
            return codes
        case CallableActivation(name=name, function=function):
            return name, function
        case _:
            return act.name
