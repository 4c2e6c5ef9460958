"""Lemmas about all sums at once, proved by a solver and kept by digest.

A composed proof (`proving.composition`) leaves out the places where a neuron is seen to
overflow.  That it gives an end of the format there is a lemma of its layer's arithmetic,
symbolic in everything that a network could vary: the part of the sum that is looked at,
the rest of the sum, and the bound that the rest keeps to.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from pathlib import Path

from smtcheck.arithmetic.integers import Integers
from smtcheck.arithmetic.intervals import Interval
from smtcheck.arithmetic.operations import Num, Operations
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.networks.files import write_atomically
from smtcheck.networks.matrices import Matrix
from smtcheck.networks.network import Layer, coded, requantized
from smtcheck.proving.batches import Found, first
from smtcheck.proving.limits import Limits
from smtcheck.proving.quantified import Undecidable, find, script_of
from smtcheck.proving.statements import Statement, differs

MAX_BYTES = 4096  #: of a file that remembers a lemma


class Side(Enum):
    """Where sums overflow."""

    LOW = "low"
    HIGH = "high"


@dataclass(frozen=True, slots=True, kw_only=True)
class Overflows:
    """part + rest gives the end if part + bound is beyond the threshold and rest within the bound.

    The point is (part, rest, bound); sizes are less than `size`, so that nothing of a
    particular network is in it but an order of magnitude.
    """

    layer: Layer  #: of which only the formats matter
    side: Side
    threshold: int
    code: int
    size: int

    @property
    def domain(self) -> tuple[Interval, ...]:
        return (Interval(-self.size, self.size - 1),) * 3

    def violation(self, ops: Operations[Num], point: Sequence[Num]) -> Num:
        part, rest, bound = point
        zero, threshold = ops.constant(0), ops.constant(self.threshold)
        is_other = differs(
            ops, coded(ops, self.layer, ops.add(part, rest)), ops.constant(self.code)
        )
        seen = ops.add(part, bound)
        if self.side is Side.LOW:
            keeps = ops.choose(seen, threshold, is_other, zero)
            return ops.choose(rest, bound, keeps, zero)
        keeps = ops.choose(threshold, seen, is_other, zero)
        return ops.choose(bound, rest, keeps, zero)


def arithmetic_of(layer: Layer) -> Layer:
    """A layer of one neuron with the same arithmetic."""
    return replace(layer, weights=Matrix.dense([[1]]), biases=(0,), activation=None)


def threshold(layer: Layer, side: Side, size: int) -> tuple[int, int] | None:
    """From which sum on a layer overflows on one side, and the code it gives there.

    None if it does not overflow within `size`, or wraps around.  Nothing is believed of
    this before `Overflows` is proved.
    """
    fmt, ops = layer.output_format, Integers()
    if fmt.overflow is Overflow.WRAP:
        return None
    is_zero = fmt.overflow is Overflow.SATURATE_TO_ZERO
    lowest = max(fmt.lo, -fmt.hi) if fmt.overflow is Overflow.SATURATE_SYMMETRIC else fmt.lo
    end = fmt.hi + is_zero if side is Side.HIGH else lowest - is_zero
    code = 0 if is_zero else end
    low, high = -size, size - 1  # the rounding of the sum is monotone: bisect
    if side is Side.HIGH:
        while low < high:
            middle = (low + high) // 2
            is_beyond = requantized(ops, layer, middle) >= end
            low, high = (low, middle) if is_beyond else (middle + 1, high)
        return (low, code) if requantized(ops, layer, low) >= end else None
    while low < high:
        middle = -(-(low + high) // 2)
        is_beyond = requantized(ops, layer, middle) <= end
        low, high = (middle, high) if is_beyond else (low, middle - 1)
    return (low, code) if requantized(ops, layer, low) <= end else None


def size_for(bound: int) -> int:
    """A power of two above a bound, of few different ones: lemmas are shared."""
    return next((1 << bits for bits in (16, 24, 32, 40, 48, 56, 62) if bound < 1 << bits), bound)


class Lemmas:
    """What has been proved, in this process and, in a folder of the user's, before."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._known: set[str] = set()

    @classmethod
    def of_user(cls) -> Lemmas:
        """Kept in $SMTCHECK_CACHE, or else in the user's cache folder; empty: nowhere."""
        named = os.environ.get("SMTCHECK_CACHE")
        if named is not None:
            return cls(Path(named) if named else None)
        try:
            base = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
        except RuntimeError:  # a user without a home, as in some containers
            return cls()
        return cls(Path(base) / "smtcheck")

    def require(
        self, statements: Sequence[Statement], limits: Limits, executor: Executor | None = None
    ) -> None:
        """Prove lemmas, but for those that are known; Undecidable if that does not succeed."""
        missing: dict[str, Statement] = {}
        for statement in statements:
            text = script_of(statement)
            if text is None:
                continue
            digest = hashlib.sha256(text.encode()).hexdigest()
            if digest in self._known or self._is_kept(digest):
                self._known.add(digest)
            else:
                missing[digest] = statement
        self._prove(list(missing.values()), limits, executor)
        for digest in missing:
            self._known.add(digest)
            self._keep(digest)

    @staticmethod
    def _prove(statements: Sequence[Statement], limits: Limits, executor: Executor | None) -> None:
        calls = [partial(find, statement, limits) for statement in statements]
        if executor is None:
            points = (point for call in calls if (point := call()) is not None)
            found = Found(answer=next(points, None), is_first=True)
        else:
            found = first(executor, calls, limits.deadline())
        if found.answer is not None:
            raise Undecidable(f"a lemma is false at {found.answer}")
        if not found.is_first:
            raise Undecidable("time was over")

    def _is_kept(self, digest: str) -> bool:
        """Whether the user's folder says so: a file that nobody else could have written."""
        if self._folder is None:
            return False
        try:
            return _is_own(self._folder) and _read_own(self._folder, digest) == _record(digest)
        except OSError:
            return False

    def _keep(self, digest: str) -> None:
        if self._folder is None:
            return
        with suppress(OSError):  # a cache that cannot be written is no cache
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if _is_own(self._folder):
                write_atomically(self._folder / f"{digest}.lemma", _record(digest))


def _record(digest: str) -> bytes:
    return f"unsatisfiable: the SMT-LIB 2 script with SHA-256 {digest}\n".encode()


def _read_own(folder: Path, digest: str) -> bytes:
    """A file, if it is one's own: looked at when it is open, for it to be the one that is read."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
    with open(os.open(folder / f"{digest}.lemma", flags), "rb") as file:
        status = os.fstat(file.fileno())
        is_believed = stat.S_ISREG(status.st_mode) and _only_mine(status)
        return file.read(MAX_BYTES) if is_believed else b""


def _is_own(folder: Path) -> bool:
    status = folder.lstat()
    return stat.S_ISDIR(status.st_mode) and _only_mine(status)


def _only_mine(status: os.stat_result) -> bool:
    """Whether nobody else could have written it."""
    return status.st_uid == os.getuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
