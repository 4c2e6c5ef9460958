"""Fixed-point formats: which codes exist, what they are worth, how values get in.

A format is a value: `lo .. hi` are its codes, `code / scale` is what a code is
worth, and the two modes say how a number that is not a code becomes one.
Definitions: theory.md#format.  Their texts are read and written in `format_texts`.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from fractions import Fraction
from typing import SupportsIndex

from smtcheck.arithmetic.format_texts import (
    MAX_WIDTH_BITS,
    canonical_text,
    parsed,
    symmetric_codes,
)
from smtcheck.arithmetic.integers import Integers
from smtcheck.arithmetic.intervals import Interval
from smtcheck.arithmetic.operations import Num, Operations
from smtcheck.arithmetic.overflow import Overflow, apply_overflow
from smtcheck.arithmetic.rounding import Rounding, round_quotient
from smtcheck.errors import InputError, shown_number


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """Codes lo .. hi, each worth code / scale, with the modes of conversion.

    Parameters
    ----------
    lo, hi : int
        The least and the greatest code, lo <= 0 < hi.
    scale : int
        How many codes make 1.0: any positive integer.
    rounding : Rounding, default Rounding.HALF_AWAY
        Which integer a number between two codes becomes.
    overflow : Overflow, default Overflow.SATURATE
        What becomes of an integer outside lo .. hi.

    Raises
    ------
    InputError
        Where lo, hi or scale are not as said, or have more than 1024 bits, or a mode is a text.

    References
    ----------
    proofs/theory.md#format.

    Examples
    --------
    >>> print(sc.Format(lo=-8, hi=7, scale=4, rounding=sc.Rounding.FLOOR))
    ap_fixed<4,2,AP_TRN,AP_SAT>
    """

    lo: int
    hi: int
    scale: int
    rounding: Rounding = Rounding.HALF_AWAY
    overflow: Overflow = Overflow.SATURATE

    def __post_init__(self) -> None:
        for name in ("lo", "hi", "scale"):
            object.__setattr__(self, name, _integer(name, getattr(self, name)))
        _require_mode("rounding", self.rounding, Rounding)
        _require_mode("overflow", self.overflow, Overflow)
        if not self.lo <= 0 < self.hi:
            codes = f"{shown_number(self.lo)} .. {shown_number(self.hi)}"
            raise InputError(f"codes {codes} must satisfy lo <= 0 < hi")
        if self.scale < 1:
            raise InputError(f"scale {shown_number(self.scale)} must be a positive integer")
        if max(self.codes.width_bits, self.scale.bit_length()) > MAX_WIDTH_BITS + 1:
            raise InputError(f"codes and scale may have at most {MAX_WIDTH_BITS} bits")

    @classmethod
    def paper(cls, p: int, scale: int) -> Format:
        """The symmetric format of Hwang, Park and Park, arXiv 2409.00297.

        Parameters
        ----------
        p : int
            Bits of a magnitude, 1 to 1024: codes are -(2^p - 1) .. 2^p - 1.
        scale : int
            How many codes make 1.0.

        Returns
        -------
        Format
            It rounds half away from zero, and saturates.

        Raises
        ------
        InputError
            Where p or scale is out of range.

        Examples
        --------
        >>> sc.Format.paper(3, 4).codes
        Interval(low=-7, high=7)
        """
        lo, hi = symmetric_codes(p)
        return cls(lo=lo, hi=hi, scale=scale)

    @classmethod
    def parse(cls, text: str) -> Format:
        """A format from its text.

        Parameters
        ----------
        text : str
            paper(p,s), Qm.n, UQm.n, codes(lo,hi,scale), int8 or uint8, each with a rounding and
            an overflow mode or neither; ap_fixed<W,I>, ap_ufixed<W,I>, fixed<W,I>, ufixed<W,I> or
            ac_fixed<W,I,true>, each with a rounding mode, both modes or neither; ap_int<W> or
            ap_uint<W>.

        Returns
        -------
        Format
            Modes left out are AP_TRN and AP_WRAP for ap_fixed, fixed and ac_fixed, AP_TRN_ZERO
            and AP_WRAP for ap_int, AP_RND_CONV and AP_SAT for int8, else AP_RND_INF and AP_SAT.

        Raises
        ------
        InputError
            Where it is no such text; the message says what is allowed.

        Examples
        --------
        >>> print(sc.Format.parse("ap_fixed<8,4>"), sc.Format.parse("Q3.4"), sep=" and ")
        ap_fixed<8,4,AP_TRN,AP_WRAP> and ap_fixed<8,4,AP_RND_INF,AP_SAT>
        """
        lo, hi, scale, rounding, overflow = parsed(text.strip())
        return cls(lo=lo, hi=hi, scale=scale, rounding=rounding, overflow=overflow)

    @property
    def codes(self) -> Interval:
        """The interval lo .. hi; its `size` is N, the number of codes."""
        return Interval(self.lo, self.hi)

    def value(self, code: int) -> Fraction:
        """What a code is worth.

        Parameters
        ----------
        code : int
            One of lo .. hi.

        Returns
        -------
        Fraction
            code / scale, exactly.

        Raises
        ------
        InputError
            Where it is no code of the format.

        Examples
        --------
        >>> sc.Format.parse("Q3.4").value(40)
        Fraction(5, 2)
        """
        if code not in self.codes:
            raise InputError(f"code {shown_number(code)} is not in {self.codes}")
        return Fraction(code, self.scale)

    def quantize(self, value: Fraction | int) -> int:
        """The code of a value: overflow(round(value * scale)), by theory.md#quantize.

        Parameters
        ----------
        value : Fraction or int
            Any rational number, in the format's range or not.

        Returns
        -------
        int
            A code.

        Examples
        --------
        >>> fmt = sc.Format.parse("Q3.4")
        >>> fmt.quantize(3), fmt.quantize(100)
        (48, 127)
        """
        scaled = Fraction(value) * self.scale
        return self.requantize(Integers(), scaled.numerator, scaled.denominator)

    def requantize(self, ops: Operations[Num], numerator: Num, divisor: int) -> Num:
        """overflow(round(numerator / divisor)), by theory.md#requantize.

        Parameters
        ----------
        ops : Operations
            The interpretation: what an integer is, and is computed with.
        numerator : Num
            An integer of that interpretation; numerator / divisor is in units of codes.
        divisor : int
            At least 1.

        Returns
        -------
        Num
            A code, as an integer of the interpretation.

        Examples
        --------
        >>> from smtcheck.arithmetic.integers import Integers
        >>> sc.Format.parse("Q3.4").requantize(Integers(), 1000, 16)  # 62.5, a tie
        63
        """
        return self.apply_overflow(ops, round_quotient(ops, numerator, divisor, self.rounding))

    def apply_overflow(self, ops: Operations[Num], rounded: Num) -> Num:
        """An already rounded number brought into lo .. hi, by theory.md#overflow.

        Parameters
        ----------
        ops : Operations
            The interpretation: what an integer is, and is computed with.
        rounded : Num
            An integer of that interpretation, in units of codes.

        Returns
        -------
        Num
            A code, as an integer of the interpretation.

        Examples
        --------
        >>> from smtcheck.arithmetic.integers import Integers
        >>> sc.Format.parse("ap_fixed<8,4>").apply_overflow(Integers(), 128)
        -128
        """
        return apply_overflow(ops, rounded, self.lo, self.hi, self.overflow)

    def __str__(self) -> str:
        """The canonical text: modes spelled out, and `parse` reads it back."""
        return canonical_text(self.lo, self.hi, self.scale, self.rounding, self.overflow)


def _integer(name: str, given: SupportsIndex) -> int:
    """An integer of any type but bool."""
    try:
        if not isinstance(given, bool):
            return int(operator.index(given))
    except TypeError:
        pass
    raise InputError(f"{name} is {given!r}, and must be an integer")


def _require_mode(name: str, given: object, modes: type[Rounding] | type[Overflow]) -> None:
    """Refuse texts, which are no mode: nothing would be rounded, or brought into range."""
    if not isinstance(given, modes):
        raise InputError(
            f"{name} is {given!r}, and must be one of {modes.__name__}, such as "
            f"{next(iter(modes))}; whole texts are read by Format.parse"
        )
