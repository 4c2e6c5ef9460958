"""Steps: layers of neurons that are T(lo) below a threshold and T(hi) from it on.

One layer can raise its activation only a little from one code to the next.  The sum of
m neurons with neighbouring thresholds rises by what one of them rises over m codes, so
a next layer of such sums is steeper, with m weights a neuron, and after a few layers the
sums overflow at both sides of each threshold (theory.md#step-functions).  Every neuron is a
shift of the same function, which is designed once; the steps are then checked one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod

import numpy as np
from numpy.typing import NDArray

from smtcheck.arithmetic.overflow import Overflow
from smtcheck.claims.settings import QuantizationScheme
from smtcheck.construction.indicators.penalties import Axis, Penalty
from smtcheck.construction.indicators.saturation import (
    NoNetwork,
    SaturatingNeuron,
    SaturationSide,
    gate_of_steps,
)
from smtcheck.construction.indicators.steepening import Steepener
from smtcheck.construction.lowering.coefficients import DraftLayer, reading
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.universality.separation import shifts_are_neurons

Ints = NDArray[np.int64]

WIDTHS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)  #: how many neurons a sum may have
MULTIPLES = (1, 2, 3, 4, 6, 8, 12, 16)  #: of the heaviest weight, in a last sum
MAX_LEVELS = 8
ROOM = 4 * 64  #: beyond the axis on either side, where thresholds may lie too
FEW = 24  #: codes that a sum is placed at, of all


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    """The first layer: R(weight * (x - threshold) + bias)."""

    weight: int
    bias: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLevel:
    """A later layer: a sum over the thresholds from `start` on, counted from its own."""

    weight: int  #: that can be a multiple of the heaviest: neurons before it are repeated
    start: int
    width: int
    bias: int
    copies: int = 1  #: how many weights the weight is made of


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What all neurons of a family are shifts of."""

    first: First
    levels: tuple[StepLevel, ...]

    @property
    def weights(self) -> int:
        """About how many weights and biases there are for a threshold."""
        found, copies = 0, 1
        for level in reversed(self.levels):
            found += copies * (level.width * level.copies + 1)
            copies = level.copies
        return found + 2 * copies


@dataclass(frozen=True, kw_only=True)
class StepFunctions:
    """A family of neurons with a step at each threshold of one axis."""

    setting: QuantizationScheme
    entries: ActivationTable
    axis: Axis
    plan: Plan

    @cached_property
    def layers(self) -> tuple[DraftLayer, ...]:
        """The first layer and the levels of the plan."""
        low, high = self._thresholds[0]
        thresholds = np.arange(low, high + 1)
        first = self.plan.first
        weights = np.full(len(thresholds), first.weight)
        layers = [self.axis.layer(weights, first.bias - first.weight * thresholds)]
        for number, level in enumerate(self.plan.levels):
            before = self._thresholds[number][0]
            low, high = self._thresholds[number + 1]
            rows = np.arange(high - low + 1)
            columns = rows[:, None] + (low + level.start - before) + np.arange(level.width)
            biases = np.full(len(rows), level.bias)
            layers.append(reading(layers[-1].outputs, columns, level.weight, biases))
        return tuple(layers)

    def gate(self, low: int, high: int) -> Penalty | None:
        """The steps at both ends of a range, of which neither is taken inside."""
        fmt = self.setting.format
        return gate_of_steps(self.entries, self.axis, (fmt.lo, fmt.hi), (low, high))

    @property
    def _thresholds(self) -> list[tuple[int, int]]:
        """The first and the last threshold of each layer."""
        found = [(self.axis.low + 1, self.axis.high)]
        for level in reversed(self.plan.levels):
            low, high = found[-1]
            found.append((low + level.start, high + level.start + level.width - 1))
        return found[::-1]


def can_step(setting: QuantizationScheme, entries: ActivationTable) -> bool:
    """Whether shifts are neurons, and both ends of the format can be told apart by T."""
    fmt = setting.format
    return (
        shifts_are_neurons(setting)
        and setting.has_negative_weights
        and setting.has_constant_neurons
        and fmt.overflow is not Overflow.SATURATE_TO_ZERO
        and entries[fmt.lo] != entries[fmt.hi]
    )


def plan(setting: QuantizationScheme, entries: ActivationTable, span: int) -> Plan:
    """The plan with the fewest weights that was found; NoNetwork if there is none."""
    design = _Design(setting=setting, entries=entries, span=span)
    found = [plan for width in WIDTHS for plan in design.plans(width)]
    if not found:
        raise NoNetwork("activations cannot be made into steps")
    return min(found, key=lambda plan: plan.weights)


