"""Misuse of the program: what came, what is allowed, what to do."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

MAX_MESSAGE = 1200  #: characters of a message
MAX_QUOTED = 300  #: characters of what a library says of a file
MAX_TEXT_SHOWN = 60  #: characters of a text that somebody else wrote
MAX_BITS_SHOWN = 200  #: of a number in decimal
MAX_NUMBERS_SHOWN = 12  #: of a list


class InputError(ValueError):
    """Something given to the program (a text, a file, a number) is not usable.

    The message says what came, what is allowed and, where that helps, what to do.

    Examples
    --------
    >>> sc.Format.parse("paper(0,1)")
    Traceback (most recent call last):
        ...
    smtcheck.errors.InputError: p is 0, and must be 1 to 1024
    """

    def __init__(self, message: str) -> None:
        super().__init__(one_line(message))


def one_line(text: str, most: int = MAX_MESSAGE) -> str:
    """A text that can be printed anywhere, and read, whoever wrote parts of it."""
    return printable(shortened(text, most))


def printable(text: str) -> str:
    """A text whose characters can all be printed, in one line: what cannot is an escape."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def shortened(text: str, most: int = MAX_QUOTED) -> str:
    """The first characters of a text."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def shown_text(text: str) -> str:
    """A text of somebody else in quotes, cut short; whatever is in it can be printed."""
    quoted = repr(text)
    is_short = len(quoted) <= MAX_TEXT_SHOWN + 2
    return quoted if is_short else f"{quoted[: MAX_TEXT_SHOWN - 2]}...{quoted[0]}"


def shown_number(number: int | Fraction) -> str:
    """A number of any size in few characters: 40, 1/3, 2^1023 - 1, about -2^3000.

    Python writes no more than 4,300 digits, and nobody reads hundreds.
    """
    top, bottom = number.numerator, number.denominator
    if max(top.bit_length(), bottom.bit_length()) <= MAX_BITS_SHOWN:
        return str(number)
    sign, size = "-" if number < 0 else "", abs(top)
    for rest, words in ((0, ""), (1, " + 1"), (-1, " - 1")):
        power = size - rest
        if bottom == 1 and power & (power - 1) == 0:
            text = f"2^{power.bit_length() - 1}{words}"
            return f"-({text})" if sign and words else f"{sign}{text}"
    return f"about {sign}2^{size.bit_length() - bottom.bit_length()}"


def shown_numbers(numbers: Iterable[int | Fraction]) -> str:
    """A list of numbers, cut short where it is long."""
    listed = list(numbers)
    shown = ", ".join(map(shown_number, listed[:MAX_NUMBERS_SHOWN]))
    more = len(listed) - MAX_NUMBERS_SHOWN
    return f"[{shown}, ... ({more} more)]" if more > 0 else f"[{shown}]"


def shown(value: Any) -> Any:
    """Numbers and lists of them in few characters, and everything else as it is."""
    if isinstance(value, int | Fraction) and not isinstance(value, bool):
        return shown_number(value)
    if not isinstance(value, list | tuple) or not all(isinstance(one, int) for one in value):
        return value
    is_short = len(value) <= MAX_NUMBERS_SHOWN and max(map(abs, value), default=0) < 2**62
    return value if is_short else shown_numbers(value)


class TooLarge(InputError):
    """Something cannot be written out: bad input for whoever needs to, another engine may not.

    Examples
    --------
    >>> sc.table("sigmoid", "ap_fixed<32,16>")
    Traceback (most recent call last):
        ...
    smtcheck.errors.TooLarge: ap_fixed<32,16,AP_TRN,AP_WRAP> has 4294967296 codes; a table of at \
most 1048576 can be listed
    """
