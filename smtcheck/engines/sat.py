"""Looking for proofs of clauses: CaDiCaL in a process of its own, then trimming.

Trimming keeps the lemmas that the empty one needs, found backwards along hints (as Heule,
Hunt and Wetzler do, FMCAD 2013, for proofs without hints).

Nothing found here is believed: `lrat` checks it.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from smtcheck.checking.propositional.clauses import Cnf
from smtcheck.checking.propositional.lrat import Proof
from smtcheck.engines.processes import command, environment
from smtcheck.limits import Limits

MAX_PROOF_MEBIBYTES = 1024  #: of text that CaDiCaL may write


class NotProved(Exception):
    """CaDiCaL gave no proof: why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Input codes that satisfy the clauses."""

    codes: tuple[int, ...]


CONFIGURATION = "unsat"

#: Measured by the size of proofs: without reasons bumped, without clauses subsumed, and with
#: learned clauses forgotten early, lemmas follow from fewer others.
OPTIONS = {"bumpreason": 0, "reduceint": 10, "subsume": 0}

#: For every other attempt at a smaller proof.
OTHER_OPTIONS = {**OPTIONS, "decompose": 0}


def is_available() -> bool:
    """Whether python-sat is installed; nothing is imported to find out."""
    return find_spec("pysolvers") is not None


def refute(
    cnf: Cnf,
    limits: Limits,
    deadline: float,
    attempt: int = 0,
    proof_mebibytes: int = MAX_PROOF_MEBIBYTES,
) -> Proof | Model:
    """A proof that clauses are unsatisfiable, or a model; NotProved if neither is found.

    Other attempts find other proofs.
    """
    if not is_available():
        raise NotProved("python-sat is not installed: pip install 'smtcheck'")
    with tempfile.TemporaryDirectory(prefix="smtcheck-") as folder:
        path = Path(folder) / "proof.lrat"
        kind, literals, reason = _asked(cnf, limits, deadline, attempt, path, proof_mebibytes)
        if kind == "sat":
            return Model(codes=tuple(_code(bits, literals) for bits in cnf.inputs))
        if kind != "unsat":
            raise NotProved(f"CaDiCaL: {reason}")
        return trimmed(len(cnf.clauses), path, deadline)


def _asked(
    cnf: Cnf,
    limits: Limits,
    deadline: float,
    attempt: int,
    proof: Path,
    proof_mebibytes: int,
) -> tuple[str, list[int], str | None]:
    """What the child process says."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        return "unknown", [], "time limit reached"
    header = {
        "parent": os.getpid(),
        "seconds": int(seconds) + 1,
        "memory_mebibytes": limits.memory_mebibytes,
        "proof_mebibytes": proof_mebibytes,
        "configuration": CONFIGURATION,
        "options": {
            **(OTHER_OPTIONS if attempt % 2 else OPTIONS),
            "seed": (limits.seed + attempt) % 2**31,
        },
        "proof": str(proof),
    }
    with tempfile.TemporaryFile() as file:  # so that no pipe can fill up
        file.write((json.dumps(header) + "\n").encode())
        file.writelines(f"{line}\n".encode() for line in cnf.dimacs())
        file.seek(0)
        try:
            done = subprocess.run(
                command("sat_process"),
                stdin=file,
                capture_output=True,
                timeout=seconds,
                **environment(),
            )
        except subprocess.TimeoutExpired:
            return "unknown", [], "time limit reached"
    try:
        kind, literals, reason = json.loads(done.stdout.splitlines()[-1])
    except (ValueError, TypeError, IndexError):
        return "unknown", [], f"ended without an answer (exit code {done.returncode})"
    return kind, literals, reason


def _code(bits: Sequence[int], literals: Sequence[int]) -> int:
    """The number whose bits have these values; a literal 0 is one that does not matter."""
    *others, sign = [bit != 0 and (literals[abs(bit) - 1] > 0) == (bit > 0) for bit in bits]
    return sum(1 << i for i, bit in enumerate(others) if bit) - (sign << len(others))


def trimmed(clauses: int, path: Path, deadline: float = float("inf")) -> Proof:
    """Only the lemmas that the empty one needs, numbered anew; NotProved if time is over."""
    text = _Lrat(deadline)
    try:
        with path.open("rb") as file:
            text.read(file)
    except (OSError, ValueError, IndexError) as error:  # it is cut off, or there is none
        raise NotProved(f"CaDiCaL's proof cannot be read: {error}") from None
    if text.empty is None:
        raise NotProved("CaDiCaL's proof does not end")
    needed = {text.empty}
    for lemma in reversed(text.order):
        if lemma in needed:
            needed.update(text.hints(lemma))
    numbers: dict[int, int] = {}
    steps = []
    for lemma in filter(needed.__contains__, text.order):
        numbers[lemma] = clauses + len(numbers) + 1
        steps.append((text.literals(lemma), [numbers.get(h, h) for h in text.hints(lemma)]))
    return Proof.of(steps)


class _Lrat:
    """The lemmas of a text, with all numbers in one array."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self.order: list[int] = []
        self.empty: int | None = None
        self._numbers = array("q")
        self._places: dict[int, tuple[int, int, int]] = {}

    def read(self, lines: Iterable[bytes]) -> None:
        """Until the empty lemma."""
        for line in lines:
            if time.monotonic() > self._deadline:
                raise NotProved("time limit reached while its proof was read")
            words = line.split()
            if words[1] == b"d":
                continue
            numbers = list(map(int, words))
            end = numbers.index(0, 1)
            start = len(self._numbers)
            self._numbers.extend(numbers[1:end])
            middle = len(self._numbers)
            self._numbers.extend(numbers[end + 1 : -1])
            self._places[numbers[0]] = start, middle, len(self._numbers)
            self.order.append(numbers[0])
            if end == 1:
                self.empty = numbers[0]
                return

    def literals(self, lemma: int) -> list[int]:
        start, middle, _ = self._places[lemma]
        return self._numbers[start:middle].tolist()

    def hints(self, lemma: int) -> list[int]:
        _, middle, end = self._places[lemma]
        return self._numbers[middle:end].tolist()
