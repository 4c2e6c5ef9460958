"""Whole neurons and networks agree with the Fraction reference, in every interpretation."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import cycle, islice, product
from random import Random

import numpy as np
import pytest

from smtcheck.arithmetic.arrays import Arrays
from smtcheck.arithmetic.circuits import Circuits
from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.intervals import Intervals
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.arithmetic.rounding import Rounding
from smtcheck.arithmetic.terms import Terms
from smtcheck.networks.layers import run
from smtcheck.networks.network import Network
from tests.arithmetic.cases import CODES, SCALES, WEIGHTS
from tests.arithmetic.gates import values_at
from tests.arithmetic.random_networks import (
    RATIONAL,
    TRANSCENDENTAL,
    Pair,
    all_inputs,
    layer_pair,
    random_pair,
)
from tests.arithmetic.smtlib import Script

#: Output codes at every input.
Interpret = Callable[[Network], list[list[int]]]


def by_integers(network: Network) -> list[list[int]]:
    return [list(network.evaluate(codes)) for codes in all_inputs(network)]


def by_int64(network: Network) -> list[list[int]]:
    return by_arrays(network, np.int64)


def by_objects(network: Network) -> list[list[int]]:
    return by_arrays(network, object)


def by_arrays(network: Network, element_type: type) -> list[list[int]]:
    ops = Arrays(element_type)
    inputs = ops.variable(np.array(all_inputs(network)).T, network.input_format.codes)
    outputs = run(ops, network.layers, inputs)
    assert outputs.elements.min() in outputs.bounds
    assert outputs.elements.max() in outputs.bounds
    return outputs.elements.T.tolist()


def by_terms(network: Network) -> list[list[int]]:
    terms, codes = Terms(), network.input_format.codes
    outputs = run(
        terms, network.layers, [terms.variable(f"x{i}", codes) for i in range(network.inputs)]
    )
    columns = zip(*all_inputs(network), strict=True)
    script = Script(terms.lines, {f"x{i}": column for i, column in enumerate(columns)})
    assert np.all(script.holds)
    return [list(codes) for codes in zip(*map(script.values, outputs), strict=True)]


def by_circuits(network: Network) -> list[list[int]]:
    """All outputs are digits of one number, since looking at all gates takes long."""
    circuits, codes = Circuits(), network.input_format.codes
    outputs = run(
        circuits, network.layers, [circuits.variable(codes) for _ in range(network.inputs)]
    )
    fmt, total = network.output_format, circuits.constant(0)
    size, offset = circuits.constant(fmt.codes.size), circuits.constant(-fmt.lo)
    for output in reversed(outputs):
        total = circuits.add(circuits.multiply(total, size), circuits.add(output, offset))
    numbers = values_at(circuits, total, list(zip(*all_inputs(network), strict=True)))
    assert all(0 <= number < fmt.codes.size**network.outputs for number in numbers)
    powers = [fmt.codes.size**place for place in range(network.outputs)]
    return [[n // power % fmt.codes.size + fmt.lo for power in powers] for n in numbers]


INTERPRETATIONS = pytest.mark.parametrize(
    "interpret", [by_integers, by_int64, by_objects, by_terms, by_circuits]
)


@lru_cache(maxsize=2)
def small_neurons(step: int) -> list[tuple[Pair, list[list[int]]]]:
    """A neuron for each weight -3 .. 3, in each small format and scale; modes in turn."""
    settings = zip(product(CODES, SCALES), cycle(product(Rounding, Overflow)), strict=False)
    pairs = [
        neurons(Format(lo=lo, hi=hi, scale=scale, rounding=rounding, overflow=overflow))
        for ((lo, hi), scale), (rounding, overflow) in islice(settings, 0, None, step)
    ]
    return [with_codes(pair) for pair in pairs]


def neurons(fmt: Format) -> Pair:
    """Weight codes -3 .. 3 and biases that meet ties, reading one number of the format."""
    weight_format = Format(lo=-3, hi=3, scale=fmt.scale)
    biases = tuple(weight * fmt.scale // 2 for weight in WEIGHTS)
    own, other = layer_pair([[w] for w in WEIGHTS], biases, fmt, weight_format, fmt, None)
    network = Network(input_format=fmt, inputs=1, layers=(own,))
    return Pair(network=network, layers=(other,))


def with_codes(pair: Pair) -> tuple[Pair, list[list[int]]]:
    return pair, [pair.expected(codes) for codes in all_inputs(pair.network)]


@lru_cache(maxsize=1)
def small_networks() -> list[tuple[Pair, list[list[int]]]]:
    """One to three layers, formats and activations of any kind."""
    draw, pairs = Random(7), []
    for number in range(400):
        depth = draw.randint(1, 3)
        sizes = [draw.randint(1, 2), *(draw.randint(1, 3) for _ in range(depth))]
        names = RATIONAL if number % 3 else TRANSCENDENTAL
        pairs.append(random_pair(draw, sizes, 8, names))
    return [with_codes(pair) for pair in pairs]


@INTERPRETATIONS
def test_small_neurons(interpret: Interpret) -> None:
    cases = small_neurons(5)  # every format, at two or three scales each
    wrong = [pair.network.input_format for pair, codes in cases if interpret(pair.network) != codes]
    assert wrong == []


@pytest.mark.slow
@INTERPRETATIONS
def test_every_small_neuron(interpret: Interpret) -> None:
    assert all(interpret(pair.network) == codes for pair, codes in small_neurons(1))


@INTERPRETATIONS
def test_small_networks(interpret: Interpret) -> None:
    cases = enumerate(small_networks())
    wrong = [number for number, (pair, codes) in cases if interpret(pair.network) != codes]
    assert wrong == []


def test_intervals_contain_the_codes_of_small_networks() -> None:
    for pair, codes in small_networks():
        network = pair.network
        bounds = run(Intervals(), network.layers, (network.input_format.codes,) * network.inputs)
        for interval, column in zip(bounds, zip(*codes, strict=True), strict=True):
            assert interval.low <= min(column)
            assert max(column) <= interval.high
            assert interval.low in network.output_format.codes
            assert interval.high in network.output_format.codes


def test_evaluate_many_is_evaluate_many_times() -> None:
    for pair, codes in small_networks()[:50]:
        outputs = pair.network.evaluate_many(np.array(all_inputs(pair.network)))
        assert outputs.tolist() == codes


def test_no_points_give_no_codes() -> None:
    for pair, _ in small_networks()[:50]:
        network = pair.network
        empty = np.zeros((0, network.inputs), dtype=np.int64)
        assert network.evaluate_many(empty).shape == (0, network.outputs)


def test_few_points_are_as_good_as_many() -> None:
    """A table of which few entries are asked is looked up in another way."""
    for pair, codes in small_networks()[::3]:
        for place in range(0, len(codes), 7):
            one = np.array(all_inputs(pair.network)[place : place + 1])
            assert pair.network.evaluate_many(one).tolist() == codes[place : place + 1]
