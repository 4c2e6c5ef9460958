"""`sc.decide`, `sc.construct` and `sc.sweep`: sentences, targets, rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import smtcheck as sc
from smtcheck.claims.settings import QuantizationScheme
from smtcheck.interface.universality_text import explanation


@pytest.mark.parametrize(("act", "weights"), [("relu", "full"), ("step", "binary")])
def test_verdicts_carry_the_sentences_of_the_command(act: str, weights: str) -> None:
    verdict = sc.decide(act, "paper(3,4)", weights=weights)
    setting = QuantizationScheme.parse("paper(3,4)", weights, "exact")
    assert list(verdict.reasons) == explanation(setting, act, verdict) != []
    made = sc.construct("x0", act, "paper(3,4)", weights=weights)
    found = made.universal if isinstance(made, sc.Constructed) else made
    assert found == verdict and found.reasons == verdict.reasons  # type: ignore[union-attr]


def test_a_time_limit_is_a_reason() -> None:
    verdict = sc.construct("x0", "relu", "ap_fixed<4,2>")
    assert isinstance(verdict, sc.Undecided) and verdict.reasons == (verdict.reason,)


@pytest.mark.parametrize(
    ("target", "more", "words"),
    [
        ([[1], [2, 3]], {}, "different lengths"),
        ([0.5] * 7, {}, "0.5 is not an integer code"),
        ([True] * 7, {}, "True is not an integer code"),
        ([0] * 6 + [9], {}, r"has 9 at \[6\], which is no code"),
        ([2**70] * 7, {}, "which is no code"),
        ([0] * 6, {}, r"has shape \(6,\)"),
        (np.ma.array([0] * 7), {}, "masked array"),
        ([0] * 7, {"inputs": 2}, "an array of 1 inputs, and inputs is 2"),
        ("x0", {"inputs": 1.0}, "inputs is 1.0"),
        ("x0", {"inputs": 0}, "inputs is 0"),
        ("x0", {"weights": None}, "weights is None"),
        ("x0", {"bias": 5}, "bias is 5"),
        ("x0", {"timeout": "1"}, "timeout is '1'"),
        (None, {}, "neither a text"),
    ],
)
def test_what_is_no_target_is_refused(target: Any, more: dict[str, Any], words: str) -> None:
    with pytest.raises(sc.InputError, match=words):
        sc.construct(target, "relu", "paper(2,4)", **more)


def test_activations_of_any_kind_are_constructed_with() -> None:
    for act in (lambda x: max(x, 0), [0, 0, 0, 0, 1, 2, 3]):
        made = sc.construct([3, 2, 1, 0, 1, 2, 3], act, "paper(2,4)", timeout=20)
        assert isinstance(made, sc.Constructed)
        sc.check(made.network, equals="abs(x0)")


def test_rows_of_a_sweep() -> None:
    rows = sc.sweep(["relu", "step"], p=2, scale="1..2", weights="binary", timeout=5)
    assert [(row["activation"], row["p"], row["scale"]) for row in rows] == [
        ("relu", 2, 1), ("relu", 2, 2), ("step", 2, 1), ("step", 2, 2),
    ]  # fmt: skip
    for row in rows:
        verdict = sc.decide(row["activation"], row["format"], weights=row["weights"])
        assert str(verdict) == row["verdict"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"activations": []}, "neither a text nor a list"),
        ({"activations": [5]}, "holds something that is no text"),
        ({"p": 1.5}, "a range is 1.5"),
        ({"p": True}, "a range is True"),
        ({"scale": "0..1"}, "contains 0"),
        ({"jobs": 0}, "jobs is 0"),
        ({"weights": "some"}, "'some' is not one of"),
        ({"timeout": 0}, "timeout is 0"),
    ],
)
def test_what_is_no_sweep_is_refused(more: dict[str, Any], words: str) -> None:
    with pytest.raises(sc.InputError, match=words):
        sc.sweep(**({"activations": "relu", "p": 1} | more))
