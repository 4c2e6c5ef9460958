"""`smtcheck verify`: certificates are re-checked, by nothing that could search, or refused."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from smtcheck.checking import certificate_files
from smtcheck.claims.claim_files import load_claim
from smtcheck.engines import smt
from smtcheck.engines.smt import SolverAnswer
from smtcheck.files import CodeExecution
from smtcheck.interface import second_opinions, verify
from smtcheck.interface.outcomes import Exit, Options
from smtcheck.limits import Limits
from tests.forging import FOLDER, Forgery, forgeries
from tests.interface.commands import smtcheck
from tests.interface.corpus import write_claim, write_network
from tests.test_order import FILES, SEARCH, SETTLES, module_of

PROOFS = Path(__file__).resolve().parents[2] / "proofs"
OPTIONS = Options(
    output=Options.Output.TEXT, code=CodeExecution.REFUSED, limits=Limits(timeout_seconds=60)
)
FORGED = sorted(path.stem for path in FOLDER.glob("*.toml"))

#: Refuses to import anything that could search, then runs the command line.
WITHOUT_SEARCH = f"""
import importlib.abc, sys
FORBIDDEN = {{"z3", "bitwuzla", "cvc5", "pysat", "pysolvers"}}
FORBIDDEN |= {{"smtcheck." + room for room in {SEARCH}}}
class Refusing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name in FORBIDDEN:
            raise ImportError(f"{{name}} is not to be imported")
sys.meta_path.insert(0, Refusing())
from smtcheck.interface.main import run
code = run()
print(sorted(name for name in sys.modules if name.startswith("smtcheck.checking")))
sys.exit(code)
"""

COMPOSITION, PROPOSITIONAL, UNIVERSALITY, REPLAY = (
    f"smtcheck.checking.{name}"
    for name in ("composition", "propositional", "universality", "replay")
)

#: Everything of `checking`: all of it is loaded to re-check all of proofs/.
TRUSTED = sorted(module_of(file) for file in FILES if file.parts[0] == SETTLES)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A claim with its certificate."""
    write_network(tmp_path)
    write_claim(tmp_path)
    assert smtcheck(tmp_path, "prove", "claim.toml").returncode == 0
    return tmp_path


def some_of_each_kind() -> list[str]:
    """The claims with the smallest certificates."""
    kinds: dict[str, list[Path]] = {}
    for path in sorted(PROOFS.rglob("*.cert"), key=lambda path: path.stat().st_size):
        kind = certificate_files.name_of(certificate_files.read(path).kind)
        kinds.setdefault(kind, []).append(path.with_suffix(".toml"))
    assert len(kinds) == 6
    return [str(path.relative_to(PROOFS)) for paths in kinds.values() for path in paths[:5]]


@pytest.mark.parametrize(
    "everything",
    [
        pytest.param(True, marks=pytest.mark.slow),  # as `make verify` does
        False,
    ],
)
def test_claims_are_verified_where_nothing_can_search(everything: bool) -> None:
    wanted = ["."] if everything else some_of_each_kind()
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_SEARCH, "verify", "--jobs", "1", *wanted],
        cwd=PROOFS,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    *lines, summary, modules = done.stdout.splitlines()
    count = len(list(PROOFS.rglob("*.toml"))) if everything else len(wanted)
    assert len(lines) == count  # one line a claim
    assert summary.startswith(f"{count} of {count} claims settled as expected in ")
    assert modules == str(TRUSTED)


def test_large_certificates_are_not_kept() -> None:
    sizes = [path.stat().st_size for path in PROOFS.rglob("*.cert")]
    assert max(sizes) <= 10**6
    assert sum(path.stat().st_size for path in PROOFS.rglob("*") if path.is_file()) < 20 * 2**20


def test_processes_do_not_change_what_is_said() -> None:
    one, three = (
        smtcheck(PROOFS, "verify", "--json", "--jobs", jobs, "requantize") for jobs in ("1", "3")
    )
    first, second = (json.loads(done.stdout)["claims"] for done in (one, three))
    for claim in (*first, *second):
        claim["seconds"] = 0
    assert first == second
    assert one.returncode == three.returncode == 0


