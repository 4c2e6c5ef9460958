"""What happens inside a network at one input, neuron by neuron."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.integers import Integers
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.errors import InputError
from smtcheck.expressions.evaluation import Point, rounded_at
from smtcheck.networks.activations import ExpressionActivation
from smtcheck.networks.layers import Layer, stages
from smtcheck.networks.network import Network


class Event(Enum):
    """What makes fixed point differ from exact arithmetic."""

    ROUNDED = "rounded"
    TIE = "tie"
    SATURATED = "saturated"
    WRAPPED = "wrapped"
    ZEROED = "set to zero"


@dataclass(frozen=True, slots=True, kw_only=True)
class NeuronTrace:
    """One neuron at one input; `exact` is its value in units of the output codes."""

    layer: int  #: counted from 1
    neuron: int  #: counted from 1
    products: tuple[tuple[int, int], ...]  #: (weight code, input code)
    bias: int
    accumulator: int
    value: Fraction
    exact: Fraction
    rounded: int
    code: int
    output: int
    output_value: Fraction
    activated: int | None  #: what the activation rounds to before overflow, where that is known
    events: tuple[Event, ...]


def trace(network: Network, input_codes: Sequence[int]) -> list[list[NeuronTrace]]:
    """Every neuron, layer by layer."""
    layers = []
    codes = tuple(input_codes)
    for number, layer in enumerate(network.layers, start=1):
        layers.append(_layer_trace(number, layer, codes))
        codes = tuple(neuron.output for neuron in layers[-1])
    return layers


def _layer_trace(number: int, layer: Layer, inputs: tuple[int, ...]) -> list[NeuronTrace]:
    steps = stages(Integers(), layer, inputs)
    neurons = []
    for index, accumulator in enumerate(steps.accumulators):
        value = Fraction(accumulator, layer.accumulator_scale)
        exact = value * layer.output_format.scale
        rounded, code = steps.rounded[index], steps.codes[index]
        neurons.append(
            NeuronTrace(
                layer=number,
                neuron=index + 1,
                products=tuple((weight, inputs[column]) for column, weight in layer.row(index)),
                bias=layer.biases[index],
                accumulator=accumulator,
                value=value,
                exact=exact,
                rounded=rounded,
                code=code,
                output=steps.outputs[index],
                output_value=Fraction(steps.outputs[index], layer.output_format.scale),
                activated=_activated(layer, code),
                events=events(exact, rounded, code, layer.output_format),
            )
        )
    return neurons


def _activated(layer: Layer, code: int) -> int | None:
    """round(scale * f(value)), which may lie outside the format."""
    if not isinstance(layer.activation, ExpressionActivation):
        return None
    fmt = layer.output_format
    point = Point(values=[fmt.value(code)], scales=[fmt.scale])
    try:
        return rounded_at(layer.activation.expression, point, fmt.scale, fmt.rounding)
    except InputError:  # too long to write out, as exp of a million is
        return None


def events(exact: Fraction, rounded: int, code: int, fmt: Format) -> tuple[Event, ...]:
    """What happened between an exact number, in units of codes, and its code."""
    found = []
    if exact != rounded:
        found.append(Event.TIE if exact.denominator == 2 else Event.ROUNDED)
    if code != rounded:
        match fmt.overflow:
            case Overflow.WRAP:
                found.append(Event.WRAPPED)
            case Overflow.SATURATE_TO_ZERO:
                found.append(Event.ZEROED)
            case Overflow.SATURATE | Overflow.SATURATE_SYMMETRIC:
                found.append(Event.SATURATED)
    return tuple(found)
