"""Constructed networks of many settings, built in every way there is, and changes to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from random import Random

import numpy as np
from numpy.typing import NDArray

from smtcheck.arithmetic.formats import Format
from smtcheck.claims.evidence import Criterion
from smtcheck.claims.settings import QuantizationScheme
from smtcheck.claims.sides import ExpressionSide
from smtcheck.claims.targets import expression_side
from smtcheck.claims.verdicts import Universal
from smtcheck.construction.boxes.decomposition import TooManyBoxes
from smtcheck.construction.boxes.partitions import TabulatedFunction
from smtcheck.construction.builder import NetworkBuilder
from smtcheck.construction.construct import table_target, tabulated
from smtcheck.construction.indicators.saturation import NoNetwork
from smtcheck.construction.lowering.coefficients import NetworkTooLarge, network
from smtcheck.files import FileSpace
from smtcheck.limits import Limits
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.networks.activations import activation
from smtcheck.networks.layers import Layer
from smtcheck.networks.matrices import Matrix
from smtcheck.networks.network import Network
from smtcheck.universality.decision import decide

#: activation, format, weights, biases, inputs, and a target: one `random`, or expressions
CASES = (
    ("relu", "paper(3,4)", "full", "exact", 1, "random"),
    ("relu", "paper(3,5)", "full", "grid", 1, "random"),
    ("relu", "paper(5,16)", "full", "exact", 1, "random"),
    ("relu", "paper(3,4)", "full", "exact", 2, "max(x0, x1)"),
    ("relu", "paper(3,4)", "full", "exact", 2, "random"),
    ("relu", "paper(3,4)", "full", "exact", 2, "x0 * x1; x0 + x1 / 2"),
    ("relu", "paper(2,2)", "ternary", "exact", 2, "random"),
    ("relu", "paper(2,2)", "binary", "exact", 2, "where(x0 < x1, x0, 1)"),
    ("relu", "paper(2,2)", "binary-dense", "exact", 2, "random"),
    ("relu", "paper(2,2)", "full", "exact", 3, "random"),
    ("relu", "paper(2,2)", "full", "exact", 3, "max(x0, x1, x2)"),
    ("relu", "paper(1,1)", "full", "exact", 3, "random"),
    ("relu", "codes(-2,5,3,AP_RND_CONV,AP_SAT)", "full", "exact", 2, "random"),
    ("relu", "ap_fixed<4,2,AP_RND_CONV,AP_SAT>", "full", "exact", 2, "clip(x0 - x1, 0, 1)"),
    ("relu", "paper(2,2,AP_TRN_ZERO,AP_SAT_SYM)", "full", "exact", 2, "random"),
    ("relu", "paper(2,3,AP_RND,AP_SAT_ZERO)", "full", "exact", 2, "random"),
    ("sigmoid", "paper(3,4)", "full", "exact", 1, "random"),
    ("sigmoid", "paper(2,2)", "full", "grid", 2, "random"),
    ("sigmoid", "paper(2,2)", "ternary", "exact", 2, "where(x0 < 1/2 and x1 > 0, 1, -1/2)"),
    ("sigmoid", "paper(1,1)", "full", "exact", 3, "random"),
    ("sigmoid", "codes(-9,9,4)", "full", "exact", 2, "random"),
    ("gelu", "paper(3,4)", "full", "exact", 2, "where(x0 < 1/2 and x1 > 0, 1, -1/2)"),
    ("gelu", "paper(3,4)", "ternary", "exact", 2, "random"),
    ("gelu", "paper(2,2)", "binary", "exact", 2, "random"),
    ("gelu", "paper(2,2)", "full", "exact", 3, "random"),
    ("abs", "paper(3,4)", "full", "exact", 2, "random"),
    ("abs", "paper(2,2)", "ternary", "exact", 2, "x0 * x1"),
    ("abs", "paper(2,3)", "binary", "grid", 2, "random"),
    ("step", "paper(3,4)", "full", "exact", 1, "random"),
    ("step", "paper(2,2)", "full", "exact", 2, "where(x0 < 1/2 and x1 > 0, 1, -1/2)"),
    ("step", "paper(2,1,AP_TRN,AP_SAT)", "ternary", "exact", 2, "random"),
    ("step", "paper(1,1)", "full", "exact", 3, "random"),
    ("tanh", "paper(2,2)", "full", "format", 2, "random"),
    ("square", "paper(3,4)", "full", "format", 1, "random"),
)
ALL = range(len(CASES))
SOME = (*ALL[::2], ALL[-1])  #: of every activation, and built in every way too
LARGE = 2**40
MANY = 50  #: entries of a table for which linear programs take long


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A network, and the target that it computes."""

    name: str
    network: Network
    target: ExpressionSide
    tables: NDArray[np.int64]  #: the target's codes, (outputs, points), the last input fastest


@cache
def constructed(numbers: Sequence[int]) -> tuple[Made, ...]:
    """The networks: one for each of these cases and each way to build."""
    return tuple(made for number in numbers for made in _of_case(number))


