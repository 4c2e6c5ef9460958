"""Texts of formats, such as `ap_fixed<8,4,AP_RND,AP_SAT>`: how they are read and written.

Modes left out mean what they mean where the spelling comes from (theory.md#format):

- ap_fixed, fixed, ac_fixed: AP_TRN and AP_WRAP, and each may be left out, the last first
  (AMD, Vitis HLS user guide UG1399; hls4ml; Siemens, Algorithmic C Datatypes, ac_fixed.h);
- ap_int: AP_TRN_ZERO and AP_WRAP, as C converts to its integers (`to_ap_int_base` in the
  vendor's ap_fixed_base.h; not what ap_fixed<W,W> does);
- int8: AP_RND_CONV and AP_SAT, as ONNX's QuantizeLinear does;
- paper, codes and Q: AP_RND_INF and AP_SAT.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TypeVar

from smtcheck.arithmetic.overflow import Overflow
from smtcheck.arithmetic.rounding import Rounding
from smtcheck.errors import InputError, shown_number, shown_text

Mode = TypeVar("Mode", Rounding, Overflow)

MAX_WIDTH_BITS = 1024  #: the widest ap_fixed that the vendor's headers allow

_FAMILIES = (
    "paper(p,s), ap_fixed<W,I>, ap_ufixed<W,I>, fixed<W,I>, ufixed<W,I>, ac_fixed<W,I,true>, "
    "ap_int<W>, ap_uint<W>, int8, uint8, Qm.n, UQm.n or codes(lo,hi,scale), all but ap_int "
    "with optional rounding and overflow modes: ap_fixed<8,4,AP_RND,AP_SAT>"
)
_SHAPE = re.compile(r"([A-Za-z_]+)\s*(?:<([^<>()]*)>|\(([^<>()]*)\))")
_INT_SHAPE = re.compile(r"(u?)int(\d{1,4})\s*(?:\(([^<>()]*)\))?", re.ASCII)
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
    _require(1 <= p <= MAX_WIDTH_BITS, f"p is {shown_number(p)}, and must be 1 to {MAX_WIDTH_BITS}")
    return 1 - 2**p, 2**p - 1


def parsed(text: str) -> Parts:
    """What a text says; InputError says what is allowed."""
    if match := _Q_SHAPE.fullmatch(text):
        family, whole, fraction, modes = match.groups()
        sign_bits = 1 if family == "Q" else 0
        width_bits = sign_bits + int(whole) + int(fraction)
        chosen = _both_modes(text, _split(modes), _LIBRARY_MODES)
        return *_bits(text, width_bits, int(fraction), sign_bits == 1), *chosen
    if match := _INT_SHAPE.fullmatch(text):
        unsigned, width, modes = match.groups()
        chosen = _both_modes(text, _split(modes), _STORED_MODES)
        return *_bits(text, int(width), 0, not unsigned), *chosen
    match = _SHAPE.fullmatch(text)
    family, angled, round_ = match.groups() if match else ("", None, None)
    if (angled is None) != (family in _ROUND) or family not in {*_ROUND, *_ANGLED}:
        raise InputError(f"format {shown_text(text)} is not one of {_FAMILIES}")
    if angled is None:
        return _ROUND[family](text, _split(round_))
    return _ANGLED[family](text, _split(angled), "u" not in family)


def _parse_paper(text: str, parts: list[str]) -> Parts:
    p, scale = _numbers(text, parts, 2)
    return *symmetric_codes(p), scale, *_both_modes(text, parts[2:], _LIBRARY_MODES)


def _parse_codes(text: str, parts: list[str]) -> Parts:
    lo, hi, scale = _numbers(text, parts, 3)
    return lo, hi, scale, *_both_modes(text, parts[3:], _LIBRARY_MODES)


def _parse_fixed(text: str, parts: list[str], signed: bool) -> Parts:
    width_bits, integer_bits = _numbers(text, parts, 2)
    modes = parts[2:]
    if len(modes) == 3:
        _require(
            _integer(text, modes.pop()) == 0,
            f"format {shown_text(text)} has saturation bits, which must be 0: leave them out",
        )
    return *_bits(text, width_bits, width_bits - integer_bits, signed), *_vendor_modes(text, modes)


def _parse_ac_fixed(text: str, parts: list[str], signed: bool) -> Parts:
    _require(
        len(parts) >= 3 and parts[2] in ("true", "false"),
        f"format {shown_text(text)} must say whether it is signed: ac_fixed<8,4,true> or false",
    )
    width_bits, integer_bits = _numbers(text, parts, 2)
    signed = parts[2] == "true"
    chosen = _vendor_modes(text, parts[3:])
    return *_bits(text, width_bits, width_bits - integer_bits, signed), *chosen


def _parse_ap_int(text: str, parts: list[str], signed: bool) -> Parts:
    (width_bits,) = _numbers(text, parts, 1)
    _require(
        len(parts) == 1,
        f"format {shown_text(text)}: an ap_int has a width and no modes; with modes it is "
        f"{'ap_fixed' if signed else 'ap_ufixed'}<W,W,Q,O>",
    )
    return *_bits(text, width_bits, 0, signed), Rounding.TOWARD_ZERO, Overflow.WRAP


_LIBRARY_MODES = (Rounding.HALF_AWAY, Overflow.SATURATE)
_VENDOR_MODES = (Rounding.FLOOR, Overflow.WRAP)
_STORED_MODES = (Rounding.HALF_EVEN, Overflow.SATURATE)
_ROUND = {"paper": _parse_paper, "codes": _parse_codes}
_ANGLED = {
    "ap_fixed": _parse_fixed,
    "ap_ufixed": _parse_fixed,
    "fixed": _parse_fixed,
    "ufixed": _parse_fixed,
    "ac_fixed": _parse_ac_fixed,
    "ap_int": _parse_ap_int,
    "ap_uint": _parse_ap_int,
}


def _bits(text: str, width_bits: int, fraction_bits: int, signed: bool) -> tuple[int, int, int]:
    """lo, hi and scale of so many bits."""
    _require(
        1 <= width_bits <= MAX_WIDTH_BITS,
        f"format {shown_text(text)} has {shown_number(width_bits)} bits, and may have 1 to "
        f"{MAX_WIDTH_BITS}",
    )
    _require(
        0 <= fraction_bits <= MAX_WIDTH_BITS,
        f"format {shown_text(text)} has {shown_number(fraction_bits)} fraction bits, and may have "
        f"0 to {MAX_WIDTH_BITS} (the scale is a positive integer)",
    )
    span = 2 ** (width_bits - 1) if signed else 2**width_bits
    return -span if signed else 0, span - 1, 2**fraction_bits


def _vendor_modes(text: str, modes: list[str]) -> tuple[Rounding, Overflow]:
    """As C++ has them: the last may be left out."""
    _require(
        len(modes) <= 2, f"format {shown_text(text)} has too many parameters: W,I,Q,O is the most"
    )
    rounding, overflow = _VENDOR_MODES
    return (
        parse_rounding(modes[0]) if modes else rounding,
        parse_overflow(modes[1]) if len(modes) == 2 else overflow,
    )


def _both_modes(
    text: str, modes: list[str], defaults: tuple[Rounding, Overflow]
) -> tuple[Rounding, Overflow]:
    _require(len(modes) in (0, 2), f"format {shown_text(text)}: give both modes or neither")
    return (parse_rounding(modes[0]), parse_overflow(modes[1])) if modes else defaults


def parse_value(text: str) -> Fraction:
    """An exact rational as people write it: 3, -0.25, 1/3."""
    stripped = text.strip()
    if not _VALUE.fullmatch(stripped):
        raise InputError(f"{shown_text(text)} is not a number like 3, -0.25 or 1/3")
    try:
        return Fraction(stripped)
    except ZeroDivisionError:
        raise InputError(f"{shown_text(text)} divides by zero") from None


def parse_rounding(text: str) -> Rounding:
    """A rounding mode: AP_RND_CONV, AC_RND_CONV, RND_CONV or half_even."""
    return _mode(text, Rounding, "rounding")


def parse_overflow(text: str) -> Overflow:
    """An overflow mode: AP_SAT, AC_SAT, SAT or saturate."""
    return _mode(text, Overflow, "overflow")


def _mode(text: str, modes: type[Mode], what: str) -> Mode:
    for mode in modes:
        bare, of_ac = mode.value.removeprefix("AP_"), mode.value.replace("AP_", "AC_")
        if text in (mode.value, bare, of_ac, mode.name.lower()):
            return mode
    allowed = ", ".join(f"{mode.value} ({mode.name.lower()})" for mode in modes)
    raise InputError(
        f"{what} mode {shown_text(text)} is not one of {allowed}; AP_ may be AC_ or left out"
    )


def _numbers(text: str, parts: list[str], count: int) -> list[int]:
    _require(
        len(parts) >= count,
        f"format {shown_text(text)} needs {count} number{'s' if count > 1 else ''}",
    )
    return [_integer(text, part) for part in parts[:count]]


def _integer(text: str, part: str) -> int:
    match = _INTEGER.fullmatch(part)
    if match is None:
        raise InputError(
            f"format {shown_text(text)}: {shown_text(part)} is not a number like 4 or 2^4"
        )
    sign, base, power = match[1], int(match[2]), int(match[3] or 1)
    _require(
        base.bit_length() * power <= 2 * MAX_WIDTH_BITS,
        f"format {shown_text(text)}: {shown_text(part)} is too large",
    )
    return -int(base**power) if sign == "-" else int(base**power)


def _split(inside: str | None) -> list[str]:
    return [part.strip() for part in inside.split(",")] if inside and inside.strip() else []


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise InputError(message)
