"""Evaluation in parts finds what evaluation in one go finds: the smallest failing input."""

from __future__ import annotations

import copy
import time
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from functools import cache
from itertools import islice
from random import Random

import pytest

from smtcheck.arithmetic.formats import Format
from smtcheck.claims.questions import Obligation, Question
from smtcheck.claims.sides import ActivationSide, ExpressionSide, NetworkSide
from smtcheck.claims.verdicts import Minimality, Refuted, Undecided
from smtcheck.engines import parallel_exhaustive
from smtcheck.engines.effort import ProvingEffort
from smtcheck.engines.parallel_exhaustive import Scan, scan
from smtcheck.engines.portfolio import Engine, prove
from smtcheck.errors import InputError
from smtcheck.expressions.parsing import parse
from smtcheck.files import CodeExecution
from smtcheck.interface.executors import Resources, workers
from smtcheck.limits import Limits
from smtcheck.networks.activations import CallableActivation, activation, table
from tests.claims.random_questions import Known, random_questions
from tests.engines.executors import Broken, Shuffled, Travelling

BYTE = Format.parse("ap_fixed<8,4,AP_RND,AP_SAT>")


def in_parts(points: int) -> ProvingEffort:
    """Parts of so many points, whatever they cost."""
    return ProvingEffort(part_points=points, part_work=1)


PARTS = pytest.mark.parametrize("part", [1, 5, 17])  #: so few that every question has several


@cache
def known_questions(seed: int, count: int) -> tuple[Known, ...]:
    return tuple(islice(random_questions(seed), count))


def later() -> float:
    return time.monotonic() + 60


def activation_question(left: str, right: str, fmt: Format = BYTE) -> Question:
    sides = [
        ActivationSide(
            activation=activation(text, code=CodeExecution.ALLOWED),
            output_format=fmt,
        )
        for text in (left, right)
    ]
    return Question(left=sides[0], right=sides[1], domain=(fmt.codes,))


def expression_question(text: str) -> Question:
    sides = [
        ExpressionSide(
            texts=(each,),
            expressions=(parse(each, 1),),
            inputs=1,
            input_format=BYTE,
            output_format=BYTE,
        )
        for each in (text, "x0")
    ]
    return Question(left=sides[0], right=sides[1], domain=(BYTE.codes,))


@PARTS
@pytest.mark.sampled(2)
def test_parts_change_nothing(part: int) -> None:
    places = set()
    stride = 3 if part == 1 else 1  # parts of one point are many
    for number, known in enumerate(known_questions(3, 120)[::stride]):
        whole = scan(known.question, Obligation.AGREEMENT, later())
        assert whole == Scan(failure=known.smallest)
        travelling = Travelling()
        asked = known.question, Obligation.AGREEMENT, later()
        assert scan(*asked, travelling, in_parts(part)) == whole
        with Shuffled(number) as shuffled:
            assert scan(*asked, shuffled, in_parts(part)) == whole
        if known.smallest is not None and len(known.points) > part:
            place = known.points.index(known.smallest) // part
            assert travelling.calls == place + 1
            places.add(min(place, 2))
    assert places >= {0, 1}


@PARTS
def test_processes_change_nothing(part: int) -> None:
    with workers(Resources(jobs=2)) as pool:
        for known in known_questions(4, 30):
            asked = known.question, Obligation.AGREEMENT, later()
            found = scan(*asked, pool.executor, in_parts(part))
            assert found == Scan(failure=known.smallest)


def test_parts_cover_the_domain_once() -> None:
    draw = Random(5)
    for known in known_questions(5, 20):
        parts = parallel_exhaustive._parts(known.question, in_parts(draw.randint(1, 9)))
        ranks = [rank for part in parts for rank in range(part.low, part.high + 1)]
        assert ranks == list(range(known.question.points))


def test_small_domains_are_not_sent() -> None:
    for known in known_questions(6, 5):
        assert scan(known.question, Obligation.AGREEMENT, later(), Broken()).is_complete


