"""The construction of a network for a function: several ways, of which the smallest wins.

A function is given as a table of codes for each output and, where it is the rounding of
exact sums, as these.  Each way of building (theory.md, section 13) either leads to a
network or says why not.  Nothing here is trusted: whether a network computes the function
is proved afterwards, by engines that do not know how it was made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cache, cached_property, partial

import numpy as np
from numpy.typing import NDArray

from smtcheck.arithmetic.intervals import Interval
from smtcheck.networks.network import Network
from smtcheck.theory import halves, ramps, steps
from smtcheck.theory.cells import Box, Cells
from smtcheck.theory.combinations import Combination
from smtcheck.theory.decomposition import (
    Ranges,
    Ridge,
    TooManyBoxes,
    boxes,
    commonest,
    levels,
    ridges,
)
from smtcheck.theory.digits import TRIED, Digits
from smtcheck.theory.drafts import DraftLayer, TooLarge, network
from smtcheck.theory.entries import Entries
from smtcheck.theory.evidence import Criterion
from smtcheck.theory.gates import Axis, Neurons
from smtcheck.theory.lookups import Grid, Lookup
from smtcheck.theory.pushers import Base, Family, NoNetwork, Push, base_of, wanted_cell
from smtcheck.theory.settings import Setting
from smtcheck.theory.sharpening import Sharpener
from smtcheck.theory.spelling import Speller

Ints = NDArray[np.int64]

MAX_BOXES = 2**13  #: that are built one by one where a table can be looked up
MAX_LAST_BOXES = 2**18  #: where it cannot
LEAST = 4  #: parameters of a network that is not looked for any further
FEW_PLACES = 32  #: of an axis whose gates are searched one by one
MAX_PLACES = 1024  #: where there are no steps
MAX_POINTS = 2**12  #: that are built one by one
DIGITS = range(48, 2**12)  #: numbers of codes that are split
MAX_REACH = 2**58  #: of the codes' own sums, in units of 1/scale^2
MAX_SUMS = 2**40  #: larger exact sums are not tried


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """What a network should compute: arrays with an axis an input, of one shape."""

    tables: tuple[Ints, ...]  #: output codes
    sums: tuple[Ints | None, ...]  #: exact values in units of 1/scale^2, where those are integers


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A network, and how it was made."""

    network: Network
    way: str

    @property
    def parameters(self) -> int:
        """Weights that are not zero, and biases."""
        return self.network.nonzero_weights + self.network.neurons


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to build."""

    name: str
    least: int | Callable[[int], bool]  #: parameters that it takes; or whether it may take fewer
    build: Callable[[], list[DraftLayer]]
    is_last_resort: bool = False

    def can_beat(self, parameters: int) -> bool:
        """Whether it may take fewer; NoNetwork where it is no way."""
        return self.least < parameters if isinstance(self.least, int) else self.least(parameters)


def _least_of_ridges(ways: Sequence[tuple[Ridge, ...]]) -> int:
    """Of all runs of places but those of one value: a bias and two weights each."""
    values = [[value for _, value in ridge.runs()] for way in ways for ridge in way]
    return 3 * sum(len(own) - own.count(commonest(own)) for own in values)


_Wanted = tuple[Ridge, tuple[int, int], Interval]  #: places of a ridge, and what they add


class Start(Enum):
    """What the output is where no box is."""

    COMMON = auto()  #: the value with the most boxes
    LOW = auto()
    HIGH = auto()


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """A universal setting, with what networks for any function of it share."""

    setting: Setting
    entries: Entries
    evidence: Criterion
    families: dict[tuple[str, tuple[int, ...]], Family] = field(default_factory=dict)
    parts: dict[tuple[int, int], list[tuple[Ranges, int]] | TooManyBoxes] = field(
        default_factory=dict
    )  #: boxes of the function at hand

    def build(self, function: Function) -> Built:
        """The smallest network that is found; NoNetwork with the reasons where there is none."""
        *_, smallest = self.improvements(function)
        return smallest

    def improvements(self, function: Function) -> Iterator[Built]:
        """Networks, each smaller than the one before; NoNetwork where there is none."""
        fmt = self.setting.format
        if max(-fmt.lo, fmt.hi) * fmt.scale > MAX_REACH:
            raise NoNetwork("the scale is too large for sums in 64 bits")
        self.parts.clear()
        best: Built | None = None
        reasons: dict[str, str] = {}
        for way in self._ways(function):
            if best is not None and way.is_last_resort:
                continue
            try:
                if best is not None and not way.can_beat(best.parameters):
                    continue
                made = network(self.setting, self.entries, way.build())
            except (NoNetwork, TooManyBoxes) as error:
                reasons[way.name] = str(error) or "too many boxes"
            except TooLarge:
                reasons[way.name] = "too many neurons or weights"
            else:
                built = Built(network=made, way=way.name)
                if best is None or built.parameters < best.parameters:
                    best = built
                    yield built
                if best.parameters <= LEAST:
                    return
        if best is None:
            raise NoNetwork("; ".join(f"{way}: {reason}" for way, reason in reasons.items()))

    def _ways(self, function: Function) -> Iterator[_Way]:
        """Ways to build, the promising ones first."""
        inputs = function.tables[0].ndim
        if inputs > 1 and not self.setting.has_constant_neurons:
            for push in Push:
                yield _Way("points by gates", 0, partial(self._points, function, push))
            return
        ridged = self._ridges(function)
        for ways in ridged:
            yield _Way("ramps", 0, partial(self._ramps, ways))
        values = sum(len(np.unique(table)) - 1 for table in function.tables)
        for kind, push in self._kinds():
            yield _Way(f"levels by {kind}", values, partial(self._levels, function, kind, push))
        combined = Combination(setting=self.setting, entries=self.entries, tables=function.tables)
        combination = _Way("a combination of neurons", combined.can_beat, combined.layers)
        if combined.is_small:
            yield combination
        yield from self._lookups(function)
        runs = [(ways, _least_of_ridges(ways)) for ways in ridged]
        least_of_boxes = cache(partial(self._least_of_boxes, function))
        for kind, push in self._kinds():
            for ways, least in runs:
                build = partial(self._ridge_cells, ways, kind, push)
                yield _Way(f"ridges by {kind}", least, build)
            for start in Start:
                build = partial(self._boxes, function, kind, push, start, MAX_BOXES)
                yield _Way(f"boxes by {kind}", lambda most: least_of_boxes() < most, build)
        if not combined.is_small:
            yield combination
        for kind, push in self._kinds():
            build = partial(self._boxes, function, kind, push, Start.COMMON, MAX_LAST_BOXES)
            yield _Way(f"boxes by {kind}", 0, build, is_last_resort=True)

    def _lookups(self, function: Function) -> Iterator[_Way]:
        size, inputs = self.setting.format.codes.size, function.tables[0].ndim
        for kind in self._family_kinds():
            least = inputs * int(size ** (inputs - 1))
            yield _Way(f"lookup by {kind}", least, partial(self._lookup, function, kind))
        if inputs == 1 and size in DIGITS:
            for number in range(TRIED):
                yield _Way("lookup by digits", size, partial(self._digits, function, number))

    def _least_of_boxes(self, function: Function) -> int:
        """Of boxes of all but one value: a bias and a weight each, and one for each axis that
        they do not hold all of.
        """
        found = 0
        for output, table in enumerate(function.tables):
            parts = self._parts(output, function, MAX_BOXES)
            usual = commonest([value for _, value in parts])
            found += sum(
                2 + sum(span is not None for span in _codes(ranges, table, 0))
                for ranges, value in parts
                if value != usual
            )
        return found

    # families of neurons -----------------------------------------------------------------

    def _family_kinds(self) -> list[str]:
        size, found = self.setting.format.codes.size, []
        if steps.can_step(self.setting, self.entries):
            found.append("steps")
        if size <= FEW_PLACES or (not found and self._has_halves):
            found.append("halves")
        if size <= (FEW_PLACES if found else MAX_PLACES):
            found.append("gates")
        return found

    @cached_property
    def _has_halves(self) -> bool:
        """Whether all places of an input have gates of halves."""
        try:
            return self._family("halves", (1,)).gate(0, 0) is not None
        except NoNetwork:
            return False

    def _kinds(self) -> Iterator[tuple[str, Push]]:
        for kind in self._family_kinds():
            for push in Push:
                if kind == "gates" or push is not Push.EITHER:
                    yield kind, push

    @cached_property
    def _plan(self) -> steps.Plan | NoNetwork:
        try:
            return steps.plan(self.setting, self.entries, 4 * self.setting.format.codes.size)
        except NoNetwork as error:
            return error

    def _family(self, kind: str, signs: tuple[int, ...]) -> Family:
        key = (kind, signs)
        if key not in self.families:
            self.families[key] = self._new_family(kind, Axis.along(self.setting, signs))
        return self.families[key]

    def _new_family(self, kind: str, axis: Axis) -> Family:
        if min(axis.signs) < 0 and not self.setting.has_negative_weights:
            raise NoNetwork("no weight is negative")
        if kind != "steps":
            neurons = Neurons(setting=self.setting, entries=self.entries, axis=axis)
            return neurons if kind == "gates" else halves.family_of(neurons)
        if isinstance(self._plan, NoNetwork):
            raise self._plan
        if not axis.allows(self.setting, self._plan.first.weight):
            raise NoNetwork("steps along a difference need weights of both signs")
        return steps.Steps(setting=self.setting, entries=self.entries, axis=axis, plan=self._plan)

    def _inputs(self, kind: str, inputs: int) -> list[Family]:
        return [
            self._family(kind, tuple(int(axis == own) for axis in range(inputs)))
            for own in range(inputs)
        ]

    def _parts(self, output: int, function: Function, limit: int) -> list[tuple[Ranges, int]]:
        """The boxes of an output, found once."""
        key = (output, limit)
        if key not in self.parts:
            try:
                self.parts[key] = boxes(function.tables[output], limit)
            except TooManyBoxes as error:
                self.parts[key] = error
        found = self.parts[key]
        if isinstance(found, TooManyBoxes):
            raise found
        return found

    # ways to build -----------------------------------------------------------------------

    def _ridges(self, function: Function) -> list[list[tuple[Ridge, ...]]]:
        """For each way to write all outputs along directions, the ridges of each output."""
        lows = [self.setting.format.lo] * function.tables[0].ndim
        ways: list[list[tuple[Ridge, ...]]] = []
        for table, sums in zip(function.tables, function.sums, strict=True):
            exact = table * self.setting.format.scale if sums is None else sums
            if int(np.abs(exact).max()) > MAX_SUMS:
                return []
            ways.append(ridges(exact, lows))
        return [list(found) for found in zip(*ways, strict=False)]

    def _ramps(self, ways: Sequence[tuple[Ridge, ...]]) -> list[DraftLayer]:
        bases = [Base(bias=0, constants=(), total=0) for _ in ways]
        return ramps.layers(self.setting, self.entries, ways, bases)

    def _ridge_cells(
        self, ways: Sequence[tuple[Ridge, ...]], kind: str, push: Push
    ) -> list[DraftLayer]:
        """Every value of every ridge, as a run of its places."""
        signs = list(dict.fromkeys(ridge.signs for way in ways for ridge in way))
        families = [self._family(kind, own) for own in signs]
        found, bases = [], []
        for output, way in enumerate(ways):
            base, wanted = self._alone(way[0]) if len(way) == 1 else self._together(way)
            bases.append(base)
            for ridge, span, amount in wanted:
                ranges = tuple(span if own == ridge.signs else None for own in signs)
                found.append(self._box(ranges, output, len(ways), amount))
        return self._cells(families, push).layers(found, bases)

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

    def _beyond(self, base: Base, code: int) -> Interval:
        """What a sum may have beyond its base to be rounded to a code."""
        span = wanted_cell(self.setting, code)
        return Interval(span.low - base.total, span.high - base.total)

    def _levels(self, function: Function, kind: str, push: Push) -> list[DraftLayer]:
        found, bases = [], []
        lo, scale = self.setting.format.lo, self.setting.format.scale
        for output, table in enumerate(function.tables):
            way = levels(table)
            if way is None:
                raise NoNetwork("level sets are not boxes")
            bases.append(self._exact_base(way.base * scale))
            for ranges, rise in way.boxes:
                wanted = Interval(rise * scale, rise * scale)
                places = _codes(ranges, table, lo)
                found.append(self._box(places, output, len(function.tables), wanted))
        return self._cells(self._inputs(kind, function.tables[0].ndim), push).layers(found, bases)

    def _boxes(
        self, function: Function, kind: str, push: Push, start: Start, limit: int
    ) -> list[DraftLayer]:
        """Boxes on which the function is constant, but for those of one value."""
        fmt = self.setting.format
        found, bases = [], []
        for output, table in enumerate(function.tables):
            parts = self._parts(output, function, limit)
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
                    places = _codes(ranges, table, fmt.lo)
                    wanted = self._beyond(base, value)
                    found.append(self._box(places, output, len(function.tables), wanted))
        return self._cells(self._inputs(kind, function.tables[0].ndim), push).layers(found, bases)

    def _points(self, function: Function, push: Push) -> list[DraftLayer]:
        """Every point by itself, from sums of all inputs: what dense neurons can read."""
        inputs, size = function.tables[0].ndim, self.setting.format.codes.size
        if size**inputs > MAX_POINTS:
            raise NoNetwork(f"{size}^{inputs} points are too many to build one by one")
        signs = [tuple(-1 if axis == own else 1 for axis in range(inputs)) for own in range(inputs)]
        signs[0] = (1,) * inputs
        families = [self._family("gates", own) for own in signs]
        bases = []
        for table in function.tables:
            code = commonest(table.reshape(-1).tolist())
            bases.append(base_of(self.setting, self.evidence, code))
        given = [self.setting.requantize(base.total) for base in bases]
        found = []
        for point in np.ndindex(function.tables[0].shape):
            codes = [place + self.setting.format.lo for place in point]
            sums = [sum(s * code for s, code in zip(own, codes, strict=True)) for own in signs]
            for output, (table, base) in enumerate(zip(function.tables, bases, strict=True)):
                value = int(table[point])
                if value != given[output]:
                    ranges = tuple((total, total) for total in sums)
                    wanted = self._beyond(base, value)
                    found.append(self._box(ranges, output, len(bases), wanted))
        return self._cells(families, push).layers(found, bases)

    def _lookup(self, function: Function, kind: str) -> list[DraftLayer]:
        grid = Grid.of_inputs(self._inputs(kind, function.tables[0].ndim))
        return self._looked_up(grid, [table.reshape(grid.used.shape) for table in function.tables])

    def _digits(self, function: Function, number: int) -> list[DraftLayer]:
        """One input as two: windows, and places in them."""
        if number >= len(self._digit_grids):
            raise NoNetwork("no windows and places are told apart")
        grid, places = self._digit_grids[number]
        tables = [np.zeros(grid.used.size, dtype=np.int64) for _ in function.tables]
        for made, table in zip(tables, function.tables, strict=True):
            made[places] = table
        return self._looked_up(grid, [table.reshape(grid.used.shape) for table in tables])

    @cached_property
    def _digit_grids(self) -> list[tuple[Grid, Ints]]:
        """None where activations cannot be made into steps."""
        if not steps.can_step(self.setting, self.entries):
            return []
        try:
            sharpener = Sharpener(setting=self.setting, entries=self.entries)
            return list(Digits(sharpener=sharpener).grids())
        except NoNetwork:
            return []

    def _looked_up(self, grid: Grid, tables: Sequence[Ints]) -> list[DraftLayer]:
        return Lookup(speller=self._speller, grid=grid, tables=tables).layers()

    @cached_property
    def _speller(self) -> Speller:
        return Speller(setting=self.setting, entries=self.entries, evidence=self.evidence)

    def _cells(self, families: Sequence[Family], push: Push) -> Cells:
        return Cells(setting=self.setting, entries=self.entries, families=families, push=push)

    def _exact_base(self, total: int) -> Base:
        """A constant of exactly this size."""
        if not self.setting.is_bias(total):
            raise NoNetwork("the constant is no bias")
        return Base(bias=total, constants=(), total=total)

    @staticmethod
    def _box(
        ranges: tuple[tuple[int, int] | None, ...], output: int, outputs: int, wanted: Interval
    ) -> Box:
        return Box(
            ranges=ranges,
            wanted=tuple(wanted if place == output else None for place in range(outputs)),
        )


def _codes(ranges: Ranges, table: Ints, lo: int) -> tuple[tuple[int, int] | None, ...]:
    """Ranges of codes from ranges of indices; None where a range is the whole axis."""
    return tuple(
        None if stop - start + 1 == length else (start + lo, stop + lo)
        for (start, stop), length in zip(ranges, table.shape, strict=True)
    )
