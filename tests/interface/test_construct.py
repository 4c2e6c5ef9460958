"""The command `construct`, as somebody meets it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import smtcheck as sc

RELU = ("--activation", "relu", "--format", "paper(3,4)", "-o", "net.json")


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "smtcheck", *words],
        cwd=folder,
        env={**os.environ, "SMTCHECK_CACHE": ""},
        capture_output=True,
        text=True,
        timeout=120,
    )


def construct(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return run(folder, "construct", *words)


def test_a_network_and_its_claim(tmp_path: Path) -> None:
    words = ("--target", "max(x0, x1)", "--inputs", "2", *RELU, "--claim", "max.toml")
    done = construct(tmp_path, *words)
    assert done.returncode == 0, done.stderr
    assert "net.json: max(x0, x1) with relu" in done.stdout and "proved by" in done.stdout
    assert sc.Network.load(tmp_path / "net.json").evaluate((3, -5)) == (3,)
    assert run(tmp_path, "prove", "max.toml").returncode == 0


def test_json(tmp_path: Path) -> None:
    done = construct(tmp_path, "--target", "x0 // 2", "--target", "-x0", *RELU, "--json")
    document: dict[str, Any] = json.loads(done.stdout)
    net = sc.Network.load(tmp_path / document["network"])
    assert document["neurons"] == [layer.outputs for layer in net.layers]
    assert document["parameters"] == net.neurons + net.nonzero_weights
    assert document["parameters_per_entry"] == round(document["parameters"] / 30, 4)
    assert net.evaluate((7,)) == (0, -7)


def test_tables_and_activations_from_files(tmp_path: Path) -> None:
    fmt = sc.Format.paper(2, 2)
    table = np.random.default_rng(0).integers(fmt.lo, fmt.hi + 1, size=(7, 7))
    np.save(tmp_path / "t.npy", table)
    (tmp_path / "act.csv").write_text("0 0 0 0 1 2 3".replace(" ", "\n"))
    (tmp_path / "out").mkdir()
    words = ("--target", "table:t.npy", "--inputs", "2", "--activation", "table:act.csv")
    words += ("--format", "paper(2,2)", "-o", "out/net.json", "--claim", "out/net.toml")
    done = construct(tmp_path, *words)
    assert done.returncode == 0, done.stderr
    assert run(tmp_path / "out", "prove", "net.toml").returncode == 0
    net = sc.Network.load(tmp_path / "out" / "net.json")
    assert net.evaluate((-3, 3)) == (table[0, 6],)


def test_code_is_run_only_if_allowed(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def f(x):\n    return -x\n")
    words = ("--target", "mine:f", *RELU)
    refused = construct(tmp_path, *words)
    assert refused.returncode == 2 and "--allow-code" in refused.stderr
    assert not (tmp_path / "net.json").exists()
    assert construct(tmp_path, *words, "--allow-code").returncode == 0
    assert sc.Network.load(tmp_path / "net.json").evaluate((5,)) == (-5,)


@pytest.mark.parametrize(
    ("words", "code", "what"),
    [
        (("--target", "x0 +", *RELU), 2, "cannot be read"),
        (("--target", "1 / x0", *RELU), 2, "divides by zero"),
        (("--target", "x0", "--inputs", "9", *RELU), 2, "at most"),
        (("--target", "x0", *RELU, "--weights", "some"), 2, "full, ternary"),
        (("--target", "table:none.npy", *RELU), 2, "none.npy"),
        (("--target", "x0", *RELU[:-1], "no/net.json"), 2, "cannot be written"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(
    tmp_path: Path, words: tuple[str, ...], code: int, what: str
) -> None:
    done = construct(tmp_path, *words)
    assert (done.returncode, done.stdout) == (code, "")
    assert what in done.stderr and done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_where_there_is_no_network_it_says_why(tmp_path: Path) -> None:
    step = ("--activation", "step", "--format", "paper(3,4)", "--weights", "binary")
    done = construct(tmp_path, "--target", "x0", *step, "-o", "net.json")
    assert done.returncode == 1 and "not universal (coverage)" in done.stdout
    wrapping = ("--activation", "relu", "--format", "ap_fixed<4,2>", "-o", "net.json")
    done = construct(tmp_path, "--target", "x0", *wrapping)
    assert done.returncode == 3 and "saturating" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_in_python() -> None:
    made = sc.construct("x0 * x1", "relu", "paper(2,2)", inputs=2)
    assert isinstance(made, sc.Constructed)
    assert made.network.evaluate((3, 2)) == (3,)
    made = sc.construct(np.arange(7)[::-1] - 3, "gelu", "paper(2,2)", weights="ternary")
    assert isinstance(made, sc.Constructed)
    assert made.network.evaluate((3,)) == (-3,)
    assert isinstance(sc.construct("x0", "identity", "ap_fixed<4,4>"), sc.NotUniversal)
