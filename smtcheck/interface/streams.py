"""What is printed where nobody reads on, or where nothing is open to print to."""

from __future__ import annotations

import os
import sys
from typing import TextIO


def drop(stream: TextIO) -> None:
    """Let what is written from now on, or has not been written out yet, go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class PatientStream:
    """A stream whose reader may leave (`| head`): the rest is dropped, and work goes on.

    What a command does besides (certificates, its exit code) does not depend on who listens.
    """

    def __init__(self, stream: TextIO, dropped: type[OSError] = BrokenPipeError) -> None:
        self._stream, self._dropped = stream, dropped

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except self._dropped:
            drop(self._stream)
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except self._dropped:
            drop(self._stream)

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


def open_closed() -> None:
    """Where a command was started with a stream closed (`>&-`), it has one that goes nowhere.

    Else the next file that is opened would take its number, and get what is printed.
    """
    for number, (name, mode) in enumerate([("stdin", "r"), ("stdout", "w"), ("stderr", "w")]):
        if getattr(sys, name) is None:
            os.dup2(os.open(os.devnull, os.O_RDWR), number)
            setattr(sys, name, open(number, mode, encoding="utf-8"))  # noqa: SIM115


def be_patient() -> None:
    """From now on, for what this process prints.

    A message that cannot be written, as on a full disk, has no other place to go: it is dropped,
    and the exit code is what it would have been.
    """
    sys.stdout = PatientStream(sys.stdout)
    sys.stderr = PatientStream(sys.stderr, OSError)
