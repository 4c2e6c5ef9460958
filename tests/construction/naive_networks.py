"""What drafts and networks mean, point by point, and random functions for them to compute.

Sums are Python integers, rounding and overflow come from the rational reference, and an
activation is a tuple of codes: nothing here is shared with `smtcheck.construction`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from random import Random

import numpy as np
from numpy.typing import NDArray

from smtcheck.arithmetic.formats import Format
from smtcheck.claims.settings import QuantizationScheme, Weights
from smtcheck.construction.lowering.coefficients import DraftLayer
from smtcheck.networks.network import Network
from tests.checking.universality.naive_evidence import is_bias
from tests.universality.naive import Table, codes_of, requantized, weights_of

Ints = NDArray[np.int64]
Point = tuple[int, ...]


def points_of(fmt: Format, inputs: int) -> list[Point]:
    """All inputs, the last one running fastest."""
    return list(product(codes_of(fmt), repeat=inputs))


def drafted_sums(
    fmt: Format, table: Table, layers: Sequence[DraftLayer], point: Point
) -> list[int]:
    """The sums of a draft's last layer at one input."""
    before = list(point)
    sums: list[int] = []
    for number, layer in enumerate(layers):
        if number:
            before = [table[requantized(fmt, total) - fmt.lo] for total in sums]
        assert len(before) == layer.inputs
        sums = [int(bias) for bias in layer.biases]
        for terms, values in ((layer.terms, before), (layer.constants, table)):
            for row, column, code in zip(
                terms.rows.tolist(), terms.columns.tolist(), terms.codes.tolist(), strict=True
            ):
                sums[row] += code * values[column]
    return sums


def drafted(fmt: Format, table: Table, layers: Sequence[DraftLayer], point: Point) -> Point:
    """The codes that a draft says are the outputs."""
    return tuple(requantized(fmt, total) for total in drafted_sums(fmt, table, layers, point))


def evaluated(network: Network, table: Table, point: Point) -> Point:
    """The output codes of a network whose layers share one format."""
    fmt, codes = network.input_format, list(point)
    for number, layer in enumerate(network.layers, start=1):
        sums = [
            bias + sum(weight * codes[column] for column, weight in layer.row(row))
            for row, bias in enumerate(layer.biases)
        ]
        codes = [requantized(fmt, total) for total in sums]
        if number < len(network.layers):
            codes = [table[code - fmt.lo] for code in codes]
    return tuple(codes)


def assert_legal(setting: QuantizationScheme, network: Network) -> None:
    """Every weight and bias is one of the setting's, there is a hidden layer, and T after it."""
    fmt, allowed = setting.format, set(weights_of(setting))
    assert network.input_format == fmt
    assert len(network.layers) >= 2, "there is no hidden layer"
    for number, layer in enumerate(network.layers, start=1):
        assert layer.input_scale == layer.weight_format.scale == fmt.scale
        assert layer.output_format == fmt
        assert (layer.activation is not None) == (number < len(network.layers))
        codes = set(layer.weights.codes.tolist())
        assert codes <= allowed and all(map(setting.is_weight, codes)), codes - allowed
        assert all(is_bias(setting, bias) and setting.is_bias(bias) for bias in layer.biases)
        if setting.weights is Weights.DENSE_BINARY:
            assert len(layer.weights.codes) == layer.weights.outputs * layer.weights.inputs


def assert_computes(network: Network, tables: Sequence[Ints]) -> None:
    """The network agrees with arrays of output codes at every input."""
    assert network.inputs == tables[0].ndim and network.outputs == len(tables)
    found = network.evaluate_many(np.array(points_of(network.input_format, network.inputs)))
    wanted = np.stack([table.reshape(-1) for table in tables], axis=1)
    wrong = np.flatnonzero((found != wanted).any(axis=1))
    assert not wrong.size, (wrong[0], found[wrong[0]], wanted[wrong[0]])


KINDS = ("uniform", "few", "monotone", "sparse", "constant")


def random_function(draw: Random, fmt: Format, inputs: int, kind: str) -> Ints:
    """An array of codes with an axis an input."""
    codes = codes_of(fmt)
    shape = (len(codes),) * inputs
    size = len(codes) ** inputs
    match kind:
        case "uniform":
            values = draw.choices(codes, k=size)
        case "few":
            values = draw.choices(draw.sample(codes, 2), k=size)
        case "monotone":
            steps = [[draw.randint(0, 1) for _ in codes] for _ in range(inputs)]
            sums = [
                sum(sum(own[: place + 1]) for own, place in zip(steps, point, strict=True))
                for point in np.ndindex(shape)
            ]
            values = [min(codes[0] + total, codes[-1]) for total in sums]
        case "sparse":
            values = [draw.choice(codes)] * size
            for _ in range(2):
                values[draw.randrange(size)] = draw.choice(codes)
        case _:
            values = [draw.choice(codes)] * size
    return np.array(values, dtype=np.int64).reshape(shape)


def random_functions(draw: Random, fmt: Format, inputs: int, count: int) -> Iterator[Ints]:
    """So many arrays, every second of which is uniform."""
    for number in range(count):
        kind = KINDS[0] if number % 2 == 0 else KINDS[1 + number // 2 % (len(KINDS) - 1)]
        yield random_function(draw, fmt, inputs, kind)
