"""Who does the work changes nothing: this process, others beside it, a Dask cluster."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

import smtcheck as sc
from smtcheck.arithmetic.formats import Format
from smtcheck.claims.questions import Question
from smtcheck.claims.sides import ActivationSide
from smtcheck.claims.verdicts import Refuted, Undecided
from smtcheck.engines.effort import ProvingEffort
from smtcheck.engines.portfolio import Engine, prove
from smtcheck.errors import InputError
from smtcheck.files import CodeExecution
from smtcheck.interface import executors
from smtcheck.interface.executors import Resources, workers
from smtcheck.interface.outcomes import Options
from smtcheck.interface.sweep.command import SweepRequest, sweep_request
from smtcheck.limits import Limits
from smtcheck.networks.activations import activation
from tests.interface.cluster import ROOT, Cluster
from tests.interface.commands import children_of_command

FUNCTIONS = "tests.interface.sweep.sweep_functions"
LIMITS = Limits(timeout_seconds=300)  #: of what must not depend on how busy the machine is

#: 2^22 inputs, in several parts; the first failure is far from the first input.
CLAIM = """
kind = "equivalent"
inputs = 2
left = "expr:where(x0 + x1 == 1400, x0, max(x0, x1))"
right = "expr:max(max(x0, x1), max(x1, x0)) + 0 * abs(x0 + x1) + 0 * abs(x0 - x1)"
left_format = "ap_fixed<11,11,AP_RND,AP_SAT>"
right_format = "ap_fixed<11,11,AP_RND,AP_SAT>"
expect = "refuted"
"""


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    paths = f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    return subprocess.run(
        [sys.executable, "-m", "smtcheck", *arguments],
        cwd=folder,
        env=dict(os.environ, PYTHONPATH=paths),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def own_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    pytest.importorskip("distributed")
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        yield cluster
    finally:
        cluster.close()


@pytest.fixture
def cluster(own_cluster: Cluster) -> Cluster:
    """Two workers that are alive."""
    own_cluster.require(2)
    return own_cluster


def claims(folder: Path, *arguments: str) -> list[dict[str, Any]]:
    """What `prove` says, apart from the time it took."""
    (folder / "claim.toml").write_text(CLAIM, encoding="utf-8")
    more = ("--json", "--timeout", "300", "--engine", "exhaustive")
    done = run(folder, "prove", *more, *arguments, "claim.toml")
    assert (done.returncode, done.stderr) == (0, "")
    found: list[dict[str, Any]] = json.loads(done.stdout)["claims"]
    for claim in found:
        del claim["seconds"]
    return found


def rows(folder: Path, *arguments: str) -> list[dict[str, Any]]:
    (folder / "t.csv").write_text("".join(f"{abs(code)}\n" for code in range(-7, 8)))
    names = ("--activation", "table:t.csv", "--activation", "gelu", "--p", "3")
    more = ("--weights", "full", "--weights", "binary", "--json")
    done = run(folder, "sweep", *names, *more, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    found: list[dict[str, Any]] = json.loads(done.stdout)["verdicts"]
    return found


# Processes beside this one


def test_processes_prove_what_one_process_proves(tmp_path: Path) -> None:
    (alone,) = claims(tmp_path)
    assert alone["counterexample"]["input_codes"] == [377, 1023]
    assert alone["counterexample"]["minimality"] == "smallest"
    assert claims(tmp_path, "--jobs", "2") == [alone]


def test_any_executor_of_python_can_be_given(tmp_path: Path) -> None:
    layer = {"weights": [[1]], "bias": [0]}
    network = {"format": "codes(-9,9,1)", "inputs": 1, "layers": [layer]}
    (tmp_path / "net.json").write_text(json.dumps(network), encoding="utf-8")
    with workers(Resources(jobs=2)) as pool:
        verdict = sc.prove(tmp_path / "net.json", equals="x0", executor=pool.executor)
    assert isinstance(verdict, sc.Proved)


def test_one_job_is_this_process() -> None:
    with workers(Resources()) as pool:
        assert (pool.executor, pool.count) == (None, 1)
    with workers(Resources(jobs=4).at_most(1)) as pool:
        assert (pool.executor, pool.count) == (None, 1)


def children() -> set[int]:
    path = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    return set(map(int, path.read_text(encoding="utf-8").split()))


def test_processes_end_with_the_context() -> None:
    before = children()
    with workers(Resources(jobs=2)) as pool:
        assert pool.executor is not None
        assert pool.executor.submit(abs, -3).result() == 3
        assert len(children() - before) == 2
    assert children() <= before


def test_processes_that_are_busy_do_not_hold_the_context_up() -> None:
    """Whether it is left normally or by an error."""
    before, start = children(), time.monotonic()
    for error in (None, KeyError()):
        futures: list[Future[None]] = []
        try:
            with workers(Resources(jobs=2)) as pool:
                assert pool.executor is not None
                futures = [pool.executor.submit(time.sleep, 600) for _ in range(5)]
                while not all(future.running() for future in futures[:2]):
                    time.sleep(1 / 100)
                if error is not None:
                    raise error
        except KeyError:
            pass
        assert all(future.done() for future in futures)
    assert children() <= before
    assert time.monotonic() - start < 60


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_processes_end_with_their_parent(number: signal.Signals, tmp_path: Path) -> None:
    endless = CLAIM.replace("<11,11", "<17,17").replace("1400", "300000")
    (tmp_path / "claim.toml").write_text(endless, encoding="utf-8")
    arguments = ["prove", "--engine", "exhaustive", "--jobs", "2", "claim.toml"]
    process = subprocess.Popen(
        [sys.executable, "-m", "smtcheck", *arguments],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    started = wait_for_two_children(process.pid)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    if number is signal.SIGINT:
        assert (process.returncode, errors.strip()) == (130, "smtcheck: interrupted")
    deadline = time.monotonic() + 30
    while any(Path(f"/proc/{child}").exists() for child in started):
        assert time.monotonic() < deadline
        time.sleep(1 / 20)


def wait_for_two_children(pid: int) -> list[int]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        started = children_of_command(pid)
        if len(started) == 2:
            time.sleep(1)
            return started
        time.sleep(1 / 20)
    raise AssertionError("the processes did not start")


# Dask


def test_a_scheduler_without_workers_is_no_use(own_cluster: Cluster) -> None:
    """This comes first: the cluster has no workers yet."""
    own_cluster.require(0)
    address = own_cluster.address
    with (
        pytest.raises(InputError, match=f"{address} has no workers: start some with dask worker"),
        workers(Resources(scheduler=address, connect_seconds=4)),
    ):
        pass


def test_a_cluster_proves_what_one_process_proves(cluster: Cluster, tmp_path: Path) -> None:
    assert claims(tmp_path, "--scheduler", cluster.address) == claims(tmp_path)


def test_a_cluster_maps_what_one_process_maps(cluster: Cluster, tmp_path: Path) -> None:
    """The workers run in another folder, which has no such table."""
    found = rows(tmp_path, "--scheduler", cluster.address)
    assert len(found) == 2 * 2 * 7
    assert found == rows(tmp_path, "--jobs", "1")


POINT_BY_POINT = ProvingEffort(part_points=1, part_work=1)


def test_a_worker_that_is_killed_changes_no_verdict(cluster: Cluster) -> None:
    question = deadly_question()
    with workers(Resources(scheduler=cluster.address)) as pool:
        assert pool.count == 2
        cluster.marker.unlink(missing_ok=True)
        found = prove(question, LIMITS, Engine.EXHAUSTIVE, pool.executor, POINT_BY_POINT)
    assert cluster.marker.exists()
    assert cluster.alive == 1
    assert isinstance(found, Refuted)
    assert found.counterexample.input_codes == (28,)
    assert found == prove(question, LIMITS, Engine.EXHAUSTIVE)


def deadly_question() -> Question:
    fmt = Format.parse("paper(5,3)")
    sides = [
        ActivationSide(activation=activation(name, code=CodeExecution.ALLOWED), output_format=fmt)
        for name in (f"{FUNCTIONS}:deadly_once", "expr:min(x, 9)")
    ]
    return Question(left=sides[0], right=sides[1], domain=(fmt.codes,))


def test_a_worker_that_is_killed_changes_no_row(
    cluster: Cluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster.marker.unlink(missing_ok=True)
    files = []
    for scheduler in (cluster.address, None):
        files.append(tmp_path / f"{len(files)}.csv")
        assert sweep_request(deadly_sweep(files[-1], scheduler), options()) == 0
    assert cluster.marker.exists()
    assert cluster.alive == 1
    assert files[0].read_bytes() == files[1].read_bytes()
    assert len(files[0].read_bytes().splitlines()) == 1 + 2 * (3 + 7 + 15)
    assert json.loads(capsys.readouterr().out.split("\n}\n")[0] + "}")["complete"] is True


def deadly_sweep(path: Path, scheduler: str | None) -> SweepRequest:
    return SweepRequest(
        activations=("relu", f"{FUNCTIONS}:deadly_once"),
        p="2..4",
        scale="1..max",
        weights=("full",),
        bias=("exact",),
        rounding=("AP_RND_INF",),
        overflow=("AP_SAT",),
        csv=path,
        resume=None,
        plot=None,
        jobs=None if scheduler else 1,
        scheduler=scheduler,
    )


def options() -> Options:
    return Options(output=Options.Output.JSON, code=CodeExecution.ALLOWED, limits=LIMITS)


def test_the_time_limit_holds_where_workers_are_busy(cluster: Cluster) -> None:
    with workers(Resources(scheduler=cluster.address)) as pool:
        assert pool.executor is not None
        for _ in range(2):
            pool.executor.submit(time.sleep, 5)
        limits = Limits(timeout_seconds=1)
        verdict = prove(deadly_question(), limits, Engine.EXHAUSTIVE, pool.executor, POINT_BY_POINT)
    assert isinstance(verdict, Undecided)
    assert "did not end within 1 s" in verdict.reason


# What cannot be used


@pytest.mark.parametrize("command", ["prove", "sweep"])
def test_an_address_that_is_none_is_exit_2(command: str, tmp_path: Path) -> None:
    (tmp_path / "claim.toml").write_text(CLAIM, encoding="utf-8")
    what = ["claim.toml"] if command == "prove" else ["--activation", "relu", "--p", "1"]
    done = run(tmp_path, command, "--scheduler", "nowhere", *what)
    assert (done.returncode, done.stdout) == (2, "")
    message = "smtcheck: no Dask scheduler answers at 'nowhere': missing port number"
    assert done.stderr.startswith(message)
    assert done.stderr.count("\n") == 1


def test_a_scheduler_that_does_not_answer_is_named() -> None:
    pytest.importorskip("distributed")
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        for _ in range(2):  # it accepts and is silent; then it is gone
            message = f"no Dask scheduler answers at '{address}': nothing for 1 s"
            own = Resources(scheduler=address, connect_seconds=1)
            with pytest.raises(InputError, match=message), workers(own):
                pass
            server.close()


def test_workers_of_another_version_are_refused(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executors, "__version__", "9.9")
    with (
        pytest.raises(InputError, match=r"has smtcheck 0\.\S+, and this is 9\.9"),
        workers(Resources(scheduler=cluster.address)),
    ):
        pass


def test_without_dask_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(InputError, match=r"pip install 'smtcheck\[dask\]'"),
        workers(Resources(scheduler="127.0.0.1:8786")),
    ):
        pass


def test_jobs_and_a_scheduler_contradict_each_other() -> None:
    with pytest.raises(InputError, match="leave out --jobs"):
        Resources.of(2, "127.0.0.1:8786")
    assert Resources.of(None, None, default_jobs=3) == Resources(jobs=3)
