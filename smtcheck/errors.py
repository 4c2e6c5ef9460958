"""Misuse of the program: what came, what is allowed, what to do."""

from __future__ import annotations


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
