"""Entries of T: one at a time or all of them, and what the expression proves about them."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import smtcheck as sc
from smtcheck.arithmetic.formats import Format
from smtcheck.networks.activation_entries import ActivationTable


def entries(activation: str, fmt: str) -> ActivationTable:
    return ActivationTable(sc.activation(activation), Format.parse(fmt))


def test_entries_one_at_a_time_are_those_of_the_table() -> None:
    some = entries("gelu", "paper(4,8)")
    assert [some[code] for code in range(-15, 16)] == list(some.all)
    assert some.array.tolist() == list(some.all) and some.array.dtype == np.int64
    assert some.can_be_listed
    for code in (-16, 16):
        with pytest.raises(IndexError, match=f"{code} is not a code"):
            some[code]


def test_a_table_too_long_to_be_listed_has_entries_all_the_same() -> None:
    some = entries("relu", "paper(62,2^40)")
    assert not some.can_be_listed
    assert (some[2**61], some[-1]) == (2**61, 0)


@pytest.mark.parametrize("mode", [mode.value for mode in sc.Overflow])
@pytest.mark.parametrize("name", ["identity", "sigmoid", "expr:x * 3", "expr:-x", "gelu"])
def test_nothing_is_said_to_rise_that_falls_somewhere(name: str, mode: str) -> None:
    some = entries(name, f"ap_fixed<5,3,AP_RND,{mode}>")
    rises = all(before <= after for before, after in pairwise(some.all))
    assert rises or not some.is_nondecreasing
    if name in ("identity", "sigmoid", "expr:x * 3") and mode in ("AP_SAT", "AP_SAT_SYM"):
        assert some.is_nondecreasing


def test_a_table_from_a_file_proves_no_order(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(",".join(map(str, range(-3, 4))), encoding="utf-8")
    fmt = Format.paper(2, 1)
    assert not ActivationTable(sc.activation(f"table:{tmp_path}/t.csv"), fmt).is_nondecreasing
