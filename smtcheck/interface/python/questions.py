"""Questions about a network as Python callers put them: targets may be functions and arrays.

A function is called once at every input of the domain, with exact values, and what it gives
is quantized once: its table is what the network is compared with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import product
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smtcheck.arithmetic.codes import CodeArray
from smtcheck.arithmetic.intervals import Interval
from smtcheck.claims.questions import Question
from smtcheck.claims.sides import ExpressionSide, NetworkSide, Side
from smtcheck.claims.targets import target_side
from smtcheck.errors import InputError
from smtcheck.expressions.syntax import Grid
from smtcheck.files import FileSpace
from smtcheck.interface.python.arguments import (
    Axis,
    code_array,
    domain_of,
    exact_integer,
    network_of,
    require_codes,
    shown,
)
from smtcheck.networks.activations import called
from smtcheck.networks.network import Network

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_CALLS = 2**22  #: of a function, and entries of an array

#: What a network can be compared with.
Target = str | Sequence[str] | Network | Path | Callable[..., Any] | Sequence[Any] | Any


def question_of(
    network: Network | str | Path,
    equals: Target,
    domain: Sequence[Axis] | None,
    tolerance_ulp: int,
) -> Question:
    """Do a network and a target agree?"""
    left = network_of(network)
    axes = domain_of(domain, left.input_format, left.inputs)
    return Question(
        left=NetworkSide(network=left),
        right=_side(left, equals, axes),
        domain=axes,
        tolerance_ulp=exact_integer(
            tolerance_ulp, "tolerance_ulp", "an integer: units in the last place"
        ),
    )


def _side(network: Network, equals: Target, axes: tuple[Interval, ...]) -> Side:
    if isinstance(equals, Network | Path):
        return NetworkSide(network=network_of(equals))
    texts = (equals,) if isinstance(equals, str) else equals
    if isinstance(texts, list | tuple) and all(isinstance(text, str) for text in texts):
        return target_side(network, tuple(texts), FileSpace.working_directory())
    if callable(equals):
        return _function_side(network, equals, axes)
    return _array_side(network, code_array(equals, "equals"))


def _function_side(
    network: Network, function: Callable[..., Any], axes: tuple[Interval, ...]
) -> ExpressionSide:
    points = prod(axis.size for axis in axes)
    if points * network.outputs > MAX_CALLS:
        raise InputError(
            f"a function would be called at {points} inputs for {network.outputs} outputs; a table "
            f"has at most {MAX_CALLS} entries: give a smaller domain, or an expression"
        )
    fmt = network.output_format
    columns: list[list[int]] = [[] for _ in range(network.outputs)]
    for codes in product(*(range(axis.low, axis.high + 1) for axis in axes)):
        point = [network.input_format.value(code) for code in codes]
        for column, value in zip(columns, _values(function, point, network.outputs), strict=True):
            column.append(fmt.quantize(value))
    name = getattr(function, "__name__", "")
    return _tables_side(network, columns, axes, name if name.isidentifier() else "function")


def _values(
    function: Callable[..., Any], point: Sequence[Fraction], outputs: int
) -> Sequence[Fraction | int]:
    """What the function gives at a point: exact numbers, one for each output."""
    given: Any = called(lambda _: function(*point), point[0], "target")
    values = [given] if outputs == 1 and not isinstance(given, tuple | list) else given
    if not isinstance(values, tuple | list) or len(values) != outputs:
        raise InputError(f"the target returned {shown(given)}, and there are {outputs} outputs")
    for value in values:
        if type(value) is not int and not isinstance(value, Fraction):
            raise InputError(
                f"the target returned {shown(value)} at {', '.join(map(str, point))}; it must "
                "return a Fraction or an int"
            )
    return values


def _array_side(network: Network, codes: NDArray[Any]) -> ExpressionSide:
    size, inputs, outputs = network.input_format.codes.size, network.inputs, network.outputs
    shape = (size,) * inputs
    needed = shape if outputs == 1 else (*shape, outputs)
    if codes.shape not in (needed, (*shape, outputs)):
        raise InputError(
            f"equals has shape {codes.shape}; needed is {needed}: an axis of all codes for each "
            "input, lo first" + (", and one of the outputs" if outputs > 1 else "")
        )
    require_codes(codes, network.output_format, "equals")
    columns = codes.reshape((-1, outputs)).T
    return _tables_side(network, columns, (network.input_format.codes,) * inputs, "array")


def _tables_side(
    network: Network, columns: Sequence[Any] | NDArray[Any], axes: tuple[Interval, ...], name: str
) -> ExpressionSide:
    """A target of one table for each output, whose axes are the codes of the domain."""
    inputs = tuple(range(network.inputs))
    names = [name] if len(columns) == 1 else [f"{name}{output}" for output in range(len(columns))]
    grids = tuple(
        Grid(
            entries=CodeArray(column),
            scale=network.output_format.scale,
            inputs=inputs,
            axes=tuple((axis.low, axis.size) for axis in axes),
        )
        for column in columns
    )
    variables = ", ".join(f"x{index}" for index in inputs)
    return ExpressionSide(
        texts=tuple(f"table({name!r}, {variables})" for name in names),
        expressions=grids,
        grids=tuple(zip(names, grids, strict=True)),
        inputs=network.inputs,
        input_format=network.input_format,
        output_format=network.output_format,
    )
