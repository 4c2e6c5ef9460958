"""The command `sweep`: verdicts for many formats, as a map, a CSV file and a picture."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from smtcheck.engines.parallel_calls import WorkersLost
from smtcheck.errors import InputError
from smtcheck.files import FileSpace
from smtcheck.interface import completion
from smtcheck.interface import options as opt
from smtcheck.interface.executors import Resources, workers
from smtcheck.interface.outcomes import Exit, Options, print_json
from smtcheck.interface.places import require_places
from smtcheck.interface.sweep.file import SweepFile, require_writable
from smtcheck.interface.sweep.map import Map, legend
from smtcheck.interface.sweep.plan import Sweep, SweepPoint
from smtcheck.interface.sweep.rows import Row, RowAnswer
from smtcheck.interface.sweep.run import chunks_of, rows_of
from smtcheck.networks.activations import activation
from smtcheck.writing import write_output

INTERRUPTED = 130
PLAIN_COLUMNS = 80  #: where output does not go to a terminal
PLOT_KINDS = (".svg", ".png", ".pdf")
MAX_PANELS = 64  #: of a picture


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepRequest:
    """What `sweep` was asked, as texts."""

    activations: tuple[str, ...]
    p: str
    scale: str
    weights: tuple[str, ...]
    bias: tuple[str, ...]
    rounding: tuple[str, ...]
    overflow: tuple[str, ...]
    csv: Path | None
    resume: Path | None
    plot: Path | None
    jobs: int | None
    scheduler: str | None = None

    @property
    def resources(self) -> Resources:
        """Who decides; all CPUs of this machine, if nothing is said."""
        return Resources.of(self.jobs, self.scheduler, default_jobs=available_cpus())

    def sweep(self) -> Sweep:
        """The places meant."""
        sets = (self.weights, self.bias, self.rounding, self.overflow)
        return Sweep.of(self.activations, sets, self.p, self.scale)


def sweep_request(request: SweepRequest, options: Options) -> int:
    """Decide every place, keep and show what was found."""
    start = time.monotonic()
    sweep, resources = request.sweep(), request.resources
    require_usable(sweep, options)
    _require_drawable(sweep, request.plot)
    written = [path for path in (request.csv, request.plot) if path is not None]
    require_places(written, _given(request), options.is_forced)
    file = _file(sweep, request)
    reused = len(file.rows())
    stopped = fill(file, resources, options)
    report = Report(
        sweep=sweep, rows=file.rows(), seconds=time.monotonic() - start, reused=reused, file=file
    )
    if options.output is Options.Output.JSON:
        print_json(report.document())
    else:
        report.show()
    if stopped is not None:
        _explain_stop(stopped, report, request.csv or request.resume)
        return INTERRUPTED if isinstance(stopped, KeyboardInterrupt) else int(Exit.UNDECIDED.value)
    if request.plot is not None:
        from smtcheck.interface.sweep.plots import draw

        write_output(request.plot, draw(sweep, report.rows, request.plot.suffix[1:].lower()))
    code = Exit.UNDECIDED if report.counts[RowAnswer.UNDECIDED] else Exit.SETTLED
    return int(code.value)


def _given(request: SweepRequest) -> list[Path]:
    """The files that a sweep reads."""
    tables = [name[6:] for name in request.activations if name.startswith("table:")]
    return [*map(Path, tables), *([request.resume] if request.resume else [])]


def _file(sweep: Sweep, request: SweepRequest) -> SweepFile:
    if request.resume is None:
        return SweepFile(sweep, request.csv)
    if request.csv is not None:
        raise InputError("--resume FILE.csv goes on writing to its file: leave out --csv")
    return SweepFile.resumed(sweep, request.resume)


def require_usable(sweep: Sweep, options: Options) -> None:
    """Refuse what is bound to fail later: a table of the wrong length, a division by zero."""
    for name in dict.fromkeys(panel.activation for panel in sweep.panels):
        act = activation(name, FileSpace.working_directory(), options.code)
        panel = next(panel for panel in sweep.panels if panel.activation == name)
        for p in sweep.sizes:
            for scale in sweep.scales(p)[:1]:
                act.require_usable(SweepPoint(panel=panel, p=p, scale=scale).format)


def _require_drawable(sweep: Sweep, path: Path | None) -> None:
    if path is None:
        return
    if path.suffix.lower() not in PLOT_KINDS:
        raise InputError(f"--plot {path} must end in {', '.join(PLOT_KINDS)}")
    if len(sweep.panels) > MAX_PANELS:
        raise InputError(
            f"--plot draws at most {MAX_PANELS} maps, and this sweep has {len(sweep.panels)}"
        )
    if find_spec("matplotlib") is None:
        raise InputError("--plot needs matplotlib: pip install 'smtcheck[plot]'")
    require_writable(path)


def fill(
    file: SweepFile, resources: Resources, options: Options
) -> KeyboardInterrupt | WorkersLost | None:
    """Decide what is missing; whatever happens, what was found is saved."""
    missing = file.missing()
    try:
        with (
            workers(resources.at_most(len(missing))) as pool,
            rows_of(chunks_of(missing, pool.count), pool.executor, options) as found,
            _progress(len(missing)) as advance,
        ):
            for rows in found:
                file.add(rows)
                advance(len(rows))
    except (KeyboardInterrupt, WorkersLost) as stopped:
        return stopped
    finally:
        file.save()
    return None


def available_cpus() -> int:
    """Those this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is shown in the end."""

    sweep: Sweep
    rows: list[Row]
    seconds: float
    reused: int
    file: SweepFile

    @property
    def counts(self) -> Counter[RowAnswer]:
        """How many rows there are of each answer."""
        return Counter(row.outcome.answer for row in self.rows)

    def document(self) -> dict[str, Any]:
        """For --json."""
        counts = self.counts
        return {
            "settings": [panel.document() for panel in self.sweep.panels],
            "p": self.sweep.p.text,
            "scale": self.sweep.scale.text,
            "verdicts": [row.document() for row in self.rows],
            **{answer.value: counts[answer] for answer in RowAnswer},
            "reused": self.reused,
            "seconds": round(self.seconds, 3),
            "complete": self.file.is_complete,
        }

    def show(self) -> None:
        """Maps, what their symbols mean, and totals."""
        from rich.console import Console

        console = Console(highlight=False)
        width = console.width if console.is_terminal else PLAIN_COLUMNS
        maps = Map.all_of(self.sweep, self.rows)
        lines = [line for a_map in maps for line in a_map.lines(width)]
        for line in (*lines, *legend(self.sweep, maps, width)):
            if console.is_terminal:
                console.print(line, soft_wrap=True)
            else:
                click.echo(line.plain.rstrip())
        click.echo(self._totals())
        if self.reused:
            click.echo(f"{self.reused} of these were in the file already, and are taken from there")
        if self.file.others:
            click.echo(f"{self.file.others} rows of other sweeps stay in the file")

    def _totals(self) -> str:
        counts, decided = self.counts, len(self.rows) - self.reused
        parts = ", ".join(f"{counts[answer]} {answer.value}" for answer in RowAnswer)
        rate = f", {decided / self.seconds:.0f} a second" if self.seconds > 1 else ""
        return f"{len(self.rows)} verdicts: {parts}\n{self.seconds:.1f} s{rate}"


def _explain_stop(
    stopped: KeyboardInterrupt | WorkersLost, report: Report, path: Path | None
) -> None:
    total = len(report.rows) + len(report.file.missing())
    why = "interrupted" if isinstance(stopped, KeyboardInterrupt) else str(stopped)
    kept = f"they are in {path}, go on with --resume {path}" if path else "--csv would keep them"
    click.echo(f"smtcheck: {why} after {len(report.rows)} of {total} verdicts: {kept}", err=True)


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    """A bar with the time left on stderr, where that is a terminal."""
    from rich import progress
    from rich.console import Console

    console = Console(stderr=True)
    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeElapsedColumn(),
        progress.TextColumn("left"),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(
        *columns, console=console, transient=True, disable=not sys.stderr.isatty()
    ) as bar:
        task = bar.add_task("deciding", total=total)
        yield lambda count: bar.advance(task, count)


_several: dict[str, Any] = {"multiple": True, "show_default": True}


@click.command("sweep")
@click.option(
    "--activation", "activations", multiple=True, required=True, metavar="A",
    shell_complete=completion.activations, help=f"{opt.ACTIVATION}; again for another.",
)  # fmt: skip
@click.option("--p", default="1..8", show_default=True, metavar="RANGE", help="Such as 4 or 1..8.")
@click.option(
    "--scale", default="1..max", show_default=True, metavar="RANGE",
    help="Such as 8, 1..32 or 1..max, where max is 2^p - 1.",
)  # fmt: skip
@click.option(
    "--weights", **_several, default=["full"], type=click.Choice(opt.WEIGHTS),
    help="Which codes weights may have; again for another.",
)  # fmt: skip
@click.option(
    "--bias", **_several, default=["exact"], type=click.Choice(opt.BIASES),
    help="Which numbers biases may be; again for another.",
)  # fmt: skip
@click.option(
    "--rounding", **_several, default=["AP_RND_INF"], metavar="Q",
    shell_complete=completion.roundings,
    help="AP_TRN, AP_TRN_ZERO, TRN_INF, AP_RND, AP_RND_CONV, AP_RND_INF, AP_RND_MIN_INF or "
    "AP_RND_ZERO; again for another.",
)  # fmt: skip
@click.option(
    "--overflow", **_several, default=["AP_SAT"], metavar="O",
    shell_complete=completion.overflows,
    help="AP_SAT, AP_SAT_SYM, AP_SAT_ZERO or AP_WRAP; again for another.",
)  # fmt: skip
@click.option(
    "--csv", metavar="FILE.csv", shell_complete=completion.files,
    help="Write a row for each verdict.",
)  # fmt: skip
@click.option(
    "--resume", metavar="FILE.csv", shell_complete=completion.files,
    help="Decide only what is missing in the file (or undecided), and write it there.",
)  # fmt: skip
@click.option(
    "--plot", metavar="FILE.svg|png|pdf", shell_complete=completion.files,
    help="Draw the map (needs matplotlib).",
)  # fmt: skip
@opt.jobs
@opt.scheduler
@opt.force
@opt.shared
def command(jobs: int | None, activations: tuple[str, ...], p: str, scale: str, **more: Any) -> int:
    """Map for which sizes p and scales a format is universal.

    The formats are paper(p,scale): codes -(2^p - 1) .. 2^p - 1.  --timeout is for
    each verdict.  After Ctrl-C, what was decided is shown and is in the CSV file.

    \b
    Example:  smtcheck sweep --activation step --p 1..4 --weights binary --jobs 1
    Exit:     0 all decided, either way, 2 bad input, 3 some are undecided,
              4 internal error, 130 interrupted
    """
    request = SweepRequest(
        activations=activations,
        p=p,
        scale=scale,
        weights=more["weights"],
        bias=more["bias"],
        rounding=more["rounding"],
        overflow=more["overflow"],
        csv=Path(more["csv"]) if more["csv"] else None,
        resume=Path(more["resume"]) if more["resume"] else None,
        plot=Path(more["plot"]) if more["plot"] else None,
        jobs=jobs,
        scheduler=more["scheduler"],
    )
    return sweep_request(request, opt.options_of(more))
