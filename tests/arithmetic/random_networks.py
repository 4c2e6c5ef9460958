"""Random small networks, each twice: as the project's own, and for the Fraction reference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import pairwise, product
from random import Random

from smtcheck import reference
from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.arithmetic.rounding import Rounding
from smtcheck.networks.activations import Activation, TableActivation, activation
from smtcheck.networks.layers import Layer
from smtcheck.networks.matrices import Matrix
from smtcheck.networks.network import Network
from tests.arithmetic.cases import plain

RATIONAL = [
    "identity", "relu", "leaky_relu", "relu6", "hard_sigmoid", "hard_tanh", "softsign",
    "hard_swish", "square", "abs", "sign", "step", "expr:x * x - x / 3", "expr:1 / (x * x + 2)",
]  # fmt: skip
TRANSCENDENTAL = [
    "sigmoid", "tanh", "gelu", "silu", "exp", "sin", "expr:rnd_conv(4 * tanh(x)) / 4",
    "expr:where(exp(x) > 2, 1 - x, x / 2)", "expr:max(sigmoid(x), x / 2)",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A network, and what the reference needs of it."""

    network: Network
    layers: tuple[reference.PlainLayer, ...]

    def expected(self, codes: Sequence[int]) -> list[int]:
        """The output codes by the reference."""
        return reference.network_codes(self.layers, codes)


def random_format(draw: Random, most_codes: int) -> Format:
    """Any modes, any of the small scales, any codes around zero."""
    size = draw.randint(2, most_codes)
    hi = draw.randint(1, size - 1)
    return Format(
        lo=hi + 1 - size,
        hi=hi,
        scale=draw.choice([1, 2, 4, 8, 16, *range(1, 13)]),
        rounding=draw.choice(list(Rounding)),
        overflow=draw.choice(list(Overflow)),
    )


def random_pair(draw: Random, sizes: Sequence[int], most_codes: int, names: list[str]) -> Pair:
    """A network with these numbers of inputs, hidden neurons and outputs."""
    input_format = fmt = random_format(draw, most_codes)
    shared: dict[str, Activation] = {}  # as in a network file, layers share activations
    layers = []
    for position, (columns, rows) in enumerate(pairwise(sizes)):
        if draw.random() < 0.5:
            following = random_format(draw, most_codes)
        else:
            following = changed_scale(draw, fmt)
        act = None
        if position < len(sizes) - 2 or draw.random() < 0.3:
            act = random_activation(draw, following, names, shared)
        layers.append(random_layer(draw, (rows, columns), fmt, following, act))
        fmt = following
    network = Network(
        input_format=input_format, inputs=sizes[0], layers=tuple(own for own, _ in layers)
    )
    return Pair(network=network, layers=tuple(other for _, other in layers))


def changed_scale(draw: Random, fmt: Format) -> Format:
    """The same codes, worth something else half the time."""
    return Format(
        lo=fmt.lo,
        hi=fmt.hi,
        scale=draw.choice([fmt.scale, fmt.scale + 1, 2 * fmt.scale]),
        rounding=fmt.rounding,
        overflow=fmt.overflow,
    )


def random_activation(
    draw: Random, fmt: Format, names: list[str], shared: dict[str, Activation]
) -> Activation:
    """A named one, or a table of random codes."""
    if draw.random() < 0.3:
        codes = tuple(draw.randint(fmt.lo, fmt.hi) for _ in range(fmt.codes.size))
        return TableActivation(name="table:random.csv", codes=codes)
    name = draw.choice(names)
    return shared.setdefault(name, activation(name))


def random_layer(
    draw: Random, shape: tuple[int, int], before: Format, after: Format, act: Activation | None
) -> tuple[Layer, reference.PlainLayer]:
    """Weights of a format of their own, a third of them zero, and biases of their size."""
    weight_format = random_format(draw, 16)
    rows = [
        [draw.choice([0, *[draw.randint(weight_format.lo, weight_format.hi)] * 2]) for _ in columns]
        for columns in [range(shape[1])] * shape[0]
    ]
    reach = max(before.hi, -before.lo) * max(weight_format.hi, -weight_format.lo)
    reach //= draw.choice([1, 3, 10])
    biases = tuple(draw.randint(-reach, reach) for _ in rows)
    return layer_pair(rows, biases, before, weight_format, after, act)


def layer_pair(
    rows: Sequence[Sequence[int]],
    biases: tuple[int, ...],
    before: Format,
    weight_format: Format,
    after: Format,
    act: Activation | None,
) -> tuple[Layer, reference.PlainLayer]:
    """One layer, twice."""
    own = Layer(
        weights=Matrix.dense(rows),
        biases=biases,
        input_scale=before.scale,
        weight_format=weight_format,
        output_format=after,
        activation=act,
    )
    other = reference.PlainLayer(
        rows=[list(enumerate(row)) for row in rows],
        biases=biases,
        input_scale=before.scale,
        weight_scale=weight_format.scale,
        output=plain(after),
        activation=plain_activation(act, after),
    )
    return own, other


def plain_activation(act: Activation | None, fmt: Format) -> Callable[[int], int] | None:
    """The activation from code to code, by the reference."""
    if act is None:
        return None
    if isinstance(act, TableActivation):
        return lambda code: act.codes[code - fmt.lo]
    kind, _, text = act.name.partition(":")
    return partial(_activated, text if kind == "expr" else f"{kind}(x)", fmt)


@cache
def _activated(text: str, fmt: Format, code: int) -> int:
    return reference.target_code(text, [fmt.value(code)], plain(fmt), {})


def all_inputs(network: Network) -> list[tuple[int, ...]]:
    """Every input of a network, the last one fastest."""
    codes = network.input_format.codes
    return list(product(range(codes.low, codes.high + 1), repeat=network.inputs))
