"""Lines for people: in colour and of whole words on a terminal, plain elsewhere."""

from __future__ import annotations

import os
import re
import shutil
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager

import click

from smtcheck.errors import printable

_COLOURS = {
    "proved": "green", "universal": "green", "refuted": "red", "not universal": "red",
    "undecided": "yellow",
}  # fmt: skip
_VERDICT = re.compile(r"(?<=: )(proved|not universal|universal|refuted|undecided)\b")


def say(line: str) -> None:
    """A line, whatever names are in it; on a terminal it goes on below, with words unbroken."""
    line = printable(line)
    text = _wrapped(line) if sys.stdout.isatty() else line
    color = is_colourful()
    click.echo(_coloured(text) if color else text, color=color)


def width_for_people(most: int) -> int:
    """Columns of a line that is wrapped everywhere: at most those of the terminal, if it is one."""
    return min(most, shutil.get_terminal_size().columns) if sys.stdout.isatty() else most


def _wrapped(line: str) -> str:
    indent = line[: len(line) - len(line.lstrip())]
    wrapper = textwrap.TextWrapper(
        width=shutil.get_terminal_size().columns,
        subsequent_indent=f"{indent}    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(wrapper.wrap(line))


def _coloured(text: str) -> str:
    """With the verdict after the first colon marked."""
    return _VERDICT.sub(lambda found: click.style(found[0], fg=_COLOURS[found[0]]), text, count=1)


def is_colourful() -> bool:
    """As the environment says (no-color.org, force-color.org), or as stdout can."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


@contextmanager
def progress(what: str) -> Iterator[None]:
    """A live line with a spinner on stderr, where that is a terminal."""
    if not _is_live():
        yield
        return
    from rich.console import Console
    from rich.markup import escape

    with Console(stderr=True).status(escape(what)):
        yield


def live(text: str = "") -> None:
    """A live line that stands still, so that it needs no thread; without a text it is gone."""
    if _is_live():
        width = shutil.get_terminal_size().columns
        sys.stderr.write(f"\r\x1b[K{text[: width - 1]}")
        sys.stderr.flush()


def _is_live() -> bool:
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
