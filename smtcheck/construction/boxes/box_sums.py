"""Networks that add up boxes: a neuron is one code inside a box and overflows outside.

The second-layer neuron R(s k + gate) gives k where the gates of all axes vanish, and
elsewhere the end of the format at which the gates saturate it, whatever k is.  So its
activation is T(end) + (T(k) - T(end)) [x in box], and the output neuron adds what each
box is worth.  Gates that can have either sign need two such neurons, whose difference is
(T(k) - T(j)) [x in box]: the proof of theory.md#sufficient, made short where it can be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import NDArray

from smtcheck.arithmetic.intervals import Interval
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.claims.settings import QuantizationScheme, Weights
from smtcheck.construction.indicators.penalties import Penalty
from smtcheck.construction.indicators.saturation import (
    EVERYTHING,
    Base,
    Family,
    NoNetwork,
    SaturatedLayer,
    SaturatingNeuron,
    SaturationSide,
    saturated_layer,
    stacked,
)
from smtcheck.construction.lowering.coefficients import (
    DraftLayer,
    SparseTerms,
    coefficient_step,
    weight_codes,
)
from smtcheck.construction.lowering.subset_sums import OptionGroup, Sums, cheapest_of_each
from smtcheck.networks.activation_entries import ActivationTable

Ints = NDArray[np.int64]

MAX_GROUPS = 24  #: of neurons that one box may take


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A range of each axis (None: all of it), and what it adds to each output's sum."""

    ranges: tuple[tuple[int, int] | None, ...]
    wanted: tuple[Interval | None, ...]


