"""Claims as clauses: what a propositional certificate refutes.

An obligation is interpreted as a circuit whose one output says that it fails.  The clauses
(Tseitin 1968) say what each gate computes, that the inputs lie in the domain, and that the
output is true; so they are unsatisfiable exactly if the obligation never fails.  They are made
anew from the claim, the same way each time, by whoever looks for a proof and whoever checks it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce

from smtcheck.arithmetic.circuits import Circuits, Linear
from smtcheck.arithmetic.logic import Clause, Literal
from smtcheck.claims.questions import Obligation, Question
from smtcheck.claims.statements import Statement

MAX_NEURONS = 2**14  #: about, of sides that are turned into gates


@dataclass(frozen=True, slots=True, kw_only=True)
class Cnf:
    """Clauses over the variables 1 .. `variables`; clause n is at place n - 1."""

    variables: int
    clauses: tuple[Clause, ...]
    inputs: tuple[tuple[Literal, ...], ...]  #: the bits of each input; 0: one that does not matter

    def dimacs(self) -> Iterator[str]:
        """The lines of a DIMACS file."""
        yield f"p cnf {self.variables} {len(self.clauses)}"
        for clause in self.clauses:
            yield " ".join(map(str, (*clause, 0)))


def cnf_of(question: Question, obligation: Obligation) -> Cnf | None:
    """Where an obligation fails; None if nothing is computed that could fail."""
    circuits = Circuits()
    codes = [circuits.variable(axis) for axis in question.domain]
    flag = question.failure(obligation, circuits, codes)
    return None if flag is None else _cnf(circuits, flag)


def cnf_of_statement(statement: Statement) -> Cnf:
    """Where a statement is false."""
    circuits = Circuits()
    point = [circuits.variable(axis) for axis in statement.domain]
    return _cnf(circuits, statement.violation(circuits, point))


def _cnf(circuits: Circuits, flag: Linear) -> Cnf:
    """Where a flag, which is 0 or 1, is 1; gates that matter to it are numbered from 1."""
    logic = circuits.logic
    bounds = [bound for atom in circuits.variables for bound in circuits.within(atom)]
    output = reduce(logic.and_, [*bounds, circuits.is_positive(flag)])
    cone = logic.cone([output])
    numbers = {gate: number for number, gate in enumerate(cone, start=1)}

    def renumbered(literal: Literal) -> Literal:
        number = numbers.get(abs(literal), 0)
        return number if literal > 0 else -number

    clauses = [*logic.definitions(cone), (output,)]
    return Cnf(
        variables=len(cone),
        clauses=tuple(tuple(map(renumbered, clause)) for clause in clauses),
        inputs=tuple(tuple(map(renumbered, atom.bits)) for atom in circuits.variables),
    )
