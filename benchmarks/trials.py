"""Tests run on a copy of the project that may be changed: do they still pass?"""

from __future__ import annotations

import contextlib
import enum
import os
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MEMORY = 6 * 2**30  #: bytes of address space, for each process
NOTHING_TO_RUN = 5  #: what pytest exits with if all tests were deselected


class Outcome(enum.Enum):
    """What became of a run of tests."""

    PASSED = enum.auto()
    FAILED = enum.auto()
    TIMED_OUT = enum.auto()


def copied_to(folder: Path) -> Path:
    """A copy of what the tests need."""
    for name in ("smtcheck", "tests", "proofs", "benchmarks", "docs"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def outcome(folder: Path, arguments: list[str], seconds: float) -> Outcome:
    """Run tests of a copy until one fails; whatever is left of them in the end is killed."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(folder), "SMTCHECK_CACHE": ""}
    run = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, preexec_fn=_confined, start_new_session=True,
    )  # fmt: skip
    try:
        code = run.wait(seconds)
    except subprocess.TimeoutExpired:
        return Outcome.TIMED_OUT
    finally:
        _end(run)
    return Outcome.PASSED if code in (0, NOTHING_TO_RUN) else Outcome.FAILED


def _confined() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # even if we run in the background


def _end(run: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(run.pid, signal.SIGKILL)
    run.wait()
