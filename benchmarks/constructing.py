"""Networks that `construct` makes: how small they are, and how fast they are proved.

Tables: small networks against the naive encoding; large ones, with seconds and memory;
how the time of a proof grows; what it is to exhaustive evaluation, and to reading the
network once; and parameters for each entry, next to what it takes if weights of 0 count too.
"""

from __future__ import annotations

from functools import partial
from math import log

import click
import numpy as np

from benchmarks import naive
from benchmarks.constructed import Case, random_case
from benchmarks.measuring import Z3, in_seconds, median, prove_seconds, ratio, row, solver_seconds
from benchmarks.scale import Problem, Scale, random_codes, scales
from smtcheck.arithmetic.formats import Format
from smtcheck.claims.settings import QuantizationScheme
from smtcheck.claims.sides import ExpressionSide
from smtcheck.claims.targets import expression_side
from smtcheck.construction.construct import Constructed, construct, fewest_parameters, table_target
from smtcheck.engines.portfolio import Engine
from smtcheck.files import FileSpace
from smtcheck.limits import Limits
from smtcheck.networks.activations import activation

SMALL = ((1, 4), (1, 5), (2, 2))  #: inputs and p
ENGINES = (Engine.AUTO, Engine.COMPOSITION, Engine.MERGE)
LARGE = (
    *(Problem(inputs=2, p=8, activation=name) for name in ("relu", "sigmoid", "gelu")),
    *(Problem(inputs=3, p=6, activation=name) for name in ("relu", "gelu")),
)
GROWING = tuple(Problem(inputs=2, p=p, activation="relu") for p in range(4, 10))
ACTIVATIONS = ("relu", "sigmoid", "gelu", "tanh")
WEIGHTS = ("ternary", "binary")
SIZES = ((1, 4), (1, 6), (1, 8), (2, 2), (2, 3), (2, 4), (2, 6), (3, 2), (3, 3), (3, 4))
FORMAT_SIZES = ((1, 4), (1, 6), (2, 2), (2, 4), (2, 6))  #: for biases of the format
STRUCTURED = (
    ("max", "max(x0, x1)"),
    ("clipped sum", "x0 + x1"),
    ("product", "x0 * x1"),
    ("comparison", "where(x0 < x1, 1, 0)"),
    ("clipped relu product", "min(relu(x0 * x1), 1)"),
)
STRUCTURED_SECONDS = 45  #: for one network


def measure(runs: int, timeout: int) -> None:
    """Print all tables."""
    _against_naive(runs, timeout)
    found = scales(list(dict.fromkeys([*LARGE, *GROWING])), runs)
    _at_scale([found[problem] for problem in LARGE])
    _growth([found[problem] for problem in GROWING])
    _in_ratios(list(found.values()))
    _per_entry("full", "exact", SIZES)
    _per_entry("full", "format", FORMAT_SIZES)
    for weights in WEIGHTS:
        _per_entry(weights, "exact", SIZES)
    _structured()


# Small networks, against the naive encoding -----------------------------------------------


def _against_naive(runs: int, timeout: int) -> None:
    click.echo("random tables, paper(p, 2^(p-1)): seconds in z3 for the naive 32-bit encoding,")
    click.echo("and of a whole proof by ours (lemmas known), with ratios; goal: default >= 50x")
    names = [name for engine in ENGINES for name in (engine.value, "ratio")]
    row("network", "neurons", "parameters", "naive", *names)
    made = [_constructed_case(inputs, p, name) for name in ("relu", "gelu") for inputs, p in SMALL]
    for case in (*made, *(_by_hand(random_case(inputs, p)) for inputs, p in SMALL)):
        baseline = median(runs, partial(solver_seconds, Z3, naive.script(case), timeout))
        network = case.network
        cells = [str(network.neurons), str(network.neurons + network.nonzero_weights)]
        cells.append(in_seconds(baseline, timeout))
        for engine in ENGINES:
            _proved(case, engine, timeout)  # from here on lemmas are known
            seconds = median(runs, partial(_proved, case, engine, timeout))
            cells += [_precisely(seconds), ratio(baseline, seconds, timeout)]
        row(case.name, *cells)


def _proved(case: Case, engine: Engine, timeout: int) -> float:
    return prove_seconds(case.question, engine, timeout)


def _constructed_case(inputs: int, p: int, name: str) -> Case:
    setting = _setting(p, "full")
    target = table_target(random_codes(setting.format, inputs), setting.format)
    found = construct(setting, activation(name), target, Limits())
    if not isinstance(found, Constructed):
        raise SystemExit(f"{name}, d = {inputs}, p = {p}: {found}")
    ((_, grid),) = target.grids
    return Case(name=f"{name}, d = {inputs}, p = {p}", network=found.network, grid=grid)


def _by_hand(case: Case) -> Case:
    """One cell an entry, written down by hand (relu)."""
    name = case.name.split(" (")[0]
    return Case(name=f"by hand, {name}", network=case.network, grid=case.grid)


def _precisely(seconds: float) -> str:
    return "-" if seconds == float("inf") else f"{seconds:.4f}"


# Large networks ----------------------------------------------------------------------------


