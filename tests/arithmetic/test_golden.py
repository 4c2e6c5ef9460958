"""The vendor's own conversions: every row of the golden file, by Format and by the reference."""

from __future__ import annotations

import csv
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest

from smtcheck import reference
from smtcheck.arithmetic.formats import Format
from tests.arithmetic.cases import plain

GOLDEN = Path(__file__).parents[1] / "data" / "ap_fixed.csv"


@cache
def fmt(text: str) -> Format:
    return Format.parse(text)


@pytest.fixture(scope="module")
def rows() -> list[tuple[Fraction, str, int]]:
    """Source values, target formats and target codes."""
    with GOLDEN.open(newline="") as file:
        return [
            (
                Fraction(int(row["source_code"]), 2 ** int(row["source_fraction_bits"])),
                row["target_format"],
                int(row["target_code"]),
            )
            for row in csv.DictReader(file)
        ]


def test_the_golden_file_is_whole(rows: list[tuple[Fraction, str, int]]) -> None:
    assert len(rows) == 8960
    formats = [fmt(text) for _, text, _ in rows]
    assert len({each.rounding for each in formats}) == 7  # all but TRN_INF
    assert len({each.overflow for each in formats}) == 4


def test_quantize_reproduces_every_row(rows: list[tuple[Fraction, str, int]]) -> None:
    wrong = [row for row in rows if fmt(row[1]).quantize(row[0]) != row[2]]
    assert wrong == []


def test_the_reference_reproduces_every_row(rows: list[tuple[Fraction, str, int]]) -> None:
    wrong = [row for row in rows if reference.quantize(row[0], plain(fmt(row[1]))) != row[2]]
    assert wrong == []


def test_every_row_survives_printing_its_format(rows: list[tuple[Fraction, str, int]]) -> None:
    for text in {text for _, text, _ in rows}:
        assert Format.parse(str(fmt(text))) == fmt(text)
        assert str(fmt(text)) == text
