"""Formats: texts in and out, what they mean, and what is refused with which message."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtcheck.arithmetic.format_texts import (
    MAX_WIDTH_BITS,
    parse_overflow,
    parse_rounding,
    parse_value,
)
from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.intervals import Interval
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.arithmetic.rounding import Rounding
from smtcheck.errors import InputError
from tests.arithmetic.cases import CODES, OVERFLOW_MODES, ROUNDING_MODES, formats

AWAY, FLOOR, EVEN = Rounding.HALF_AWAY, Rounding.FLOOR, Rounding.HALF_EVEN
ZERO = Rounding.TOWARD_ZERO
SATURATE, WRAP = Overflow.SATURATE, Overflow.WRAP

ACCEPTED = {
    "paper(3,4)": (-7, 7, 4, AWAY, SATURATE),
    " paper( 3 , 2^4 ) ": (-7, 7, 16, AWAY, SATURATE),
    "paper(1,1)": (-1, 1, 1, AWAY, SATURATE),
    "paper(62,2**40)": (1 - 2**62, 2**62 - 1, 2**40, AWAY, SATURATE),
    "paper(3,12,AP_RND_CONV,AP_WRAP)": (-7, 7, 12, EVEN, WRAP),
    "paper(3,12,half_even,wrap)": (-7, 7, 12, EVEN, WRAP),
    "ap_fixed<8,4>": (-128, 127, 16, FLOOR, WRAP),
    "ap_fixed <8, 4, AP_RND_INF, AP_SAT>": (-128, 127, 16, AWAY, SATURATE),
    "ap_fixed<4,-2>": (-8, 7, 64, FLOOR, WRAP),
    "ap_ufixed<8,8>": (0, 255, 1, FLOOR, WRAP),
    "ap_ufixed<1,0,AP_RND_CONV,AP_SAT>": (0, 1, 2, EVEN, SATURATE),
    "Q3.4": (-128, 127, 16, AWAY, SATURATE),
    "Q0.7": (-128, 127, 128, AWAY, SATURATE),
    "UQ4.4": (0, 255, 16, AWAY, SATURATE),
    "Q3.4(AP_RND_CONV,AP_WRAP)": (-128, 127, 16, EVEN, WRAP),
    "ap_fixed<8,4,AP_RND>": (-128, 127, 16, Rounding.HALF_UP, WRAP),
    "ap_fixed<8,4,RND,SAT>": (-128, 127, 16, Rounding.HALF_UP, SATURATE),
    "ap_ufixed<8,4,TRN_ZERO,SAT_SYM,0>": (0, 255, 16, ZERO, Overflow.SATURATE_SYMMETRIC),
    "fixed<16,6>": (-(2**15), 2**15 - 1, 2**10, FLOOR, WRAP),
    "fixed<16,6,TRN,WRAP,0>": (-(2**15), 2**15 - 1, 2**10, FLOOR, WRAP),
    "ufixed<4,0,RND_CONV>": (0, 15, 16, EVEN, WRAP),
    "ac_fixed<8,4,true>": (-128, 127, 16, FLOOR, WRAP),
    "ac_fixed<8,4,false,AC_RND>": (0, 255, 16, Rounding.HALF_UP, WRAP),
    "ac_fixed< 8, 4, true, AC_RND_INF, AC_SAT >": (-128, 127, 16, AWAY, SATURATE),
    "ap_int<8>": (-128, 127, 1, ZERO, WRAP),
    "ap_uint<4>": (0, 15, 1, ZERO, WRAP),
    "int8": (-128, 127, 1, EVEN, SATURATE),
    "uint16": (0, 2**16 - 1, 1, EVEN, SATURATE),
    "int4 (AP_TRN_ZERO, WRAP)": (-8, 7, 1, ZERO, WRAP),
    "codes(-3,9,7)": (-3, 9, 7, AWAY, SATURATE),
    "codes(0,1,1,AP_TRN,AP_WRAP)": (0, 1, 1, FLOOR, WRAP),
    "codes(-2^3,+7,10)": (-8, 7, 10, AWAY, SATURATE),
}

REFUSED = {
    "": "format '' is not one of paper",
    "paper": "is not one of paper",
    "paper<3,4>": "is not one of paper",
    "ap_fixed(8,4)": "is not one of paper",
    "float<8,4>": "is not one of paper",
    "Q3": "is not one of paper",
    "Q3.4<AP_RND,AP_SAT>": "is not one of paper",
    "Q٣.4": "is not one of paper",
    "paper(3,4) ap_fixed<8,4>": "is not one of paper",
    "paper()": "needs 2 numbers",
    "paper(3)": "needs 2 numbers",
    "codes(-3,9)": "needs 3 numbers",
    "ap_fixed<>": "needs 2 numbers",
    "paper(3,x)": r"'x' is not a number like 4 or 2\^4",
    "paper(3,4.5)": "'4.5' is not a number",
    "paper(3,2^)": r"'2\^' is not a number",
    "paper(٣,4)": "is not a number",
    "paper(0,4)": "p is 0, and must be 1 to 1024",
    "paper(1025,4)": "p is 1025, and must be 1 to 1024",
    "paper(-1,4)": "p is -1",
    "paper(3,0)": "scale 0 must be a positive integer",
    "paper(3,-4)": "scale -4 must be a positive integer",
    "paper(3,9^999)": "is too large",
    "paper(3,2^1025)": r"'2\^1025' is too large",
    f"paper(3,{2**1025})": "codes and scale may have at most 1024 bits",
    "paper(3,4,AP_RND)": "give both modes or neither",
    "paper(3,4,AP_RND,AP_SAT,AP_SAT)": "give both modes or neither",
    "paper(3,4,AP_RAND,AP_SAT)": r"rounding mode 'AP_RAND' is not one of AP_TRN \(floor\)",
    "paper(3,4,AP_RND,AP_SATURATE)": r"overflow mode 'AP_SATURATE' is not one of AP_SAT \(sat",
    "paper(3,4,AP_SAT,AP_RND)": "rounding mode 'AP_SAT' is not",
    "paper(3,4,,)": "rounding mode '' is not",
    "ap_fixed<8,4,AP_RND,AP_SAT,1>": "has saturation bits, which must be 0: leave them out",
    "ap_fixed<8,4,AP_RND,AP_SAT,AP_RND>": "'AP_RND' is not a number",
    "ap_fixed<8,4,AP_RND,AP_SAT,0,0>": "has too many parameters",
    "ap_fixed<8,4,0>": "rounding mode '0' is not one of",
    "ap_fixed<8,4,AP_SAT>": "rounding mode 'AP_SAT' is not one of",
    "ap_fixed<8,4,AP_TRN_INF>": "rounding mode 'AP_TRN_INF' is not one of",
    "ap_fixed<8,4,AP_TRN,AP_WRAP_SM>": "overflow mode 'AP_WRAP_SM' is not one of",
    "ac_fixed<8,4>": "must say whether it is signed",
    "ac_fixed<8,4,1>": "must say whether it is signed",
    "ac_fixed<8,4,true,AC_RND_CONV_ODD>": "rounding mode 'AC_RND_CONV_ODD' is not one of",
    "ac_fixed<8,4,true,AC_TRN_INF>": "rounding mode 'AC_TRN_INF' is not one of",
    "ac_fixed<8,4,true,AC_TRN,AC_WRAP,0>": "has too many parameters",
    "ap_int<8,8>": "an ap_int has a width and no modes; with modes it is ap_fixed<W,W,Q,O>",
    "ap_uint<8,AP_RND>": "with modes it is ap_ufixed<W,W,Q,O>",
    "ap_int<>": "needs 1 number",
    "ap_int8": "is not one of paper",
    "fixed(8,4)": "is not one of paper",
    "int<8>": "is not one of paper",
    "int8<>": "is not one of paper",
    "int8(AP_RND)": "give both modes or neither",
    "int٣": "is not one of paper",
    "int1": r"codes -1 \.\. 0 must satisfy lo <= 0 < hi",
    "uint0": "has 0 bits",
    "int9999": "has 9999 bits",
    "ap_fixed<0,0>": "has 0 bits, and may have 1 to 1024",
    "ap_fixed<1025,4>": "has 1025 bits",
    "ap_fixed<8,9>": "has -1 fraction bits, and may have 0 to 1024",
    "ap_fixed<8,-1017>": "has 1025 fraction bits",
    "ap_fixed<1,1>": r"codes -1 \.\. 0 must satisfy lo <= 0 < hi",
    "ap_ufixed<0,0>": "has 0 bits",
    "Q0.0": r"codes -1 \.\. 0 must satisfy",
    "UQ0.0": "has 0 bits",
    "Q9999.9999": "has 19999 bits",
    "codes(1,3,1)": r"codes 1 \.\. 3 must satisfy lo <= 0 < hi",
    "codes(-3,0,1)": r"codes -3 \.\. 0 must satisfy",
    "codes(-3,-5,1)": r"codes -3 \.\. -5 must satisfy",
    f"codes(0,{2**1025},1)": "codes and scale may have at most 1024 bits",
}


@pytest.mark.parametrize("text", ACCEPTED)
def test_accepted_texts(text: str) -> None:
    lo, hi, scale, rounding, overflow = ACCEPTED[text]
    expected = Format(lo=lo, hi=hi, scale=scale, rounding=rounding, overflow=overflow)
    assert Format.parse(text) == expected


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text[:30])
def test_refused_texts(text: str) -> None:
    with pytest.raises(InputError, match=REFUSED[text]):
        Format.parse(text)


@given(st.text(max_size=40))
def test_any_other_text_is_refused_in_a_short_line(text: str) -> None:
    with pytest.raises(InputError) as caught:
        Format.parse(text)
    assert len(str(caught.value)) < 400
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("length", [10**3, 10**6])
def test_long_texts_are_refused_without_repeating_them(length: int) -> None:
    for text in ("9" * length, f"paper({'9' * length},1)", f"paper(3,4,{'A' * length},AP_SAT)"):
        with pytest.raises(InputError) as caught:
            Format.parse(text)
        assert len(str(caught.value)) < 500


@given(formats())
@settings(max_examples=300)
def test_printing_and_parsing_is_the_identity(fmt: Format) -> None:
    assert Format.parse(str(fmt)) == fmt


@given(
    st.sampled_from([(0, 2), (0, 8), (0, 62), (1, 2), (1, 8), (1, 62), (2, 1), (2, 62)]),
    st.integers(0, 80),
    ROUNDING_MODES,
    OVERFLOW_MODES,
)
def test_printing_each_family(
    family: tuple[int, int], fraction_bits: int, rounding: Rounding, overflow: Overflow
) -> None:
    kind, bits = family
    modes = f"{rounding.value},{overflow.value}"
    text = [
        f"ap_ufixed<{bits},{bits - fraction_bits},{modes}>",
        f"ap_fixed<{bits},{bits - fraction_bits},{modes}>",
        f"paper({bits},{3 + fraction_bits},{modes})",
    ][kind]
    assert str(Format.parse(text)) == text


def test_every_small_format_survives_printing() -> None:
    for lo, hi in CODES:
        for scale in (1, 3, 4):
            fmt = Format(lo=lo, hi=hi, scale=scale)
            assert Format.parse(str(fmt)) == fmt
            families = str(fmt).split("(")[0].split("<")[0]
            assert families in ("paper", "codes", "ap_fixed", "ap_ufixed")


def names_of(mode: Rounding | Overflow) -> set[str]:
    """Every name that somebody may give a mode."""
    bare = mode.value.removeprefix("AP_")
    prefixed = set() if bare == mode.value else {f"AP_{bare}", f"AC_{bare}"}
    return {mode.name.lower(), bare, *prefixed}


@pytest.mark.parametrize("mode", Rounding)
def test_the_names_of_rounding_modes(mode: Rounding) -> None:
    assert {parse_rounding(name) for name in names_of(mode)} == {mode}


@pytest.mark.parametrize("mode", Overflow)
def test_the_names_of_overflow_modes(mode: Overflow) -> None:
    assert {parse_overflow(name) for name in names_of(mode)} == {mode}


def test_no_name_means_two_modes() -> None:
    names = [name for mode in (*Rounding, *Overflow) for name in names_of(mode)]
    assert len(names) == len(set(names))


def test_integers_of_c_and_of_fixed_point_differ_below_zero() -> None:
    """The vendor's headers: `ap_int<8> i = ap_fixed<9,8>(-7.5)` is -7, an ap_fixed<8,8> is -8."""
    found = [Format.parse(text).quantize(Fraction(-15, 2)) for text in ("ap_int<8>", "fixed<8,8>")]
    assert found == [-7, -8]


