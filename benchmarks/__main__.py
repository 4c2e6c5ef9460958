"""`python -m benchmarks [TABLE...]`: encoding, exhaustive, crossover, deciding, sweep."""

from __future__ import annotations

import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

import click

from benchmarks import deciding, naive, sweep
from benchmarks.constructed import random_case, random_network
from smtcheck.arithmetic.formats import Format
from smtcheck.networks.activations import activation
from smtcheck.networks.language import parse
from smtcheck.networks.network import Layer, Matrix, Network
from smtcheck.proving import smt
from smtcheck.proving.limits import Limits
from smtcheck.proving.merging import merged
from smtcheck.proving.questions import ExpressionSide, NetworkSide, Obligation, Question
from smtcheck.proving.search import Engine, prove
from smtcheck.proving.verdicts import Undecided

_Z3 = (
    "import sys, time, z3; text = sys.stdin.read(); start = time.perf_counter(); "
    "solver = z3.SolverFor('QF_BV'); solver.from_string(text); answer = solver.check(); "
    "print(answer, time.perf_counter() - start)"
)
_BITWUZLA = (
    "import sys, time; from bitwuzla import *; text = sys.stdin.read(); "
    "start = time.perf_counter(); parser = Parser(TermManager(), Options()); "
    "parser.parse(text, True, False); answer = parser.bitwuzla().check_sat(); "
    "print(answer, time.perf_counter() - start)"
)


_NAMES = ("encoding", "exhaustive", "crossover", "deciding", "sweep")


@click.command()
@click.argument("tables", nargs=-1, type=click.Choice(_NAMES))
@click.option("--runs", default=3, show_default=True, help="Medians are of this many.")
@click.option("--timeout", default=120, show_default=True, help="Seconds for one run.")
def main(tables: tuple[str, ...], runs: int, timeout: int) -> None:
    """Print the tables named, or all of them."""
    versions = f"Python {platform.python_version()}, {platform.machine()}"
    click.echo(f"medians of {runs} runs, time limit {timeout} s, {versions}")
    for table in (_encoding, _exhaustive, _crossover, _deciding, _sweep):
        if not tables or table.__name__[1:] in tables:
            click.echo("")
            table(runs, timeout)


def _encoding(runs: int, timeout: int) -> None:
    click.echo("network = random table, paper(p, 2^(p-1)), ReLU (second-layer neurons)")
    click.echo("seconds in the solver; ratios against the naive 32-bit encoding in z3")
    _row("case", "encoding", "writing it", "z3", "ratio", "bitwuzla", "ratio")
    for inputs, p in ((1, 3), (1, 4), (2, 2), (1, 5), (2, 3), (1, 6), (2, 4)):
        case = random_case(inputs, p)
        baseline = _median(runs, partial(_solver_seconds, _Z3, naive.script(case), timeout))
        _row(case.name, "naive", "", _seconds(baseline, timeout))
        for name, write in (("ours", _plain_script), ("after merging", _merged_script)):
            start = time.perf_counter()
            text = write(case.question)
            cells = [name, f"{time.perf_counter() - start:.3f}"]
            for solver in (_Z3, _BITWUZLA):
                seconds = _median(runs, partial(_solver_seconds, solver, text, timeout))
                cells += [_seconds(seconds, timeout), _ratio(baseline, seconds, timeout)]
            _row("", *cells)


def _plain_script(question: Question) -> str:
    return smt.script(question, Obligation.AGREEMENT) or ""


def _merged_script(question: Question) -> str:
    asked = merged(question)
    assert isinstance(asked, Question)
    return _plain_script(asked)


def _exhaustive(runs: int, timeout: int) -> None:
    click.echo("exhaustive evaluation of network = target (every point, no early end)")
    _row("network", "neurons", "weights", "points", "seconds", "points/s")
    for name, question in _exhaustive_cases():
        seconds = _median(runs, partial(_prove_seconds, question, Engine.EXHAUSTIVE, timeout))
        side = question.left
        assert isinstance(side, NetworkSide)
        network = side.network
        rate = f"{question.points / seconds:.2e}" if seconds < timeout else "-"
        counts = (network.neurons, network.nonzero_weights, question.points)
        _row(name, *map(str, counts), _seconds(seconds, timeout), rate)


