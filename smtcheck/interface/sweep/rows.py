"""What a sweep finds out: a row for each place, in a CSV file and in a JSON document.

Rows are written and read by one list of columns, so what is read back is what was
written, or is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, get_args

from smtcheck.arithmetic.format_texts import parse_overflow, parse_rounding
from smtcheck.claims.evidence import Obstacle, Support, document
from smtcheck.claims.settings import Bias, Weights, parse_choice
from smtcheck.claims.verdicts import NotUniversal, Undecided, Universal, UniversalityVerdict
from smtcheck.errors import InputError
from smtcheck.interface.sweep.plan import Panel, SweepPoint, checked_p

MAX_TEXT = 12_000  #: characters of an activation or a reason

_NUMBER = re.compile(r"[1-9]\d{0,309}", re.ASCII)

COLUMNS = (
    "activation", "p", "scale", "format", "weights", "bias", "rounding", "overflow",
    "verdict", "condition", "argument", "reason",
)  # fmt: skip


class Finding(Enum):
    """What a map shows at a place."""

    UNIVERSAL = "universal"
    SEPARATION = "not universal: separation fails"
    COVERAGE = "not universal: coverage fails"
    OTHER = "not universal for another reason"
    UNDECIDED = "undecided"


class RowAnswer(Enum):
    """A verdict, by the text of its class."""

    UNIVERSAL = "universal"
    NOT_UNIVERSAL = "not universal"
    UNDECIDED = "undecided"


_CONDITIONS = {None: Finding.OTHER, "separation": Finding.SEPARATION, "coverage": Finding.COVERAGE}
_ARGUMENTS = {
    RowAnswer.UNIVERSAL: {kind.__struct_config__.tag for kind in get_args(Support)},
    RowAnswer.NOT_UNIVERSAL: {kind.__struct_config__.tag for kind in get_args(Obstacle)},
    RowAnswer.UNDECIDED: {None},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RowOutcome:
    """What is kept of a verdict."""

    answer: RowAnswer
    condition: str | None = None  #: the condition that fails, where it is one of the two
    argument: str | None = None  #: what kind of evidence there is
    reason: str | None = None  #: why there is none

    def __post_init__(self) -> None:
        is_negative = self.answer is RowAnswer.NOT_UNIVERSAL
        if self.condition not in (_CONDITIONS if is_negative else {None}):
            raise InputError(f"{self.answer.value!r} cannot have the condition {self.condition!r}")
        if self.argument not in _ARGUMENTS[self.answer]:
            raise InputError(f"{self.answer.value!r} cannot have the argument {self.argument!r}")
        if (self.reason is not None) != (self.answer is RowAnswer.UNDECIDED):
            raise InputError(f"{self.answer.value!r} and a reason do not fit")

    @classmethod
    def of(cls, verdict: UniversalityVerdict) -> RowOutcome:
        """A verdict without its evidence."""
        match verdict:
            case Universal(evidence=support):
                return cls(answer=RowAnswer.UNIVERSAL, argument=document(support)["argument"])
            case NotUniversal(evidence=obstacle, condition=condition):
                return cls(
                    answer=RowAnswer.NOT_UNIVERSAL,
                    condition=condition,
                    argument=document(obstacle)["argument"],
                )
            case Undecided(reason=reason):
                return cls(answer=RowAnswer.UNDECIDED, reason=reason[:MAX_TEXT])

    @property
    def finding(self) -> Finding:
        """How the map shows it."""
        match self.answer:
            case RowAnswer.UNIVERSAL:
                return Finding.UNIVERSAL
            case RowAnswer.NOT_UNIVERSAL:
                return _CONDITIONS[self.condition]
            case RowAnswer.UNDECIDED:
                return Finding.UNDECIDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A place and what was found there."""

    place: SweepPoint
    outcome: RowOutcome

    def document(self) -> dict[str, Any]:
        """A JSON object with the columns of a CSV file."""
        place, outcome, panel = self.place, self.outcome, self.place.panel
        found = (outcome.answer.value, outcome.condition, outcome.argument, outcome.reason)
        where = (panel.activation, place.p, place.scale, str(place.format))
        modes = (panel.weights.value, panel.bias.value, panel.rounding.value, panel.overflow.value)
        return dict(zip(COLUMNS, (*where, *modes, *found), strict=True))

    def cells(self) -> list[str]:
        """A line of a CSV file."""
        return ["" if value is None else str(value) for value in self.document().values()]

    @classmethod
    def of_cells(cls, cells: Sequence[str]) -> Row:
        """The opposite; InputError says what is wrong."""
        if len(cells) != len(COLUMNS):
            raise InputError(f"{len(cells)} cells, and {len(COLUMNS)} are needed")
        if max(map(len, cells)) > MAX_TEXT:
            raise InputError(f"a cell of more than {MAX_TEXT} characters")
        named = dict(zip(COLUMNS, cells, strict=True))
        row = cls(place=_place(named), outcome=_outcome(named))
        for name, cell, expected in zip(COLUMNS, cells, row.cells(), strict=True):
            if cell != expected:
                raise InputError(f"{name} is {cell[:60]!r}, and would be written {expected[:60]!r}")
        return row


def _place(named: dict[str, str]) -> SweepPoint:
    for name in ("p", "scale"):
        if not _NUMBER.fullmatch(named[name]):
            raise InputError(f"{name} is {named[name][:40]!r}, not a positive integer")
    panel = Panel(
        activation=named["activation"],
        weights=parse_choice(named["weights"], Weights),
        bias=parse_choice(named["bias"], Bias),
        rounding=parse_rounding(named["rounding"]),
        overflow=parse_overflow(named["overflow"]),
    )
    return SweepPoint(panel=panel, p=checked_p(int(named["p"])), scale=int(named["scale"]))


def _outcome(named: dict[str, str]) -> RowOutcome:
    answers = {answer.value: answer for answer in RowAnswer}
    if named["verdict"] not in answers:
        raise InputError(f"verdict {named['verdict'][:40]!r} is not one of {', '.join(answers)}")
    return RowOutcome(
        answer=answers[named["verdict"]],
        condition=named["condition"] or None,
        argument=named["argument"] or None,
        reason=named["reason"] or None,
    )
