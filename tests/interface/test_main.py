"""The help of each command: an example that can be run, exit codes, lines that fit."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from smtcheck.interface.main import COMMANDS, commands
from tests.interface.commands import smtcheck

EXAMPLE = re.compile(r"^  Example:  smtcheck ((?:.*\\\n)*.*)$", re.MULTILINE)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_an_example_exit_codes_and_short_lines(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    done = smtcheck(tmp_path, name, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert re.search(r"^  Exit:     0 .*(\n {12}.*)*\b4 ", done.stdout, re.MULTILINE)
    example = EXAMPLE.search(done.stdout)
    assert example is not None
    words = shlex.split(example[1].replace("\\\n", " "))
    assert words[0] == name
    command = commands.get_command(None, name)  # type: ignore[arg-type]
    assert command is not None
    command.make_context(name, words[1:])  # it is understood


def test_the_list_of_commands_says_what_their_help_says(tmp_path: Path) -> None:
    done = smtcheck(tmp_path, "--help")
    assert done.returncode == 0
    for name, (_, line) in COMMANDS.items():
        assert f"  {name:<9}  {line}" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("conjure",), "No such command 'conjure' (smtcheck --help says more)"),
        (("prove",), "Missing argument 'CLAIM.toml...' (smtcheck prove --help says more)"),
        (("decide", "--weights", "some"), "is not one of 'full', 'ternary', 'binary'"),
        (("prove", "--timeot", "5", "a.toml"), "'--timeout'"),
        (("table", "--format"), "Option '--format' requires an argument"),
        (("verify", "-q", "-v", "a.toml"), "a.toml does not exist"),
    ],
)
def test_a_wrong_command_line_is_one_line(
    words: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    done = smtcheck(tmp_path, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("smtcheck: ") and done.stderr.count("\n") == 1
    assert said in done.stderr


def test_modules_among_claims_are_not_run(tmp_path: Path) -> None:
    for name in ("click", "msgspec", "numpy", "resource", "rich", "z3"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('it was run')\n", encoding="utf-8")
    claim = 'kind = "equivalent"\nformat = "paper(1,1)"\nleft = "relu"\nright = "relu"\n'
    (tmp_path / "a.toml").write_text(claim, encoding="utf-8")
    words = [sys.executable, "-m", "smtcheck", "prove", "a.toml"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
