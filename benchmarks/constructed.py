"""Networks that compute a random table, after proofs/theory.md: the hard cases.

With ReLU, |x - z| is relu(x - z) + relu(z - x).  For every entry a of the table a
second-layer neuron is hi - step where x = a and saturates at hi elsewhere, and the
output neuron adds up what that difference is worth.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from random import Random

from smtcheck.arithmetic.formats import Format
from smtcheck.claims.questions import Question
from smtcheck.claims.sides import ExpressionSide, NetworkSide
from smtcheck.expressions.syntax import Grid
from smtcheck.networks.activations import activation
from smtcheck.networks.layers import Layer
from smtcheck.networks.matrices import Matrix
from smtcheck.networks.network import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A network and the table that it computes."""

    name: str
    network: Network
    grid: Grid

    @property
    def question(self) -> Question:
        """Does the network compute the table?"""
        fmt = self.network.input_format
        names = ", ".join(f"x{index}" for index in self.grid.inputs)
        target = ExpressionSide(
            texts=(f"table('random.csv', {names})",),
            expressions=(self.grid,),
            grids=(("random.csv", self.grid),),
            inputs=len(self.grid.inputs),
            input_format=fmt,
            output_format=fmt,
        )
        domain = (fmt.codes,) * self.network.inputs
        return Question(left=NetworkSide(network=self.network), right=target, domain=domain)


def random_case(inputs: int, p: int, seed: int = 0) -> Case:
    """A random table over `inputs` codes of paper(p, 2^(p - 1)), and its network."""
    fmt = Format.paper(p, 2 ** (p - 1))
    random = Random(seed)
    codes = range(fmt.lo, fmt.hi + 1)
    entries = tuple(random.choice(codes) for _ in range(len(codes) ** inputs))
    axes = ((fmt.lo, len(codes)),) * inputs
    grid = Grid(entries=entries, scale=fmt.scale, inputs=tuple(range(inputs)), axes=axes)
    network = _network(fmt, inputs, entries)
    hidden = network.layers[1].outputs
    return Case(name=f"d = {inputs}, p = {p} ({hidden})", network=network, grid=grid)


def random_network(hidden: int, seed: int = 0) -> Network:
    """Two 8-bit inputs, one dense hidden layer, one output."""
    fmt = Format.parse("ap_fixed<8,4,AP_RND_CONV,AP_SAT>")
    random = Random(seed)
    rows = [[random.randint(fmt.lo, fmt.hi) for _ in range(2)] for _ in range(hidden)]
    last = [random.randint(fmt.lo, fmt.hi) for _ in range(hidden)]
    layers = [
        Layer(
            weights=Matrix.dense(weights),
            biases=tuple(random.randint(-1000, 1000) for _ in weights),
            input_scale=fmt.scale,
            weight_format=fmt,
            output_format=fmt,
            activation=act,
        )
        for weights, act in ((rows, activation("relu")), ([last], None))
    ]
    return Network(input_format=fmt, inputs=2, layers=tuple(layers))


def _network(fmt: Format, inputs: int, entries: tuple[int, ...]) -> Network:
    codes = range(fmt.lo, fmt.hi + 1)
    copies = max(2, fmt.scale // 8)
    # how far below hi a cell can lie: reachable, and worth less than one code too much
    step = max(1, min(copies * fmt.hi // fmt.scale, fmt.scale - 1))
    first, biases = [], []
    for index, threshold, sign, _ in product(range(inputs), codes, (1, -1), range(copies)):
        first.append([(index, sign * fmt.scale)])
        biases.append(-sign * threshold * fmt.scale)
    second, output = _cells(fmt, inputs, entries, copies, step)
    relu = activation("relu")
    bias_second = fmt.scale * (fmt.hi - step)
    total = sum(output)
    layers = [(first, inputs, biases), (second, len(first), [bias_second] * len(second))]
    hidden = [
        Layer(
            weights=_matrix(rows, width),
            biases=tuple(bias),
            input_scale=fmt.scale,
            weight_format=fmt,
            output_format=fmt,
            activation=relu,
        )
        for rows, width, bias in layers
    ]
    last = Layer(
        weights=Matrix.dense([output]),
        biases=(-total * fmt.hi,),
        input_scale=fmt.scale,
        weight_format=fmt,
        output_format=fmt,
    )
    return Network(input_format=fmt, inputs=inputs, layers=(*hidden, last))


def _cells(
    fmt: Format, inputs: int, entries: tuple[int, ...], copies: int, step: int
) -> tuple[list[list[tuple[int, int]]], list[int]]:
    """Second-layer rows and output weights: enough of them to be worth each entry."""
    length = fmt.hi - fmt.lo + 1
    weight = min(fmt.hi, -(-fmt.scale * step // copies))
    rows, output = [], []
    for position, entry in zip(product(range(length), repeat=inputs), entries, strict=True):
        needed = -round(entry * fmt.scale / step)  # sum of the output weights of this cell
        row = [
            (((index * length + place) * 2 + sign) * copies + copy, weight)
            for index, place in enumerate(position)
            for sign in (0, 1)
            for copy in range(copies)
        ]
        while needed:
            part = max(fmt.lo, min(fmt.hi, needed))
            rows.append(row)
            output.append(part)
            needed -= part
    return rows, output


def _matrix(rows: list[list[tuple[int, int]]], width: int) -> Matrix:
    entries = [(i, column, code) for i, row in enumerate(rows) for column, code in row]
    return Matrix.from_entries((len(rows), width), entries)
