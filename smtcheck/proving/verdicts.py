"""What an answer can be.  Only `proving.recheck` makes the settled ones."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Size(Enum):
    """Whether a counterexample is known to be the first in the order of `exhaustive`."""

    SMALLEST = "the smallest"
    UNKNOWN = "there may be smaller ones"  #: looking for them took too long


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterexample:
    """One input at which the two sides differ, replayed by the rational reference."""

    input_codes: tuple[int, ...]
    output: int  #: which output differs, counted from 0
    left_code: int
    right_code: int
    size: Size


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """The two sides agree on the whole domain."""

    engine: str  #: what found it
    evidence: str  #: what it rests on

    def __str__(self) -> str:
        return "proved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuted:
    """The two sides differ somewhere."""

    engine: str
    counterexample: Counterexample

    def __str__(self) -> str:
        return "refuted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecided:
    """Neither was established: what was tried, and which limit was hit."""

    reason: str

    def __str__(self) -> str:
        return "undecided"


Verdict = Proved | Refuted | Undecided


class InternalError(Exception):
    """Something did not replay: a defect of this program, never a verdict."""
