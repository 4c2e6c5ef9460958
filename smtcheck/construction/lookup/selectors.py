"""Selectors: neurons that tell a row or a column of a table, and what can be made of them.

A neuron of a column has a code by itself and, by the weights with which it reads the
selectors of rows, any other: a weight times what a selector rises by.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product

import numpy as np
from numpy.typing import NDArray

from smtcheck.arithmetic.intervals import Interval
from smtcheck.claims.settings import QuantizationScheme, Weights
from smtcheck.construction.indicators.saturation import (
    NoNetwork,
    SaturatingNeuron,
    SaturationSide,
    wanted_cell,
)
from smtcheck.construction.lowering.coefficients import weight_codes
from smtcheck.construction.lowering.subset_sums import OptionGroup, Sums
from smtcheck.networks.activation_entries import ActivationTable

Ints = NDArray[np.int64]

ENDS = (SaturationSide.UP, SaturationSide.DOWN)
MAX_COPIES = 5  #: powers of two that a selector is repeated by


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """A neuron that gives a code where it is selected, and an end elsewhere."""

    code: int
    side: SaturationSide
    rise: int  #: T(code) - T(end)


@dataclass(frozen=True, kw_only=True)
class Selectors:
    """The selectors of a setting."""

    setting: QuantizationScheme
    entries: ActivationTable

    @property
    def _size(self) -> int:
        return self.setting.format.codes.size

    def rise(self, code: int, side: SaturationSide) -> int:
        """T(code) - T(end)."""
        end = SaturatingNeuron(setting=self.setting, side=side).end
        return self.entries[code] - self.entries[end]

    @cached_property
    def kinds(self) -> list[Selector]:
        """Kinds of row selectors, whose rises multiply an entry's weights."""
        fmt = self.setting.format
        options = [
            Selector(code=code, side=side, rise=self.rise(code, side))
            for code, side in product(range(fmt.lo, fmt.hi + 1), ENDS)
            if self.rise(code, side)
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
    def of_columns(self) -> Selector:
        """The kind of column selectors: with the largest rise."""
        options = [
            Selector(code=code, side=side, rise=self.rise(code, side))
            for code, side in product((self.setting.format.lo, 0, self.setting.format.hi), ENDS)
        ]
        best = max(options, key=lambda option: abs(option.rise))
        if not best.rise:
            raise NoNetwork("selectors of columns do not rise")
        return best

    def coefficients(self, start: int) -> tuple[Ints, Ints]:
        """From the code `start` of a neuron to every code: coefficients by kind, and costs.

        The cost of a code that is out of reach is -1.
        """
        return self._reached(start)

    @cached_property
    def _reached(self) -> Callable[[int], tuple[Ints, Ints]]:
        return cache(self._new_coefficients)

    def _new_coefficients(self, start: int) -> tuple[Ints, Ints]:
        sums, kinds, factors = self._steps
        fmt = self.setting.format
        coefficients = np.zeros((len(self.kinds), self._size), dtype=np.int64)
        costs = np.full(self._size, -1, dtype=np.int64)
        for index in range(self._size):
            span = self.wanted[index]
            best = sums.cheapest(span.low - start * fmt.scale, span.high - start * fmt.scale)
            if best is None:
                continue
            costs[index] = best[0]
            for kind, factor, option in zip(kinds, factors, best[1], strict=True):
                if option >= 0:
                    coefficients[kind, index] += factor * int(self._weights[option])
        return coefficients, costs

    @cached_property
    def _weights(self) -> Ints:
        return weight_codes(self.setting)

    @cached_property
    def _steps(self) -> tuple[Sums, list[int], list[int]]:
        """Sums of weights times rises, with the kind and the copies of each summand."""
        span = 2 * self._size * self.setting.format.scale
        kinds, factors = list(range(len(self.kinds))), [1] * len(self.kinds)
        reach = sum(abs(kind.rise) for kind in self.kinds) * int(np.abs(self._weights).max())
        for power in range(MAX_COPIES):
            if reach >= span:
                break
            kinds.append(len(self.kinds) - 1)
            factors.append(2**power)
            reach += abs(self.kinds[-1].rise) * int(np.abs(self._weights).max()) * 2**power
        groups = [
            OptionGroup(
                amounts=self._weights * self.kinds[kind].rise * factor,
                costs=np.full(len(self._weights), factor),
            )
            for kind, factor in zip(kinds, factors, strict=True)
        ]
        return Sums.of(2 * span, groups), kinds, factors

    @cached_property
    def wanted(self) -> list[Interval]:
        """The sums that are requantized to each code."""
        fmt = self.setting.format
        return [wanted_cell(self.setting, code) for code in range(fmt.lo, fmt.hi + 1)]
