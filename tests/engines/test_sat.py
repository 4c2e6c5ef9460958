"""Looking for proofs: what is found is a proof or a counterexample, and nothing is left behind.

Limits, deaths and nonsense end in NotProved, which says why.  What trimming makes of a text
is compared with texts trimmed by hand.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, islice
from pathlib import Path
from random import Random

import pytest
from pysat.solvers import Glucose4

from smtcheck.arithmetic.circuits import Circuits
from smtcheck.arithmetic.integers import Integers
from smtcheck.arithmetic.intervals import Interval
from smtcheck.checking.propositional.clauses import Cnf, _cnf, cnf_of
from smtcheck.checking.propositional.lrat import Proof, check
from smtcheck.checking.refusals import Refused
from smtcheck.claims.claim_files import load_claim
from smtcheck.claims.questions import Obligation, Question
from smtcheck.engines import sat, sat_process
from smtcheck.engines.sat import Model, NotProved, refute, trimmed
from smtcheck.limits import Limits
from tests.claims.random_questions import random_questions

ROOT = Path(__file__).parents[2]
LIMITS = Limits(timeout_seconds=60)

Step = tuple[list[int], list[int]]


def problem_from(clauses: Sequence[tuple[int, ...]], *inputs: tuple[int, ...]) -> Cnf:
    variables = max((abs(literal) for clause in clauses for literal in clause), default=0)
    return Cnf(variables=variables, clauses=tuple(clauses), inputs=inputs)


def pigeons(holes: int) -> Cnf:
    """One more than there are holes, each in a hole of its own: exponentially long proofs."""
    places = [[pigeon * holes + hole + 1 for hole in range(holes)] for pigeon in range(holes + 1)]
    alone = [
        (-one, -other) for hole in zip(*places, strict=True) for one, other in combinations(hole, 2)
    ]
    return problem_from([*map(tuple, places), *alone])


def factors(product: int, bits: int) -> Cnf:
    """x * y = product, where 1 < x, y < 2^bits."""
    circuits, domain = Circuits(), Interval(2, 2**bits - 1)
    found = circuits.multiply(circuits.variable(domain), circuits.variable(domain))
    wanted, one, zero = map(circuits.constant, (product, 1, 0))
    least = circuits.choose(wanted, found, one, zero)
    return _cnf(circuits, circuits.choose(found, wanted, least, zero))


@pytest.fixture(autouse=True)
def children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The processes that are started; in the end none is alive, and no file is left behind."""
    started: list[subprocess.Popen[bytes]] = []
    numbers: list[int] = []

    class Recorded(subprocess.Popen[bytes]):
        def __init__(self, *arguments: object, **keywords: object) -> None:
            super().__init__(*arguments, **keywords)
            started.append(self)
            numbers.append(self.pid)

    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setattr(subprocess, "Popen", Recorded)
    yield numbers
    assert list(folder.iterdir()) == []
    for process in started:
        assert process.returncode is not None
        with pytest.raises(ProcessLookupError):
            os.kill(process.pid, 0)


def refuted(cnf: Cnf, seconds: float = 60, limits: Limits = LIMITS) -> Proof | Model:
    return refute(cnf, limits, time.monotonic() + seconds)


# ---- proofs and models ----


def test_proofs_are_accepted_and_models_fail(children: list[int]) -> None:
    """Of random questions: the answer is the one of brute force."""
    answers = []
    for known in islice(random_questions(21), 40):
        cnf = cnf_of(known.question, Obligation.AGREEMENT)
        assert cnf is not None
        if cnf.variables == 1 and len(answers) > 4:
            continue
        found = refuted(cnf)
        answers.append(type(found))
        if isinstance(found, Proof):
            check(cnf.clauses, found)
            assert known.smallest is None
            continue
        question = known.question
        assert all(c in axis for c, axis in zip(found.codes, question.domain, strict=True))
        assert question.violation(Integers(), found.codes) == 1
        place = known.points.index(found.codes)
        assert any(map(known.differs, known.left[place], known.right[place]))
    assert min(answers.count(Proof), answers.count(Model)) >= 4
    assert len(children) == len(answers)


