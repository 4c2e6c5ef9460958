"""Random questions whose answers are known by brute force with the Fraction reference.

One side is a random network.  The other is nearly the same: its truth table, an
expression that spells it out, or a second network, each with one number changed half
of the time; or it is any expression at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from random import Random

from smtcheck import reference
from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.intervals import Interval
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.claims.questions import Question
from smtcheck.claims.sides import ExpressionSide, NetworkSide, Side
from smtcheck.claims.verdicts import Proved, Refuted, Verdict
from smtcheck.expressions.parsing import parse
from smtcheck.expressions.syntax import Grid
from smtcheck.networks.activations import ExpressionActivation
from smtcheck.networks.network import Network
from tests.arithmetic.cases import plain
from tests.arithmetic.random_networks import (
    RATIONAL,
    TRANSCENDENTAL,
    Pair,
    layer_pair,
    random_format,
    random_pair,
)

MOST_POINTS = 64
LONGEST_TEXT = 300

Codes = tuple[int, ...]
#: Output codes at input codes, by the reference.
Meaning = Callable[[Codes], list[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A question, and both sides' codes at every input, smallest inputs first."""

    kind: str
    question: Question
    points: list[Codes]
    left: list[list[int]]
    right: list[list[int]]

    @property
    def smallest(self) -> Codes | None:
        """The first input at which the sides differ by more than the tolerance."""
        for point, left, right in zip(self.points, self.left, self.right, strict=True):
            if any(map(self.differs, left, right)):
                return point
        return None

    def differs(self, left: int, right: int) -> bool:
        """|left value - right value| > tolerance units of the left side."""
        a, b = self.question.left.output_format.scale, self.question.right.output_format.scale
        allowed = Fraction(self.question.tolerance_ulp, a)
        return abs(Fraction(left, a) - Fraction(right, b)) > allowed


def agrees(one: Known, verdict: Verdict) -> bool:
    """Whether the verdict is brute force's, with the smallest counterexample."""
    match verdict:
        case Proved():
            return one.smallest is None
        case Refuted(counterexample=found):
            place = one.points.index(found.input_codes)
            left, right = one.left[place], one.right[place]
            (output, *_) = [
                i for i, pair in enumerate(zip(left, right, strict=True)) if one.differs(*pair)
            ]
            return (
                found.input_codes == one.smallest
                and found.output == output
                and (found.left_code, found.right_code) == (left[output], right[output])
            )
    return False  # undecided


def smallest_first(domain: Sequence[Interval]) -> list[Codes]:
    """All inputs, by |x0|, then by |x1|, ...; of two signs the positive one first."""
    axes = [range(axis.low, axis.high + 1) for axis in domain]
    return sorted(product(*axes), key=lambda codes: [(abs(c), c < 0) for c in codes])


def small_pair(draw: Random) -> Pair:
    """A network of one to three layers."""
    depth = draw.choice([1, 2, 2, 3])
    sizes = [draw.choice([1, 2, 2, 3]), *(draw.randint(1, 3) for _ in range(depth))]
    names = draw.choice([RATIONAL, RATIONAL, TRANSCENDENTAL])
    return random_pair(draw, sizes, draw.choice([4, 8, 12]), names)


def random_questions(seed: int, pairs: Callable[[Random], Pair] = small_pair) -> Iterator[Known]:
    """Questions without end; those that divide by zero somewhere are left out."""
    draw = Random(seed)
    kinds = [truth_table, spelled_out, other_network, any_expression]
    while True:
        pair = pairs(draw)
        domain = random_domain(draw, pair.network)
        points = smallest_first(domain)
        left = [pair.expected(point) for point in points]
        if len(set(map(tuple, left))) == 1 and draw.random() < 0.9:
            continue  # a constant network is a dull one
        kind = draw.choices(kinds, weights=[5, 4, 4, 1])[0]
        right = kind(draw, pair, domain)
        if right is None:
            continue
        side, meaning = right
        question = Question(
            left=NetworkSide(network=pair.network),
            right=side,
            domain=domain,
            tolerance_ulp=draw.choice([0, 0, 0, 1, 2]),
        )
        with suppress(ZeroDivisionError):
            yield Known(
                kind=kind.__name__,
                question=question,
                points=points,
                left=left,
                right=[meaning(point) for point in points],
            )


