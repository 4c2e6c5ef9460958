"""Deciding the places of a sweep, in this process or in several.

A task is an activation and a format: all weight and bias sets are asked of the same
entries of T.  Tasks travel in chunks, each with a copy of its activation that lives as
long as the chunk, so tables do not pile up.  Which process decides a place changes
nothing about the answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, as_completed
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from functools import partial
from itertools import groupby

from smtcheck.claims.verdicts import Undecided
from smtcheck.engines.parallel_calls import Reply, received, send
from smtcheck.errors import InputError
from smtcheck.files import FileSpace
from smtcheck.interface.outcomes import Options
from smtcheck.interface.sweep.plan import SweepPoint
from smtcheck.interface.sweep.rows import Row, RowOutcome
from smtcheck.limits import OutOfTime, alarm
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.networks.activations import Activation, activation
from smtcheck.universality.decision import decide_entries

MAX_TASKS = 4  #: of a chunk: what an interruption can lose, for each job
CHUNKS_PER_JOB = 64  #: so that all jobs end at about the same time
GRACE_SECONDS = 1


Task = tuple[SweepPoint, ...]  #: of one activation and one format


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Tasks of one activation."""

    activation: str
    tasks: tuple[Task, ...]


def chunks_of(places: Iterable[SweepPoint], jobs: int) -> list[Chunk]:
    """Places in chunks, those with the same table together."""
    tables: dict[tuple[object, ...], list[SweepPoint]] = {}
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
def rows_of(
    chunks: Sequence[Chunk], executor: Executor | None, options: Options
) -> Iterator[Iterator[list[Row]]]:
    """The rows, in any order, as they are found; None is this process.

    Activations are read here, since files may be missing elsewhere.
    """
    files = FileSpace.working_directory()
    names = dict.fromkeys(chunk.activation for chunk in chunks)
    acts = {name: activation(name, files, options.code) for name in names}
    if executor is None:
        yield (
            _rows(task, found)
            for chunk in chunks
            for task, found in _decided(chunk, acts[chunk.activation], options)
        )
        return
    futures: dict[Future[Reply[list[list[RowOutcome]]]], Chunk] = {}
    try:
        for chunk in chunks:
            decide = partial(_outcomes, chunk, acts[chunk.activation], options)
            futures[send(executor, decide)] = chunk
        yield (
            rows
            for future in as_completed(futures)
            for rows in map(_rows, futures[future].tasks, received(future).get())
        )
    finally:
        for future in futures:
            future.cancel()


def _rows(task: Task, outcomes: Sequence[RowOutcome]) -> list[Row]:
    return [Row(place=p, outcome=o) for p, o in zip(task, outcomes, strict=True)]


def _outcomes(chunk: Chunk, act: Activation, options: Options) -> list[list[RowOutcome]]:
    """What a worker sends back: without the places, which the parent knows."""
    return [outcomes for _, outcomes in _decided(chunk, act, options)]


def _decided(
    chunk: Chunk, act: Activation, options: Options
) -> Iterator[tuple[Task, list[RowOutcome]]]:
    act = copy(act)  # which has no tables yet
    for task in chunk.tasks:
        try:
            yield task, list(_task_outcomes(task, act, options))
        except InputError as error:
            where = f"{chunk.activation} in {task[0].format}"
            raise InputError(f"the sweep stops at {where}: {error}") from None


def _task_outcomes(task: Task, act: Activation, options: Options) -> Iterator[RowOutcome]:
    limits, entries = options.limits, None
    for place in task:
        try:
            with alarm(limits.timeout_seconds + GRACE_SECONDS):
                entries = entries or ActivationTable(act, place.format)
                verdict = decide_entries(place.setting, entries, limits)
        except OutOfTime:
            verdict = Undecided(reason=f"not decided within {limits.timeout_seconds} s")
        except MemoryError:
            verdict = Undecided(reason="this needs more memory than there is")
        yield RowOutcome.of(verdict)
