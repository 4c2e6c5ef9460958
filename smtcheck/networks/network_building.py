"""Networks from arrays that somebody else made: codes as they are, or values, each rounded once.

Nothing is guessed: a weight outside its format is refused, never saturated, and whoever has
values says how they are rounded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from smtcheck.arithmetic.codes import exact_code, refuse_masked
from smtcheck.arithmetic.format_texts import parse_rounding
from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.rounding import Rounding, round_fraction
from smtcheck.errors import InputError, shortened
from smtcheck.files import CodeExecution, FileSpace
from smtcheck.networks.activations import Activation, activation
from smtcheck.networks.layers import Layer
from smtcheck.networks.matrices import Matrix
from smtcheck.networks.network_files import NetworkParts

CodeOf = Callable[[Any, int], int]  #: the code of a number, given how many of its units make 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPlan:
    """Everything about a network but its numbers."""

    input_format: Format
    weight_format: Format
    output_formats: tuple[Format, ...]  #: one a layer
    activation: Activation | None  #: after every layer but the last

    @classmethod
    def of(
        cls,
        fmt: Format | str,
        layers: int,
        act: Activation | str | None,
        weight_format: Format | str | None,
        output_formats: Sequence[Format | str] | None,
    ) -> NetworkPlan:
        """From formats and an activation, or their texts; one of them for all layers."""
        if isinstance(output_formats, str):
            raise InputError(f"output_formats is {output_formats!r}: give a list, one a layer")
        outputs = [fmt] * layers if output_formats is None else list(output_formats)
        if len(outputs) != layers:
            raise InputError(f"{len(outputs)} output formats are given for {layers} layers")
        if isinstance(act, str):
            files = FileSpace.working_directory()
            act = activation(act, files, CodeExecution.ALLOWED)  # whoever calls this runs code
        return cls(
            input_format=format_of(fmt),
            weight_format=format_of(fmt if weight_format is None else weight_format),
            output_formats=tuple(map(format_of, outputs)),
            activation=act,
        )


def format_of(given: Format | str) -> Format:
    """A format, or its text."""
    if not isinstance(given, Format | str):
        raise InputError(f"{shortened(repr(given), 60)} is no format: give a Format, or its text")
    return Format.parse(given) if isinstance(given, str) else given


def from_codes(plan: NetworkPlan, weights: Sequence[Any], biases: Sequence[Any]) -> NetworkParts:
    """From codes of weights, and biases in units of 1 / (input scale * weight scale)."""
    return _built(plan, weights, biases, lambda code, scale: exact_code(code))


def from_values(
    plan: NetworkPlan, weights: Sequence[Any], biases: Sequence[Any], rounding: Rounding | str
) -> NetworkParts:
    """From values of weights and biases, each rounded to a multiple of its unit."""
    if not isinstance(rounding, Rounding):
        rounding = parse_rounding(str(rounding))
    mode = rounding
    return _built(plan, weights, biases, lambda v, scale: round_fraction(_exact(v) * scale, mode))


def _exact(value: Any) -> Fraction:
    """What a number is, to the last bit."""
    try:
        if hasattr(value, "__index__"):  # numpy's integers have nothing else
            return Fraction(exact_code(value))
        return Fraction(*value.as_integer_ratio())
    except InputError:
        pass
    except (AttributeError, TypeError, ValueError, OverflowError):
        pass
    raise InputError(f"{value!r} is no finite number")


def _built(
    plan: NetworkPlan,
    weights: Sequence[Any],
    biases: Sequence[Any],
    code_of: CodeOf,
) -> NetworkParts:
    if not len(weights):
        raise InputError("a network needs at least one layer: weights is empty")
    if len(biases) != len(weights):
        raise InputError(f"biases of {len(biases)} layers are given, weights of {len(weights)}")
    layers: list[Layer] = []
    scale = plan.input_format.scale
    for index, output_format in enumerate(plan.output_formats):
        is_last = index == len(weights) - 1
        unit = plan.weight_format.scale
        try:
            rows = [_row(row, unit, code_of) for row in _listed(weights[index], "weights")]
            layer = Layer(
                weights=Matrix.dense(rows),
                biases=tuple(_row(biases[index], scale * unit, code_of)),
                input_scale=scale,
                weight_format=plan.weight_format,
                output_format=output_format,
                activation=None if is_last else plan.activation,
            )
        except InputError as error:
            raise InputError(f"layer {index + 1}: {error}") from None
        layers.append(layer)
        scale = output_format.scale
    inputs = layers[0].weights.inputs
    return NetworkParts(input_format=plan.input_format, inputs=inputs, layers=tuple(layers))


def _row(numbers: Any, scale: int, code_of: CodeOf) -> list[int]:
    return [code_of(number, scale) for number in _listed(numbers, "a row of weights, or biases,")]


def _listed(numbers: Any, what: str) -> list[Any]:
    """The elements: Python's numbers where an array of numpy's holds them."""
    refuse_masked(numbers, f"{what} are")
    if hasattr(numbers, "tolist"):
        numbers = numbers.tolist()
    if not isinstance(numbers, list | tuple):
        raise InputError(f"{what} are {numbers!r}, and must be an array or a list")
    return list(numbers)
