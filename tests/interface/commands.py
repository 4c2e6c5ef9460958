"""The command line in processes of its own that need not import everything anew.

A server imports the program once, and forks for each command: it has its own folder,
environment, arguments and files for what it prints, as if `python -m smtcheck` had been
called, without the half second that importing numpy and scipy takes.  What depends on a
fresh interpreter (signals, what is loaded, what is imported from where) is tested with one.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

SERVER = """
import json, os, sys
import smtcheck.interface.main as door
import smtcheck.interface.construct, smtcheck.interface.decide, smtcheck.interface.explain
import smtcheck.interface.export, smtcheck.interface.prove, smtcheck.interface.table
import smtcheck.interface.verify, smtcheck.interface.sweep.command
import smtcheck.construction.builder, smtcheck.engines.certificate_search
for line in sys.stdin:
    request = json.loads(line)
    child = os.fork()
    if child == 0:
        os.environ.clear()
        os.environ.update(request["environment"])
        os.chdir(request["folder"])
        append = os.O_WRONLY | os.O_APPEND
        for number, name in enumerate([os.devnull, request["stdout"], request["stderr"]]):
            os.dup2(os.open(name, append if number else os.O_RDONLY), number)
        sys.argv, sys.path[0] = ["smtcheck", *request["words"]], request["folder"]
        sys.exit(door.run())
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def children_of(pid: int) -> list[int]:
    """The processes that a process has started."""
    with suppress(OSError):
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8")
        return [int(child) for child in text.split()]
    return []


def children_of_command(pid: int) -> list[int]:
    """Those that a command has started, which runs beside the process that watches it."""
    return [found for command in children_of(pid) for found in children_of(command)]


def smtcheck(folder: Path, *words: str, timeout: int = 60) -> subprocess.CompletedProcess[str]:
    """What a command prints to either end, and its exit code."""
    folder_of_output = _scratch()
    outputs = [folder_of_output / name for name in ("stdout", "stderr")]
    code = run_by_server(folder, words, dict(os.environ), (outputs[0], outputs[1]), timeout)
    stdout, stderr = (path.read_text(encoding="utf-8") for path in outputs)
    return subprocess.CompletedProcess([*words], code, stdout, stderr)


def run_by_server(
    folder: Path,
    words: tuple[str, ...],
    environment: dict[str, str],
    outputs: tuple[Path, Path],
    timeout: int,
) -> int:
    """The exit code of a command; the files of its outputs, which may be one, are made anew."""
    for path in outputs:
        path.write_bytes(b"")
    request = {
        "folder": str(folder), "words": words, "environment": environment,
        "stdout": str(outputs[0]), "stderr": str(outputs[1]),
    }  # fmt: skip
    server = _server()
    assert server.stdin is not None and server.stdout is not None
    server.stdin.write(json.dumps(request).encode() + b"\n")
    server.stdin.flush()
    if not select.select([server.stdout], [], [], timeout)[0]:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
        _server.cache_clear()
        raise subprocess.TimeoutExpired([*words], timeout)
    return int(server.stdout.readline())


@cache
def _scratch() -> Path:
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    return Path(folder.name)


@cache
def _server() -> subprocess.Popen[bytes]:
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    atexit.register(_ended, server)
    return server


def _ended(server: subprocess.Popen[bytes]) -> None:
    assert server.stdin is not None and server.stdout is not None
    server.stdin.close()
    server.wait()
    server.stdout.close()
