"""Misuse of the program: what came, what is allowed, what to do."""

from __future__ import annotations


class InputError(ValueError):
    """Something given to the program (a text, a file, a number) is not usable."""
