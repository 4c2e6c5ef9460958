"""Steepening: layers of neurons whose activations become one of two values.

A neuron that is a little higher at some points than at others is made to overflow at
both: the next layer adds up several such neurons, copies or neighbours of one another,
with the heaviest weight, so that the difference grows, until activations are constant
on either side (theory.md#step-functions).  Everything is measured at the points that matter;
nothing is assumed of the activation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from smtcheck.claims.settings import Bias, QuantizationScheme
from smtcheck.construction.indicators.saturation import SaturatingNeuron, SaturationSide
from smtcheck.construction.lowering.coefficients import DraftLayer, reading
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.universality.separation import activations

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

COPIES = (1, 2, 3, 4, 5, 6, 8, 12)  #: of a neuron that a sum may have
NEIGHBOURS = (1, 3, 5, 8, 12)  #: or neurons around it
FEW = 12  #: codes that a sum is placed at, of all
MAX_LEVELS = 24
MAX_TABLE = 2**24  #: sums whose activations are listed
FAR = 2**60  #: beyond all activations
ENOUGH = 3 / 5  #: of the difference between T(lo) and T(hi): what a repeated signal keeps


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """Points at which each of some neurons should be low, and at which high: a row each."""

    low: Bools
    high: Bools


@dataclass(frozen=True, slots=True, kw_only=True)
class SteepeningLevel:
    """A layer of neurons, each the sum of some around it in the layer before."""

    reads: tuple[int, ...]  #: how far away they are, in the order of neurons; with repetitions
    weight: int
    biases: Ints

    def layer(self) -> DraftLayer:
        """Its draft."""
        count = len(self.biases)
        return reading(count, _around(count, self.reads), self.weight, self.biases)


def _around(count: int, reads: Sequence[int]) -> Ints:
    """For each neuron those that it reads; at the ends the last ones again."""
    found: Ints = np.arange(count)[:, None] + np.array(reads, dtype=np.int64)
    return np.asarray(np.clip(found, 0, count - 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Levels, and the activations of the last one at all points."""

    levels: tuple[SteepeningLevel, ...]
    values: Ints

    def cost(self, first: int) -> int:
        """Weights and biases of a neuron with all that it needs; `first` of the layer before."""
        found, copies = 0, 1
        for level in reversed(self.levels):
            found += copies * (len(level.reads) + 1)
            is_copying = len(set(level.reads)) < len(level.reads)
            copies = len(level.reads) if is_copying else 1
        return found + first * copies


