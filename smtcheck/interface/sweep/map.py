"""Maps of verdicts for a terminal: a symbol for each scale, or for several, and ranges.

The symbols say everything and colours only help, so a map reads the same without them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from textwrap import wrap

from rich.style import Style
from rich.text import Text

from smtcheck.interface.sweep.plan import Panel, Sweep
from smtcheck.interface.sweep.rows import Finding, Row

MAX_RANGES = 24  #: shown of one finding at one p
MIXED, NOTHING = "~", "."

#: Colours from Okabe and Ito's palette, which colour-blind people can tell apart.
_SYMBOLS = {
    Finding.UNIVERSAL: ("#", "#56b4e9"),
    Finding.SEPARATION: ("s", "#d55e00"),
    Finding.COVERAGE: ("c", "#e69f00"),
    Finding.OTHER: ("x", "#cc79a7"),
    Finding.UNDECIDED: ("?", "#f0e442"),
}
_NOT_DONE = "not done"

Cell = Finding | str | None  #: None where there is no place


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """The findings of one panel."""

    panel: Panel
    sweep: Sweep
    findings: dict[tuple[int, int], Finding]  #: by p and scale
    reasons: dict[str, int]  #: why places are undecided, and how many are

    @classmethod
    def all_of(cls, sweep: Sweep, rows: Sequence[Row]) -> list[Map]:
        """A map for each panel."""
        maps = {
            panel: cls(panel=panel, sweep=sweep, findings={}, reasons={}) for panel in sweep.panels
        }
        for row in rows:
            found = maps[row.place.panel]
            found.findings[row.place.p, row.place.scale] = row.outcome.finding
            if row.outcome.reason is not None:
                found.reasons[row.outcome.reason] = found.reasons.get(row.outcome.reason, 0) + 1
        return list(maps.values())

    def lines(self, width: int) -> Iterator[Text]:
        """The title, a row for each p, and what the rows say in words."""
        for title in wrap(", ".join(self.panel.parts), width, subsequent_indent="  "):
            yield Text(title, style="bold")
        yield from self._picture(width)
        for text in (*self._summary(), *self._reasons()):
            yield from map(Text, wrap(f"  {text}", width, subsequent_indent="     "))
        yield Text()

    @property
    def _sizes(self) -> list[int]:
        return [p for p in self.sweep.sizes if self.sweep.scales(p)]

    @property
    def _scales(self) -> range:
        """From the least scale of the map to the greatest."""
        spans = [self.sweep.scales(p) for p in self._sizes]
        return range(min(span[0] for span in spans), max(span[-1] for span in spans) + 1)

    def step(self, width: int) -> int:
        """How many scales share a symbol."""
        margins = sum(map(len, (self._label(self.sweep.sizes[-1]), self._tail(0)))) + 2
        return -(-len(self._scales) // max(8, width - margins))

    def _label(self, p: int) -> str:
        return f"  p {p}".ljust(len(f"  p {self.sweep.sizes[-1]}") + 1)

    def _tail(self, p: int) -> str:
        """How many are universal."""
        total = max(len(self.sweep.scales(size)) for size in self._sizes)
        scales = self.sweep.scales(p) if p else ()
        universal = sum(self._at(p, scale) is Finding.UNIVERSAL for scale in scales)
        return f"{universal}/{len(scales)}".rjust(2 * len(str(total)) + 1)

    def _picture(self, width: int) -> Iterator[Text]:
        scales, step = self._scales, self.step(width)
        each = "" if step == 1 else f", {step} to a symbol"
        indent = " " * len(self._label(self.sweep.sizes[-1]))
        yield Text(f"{indent}scales {scales[0]}..{scales[-1]}{each}", style="dim")
        for p in reversed(self._sizes):
            line = Text(self._label(p))
            for start in scales[::step]:
                line.append(*_symbol(self._cell(p, range(start, start + step))))
            yield line.append(f"  {self._tail(p)}")

    def _cell(self, p: int, scales: range) -> Cell:
        allowed = self.sweep.scales(p)
        inside = range(max(scales.start, allowed.start), min(scales.stop, allowed.stop))
        found = {self._at(p, scale) for scale in inside}
        return (found.pop() if found else None) if len(found) <= 1 else MIXED

    def _at(self, p: int, scale: int) -> Finding | str:
        return self.findings.get((p, scale), NOTHING)

    def _summary(self) -> Iterator[str]:
        """Sizes that agree on everything are said together."""
        for text, group in groupby(self._sizes, self._profile):
            members = list(group)
            more = f"..{members[-1]}" if len(members) > 1 else ""
            yield f"p {members[0]}{more}: {text}"

    def _profile(self, p: int) -> str:
        scales: dict[Finding | str, list[int]] = {}
        for scale in self.sweep.scales(p):
            scales.setdefault(self._at(p, scale), []).append(scale)
        names = [found for found in (*Finding, NOTHING) if found in scales]
        if len(names) == 1:
            return f"{_name(names[0])} at every scale"
        return "; ".join(f"{_name(found)} at {_shown(scales[found])}" for found in names)

    def _reasons(self) -> Iterator[str]:
        for reason, count in self.reasons.items():
            yield f"undecided ({count}): {reason}"


def legend(sweep: Sweep, maps: Sequence[Map], width: int) -> Iterator[Text]:
    """What the symbols mean that occur."""
    found = {finding for a_map in maps for finding in a_map.findings.values()}
    places = sum(len(sweep.scales(p)) for p in sweep.sizes)  # of one map
    pairs = [(_symbol(finding), finding.value) for finding in Finding if finding in found]
    if maps[0].step(width) > 1:
        pairs.append((_symbol(MIXED), "several of these"))
    if any(len(a_map.findings) < places for a_map in maps):
        pairs.append((_symbol(NOTHING), _NOT_DONE))
    line = Text()
    for (symbol, style), meaning in pairs:
        entry = Text().append(symbol, style).append(f" {meaning}")
        if line and len(line) + 3 + len(entry) > width:
            yield line
            line = Text()
        line = line.append("   ").append(entry) if line else entry
    yield line


def ranges(numbers: Sequence[int]) -> list[str]:
    """Increasing numbers in few pieces: 1..5, 8, and 10, 12, ..., 20."""
    pieces, start = [], 0
    while start < len(numbers):
        end, step = _run(numbers, start)
        first, last, length = numbers[start], numbers[end], end - start + 1
        if step == 1 and length >= 3:
            pieces.append(f"{first}..{last}")
        elif length >= 4:
            pieces.append(f"{first}, {first + step}, ..., {last}")
        else:
            pieces.append(f"{first}")
            end = start
        start = end + 1
    return pieces


def _run(numbers: Sequence[int], start: int) -> tuple[int, int]:
    """The end of the arithmetic progression that begins here, and its step."""
    if start + 1 == len(numbers):
        return start, 1
    step, end = numbers[start + 1] - numbers[start], start + 1
    while end + 1 < len(numbers) and numbers[end + 1] - numbers[end] == step:
        end += 1
    return end, step


def _shown(numbers: Sequence[int]) -> str:
    pieces = ranges(numbers)
    word = "scale" if len(numbers) == 1 else "scales"
    if len(pieces) <= MAX_RANGES:
        return f"{word} {', '.join(pieces)}"
    return f"{len(numbers)} {word}: {', '.join(pieces[:MAX_RANGES])} and more"


def _name(cell: Finding | str) -> str:
    return cell.value if isinstance(cell, Finding) else _NOT_DONE


def _symbol(cell: Cell) -> tuple[str, Style]:
    if isinstance(cell, Finding):
        symbol, colour = _SYMBOLS[cell]
        return symbol, Style(color="black", bgcolor=colour)
    return cell or " ", Style()
