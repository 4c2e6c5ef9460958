"""Activations that misbehave, by the name `tests.interface.sweep_functions:NAME`."""

from __future__ import annotations

import os
import signal
from fractions import Fraction


def failing(x: Fraction) -> Fraction:
    """Fails where the scale is at least 3, and is the identity elsewhere."""
    if x.denominator >= 3:
        raise ValueError("no thirds, please")
    return x


def deadly(x: Fraction) -> Fraction:
    """Ends its process where the scale is at least 3."""
    if x.denominator >= 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return x
