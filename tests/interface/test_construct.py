"""The command `construct`, as somebody meets it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import smtcheck as sc
from tests.interface.commands import smtcheck
from tests.interface.corpus import write_claim, write_network

X0 = ("--target", "x0")
RELU = ("--activation", "relu", "--format", "paper(3,4)", "-o", "net.json")


SLOW = ("--target", "max(x0, x1)", "--inputs", "2", "--activation", "sigmoid",
        "--format", "paper(8,128)", "-o", "net.json", "--claim", "net.toml")  # fmt: skip
ENVIRONMENT = {**os.environ, "SMTCHECK_CACHE": "", "PYTHONPATH": str(Path(__file__).parents[2])}


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return smtcheck(folder, *words, timeout=120)


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
    ("network", "claim"),
    [
        ("net.json", "net.toml"),
        ("deep/er/net.json", "deep/net.toml"),
        ('deep/a "quoted" é.json', "it's.toml"),
    ],
)
@pytest.mark.parametrize("target", ["where(x0 > 0,\n\tx0, 1/4)", "table:it's.csv"])
def test_claims_name_their_files_so_that_they_are_found(
    tmp_path: Path, network: str, claim: str, target: str
) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "it's.csv").write_text("".join(f"{abs(code)}\n" for code in range(-7, 8)))
    done = construct(tmp_path, "--target", target, *RELU[:-1], network, "--claim", claim)
    assert done.returncode == 0, done.stderr
    (tmp_path / "it's.csv").unlink()  # the claim has a table of its own
    done = run(tmp_path, "prove", claim)
    assert done.returncode == 0, done.stderr + done.stdout
    assert "1 of 1 claims settled as expected" in done.stdout


def test_a_network_that_is_changed_is_refuted_by_its_claim(tmp_path: Path) -> None:
    assert construct(tmp_path, "--target", "abs(x0)", *RELU, "--claim", "net.toml").returncode == 0
    document = json.loads((tmp_path / "net.json").read_text())
    document["layers"][-1]["bias"][0] += 4
    (tmp_path / "net.json").write_text(json.dumps(document))
    done = run(tmp_path, "prove", "net.toml")
    assert done.returncode == 1 and "refuted, EXPECTED proved" in done.stdout


def test_lines_have_80_columns(tmp_path: Path) -> None:
    words = ("--target", "where(x0 > 0 and x1 < 1/2, x0 * x1, x1)", "--inputs", "2", *RELU)
    for more in ((), ("--weights", "binary"), ("--format", "ap_fixed<4,4>")):
        done = construct(tmp_path, *words, *more, "--force")
        lines = done.stdout.splitlines()
        assert max(map(len, lines)) <= 80
        assert all(line.startswith("  ") for line in lines[2:])


def test_several_targets_are_several_outputs(tmp_path: Path) -> None:
    targets = ("--target", "max(x0, x1)", "--target", "x0 - x1", "--target", "0")
    done = construct(tmp_path, *targets, "--inputs", "2", *RELU, "--claim", "net.toml", "--json")
    document = json.loads(done.stdout)
    net = sc.Network.load(tmp_path / "net.json")
    assert document["neurons"][-1] == 3
    assert document["entries"] == 3 * 15**2
    assert net.evaluate((2, -1)) == (2, 3, 0)
    assert run(tmp_path, "prove", "net.toml").returncode == 0


@pytest.mark.parametrize("name", ["t.csv", "t.npy"])
def test_tables_of_targets_are_read_from_either_kind_of_file(tmp_path: Path, name: str) -> None:
    table = np.random.default_rng(1).integers(-7, 8, size=(15, 15))
    if name.endswith(".npy"):
        np.save(tmp_path / name, table.astype(np.int8))
    else:
        rows = [",".join(map(str, row)) for row in table.tolist()]
        (tmp_path / name).write_text("\n".join(rows))
    words = ("--target", f"table:{name}", "--inputs", "2", *RELU, "--claim", "net.toml")
    done = construct(tmp_path, *words)
    assert done.returncode == 0, done.stderr
    points = np.array(list(np.ndindex(15, 15))) - 7
    outputs = sc.Network.load(tmp_path / "net.json").evaluate_many(points)
    assert (outputs.reshape(15, 15) == table).all()
    done = run(tmp_path, "prove", "net.toml", "--engine", "composition", "--json")
    assert json.loads(done.stdout)["claims"][0]["engine"] == "composition"


def test_an_activation_from_a_file_has_a_copy_beside_the_network(tmp_path: Path) -> None:
    codes = [max(code, 0) for code in range(-7, 8)]
    (tmp_path / "act.csv").write_text("".join(f"{code}\n" for code in codes))
    (tmp_path / "out").mkdir()
    words = ("--activation", "table:act.csv", "-o", "out/net.json", "--claim", "out/net.toml")
    done = construct(tmp_path, "--target", "-x0", *RELU, *words)
    assert done.returncode == 0, done.stderr
    (path,) = (tmp_path / "out").glob("net-activation-*.csv")
    copy = path.read_text()
    assert list(map(int, copy.split())) == codes
    (tmp_path / "act.csv").unlink()
    assert run(tmp_path / "out", "prove", "net.toml").returncode == 0


def test_the_document_of_a_network(tmp_path: Path) -> None:
    document = json.loads(construct(tmp_path, *X0, *RELU, "--json").stdout)
    expected = {
        "network": "net.json", "verdict": "constructed", "activation": "relu", "weights": "full",
        "bias": "exact", "target": ["x0"], "claim": None, "entries": 15, "engine": "exhaustive",
        "format": "paper(3,4,AP_RND_INF,AP_SAT)", "fewest_per_random_entry": 1.0,
    }  # fmt: skip
    assert document.items() >= expected.items()
    assert isinstance(document["parameters"], int) and isinstance(document["neurons"], list)
    assert document["parameters_per_entry"] == round(document["parameters"] / 15, 4)


@pytest.mark.parametrize(
    ("words", "verdict", "code"),
    [
        (("--activation", "step", "--weights", "binary"), "not universal", 1),
        (("--format", "ap_fixed<4,2>"), "undecided", 3),
    ],
)
def test_the_document_where_there_is_no_network(
    tmp_path: Path, words: tuple[str, ...], verdict: str, code: int
) -> None:
    done = construct(tmp_path, *X0, *RELU, *words, "--json")
    document = json.loads(done.stdout)
    assert (done.returncode, document["verdict"], document["network"]) == (code, verdict, None)
    assert document["reason"]


def test_the_time_limit_is_kept(tmp_path: Path) -> None:
    start = time.monotonic()
    done = construct(tmp_path, *SLOW, "--timeout", "2")
    assert time.monotonic() - start < 20
    assert done.returncode == 3 and "within 2 s" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_time_limit_is_kept_by_functions_of_others_too(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("import time\ndef f(x):\n    time.sleep(5)\n    return x\n")
    done = construct(tmp_path, "--target", "mine:f", *RELU, "--allow-code", "--timeout", "1")
    assert done.returncode == 3 and done.stderr == "smtcheck: not done within 1 s\n"


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_leaves_nothing_behind(tmp_path: Path, jobs: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "smtcheck", "construct", *SLOW, "--jobs", jobs],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    time.sleep(4)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors.strip()) == (130, "smtcheck: interrupted")
    assert list(tmp_path.iterdir()) == []


def test_an_engine_that_does_not_apply_says_why(tmp_path: Path) -> None:
    document = {"format": "paper(3,4)", "inputs": 1, "layers": [{"weights": [[4]], "bias": [0]}]}
    write_network(tmp_path, document)
    write_claim(tmp_path, target='"x0"')
    done = run(tmp_path, "prove", "--engine", "composition", "claim.toml")
    assert done.returncode == 3
    assert re.search(r"composition does not apply: a network of one layer", done.stdout)
    done = run(tmp_path, "prove", "claim.toml")
    assert done.returncode == 0 and "exhaustive" in done.stdout


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


def test_in_python_a_target_may_be_a_function_or_lists() -> None:
    made = sc.construct(lambda x, y: min(x, y) / 2, "relu", "paper(2,2)", inputs=2)
    assert isinstance(made, sc.Constructed)
    assert made.network.evaluate((2, -2)) == (-1,)
    made = sc.construct([3, 2, 1, 0, 1, 2, 3], "relu", "paper(2,2)")
    assert isinstance(made, sc.Constructed)
    assert made.network.evaluate((-2,)) == (2,)
    made = sc.construct(["x0 - x1", "x1"], "relu", "paper(2,2)", inputs=2)
    assert isinstance(made, sc.Constructed)
    assert made.network.evaluate((1, 3)) == (-2, 3)