def random_domain(draw: Random, network: Network) -> tuple[Interval, ...]:
    """The whole box where it is small, else random parts of its axes."""
    codes = network.input_format.codes
    axes = [codes] * network.inputs
    while axes_size(axes) > MOST_POINTS:
        ends = sorted(draw.choices(range(codes.low, codes.high + 1), k=2))
        axes[draw.randrange(len(axes))] = Interval(*ends)
    return tuple(axes)


def axes_size(axes: Sequence[Interval]) -> int:
    size = 1
    for axis in axes:
        size *= axis.size
    return size


# ---- the other side ----

Right = tuple[Side, Meaning] | None


def truth_table(draw: Random, pair: Pair, domain: tuple[Interval, ...]) -> Right:
    """The first output's table, with one entry off by a few codes half of the time."""
    codes = pair.network.input_format.codes
    inputs = pair.network.inputs
    if pair.network.outputs != 1 or codes.size**inputs > 200:
        return None
    points = list(product(range(codes.low, codes.high + 1), repeat=inputs))
    entries = [pair.expected(point)[0] for point in points]
    output = pair.network.output_format
    if draw.random() < 0.8:
        changed = [draw.randint(axis.low, axis.high) for axis in domain]
        place = points.index(tuple(changed))
        moved = entries[place] + draw.choice([-3, -2, -1, 1, 2, 3])
        entries[place] = min(max(moved, output.lo), output.hi)
    grid = Grid(
        entries=tuple(entries),
        scale=output.scale,
        inputs=tuple(range(inputs)),
        axes=((codes.low, codes.size),) * inputs,
    )
    text = f"table('t.csv', {', '.join(f'x{i}' for i in range(inputs))})"
    looked_up = dict(zip(points, entries, strict=True))
    side = expression_side((text,), inputs, pair.network.input_format, output, grid)

    def meaning(point: Codes) -> list[int]:
        value = Fraction(looked_up[point], output.scale)
        return [reference.quantize(value, plain(output))]

    return side, meaning


def spelled_out(draw: Random, pair: Pair, domain: tuple[Interval, ...]) -> Right:
    """The network as a text, its last bias off by one unit half of the time."""
    texts = [f"x{index}" for index in range(pair.network.inputs)]
    for position, layer in enumerate(pair.layers):
        act = pair.network.layers[position].activation
        if act is not None and not isinstance(act, ExpressionActivation):
            return None
        is_last = position == len(pair.layers) - 1
        off = draw.choice([0, -1, 1, 2, -3]) if is_last else 0
        biases = [bias + off for bias in layer.biases]
        unit = layer.input_scale * layer.weight_scale
        sums = [
            " + ".join([*(f"{w}/{layer.weight_scale} * {texts[i]}" for i, w in row), f"{b}/{unit}"])
            for row, b in zip(layer.rows, biases, strict=True)
        ]
        fmt = pair.network.layers[position].output_format
        texts = [quantized(text, fmt) for text in sums]
        if act is not None:
            texts = [quantized(applied(act, text), fmt) for text in texts]
        if max(map(len, texts)) > LONGEST_TEXT:
            return None
    network = pair.network
    side = expression_side(
        tuple(texts), network.inputs, network.input_format, network.output_format
    )
    return side, expression_meaning(side)


