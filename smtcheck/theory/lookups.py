"""Networks that look entries up: one weight for each entry of a table.

The last input picks a column of the table, the others a row.  A *row selector* is
one activation at its row and another elsewhere, so a neuron that reads all of them,
with one weight each, gives any function of the row: there is such a neuron for each
column, and its weights are the entries.  A *column selector* with a large weight makes
it overflow unless the last input is that column.  The output neuron adds them up: all
but one are constant (theory.md, section 13).

What an activation cannot carry in one neuron is split among several, the *places* of a
column, which the output neuron weighs differently.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import NDArray

from smtcheck.theory.amounts import Slot, Sums
from smtcheck.theory.cells import (
    Base,
    Family,
    NoNetwork,
    Push,
    Pusher,
    base_of,
    stacked,
    wanted_cell,
)
from smtcheck.theory.drafts import DraftLayer, Terms, heaviest_weights
from smtcheck.theory.entries import Entries
from smtcheck.theory.evidence import Criterion
from smtcheck.theory.settings import Setting, Weights

Ints = NDArray[np.int64]

ENDS = (Push.UP, Push.DOWN)
MAX_COPIES = 5  #: powers of two that a selector is repeated by
MAX_PLACES = 6
GOOD_COST = 102  #: weights for a hundred entries: no better is looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """A neuron that gives a code where it is selected, and an end elsewhere."""

    code: int
    push: Push
    rise: int  #: T(code) - T(end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A neuron of each column: the output neuron's coefficient, and its code by itself."""

    coefficient: int
    code: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelling:
    """How entries are written in the places of a column."""

    places: tuple[Place, ...]
    push: Push
    base_code: int  #: what the output is where all places have their own code
    codes: Ints  #: a row an entry, a column a place


