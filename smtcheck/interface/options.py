"""Options that several commands take, and what they mean.  Nothing slow is imported."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeVar

import click

from smtcheck.errors import InputError
from smtcheck.interface import completion

if TYPE_CHECKING:
    from smtcheck.interface.executors import Resources
    from smtcheck.interface.outcomes import Options

OWN_MEBIBYTES = 4096  #: address space of this process, beside what solvers may use

Command = TypeVar("Command", bound=Callable[..., Any])


class _Seconds(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """A time: a number of seconds, or with a unit."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        found = _TIME.fullmatch(str(value).strip())
        if found is None:
            self.fail(f"{str(value)[:40]!r} is no time: as in 10, 0.5, 90s, 2m or 1h", param, ctx)
        seconds = Fraction(found[1]) * _UNITS[found[2] or "s"]
        if not 0 < seconds <= MAX_SECONDS:
            self.fail(f"{value} is not above 0 and at most {MAX_SECONDS} s", param, ctx)
        return int(seconds) if seconds.denominator == 1 else float(seconds)


_TIME = re.compile(r"(\d{1,9}(?:\.\d{1,6})?|\.\d{1,6}) *(s|m|h)?", re.ASCII)
_UNITS = {"s": 1, "m": 60, "h": 3600}
MAX_SECONDS = 10**6
MAX_JOBS = 256  #: processes
MAX_INPUTS = 20  #: of a target
SECONDS = _Seconds()


def shared(function: Command) -> Command:
    """The options that every command takes."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout."),
        click.option(
            "--timeout",
            "timeout_seconds",
            type=SECONDS,
            default="120",
            show_default=True,
            metavar="TIME",
            help="For each claim: seconds, or as in 0.5, 90s, 2m, 1h.",
        ),
        click.option(
            "--memory",
            "memory_mebibytes",
            type=click.IntRange(256, 2**24),
            default=4096,
            show_default=True,
            metavar="MIB",
            help="For each solver.",
        ),
        click.option(
            "--seed",
            type=click.IntRange(0, 2**31 - 1),
            default=0,
            show_default=True,
            metavar="N",
            help="Of the solvers.",
        ),
        click.option(
            "--allow-code", is_flag=True, help="Let module:function be imported and called."
        ),
    ):
        function = option(function)
    return function


ENGINES = ("auto", "composition", "merge", "exhaustive", "smt", "z3", "bitwuzla")
engine = click.option(
    "--engine", type=click.Choice(ENGINES), default="auto", show_default=True,
    help="Which engine searches.",
)  # fmt: skip
scheduler = click.option(
    "--scheduler", metavar="ADDRESS",
    help="A Dask scheduler, such as tcp://host:8786, whose workers do the work; it is trusted.",
)  # fmt: skip


jobs = click.option(
    "--jobs", type=click.IntRange(1, MAX_JOBS), metavar="N",
    help="Processes.  [default: the CPUs]",
)  # fmt: skip


def reporting(function: Command) -> Command:
    """How much is said of several claims, and where they lie."""
    for option in (
        click.option("-q", "--quiet", is_flag=True, help="Say only what is not as expected."),
        click.option("-v", "--verbose", is_flag=True, help="Say more of each claim."),
        click.option(
            "--fail-fast", is_flag=True, help="Stop at the first claim that is not as expected."
        ),
        root,
    ):
        function = option(function)
    return function


root = click.option(
    "--root",
    metavar="DIR",
    shell_complete=completion.folders,
    help="Files that a claim names lie under it.  [default: the nearest folder above the claim "
    "with .git, or with [tool.smtcheck] in pyproject.toml]",
)


force = click.option("--force", is_flag=True, help="Write over files that exist.")


def resources(function: Command) -> Command:
    """Who does long evaluations."""
    own = click.option(
        "--jobs", type=click.IntRange(1, MAX_JOBS), metavar="N",
        help="Processes for long evaluations.  [default: 1]",
    )  # fmt: skip
    return own(scheduler(function))


format_ = click.option(
    "--format", "format_text", required=True, metavar="F",
    help="Such as 'ap_fixed<8,4>', 'paper(3,4)', Q3.4 or int8.",
)  # fmt: skip
ACTIVATION = (
    "A name (relu, sigmoid, gelu, ...: completion has all), expr:EXPR, table:FILE, "
    "module:function, float64:module:function or float32:module:function"
)
activation = click.option(
    "--activation", "activation_text", required=True, metavar="A",
    shell_complete=completion.activations, help=f"{ACTIVATION}.",
)  # fmt: skip


#: The values of enums in claims/settings.py, which is slow to import.
WEIGHTS = ("full", "ternary", "binary", "binary-dense")
BIASES = ("exact", "grid", "format")


def setting(function: Command) -> Command:
    """Which weights and biases networks may have."""
    weights = click.option(
        "--weights", type=click.Choice(WEIGHTS), default="full", show_default=True,
        help="Which codes weights may have.",
    )  # fmt: skip
    bias = click.option(
        "--bias", type=click.Choice(BIASES), default="exact", show_default=True,
        help="Which numbers biases may be.",
    )  # fmt: skip
    return weights(bias(function))


def resources_of(shared: dict[str, Any]) -> Resources:
    """Who does long evaluations, as the options say."""
    from smtcheck.interface.executors import Resources

    return Resources.of(shared["jobs"], shared["scheduler"])


def options_of(shared: dict[str, Any]) -> Options:
    """What every command is told, as the options say; memory is confined from here on."""
    from pathlib import Path

    from smtcheck.files import CodeExecution
    from smtcheck.interface.outcomes import Detail, Options
    from smtcheck.limits import Limits, confine_memory

    if shared.get("quiet") and shared.get("verbose"):
        raise InputError("-q and -v say the opposite: give one of them")
    is_quiet, is_verbose = shared.get("quiet"), shared.get("verbose")
    root = shared.get("root")
    if root is not None and not Path(root).is_dir():
        raise InputError(f"--root {root} is no folder")
    confine_memory(shared["memory_mebibytes"] + OWN_MEBIBYTES)
    return Options(
        output=Options.Output.JSON if shared["as_json"] else Options.Output.TEXT,
        code=CodeExecution.ALLOWED if shared["allow_code"] else CodeExecution.REFUSED,
        limits=Limits(
            timeout_seconds=shared["timeout_seconds"],
            memory_mebibytes=shared["memory_mebibytes"],
            seed=shared["seed"],
        ),
        root=Path(root) if root is not None else None,
        detail=Detail.QUIET if is_quiet else Detail.VERBOSE if is_verbose else Detail.USUAL,
        is_failing_fast=bool(shared.get("fail_fast")),
        is_forced=bool(shared.get("force")),
    )
