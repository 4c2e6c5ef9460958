"""What is true of a claim, by evaluating both sides at every input of its domain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product

from benchmarks.written_networks import Codes, Meaning


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What every input says."""

    undefined: Codes | None = None  #: the smallest input at which something is divided by zero
    smallest: Codes | None = None  #: at which the sides differ
    pairs: dict[Codes, tuple[list[Fraction], list[Fraction]]] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """As it is printed, where nothing is divided by zero."""
        return "proved" if self.smallest is None else "refuted"


def truth_of(left: Meaning, right: Meaning, axes: Sequence[range], tolerance: Fraction) -> Truth:
    """Every input, smallest first: by |x0|, then |x1|, ...; of two signs the positive one."""
    pairs: dict[Codes, tuple[list[Fraction], list[Fraction]]] = {}
    undefined = smallest = None
    for point in sorted(product(*axes), key=lambda codes: [(abs(c), c < 0) for c in codes]):
        try:
            one, other = pairs[point] = left(point), right(point)
        except ZeroDivisionError:
            undefined = point if undefined is None else undefined
            continue
        if smallest is None and any(
            abs(a - b) > tolerance for a, b in zip(one, other, strict=True)
        ):
            smallest = point
    return Truth(undefined=undefined, smallest=smallest, pairs=pairs)
