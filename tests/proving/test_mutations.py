"""Constructed networks with one number changed: every verdict against all inputs."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from random import Random

import numpy as np
import pytest

import smtcheck as sc
from smtcheck.networks.matrices import Matrix
from smtcheck.networks.network import Network
from smtcheck.proving import composition
from smtcheck.proving.constructing import Constructed, table_target
from smtcheck.proving.factors import DoesNotApply
from smtcheck.proving.lemmas import Lemmas
from smtcheck.proving.limits import Limits
from smtcheck.proving.questions import NetworkSide, Question
from smtcheck.proving.search import prove
from smtcheck.proving.verdicts import Proved, Refuted, Verdict

SETTINGS = [
    ("relu", "paper(3,4)", 2, "full", "exact"),
    ("sigmoid", "paper(2,2)", 2, "full", "grid"),
    ("gelu", "paper(3,4)", 2, "ternary", "exact"),
    ("abs", "paper(2,3)", 2, "binary", "grid"),
    ("step", "paper(2,1,AP_TRN,AP_SAT)", 2, "ternary", "exact"),
    ("relu", "paper(1,1)", 3, "full", "exact"),
    ("relu", "codes(-2,5,3,AP_RND_CONV,AP_SAT)", 2, "full", "exact"),
    ("square", "paper(3,4)", 1, "full", "format"),
]
LEMMAS = Lemmas()


@cache
def constructed(number: int) -> tuple[Network, np.ndarray]:
    """A network for a random table, and the table."""
    act, text, inputs, weights, bias = SETTINGS[number]
    fmt = sc.Format.parse(text)
    shape = (fmt.codes.size,) * inputs
    table = np.random.default_rng(number).integers(fmt.lo, fmt.hi + 1, size=shape)
    found = sc.construct(table, act, fmt, weights=weights, bias=bias)
    assert isinstance(found, Constructed)
    return found.network, table


def changed(network: Network, random: Random) -> Network:
    """One weight or bias is another: near by, of the other sign, zero, or any."""
    place = random.randrange(len(network.layers))
    layer = network.layers[place]
    if random.random() < 0.3:
        row = random.randrange(layer.outputs)
        step = random.choice([1, -1, layer.accumulator_scale, random.randint(-999, 999)])
        biases = list(layer.biases)
        biases[row] += step
        layer = replace(layer, biases=tuple(biases))
    else:
        weights = np.zeros((layer.outputs, layer.weights.inputs), dtype=np.int64)
        weights[layer.weights.rows, layer.weights.columns] = layer.weights.codes
        used = np.argwhere(weights != 0)
        row, column = used[random.randrange(len(used))]
        if random.random() < 0.2:
            row, column = (random.randrange(size) for size in weights.shape)
        fmt, old = layer.weight_format, int(weights[row, column])
        new = random.choice([old - 1, old + 1, -old, 0, random.randint(fmt.lo, fmt.hi)])
        weights[row, column] = min(max(new, fmt.lo), fmt.hi)
        layer = replace(layer, weights=Matrix.dense(weights))
    layers = [*network.layers[:place], layer, *network.layers[place + 1 :]]
    return replace(network, layers=tuple(layers))


def rank(codes: tuple[int, ...]) -> list[tuple[int, bool]]:
    """The order of inputs: 0, 1, -1, 2, ... for the first, then for the second, ..."""
    return [(abs(code), code < 0) for code in codes]


def check(network: Network, table: np.ndarray, verdict: Verdict) -> str:
    """The verdict is what trying all inputs says, with the least counterexample."""
    lo = network.input_format.lo
    points = [tuple(int(i) + lo for i in place) for place in np.ndindex(table.shape)]
    wrong = [
        point
        for point, row in zip(points, network.evaluate_many(np.array(points)), strict=True)
        if int(row[0]) != table[tuple(code - lo for code in point)]
    ]
    if not wrong:
        assert isinstance(verdict, Proved)
        return "proved"
    assert isinstance(verdict, Refuted)
    least = min(wrong, key=rank)
    found = verdict.counterexample
    assert found.input_codes == least
    assert found.left_code == network.evaluate(least)[0]
    assert found.right_code == table[tuple(code - lo for code in least)]
    return "refuted"


def judge(count: int, seed: int) -> Counter[str]:
    """So many changed networks, by composition and by the portfolio."""
    random, seen = Random(seed), Counter[str]()
    for index in range(count):
        network, table = constructed(index % len(SETTINGS))
        network = changed(network, random)
        fmt = network.input_format
        question = Question(
            left=NetworkSide(network=network),
            right=table_target(table, fmt),
            domain=(fmt.codes,) * network.inputs,
        )
        seen[check(network, table, prove(question, Limits()))] += 1
        try:
            deadline = Limits().deadline()
            verdict = composition.prove(question, Limits(), deadline, LEMMAS)
        except DoesNotApply:
            continue
        seen["composed, " + check(network, table, verdict)] += 1
    return seen


def test_a_changed_number_is_found_or_does_not_matter() -> None:
    seen = judge(160, 1)
    assert seen["proved"] > 5 and seen["refuted"] > 50
    assert seen["composed, proved"] + seen["composed, refuted"] > 140


@pytest.mark.slow
def test_thousands_of_changed_numbers() -> None:
    seen = judge(4000, 2)
    assert seen["composed, proved"] > 100 and seen["composed, refuted"] > 1000
