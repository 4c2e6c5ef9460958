"""Networks that look entries up: one weight for each entry of a table.

A table has rows and columns, which gates tell: of several inputs the last one picks a
column, the others a row; one input alone is split (`radix_split`).  A *row selector*
is one activation at its row and another elsewhere, so a neuron that reads all of them,
with one weight each, gives any function of the row: there is such a neuron for each
column, and its weights are the entries.  A *column selector* with a large weight makes
it overflow unless its column is picked.  The output neuron adds them up: all but one are
constant (theory.md#lookup).

What an activation cannot carry in one neuron is split among several, the *places* of a
column, which the output neuron weighs differently.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from smtcheck.claims.settings import QuantizationScheme
from smtcheck.construction.indicators.penalties import Penalty
from smtcheck.construction.indicators.saturation import (
    Family,
    Layered,
    NoNetwork,
    SaturatedLayer,
    SaturatingNeuron,
    SaturationSide,
    saturated_layer,
    stacked,
)
from smtcheck.construction.lookup.entry_encoding import EntryEncoder, EntryEncoding
from smtcheck.construction.lookup.selectors import Selectors
from smtcheck.construction.lowering.coefficients import (
    DraftLayer,
    SparseTerms,
    block_diagonal,
    concatenated,
    reading,
)

Ints = NDArray[np.int64]
Gates = tuple[
    tuple[int, Penalty], ...
]  #: (which family, its gate): what vanishes at a row or column


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsAndColumns:
    """Rows and columns that gates tell apart."""

    families: Sequence[Layered]
    rows: Sequence[Gates]
    columns: Sequence[Gates]
    used: NDArray[np.bool_]  #: rows and columns that some input picks

    @classmethod
    def of_inputs(cls, families: Sequence[Family]) -> RowsAndColumns:
        """A row for all inputs but the last, and a column for each code of that."""
        if len(families) < 2:
            raise NoNetwork("a table of one input has no rows")
        codes = [
            [(place, _gate(family, code)) for code in family.axis.places.tolist()]
            for place, family in enumerate(families)
        ]
        rows, columns = list(product(*codes[:-1])), [(own,) for own in codes[-1]]
        used = np.ones((len(rows), len(columns)), dtype=bool)
        return cls(families=families, rows=rows, columns=columns, used=used)


def _gate(family: Family, code: int) -> Penalty:
    """A gate for one code."""
    gate = family.gate(code, code)
    if gate is None or not gate.has_one_sign:
        raise NoNetwork("a selector needs gates of one sign")
    return gate


@dataclass(frozen=True, kw_only=True)
class Lookup:
    """A network under construction: `tables` has a row and column array of codes for each output.

    Where the grid is not used, their codes do not matter.
    """

    encoder: EntryEncoder
    grid: RowsAndColumns
    tables: Sequence[Ints]

    def layers(self) -> list[DraftLayer]:
        """All layers; NoNetwork where selectors or places do not suffice."""
        tables = [table[self.grid.used] for table in self.tables]
        encodings = self.encoder.encodings(tables, len(self.grid.columns))
        parts = [
            self._columns(table, own) for table, own in zip(self.tables, encodings, strict=True)
        ]
        columns, *others = (list(layers) for layers in zip(*parts, strict=True))
        return [
            *stacked(self.grid.families),
            self._selectors(),
            concatenated(columns),
            *map(block_diagonal, others),
        ]

    @property
    def setting(self) -> QuantizationScheme:
        """What weights and biases there are."""
        return self.encoder.setting

    @property
    def _rows(self) -> int:
        return len(self.grid.rows)

    @property
    def selectors(self) -> Selectors:
        """Of rows and columns."""
        return self.encoder.selectors

    # selectors ------------------------------------------------------------------------

    def _selectors(self) -> DraftLayer:
        """Row selectors, kind by kind; then column selectors."""
        chosen = [(kind, row) for kind in self.selectors.kinds for row in self.grid.rows]
        chosen += [(self.selectors.of_columns, column) for column in self.grid.columns]
        neurons = [
            SaturatedLayer(
                code=selector.code,
                saturating=SaturatingNeuron(setting=self.setting, side=selector.side),
                gates=gates,
            )
            for selector, gates in chosen
        ]
        return saturated_layer(self.setting, self.grid.families, neurons)

    # columns ---------------------------------------------------------------------------

    def _columns(self, table: Ints, encoding: EntryEncoding) -> list[DraftLayer]:
        """The neurons of all columns, those that read them, if any, and the output neuron."""
        used = self.grid.used
        either = np.where(used, table, self.setting.format.lo - 1)
        different, members = np.unique(either, axis=1, return_inverse=True)
        members = members.reshape(-1)
        layers = [
            self._place(encoding, number, different, members)
            for number in range(len(encoding.places))
        ]
        width = different.shape[1]
        ends = [SaturatingNeuron(setting=self.setting, side=encoding.side).end] * width
        if not encoding.places[0].readers:
            return [concatenated(layers), self._output(encoding, ends)]
        readers = self._readers(encoding, ends)
        return [concatenated(layers), readers, self._output(encoding, ends)]

    def _readers(self, encoding: EntryEncoding, ends: Sequence[int]) -> DraftLayer:
        """Neurons that each read all columns of a place: at their bias if none is selected."""
        weight, width = self.setting.heaviest_weights[0], len(ends)
        counts = [len(place.readers) for place in encoding.places]
        columns = np.repeat(np.arange(len(counts)) * width, counts)[:, None] + np.arange(width)
        biases = np.array([bias for place in encoding.places for bias in place.readers])
        constants = [
            (row, ends[0] - self.setting.format.lo, -weight * width) for row in range(len(biases))
        ]
        layer = reading(len(counts) * width, columns, weight, biases)
        return replace(layer, constants=SparseTerms.of(constants))

    def _output(self, encoding: EntryEncoding, ends: Sequence[int]) -> DraftLayer:
        """It reads the columns, whose ends are known, or their readers, place by place."""
        lo, read = self.setting.format.lo, []
        for place in encoding.places:
            given = map(self.setting.requantize, place.readers) if place.readers else ends
            read += [(place.coefficient, code) for code in given]
        constants = [(0, code - lo, count) for code, count in encoding.base.constants]
        constants += [(0, code - lo, -coefficient) for coefficient, code in read]
        return DraftLayer(
            inputs=len(read),
            biases=np.array([encoding.base.bias], dtype=np.int64),
            terms=SparseTerms.of([(0, number, own) for number, (own, _) in enumerate(read)]),
            constants=SparseTerms.of(constants),
        )

    def _place(
        self, encoding: EntryEncoding, number: int, columns: Ints, members: Ints
    ) -> DraftLayer:
        """The neurons of one place: a column each."""
        fmt, width = self.setting.format, columns.shape[1]
        starts = self._starts(encoding, number, columns)
        used = columns >= fmt.lo
        codes = np.where(used, encoding.codes[columns - fmt.lo, number], starts)
        weights = np.zeros((len(self.selectors.kinds), *columns.shape), dtype=np.int64)
        for start in np.unique(starts).tolist():
            chosen = starts == start
            coefficients, costs = self.selectors.coefficients(start)
            if (costs[codes[:, chosen] - fmt.lo] < 0).any():
                raise NoNetwork("a code is out of the reach of a column")
            weights[:, :, chosen] = coefficients[:, codes[:, chosen] - fmt.lo]
        kinds, rows, places = np.nonzero(weights)
        lookup = SparseTerms(
            rows=places, columns=kinds * self._rows + rows, codes=weights[kinds, rows, places]
        )
        rises = np.array([kind.rise for kind in self.selectors.kinds])
        sums = np.tensordot(rises, weights, axes=1) + starts * fmt.scale
        gates, gate_constants = self._column_gates(encoding.side, sums, members)
        ends = [
            SaturatingNeuron(setting=self.setting, side=kind.side).end
            for kind in self.selectors.kinds
        ]
        totals = weights.sum(axis=1)
        constants = SparseTerms(
            rows=np.tile(np.arange(width), len(ends)),
            columns=np.repeat(np.array(ends) - fmt.lo, width),
            codes=-totals.reshape(-1),
        )
        return DraftLayer(
            inputs=len(self.selectors.kinds) * self._rows + len(self.grid.columns),
            biases=starts * fmt.scale,
            terms=SparseTerms.joined([lookup, gates]),
            constants=SparseTerms.joined([constants, gate_constants]),
        )

    def _starts(self, encoding: EntryEncoding, number: int, columns: Ints) -> Ints:
        """The code of each neuron by itself: the one that most of its column wants, if many do."""
        fmt = self.setting.format
        usual = encoding.places[number].code
        starts = np.full(columns.shape[1], usual, dtype=np.int64)
        for place in range(columns.shape[1]):
            column = columns[:, place]
            values, counts = np.unique(column[column >= fmt.lo], return_counts=True)
            if 2 * counts.max(initial=0) > counts.sum():
                starts[place] = encoding.codes[int(values[counts.argmax()]) - fmt.lo, number]
        return starts

    def _column_gates(
        self, side: SaturationSide, sums: Ints, members: Ints
    ) -> tuple[SparseTerms, SparseTerms]:
        """What sends a neuron to its end unless one of its columns is selected."""
        saturating, selector = (
            SaturatingNeuron(setting=self.setting, side=side),
            self.selectors.of_columns,
        )
        top, bottom = saturating.ends
        need = sums.max(axis=0) + bottom if side is SaturationSide.DOWN else top - sums.min(axis=0)
        step = self.setting.weight_step
        rise = abs(selector.rise)
        factors = np.maximum(1, -(-np.maximum(need, 0) // (rise * step))) * step
        # off, the sum changes by -coefficient * rise, which has the sign of the side
        signs = -saturating.sign * (1 if selector.rise > 0 else -1)
        coefficients = signs * factors
        counts = np.bincount(members, minlength=sums.shape[1])
        gates = SparseTerms(
            rows=members,
            columns=len(self.selectors.kinds) * self._rows + np.arange(len(members)),
            codes=coefficients[members],
        )
        end = SaturatingNeuron(setting=self.setting, side=selector.side).end
        lo = self.setting.format.lo
        width = np.arange(len(counts))
        constants = SparseTerms(
            rows=np.concatenate([width, width]),
            columns=np.repeat([selector.code - lo, end - lo], len(counts)),
            codes=np.concatenate([-coefficients, -coefficients * (counts - 1)]),
        )
        return gates, constants
