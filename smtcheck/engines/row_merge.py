"""Row merge: a network becomes tables of a few sums, by arithmetic outside of any solver.

It goes through the network layer by layer.  A neuron that depends on one atom only
(an input, or a sum met before) is a table of that atom; `shared_sums` puts
neurons that depend on several into groups with one common sum, which becomes an
atom.  Every table is filled by the one definition of the arithmetic, entry by entry.

All is exact, as in any interpretation by arrays: int64 as long as the bounds fit, else Python
integers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from smtcheck.arithmetic.arrays import Array, Arrays, exactly
from smtcheck.arithmetic.intervals import Interval, hull
from smtcheck.claims.questions import Question
from smtcheck.claims.sides import NetworkSide
from smtcheck.engines.shared_sums import (
    Entries,
    FlatEnds,
    Group,
    SumOfTables,
    Tables,
    TablesTooLarge,
    capped,
    grouped,
    parts_that_matter,
    trimmed,
)
from smtcheck.engines.tabulated_side import (
    Accumulator,
    Clipped,
    MergedSide,
    TableTerm,
    mostly_zero,
    require_agreement,
)
from smtcheck.errors import InputError
from smtcheck.expressions.tables import members
from smtcheck.networks.layers import Layer, settled
from smtcheck.networks.network import Network

MAX_TABLE = 2**16  #: entries of one table
MAX_ENTRIES = 2**22  #: of all tables of a layer
HEADROOM = 8  #: times what a sum can be: so do differences of sums fit into int64

#: A neuron of the layer before: the atom it depends on, and its place among those.
Place = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotMerged:
    """The row merge does not apply."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """A neuron's weights, copies of what it reads added up, and its bias."""

    weights: tuple[tuple[Place, int], ...]
    bias: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Part:
    """Rows of weights of one atom's neurons: a layer without biases."""

    rows: Sequence[Sequence[tuple[int, int]]]

    @property
    def outputs(self) -> int:
        return len(self.rows)

    @property
    def biases(self) -> Sequence[int]:
        return (0,) * len(self.rows)

    def row(self, index: int) -> Sequence[tuple[int, int]]:
        return self.rows[index]


def merged(question: Question) -> Question | NotMerged:
    """The same question about tables, wherever a side is a network that allows it."""
    old = (question.left, question.right)
    new = [
        merged_network(side.network, question.domain) if isinstance(side, NetworkSide) else None
        for side in old
    ]
    if not any(isinstance(side, MergedSide) for side in new):
        reasons = [side.reason for side in new if isinstance(side, NotMerged)]
        return NotMerged(reason="; ".join(dict.fromkeys(reasons)) or "neither side is a network")
    left, right = (
        side if isinstance(side, MergedSide) else was for was, side in zip(old, new, strict=True)
    )
    return replace(question, left=left, right=right)


def merged_network(network: Network, domain: tuple[Interval, ...]) -> MergedSide | NotMerged:
    """Tables that compute on the domain what the network does."""
    if len(network.layers) < 2:
        return NotMerged(reason="the network has one layer only")
    first = network.layers[0]
    if any(len(first.row(index)) > 1 for index in range(first.outputs)):
        return NotMerged(reason="a neuron of the first layer reads several inputs")
    if any(axis.size > MAX_TABLE for axis in domain):
        return NotMerged(reason=f"an input has more than {MAX_TABLE} codes")
    try:
        return exactly(lambda ops: _merged_by(ops, network, domain))
    except (TablesTooLarge, InputError) as error:
        return NotMerged(reason=str(error))


def _merged_by(ops: Arrays, network: Network, domain: tuple[Interval, ...]) -> MergedSide:
    side = mostly_zero(_Merging(network, domain, ops).side())
    require_agreement(side, ops)
    return side


