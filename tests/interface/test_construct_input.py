"""What is wrong with a request to `construct`, said in a line before anything is built."""

from __future__ import annotations

import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import smtcheck as sc
from smtcheck.errors import InputError
from tests.interface.test_construct import RELU, SLOW, X0, construct

LONG = "n" * 300 + ".json"


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--target", "x0 +", *RELU), "cannot be read"),
        (("--target", "", *RELU), "cannot be read"),
        (("--target", "x1", *RELU), "is not an input"),
        (("--target", "1 / x0", *RELU), "divides by zero"),
        ((*X0, "--inputs", "9", *RELU), "at most"),
        ((*X0, "--inputs", "20", *RELU), "at most"),
        ((*X0, *RELU, "--weights", "some"), "'full', 'ternary'"),
        ((*X0, *RELU, "--bias", "some"), "'exact', 'grid'"),
        ((*X0, *RELU, "--format", "float32"), "float32"),
        ((*X0, *RELU, "--activation", "relu7"), "relu7"),
        ((*X0, *RELU, "--activation", "table:none.csv"), "none.csv cannot be read"),
        ((*X0, *RELU, "--activation", "mine:f"), "--allow-code"),
        (("--target", "table:none.npy", *RELU), "none.npy cannot be read"),
        (("--target", "table:none.txt", *RELU), ".csv or .npy"),
        (("--target", "table:", *RELU), "not a file name"),
        (("--target", "table:none.npy", *X0, *RELU), "stands alone"),
        (("--target", "mine:f", *X0, *RELU), "stands alone"),
        (("--target", "no_such_module:f", *RELU, "--allow-code"), "no_such_module"),
        (("--target", "math:pi", *RELU, "--allow-code"), "not a function"),
        (("--target", "math:sqrt", *RELU, "--allow-code"), "fails at -7/4"),
        (("--target", "math:exp", *RELU, "--allow-code"), "Fraction or an int"),
        ((*X0, *RELU[:-1], "no/net.json"), "cannot be written"),
        ((*X0, *RELU[:-1], "."), "it is a folder"),
        ((*X0, *RELU[:-1], ""), "it is a folder"),
        ((*X0, *RELU[:-1], LONG), "cannot be written: File name too long"),
        ((*X0, *RELU[:-1], "\udcff.json"), "not UTF-8"),
        ((*X0, *RELU[:-1], "net.npz"), "net.npz must end in .json"),
        ((*X0, *RELU, "--claim", "no/net.toml"), "could not name net.json"),
        ((*X0, *RELU, "--claim", "."), "it is a folder"),
        ((*X0, *RELU, "--claim", "./net.json"), "both the claim and the network"),
        ((*X0, *RELU, "--claim", "net.txt"), "is no name of a claim: it must end in .toml"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(tmp_path: Path, words: tuple[str, ...], what: str) -> None:
    done = construct(tmp_path, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert what in done.stderr and done.stderr.count("\n") == 1
    assert done.stderr.startswith("smtcheck: ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        RELU,
        (*X0, *RELU[:-2]),
        (*X0, *RELU[2:]),
        (*X0, *RELU, "--inputs", "0"),
        (*X0, *RELU, "--inputs", "two"),
        (*X0, *RELU, "--timeout", "0"),
        (*X0, *RELU, "--jobs", "0"),
        (*X0, *RELU, "more"),
        (*X0, *RELU, "--size", "small"),
    ],
)
def test_wrong_options_are_bad_usage(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = construct(tmp_path, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("smtcheck: ") and done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_claim_in_another_folder_is_refused_before_anything_is_built(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    start = time.monotonic()
    words = (*SLOW[:-4], "-o", "one/net.json", "--claim", "other/net.toml")
    done = construct(tmp_path, *words)
    assert done.returncode == 2 and "beside its network or above it" in done.stderr
    assert time.monotonic() - start < 20
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("1\n2\n3", "shape (3,)"),
        ("9\n" * 15, "entry 0 is 9"),
        ("0\n" + "x\n" * 14, "not an integer"),
    ],
)
def test_tables_of_another_kind_are_refused(tmp_path: Path, text: str, what: str) -> None:
    (tmp_path / "t.csv").write_text(text)
    done = construct(tmp_path, "--target", "table:t.csv", *RELU)
    assert done.returncode == 2 and what in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "target",
    [
        [], "", "x1", ["x0", 3], [[1, 2], [3]], [2**70] * 7, [0.5] * 7, 5, None,
        np.zeros(6, dtype=int), np.zeros(7), lambda x: 0.5, lambda x: x / 0,
        lambda x, y: Fraction(0),
    ],
)  # fmt: skip
def test_in_python_other_targets_are_refused_in_words(target: Any) -> None:
    with pytest.raises(InputError):
        sc.construct(target, "relu", "paper(2,2)")
