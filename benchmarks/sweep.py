"""The sweep: every activation of the paper and some more, every p and scale up to p = 8.

What is measured is the command as people run it, from its start to its end.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time

import click

ACTIVATIONS = (
    "sigmoid", "relu", "elu", "softplus", "silu", "mish", "gelu", "identity", "tanh", "step",
)  # fmt: skip
WEIGHTS = ("full", "binary")
JOBS = (1, 2)
TARGET_SECONDS = 60  #: on two cores, for about 8,000 verdicts


def measure(runs: int) -> None:
    """Print the sweep's verdicts and how fast they come."""
    activations = ", ".join(ACTIVATIONS)
    click.echo(f"sweep: {activations} x {', '.join(WEIGHTS)}, p = 1..8, every scale 1..2^p-1")
    click.echo(f"(at most {TARGET_SECONDS} s are allowed)")
    click.echo(f"{'jobs':>4}" + "".join(f"{name:>15}" for name in ("verdicts", *_ANSWERS, *_TIMES)))
    for jobs in JOBS:
        timed = [_run(jobs) for _ in range(runs)]
        document = timed[0][1]
        seconds = statistics.median(run[0] for run in timed)
        verdicts = len(document["verdicts"])
        counts = "".join(f"{document[answer]:>15}" for answer in _ANSWERS)
        click.echo(f"{jobs:>4}{verdicts:>15}{counts}{seconds:>15.2f}{verdicts / seconds:>15.0f}")


_ANSWERS = ("universal", "not universal", "undecided")
_TIMES = ("seconds", "verdicts/s")


def _run(jobs: int) -> tuple[float, dict]:
    options = [part for name in ACTIVATIONS for part in ("--activation", name)]
    options += [part for name in WEIGHTS for part in ("--weights", name)]
    options += ["--p", "1..8", "--scale", "1..max", "--jobs", str(jobs), "--json"]
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "smtcheck", "sweep", *options],
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - start
    document = json.loads(done.stdout)
    if done.returncode != 0 or not document["complete"]:
        raise SystemExit(f"the sweep ended with exit code {done.returncode}: {done.stderr}")
    return seconds, document
