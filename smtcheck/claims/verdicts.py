"""What an answer can be.  Only `checking` makes the settled ones."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from smtcheck.claims.evidence import (
    Congruent,
    ConstantActivation,
    Inseparable,
    NeverGiven,
    Obstacle,
    Support,
    Uncovered,
)


class Minimality(Enum):
    """Whether a counterexample is known to be the first in the order of `exhaustive`."""

    SMALLEST = "the smallest"
    UNKNOWN = "there may be smaller ones"  #: looking for them took too long


class Basis(Enum):
    """What has to be believed for a settled verdict, beside the code of `checking`."""

    CERTIFICATE = "certificate"  #: nothing: every step was checked; only `checking` says so
    EVALUATION = "evaluation"  #: nothing: all inputs, or the one that differs
    SOLVER = "the solver's word"  #: the solver, until there is a certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterexample:
    """One input at which the two sides differ, replayed by the rational reference."""

    input_codes: tuple[int, ...]
    output: int  #: which output differs, counted from 0
    left_code: int
    right_code: int
    size: Minimality


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """The two sides agree on the whole domain."""

    engine: str  #: what found it
    evidence: str  #: what was done, for people
    basis: Basis

    def __str__(self) -> str:
        return "proved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuted:
    """The two sides differ somewhere."""

    engine: str
    counterexample: Counterexample

    @property
    def basis(self) -> Basis:
        """Counterexamples are evaluated before anybody sees them."""
        return Basis.EVALUATION

    def __str__(self) -> str:
        return "refuted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecided:
    """Neither was established: what was tried, and which limit was hit."""

    reason: str

    def __str__(self) -> str:
        return "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Universal:
    """Networks of the setting represent every function."""

    evidence: Support
    basis: Basis

    def __str__(self) -> str:
        return "universal"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotUniversal:
    """Some function is out of reach of every network of the setting."""

    evidence: Obstacle
    basis: Basis

    @property
    def condition(self) -> str | None:
        """The condition of theory.md#criterion that fails, where it is one of them."""
        match self.evidence:
            case ConstantActivation() | Inseparable() | Congruent():
                return "separation"
            case Uncovered() | NeverGiven():
                return "coverage"
            case _:
                return None

    def __str__(self) -> str:
        return "not universal"


Verdict = Proved | Refuted | Undecided
UniversalityVerdict = Universal | NotUniversal | Undecided


class InternalError(Exception):
    """Something did not replay: a defect of this program, never a verdict."""