def test_random_clauses_are_refuted_exactly_if_they_are_unsatisfiable() -> None:
    """Against another solver: three literals a clause, where both answers are likely."""
    draw, answers = Random(1), set()
    for _ in range(16):
        clauses = [
            tuple(draw.choice([1, -1]) * n for n in draw.sample(range(1, 31), 3))
            for _ in range(130)
        ]
        words = tuple((bit, 0) for bit in range(1, 31))  # 1 where a variable is true
        cnf = Cnf(variables=30, clauses=tuple(clauses), inputs=words)
        found = refuted(cnf)
        with Glucose4(bootstrap_with=clauses) as solver:
            assert isinstance(found, Model) == solver.solve()
        answers.add(type(found))
        if isinstance(found, Proof):
            check(clauses, found)
        else:
            assert all(any(found.codes[abs(n) - 1] == (n > 0) for n in c) for c in clauses)
    assert answers == {Proof, Model}


@pytest.mark.parametrize(
    "clauses", [[(1,), (-1,)], [(1, 2), (-1, 2), (-2,)], [(-1, 2), (-2, 3), (-3, -1), (1,)]]
)
def test_proofs_of_a_few_clauses(clauses: list[tuple[int, ...]]) -> None:
    found = refuted(problem_from(clauses))
    assert isinstance(found, Proof)
    check(clauses, found)
    (*_, (last, _)) = found.steps()
    assert last == []


def test_models_are_numbers_in_twos_complement() -> None:
    """Negated bits are turned round, and bits that do not matter are 0."""
    clauses = [(1,), (-2,), (3,)]
    words = [(1, 2), (2, 1), (-2, -1), (1, 0), (1, 2, 3, 0), (0,), (1,), (0, 3), (-1, 2, -2, 2)]
    found = refuted(problem_from(clauses, *words))
    assert found == Model(codes=(1, -2, 1, 1, 5, 0, -1, -2, 4))


def test_other_attempts_and_seeds_find_other_proofs() -> None:
    """Of a claim: in small problems, nothing happens that they could change."""
    question = load_claim(ROOT / "proofs/max/pool-unsigned.toml").question
    assert isinstance(question, Question)
    cnf = cnf_of(question, Obligation.AGREEMENT)
    assert cnf is not None
    sizes = set()
    for attempt, seed in [(0, 0), (0, 1), (1, 0), (2, 0), (1, 2**31 - 1)]:
        found = refute(cnf, Limits(seed=seed), time.monotonic() + 60, attempt)
        assert isinstance(found, Proof)
        sizes.add(len(found.hints))
    assert len(sizes) == 5


def test_the_same_question_is_answered_in_the_same_way() -> None:
    one, other = (refuted(pigeons(5)) for _ in range(2))
    assert isinstance(one, Proof) and isinstance(other, Proof)
    assert list(one.steps()) == list(other.steps())


# ---- trimming ----


def steps_of(clauses: int, text: str, folder: Path) -> list[Step]:
    path = folder / "proof.lrat"
    path.write_text(text)
    return list(trimmed(clauses, path).steps())


def test_lemmas_that_nothing_needs_are_left_out(tmp_path: Path) -> None:
    """Kept ones are numbered anew, after the clauses; deletions say nothing."""
    text = """\
6 1 2 0 1 2 0
7 -1 0 3 4 0
7 d 1 2 0
9 3 0 6 5 0
12 2 0 7 6 0
12 d 6 9 0
15 4 5 0 9 12 0
20 0 12 7 5 0
"""
    assert steps_of(5, text, tmp_path) == [
        ([1, 2], [1, 2]), ([-1], [3, 4]), ([2], [7, 6]), ([], [8, 7, 5]),
    ]  # fmt: skip


def test_only_the_empty_lemma_may_be_needed(tmp_path: Path) -> None:
    assert steps_of(3, "9 1 0 1 2 0\n17 0 1 2 3 0\n", tmp_path) == [([], [1, 2, 3])]


def test_what_follows_the_empty_lemma_is_not_read(tmp_path: Path) -> None:
    text = "3 2 0 1 2 0\n4 0 3 1 0\n5 0 1 2 0\nrubbish\n"
    assert steps_of(2, text, tmp_path) == [([2], [1, 2]), ([], [3, 1])]


def test_long_chains_are_kept_whole(tmp_path: Path) -> None:
    """Each lemma needs the one before it and a clause; every other line is of no use."""
    lines = [
        f"{10 + 2 * n} {n + 1} 0 {8 + 2 * n if n else 1} 2 0\n{11 + 2 * n} -7 0 3 {10 + 2 * n} 0"
        for n in range(500)
    ]
    steps = steps_of(5, "\n".join([*lines, "5000 0 1008 4 0\n"]), tmp_path)
    assert steps[0] == ([1], [1, 2])
    assert steps[1:500] == [([n + 1], [5 + n, 2]) for n in range(1, 500)]
    assert steps[500:] == [([], [505, 4])]


