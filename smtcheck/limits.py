"""Limits travel together, in one value."""

from __future__ import annotations

import ctypes
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
    """What a search may use.

    Parameters
    ----------
    timeout_seconds : int, default 120
        How long it may take, 1 to 10^6.
    memory_mebibytes : int, default 4096
        Of each solver process.
    seed : int, default 0
        Of the solvers.

    Examples
    --------
    >>> net = sc.construct("abs(x0)", "relu", "paper(3,4)").network
    >>> sc.prove(net, equals="abs(x0)", limits=sc.Limits(timeout_seconds=10, seed=1)).proved
    True
    """

    timeout_seconds: int = 120
    memory_mebibytes: int = 4096  #: of each solver process
    seed: int = 0

    def deadline(self) -> float:
        """The time on the monotonic clock when the search must be over.

        Returns
        -------
        float
            In seconds, counted from now.

        Examples
        --------
        >>> import time
        >>> sc.Limits(timeout_seconds=10).deadline() > time.monotonic()
        True
        """
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
    """Raise OutOfTime in this thread when the time is over, wherever it is then.

    Engines look at the clock themselves; this stops what does not, such as filling
    tables and writing scripts.  One long operation of a library is not interrupted.
    """
    is_main = threading.current_thread() is threading.main_thread()
    with _signal(seconds) if is_main else _timer(seconds):
        yield


@contextmanager
def _signal(seconds: int) -> Iterator[None]:
    """For the main thread: it also wakes up from waiting for others."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise OutOfTime

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


@contextmanager
def _timer(seconds: int) -> Iterator[None]:
    """For other threads, in which Dask's workers do everything and signals never arrive."""
    ringing = threading.Lock()
    thread = ctypes.c_ulong(threading.get_ident())
    raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
    is_over = has_rung = False

    def ring() -> None:
        nonlocal has_rung
        with ringing:
            if not is_over:
                raise_in(thread, ctypes.py_object(OutOfTime))
                has_rung = True

    timer = threading.Timer(seconds, ring)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        with ringing:
            is_over = True
        if has_rung:  # and was perhaps not noticed yet
            raise_in(thread, ctypes.py_object())
