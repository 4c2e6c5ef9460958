"""Files are written all or not at all, whoever else writes them, and whatever goes wrong."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from smtcheck.errors import InputError
from smtcheck.writing import write_atomically, write_output


def test_several_writers_leave_what_one_of_them_wrote(tmp_path: Path) -> None:
    path, seen, over = tmp_path / "file", [], threading.Event()
    contents = [bytes([65 + writer]) * (50_000 + writer) for writer in range(4)]
    write_atomically(path, contents[0])

    def read() -> None:
        while not over.is_set():
            seen.append(path.read_bytes())

    def write(content: bytes) -> None:
        for _ in range(30):
            write_atomically(path, content)

    threads = [threading.Thread(target=write, args=(content,)) for content in contents]
    reader = threading.Thread(target=read)
    for thread in (reader, *threads):
        thread.start()
    for thread in threads:
        thread.join()
    over.set()
    reader.join()
    assert len(seen) > 10
    assert all(content in contents for content in seen)
    assert os.listdir(tmp_path) == ["file"]


def test_what_cannot_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    """As where a disk is full: no file may grow beyond a limit."""
    path = tmp_path / "file"
    path.write_bytes(b"old")
    program = (
        "import resource, signal, sys\nfrom pathlib import Path\n"
        "from smtcheck.errors import InputError\nfrom smtcheck.writing import write_output\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: write_output(Path(sys.argv[1]), b'x' * 5000)\n"
        "except InputError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{path} cannot be written: File too large\n"
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("name", ["no/file", "x" * 300, "."])
def test_a_place_that_is_none_is_said(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        write_output(tmp_path / name, b"")