@PARTS
def test_a_division_by_zero_is_the_same_one(part: int) -> None:
    question = expression_question("where(x0 < -1, 1 / (x0 + 3) / (x0 + 2), x0)")
    messages = []
    for executor in (None, Travelling()):
        with pytest.raises(InputError, match="divides by zero at x0 = -2") as caught:
            prove(question, Limits(), Engine.EXHAUSTIVE, executor, in_parts(part))
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


@PARTS
def test_errors_of_somebody_elses_code_come_back(part: int) -> None:
    name = "tests.interface.sweep.sweep_functions:failing"
    question = activation_question(name, "identity", Format.parse("paper(5,3)"))
    with pytest.raises(InputError, match="no thirds, please"):
        prove(question, Limits(), Engine.EXHAUSTIVE, Travelling(), in_parts(part))


@PARTS
def test_what_cannot_be_sent_is_evaluated_here(part: int) -> None:
    local = ActivationSide(
        activation=CallableActivation(name="local", function=lambda x: abs(x)),
        output_format=BYTE,
    )
    right = ActivationSide(activation=activation("relu"), output_format=BYTE)
    question = Question(left=local, right=right, domain=(BYTE.codes,))
    found = scan(question, Obligation.AGREEMENT, later(), Broken(), in_parts(part))
    assert found == Scan(failure=(-1,))


@PARTS
def test_a_dead_process_leaves_the_claim_undecided(part: int) -> None:
    name = "tests.interface.sweep.sweep_functions:deadly"
    question = activation_question(name, "identity", Format.parse("paper(5,3)"))
    with workers(Resources(jobs=2)) as pool:
        verdict = prove(question, Limits(), Engine.EXHAUSTIVE, pool.executor, in_parts(part))
    assert isinstance(verdict, Undecided)
    assert "a process died (was memory short? try fewer --jobs)" in verdict.reason


@PARTS
def test_time_is_up_elsewhere_too(part: int) -> None:
    question = activation_question("relu", "identity")
    for executor in (Travelling(), Shuffled(1)):
        found = scan(question, Obligation.AGREEMENT, time.monotonic() - 1, executor, in_parts(part))
        assert not found.is_complete
        executor.shutdown()


def test_a_failure_after_what_is_not_seen_may_not_be_the_smallest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    question = activation_question("relu", "identity")
    unseen = {
        Obligation.DEFINEDNESS: Scan(),
        Obligation.AGREEMENT: Scan(failure=(-5,), is_complete=False),
    }
    monkeypatch.setattr(
        parallel_exhaustive, "scan", lambda _, obligation, *more: unseen[obligation]
    )
    verdict = prove(question, Limits(), Engine.EXHAUSTIVE)
    assert isinstance(verdict, Refuted)
    assert verdict.counterexample.size is Minimality.UNKNOWN


@PARTS
def test_threads_of_one_process_do_not_disturb_each_other(part: int) -> None:
    """Tables are filled as they are asked for, by whoever comes first."""
    question = activation_question("gelu", "expr:gelu(x)")
    with ThreadPoolExecutor(4) as executor:
        asked = question, Obligation.AGREEMENT, later()
        assert scan(*asked, executor, in_parts(part)) == Scan()


def test_copies_of_questions_have_no_tables_and_the_same_meaning() -> None:
    for known in known_questions(8, 60):
        scan(known.question, Obligation.AGREEMENT, later())
        other = copy.deepcopy(known.question)
        for side in (other.left, other.right):
            if isinstance(side, ExpressionSide):
                assert not side.tables
            if isinstance(side, NetworkSide):
                for layer in side.network.layers:
                    assert not getattr(layer.activation, "tables", None)
        assert scan(other, Obligation.AGREEMENT, later()) == Scan(failure=known.smallest)


def test_a_copy_of_a_function_has_no_tables() -> None:
    act = CallableActivation(name="mine", function=Fraction.__abs__)
    assert table(act, BYTE)[0] == 127
    assert act.tables
    other = copy.copy(act)
    assert (other, other.tables) == (act, {})