@dataclass(frozen=True, kw_only=True)
class Steepener:
    """What neurons of a setting can do."""

    setting: QuantizationScheme
    entries: ActivationTable

    @cached_property
    def sign(self) -> int:
        """1 where activations rise from lo to hi, -1 where they fall."""
        fmt = self.setting.format
        return 1 if self.entries[fmt.hi] > self.entries[fmt.lo] else -1

    @cached_property
    def weight(self) -> int:
        """The weight with which activations are made to rise."""
        return self.setting.heaviest_weights[0 if self.sign > 0 else 1]

    @cached_property
    def first_weight(self) -> int:
        """The heaviest weight that a shift of a first-layer neuron can be made with."""
        heaviest, scale = self.setting.heaviest_weights[0], self.setting.format.scale
        return heaviest if self.setting.bias is Bias.EXACT else heaviest // scale * scale

    def first(self, distances: Ints) -> tuple[int, Ints]:
        """The bias of a first-layer neuron that reads a distance, and its activations."""
        sides = Sides(low=distances[None, :] < 0, high=distances[None, :] >= 0)
        biases, values = self.placed(self.first_weight * distances[None, :], sides)
        return int(biases[0]), values[0]

    @cached_property
    def height(self) -> int:
        """The difference between the activations of both ends."""
        fmt = self.setting.format
        return abs(self.entries[fmt.hi] - self.entries[fmt.lo])

    def activations(self, sums: Ints) -> Ints:
        """T(R(n)) for sums of any shape."""
        low, table = self._table
        if not len(table):
            return activations(self.setting, self.entries, sums.reshape(-1)).reshape(sums.shape)
        return np.asarray(table[np.clip(sums, low, low + len(table) - 1) - low])

    @cached_property
    def _table(self) -> tuple[int, Ints]:
        """T(R(n)) from one end, beyond which sums saturate, to the other; none if it is long."""
        top, bottom = SaturatingNeuron(setting=self.setting, side=SaturationSide.EITHER).ends
        if top + bottom > MAX_TABLE:
            return 0, np.zeros(0, dtype=np.int64)
        sums = np.arange(-bottom, top + 1)
        return -bottom, activations(self.setting, self.entries, sums).astype(np.int64)

    def bias(self, number: int) -> int:
        """A bias near a number."""
        return number // self.setting.bias_step * self.setting.bias_step

    def gaps(self, values: Ints, sides: Sides) -> Ints:
        """How far each neuron's activations at high points lie beyond those at low ones."""
        rising = self.sign * values
        above = np.where(sides.high, rising, FAR).min(axis=-1)
        below = np.where(sides.low, rising, -FAR).max(axis=-1)
        return np.asarray(above - below)

    def placed(self, sums: Ints, sides: Sides) -> tuple[Ints, Ints]:
        """Biases with which activations differ the most, and the activations."""
        most = np.where(sides.low, sums, -FAR).max(axis=1)
        least = np.where(sides.high, sums, FAR).min(axis=1)
        step, neurons = self.setting.bias_step, np.arange(len(sums))
        biases = self._starts(most, least) // step * step
        values = self.activations(sums + biases[:, :, None])
        best = self.gaps(values, sides).argmax(axis=0)
        return np.asarray(biases[best, neurons]), np.asarray(values[best, neurons])

    def _starts(self, most: Ints, least: Ints) -> Ints:
        """Biases that put the middle or the upper end of the low side at codes: a row each."""
        fmt = self.setting.format
        places = fmt.lo + (fmt.codes.size - 1) * np.arange(FEW) // (FEW - 1)
        codes = fmt.scale * np.unique(np.append(places, [0, -1]))[:, None]
        saturated = fmt.scale * fmt.hi - least[None, :]
        return np.concatenate([codes - (most + least) // 2, codes - most, saturated])

    def level(
        self, values: Ints, sides: Sides, reads: Sequence[int]
    ) -> tuple[SteepeningLevel, Ints]:
        """The next layer, placed as well as can be."""
        sums = self.weight * values[_around(len(values), reads)].sum(axis=1)
        biases, found = self.placed(sums, sides)
        return SteepeningLevel(reads=tuple(reads), weight=self.weight, biases=biases), found

    def is_steep(self, values: Ints, sides: Sides) -> bool:
        """Whether each neuron has one activation at all high points, and another at low ones."""
        first_low = np.take_along_axis(values, sides.low.argmax(axis=1)[:, None], axis=1)
        first_high = np.take_along_axis(values, sides.high.argmax(axis=1)[:, None], axis=1)
        is_low = (values == first_low) | ~sides.low
        is_high = (values == first_high) | ~sides.high
        return bool((is_low & is_high).all() and (first_low != first_high).all())

    def chains(self, values: Ints, sides: Sides) -> Iterator[Chain]:
        """Ways to make neurons sharp: sums of so many neighbours while that helps, then copies."""
        for copied in COPIES:
            for width in NEIGHBOURS if len(values) > 1 else (1,):
                chain = self._chain(values, sides, width, copied)
                if chain is not None:
                    yield chain

    def _chain(self, values: Ints, sides: Sides, width: int, copied: int) -> Chain | None:
        levels: list[SteepeningLevel] = []
        while not self.is_steep(values, sides):
            level, found = self._next(values, sides, width, copied)
            before, after = self.gaps(values, sides), self.gaps(found, sides)
            if after.min() <= 0 or after.sum() <= before.sum() or len(levels) == MAX_LEVELS:
                return None
            levels.append(level)
            values = found
        return Chain(levels=tuple(levels), values=values)

    def _next(
        self, values: Ints, sides: Sides, width: int, copied: int
    ) -> tuple[SteepeningLevel, Ints]:
        """A level that is steep enough at once, if a small one does, or the next sum."""
        before = int(self.gaps(values, sides).min())
        for few in COPIES:
            if few > 2 * copied:
                break
            level, found = self.level(values, sides, (0,) * few)
            if self.is_steep(found, sides) and self._is_enough(found, sides):
                return level, found
        if width > 1:
            level, found = self.level(values, sides, range(-(width // 2), width - width // 2))
            if 4 * int(self.gaps(found, sides).min()) >= 5 * before:
                return level, found
        return self.level(values, sides, (0,) * copied)

    def _is_enough(self, values: Ints, sides: Sides) -> bool:
        return bool(self.gaps(values, sides).min() >= ENOUGH * self.height)

    def repeated(self, chain: Chain, sides: Sides, times: int) -> Chain | None:
        """The chain made longer by levels that only pass on what is sharp."""
        levels, values = list(chain.levels), chain.values
        for _ in range(times):
            for width in COPIES:
                level, found = self.level(values, sides, (0,) * width)
                if self.is_steep(found, sides) and self._is_enough(found, sides):
                    break
            else:
                return None
            levels.append(level)
            values = found
        return Chain(levels=tuple(levels), values=values)
