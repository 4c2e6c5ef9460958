"""The portfolio: which engine is asked, in which order."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from smtcheck.errors import InputError
from smtcheck.proving import exhaustive, recheck, smt
from smtcheck.proving.limits import Limits
from smtcheck.proving.questions import Obligation, Question
from smtcheck.proving.smt import Solver
from smtcheck.proving.verdicts import Undecided, Verdict

EXHAUSTIVE_WORK = 10**9  #: points times neurons up to which trying all is quickest


class Engine(Enum):
    """What is asked."""

    AUTO = "auto"  #: the quickest that is likely to answer
    EXHAUSTIVE = "exhaustive"
    SMT = "smt"  #: z3 and bitwuzla side by side
    Z3 = "z3"
    BITWUZLA = "bitwuzla"


def prove(question: Question, limits: Limits, engine: Engine = Engine.AUTO) -> Verdict:
    """Whether the two sides agree; InputError where one divides by zero."""
    if engine is Engine.AUTO:
        small = question.points * question.cost <= EXHAUSTIVE_WORK
        engine = Engine.EXHAUSTIVE if small else Engine.SMT
    if engine is Engine.EXHAUSTIVE:
        return _by_exhaustion(question, limits)
    return _by_solvers(question, limits, _solvers(engine))


def _by_exhaustion(question: Question, limits: Limits) -> Verdict:
    deadline = limits.deadline()
    for obligation in Obligation:
        found = exhaustive.scan(question, obligation, deadline)
        if found.failure is not None:
            return recheck.failed(question, obligation, "exhaustive", found.failure)
        if not found.is_complete:
            return Undecided(
                reason=f"looking for {obligation.value}, evaluation of {question.points} inputs "
                f"did not end within {limits.timeout_seconds} s"
            )
    return recheck.proved(question, "exhaustive", f"all {question.points} inputs were evaluated")


def _by_solvers(question: Question, limits: Limits, solvers: Sequence[Solver]) -> Verdict:
    deadline = limits.deadline()
    for obligation in Obligation:
        answer = smt.solve(question, obligation, solvers, limits, deadline)
        if answer.codes is not None:
            return recheck.failed(question, obligation, answer.solver, answer.codes)
        if not answer.is_unsatisfiable:
            return Undecided(
                reason=f"looking for {obligation.value} within {limits.timeout_seconds} s and "
                f"{limits.memory_mebibytes} MiB: {answer.reason}"
            )
    evidence = f"no violation among {question.points} inputs (the solver's word, no certificate)"
    return recheck.proved(question, answer.solver, evidence)


def _solvers(engine: Engine) -> list[Solver]:
    wanted = {
        Engine.Z3: [Solver.Z3],
        Engine.BITWUZLA: [Solver.BITWUZLA],
    }.get(engine, [Solver.Z3, Solver.BITWUZLA])
    present = [solver for solver in wanted if solver.is_installed]
    if not present:
        names = ", ".join(solver.value for solver in wanted)
        raise InputError(f"none of these solvers is installed: {names}; pip install smtcheck")
    return present
