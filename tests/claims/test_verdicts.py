"""Verdicts are no truth values, say what they are, and fit on a screen."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

import smtcheck as sc


@cache
def verdicts() -> dict[str, Any]:
    made = sc.construct("abs(x0)", "relu", "paper(3,4)")
    assert isinstance(made, sc.Constructed)
    return {
        "proved": sc.prove(made.network, equals="abs(x0)"),
        "refuted": sc.prove(made.network, equals="x0"),
        "undecided": sc.Undecided(reason="time is over"),
        "universal": sc.decide("relu", "paper(3,4)"),
        "not universal": sc.decide("step", "paper(3,4)", weights="binary"),
        "constructed": made,
    }


NAMES = ("proved", "refuted", "undecided", "universal", "not universal", "constructed")
EVERY_VERDICT = pytest.mark.parametrize("name", NAMES)


@EVERY_VERDICT
def test_a_verdict_is_no_truth_value(name: str) -> None:
    verdict = verdicts()[name]
    with pytest.raises(TypeError, match=rf"'{name}' is neither true nor false: ask verdict\.\w+"):
        assert verdict
    with pytest.raises(TypeError):
        print(not verdict)


@pytest.mark.parametrize(
    ("name", "answers"),
    [
        ("proved", {"proved": True, "refuted": False, "decided": True}),
        ("refuted", {"proved": False, "refuted": True, "decided": True}),
        ("universal", {"universal": True, "decided": True}),
        ("not universal", {"universal": False, "constructed": False, "decided": True}),
        ("constructed", {"constructed": True, "decided": True}),
        (
            "undecided",
            {
                "proved": False, "refuted": False, "universal": False, "constructed": False,
                "decided": False,
            },
        ),
    ],
)  # fmt: skip
def test_a_verdict_answers_what_can_be_asked_of_it(name: str, answers: dict[str, bool]) -> None:
    verdict = verdicts()[name]
    for question in ("proved", "refuted", "universal", "constructed", "decided"):
        if (name, question) != ("constructed", "universal"):  # which is a verdict of its own
            assert getattr(verdict, question, None) is answers.get(question)


@EVERY_VERDICT
def test_what_an_error_suggests_can_be_asked(name: str) -> None:
    verdict = verdicts()[name]
    with pytest.raises(TypeError) as raised:
        bool(verdict)
    words = str(raised.value).replace(",", " ").split()
    suggested = [word.partition(".")[2] for word in words if word.startswith("verdict.")]
    assert suggested and all(getattr(verdict, word) in (True, False) for word in suggested)


@EVERY_VERDICT
def test_verdicts_are_copied_as_values(name: str) -> None:
    verdict = verdicts()[name]
    if name != "constructed":  # which holds arrays
        assert pickle.loads(pickle.dumps(verdict)) == copy.copy(verdict) == verdict


@EVERY_VERDICT
def test_verdicts_fit_on_a_screen(name: str) -> None:
    verdict = verdicts()[name]
    assert repr(verdict).startswith(f"{type(verdict).__name__}(") and len(repr(verdict)) < 1000
    html = verdict._repr_html_()
    assert html.startswith(f"<table><caption>{name}</caption>") and len(html) < 2000


def test_long_parts_lose_their_middle_and_html_is_escaped() -> None:
    verdict = sc.Undecided(reason="<b>" + "a" * 10**6 + "</b>")
    assert len(repr(verdict)) < 200 and " ... " in repr(verdict)
    assert "<b>" not in verdict._repr_html_() and "&lt;b&gt;" in verdict._repr_html_()


def test_sentences_are_no_part_of_what_was_settled() -> None:
    verdict = verdicts()["universal"]
    assert replace(verdict, reasons=()) == verdict
    assert hash(replace(verdict, reasons=("because",))) == hash(verdict)
    assert verdicts()["undecided"].reasons == ("time is over",)
