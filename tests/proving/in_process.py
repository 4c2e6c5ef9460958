"""Lemmas proved by a solver inside this process: starting one takes a third of a second."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor

from smtcheck.proving import solver
from smtcheck.proving.lemmas import Lemmas
from smtcheck.proving.limits import Limits
from smtcheck.proving.quantified import script_of
from smtcheck.proving.statements import Statement, Undecidable


def counterexample(statement: Statement) -> tuple[int, ...] | None:
    """A point at which a statement is false, by the functions that child processes run."""
    text = script_of(statement)
    if text is None:
        return None
    intervals = [(axis.low, axis.high) for axis in statement.domain]
    codes = solver._bitwuzla_query(text, intervals, 0)(intervals)
    return None if codes is None else tuple(codes)


class InProcess(Lemmas):
    """The same lemmas, kept nowhere."""

    @staticmethod
    def _prove(statements: Sequence[Statement], limits: Limits, executor: Executor | None) -> None:
        for statement in statements:
            if (point := counterexample(statement)) is not None:
                raise Undecidable(f"a lemma is false at {point}")
