"""Calls sent through any executor: threads, processes, other machines.

What a call raises travels back as a value.  So whatever the executor itself raises
means that workers are gone, or cannot read what they were sent: nothing is known
then, and nothing is concluded.  Executors send values as pickles, and believe what
comes back; so the workers and whoever can reach them must be trusted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from multiprocessing.reduction import ForkingPickler
from threading import Lock
from typing import Any, Generic, TypeVar, cast

from smtcheck.limits import OutOfTime

MAX_WAITING = 128  #: calls that are sent ahead
MAX_MESSAGE = 200  #: characters of what an executor says

#: Tables are filled as they are asked for, and flint has one precision for all
#: threads of a process: calls that share a process take turns.
_TURN = Lock()

T = TypeVar("T")


class WorkersLost(Exception):
    """Workers died, or could not read what they were sent: no answer will come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel(Generic[T]):
    """A value that is sent with many calls, and unpacked once in each process."""

    contents: T
    data: bytes  #: the same, packed

    @classmethod
    def of(cls, contents: T) -> Parcel[T] | None:
        """None where it holds what only this process knows, such as a local function."""
        try:
            return cls(contents=contents, data=bytes(ForkingPickler.dumps(contents)))
        except Exception:  # its parts may raise anything
            return None

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpacked, (self.data,)


@lru_cache(maxsize=1)  # so that tables made for one call are there for the next
def _unpacked(data: bytes) -> Parcel[Any]:
    return Parcel(contents=ForkingPickler.loads(data), data=data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply(Generic[T]):
    """What became of a call: an answer, or an error."""

    answer: T | None = None
    error: BaseException | None = None

    def get(self) -> T:
        """The answer; raises the error."""
        if self.error is not None:
            raise self.error
        return cast(T, self.answer)  # whose type may have None in it

    @property
    def is_late(self) -> bool:
        """Whether the call ran out of time."""
        return isinstance(self.error, OutOfTime)

    @property
    def is_nothing(self) -> bool:
        """Whether the answer is None."""
        return self.answer is None and self.error is None


def send(executor: Executor, call: Callable[[], T]) -> Future[Reply[T]]:
    """Start a call.

    Raises:
        WorkersLost: There is nobody who could do it.
    """
    try:
        return executor.submit(_reply, call)
    except Exception as error:
        raise _lost(error) from None


def received(future: Future[Reply[T]]) -> Reply[T]:
    """What became of a call, once it has ended.

    Raises:
        WorkersLost: Nobody knows.
    """
    try:
        return future.result()
    except Exception as error:
        raise _lost(error) from None


def _reply(call: Callable[[], T]) -> Reply[T]:
    with _TURN:
        try:
            return Reply(answer=call())
        except (Exception, OutOfTime) as error:
            return Reply(error=error)


def _lost(error: Exception) -> WorkersLost:
    if isinstance(error, BrokenExecutor):
        return WorkersLost("a process died (was memory short? try fewer --jobs)")
    message = " ".join([f"{type(error).__name__}:", *str(error).split()])[:MAX_MESSAGE]
    return WorkersLost(f"the workers gave no answer ({message.rstrip(':')})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found(Generic[T]):
    """An answer that is not None, if there is any."""

    answer: T | None
    is_first: bool  #: every call before it (without one: every call) has ended with None


def first(executor: Executor, calls: Iterable[Callable[[], T | None]], deadline: float) -> Found[T]:
    """The first answer, in the order of the calls, that is not None.

    Calls after it are cancelled.  A call that raises OutOfTime ends the search as the
    deadline does; any other error counts as an answer, and is raised if it is the first.
    """
    search = _Search(executor, calls)
    try:
        while search.is_sending() and search.has_received(deadline):
            pass
        return search.found()
    finally:
        search.cancel_after(-1)


class _Search(Generic[T]):
    """What is known while answers come in."""

    def __init__(self, executor: Executor, calls: Iterable[Callable[[], T | None]]) -> None:
        self._executor = executor
        self._unsent = enumerate(calls)
        self._waiting: dict[Future[Reply[T | None]], int] = {}
        self._late: set[int] = set()
        self._end: tuple[int, Reply[T | None]] | None = None  # the earliest known

    def is_sending(self) -> bool:
        """Send calls ahead; whether any are under way."""
        for index, call in islice(self._unsent, MAX_WAITING - len(self._waiting)):
            future = send(self._executor, call)
            self._waiting[future] = index
            if future.done():  # look at it before more is done
                break
        return bool(self._waiting)

    def has_received(self, deadline: float) -> bool:
        """Wait for replies; whether any came before the deadline."""
        seconds = max(0, deadline - time.monotonic())
        ended, _ = wait(self._waiting, timeout=seconds, return_when=FIRST_COMPLETED)
        for future in ended:
            index = self._waiting.pop(future, None)
            if index is not None:
                self._note(index, received(future))
        return bool(ended)

    def _note(self, index: int, reply: Reply[T | None]) -> None:
        if reply.is_late:
            self._late.add(index)
            self._unsent = enumerate(())
        elif not reply.is_nothing:  # earlier than any other: later ones are not waited for
            self._end = index, reply
            self.cancel_after(index)

    def cancel_after(self, index: int) -> None:
        """Do without the calls after one."""
        self._unsent = enumerate(())
        for future in [future for future, other in self._waiting.items() if other > index]:
            future.cancel()
            del self._waiting[future]

    def found(self) -> Found[T]:
        """What is known now."""
        unknown = {*self._waiting.values(), *self._late}
        if self._end is None:
            return Found(answer=None, is_first=not unknown)
        index, reply = self._end
        return Found(answer=reply.get(), is_first=not any(other < index for other in unknown))