class _Merging:
    """What is known after each layer: the atoms, and its neurons as tables of them."""

    def __init__(self, network: Network, domain: tuple[Interval, ...], ops: Arrays) -> None:
        self._network = network
        self._domain = domain
        self._ops = ops
        self._sizes = [axis.size for axis in domain]  # of all atoms
        self._sums: list[Clipped] = []
        self._atoms: dict[Clipped, int] = {}
        self._places: list[Place] = []
        self._outputs: dict[int, Array] = {}  # by atom, of shape (places, size)
        inputs = enumerate(np.array(members(axis), dtype=object) for axis in domain)
        self._store(len(domain), ((index, index, codes) for index, codes in inputs))

    def side(self) -> MergedSide:
        """The network, once all layers are merged."""
        *hidden, last = self._network.layers
        for layer in hidden:
            rows, numbers = self._rows(layer)
            sums = self._row_sums(rows)
            self._store(len(rows), [*self._of_one(layer, sums), *self._of_several(layer, sums)])
            self._places = [self._places[number] for number in numbers]
        rows, numbers = self._rows(last)
        sums = self._row_sums(rows)
        results: list[TableTerm | Accumulator] = [
            Accumulator(lookups=_lookups(one.tables), constant=one.constant) for one in sums
        ]
        for number, atom, codes in self._of_one(last, sums):
            results[number] = _lookup(atom, codes)
        return MergedSide(
            network=self._network,
            domain=self._domain,
            sums=tuple(self._sums),
            results=tuple(results[number] for number in numbers),
        )

    def _store(self, count: int, neurons: Iterable[tuple[int, int, Entries]]) -> None:
        """What the next layer reads: neurons by number, atom and table."""
        places: list[Place] = [(0, 0)] * count
        tables: dict[int, list[Entries]] = defaultdict(list)
        for number, atom, table in neurons:
            places[number] = (atom, len(tables[atom]))
            tables[atom].append(table)
        self._places = places
        self._outputs = {atom: self._array(np.stack(rows)) for atom, rows in tables.items()}

    def _rows(self, layer: Layer) -> tuple[list[_Row], list[int]]:
        """The different rows of a layer, and which of them each neuron is."""
        known: dict[_Row, int] = {}
        numbers = []
        for index, bias in enumerate(layer.biases):
            weights: dict[Place, int] = {}
            for column, code in layer.row(index):
                place = self._places[column]
                weights[place] = weights.get(place, 0) + code
            nonzero = sorted((place, code) for place, code in weights.items() if code)
            row = _Row(weights=tuple(nonzero), bias=bias)
            numbers.append(known.setdefault(row, len(known)))
        return list(known), numbers

    def _row_sums(self, rows: Sequence[_Row]) -> list[SumOfTables]:
        """Each row's sum as a constant and tables that are at least 0."""
        parts: dict[int, dict[int, list[tuple[int, int]]]] = defaultdict(dict)
        for number, row in enumerate(rows):
            for (atom, place), code in row.weights:
                parts[atom].setdefault(number, []).append((place, code))
        _require_room(sum(len(part) * self._sizes[atom] for atom, part in parts.items()))
        sums = {
            atom: self._ops.affine(_Part(rows=list(part.values())), self._outputs[atom])
            for atom, part in parts.items()
        }
        ends = [end for sum_ in sums.values() for end in (sum_.bounds.low, sum_.bounds.high)]
        reach = sum(map(abs, ends)) + max(abs(row.bias) for row in rows)
        self._ops.constant(HEADROOM * reach)  # WouldOverflow where int64 has no room for it
        constants = [row.bias for row in rows]
        tables: list[list[tuple[int, Entries]]] = [[] for _ in rows]
        for atom in sorted(sums):
            least = sums[atom].elements.min(axis=1, keepdims=True)
            above = sums[atom].elements - least
            for number, low, table in zip(parts[atom], least[:, 0].tolist(), above, strict=True):
                constants[number] += low
                if table.any():
                    tables[number].append((atom, table))
        return [
            SumOfTables(constant=constant, tables=tuple(found))
            for constant, found in zip(constants, tables, strict=True)
        ]

    def _of_one(
        self, layer: Layer, sums: Sequence[SumOfTables]
    ) -> Iterator[tuple[int, int, Entries]]:
        """The neurons that are tables of one atom; a constant is one of the first input."""
        by_atom: dict[int, list[int]] = defaultdict(list)
        for number, one in enumerate(sums):
            if len(one.tables) <= 1:
                by_atom[self._only(one.tables)[0]].append(number)
        for atom, numbers in by_atom.items():
            _require_room(len(numbers) * self._sizes[atom])
            accumulators = [
                self._only(sums[number].tables)[1] + sums[number].constant for number in numbers
            ]
            outputs = self._settled(layer, np.stack(accumulators))
            for number, table in zip(numbers, outputs, strict=True):
                yield number, atom, table

    def _of_several(
        self, layer: Layer, sums: Sequence[SumOfTables]
    ) -> Iterator[tuple[int, int, Entries]]:
        """The neurons that depend on several atoms: tables of a new one for each group."""
        groups = grouped(sums)
        if not groups:
            return
        steps = FlatEnds.of(layer, groups)
        cuts = [steps.cut(group) for group in groups]
        for cut in cuts:
            if cut.size > MAX_TABLE:
                raise TablesTooLarge(f"a neuron depends on {cut.size} values of a sum")
        pairs = list(zip(groups, cuts, strict=True))
        _require_room(sum(len(group.numbers) * cut.size for group, cut in pairs))
        sums_of_groups = [group.accumulators(cut) for group, cut in pairs]
        flat = self._settled(layer, np.concatenate([one.ravel() for one in sums_of_groups]))
        start = 0
        for group, cut in pairs:
            stop = start + len(group.numbers) * cut.size
            outputs = flat[start:stop].reshape(len(group.numbers), cut.size)
            start = stop
            yield from self._placed(group, *trimmed(outputs, cut))

    def _placed(
        self, group: Group, outputs: Entries, cut: Interval
    ) -> Iterator[tuple[int, int, Entries]]:
        """A group's neurons as tables of an atom: an old one, if one is enough."""
        tables, cut = capped(group.tables, cut)
        tables = parts_that_matter(tables) if cut.size > 1 else ()
        if len(tables) > 1:
            atom = self._atom(Clipped(lookups=_lookups(tables), low=cut.low, high=cut.high))
        else:
            atom, table = self._only(tables)
            positions = np.minimum(np.maximum(table, cut.low), cut.high) - cut.low
            outputs = outputs[:, positions.astype(np.int64)]
        for number, table in zip(group.numbers, outputs, strict=True):
            yield number, atom, table

    def _only(self, tables: Tables) -> tuple[int, Entries]:
        """The only one of at most one table; nothing is a table of the first input."""
        if tables:
            return tables[0]
        zero = self._ops.constant(0).elements
        return 0, np.broadcast_to(zero, self._sizes[0])

    def _atom(self, clipped: Clipped) -> int:
        """Its number; equal sums are one atom."""
        if clipped not in self._atoms:
            self._atoms[clipped] = len(self._sizes)
            self._sizes.append(clipped.high - clipped.low + 1)
            self._sums.append(clipped)
        return self._atoms[clipped]

    def _settled(self, layer: Layer, accumulators: Entries) -> Entries:
        """The outputs of neurons with these sums, whatever the shape."""
        stages = settled(self._ops, layer, self._array(accumulators))
        return np.asarray(stages.outputs.elements)

    def _array(self, elements: Entries) -> Array:
        return self._ops.variable(elements, hull(int(elements.min()), int(elements.max())))


def _require_room(entries: int) -> None:
    if entries > MAX_ENTRIES:
        raise TablesTooLarge(
            f"the tables of a layer have {entries} entries, more than {MAX_ENTRIES}"
        )


def _lookups(tables: Sequence[tuple[int, Entries]]) -> tuple[TableTerm, ...]:
    return tuple(_lookup(atom, table) for atom, table in tables)


def _lookup(atom: int, table: Entries) -> TableTerm:
    return TableTerm(atom=atom, table=tuple(table.tolist()))
