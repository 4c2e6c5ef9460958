"""Constructed networks with one number changed: every verdict against all inputs.

The networks are built in every way there is, for many settings.  What each changed network
gives is found by evaluating it at every input; engines must say the same, with the first
wrong input as their counterexample.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import product
from random import Random

import numpy as np
import pytest

from smtcheck.checking.composition import composition
from smtcheck.checking.composition.blocks import DoesNotApply
from smtcheck.claims.questions import Question
from smtcheck.claims.sides import NetworkSide
from smtcheck.claims.verdicts import Counterexample, Minimality, Proved, Refuted, Undecided, Verdict
from smtcheck.engines.effort import ProvingEffort
from smtcheck.engines.lemma_cache import Lemmas
from smtcheck.engines.portfolio import Engine, prove
from smtcheck.limits import Limits
from smtcheck.networks.network import Network
from tests.checking.composition.mutations import ALL, CASES, SOME, Made, constructed, mutated

LIMITS = Limits(timeout_seconds=60)
LEMMAS = Lemmas().within(LIMITS)
EITHER = pytest.mark.parametrize(
    "numbers", [SOME, pytest.param(ALL, marks=pytest.mark.slow)], ids=["some", "all"]
)

Expected = tuple[tuple[int, ...], int, int, int] | None  #: input, output, codes of both sides


def question_of(made: Made, network: Network) -> Question:
    domain = (network.input_format.codes,) * network.inputs
    return Question(left=NetworkSide(network=network), right=made.target, domain=domain)


def expected(made: Made, network: Network) -> Expected:
    """The first input, in the order 0, 1, -1, 2, ... of each, that gives something else."""
    fmt = network.input_format
    points = list(product(range(fmt.lo, fmt.hi + 1), repeat=network.inputs))
    given = network.evaluate_many(np.array(points)).T
    wrong = np.flatnonzero((given != made.tables).any(axis=0)).tolist()
    if not wrong:
        return None
    first = min(wrong, key=lambda place: [(abs(code), code < 0) for code in points[place]])
    output = int(np.flatnonzero(given[:, first] != made.tables[:, first])[0])
    return points[first], output, int(given[output, first]), int(made.tables[output, first])


def require(verdict: Verdict, known: Expected) -> str:
    """What the verdict is, if it is right."""
    if known is None:
        assert isinstance(verdict, Proved), verdict
        return "proved"
    assert isinstance(verdict, Refuted), verdict
    codes, output, left, right = known
    assert verdict.counterexample == Counterexample(
        input_codes=codes, output=output, left_code=left, right_code=right, size=Minimality.SMALLEST
    )
    return "refuted"


def compared(numbers: Sequence[int], count: int, seed: int, stride: int) -> Counter[str]:
    """So many changed networks, one in `stride` merged too: how often which verdict was given."""
    draw, seen = Random(seed), Counter[str]()
    made = constructed(numbers)
    for number in range(count):
        one = made[number % len(made)]
        change, network = mutated(draw, one.network)
        known = expected(one, network)
        try:
            seen["auto, " + require(prove(question_of(one, network), LIMITS), known)] += 1
            seen["composition, " + by_composition(question_of(one, network), known)] += 1
            if number % stride == stride - 1:
                seen["merge, " + by_merging(question_of(one, network), known)] += 1
        except AssertionError as error:
            raise AssertionError(f"{one.name}, {change}, {known}: {error}") from error
    return seen


def by_composition(question: Question, known: Expected) -> str:
    try:
        verdict = composition.prove(question, LIMITS.deadline(), LEMMAS)
    except DoesNotApply:
        return "does not apply"
    return require(verdict, known)


def by_merging(question: Question, known: Expected) -> str:
    verdict = prove(question, LIMITS, Engine.MERGE)
    if isinstance(verdict, Undecided):
        assert "does not apply" in verdict.reason, verdict.reason
        return "does not apply"
    return require(verdict, known)


def require_variety(seen: Counter[str], count: int) -> None:
    assert seen["auto, proved"] + seen["auto, refuted"] == count
    assert min(seen["auto, proved"], seen["auto, refuted"]) > count // 8
    assert seen["composition, does not apply"] < count // 10
    assert seen["merge, proved"] and seen["merge, refuted"]


@EITHER
def test_the_networks_are_of_many_settings_and_ways(numbers: Sequence[int]) -> None:
    made = constructed(numbers)
    assert len(made) > 3 * len(numbers)
    ways = {one.name.split(", ")[-1] for one in made}
    kinds = [f"{way} by {kind}" for way in ("ridges", "levels", "boxes", "lookup")
             for kind in ("steps", "thresholds", "gates")]  # fmt: skip
    others = {"ramps", "points by gates", "lookup by digits", "a combination of neurons"}
    assert ways >= {*others, *kinds}
    assert {one.name.split(", ")[0] for one in made} == {case[0] for case in CASES}
    (looked_up,) = (
        one.network for one in made if "codes(-9,9,4)" in one.name and "by thresholds" in one.name
        and "lookup" in one.name
    )  # fmt: skip
    # two layers of threshold neurons, selectors, columns, the output: and readers of all columns
    assert len(looked_up.layers) == 6


@EITHER
def test_the_networks_are_right_as_they_were_built(numbers: Sequence[int]) -> None:
    applies = 0
    for one in constructed(numbers):
        assert expected(one, one.network) is None, one.name
        applies += by_composition(question_of(one, one.network), None) == "proved"
    # combinations for two inputs read them in many directions
    assert applies >= len(constructed(numbers)) - 6


def test_a_changed_number_is_found_or_does_not_matter() -> None:
    require_variety(compared(SOME, 120, seed=2, stride=10), 120)


@EITHER
def test_the_portfolio_asks_composition_where_evaluation_would_take_long(
    numbers: Sequence[int],
) -> None:
    impatient = ProvingEffort(quick_seconds=-1)
    draw, engines = Random(2), Counter[str]()
    for one in constructed(numbers):
        _, network = mutated(draw, one.network)
        verdict = prove(question_of(one, network), LIMITS, effort=impatient)
        require(verdict, expected(one, network))
        engines[getattr(verdict, "engine", "")] += 1
    assert engines["composition"] > 0.9 * len(constructed(numbers)), engines


@pytest.mark.slow
def test_thousands_of_changed_numbers() -> None:
    require_variety(compared(ALL, 5000, seed=3, stride=20), 5000)