def test_the_library_default_is_half_away_and_saturation() -> None:
    fmt = Format(lo=-1, hi=1, scale=1)
    assert (fmt.rounding, fmt.overflow) == (AWAY, SATURATE)
    assert Format.paper(3, 4) == Format.parse("paper(3,4)")


def test_values_and_codes_of_a_format() -> None:
    fmt = Format.parse("codes(-3,9,7)")
    assert fmt.codes == Interval(-3, 9)
    assert [fmt.value(code) for code in (-3, 0, 9)] == [Fraction(n, 7) for n in (-3, 0, 9)]
    for code in (-4, 10):
        with pytest.raises(InputError, match=rf"code {code} is not in -3 \.\. 9"):
            fmt.value(code)


def test_a_value_of_the_format_is_its_own_code() -> None:
    for lo, hi in CODES[::7]:
        for overflow in Overflow:
            fmt = Format(lo=lo, hi=hi, scale=5, overflow=overflow)
            first = max(lo, -hi) if overflow is Overflow.SATURATE_SYMMETRIC else lo
            codes = range(first, hi + 1)
            assert [fmt.quantize(fmt.value(code)) for code in codes] == list(codes)


def test_integers_are_quantized_like_fractions() -> None:
    fmt = Format.parse("ap_fixed<8,4,AP_RND,AP_SAT>")
    assert fmt.quantize(3) == fmt.quantize(Fraction(3)) == 48
    assert fmt.quantize(100) == 127


