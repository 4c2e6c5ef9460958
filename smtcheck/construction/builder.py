"""The construction of a network for a function: several ways, of which the smallest wins.

A function is given as a table of codes for each output and, where it is the rounding of
exact sums, as these.  Each way of building (theory.md#constructing-networks) either leads to a
network or says why not.  Nothing here is trusted: whether a network computes the function
is proved afterwards, by engines that do not know how it was made.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial
from operator import lt

import numpy as np
from numpy.typing import NDArray

from smtcheck.claims.evidence import Criterion
from smtcheck.claims.settings import QuantizationScheme
from smtcheck.construction.boxes.box_sums import BoxSums
from smtcheck.construction.boxes.decomposition import Ridge, TooManyBoxes
from smtcheck.construction.boxes.partitions import BoxParts, Partition, Start, TabulatedFunction
from smtcheck.construction.effort import USUAL, BuildingEffort
from smtcheck.construction.indicators import step_functions
from smtcheck.construction.indicators.families import Families
from smtcheck.construction.indicators.saturation import Base, NoNetwork, SaturationSide
from smtcheck.construction.indicators.steepening import Steepener
from smtcheck.construction.lookup.entry_encoding import EntryEncoder
from smtcheck.construction.lookup.lookup import Lookup, RowsAndColumns
from smtcheck.construction.lookup.radix_split import TRIED, RadixSplit
from smtcheck.construction.lowering.coefficients import DraftLayer, NetworkTooLarge, network
from smtcheck.construction.one_layer import ridge_functions
from smtcheck.construction.one_layer.combinations import Combination, offers_of
from smtcheck.construction.one_layer.linear_programs import Hidden
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.networks.network import Network

Ints = NDArray[np.int64]

LEAST = 4  #: parameters of a network that is not looked for any further
DIGITS = range(48, 2**12)  #: numbers of codes that are split
MAX_REACH = 2**58  #: of the codes' own sums, in units of 1/scale^2


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A network, and how it was made."""

    network: Network
    way: str

    @property
    def parameters(self) -> int:
        """Weights that are not zero, and biases."""
        return self.network.nonzero_weights + self.network.neurons


@dataclass(slots=True)
class Strategy:
    """One way to build."""

    name: str
    can_beat: Callable[[int], bool]  #: whether it may take fewer; NoNetwork where it is no way
    build: Callable[[], list[DraftLayer]]
    is_last_resort: bool = False
    parameters: int | None = None  #: that it took, once it has been tried, if they were about few


_Gates = tuple[str, SaturationSide]  #: of which kind, and at which side they saturate


