"""Functions of floats as activations: bit for bit what they give on this machine.

`float64:module:function` is asked at the float nearest to the value of each code (ties to even),
and what it gives is taken exactly, as the rational number that the float is, and rounded once by
the format.  Nothing is said about what the function means: its table is what counts, and the
digest of a claim is made of that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import Any

import numpy as np

from smtcheck.errors import InputError


class FloatType(Enum):
    """A floating-point format of IEEE 754, by the name that texts give it."""

    FLOAT64 = "float64"
    FLOAT32 = "float32"

    @property
    def scalar(self) -> type[np.float64] | type[np.float32]:
        """The type of numbers that functions are called with."""
        return np.float64 if self is FloatType.FLOAT64 else np.float32


@dataclass(frozen=True, slots=True, kw_only=True)
class FloatFunction:
    """A function of floats as one of exact numbers."""

    name: str
    function: Callable[[Any], Any]
    type: FloatType

    def __call__(self, x: Fraction) -> Fraction:
        """What it gives at the float nearest to x, exactly."""
        argument = nearest(x, self.type)
        with np.errstate(all="ignore"):  # what IEEE 754 says is what is meant
            given = self.function(argument)
        own = (float, np.float64) if self.type is FloatType.FLOAT64 else (np.float32,)
        if type(given) is not int and type(given) not in own:
            raise InputError(
                f"{self.name} returned {given!r}, a {type(given).__name__}, at {argument}; it must "
                f"return a {self.type.value} (or an int): convert it there, as it is on the device"
            )
        try:
            return Fraction(*given.as_integer_ratio())
        except (ValueError, OverflowError):  # of NaN and infinities
            raise InputError(f"{self.name} returned {given} at {argument}, no number") from None


def nearest(x: Fraction, kind: FloatType) -> np.float64 | np.float32:
    """The float nearest to x; of two, the one whose last bit is 0."""
    try:
        first: np.float64 = np.float64(
            x.numerator / x.denominator
        )  # Python rounds this quotient correctly
    except OverflowError:
        raise InputError(f"{x} is too large for a {kind.value}") from None
    if kind is FloatType.FLOAT64:
        return first
    with np.errstate(all="ignore"):
        near = np.float32(first)  # rounded twice, so it may be a neighbour that is meant
        sides = [np.nextafter(near, np.float32(end)) for end in (-np.inf, np.inf)]
    if not np.isfinite(near):
        raise InputError(f"{x} is too large for a {kind.value}")
    candidates: list[np.float32] = [number for number in (near, *sides) if np.isfinite(number)]
    return min(candidates, key=lambda number: (_distance(number, x), _last_bit(number)))


def _distance(number: np.float32, x: Fraction) -> Fraction:
    return abs(Fraction(*number.as_integer_ratio()) - x)


def _last_bit(number: np.float32) -> int:
    return int(number.view(np.uint32)) & 1