# certificates that do not fit -------------------------------------------------------------


def test_a_claim_without_certificate_is_undecided(folder: Path) -> None:
    (folder / "claim.cert").unlink()
    done = smtcheck(folder, "verify", "claim.toml")
    assert done.returncode == 3
    assert "there is no certificate: smtcheck prove claim.toml makes one" in done.stdout


@pytest.mark.parametrize("what", ["network", "claim"])
def test_a_certificate_of_something_that_has_changed_is_out_of_date(
    folder: Path, what: str
) -> None:
    if what == "claim":
        write_claim(folder, target='"max(x0, -7/4) + 0"')
    else:
        text = (folder / "net.json").read_text(encoding="utf-8")
        (folder / "net.json").write_text(text.replace("-4", "-3"), encoding="utf-8")
    done = smtcheck(folder, "verify", "claim.toml")
    assert done.returncode == 3
    changed = {"network": "net.json", "claim": "the claim, or a table that it names"}[what]
    assert f"out of date: {changed} changed since it was made: smtcheck prove" in done.stdout


def test_a_certificate_of_another_meaning_is_out_of_date(folder: Path) -> None:
    path = folder / "claim.cert"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"semantics": 1', '"semantics": 2'), encoding="utf-8")
    done = smtcheck(folder, "verify", "claim.toml")
    assert (done.returncode, "the meaning of claims changed" in done.stdout) == (3, True)


def test_a_table_that_is_another_one_now_is_noticed(tmp_path: Path) -> None:
    """As after a defect in the tables was mended."""
    text = 'kind = "universal"\nformat = "paper(3,4)"\nactivation = "gelu"\n'
    (tmp_path / "claim.toml").write_text(text, encoding="utf-8")
    assert smtcheck(tmp_path, "prove", "claim.toml").returncode == 0
    path = tmp_path / "claim.cert"
    (header,) = path.read_text(encoding="utf-8").splitlines()
    document = json.loads(header)
    ((name, digest),) = document["digests"]["tables"].items()
    document["digests"]["tables"] = {name: digest[:-1] + "x"}
    path.write_text(json.dumps(document) + "\n", encoding="utf-8")
    done = smtcheck(tmp_path, "verify", "claim.toml")
    assert (done.returncode, "the table of gelu in paper" in done.stdout) == (3, True)


def test_a_broken_certificate_is_bad_input(folder: Path) -> None:
    (folder / "claim.cert").write_bytes(b"{")
    done = smtcheck(folder, "verify", "--json", "claim.toml")
    assert (done.returncode, done.stderr) == (2, "")
    (claim,) = json.loads(done.stdout)["claims"]
    assert (claim["verdict"], claim["settled"]) == ("error", False)
    assert "claim.cert is no certificate" in claim["reason"]


@cache
def forged_now() -> dict[str, Forgery]:
    """What the files would be if they were written today."""
    return {forgery.name: forgery for forgery in forgeries()}


@pytest.mark.parametrize("name", FORGED)
def test_forged_certificates_are_refused(name: str, tmp_path: Path) -> None:
    """The negative control: a false claim each, as files under version control."""
    forgery, path = forged_now()[name], FOLDER / f"{name}.toml"
    (tmp_path / "now.cert").write_bytes(forgery.certificate)
    stored, now = (
        certificate_files.read(p) for p in (FOLDER / f"{name}.cert", tmp_path / "now.cert")
    )
    assert (stored.digests, stored.kind) == (now.digests, now.kind), "python -m tests.forging"
    outcome = verify.verify_claim(path, OPTIONS)
    assert outcome.exit is not Exit.SETTLED
    said = "".join(outcome.lines) + (outcome.error or "")
    assert forgery.reason in said
    if "stale" not in name:
        assert "out of date" not in said


def test_a_folder_of_forgeries_is_no_success() -> None:
    done = smtcheck(FOLDER, "verify", ".")
    assert done.returncode == 4
    assert f"0 of {len(FORGED)} claims settled as expected" in done.stdout
    assert "Traceback" not in done.stderr
    assert set(FORGED) == set(forged_now())


