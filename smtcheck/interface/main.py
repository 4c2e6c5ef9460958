"""The command line.  Importing this module imports nothing slow.

Exit codes: 0 everything is settled as expected, 1 refuted (or expected to be, and
not), 2 bad usage or input, 3 undecided, 4 internal error.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from smtcheck.errors import InputError
from smtcheck.interface import options as opt
from smtcheck.version import __version__

BAD_INPUT, INTERNAL_ERROR, INTERRUPTED = 2, 4, 130


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


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="smtcheck")
def commands() -> None:
    """Prove or refute, bit for bit, what quantized neural networks compute."""


@commands.command()
@click.argument("claims", nargs=-1, required=True, metavar="CLAIM.toml...")
@opt.engine
@opt.resources
@opt.shared
def prove(claims: tuple[str, ...], engine: str, **shared: Any) -> int:
    """Search for a proof or a counterexample of each claim, or of all in a folder.

    A certificate is written beside each claim that is settled; verify re-checks it.
    """
    from smtcheck.interface.outcomes import claims_under
    from smtcheck.interface.prove import prove_claims

    paths = claims_under([Path(claim) for claim in claims])
    return prove_claims(paths, engine, opt.options_of(shared), opt.resources_of(shared))


@commands.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "--jobs", type=click.IntRange(1, 256), metavar="N", help="Processes.  [default: the CPUs]"
)
@click.option(
    "--paranoid", is_flag=True,
    help="Ask every SMT solver here, and lrup-check for proofs (make coq), what they think.",
)  # fmt: skip
@opt.shared
def verify(paths: tuple[str, ...], jobs: int | None, paranoid: bool, **shared: Any) -> int:
    """Re-check every claim under each PATH (default: proofs/) by its certificate.

    Nothing is searched for, and no solver is used.
    """
    from smtcheck.interface.outcomes import claims_under
    from smtcheck.interface.verify import Opinions, verify_claims

    found = claims_under([Path(path) for path in paths or ("proofs",)])
    opinions = Opinions.SECOND if paranoid else Opinions.OWN
    return verify_claims(found, opt.options_of(shared), jobs or os.cpu_count() or 1, opinions)


@commands.command()
@click.argument("path", metavar="CLAIM.toml|NET.json")
@click.option("--input", "input_text", metavar="VALUES", help="Such as '1/2, -3.25'.")
@click.option("--codes", "codes_text", metavar="CODES", help="The same as codes: '8, -52'.")
@opt.engine
@opt.shared
def explain(
    path: str, input_text: str | None, codes_text: str | None, engine: str, **shared: Any
) -> int:
    """Trace an input neuron by neuron: sum, rounding, tie, saturation.

    Without an input, a claim's counterexample is looked for and explained.
    """
    from smtcheck.interface.explain import explain_path
    from smtcheck.interface.outcomes import in_time

    return in_time(explain_path, Path(path), input_text, codes_text, engine, opt.options_of(shared))


@commands.command()
@opt.activation
@opt.format_
@opt.setting
@click.option("--target", metavar="EXPR", help="Say whether this one function is representable.")
@click.option(
    "--inputs",
    type=click.IntRange(1, 20),
    default=1,
    show_default=True,
    metavar="d",
    help="Of the target.",
)
@opt.shared
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
    from smtcheck.interface.decide import DecideRequest, decide_request
    from smtcheck.interface.outcomes import in_time

    request = DecideRequest(
        activation=activation_text,
        format=format_text,
        weights=weights,
        bias=bias,
        target=target,
        inputs=inputs,
    )
    return in_time(decide_request, request, opt.options_of(shared))


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
@opt.activation
@opt.format_
@opt.setting
@click.option(
    "-o", "--output", required=True, metavar="NET.json", help="Where the network is written."
)
@click.option("--claim", metavar="CLAIM.toml", help="Write the claim that was proved, too.")
@opt.resources
@opt.shared
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
    from smtcheck.claims.settings import QuantizationScheme
    from smtcheck.interface.construct import ConstructRequest, construct_request
    from smtcheck.interface.outcomes import in_time

    request = ConstructRequest(
        targets=targets,
        inputs=inputs,
        activation=activation_text,
        setting=QuantizationScheme.parse(format_text, weights, bias),
        output=Path(output),
        claim=Path(claim) if claim else None,
    )
    return in_time(construct_request, request, opt.resources_of(shared), opt.options_of(shared))


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
@opt.scheduler
@opt.shared
def sweep(jobs: int | None, activations: tuple[str, ...], p: str, scale: str, **more: Any) -> int:
    """Map for which sizes p and scales a format is universal.

    The formats are paper(p,scale): codes -(2^p - 1) .. 2^p - 1.  --timeout is for
    each verdict.  After Ctrl-C, what was decided is shown and is in the CSV file.
    """
    from smtcheck.interface.sweep.command import SweepRequest, sweep_request

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


@commands.command()
@opt.activation
@opt.format_
@click.option("--output", metavar="FILE.csv", help="Write the codes, lo first, for table:FILE.")
@opt.shared
def table(activation_text: str, format_text: str, output: str | None, **shared: Any) -> int:
    """The certified table of an activation in a format."""
    from smtcheck.interface.outcomes import in_time
    from smtcheck.interface.table import show_table

    path = Path(output) if output else None
    return in_time(show_table, activation_text, format_text, path, opt.options_of(shared))


@commands.command()
@click.argument("claim", metavar="CLAIM.toml")
@click.option("--smtlib", "output", required=True, metavar="FILE", help="'-' for stdout.")
@opt.shared
def export(claim: str, output: str, **shared: Any) -> int:
    """Write the obligation as SMT-LIB 2: unsatisfiable exactly if the claim holds."""
    from smtcheck.interface.export import export_claim
    from smtcheck.interface.outcomes import in_time

    return in_time(export_claim, Path(claim), output, opt.options_of(shared))


if __name__ == "__main__":
    main()