@dataclass(kw_only=True, eq=False)
class BoxSums:
    """A network under construction that adds up boxes: its neurons become more."""

    setting: QuantizationScheme
    entries: ActivationTable
    families: Sequence[Family]
    side: SaturationSide
    _neurons: dict[tuple[tuple[tuple[int, int] | None, ...], int], int] = field(
        default_factory=dict, init=False
    )

    def layers(self, boxes: Sequence[Box], bases: Sequence[Base]) -> list[DraftLayer]:
        """All layers; NoNetwork if a box has no gate or cannot be worth what it should."""
        boxes = [part for box in boxes for part in self._with_gates(box)]
        options = self._chosen(boxes, len(bases))
        terms: list[tuple[int, int, int]] = []
        ends = [0] * len(bases)
        for box in boxes:
            for output, wanted in enumerate(box.wanted):
                if wanted is None:
                    continue
                for code, coefficient in options[wanted]:
                    terms.append((output, self._neuron(box, code), coefficient))
                    ends[output] += coefficient
        if not terms:  # a constant function: a network has to have neurons all the same
            nowhere = Box(ranges=(None,) * len(self.families), wanted=())
            step = coefficient_step(self.setting)
            terms, ends[0] = [(0, self._neuron(nowhere, self._saturating.end), step)], step
        hidden = self._hidden()
        constants = [
            (output, code - self.setting.format.lo, coefficient)
            for output, base in enumerate(bases)
            for code, coefficient in (*base.constants, (self._saturating.end, -ends[output]))
        ]
        last = DraftLayer(
            inputs=hidden.outputs,
            biases=np.array([base.bias for base in bases], dtype=np.int64),
            terms=SparseTerms.of(terms),
            constants=SparseTerms.of(constants),
        )
        return [*stacked(self.families), hidden, last]

    @cached_property
    def _saturating(self) -> SaturatingNeuron:
        return SaturatingNeuron(setting=self.setting, side=self.side)

    @property
    def _is_paired(self) -> bool:
        """Whether ends differ, so that only differences of two neurons are boxes."""
        if self.side is not SaturationSide.EITHER:
            return False
        fmt = self.setting.format
        is_same = self.entries[fmt.lo] == self.entries[fmt.hi]
        return not is_same and fmt.overflow is not Overflow.SATURATE_TO_ZERO

    def _with_gates(self, box: Box) -> Iterator[Box]:
        """The box, in single places along the axes on which its range has no gate."""
        ways: list[list[tuple[int, int] | None]] = []
        for family, span in zip(self.families, box.ranges, strict=True):
            if span is None or family.gate(*span) is not None:
                ways.append([span])
            else:
                ways.append([(place, place) for place in range(span[0], span[1] + 1)])
        for ranges in product(*ways):
            yield Box(ranges=ranges, wanted=box.wanted)

    def _gates(self, box: Box) -> list[tuple[int, Penalty]]:
        """The gate on each axis that the box does not hold all of."""
        found = []
        for place, (family, span) in enumerate(zip(self.families, box.ranges, strict=True)):
            gate = None if span is None else family.gate(*span)
            if span is not None and gate is None:
                raise NoNetwork(f"no gate for {span[0]} .. {span[1]}")
            if gate is not None:
                if not gate.has_one_sign and self.side is not SaturationSide.EITHER:
                    raise NoNetwork("gates of both signs saturate both ways")
                found.append((place, gate))
        return found

    def _neuron(self, box: Box, code: int) -> int:
        """The second-layer neuron that gives a code in a box."""
        return self._neurons.setdefault((box.ranges, code), len(self._neurons))

    def _hidden(self) -> DraftLayer:
        """The second-layer neurons asked for."""
        neurons = []
        for ranges, code in self._neurons:
            gates = self._gates(Box(ranges=ranges, wanted=()))
            neurons.append(
                SaturatedLayer(code=code, saturating=self._saturating, gates=tuple(gates))
            )
        return saturated_layer(self.setting, self.families, neurons)

    # what boxes are worth

    def _chosen(self, boxes: Sequence[Box], outputs: int) -> dict[Interval, list[tuple[int, int]]]:
        """For each wanted amount the codes and coefficients of neurons that are worth it."""
        wanted = {part for box in boxes for part in box.wanted if part is not None}
        if not wanted:
            return {}
        gates = [gate for _, gate in self._gates(boxes[0])]
        amounts, costs, names = self._options(gates, outputs)
        if not len(amounts):
            raise NoNetwork("activations do not differ from those of the ends")
        step = int(np.gcd.reduce(amounts))
        if any(interval.high // step * step < interval.low for interval in wanted):
            raise NoNetwork(f"a box should be worth what is no multiple of {step}")
        found: dict[Interval, list[tuple[int, int]]] = {}
        multiples: list[int] = []
        sums = Sums.of(_reach(wanted) + int(np.abs(amounts).max()))
        for multiple in self._multiples():
            multiples.append(multiple)
            sums = sums.extended(OptionGroup(amounts=amounts * multiple, costs=costs * multiple))
            for interval in wanted - set(found):
                best = sums.cheapest(interval.low, interval.high)
                if best is not None:
                    found[interval] = list(self._named(names, multiples, best[1]))
            if len(found) == len(wanted):
                return found
        raise NoNetwork("no few neurons are worth what a box should be")

    @staticmethod
    def _multiples() -> Iterable[int]:
        """How often the options of each group are taken."""
        return (1, 1, 1, *(2**power for power in range(1, MAX_GROUPS)))

    def _named(
        self, names: Ints, multiples: Sequence[int], options: Sequence[int]
    ) -> Iterable[tuple[int, int]]:
        for multiple, option in zip(multiples, options, strict=True):
            if option >= 0:
                coefficient, code, other = names[option].tolist()
                yield code, coefficient * multiple
                if self._is_paired:
                    yield other, -coefficient * multiple

    def _options(self, gates: Sequence[Penalty], outputs: int) -> tuple[Ints, Ints, Ints]:
        """Amounts, costs and (coefficient, code, reference code) of one neuron, or a pair."""
        fmt = self.setting.format
        codes = np.arange(max(fmt.lo, self.setting.lowest_given), fmt.hi + 1)
        reference = codes[-1:] if self._is_paired else np.array([self._saturating.end])
        table = self.entries.array
        rises = table[codes - fmt.lo] - table[reference - fmt.lo]
        coefficients = self._coefficients(outputs)
        amounts = (coefficients[:, None] * rises[None, :]).reshape(-1)
        weights = np.array([self._weights_of(gates, int(code)) for code in codes])
        costs = np.tile(weights + 2, len(coefficients))
        names = np.stack(
            [
                np.repeat(coefficients, len(codes)),
                np.tile(codes, len(coefficients)),
                np.full(len(amounts), reference[0]),
            ],
            axis=1,
        )
        kept = cheapest_of_each(amounts, costs)
        return amounts[kept], costs[kept], names[kept]

    def _coefficients(self, outputs: int) -> Ints:
        """What one connection to the output neuron can multiply by."""
        if outputs > 1 and self.setting.weights is Weights.DENSE_BINARY:
            return np.array([1, -1]) * coefficient_step(self.setting)
        return weight_codes(self.setting)

    def _weights_of(self, gates: Sequence[Penalty], code: int) -> int:
        """About how many weights a neuron for this code has."""
        heaviest = self.setting.heaviest_weights[0]
        factors = self._saturating.factors(gates, self._saturating.distance(code))
        return sum(
            -(-abs(number) * factor // heaviest)
            for gate, factor in zip(gates, factors, strict=True)
            for _, number in gate.terms
        )


def _reach(wanted: Iterable[Interval]) -> int:
    """The largest size of a sum that is wanted, ends that are beyond all sums apart."""
    ends = [end for span in wanted for end in (span.low, span.high) if abs(end) < EVERYTHING // 2]
    return max(map(abs, ends), default=0)
