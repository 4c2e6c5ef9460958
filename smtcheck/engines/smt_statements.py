"""Statements about all codes, put to the solvers."""

from __future__ import annotations

from dataclasses import dataclass

from smtcheck.arithmetic.terms import Terms
from smtcheck.claims.statements import Statement, Undecidable
from smtcheck.claims.verdicts import Basis
from smtcheck.engines.smt import Solver, ask, satisfying
from smtcheck.errors import InputError
from smtcheck.limits import Limits


def find(statement: Statement, limits: Limits) -> tuple[int, ...] | None:
    """A point at which a statement is false; None if it is true."""
    text = script_of(statement)
    if text is None:
        return None
    solvers = [solver for solver in (Solver.Z3, Solver.BITWUZLA) if solver.is_installed]
    answer = ask(text, statement.domain, solvers, limits, limits.deadline())
    if answer.codes is not None:
        return answer.codes
    if answer.is_unsatisfiable:
        return None
    raise Undecidable(f"{answer.solver}: {answer.reason}")


@dataclass(frozen=True, slots=True)
class Solvers:
    """Those that are installed, as a `Discharger`."""

    limits: Limits
    basis: Basis = Basis.SOLVER

    def is_true(self, *statements: Statement) -> bool:
        """Whether all are, in the solvers' word."""
        return all(find(statement, self.limits) is None for statement in statements)


def script_of(statement: Statement) -> str | None:
    """SMT-LIB 2, satisfiable exactly where the statement is false; None if it cannot be."""
    terms = Terms()
    point = [terms.variable(f"x{i}", axis) for i, axis in enumerate(statement.domain)]
    try:
        return satisfying(terms, [statement.violation(terms, point)])
    except InputError as error:  # a table that is too large to be written out
        raise Undecidable(str(error)) from None
