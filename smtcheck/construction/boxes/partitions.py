"""Boxes that add up to a function, whatever gates tell them.

Boxes on which the function is constant, its level sets, runs of functions of one
direction, or single points: each says along which directions boxes are ranges, what each
box adds to an output's sum, and what the sums start from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from smtcheck.arithmetic.intervals import Interval
from smtcheck.claims.evidence import Criterion
from smtcheck.claims.settings import QuantizationScheme
from smtcheck.construction.boxes.box_sums import Box
from smtcheck.construction.boxes.decomposition import (
    Ranges,
    Ridge,
    TooManyBoxes,
    boxes,
    commonest,
    levels,
    ridges,
)
from smtcheck.construction.indicators.families import unit_signs
from smtcheck.construction.indicators.saturation import Base, NoNetwork, base_of, wanted_cell

Ints = NDArray[np.int64]
Signs = tuple[int, ...]  #: of each input in a sum

MAX_SUMS = 2**40  #: larger exact sums are not tried


@dataclass(frozen=True, slots=True, kw_only=True)
class TabulatedFunction:
    """What a network should compute: arrays with an axis an input, of one shape."""

    tables: tuple[Ints, ...]  #: output codes
    sums: tuple[Ints | None, ...]  #: exact values in units of 1/scale^2, where those are integers


class Start(Enum):
    """What the output is where no box is."""

    COMMON = auto()  #: the value with the most boxes
    LOW = auto()
    HIGH = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxParts:
    """Boxes, and what they are added to."""

    signs: tuple[Signs, ...]  #: the directions along which boxes are ranges
    boxes: tuple[Box, ...]
    bases: tuple[Base, ...]  #: one an output

    @property
    def least(self) -> int:
        """Parameters that they take at least: a neuron each, which is read, and what it reads."""
        different = {box.ranges for box in self.boxes}
        return sum(2 + sum(span is not None for span in ranges) for ranges in different)


@dataclass(frozen=True, kw_only=True)
class Partition:
    """The ways to take a function apart."""

    setting: QuantizationScheme
    evidence: Criterion
    function: TabulatedFunction

    @property
    def _inputs(self) -> int:
        return self.function.tables[0].ndim

    @cached_property
    def ridges(self) -> list[list[tuple[Ridge, ...]]]:
        """For each way to write all outputs along directions, the ridges of each output."""
        lows = [self.setting.format.lo] * self._inputs
        ways: list[list[tuple[Ridge, ...]]] = []
        for table, sums in zip(self.function.tables, self.function.sums, strict=True):
            exact = table * self.setting.format.scale if sums is None else sums
            if int(np.abs(exact).max()) > MAX_SUMS:
                return []
            ways.append(ridges(exact, lows))
        return [list(found) for found in zip(*ways, strict=False)]

    def of_ridges(self, ways: Sequence[tuple[Ridge, ...]]) -> BoxParts:
        """Every value of every ridge, as a run of its places."""
        signs = tuple(dict.fromkeys(ridge.signs for way in ways for ridge in way))
        found, bases = [], []
        for output, way in enumerate(ways):
            base, wanted = self._alone(way[0]) if len(way) == 1 else self._together(way)
            bases.append(base)
            for ridge, span, amount in wanted:
                ranges = tuple(span if own == ridge.signs else None for own in signs)
                found.append(self._box(ranges, output, amount))
        return BoxParts(signs=signs, boxes=tuple(found), bases=tuple(bases))

    def _alone(self, ridge: Ridge) -> tuple[Base, list[_Wanted]]:
        """A function of one direction: sums have to be rounded to the right codes."""
        codes = self.setting.requantize_many(np.array(ridge.values, dtype=np.int64)).tolist()
        runs = Ridge(signs=ridge.signs, low=ridge.low, values=tuple(codes)).runs()
        base = base_of(self.setting, self.evidence, commonest([code for _, code in runs]))
        given = self.setting.requantize(base.total)
        return base, [
            (ridge, span, self._beyond(base, code)) for span, code in runs if code != given
        ]

    def _together(self, way: Sequence[Ridge]) -> tuple[Base, list[_Wanted]]:
        """Functions of several directions: sums have to be exact."""
        runs = [ridge.runs() for ridge in way]
        usual = [commonest([value for _, value in own]) for own in runs]
        return self._exact_base(sum(usual)), [
            (ridge, span, Interval(value - start, value - start))
            for ridge, own, start in zip(way, runs, usual, strict=True)
            for span, value in own
            if value != start
        ]

    def of_levels(self) -> BoxParts:
        """Where the function is at least so large; NoNetwork unless these sets are boxes."""
        found, bases = [], []
        scale = self.setting.format.scale
        for output, table in enumerate(self.function.tables):
            way = levels(table)
            if way is None:
                raise NoNetwork("level sets are not boxes")
            bases.append(self._exact_base(way.base * scale))
            for ranges, rise in way.boxes:
                wanted = Interval(rise * scale, rise * scale)
                found.append(self._box(self._codes(ranges), output, wanted))
        return BoxParts(signs=unit_signs(self._inputs), boxes=tuple(found), bases=tuple(bases))

    def of_boxes(self, start: Start, limit: int) -> BoxParts:
        """Boxes on which the function is constant, but for those of one value.

        TooManyBoxes if an output has more than the limit.
        """
        fmt = self.setting.format
        found, bases = [], []
        for output in range(len(self.function.tables)):
            parts = self._boxes(output, limit)
            code = {
                Start.COMMON: commonest([value for _, value in parts]),
                Start.LOW: fmt.lo,
                Start.HIGH: fmt.hi,
            }[start]
            base = base_of(self.setting, self.evidence, code)
            bases.append(base)
            given = self.setting.requantize(base.total)
            for ranges, value in parts:
                if value != given:
                    wanted = self._beyond(base, value)
                    found.append(self._box(self._codes(ranges), output, wanted))
        return BoxParts(signs=unit_signs(self._inputs), boxes=tuple(found), bases=tuple(bases))

    def _boxes(self, output: int, limit: int) -> list[tuple[Ranges, int]]:
        """The boxes of an output, looked for once."""
        found = self._found(output, limit)
        if isinstance(found, TooManyBoxes):
            raise found
        return found

    @cached_property
    def _found(self) -> Callable[[int, int], list[tuple[Ranges, int]] | TooManyBoxes]:
        return cache(self._boxes_or_too_many)

    def _boxes_or_too_many(
        self, output: int, limit: int
    ) -> list[tuple[Ranges, int]] | TooManyBoxes:
        try:
            return boxes(self.function.tables[output], limit)
        except TooManyBoxes as error:
            return error

    def of_points(self, limit: int) -> BoxParts:
        """Every point by itself, from sums of all inputs: what dense neurons can read.

        NoNetwork if there are more than the limit.
        """
        inputs, tables = self._inputs, self.function.tables
        lo, size = self.setting.format.lo, self.setting.format.codes.size
        if size**inputs > limit:
            raise NoNetwork(f"{size}^{inputs} points are too many to build one by one")
        signs = [tuple(-1 if axis == own else 1 for axis in range(inputs)) for own in range(inputs)]
        signs[0] = (1,) * inputs
        bases = [
            base_of(self.setting, self.evidence, commonest(table.reshape(-1).tolist()))
            for table in tables
        ]
        given = [self.setting.requantize(base.total) for base in bases]
        found = []
        for point in np.ndindex(tables[0].shape):
            sums = [sum(s * (place + lo) for s, place in zip(o, point, strict=True)) for o in signs]
            for output, (table, base) in enumerate(zip(tables, bases, strict=True)):
                value = int(table[point])
                if value != given[output]:
                    ranges = tuple((total, total) for total in sums)
                    found.append(self._box(ranges, output, self._beyond(base, value)))
        return BoxParts(signs=tuple(signs), boxes=tuple(found), bases=tuple(bases))

    def _beyond(self, base: Base, code: int) -> Interval:
        """What a sum may have beyond its base to be rounded to a code."""
        span = wanted_cell(self.setting, code)
        return Interval(span.low - base.total, span.high - base.total)

    def _exact_base(self, total: int) -> Base:
        """A constant of exactly this size."""
        if not self.setting.is_bias(total):
            raise NoNetwork("the constant is no bias")
        return Base(bias=total, constants=(), total=total)

    def _codes(self, ranges: Ranges) -> tuple[tuple[int, int] | None, ...]:
        """Ranges of codes from ranges of indices; None where a range is the whole axis."""
        lo = self.setting.format.lo
        return tuple(
            None if stop - start + 1 == length else (start + lo, stop + lo)
            for (start, stop), length in zip(ranges, self.function.tables[0].shape, strict=True)
        )

    def _box(
        self, ranges: tuple[tuple[int, int] | None, ...], output: int, wanted: Interval
    ) -> Box:
        outputs = range(len(self.function.tables))
        return Box(
            ranges=ranges,
            wanted=tuple(wanted if place == output else None for place in outputs),
        )


_Wanted = tuple[Ridge, tuple[int, int], Interval]  #: places of a ridge, and what they add