# what prove leaves ------------------------------------------------------------------------


def test_prove_says_what_it_left(folder: Path) -> None:
    done = smtcheck(folder, "prove", "--json", "claim.toml")
    (claim,) = json.loads(done.stdout)["claims"]
    assert claim["certificate"] == "claim.cert"
    done = smtcheck(folder, "verify", "--json", "claim.toml")
    (claim,) = json.loads(done.stdout)["claims"]
    assert (claim["verdict"], claim["certificate"]) == ("proved", "claim.cert")
    assert claim["reason"] == "all 16 inputs were evaluated"


def test_a_verdict_stands_where_no_certificate_can_be_written(folder: Path) -> None:
    (folder / "claim.cert").unlink()
    (folder / "claim.cert").mkdir()
    done = smtcheck(folder, "prove", "claim.toml")
    assert done.returncode == 3  # it could not be verified
    assert "claim.toml: proved" in done.stdout
    assert "no certificate: claim.cert cannot be written" in done.stdout
    assert smtcheck(folder, "prove", "--no-certificate", "claim.toml").returncode == 0
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


def test_a_large_certificate_is_made_again_and_not_kept(folder: Path) -> None:
    (folder / "claim.cert").unlink()
    write_claim(folder, certificate='"regenerate"')
    done = smtcheck(folder, "verify", "claim.toml")
    assert done.returncode == 3
    assert "is not kept: smtcheck prove claim.toml makes one" in done.stdout
    assert smtcheck(folder, "prove", "claim.toml").returncode == 0
    assert not (folder / "claim.cert").exists()
    assert (folder / "claim.regenerated.cert").exists()
    assert smtcheck(folder, "verify", "claim.toml").returncode == 0
    write_claim(folder, certificate='"never"')
    assert smtcheck(folder, "verify", "claim.toml").returncode == 2


def test_undecided_is_not_expected_in_vain(tmp_path: Path) -> None:
    """Somebody has to have looked: a certificate says so, of this claim."""
    text = 'kind = "universal"\nformat = "paper(2,2,AP_RND_INF,AP_WRAP)"\nactivation = "relu"\n'
    text += 'bias = "format"\nexpect = "undecided"\n'
    (tmp_path / "claim.toml").write_text(text, encoding="utf-8")
    done = smtcheck(tmp_path, "verify", "claim.toml")
    assert done.returncode == 3
    assert "there is no certificate" in done.stdout
    assert smtcheck(tmp_path, "prove", "claim.toml").returncode == 0
    done = smtcheck(tmp_path, "verify", "claim.toml")
    assert (done.returncode, "(the record of a search)" in done.stdout) == (0, True)
    (tmp_path / "claim.toml").write_text(text.replace("2,2", "2,3"), encoding="utf-8")
    done = smtcheck(tmp_path, "verify", "claim.toml")
    assert (done.returncode, "is out of date" in done.stdout) == (3, True)


def test_what_was_found_outweighs_that_somebody_has_looked(tmp_path: Path) -> None:
    """A claim that expects undecided was refuted; a search that finds nothing does not hide it."""
    path, refutation = tmp_path / "claim.cert", tmp_path / "claim.refuted.cert"

    def run(*command: str, right: str = "max(x0, 0)", expect: str = "undecided") -> tuple[int, str]:
        text = 'kind = "equivalent"\nformat = "paper(2,1)"\nleft = "expr:x0"\n'
        text += f'right = "expr:{right}"\nexpect = "{expect}"\n'
        (tmp_path / "claim.toml").write_text(text, encoding="utf-8")
        done = smtcheck(tmp_path, *command, "claim.toml")
        return done.returncode, done.stdout

    assert run("prove")[0] == 1
    assert refutation.exists()
    assert run("prove", "--engine", "merge")[0] == 0  # which does not apply
    assert refutation.exists()
    assert json.loads(path.read_bytes())["kind"]["type"] == "search"
    code, said = run("verify")
    assert (code, "refuted, EXPECTED undecided" in said) == (1, True)
    code, said = run("verify", expect="proved")
    assert (code, "refuted, EXPECTED proved" in said) == (1, True)
    assert run("verify", right="max(x0, 0) + 0")[0] == 3  # of which neither speaks
    refutation.unlink()
    assert run("verify")[0] == 0