def _exhaustive_cases() -> list[tuple[str, Question]]:
    cases = [(f"max of two, {bits} bits", maximum(bits)) for bits in (8, 10, 12)]
    for hidden in (16, 64, 256):
        cases.append((f"{hidden} random neurons", itself(random_network(hidden))))
    case = random_case(2, 4)
    return [*cases, (case.name, case.question)]


def _crossover(runs: int, timeout: int) -> None:
    click.echo("max of two as a ReLU network: when solvers overtake evaluation")
    _row("bits", "points", "exhaustive", "z3", "bitwuzla", "side by side")
    for bits in (6, 8, 9, 10, 11, 12, 13, 14, 16):
        question = maximum(bits)
        engines = (Engine.EXHAUSTIVE, Engine.Z3, Engine.BITWUZLA, Engine.SMT)
        cells = [
            _seconds(_median(runs, partial(_prove_seconds, question, engine, timeout)), timeout)
            for engine in engines
        ]
        _row(str(bits), f"2^{2 * bits}", *cells)


def _deciding(runs: int, timeout: int) -> None:
    deciding.measure(runs, timeout)


def _sweep(runs: int, timeout: int) -> None:
    sweep.measure(runs)


def itself(network: Network) -> Question:
    """Is a network what it is?  It is evaluated twice to find out."""
    side = NetworkSide(network=network)
    return Question(left=side, right=side, domain=(network.input_format.codes,) * network.inputs)


def maximum(bits: int) -> Question:
    """Is x1 + relu(x0 - x1), computed in twice as wide a format, max(x0, x1)?"""
    narrow = Format.parse(f"ap_fixed<{bits},{bits // 2},AP_RND,AP_SAT>")
    wide = Format.parse(f"ap_fixed<{bits + 1},{bits // 2 + 1},AP_RND,AP_SAT>")
    one = narrow.scale
    relu = activation("relu")
    hidden = Layer(
        weights=Matrix.dense([[one, -one], [0, one], [0, -one]]),
        biases=(0, 0, 0),
        input_scale=one,
        weight_format=wide,
        output_format=wide,
        activation=relu,
    )
    last = Layer(
        weights=Matrix.dense([[one, one, -one]]),
        biases=(0,),
        input_scale=one,
        weight_format=wide,
        output_format=narrow,
    )
    network = Network(input_format=narrow, inputs=2, layers=(hidden, last))
    target = ExpressionSide(
        texts=("max(x0, x1)",),
        expressions=(parse("max(x0, x1)", 2),),
        inputs=2,
        input_format=narrow,
        output_format=narrow,
    )
    domain = (narrow.codes, narrow.codes)
    return Question(left=NetworkSide(network=network), right=target, domain=domain)


def _median(runs: int, measure: Callable[[], float]) -> float:
    """The median; one run that reaches the time limit is enough."""
    seconds = []
    for _ in range(runs):
        seconds.append(measure())
        if seconds[-1] == float("inf"):
            break
    return statistics.median(seconds) if seconds[-1] != float("inf") else float("inf")


def _solver_seconds(program: str, text: str, timeout: int) -> float:
    try:
        done = subprocess.run(
            [sys.executable, "-c", program],
            input=text,
            capture_output=True,
            text=True,
            timeout=timeout + 2,
            check=True,
        )
    except subprocess.TimeoutExpired:
        return float("inf")
    answer, seconds = done.stdout.split()
    if answer != "unsat":
        raise SystemExit(f"a benchmark that should be unsat is {answer}")
    return float(seconds)


def _prove_seconds(question: Question, engine: Engine, timeout: int) -> float:
    start = time.perf_counter()
    verdict = prove(question, Limits(timeout_seconds=timeout), engine)
    seconds = time.perf_counter() - start
    if isinstance(verdict, Undecided):
        return float("inf")
    if str(verdict) != "proved":
        raise SystemExit(f"a benchmark that should be proved is {verdict}")
    return seconds


def _seconds(seconds: float, timeout: int) -> str:
    return f"> {timeout}" if seconds == float("inf") else f"{seconds:.3f}"


def _ratio(baseline: float, ours: float, timeout: int) -> str:
    if ours == float("inf"):
        return "-"
    at_least = baseline == float("inf")
    return f"{'> ' if at_least else ''}{(timeout if at_least else baseline) / ours:.0f}x"


def _row(first: str, *cells: str) -> None:
    click.echo(f"{first:24}" + "".join(f"{cell:>15}" for cell in cells))


if __name__ == "__main__":
    main()