def _of_case(number: int) -> Iterator[Made]:
    name, text, weights, bias, inputs, wanted = CASES[number]
    setting = QuantizationScheme.parse(text, weights, bias)
    act = activation(name)
    verdict = decide(setting, act, Limits())
    assert isinstance(verdict, Universal) and isinstance(verdict.evidence, Criterion), CASES[number]
    entries = ActivationTable(act, setting.format)
    network_builder = NetworkBuilder(setting=setting, entries=entries, evidence=verdict.evidence)
    target = _target(wanted, setting.format, inputs, number)
    function = tabulated(target)
    tables = np.stack([table.reshape(-1) for table in function.tables])
    for way, built in _ways(network_builder, function).items():
        title = f"{name}, {text}, {weights}, {bias}, d = {inputs}, {wanted}, {way}"
        yield Made(name=title, network=built, target=target, tables=tables)


def _target(wanted: str, fmt: Format, inputs: int, seed: int) -> ExpressionSide:
    if wanted != "random":
        files = FileSpace.working_directory()
        return expression_side(tuple(wanted.split("; ")), inputs, fmt, fmt, files)
    shape = (fmt.codes.size,) * inputs
    return table_target(np.random.default_rng(seed).integers(fmt.lo, fmt.hi + 1, size=shape), fmt)


def _ways(network_builder: NetworkBuilder, function: TabulatedFunction) -> dict[str, Network]:
    """A network for each way to build: `build` would keep the smallest only."""
    found: dict[str, Network] = {}
    for way in network_builder.ways(function):
        takes_long = way.name == "a combination of neurons" and function.tables[0].size > MANY
        if way.name not in found and not takes_long:
            try:
                drafts = way.build()
                found[way.name] = network(network_builder.setting, network_builder.entries, drafts)
            except (NoNetwork, TooManyBoxes, NetworkTooLarge):
                continue
    return found


def mutated(draw: Random, original: Network) -> tuple[str, Network]:
    """What is changed, and the network with that one change, which need not matter."""
    place = draw.randrange(len(original.layers))
    layer = original.layers[place]
    kind = draw.choice([*BIASES, *WEIGHTS] * 2 + [SWAPPED])
    if kind in BIASES:
        changed = _other_bias(draw, layer, kind)
    elif kind == SWAPPED:
        changed = _swapped(draw, layer)
    else:
        changed = _other_weight(draw, layer, kind)
    layers = (*original.layers[:place], changed, *original.layers[place + 1 :])
    return f"layer {place}: {kind}", replace(original, layers=layers)


BIASES = ("bias + 1", "bias - 1", "-bias", "0 bias", "any bias", "large bias")
WEIGHTS = ("weight + 1", "weight - 1", "-weight", "no weight", "any weight", "new weight")
SWAPPED = "swapped columns"


def _other_bias(draw: Random, layer: Layer, kind: str) -> Layer:
    index = draw.randrange(layer.outputs)
    bias = layer.biases[index]
    reach = 2 * layer.accumulator_scale * max(1, layer.output_format.hi)
    changed = {
        "bias + 1": bias + 1,
        "bias - 1": bias - 1,
        "-bias": -bias,
        "0 bias": 0,
        "any bias": draw.randint(-reach, reach),
        "large bias": draw.choice([-1, 1]) * draw.randint(reach, LARGE),
    }[kind]
    return replace(layer, biases=(*layer.biases[:index], changed, *layer.biases[index + 1 :]))


def _other_weight(draw: Random, layer: Layer, kind: str) -> Layer:
    dense, fmt = _written_out(layer), layer.weight_format
    places = np.argwhere((dense == 0) == (kind == "new weight"))
    if not len(places):
        places = np.argwhere(np.ones_like(dense))
    place = tuple(places[draw.randrange(len(places))])
    code = int(dense[place])
    changed = {
        "weight + 1": code + 1,
        "weight - 1": code - 1,
        "-weight": -code,
        "no weight": 0,
        "any weight": draw.randint(fmt.lo, fmt.hi),
        "new weight": draw.choice([1, -1, draw.randint(fmt.lo, fmt.hi)]),
    }[kind]
    dense[place] = min(max(changed, fmt.lo), fmt.hi)
    return replace(layer, weights=Matrix.dense(dense))


def _swapped(draw: Random, layer: Layer) -> Layer:
    """A neuron reads one number in the place of another, and the other way round."""
    dense = _written_out(layer)
    row = draw.randrange(layer.outputs)
    one, other = (draw.randrange(dense.shape[1]) for _ in range(2))
    dense[row, [one, other]] = dense[row, [other, one]]
    return replace(layer, weights=Matrix.dense(dense))


def _written_out(layer: Layer) -> NDArray[np.int64]:
    dense = np.zeros((layer.outputs, layer.weights.inputs), dtype=np.int64)
    dense[layer.weights.rows, layer.weights.columns] = layer.weights.codes
    return dense
