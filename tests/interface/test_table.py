"""`table`: what it writes takes the place of nothing, unless told to."""

from __future__ import annotations

from pathlib import Path

from tests.interface.commands import smtcheck

TABLE = ("table", "--format", "paper(1,1)", "--activation")


def test_nothing_is_written_over_silently(tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("1\n0\n1\n", encoding="utf-8")
    done = smtcheck(tmp_path, *TABLE, "relu", "--output", "out.csv")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "smtcheck: out.csv exists: --force writes over it\n"
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == "1\n0\n1\n"
    assert smtcheck(tmp_path, *TABLE, "relu", "--output", "out.csv", "--force").returncode == 0
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == "0\n0\n1\n"


def test_what_is_read_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("1\n0\n1\n", encoding="utf-8")
    done = smtcheck(tmp_path, *TABLE, "table:own.csv", "--output", "./own.csv", "--force")
    assert done.returncode == 2
    assert "own.csv is read by this command" in done.stderr


def test_what_is_written_can_be_read(tmp_path: Path) -> None:
    done = smtcheck(tmp_path, *TABLE, "relu", "--output", "out.npy")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "smtcheck: out.npy must end in .csv: table:FILE would not read it\n"
    assert smtcheck(tmp_path, *TABLE, "abs", "--output", "out.csv").returncode == 0
    read, own = (smtcheck(tmp_path, *TABLE, name).stdout for name in ("table:out.csv", "abs"))
    assert read.splitlines()[1:] == own.splitlines()[1:]
