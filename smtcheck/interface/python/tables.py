"""`sc.activation` and `sc.table`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from smtcheck.arithmetic.formats import Format
from smtcheck.interface.python.arguments import ActivationLike, activation_of
from smtcheck.interface.values import shown_value
from smtcheck.networks import activations
from smtcheck.networks.activations import Activation
from smtcheck.networks.network_building import format_of
from smtcheck.showing import html_table

SHORT = 32  #: entries that are shown in full
ENDS = 8  #: entries shown at either end of a longer table


def activation(name_or_spec: ActivationLike) -> Activation:
    """An activation: a real function that is rounded once, or a table of codes.

    Parameters
    ----------
    name_or_spec : str, callable or array of integers
        A built-in name (relu, sigmoid, ...), `expr:EXPR` in x, `table:FILE` of N codes,
        `module:function`, which imports and calls Python code that the caller vouches for, or
        `float64:module:function`, the same for a function of floats; a function that is called
        with a Fraction and returns a Fraction or an int; or N codes, lo first.

    Returns
    -------
    Activation
        What the other functions take in place of such a text.

    Raises
    ------
    InputError
        Where it is not understood, or the file or the function cannot be had.

    References
    ----------
    proofs/theory.md#activation; docs/claims.md lists the names.

    Examples
    --------
    >>> sc.table(sc.activation("expr:max(x, -x / 4)"), "paper(2,4)")
    (1, 1, 0, 0, 1, 2, 3)
    """
    return activation_of(name_or_spec)


class CodeTable(tuple[int, ...]):
    """The codes T(lo), ..., T(hi): a tuple that fits on a screen.

    Parameters
    ----------
    codes : iterable of int
        Lo first.
    activation : str
        The name of the activation.
    format : Format
        Whose codes they are, and are the images of.

    References
    ----------
    proofs/theory.md#activation.

    Examples
    --------
    >>> sc.table("relu", "Q3.4")
    <relu in ap_fixed<8,4,AP_RND_INF,AP_SAT>: 0, 0, 0, 0, 0, 0, 0, 0, ..., 120, 121, 122, 123, 124, 125, 126, 127>
    >>> sc.table("relu", "Q3.4")[-1], sc.table("relu", "Q3.4").activation
    (127, 'relu')
    """  # noqa: E501

    activation: str
    format: Format

    def __new__(cls, codes: Iterable[int], activation: str, format: Format) -> CodeTable:  # noqa: A002
        table = super().__new__(cls, codes)
        table.activation, table.format = activation, format
        return table

    def __reduce__(self) -> tuple[Any, ...]:
        return CodeTable, (tuple(self), self.activation, self.format)

    def __repr__(self) -> str:
        if len(self) <= SHORT:
            return tuple.__repr__(self)
        ends = [", ".join(map(str, part)) for part in (self[:ENDS], self[-ENDS:])]
        return f"<{self.activation} in {self.format}: {ends[0]}, ..., {ends[1]}>"

    def _repr_html_(self) -> str:
        return html_table(f"{self.activation} in {self.format}", self._rows())

    def _rows(self) -> Iterator[tuple[str, ...]]:
        yield "code", "x", "T(code)", "T(x)"
        fmt, count = self.format, len(self)
        for index, result in enumerate(self):
            if count > SHORT and index == ENDS:
                yield ("...",) * 4
            if count <= SHORT or not ENDS <= index < count - ENDS:
                code = fmt.lo + index
                values = shown_value(fmt.value(code)), shown_value(fmt.value(result))
                yield str(code), values[0], str(result), values[1]


def table(act: ActivationLike, fmt: Format | str) -> CodeTable:
    """The table T of an activation, each entry provably the correctly rounded one.

    Parameters
    ----------
    act : Activation, str, callable or array of integers
        An activation, or what `activation` takes.
    fmt : Format or str
        The format, or its text.

    Returns
    -------
    CodeTable
        The N codes T(lo), ..., T(hi): a tuple of int.

    Raises
    ------
    InputError
        Where an argument is not understood, T is not defined at a code, its rounding cannot be
        certified, or there are too many codes to list.

    References
    ----------
    proofs/theory.md#activation and #certified-rounding.

    Examples
    --------
    >>> sc.table("sigmoid", "ap_fixed<3,1>")
    (1, 1, 1, 1, 2, 2, 2, 2)
    >>> sc.table(lambda x: x / 2, "paper(2,4)")
    (-2, -1, -1, 0, 1, 1, 2)
    """
    found, format_ = activation_of(act), format_of(fmt)
    return CodeTable(activations.table(found, format_), found.name, format_)