@pytest.mark.parametrize("text", ["", "4 1 0 1 2 0\n", "4 1 0 1 2 0\n4 d 1 2 0\n5 -2 0 4 3 0\n"])
def test_a_text_without_the_empty_lemma_is_no_proof(text: str, tmp_path: Path) -> None:
    with pytest.raises(NotProved, match="does not end"):
        steps_of(3, text, tmp_path)


def naively_trimmed(clauses: int, lemmas: dict[int, Step], last: int) -> list[Step]:
    needed, pending = set(), [last]
    while pending:
        lemma = pending.pop()
        if lemma in lemmas and lemma not in needed:
            needed.add(lemma)
            pending += lemmas[lemma][1]
    order = sorted(needed)
    place = {lemma: clauses + 1 + order.index(lemma) for lemma in order}
    return [
        (lemmas[lemma][0], [place.get(hint, hint) for hint in lemmas[lemma][1]]) for lemma in order
    ]


def test_random_texts_are_trimmed_as_naively(tmp_path: Path) -> None:
    """Any hints, of which no proof is made; some lemmas are deleted after their last use."""
    draw = Random(2)
    for _ in range(100):
        clauses, number = draw.randint(1, 9), 9
        lemmas: dict[int, Step] = {}
        lines = []
        for _ in range(draw.randint(0, 30)):
            number += draw.randint(1, 3)
            known = [*range(1, clauses + 1), *list(lemmas)[-9:]]
            literals = [
                draw.choice([1, -1]) * draw.randint(1, 99) for _ in range(draw.randint(1, 4))
            ]
            hints = [draw.choice(known) for _ in range(draw.randint(1, 5))]
            lemmas[number] = literals, hints
            lines.append(f"{number} {' '.join(map(str, [*literals, 0, *hints, 0]))}")
            if draw.random() < 0.3:
                lines.append(f"{number} d {draw.choice(known)} 0")
        hints = [draw.choice([1, *lemmas]) for _ in range(3)]
        lemmas[number + 1] = [], hints
        lines.append(f"{number + 1} 0 {' '.join(map(str, hints))} 0\n")
        expected = naively_trimmed(clauses, lemmas, number + 1)
        assert steps_of(clauses, "\n".join(lines), tmp_path) == expected


def test_a_text_that_is_cut_off_is_no_proof(tmp_path: Path) -> None:
    """As where CaDiCaL runs into its limit: at any byte, also in the middle of a number."""
    text = "15 -3 2 0 1 2 0\n15 d 1 0\n16 -3 0 15 4 0\n17 4 0 16 5 0\n"
    outcomes = set()
    for length in range(len(text) + 1):
        try:
            steps_of(9, text[:length], tmp_path)
        except Exception as error:
            outcomes.add(type(error))
    assert outcomes == {NotProved}


# ---- limits ----


@pytest.mark.parametrize("hard", [pigeons(11), factors(741259 * 915527, 20)])
def test_the_time_limit_is_kept(hard: Cnf, children: list[int]) -> None:
    start = time.monotonic()
    with pytest.raises(NotProved, match="time limit reached"):
        refuted(hard, seconds=0.8)
    assert 0.7 < time.monotonic() - start < 3
    assert len(children) == 1


@pytest.mark.parametrize("seconds", [0, -3])
def test_nothing_is_started_after_the_deadline(seconds: float, children: list[int]) -> None:
    with pytest.raises(NotProved, match="time limit reached"):
        refuted(pigeons(3), seconds)
    assert children == []


def answered(kind: str, text: Callable[[], Iterator[str]]) -> Callable[..., object]:
    """What stands for a child that gives this answer, after it wrote this proof."""

    def asked(
        cnf: Cnf, limits: Limits, deadline: float, attempt: int, proof: Path, most: int
    ) -> object:
        with proof.open("w") as file:
            file.writelines(text())
        return kind, [], None

    return asked


