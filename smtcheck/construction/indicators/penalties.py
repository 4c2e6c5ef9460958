"""Gates: sums of first-layer activations that vanish on some codes and nowhere else.

A gate for a set of codes is a sum of activations of neurons that read one axis, plus a
constant, which is 0 on the set and off it at least `margin`, or, where no such sum was
found, at most -margin or at least margin.  By the theorem of Choquet and Deny a gate of
one sign exists for every code wherever all shifts of a neuron are neurons
(theory.md#penalties).  Short ones are looked for first: one neuron, two, then few by integer
programming, whose answer is checked like every other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from smtcheck.claims.settings import QuantizationScheme
from smtcheck.construction.effort import USUAL, BuildingEffort
from smtcheck.construction.lowering.coefficients import DraftLayer, reading
from smtcheck.expressions.tables import members
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.universality.separation import weights

Ints = NDArray[np.int64]

MAX_COMPARED = 2**14  #: activations of neurons of which all pairs are tried
MAX_PROGRAM = 64  #: codes outside the set for which an integer program has all neurons
MAX_PROGRAMMED = 512  #: neurons that it has otherwise
MULTIPLES = (1, -1, 2, -2)  #: of a neuron in a pair
PROGRAM_SECONDS = 2  #: for an integer program
MAX_COEFFICIENT = 64  #: in an integer program


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """What first-layer neurons read together: a sum of inputs with signs."""

    signs: tuple[int, ...]  #: one an input: -1, 0 or 1
    low: int  #: the least and the greatest sum of codes
    high: int

    @classmethod
    def along(cls, setting: QuantizationScheme, signs: Sequence[int]) -> Axis:
        """The axis of a direction."""
        lo, hi = setting.format.lo, setting.format.hi
        return cls(
            signs=tuple(signs),
            low=sum(lo if sign > 0 else -hi for sign in signs if sign),
            high=sum(hi if sign > 0 else -lo for sign in signs if sign),
        )

    def allows(self, setting: QuantizationScheme, weight: int) -> bool:
        """Whether inputs can be read with a weight, or its opposite, as the signs say."""
        return all(setting.is_weight(weight * sign) for sign in self.signs if sign)

    @property
    def places(self) -> Ints:
        """All sums."""
        return np.arange(self.low, self.high + 1)

    def layer(self, weights: Ints, biases: Ints) -> DraftLayer:
        """Neurons that read this axis with one weight each."""
        read = np.array([index for index, sign in enumerate(self.signs) if sign])
        signs = np.array([sign for sign in self.signs if sign])
        columns = np.tile(read, (len(weights), 1))
        return reading(len(self.signs), columns, weights[:, None] * signs[None, :], biases)


@dataclass(frozen=True, slots=True, kw_only=True)
class Penalty:
    """A sum over the last layer of a family of neurons."""

    terms: tuple[tuple[int, int], ...]  #: (which neuron, coefficient)
    constants: tuple[tuple[int, int], ...]  #: (code whose T is meant, coefficient)
    margin: int  #: the sum is 0 on the set, and off it at least this
    reach: int  #: the largest size of the sum
    has_one_sign: bool = True


@dataclass(frozen=True, kw_only=True)
class Neurons:
    """Neurons of the first layer that read one axis, and gates made of them."""

    setting: QuantizationScheme
    entries: ActivationTable
    axis: Axis
    effort: BuildingEffort = USUAL

    @property
    def layers(self) -> tuple[DraftLayer, ...]:
        """One layer."""
        return (self.axis.layer(self._neurons[0], self._neurons[1]),)

    def gate(self, low: int, high: int) -> Penalty | None:
        """A gate for the places low .. high; None if none was found."""
        return self._gates(low, high)

    @cached_property
    def _gates(self) -> Callable[[int, int], Penalty | None]:
        return cache(self._gate)

    @cached_property
    def _neurons(self) -> tuple[Ints, Ints]:
        """Weights and biases of neurons whose activations differ."""
        setting, reach = self.setting, max(abs(self.axis.low), abs(self.axis.high))
        usable = [weight for weight in weights(setting) if self.axis.allows(setting, weight)]
        all_weights = np.array(usable, dtype=np.int64)
        span = setting.biases(int(np.abs(all_weights).max()) * reach)
        room = max(1, self.effort.neuron_values // len(self.axis.places))
        chosen = self._likely(all_weights, max(2, room // min(span.size, room // 16 + 1)))
        stride = max(1, -(-span.size * len(chosen) // room))
        biases = np.array(members(span)[span.size // 2 % stride :: stride], dtype=np.int64)
        pairs = np.stack(np.meshgrid(chosen, biases * setting.bias_step, indexing="ij"), axis=-1)
        neurons = pairs.reshape(-1, 2)
        _, first = np.unique(self._activations(*neurons.T), axis=0, return_index=True)
        found = neurons[np.sort(first)]
        return found[:, 0], found[:, 1]

    def _likely(self, all_weights: Ints, count: int) -> Ints:
        """So many weights: the heaviest, 1.0 and -1.0, and others evenly."""
        scale = self.setting.format.scale
        units = all_weights[np.abs(all_weights) == scale]
        places = np.unique(np.arange(count) * len(all_weights) // count)
        return np.unique(np.concatenate([all_weights[:2], units, all_weights[places]]))

    def _codes(self, weights: Ints, biases: Ints) -> Ints:
        """R of the sums: a row a neuron, a column a place."""
        sums = weights[:, None] * self.axis.places[None, :] + biases[:, None]
        return self.setting.requantize_many(sums).astype(np.int64)

    def _activations(self, weights: Ints, biases: Ints) -> Ints:
        codes = self._codes(weights, biases)
        return np.asarray(self.entries.array[codes - self.setting.format.lo], dtype=np.int64)

    @cached_property
    def values(self) -> Ints:
        """Activations: a row a neuron, a column a place."""
        return self._activations(*self._neurons)

    def _gate(self, low: int, high: int) -> Penalty | None:
        """The best that is found."""
        inside = slice(low - self.axis.low, high + 1 - self.axis.low)
        values = self.values
        flat = np.flatnonzero((values[:, inside] == values[:, inside.start, None]).all(axis=1))
        differences = values[flat] - values[flat, inside.start, None]
        off = np.delete(differences, np.arange(inside.start, inside.stop), axis=1)
        if not off.shape[1]:
            return None
        telling = np.flatnonzero(off.any(axis=1))
        flat, off = flat[telling], off[telling]
        found = (
            _short(off, self._signs, self.effort.paired_neurons)
            or _by_program(off, self._signs)
            or self._mixed(off)
        )
        if found is None:
            return None
        return self._made(flat, off, found, low)

    @property
    def _signs(self) -> tuple[int, ...]:
        return (1, -1) if self.setting.has_negative_weights else (1,)

    def _mixed(self, off: Ints) -> dict[int, int] | None:
        return _of_any_sign(off) if self.setting.has_negative_weights else None

    def _made(self, flat: Ints, off: Ints, found: dict[int, int], place: int) -> Penalty:
        rows = np.array(list(found), dtype=np.int64)
        coefficients = np.array(list(found.values()), dtype=np.int64)
        return self.combined(flat[rows], coefficients, place, coefficients @ off[rows])

    def combined(self, neurons: Ints, coefficients: Ints, place: int, sums: Ints) -> Penalty:
        """A sum of neurons, less what it is at a place; and what it is where it has to push."""
        weights, biases = (part[neurons] for part in self._neurons)
        codes = self._codes(weights, biases)[:, place - self.axis.low]
        return Penalty(
            terms=tuple(zip(neurons.tolist(), coefficients.tolist(), strict=True)),
            constants=tuple(zip(codes.tolist(), (-coefficients).tolist(), strict=True)),
            margin=int(np.abs(sums).min()),
            reach=int(np.abs(sums).max()),
            has_one_sign=bool((sums > 0).all()),
        )


def _short(off: Ints, signs: Sequence[int], most: int) -> dict[int, int] | None:
    """One neuron, or two, whose sum is positive throughout: with the largest margin."""
    multiples = [multiple for multiple in MULTIPLES if np.sign(multiple) in signs]
    best: tuple[int, dict[int, int]] = (0, {})
    for sign in signs:
        margins = (sign * off).min(axis=1)
        row = int(margins.argmax()) if len(margins) else 0
        if len(margins) and 2 * int(margins[row]) > best[0]:
            best = (2 * int(margins[row]), {row: sign})
    rows = _promising(off, min(most, max(32, MAX_COMPARED // off.shape[1])))
    scaled = np.concatenate([off[rows] * multiple for multiple in multiples])
    sizes = np.repeat(np.abs(multiples), len(rows))
    for index in range(len(scaled)):
        margins = (scaled[index] + scaled[index:]).min(axis=1) * 4 // (sizes[index] + sizes[index:])
        partner = int(margins.argmax())
        if int(margins[partner]) > best[0]:
            found: dict[int, int] = {}
            for place in (index, index + partner):
                row = int(rows[place % len(rows)])
                found[row] = found.get(row, 0) + multiples[place // len(rows)]
            best = (int(margins[partner]), {row: code for row, code in found.items() if code})
    return best[1] or None


def _promising(off: Ints, count: int) -> Ints:
    """Neurons whose activations lie on one side of the set's, more or less."""
    if len(off) <= count:
        return np.arange(len(off))
    above, below = (off > 0).sum(axis=1), (off < 0).sum(axis=1)
    order = np.argsort(-np.abs(above - below), kind="stable")
    nearby = np.argsort(-(off != 0).sum(axis=1), kind="stable")
    return np.unique(np.concatenate([order[: count // 2], nearby[: count // 2]]))


def _by_program(off: Ints, signs: Sequence[int]) -> dict[int, int] | None:
    """The least sum of sizes of coefficients with which the sum is at least 1 throughout."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    if not len(off):
        return None
    if off.shape[1] > MAX_PROGRAM and len(off) > MAX_PROGRAMMED:
        rows = _promising(off, MAX_PROGRAMMED)
        found = _by_program(off[rows], signs)
        return found and {int(rows[row]): code for row, code in found.items()}
    matrix = np.concatenate([sign * off for sign in signs])
    result = milp(
        np.ones(len(matrix)),
        constraints=LinearConstraint(matrix.T, lb=1),
        bounds=Bounds(0, MAX_COEFFICIENT),
        integrality=np.ones(len(matrix), dtype=np.int64),
        options={"time_limit": PROGRAM_SECONDS},
    )
    if result.x is None:
        return None
    counts = np.rint(result.x).astype(np.int64)
    found = {}
    for index in np.flatnonzero(counts).tolist():
        sign, row = signs[index // len(off)], index % len(off)
        found[row] = found.get(row, 0) + sign * int(counts[index])
    sums = np.array(list(found.values())) @ off[list(found)]
    return found if (sums > 0).all() else None


def _of_any_sign(off: Ints) -> dict[int, int] | None:
    """A sum that is zero nowhere: neuron after neuron, as small a multiple as will do."""
    found: dict[int, int] = {}
    total = np.zeros(off.shape[1], dtype=np.int64)
    while (total == 0).any():
        gains = ((off != 0) & (total == 0)).sum(axis=1)
        if not len(gains) or gains.max() == 0:
            return None
        row = int(gains.argmax())
        multiple = 1
        while ((total + multiple * off[row] == 0) & ((total != 0) | (off[row] != 0))).any():
            multiple += 1
        found[row] = found.get(row, 0) + multiple
        total = total + multiple * off[row]
    return found
