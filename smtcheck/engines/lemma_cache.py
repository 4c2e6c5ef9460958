"""Lemmas about all sums at once (`saturation`), proved by a solver and kept by digest."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from smtcheck.claims.statements import Discharger, Statement, Undecidable
from smtcheck.claims.verdicts import Basis
from smtcheck.engines.parallel_calls import Found, first
from smtcheck.engines.smt_statements import find, script_of
from smtcheck.limits import Limits
from smtcheck.writing import write_atomically

MAX_BYTES = 4096  #: of a file that remembers a lemma


class Lemmas:
    """What has been proved, in this process and, in a folder of the user's, before."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._known: set[str] = set()

    @property
    def folder(self) -> Path | None:
        """Where they are kept."""
        return self._folder

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

    def within(self, limits: Limits, executor: Executor | None = None) -> Discharger:
        """A `Discharger` that proves, within limits, what is not known."""
        return _Bounded(lemmas=self, limits=limits, executor=executor)

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
        folder = self.folder
        if folder is None:
            return False
        try:
            return _is_own(folder) and _read_own(folder, digest) == _record(digest)
        except OSError:
            return False

    def _keep(self, digest: str) -> None:
        folder = self.folder
        if folder is None:
            return
        with suppress(OSError):  # a cache that cannot be written is no cache
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if _is_own(folder):
                write_atomically(folder / f"{digest}.lemma", _record(digest))


class UserLemmas(Lemmas):
    """Those of the user, whose environment is read whenever they are looked for or kept."""

    @property
    def folder(self) -> Path | None:
        """$SMTCHECK_CACHE, or else in the user's cache folder; None if the former is empty."""
        named = os.environ.get("SMTCHECK_CACHE")
        if named is not None:
            return Path(named) if named else None
        try:
            base = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
        except RuntimeError:  # a user without a home, as in some containers
            return None
        return Path(base) / "smtcheck"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bounded:
    lemmas: Lemmas
    limits: Limits
    executor: Executor | None
    basis: Basis = Basis.SOLVER

    def is_true(self, *statements: Statement) -> bool:
        self.lemmas.require(statements, self.limits, self.executor)
        return True


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
