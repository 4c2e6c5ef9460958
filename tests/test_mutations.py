"""The changes of `python -m benchmarks mutation`: each changes a program, and it still parses."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from benchmarks.mutation import ROOMS, drawn, stages
from benchmarks.mutations import mutants, sample
from benchmarks.trials import ROOT, Outcome, outcome

PROGRAM = """
def least(a: int, b: int) -> int:
    \"\"\"The least, 1 of 2.\"\"\"
    if not a < b and a != b:
        return min(b, a + 10)
    if a is None:
        raise ValueError(f"{a + 1}")
    a -= 1
    return True
"""


@pytest.mark.parametrize("room", ROOMS)
def test_each_change_makes_another_program(room: str) -> None:
    found = drawn(room, 25)
    assert len(found) == 25 and len({mutant.kind for mutant in found}) > 6
    for mutant in found:
        before = (ROOT / mutant.file).read_bytes()
        assert ast.dump(ast.parse(mutant.applied(before))) != ast.dump(ast.parse(before)), mutant
        assert all((ROOT / stage).exists() for stage in stages(mutant.file))
        assert stages(mutant.file)[-1] == f"tests/{room}"
    assert found == drawn(room, 25)


def test_all_that_may_change_is_changed(tmp_path: Path) -> None:
    (tmp_path / "least.py").write_text(PROGRAM, encoding="utf-8")
    found = [(one.kind, one.after) for one in mutants(tmp_path, Path("least.py"))]
    assert found == [
        ("deletion", "pass"), ("connective", "(not a < b or a != b)"), ("not", "(a < b)"),
        ("comparison", "(a <= b)"), ("comparison", "(a == b)"), ("return", "return None"),
        ("extreme", "max"), ("sum", "(a - 10)"), ("constant", "(11)"), ("constant", "(9)"),
        ("deletion", "pass"), ("comparison", "(a is not None)"), ("deletion", "pass"),
        ("sum", "a += 1"), ("deletion", "pass"), ("constant", "(2)"), ("constant", "(0)"),
        ("return", "return False"),
    ]  # fmt: skip
    assert len(sample(mutants(tmp_path, Path("least.py")), 100, "seed")) == len(found)


def test_a_run_passes_fails_or_takes_too_long(tmp_path: Path) -> None:
    programs = {"assert True": Outcome.PASSED, "assert False": Outcome.FAILED}
    for text, expected in programs.items():
        (tmp_path / "test_it.py").write_text(f"def test_it(): {text}\n", encoding="utf-8")
        assert outcome(tmp_path, ["test_it.py"], 300) is expected
    (tmp_path / "test_it.py").write_text("while True: pass\n", encoding="utf-8")
    assert outcome(tmp_path, ["test_it.py"], 1) is Outcome.TIMED_OUT
