"""The engine that tries every input (`exhaustive`).

Where there is much to do, parts of the order of inputs go through an executor; what is
found does not depend on it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from functools import partial

from smtcheck.arithmetic.intervals import Interval
from smtcheck.checking.exhaustive import Codes, Scan, may_fail, visited
from smtcheck.claims.questions import Obligation, Question
from smtcheck.engines.effort import USUAL, ProvingEffort
from smtcheck.engines.parallel_calls import Parcel, first
from smtcheck.limits import OutOfTime, alarm


def scan(
    question: Question,
    obligation: Obligation,
    deadline: float,
    executor: Executor | None = None,
    effort: ProvingEffort = USUAL,
) -> Scan:
    """Visit the domain until an obligation fails, all is seen, or time is up.

    Raises:
        WorkersLost: The executor gave no answer.
    """
    if obligation is Obligation.DEFINEDNESS and not may_fail(question):
        return Scan()
    parts = _parts(question, effort)
    if executor is not None and next(parts).high < question.points - 1:
        parcel = Parcel.of(question)
        if parcel is not None:
            found = first(executor, _visits(parcel, obligation, deadline, effort), deadline)
            return Scan(failure=found.answer, is_complete=found.is_first)
    return visited(question, obligation, Interval(0, question.points - 1), deadline)


def _parts(question: Question, effort: ProvingEffort) -> Iterator[Interval]:
    """Ranks of consecutive points, as many as are worth sending away."""
    step = max(effort.part_points, effort.part_work // question.cost)
    for start in range(0, question.points, step):
        yield Interval(start, min(start + step, question.points) - 1)


def _visits(
    parcel: Parcel[Question], obligation: Obligation, deadline: float, effort: ProvingEffort
) -> Iterator[Callable[[], Codes | None]]:
    """Calls to send: made one by one, since each is told how much time is left then."""
    for part in _parts(parcel.contents, effort):
        seconds = max(0, deadline - time.monotonic())
        yield partial(_visit_elsewhere, parcel, obligation, part, seconds)


def _visit_elsewhere(
    parcel: Parcel[Question], obligation: Obligation, part: Interval, seconds: float
) -> Codes | None:
    """The first failure in a part.  Clocks of other machines are others: seconds travel."""
    with alarm(seconds + 1):
        found = visited(parcel.contents, obligation, part, time.monotonic() + seconds)
    if not found.is_complete:
        raise OutOfTime
    return found.failure
