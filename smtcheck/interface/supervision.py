"""A command runs in a process of its own, beside one that only watches it.

What watches does nothing else, so it is always awake: it passes signals on, kills what does
not end by them, and says so where the command was killed.  A command does not outlive it, and
whatever a command has started does not outlive the command (`limits.end_with_parent`).
"""

from __future__ import annotations

import mmap
import os
import signal
import struct
import sys
import time
from collections.abc import Callable
from types import FrameType

from smtcheck.limits import SecondLine, end_with_parent, use_second_line

ENDING_SECONDS = 1.0  #: for a command that was told to end
ENDS = (signal.SIGTERM, signal.SIGHUP)
WATCHED = {signal.SIGINT, signal.SIGCHLD, signal.SIGTSTP, signal.SIGCONT}
UNDECIDED, INTERNAL_ERROR, BY_SIGNAL = 3, 4, 128
PAUSE_SECONDS = 1 / 2  #: between two looks at the clock
_TIME = struct.Struct("d")


class Ended(BaseException):
    """Somebody has sent SIGTERM or SIGHUP."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def supervised(command: Callable[[], int]) -> int:
    """The exit code of a command."""
    if sys.platform != "linux":  # elsewhere no kernel ends a process with its parent
        return command()
    ends = {n for n in ENDS if signal.getsignal(n) is not signal.SIG_IGN}  # as nohup has it
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED | ends)
    watching, deadline = os.getpid(), WatchedDeadline()
    child = os.fork()
    if child:
        return _watch(child, ends, deadline)
    end_with_parent(watching)
    use_second_line(deadline)
    os.setpgid(0, 0)  # a terminal's signals come once, from who watches
    for number in ends:
        signal.signal(number, _end)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    return command()


class WatchedDeadline(SecondLine):
    """A time on the monotonic clock that a command shares with who watches it; 0 is none."""

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, _TIME.size)

    @property
    def is_over(self) -> bool:
        """Whether it has passed."""
        return 0 < self._get() < time.monotonic()

    def arm(self, seconds: float) -> float:
        before, until = self._get(), time.monotonic() + seconds
        self.restore(min(before, until) if before else until)
        return before

    def restore(self, before: float) -> None:
        _TIME.pack_into(self._shared, 0, before)

    def _get(self) -> float:
        (found,) = _TIME.unpack_from(self._shared)
        return float(found)


class UsedTime(SecondLine):
    """The kernel kills a worker that has used so much time (SIGPROF); workers have one thread."""

    def arm(self, seconds: float) -> float:
        before, _ = signal.getitimer(signal.ITIMER_PROF)
        self.restore(min(before, seconds) if before else seconds)
        return before

    def restore(self, before: float) -> None:
        signal.setitimer(signal.ITIMER_PROF, before)


def _end(number: int, frame: FrameType | None) -> None:
    raise Ended(number)


def _watch(child: int, ends: set[signal.Signals], deadline: WatchedDeadline) -> int:
    """Until it has ended: its exit code, or what killed it says."""
    told, kill_at, has_overrun = 0, float("inf"), False
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return _code(status, told, has_overrun)
        found = signal.sigtimedwait(WATCHED | ends, PAUSE_SECONDS)
        number = found.si_signo if found is not None else None
        has_overrun = deadline.is_over and not told
        if has_overrun or time.monotonic() >= kill_at:
            os.kill(child, signal.SIGKILL)
        elif number in ends and not told:
            told, kill_at = number or 0, time.monotonic() + ENDING_SECONDS
            os.kill(child, told)
        elif number in (signal.SIGINT, signal.SIGCONT):
            os.kill(child, number)
        elif number == signal.SIGTSTP:  # Ctrl-Z: both stop, and go on together
            os.kill(child, signal.SIGSTOP)
            os.kill(os.getpid(), signal.SIGSTOP)


def _code(status: int, told: int, has_overrun: bool) -> int:
    if os.WIFEXITED(status):
        return os.WEXITSTATUS(status)
    number = signal.Signals(os.WTERMSIG(status))
    if told:
        return BY_SIGNAL + told
    if has_overrun:
        what = "it ran on after its time limit, and was killed"
    elif number == signal.SIGKILL:
        what = "it was killed (was memory short?)"
    else:
        what = f"it was ended by {number.name} (please report it)"
    print(f"smtcheck: {what}; what is not said above is undecided", file=sys.stderr)
    return UNDECIDED if number == signal.SIGKILL else INTERNAL_ERROR
