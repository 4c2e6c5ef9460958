"""One input in two digits: which block of codes it lies in, and which place there.

To tell N codes apart one by one takes as many steep steps; two digits take about sqrt(N)
of either kind.  Steps on the input tell blocks, steps on the value of a sawtooth tell
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
from smtcheck.construction.lowering.coefficients import DraftLayer, block_diagonal, concatenated

Ints = NDArray[np.int64]

COPIES = (1, 2, 3, 4, 6, 8)  #: of what reads a sawtooth
PROMISING = 8  #: ramps whose sawtooths are read
TRIED = 4  #: sawtooths that networks are made with


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
    """Blocks and offsets of the codes of a setting."""

    steepener: Steepener

    def grids(self) -> Iterator[tuple[RowsAndColumns, Ints]]:
        """Rows and columns, and the place of each code among all of them, row by row.

        The promising ones first; NoNetwork where no steps can be made.
        """
        ramps = sorted(self._sawtooth.ramps, key=self._cost)[:PROMISING]
        candidates = [
            (self._cost(ramp, sampler), ramp, sampler)
            for ramp in ramps
            for sampler in (self._sawtooth.sampler(ramp, copies) for copies in COPIES)
            if sampler is not None
        ]
        candidates.sort(key=lambda candidate: candidate[0])
        found = (self._grid(*candidate[1:]) for candidate in candidates)
        yield from islice((grid for grid in found if grid is not None), TRIED)

    @cached_property
    def _sawtooth(self) -> Sawtooth:
        return Sawtooth(steepener=self.steepener)

    def _cost(self, ramp: Ramp, sampler: SamplingNeuron | None = None) -> float:
        """About how many parameters there are, beside those of the table."""
        blocks, chain = int(self._sawtooth.blocks(ramp)[-1]) + 1, self._step.chain
        places = ramp.length if sampler is None else int(sampler.places.max()) + 1
        gap = self.steepener.height / places if sampler is None else sampler.gap
        copies = 1 if sampler is None else len(sampler.biases)
        fmt = self.steepener.setting.format
        steeper = fmt.codes.size * fmt.scale / (gap * abs(self.steepener.weight))
        part = np.log2(max(2, steeper)) / np.log2(2 * fmt.codes.size)
        late = len(ramp.sums) + 2 - (1 - part) * len(chain.levels)
        steps = chain.cost(2) * (blocks + part * places)
        reading = copies * (blocks + 1 + places)
        delays = 2 * max(0, late) * blocks + 2 * max(0, -late) * places
        return float(ramp.cost(blocks) + reading + steps + delays + 6 * (blocks + places))

    @cached_property
    def _distances(self) -> Ints:
        size = self.steepener.setting.format.codes.size
        return np.arange(1 - size, size)

    @cached_property
    def _first(self) -> tuple[int, Ints]:
        return self.steepener.first(self._distances)

    @cached_property
    def _step(self) -> BlockSteps:
        """The cheapest step on the input: by the distance from a threshold."""
        distances = self._distances[None, :]
        sides = Sides(low=distances < 0, high=distances >= 0)
        chains = self.steepener.chains(self._first[1][None, :], sides)
        best = min(chains, key=lambda chain: chain.cost(2), default=None)
        if best is None:
            raise NoNetwork("activations cannot be made into steps")
        return BlockSteps(sides=sides, chain=best)

    def _place_steps(self, sampler: SamplingNeuron) -> BlockSteps | None:
        """Steps between places, by what sampling neurons add up to; the first level reads all."""
        steepener = self.steepener
        values, first = np.unique(sampler.values, return_index=True)
        places = sampler.places[first][None, :]
        thresholds = np.arange(1, int(places.max()) + 1)[:, None]
        sides = Sides(low=places < thresholds, high=places >= thresholds)
        sums = np.broadcast_to(steepener.weight * values, sides.low.shape)
        biases, found = steepener.placed(sums, sides)
        if not len(found) or steepener.gaps(found, sides).min() <= 0:
            return None
        chains = steepener.chains(found, sides)
        best = min(chains, key=lambda chain: chain.cost(len(sampler.biases) + 1), default=None)
        if best is None:
            return None
        level = SteepeningLevel(reads=(), weight=steepener.weight, biases=biases)
        return BlockSteps(sides=sides, chain=replace(best, levels=(level, *best.levels)))

    def _grid(self, ramp: Ramp, sampler: SamplingNeuron) -> tuple[RowsAndColumns, Ints] | None:
        """What steps on blocks and places tell; None where one cannot wait for the other."""
        blocks, steps = self._sawtooth.blocks(ramp), self._place_steps(sampler)
        if steps is None or not blocks[-1]:
            return None
        left, right = self._step, steps
        late = len(ramp.sums) + 1 + len(right.chain.levels) - len(left.chain.levels)
        longer = self.steepener.repeated(left.chain, left.sides, max(0, late))
        delayed = self.steepener.repeated(right.chain, right.sides, max(0, -late))
        if longer is None or delayed is None:
            return None
        count = int(blocks[-1])
        family = Stacked(layers=self._layers(ramp, sampler, longer, delayed))
        gates = [
            self._gates(np.repeat(longer.values, count, axis=0), left.sides, 0),
            self._gates(delayed.values, right.sides, count),
        ]
        digits = [blocks, sampler.places]
        if len(gates[0]) < len(gates[1]):  # rows are many
            gates, digits = gates[::-1], digits[::-1]
        rows, columns = ([((0, gate),) for gate in own] for own in gates)
        used = np.zeros((len(rows), len(columns)), dtype=bool)
        used[digits[0], digits[1]] = True
        grid = RowsAndColumns(families=[family], rows=rows, columns=columns, used=used)
        return grid, np.asarray(digits[0] * len(columns) + digits[1])

    def _layers(
        self, ramp: Ramp, sampler: SamplingNeuron, steps: Chain, places: Chain
    ) -> tuple[DraftLayer, ...]:
        """Steps on the input, beside the sawtooth and steps on its value."""
        setting, weight = self.steepener.setting, self.steepener.first_weight
        blocks = int(self._sawtooth.blocks(ramp)[-1])
        thresholds = setting.format.lo + ramp.length * np.arange(1, blocks + 1)
        biases = self._first[0] - weight * thresholds
        left = [Axis.along(setting, (1,)).layer(np.full(blocks, weight), biases)]
        for level in steps.levels:
            left.append(replace(level, biases=np.repeat(level.biases, blocks)).layer())
        right = self._sawtooth.layers(ramp, sampler)
        reading = places.levels[0]
        right.append(dense(reading.biases.tolist(), np.full(len(sampler.biases), reading.weight)))
        right += [level.layer() for level in places.levels[1:]]
        pairs = zip(left[1:], right[1:], strict=True)
        return (concatenated([left[0], right[0]]), *(block_diagonal(pair) for pair in pairs))

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
        sign, terms, constants, rises = self.steepener.sign, [], [], []
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
        found = np.flatnonzero(self.steepener.entries.array == value)
        return int(found[0]) + self.steepener.setting.format.lo
