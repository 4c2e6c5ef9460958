"""What a shell completes after an option: files, and names that are no choice of few.

Shells run the program for it with `_SMTCHECK_COMPLETE` set (click does the rest); what is
imported here is imported then only.
"""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem


def files(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Any file, as the shell finds them."""
    return [CompletionItem(begun, type="file")]


def folders(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Any folder."""
    return [CompletionItem(begun, type="dir")]


def activations(
    context: click.Context, parameter: click.Parameter, begun: str
) -> list[CompletionItem]:
    """Those that have a name."""
    from smtcheck.expressions.parsing import ACTIVATION_NAMES

    return _starting(begun, ACTIVATION_NAMES)


def roundings(
    context: click.Context, parameter: click.Parameter, begun: str
) -> list[CompletionItem]:
    """Rounding modes by their names in ap_fixed."""
    from smtcheck.arithmetic.rounding import Rounding

    return _starting(begun, [mode.value for mode in Rounding])


def overflows(
    context: click.Context, parameter: click.Parameter, begun: str
) -> list[CompletionItem]:
    """Overflow modes by their names in ap_fixed."""
    from smtcheck.arithmetic.overflow import Overflow

    return _starting(begun, [mode.value for mode in Overflow])


def _starting(begun: str, names: list[str] | tuple[str, ...]) -> list[CompletionItem]:
    return [CompletionItem(name) for name in names if name.startswith(begun)]
