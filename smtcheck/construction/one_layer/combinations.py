"""One hidden layer: few neurons whose sums are what is wanted.

First-layer neurons that read all inputs with any weights are many, and a small table has
few entries: for each output a program (`linear_programs`) finds a few of the neurons on
offer, and coefficients, with which sums of activations lie in the cells of the wanted
codes (theory.md#combinations).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial
from itertools import product

import numpy as np
from numpy.typing import NDArray

from smtcheck.claims.settings import QuantizationScheme
from smtcheck.construction.effort import USUAL, BuildingEffort
from smtcheck.construction.indicators.saturation import NoNetwork
from smtcheck.construction.lowering.coefficients import DraftLayer, SparseTerms
from smtcheck.construction.one_layer.linear_programs import Hidden, Program
from smtcheck.expressions.tables import members
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.universality.separation import activations, weights

Ints = NDArray[np.int64]

MAX_TUPLES = 2**14  #: of weights, of which those are chosen
MAX_READ = 128  #: ways to read the inputs


@dataclass(frozen=True, kw_only=True)
class Combination:
    """A network under construction: `tables` has an array of codes for each output."""

    setting: QuantizationScheme
    entries: ActivationTable
    tables: Sequence[Ints]
    offers: Callable[[int], Hidden]  #: `offers_of` the setting: functions may share them
    effort: BuildingEffort = USUAL

    @property
    def _inputs(self) -> int:
        return self.tables[0].ndim

    @property
    def is_small(self) -> bool:
        """Whether it does not take long."""
        return self.tables[0].size <= self.effort.few_entries

    @property
    def _hidden(self) -> Hidden:
        return self.offers(self._inputs)

    @cached_property
    def _programs(self) -> list[Program]:
        """One for each output; NoNetwork where tables are too large."""
        points, least = self.tables[0].size, self.setting.lowest_given
        if self.setting.is_wrapping or min(int(table.min()) for table in self.tables) < least:
            raise NoNetwork("cells of codes have to be intervals")
        if points > self.effort.combined_entries:
            raise NoNetwork(f"{points} entries are too many for one program")
        if self.setting.weight_step > 1 or not self.setting.has_constant_neurons:
            raise NoNetwork("combinations take coefficients of any size")
        if not len(self._hidden.biases):
            raise NoNetwork("activations do not differ")
        return [Program.of(self.setting, self._hidden, table.reshape(-1)) for table in self.tables]

    def can_beat(self, parameters: int) -> bool:
        """Whether fewer may be enough, and are worth the time; NoNetwork where there is no way."""
        programs, points = self._programs, self.tables[0].size
        called_for = (2 * self._inputs + 2) * points * len(programs)
        if not self.is_small and parameters <= called_for:
            return False
        return max(program.least() for program in programs) < parameters

    def layers(self) -> list[DraftLayer]:
        """A hidden layer and the output neurons; NoNetwork where none are found."""
        rows: dict[int, int] = {}  # of neurons on offer, and where they are in the layer
        terms: list[tuple[int, int, int]] = []
        biases = []
        for output, program in enumerate(self._programs):
            dives = self.effort.few_dives if self.is_small else self.effort.many_dives
            found, bias = program.beside(rows).solved(dives)
            terms += [
                (output, rows.setdefault(row, len(rows)), code) for row, code in found.items()
            ]
            biases.append(bias)
        chosen = [*rows] or [0]  # a network has neurons even if nothing reads them
        last = DraftLayer(
            inputs=len(chosen),
            biases=np.array(biases, dtype=np.int64),
            terms=SparseTerms.of(terms),
            constants=SparseTerms.none(),
        )
        return [self._hidden.chosen(np.array(chosen, dtype=np.int64)).layer(), last]


# neurons on offer ------------------------------------------------------------------------


def offers_of(
    setting: QuantizationScheme, entries: ActivationTable, effort: BuildingEffort = USUAL
) -> Callable[[int], Hidden]:
    """The neurons that read so many inputs, of which combinations are made; found once."""
    return cache(partial(_hidden, setting, entries, effort))


def _hidden(
    setting: QuantizationScheme, entries: ActivationTable, effort: BuildingEffort, inputs: int
) -> Hidden:
    """Neurons whose activations differ by more than a constant: all, or evenly some of them."""
    fmt = setting.format
    codes = np.arange(fmt.lo, fmt.hi + 1)
    points = np.stack(np.meshgrid(*[codes] * inputs, indexing="ij"), axis=-1).reshape(-1, inputs)
    reading = _reading(setting, inputs)
    room = effort.offered_values // (len(points) * len(reading))
    found = [_alike(setting, own, points @ own, room) for own in reading]
    all_weights, biases = (np.concatenate(part) for part in zip(*found, strict=True))
    sums = all_weights @ points.T + biases[:, None]
    values = activations(setting, entries, sums.reshape(-1)).reshape(sums.shape).astype(np.int64)
    rises = values - values[:, :1]
    _, first = np.unique(rises, axis=0, return_index=True)
    kept = np.sort(first[rises[first].any(axis=1)])
    return Hidden(weights=all_weights[kept], biases=biases[kept], values=values[kept])


def _reading(setting: QuantizationScheme, inputs: int) -> Ints:
    """Weights of all inputs: those with few inputs or small weights, and others evenly."""
    usable = np.array([0, *weights(setting)], dtype=np.int64)
    few = min(len(usable), int(MAX_TUPLES ** (1 / inputs)))
    usable = usable[np.arange(few) * len(usable) // few]
    found = np.array(list(product(usable.tolist(), repeat=inputs)), dtype=np.int64)
    found = found[found.any(axis=1)]
    if len(found) <= MAX_READ:
        return found
    chosen = np.random.default_rng(0).choice(len(found), MAX_READ, replace=False)
    return np.asarray(found[np.sort(chosen)])


def _alike(setting: QuantizationScheme, own: Ints, sums: Ints, room: int) -> tuple[Ints, Ints]:
    """So many neurons with these weights."""
    span = setting.biases(int(np.abs(sums).max()))
    stride = max(1, -(-span.size // max(room, 2)))
    biases = np.array(members(span)[span.size // 2 % stride :: stride], dtype=np.int64)
    return np.tile(own, (len(biases), 1)), biases * setting.bias_step
