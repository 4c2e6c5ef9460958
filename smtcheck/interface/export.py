"""`smtcheck export`: the obligation of a claim as SMT-LIB, for any other solver."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from smtcheck.claims.claim_files import Claim, load_claim
from smtcheck.claims.questions import Obligation, UniversalityQuestion
from smtcheck.engines.smt import script
from smtcheck.errors import InputError, one_line
from smtcheck.interface import completion
from smtcheck.interface import options as opt
from smtcheck.interface.outcomes import (
    Exit,
    Options,
    in_time,
    print_json,
)
from smtcheck.interface.places import require_places
from smtcheck.writing import write_output


def smtlib(claim: Claim) -> str:
    """The script that a solver finds unsatisfiable exactly if the claim holds."""
    if isinstance(claim.question, UniversalityQuestion):
        raise InputError(
            f"{claim.path}: a claim of kind 'universal' is not one obligation of a solver"
        )
    text = script(claim.question, *Obligation)
    header = (
        f"; {one_line(claim.path.name)}, a claim of kind {claim.kind}, digest {claim.digest}\n"
        "; unsat: the claim holds; sat: x0, x1, ... are the input codes of a counterexample\n"
        "; (two's complement)\n"
    )
    return header + (text or "(set-logic QF_BV)\n(assert false)\n(check-sat)\n")


def export_claim(path: Path, output: str, options: Options) -> int:
    """Write the script."""
    claim = load_claim(path, options.code, options.root)
    text = smtlib(claim)
    if output == "-":
        if options.output is Options.Output.JSON:
            raise InputError("--smtlib - writes the script to stdout: drop --json, or name a file")
        click.echo(text, nl=False)
        return Exit.SETTLED.value
    require_places([Path(output)], [path], options.is_forced)
    write_output(Path(output), text.encode())
    if options.output is Options.Output.JSON:
        print_json({"claim": str(path), "smtlib": output, "digest": claim.digest})
    return Exit.SETTLED.value


@click.command("export")
@click.argument("claim", metavar="CLAIM.toml", shell_complete=completion.files)
@click.option(
    "--smtlib", "output", required=True, metavar="FILE", shell_complete=completion.files,
    help="Where the script is written; '-' for stdout.",
)  # fmt: skip
@opt.force
@opt.root
@opt.shared
def command(claim: str, output: str, **shared: Any) -> int:
    """Write the obligation as SMT-LIB 2: unsatisfiable exactly if the claim holds.

    \b
    Example:  smtcheck export proofs/relu/abs-8bit.toml --smtlib abs.smt2
    Exit:     0 written, 2 bad input, 3 out of time or memory, 4 internal error
    """
    return in_time(export_claim, Path(claim), output, opt.options_of(shared))
