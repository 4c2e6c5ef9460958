"""Small networks that tests of the Python functions share."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import smtcheck as sc

FORMAT = "paper(2,2)"


@cache
def absolute() -> sc.Network:
    """|x0|."""
    return sc.Network.from_arrays(
        "paper(3,4)", [[[4], [-4]], [[4, 4]]], [[0, 0], [0]], activation="relu"
    )


@cache
def ordered() -> sc.Network:
    """x0 and x1 as they are: two inputs, two outputs."""
    return sc.Network.from_arrays(FORMAT, [[[2, 0], [0, 2]]], [[0, 0]])


def swapped(x: Fraction, y: Fraction) -> tuple[Fraction, Fraction]:
    """The other way round."""
    return y, x
