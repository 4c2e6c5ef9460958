"""Who does long work: this process, processes beside it, or the workers of a Dask cluster.

Answers do not depend on it.  Processes beside this one end with it, and at once.  A
Dask scheduler must be trusted, as must its workers: they run what they are sent, and
what they answer is believed (a counterexample is replayed here all the same).
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from typing import Any

from smtcheck.errors import InputError
from smtcheck.interface.interruptions import interruptions_later
from smtcheck.interface.supervision import ENDS, UsedTime
from smtcheck.limits import end_with_parent, use_second_line
from smtcheck.version import __version__

ENDING_SECONDS = 1  #: for processes that have nothing to do to end by themselves
PAUSE_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What long work may use."""

    jobs: int = 1  #: processes on this machine; one is this process
    scheduler: str | None = None  #: the address of Dask's, whose workers do everything then
    connect_seconds: int = 10  #: for a scheduler to answer, and to have workers

    @classmethod
    def of(cls, jobs: int | None, scheduler: str | None, default_jobs: int = 1) -> Resources:
        """As options say it; each may be left out."""
        if scheduler is not None and jobs is not None:
            raise InputError("--scheduler says who does the work: leave out --jobs")
        return cls(jobs=default_jobs if jobs is None else jobs, scheduler=scheduler)

    def at_most(self, tasks: int) -> Resources:
        """No more processes on this machine than there are tasks."""
        return replace(self, jobs=max(1, min(self.jobs, tasks)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """Those who do the work."""

    executor: Executor | None  #: None is this process
    count: int


@contextmanager
def workers(resources: Resources) -> Iterator[Workers]:
    """Workers, as long as the context lasts; where it is left early, they stop at once.

    Raises:
        InputError: The scheduler cannot be used.
    """
    if resources.scheduler is not None:
        with _cluster(resources.scheduler, resources.connect_seconds) as found:
            yield found
    elif resources.jobs > 1:
        with _pool(resources.jobs) as executor:
            yield Workers(executor=executor, count=resources.jobs)
    else:
        yield Workers(executor=None, count=1)


# Processes beside this one


@contextmanager
def _pool(jobs: int) -> Iterator[Executor]:
    before = set(multiprocessing.active_children())
    # forking is quick, and safe before a progress bar starts its thread
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else None)
    executor = ProcessPoolExecutor(
        jobs, mp_context=context, initializer=_start_worker, initargs=(os.getpid(),)
    )
    patience_seconds = 0
    try:
        with interruptions_later(), warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of threads that numpy has
            executor.submit(os.getpid)  # starts them all
        yield executor
        patience_seconds = ENDING_SECONDS
    finally:
        ending = threading.Thread(target=executor.shutdown, kwargs={"cancel_futures": True})
        ending.start()
        ending.join(patience_seconds)  # what still goes on then is not needed
        _kill(set(multiprocessing.active_children()) - before)
        ending.join()


def _kill(children: Iterable[BaseProcess]) -> None:
    for child in children:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid or 0, signal.SIGKILL)  # with the solvers it has started
        child.kill()


def _start_worker(parent: int) -> None:
    """Leave interruptions to the parent, and do not outlive it."""
    end_with_parent(parent)
    use_second_line(UsedTime())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in ENDS:
        signal.signal(number, signal.SIG_DFL)
    os.setpgrp()  # a terminal does not interrupt it either
    threading.Thread(target=_end_with_sentinel, daemon=True).start()


def _end_with_sentinel() -> None:
    """The same where the kernel does not do it."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    os.killpg(0, signal.SIGKILL)


# Dask


@contextmanager
def _cluster(address: str, connect_seconds: int) -> Iterator[Workers]:
    try:
        from distributed import Client
    except ImportError:
        raise InputError("--scheduler needs Dask: pip install 'smtcheck[dask]'") from None
    with _quiet():
        _require_workers(address, connect_seconds)
        client = Client(address, timeout=connect_seconds, set_as_default=False)
        try:
            _require_same_version(client)
            yield Workers(
                executor=client.get_executor(pure=False), count=max(1, len(client.nthreads()))
            )
        finally:
            client.close()


def _require_workers(address: str, connect_seconds: int) -> None:
    """Ask before there is a client, which would go on trying in the background."""
    try:
        count = asyncio.run(
            asyncio.wait_for(_worker_count(address, connect_seconds / 2), connect_seconds)
        )
    except Exception as error:  # of the address, the connection, or what answered
        reason = str(error) or f"nothing for {connect_seconds} s"
        raise InputError(f"no Dask scheduler answers at {address!r}: {reason}") from None
    if not count:
        raise InputError(
            f"the Dask scheduler at {address} has no workers: start some with "
            f"dask worker {address} --nworkers auto --nthreads 1"
        )


async def _worker_count(address: str, patience_seconds: float) -> int:
    """How many workers a scheduler has; those that are on their way are waited for."""
    from distributed.core import rpc
    from distributed.security import Security

    keys = Security().get_connection_args("client")  # as Dask's configuration says
    deadline = time.monotonic() + patience_seconds
    async with rpc(address, connection_args=keys) as scheduler:
        while True:
            found = await scheduler.identity()
            if "workers" not in found:
                raise ValueError(f"it is a {found['type']}")
            count = len(found["workers"])
            if count or time.monotonic() > deadline:
                return count
            await asyncio.sleep(PAUSE_SECONDS)


def _require_same_version(client: Any) -> None:
    try:
        versions = client.run(_version)
    except Exception as error:  # whatever keeps a worker from answering
        raise InputError(
            f"smtcheck {__version__} must be installed where Dask's workers run: {error}"
        ) from None
    for worker, version in versions.items():
        if version != __version__:
            raise InputError(
                f"the Dask worker {worker} has smtcheck {version}, and this is {__version__}"
            )


def _version() -> str:
    return __version__


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what Dask logs (lost connections, with tracebacks) away from stderr."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
