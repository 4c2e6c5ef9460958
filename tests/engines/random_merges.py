"""Random networks with a univariate first layer, made so that rows can be merged.

Rows are often copies or multiples of each other, and biases are drawn so that sums
end up around the codes of the output format, or around its ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product
from random import Random

import numpy as np

from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.integers import Integers
from smtcheck.arithmetic.intervals import Interval
from smtcheck.engines.row_merge import merged_network
from smtcheck.engines.tabulated_side import MergedSide
from smtcheck.expressions.tables import members
from smtcheck.expressions.tabulation import Variable
from smtcheck.networks.activations import Activation, TableActivation, activation
from smtcheck.networks.network import Network
from tests.arithmetic.random_networks import Pair, layer_pair, random_format

ACTIVATIONS = ["identity", "relu", "leaky_relu", "abs", "hard_tanh", "expr:1/2 - x", "step"]

Codes = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mergeable:
    """A network, twice, and a box of inputs."""

    pair: Pair
    domain: tuple[Interval, ...]

    @property
    def points(self) -> list[Codes]:
        return list(product(*(range(axis.low, axis.high + 1) for axis in self.domain)))


def random_merges(seed: int, most_codes: int = 10) -> Iterator[Mergeable]:
    """Networks without end, few of them constant."""
    draw = Random(seed)
    while True:
        one = random_merge(draw, most_codes)
        outputs = one.pair.network.evaluate_many(np.array(one.points[:50]))
        if len(np.unique(outputs, axis=0)) > 1 or draw.random() < 0.05:
            yield one


def random_merge(draw: Random, most_codes: int) -> Mergeable:
    """Two to four layers over one to three inputs."""
    depth = draw.choice([2, 3, 3, 3, 4])
    sizes = [draw.choice([1, 2, 2, 3]), *(draw.randint(3, 8) for _ in range(depth - 1)), 1]
    sizes[-1] = draw.choice([1, 1, 2])
    before = replace(random_format(draw, most_codes), scale=draw.choice([1, 2, 3, 4]))
    domain = tuple(random_axis(draw, before.codes) for _ in range(sizes[0]))
    input_format, layers = before, []
    reach = [(axis.low, axis.high) for axis in domain]
    for position, (columns, count) in enumerate(pairwise(sizes)):
        weights = replace(random_format(draw, 12), scale=draw.choice([1, 1, 2, 3, 4]))
        # weights of several units: else all sums would be rounded to the same code
        scale = draw.choice([1, 2, before.scale, before.scale * weights.scale])
        after = replace(random_format(draw, most_codes), scale=max(1, min(scale, 12)))
        is_first = position == 0
        rows = random_rows(draw, (count, columns), weights.codes, is_first)
        unit = before.scale * weights.scale
        biases = [fitting_bias(draw, row, reach, unit, after) for row in rows]
        act = random_activation(draw, after) if draw.random() < 0.7 else None
        layers.append(layer_pair(rows, tuple(biases), before, weights, after, act))
        before, reach = after, [(after.lo, after.hi)] * count
    own, other = zip(*layers, strict=True)
    network = Network(input_format=input_format, inputs=sizes[0], layers=own)
    return Mergeable(pair=Pair(network=network, layers=other), domain=domain)


def random_axis(draw: Random, codes: Interval) -> Interval:
    """All codes, or some of them."""
    if draw.random() < 0.5:
        return codes
    low, high = sorted(draw.choices(range(codes.low, codes.high + 1), k=2))
    return Interval(low, high)


def random_rows(
    draw: Random, shape: tuple[int, int], codes: Interval, is_first: bool
) -> list[list[int]]:
    """Rows of a first layer read one input; later ones are often multiples of another."""
    count, columns = shape
    rows: list[list[int]] = []
    for _ in range(count):
        row = [draw.choice([0, *draw.choices(members(codes), k=5)]) for _ in range(columns)]
        if is_first:
            only = draw.randrange(columns)
            row = [0] * columns
            row[only] = draw.choice(members(codes))
        elif rows and draw.random() < 0.6:
            factor, base = draw.choice([1, 1, -1, 2, -2]), draw.choice(rows)
            row = [factor * code for code in base]
            row = row if all(code in codes for code in row) else list(base)
        rows.append(row)
    return rows


def fitting_bias(
    draw: Random, row: Sequence[int], reach: Sequence[tuple[int, int]], unit: int, after: Format
) -> int:
    """Such that some input's sum is near some code, often one of the ends."""
    somewhere = sum(
        code * draw.randint(low, high) for code, (low, high) in zip(row, reach, strict=True)
    )
    inside = draw.randint(after.lo, after.hi)
    code = draw.choice([after.lo - 1, after.lo, after.hi, after.hi + 1, *[inside] * 6])
    return code * unit // after.scale + draw.choice([-1, 0, 0, 1]) - somewhere


def random_activation(draw: Random, fmt: Format) -> Activation:
    """A simple function, or any table."""
    if draw.random() < 0.4:
        codes = tuple(draw.randint(fmt.lo, fmt.hi) for _ in range(fmt.codes.size))
        return TableActivation(name="table:random.csv", codes=codes)
    return activation(draw.choice(ACTIVATIONS))


def merged_side(one: Mergeable) -> MergedSide:
    """The merged network; it is small, so merging applies."""
    side = merged_network(one.pair.network, one.domain)
    assert isinstance(side, MergedSide)
    return side


def merged_codes(side: MergedSide, point: Codes) -> list[int]:
    """The merged network's outputs at one input."""
    scale = side.input_format.scale
    variables = [
        Variable(code=code, codes=axis, scale=scale)
        for code, axis in zip(point, side.domain, strict=True)
    ]
    return list(side.codes(Integers(), variables))
