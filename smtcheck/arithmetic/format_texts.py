"""Texts of formats, such as `ap_fixed<8,4,AP_RND,AP_SAT>`: how they are read and written.

Modes left out mean what they mean to the vendor (AP_TRN, AP_WRAP for ap_fixed; AMD, Vitis
HLS user guide UG1399), and AP_RND_INF, AP_SAT for the other families (theory.md#format).
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TypeVar

from smtcheck.arithmetic.overflow import Overflow
from smtcheck.arithmetic.rounding import Rounding
from smtcheck.errors import InputError

Mode = TypeVar("Mode", Rounding, Overflow)

MAX_WIDTH_BITS = 1024  #: the widest ap_fixed that the vendor's headers allow

_FAMILIES = (
    "paper(p,s), ap_fixed<W,I>, ap_ufixed<W,I>, Qm.n, UQm.n or codes(lo,hi,scale), "
    "each with optional rounding and overflow modes: ap_fixed<8,4,AP_RND,AP_SAT>"
)
_SHAPE = re.compile(r"([A-Za-z_]+)\s*(?:<([^<>()]*)>|\(([^<>()]*)\))")
_Q_SHAPE = re.compile(r"(U?Q)(\d{1,4})\.(\d{1,4})\s*(?:\(([^<>()]*)\))?", re.ASCII)
_VALUE = re.compile(r"[+-]?\d{1,200}(\.\d{1,200}|/\d{1,200})?", re.ASCII)
_INTEGER = re.compile(r"([+-]?)(\d{1,400})(?:\s*(?:\^|\*\*)\s*(\d{1,4}))?", re.ASCII)

#: lo, hi, scale and the two modes; whether they make a format is for `Format` to say.
Parts = tuple[int, int, int, Rounding, Overflow]


def canonical_text(lo: int, hi: int, scale: int, rounding: Rounding, overflow: Overflow) -> str:
    """The text of the first family that has such a format, with its modes."""
    modes = f"{rounding.value},{overflow.value}"
    p, width_bits = hi.bit_length(), (hi - lo).bit_length()
    if (lo, hi) == (1 - 2**p, 2**p - 1):
        return f"paper({p},{scale},{modes})"
    integer_bits = width_bits - (scale.bit_length() - 1)
    if not scale & (scale - 1) and hi - lo == 2**width_bits - 1:
        if lo == 0:
            return f"ap_ufixed<{width_bits},{integer_bits},{modes}>"
        if lo == -hi - 1:
            return f"ap_fixed<{width_bits},{integer_bits},{modes}>"
    return f"codes({lo},{hi},{scale},{modes})"


def symmetric_codes(p: int) -> tuple[int, int]:
    """The least and the greatest code of paper(p,s)."""
    _require(1 <= p <= MAX_WIDTH_BITS, f"p is {p}, and must be 1 to {MAX_WIDTH_BITS}")
    return 1 - 2**p, 2**p - 1


def parsed(text: str) -> Parts:
    """What a text says; InputError says what is allowed."""
    if match := _Q_SHAPE.fullmatch(text):
        family, whole, fraction, modes = match.groups()
        sign_bits = 1 if family == "Q" else 0
        width_bits = sign_bits + int(whole) + int(fraction)
        return _two_complement(
            text, width_bits, int(fraction), sign_bits == 1, _split(modes), _LIBRARY_MODES
        )
    match = _SHAPE.fullmatch(text)
    if match is None:
        raise InputError(f"format {_shown(text)} is not one of {_FAMILIES}")
    family, angled, round_ = match.groups()
    angle_family = family in ("ap_fixed", "ap_ufixed")
    if (angled is not None) != angle_family or family not in _PARSERS:
        raise InputError(f"format {_shown(text)} is not one of {_FAMILIES}")
    parts = _split(angled if angle_family else round_)
    return _PARSERS[family](text, parts)


def _parse_paper(text: str, parts: list[str]) -> Parts:
    p, scale = _numbers(text, parts, 2)
    return _with_modes(text, *symmetric_codes(p), scale, parts[2:], _LIBRARY_MODES)


def _parse_codes(text: str, parts: list[str]) -> Parts:
    lo, hi, scale = _numbers(text, parts, 3)
    return _with_modes(text, lo, hi, scale, parts[3:], _LIBRARY_MODES)


def _parse_ap_fixed(text: str, parts: list[str]) -> Parts:
    width_bits, integer_bits = _numbers(text, parts, 2)
    fraction_bits = width_bits - integer_bits
    signed = text.startswith("ap_fixed")
    return _two_complement(text, width_bits, fraction_bits, signed, parts[2:], _VENDOR_MODES)


_LIBRARY_MODES = (Rounding.HALF_AWAY, Overflow.SATURATE)
_VENDOR_MODES = (Rounding.FLOOR, Overflow.WRAP)
_PARSERS = {
    "paper": _parse_paper,
    "codes": _parse_codes,
    "ap_fixed": _parse_ap_fixed,
    "ap_ufixed": _parse_ap_fixed,
}


def _two_complement(
    text: str,
    width_bits: int,
    fraction_bits: int,
    signed: bool,
    modes: list[str],
    defaults: tuple[Rounding, Overflow],
) -> Parts:
    _require(
        1 <= width_bits <= MAX_WIDTH_BITS,
        f"format {_shown(text)} has {width_bits} bits, and may have 1 to {MAX_WIDTH_BITS}",
    )
    _require(
        0 <= fraction_bits <= MAX_WIDTH_BITS,
        f"format {_shown(text)} has {fraction_bits} fraction bits, and may have 0 to "
        f"{MAX_WIDTH_BITS} (the scale is a positive integer)",
    )
    span = 2 ** (width_bits - 1) if signed else 2**width_bits
    lo = -span if signed else 0
    return _with_modes(text, lo, span - 1, 2**fraction_bits, modes, defaults)


def _with_modes(
    text: str,
    lo: int,
    hi: int,
    scale: int,
    modes: list[str],
    defaults: tuple[Rounding, Overflow],
) -> Parts:
    _require(len(modes) in (0, 2), f"format {_shown(text)}: give both modes or neither")
    if modes:
        defaults = (parse_rounding(modes[0]), parse_overflow(modes[1]))
    return lo, hi, scale, *defaults


def parse_value(text: str) -> Fraction:
    """An exact rational as people write it: 3, -0.25, 1/3."""
    stripped = text.strip()
    if not _VALUE.fullmatch(stripped):
        raise InputError(f"{_shown(text)} is not a number like 3, -0.25 or 1/3")
    try:
        return Fraction(stripped)
    except ZeroDivisionError:
        raise InputError(f"{_shown(text)} divides by zero") from None


def parse_rounding(text: str) -> Rounding:
    """A rounding mode by its ap_fixed name or its plain one (`half_even`)."""
    return _mode(text, Rounding, "rounding")


def parse_overflow(text: str) -> Overflow:
    """An overflow mode by its ap_fixed name or its plain one (`saturate`)."""
    return _mode(text, Overflow, "overflow")


def _mode(text: str, modes: type[Mode], what: str) -> Mode:
    for mode in modes:
        if text in (mode.value, mode.name.lower()):
            return mode
    allowed = ", ".join(f"{mode.value} ({mode.name.lower()})" for mode in modes)
    raise InputError(f"{what} mode {_shown(text)} is not one of {allowed}")


def _numbers(text: str, parts: list[str], count: int) -> list[int]:
    _require(len(parts) >= count, f"format {_shown(text)} needs {count} numbers")
    return [_integer(text, part) for part in parts[:count]]


def _integer(text: str, part: str) -> int:
    match = _INTEGER.fullmatch(part)
    if match is None:
        raise InputError(f"format {_shown(text)}: {_shown(part)} is not a number like 4 or 2^4")
    sign, base, power = match[1], int(match[2]), int(match[3] or 1)
    _require(
        base.bit_length() * power <= 2 * MAX_WIDTH_BITS,
        f"format {_shown(text)}: {_shown(part)} is too large",
    )
    return -int(base**power) if sign == "-" else int(base**power)


def _split(inside: str | None) -> list[str]:
    return [part.strip() for part in inside.split(",")] if inside and inside.strip() else []


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise InputError(message)