def test_time_for_a_check_is_limited(folder: Path) -> None:
    text = 'kind = "equivalent"\nformat = "ap_fixed<32,16,AP_RND,AP_SAT>"\ninputs = 2\n'
    text += 'left = "expr:x0 * x1"\nright = "expr:x1 * x0"\n'
    (folder / "claim.toml").write_text(text, encoding="utf-8")
    assert smtcheck(folder, "prove", "claim.toml").returncode == 0
    path = folder / "claim.cert"
    document = json.loads(path.read_bytes().split(b"\n")[0])
    claim = load_claim(folder / "claim.toml")
    points = 2**64
    document["kind"] = {
        "type": "exhaustive", "points": points, "cost": points * claim.question.cost,
    }  # fmt: skip
    document["proof_bytes"] = []
    path.write_text(json.dumps(document) + "\n", encoding="utf-8")
    done = smtcheck(folder, "verify", "--timeout", "1", "claim.toml")
    assert done.returncode == 3
    assert "did not end within 1 s" in done.stdout


def test_a_killed_process_leaves_its_claims_undecided(folder: Path) -> None:
    (folder / "deadly.py").write_text(
        "import os, signal\n\ndef kill(x):\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    (folder / "other.toml").write_text(
        'kind = "universal"\nformat = "paper(2,2)"\nactivation = "deadly:kill"\n'
    )
    (folder / "other.cert").write_bytes((folder / "claim.cert").read_bytes())
    done = smtcheck(folder, "verify", "--allow-code", "--jobs", "2", ".")
    assert done.returncode == 3
    assert "was killed" in done.stderr
    assert "Traceback" not in done.stderr


# second opinions --------------------------------------------------------------------------


def lrup_check(folder: Path, answer: str, code: int) -> dict[str, str]:
    """An environment in which the outside checker always says the same."""
    path = folder / "bin" / second_opinions.CHECKER
    path.parent.mkdir()
    path.write_text(f"#!/bin/sh\necho '{answer}'\nexit {code}\n")
    path.chmod(0o755)
    return {**os.environ, "PATH": f"{path.parent}:{os.environ['PATH']}"}


@pytest.mark.parametrize(
    ("answer", "code", "said", "exit_code"),
    [
        ("VERIFIED", 0, "lrup-check agrees", 0),
        ("NOT VERIFIED: step 7", 1, "refuses a proof: NOT VERIFIED: step 7", 4),
        ("", 2, "lrup-check has no opinion", 0),
        ("", 0, "lrup-check has no opinion", 0),
    ],
)
def test_an_outside_checker_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, code: int, said: str,
    exit_code: int,
) -> None:  # fmt: skip
    path = lrup_check(tmp_path, answer, code)["PATH"].split(":")[0] + "/" + second_opinions.CHECKER
    monkeypatch.setattr(second_opinions, "checker", lambda: path)
    monkeypatch.setattr(smt.Solver, "is_installed", False)
    claim = PROOFS / "requantize" / "zero-point-half-up.toml"
    outcome = verify.verify_claim(claim, OPTIONS, verify.Opinions.SECOND)
    assert outcome.exit.value == exit_code
    assert said in "".join(outcome.lines) + (outcome.error or "")


@pytest.mark.parametrize(
    ("claim", "answer", "disagrees"),
    [
        ("halves-8bit", SolverAnswer(solver="z3", codes=(0, 0)), True),
        ("halves-8bit", SolverAnswer(solver="z3", is_unsatisfiable=True), False),
        ("halves-8bit", SolverAnswer(solver="z3", reason="gave up"), False),
        ("difference-8bit", SolverAnswer(solver="z3", is_unsatisfiable=True), True),
        ("difference-8bit", SolverAnswer(solver="z3", codes=(0, 0)), False),
    ],
)
def test_solvers_are_asked(
    monkeypatch: pytest.MonkeyPatch, claim: str, answer: SolverAnswer, disagrees: bool
) -> None:
    monkeypatch.setattr(smt, "ask", lambda *_: answer)
    path = PROOFS / "max" / f"{claim}.toml"
    outcome = verify.verify_claim(path, OPTIONS, verify.Opinions.SECOND)
    assert (outcome.exit is Exit.INTERNAL_ERROR) == disagrees
    assert disagrees or outcome.exit is Exit.SETTLED


