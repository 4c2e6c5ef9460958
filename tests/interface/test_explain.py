"""`explain`: numbers of any size, in few characters for people and exactly for programs."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

from tests.interface.commands import smtcheck

WIDE = "ap_fixed<1024,1020,AP_RND,AP_SAT>"
INPUT = f"1{'0' * 190}.0625"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    layer = {"weights": [[16]], "bias": [0], "activation": "expr:x**64"}
    network = {"format": WIDE, "inputs": 1, "layers": [layer]}
    (tmp_path / "net.json").write_text(json.dumps(network), encoding="utf-8")
    claim = f'kind = "equivalent"\nformat = "{WIDE}"\nleft = "expr:x0**64"\n'
    (tmp_path / "claim.toml").write_text(f'{claim}right = "expr:x0**64 + 1"\n', encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("name", ["net.json", "claim.toml"])
def test_numbers_beyond_what_python_writes(files: Path, name: str) -> None:
    run = smtcheck(files, "explain", name, "--input", INPUT)
    assert (run.returncode, run.stderr) == (0, "")
    assert "about 2^40398" in run.stdout
    assert max(map(len, run.stdout.splitlines())) <= 80
    run = smtcheck(files, "explain", name, "--input", INPUT, "--json")
    document = json.loads(run.stdout)
    assert run.returncode == 0
    assert document["input_codes"] == [str(16 * 10**190 + 1)]
    assert document["input_values"] == [INPUT]
    assert Fraction(document["sides"][0]["values"][0]) * 16 == int(document["sides"][0]["codes"][0])


def test_a_code_is_an_integer(files: Path) -> None:
    done = smtcheck(files, "explain", "net.json", "--codes", "1.5")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "smtcheck: code 1.5 is no integer: --input takes values\n"
