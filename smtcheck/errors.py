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
