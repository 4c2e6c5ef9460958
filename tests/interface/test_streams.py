"""Where nobody reads, or nothing can be written, a verdict is what it was."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SAME = 'kind = "equivalent"\nformat = "ap_fixed<4,2>"\nleft = "expr:x0"\nright = "expr:x0"\n'
OTHER = SAME.replace('right = "expr:x0"', 'right = "expr:x0 + 1"')
FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {"a": SAME, "b": OTHER, "c": SAME}.items():
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    return tmp_path


def in_bash(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """A line of a shell, in which `smtcheck` is the program in a fresh interpreter."""
    tool = f"smtcheck() {{ '{sys.executable}' -m smtcheck \"$@\"; }}\n"
    return subprocess.run(
        ["bash", "-c", tool + command], cwd=folder, capture_output=True, text=True, check=False,
        timeout=60, env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )  # fmt: skip


def certificates(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.cert"))


@pytest.mark.parametrize("reader", ["true", "head -1"])
def test_a_reader_that_leaves_changes_nothing(folder: Path, reader: str) -> None:
    done = in_bash(folder, f"smtcheck prove . | {reader} > /dev/null; exit ${{PIPESTATUS[0]}}")
    assert (done.returncode, done.stderr) == (1, "")
    assert certificates(folder) == ["a.cert", "b.refuted.cert", "c.cert"]


@FULL
def test_output_that_cannot_be_written_is_no_verdict(folder: Path) -> None:
    done = in_bash(folder, "smtcheck prove a.toml b.toml > /dev/full")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "smtcheck: No space left on device\n"


@FULL
@pytest.mark.parametrize(
    ("words", "code"), [("nowhere.toml", 2), ("--frob", 2), ("a.toml", 0), ("a.toml b.toml", 1)]
)
def test_a_message_that_cannot_be_written_is_dropped(folder: Path, words: str, code: int) -> None:
    assert in_bash(folder, f"smtcheck prove {words} 2> /dev/full").returncode == code


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("prove a.toml >&-", 0),
        ("prove b.toml >&- 2>&- <&-", 1),
        ("prove nowhere.toml 2>&-", 2),
        ("table --activation relu --format 'paper(1,1)' --json >&-", 0),
    ],
)
def test_a_stream_may_be_closed_from_the_start(folder: Path, words: str, code: int) -> None:
    done = in_bash(folder, f"smtcheck {words}")
    assert (done.returncode, done.stderr) == (code, "")
    for name in certificates(folder):  # which got no number of a stream, and no text of it
        data = (folder / name).read_bytes()
        assert data.startswith(b'{"smtcheck_certificate"') and data.count(b"\n") == 1
