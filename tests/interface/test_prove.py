"""The command line as people and scripts meet it: texts, JSON, exit codes."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import smtcheck as sc
from tests.interface.commands import children_of_command, smtcheck
from tests.interface.corpus import write_claim, write_network

TIE_NETWORK = {
    "format": "ap_fixed<6,4,AP_RND_CONV,AP_SAT>",
    "inputs": 1,
    "layers": [{"weights": [[2]], "bias": [0]}],
}
WIDE_MAX = {
    "format": "ap_ufixed<32,16,AP_RND,AP_SAT>",
    "inputs": 2,
    "layers": [
        {
            "weights": [[65536, -65536], [0, 65536]],
            "weight_format": "ap_fixed<34,18>",
            "bias": [0, 0],
            "activation": "relu",
            "output_format": "ap_fixed<34,18,AP_RND,AP_SAT>",
        },
        {"weights": [[65536, 65536]], "bias": [0]},
    ],
}
FACTORS = 556092319480681  #: whether it has two factors of 25 bits takes long to find out


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_network(tmp_path)
    write_claim(tmp_path)
    return tmp_path


def test_a_claim_settled_as_expected_is_success(folder: Path) -> None:
    done = smtcheck(folder, "prove", "claim.toml")
    assert done.returncode == 0
    assert done.stdout.splitlines()[0].startswith("claim.toml: proved (")
    assert done.stdout.splitlines()[-1] == "1 of 1 claims settled as expected"
    assert done.stderr == ""


@pytest.mark.parametrize("words", [["verify", "claim.toml"], ["explain", "."], ["decide", "--x"]])
def test_a_forked_command_does_what_a_fresh_one_does(folder: Path, words: list[str]) -> None:
    command = [sys.executable, "-m", "smtcheck", *words]
    fresh = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    forked = smtcheck(folder, *words)
    assert fresh.returncode == forked.returncode != 0
    texts = [done.stdout + done.stderr for done in (fresh, forked)]
    said = {re.sub(r"\d+\.\d+", "#", t.replace("python -m smtcheck", "smtcheck")) for t in texts}
    assert len(said) == 1 and all(texts)


def test_a_refuted_claim_shows_the_smallest_input(folder: Path) -> None:
    write_claim(folder, target='"x0"')
    done = smtcheck(folder, "prove", "claim.toml")
    assert done.returncode == 1
    assert "refuted, EXPECTED proved" in done.stdout
    assert "x0 = -2 (code -8): -1.75 (code -7) against -2 (code -8)" in done.stdout


@pytest.mark.parametrize("engine", ["exhaustive", "z3", "bitwuzla", "smt"])
def test_json_is_the_documented_document_for_every_engine(folder: Path, engine: str) -> None:
    write_claim(folder, target='"x0"', expect='"refuted"')
    done = smtcheck(folder, "prove", "--json", "--engine", engine, "claim.toml")
    document = json.loads(done.stdout)
    assert (done.returncode, document["settled"], document["total"]) == (0, 1, 1)
    (claim,) = document["claims"]
    assert claim["counterexample"] == {
        "input_codes": [-8],
        "input_values": ["-2"],
        "output": 0,
        "network_code": -7,
        "network_value": "-1.75",
        "target_code": -8,
        "target_value": "-2",
        "minimality": "smallest",
    }
    expected = ("equal", "refuted", "refuted", True, "claim.cert")
    keys = ("kind", "verdict", "expected", "settled", "certificate")
    assert tuple(claim[key] for key in keys) == expected
    assert engine in (claim["engine"], "smt")


def test_a_proof_that_was_expected_to_fail_is_not_success(folder: Path) -> None:
    write_claim(folder, expect='"refuted"')
    done = smtcheck(folder, "prove", "--json", "claim.toml")
    assert done.returncode == 1
    assert json.loads(done.stdout)["claims"][0]["verdict"] == "proved"


def test_the_worst_outcome_is_the_exit_code(folder: Path) -> None:
    (folder / "broken.toml").write_text("kind = 3", encoding="utf-8")
    write_claim(folder, target='"x0"')
    done = smtcheck(folder, "prove", "claim.toml", "broken.toml")
    assert done.returncode == 1  # one bad file does not hide a refutation
    assert done.stderr.startswith("smtcheck: broken.toml")
    first, *_, summary, refuted, broken = done.stdout.splitlines()
    assert first.startswith("claim.toml: refuted, EXPECTED proved")
    assert summary == "0 of 2 claims settled as expected"
    assert refuted == "  claim.toml: refuted, expected proved"
    assert broken.startswith("  broken.toml: ")


def test_broken_claims_appear_in_json_too(folder: Path) -> None:
    (folder / "broken.toml").write_text("kind = 3", encoding="utf-8")
    done = smtcheck(folder, "prove", "--json", "claim.toml", "broken.toml")
    document = json.loads(done.stdout)
    assert done.returncode == 2
    assert [claim["verdict"] for claim in document["claims"]] == ["proved", "error"]
    assert "broken.toml" in document["claims"][1]["reason"]


def test_claims_are_found_in_folders(folder: Path) -> None:
    (folder / "deep").mkdir()
    write_network(folder / "deep")
    write_claim(folder / "deep")
    for command in ("prove", "verify"):
        done = smtcheck(folder, command, ".")
        assert done.returncode == 0
        assert "2 of 2 claims settled as expected" in done.stdout
    assert "by certificate (2 exhaustive)" in done.stdout


@pytest.mark.parametrize("arguments", [("verify",), ("verify", "nowhere"), ("verify", "empty")])
def test_verify_without_claims_is_bad_usage(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "empty").mkdir()
    done = smtcheck(tmp_path, *arguments)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("conjure",),
        ("prove",),
        ("prove", "--engine", "guess", "claim.toml"),
        ("prove", "--timeout", "0", "claim.toml"),
        ("prove", "--timeout", "soon", "claim.toml"),
        ("prove", "--seed", "-1", "claim.toml"),
        ("prove", "--frobnicate", "claim.toml"),
        ("table", "--activation", "relu"),
        ("table", "--activation", "relu", "--format", "float32"),
        ("table", "--activation", "relu", "--format", "ap_fixed<32,16>"),
        ("table", "--activation", "os:system", "--format", "paper(3,4)"),
        ("export", "claim.toml"),
        ("export", "claim.toml", "--smtlib", "no/such/folder/x.smt2"),
        ("explain", "net.json"),
        ("explain", "net.json", "--input", "1/3"),
        ("explain", "net.json", "--input", "99"),
        ("explain", "net.json", "--input", "1, 2"),
        ("explain", "net.json", "--input", "one"),
        ("explain", "net.json", "--input", "1/0"),
        ("explain", "net.json", "--codes", "1", "--input", "1"),
        ("explain", "missing.json", "--input", "1"),
    ],
)
def test_misuse_is_exit_2_without_a_traceback(folder: Path, arguments: tuple[str, ...]) -> None:
    done = smtcheck(folder, *arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.strip() or not arguments


def test_explaining_a_tie(tmp_path: Path) -> None:
    write_network(tmp_path, TIE_NETWORK)
    done = smtcheck(tmp_path, "explain", "net.json", "--input", "1/4")
    assert done.returncode == 0
    assert "2*1 = 2, worth 0.125" in done.stdout
    assert "code 0.5, a tie, rounded to 0" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_explaining_a_counterexample_shows_both_sides(tmp_path: Path) -> None:
    write_network(tmp_path, TIE_NETWORK)
    up = TIE_NETWORK | {"format": "ap_fixed<6,4,AP_RND,AP_SAT>"}
    (tmp_path / "up.json").write_text(json.dumps(up), encoding="utf-8")
    (tmp_path / "claim.toml").write_text(
        'kind = "equivalent"\nleft = "net.json"\nright = "up.json"\n', encoding="utf-8"
    )
    done = smtcheck(tmp_path, "explain", "claim.toml")
    assert "rounded to 0" in done.stdout
    assert "rounded to 1" in done.stdout
    assert "the two sides differ here" in done.stdout
    assert "first neuron that differs: layer 1, neuron 1" in done.stdout
    document = json.loads(smtcheck(tmp_path, "explain", "--json", "claim.toml").stdout)
    assert document["input_codes"] == [1]
    assert [side["codes"] for side in document["sides"]] == [[0], [1]]
    assert document["first_difference"] == {"layer": 1, "neuron": 1}
    assert document["sides"][0]["layers"][0][0]["events"] == ["tie"]


def test_explaining_a_target_that_is_not_rational(folder: Path) -> None:
    write_claim(folder, target='"sigmoid(x0)"', expect='"refuted"')
    done = smtcheck(folder, "explain", "claim.toml", "--input", "1")
    assert "sigmoid(x0) = 0.731058578..." in done.stdout


def test_explaining_without_a_counterexample_says_so(folder: Path) -> None:
    done = smtcheck(folder, "explain", "claim.toml")
    assert done.returncode == 0
    assert "no counterexample" in done.stdout


def test_tables_are_printed_written_and_hashed(tmp_path: Path) -> None:
    arguments = ("table", "--activation", "tanh", "--format", "paper(3,4)")
    document = json.loads(smtcheck(tmp_path, *arguments, "--json").stdout)
    assert document["codes"] == list(sc.table("tanh", "paper(3,4)"))
    assert document["format"] == "paper(3,4,AP_RND_INF,AP_SAT)"
    done = smtcheck(tmp_path, *arguments, "--output", "tanh.csv")
    data = (tmp_path / "tanh.csv").read_bytes()
    assert hashlib.sha256(data).hexdigest() == document["sha256"]
    assert document["sha256"] in done.stdout
    again = smtcheck(
        tmp_path, "table", "--activation", "table:tanh.csv", "--format", "paper(3,4)", "--json"
    )
    assert json.loads(again.stdout)["codes"] == document["codes"]
    assert len(smtcheck(tmp_path, *arguments).stdout.splitlines()) == 2 + 15


def test_every_solver_gives_an_exported_script_the_same_answer(folder: Path) -> None:
    for target, expected in (("max(x0, -7/4)", "unsat"), ("x0", "sat")):
        write_claim(folder, target=f'"{target}"')
        words = ("export", "claim.toml", "--smtlib", "c.smt2", "--force")
        assert smtcheck(folder, *words).returncode == 0
        text = (folder / "c.smt2").read_text(encoding="utf-8")
        assert [solve(text) for solve in (by_z3, by_bitwuzla, by_cvc5)] == [expected] * 3
        assert smtcheck(folder, "export", "claim.toml", "--smtlib", "-").stdout == text


def by_z3(text: str) -> str:
    import z3

    solver = z3.Solver()
    solver.from_string(text)
    return str(solver.check())


def by_bitwuzla(text: str) -> str:
    from bitwuzla import Options, Parser, TermManager

    parser = Parser(TermManager(), Options())
    parser.parse(text, True, False)
    return str(parser.bitwuzla().check_sat())


def by_cvc5(text: str) -> str:
    cvc5 = pytest.importorskip("cvc5")
    solver = cvc5.Solver()
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "claim")
    answer = ""
    while not (command := parser.nextCommand()).isNull():
        answer += command.invoke(solver, parser.getSymbolManager())
    return answer.strip()


def hard_claim(folder: Path) -> None:
    """That a large number is no product of two others."""
    text = f'left = "expr:where(x0 * x1 == {FACTORS}, 1, 0)"\nright = "expr:0"\n'
    fmt = "ap_ufixed<32,32,AP_RND,AP_SAT>"
    (folder / "claim.toml").write_text(
        f'kind = "equivalent"\nformat = "{fmt}"\ninputs = 2\n{text}domain = '
        '["2..33554432", "2..33554432"]\n',
        encoding="utf-8",
    )


@pytest.mark.parametrize("engine", ["exhaustive", "z3", "bitwuzla", "smt"])
def test_the_time_limit_is_kept_and_is_never_a_verdict(tmp_path: Path, engine: str) -> None:
    hard_claim(tmp_path)
    start = time.monotonic()
    done = smtcheck(tmp_path, "prove", "--json", "--timeout", "1", "--engine", engine, "claim.toml")
    assert time.monotonic() - start < 15
    assert done.returncode == 3
    (claim,) = json.loads(done.stdout)["claims"]
    assert claim["verdict"] == "undecided"
    assert "1 s" in claim["reason"]
    assert claim["settled"] is False


def test_ctrl_c_stops_everything_at_once(tmp_path: Path) -> None:
    hard_claim(tmp_path)
    process = subprocess.Popen(
        [sys.executable, "-m", "smtcheck", "prove", "--engine", "smt", "claim.toml"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    children = wait_for_children(process.pid)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=10)
    assert process.returncode == 130
    assert errors.strip() == "smtcheck: interrupted"
    deadline = time.monotonic() + 5
    while any(Path(f"/proc/{child}").exists() for child in children):
        assert time.monotonic() < deadline
        time.sleep(1 / 20)


def wait_for_children(pid: int) -> list[int]:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        started = children_of_command(pid)
        if len(started) == 2:
            time.sleep(1)
            return started
        time.sleep(1 / 20)
    raise AssertionError("the solvers did not start")


def test_thirty_two_bit_inputs_are_no_obstacle(tmp_path: Path) -> None:
    write_network(tmp_path, WIDE_MAX)
    write_claim(tmp_path, target='"max(x0, x1)"')
    done = smtcheck(tmp_path, "prove", "--json", "claim.toml")
    assert json.loads(done.stdout)["claims"][0]["verdict"] == "proved"


def test_division_by_zero_shows_the_input_for_every_engine(folder: Path) -> None:
    write_claim(folder, target='"where(x0 > 0, 1 / (x0 - 3/4), 0)"')
    for engine in ("exhaustive", "z3", "bitwuzla"):
        done = smtcheck(folder, "prove", "--engine", engine, "claim.toml")
        assert done.returncode == 2
        assert "divides by zero at x0 = 3/4 (input codes [3])" in done.stderr
    write_claim(folder, target='"where(x0 < 3/4, 1 / (x0 - 3/4), 0)"', expect='"refuted"')
    assert smtcheck(folder, "prove", "claim.toml").returncode == 0


def test_help_and_version_are_quick_and_load_no_solver() -> None:
    program = (
        "import sys; sys.argv = ['smtcheck', '{}']; from smtcheck.interface.main import run\n"
        "try: run()\nexcept SystemExit: pass\n"
        "print(sorted({{'z3', 'numpy', 'flint', 'scipy', 'rich'}} & set(sys.modules)))"
    )
    for flag in ("--help", "--version"):
        done = subprocess.run(
            [sys.executable, "-c", program.format(flag)], capture_output=True, text=True, check=True
        )
        assert done.stdout.splitlines()[-1] == "[]"


def test_output_to_a_closed_pipe_is_no_traceback(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "smtcheck",
            "table",
            "--activation",
            "relu",
            "--format",
            "paper(9,4)",
        ],
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(write)
    _, errors = process.communicate(timeout=30)
    assert "Traceback" not in errors


def test_the_python_interface_agrees(folder: Path) -> None:
    network = sc.Network.load(folder / "net.json")
    assert isinstance(sc.prove(network, equals="max(x0, -7/4)"), sc.Proved)
    verdict: Any = sc.prove(network, equals="x0")
    assert isinstance(verdict, sc.Refuted)
    assert verdict.counterexample.input_codes == (-8,)
    assert isinstance(sc.prove(network, equals="x0", domain=["-7/4..2"]), sc.Proved)
    assert isinstance(sc.prove(network, equals="x0", tolerance_ulp=1), sc.Proved)
    assert isinstance(sc.prove(network, equals=network), sc.Proved)
    with pytest.raises(AttributeError):
        sc.nonsense  # noqa: B018
