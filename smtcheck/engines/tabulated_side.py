"""A network whose neurons are tables: what the row merge turns a network into.

*Atoms* are integers 0, 1, 2, ... on which everything depends by table.  The first
ones are the inputs, counted from the low end of the domain.  Each other one is a
sum of tables of earlier atoms, clipped to where it matters:

    atom = min(max(sum of tables, low), high) - low

An output of the network is a table of one atom, or what the last layer makes of a
sum of tables.  `row_merge` finds such a form; what it means is written here,
once, for every interpretation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import prod
from statistics import median_low

import numpy as np

from smtcheck.arithmetic.arrays import Arrays
from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.intervals import Interval
from smtcheck.arithmetic.operations import Interpretation, Num, Operations, Vector, balanced
from smtcheck.claims.verdicts import InternalError
from smtcheck.expressions.tabulation import Variable
from smtcheck.networks.layers import settled
from smtcheck.networks.network import Network

SPOT_CHECKS = 128  #: inputs at which every merged network is compared with what it was
SPOT_NEURONS = 2**24  #: evaluated for that at most
STRIDE = 0x9E3779B97F4A7C15  #: between their numbers: odd, and nothing like a power of two
ENTRIES_OF_A_NEURON = 8  #: that cost a solver about as much as one neuron does


@dataclass(frozen=True, slots=True, kw_only=True)
class TableTerm:
    """A table of an atom, from the atom's value 0 on."""

    atom: int
    table: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clipped:
    """An atom: a sum of tables of earlier atoms, clipped to low .. high, less low."""

    lookups: tuple[TableTerm, ...]
    low: int
    high: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Accumulator:
    """A sum of the last layer, in its units: it is still to be rounded and clipped."""

    lookups: tuple[TableTerm, ...]
    constant: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedSide:
    """A network on a box of inputs, by tables; outside the box it means nothing."""

    network: Network  #: what it was
    domain: tuple[Interval, ...]
    sums: tuple[Clipped, ...]  #: the atoms that follow the inputs
    results: tuple[TableTerm | Accumulator, ...]  #: one an output

    @property
    def input_format(self) -> Format:
        return self.network.input_format

    @property
    def inputs(self) -> int:
        return self.network.inputs

    @property
    def outputs(self) -> int:
        return self.network.outputs

    @property
    def output_format(self) -> Format:
        return self.network.output_format

    @property
    def entries(self) -> int:
        """Of all tables; one that occurs several times is counted once."""
        lookups = {lookup for one in self.sums for lookup in one.lookups}
        for result in self.results:
            lookups |= {result} if isinstance(result, TableTerm) else set(result.lookups)
        return sum(len(lookup.table) for lookup in lookups)

    @property
    def cost(self) -> int:
        return len(self.sums) + len(self.results) + self.entries // ENTRIES_OF_A_NEURON

    def codes(
        self, ops: Interpretation[Num, Vector], variables: Sequence[Variable[Num]]
    ) -> Sequence[Num]:
        atoms = [
            ops.add(variable.code, ops.constant(-axis.low))
            for variable, axis in zip(variables, self.domain, strict=True)
        ]
        for one in self.sums:
            total = _sum(ops, atoms, one.lookups, 0)
            clipped = ops.minimum(ops.maximum(total, ops.constant(one.low)), ops.constant(one.high))
            atoms.append(ops.add(clipped, ops.constant(-one.low)))
        return [self._result(ops, atoms, result) for result in self.results]

    def _result(
        self,
        ops: Interpretation[Num, Vector],
        atoms: Sequence[Num],
        result: TableTerm | Accumulator,
    ) -> Num:
        if isinstance(result, TableTerm):
            return ops.lookup(result.table, atoms[result.atom])
        total = _sum(ops, atoms, result.lookups, result.constant)
        (code,) = ops.numbers(settled(ops, self.network.layers[-1], ops.vector([total])).outputs)
        return code

    def undefined(
        self, ops: Interpretation[Num, Vector], variables: Sequence[Variable[Num]]
    ) -> Num | None:
        return None


def mostly_zero(side: MergedSide) -> MergedSide:
    """The same, but what a table adds to a result is 0 at most inputs: easier for solvers.

    table[i] = (table[i] - usual) + usual, and the constant takes the latter.
    """
    usual_atoms: dict[int, int] = {}

    def usual(lookup: TableTerm) -> int:
        if lookup.atom in usual_atoms:
            return lookup.table[usual_atoms[lookup.atom]]
        return median_low(lookup.table)

    for atom, one in enumerate(side.sums, start=side.inputs):
        total = sum(map(usual, one.lookups))
        usual_atoms[atom] = min(max(total, one.low), one.high) - one.low
    results: list[TableTerm | Accumulator] = []
    for result in side.results:
        if isinstance(result, Accumulator):
            lookups = tuple(
                replace(one, table=tuple(entry - usual(one) for entry in one.table))
                for one in result.lookups
            )
            constant = result.constant + sum(map(usual, result.lookups))
            result = Accumulator(lookups=lookups, constant=constant)
        results.append(result)
    return replace(side, results=tuple(results))


def require_agreement(side: MergedSide, ops: Arrays) -> None:
    """A second look at a few inputs, in case `row_merge` has a defect: no proof."""
    count = prod(axis.size for axis in side.domain)
    most = min(SPOT_CHECKS, max(1, SPOT_NEURONS // side.network.neurons))
    ranks = range(count) if count <= most else [n * STRIDE % count for n in range(most)]
    columns = []
    for axis in side.domain:
        columns.append([axis.low + rank % axis.size for rank in ranks])
        ranks = [rank // axis.size for rank in ranks]
    points = np.array(columns, dtype=object)
    scale = side.input_format.scale
    variables = [
        Variable(code=ops.variable(codes, axis), codes=axis, scale=scale)
        for codes, axis in zip(points, side.domain, strict=True)
    ]
    expected = side.network.evaluate_many(points.T)
    for found, column in zip(side.codes(ops, variables), expected.T, strict=True):
        if (found.elements != column).any():
            raise InternalError("the row merge gave tables that are not the network")


def _sum(
    ops: Operations[Num], atoms: Sequence[Num], lookups: Sequence[TableTerm], constant: int
) -> Num:
    """The constant comes last, so that sums which differ in it only are shared."""
    add: Callable[[Num, Num], Num] = ops.add
    found = [ops.lookup(lookup.table, atoms[lookup.atom]) for lookup in lookups]
    return add(balanced(add, found), ops.constant(constant)) if found else ops.constant(constant)
