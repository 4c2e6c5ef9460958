"""The solver processes: limits, deaths and nonsense are never an answer."""

from __future__ import annotations

import subprocess
import sys

import pytest

from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.intervals import Interval
from smtcheck.claims.questions import Obligation, Question
from smtcheck.claims.targets import expression_side
from smtcheck.claims.verdicts import Proved, Refuted, Undecided
from smtcheck.engines import smt
from smtcheck.engines.portfolio import Engine, prove
from smtcheck.engines.smt import Solver
from smtcheck.files import FileSpace
from smtcheck.limits import Limits


def question(left: str, right: str, fmt: str, *domain: tuple[int, int]) -> Question:
    """Two expressions compared on a box of codes."""
    parsed = Format.parse(fmt)
    sides = [
        expression_side((text,), len(domain), parsed, parsed, FileSpace.working_directory())
        for text in (left, right)
    ]
    axes = tuple(Interval(*axis) for axis in domain)
    return Question(left=sides[0], right=sides[1], domain=axes)


EASY = ("max(x0, x1)", "x0 + max(x1 - x0, 0)", "ap_fixed<8,4,AP_RND,AP_SAT>")


@pytest.mark.parametrize("solver", Solver)
def test_a_solver_without_memory_gives_no_answer(solver: Solver) -> None:
    hard = question(
        "x0 * x1 * x2", "x2 * x1 * x0 + x0 - x0", "ap_fixed<30,10>", *[(-(2**28), 2**28)] * 3
    )
    limits = Limits(memory_mebibytes=24, timeout_seconds=60)
    answer = smt.solve(hard, Obligation.AGREEMENT, [solver], limits, limits.deadline())
    assert not answer.is_unsatisfiable
    assert answer.codes is None
    assert answer.reason is not None
    assert solver.value in answer.reason


def test_one_dead_solver_does_not_stop_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    start = smt._start

    def start_or_die(solver: Solver, message: bytes) -> subprocess.Popen[bytes]:
        if solver is Solver.Z3:
            return child("import os; os._exit(7)")
        return start(solver, message)

    monkeypatch.setattr(smt, "_start", start_or_die)
    easy, limits = question(*EASY, (-64, 63), (-64, 63)), Limits()
    solvers = [Solver.Z3, Solver.BITWUZLA]
    answer = smt.solve(easy, Obligation.AGREEMENT, solvers, limits, limits.deadline())
    assert (answer.is_unsatisfiable, answer.solver) == (True, "bitwuzla")


@pytest.mark.parametrize(
    "program",
    [
        "",
        "print('unsat')",
        "print('[1, 2')",
        "import sys; sys.stdout.write('[\"unsat\", [], null]')",  # cut off before the newline
        'print(\'["unknown", [], "tired"]\')',
        "import os; os.kill(os.getpid(), 9)",
        "raise MemoryError",
    ],
)
def test_nonsense_is_undecided(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    monkeypatch.setattr(smt, "_start", lambda solver, message: child(program))
    easy = question(*EASY, (-64, 63), (-64, 63))
    verdict = prove(easy, Limits(timeout_seconds=20), Engine.SMT)
    assert isinstance(verdict, Undecided)


def test_a_false_counterexample_is_an_internal_error(monkeypatch: pytest.MonkeyPatch) -> None:
    from smtcheck.claims.verdicts import InternalError

    easy = question(*EASY, (-64, 63), (-64, 63))
    for codes in ("[0, 0]", "[100, 100]"):
        program = f"print('[\"sat\", {codes}, null]')"
        monkeypatch.setattr(smt, "_start", lambda solver, message, p=program: child(p))
        with pytest.raises(InternalError):
            prove(easy, Limits(), Engine.SMT)


def child(program: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


@pytest.mark.parametrize("engine", [Engine.EXHAUSTIVE, Engine.Z3, Engine.BITWUZLA])
@pytest.mark.parametrize(
    ("left", "right", "domain", "smallest"),
    [
        ("x0 * x1", "x0 * x1 + where(abs(x0) + abs(x1) >= 3, 1, 0)", ((-8, 7), (-8, 12)), (0, 12)),
        ("x0", "x0 + where(x0 < -1, 1, 0)", ((-8, 7),), (-5,)),
        ("x0", "x0 + where(abs(x0) > 1, 1, 0)", ((-8, 7),), (5,)),
        ("x0", "x0 + where(x0 > -3/2, 1, 0)", ((-8, -2),), (-2,)),
        ("x0", "x0 + where(x0 + x1 == 5/4, 1, 0)", ((1, 7), (-3, 4)), (1, 4)),
        ("x0 + x1", "x0 + x1 + where(x1 < x0, 1, 0)", ((-8, 7), (-8, 7)), (0, -1)),
    ],
)
def test_every_engine_finds_the_smallest_counterexample(
    engine: Engine,
    left: str,
    right: str,
    domain: tuple[tuple[int, int], ...],
    smallest: tuple[int, ...],
) -> None:
    fmt = "ap_fixed<8,6,AP_RND,AP_SAT>"
    verdict = prove(question(left, right, fmt, *domain), Limits(), engine)
    assert isinstance(verdict, Refuted)
    assert verdict.counterexample.input_codes == smallest


def test_a_question_that_intervals_settle_needs_no_solver() -> None:
    trivial = question("clip(x0, 0, 1)", "clip(x0, 0, 1)", "ap_fixed<40,20,AP_RND,AP_SAT>", (5, 5))
    verdict = prove(trivial, Limits(), Engine.SMT)
    assert isinstance(verdict, Proved)
    assert verdict.engine == "intervals"
