"""Dischargers that tests put in the place of solvers and proofs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

from smtcheck.arithmetic.integers import Integers
from smtcheck.claims.statements import Statement
from smtcheck.claims.verdicts import Basis


@dataclass(frozen=True)
class Answers:
    """Says of each statement what a function says."""

    answer: Callable[[Statement], bool]
    basis: Basis = Basis.SOLVER

    def is_true(self, *statements: Statement) -> bool:
        return all(map(self.answer, statements))


def holds_everywhere(statement: Statement) -> bool:
    """Whether it is true of every point of a small domain."""
    return all(
        not statement.violation(Integers(), point)
        for point in product(*(range(axis.low, axis.high + 1) for axis in statement.domain))
    )


def _nothing(_: Statement) -> bool:
    raise AssertionError("nothing has to be asked")


TRY_ALL = Answers(holds_everywhere)
NOBODY = Answers(_nothing)
