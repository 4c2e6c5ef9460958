"""Is one function representable?  What remains of a format that is not universal.

Without wrapping, the criterion holds function by function (theory.md#one-function): f
is represented exactly if it is equal on inputs that no neuron tells apart, and some
output neuron gives the codes that f takes.  What each obstacle forbids is checked on
the function itself, point by point.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from smtcheck.claims.evidence import (
    AffineActivation,
    Congruent,
    ConstantActivation,
    Inseparable,
    MonotoneActivation,
    NeverGiven,
    Ordered,
    Parity,
    Uncovered,
)
from smtcheck.claims.settings import Bias, QuantizationScheme
from smtcheck.claims.verdicts import NotUniversal, Undecided, Universal, UniversalityVerdict
from smtcheck.expressions.tables import members
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.universality import separation, wrapping
from smtcheck.universality.coverage import Cover, TooManyCells, coverage

MAX_POINTS = 2**20  #: of the function's domain
MAX_CLASSES = 2**11  #: codes that are sorted into classes


@dataclass(frozen=True, slots=True, kw_only=True)
class Representability:
    """Whether a function is representable, and why; None where that is open."""

    is_representable: bool | None
    reason: str
    inputs: tuple[tuple[int, ...], ...] = ()  #: that show it, where some do


Values = Callable[[np.ndarray], np.ndarray]  #: from input codes, a row a point, to output codes


def representable(
    setting: QuantizationScheme,
    entries: ActivationTable,
    verdict: UniversalityVerdict,
    values: Values,
    inputs: int,
) -> Representability:
    """Whether networks of a setting compute the function `values` of that many inputs."""
    match verdict:
        case Universal():
            return Representability(is_representable=True, reason="the format is universal")
        case Undecided(reason=reason):
            return Representability(is_representable=None, reason=reason)
        case NotUniversal(evidence=evidence):
            size = setting.format.codes.size
            if size**inputs > MAX_POINTS:
                reason = f"the function has {size}^{inputs} points, too many to look at"
                return Representability(is_representable=None, reason=reason)
            function = _Function(setting=setting, entries=entries, values=values, inputs=inputs)
            match evidence:
                case ConstantActivation() | Inseparable() | Uncovered() | NeverGiven():
                    if setting.is_wrapping:
                        return function.wrapping(evidence)
                    return function.by_criterion()
                case MonotoneActivation() | Ordered():
                    return function.ordered(evidence)
                case Congruent():
                    return function.congruent(evidence)
                case AffineActivation():
                    return function.affine()
                case Parity():
                    return Representability(is_representable=None, reason=_PARITY)


_PARITY = "small numbers of inputs may still do: the obstacle rules out indicators of many inputs"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Function:
    setting: QuantizationScheme
    entries: ActivationTable
    values: Values
    inputs: int

    @property
    def grid(self) -> np.ndarray:
        """All values, an axis an input."""
        codes = np.array(members(self.setting.format.codes))
        axes = np.meshgrid(*[codes] * self.inputs, indexing="ij")
        points = np.stack([axis.reshape(-1) for axis in axes], axis=1)
        found: np.ndarray = self.values(points).reshape((len(codes),) * self.inputs)
        return found

    def by_criterion(self) -> Representability:
        """Equal on inputs that look alike, and covered."""
        if not self.setting.has_negative_weights or not self.setting.has_constant_neurons:
            reason = "for this setting, single functions are open"
            return Representability(is_representable=None, reason=reason)
        grid = self.grid
        try:
            classes = _classes(self.setting, self.entries)
        except separation.TooManyNeurons:
            classes = None
        if classes is None:
            return Representability(
                is_representable=None, reason="there are too many codes to compare"
            )
        lo = self.setting.format.lo
        # a code stands for the first of its class
        for axis in range(self.inputs):
            differing = np.argwhere(grid != np.take(grid, classes, axis=axis))
            if not differing.size:
                continue
            point = tuple(int(place) + lo for place in differing[0])
            alike = (*point[:axis], int(classes[point[axis] - lo]) + lo, *point[axis + 1 :])
            reason = "the function differs on two inputs that no neuron tells apart"
            if self.inputs > 1 and len(np.unique(_given(self.setting, self.entries))) > 1:
                reason = "it differs on two inputs that no neuron of one input tells apart"
                return Representability(is_representable=None, reason=reason, inputs=(point, alike))
            return Representability(is_representable=False, reason=reason, inputs=(point, alike))
        return self._covered(np.unique(grid).tolist())

    def _covered(self, wanted: list[int]) -> Representability:
        table = _given(self.setting, self.entries)
        modulus = self.setting.weight_step * int(np.gcd.reduce(table - table[0]))
        if modulus == 0:  # T is constant, so the function is
            modulus = 4 * self.setting.format.scale * self.setting.format.codes.size
        base = self.setting.weight_step * int(table[0])
        try:
            found = coverage(self.setting, modulus, base, wanted)
        except TooManyCells:
            return Representability(
                is_representable=None, reason="it takes too many codes to look at"
            )
        if isinstance(found, Cover):
            reason = "it is equal on inputs that look alike, and an output neuron gives its codes"
            return Representability(is_representable=True, reason=reason)
        reason = f"no output neuron gives all of the {len(wanted)} codes it takes"
        return Representability(is_representable=False, reason=reason)

    def wrapping(
        self, evidence: ConstantActivation | Inseparable | Uncovered | NeverGiven
    ) -> Representability:
        """Under wrapping: a constant function, or one whose codes one residue gives."""
        grid = self.grid
        if isinstance(evidence, Inseparable):
            return self._alike(evidence)
        if isinstance(evidence, Uncovered):
            setting = wrapping.reduced(self.setting)
            exact = QuantizationScheme(
                format=setting.format, weights=setting.weights, bias=Bias.EXACT
            )
            wanted = np.unique(grid).tolist()
            if isinstance(coverage(exact, evidence.modulus, 0, wanted), Cover):
                reason = "an output neuron gives its codes; whether networks reach it is open"
                return Representability(is_representable=None, reason=reason)
            reason = f"no output neuron gives all of the {len(wanted)} codes it takes"
            return Representability(is_representable=False, reason=reason)
        if (grid == grid.flat[0]).all():
            return Representability(is_representable=True, reason="it is constant")
        return Representability(is_representable=False, reason="every network is constant")

    def _alike(self, evidence: Inseparable) -> Representability:
        """Two codes that no neuron tells apart, as a single input."""
        grid, lo = self.grid, self.setting.format.lo
        if self.inputs == 1:
            left, right = evidence.left[0], evidence.right[0]
            if grid[left - lo] != grid[right - lo]:
                reason = "the function differs on two inputs that no neuron tells apart"
                return Representability(
                    is_representable=False, reason=reason, inputs=((left,), (right,))
                )
        return Representability(is_representable=None, reason="the obstacle does not rule it out")

    def ordered(self, evidence: MonotoneActivation | Ordered) -> Representability:
        """Without negative weights: what is not monotone, or falls from lo to hi."""
        grid = self.grid
        lo = self.setting.format.lo
        if isinstance(evidence, MonotoneActivation):
            falls = [np.argwhere(np.diff(grid, axis=axis) < 0) for axis in range(self.inputs)]
            rises = [np.argwhere(np.diff(grid, axis=axis) > 0) for axis in range(self.inputs)]
            falls_somewhere = any(found.size for found in falls)
            rises_somewhere = any(found.size for found in rises)
            is_against = falls_somewhere and (evidence.direction == 1 or rises_somewhere)
            if not is_against:
                reason = "it is monotone, as all networks are; whether networks reach it is open"
                return Representability(is_representable=None, reason=reason)
            steps = [falls] if evidence.direction == 1 else [falls, rises]
            shown = [input_ for found in steps for input_ in _first_step(found, lo)]
            reason = "every network is monotone, and it is not"
            return Representability(is_representable=False, reason=reason, inputs=tuple(shown))
        first, last = int(grid.flat[0]), int(grid.flat[-1])
        if first > last:
            ends = ((lo,) * self.inputs, (self.setting.format.hi,) * self.inputs)
            reason = "no network is less where all inputs are hi than where all are lo"
            return Representability(is_representable=False, reason=reason, inputs=ends)
        return Representability(is_representable=None, reason="the obstacle does not rule it out")

    def congruent(self, evidence: Congruent) -> Representability:
        """Networks agree modulo the shift on inputs that are that far apart."""
        grid = self.grid
        lo, distance = self.setting.format.lo, evidence.right - evidence.left
        for axis in range(self.inputs):
            near = np.take(grid, range(grid.shape[axis] - distance), axis=axis)
            far = np.take(grid, range(distance, grid.shape[axis]), axis=axis)
            differing = np.argwhere((far - near) % evidence.shift)
            if differing.size:
                point = tuple(int(place) + lo for place in differing[0])
                other = (*point[:axis], point[axis] + distance, *point[axis + 1 :])
                reason = f"networks agree modulo {evidence.shift} on these inputs, it does not"
                return Representability(
                    is_representable=False, reason=reason, inputs=(point, other)
                )
        return Representability(is_representable=None, reason="the obstacle does not rule it out")

    def affine(self) -> Representability:
        """Modulo N the function is its value at lo plus a multiple of each input."""
        grid, size = self.grid, self.setting.format.codes.size
        for axis in range(self.inputs):
            steps = np.diff(grid, axis=axis) % size
            if (steps != steps.flat[0]).any():
                reason = "every network is affine modulo N, and it is not"
                return Representability(is_representable=False, reason=reason)
        return Representability(
            is_representable=None, reason="it is affine modulo N, as all networks are"
        )


def _first_step(found: list[np.ndarray], lo: int) -> Iterator[tuple[int, ...]]:
    """Two neighbouring inputs, from the places of steps along each axis."""
    axis = next(axis for axis, places in enumerate(found) if places.size)
    point = tuple(int(place) + lo for place in found[axis][0])
    yield point
    yield (*point[:axis], point[axis] + 1, *point[axis + 1 :])


def _given(setting: QuantizationScheme, entries: ActivationTable) -> np.ndarray:
    """T of the codes that neurons give, which is what activations can be."""
    return entries.array[setting.lowest_given - setting.format.lo :]


def _classes(setting: QuantizationScheme, entries: ActivationTable) -> np.ndarray | None:
    """For each code the place of the first code that no neuron of one input tells from it."""
    size, lo = setting.format.codes.size, setting.format.lo
    if len(np.unique(_given(setting, entries))) == 1:
        return np.zeros(size, dtype=np.int64)
    if separation.shifts_are_neurons(setting):
        return np.arange(size)
    if size > MAX_CLASSES:
        return None
    firsts: list[int] = []
    places = np.zeros(size, dtype=np.int64)
    for place in range(size):
        places[place] = next(
            (
                first
                for first in firsts
                if separation.separating_neuron(setting, entries, first + lo, place + lo) is None
            ),
            place,
        )
        if places[place] == place:
            firsts.append(place)
    return places
