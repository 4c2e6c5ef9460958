"""`smtcheck decide`, and universality in `sc.decide`, `prove`, `verify` and `explain`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import smtcheck as sc
from tests.interface.commands import smtcheck

FIELDS = {
    "smtcheck_output",
    "verdict",
    "basis",
    "format",
    "activation",
    "weights",
    "bias",
    "difference_gcd",
    "condition",
    "evidence",
    "reason",
    "near_misses",
}


def decide(folder: Path, activation: str, fmt: str, *more: str) -> tuple[int, dict[str, Any]]:
    """The exit code and the document."""
    run = smtcheck(folder, "decide", "--activation", activation, "--format", fmt, "--json", *more)
    assert run.stderr == ""
    return run.returncode, json.loads(run.stdout)


def test_a_universal_format(tmp_path: Path) -> None:
    code, found = decide(tmp_path, "gelu", "paper(62,2^40)", "--weights", "binary")
    assert code == 0
    assert set(found) == FIELDS
    assert found["verdict"] == "universal"
    assert found["difference_gcd"] == 1
    assert found["condition"] is None
    assert len(found["evidence"]["entries"]) < 5


@pytest.mark.parametrize(
    ("activation", "fmt", "more", "condition", "argument"),
    [
        ("cos", "paper(1,1)", (), "separation", "constant"),
        ("relu", "paper(4,100)", ("--bias", "grid"), "separation", "inseparable"),
        ("step", "paper(3,4)", ("--weights", "binary"), "coverage", "uncovered"),
        ("relu", "ap_fixed<4,2,AP_TRN,AP_SAT_SYM>", (), "coverage", "never-given"),
        ("relu", "ap_ufixed<4,2,AP_TRN,AP_SAT>", (), None, "monotone"),
        ("identity", "ap_fixed<4,4>", (), None, "affine"),
    ],
)
def test_formats_that_are_not(
    tmp_path: Path,
    activation: str,
    fmt: str,
    more: tuple[str, ...],
    condition: str | None,
    argument: str,
) -> None:
    code, found = decide(tmp_path, activation, fmt, *more)
    assert code == 1
    assert set(found) == FIELDS
    assert (found["verdict"], found["condition"]) == ("not universal", condition)
    assert found["evidence"]["argument"] == argument
    assert found["near_misses"]


def test_undecided_is_not_success(tmp_path: Path) -> None:
    code, found = decide(tmp_path, "relu", "paper(2,2,AP_RND_INF,AP_WRAP)", "--bias", "format")
    assert code == 3
    assert found["verdict"] == "undecided"
    assert "does not commute" in found["reason"]


def test_each_near_miss_is_universal(tmp_path: Path) -> None:
    _, found = decide(tmp_path, "step", "paper(3,4)", "--weights", "binary")
    for miss in found["near_misses"]:
        verdict = sc.decide("step", miss["format"], weights=miss["weights"], bias=miss["bias"])
        assert isinstance(verdict, sc.Universal), miss


def test_one_function_of_a_format_that_is_not_universal(tmp_path: Path) -> None:
    setting = ("relu", "paper(3,100)", "--bias", "grid", "--target")
    code, found = decide(tmp_path, *setting, "x0")
    assert code == 1
    assert found["target"]["representable"] is False
    left, right = found["target"]["input_codes"]
    assert left != right
    code, found = decide(tmp_path, *setting, "0.03 + 0 * x0")
    assert code == 0
    assert found["target"]["representable"] is True


def test_text_fits_a_terminal_and_names_what_breaks(tmp_path: Path) -> None:
    run = smtcheck(tmp_path, "decide", "--activation", "relu", "--format", "paper(4,100)",
                   "--bias", "format", "--target", "max(x0, 0)")  # fmt: skip
    assert run.returncode == 1
    assert "not universal (separation)" in run.stdout
    assert "code 0 (value 0) and code 1 (value 0.01)" in run.stdout
    assert "max(x0, 0): not representable" in run.stdout
    assert all(len(line) <= 100 for line in run.stdout.splitlines())


@pytest.mark.parametrize(
    "more",
    [
        ("--activation", "reluu", "--format", "paper(3,4)"),
        ("--activation", "relu", "--format", "paper(3)"),
        ("--activation", "relu", "--format", "paper(3,4)", "--weights", "some"),
        ("--activation", "relu", "--format", "paper(3,4)", "--bias", "none"),
        ("--activation", "relu", "--format", "paper(3,4)", "--target", "x0 +"),
        ("--activation", "relu", "--format", "paper(3,4)", "--target", "x1"),
        ("--activation", "table:missing.csv", "--format", "paper(3,4)"),
        ("--activation", "table:wrong.csv", "--format", "paper(1,1)"),
        ("--activation", "os:getcwd", "--format", "paper(3,4)"),
        ("--activation", "relu"),
    ],
)
def test_wrong_arguments_are_one_line(tmp_path: Path, more: tuple[str, ...]) -> None:
    (tmp_path / "wrong.csv").write_text("0\n7\n1\n")
    run = smtcheck(tmp_path, "decide", *more)
    assert run.returncode == 2
    assert run.stdout == ""
    assert "Traceback" not in run.stderr


def test_the_first_entry_outside_the_format_is_named(tmp_path: Path) -> None:
    (tmp_path / "wrong.csv").write_text("0\n7\n9\n")
    run = smtcheck(tmp_path, "decide", "--activation", "table:wrong.csv", "--format", "paper(1,1)")
    assert "entry 1 (for code 0) is 7, outside the codes -1 .. 1" in run.stderr


def claim(folder: Path, expect: str, fmt: str = "paper(2,2)", bias: str = "exact") -> Path:
    path = folder / "claim.toml"
    path.write_text(
        f'kind = "universal"\nformat = "{fmt}"\nactivation = "relu"\n'
        f'bias = "{bias}"\nexpect = "{expect}"\n'
    )
    return path


def test_a_claim(tmp_path: Path) -> None:
    claim(tmp_path, "universal")
    for command in ("prove", "verify"):
        run = smtcheck(tmp_path, command, "claim.toml", "--json")
        assert run.returncode == 0
        (found,) = json.loads(run.stdout)["claims"]
        expected = ("universal", "universal", True, "claim.cert")
        keys = ("kind", "verdict", "settled", "certificate")
        assert tuple(found[key] for key in keys) == expected
        assert found["evidence"]["argument"] == "criterion"


@pytest.mark.parametrize(
    ("expect", "fmt", "code"),
    [
        ("not universal", "paper(2,2)", 1),
        ("universal", "ap_fixed<4,4,AP_TRN,AP_SAT_SYM>", 1),
        ("not universal", "ap_fixed<4,4,AP_TRN,AP_SAT_SYM>", 0),
        ("universal", "paper(2,2,AP_RND_INF,AP_WRAP)", 3),
        ("undecided", "paper(2,2,AP_RND_INF,AP_WRAP)", 0),
        ("proved", "paper(2,2)", 2),
    ],
)
def test_expectations_of_a_claim(tmp_path: Path, expect: str, fmt: str, code: int) -> None:
    claim(tmp_path, expect, fmt, "format" if "WRAP" in fmt else "exact")
    assert smtcheck(tmp_path, "prove", "claim.toml").returncode == code


def test_explaining_a_claim(tmp_path: Path) -> None:
    claim(tmp_path, "universal")
    run = smtcheck(tmp_path, "explain", "claim.toml")
    assert run.returncode == 0
    assert "Separation: T(0) = 0 and T(1) = 1 differ" in run.stdout


def test_a_universal_claim_is_no_obligation_of_a_solver(tmp_path: Path) -> None:
    claim(tmp_path, "universal")
    run = smtcheck(tmp_path, "export", "claim.toml", "--smtlib", "out.smt2")
    assert run.returncode == 2
    assert not (tmp_path / "out.smt2").exists()


def test_in_python() -> None:
    assert isinstance(sc.decide("sin", "paper(3,2)"), sc.Universal)
    assert isinstance(sc.decide(sc.activation("cos"), sc.Format.paper(1, 1)), sc.NotUniversal)
    undecided = sc.decide("relu", "paper(2,2,AP_RND_INF,AP_WRAP)", bias="format")
    assert isinstance(undecided, sc.Undecided)
    with pytest.raises(sc.InputError, match="weights 'any' is not one of full, ternary"):
        sc.decide("relu", "paper(2,2)", weights="any")
