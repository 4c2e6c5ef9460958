"""The engine that asks SMT solvers, side by side; the first answer wins.

The question becomes one SMT-LIB 2 script.  Each solver reads it in a process of
its own, which is killed at its time or memory limit or when another one has
answered.  A counterexample is then made small by the solver that found it.
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from functools import reduce
from importlib.util import find_spec
from math import ceil
from typing import IO

from smtcheck.arithmetic.intervals import Interval
from smtcheck.arithmetic.terms import Term, Terms
from smtcheck.claims.questions import Obligation, Question
from smtcheck.claims.verdicts import Minimality
from smtcheck.engines.processes import command, environment
from smtcheck.limits import Limits

MINIMISE_SECONDS = 20  #: at most, once a counterexample is known


class Solver(Enum):
    """A solver; the value is the Python package that brings it."""

    Z3 = "z3"
    BITWUZLA = "bitwuzla"
    CVC5 = "cvc5"  #: for second opinions

    @property
    def is_installed(self) -> bool:
        """Whether its package can be imported; nothing is imported to find out."""
        return find_spec(self.value) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class SolverAnswer:
    """What the solvers said: `codes` where satisfiable, `reason` where they gave up."""

    solver: str
    is_unsatisfiable: bool = False
    codes: tuple[int, ...] | None = None
    size: Minimality = Minimality.UNKNOWN  #: of the codes
    reason: str | None = None


def script(question: Question, *obligations: Obligation) -> str | None:
    """SMT-LIB 2, satisfiable exactly where an obligation fails; None if none can."""
    terms = Terms()
    codes = [terms.variable(f"x{i}", axis) for i, axis in enumerate(question.domain)]
    flags = [question.failure(obligation, terms, codes) for obligation in obligations]
    return satisfying(terms, [flag for flag in flags if flag is not None])


def satisfying(terms: Terms, flags: Sequence[Term]) -> str | None:
    """SMT-LIB 2, satisfiable exactly where a flag is 1; None if none can be."""
    possible = [flag for flag in flags if flag.bounds.high > 0]
    if not possible:
        return None
    terms.require_at_most(terms.constant(1), reduce(terms.maximum, possible))
    return "\n".join(["(set-logic QF_BV)", *terms.lines, "(check-sat)", ""])


def solve(
    question: Question,
    obligation: Obligation,
    solvers: Sequence[Solver],
    limits: Limits,
    deadline: float,
    answer_by: float | None = None,
) -> SolverAnswer:
    """The first answer of the solvers; unsatisfiable where there is nothing to ask.

    An answer must come by `answer_by`; a counterexample is made small until `deadline`.
    """
    text = script(question, obligation)
    if text is None:
        return SolverAnswer(solver="intervals", is_unsatisfiable=True)
    return ask(text, question.domain, solvers, limits, deadline, answer_by)


def ask(
    text: str,
    domain: Sequence[Interval],
    solvers: Sequence[Solver],
    limits: Limits,
    deadline: float,
    answer_by: float | None = None,
) -> SolverAnswer:
    """The same for a script over variables x0, x1, ... that lie in a domain."""
    header = {
        "parent": os.getpid(),
        "memory_mebibytes": limits.memory_mebibytes,
        "seed": limits.seed,
        "seconds": ceil(limits.timeout_seconds),
        "inputs": [[axis.low, axis.high] for axis in domain],
    }
    message = (json.dumps(header) + "\n" + text).encode()
    with _running(solvers, message) as processes:
        return _race(processes, deadline if answer_by is None else answer_by, deadline)


def _race(
    processes: dict[Solver, subprocess.Popen[bytes]], answer_by: float, deadline: float
) -> SolverAnswer:
    reasons: list[str] = []
    with selectors.DefaultSelector() as selector:
        for solver, process in processes.items():
            selector.register(_stdout(process), selectors.EVENT_READ, solver)
        while selector.get_map():
            ready = selector.select(timeout=max(0, answer_by - time.monotonic()))
            if not ready:
                names = " and ".join(solver.value for solver in processes)
                return SolverAnswer(
                    solver=names, reason="; ".join([*reasons, "time limit reached"])
                )
            for key, _ in ready:
                process = processes[key.data]
                kind, codes, reason = _parsed(_stdout(process).readline())
                if kind == "unsat":
                    return SolverAnswer(solver=key.data.value, is_unsatisfiable=True)
                if kind == "sat":
                    _stop(other for other in processes.values() if other is not process)
                    smallest, size = _improved(process, codes, deadline)
                    return SolverAnswer(solver=key.data.value, codes=smallest, size=size)
                reasons.append(f"{key.data.value}: {reason or _cause_of_death(process)}")
                selector.unregister(key.fileobj)
    return SolverAnswer(solver="none", reason="; ".join(reasons) or "no solver is installed")


def _improved(
    process: subprocess.Popen[bytes], codes: tuple[int, ...], deadline: float
) -> tuple[tuple[int, ...], Minimality]:
    """Smaller and smaller counterexamples, as long as there is time for them."""
    until = min(deadline, time.monotonic() + MINIMISE_SECONDS)
    with selectors.DefaultSelector() as selector:
        selector.register(_stdout(process), selectors.EVENT_READ)
        while selector.select(timeout=max(0, until - time.monotonic())):
            kind, smaller, _ = _parsed(_stdout(process).readline())
            if kind != "sat":
                return codes, Minimality.SMALLEST if kind == "done" else Minimality.UNKNOWN
            codes = smaller
    return codes, Minimality.UNKNOWN


def _parsed(line: bytes) -> tuple[str, tuple[int, ...], str | None]:
    """A line of `smt_process`: a kind with codes or a reason."""
    if not line.endswith(b"\n"):
        return "ended", (), None
    try:
        kind, codes, reason = json.loads(line)
    except ValueError:
        return "ended", (), f"unreadable answer {line[:60]!r}"
    return kind, tuple(codes), reason


def _cause_of_death(process: subprocess.Popen[bytes]) -> str:
    code = process.wait()
    if process.stderr is not None and b"MemoryError" in process.stderr.read()[-4000:]:
        return "memory limit reached"
    return f"ended without an answer (exit code {code}), probably at its memory limit"


@contextmanager
def _running(
    solvers: Sequence[Solver], message: bytes
) -> Iterator[dict[Solver, subprocess.Popen[bytes]]]:
    processes: dict[Solver, subprocess.Popen[bytes]] = {}
    try:
        for solver in solvers:
            processes[solver] = _start(solver, message)
        yield processes
    finally:
        _stop(processes.values())


def _start(solver: Solver, message: bytes) -> subprocess.Popen[bytes]:
    """The child reads its script from a temporary file, so that no pipe can fill up."""
    import tempfile

    with tempfile.TemporaryFile() as file:
        file.write(message)
        file.seek(0)
        return subprocess.Popen(
            command("smt_process", solver.value),
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **environment(),
        )


def _stop(processes: Iterable[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def _stdout(process: subprocess.Popen[bytes]) -> IO[bytes]:
    assert process.stdout is not None
    return process.stdout
