"""How an exact number is written: for people in few characters, for programs in full."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from smtcheck.errors import MAX_BITS_SHOWN, shown_number

MAX_DECIMALS = 12
MAX_JSON_INTEGER = 2**53 - 1  #: what readers that take all numbers for floats keep (RFC 8259)
MAX_DECIMAL_BITS = 13_000  #: Python reads and writes 4,300 digits


def shown_value(value: Fraction) -> str:
    """A decimal where it is exact and short, else a fraction, or about how large it is."""
    is_short = value.numerator.bit_length() <= MAX_BITS_SHOWN
    return exact_value(value) if is_short and _is_decimal(value) else shown_number(value)


def exact_value(value: Fraction) -> str:
    """The number, whatever its size: a decimal where that is exact and short, else a fraction."""
    if not _is_decimal(value) or value.numerator.bit_length() > MAX_DECIMAL_BITS:
        parts = [exact_integer(part) for part in value.as_integer_ratio()]
        return "/".join(parts if parts[1] != "1" else parts[:1])
    scaled = int(value * 10**MAX_DECIMALS)
    digits = f"{abs(scaled):0{MAX_DECIMALS + 1}d}"
    whole, fraction = digits[:-MAX_DECIMALS], digits[-MAX_DECIMALS:].rstrip("0")
    sign = "-" if value < 0 else ""
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def exact_integer(number: int) -> str:
    """All digits: decimal ones, or hexadecimal ones where they are thousands."""
    return str(number) if number.bit_length() <= MAX_DECIMAL_BITS else hex(number)


def json_ready(document: Any) -> Any:
    """The same document, its large integers as texts, which no reader rounds or refuses."""
    if isinstance(document, dict):
        return {key: json_ready(one) for key, one in document.items()}
    if isinstance(document, list | tuple):
        return [json_ready(one) for one in document]
    is_large = type(document) is int and abs(document) > MAX_JSON_INTEGER
    return exact_integer(document) if is_large else document


def _is_decimal(value: Fraction) -> bool:
    return not 10**MAX_DECIMALS % value.denominator
