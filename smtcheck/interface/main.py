"""The command line.  Importing this module imports nothing slow.

Exit codes: 0 everything is settled as expected, 1 refuted (or expected to be, and
not), 2 bad usage or input, 3 undecided, 4 internal error.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from smtcheck import __version__
from smtcheck.errors import InputError

OWN_MEBIBYTES = 4096  #: address space of this process, beside what solvers may use
BAD_INPUT, INTERNAL_ERROR, INTERRUPTED = 2, 4, 130

if TYPE_CHECKING:
    from smtcheck.interface.commands import Options
    from smtcheck.interface.executors import Resources

Command = TypeVar("Command", bound=Callable[..., Any])


def main() -> None:
    """Run the command line; every failure is one clear line and an exit code."""
    try:
        code = commands(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = BAD_INPUT
    except InputError as error:
        click.echo(f"smtcheck: {error}", err=True)
        code = BAD_INPUT
    except (KeyboardInterrupt, click.Abort):
        click.echo("smtcheck: interrupted", err=True)
        code = INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = BAD_INPUT
    except Exception as error:  # a defect, which is never shown as a verdict
        if "SMTCHECK_TRACEBACK" in os.environ:
            raise
        click.echo(
            f"smtcheck: internal error: {type(error).__name__}: {error} "
            "(please report it, with SMTCHECK_TRACEBACK=1)",
            err=True,
        )
        code = INTERNAL_ERROR
    sys.exit(code or 0)


def _shared(function: Command) -> Command:
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


_ENGINES = ("auto", "composition", "merge", "exhaustive", "smt", "z3", "bitwuzla")
_engine = click.option(
    "--engine", type=click.Choice(_ENGINES), default="auto", show_default=True,
    help="Which engine searches.",
)  # fmt: skip
_scheduler = click.option(
    "--scheduler", metavar="ADDRESS",
    help="A Dask scheduler, such as tcp://host:8786, whose workers do the work; it is trusted.",
)  # fmt: skip


def _resources(function: Command) -> Command:
    """Who does long evaluations."""
    jobs = click.option(
        "--jobs", type=click.IntRange(1, 256), metavar="N",
        help="Processes for long evaluations.  [default: 1]",
    )  # fmt: skip
    return jobs(_scheduler(function))


_format = click.option(
    "--format", "format_text", required=True, metavar="F", help="Such as 'ap_fixed<8,4>'."
)
_activation = click.option(
    "--activation", "activation_text", required=True, metavar="A",
    help="A name, expr:EXPR, table:FILE or module:function.",
)  # fmt: skip


def _setting(function: Command) -> Command:
    """Which weights and biases networks may have."""
    weights = click.option(
        "--weights", default="full", show_default=True, metavar="W",
        help="full, ternary, binary or binary-dense.",
    )  # fmt: skip
    bias = click.option(
        "--bias", default="exact", show_default=True, metavar="B", help="exact, grid or format."
    )
    return weights(bias(function))


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="smtcheck")
def commands() -> None:
    """Prove or refute, bit for bit, what quantized neural networks compute."""


@commands.command()
@click.argument("claims", nargs=-1, required=True, metavar="CLAIM.toml...")
@_engine
@_resources
@_shared
def prove(claims: tuple[str, ...], engine: str, **shared: Any) -> int:
    """Search for a proof or a counterexample of each claim."""
    from smtcheck.interface.commands import settle

    paths = [Path(claim) for claim in claims]
    return settle(paths, engine, "prove", _options(shared), _used(shared))


@commands.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@_engine
@_resources
@_shared
def verify(paths: tuple[str, ...], engine: str, **shared: Any) -> int:
    """Check every claim under each PATH (default: proofs/)."""
    from smtcheck.interface.commands import claims_under, settle

    found = claims_under([Path(path) for path in paths or ("proofs",)])
    return settle(found, engine, "verify", _options(shared), _used(shared))


@commands.command()
@click.argument("path", metavar="CLAIM.toml|NET.json")
@click.option("--input", "input_text", metavar="VALUES", help="Such as '1/2, -3.25'.")
@click.option("--codes", "codes_text", metavar="CODES", help="The same as codes: '8, -52'.")
@_engine
@_shared
def explain(
    path: str, input_text: str | None, codes_text: str | None, engine: str, **shared: Any
) -> int:
    """Trace an input neuron by neuron: sum, rounding, tie, saturation.

    Without an input, a claim's counterexample is looked for and explained.
    """
    from smtcheck.interface.commands import in_time
    from smtcheck.interface.explain import explain_path

    return in_time(explain_path, Path(path), input_text, codes_text, engine, _options(shared))


@commands.command()
@_activation
@_format
@_setting
@click.option("--target", metavar="EXPR", help="Say whether this one function is representable.")
@click.option(
    "--inputs",
    type=click.IntRange(1, 20),
    default=1,
    show_default=True,
    metavar="d",
    help="Of the target.",
)
@_shared
def decide(
    activation_text: str,
    format_text: str,
    weights: str,
    bias: str,
    target: str | None,
    inputs: int,
    **shared: Any,
) -> int:
    """Decide whether networks of a format represent every function."""
    from smtcheck.interface.commands import in_time
    from smtcheck.interface.decide import Request, decide_request

    request = Request(
        activation=activation_text,
        format=format_text,
        weights=weights,
        bias=bias,
        target=target,
        inputs=inputs,
    )
    return in_time(decide_request, request, _options(shared))


@commands.command()
@click.option(
    "--target", "targets", multiple=True, required=True, metavar="EXPR",
    help="An expression in x0, x1, ...; again for another output.  Or table:FILE (CSV or NPY of "
    "output codes), or module:function.",
)  # fmt: skip
@click.option(
    "--inputs", type=click.IntRange(1, 20), default=1, show_default=True, metavar="d",
    help="How many inputs the target has.",
)  # fmt: skip
@_activation
@_format
@_setting
@click.option(
    "-o", "--output", required=True, metavar="NET.json", help="Where the network is written."
)
@click.option("--claim", metavar="CLAIM.toml", help="Write the claim that was proved, too.")
@_resources
@_shared
def construct(
    targets: tuple[str, ...],
    inputs: int,
    activation_text: str,
    format_text: str,
    weights: str,
    bias: str,
    output: str,
    claim: str | None,
    **shared: Any,
) -> int:
    """Build a network that computes a target exactly, and prove that it does."""
    from smtcheck.interface.commands import in_time
    from smtcheck.interface.construct import Request, construct_request
    from smtcheck.theory.settings import Setting

    request = Request(
        targets=targets,
        inputs=inputs,
        activation=activation_text,
        setting=Setting.parse(format_text, weights, bias),
        output=Path(output),
        claim=Path(claim) if claim else None,
    )
    return in_time(construct_request, request, _used(shared), _options(shared))


_several: dict[str, Any] = {"multiple": True, "show_default": True}


@commands.command()
@click.option(
    "--activation", "activations", multiple=True, required=True, metavar="A",
    help="A name, expr:EXPR, table:FILE or module:function; again for another.",
)  # fmt: skip
@click.option("--p", default="1..8", show_default=True, metavar="RANGE", help="Such as 4 or 1..8.")
@click.option(
    "--scale", default="1..max", show_default=True, metavar="RANGE",
    help="Such as 8, 1..32 or 1..max, where max is 2^p - 1.",
)  # fmt: skip
@click.option(
    "--weights", **_several, default=["full"], metavar="W",
    help="full, ternary, binary or binary-dense; again for another.",
)  # fmt: skip
@click.option(
    "--bias", **_several, default=["exact"], metavar="B",
    help="exact, grid or format; again for another.",
)  # fmt: skip
@click.option(
    "--rounding", **_several, default=["AP_RND_INF"], metavar="Q",
    help="A rounding mode; again for another.",
)  # fmt: skip
@click.option(
    "--overflow", **_several, default=["AP_SAT"], metavar="O",
    help="An overflow mode; again for another.",
)  # fmt: skip
@click.option("--csv", metavar="FILE.csv", help="Write a row for each verdict.")
@click.option(
    "--resume", metavar="FILE.csv",
    help="Decide only what is missing in the file (or undecided), and write it there.",
)  # fmt: skip
@click.option("--plot", metavar="FILE.svg|png|pdf", help="Draw the map (needs matplotlib).")
@click.option(
    "--jobs", type=click.IntRange(1, 256), metavar="N", help="Processes.  [default: the CPUs]"
)
@_scheduler
@_shared
def sweep(jobs: int | None, activations: tuple[str, ...], p: str, scale: str, **more: Any) -> int:
    """Map for which sizes p and scales a format is universal.

    The formats are paper(p,scale): codes -(2^p - 1) .. 2^p - 1.  --timeout is for
    each verdict.  After Ctrl-C, what was decided is shown and is in the CSV file.
    """
    from smtcheck.interface.sweep import Request, sweep_request

    request = Request(
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
    return sweep_request(request, _options(more))


@commands.command()
@_activation
@_format
@click.option("--output", metavar="FILE.csv", help="Write the codes, lo first, for table:FILE.")
@_shared
def table(activation_text: str, format_text: str, output: str | None, **shared: Any) -> int:
    """The certified table of an activation in a format."""
    from smtcheck.interface.commands import in_time, show_table

    path = Path(output) if output else None
    return in_time(show_table, activation_text, format_text, path, _options(shared))


@commands.command()
@click.argument("claim", metavar="CLAIM.toml")
@click.option("--smtlib", "output", required=True, metavar="FILE", help="'-' for stdout.")
@_shared
def export(claim: str, output: str, **shared: Any) -> int:
    """Write the obligation as SMT-LIB 2: unsatisfiable exactly if the claim holds."""
    from smtcheck.interface.commands import export_claim, in_time

    return in_time(export_claim, Path(claim), output, _options(shared))


def _used(shared: dict[str, Any]) -> Resources:
    from smtcheck.interface.executors import Resources

    return Resources.of(shared["jobs"], shared["scheduler"])


def _options(shared: dict[str, Any]) -> Options:
    from smtcheck.interface.commands import Options
    from smtcheck.networks.files import CodeExecution
    from smtcheck.proving.limits import Limits, confine_memory

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


if __name__ == "__main__":
    main()
