"""What messages repeat of somebody else's texts and numbers: short, and printable anywhere."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

import smtcheck as sc
from smtcheck.errors import MAX_MESSAGE, shown, shown_number, shown_numbers, shown_text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (-40, "-40"),
        (2**200 - 1, str(2**200 - 1)),
        (2**200, "2^200"),
        (-(2**300), "-2^300"),
        (2**1023 - 1, "2^1023 - 1"),
        (1 - 2**1024, "-(2^1024 - 1)"),
        (2**300 + 1, "2^300 + 1"),
        (3 * 2**300, "about 2^301"),
        (-(10**5000), "about -2^16609"),
        (Fraction(-1, 3), "-1/3"),
        (Fraction(1, 3**400), "about 2^-633"),
        (Fraction(-(3**500), 2**500), "about -2^292"),
    ],
    ids=range(13),
)
def test_numbers_are_written_in_few_characters(number: int | Fraction, text: str) -> None:
    assert shown_number(number) == text


@given(st.integers(), st.integers(0, 60_000))
def test_numbers_of_any_size_are_written(number: int, shift: int) -> None:
    assert len(shown_number(number << shift)) < 70


def test_lists_are_cut_short() -> None:
    assert shown_numbers([1, -2]) == "[1, -2]"
    assert shown_numbers(range(14)) == "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, ... (2 more)]"
    assert shown((1, 2)) == (1, 2)
    assert shown([2**300]) == "[2^300]"
    assert shown(True) is True
    assert shown("text") == "text"


@given(st.text(st.characters(), max_size=200))
def test_texts_are_quoted_and_printable(text: str) -> None:
    quoted = shown_text(text)
    assert quoted.isprintable()
    assert len(quoted) <= 62
    assert shown_text("\ud800\n") == r"'\ud800\n'"


@given(st.text(st.characters(), max_size=50))
def test_messages_are_one_line_that_can_be_printed(text: str) -> None:
    message = str(sc.InputError(f"{text * 50} is wrong"))
    assert message.isprintable()
    assert message.encode()
    assert str(sc.InputError(message)) == message or len(message) > MAX_MESSAGE
