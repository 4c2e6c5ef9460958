"""`python -m benchmarks [TABLE...]`: the tables of the README, and more (see `--help`)."""

from __future__ import annotations

import platform
import sys
import time
from functools import partial
from pathlib import Path

import click

from benchmarks import (
    campaign,
    certificates,
    constructing,
    deciding,
    mutation,
    naive,
    sweep,
    trusted,
)
from benchmarks.constructed import random_case, random_network
from benchmarks.measuring import (
    BITWUZLA,
    Z3,
    in_seconds,
    median,
    prove_seconds,
    ratio,
    row,
    solver_seconds,
)
from smtcheck.arithmetic.formats import Format
from smtcheck.claims.questions import Obligation, Question
from smtcheck.claims.sides import ExpressionSide, NetworkSide
from smtcheck.engines import smt
from smtcheck.engines.portfolio import Engine
from smtcheck.engines.row_merge import merged
from smtcheck.expressions.parsing import parse
from smtcheck.networks.activations import activation
from smtcheck.networks.layers import Layer
from smtcheck.networks.matrices import Matrix
from smtcheck.networks.network import Network

_NAMES = (
    "encoding", "exhaustive", "crossover", "deciding", "sweep", "construction", "certificates",
    "trusted", "mutation", "campaign",
)  # fmt: skip


class _TableOrNumber(click.ParamType):
    """A table's name, or how many claims its campaign has."""

    name = "table or number"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not value.isdecimal() and value not in _NAMES:
            self.fail(f"{value!r} is not one of {', '.join(_NAMES)}, nor a number", param, ctx)
        return value


@click.command()
@click.argument("tables", nargs=-1, type=_TableOrNumber(), metavar="[TABLE]... [N]")
@click.option("--runs", default=5, show_default=True, help="Medians are of this many.")
@click.option("--timeout", default=120, show_default=True, help="Seconds for one run.")
@click.option("--mutants", default=60, show_default=True, help="So many small changes.")
@click.option("--seed", default=campaign.SEED, show_default=True, help="Of a campaign.")
@click.option(
    "--failures", default="build/campaign", show_default=True, type=click.Path(path_type=Path),
    help="The folder for claims that a campaign has found wrong.",
)  # fmt: skip
def main(
    tables: tuple[str, ...], runs: int, timeout: int, mutants: int, seed: int, failures: Path
) -> None:
    """Print the tables named, or all of them but the mutation score and the campaign.

    `campaign [N]` puts N random claims (20,000, which take about a quarter of an hour) to
    prove and verify; it exits with 1 if any of them is not as brute force says.
    """
    if "campaign" in tables:
        count = next((int(name) for name in tables if name.isdecimal()), campaign.CLAIMS)
        sys.exit(min(1, campaign.measure(count, seed, failures)))
    versions = f"Python {platform.python_version()}, {platform.machine()}"
    click.echo(f"medians of {runs} runs, time limit {timeout} s, {versions}")
    printers = (
        _encoding, _exhaustive, _crossover, _deciding, _sweep, _construction, _certificates,
        _trusted,
    )  # fmt: skip
    for table in printers:
        if not tables or table.__name__[1:] in tables:
            click.echo("")
            table(runs, timeout)
    if "mutation" in tables:
        click.echo("")
        mutation.measure(mutants)


def _encoding(runs: int, timeout: int) -> None:
    click.echo("network = random table, paper(p, 2^(p-1)), ReLU (second-layer neurons)")
    click.echo("seconds in the solver; ratios against the naive 32-bit encoding in z3")
    row("case", "encoding", "writing it", "z3", "ratio", "bitwuzla", "ratio")
    for inputs, p in ((1, 3), (1, 4), (2, 2), (1, 5), (2, 3), (1, 6), (2, 4)):
        case = random_case(inputs, p)
        baseline = median(runs, partial(solver_seconds, Z3, naive.script(case), timeout))
        row(case.name, "naive", "", in_seconds(baseline, timeout))
        for name, write in (("ours", _plain_script), ("after merging", _merged_script)):
            start = time.perf_counter()
            text = write(case.question)
            cells = [name, f"{time.perf_counter() - start:.3f}"]
            for solver in (Z3, BITWUZLA):
                seconds = median(runs, partial(solver_seconds, solver, text, timeout))
                cells += [in_seconds(seconds, timeout), ratio(baseline, seconds, timeout)]
            row("", *cells)


def _plain_script(question: Question) -> str:
    return smt.script(question, Obligation.AGREEMENT) or ""


def _merged_script(question: Question) -> str:
    asked = merged(question)
    assert isinstance(asked, Question)
    return _plain_script(asked)


def _exhaustive(runs: int, timeout: int) -> None:
    click.echo("exhaustive evaluation of network = target (every point, no early end)")
    row("network", "neurons", "weights", "points", "seconds", "points/s")
    for name, question in _exhaustive_cases():
        seconds = median(runs, partial(prove_seconds, question, Engine.EXHAUSTIVE, timeout))
        side = question.left
        assert isinstance(side, NetworkSide)
        network = side.network
        rate = f"{question.points / seconds:.2e}" if seconds < timeout else "-"
        counts = (network.neurons, network.nonzero_weights, question.points)
        row(name, *map(str, counts), in_seconds(seconds, timeout), rate)


def _exhaustive_cases() -> list[tuple[str, Question]]:
    cases = [(f"max of two, {bits} bits", maximum(bits)) for bits in (8, 10, 12)]
    for hidden in (16, 64, 256):
        cases.append((f"{hidden} random neurons", itself(random_network(hidden))))
    case = random_case(2, 4)
    return [*cases, (case.name, case.question)]


def _crossover(runs: int, timeout: int) -> None:
    click.echo("max of two as a ReLU network: when solvers overtake evaluation")
    row("bits", "points", "exhaustive", "z3", "bitwuzla", "side by side")
    for bits in (6, 8, 9, 10, 11, 12, 13, 14, 16):
        question = maximum(bits)
        engines = (Engine.EXHAUSTIVE, Engine.Z3, Engine.BITWUZLA, Engine.SMT)
        cells = [
            in_seconds(median(runs, partial(prove_seconds, question, engine, timeout)), timeout)
            for engine in engines
        ]
        row(str(bits), f"2^{2 * bits}", *cells)


def _deciding(runs: int, timeout: int) -> None:
    deciding.measure(runs, timeout)


def _sweep(runs: int, timeout: int) -> None:
    sweep.measure(runs)


def _construction(runs: int, timeout: int) -> None:
    constructing.measure(runs, timeout)


def _certificates(runs: int, timeout: int) -> None:
    certificates.measure(runs, timeout)


def _trusted(runs: int, timeout: int) -> None:
    trusted.measure()


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


if __name__ == "__main__":
    main()
