"""Neurons that saturate at an end of the format, and what output neurons start from.

The pre-activation s k + gates is s k where the gates vanish, and overflows elsewhere if
they are multiplied by enough.  Here is how much is enough, for each overflow mode, and
what else all ways of building a network share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property, lru_cache
from math import lcm
from typing import Protocol

import numpy as np

from smtcheck.arithmetic.intervals import Interval
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.claims.evidence import Criterion
from smtcheck.claims.settings import Bias, QuantizationScheme
from smtcheck.construction.indicators.penalties import Axis, Penalty
from smtcheck.construction.lowering.coefficients import (
    DraftLayer,
    SparseTerms,
    block_diagonal,
    coefficient_step,
    concatenated,
)
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.universality.coverage import cell

EVERYTHING = 2**60  #: beyond all sums


class NoNetwork(Exception):
    """This way of building does not lead to a network: why."""


class Layered(Protocol):
    """Neurons that read the inputs through some layers."""

    @property
    def layers(self) -> tuple[DraftLayer, ...]:
        """The neurons."""


class Family(Layered, Protocol):
    """Such neurons of one axis, and gates over the last of their layers."""

    @property
    def axis(self) -> Axis:
        """What they read."""

    def gate(self, low: int, high: int) -> Penalty | None:
        """A gate for the places low .. high of the axis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The constant part of an output neuron's sum."""

    bias: int
    constants: tuple[tuple[int, int], ...]  #: (code whose T is meant, coefficient)
    total: int


class SaturationSide(Enum):
    """At which side of the format gates saturate a neuron."""

    UP = auto()  #: beyond hi
    DOWN = auto()  #: below lo
    EITHER = auto()  #: beyond one of them, which does not matter


@lru_cache(maxsize=2**16)
def wanted_cell(setting: QuantizationScheme, code: int) -> Interval:
    """The sums that are requantized to a code, without those beyond `EVERYTHING`."""
    span, fmt = cell(setting, code), setting.format
    if fmt.overflow is Overflow.SATURATE_TO_ZERO:
        return span
    low = -EVERYTHING if code == setting.lowest_given else span.low
    return Interval(low, EVERYTHING if code == fmt.hi else span.high)


def base_of(setting: QuantizationScheme, evidence: Criterion, code: int, offset: int = 0) -> Base:
    """A constant from which multiples of M reach all codes; with the offset this one, if it can."""
    repeats = setting.weight_step * evidence.repeats
    constants = ((evidence.constant.code, repeats),) if repeats else ()
    added = evidence.constant.result * repeats
    step = setting.weight_step * evidence.difference_gcd
    bias = evidence.bias
    if setting.bias is not Bias.FORMAT:
        step = step if setting.bias is Bias.EXACT else lcm(step, setting.format.scale)
        span = cell(setting, code)
        nearest = span.low + (bias + added + offset - span.low) % step
        bias = nearest - added - offset if nearest in span else bias
    return Base(bias=bias, constants=constants, total=bias + added)


def stacked(families: Sequence[Layered]) -> list[DraftLayer]:
    """The layers of families, side by side: the first reads the inputs, which all share."""
    layers = list(zip(*(family.layers for family in families), strict=True))
    return [concatenated(layers[0]), *map(block_diagonal, layers[1:])]


def gate_of_steps(
    entries: ActivationTable, axis: Axis, ends: tuple[int, int], places: tuple[int, int]
) -> Penalty | None:
    """A gate from neurons with one end below a threshold, the other from it on: one a threshold.

    It is the sum of the steps at both ends of a range, of which neither is taken inside.
    """
    rise = entries[ends[1]] - entries[ends[0]]
    sign = 1 if rise > 0 else -1
    terms, constants = [], []
    if places[0] > axis.low:
        terms.append((places[0] - axis.low - 1, -sign))
        constants.append((ends[1], sign))
    if places[1] < axis.high:
        terms.append((places[1] - axis.low, sign))
        constants.append((ends[0], -sign))
    if not terms:
        return None
    return Penalty(
        terms=tuple(terms), constants=tuple(constants), margin=abs(rise), reach=abs(rise)
    )