@pytest.mark.parametrize(
    ("lo", "hi", "scale"), [(1, 2, 1), (0, 0, 1), (-1, 0, 1), (-1, 1, 0), (0, 2**1025, 1)]
)
def test_formats_that_cannot_be_built(lo: int, hi: int, scale: int) -> None:
    with pytest.raises(InputError):
        Format(lo=lo, hi=hi, scale=scale)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"overflow": "AP_WRAP"}, "overflow is 'AP_WRAP', and must be one of Overflow"),
        ({"rounding": "AP_TRN"}, "rounding is 'AP_TRN', and must be one of Rounding"),
        ({"rounding": Overflow.WRAP}, "must be one of Rounding"),
        ({"overflow": None}, "must be one of Overflow"),
        ({"scale": 1.5}, "scale is 1.5, and must be an integer"),
        ({"hi": 3.0}, "hi is 3.0, and must be an integer"),
        ({"lo": Fraction(-4)}, "lo is Fraction.*, and must be an integer"),
        ({"scale": True}, "scale is True, and must be an integer"),
    ],
)
def test_parts_of_another_type_are_refused(parts: dict[str, Any], message: str) -> None:
    """A text for a mode was taken, and numbers out of range became None."""
    with pytest.raises(InputError, match=message):
        Format(**{"lo": -4, "hi": 3, "scale": 1} | parts)


