"""The portfolio: which engine is asked, in which order.

Portfolios of solvers go back to Huberman, Lukose and Hogg, Science 1997.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Executor
from contextlib import suppress
from enum import Enum

from smtcheck.checking import replay
from smtcheck.checking.composition import composition
from smtcheck.checking.composition.blocks import DoesNotApply
from smtcheck.checking.refusals import Refused
from smtcheck.checking.settled import proved
from smtcheck.claims.questions import Obligation, Question
from smtcheck.claims.verdicts import Basis, InternalError, Minimality, Undecided, Verdict
from smtcheck.engines import parallel_exhaustive, row_merge, smt
from smtcheck.engines.effort import USUAL, ProvingEffort
from smtcheck.engines.lemma_cache import UserLemmas
from smtcheck.engines.parallel_calls import WorkersLost
from smtcheck.engines.row_merge import NotMerged
from smtcheck.engines.smt import Solver
from smtcheck.errors import InputError, TooLarge
from smtcheck.limits import Limits, OutOfTime, alarm

GRACE_SECONDS = 1  #: for engines to end by themselves at their time limit

LEMMAS = UserLemmas()  #: what has been proved once need not be proved again


class Engine(Enum):
    """What is asked."""

    AUTO = "auto"  #: the quickest that is likely to answer
    COMPOSITION = "composition"  #: exact tables of the network's parts, and lemmas
    MERGE = "merge"  #: row merge, then both solvers on what is left
    EXHAUSTIVE = "exhaustive"
    SMT = "smt"  #: z3 and bitwuzla side by side
    Z3 = "z3"
    BITWUZLA = "bitwuzla"


def prove(
    question: Question,
    limits: Limits,
    engine: Engine = Engine.AUTO,
    executor: Executor | None = None,
    effort: ProvingEffort = USUAL,
) -> Verdict:
    """Whether the two sides agree; InputError where one divides by zero.

    Long evaluations go through the executor, where there is one; its workers are trusted.
    """
    try:
        with alarm(limits.timeout_seconds + GRACE_SECONDS):
            return _by_engine(question, limits, engine, executor, effort)
    except Refused as refused:
        raise InternalError(f"what an engine found is refused: {refused}") from refused
    except WorkersLost as lost:
        return Undecided(reason=f"evaluation was not finished: {lost}")
    except TooLarge as error:
        return Undecided(reason=f"{engine.value} cannot be asked: {error}")
    except MemoryError:
        return Undecided(reason="tables and terms need more memory than there is")
    except OutOfTime:
        return Undecided(
            reason=f"tables and terms were not ready within {limits.timeout_seconds} s"
        )


def _by_engine(
    question: Question,
    limits: Limits,
    engine: Engine,
    executor: Executor | None,
    effort: ProvingEffort,
) -> Verdict:
    deadline = limits.deadline()
    if engine is Engine.AUTO:
        return _by_portfolio(question, limits, deadline, executor, effort)
    if engine is Engine.EXHAUSTIVE:
        return _by_exhaustion(question, limits, deadline, executor, effort)
    if engine is Engine.COMPOSITION:
        try:
            return composition.prove(question, deadline, LEMMAS.within(limits, executor))
        except DoesNotApply as error:
            return Undecided(reason=f"composition does not apply: {error}")
    if engine is Engine.MERGE:
        return _by_merging(question, limits, deadline)
    return _by_solvers(question, limits, deadline, _solvers(engine))


def _by_portfolio(
    question: Question,
    limits: Limits,
    deadline: float,
    executor: Executor | None,
    effort: ProvingEffort,
) -> Verdict:
    """Solvers get as long as trying every input would take, where that can be afforded.

    Where an engine cannot put the question, the next one is asked all the same.
    """
    seconds = question.points * question.cost // effort.work_per_second
    if seconds <= effort.quick_seconds:
        return _by_exhaustion(question, limits, deadline, executor, effort)
    with suppress(DoesNotApply, TooLarge):
        return composition.prove(question, deadline, LEMMAS.within(limits, executor))
    is_feasible = seconds <= min(effort.feasible_seconds, limits.timeout_seconds / 2)
    answer_by = time.monotonic() + seconds if is_feasible else None
    try:
        solvers, asked = _solvers(Engine.SMT), _simplified(question)
        verdict = _by_solvers(question, limits, deadline, solvers, answer_by, asked)
    except TooLarge:
        if seconds > limits.timeout_seconds:
            raise
        return _by_exhaustion(question, limits, deadline, executor, effort)
    if is_feasible and isinstance(verdict, Undecided):
        return _by_exhaustion(question, limits, deadline, executor, effort)
    return verdict


def _by_exhaustion(
    question: Question,
    limits: Limits,
    deadline: float,
    executor: Executor | None,
    effort: ProvingEffort,
) -> Verdict:
    for obligation in Obligation:
        found = parallel_exhaustive.scan(question, obligation, deadline, executor, effort)
        if found.failure is not None:
            size = Minimality.SMALLEST if found.is_complete else Minimality.UNKNOWN
            return replay.failed(question, obligation, "exhaustive", found.failure, size)
        if not found.is_complete:
            return Undecided(
                reason=f"looking for {obligation.value}, evaluation of "
                f"{counted(question.points)} inputs did not end within {limits.timeout_seconds} s"
            )
    return proved(
        "exhaustive", f"all {counted(question.points)} inputs were evaluated", Basis.EVALUATION
    )


def _by_merging(question: Question, limits: Limits, deadline: float) -> Verdict:
    asked = row_merge.merged(question)
    if isinstance(asked, NotMerged):
        return Undecided(reason=f"the row merge does not apply: {asked.reason}")
    return _by_solvers(question, limits, deadline, _solvers(Engine.MERGE), asked=asked)


def _simplified(question: Question) -> Question:
    """The question after a row merge, where that makes it easier for solvers."""
    asked = row_merge.merged(question)
    return question if isinstance(asked, NotMerged) or asked.cost >= question.cost else asked


def _by_solvers(
    question: Question,
    limits: Limits,
    deadline: float,
    solvers: Sequence[Solver],
    answer_by: float | None = None,
    asked: Question | None = None,
) -> Verdict:
    """Solvers are asked the question itself, or one that is known to have the same answer."""
    prefix = "" if asked is None or asked is question else "merge + "
    for obligation in Obligation:
        answer = smt.solve(asked or question, obligation, solvers, limits, deadline, answer_by)
        engine = prefix + answer.solver
        if answer.codes is not None:
            return replay.failed(question, obligation, engine, answer.codes, answer.size)
        if not answer.is_unsatisfiable:
            return Undecided(
                reason=f"looking for {obligation.value} within {limits.timeout_seconds} s and "
                f"{limits.memory_mebibytes} MiB: {answer.reason}"
            )
    if answer.solver == "intervals":
        return proved(engine, "the bounds of all values settle it", Basis.EVALUATION)
    evidence = f"no violation among {counted(question.points)} inputs ({Basis.SOLVER.value})"
    return proved(engine, evidence, Basis.SOLVER)


def counted(points: int) -> str:
    """A number of inputs, written so that it can be read."""
    return str(points) if points < 2**128 else f"more than 2^{points.bit_length() - 1}"


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