@dataclass(frozen=True, kw_only=True)
class SaturatingNeuron:
    """Neurons R(s k + gates): k where the gates vanish, and an end elsewhere."""

    setting: QuantizationScheme
    side: SaturationSide

    @property
    def sign(self) -> int:
        """With which gates are added."""
        return -1 if self.side is SaturationSide.DOWN else 1

    @property
    def end(self) -> int:
        """The code that is given where the gates do not vanish."""
        fmt = self.setting.format
        if fmt.overflow is Overflow.SATURATE_TO_ZERO:
            return 0
        return fmt.lo if self.side is SaturationSide.DOWN else fmt.hi

    def distance(self, code: int) -> int:
        """How far a gate has to push from a code."""
        up, down = self.ends
        match self.side:
            case SaturationSide.UP:
                return up - self.setting.format.scale * code
            case SaturationSide.DOWN:
                return down + self.setting.format.scale * code
            case SaturationSide.EITHER:
                return max(up, down) + self.setting.format.scale * abs(code)

    @cached_property
    def ends(self) -> tuple[int, int]:
        """How far above zero, and how far below it, a sum certainly gives the end."""
        fmt = self.setting.format
        top, bottom = cell(self.setting, fmt.hi), cell(self.setting, self.setting.lowest_given)
        if fmt.overflow is Overflow.SATURATE_TO_ZERO:
            return top.high + 1, -(bottom.low - 1)
        return top.low, -bottom.high

    def factor(self, distance: int, margin: int) -> int:
        """The least multiple of g by which a gate has to be multiplied."""
        step = coefficient_step(self.setting)
        if not self.setting.has_negative_weights and self.setting.bias is Bias.GRID:
            step = lcm(step, self.setting.format.scale)  # its constant must be a bias
        return max(1, -(-distance // (margin * step))) * step

    def factors(self, gates: Sequence[Penalty], distance: int) -> list[int]:
        """Multiples of gates of which any that does not vanish outweighs the distance."""
        if all(gate.has_one_sign for gate in gates):
            return [self.factor(distance, gate.margin) for gate in gates]
        found, others = [], 0
        for gate in gates:  # each outweighs all before it
            found.append(self.factor(distance + others, gate.margin))
            others += found[-1] * gate.reach
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class SaturatedLayer:
    """A neuron R(s code + gates), and the gate on each axis that it looks at."""

    code: int
    saturating: SaturatingNeuron
    gates: tuple[tuple[int, Penalty], ...]  #: (which family, its gate)


def saturated_layer(
    setting: QuantizationScheme, families: Sequence[Layered], neurons: Sequence[SaturatedLayer]
) -> DraftLayer:
    """The layer of such neurons, behind the families side by side."""
    offsets = np.cumsum([0, *(family.layers[-1].outputs for family in families)]).tolist()
    terms: list[tuple[int, int, int]] = []
    constants: list[tuple[int, int, int]] = []
    for row, neuron in enumerate(neurons):
        saturating, gates = neuron.saturating, [gate for _, gate in neuron.gates]
        factors = saturating.factors(gates, saturating.distance(neuron.code))
        for (place, gate), factor in zip(neuron.gates, factors, strict=True):
            signed, offset = saturating.sign * factor, offsets[place]
            terms += [(row, offset + number, c * signed) for number, c in gate.terms]
            constants += [(row, code - setting.format.lo, c * signed) for code, c in gate.constants]
    codes = np.array([neuron.code for neuron in neurons], dtype=np.int64)
    return DraftLayer(
        inputs=offsets[-1],
        biases=codes * setting.format.scale,
        terms=SparseTerms.of(terms),
        constants=SparseTerms.of(constants),
    )