def test_all_three_solvers_have_an_opinion(folder: Path) -> None:
    pytest.importorskip("cvc5")
    for expect, target in [("proved", "max(x0, -7/4)"), ("refuted", "x0")]:
        write_claim(folder, target=f'"{target}"', expect=f'"{expect}"')
        assert smtcheck(folder, "prove", "claim.toml").returncode == 0
        done = smtcheck(folder, "verify", "--paranoid", "claim.toml")
        assert done.returncode == 0
        assert "(z3 agrees, bitwuzla agrees, cvc5 agrees)" in done.stdout


@pytest.mark.parametrize(
    ("claim", "proved", "verified"),
    [
        ("max/unsigned-hidden-16bit", "the solver's word", "certificate"),
        ("max/difference-8bit", "evaluation", "evaluation"),
        ("universal/gelu-62bit", "certificate", "certificate"),
    ],
)
def test_a_verdict_says_its_basis(claim: str, proved: str, verified: str, tmp_path: Path) -> None:
    shutil.copytree(PROOFS / claim.partition("/")[0], tmp_path / "claims")
    path = f"claims/{claim.partition('/')[2]}.toml"
    for command, basis in (("verify", verified), ("prove", proved)):
        done = smtcheck(tmp_path, command, "--json", path)
        assert json.loads(done.stdout)["claims"][0]["basis"] == basis, done


@pytest.mark.parametrize(
    ("claim", "needless"),
    [
        ("max/halves-8bit", [COMPOSITION, PROPOSITIONAL, UNIVERSALITY, REPLAY]),
        ("max/difference-8bit", [COMPOSITION, PROPOSITIONAL, UNIVERSALITY]),
        ("max/halves-16bit", [COMPOSITION, UNIVERSALITY, REPLAY]),
        ("universal/gelu-62bit", [COMPOSITION, PROPOSITIONAL, REPLAY, "smtcheck.networks.network"]),
    ],
)
def test_what_a_kind_of_certificate_does_not_need_is_not_loaded(
    claim: str, needless: list[str]
) -> None:
    program = WITHOUT_SEARCH.replace("smtcheck.checking", "smtcheck.")
    done = subprocess.run(
        [sys.executable, "-c", program, "verify", "--jobs", "1", f"{claim}.toml"],
        cwd=PROOFS,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    loaded = ast.literal_eval(done.stdout.splitlines()[-1])
    assert "smtcheck.checking.recheck" in loaded
    for unwanted in (*needless, "smtcheck.writing", "smtcheck.interface.universality_text"):
        assert not [name for name in loaded if f"{name}.".startswith(f"{unwanted}.")]


def test_a_process_that_is_killed_takes_no_other_claim_with_it(tmp_path: Path) -> None:
    """As at its time limit, or where memory is short."""
    (tmp_path / "deadly.py").write_text(
        "import os, signal\ndef function(x): os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    text = 'kind = "equivalent"\nformat = "paper(2,2)"\nleft = "{}"\nright = "relu"\n'
    for name in ("a", "c", "d"):
        (tmp_path / f"{name}.toml").write_text(text.format("relu"), encoding="utf-8")
        assert smtcheck(tmp_path, "prove", f"{name}.toml").returncode == 0
    (tmp_path / "b.toml").write_text(text.format("deadly:function"), encoding="utf-8")
    done = smtcheck(tmp_path, "verify", "--jobs", "2", "--allow-code", ".")
    assert done.returncode == 3
    assert done.stdout.count(": proved (") == 3
    assert "b.toml: the process that checked it was killed" in done.stderr
