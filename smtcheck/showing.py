"""How values are shown where many are: a line of text in Python, a small table in a notebook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

MAX_CHARACTERS = 160  #: of one part of a value


class Shown:
    """A value with fields, each of which is cut short where it would fill a screen."""

    __slots__ = ()

    def _parts(self) -> Iterator[tuple[str, str]]:
        """Names and texts of what is shown: by default the fields of a dataclass."""
        for name in getattr(self, "__dataclass_fields__", ()):
            yield name, shortened(getattr(self, name))

    def _title(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        parts = ", ".join(f"{name}={text}" for name, text in self._parts())
        return f"{type(self).__name__}({parts})"

    def _repr_html_(self) -> str:
        return html_table(self._title(), self._parts())


def shortened(value: Any, characters: int = MAX_CHARACTERS) -> str:
    """The repr of a value, in one line and without its middle if it is long."""
    text = " ".join(repr(value).split())
    if len(text) <= characters:
        return text
    head = characters * 2 // 3
    return f"{text[:head]} ... {text[head + 5 - characters :]}"


def html_table(title: str, rows: Iterable[tuple[str, ...]]) -> str:
    """Rows of texts, the first of which is a heading; nothing of them is read as HTML."""
    from html import escape

    cells = "".join(
        f"<tr><th>{escape(first)}</th>{''.join(f'<td>{escape(text)}</td>' for text in rest)}</tr>"
        for first, *rest in rows
    )
    return f"<table><caption>{escape(title)}</caption>{cells}</table>"
