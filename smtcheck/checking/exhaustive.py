"""Trying every input, many at once: what an exhaustive certificate asks for.

Inputs are visited smallest first: by |x0|, then by |x1|, ...; of two equally
large codes the positive one comes first.  So the first counterexample met is
the smallest one, and is the one every engine reports.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smtcheck.arithmetic.arrays import Array, Arrays, exactly
from smtcheck.arithmetic.codes import WORD
from smtcheck.arithmetic.intervals import Interval, Intervals
from smtcheck.claims.questions import Obligation, Question
from smtcheck.claims.verdicts import InternalError

MAX_CHUNK = 2**16
CHUNK_NEURONS = 2**22  #: points times neurons of a chunk: keeps memory bounded

Codes = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """How a visit of the domain ended."""

    failure: Codes | None = None  #: an input that fails: the smallest, if all before it is seen
    is_complete: bool = True  #: all is seen that comes before the failure, or all of the domain


def scan(question: Question, obligation: Obligation, deadline: float) -> Scan:
    """Visit the domain until an obligation fails, all is seen, or time is up."""
    if obligation is Obligation.DEFINEDNESS and not may_fail(question):
        return Scan()
    return visited(question, obligation, Interval(0, question.points - 1), deadline)


def visited(question: Question, obligation: Obligation, part: Interval, deadline: float) -> Scan:
    """The same for the points with these ranks only."""
    return exactly(lambda ops: _scan(question, obligation, part, deadline, ops))


def may_fail(question: Question) -> bool:
    """Whether some division cannot be seen to be safe."""
    flag = question.undefined(Intervals(), list(question.domain))
    return flag is not None and flag.high > 0


def _scan(
    question: Question, obligation: Obligation, part: Interval, deadline: float, ops: Arrays
) -> Scan:
    for codes in _chunks(question, part):
        if time.monotonic() > deadline:
            return Scan(is_complete=False)
        inputs = [ops.variable(c, a) for c, a in zip(codes, question.domain, strict=True)]
        flags = question.failure(obligation, ops, inputs)
        if flags is None:
            raise InternalError(f"{obligation.value} is possible, and cannot be evaluated")
        if found := _first(flags, codes):
            return Scan(failure=found)
    return Scan()


def _first(flags: Array, codes: list[NDArray[Any]]) -> Codes | None:
    raised = np.flatnonzero(np.broadcast_to(flags.elements, codes[0].shape))
    return tuple(int(axis[raised[0]]) for axis in codes) if raised.size else None


def _chunks(question: Question, part: Interval) -> Iterator[list[NDArray[Any]]]:
    """Input codes of the points with these ranks, the last input fastest."""
    step = max(1, min(MAX_CHUNK, CHUNK_NEURONS // question.cost))
    ends = [end for axis in question.domain for end in (axis.low, axis.high)]
    is_narrow = max(question.points, *map(abs, ends)) < WORD
    for start in range(part.low, part.high + 1, step):
        stop = min(start + step, part.high + 1)
        rest = np.arange(start, stop) if is_narrow else np.array(range(start, stop), dtype=object)
        codes = []
        for axis in reversed(question.domain):
            codes.append(smallest_first(axis, rest % axis.size))
            rest = rest // axis.size
        yield codes[::-1]


def smallest_first(axis: Interval, ranks: NDArray[Any]) -> NDArray[Any]:
    """The codes at the given ranks of the order 0, 1, -1, 2, -2, ... within the axis."""
    if axis.low > 0:
        return axis.low + ranks
    if axis.high < 0:
        return axis.high - ranks
    both = min(-axis.low, axis.high)  # up to here codes alternate in sign
    alternating = np.where(ranks % 2 == 1, (ranks + 1) // 2, -(ranks // 2))
    longer = ranks - both
    one_sided = longer if axis.high > both else -longer
    return np.where(ranks <= 2 * both, alternating, one_sided)