@dataclass(frozen=True, kw_only=True)
class Lookup:
    """A network under construction: `tables` has an array of codes for each output."""

    setting: Setting
    entries: Entries
    evidence: Criterion
    families: Sequence[Family]
    tables: Sequence[Ints]
    reached: dict[int, tuple[Ints, Ints]] = field(default_factory=dict)

    def layers(self) -> list[DraftLayer]:
        """All layers; NoNetwork where selectors or places do not suffice."""
        if len(self.families) < 2:
            raise NoNetwork("a table of one input has no rows")
        columns = [self._columns(output) for output in range(len(self.tables))]
        hidden = [layer for layer, _ in columns]
        parts = [last for _, last in columns]
        width = [layer.outputs for layer in hidden]
        starts = np.cumsum([0, *width]).tolist()
        rows = np.cumsum([0, *width]).tolist()
        looked_up = DraftLayer(
            inputs=hidden[0].inputs,
            biases=np.concatenate([layer.biases for layer in hidden]),
            terms=Terms.joined(
                [x.terms.moved(row, 0) for x, row in zip(hidden, rows, strict=False)]
            ),
            constants=Terms.joined(
                [x.constants.moved(row, 0) for x, row in zip(hidden, rows, strict=False)]
            ),
        )
        last = DraftLayer(
            inputs=starts[-1],
            biases=np.concatenate([part.biases for part in parts]),
            terms=Terms.joined(
                [
                    x.terms.moved(i, start)
                    for i, (x, start) in enumerate(zip(parts, starts, strict=False))
                ]
            ),
            constants=Terms.joined([x.constants.moved(i, 0) for i, x in enumerate(parts)]),
        )
        return [*stacked(self.families), self._selectors(), looked_up, last]

    @property
    def _size(self) -> int:
        return self.setting.format.codes.size

    @cached_property
    def _rows(self) -> int:
        return int(self._size ** (len(self.families) - 1))

    def _rise(self, code: int, push: Push) -> int:
        end = Pusher(setting=self.setting, push=push).end
        return self.entries[code] - self.entries[end]

    # selectors ------------------------------------------------------------------------

    @cached_property
    def _kinds(self) -> list[Selector]:
        """Kinds of row selectors, whose rises multiply an entry's weights."""
        fmt = self.setting.format
        options = [
            Selector(code=code, push=push, rise=self._rise(code, push))
            for code, push in product(range(fmt.lo, fmt.hi + 1), ENDS)
            if self._rise(code, push)
        ]
        if self.setting.weights is Weights.FULL:
            small = [option for option in options if abs(option.rise) <= fmt.scale]
            return [max(small or options, key=lambda option: abs(option.rise))]
        found: dict[int, Selector] = {}
        size = 1
        while size < 2 * self._size:  # digits -1, 0, 1 of base three
            nearest = min(options, key=lambda option: abs(abs(option.rise) - size))
            found.setdefault(abs(nearest.rise), nearest)
            size *= 3
        return list(found.values())

    @cached_property
    def _column_selector(self) -> Selector:
        options = [
            Selector(code=code, push=push, rise=self._rise(code, push))
            for code, push in product((self.setting.format.lo, 0, self.setting.format.hi), ENDS)
        ]
        best = max(options, key=lambda option: abs(option.rise))
        if not best.rise:
            raise NoNetwork("selectors of columns do not rise")
        return best

    def _selectors(self) -> DraftLayer:
        """Row selectors, kind by kind; then column selectors."""
        codes = range(self.setting.format.lo, self.setting.format.hi + 1)
        offsets = np.cumsum([0, *(f.layers[-1].outputs for f in self.families)]).tolist()
        terms: list[tuple[int, int, int]] = []
        constants: list[tuple[int, int, int]] = []
        biases: list[int] = []

        def add(selector: Selector, places: Sequence[tuple[int, int]]) -> None:
            pusher = Pusher(setting=self.setting, push=selector.push)
            gates = [self.families[axis].gate(code, code) for axis, code in places]
            if any(gate is None or not gate.has_one_sign for gate in gates):
                raise NoNetwork("a selector needs gates of one sign")
            pushed = pusher.pushed([g for g in gates if g], pusher.distance(selector.code))
            row = len(biases)
            for (axis, _), gate in zip(places, pushed, strict=True):
                offset = offsets[axis]
                terms.extend((row, offset + n, pusher.sign * c) for n, c in gate.terms)
                constants.extend(
                    (row, k - self.setting.format.lo, pusher.sign * c) for k, c in gate.constants
                )
            biases.append(selector.code * self.setting.format.scale)

        axes = len(self.families)
        for kind in self._kinds:
            for row in product(codes, repeat=axes - 1):
                add(kind, list(enumerate(row)))
        for code in codes:
            add(self._column_selector, [(axes - 1, code)])
        return DraftLayer(
            inputs=offsets[-1],
            biases=np.array(biases, dtype=np.int64) * 1,
            terms=Terms.of(terms),
            constants=Terms.of(constants),
        )

    # what weights do ------------------------------------------------------------------

    def _coefficients(self, start: int) -> tuple[Ints, Ints]:
        """From the code `start` of a neuron to every code: coefficients by kind, and costs.

        The cost of a code that is out of reach is -1.
        """
        if start not in self.reached:
            self.reached[start] = self._new_coefficients(start)
        return self.reached[start]

    def _new_coefficients(self, start: int) -> tuple[Ints, Ints]:
        sums, kinds, factors = self._steps
        fmt = self.setting.format
        coefficients = np.zeros((len(self._kinds), self._size), dtype=np.int64)
        costs = np.full(self._size, -1, dtype=np.int64)
        for index in range(self._size):
            span = wanted_cell(self.setting, fmt.lo + index)
            best = sums.cheapest(span.low - start * fmt.scale, span.high - start * fmt.scale)
            if best is None:
                continue
            costs[index] = best[0]
            for kind, factor, letter in zip(kinds, factors, best[1], strict=True):
                if letter >= 0:
                    coefficients[kind, index] += factor * int(self._weights[letter])
        return coefficients, costs

    @cached_property
    def _weights(self) -> Ints:
        high, low = heaviest_weights(self.setting)
        if self.setting.weights is Weights.FULL:
            found = np.arange(low, high + 1)
            return np.asarray(found[found != 0])
        return np.array([high, low])

    @cached_property
    def _steps(self) -> tuple[Sums, list[int], list[int]]:
        """Sums of weights times rises, with the kind and the copies of each summand."""
        span = 2 * self._size * self.setting.format.scale
        kinds, factors = list(range(len(self._kinds))), [1] * len(self._kinds)
        reach = sum(abs(kind.rise) for kind in self._kinds) * int(np.abs(self._weights).max())
        for power in range(MAX_COPIES):
            if reach >= span:
                break
            kinds.append(len(self._kinds) - 1)
            factors.append(2**power)
            reach += abs(self._kinds[-1].rise) * int(np.abs(self._weights).max()) * 2**power
        slots = [
            Slot(
                amounts=self._weights * self._kinds[kind].rise * factor,
                costs=np.full(len(self._weights), factor),
            )
            for kind, factor in zip(kinds, factors, strict=True)
        ]
        return Sums.of(2 * span, slots), kinds, factors

    # how entries are spelled -------------------------------------------------------------

    def _spelling(self, table: Ints) -> Spelling:
        """The way of writing the entries of a table that takes the fewest weights."""
        counts = np.bincount(
            (table - self.setting.format.lo).reshape(-1), minlength=self._size
        ).astype(np.int64)
        best: tuple[int, Spelling] | None = None
        for places, push in self._candidates():
            for cost, spelling in self._spelled(places, push, counts):
                if best is None or cost < best[0]:
                    best = cost, spelling
            if best is not None and best[0] * 100 <= GOOD_COST * table.size:
                break
        if best is None:
            raise NoNetwork("no few places of a column carry all entries")
        return best[1]

    def _candidates(self) -> Iterator[tuple[tuple[Place, ...], Push]]:
        high, low = heaviest_weights(self.setting)
        scale, fmt = self.setting.format.scale, self.setting.format
        fine, coarse = (min(scale, high), max(-scale, low)), (high, low)
        ways = [fine, coarse, (*fine, *coarse), (coarse[0], fine[0]), (*coarse, *coarse)]
        ways += [(*fine, *coarse, *coarse), (coarse[0],) * 3, (*coarse, *coarse, *coarse)]
        for way in dict.fromkeys(ways):
            for start, push in product((0, fmt.lo, fmt.hi), ENDS):
                places = tuple(Place(coefficient=c, code=start) for c in way[:MAX_PLACES])
                yield places, push

    def _spelled(
        self, places: tuple[Place, ...], push: Push, counts: Ints
    ) -> Iterator[tuple[int, Spelling]]:
        """For a few constants of the output neuron: the weights that all entries take."""
        fmt = self.setting.format
        slots, names = [], []
        for place in places:
            _, costs = self._coefficients(place.code)
            codes = np.flatnonzero(costs > 0)
            rises = self.entries.array[codes] - self.entries[place.code]
            amounts = place.coefficient * rises
            order = np.lexsort((costs[codes], amounts))
            order = order[amounts[order] != 0]
            first = np.concatenate([[True], np.diff(amounts[order]) != 0])[: len(order)]
            kept = order[first]
            if not len(kept):
                return
            slots.append(Slot(amounts=amounts[kept], costs=costs[codes][kept]))
            names.append(codes[kept] + fmt.lo)
        sums = Sums.of(4 * fmt.codes.size * fmt.scale, slots)
        offset = self._offset(places, push)
        for base_code in sorted({0, fmt.lo, fmt.hi}):
            base = base_of(self.setting, self.evidence, base_code, offset)
            found = self._written(sums, places, names, base.total + offset, counts)
            if found is not None:
                yield (
                    found[0],
                    Spelling(places=places, push=push, base_code=base_code, codes=found[1]),
                )

    def _offset(self, places: Sequence[Place], push: Push) -> int:
        """What the places of the selected column add, by themselves, beyond their ends."""
        return sum(place.coefficient * self._rise(place.code, push) for place in places)

    def _written(
        self,
        sums: Sums,
        places: Sequence[Place],
        names: Sequence[Ints],
        total: int,
        counts: Ints,
    ) -> tuple[int, Ints] | None:
        fmt = self.setting.format
        codes = np.tile(np.array([place.code for place in places]), (self._size, 1))
        cost = 0
        for index in np.flatnonzero(counts).tolist():
            span = wanted_cell(self.setting, fmt.lo + index)
            best = sums.cheapest(span.low - total, span.high - total)
            if best is None:
                return None
            cost += best[0] * int(counts[index])
            for place, letter in enumerate(best[1]):
                if letter >= 0:
                    codes[index, place] = names[place][letter]
        return cost, codes

    # columns ---------------------------------------------------------------------------

    def _columns(self, output: int) -> tuple[DraftLayer, DraftLayer]:
        """The neurons of all columns, and the output neuron that reads them."""
        table = self.tables[output].reshape(self._rows, self._size)
        spelling = self._spelling(table)
        different, members = np.unique(table, axis=1, return_inverse=True)
        members = members.reshape(-1)
        layers = [
            self._place(spelling, number, different, members)
            for number in range(len(spelling.places))
        ]
        width = different.shape[1]
        hidden = DraftLayer(
            inputs=layers[0].inputs,
            biases=np.concatenate([layer.biases for layer in layers]),
            terms=Terms.joined([x.terms.moved(i * width, 0) for i, x in enumerate(layers)]),
            constants=Terms.joined([x.constants.moved(i * width, 0) for i, x in enumerate(layers)]),
        )
        base = base_of(
            self.setting,
            self.evidence,
            spelling.base_code,
            self._offset(spelling.places, spelling.push),
        )
        return hidden, self._output(spelling, base, width)

    def _output(self, spelling: Spelling, base: Base, width: int) -> DraftLayer:
        end = Pusher(setting=self.setting, push=spelling.push).end
        coefficients = np.repeat([place.coefficient for place in spelling.places], width)
        lo = self.setting.format.lo
        constants = [(0, code - lo, count) for code, count in base.constants]
        constants.append((0, end - lo, -int(coefficients.sum())))
        return DraftLayer(
            inputs=len(coefficients),
            biases=np.array([base.bias], dtype=np.int64),
            terms=Terms(
                rows=np.zeros(len(coefficients), dtype=np.int64),
                columns=np.arange(len(coefficients)),
                codes=coefficients,
            ),
            constants=Terms.of(constants),
        )

    def _place(self, spelling: Spelling, number: int, columns: Ints, members: Ints) -> DraftLayer:
        """The neurons of one place: a column each."""
        fmt, width = self.setting.format, columns.shape[1]
        starts = self._starts(spelling, number, columns)
        codes = spelling.codes[columns - fmt.lo, number]
        weights = np.zeros((len(self._kinds), *columns.shape), dtype=np.int64)
        for start in np.unique(starts).tolist():
            chosen = starts == start
            coefficients, costs = self._coefficients(start)
            if (costs[codes[:, chosen] - fmt.lo] < 0).any():
                raise NoNetwork("a code is out of the reach of a column")
            weights[:, :, chosen] = coefficients[:, codes[:, chosen] - fmt.lo]
        kinds, rows, places = np.nonzero(weights)
        lookup = Terms(
            rows=places, columns=kinds * self._rows + rows, codes=weights[kinds, rows, places]
        )
        rises = np.array([kind.rise for kind in self._kinds])
        sums = np.tensordot(rises, weights, axes=1) + starts * fmt.scale
        gates, gate_constants = self._column_gates(spelling.push, sums, members)
        ends = [Pusher(setting=self.setting, push=kind.push).end for kind in self._kinds]
        totals = weights.sum(axis=1)
        constants = Terms(
            rows=np.tile(np.arange(width), len(ends)),
            columns=np.repeat(np.array(ends) - fmt.lo, width),
            codes=-totals.reshape(-1),
        )
        return DraftLayer(
            inputs=len(self._kinds) * self._rows + self._size,
            biases=starts * fmt.scale,
            terms=Terms.joined([lookup, gates]),
            constants=Terms.joined([constants, gate_constants]),
        )

    def _starts(self, spelling: Spelling, number: int, columns: Ints) -> Ints:
        """The code of each neuron by itself: the one that most of its column wants, if many do."""
        fmt = self.setting.format
        usual = spelling.places[number].code
        starts = np.full(columns.shape[1], usual, dtype=np.int64)
        for place in range(columns.shape[1]):
            values, counts = np.unique(columns[:, place], return_counts=True)
            if 2 * counts.max() > len(columns):
                starts[place] = spelling.codes[int(values[counts.argmax()]) - fmt.lo, number]
        return starts

    def _column_gates(self, push: Push, sums: Ints, members: Ints) -> tuple[Terms, Terms]:
        """What sends a neuron to its end unless one of its columns is selected."""
        pusher, selector = Pusher(setting=self.setting, push=push), self._column_selector
        top, bottom = pusher.ends
        need = sums.max(axis=0) + bottom if push is Push.DOWN else top - sums.min(axis=0)
        step = self.setting.weight_step
        rise = abs(selector.rise)
        factors = np.maximum(1, -(-np.maximum(need, 0) // (rise * step))) * step
        # off, the sum changes by -coefficient * rise, which has the sign of the push
        signs = -pusher.sign * (1 if selector.rise > 0 else -1)
        coefficients = signs * factors
        counts = np.bincount(members, minlength=sums.shape[1])
        gates = Terms(
            rows=members,
            columns=len(self._kinds) * self._rows + np.arange(len(members)),
            codes=coefficients[members],
        )
        end = Pusher(setting=self.setting, push=selector.push).end
        lo = self.setting.format.lo
        width = np.arange(len(counts))
        constants = Terms(
            rows=np.concatenate([width, width]),
            columns=np.repeat([selector.code - lo, end - lo], len(counts)),
            codes=np.concatenate([-coefficients, -coefficients * (counts - 1)]),
        )
        return gates, constants
