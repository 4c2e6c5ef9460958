"""Random networks whose neurons depend on few numbers each, or overflow nearly everywhere.

Rows of one layer are alike: equal, opposite, or a multiple, with biases of their own that
are small, or about as large as it takes to overflow.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np

from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.intervals import Interval
from smtcheck.networks.activations import Activation
from tests.arithmetic.random_networks import (
    RATIONAL,
    Network,
    Pair,
    layer_pair,
    random_activation,
    random_format,
)

Rows = list[list[int]]


def lively_parts(draw: Random) -> Pair:
    """A network whose output is not as constant as that of most random networks."""
    while True:
        pair = random_parts(draw)
        codes = pair.network.input_format.codes
        points = [
            [draw.randint(codes.low, codes.high) for _ in range(pair.network.inputs)]
            for _ in range(50)
        ]
        if len(np.unique(pair.network.evaluate_many(np.array(points)), axis=0)) > 2:
            return pair


def random_parts(draw: Random) -> Pair:
    """Two to five layers, and what the reference needs of them."""
    depth = draw.choice([2, 3, 3, 3, 3, 4, 5])
    before = input_format = any_format(draw, draw.choice([3, 6, 12]))
    width = inputs = draw.choice([1, 2, 2, 3])
    shared: dict[str, Activation] = {}
    pairs = []
    for position in range(depth):
        is_last = position == depth - 1
        count = draw.randint(1, 2) if is_last else draw.choice([2, 4, 8])
        weight_format = any_format(draw, draw.choice([5, 16, 60, 400]))
        rows = alike_rows(draw, (count, width), weight_format.codes)
        reach = max(before.hi, -before.lo) * max(1, *(sum(map(abs, row)) for row in rows))
        scale = before.scale * weight_format.scale
        after = any_format(draw, draw.choice([6, 12, 40, 200]))
        if draw.random() < 0.8:  # sums reach about as far as the format, or further
            times = draw.choice([1, 2, 3, 3 if is_last else 10])
            after = replace(after, scale=max(1, times * after.hi * scale // reach))
        act = None
        if draw.random() < (0.2 if is_last else 0.5):
            act = random_activation(draw, after, RATIONAL, shared)
        span = max(after.hi, -after.lo) * scale // after.scale + 1
        biases = tuple(random_bias(draw, reach, span) for _ in rows)
        pairs.append(layer_pair(rows, biases, before, weight_format, after, act))
        before, width = after, count
    network = Network(
        input_format=input_format, inputs=inputs, layers=tuple(own for own, _ in pairs)
    )
    return Pair(network=network, layers=tuple(other for _, other in pairs))


def any_format(draw: Random, most_codes: int) -> Format:
    """Any modes; unsigned, symmetric, two's complement or lopsided codes."""
    fmt = random_format(draw, most_codes)
    return replace(fmt, lo=draw.choice([fmt.lo, fmt.lo, fmt.lo, 0, -fmt.hi, -fmt.hi - 1]))


def alike_rows(draw: Random, shape: tuple[int, int], codes: Interval) -> Rows:
    """Rows of few different directions, that read few neurons, or none."""
    count, width = shape
    small = [code for code in (-1, 1, 2) if code in codes]
    directions = []
    for _ in range(draw.choice([1, 2, 3, 6])):
        row = [0] * width
        for column in draw.sample(
            range(width), min(width, draw.choice([0, *[1, 2, 2, 3, width] * 4]))
        ):
            ends = [codes.low, codes.high, draw.randint(codes.low, codes.high)]
            row[column] = draw.choice([*ends, draw.choice(small)])
        directions.append(row)
    rows = []
    for _ in range(count):
        row, factor = draw.choice(directions), draw.choice([1, 1, 1, -1, 2])
        multiple = [factor * code for code in row]
        rows.append(multiple if all(code in codes for code in multiple) else row)
    return rows


def random_bias(draw: Random, reach: int, span: int) -> int:
    """Up to the reach of the sums; or that of the format; or about at its end; or none."""
    at_end = draw.choice([-1, 1]) * (span + draw.randint(-2, 2))
    return draw.choice([draw.randint(-reach, reach), draw.randint(-span, span), at_end, *[0] * 5])
