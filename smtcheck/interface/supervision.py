"""A command runs in a process of its own, beside one that only watches it.

What watches does nothing else, so it is always awake: it passes signals on, kills what does
not end by them, and says so where the command was killed.  A command does not outlive it, and
whatever a command has started does not outlive the command (`limits.end_with_parent`).
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType

from smtcheck.limits import end_with_parent

ENDING_SECONDS = 1.0  #: for a command that was told to end
ENDS = (signal.SIGTERM, signal.SIGHUP)
WATCHED = {signal.SIGINT, signal.SIGCHLD, signal.SIGTSTP, signal.SIGCONT}
UNDECIDED, INTERNAL_ERROR, BY_SIGNAL = 3, 4, 128
LIMITS = {
    signal.SIGPROF: "it ran on after its time limit, and was killed",
    signal.SIGKILL: "it was killed (was memory short?)",
}


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
    watching = os.getpid()
    child = os.fork()
    if child:
        return _watch(child, ends)
    end_with_parent(watching)
    os.setpgid(0, 0)  # a terminal's signals come once, from who watches
    for number in ends:
        signal.signal(number, _end)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    return command()


def _end(number: int, frame: FrameType | None) -> None:
    raise Ended(number)


def _watch(child: int, ends: set[signal.Signals]) -> int:
    """Until it has ended: its exit code, or what killed it says."""
    told, kill_at = 0, float("inf")
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return _code(status, told)
        patience = min(max(kill_at - time.monotonic(), 0), 3600)
        found = signal.sigtimedwait(WATCHED | ends, patience)
        number = found.si_signo if found is not None else None
        if number is None and time.monotonic() >= kill_at:
            os.kill(child, signal.SIGKILL)
        elif number in ends and not told:
            told, kill_at = number or 0, time.monotonic() + ENDING_SECONDS
            os.kill(child, told)
        elif number in (signal.SIGINT, signal.SIGCONT):
            os.kill(child, number)
        elif number == signal.SIGTSTP:  # Ctrl-Z: both stop, and go on together
            os.kill(child, signal.SIGSTOP)
            os.kill(os.getpid(), signal.SIGSTOP)


def _code(status: int, told: int) -> int:
    if os.WIFEXITED(status):
        return os.WEXITSTATUS(status)
    number = signal.Signals(os.WTERMSIG(status))
    if told:
        return BY_SIGNAL + told
    what = LIMITS.get(number, f"it was ended by {number.name} (please report it)")
    print(f"smtcheck: {what}; what is not said above is undecided", file=sys.stderr)
    return UNDECIDED if number in LIMITS else INTERNAL_ERROR
