"""One layer: its numbers, and what it does to a vector of codes in any interpretation.

A neuron computes its exact weighted sum, rounds it once into the layer's output
format, and passes the code through the activation (theory.md#neuron):

    code = overflow(round((bias + sum of weight * input) * output scale
                          / (input scale * weight scale)))
    output = T(code)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import gcd
from typing import Generic

from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.operations import Interpretation, Num, Operations, Vector
from smtcheck.arithmetic.rounding import round_quotient
from smtcheck.arithmetic.sums import CompressedRows
from smtcheck.errors import InputError, shown_number
from smtcheck.networks.activations import Activation
from smtcheck.networks.matrices import Matrix
from smtcheck.showing import Shown

MAX_BIAS_BITS = 4096


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Layer(Shown):
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
                f"weight {shown_number(code)} at row {row}, column {column} is not a code of "
                f"{self.weight_format}"
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
        """All weights at once, as the array interpretation wants them."""
        return self.weights.compressed_rows()


@dataclass(frozen=True, slots=True)
class Stages(Generic[Vector]):
    """What happens inside a layer, step by step."""

    accumulators: Vector  #: exact sums, in units of 1 / accumulator scale
    rounded: Vector  #: integers, in units of 1 / output scale
    codes: Vector  #: brought into the output format
    outputs: Vector  #: after the activation


def stages(ops: Interpretation[Num, Vector], layer: Layer, inputs: Vector) -> Stages[Vector]:
    """One layer, in any interpretation."""
    return settled(ops, layer, ops.affine(layer, inputs))


def settled(ops: Interpretation[Num, Vector], layer: Layer, accumulators: Vector) -> Stages[Vector]:
    """What a layer makes of its sums, which may be of any number of neurons."""
    rounded = ops.each(partial(requantized, ops, layer), accumulators)
    codes = ops.each(partial(layer.output_format.apply_overflow, ops), rounded)
    if layer.activation is None:
        return Stages(accumulators, rounded, codes, codes)
    activate = partial(layer.activation.apply, ops, layer.output_format)
    return Stages(accumulators, rounded, codes, ops.each(activate, codes))


def coded(ops: Operations[Num], layer: Layer, accumulator: Num) -> Num:
    """The code that a layer makes of a sum, before the activation."""
    return layer.output_format.apply_overflow(ops, requantized(ops, layer, accumulator))


def requantized(ops: Operations[Num], layer: Layer, accumulator: Num) -> Num:
    """round(accumulator * output scale / accumulator scale), not yet in the output format."""
    output = layer.output_format
    common = gcd(output.scale, layer.accumulator_scale)
    scaled = ops.multiply(accumulator, ops.constant(output.scale // common))
    return round_quotient(ops, scaled, layer.accumulator_scale // common, output.rounding)


def run(ops: Interpretation[Num, Vector], layers: Sequence[Layer], inputs: Vector) -> Vector:
    """The output codes of layers, one after the other, in any interpretation."""
    for layer in layers:
        inputs = stages(ops, layer, inputs).outputs
    return inputs
