"""Quantized networks as values, and the one interpreter that gives them meaning.

A neuron computes its exact weighted sum, rounds it once into the layer's output
format, and passes the code through the activation (theory.md, section 1):

    code = overflow(round((bias + sum of weight * input) * output scale
                          / (input scale * weight scale)))
    output = T(code)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from math import gcd
from pathlib import Path
from typing import Any, Generic

import numpy as np
from numpy.typing import NDArray

from smtcheck.arithmetic.arrays import Arrays, WouldOverflow
from smtcheck.arithmetic.codes import exact_code
from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.integers import Integers
from smtcheck.arithmetic.operations import Num, Operations, Reading, Vector
from smtcheck.arithmetic.rounding import round_quotient
from smtcheck.arithmetic.sums import CompressedRows
from smtcheck.errors import InputError
from smtcheck.networks.activations import Activation
from smtcheck.networks.matrices import Matrix

MAX_INPUTS = 2**16
MAX_BIAS_BITS = 4096


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layer:
    """Neurons that share their formats and their activation."""

    weights: Matrix
    biases: tuple[int, ...]  #: in units of 1 / (input scale * weight scale)
    input_scale: int
    weight_format: Format
    output_format: Format
    activation: Activation | None = None

    def __post_init__(self) -> None:
        if len(self.biases) != self.weights.outputs:
            raise InputError(
                f"{len(self.biases)} biases do not match {self.weights.outputs} weight rows"
            )
        if max(min(self.biases).bit_length(), max(self.biases).bit_length()) > MAX_BIAS_BITS:
            raise InputError(f"a bias has more than {MAX_BIAS_BITS} bits")
        found = self.weights.first_code_outside(self.weight_format.codes)
        if found is not None:
            row, column, code = found
            raise InputError(
                f"weight {code} at row {row}, column {column} is not a code of {self.weight_format}"
            )
        if self.activation is not None:
            self.activation.require_usable(self.output_format)

    @property
    def outputs(self) -> int:
        """The number of neurons."""
        return self.weights.outputs

    @property
    def accumulator_scale(self) -> int:
        """What an accumulator is divided by to give its real value."""
        return self.input_scale * self.weight_format.scale

    def row(self, index: int) -> list[tuple[int, int]]:
        """The (input, weight code) pairs of a neuron."""
        return self.weights.row(index)

    def compressed_rows(self) -> CompressedRows:
        """All weights at once, as the array reading wants them."""
        return self.weights.compressed_rows()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Network:
    """Layers over inputs that are codes of one format."""

    input_format: Format
    inputs: int
    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        if not 1 <= self.inputs <= MAX_INPUTS:
            raise InputError(f"a network has {self.inputs} inputs, allowed are 1 .. {MAX_INPUTS}")
        if not self.layers:
            raise InputError("a network needs at least one layer")
        width, scale = self.inputs, self.input_format.scale
        for number, layer in enumerate(self.layers, start=1):
            if (layer.weights.inputs, layer.input_scale) != (width, scale):
                raise InputError(
                    f"layer {number} reads {layer.weights.inputs} numbers at scale "
                    f"{layer.input_scale}, and is given {width} at scale {scale}"
                )
            width, scale = layer.outputs, layer.output_format.scale

    @classmethod
    def load(cls, path: str | Path) -> Network:
        """A network from its JSON file; InputError says what is wrong with it."""
        from smtcheck.networks.network_files import load_network

        return load_network(Path(path))

    def save(self, path: str | Path) -> None:
        """Write the JSON file, and large layers beside it; each file atomically."""
        from smtcheck.networks.network_files import save_network

        save_network(self, Path(path))

    @property
    def output_format(self) -> Format:
        """The format of the last layer's codes."""
        return self.layers[-1].output_format

    @property
    def outputs(self) -> int:
        """The number of output codes."""
        return self.layers[-1].outputs

    @property
    def neurons(self) -> int:
        """In all layers together."""
        return sum(layer.outputs for layer in self.layers)

    @property
    def nonzero_weights(self) -> int:
        """In all layers together."""
        return sum(len(layer.weights.codes) for layer in self.layers)

    def evaluate(self, input_codes: Sequence[int]) -> tuple[int, ...]:
        """The output codes at one input."""
        codes = tuple(map(exact_code, input_codes))
        if len(codes) != self.inputs:
            raise InputError(f"{len(codes)} input codes given, the network has {self.inputs}")
        for code in codes:
            if code not in self.input_format.codes:
                raise InputError(f"input code {code} is not a code of {self.input_format}")
        return run(Integers(), self, codes)

    def evaluate_many(self, inputs: NDArray[Any]) -> NDArray[Any]:
        """Output codes, shape (points, outputs), at input codes (points, inputs)."""
        array = np.asarray(inputs)
        if array.dtype == object:
            array = np.vectorize(exact_code, otypes=[object])(array)
        if array.ndim != 2 or array.shape[1] != self.inputs or array.dtype.kind not in "iuO":
            raise InputError(
                f"inputs have shape {array.shape} and type {array.dtype}; needed are integer "
                f"codes of shape (points, {self.inputs})"
            )
        element_types: Iterator[Any] = iter((np.int64, object))
        for element_type in element_types:
            try:
                ops = Arrays(element_type)
                vector = ops.variable(array.T, self.input_format.codes)
                return np.asarray(run(ops, self, vector).elements.T)
            except (WouldOverflow, OverflowError):
                continue
        raise AssertionError("Python integers do not overflow")


@dataclass(frozen=True, slots=True)
class Stages(Generic[Vector]):
    """What happens inside a layer, step by step."""

    accumulators: Vector  #: exact sums, in units of 1 / accumulator scale
    rounded: Vector  #: integers, in units of 1 / output scale
    codes: Vector  #: brought into the output format
    outputs: Vector  #: after the activation


def run(ops: Reading[Num, Vector], network: Network, inputs: Vector) -> Vector:
    """The network's output codes, in any reading."""
    for layer in network.layers:
        inputs = stages(ops, layer, inputs).outputs
    return inputs


def stages(ops: Reading[Num, Vector], layer: Layer, inputs: Vector) -> Stages[Vector]:
    """One layer, in any reading."""
    return settled(ops, layer, ops.affine(layer, inputs))


def settled(ops: Reading[Num, Vector], layer: Layer, accumulators: Vector) -> Stages[Vector]:
    """What a layer makes of its sums, which may be of any number of neurons."""
    rounded = ops.each(partial(requantized, ops, layer), accumulators)
    codes = ops.each(partial(layer.output_format.fit, ops), rounded)
    if layer.activation is None:
        return Stages(accumulators, rounded, codes, codes)
    activate = partial(layer.activation.apply, ops, layer.output_format)
    return Stages(accumulators, rounded, codes, ops.each(activate, codes))


def coded(ops: Operations[Num], layer: Layer, accumulator: Num) -> Num:
    """The code that a layer makes of a sum, before the activation."""
    return layer.output_format.fit(ops, requantized(ops, layer, accumulator))


def requantized(ops: Operations[Num], layer: Layer, accumulator: Num) -> Num:
    """round(accumulator * output scale / accumulator scale), not yet in the output format."""
    output = layer.output_format
    common = gcd(output.scale, layer.accumulator_scale)
    scaled = ops.multiply(accumulator, ops.constant(output.scale // common))
    return round_quotient(ops, scaled, layer.accumulator_scale // common, output.rounding)
