"""Executors for tests: each must give the same answers as none."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from random import Random
from typing import Any


class Travelling(Executor):
    """Does what it is given at once, on a copy, as a process on another machine would."""

    def __init__(self) -> None:
        self.calls = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.calls += 1
        function, given, named = pickle.loads(pickle.dumps((fn, args, kwargs)))
        future: Future[Any] = Future()
        future.set_result(pickle.loads(pickle.dumps(function(*given, **named))))
        return future


class Shuffled(Executor):
    """Does, in a thread, any of the calls that it was given so far."""

    def __init__(self, seed: int) -> None:
        self._draw = Random(seed)
        self._thread = ThreadPoolExecutor(1)
        self._calls: list[tuple[Future[Any], Callable[[], Any]]] = []
        self.done = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self._calls.append((future, lambda: fn(*args, **kwargs)))
        self._thread.submit(self._work)
        return future

    def _work(self) -> None:
        future, call = self._calls.pop(self._draw.randrange(len(self._calls)))
        if future.set_running_or_notify_cancel():
            self.done += 1
            future.set_result(call())

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._thread.shutdown(wait)


class Broken(Executor):
    """Takes some calls, and loses them."""

    def __init__(self, taken: int = 0) -> None:
        self._left = taken

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if not self._left:
            raise BrokenExecutor("gone")
        self._left -= 1
        future: Future[Any] = Future()
        future.set_exception(BrokenExecutor("gone"))
        return future
