"""What certificates cost: to find, to keep and to check.

All of proofs/ is proved and verified by the commands themselves, in a copy, so that
loading, processes and writing are counted.  Propositional proofs of a few claims are
then checked by each of the two checkers.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from typing import Any

import click

from benchmarks.measuring import median, ratio, row
from smtcheck.checking import certificate_files
from smtcheck.checking.propositional.clauses import cnf_of
from smtcheck.checking.propositional.lrat import Proof, check
from smtcheck.checking.propositional.lrat_compiled import check_compiled, is_available
from smtcheck.checking.propositional.packing import packed
from smtcheck.claims.claim_files import load_claim
from smtcheck.claims.questions import Obligation, Question
from smtcheck.engines import sat
from smtcheck.limits import Limits

PROOFS = Path(__file__).resolve().parents[1] / "proofs"
CLAIMS = (
    "max/unsigned-hidden-16bit",
    "max/halves-16bit",
    "requantize/away-is-mirrored",
    "requantize/tflite-any-multiplier-within-one",
    "relu/abs-48bit",
)
SMALL_MIRRORED = """
kind = "equal"
network = "small.json"
target = "sign(5*x0 - 3*x1 + 31*x2 + 11/7) * floor(abs(5*x0 - 3*x1 + 31*x2 + 11/7) + 1/2) / 7"
"""
SMALL_NETWORK = {
    "format": "paper(5,7)",
    "inputs": 3,
    "layers": [{"weights": [[5, -3, 31]], "bias": [11]}],
}


def measure(runs: int, timeout: int) -> None:
    """Print both tables."""
    _all_proofs(runs)
    click.echo("")
    _propositional(runs, timeout)


def _all_proofs(runs: int) -> None:
    click.echo("all of proofs/: seconds of the commands, by the kind of certificate")
    with TemporaryDirectory() as folder:
        copy = copytree(PROOFS, Path(folder) / "proofs")
        proved = [_command("prove", copy) for _ in range(runs)]
        verified = [_command("verify", copy) for _ in range(runs)]
        kinds = {
            str(path): certificate_files.name_of(certificate_files.read(path).kind)
            for path in copy.rglob("*.cert")
        }
        sizes = dict.fromkeys(sorted(set(kinds.values())), 0)
        for path, kind in kinds.items():
            sizes[kind] += Path(path).stat().st_size
    row("kind", "claims", "bytes", "search", "check", "ratio")
    for kind, size in sizes.items():
        search, recheck = (
            statistics.median(_seconds(run, kinds, kind) for run, _ in done)
            for done in (proved, verified)
        )
        count = sum(other == kind for other in kinds.values())
        cells = (str(count), str(size), f"{search:.3f}", f"{recheck:.3f}")
        row(kind, *cells, ratio(search, recheck, 0))
    search, recheck = (statistics.median(wall for _, wall in done) for done in (proved, verified))
    cells = (str(len(kinds)), str(sum(sizes.values())), f"{search:.3f}", f"{recheck:.3f}")
    row("the whole command", *cells, ratio(search, recheck, 0))


def _command(name: str, folder: Path) -> tuple[list[dict[str, Any]], float]:
    """What it says of each claim, and how long it takes altogether."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "smtcheck", name, "--json", str(folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    seconds = time.perf_counter() - start
    claims: list[dict[str, Any]] = json.loads(done.stdout)["claims"]
    return claims, seconds


def _seconds(claims: list[dict[str, Any]], kinds: dict[str, str], kind: str) -> float:
    """How long the claims with a kind of certificate took."""
    return sum(claim["seconds"] for claim in claims if kinds.get(str(claim["certificate"])) == kind)


def _propositional(runs: int, timeout: int) -> None:
    click.echo("propositional proofs: found by CaDiCaL and trimmed, then checked")
    row("claim", "inputs", "clauses", "lemmas", "integers", "bytes", "found", "pure Python",
        "compiled", "lemmas/s")  # fmt: skip
    for name in CLAIMS:
        question = load_claim(PROOFS / f"{name}.toml").question
        assert isinstance(question, Question)
        _one(name.split("/")[1][:23], question, runs, timeout)
    with TemporaryDirectory() as folder:
        (Path(folder) / "small.json").write_text(json.dumps(SMALL_NETWORK))
        (Path(folder) / "small.toml").write_text(SMALL_MIRRORED)
        question = load_claim(Path(folder) / "small.toml").question
        assert isinstance(question, Question)
        _one("the same at 6 bits", question, runs, timeout)


def _one(name: str, question: Question, runs: int, timeout: int) -> None:
    limits = Limits(timeout_seconds=timeout)
    problem = cnf_of(question, Obligation.AGREEMENT)
    assert problem is not None
    proofs: list[Proof] = []

    def find() -> None:
        found = sat.refute(problem, limits, limits.deadline())
        assert isinstance(found, Proof)
        proofs.append(found)

    found = median(runs, partial(_timed, find))
    proof = proofs[0]
    pure = median(runs, partial(_timed, partial(check, problem.clauses, proof)))
    compiled, rate = "-", len(proof) / pure
    if is_available():
        check_compiled(problem.clauses, proof)  # which compiles it
        seconds = median(runs, partial(_timed, partial(check_compiled, problem.clauses, proof)))
        compiled, rate = f"{seconds:.4f}", len(proof) / seconds
    cells = [
        f"2^{question.points.bit_length() - 1}", str(len(problem.clauses)), str(len(proof)),
        str(len(proof.literals) + len(proof.hints)), str(len(packed(proof))),
        f"{found:.3f}", f"{pure:.3f}", compiled, f"{rate:.2e}",
    ]  # fmt: skip
    row(name, *cells)


def _timed(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
