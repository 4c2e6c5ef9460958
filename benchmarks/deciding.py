"""Single decisions: few entries at any size, whole tables, wrapping, and solvers.

The time is that of the search and of checking its evidence, in this process, with a
table that nobody has filled before.
"""

from __future__ import annotations

import statistics
import time

import click

from smtcheck.arithmetic.formats import Format
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from smtcheck.claims.verdicts import NotUniversal, Universal
from smtcheck.limits import Limits
from smtcheck.networks.activations import activation
from smtcheck.universality.decision import decide

CASES = (
    ("gelu", "paper(62,2^40)", "full", "exact"),
    ("gelu", "paper(62,2^40)", "binary", "format"),
    ("step", "paper(62,2^40)", "binary", "exact"),
    ("sigmoid", "paper(8,100)", "full", "exact"),
    ("relu", "paper(10,1500)", "full", "grid"),
    ("relu", "ap_fixed<8,3>", "full", "exact"),
    ("relu", "ap_fixed<16,6>", "full", "exact"),
    ("relu", "ap_fixed<16,6>", "ternary", "format"),
    ("sigmoid", "ap_fixed<16,6>", "full", "exact"),
    ("identity", "ap_fixed<12,11>", "full", "exact"),
    ("relu", "paper(8,100,AP_TRN,AP_WRAP)", "full", "exact"),
    ("expr:2*abs(floor(x))", "paper(24,3,AP_TRN,AP_SAT_ZERO)", "ternary", "exact"),
    ("abs", "paper(22,1)", "ternary", "format"),
)


def measure(runs: int, timeout: int) -> None:
    """Print what was decided, by which argument, and how fast."""
    click.echo("universality: activation, format, weights, bias")
    for name, text, weights, bias in CASES:
        setting = QuantizationScheme(
            format=Format.parse(text), weights=Weights(weights), bias=Bias(bias)
        )
        seconds = []
        for _ in range(runs):
            start = time.perf_counter()
            verdict = decide(setting, activation(name), Limits(timeout_seconds=timeout))
            seconds.append(time.perf_counter() - start)
        what = f"{name}, {text}, {weights}, {bias}"
        click.echo(f"{what:62}{verdict!s:>14}{_argument(verdict):>12}{_median(seconds):>10}")


def _median(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.4f} s"


def _argument(verdict: object) -> str:
    is_settled = isinstance(verdict, Universal | NotUniversal)
    return type(verdict.evidence).__name__.lower() if is_settled else ""
