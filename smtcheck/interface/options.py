"""Options that several commands take, and what they mean.  Nothing slow is imported."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from smtcheck.interface.executors import Resources
    from smtcheck.interface.outcomes import Options

OWN_MEBIBYTES = 4096  #: address space of this process, beside what solvers may use

Command = TypeVar("Command", bound=Callable[..., Any])


def shared(function: Command) -> Command:
    """The options that every command takes."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout."),
        click.option(
            "--timeout",
            "timeout_seconds",
            type=click.IntRange(1, 10**6),
            default=120,
            show_default=True,
            metavar="SECONDS",
            help="For each claim.",
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
        click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, metavar="N"),
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


def resources(function: Command) -> Command:
    """Who does long evaluations."""
    jobs = click.option(
        "--jobs", type=click.IntRange(1, 256), metavar="N",
        help="Processes for long evaluations.  [default: 1]",
    )  # fmt: skip
    return jobs(scheduler(function))


format_ = click.option(
    "--format", "format_text", required=True, metavar="F", help="Such as 'ap_fixed<8,4>'."
)
activation = click.option(
    "--activation", "activation_text", required=True, metavar="A",
    help="A name, expr:EXPR, table:FILE, module:function or float64:module:function.",
)  # fmt: skip


def setting(function: Command) -> Command:
    """Which weights and biases networks may have."""
    weights = click.option(
        "--weights", default="full", show_default=True, metavar="W",
        help="full, ternary, binary or binary-dense.",
    )  # fmt: skip
    bias = click.option(
        "--bias", default="exact", show_default=True, metavar="B", help="exact, grid or format."
    )
    return weights(bias(function))


def resources_of(shared: dict[str, Any]) -> Resources:
    """Who does long evaluations, as the options say."""
    from smtcheck.interface.executors import Resources

    return Resources.of(shared["jobs"], shared["scheduler"])


def options_of(shared: dict[str, Any]) -> Options:
    """What every command is told, as the options say; memory is confined from here on."""
    from smtcheck.files import CodeExecution
    from smtcheck.interface.outcomes import Options
    from smtcheck.limits import Limits, confine_memory

    confine_memory(shared["memory_mebibytes"] + OWN_MEBIBYTES)
    return Options(
        output=Options.Output.JSON if shared["as_json"] else Options.Output.TEXT,
        code=CodeExecution.ALLOWED if shared["allow_code"] else CodeExecution.REFUSED,
        limits=Limits(
            timeout_seconds=shared["timeout_seconds"],
            memory_mebibytes=shared["memory_mebibytes"],
            seed=shared["seed"],
        ),
    )
