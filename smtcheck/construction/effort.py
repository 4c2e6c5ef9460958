"""How long networks are looked for: the limits of every way of building, in one value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Dives:
    """How long whole coefficients are looked for."""

    beside: tuple[int, ...]  #: for each dive: neurons that it has beside those in use
    enough: int  #: of which no more are made than this where one has led to an answer


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildingEffort:
    """What is tried, and up to which size: whether a network is right does not depend on it."""

    boxes: int = 2**13  #: that are built one by one where a table can be looked up
    last_boxes: int = 2**18  #: where it cannot
    points: int = 2**12  #: that are built one by one, where neurons are dense
    nearly: int = 125  #: in a hundred parameters of the smallest: kinds of networks worth a try
    shifts: int = 2**16  #: of an activation in a ridge function, copies counted

    neuron_values: int = 2**21  #: activations of neurons that are looked at for one axis
    paired_neurons: int = 192  #: of which all pairs are tried for a penalty

    combined_entries: int = 256  #: of a table that a combination of neurons is looked for
    few_entries: int = 64  #: for which smaller combinations are looked for than are called for
    few_dives: Dives = Dives(beside=(60,) * 12, enough=3)
    many_dives: Dives = Dives(beside=(400, 1000, 400, 400), enough=1)
    offered_values: int = 2**19  #: activations of all neurons that combinations are made of

    many_entries: int = 256  #: for which readers are worth their own weights
    fair_cost: int = 125  #: weights and places for a hundred entries: no readers are looked for


USUAL = BuildingEffort()
