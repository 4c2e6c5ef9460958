"""What a sweep asks: the places of some maps.

A panel is a map: an activation with everything but the size of the format.  A
place on it is p (the codes are -(2^p - 1) .. 2^p - 1) and a scale.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from smtcheck.arithmetic.format_texts import MAX_WIDTH_BITS, parse_overflow, parse_rounding
from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.arithmetic.rounding import Rounding
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights, parse_choice
from smtcheck.errors import InputError

MAX_VERDICTS = 500_000  #: of one sweep, and of one CSV file
MAXIMUM = "max"  #: the scale 2^p - 1

_SPAN = re.compile(r"(\d{1,310}|max)(?:\.\.(\d{1,310}|max))?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One map."""

    activation: str
    weights: Weights = Weights.FULL
    bias: Bias = Bias.EXACT
    rounding: Rounding = Rounding.HALF_AWAY
    overflow: Overflow = Overflow.SATURATE

    @property
    def parts(self) -> tuple[str, ...]:
        """What distinguishes panels, in words, the activation first."""
        modes = (self.rounding.value, self.overflow.value)
        return (self.activation, f"{self.weights.value} weights", f"{self.bias.value} bias", *modes)

    def document(self) -> dict[str, str]:
        """The same as data."""
        return {
            "activation": self.activation,
            "weights": self.weights.value,
            "bias": self.bias.value,
            "rounding": self.rounding.value,
            "overflow": self.overflow.value,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepPoint:
    """One question."""

    panel: Panel
    p: int
    scale: int

    @property
    def format(self) -> Format:
        """Codes -(2^p - 1) .. 2^p - 1."""
        return Format(
            lo=1 - 2**self.p,
            hi=2**self.p - 1,
            scale=self.scale,
            rounding=self.panel.rounding,
            overflow=self.panel.overflow,
        )

    @property
    def setting(self) -> QuantizationScheme:
        """What the question is asked of, together with the activation."""
        return QuantizationScheme(
            format=self.format, weights=self.panel.weights, bias=self.panel.bias
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A range as it is written: `4`, `1..8`, `1..max`."""

    text: str
    first: int | None  #: None is the maximum
    last: int | None

    @classmethod
    def parse(cls, text: str, option: str) -> Span:
        """A range of positive integers that is not empty whatever the maximum is."""
        match = _SPAN.fullmatch(text.strip())
        if match is None:
            raise InputError(f"{option} {text[:40]!r} is not a range like 4, 1..8 or 1..max")
        first, last = (
            None if end == MAXIMUM else int(end) for end in (match[1], match[2] or match[1])
        )
        if first == 0 or last == 0:
            raise InputError(f"{option} {text} contains 0: it starts at 1")
        if first is not None and last is not None and first > last:
            raise InputError(f"{option} {text} is empty: write {last}..{first}")
        return cls(text=text.strip(), first=first, last=last)

    def numbers(self, maximum: int) -> range:
        """The numbers meant."""
        first, last = (maximum if end is None else end for end in (self.first, self.last))
        return range(first, last + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """Every place of some panels."""

    panels: tuple[Panel, ...]
    p: Span
    scale: Span

    def __post_init__(self) -> None:
        if self.p.first is None or self.p.last is None:
            raise InputError(f"--p {self.p.text}: p has no maximum; write a range like 1..8")
        checked_p(self.p.last)
        total = 0
        for p in self.sizes:
            numbers = self.scales(p)
            total += max(0, numbers.stop - numbers.start) * len(self.panels)  # len() has a limit
            if total > MAX_VERDICTS:
                raise InputError(
                    f"this sweep has more than {MAX_VERDICTS} verdicts: give fewer p or scales"
                )
        if not total:
            raise InputError(f"--scale {self.scale.text} is empty for --p {self.p.text}")

    @classmethod
    def of(
        cls, activations: Sequence[str], sets: Sequence[Sequence[str]], p: str, scale: str
    ) -> Sweep:
        """From texts; `sets` are weights, biases, rounding and overflow modes."""
        weights, biases, roundings, overflows = sets
        panels = product(
            activations,
            [parse_choice(text, Weights) for text in weights],
            [parse_choice(text, Bias) for text in biases],
            [parse_rounding(text) for text in roundings],
            [parse_overflow(text) for text in overflows],
        )
        made = [
            Panel(activation=a, weights=w, bias=b, rounding=r, overflow=o)
            for a, w, b, r, o in panels
        ]
        spans = Span.parse(p, "--p"), Span.parse(scale, "--scale")
        return cls(panels=tuple(dict.fromkeys(made)), p=spans[0], scale=spans[1])

    @property
    def sizes(self) -> range:
        """The values of p."""
        return self.p.numbers(0)

    def scales(self, p: int) -> range:
        """The scales at one p."""
        return self.scale.numbers(2**p - 1)

    def places(self) -> Iterator[SweepPoint]:
        """Panel by panel, by p, by scale."""
        for panel in self.panels:
            for p in self.sizes:
                for scale in self.scales(p):
                    yield SweepPoint(panel=panel, p=p, scale=scale)


def checked_p(p: int) -> int:
    """p, unless a format cannot be that wide."""
    if p > MAX_WIDTH_BITS:
        raise InputError(f"p is {str(p)[:40]}, and may be at most {MAX_WIDTH_BITS}")
    return p
