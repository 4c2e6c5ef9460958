"""How the entries of a table are written in neurons: places, codes, and their weights.

An activation may not carry all entries in one neuron of a column; then they are split
among several *places*, which the output neuron weighs differently, or which other neurons
read (`amplifiers`).  Each entry is a sum of few amounts (`subset_sums`), and
ways that take fewer weights are preferred.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product

import numpy as np
from numpy.typing import NDArray

from smtcheck.claims.evidence import Criterion
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from smtcheck.construction.effort import USUAL, BuildingEffort
from smtcheck.construction.indicators.saturation import (
    Base,
    NoNetwork,
    SaturatingNeuron,
    SaturationSide,
    base_of,
)
from smtcheck.construction.lookup.amplifiers import amplifiers, risen
from smtcheck.construction.lookup.selectors import ENDS, Selectors
from smtcheck.construction.lowering.subset_sums import OptionGroup, Sums, cheapest_of_each
from smtcheck.networks.activation_entries import ActivationTable

Ints = NDArray[np.int64]

REPEATS = (4, 5, 6, 8)  #: of the heaviest weights as places
MAX_DIGITS = 16  #: that an entry is written in
PLACE_COST = 6  #: about how many weights and biases a place of a column takes beside entries
MAX_WEIGHTS = 3  #: weights that a place of an entry takes, where readers are designed for these
GOOD_COST = 102  #: weights for a hundred entries: no better is looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryDigit:
    """A neuron of each column: the output neuron's coefficient, and its code by itself.

    With readers, the coefficient is that of each of them, and they read all columns.
    """

    coefficient: int
    code: int
    readers: tuple[int, ...] = ()  #: their biases


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryEncoding:
    """How entries are written in the places of a column."""

    places: tuple[EntryDigit, ...]
    side: SaturationSide
    base: Base  #: what is added where all places are at their end
    codes: Ints  #: a row an entry, a column a place


@dataclass(frozen=True, kw_only=True)
class EntryEncoder:
    """What can be written with the selectors of a setting."""

    setting: QuantizationScheme
    entries: ActivationTable
    evidence: Criterion
    effort: BuildingEffort = USUAL
    ends: tuple[SaturationSide, ...] = ENDS  #: to which columns are pushed

    @property
    def _size(self) -> int:
        return self.setting.format.codes.size

    @cached_property
    def selectors(self) -> Selectors:
        """What columns read."""
        return Selectors(setting=self.setting, entries=self.entries)

    def encodings(self, tables: Sequence[Ints], columns: int) -> list[EntryEncoding]:
        """Ways of writing tables that take the fewest weights: all with readers, or none."""
        entries = sum(table.size for table in tables)
        best: tuple[int, list[EntryEncoding]] | None = None
        for has_readers in (False, True):
            if best is not None and (
                entries < self.effort.many_entries
                or best[0] * 100 <= self.effort.fair_cost * entries
            ):
                break
            found = [self._encoding(table, columns, has_readers) for table in tables]
            known = [own for own in found if own is not None]
            cost = sum(own for own, _ in known)
            if len(known) == len(tables) and (best is None or cost < best[0]):
                best = cost, [own for _, own in known]
        if best is None:
            raise NoNetwork("no few places of a column carry all entries")
        return best[1]

    def _encoding(
        self, table: Ints, columns: int, has_readers: bool
    ) -> tuple[int, EntryEncoding] | None:
        """The cheapest, with its parameters beside those of one place; looked for once."""
        places = (table - self.setting.format.lo).reshape(-1)
        counts = np.bincount(places, minlength=self._size).tolist()
        return self._encoded_once(tuple(counts), columns, has_readers)

    @cached_property
    def _encoded_once(
        self,
    ) -> Callable[[tuple[int, ...], int, bool], tuple[int, EntryEncoding] | None]:
        return cache(self._cheapest_encoding)

    def _cheapest_encoding(
        self, counts: tuple[int, ...], columns: int, has_readers: bool
    ) -> tuple[int, EntryEncoding] | None:
        search = self._with_readers if has_readers else self._plain
        return search(np.array(counts, dtype=np.int64), columns)

    def _plain(self, counts: Ints, columns: int) -> tuple[int, EntryEncoding] | None:
        best: tuple[int, EntryEncoding] | None = None
        for places, side in self._candidates():
            for cost, encoding in self._encoded(places, side, counts):
                if best is None or cost < best[0]:
                    best = cost, encoding
            if best is not None and best[0] * 100 <= GOOD_COST * int(counts.sum()):
                break
        found = [best] if best is not None else self._in_digits(counts)
        return self._cheapest(found, columns)

    def _cheapest(
        self, found: Sequence[tuple[int, EntryEncoding]], columns: int
    ) -> tuple[int, EntryEncoding] | None:
        """Of ways with the weights that entries take."""

        def cost(pair: tuple[int, EntryEncoding]) -> int:
            weights, encoding = pair
            readers = sum(len(place.readers) for place in encoding.places)
            places = PLACE_COST * (len(encoding.places) - 1)
            return weights + places * columns + readers * (columns + 2)

        best = min(found, key=cost, default=None)
        return None if best is None else (cost(best), best[1])

    def _with_readers(self, counts: Ints, columns: int) -> tuple[int, EntryEncoding] | None:
        """With neurons between columns and output that make more of small rises."""
        found: list[tuple[int, EntryEncoding]] = []
        for places, side in dict.fromkeys(self._amplified(columns)):
            found += self._encoded(places, side, counts)
        return self._cheapest(found, columns)

    def _amplified(self, columns: int) -> Iterator[tuple[tuple[EntryDigit, ...], SaturationSide]]:
        """Places with readers, for codes that few weights lead to."""
        fmt = self.setting.format
        for start, side in product(sorted({0, fmt.lo, fmt.hi}), self.ends):
            _, costs = self.selectors.coefficients(start)
            for most in range(1, min(MAX_WEIGHTS, int(costs.max())) + 1):
                codes = np.flatnonzero((costs >= 0) & (costs <= most)) + fmt.lo
                rises = np.array([self.selectors.rise(code, side) for code in codes.tolist()])
                for way in amplifiers(self.setting, self.entries, rises, columns):
                    places = tuple(
                        EntryDigit(coefficient=own.coefficient, code=start, readers=own.biases)
                        for own in way
                    )
                    yield places, side

    def _candidates(self) -> Iterator[tuple[tuple[EntryDigit, ...], SaturationSide]]:
        high, low = self.setting.heaviest_weights
        scale, fmt = self.setting.format.scale, self.setting.format
        fine, coarse = (min(scale, high), max(-scale, low)), (high, low)
        ways = [fine, coarse, (*fine, *coarse), (coarse[0], fine[0]), (*coarse, *coarse)]
        ways += [(*fine, *coarse, *coarse), (coarse[0],) * 3, (*coarse, *coarse, *coarse)]
        for way in dict.fromkeys(ways):
            for start, side in product((0, fmt.lo, fmt.hi), self.ends):
                places = tuple(EntryDigit(coefficient=c, code=start) for c in way)
                yield places, side

    def _in_digits(self, counts: Ints) -> list[tuple[int, EntryEncoding]]:
        """Ways with more places, for activations that are few or differ by little."""
        found: list[tuple[int, EntryEncoding]] = []
        fmt = self.setting.format
        starts = sorted({0, max(-1, fmt.lo), fmt.lo, fmt.hi})
        for way in self._digits():
            for start, side in product(starts, self.ends):
                places = tuple(EntryDigit(coefficient=c, code=start) for c in way)
                found += self._encoded(places, side, counts)
        return found

    def _digits(self) -> list[tuple[int, ...]]:
        """Coefficients of places: digits of base 2 or 3, or all the heaviest."""
        high, low = self.setting.heaviest_weights
        table, scale = self.entries.array, self.setting.format.scale
        unit = scale // max(1, int(np.gcd.reduce(np.diff(table))))
        if self.setting.weights is not Weights.FULL:
            unit = scale
        needed = -(-self._size * scale // max(1, int(table.max() - table.min())))
        found = {(high, low) * repeats for repeats in REPEATS}
        for base in (2, 3):
            sizes: list[int] = []
            while sum(sizes) < needed and len(sizes) < MAX_DIGITS:
                sizes.append(min(high, max(1, unit) * base ** len(sizes)))
            found.add(tuple(c for size in sizes for c in (size, max(-size, low))))
        return sorted(found)

    def _encoded(
        self, places: tuple[EntryDigit, ...], side: SaturationSide, counts: Ints
    ) -> Iterator[tuple[int, EntryEncoding]]:
        """For a few constants of the output neuron: the weights that all entries take."""
        fmt = self.setting.format
        groups, names = [], []
        for place in places:
            _, costs = self.selectors.coefficients(place.code)
            codes = np.flatnonzero(costs > 0)
            amounts = self.amounts(place, side)
            amounts = amounts[codes] - amounts[place.code - fmt.lo]
            kept = cheapest_of_each(amounts, costs[codes])
            if not len(kept):
                return
            groups.append(OptionGroup(amounts=amounts[kept], costs=costs[codes][kept]))
            names.append(codes[kept] + fmt.lo)
        sums = Sums.of(4 * fmt.codes.size * fmt.scale, groups)
        offset = self.offset(places, side)
        for base in self._bases(offset):
            found = self._written(sums, places, names, base.total + offset, counts)
            if found is not None:
                cost, codes = found
                yield cost, EntryEncoding(places=places, side=side, base=base, codes=codes)

    def _bases(self, offset: int) -> list[Base]:
        """Constants with which the output is zero, or an end, where places have their own code.

        Biases of the format are too bounded for that: then without what places have.
        """
        setting, fmt = self.setting, self.setting.format
        codes = sorted({0, fmt.lo, fmt.hi})
        found = [base_of(setting, self.evidence, code, offset) for code in codes]
        if setting.bias is Bias.FORMAT:
            totals = [fmt.scale * code for code in codes]
            found += [Base(bias=total, constants=(), total=total) for total in totals]
        return list(dict.fromkeys(found))

    def amounts(self, place: EntryDigit, side: SaturationSide) -> Ints:
        """What a place of the selected column adds for each code, beyond what its end adds."""
        rises = (
            self.entries.array - self.entries[SaturatingNeuron(setting=self.setting, side=side).end]
        )
        if place.readers:
            rises = risen(self.setting, self.entries, rises, place.readers)
        return np.asarray(place.coefficient * rises)

    def offset(self, places: Sequence[EntryDigit], side: SaturationSide) -> int:
        """What the places of the selected column add, by themselves, beyond their ends."""
        lo = self.setting.format.lo
        return sum(int(self.amounts(place, side)[place.code - lo]) for place in places)

    def _written(
        self,
        sums: Sums,
        places: Sequence[EntryDigit],
        names: Sequence[Ints],
        total: int,
        counts: Ints,
    ) -> tuple[int, Ints] | None:
        codes = np.tile(np.array([place.code for place in places]), (self._size, 1))
        cost = 0
        for index in np.flatnonzero(counts).tolist():
            span = self.selectors.wanted[index]
            best = sums.cheapest(span.low - total, span.high - total)
            if best is None:
                return None
            cost += best[0] * int(counts[index])
            for place, option in enumerate(best[1]):
                if option >= 0:
                    codes[index, place] = names[place][option]
        return cost, codes
