"""Deciding the places of a sweep, in this process or in several.

A task is an activation and a format: all weight and bias sets are asked of the same
entries of T.  Tasks travel in chunks.  A chunk names its activation by its text, and
an activation made from it lives as long as the chunk, so tables do not pile up.
Which process decides a place changes nothing about the answer.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from multiprocessing import connection

from smtcheck.errors import InputError
from smtcheck.interface.commands import Options
from smtcheck.interface.interruptions import interruptions_later
from smtcheck.interface.sweep_plan import Place
from smtcheck.interface.sweep_rows import Outcome, Row
from smtcheck.networks.activations import Activation, activation
from smtcheck.networks.files import FileSpace
from smtcheck.proving.deciding import decide_entries
from smtcheck.proving.limits import OutOfTime, alarm
from smtcheck.proving.verdicts import Undecided
from smtcheck.theory.entries import Entries

MAX_TASKS = 4  #: of a chunk: what an interruption can lose, for each job
CHUNKS_PER_JOB = 64  #: so that all jobs end at about the same time
GRACE_SECONDS = 1


class WorkerDied(Exception):
    """A process of the sweep is gone, which happens where memory is short."""


Task = tuple[Place, ...]  #: of one activation and one format


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Tasks of one activation."""

    activation: str
    tasks: tuple[Task, ...]


def chunks_of(places: Iterable[Place], jobs: int) -> list[Chunk]:
    """Places in chunks, those with the same table together."""
    tables: dict[tuple[object, ...], list[Place]] = {}
    for place in places:
        panel = place.panel
        key = (panel.activation, panel.rounding, panel.overflow, place.p, place.scale)
        tables.setdefault(key, []).append(place)
    size = max(1, min(MAX_TASKS, len(tables) // (jobs * CHUNKS_PER_JOB)))
    chunks = []
    for name, group in groupby(tables.values(), lambda task: task[0].panel.activation):
        tasks = [tuple(task) for task in group]
        for start in range(0, len(tasks), size):
            chunks.append(Chunk(activation=name, tasks=tuple(tasks[start : start + size])))
    return chunks


@contextmanager
def rows_of(chunks: Sequence[Chunk], jobs: int, options: Options) -> Iterator[Iterator[list[Row]]]:
    """The rows, in any order, as they are found.

    When the context is left early, the processes it started are ended at once.
    """
    jobs = min(jobs, len(chunks))
    if jobs <= 1:
        yield (_rows(task, found) for chunk in chunks for task, found in _decided(chunk, options))
        return
    before = set(multiprocessing.active_children())
    # forking is quick, and safe before a progress bar starts its thread
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else None)
    executor = ProcessPoolExecutor(jobs, mp_context=context, initializer=_start_worker)
    try:
        decide = partial(_outcomes, options=options)
        with interruptions_later(), warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of threads that numpy has
            futures = {executor.submit(decide, chunk): chunk for chunk in chunks}
        yield (
            rows
            for future in as_completed(futures)
            for rows in map(_rows, futures[future].tasks, future.result())
        )
    except BaseException as error:
        for child in set(multiprocessing.active_children()) - before:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid or 0, signal.SIGKILL)  # with the solvers it has started
            child.kill()
        if isinstance(error, BrokenProcessPool):
            raise WorkerDied("a process died (was memory short? try fewer --jobs)") from None
        raise
    finally:
        executor.shutdown(cancel_futures=True)


def _rows(task: Task, outcomes: Sequence[Outcome]) -> list[Row]:
    return [Row(place=p, outcome=o) for p, o in zip(task, outcomes, strict=True)]


def _start_worker() -> None:
    """Leave interruptions to the parent, and do not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.setpgrp()  # a group with the solvers, which a terminal does not interrupt either
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    os.killpg(0, signal.SIGKILL)


def _outcomes(chunk: Chunk, options: Options) -> list[list[Outcome]]:
    """What a worker sends back: without the places, which the parent knows."""
    return [outcomes for _, outcomes in _decided(chunk, options)]


def _decided(chunk: Chunk, options: Options) -> Iterator[tuple[Task, list[Outcome]]]:
    act = activation(chunk.activation, FileSpace.working_directory(), options.code)
    for task in chunk.tasks:
        try:
            yield task, list(_task_outcomes(task, act, options))
        except InputError as error:
            where = f"{chunk.activation} in {task[0].format}"
            raise InputError(f"the sweep stops at {where}: {error}") from None


def _task_outcomes(task: Task, act: Activation, options: Options) -> Iterator[Outcome]:
    limits, entries = options.limits, None
    for place in task:
        try:
            with alarm(limits.timeout_seconds + GRACE_SECONDS):
                entries = entries or Entries(act, place.format)
                verdict = decide_entries(place.setting, entries, limits)
        except OutOfTime:
            verdict = Undecided(reason=f"not decided within {limits.timeout_seconds} s")
        except MemoryError:
            verdict = Undecided(reason="this needs more memory than there is")
        yield Outcome.of(verdict)
