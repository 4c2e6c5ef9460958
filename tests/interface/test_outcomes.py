"""What is said of several claims, how much of it, and the exit code."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios
from contextlib import suppress
from pathlib import Path

import pytest

from smtcheck.interface.outcomes import Exit
from tests.interface.commands import smtcheck

SAME = 'kind = "equivalent"\nformat = "ap_fixed<4,2>"\nleft = "expr:x0"\nright = "expr:x0"\n'
OTHER = SAME.replace('right = "expr:x0"', 'right = "expr:x0 + 1"')
OPEN = 'kind = "universal"\nformat = "UQ2.1"\nactivation = "sin"\nbias = "format"\n'
CLAIMS = {
    "a": SAME,
    "b": OTHER,
    "c": 'kind = "other"\n',
    "d": f'{OPEN}expect = "universal"\n',
    "e": f'{OTHER}expect = "refuted"\n',
}
SUMMARY = "2 of 5 claims settled as expected"
FAILURES = [
    "  b.toml: refuted, expected proved",
    "  c.toml: Invalid value 'other' - at `$.kind` (kinds are equal, equivalent, universal)",
    "  d.toml: undecided, expected universal",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in CLAIMS.items():
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    return tmp_path


def test_failures_are_listed_at_the_end(folder: Path) -> None:
    done = smtcheck(folder, "prove", ".")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[-4:] == [SUMMARY, *FAILURES]
    assert [line.split(":")[0] for line in lines if not line.startswith(" ")][:-1] == [
        "a.toml", "b.toml", "d.toml", "e.toml",
    ]  # fmt: skip
    assert lines[0].startswith("a.toml: proved (") and lines[1].startswith(
        "b.toml: refuted, EXPECT"
    )
    assert lines[2].startswith("  exhaustive: at x0 = ")
    assert (
        done.stderr.startswith("smtcheck: c.toml: Invalid value") and done.stderr.count("\n") == 1
    )
    done = smtcheck(folder, "verify", ".", "--jobs", "1")
    assert done.returncode == 1
    assert done.stdout.splitlines()[-3:] == FAILURES


def test_one_claim_is_not_listed_twice(folder: Path) -> None:
    done = smtcheck(folder, "prove", "b.toml")
    assert done.stdout.count("b.toml") == 1
    done = smtcheck(folder, "prove", "c.toml")
    assert (done.stdout + done.stderr).count("c.toml") == 1


def test_quiet_says_only_what_is_not_as_expected(folder: Path) -> None:
    done = smtcheck(folder, "prove", "-q", ".")
    assert done.returncode == 1
    assert "a.toml" not in done.stdout and "e.toml" not in done.stdout
    assert done.stdout.splitlines()[-4:] == [SUMMARY, *FAILURES]
    for words in (("prove", "-q", "a.toml", "e.toml"), ("verify", "-q", "a.toml", "e.toml")):
        done = smtcheck(folder, *words)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    done = smtcheck(folder, "verify", "-q", "--json", "a.toml")
    assert json.loads(done.stdout)["settled"] == 1


def test_verbose_says_more_of_each(folder: Path) -> None:
    words = ("a.toml", "e.toml")
    assert smtcheck(folder, "prove", *words).stdout.count("\n") == 3
    said = smtcheck(folder, "prove", "-v", *words).stdout
    assert "\n  exhaustive: all 16 inputs were evaluated\n  certificate: a.cert (" in said
    assert smtcheck(folder, "verify", *words).stdout.count("\n") == 3
    said = smtcheck(folder, "verify", "-v", *words).stdout
    assert "\n  certificate: a.cert, made by smtcheck " in said
    done = smtcheck(folder, "verify", "-q", "-v", *words)
    assert (done.returncode, "-q and -v say the opposite" in done.stderr) == (2, True)


@pytest.mark.parametrize("command", ["prove", "verify"])
def test_fail_fast_stops_and_says_so(folder: Path, command: str) -> None:
    smtcheck(folder, "prove", ".")
    done = smtcheck(folder, command, "--fail-fast", ".")
    assert done.returncode == 1
    assert "c.toml" not in done.stdout + done.stderr
    assert done.stdout.splitlines()[-2:] == [FAILURES[0], "  not looked at (--fail-fast): 3"]
    done = smtcheck(folder, command, "--fail-fast", "a.toml", "e.toml")
    assert (done.returncode, "not looked at" in done.stdout) == (0, False)


@pytest.mark.parametrize(
    ("names", "code"),
    [("a", 0), ("a c", 2), ("a c d", 3), ("a b c d", 1), ("e", 0), ("d", 3), ("b c", 1)],
)
def test_the_worst_counts(folder: Path, names: str, code: int) -> None:
    words = [f"{name}.toml" for name in names.split()]
    assert smtcheck(folder, "prove", *words).returncode == code


def test_the_order_of_exit_codes() -> None:
    assert [exit_.value for exit_ in Exit] == [0, 2, 3, 1, 4]


def test_a_certificate_that_cannot_be_written_is_missing(folder: Path) -> None:
    (folder / "a.cert").mkdir()  # whose place a file cannot take, not even for root
    done = smtcheck(folder, "prove", "a.toml", "e.toml")
    assert (done.returncode, done.stderr) == (3, "")
    assert "\n  no certificate: " in done.stdout and "a.cert" in done.stdout
    assert "smtcheck prove --no-certificate" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("  a.toml: proved, no certificate: ")
    assert smtcheck(folder, "prove", "--no-certificate", "a.toml").returncode == 0
    (folder / "a.toml").write_text(f'{SAME}certificate = "none"\n', encoding="utf-8")
    assert smtcheck(folder, "prove", "a.toml").returncode == 0


def on_a_terminal(folder: Path, *words: str, columns: int = 80) -> tuple[int, str]:
    """The exit code of a command, and what it prints to a terminal; stderr is none."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    variables = {name: text for name, text in os.environ.items() if "COLOR" not in name}
    variables.pop("COLUMNS", None)
    process = subprocess.Popen(
        [sys.executable, "-m", "smtcheck", *words], cwd=folder, stdout=theirs,
        stderr=subprocess.DEVNULL, env=variables | {"TERM": "xterm", "NO_COLOR": "1"},
    )  # fmt: skip
    os.close(theirs)
    data = b""
    with suppress(OSError):  # which is how it ends
        while more := os.read(ours, 2**16):
            data += more
    os.close(ours)
    return process.wait(timeout=30), data.decode().replace("\r\n", "\n")


