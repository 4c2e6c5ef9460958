"""Misuse of the program: what came, what is allowed, what to do."""

from __future__ import annotations

MAX_TEXT_SHOWN = 60  #: characters of a text that somebody else wrote
MAX_BITS_SHOWN = 200  #: of a number in decimal


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


def shown_text(text: str) -> str:
    """A text of somebody else in quotes, cut short; whatever is in it can be printed."""
    quoted = repr(text)
    is_short = len(quoted) <= MAX_TEXT_SHOWN + 2
    return quoted if is_short else f"{quoted[: MAX_TEXT_SHOWN - 2]}...{quoted[0]}"


def shown_number(number: int) -> str:
    """A number of any size in few characters: 40, 2^1023 - 1, about -2^3000.

    Python writes no more than 4,300 digits, and nobody reads hundreds.
    """
    size = abs(number)
    if size.bit_length() <= MAX_BITS_SHOWN:
        return str(number)
    sign = "-" if number < 0 else ""
    for rest, words in ((0, ""), (1, " + 1"), (-1, " - 1")):
        power = size - rest
        if power & (power - 1) == 0:
            text = f"2^{power.bit_length() - 1}{words}"
            return f"-({text})" if sign and words else f"{sign}{text}"
    return f"about {sign}2^{size.bit_length() - 1}"
