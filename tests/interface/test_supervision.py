"""However a command is ended, nothing of it goes on, and its files are old or new."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from random import Random
from uuid import uuid4

import pytest

from smtcheck.interface.supervision import supervised
from tests.interface.commands import children_of_command

ENDS = [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL]
MARK = "SMTCHECK_TEST_MARK"
HARD = (
    'kind = "equivalent"\nformat = "ap_fixed<24,12,AP_RND,AP_SAT>"\ninputs = 2\n'
    'left = "expr:x0 * x1 * (x0 + x1)"\nright = "expr:x0 * x0 * x1 + x0 * x1 * x1 + x1 * 0"\n'
)
ENDLESS = HARD.replace("24,12", "16,8")
SMALL = 'kind = "equivalent"\nformat = "ap_fixed<8,4>"\nleft = "expr:x0"\nright = "expr:x0"\n'


def start(folder: Path, *words: str) -> tuple[subprocess.Popen[str], str]:
    """A command, and what marks all that it starts."""
    mark = uuid4().hex
    process = subprocess.Popen(
        [sys.executable, "-m", "smtcheck", *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, MARK: mark},
    )
    return process, mark


def marked(mark: str) -> list[int]:
    """The processes that have a mark, and are not over."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                if f"{MARK}={mark}".encode() in (folder / "environ").read_bytes():
                    found.append(int(folder.name))
    return found


def require_nothing_left(mark: str, seconds: float = 2) -> None:
    deadline = time.monotonic() + seconds
    while marked(mark):
        assert time.monotonic() < deadline, [
            Path(f"/proc/{pid}/cmdline").read_text() for pid in marked(mark)
        ]
        time.sleep(1 / 50)


def wait_for_children(process: subprocess.Popen[str], count: int) -> None:
    deadline = time.monotonic() + 30
    while len(children_of_command(process.pid)) < count:
        assert time.monotonic() < deadline, "they did not start"
        time.sleep(1 / 50)


@pytest.mark.parametrize("number", ENDS)
def test_solvers_end_with_the_command(number: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "claim.toml").write_text(HARD, encoding="utf-8")
    process, mark = start(tmp_path, "prove", "--engine", "smt", "claim.toml")
    wait_for_children(process, 2)
    assert len(marked(mark)) == 4
    process.send_signal(number)
    _, errors = process.communicate(timeout=10)
    require_nothing_left(mark)
    if number is not signal.SIGKILL:
        assert (process.returncode, errors) == (128 + number, f"smtcheck: ended by {number.name}\n")
    assert [path.name for path in tmp_path.iterdir()] == ["claim.toml"]


def test_solvers_end_with_the_workers_that_started_them(tmp_path: Path) -> None:
    (tmp_path / "claim.toml").write_text(ENDLESS, encoding="utf-8")
    process, mark = start(tmp_path, "prove", "--engine", "exhaustive", "--jobs", "2", "claim.toml")
    wait_for_children(process, 2)
    process.kill()
    process.communicate(timeout=10)
    require_nothing_left(mark)


def in_a_process(program: str) -> subprocess.CompletedProcess[str]:
    """A command that is not ours, watched."""
    text = "import sys\nfrom smtcheck.interface.supervision import supervised\n" + program
    return subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, timeout=30, check=False
    )


def test_what_does_not_end_is_killed() -> None:
    """A command that hears nothing, as in a long operation of a library."""
    done = in_a_process(
        "import os, signal, time\ndef deaf():\n"
        "    for number in (signal.SIGTERM, signal.SIGHUP): signal.signal(number, signal.SIG_IGN)\n"
        "    os.kill(os.getppid(), signal.SIGTERM)\n    time.sleep(60)\nsys.exit(supervised(deaf))"
    )
    assert (done.returncode, done.stderr) == (143, "")


def test_what_is_ignored_is_ignored() -> None:
    """As nohup has it: the command goes on when the terminal is gone."""
    done = in_a_process(
        "import os, signal, time\nsignal.signal(signal.SIGHUP, signal.SIG_IGN)\ndef go_on():\n"
        "    os.kill(os.getppid(), signal.SIGHUP)\n    time.sleep(1.5)\n    return 7\n"
        "sys.exit(supervised(go_on))"
    )
    assert (done.returncode, done.stderr) == (7, "")


@pytest.mark.parametrize(
    ("number", "code", "message"),
    [
        ("SIGKILL", 3, "it was killed (was memory short?)"),
        ("SIGSEGV", 4, "it was ended by SIGSEGV (please report it)"),
    ],
)
def test_who_was_killed_is_undecided(number: str, code: int, message: str) -> None:
    done = in_a_process(
        f"import os, signal\nsys.exit(supervised(lambda: os.kill(os.getpid(), signal.{number})))"
    )
    expected = f"smtcheck: {message}; what is not said above is undecided\n"
    assert (done.returncode, done.stderr) == (code, expected)


@pytest.mark.parametrize("work", ["pass", "time.sleep(100)"])
def test_what_ignores_its_limit_is_killed(work: str) -> None:
    """Nothing here hears an alarm; it runs on, or waits, for three times as long as it had."""
    done = in_a_process(
        "import smtcheck.limits as limits\nlimits.SLACK_SECONDS = 1\n"
        "import signal, time\ndef stuck():\n"
        "    with limits.alarm(1):\n"
        "        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])\n"
        f"        while True: {work}\n"
        "sys.exit(supervised(stuck))"
    )
    assert (done.returncode, "ran on after its time limit" in done.stderr) == (3, True)


@pytest.mark.parametrize("code", [0, 1, 2, 3, 4, 130])
def test_exit_codes_are_passed_on(code: int) -> None:
    assert in_a_process(f"sys.exit(supervised(lambda: sys.exit({code})))").returncode == code


def kill_at_random(draw: Random, folder: Path, words: list[str], seconds: float) -> None:
    """Somewhere on its way; and what it writes is written all or not at all."""
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    process, mark = start(folder, *words)
    time.sleep(draw.uniform(0, seconds))
    process.send_signal(draw.choice(ENDS))
    process.communicate(timeout=10)
    require_nothing_left(mark)
    for path in folder.iterdir():
        if path.name.startswith("."):  # left by a kill between writing and renaming
            path.unlink()
        elif path.suffix == ".cert":
            assert path.read_bytes().startswith(b'{"smtcheck_certificate"')
        elif path.name in before:
            assert path.read_bytes() == before[path.name]
        else:
            assert path.read_bytes().endswith(b"\n") or path.suffix == ".npz"
            path.unlink()


COMMANDS = {
    "prove": ["prove", "claim.toml", "small.toml", "hard.toml", "--timeout", "5"],
    "verify": ["verify", ".", "--jobs", "2"],
    "construct": [
        "construct", "--target", "max(x0, x1)", "--inputs", "2", "--activation", "sigmoid",
        "--format", "paper(3,4)", "-o", "net.json", "--claim", "net.toml",
    ],
    "sweep": ["sweep", "--activation", "relu", "--p", "1..4", "--csv", "map.csv", "--jobs", "2"],
}  # fmt: skip


def campaign(folder: Path, name: str, count: int) -> None:
    draw = Random(name)
    for file, text in {"claim": HARD, "small": SMALL, "hard": ENDLESS}.items():
        (folder / f"{file}.toml").write_text(text, encoding="utf-8")
    for _ in range(count):
        kill_at_random(draw, folder, COMMANDS[name], 3)


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_fifty_kills(name: str, tmp_path: Path) -> None:
    campaign(tmp_path, name, 50)


def test_elsewhere_a_command_is_not_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert supervised(lambda: os.getpid()) == os.getpid()
