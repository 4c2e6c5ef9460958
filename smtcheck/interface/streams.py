"""What is printed where nobody reads on, or where there is no more room."""

from __future__ import annotations

import os
import sys
from typing import TextIO


class PatientStream:
    """A stream whose reader may leave (`| head`): the rest is dropped, and work goes on.

    What a command does besides (certificates, its exit code) does not depend on who listens.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except BrokenPipeError:
            self._drop()
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except BrokenPipeError:
            self._drop()

    def _drop(self) -> None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


def be_patient() -> None:
    """From now on, for what this process prints."""
    sys.stdout = PatientStream(sys.stdout)
    sys.stderr = PatientStream(sys.stderr)
