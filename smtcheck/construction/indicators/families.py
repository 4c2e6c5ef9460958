"""The kinds of gates that a setting has: of steps, of thresholds, or of any neurons.

What reads one direction of the inputs is the same for every function, and made once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property

from smtcheck.claims.settings import QuantizationScheme
from smtcheck.construction.effort import USUAL, BuildingEffort
from smtcheck.construction.indicators import step_functions, thresholds
from smtcheck.construction.indicators.penalties import Axis, Neurons
from smtcheck.construction.indicators.saturation import Family, NoNetwork, SaturationSide
from smtcheck.networks.activation_entries import ActivationTable

FEW_PLACES = 32  #: of an axis whose gates are searched one by one
MAX_PLACES = 1024  #: where there are no steps


@dataclass(frozen=True, kw_only=True)
class Families:
    """All families of a setting."""

    setting: QuantizationScheme
    entries: ActivationTable
    effort: BuildingEffort = USUAL

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """Those worth trying."""
        size, found = self.setting.format.codes.size, []
        if step_functions.can_step(self.setting, self.entries):
            found.append("steps")
        if size <= FEW_PLACES or (not found and self._has_thresholds):
            found.append("thresholds")
        if size <= (FEW_PLACES if found else MAX_PLACES):
            found.append("gates")
        return tuple(found)

    @property
    def gates(self) -> Iterator[tuple[str, SaturationSide]]:
        """Kinds, with the sides at which their gates can saturate a neuron."""
        for kind in self.kinds:
            for side in SaturationSide:
                if kind == "gates" or side is not SaturationSide.EITHER:
                    yield kind, side

    def along(self, kind: str, signs: tuple[int, ...]) -> Family:
        """The family of a direction; NoNetwork where there is none."""
        return self._made(kind, signs)

    @cached_property
    def _made(self) -> Callable[[str, tuple[int, ...]], Family]:
        return cache(self._new)

    def of_inputs(self, kind: str, inputs: int) -> list[Family]:
        """A family for each input."""
        return [self.along(kind, signs) for signs in unit_signs(inputs)]

    def _new(self, kind: str, signs: tuple[int, ...]) -> Family:
        axis = Axis.along(self.setting, signs)
        if min(axis.signs) < 0 and not self.setting.has_negative_weights:
            raise NoNetwork("no weight is negative")
        if kind != "steps":
            neurons = Neurons(
                setting=self.setting, entries=self.entries, axis=axis, effort=self.effort
            )
            return neurons if kind == "gates" else thresholds.family_of(neurons)
        if isinstance(self._plan, NoNetwork):
            raise self._plan
        if not axis.allows(self.setting, self._plan.first.weight):
            raise NoNetwork("steps along a difference need weights of both signs")
        return step_functions.StepFunctions(
            setting=self.setting, entries=self.entries, axis=axis, plan=self._plan
        )

    @cached_property
    def _has_thresholds(self) -> bool:
        """Whether all places of an input have gates of threshold neurons."""
        try:
            return self.along("thresholds", (1,)).gate(0, 0) is not None
        except NoNetwork:
            return False

    @cached_property
    def _plan(self) -> step_functions.Plan | NoNetwork:
        try:
            return step_functions.plan(
                self.setting, self.entries, 4 * self.setting.format.codes.size
            )
        except NoNetwork as error:
            return error


def unit_signs(inputs: int) -> tuple[tuple[int, ...], ...]:
    """The directions of single inputs."""
    return tuple(tuple(int(axis == own) for axis in range(inputs)) for own in range(inputs))
