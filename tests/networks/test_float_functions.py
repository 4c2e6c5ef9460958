"""Functions of floats: the nearest argument, the exact result, and nothing in between."""

from __future__ import annotations

import math
import os
import pickle
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

import smtcheck as sc
from smtcheck.claims.claim_files import load_claim
from smtcheck.files import CodeExecution
from smtcheck.networks.activations import activation
from smtcheck.networks.float_functions import FloatFunction, FloatType, nearest
from tests.interface.commands import smtcheck

MODULE = """
import math
import numpy as np

def tanh(x):
    return math.tanh(x)

def single(x):
    assert type(x) is np.float32
    return x * np.float32(0.1)

def inverse(x):
    return 1 / x

def saturating(x):
    return 1 / (1 + 1 / (x * x))

def half(x):
    return np.float32(x) / 2

def exact(x):
    from fractions import Fraction
    return Fraction(0.5)

def wrong(x):
    return True
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "own_floats.py").write_text(MODULE, encoding="utf-8")
    sys.modules.pop("own_floats", None)
    return tmp_path


def test_arguments_are_the_nearest_floats() -> None:
    draw = Random(5)
    for _ in range(2000):
        x = Fraction(draw.randint(-(2**60), 2**60), draw.choice([3, 10, 2**40, 2**90 + 1]))
        for kind, bits in ((FloatType.FLOAT64, 53), (FloatType.FLOAT32, 24)):
            found = nearest(x, kind)
            assert type(found) is kind.scalar
            unit = Fraction(2) ** (math.frexp(float(found))[1] - bits)
            assert abs(Fraction(float(found)) - x) <= unit / 2


def test_arguments_are_rounded_once() -> None:
    # just above the middle of two singles, by less than a double can tell
    x = 1 + Fraction(1, 2**24) + Fraction(1, 2**70)
    assert np.float32(float(x)) == 1 != nearest(x, FloatType.FLOAT32) == 1 + 2**-23
    assert nearest(1 + Fraction(1, 2**24), FloatType.FLOAT32) == 1  # a tie goes to the even one
    assert nearest(1 + Fraction(3, 2**24), FloatType.FLOAT32) == 1 + 2**-22
    assert nearest(Fraction(0), FloatType.FLOAT32) == 0
    for kind, x in ((FloatType.FLOAT64, Fraction(10**400)), (FloatType.FLOAT32, Fraction(10**39))):
        with pytest.raises(sc.InputError, match=f"is too large for a {kind.value}"):
            nearest(x, kind)


def test_the_table_is_what_the_function_gives(folder: Path) -> None:
    fmt = sc.Format.parse("ap_fixed<8,2,AP_RND_CONV,AP_SAT>")
    values = [code / 64 for code in range(-128, 128)]
    for name, function in (
        ("float64:own_floats:tanh", math.tanh),
        ("float32:own_floats:single", lambda x: float(np.float32(x) * np.float32(0.1))),
    ):
        expected = tuple(fmt.quantize(Fraction(function(x))) for x in values)
        assert sc.table(name, fmt) == expected
    assert sc.table("float64:own_floats:tanh", fmt) == sc.table("tanh", fmt)


def test_infinities_on_the_way_are_those_of_floats(folder: Path) -> None:
    assert sc.table("float64:own_floats:saturating", "paper(1,1)") == (1, 0, 1)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("float64:own_floats:inverse", "returned inf at 0.0, no number"),
        ("float64:own_floats:half", "a float32, at -0.75; it must return a float64"),
        ("float32:own_floats:tanh", "a float, at -0.75; it must return a float32"),
        ("float64:own_floats:exact", "a Fraction, at -0.75; it must return a float64"),
        ("float64:own_floats:wrong", "a bool, at -0.75; it must return a float64"),
        ("float64:own_floats:nothing", "has no attribute 'nothing'"),
        ("float64:nowhere_at_all:f", "No module named"),
        ("float64:tanh", "No module named 'float64'"),
        ("float16:own_floats:tanh", "has no attribute 'own_floats:tanh'|No module named 'float16'"),
    ],
)
def test_what_gives_no_float_is_refused(folder: Path, name: str, words: str) -> None:
    with pytest.raises(sc.InputError, match=words):
        sc.table(name, "paper(2,4)")


@pytest.mark.parametrize("given", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_refused(given: float) -> None:
    function = FloatFunction(name="f", function=lambda x: given, type=FloatType.FLOAT64)
    with pytest.raises(sc.InputError, match=r"f returned -?(nan|inf) at 0.5, no number"):
        function(Fraction(1, 2))


def test_code_is_not_run_unless_it_is_allowed(folder: Path) -> None:
    with pytest.raises(sc.InputError, match="would run code"):
        activation("float64:own_floats:tanh")
    done = smtcheck(folder, "table", "--activation", "float64:own_floats:tanh", "--format", "Q1.2")
    assert done.returncode == 2 and "--allow-code" in done.stderr


def test_copies_go_to_other_processes(folder: Path) -> None:
    act = activation("float64:own_floats:tanh", code=CodeExecution.ALLOWED)
    copy: Any = pickle.loads(pickle.dumps(act))
    assert sc.table(copy, "paper(2,4)") == sc.table(act, "paper(2,4)")


def test_the_digest_is_that_of_the_table(folder: Path) -> None:
    path = folder / "claim.toml"
    text = 'kind = "universal"\nformat = "paper(2,4)"\nactivation = "float64:own_floats:tanh"\n'
    path.write_text(text, encoding="utf-8")

    def digest() -> str:
        sys.modules.pop("own_floats", None)
        return load_claim(path, CodeExecution.ALLOWED).digest

    before = digest()
    assert digest() == before
    changed = MODULE.replace("math.tanh(x)", "math.tanh(x) / 2").encode()
    (folder / "own_floats.py").write_bytes(changed)
    os.utime(folder / "own_floats.py", (1, 1))
    assert digest() != before
    made = sc.certify(path, allow_code=True)
    assert made.path is not None and sc.verify(path, allow_code=True).decided
    assert "float64:own_floats:tanh in paper(2,4" in made.path.read_bytes().decode("latin-1")
    (folder / "own_floats.py").write_text(MODULE, encoding="utf-8")
    sys.modules.pop("own_floats", None)
    assert "out of date" in str(getattr(sc.verify(path, allow_code=True), "reason", ""))


def test_the_current_folder_comes_first(folder: Path) -> None:
    (folder / "own_of_folder.py").write_text("def f(x): return max(x, 0)\n", encoding="utf-8")
    code = (
        "import sys; sys.path.remove(sys.path[0]) if sys.path[0] == '' else None\n"
        "import smtcheck as sc; print(sc.table('own_of_folder:f', 'paper(1,1)'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "(0, 0, 1)"
