"""Mutation score: of some small changes to the trusted rooms, how many do their tests notice?

The changes are drawn with a fixed seed, as many in each room.  Each is written into a copy of
the project; the test module that mirrors the changed one runs first, then the tests of its
folder, then those of its room, without those that are marked slow.  What no test notices
is printed: a missing test, or a change that changes nothing.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import click

from benchmarks.mutations import Mutant, mutants, sample
from benchmarks.trials import ROOT, Outcome, copied_to, outcome

ROOMS = ("arithmetic", "expressions", "networks", "checking")
SEED = "smtcheck"
PATIENCE = 10  #: a test run may take as many times as long as it does without a change
SECONDS = 120  #: but as long as this in any case
FIRST_RUN = 3600


def measure(count: int) -> None:
    """Print what was not noticed, and the table."""
    with tempfile.TemporaryDirectory() as folder:
        copy = copied_to(Path(folder))
        rows = [_measured(copy, room, count // len(ROOMS)) for room in ROOMS]
    click.echo("\n| room | mutants | killed | by the time limit | survived | score |")
    click.echo("|---|---|---|---|---|---|")
    for room, counts in [*zip(ROOMS, rows, strict=True), ("all", sum(rows, Counter[Outcome]()))]:
        survived, late = counts[Outcome.PASSED], counts[Outcome.TIMED_OUT]
        killed = late + counts[Outcome.FAILED]
        score = f"{killed / max(1, counts.total()):.0%}"
        click.echo(f"| {room} | {counts.total()} | {killed} | {late} | {survived} | {score} |")


def drawn(room: str, count: int) -> list[Mutant]:
    """Changes to a room."""
    files = sorted((ROOT / "smtcheck" / room).rglob("*.py"))
    found = [one for path in files for one in mutants(ROOT, path.relative_to(ROOT))]
    return sample(found, count, f"{SEED} {room}")


def _measured(copy: Path, room: str, count: int) -> Counter[Outcome]:
    """How often the tests of a room noticed, and how often they did not."""
    start = time.perf_counter()
    if outcome(copy, [f"tests/{room}"], FIRST_RUN) is not Outcome.PASSED:
        raise SystemExit(f"the tests of {room} do not pass even without a change")
    seconds = max(SECONDS, PATIENCE * (time.perf_counter() - start))
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"  # what is compiled by now is of the original
    counts: Counter[Outcome] = Counter()
    for number, mutant in enumerate(drawn(room, count), 1):
        told = noticed(copy, mutant, seconds)
        counts[told] += 1
        print(f"{room} {number}/{count} {told.name} {mutant}", file=sys.stderr, flush=True)
        if told is Outcome.PASSED:
            click.echo(f"not noticed: {mutant}")
    del os.environ["PYTHONDONTWRITEBYTECODE"]
    return counts


def noticed(copy: Path, mutant: Mutant, seconds: float) -> Outcome:
    """Whether the tests pass with a change; the copy is as before afterwards."""
    path = copy / mutant.file
    before, times = path.read_bytes(), path.stat()
    path.write_bytes(mutant.applied(before))
    try:
        for stage in stages(mutant.file):
            if (told := outcome(copy, [stage], seconds)) is not Outcome.PASSED:
                return told
        return Outcome.PASSED
    finally:
        path.write_bytes(before)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def stages(file: Path) -> list[str]:
    """The tests that mirror a module, then its folder, then its room, if they exist."""
    folder = "tests" / file.parent.relative_to("smtcheck")
    room = Path(*folder.parts[:2])
    wanted = dict.fromkeys([folder / f"test_{file.name}", folder, room])
    return [path.as_posix() for path in wanted if (ROOT / path).exists()]
