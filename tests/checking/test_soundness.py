"""Hundreds of random questions: every engine answers as brute force with the reference does.

Starting a solver process takes a third of a second, so most questions are put to the
solvers inside this process, by the very functions that the child process runs; some go
all the way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache
from itertools import islice

import pytest

from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.intervals import Interval
from smtcheck.checking import replay
from smtcheck.checking.refusals import Refused
from smtcheck.claims.questions import Obligation, Question
from smtcheck.claims.verdicts import Minimality, Proved, Refuted
from smtcheck.engines import smt, smt_process
from smtcheck.engines.portfolio import Engine, prove
from smtcheck.errors import InputError
from smtcheck.limits import Limits
from tests.claims.random_questions import Known, agrees, expression_side, random_questions

#: How many questions: some at each run, more where there is time.
COUNTS = [500, pytest.param(1200, marks=pytest.mark.slow)]
LIMITS = Limits(timeout_seconds=60)


@cache
def questions(count: int) -> list[Known]:
    return list(islice(random_questions(seed=20), count))


@pytest.mark.parametrize("count", COUNTS)
def test_the_questions_are_many_and_varied(count: int) -> None:
    refuted = sum(one.smallest is not None for one in questions(count))
    assert len(questions(count)) == count
    assert count // 4 <= refuted <= count * 3 // 4
    verdicts = Counter((one.kind, one.smallest is None) for one in questions(count))
    for kind in ("truth_table", "spelled_out", "other_network"):
        assert min(verdicts[kind, True], verdicts[kind, False]) > count // 40
    for tolerance in (0, 1, 2):
        tolerant = [one for one in questions(count) if one.question.tolerance_ulp == tolerance]
        assert 0 < sum(one.smallest is None for one in tolerant) < len(tolerant)
    assert sum(scales(one)[0] != scales(one)[1] for one in questions(count)) > count // 20
    assert sum(len(one.points) > 20 for one in questions(count)) > count // 4


def scales(one: Known) -> tuple[int, int]:
    return one.question.left.output_format.scale, one.question.right.output_format.scale


@pytest.mark.parametrize("engine", [Engine.EXHAUSTIVE, Engine.AUTO])
@pytest.mark.parametrize("count", COUNTS)
def test_trying_all_inputs(engine: Engine, count: int) -> None:
    wrong = [
        number
        for number, one in enumerate(questions(count))
        if not agrees(one, prove(one.question, LIMITS, engine))
    ]
    assert wrong == []


@pytest.mark.parametrize("name", ["bitwuzla", "z3"])
@pytest.mark.parametrize("count", COUNTS)
def test_solvers(name: str, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[str, Sequence[int]]] = []
    monkeypatch.setattr(smt_process, "_say", lambda kind, codes=(): said.append((kind, codes)))
    wrong = [
        number
        for number, one in enumerate(questions(count))
        if answer(one.question, name, said) != one.smallest
    ]
    assert wrong == []


def answer(
    question: Question, name: str, said: list[tuple[str, Sequence[int]]]
) -> tuple[int, ...] | None:
    """What a child process would answer, made as small as it would."""
    text = smt.script(question, Obligation.AGREEMENT)
    if text is None:
        return None
    start = {"z3": smt_process._z3_query, "bitwuzla": smt_process._bitwuzla_query}[name]
    intervals = [(axis.low, axis.high) for axis in question.domain]
    query = start(text, intervals, 0)
    codes = query(intervals)
    if codes is None:
        return None
    said[:] = [("sat", codes)]
    smt_process._minimise(query, intervals, codes)
    return tuple(said[-1][1])


@pytest.mark.parametrize("count", COUNTS)
def test_what_is_asked_is_defined_everywhere(count: int) -> None:
    """Questions that divide by zero were left out, and no engine thinks otherwise."""
    for one in questions(count):
        assert smt.script(one.question, Obligation.DEFINEDNESS) is None or is_defined(one.question)


def is_defined(question: Question) -> bool:
    text = smt.script(question, Obligation.DEFINEDNESS)
    assert text is not None
    intervals = [(axis.low, axis.high) for axis in question.domain]
    return smt_process._bitwuzla_query(text, intervals, 0)(intervals) is None


@pytest.mark.parametrize("engine", [Engine.SMT, Engine.Z3, Engine.BITWUZLA])
@pytest.mark.parametrize("count", COUNTS)
def test_child_processes(engine: Engine, count: int) -> None:
    telling = [one for one in questions(count) if smt.script(one.question, Obligation.AGREEMENT)]
    chosen = telling[:: len(telling) // 12]
    assert {one.smallest is None for one in chosen} == {True, False}
    for one in chosen:
        assert agrees(one, prove(one.question, LIMITS, engine)), one


# ---- divisions by zero, and counterexamples that do not replay ----

EIGHTHS = Format.parse("paper(3, 8)")


def question(left: str, right: str, low: int = -7, high: int = 7) -> Question:
    """Two expressions in x0 and x1."""
    return Question(
        left=expression_side((left,), 2, EIGHTHS, EIGHTHS),
        right=expression_side((right,), 2, EIGHTHS, EIGHTHS),
        domain=(Interval(low, high), Interval(-7, 7)),
    )


@pytest.mark.parametrize("engine", [Engine.EXHAUSTIVE, Engine.SMT])
@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("1 / x0", [0, 0]),
        ("1 / (x0 - x1 + 1/4)", [0, 2]),
        ("where(x1 > x0, x0, 1 / (8 * x1 - 3) / (x0 - 1/4))", [2, 0]),
        ("where(x1 > 0, 1 / (x0 + 5/8), 0)", [-5, 1]),
    ],
)
def test_a_division_by_zero_is_an_error_that_shows_the_smallest_input(
    engine: Engine, text: str, codes: list[int]
) -> None:
    """Even where there is a difference at a smaller input."""
    message = rf"divides by zero at x0 = .*, x1 = .* \(input codes \[{codes[0]}, {codes[1]}\]\)"
    for other in ("x0", text):
        with pytest.raises(InputError, match=message):
            prove(question(other, text), LIMITS, engine)
    with pytest.raises(InputError, match=message):
        prove(question(text, "x1"), LIMITS, engine)


@pytest.mark.parametrize("engine", [Engine.EXHAUSTIVE, Engine.SMT])
def test_a_guarded_division_is_none(engine: Engine) -> None:
    guarded = "where(x0 > 0, 1 / x0, x1)"
    assert isinstance(prove(question(guarded, guarded), LIMITS, engine), Proved)
    assert isinstance(prove(question("1 / x0", "1 / x0", low=1), LIMITS, engine), Proved)


@pytest.mark.parametrize("engine", [Engine.AUTO, Engine.EXHAUSTIVE, Engine.SMT])
@pytest.mark.parametrize("first", [0, 2**62 - 4, 2**63 - 4, 2**63, 2**70, -(2**63) - 4, -(2**64)])
def test_a_few_inputs_whose_codes_are_wide(engine: Engine, first: int) -> None:
    wide = Format.parse("paper(80, 3)")
    domain = (Interval(first, first + 9),)
    middle = first + 5
    for text, smallest in [("x0", None), (f"where(x0 == {middle}/3, 0, x0)", (middle,))]:
        sides = [expression_side((side,), 1, wide, wide) for side in ("x0", text)]
        verdict = prove(Question(left=sides[0], right=sides[1], domain=domain), LIMITS, engine)
        match verdict:
            case Refuted(counterexample=found):
                assert found.input_codes == smallest
            case _:
                assert isinstance(verdict, Proved)
                assert smallest is None


def test_an_enormous_domain_is_not_exhausted_but_begun() -> None:
    """The smallest inputs come first, so a difference near zero is found at once."""
    wide = Format.parse("paper(64, 1)")
    sides = [expression_side((text,), 1, wide, wide) for text in ("x0", "max(x0, -3)")]
    asked = Question(left=sides[0], right=sides[1], domain=(wide.codes,))
    verdict = prove(asked, LIMITS, Engine.EXHAUSTIVE)
    assert isinstance(verdict, Refuted)
    assert verdict.counterexample.input_codes == (-4,)


def test_only_real_counterexamples_are_accepted() -> None:
    asked = question("x0", "max(x0, x1)", low=-2)
    agreement = Obligation.AGREEMENT
    found = replay.failed(asked, agreement, "test", (0, 1), Minimality.UNKNOWN)
    assert isinstance(found, Refuted)
    with pytest.raises(Refused, match="does not replay"):
        replay.failed(asked, agreement, "test", (1, 0), Minimality.UNKNOWN)
    with pytest.raises(Refused, match="outside the domain"):
        replay.failed(asked, agreement, "test", (-3, 1), Minimality.UNKNOWN)
    with pytest.raises(Refused, match="does not replay"):
        replay.failed(asked, Obligation.DEFINEDNESS, "test", (0, 1), Minimality.UNKNOWN)
