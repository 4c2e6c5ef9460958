"""How an exact number is written for people."""

from __future__ import annotations

from fractions import Fraction

from smtcheck.errors import MAX_BITS_SHOWN, shown_number

MAX_DECIMALS = 12


def shown_value(value: Fraction) -> str:
    """A decimal where it is exact and short, else a fraction, or about how large it is."""
    scaled = value * 10**MAX_DECIMALS
    if scaled.denominator != 1 or value.numerator.bit_length() > MAX_BITS_SHOWN:
        return shown_number(value)
    digits = f"{abs(scaled.numerator):0{MAX_DECIMALS + 1}d}"
    whole, fraction = digits[:-MAX_DECIMALS], digits[-MAX_DECIMALS:].rstrip("0")
    sign = "-" if value < 0 else ""
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"
