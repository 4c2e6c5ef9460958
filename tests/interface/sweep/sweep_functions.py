"""Activations that misbehave, by the name `tests.interface.sweep.sweep_functions:NAME`."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
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


def deadly_once(x: Fraction) -> Fraction:
    """Ends its process at its first third, if a file is named that is not there yet."""
    marker = os.environ.get("SMTCHECK_TEST_MARKER")
    if marker and x.denominator >= 3:
        with suppress(FileExistsError):
            os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
            os.kill(os.getpid(), signal.SIGKILL)
    return x
