"""How an exact number is written for people."""

from __future__ import annotations

from fractions import Fraction

MAX_DECIMALS = 12
MAX_BITS_SHOWN = 2000


def shown_value(value: Fraction) -> str:
    """A decimal where it is exact and short, else a fraction."""
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS_SHOWN:
        return f"a number of {value.numerator.bit_length() - value.denominator.bit_length()} bits"
    scaled = value * 10**MAX_DECIMALS
    if scaled.denominator != 1:
        return str(value)
    digits = f"{abs(scaled.numerator):0{MAX_DECIMALS + 1}d}"
    whole, fraction = digits[:-MAX_DECIMALS], digits[-MAX_DECIMALS:].rstrip("0")
    sign = "-" if value < 0 else ""
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"
