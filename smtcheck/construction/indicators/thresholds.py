"""Threshold neurons and point indicators: two layers that tell all ranges of an axis.

They serve whatever biases there are.  A first-layer neuron F that is greater from a threshold
on than anywhere below it need not be steep: R(s lo + C (F(x) - F(z))), z the place below where
F is greatest, is lo below the threshold and, if C is large enough, hi from it on.  Such
*threshold neurons* are step functions (`step_functions`) for which shifts of a neuron need not
be neurons.  Where T is the same at both ends of the format, or overflow gives 0, *point
indicators* take their place: R(s k + C (F(x) - F(z))) is k at z, and elsewhere saturates,
whichever way, if F(x) is F(z) at no other x.

Few first-layer neurons serve many thresholds, and ones with small constants C F(z) are
preferred.  Where no neuron will do, sums of several (`penalties`) are tried.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from smtcheck.arithmetic.overflow import Overflow
from smtcheck.claims.settings import Bias, QuantizationScheme
from smtcheck.construction.indicators.penalties import Axis, Neurons, Penalty
from smtcheck.construction.indicators.saturation import (
    Family,
    NoNetwork,
    SaturatedLayer,
    SaturatingNeuron,
    SaturationSide,
    gate_of_steps,
    saturated_layer,
)
from smtcheck.construction.lowering.coefficients import DraftLayer, coefficient_step
from smtcheck.networks.activation_entries import ActivationTable

Ints = NDArray[np.int64]

IMPOSSIBLE = 2**32  #: more than anything costs


def family_of(neurons: Neurons) -> Family:
    """Threshold neurons where T tells the ends of the format apart, else point indicators."""
    if not neurons.setting.has_negative_weights or neurons.setting.is_wrapping:
        raise NoNetwork("thresholds need negative weights, and overflow that does not wrap")
    if ends_are_same(neurons.setting, neurons.entries):
        return PointIndicators(neurons=neurons)
    return ThresholdNeurons(neurons=neurons)


def ends_are_same(setting: QuantizationScheme, entries: ActivationTable) -> bool:
    """Whether it does not matter to T which way a sum overflows."""
    is_zero = setting.format.overflow is Overflow.SATURATE_TO_ZERO
    return is_zero or entries[setting.lowest_given] == entries[setting.format.hi]


@dataclass(frozen=True, kw_only=True)
class _SecondLayer(ABC):
    """A family of neurons behind a first layer, which are chosen once."""

    neurons: Neurons  #: of the first layer

    @property
    def axis(self) -> Axis:
        """What they read."""
        return self.neurons.axis

    @property
    def layers(self) -> tuple[DraftLayer, ...]:
        """Both layers; NoNetwork if a neuron is not found."""
        found = self._found()
        return (
            *self.neurons.layers,
            saturated_layer(self.neurons.setting, [self.neurons], found),
        )

    def _found(self) -> tuple[SaturatedLayer, ...]:
        if isinstance(self._saturated, NoNetwork):
            raise self._saturated
        return self._saturated

    @cached_property
    @abstractmethod
    def _saturated(self) -> tuple[SaturatedLayer, ...] | NoNetwork:
        """The neurons of the second layer."""


@dataclass(frozen=True, kw_only=True)
class ThresholdNeurons(_SecondLayer):
    """A family of neurons that are T(lo) below a threshold of an axis and T(hi) from it on."""

    def gate(self, low: int, high: int) -> Penalty | None:
        """The threshold neurons at both ends of a range, of which neither is taken inside."""
        self._found()
        return gate_of_steps(self.neurons.entries, self.axis, self._ends, (low, high))

    @property
    def _ends(self) -> tuple[int, int]:
        setting = self.neurons.setting
        return setting.lowest_given, setting.format.hi

    @cached_property
    def _saturated(self) -> tuple[SaturatedLayer, ...] | NoNetwork:
        return _chosen(self.neurons, list(self._kinds()), self._by_several)

    def _kinds(self) -> Iterator[_Kind]:
        """F or -F, saturating up from lo, or down from hi."""
        for sign in (1, -1):
            rising = sign * self.neurons.values
            below = np.maximum.accumulate(rising, axis=1)[:, :-1]
            above = np.minimum.accumulate(rising[:, ::-1], axis=1)[:, -2::-1]
            for code, side, own, least in zip(
                self._ends,
                (SaturationSide.UP, SaturationSide.DOWN),
                (sign, -sign),
                (below, above),
                strict=True,
            ):
                yield _Kind(
                    code=code,
                    saturating=SaturatingNeuron(setting=self.neurons.setting, side=side),
                    sign=own,
                    margins=above - below,
                    references=sign * least,
                )

    def _by_several(self, index: int) -> SaturatedLayer | None:
        """The neuron at a threshold by a gate for one of its sides."""
        middle = self.axis.low + index
        parts = ((self.axis.low, middle), (middle + 1, self.axis.high))
        for code, side, part in zip(
            self._ends, (SaturationSide.UP, SaturationSide.DOWN), parts, strict=True
        ):
            gate = self.neurons.gate(*part)
            if gate is not None and gate.has_one_sign:
                saturating = SaturatingNeuron(setting=self.neurons.setting, side=side)
                return SaturatedLayer(code=code, saturating=saturating, gates=((0, gate),))
        return None


@dataclass(frozen=True, kw_only=True)
class PointIndicators(_SecondLayer):
    """A family of neurons that are T(code) at a place of an axis, and T(end) elsewhere."""

    def gate(self, low: int, high: int) -> Penalty | None:
        """The indicators of a range, or of all the other places, if those are fewer."""
        self._found()
        axis, rise = self.axis, self._rise(self._code)
        inside = tuple(range(low - axis.low, high - axis.low + 1))
        outside = tuple(set(range(len(axis.places))) - set(inside))
        sign = 1 if rise > 0 else -1
        if not outside:
            return None
        if len(outside) < len(inside):
            terms, missing = [(place, sign) for place in outside], 0
        else:
            terms, missing = [(place, -sign) for place in inside], 1
        # each is T(end), but for one in the range that is T(code)
        ends = -sum(sign for _, sign in terms) - sign * missing
        constants = ((self._code, sign * missing), (self._saturating.end, ends))
        return Penalty(terms=tuple(terms), constants=constants, margin=abs(rise), reach=abs(rise))

    @cached_property
    def _saturating(self) -> SaturatingNeuron:
        return SaturatingNeuron(setting=self.neurons.setting, side=SaturationSide.EITHER)

    def _rise(self, code: int) -> int:
        return self.neurons.entries[code] - self.neurons.entries[self._saturating.end]

    @cached_property
    def _code(self) -> int:
        """One that T tells best from the end, near the middle of the format."""
        setting = self.neurons.setting
        codes = range(setting.lowest_given, setting.format.hi + 1)
        return max(codes, key=lambda code: (abs(self._rise(code)), -abs(code)))

    @cached_property
    def _saturated(self) -> tuple[SaturatedLayer, ...] | NoNetwork:
        values = self.neurons.values
        kind = _Kind(
            code=self._code,
            saturating=self._saturating,
            sign=1,
            margins=_distances(values),
            references=values,
        )
        return _chosen(self.neurons, [kind], self._by_several)

    def _by_several(self, index: int) -> SaturatedLayer | None:
        """The indicator of a place by any gate for it."""
        place = self.axis.low + index
        gate = self.neurons.gate(place, place)
        if gate is None:
            return None
        return SaturatedLayer(code=self._code, saturating=self._saturating, gates=((0, gate),))


def _distances(values: Ints) -> Ints:
    """In each row, from each number to the nearest of the others."""
    order = np.argsort(values, axis=1, kind="stable")
    gaps = np.diff(np.take_along_axis(values, order, axis=1), axis=1)
    far = np.full((len(values), 1), IMPOSSIBLE)
    nearest = np.minimum(np.hstack([far, gaps]), np.hstack([gaps, far]))
    found = np.empty_like(values)
    np.put_along_axis(found, order, nearest, axis=1)
    return found


# the choice of first-layer neurons --------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """Neurons R(s code +- C (F(x) - F(z))): a row for each F, a column for each of them."""

    code: int
    saturating: SaturatingNeuron
    sign: int  #: of F in the gate
    margins: Ints  #: of the gates; not positive where F will not do
    references: Ints  #: F(z)

    def copies(self) -> Ints:
        """How often F has to be there."""
        step = coefficient_step(self.saturating.setting)
        distance = self.saturating.distance(self.code)
        factors = -(-distance // (np.maximum(self.margins, 1) * step)) * step
        return np.asarray(-(-factors // self.saturating.setting.heaviest_weights[0]))

    def excesses(self) -> Ints:
        """By about how much a constant is no bias."""
        setting = self.saturating.setting
        if setting.bias is not Bias.FORMAT:
            return np.zeros_like(self.margins)
        fmt, heaviest = setting.format, setting.heaviest_weights[0]
        factors = self.saturating.sign * self.sign * self.copies() * heaviest
        totals = fmt.scale * self.code - factors * self.references
        lowest, highest = fmt.scale * fmt.lo, fmt.scale * fmt.hi
        return np.asarray(np.maximum(0, np.maximum(totals - highest, lowest - totals)))


def _chosen(
    neurons: Neurons, kinds: Sequence[_Kind], by_several: Callable[[int], SaturatedLayer | None]
) -> tuple[SaturatedLayer, ...] | NoNetwork:
    """A second-layer neuron for each column, by as few first-layer neurons as may be."""
    copies = np.concatenate([kind.copies() for kind in kinds])
    unit = neurons.setting.heaviest_weights[0] * int(np.abs(neurons.entries.array).max())
    costs = copies + -(-np.concatenate([kind.excesses() for kind in kinds]) // max(1, unit))
    costs[np.concatenate([kind.margins for kind in kinds]) <= 0] = IMPOSSIBLE
    found = []
    for index, row in enumerate(_rows(costs, copies)):
        kind, neuron = kinds[row // len(neurons.values)], row % len(neurons.values)
        made = by_several(index) if row < 0 else _by_one(neurons, kind, neuron, index)
        if made is None:
            return NoNetwork(f"no threshold or point number {index + 1}")
        found.append(made)
    return tuple(found)


def _rows(costs: Ints, copies: Ints) -> list[int]:
    """For each column a row that is cheap, -1 where none is possible; a row has to be copied."""
    best = np.full(costs.shape[1], IMPOSSIBLE)
    rows = np.full(costs.shape[1], -1)
    while True:
        savings = np.maximum(best - costs, 0)
        gains = savings.sum(axis=1) - 2 * np.where(savings > 0, copies, 0).max(axis=1)
        row = int(gains.argmax())
        if gains[row] <= 0:
            return [int(own) for own in rows]
        rows[savings[row] > 0] = row
        best = np.minimum(best, costs[row])


def _by_one(neurons: Neurons, kind: _Kind, neuron: int, index: int) -> SaturatedLayer:
    """The neuron of one column with one F."""
    values = neurons.values[neuron]
    place = int(np.flatnonzero(values == kind.references[neuron, index])[0])
    gate = neurons.combined(
        np.array([neuron]),
        np.array([kind.sign]),
        neurons.axis.low + place,
        np.array([kind.margins[neuron, index]]),
    )
    return SaturatedLayer(code=kind.code, saturating=kind.saturating, gates=((0, gate),))