def test_trimming_keeps_the_time_limit_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading a long proof can take longer than finding it: here time is over before."""

    def lines() -> Iterator[str]:
        time.sleep(0.3)
        yield "4 7 0 1 0\n"
        yield "5 0 4 0\n"

    monkeypatch.setattr(sat, "_asked", answered("unsat", lines))
    with pytest.raises(NotProved, match="time limit reached"):
        refuted(pigeons(3), seconds=0.2)


@pytest.mark.parametrize("mebibytes", [8, 24])
def test_without_memory_for_python_sat_nothing_is_proved(mebibytes: int) -> None:
    with pytest.raises(NotProved, match="CaDiCaL"):
        refuted(pigeons(3), limits=Limits(memory_mebibytes=mebibytes))


def test_the_memory_limit_is_kept() -> None:
    """These clauses have four million literals, which are sixteen megabytes in a solver."""
    satisfiable = problem_from([tuple(range(n, n + 100)) for n in range(1, 40_000)])
    with pytest.raises(NotProved, match="ended without an answer"):
        refuted(satisfiable, limits=Limits(memory_mebibytes=48))


@pytest.mark.parametrize("mebibytes", [0, 1])
def test_the_limit_of_the_size_of_proofs_is_kept(mebibytes: int) -> None:
    """A proof that is cut off is none."""
    with pytest.raises(NotProved, match="does not end"):
        sat.refute(pigeons(8), LIMITS, LIMITS.deadline(), proof_mebibytes=mebibytes)


# ---- children ----


def test_without_python_sat_it_says_what_to_install(
    children: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sat.is_available()
    asked = []
    monkeypatch.setattr(sat, "find_spec", asked.append)  # which returns None
    assert not sat.is_available()
    with pytest.raises(NotProved, match="python-sat is not installed: pip install"):
        refuted(pigeons(3))
    assert asked == ["pysolvers"] * 2
    assert children == []


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("import os; os._exit(7)", r"ended without an answer \(exit code 7\)"),
        ("import os; os.kill(os.getpid(), 9)", r"ended without an answer \(exit code -9\)"),
        ("raise MemoryError", r"ended without an answer \(exit code 1\)"),
        ("", r"ended without an answer \(exit code 0\)"),
        ("print('unsat')", "ended without an answer"),
        ("print('[\"unsat\", [], null')", "ended without an answer"),
        ("print('[]')", "ended without an answer"),
        ("print(chr(0xfffd) * 99)", "ended without an answer"),
        ('print(\'["unknown", [], "tired"]\')', "CaDiCaL: tired"),
        ('print(1); print(\'["unknown", [], "tired"]\')', "CaDiCaL: tired"),
        ('import sys; sys.stdin.read(); print(\'["maybe", [], "so"]\')', "CaDiCaL: so"),
    ],
)
def test_deaths_and_nonsense_prove_nothing(
    program: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NotProved, match=reason):
        refuted_by(program, monkeypatch)


def refuted_by(program: str, monkeypatch: pytest.MonkeyPatch) -> Proof | Model:
    """By another program in place of the child."""
    run = subprocess.run

    def run_instead(command: list[str], **keywords: object) -> object:
        return run([sys.executable, "-c", program], **keywords)

    monkeypatch.setattr(subprocess, "run", run_instead)
    return refuted(pigeons(3))


@pytest.mark.parametrize("program", ["print(5)", "print('null')"])
def test_answers_that_are_no_lists_prove_nothing(
    program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NotProved):
        refuted_by(program, monkeypatch)


def test_a_proof_that_was_never_written_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotProved):
        refuted_by("print('[\"unsat\", [], null]')", monkeypatch)


def test_a_child_that_claims_too_much_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it calls a proof is looked at by the checker."""
    text = "99 1 0 1 0\n100 0 99 2 0\n"
    monkeypatch.setattr(sat, "_asked", answered("unsat", lambda: iter([text])))
    satisfiable = problem_from([(1, 2), (-1, 2)])
    found = refuted(satisfiable)
    assert isinstance(found, Proof)
    with pytest.raises(Refused):
        check(satisfiable.clauses, found)


def test_the_child_is_told_nothing_of_the_folder_it_is_started_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Modules that lie among the claims are not imported."""
    for name in ("json.py", "pysolvers.py", "smtcheck.py"):
        (tmp_path / name).write_text("raise SystemExit(3)")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert isinstance(refuted(pigeons(3)), Proof)


def test_the_version_is_the_one_that_is_named() -> None:
    """By what the library itself says, which has the version in the names of its functions."""
    import pysolvers

    digits = sat_process.VERSION.replace(".", "")
    namespace = f"CaDiCaL{digits}"
    assert f"_ZN{len(namespace)}{namespace}6Solver" == sat_process.PREFIX
    version = getattr(ctypes.CDLL(pysolvers.__file__), f"{sat_process.PREFIX}7versionEv")
    version.restype = ctypes.c_char_p
    assert version() == sat_process.VERSION.encode()


def test_a_library_of_another_version_proves_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sat_process, "PREFIX", "_ZN10CaDiCaL1006Solver")
    with pytest.raises(AttributeError, match="CaDiCaL100"):
        sat_process.Cadical("unsat", {}, os.devnull)