def _always(_: int) -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class NetworkBuilder:
    """A universal setting, with what networks for any function of it share."""

    setting: QuantizationScheme
    entries: ActivationTable
    evidence: Criterion
    effort: BuildingEffort = USUAL

    @cached_property
    def families(self) -> Families:
        """Neurons that read the inputs."""
        return Families(setting=self.setting, entries=self.entries, effort=self.effort)

    @cached_property
    def _offers(self) -> Callable[[int], Hidden]:
        return offers_of(self.setting, self.entries, self.effort)

    def build(self, function: TabulatedFunction) -> Built:
        """The smallest network that is found; NoNetwork with the reasons where there is none."""
        *_, smallest = self.improvements(function)
        return smallest

    def improvements(self, function: TabulatedFunction) -> Iterator[Built]:
        """Networks, each smaller than the one before; NoNetwork where there is none."""
        fmt = self.setting.format
        if max(-fmt.lo, fmt.hi) * fmt.scale > MAX_REACH:
            raise NoNetwork("the scale is too large for sums in 64 bits")
        best: Built | None = None
        reasons: dict[str, str] = {}
        for way in self.ways(function):
            try:
                built = self._built(way, best)
            except (NoNetwork, TooManyBoxes) as error:
                reasons[way.name] = str(error) or "too many boxes"
            except NetworkTooLarge:
                reasons[way.name] = "too many neurons or weights"
            else:
                if built is not None and (best is None or built.parameters < best.parameters):
                    best = built
                    yield built
                if best is not None and best.parameters <= LEAST:
                    return
        if best is None:
            raise NoNetwork("; ".join(f"{way}: {reason}" for way, reason in reasons.items()))

    def _built(self, way: Strategy, best: Built | None) -> Built | None:
        """The network of a way, unless it is clear before that it is no smaller than the best."""
        most: int | None = None
        if best is not None:
            if way.is_last_resort or not way.can_beat(best.parameters):
                return None
            most = best.parameters * self.effort.nearly // 100
        made = network(self.setting, self.entries, way.build(), most)
        built = Built(network=made, way=way.name)
        way.parameters = built.parameters
        return built

    # ways to build -----------------------------------------------------------------------

    def ways(self, function: TabulatedFunction) -> Iterator[Strategy]:
        """Ways to build, the promising ones first."""
        partition = Partition(setting=self.setting, evidence=self.evidence, function=function)
        inputs = function.tables[0].ndim
        if inputs > 1 and not self.setting.has_constant_neurons:
            points = partial(partition.of_points, self.effort.points)
            yield from self._added("points", points, [("gates", p) for p in SaturationSide])
            return
        for ridges in partition.ridges:
            yield Strategy("ramps", _always, partial(self._ramps, ridges))
        gates = list(self.families.gates)
        yield from self._added("levels", partition.of_levels, gates)
        combined = Combination(
            setting=self.setting,
            entries=self.entries,
            tables=function.tables,
            offers=self._offers,
            effort=self.effort,
        )
        combination = Strategy("a combination of neurons", combined.can_beat, combined.layers)
        if combined.is_small:
            yield combination
        yield from self._lookups(function)
        best: Sequence[_Gates] = []
        for ridges in partition.ridges:
            best = yield from self._added("ridges", partial(partition.of_ridges, ridges), gates)
        if inputs > 1 or not partition.ridges:  # which are the same boxes
            common = partial(partition.of_boxes, Start.COMMON, self.effort.boxes)
            best = yield from self._added("boxes", common, gates)
        for start in (Start.LOW, Start.HIGH):
            other = partial(partition.of_boxes, start, self.effort.boxes)
            yield from self._added("boxes", other, best or gates, is_last_resort=not best)
        if not combined.is_small:
            yield combination
        many = partial(partition.of_boxes, Start.COMMON, self.effort.last_boxes)
        yield from self._added("boxes", many, gates, is_last_resort=True)

    def _added(
        self,
        name: str,
        parts: Callable[[], BoxParts],
        gates: Sequence[_Gates],
        is_last_resort: bool = False,
    ) -> Generator[Strategy, None, Sequence[_Gates]]:
        """Boxes that add up, told by each of these gates; the best of them are returned."""
        tried: dict[_Gates, int] = {}
        parts = cache(parts)
        for kind, side in gates:
            way = Strategy(
                name=f"{name} by {kind}",
                can_beat=lambda most: parts().least < most,
                build=partial(self._cells, parts, kind, side),
                is_last_resort=is_last_resort,
            )
            yield way
            if way.parameters is not None:
                tried[kind, side] = way.parameters
        return sorted(tried, key=lambda own: tried[own])[:1]

    def _lookups(self, function: TabulatedFunction) -> Iterator[Strategy]:
        size, inputs = self.setting.format.codes.size, function.tables[0].ndim
        for kind in self.families.kinds:
            least = inputs * int(size ** (inputs - 1))
            build = partial(self._lookup, function, kind)
            yield Strategy(f"lookup by {kind}", partial(lt, least), build)
        if inputs == 1 and size in DIGITS:
            for number in range(TRIED):
                build = partial(self._digits, function, number)
                yield Strategy("lookup by digits", partial(lt, size), build)

    def _ramps(self, ways: Sequence[tuple[Ridge, ...]]) -> list[DraftLayer]:
        bases = [Base(bias=0, constants=(), total=0) for _ in ways]
        return ridge_functions.layers(self.setting, self.entries, ways, bases, self.effort)

    def _cells(
        self, parts: Callable[[], BoxParts], kind: str, side: SaturationSide
    ) -> list[DraftLayer]:
        found = parts()
        families = [self.families.along(kind, signs) for signs in found.signs]
        cells = BoxSums(setting=self.setting, entries=self.entries, families=families, side=side)
        return cells.layers(found.boxes, found.bases)

    def _lookup(self, function: TabulatedFunction, kind: str) -> list[DraftLayer]:
        grid = RowsAndColumns.of_inputs(self.families.of_inputs(kind, function.tables[0].ndim))
        return self._looked_up(grid, [table.reshape(grid.used.shape) for table in function.tables])

    def _digits(self, function: TabulatedFunction, number: int) -> list[DraftLayer]:
        """One input as two: windows, and places in them."""
        if number >= len(self._digit_grids):
            raise NoNetwork("no windows and places are told apart")
        grid, places = self._digit_grids[number]
        tables = [np.zeros(grid.used.size, dtype=np.int64) for _ in function.tables]
        for made, table in zip(tables, function.tables, strict=True):
            made[places] = table
        return self._looked_up(grid, [table.reshape(grid.used.shape) for table in tables])

    @cached_property
    def _digit_grids(self) -> list[tuple[RowsAndColumns, Ints]]:
        """None where activations cannot be made into steps."""
        if not step_functions.can_step(self.setting, self.entries):
            return []
        try:
            steepener = Steepener(setting=self.setting, entries=self.entries)
            return list(RadixSplit(steepener=steepener).grids())
        except NoNetwork:
            return []

    def _looked_up(self, grid: RowsAndColumns, tables: Sequence[Ints]) -> list[DraftLayer]:
        return Lookup(encoder=self._encoder, grid=grid, tables=tables).layers()

    @cached_property
    def _encoder(self) -> EntryEncoder:
        return EntryEncoder(
            setting=self.setting,
            entries=self.entries,
            evidence=self.evidence,
            effort=self.effort,
        )
