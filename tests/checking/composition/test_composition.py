"""The composed proof: what brute force says of every network it accepts, and no more lemmas."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice, product
from random import Random

import numpy as np
import pytest

from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.intervals import Interval
from smtcheck.checking.composition import composition
from smtcheck.checking.composition.blocks import USUAL, DoesNotApply, TableSizes
from smtcheck.checking.composition.composition import prove
from smtcheck.checking.composition.saturation import Overflows
from smtcheck.claims.questions import Question
from smtcheck.claims.sides import ActivationSide, NetworkSide, Side
from smtcheck.claims.statements import Discharger, Statement
from smtcheck.claims.verdicts import Basis, Proved, Refuted, Undecided, Verdict
from smtcheck.engines.lemma_cache import Lemmas
from smtcheck.engines.portfolio import Engine
from smtcheck.engines.portfolio import prove as searched
from smtcheck.errors import InputError
from smtcheck.limits import Limits
from smtcheck.networks.activations import Activation, activation
from smtcheck.networks.layers import Layer
from smtcheck.networks.matrices import Matrix
from smtcheck.networks.network import Network
from tests.checking.composition.random_parts import lively_parts
from tests.claims.random_questions import (
    Known,
    agrees,
    expression_side,
    random_questions,
    smallest_first,
)
from tests.engines.in_process import InProcess

QUESTIONS = 120
LIMITS = Limits(timeout_seconds=60)

CODES = Format.parse("codes(-2, 5, 3)")
BYTE = Format.parse("ap_fixed<8,8,AP_RND_CONV,AP_SAT>")
SUMS = Format.parse("paper(10, 1)")
LARGE = Format.parse("paper(62, 1)")
WIDE = Format.parse("paper(80, 1)")

EYE = [[1, 0], [0, 1]]


@pytest.fixture(scope="module")
def lemmas() -> Discharger:
    return InProcess().within(LIMITS)


@pytest.fixture(scope="module")
def questions() -> list[Known]:
    return list(islice(random_questions(21, lively_parts), QUESTIONS))


def verdict_of(question: Question, lemmas: Discharger, sizes: TableSizes = USUAL) -> Verdict | None:
    """None where composition does not apply."""
    try:
        return prove(question, LIMITS.deadline(), lemmas, sizes)
    except DoesNotApply:
        return None


def net(inputs: int, fmt: Format, *layers: Layer) -> NetworkSide:
    return NetworkSide(network=Network(input_format=fmt, inputs=inputs, layers=layers))


def layer(
    rows: Sequence[Sequence[int]],
    biases: Sequence[int],
    before: Format,
    after: Format,
    act: Activation | None = None,
) -> Layer:
    return Layer(
        weights=Matrix.dense(rows),
        biases=tuple(biases),
        input_scale=before.scale,
        weight_format=WIDE,
        output_format=after,
        activation=act,
    )


# ---- random questions ----


def test_the_questions_are_many_and_varied(questions: list[Known]) -> None:
    refuted = sum(one.smallest is not None for one in questions)
    assert QUESTIONS // 4 <= refuted <= QUESTIONS * 3 // 4
    assert Counter(len(one.question.domain) for one in questions).keys() == {1, 2, 3}


#: (sparse tables where one value in so many differs, values in a table)
SETTINGS = [(4, 2**18), (10**9, 2**18), (4, 300)]


@pytest.mark.parametrize(("sparse", "cells"), SETTINGS)
def test_verdicts_are_those_of_brute_force(
    questions: list[Known], lemmas: Discharger, sparse: int, cells: int
) -> None:
    sizes = TableSizes(sparse=sparse, cells=cells, portion=cells)
    verdicts = [verdict_of(one.question, lemmas, sizes) for one in questions]
    wrong = [
        number
        for number, (one, verdict) in enumerate(zip(questions, verdicts, strict=True))
        if verdict is not None and not agrees(one, verdict)
    ]
    assert wrong == []
    assert sum(verdict is None for verdict in verdicts) < QUESTIONS // (10 if cells > 300 else 1)


def test_outputs_are_those_of_the_evaluator(lemmas: Discharger) -> None:
    """At larger domains than the reference has time for."""
    draw = Random(22)
    parts = 0
    for _ in range(100):
        network = lively_parts(draw).network
        codes = network.input_format.codes
        side = NetworkSide(network=network)
        question = Question(left=side, right=side, domain=(codes,) * network.inputs)
        composed = composition._Composition(question, lemmas)
        try:
            found = [array.elements for array in composed.outputs(side)]
        except DoesNotApply:
            continue
        points = np.stack(
            np.meshgrid(*[np.arange(codes.low, codes.high + 1)] * network.inputs, indexing="ij"), -1
        ).reshape(-1, network.inputs)
        assert np.array_equal(np.stack(found, axis=1), network.evaluate_many(points))
        parts += composed._used > 0
    assert parts > 20


@pytest.mark.parametrize("rows", [EYE, EYE[::-1], [[1, 0], [1, 1]], [[0, 1], [-2, 0]]])
def test_axes_that_are_the_inputs_and_others(rows: list[list[int]], lemmas: Discharger) -> None:
    """A last layer that reads a neuron of both axes, in which x0 and x1 do not look alike."""
    last = layer([[1]], [0], SUMS, SUMS)
    side = net(2, BYTE, layer(rows, [0, 0], BYTE, SUMS), layer([[7, 1]], [3], SUMS, SUMS), last)
    domain = (Interval(-2, 5), Interval(3, 9))
    text = " + ".join(
        f"{weight} * ({row[0]} * x0 + {row[1]} * x1)"
        for weight, row in zip((7, 1), rows, strict=True)
    )
    for bias, answer in ((3, Proved), (4, Refuted)):
        right = expression_side((f"{text} + {bias}",), 2, BYTE, SUMS)
        question = Question(left=side, right=right, domain=domain)
        assert isinstance(verdict_of(question, lemmas), answer)


# ---- which input is reported ----


def test_the_smallest_counterexample_is_reported(lemmas: Discharger) -> None:
    """In the order in which inputs are tried, wherever the domain lies."""
    sides = [
        net(2, BYTE, layer(EYE, [0, bias], BYTE, BYTE), layer([[1, 1]], [-bias], BYTE, SUMS))
        for bias in (0, 3)  # by which x1 overflows where it is above 124
    ]
    for low, high in [(-128, 127), (-128, -126), (120, 127), (125, 125), (-128, 3), (-3, 127)]:
        domain = (Interval(low, high), Interval(-128, 127))
        verdict = verdict_of(Question(left=sides[0], right=sides[1], domain=domain), lemmas)
        assert isinstance(verdict, Refuted)
        codes = next(point for point in smallest_first(domain) if differs(sides, point))
        assert verdict.counterexample.input_codes == codes


def differs(sides: Sequence[NetworkSide], point: tuple[int, ...]) -> bool:
    one, other = (side.network.evaluate(point) for side in sides)
    return one != other


def test_activations_and_expressions_are_sides(lemmas: Discharger) -> None:
    square = activation("square")
    side = ActivationSide(activation=square, output_format=CODES)
    same = net(1, CODES, layer([[1]], [0], CODES, CODES, square), layer([[1]], [0], CODES, CODES))
    text = expression_side(("x0 * x0",), 1, CODES, CODES)
    for right in (side, text):
        for left in (same, right):
            question = Question(left=left, right=right, domain=(CODES.codes,))
            assert isinstance(verdict_of(question, lemmas), Proved) is (left is same)


def test_a_target_that_divides_by_zero_is_bad_input(lemmas: Discharger) -> None:
    left = net(1, CODES, layer([[1]], [0], CODES, CODES), layer([[1]], [0], CODES, CODES))
    right = expression_side(("1 / (x0 - 1/3)",), 1, CODES, CODES)
    with pytest.raises(InputError, match=r"divides by zero at x0 = 1/3 "):
        verdict_of(Question(left=left, right=right, domain=(CODES.codes,)), lemmas)


# ---- what it does not apply to ----


def reasons(question: Question, lemmas: Discharger, limits: Limits = LIMITS) -> str:
    with pytest.raises(DoesNotApply) as caught:
        prove(question, limits.deadline(), lemmas)
    return str(caught.value)


def itself(side: Side, *domain: Interval) -> Question:
    return Question(left=side, right=side, domain=domain or (side.input_format.codes,))


def identity(fmt: Format, after: Format = BYTE) -> Layer:
    return layer([[1]], [0], fmt, after)


def test_what_has_no_parts(lemmas: Discharger) -> None:
    one_layer = net(1, BYTE, identity(BYTE))
    assert "one layer" in reasons(itself(one_layer), lemmas)
    square = ActivationSide(activation=activation("square"), output_format=BYTE)
    assert "no network" in reasons(itself(square), lemmas)


def test_too_much(lemmas: Discharger) -> None:
    wide = net(1, WIDE, identity(WIDE), identity(BYTE))
    assert "inputs are more" in reasons(itself(wide, Interval(0, 2**24)), lemmas)
    many = net(33, BYTE, layer([[1] * 33], [0], BYTE, BYTE), identity(BYTE))
    assert "33 input codes" in reasons(itself(many, *[Interval(1, 1)] * 33), lemmas)
    directions = [[1, factor] for factor in range(13)]
    crowded = net(
        2, BYTE, layer(directions, [0] * 13, BYTE, BYTE), layer([[1] * 13], [0], BYTE, BYTE)
    )
    assert "directions" in reasons(itself(crowded, *[Interval(0, 1)] * 2), lemmas)


def test_places_that_cannot_be_numbered(lemmas: Discharger) -> None:
    """Six directions that give some 2^12 sums each: 2^64 places or more."""
    directions = [[1, 0], [0, 1], [1, 1], [1, -1], [1, 2], [2, 1]]
    wide = Format.parse("codes(-5000, 5000, 1)")
    overflowing = layer([[2**30, 1, 1, 1, 1, 1]], [2**45], wide, CODES)
    side = net(2, wide, layer(directions, [0] * 6, wide, wide), overflowing, identity(CODES))
    assert "numbered" in reasons(itself(side, *[Interval(-900, 900)] * 2), lemmas)


@pytest.mark.parametrize("low", [2**61, 2**63 - 4, 2**63 - 1, 2**63, -(2**61) - 3, -(2**63) - 1])
def test_input_codes_that_do_not_fit(low: int, lemmas: Discharger) -> None:
    """Also where they are read by nothing, so that no sum is large."""
    zero, one = (net(1, WIDE, layer([[0]], [bias], WIDE, BYTE), identity(BYTE)) for bias in (0, 1))
    text = expression_side(("where(x0 > 0, 1, 0)",), 1, WIDE, BYTE)
    for right in (one, text):
        question = Question(left=zero, right=right, domain=(Interval(low, low + 3),))
        assert "input codes do not fit" in reasons(question, lemmas)


@pytest.mark.parametrize("code", [2**61, 2**62, 2**63 - 1, -(2**63), 2**63, 2**70])
@pytest.mark.parametrize("place", ["weight", "second weight", "last weight", "bias", "last bias"])
@pytest.mark.parametrize("ends", [(-1, 1), (1, 1), (-3, -2)])
def test_sums_that_do_not_fit(
    code: int, place: str, ends: tuple[int, int], lemmas: Discharger
) -> None:
    """Not even if they cancel."""

    def at(name: str, otherwise: int) -> int:
        return code if place == name else otherwise

    first = layer([[at("weight", 1)], [1]], [at("bias", 0), 0], BYTE, SUMS)
    second = layer([[at("second weight", 1), -at("second weight", 1)]], [0], SUMS, SUMS)
    last = layer([[at("last weight", 1)]], [at("last bias", 0)], SUMS, BYTE)
    question = itself(net(1, BYTE, first, second, last), Interval(*ends))
    verdict = verdict_of(question, lemmas)
    assert verdict is None or (place == "last weight" and isinstance(verdict, Proved))


def test_sums_that_just_fit(lemmas: Discharger) -> None:
    """|weight * code| + |bias| < 2^61."""
    for bias, fits in [(2**60 - 1, True), (2**60, False)]:
        left, right = (
            net(1, BYTE, identity(BYTE), layer([[2**58]], [end], BYTE, LARGE))
            for end in (bias, bias - 1)
        )
        question = Question(left=left, right=right, domain=(Interval(4, 4),))
        verdict = verdict_of(question, lemmas)
        assert isinstance(verdict, Refuted) is fits
        if isinstance(verdict, Refuted):
            assert verdict.counterexample.left_code == 2**60 + bias


# ---- lemmas ----

#: x0 + x1, and as a second layer 40 * min(x0, 9) + 40 * x1 within -60 .. 60
ADDING = (
    layer(EYE, [0, 0], BYTE, Format.parse("codes(-9, 9, 1)")),
    layer([[40, 40], [30, -40]], [0, 5], BYTE, Format.parse("codes(-60, 60, 1, AP_TRN, AP_SAT)")),
    layer([[1, 1]], [0], BYTE, SUMS),
)
OVERFLOWING = Question(
    left=net(2, BYTE, *ADDING), right=net(2, BYTE, *ADDING), domain=(Interval(-20, 20),) * 2
)


def test_real_solvers_prove_the_lemmas() -> None:
    verdict = prove(OVERFLOWING, LIMITS.deadline(), Lemmas().within(LIMITS))
    assert isinstance(verdict, Proved)
    assert "all 1681 inputs" in verdict.evidence
    assert "and 2 lemmas" in verdict.evidence
    with ThreadPoolExecutor(2) as executor:
        lemmas = Lemmas().within(LIMITS, executor)
        assert isinstance(prove(OVERFLOWING, LIMITS.deadline(), lemmas), Proved)


@pytest.mark.parametrize("step", [-1, 1])
def test_a_wrong_threshold_is_not_believed(
    step: int, lemmas: Discharger, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(verdict_of(OVERFLOWING, lemmas), Proved)
    right = composition.threshold

    def wrong(*arguments: object) -> tuple[int, int] | None:
        found = right(*arguments)
        return found and (found[0] + step, found[1])

    monkeypatch.setattr(composition, "threshold", wrong)
    assert "a lemma is false" in reasons(OVERFLOWING, lemmas)  # of one of the two sides


def test_each_arithmetic_has_lemmas_of_its_own() -> None:
    """Ends are kept by all that they depend on: scales, format, activation, and size of sums."""
    one = layer([[1, 1]], [0], BYTE, CODES)
    other = Format.parse("codes(-2, 5, 3, AP_RND_INF, AP_SAT_ZERO)")
    layers = [
        one,
        replace(one, activation=activation("abs")),
        replace(one, activation=activation("expr:-x")),
        replace(one, input_scale=2),
        replace(one, weight_format=Format.parse("paper(80, 3)")),
        replace(one, output_format=other),
    ]
    asked = Asked()
    composed = composition._Composition(OVERFLOWING, asked)
    for number, (one, bound) in enumerate(product(layers, (100, 2**16, 2**40))):
        alone = composition._Composition(OVERFLOWING, Asked())
        assert composed._ends_of(one, bound) == alone._ends_of(one, bound)
        assert len(asked.statements) == 2 * number + 2
        for statement in asked.statements[-2:]:
            assert bound < statement.size
            assert statement.layer.accumulator_scale == one.accumulator_scale
            assert statement.layer.output_format == one.output_format
        composed._ends_of(one, bound)
        assert len(asked.statements) == 2 * number + 2


class Asked:
    """Believes everything, and remembers what."""

    basis = Basis.SOLVER

    def __init__(self) -> None:
        self.statements: list[Overflows] = []

    def is_true(self, *statements: Statement) -> bool:
        self.statements += [one for one in statements if isinstance(one, Overflows)]
        return True


def test_time_is_over(lemmas: Discharger) -> None:
    with pytest.raises(DoesNotApply, match="time was over"):
        prove(OVERFLOWING, time.monotonic() - 1, lemmas)


def test_the_engine_by_its_name() -> None:
    verdict = searched(itself(net(1, BYTE, identity(BYTE))), LIMITS, Engine.COMPOSITION)
    assert isinstance(verdict, Undecided)
    assert "one layer" in verdict.reason
    assert isinstance(searched(OVERFLOWING, LIMITS, Engine.COMPOSITION), Proved)
