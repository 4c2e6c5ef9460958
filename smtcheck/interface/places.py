"""Where a command writes: looked at before anything long is done, and nothing lost silently."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from smtcheck.errors import InputError


def require_places(planned: Sequence[Path], given: Sequence[Path], is_forced: bool) -> None:
    """InputError where a file could not be written, or would take the place of another.

    Files that the command was given are never written over, nor is one that it writes itself;
    others that exist only with --force.
    """
    taken = {os.path.realpath(path): path for path in given}
    for path in planned:
        _require_writable(path)
        place = os.path.realpath(path)
        if place in taken:
            other = taken[place]
            what = "is read by this command" if other in given else "is written by this command"
            raise InputError(f"{path} cannot be written: {other} {what}")
        if os.path.lexists(path) and not is_forced:
            raise InputError(f"{path} exists: --force writes over it")
        taken[place] = path


def require_suffix(path: Path, suffix: str, readers: str) -> None:
    """InputError where who is to read a file would not, since they go by the end of its name."""
    if path.suffix != suffix:
        raise InputError(f"{path} must end in {suffix}: {readers} would not read it")


def _require_writable(path: Path) -> None:
    if any("\ud800" <= character <= "\udfff" for character in str(path)):
        raise InputError(f"{str(path)!r} cannot be written: its name is not UTF-8")
    if os.path.isdir(path):
        raise InputError(f"{path} cannot be written: it is a folder")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise InputError(f"{path} cannot be written: {path.parent} is no folder to write to")
