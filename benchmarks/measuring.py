"""What every table needs: seconds of provers and solvers, medians, and aligned cells."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import click

from smtcheck.claims.questions import Question
from smtcheck.claims.verdicts import Undecided
from smtcheck.engines.portfolio import Engine, prove
from smtcheck.limits import Limits

Z3 = (
    "import sys, time, z3; text = sys.stdin.read(); start = time.perf_counter(); "
    "solver = z3.SolverFor('QF_BV'); solver.from_string(text); answer = solver.check(); "
    "print(answer, time.perf_counter() - start)"
)
BITWUZLA = (
    "import sys, time; from bitwuzla import *; text = sys.stdin.read(); "
    "start = time.perf_counter(); parser = Parser(TermManager(), Options()); "
    "parser.parse(text, True, False); answer = parser.bitwuzla().check_sat(); "
    "print(answer, time.perf_counter() - start)"
)


def median(runs: int, measure: Callable[[], float]) -> float:
    """The median; one run that reaches the time limit is enough."""
    seconds = []
    for _ in range(runs):
        seconds.append(measure())
        if seconds[-1] == float("inf"):
            break
    return statistics.median(seconds) if seconds[-1] != float("inf") else float("inf")


def solver_seconds(program: str, text: str, timeout: int) -> float:
    """What a solver, in a process of its own, takes for an unsatisfiable script."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", program],
            input=text,
            capture_output=True,
            text=True,
            timeout=timeout + 2,
            check=True,
        )
    except subprocess.TimeoutExpired:
        return float("inf")
    answer, seconds = done.stdout.split()
    if answer != "unsat":
        raise SystemExit(f"a benchmark that should be unsat is {answer}")
    return float(seconds)


def prove_seconds(question: Question, engine: Engine, timeout: int) -> float:
    """What an engine takes to prove what is true; infinite where it does not."""
    start = time.perf_counter()
    verdict = prove(question, Limits(timeout_seconds=timeout), engine)
    seconds = time.perf_counter() - start
    if isinstance(verdict, Undecided):
        return float("inf")
    if str(verdict) != "proved":
        raise SystemExit(f"a benchmark that should be proved is {verdict}")
    return seconds


def in_seconds(seconds: float, timeout: int) -> str:
    """A number of seconds, or what it is more than."""
    return f"> {timeout}" if seconds == float("inf") else f"{seconds:.3f}"


def ratio(baseline: float, ours: float, timeout: int) -> str:
    """How many times as long the baseline takes."""
    if ours == float("inf"):
        return "-"
    at_least = baseline == float("inf")
    return f"{'> ' if at_least else ''}{(timeout if at_least else baseline) / ours:.0f}x"


def row(first: str, *cells: str) -> None:
    """A line of a table."""
    click.echo(f"{first:24}" + "".join(f"{cell:>15}" for cell in cells))
