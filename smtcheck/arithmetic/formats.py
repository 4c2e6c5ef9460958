"""Fixed-point formats: which codes exist, what they are worth, how values get in.

A format is a value: `lo .. hi` are its codes, `code / scale` is what a code is
worth, and the two modes say how a number that is not a code becomes one.
Definitions: theory.md#format.  Texts such as `ap_fixed<8,4,AP_RND,AP_SAT>`
are parsed and printed here; modes left out mean what they mean to the vendor
(AP_TRN, AP_WRAP for ap_fixed), and AP_RND_INF, AP_SAT for the other families.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from smtcheck.arithmetic.integers import Integers
from smtcheck.arithmetic.intervals import Interval
from smtcheck.arithmetic.operations import Num, Operations
from smtcheck.arithmetic.overflow import Overflow, apply_overflow
from smtcheck.arithmetic.rounding import Rounding, round_quotient
from smtcheck.errors import InputError

MAX_WIDTH_BITS = 1024  #: the widest ap_fixed that the vendor's headers allow

_FAMILIES = (
    "paper(p,s), ap_fixed<W,I>, ap_ufixed<W,I>, Qm.n, UQm.n or codes(lo,hi,scale), "
    "each with optional rounding and overflow modes: ap_fixed<8,4,AP_RND,AP_SAT>"
)
_SHAPE = re.compile(r"([A-Za-z_]+)\s*(?:<([^<>()]*)>|\(([^<>()]*)\))")
_Q_SHAPE = re.compile(r"(U?Q)(\d{1,4})\.(\d{1,4})\s*(?:\(([^<>()]*)\))?", re.ASCII)
_VALUE = re.compile(r"[+-]?\d{1,200}(\.\d{1,200}|/\d{1,200})?", re.ASCII)
_INTEGER = re.compile(r"([+-]?)(\d{1,400})(?:\s*(?:\^|\*\*)\s*(\d{1,4}))?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """Codes lo .. hi, each worth code / scale, with the modes of conversion."""

    lo: int
    hi: int
    scale: int
    rounding: Rounding = Rounding.HALF_AWAY
    overflow: Overflow = Overflow.SATURATE

    def __post_init__(self) -> None:
        if not self.lo <= 0 < self.hi:
            raise InputError(f"codes {self.lo} .. {self.hi} must satisfy lo <= 0 < hi")
        if self.scale < 1:
            raise InputError(f"scale {self.scale} must be a positive integer")
        if max(self.codes.width_bits, self.scale.bit_length()) > MAX_WIDTH_BITS + 1:
            raise InputError(f"codes and scale may have at most {MAX_WIDTH_BITS} bits")

    @classmethod
    def paper(cls, p: int, scale: int) -> Format:
        """Codes -(2^p - 1) .. 2^p - 1, the symmetric format of arXiv 2409.00297."""
        _require(1 <= p <= MAX_WIDTH_BITS, f"p is {p}, and must be 1 to {MAX_WIDTH_BITS}")
        return cls(lo=1 - 2**p, hi=2**p - 1, scale=scale)

    @classmethod
    def parse(cls, text: str) -> Format:
        """A format from its text; InputError says what is allowed."""
        return _parse(text.strip())

    @property
    def codes(self) -> Interval:
        """The interval lo .. hi."""
        return Interval(self.lo, self.hi)

    def value(self, code: int) -> Fraction:
        """What a code is worth: code / scale."""
        if code not in self.codes:
            raise InputError(f"code {code} is not in {self.lo} .. {self.hi}")
        return Fraction(code, self.scale)

    def quantize(self, value: Fraction | int) -> int:
        """The code of a value: overflow(round(value * scale))."""
        scaled = Fraction(value) * self.scale
        return self.requantize(Integers(), scaled.numerator, scaled.denominator)

    def requantize(self, ops: Operations[Num], numerator: Num, divisor: int) -> Num:
        """overflow(round(numerator / divisor)), in units of this format's codes."""
        return self.apply_overflow(ops, round_quotient(ops, numerator, divisor, self.rounding))

    def apply_overflow(self, ops: Operations[Num], rounded: Num) -> Num:
        """An already rounded number brought into lo .. hi."""
        return apply_overflow(ops, rounded, self.lo, self.hi, self.overflow)

    def __str__(self) -> str:
        """The canonical text: modes spelled out, and `parse` reads it back."""
        modes = f"{self.rounding.value},{self.overflow.value}"
        for family in (_paper_text, _ap_text):
            if text := family(self):
                return text.format(modes=modes)
        return f"codes({self.lo},{self.hi},{self.scale},{modes})"


def _paper_text(fmt: Format) -> str | None:
    p = fmt.hi.bit_length()
    if (fmt.lo, fmt.hi) != (1 - 2**p, 2**p - 1):
        return None
    return f"paper({p},{fmt.scale},{{modes}})"


def _ap_text(fmt: Format) -> str | None:
    width_bits = (fmt.hi - fmt.lo).bit_length()
    integer_bits = width_bits - (fmt.scale.bit_length() - 1)
    if fmt.scale & (fmt.scale - 1) or fmt.hi - fmt.lo != 2**width_bits - 1:
        return None
    if fmt.lo == 0:
        return f"ap_ufixed<{width_bits},{integer_bits},{{modes}}>"
    if fmt.lo == -fmt.hi - 1:
        return f"ap_fixed<{width_bits},{integer_bits},{{modes}}>"
    return None


def _parse(text: str) -> Format:
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


def _parse_paper(text: str, parts: list[str]) -> Format:
    p, scale = _numbers(text, parts, 2)
    symmetric = Format.paper(p, scale)
    return _with_modes(text, symmetric.lo, symmetric.hi, scale, parts[2:], _LIBRARY_MODES)


def _parse_codes(text: str, parts: list[str]) -> Format:
    lo, hi, scale = _numbers(text, parts, 3)
    return _with_modes(text, lo, hi, scale, parts[3:], _LIBRARY_MODES)


def _parse_ap_fixed(text: str, parts: list[str]) -> Format:
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
) -> Format:
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
) -> Format:
    _require(len(modes) in (0, 2), f"format {_shown(text)}: give both modes or neither")
    if modes:
        defaults = (parse_rounding(modes[0]), parse_overflow(modes[1]))
    return Format(lo=lo, hi=hi, scale=scale, rounding=defaults[0], overflow=defaults[1])


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
    for mode in Rounding:
        if text in (mode.value, mode.name.lower()):
            return mode
    allowed = ", ".join(f"{mode.value} ({mode.name.lower()})" for mode in Rounding)
    raise InputError(f"rounding mode {_shown(text)} is not one of {allowed}")


def parse_overflow(text: str) -> Overflow:
    """An overflow mode by its ap_fixed name or its plain one (`saturate`)."""
    for mode in Overflow:
        if text in (mode.value, mode.name.lower()):
            return mode
    allowed = ", ".join(f"{mode.value} ({mode.name.lower()})" for mode in Overflow)
    raise InputError(f"overflow mode {_shown(text)} is not one of {allowed}")


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
