"""Every broken file gives exit 2 and one clear line, quickly and in little memory."""

from __future__ import annotations

import os
import sys
import time
import warnings
from pathlib import Path
from typing import NoReturn

import pytest

import smtcheck.expressions.functions
import smtcheck.interface.prove  # noqa: F401
from smtcheck.interface.main import run as run_command
from tests.interface.corpus import Writer, cases, sound

CASES = dict(cases())
MAX_SECONDS = 2
MAX_KIBIBYTES = 500 * 1024


def run(folder: Path, *arguments: str) -> tuple[int, str, float, int]:
    """Exit code, stderr, CPU seconds and peak memory of one command.

    The command runs in a fork of this process, which has everything imported.
    """
    errors = folder / "stderr"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # forking beside idle threads
        child = os.fork()
    if child == 0:
        _become(folder, errors, arguments)
    _, status, usage = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return code, errors.read_text("utf-8"), usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def _become(folder: Path, errors: Path, arguments: tuple[str, ...]) -> NoReturn:
    code = 99
    try:
        os.chdir(folder)
        os.dup2(os.open(errors, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
        sys.argv = ["smtcheck", *arguments]
        sys.exit(run_command())
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.stderr.flush()
        os._exit(code)


def test_the_corpus_is_large_and_starts_from_something_sound(tmp_path: Path) -> None:
    sound(tmp_path)
    assert len(CASES) >= 100
    assert run(tmp_path, "prove", "claim.toml")[0] == 0


@pytest.mark.parametrize("name", CASES)
def test_broken_files_are_refused(name: str, tmp_path: Path) -> None:
    write: Writer = CASES[name]
    write(tmp_path)
    code, text, seconds, kibibytes = run(tmp_path, "prove", "claim.toml")
    lines = text.splitlines()
    assert code == 2, text
    assert len(lines) == 1, text
    assert lines[0].startswith("smtcheck: claim.toml")
    assert len(lines[0]) < 700
    assert "Traceback" not in text
    assert seconds < MAX_SECONDS
    assert kibibytes < MAX_KIBIBYTES


def test_time_is_bounded_by_the_clock_too(tmp_path: Path) -> None:
    CASES["path: pipe"](tmp_path)  # reading a pipe would wait for a writer
    start = time.monotonic()
    run(tmp_path, "prove", "claim.toml")
    assert time.monotonic() - start < 10 * MAX_SECONDS
