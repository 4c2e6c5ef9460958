"""`smtcheck table`: the certified table of an activation."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import click

from smtcheck.arithmetic.formats import Format
from smtcheck.files import FileSpace
from smtcheck.interface import completion
from smtcheck.interface import options as opt
from smtcheck.interface.outcomes import (
    Exit,
    Options,
    in_time,
    print_json,
    values_of,
)
from smtcheck.interface.places import require_places, require_suffix
from smtcheck.interface.printing import say
from smtcheck.interface.values import shown_value
from smtcheck.networks.activations import activation, table
from smtcheck.writing import write_output


def show_table(spec: str, format_text: str, output: Path | None, options: Options) -> int:
    """Print or write the codes T(lo) .. T(hi)."""
    if output is not None:
        given = [Path(spec[6:])] if spec.startswith("table:") else []
        require_places([output], given, options.is_forced)
        require_suffix(output, ".csv", "table:FILE")
    fmt = Format.parse(format_text)
    act = activation(spec, FileSpace.working_directory(), options.code)
    codes = table(act, fmt)
    text = "".join(f"{code}\n" for code in codes)
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    if output is not None:
        write_output(output, text.encode())
    if options.output is Options.Output.JSON:
        print_json(
            {
                "format": str(fmt),
                "activation": spec,
                "first_input_code": fmt.lo,
                "codes": list(codes),
                "values": values_of(fmt, codes),
                "sha256": sha256,
            }
        )
    elif output is not None:
        say(f"{output}: {len(codes)} codes of {act.name} in {fmt}, SHA-256 {sha256}")
    else:
        rows = [("code", "x", "T(code)", "T(x)")]
        for code, result in enumerate(codes, start=fmt.lo):
            values = (shown_value(fmt.value(code)), shown_value(fmt.value(result)))
            rows.append((str(code), values[0], str(result), values[1]))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        say(f"{act.name} in {fmt}, {len(codes)} codes, SHA-256 {sha256}")
        for row in rows:
            click.echo("  ".join(cell.rjust(n) for cell, n in zip(row, widths, strict=True)))
    return Exit.SETTLED.value


@click.command("table")
@opt.activation
@opt.format_
@click.option(
    "--output", metavar="FILE.csv", shell_complete=completion.files,
    help="Write the codes, lo first, for table:FILE.",
)  # fmt: skip
@opt.force
@opt.shared
def command(activation_text: str, format_text: str, output: str | None, **shared: Any) -> int:
    """Print the certified table of an activation in a format.

    \b
    Example:  smtcheck table --activation gelu --format 'ap_fixed<8,4>'
    Exit:     0 printed, 2 bad input, 3 out of time or memory, 4 internal error
    """
    path = Path(output) if output else None
    return in_time(show_table, activation_text, format_text, path, opt.options_of(shared))