def test_eighty_columns_are_enough(folder: Path) -> None:
    code, said = on_a_terminal(folder, "prove", ".")
    assert code == 1
    assert max(map(len, said.splitlines())) <= 80
    whole = smtcheck(folder, "prove", ".").stdout
    times = [text.split("(")[0] for text in (whole, said)]
    assert times[0].split() == times[1].split()
    assert len(said.split()) == len(whole.split())
    assert FAILURES[1].split()[-1] in said.split()


def test_a_name_cannot_say_what_a_verdict_is(tmp_path: Path) -> None:
    """Names with line breaks, and with escapes that move a terminal's cursor."""
    for name in ("b.toml: proved\nc", "\x1b[2Ad"):
        (tmp_path / f"{name}.toml").write_text(OTHER, encoding="utf-8")
        (tmp_path / f"{name}2.toml").write_text("kind = 1\n", encoding="utf-8")
    for command in ("prove", "verify"):
        done = smtcheck(tmp_path, command, ".")
        assert done.returncode == 1
        assert done.stdout.count("b.toml: proved\\nc.toml: refuted") == 2
        assert "\x1b" not in done.stdout + done.stderr
        assert done.stderr.count("\n") == 2


def test_a_key_that_is_none_is_answered_by_those_that_are(folder: Path) -> None:
    (folder / "a.toml").write_text(f'{SAME}expects = "proved"\n', encoding="utf-8")
    done = smtcheck(folder, "prove", "a.toml")
    assert done.returncode == 2
    assert "unknown field `expects` (its keys are format, domain, tolerance_ulp, expect," in (
        done.stderr
    )


@pytest.mark.parametrize(
    "words",
    [
        ("explain", "long.toml"),
        ("table", "--activation", "relu", "--format", "ap_fixed<3,2>"),
        ("decide", "--activation", "step", "--format", "Q2.1", "--weights", "binary"),
    ],
)
def test_other_commands_fit_a_terminal_too(folder: Path, words: tuple[str, ...]) -> None:
    text = OPEN.replace("sin", "identity").replace("UQ2.1", "Q2.1")
    (folder / "long.toml").write_text(text, encoding="utf-8")
    _, said = on_a_terminal(folder, *words)
    assert max(map(len, said.splitlines())) <= 80 and "\n    " in said
    assert said.split() == smtcheck(folder, *words).stdout.split()
