"""Sawtooth functions: sums of ramps, from whose value a code's offset in its block can be told.

A ramp rises over one block of codes and is constant elsewhere: a few layers of sums of
neurons that are shifts of one another, like step functions, but less steep.  Ramps for all
blocks, added with signs that alternate, go up and down between two values; Telgarsky (COLT
2016) gets such a function by composing layers instead.  A few sampling neurons read this sum;
from theirs, the offset of a code in its block is told, if no two codes of a block share one
(theory.md#radix-split).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smtcheck.construction.indicators.penalties import Axis
from smtcheck.construction.indicators.steepening import Steepener
from smtcheck.construction.lowering.coefficients import DraftLayer, reading

Ints = NDArray[np.int64]

SUMS = ((1, 1), (2, 1), (3, 1), (4, 1), (6, 1), (8, 1), (8, 4))  #: widths and gaps
LAST_SUMS = (
    *((1, 1), (2, 1), (3, 1), (4, 1), (6, 1), (8, 1), (12, 1), (16, 1), (24, 1)),
    *((6, 2), (8, 2), (12, 2), (16, 2), (8, 4), (12, 4), (16, 4), (24, 4)),
)
BRANCHING = (2, 3)  #: the widest sums, and the most levels, that are placed in several ways
FEW_PLACINGS = (0, 2, 6)  #: of them, beside the steepest
PLACINGS = 17  #: codes that a sum is placed at


@dataclass(frozen=True, slots=True, kw_only=True)
class SawtoothLevel:
    """A level: each neuron reads some of the level before, at thresholds around its own."""

    width: int
    gap: int  #: between thresholds that are read
    bias: int

    @property
    def offsets(self) -> Ints:
        """Thresholds that are read, counted from the neuron's own."""
        return np.asarray((np.arange(self.width) - self.width // 2) * self.gap)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ramp:
    """Shifts of one function, which rises in a block and is constant elsewhere."""

    first_bias: int
    sums: tuple[SawtoothLevel, ...]
    start: int  #: where the block begins, counted from the threshold
    values: Ints  #: in the block
    low: int  #: below it
    high: int  #: above it

    @property
    def length(self) -> int:
        """Codes of a block."""
        return len(self.values)

    def thresholds(self, blocks: int) -> list[Ints]:
        """Those of each level, the first layer's first, counted from the first block."""
        found = [np.arange(blocks) * self.length - self.start]
        for level in reversed(self.sums):
            found.append(np.unique(found[-1][:, None] + level.offsets))
        return found[::-1]

    def cost(self, blocks: int) -> int:
        """Weights and biases of so many."""
        counts = [len(thresholds) for thresholds in self.thresholds(blocks)]
        later = zip(counts[1:], self.sums, strict=True)
        return 2 * counts[0] + sum(count * (level.width + 1) for count, level in later)


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingNeuron:
    """Neurons that read the sawtooth with one weight and several biases, and what they tell."""

    weight: int
    biases: tuple[int, ...]
    values: Ints  #: the sum of their activations, for each code
    places: Ints  #: for each code
    gap: int  #: between the values of neighbouring places


@dataclass(frozen=True, kw_only=True)
class Sawtooth:
    """The sawtooths of a setting."""

    steepener: Steepener

    @cached_property
    def size(self) -> int:
        """The number of codes."""
        return self.steepener.setting.format.codes.size

    def blocks(self, ramp: Ramp) -> Ints:
        """The block of each code."""
        return np.asarray(np.arange(self.size) // ramp.length)

    # ramps ---------------------------------------------------------------------------------

    @cached_property
    def ramps(self) -> list[Ramp]:
        """The cheapest ramp of each length that is about the square root of N."""
        root, found = isqrt(self.size), dict[int, tuple[int, Ramp]]()
        for ramp in self._all_ramps():
            if root <= 2 * ramp.length and ramp.length <= 4 * root:
                cost = ramp.cost(-(-self.size // ramp.length))
                if ramp.length not in found or cost < found[ramp.length][0]:
                    found[ramp.length] = cost, ramp
        return [ramp for _, ramp in found.values()]

    @cached_property
    def _distances(self) -> Ints:
        return np.arange(-2 * self.size, 2 * self.size + 1)

    def _all_ramps(self) -> Iterator[Ramp]:
        bias, first = self.steepener.first(self._distances)
        for width, gap in SUMS:
            for sums, values in self._chains(
                SawtoothLevel(width=width, gap=gap, bias=0), (), first
            ):
                for last_width, last_gap in LAST_SUMS:
                    if last_width <= 4 * width or not sums:
                        own = SawtoothLevel(width=last_width, gap=last_gap, bias=0)
                        yield from self._last_ramps(bias, sums, values, own)

    def _chains(
        self, level: SawtoothLevel, sums: tuple[SawtoothLevel, ...], values: Ints
    ) -> Iterator[tuple[tuple[SawtoothLevel, ...], Ints]]:
        """Levels but for the last, of one width, each placed in a few ways."""
        yield sums, values
        before = self._rise(values)
        biases, found = self._placings(self._summed(values, level))
        rises = self._rise(found)
        few = level.width <= BRANCHING[0] and len(sums) < BRANCHING[1]
        steepest = int(rises.argmax())
        for place in dict.fromkeys((*FEW_PLACINGS, steepest) if few else (steepest,)):
            is_steeper = rises[place] > before or (few and rises[place] == before)
            if is_steeper and 3 * rises[place] <= self.steepener.height:
                own = SawtoothLevel(width=level.width, gap=level.gap, bias=int(biases[place]))
                yield from self._chains(level, (*sums, own), found[place])

    def _rise(self, values: Ints) -> Any:
        """From one code to the next, where it is largest."""
        return np.abs(np.diff(values)).max(axis=-1)

    def _summed(self, values: Ints, level: SawtoothLevel) -> Ints:
        """The weighted sum at each distance, of shifts by the offsets."""
        reach = int(np.abs(level.offsets).max())
        padded = np.pad(values, reach, mode="edge")
        parts = [padded[reach - o : reach - o + len(values)] for o in level.offsets.tolist()]
        return np.asarray(self.steepener.weight * np.sum(parts, axis=0))

    def _placings(self, sums: Ints) -> tuple[Ints, Ints]:
        """Biases and activations: what is constant below the threshold put where T is least, or
        a little higher; then the steepest place put at codes of the format.
        """
        steepener, fmt = self.steepener, self.steepener.setting.format
        rising = steepener.sign * steepener.entries.array
        least = int(np.flatnonzero(rising == rising.min())[-1])
        above = fmt.lo + least + np.arange(8) * (fmt.codes.size - least) // 24
        codes = fmt.lo + (fmt.codes.size - 1) * np.arange(PLACINGS) // (PLACINGS - 1)
        steepest = sums[int(np.abs(np.diff(sums)).argmax())]
        starts = [fmt.scale * above - sums[0], fmt.scale * codes - steepest]
        step = steepener.setting.bias_step
        biases = np.concatenate(starts) // step * step
        return biases, steepener.activations(sums + biases[:, None])

    def _last_ramps(
        self, bias: int, sums: Sequence[SawtoothLevel], values: Ints, level: SawtoothLevel
    ) -> Iterator[Ramp]:
        """Ramps after one more level, placed in several ways."""
        for last_bias, found in zip(*self._placings(self._summed(values, level)), strict=True):
            block = _block(self.steepener.sign * found)
            if block is not None:
                last = SawtoothLevel(width=level.width, gap=level.gap, bias=int(last_bias))
                yield Ramp(
                    first_bias=bias,
                    sums=(*sums, last),
                    start=int(self._distances[block[0]]),
                    values=found[block[0] : block[1]],
                    low=int(found[0]),
                    high=int(found[-1]),
                )

    # sawtooths ---------------------------------------------------------------------------------

    def heights(self, ramp: Ramp) -> Ints:
        """Ramps added with alternating signs, for each code."""
        blocks = self.blocks(ramp)
        values = ramp.values[np.arange(self.size) % ramp.length]
        last_low = 0 if blocks[-1] % 2 == 0 else ramp.low  # lows and highs before cancel
        return np.asarray(np.where(blocks % 2, ramp.low + ramp.high - values, values) - last_low)

    def sampler(self, ramp: Ramp, copies: int) -> SamplingNeuron | None:
        """The best that so many neurons make of the sawtooth; None if they confuse places."""
        blocks, heights = self.blocks(ramp), self.heights(ramp)
        best: SamplingNeuron | None = None
        for weight, biases in self._biases(heights, copies):
            sums = weight * heights[None, :] + np.array(biases)[:, None]
            values = self.steepener.activations(sums).sum(axis=0)
            places, gap = _places(values, blocks)
            if gap > (best.gap if best is not None else 0):
                best = SamplingNeuron(
                    weight=weight, biases=biases, values=values, places=places, gap=gap
                )
        return best

    def _biases(self, heights: Ints, copies: int) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Weights and biases of sampling neurons: biases nearly one, or one after the other."""
        setting = self.steepener.setting
        fmt, bottom, top = setting.format, int(heights.min()), int(heights.max())
        for weight in sorted({abs(self.steepener.weight), fmt.scale}):
            if not (setting.is_weight(weight) and setting.is_weight(-weight)):
                continue
            for place in range(PLACINGS):
                code = fmt.lo + (fmt.codes.size - 1) * place // (PLACINGS - 1)
                middle = fmt.scale * code - weight * (top + bottom) // 2
                for spread in (-(-fmt.scale // copies), weight * (top - bottom) // copies):
                    apart = [spread * (2 * copy - copies + 1) // 2 for copy in range(copies)]
                    yield weight, tuple(self.steepener.bias(middle + own) for own in apart)

    def layers(self, ramp: Ramp, sampler: SamplingNeuron) -> list[DraftLayer]:
        """The first layer, the levels of the ramps, and the sampling neurons."""
        setting, count = self.steepener.setting, int(self.blocks(ramp)[-1]) + 1
        thresholds = ramp.thresholds(count)
        weights = np.full(len(thresholds[0]), self.steepener.first_weight)
        biases = ramp.first_bias - weights * (thresholds[0] + setting.format.lo)
        layers = [Axis.along(setting, (1,)).layer(weights, biases)]
        for level, before, own in zip(ramp.sums, thresholds, thresholds[1:], strict=False):
            columns = np.searchsorted(before, own[:, None] + level.offsets)
            biases = np.full(len(own), level.bias)
            layers.append(reading(len(before), columns, self.steepener.weight, biases))
        return [*layers, dense(sampler.biases, (-1) ** np.arange(count) * sampler.weight)]


def dense(biases: Sequence[int], weights: Ints) -> DraftLayer:
    """Neurons that read all activations, each with the same weights."""
    columns = np.tile(np.arange(len(weights)), (len(biases), 1))
    return reading(len(weights), columns, weights, np.array(biases, dtype=np.int64))


def _block(rising: Ints) -> tuple[int, int] | None:
    """From the last place at the bottom to the first at the top, if all between rise."""
    start = int((rising != rising[0]).argmax()) - 1
    stop = len(rising) - int((rising[::-1] != rising[-1]).argmax())
    if start < 0 or stop >= len(rising) or (np.diff(rising[start : stop + 1]) <= 0).any():
        return None
    return start, stop


def _places(values: Ints, blocks: Ints) -> tuple[Ints, int]:
    """Places such that no two codes of a block share one, as far apart as can be; and how far.

    The distance is 0 where there are none.
    """
    order = np.argsort(values, kind="stable")
    jumps, own = np.diff(values[order]), blocks[order]
    gaps = np.unique(jumps[jumps > 0])
    least, most = 0, len(gaps)  # the smaller the gap, the more pieces there are
    while least < most:
        middle = (least + most) // 2
        pieces = np.cumsum(np.append(0, jumps >= gaps[middle]))
        if len(np.unique(pieces * (blocks[-1] + 1) + own)) == len(values):
            least = middle + 1
        else:
            most = middle
    places = np.zeros(len(values), dtype=np.int64)
    if not least:
        return places, 0
    gap = int(gaps[least - 1])
    places[order] = _merged(np.cumsum(np.append(0, jumps >= gap)), own)
    return places, gap


def _merged(pieces: Ints, blocks: Ints) -> Ints:
    """Neighbouring pieces put together where no block is in both."""
    found, place, seen = np.zeros(len(pieces), dtype=np.int64), 0, set[int]()
    for piece in range(int(pieces[-1]) + 1):
        members = pieces == piece
        own = set(blocks[members].tolist())
        if seen & own:
            place, seen = place + 1, set()
        seen |= own
        found[members] = place
    return found
