"""`smtcheck verify --paranoid`: what others say about claims that were re-checked.

Every SMT solver that is installed is given the claim's obligation in SMT-LIB, and every
proof is given to a checker from elsewhere, in DIMACS and LRAT: `lrup-check`, extracted
from a Coq proof (`make coq`).  No answer is no opinion; another answer is a defect of
somebody, and is reported as such.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from smtcheck.checking.propositional.clauses import Cnf
from smtcheck.checking.propositional.lrat import Proof
from smtcheck.checking.recheck import Proofs
from smtcheck.claims.claim_files import Claim
from smtcheck.claims.questions import Obligation, Question
from smtcheck.claims.verdicts import InternalError, Proved, Refuted, UniversalityVerdict, Verdict
from smtcheck.engines import smt
from smtcheck.engines.smt import Solver
from smtcheck.limits import Limits

CHECKER = "lrup-check"


class Witnessed(Proofs):
    """Proofs that others are to see, too."""

    def __init__(self, packed: Sequence[bytes]) -> None:
        super().__init__(packed)
        self.seen: list[tuple[Cnf, Proof]] = []

    def accept(self, cnf: Cnf, proof: Proof) -> None:
        super().accept(cnf, proof)
        self.seen.append((cnf, proof))


def second_opinions(
    claim: Claim,
    verdict: Verdict | UniversalityVerdict,
    proofs: Witnessed,
    limits: Limits,
) -> str:
    """Who agrees; InternalError if somebody does not."""
    opinions = [*_of_solvers(claim, verdict, limits), *_of_checkers(proofs, limits)]
    return ", ".join(opinions) or "nobody else was asked"


def _of_solvers(
    claim: Claim, verdict: Verdict | UniversalityVerdict, limits: Limits
) -> Iterator[str]:
    if not isinstance(claim.question, Question) or not isinstance(verdict, Proved | Refuted):
        return
    text = smt.script(claim.question, *Obligation)
    for solver in Solver:
        if solver.is_installed and text is not None:
            answer_by = limits.deadline()
            answer = smt.ask(
                text, claim.question.domain, [solver], limits, time.monotonic(), answer_by
            )
            if answer.codes is not None and isinstance(verdict, Proved):
                raise InternalError(
                    f"{solver.value} has a counterexample at {answer.codes} to a proved claim"
                )
            if answer.is_unsatisfiable and isinstance(verdict, Refuted):
                raise InternalError(f"{solver.value} says that a refuted claim is true")
            is_silent = answer.codes is None and not answer.is_unsatisfiable
            yield f"{solver.value} {'has no opinion' if is_silent else 'agrees'}"


def _of_checkers(proofs: Witnessed, limits: Limits) -> Iterator[str]:
    executable = checker()
    if executable is None or not proofs.seen:
        return
    for cnf, proof in proofs.seen:
        if not _is_verified(executable, cnf, proof, limits):
            yield f"{CHECKER} has no opinion"
            return
    yield f"{CHECKER} agrees"


def checker() -> str | None:
    """The outside checker: beside this Python, or on the PATH."""
    return shutil.which(CHECKER, path=str(Path(sys.executable).parent)) or shutil.which(CHECKER)


def _is_verified(executable: str, cnf: Cnf, proof: Proof, limits: Limits) -> bool:
    """Whether it says yes in time; InternalError if it says no."""
    with tempfile.TemporaryDirectory(prefix="smtcheck-") as folder:
        files = [Path(folder) / name for name in ("claim.cnf", "proof.lrat")]
        _write(files[0], cnf.dimacs())
        _write(files[1], lrat(cnf, proof))
        try:
            done = subprocess.run(
                [executable, *map(str, files)],
                capture_output=True,
                text=True,
                timeout=limits.timeout_seconds,
            )
        except (subprocess.TimeoutExpired, OSError):
            return False
    if done.returncode == 1:
        raise InternalError(f"{CHECKER} refuses a proof: {done.stdout.strip()[:200]}")
    return done.returncode == 0 and "VERIFIED" in done.stdout.split()


def _write(path: Path, lines: Iterable[str]) -> None:
    with path.open("w", encoding="ascii") as file:
        file.writelines(f"{line}\n" for line in lines)


def lrat(cnf: Cnf, proof: Proof) -> Iterator[str]:
    """The lines of an LRAT file."""
    for number, (literals, hints) in enumerate(proof.steps(), start=len(cnf.clauses) + 1):
        yield " ".join(map(str, (number, *literals, 0, *hints, 0)))
