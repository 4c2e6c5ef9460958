"""Limits travel together, in one value."""

from __future__ import annotations

import resource
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a search may use."""

    timeout_seconds: int = 120
    memory_mebibytes: int = 4096  #: of each solver process
    seed: int = 0

    def deadline(self) -> float:
        """The time on the monotonic clock when the search must be over."""
        return time.monotonic() + self.timeout_seconds


def confine_memory(mebibytes: int) -> None:
    """Make this process, and those it starts, fail to allocate beyond a limit."""
    size = mebibytes * 2**20
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        size = min(size, hard)
    with suppress(ValueError, OSError):  # some systems have no such limit
        resource.setrlimit(resource.RLIMIT_AS, (size, hard))


class OutOfTime(BaseException):
    """The time limit has passed in the middle of something.

    Not an Exception: whoever handles every failure of somebody's code lets it pass.
    """


@contextmanager
def alarm(seconds: int) -> Iterator[None]:
    """Raise OutOfTime in the main thread when the time is over, wherever it is then.

    Engines look at the clock themselves; this stops what does not, such as filling
    tables and writing scripts.  Outside the main thread nothing can be stopped so.
    """

    def ring(number: int, frame: FrameType | None) -> None:
        raise OutOfTime

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    start = time.monotonic()
    before = signal.signal(signal.SIGALRM, ring)
    pending_seconds = signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
        if pending_seconds:  # somebody else's alarm, around this one
            signal.alarm(max(1, pending_seconds - int(time.monotonic() - start)))
