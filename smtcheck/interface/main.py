"""The command line.  Importing this module imports nothing slow.

Exit codes: 0 everything is settled as expected, 1 refuted (or expected to be, and
not), 2 bad usage or input, 3 undecided, 4 internal error.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from importlib import import_module
from io import TextIOWrapper

import click
from click.core import ParameterSource

from smtcheck.errors import InputError, one_line
from smtcheck.interface.streams import be_patient, drop, open_closed
from smtcheck.interface.supervision import BY_SIGNAL, INTERNAL_ERROR, Ended, supervised
from smtcheck.version import __version__

BAD_INPUT, INTERRUPTED = 2, 130


def main() -> None:
    """Run the command line in a process that is watched."""
    open_closed()
    sys.exit(supervised(run))


def run() -> int:
    """Run the command line here; every failure is one clear line and an exit code."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # names of files can be any bytes
    be_patient()
    try:
        code = commands(standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        _show_misuse(error)
        code = BAD_INPUT
    except InputError as error:
        click.echo(f"smtcheck: {error}", err=True)
        code = BAD_INPUT
    except (KeyboardInterrupt, click.Abort):
        click.echo("smtcheck: interrupted", err=True)
        code = INTERRUPTED
    except Ended as ended:
        click.echo(f"smtcheck: ended by {signal.Signals(ended.number).name}", err=True)
        code = BY_SIGNAL + ended.number
    except OSError as error:  # such as a full disk
        where = f"{error.filename}: " if error.filename else ""
        click.echo(f"smtcheck: {where}{error.strerror or error}", err=True)
        _drop_output()
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
    return code or 0


def _show_misuse(error: click.ClickException) -> None:
    """What is wrong with a command line, in one line like every message."""
    if type(error).__name__ == "NoArgsIsHelpError":  # which click has from 8.2 on
        error.show()
        return
    message = " ".join(error.format_message().split()).rstrip(".")
    context = error.ctx if isinstance(error, click.UsageError) else None
    more = f" ({context.command_path} --help says more)" if context else ""
    name = error.param.name if isinstance(error, click.BadParameter) and error.param else None
    if context and name and context.get_parameter_source(name) is ParameterSource.DEFAULT_MAP:
        more = " (so says [tool.smtcheck] in pyproject.toml)"
    click.echo(f"smtcheck: {one_line(message + more)}", err=True)


def _drop_output() -> None:
    """What cannot be written is not tried again when the process ends."""
    with suppress(OSError):
        drop(sys.stdout)


#: The commands: where each is defined, and what it does in a line.
COMMANDS = {
    "prove": ("prove", "Search for a proof or a counterexample of each claim."),
    "verify": ("verify", "Re-check every claim by its certificate, without any search."),
    "explain": ("explain", "Trace an input neuron by neuron: sum, rounding, tie, saturation."),
    "decide": ("decide", "Decide whether networks of a format represent every function."),
    "construct": ("construct", "Build a network that computes a target exactly, proved."),
    "sweep": ("sweep.command", "Map for which sizes p and scales a format is universal."),
    "table": ("table", "Print the certified table of an activation in a format."),
    "export": ("export", "Write the obligation as SMT-LIB 2."),
}


class LazyGroup(click.Group):
    """Commands that are loaded when they are run: `verify` loads nothing of the others."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"smtcheck.interface.{COMMANDS[cmd_name][0]}")
        found: click.Command = module.command
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="smtcheck")
@click.pass_context
def commands(context: click.Context) -> None:
    """Prove or refute, bit for bit, what quantized neural networks compute.

    Limits are those of the command line, else of [tool.smtcheck] in the project's pyproject.toml.
    """
    from smtcheck.interface.configuration import default_limits

    try:
        limits = default_limits()
    except InputError:
        if not {"-h", "--help"} & {*sys.argv}:  # which is there for whoever is lost
            raise
        limits = {}
    context.default_map = dict.fromkeys(COMMANDS, limits)


if __name__ == "__main__":
    main()
