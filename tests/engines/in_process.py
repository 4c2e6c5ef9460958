"""Lemmas proved by a solver inside this process: starting one takes a third of a second."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor

from smtcheck.claims.statements import Statement, Undecidable
from smtcheck.engines import smt_process
from smtcheck.engines.lemma_cache import Lemmas
from smtcheck.engines.smt_statements import script_of
from smtcheck.limits import Limits


def counterexample(statement: Statement) -> tuple[int, ...] | None:
    """A point at which a statement is false, by the functions that child processes run."""
    text = script_of(statement)
    if text is None:
        return None
    intervals = [(axis.low, axis.high) for axis in statement.domain]
    codes = smt_process._bitwuzla_query(text, intervals, 0)(intervals)
    return None if codes is None else tuple(codes)


class InProcess(Lemmas):
    """The same lemmas, kept nowhere."""

    @staticmethod
    def _prove(statements: Sequence[Statement], limits: Limits, executor: Executor | None) -> None:
        for statement in statements:
            if (point := counterexample(statement)) is not None:
                raise Undecidable(f"a lemma is false at {point}")