def test_integers_of_numpy_are_parts() -> None:
    made = Format(lo=np.int8(-4), hi=np.uint8(3), scale=np.int64(2))
    assert made == Format(lo=-4, hi=3, scale=2)
    assert {type(part) for part in (made.lo, made.hi, made.scale)} == {int}


def test_the_widest_formats() -> None:
    for text in (f"ap_fixed<{MAX_WIDTH_BITS},0>", f"ap_ufixed<{MAX_WIDTH_BITS},0>"):
        fmt = Format.parse(text)
        assert fmt.codes.size == 2**MAX_WIDTH_BITS
        assert Format.parse(str(fmt)) == fmt
    assert Format.paper(MAX_WIDTH_BITS, 2**MAX_WIDTH_BITS).hi == 2**MAX_WIDTH_BITS - 1


@pytest.mark.parametrize(
    ("text", "value"), [("3", "3"), (" -0.25 ", "-1/4"), ("+1/3", "1/3"), ("10/4", "5/2")]
)
def test_values_are_exact_rationals(text: str, value: str) -> None:
    assert parse_value(text) == Fraction(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not a number like 3, -0.25 or 1/3"),
        ("1e3", "is not a number"),
        ("0x10", "is not a number"),
        (".5", "is not a number"),
        ("1/-2", "is not a number"),
        ("1.5/2", "is not a number"),
        ("nan", "is not a number"),
        ("٣", "is not a number"),
        ("9" * 300, "is not a number"),
        ("1/0", "'1/0' divides by zero"),
    ],
)
def test_what_is_not_a_value(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_value(text)
