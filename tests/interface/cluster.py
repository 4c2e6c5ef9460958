"""A Dask cluster on loopback: a scheduler and workers, each a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from smtcheck.interface.executors import _worker_count

ROOT = Path(__file__).parents[2]
START_SECONDS = 60  #: on a machine that is busy


class Cluster:
    """A scheduler, and as many workers as are asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "scheduler.json"
        self.marker = folder / "marker"  #: see `sweep_functions.deadly_once`
        self._workers: list[subprocess.Popen[bytes]] = []
        self._scheduler = self._started("scheduler", "--port", "0")
        deadline = time.monotonic() + START_SECONDS
        while not (self._file.exists() and self._file.read_text(encoding="utf-8").strip()):
            assert time.monotonic() < deadline and self._scheduler.poll() is None
            time.sleep(1 / 20)
        self.address: str = json.loads(self._file.read_text(encoding="utf-8"))["address"]

    def _started(self, kind: str, *arguments: str) -> subprocess.Popen[bytes]:
        shared = ("--host", "127.0.0.1", "--scheduler-file", str(self._file), "--no-dashboard")
        environment = dict(os.environ, SMTCHECK_TEST_MARKER=str(self.marker), PYTHONPATH=str(ROOT))
        return subprocess.Popen(
            [sys.executable, "-m", "dask", kind, *shared, *arguments],
            cwd=ROOT,  # where the functions of the tests can be imported
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def require(self, count: int) -> None:
        """Replace workers that have died, and wait until all are known."""
        self._workers = [worker for worker in self._workers if worker.poll() is None]
        while len(self._workers) < count:
            more = ("--nthreads", "1", "--no-nanny", "--local-directory", str(self._folder))
            self._workers.append(self._started("worker", *more))
        deadline = time.monotonic() + START_SECONDS
        while asyncio.run(_worker_count(self.address, 5)) != count:
            assert time.monotonic() < deadline
            time.sleep(1 / 20)

    @property
    def alive(self) -> int:
        """How many of the workers are."""
        return sum(worker.poll() is None for worker in self._workers)

    def close(self) -> None:
        """End all processes."""
        for process in (*self._workers, self._scheduler):
            process.kill()
            process.wait()