def _at_scale(found: list[Scale]) -> None:
    click.echo("\nrandom tables at scale, paper(p, 2^(p-1)), full weights: seconds (goals: d = 2,")
    click.echo("p = 8: constructed 20, proved 1, 2048 MiB, within 3x of relu; d = 3, p = 6: 5)")
    names = ("entries", "neurons", "parameters", "per entry", "constructed", "proved")
    row("table", *names, "no lemmas", "to relu", "peak MiB", "engine")
    base = found[0]
    for one in found:
        if one.problem.activation == "relu":
            base = one
        row(
            one.problem.name,
            *_sizes(one),
            *(f"{seconds:.3f}" for seconds in (one.construct, one.proved, one.proved_first)),
            f"{one.proved / base.proved:.2f}x",
            str(one.peak_mebibytes),
            one.engine,
        )


def _sizes(one: Scale) -> tuple[str, ...]:
    return str(one.entries), str(one.neurons), str(one.parameters), f"{one.per_entry:.3f}"


def _growth(found: list[Scale]) -> None:
    click.echo("\ngrowth of the proof with the table: d = 2, relu (lemmas known)")
    row("table", "entries", "neurons", "parameters", "per entry", "proved", "us per entry")
    for one in found:
        micros = f"{one.proved / one.entries * 1e6:.2f}"
        row(one.problem.name, *_sizes(one), f"{one.proved:.4f}", micros)
    entries = [float(one.entries) for one in found]
    seconds = [one.proved for one in found]
    start, slope, r2 = _line(entries, seconds)
    click.echo(f"seconds = {start:.4f} + {slope * 1e6:.4f}e-6 * entries, R^2 = {r2:.4f}")
    x, y = [log(one) for one in entries], [log(one) for one in seconds]
    _, power, r2 = _line(x, y)
    click.echo(f"log-log slope {power:.3f}, R^2 = {r2:.4f} (1 is linear; what is constant weighs")
    click.echo(f"most in the small ones); of the largest three {_line(x[-3:], y[-3:])[1]:.3f}")


def _line(x: list[float], y: list[float]) -> tuple[float, float, float]:
    """Least squares: y = a + b * x, and R^2."""
    slope, start = np.polyfit(x, y, 1)
    rest = float(np.sum((np.array(y) - start - slope * np.array(x)) ** 2))
    return float(start), float(slope), 1 - rest / float(np.sum((np.array(y) - np.mean(y)) ** 2))


def _in_ratios(found: list[Scale]) -> None:
    click.echo(
        "\nthe proof (lemmas known) against exhaustive evaluation (~: extrapolated from a part)"
    )
    click.echo("and against reading all arrays of network and table once")
    row("table", "neurons", "parameters", "proved", "exhaustive", "ratio", "reading", "ratio")
    for one in found:
        sign = "~" if one.is_extrapolated else ""
        row(
            one.problem.name,
            str(one.neurons),
            str(one.parameters),
            f"{one.proved:.4f}",
            f"{sign}{one.exhaustive:.2f}",
            f"{sign}{one.exhaustive / one.proved:.1f}x",
            f"{one.floor:.6f}",
            f"{one.proved / one.floor:.0f}x",
        )


# Parameters --------------------------------------------------------------------------------


def _per_entry(weights: str, bias: str, sizes: tuple[tuple[int, int], ...]) -> None:
    click.echo(
        f"\nparameters for each entry of random tables (neurons), {weights} weights, {bias} bias"
    )
    row("table", "0s too", *ACTIVATIONS, "2d + 2")
    for inputs, p in sizes:
        setting = _setting(p, weights, bias)
        cells = [f"{fewest_parameters(setting):.2f}"]
        for name in ACTIVATIONS:
            target = table_target(random_codes(setting.format, inputs), setting.format)
            cells.append(_each(construct(setting, activation(name), target, Limits())))
        row(f"d = {inputs}, p = {p}", *cells, str(2 * inputs + 2))


def _each(found: object) -> str:
    if not isinstance(found, Constructed):
        return str(found)
    return f"{found.parameters / found.entries:.2f} ({found.network.neurons})"


def _structured() -> None:
    click.echo("\nstructured targets, two inputs: parameters (neurons; part of one cell a point)")
    names = ("relu", "sigmoid", "gelu")
    click.echo(f"{'target':36}" + "".join(f"{name:>28}" for name in names))
    for p in (6, 8):
        setting = _setting(p, "full")
        for title, text in STRUCTURED:
            target = expression_side(
                (text,), 2, setting.format, setting.format, FileSpace.working_directory()
            )
            cells = [_whole(setting, name, target) for name in names]
            first = f"{title}, paper({p},{2 ** (p - 1)})"
            click.echo(f"{first:36}" + "".join(f"{cell:>28}" for cell in cells))


def _whole(setting: QuantizationScheme, name: str, target: ExpressionSide) -> str:
    limits = Limits(timeout_seconds=STRUCTURED_SECONDS)
    found = construct(setting, activation(name), target, limits)
    if not isinstance(found, Constructed):
        return f"{found}, {STRUCTURED_SECONDS} s"
    cells = (2 * target.inputs + 2) * found.entries
    return f"{found.parameters} ({found.network.neurons}; {100 * found.parameters / cells:.3g}%)"


def _setting(p: int, weights: str, bias: str = "exact") -> QuantizationScheme:
    return QuantizationScheme.parse(str(Format.paper(p, 2 ** (p - 1))), weights, bias)
