"""The child's side of the conversation, run here without its process and its limits."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from smtcheck.engines import smt_process

SCRIPT = """(set-logic QF_BV)
(declare-const x0 (_ BitVec 8))
(declare-const x1 (_ BitVec 8))
(assert (bvsle x0 #b{0}))
(assert (bvsle #b{1} (bvadd x0 x1)))
(check-sat)
"""


def answers(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    script: str,
    *inputs: tuple[int, int],
) -> list[Any]:
    """The lines that the child writes."""
    header = {"parent": 0, "memory_mebibytes": 1, "seed": 7, "seconds": 1, "inputs": inputs}
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(header) + "\n" + script))
    monkeypatch.setattr("sys.argv", ["solver", name])
    monkeypatch.setattr(smt_process.signal, "alarm", lambda seconds: None)
    monkeypatch.setattr(smt_process, "confine_memory", lambda mebibytes: None)
    monkeypatch.setattr(smt_process, "end_with_parent", lambda parent: None)
    smt_process.main()
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("name", ["z3", "bitwuzla"])
def test_the_last_solution_is_the_smallest(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    script = SCRIPT.format("11110110", "00010100")  # x0 <= -10, x0 + x1 >= 20
    lines = answers(monkeypatch, capsys, name, script, (-100, 50), (-20, 100))
    assert [kind for kind, _, _ in lines[:-1]] == ["sat"] * (len(lines) - 1)
    assert lines[-1][0] == "done"
    assert lines[-2][1] == [-10, 30]


@pytest.mark.parametrize("name", ["z3", "bitwuzla"])
def test_of_two_signs_the_positive_one_comes_first(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    script = "(declare-const x0 (_ BitVec 8))(assert (= (bvmul x0 x0) #b00001001))(check-sat)"
    assert answers(monkeypatch, capsys, name, script, (-100, 100))[-2][1] == [3]
    assert answers(monkeypatch, capsys, name, script, (-100, 2))[-2][1] == [-3]


@pytest.mark.parametrize("name", ["z3", "bitwuzla"])
def test_without_a_solution_it_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    script = SCRIPT.format("11110110", "01011011")  # x0 <= -10, x0 + x1 >= 91
    assert answers(monkeypatch, capsys, name, script, (-100, 50), (-20, 100)) == [
        ["unsat", [], None]
    ]


@pytest.mark.parametrize("trouble", [MemoryError(), smt_process.Unknown("tired")])
def test_trouble_is_reported_as_unknown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], trouble: Exception
) -> None:
    def start(*_: object) -> None:
        raise trouble

    monkeypatch.setattr(smt_process, "_z3_query", start)
    ((kind, codes, reason),) = answers(monkeypatch, capsys, "z3", "", (0, 1))
    assert (kind, codes) == ("unknown", [])
    assert reason in ("memory limit reached", "tired")


@pytest.mark.parametrize(
    ("low", "high", "width_bits"), [(0, 0, 1), (-1, 0, 1), (0, 1, 2), (-128, 127, 8), (0, 128, 9)]
)
def test_words_are_as_wide_as_their_interval(low: int, high: int, width_bits: int) -> None:
    assert smt_process.width_bits(low, high) == width_bits
