"""Maps of verdicts as a figure for a paper: p against scale, one panel for each map.

Colour is the verdict and hatching the condition that fails, so the figure survives
colour-blind readers and a black-and-white printer.  The scale is on a logarithmic
axis, unless there are few of them.  Neighbours that agree are drawn as one
bar.  The same verdicts give the same file: it holds no date and no random names.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from smtcheck.interface.sweep.map import Map
from smtcheck.interface.sweep.plan import Sweep
from smtcheck.interface.sweep.rows import Finding, Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

MAX_COLUMNS = 4
BAR_HEIGHT = 0.86
MIN_RATIO = 12  #: of the greatest scale to the least, for a logarithmic axis
DOTS_PER_INCH = 300
MAX_NAME, MAX_TITLE = 32, 90  #: characters

_STYLE: Any = {  # the type of its keys differs between versions of matplotlib
    "font.family": "sans-serif",
    "font.size": 8.0,
    "axes.titlesize": 7.5,
    "axes.linewidth": 0.6,
    "hatch.linewidth": 0.7,
    "svg.hashsalt": "smtcheck",
    "svg.fonttype": "none",  # text stays text
    "pdf.fonttype": 42,
}
_DATELESS: dict[str, dict[str, Any]] = {
    "svg": {"Date": None},
    "pdf": {"CreationDate": None},
    "png": {},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """How bars of one finding are drawn."""

    face: str
    ink: str = "black"  #: of the hatching
    hatch: str | None = None

    def drawing(self) -> dict[str, Any]:
        return {
            "facecolor": self.face, "edgecolor": self.ink, "hatch": self.hatch, "linewidth": 0
        }  # fmt: skip


#: Okabe and Ito's palette: sky blue, vermillion, grey.
_LOOKS = {
    Finding.UNIVERSAL: _Look(face="#56B4E9"),
    Finding.SEPARATION: _Look(face="#D55E00", hatch="/////"),
    Finding.COVERAGE: _Look(face="#D55E00", hatch="....", ink="white"),
    Finding.OTHER: _Look(face="#D55E00"),
    Finding.UNDECIDED: _Look(face="#DDDDDD", hatch="xxxxxx", ink="#888888"),
}
_ALWAYS = (Finding.UNIVERSAL, Finding.SEPARATION, Finding.COVERAGE)  #: in every legend


def draw(sweep: Sweep, rows: Sequence[Row], kind: str) -> bytes:
    """The picture as an svg, png or pdf file."""
    import matplotlib as mpl

    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it reports on its font cache
    output = io.BytesIO()
    with mpl.rc_context(_STYLE):
        figure = _figure(sweep, Map.all_of(sweep, rows))
        figure.savefig(output, format=kind, dpi=DOTS_PER_INCH, metadata=_DATELESS[kind])
    return output.getvalue()


def _figure(sweep: Sweep, maps: Sequence[Map]) -> Figure:
    from matplotlib.figure import Figure

    common, titles = _titles(maps)
    columns = _columns(maps)
    lines = -(-len(maps) // columns)
    panel_height = 0.5 + 0.15 * max(3, len(sweep.sizes))
    width, height = max(4.8, 0.4 + 1.9 * columns), 0.9 + lines * panel_height
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
    flat = list(axes.flat)
    for ax, a_map, title in zip(flat, maps, titles, strict=False):
        _panel(ax, a_map)
        ax.set_title(title)
    for ax in flat[len(maps) :]:
        ax.set_axis_off()
    for ax in flat[max(0, len(maps) - columns) : len(maps)]:
        ax.tick_params(labelbottom=True)
        ax.set_xlabel("scale s")
    for ax in axes[:, 0]:
        ax.set_ylabel("p")
    figure.suptitle(f"Is the format paper(p, s) universal?\n{common}", fontsize=9)
    handles = list(_handles(maps))
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=max(1, min(len(handles), int(width / 2))),
        frameon=False,
        handlelength=2.4,
        handleheight=1.0,
    )
    return figure


def _titles(maps: Sequence[Map]) -> tuple[str, list[str]]:
    """What the panels have in common, and what each has beside that."""
    parts = [tuple(map(_short, a_map.panel.parts)) for a_map in maps]
    same = [len({parts[n][i] for n in range(len(maps))}) == 1 for i in range(len(parts[0]))]
    common = [part for part, is_same in zip(parts[0], same, strict=True) if is_same]
    titles = []
    for panel in parts:
        own = [part for part, is_same in zip(panel, same, strict=True) if not is_same]
        # what goes on a line of its own is the activation
        head = own[:1] if own and not same[0] else []
        titles.append("\n".join(filter(None, [*head, ", ".join(own[len(head) :])])))
    return _short(", ".join(common), MAX_TITLE), titles


def _short(text: str, length: int = MAX_NAME) -> str:
    """A text without the characters that matplotlib gives a meaning to, cut to a length."""
    plain = text.replace("$", r"\$")
    return plain if len(plain) <= length else plain[: length - 3] + "..."


def _columns(maps: Sequence[Map]) -> int:
    """Panels of one activation side by side, and several activations where they fit."""
    activations = len({a_map.panel.activation for a_map in maps})
    each = len(maps) // activations
    if each >= MAX_COLUMNS:
        return next(n for n in range(MAX_COLUMNS, 0, -1) if each % n == 0 or n == 2)
    return each * min(activations, MAX_COLUMNS // each)


def _panel(ax: Axes, a_map: Map) -> None:
    from matplotlib.ticker import FixedLocator

    sizes = [p for p in a_map.sweep.sizes if a_map.sweep.scales(p)]
    for finding, p, bars in _bars(a_map):
        ax.broken_barh(bars, (p - BAR_HEIGHT / 2, BAR_HEIGHT), **_LOOKS[finding].drawing())
    first = min(a_map.sweep.scales(p)[0] for p in sizes)
    last = max(a_map.sweep.scales(p)[-1] for p in sizes)
    _scale_axis(ax, first, last)
    ax.set_ylim(sizes[0] - 0.6, sizes[-1] + 0.6)
    ax.yaxis.set_major_locator(FixedLocator(sizes[:: -(-len(sizes) // 10)]))
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(width=0.6, length=2.5)


def _scale_axis(ax: Axes, first: int, last: int) -> None:
    """Powers of two on a logarithmic axis, or a few numbers on a short one."""
    from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator, ScalarFormatter

    if last < MIN_RATIO * first:
        ax.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    else:
        ax.set_xscale("log", base=2)
        powers = [2**n for n in range(last.bit_length() + 1) if first <= 2**n <= last + 1]
        ax.xaxis.set_major_locator(FixedLocator(powers[:: -(-len(powers) // 9)]))
        ax.xaxis.set_minor_locator(NullLocator())
        ax.xaxis.set_major_formatter(ScalarFormatter())
    ax.set_xlim(first - 0.5, last + 0.5)


def _bars(a_map: Map) -> Iterator[tuple[Finding, int, list[tuple[float, float]]]]:
    """Runs of scales with one finding: for each p, their left ends and lengths."""
    for p in a_map.sweep.sizes:
        bars: dict[Finding, list[tuple[float, float]]] = {}
        found = [(a_map.findings.get((p, scale)), scale) for scale in a_map.sweep.scales(p)]
        for finding, group in groupby(found, lambda pair: pair[0]):
            if finding is not None:
                run = list(group)
                bars.setdefault(finding, []).append((run[0][1] - 0.5, len(run)))
        for finding in bars:
            yield finding, p, bars[finding]


def _handles(maps: Sequence[Map]) -> Iterator[Patch]:
    from matplotlib.patches import Patch

    found = {finding for a_map in maps for finding in a_map.findings.values()}
    for finding in Finding:
        if finding in found or finding in _ALWAYS:
            yield Patch(label=finding.value, **_LOOKS[finding].drawing())