@dataclass(frozen=True, kw_only=True)
class _Design:
    """The search for a plan, in terms of x less the threshold: from -reach to reach."""

    setting: QuantizationScheme
    entries: ActivationTable
    span: int

    @property
    def _reach(self) -> int:
        return self.span + ROOM

    @cached_property
    def _distances(self) -> Ints:
        return np.arange(-self._reach, self._reach + 1)

    def plans(self, width: int) -> Iterator[Plan]:
        """Plans whose sums, but for the last, have `width` neurons."""
        for first, values in self._firsts[width]:
            levels: list[StepLevel] = []
            while len(levels) < MAX_LEVELS:
                last = self._last(values)
                if last is not None:
                    yield Plan(first=first, levels=(*levels, last))
                best = self._steeper(values, width)
                if best is None or self._rise(best[1], width) <= self._rise(values, width):
                    break
                levels.append(best[0])
                values = best[1]

    @cached_property
    def _steepener(self) -> Steepener:
        return Steepener(setting=self.setting, entries=self.entries)

    def _gap(self, rising: Ints) -> int:
        """How far everything from the threshold on lies above everything below."""
        return int(rising[self._reach :].min() - rising[: self._reach].max())

    def _rise(self, values: Ints, width: int) -> int:
        """The largest gap between the sums of `width` neighbours at the threshold."""
        return max(self._gap(self._steepener.sign * sums) for _, sums in self._sums(values, width))

    @cached_property
    def _firsts(self) -> dict[int, list[tuple[First, Ints]]]:
        """For each width the best first layers, with their activations."""
        fmt, found = self.setting.format, []
        weight = self._steepener.first_weight
        for code in self._codes(8 * FEW):
            for offset in (0, -(fmt.scale // 2), fmt.scale // 2):
                bias = self._steepener.bias(fmt.scale * code + weight + offset)
                values = self._steepener.activations(weight * self._distances + bias)
                if self._gap(self._steepener.sign * values) > 0:
                    found.append((First(weight=weight, bias=bias), values))
        return {
            width: sorted(found, key=lambda pair: -self._rise(pair[1], width))[:2]
            for width in WIDTHS
        }

    def _codes(self, count: int) -> Sequence[int]:
        """So many codes, evenly; both ends and zero among them."""
        fmt = self.setting.format
        places = {fmt.lo + (fmt.codes.size - 1) * i // (count - 1) for i in range(count)}
        return sorted(places | {0, -1})

    def _sums(self, values: Ints, width: int) -> Iterator[tuple[int, Ints]]:
        """Sums over thresholds start .. start + width - 1, for a few starts."""
        padded = np.pad(values, width, mode="edge")
        totals = np.concatenate([[0], np.cumsum(padded)])
        for start in sorted({1 - width, -(width // 2), 0}):
            # the neuron with threshold o gives values(x - o)
            first = width - (start + width - 1)
            yield start, totals[first + width :][: len(values)] - totals[first:][: len(values)]

    def _last(self, values: Ints) -> StepLevel | None:
        """The cheapest sum after which activations are T(lo) below the threshold, then T(hi)."""
        fmt = self.setting.format
        top, bottom = SaturatingNeuron(setting=self.setting, side=SaturationSide.EITHER).ends
        for width, copies in sorted(product(WIDTHS, MULTIPLES), key=lambda pair: prod(pair)):
            weight = self._steepener.weight * copies
            for start, sums in self._sums(values, width):
                rising = weight * sums
                least, most = int(rising[self._reach :].min()), int(rising[: self._reach].max())
                for bias in (
                    self._steepener.bias(-bottom - most),
                    -self._steepener.bias(least - top),
                ):
                    if least <= most or not (least + bias >= top or most + bias <= -bottom):
                        continue
                    found = self._steepener.activations(rising + bias)
                    below, above = found[: self._reach], found[self._reach :]
                    if (below == self.entries[fmt.lo]).all() and (
                        above == self.entries[fmt.hi]
                    ).all():
                        return StepLevel(
                            weight=weight, start=start, width=width, bias=bias, copies=copies
                        )
        return None

    def _steeper(self, values: Ints, width: int) -> tuple[StepLevel, Ints] | None:
        """The sum of `width` neighbours after which activations rise the most."""
        best: tuple[int, tuple[StepLevel, Ints]] | None = None
        for start, sums in self._sums(values, width):
            below = int(self._steepener.weight * sums[self._reach - 1])
            for code in self._codes(FEW):
                bias = self._steepener.bias(self.setting.format.scale * code - below)
                found = self._steepener.activations(self._steepener.weight * sums + bias)
                if self._gap(self._steepener.sign * found) <= 0:
                    continue
                rise = self._rise(found, width)
                if best is None or rise > best[0]:
                    level = StepLevel(
                        weight=self._steepener.weight, start=start, width=width, bias=bias
                    )
                    best = rise, (level, found)
        return best[1] if best is not None else None
