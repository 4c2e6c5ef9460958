"""One input in two digits: which window of codes it lies in, and which place there.

To tell N codes apart one by one takes as many steep steps; two digits take about sqrt(N)
of either kind.  Steps on the input tell windows, steps on the value of a wave tell
places.  With both, a table of one input is looked up like one of two
(theory.md#radix-split).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from smtcheck.construction.indicators.penalties import Axis, Penalty
from smtcheck.construction.indicators.saturation import NoNetwork
from smtcheck.construction.indicators.steepening import Chain, Sides, Steepener, SteepeningLevel
from smtcheck.construction.lookup.lookup import RowsAndColumns
from smtcheck.construction.lookup.sawtooth import Ramp, SamplingNeuron, Sawtooth, dense
from smtcheck.construction.lowering.coefficients import DraftLayer, beside, together

Ints = NDArray[np.int64]

COPIES = (1, 2, 3, 4, 6, 8)  #: of what reads a wave
PROMISING = 8  #: ramps whose waves are read
TRIED = 4  #: waves that networks are made with


@dataclass(frozen=True, slots=True, kw_only=True)
class Stacked:
    """Layers, one after the other."""

    layers: tuple[DraftLayer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockSteps:
    """Neurons that are low up to some point and high from there on, one after the other."""

    sides: Sides
    chain: Chain


@dataclass(frozen=True, kw_only=True)
class RadixSplit:
    """Windows and places of the codes of a setting."""

    sharpener: Steepener

    def grids(self) -> Iterator[tuple[RowsAndColumns, Ints]]:
        """Rows and columns, and the place of each code among all of them, row by row.

        The promising ones first; NoNetwork where no steps can be made.
        """
        ramps = sorted(self._waves.ramps, key=self._cost)[:PROMISING]
        waves = [
            (self._cost(ramp, reader), ramp, reader)
            for ramp in ramps
            for reader in (self._waves.reader(ramp, copies) for copies in COPIES)
            if reader is not None
        ]
        found = (self._grid(*wave[1:]) for wave in sorted(waves, key=lambda wave: wave[0]))
        yield from islice((grid for grid in found if grid is not None), TRIED)

    @cached_property
    def _waves(self) -> Sawtooth:
        return Sawtooth(sharpener=self.sharpener)

    def _cost(self, ramp: Ramp, reader: SamplingNeuron | None = None) -> float:
        """About how many parameters there are, beside those of the table."""
        windows, chain = int(self._waves.windows(ramp)[-1]) + 1, self._step.chain
        places = ramp.length if reader is None else int(reader.places.max()) + 1
        gap = self.sharpener.height / places if reader is None else reader.gap
        copies = 1 if reader is None else len(reader.biases)
        fmt = self.sharpener.setting.format
        steeper = fmt.codes.size * fmt.scale / (gap * abs(self.sharpener.weight))
        part = np.log2(max(2, steeper)) / np.log2(2 * fmt.codes.size)
        late = len(ramp.sums) + 2 - (1 - part) * len(chain.levels)
        steps = chain.cost(2) * (windows + part * places)
        reading = copies * (windows + 1 + places)
        delays = 2 * max(0, late) * windows + 2 * max(0, -late) * places
        return float(ramp.cost(windows) + reading + steps + delays + 6 * (windows + places))

    @cached_property
    def _distances(self) -> Ints:
        size = self.sharpener.setting.format.codes.size
        return np.arange(1 - size, size)

    @cached_property
    def _first(self) -> tuple[int, Ints]:
        return self.sharpener.first(self._distances)

    @cached_property
    def _step(self) -> BlockSteps:
        """The cheapest step on the input: by the distance from a threshold."""
        distances = self._distances[None, :]
        sides = Sides(low=distances < 0, high=distances >= 0)
        chains = self.sharpener.chains(self._first[1][None, :], sides)
        best = min(chains, key=lambda chain: chain.cost(2), default=None)
        if best is None:
            raise NoNetwork("activations cannot be made into steps")
        return BlockSteps(sides=sides, chain=best)

    def _place_steps(self, reader: SamplingNeuron) -> BlockSteps | None:
        """Steps between places, by the reader's values; the first level reads all of it."""
        sharpener = self.sharpener
        values, first = np.unique(reader.values, return_index=True)
        places = reader.places[first][None, :]
        thresholds = np.arange(1, int(places.max()) + 1)[:, None]
        sides = Sides(low=places < thresholds, high=places >= thresholds)
        sums = np.broadcast_to(sharpener.weight * values, sides.low.shape)
        biases, found = sharpener.placed(sums, sides)
        if not len(found) or sharpener.gaps(found, sides).min() <= 0:
            return None
        chains = sharpener.chains(found, sides)
        best = min(chains, key=lambda chain: chain.cost(len(reader.biases) + 1), default=None)
        if best is None:
            return None
        level = SteepeningLevel(reads=(), weight=sharpener.weight, biases=biases)
        return BlockSteps(sides=sides, chain=replace(best, levels=(level, *best.levels)))

    def _grid(self, ramp: Ramp, reader: SamplingNeuron) -> tuple[RowsAndColumns, Ints] | None:
        """What steps on windows and places tell; None where one cannot wait for the other."""
        windows, steps = self._waves.windows(ramp), self._place_steps(reader)
        if steps is None or not windows[-1]:
            return None
        left, right = self._step, steps
        late = len(ramp.sums) + 1 + len(right.chain.levels) - len(left.chain.levels)
        longer = self.sharpener.repeated(left.chain, left.sides, max(0, late))
        delayed = self.sharpener.repeated(right.chain, right.sides, max(0, -late))
        if longer is None or delayed is None:
            return None
        count = int(windows[-1])
        family = Stacked(layers=self._layers(ramp, reader, longer, delayed))
        gates = [
            self._gates(np.repeat(longer.values, count, axis=0), left.sides, 0),
            self._gates(delayed.values, right.sides, count),
        ]
        digits = [windows, reader.places]
        if len(gates[0]) < len(gates[1]):  # rows are many
            gates, digits = gates[::-1], digits[::-1]
        rows, columns = ([((0, gate),) for gate in own] for own in gates)
        used = np.zeros((len(rows), len(columns)), dtype=bool)
        used[digits[0], digits[1]] = True
        grid = RowsAndColumns(families=[family], rows=rows, columns=columns, used=used)
        return grid, np.asarray(digits[0] * len(columns) + digits[1])

    def _layers(
        self, ramp: Ramp, reader: SamplingNeuron, steps: Chain, places: Chain
    ) -> tuple[DraftLayer, ...]:
        """Steps on the input, beside the wave and steps on its value."""
        setting, weight = self.sharpener.setting, self.sharpener.first_weight
        windows = int(self._waves.windows(ramp)[-1])
        thresholds = setting.format.lo + ramp.length * np.arange(1, windows + 1)
        biases = self._first[0] - weight * thresholds
        left = [Axis.along(setting, (1,)).layer(np.full(windows, weight), biases)]
        for level in steps.levels:
            left.append(replace(level, biases=np.repeat(level.biases, windows)).layer())
        right = self._waves.layers(ramp, reader)
        reading = places.levels[0]
        right.append(dense(reading.biases.tolist(), np.full(len(reader.biases), reading.weight)))
        right += [level.layer() for level in places.levels[1:]]
        pairs = zip(left[1:], right[1:], strict=True)
        return (together([left[0], right[0]]), *(beside(pair) for pair in pairs))

    def _gates(self, values: Ints, sides: Sides, start: int) -> list[Penalty]:
        """A gate before, between and after steps, which begin at a place of the last layer."""
        low, high = (
            [
                int(row[side.argmax()])
                for row, side in zip(values, np.broadcast_to(own, values.shape), strict=True)
            ]
            for own in (sides.low, sides.high)
        )
        return [self._gate(low, high, start, place) for place in range(len(values) + 1)]

    def _gate(self, low: list[int], high: list[int], start: int, place: int) -> Penalty:
        """Zero where the step before a place is high and the one after it is low."""
        sign, terms, constants, rises = self.sharpener.sign, [], [], []
        for step, side, own in ((place - 1, high, -sign), (place, low, sign)):
            if 0 <= step < len(low):
                terms.append((start + step, own))
                constants.append((self._code(side[step]), -own))
                rises.append(abs(high[step] - low[step]))
        return Penalty(
            terms=tuple(terms), constants=tuple(constants), margin=min(rises), reach=max(rises)
        )

    def _code(self, value: int) -> int:
        """A code whose activation it is."""
        found = np.flatnonzero(self.sharpener.entries.array == value)
        return int(found[0]) + self.sharpener.setting.format.lo
