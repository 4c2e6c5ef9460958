"""Limits travel together, in one value."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType

PR_SET_PDEATHSIG = 1  #: of prctl(2)
RING_SECONDS = 1 / 4  #: between an alarm and the next, until it is noticed
AT_ONCE = 1 / 10**6  #: 0 would be never
OVERRUN, SLACK_SECONDS = 2, 10  #: a process is killed when it takes so much more than it had


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a search may use.

    Parameters
    ----------
    timeout_seconds : float, default 120
        How long it may take: above 0, at most 10^6.
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

    timeout_seconds: float = 120
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


def end_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent ends, however that happens (on Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # which was gone before
            os._exit(1)


class OutOfTime(BaseException):
    """The time limit has passed in the middle of something.

    Not an Exception: whoever handles every failure of somebody's code lets it pass.
    """


class SecondLine:
    """Who kills this process where it does not notice that its time is over: nobody."""

    def arm(self, seconds: float) -> float:
        """In so many seconds, unless it was to be sooner; what it was before, for `restore`."""
        return 0

    def restore(self, before: float) -> None:
        """As it was."""


_second_line = SecondLine()


def use_second_line(line: SecondLine) -> None:
    """For processes that are a command's own: those of somebody's program are not killed."""
    global _second_line
    _second_line = line


@contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """Raise OutOfTime in this thread when the time is over, wherever it is then.

    Engines look at the clock themselves; this stops what does not, such as filling
    tables and writing scripts.  One long operation of a library is not interrupted; but a
    command, or a worker of one, is killed then by its second line (`use_second_line`).
    """
    is_main = threading.current_thread() is threading.main_thread()
    with _signal(seconds) if is_main else _timer(seconds):
        yield


@contextmanager
def _signal(seconds: float) -> Iterator[None]:
    """For the main thread: it also wakes up from waiting for others.

    It rings again and again, since an exception that is raised while Python calls back (in a
    destructor, in a callback of a weak reference) is dropped there.
    """

    def ring(number: int, frame: FrameType | None) -> None:
        if not isinstance(sys.exc_info()[1], OutOfTime):  # which is on its way already
            raise OutOfTime

    start = time.monotonic()
    before = signal.signal(signal.SIGALRM, ring)
    left, interval = signal.getitimer(signal.ITIMER_REAL)
    line = _second_line
    armed = line.arm(OVERRUN * seconds + SLACK_SECONDS)

    def end() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        line.restore(armed)
        if left:  # somebody else's alarm, around this one
            rest = left - (time.monotonic() - start)
            signal.setitimer(signal.ITIMER_REAL, max(rest, AT_ONCE), interval)

    try:
        signal.setitimer(signal.ITIMER_REAL, max(seconds, AT_ONCE), RING_SECONDS)
        with _dropped_silently():
            yield
    finally:
        try:
            signal.setitimer(signal.ITIMER_REAL, 0)
        finally:  # even if it has rung just before that
            end()


@contextmanager
def _dropped_silently() -> Iterator[None]:
    """Nobody is told of an alarm that was dropped, as it rings again."""
    before = sys.unraisablehook

    def tell(dropped: sys.UnraisableHookArgs) -> None:
        if not isinstance(dropped.exc_value, OutOfTime):
            before(dropped)

    sys.unraisablehook = tell
    try:
        yield
    finally:
        sys.unraisablehook = before


@contextmanager
def _timer(seconds: float) -> Iterator[None]:
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
