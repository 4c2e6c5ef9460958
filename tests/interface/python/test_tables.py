"""`sc.table` and `sc.activation`: what an activation can be given as, and how tables are shown."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import smtcheck as sc

RELU = (0, 0, 0, 0, 1, 2, 3)


@pytest.mark.parametrize(
    "act",
    [
        "relu", "expr:max(x, 0)", sc.activation("relu"), lambda x: max(x, 0), RELU, list(RELU),
        np.array(RELU, dtype=np.uint8),
    ],
)  # fmt: skip
def test_activations_are_given_in_many_ways(act: Any) -> None:
    assert sc.table(act, "paper(2,4)") == RELU
    assert sc.decide(act, "paper(2,4)").universal


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (5, "the activation is 5: neither a text, a function nor codes"),
        (None, "neither a text"),
        (b"relu", "neither a text"),
        ([], "neither a text"),
        ([[0] * 7], "has 2 axes of codes"),
        ([0, 0, [0]], "different lengths"),
        ([True] * 7, "True is not an integer code"),
        ([0.0] * 7, "0.0 is not an integer code"),
        (np.ma.array([0] * 7), "masked array"),
        ([0] * 6, "has 6 entries, and paper"),
        ([0] * 6 + [4], r"entry 6 \(for code 3\) is 4, outside the codes -3 .. 3"),
        (lambda x: 0.5, "returned 0.5"),
        (lambda x: 1 / x, "fails at 0"),
    ],
)
def test_what_is_no_activation_is_refused(act: Any, words: str) -> None:
    for use in (sc.table, sc.decide):
        with pytest.raises(sc.InputError, match=words):
            use(act, "paper(2,4)")  # type: ignore[operator]


def test_a_function_is_called_once_at_each_code() -> None:
    calls: list[Any] = []
    sc.decide(lambda x: calls.append(x) or max(x, 0), "paper(2,4)")  # type: ignore[func-returns-value]
    assert len(calls) == len(set(calls)) == 7


def test_tables_fit_on_a_screen() -> None:
    table = sc.table("relu", "paper(16,1)")
    assert len(table) == 2**17 - 1 and isinstance(table, tuple)
    assert len(repr(table)) < 300 and "..., 65528," in repr(table)
    html = table._repr_html_()
    assert html.count("<tr>") == 18 and html.count("...") == 4
    few = sc.table("relu", "paper(2,4)")
    assert repr(few) == repr(RELU) and few._repr_html_().count("<tr>") == 8
    assert pickle.loads(pickle.dumps(few)) == few == RELU
    assert (few.activation, str(few.format)) == ("relu", "paper(2,4,AP_RND_INF,AP_SAT)")