def quantized(text: str, fmt: Format) -> str:
    """overflow(round(scale * text)) / scale."""
    rounded = f"{fmt.rounding.name.lower()}({fmt.scale} * ({text}))"
    lo, hi, size = fmt.lo, fmt.hi, fmt.hi - fmt.lo + 1
    fitted = {
        Overflow.SATURATE: f"clip({rounded}, {lo}, {hi})",
        Overflow.SATURATE_SYMMETRIC: f"clip({rounded}, {max(lo, -hi)}, {hi})",
        Overflow.SATURATE_TO_ZERO: f"where({lo} <= {rounded} <= {hi}, {rounded}, 0)",
        Overflow.WRAP: f"({rounded} - {size} * floor(({rounded} - ({lo})) / {size}))",
    }[fmt.overflow]
    return f"{fitted} / {fmt.scale}"


def applied(act: ExpressionActivation, argument: str) -> str:
    body = act.name.removeprefix("expr:") if ":" in act.name else f"{act.name}(x)"
    return re.sub(r"\bx\b", lambda _: f"({argument})", body)


def other_network(draw: Random, pair: Pair, domain: tuple[Interval, ...]) -> Right:
    """The same network, with one weight or bias changed most of the time."""
    position = draw.randrange(len(pair.layers))
    layer = pair.network.layers[position]
    rows = [[0] * layer.weights.inputs for _ in range(layer.outputs)]
    for index, row in enumerate(rows):
        for column, code in layer.row(index):
            row[column] = code
    biases = list(layer.biases)
    after = layer.output_format
    match draw.choice(["nothing", "bias", "bias", "weight", "weight", "output"]):
        case "bias":
            biases[draw.randrange(len(biases))] += draw.choice([-1, 1, layer.accumulator_scale])
        case "weight":
            codes = layer.weight_format.codes
            row = draw.choice(rows)
            row[draw.randrange(len(row))] = draw.randint(codes.low, codes.high)
        case "output" if position == len(pair.layers) - 1 and layer.activation is None:
            after = replace(after, scale=after.scale * draw.choice([2, 3]))
    before = pair.network.input_format
    if position:
        before = pair.network.layers[position - 1].output_format
    own, other = layer_pair(
        rows, tuple(biases), before, layer.weight_format, after, layer.activation
    )
    layers = list(pair.network.layers)
    layers[position] = own
    plain_layers = list(pair.layers)
    plain_layers[position] = other
    network = replace(pair.network, layers=tuple(layers))
    right = Pair(network=network, layers=tuple(plain_layers))
    return NetworkSide(network=network), right.expected


def any_expression(draw: Random, pair: Pair, domain: tuple[Interval, ...]) -> Right:
    """One of a few shapes, which has nothing to do with the network."""
    last = f"x{pair.network.inputs - 1}"
    shapes = [
        f"x0 * {last} / 3", f"max(x0, {last}) - 1/2", f"where(x0 > {last}, x0, 1)", "0",
        f"1 / (x0 - {last} / 2)", "sigmoid(x0) * 2", f"max(tanh(x0), {last} / 2)",
    ]  # fmt: skip
    texts = tuple(draw.choice(shapes) for _ in range(pair.network.outputs))
    side = expression_side(
        texts, pair.network.inputs, pair.network.input_format, random_format(draw, 12)
    )
    return side, expression_meaning(side)


def expression_side(
    texts: tuple[str, ...],
    inputs: int,
    input_format: Format,
    output_format: Format,
    grid: Grid | None = None,
) -> ExpressionSide:
    """Expressions, in which any table is the given one."""
    return ExpressionSide(
        texts=texts,
        expressions=tuple(parse(text, inputs, lambda *_: not_none(grid)) for text in texts),
        grids=() if grid is None else (("t.csv", grid),),
        inputs=inputs,
        input_format=input_format,
        output_format=output_format,
    )


def not_none(grid: Grid | None) -> Grid:
    assert grid is not None
    return grid


def expression_meaning(side: ExpressionSide) -> Meaning:
    scale, fmt = side.input_format.scale, plain(side.output_format)

    def meaning(codes: Codes) -> list[int]:
        values = [Fraction(code, scale) for code in codes]
        return [reference.target_code(text, values, fmt, {}) for text in side.texts]

    return meaning
