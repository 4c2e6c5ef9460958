"""The proof checkers: what a naive one accepts, for the same reasons, and nothing false.

Thousands of random proofs, as they were made and changed, are read by the naive checker,
by `check` and by the compiled one; whatever they accept is unsatisfiable by brute force.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from random import Random

import numpy as np
import pytest

from smtcheck.checking.propositional import lrat_compiled
from smtcheck.checking.propositional.lrat import Ints, Proof, check
from smtcheck.checking.propositional.lrat_compiled import check_compiled, check_quickly
from smtcheck.checking.refusals import Refused
from tests.checking.propositional.naive_lrat import (
    LARGEST,
    NOT_EMPTY,
    Clause,
    Step,
    changed,
    complaint,
    is_satisfiable,
    random_clauses,
    refutations,
    steps_of,
)

Checker = Callable[[Sequence[Clause], Proof], None]
MEBIBYTE = 2**20


@pytest.fixture(params=[check, check_compiled])
def checker(request: pytest.FixtureRequest) -> Checker:
    """Both of them."""
    if request.param is check_compiled:
        pytest.importorskip("numba")
    found: Checker = request.param
    return found


def refusal(checker: Checker, clauses: Sequence[Clause], steps: Sequence[Step]) -> str | None:
    """Why a proof is refused; None if it is not."""
    try:
        checker(clauses, Proof.of(steps))
    except Refused as error:
        return str(error)
    return None


# ---- random proofs ----


@cache
def proofs() -> list[tuple[list[Clause], list[Step]]]:
    """Of unsatisfiable clauses."""
    draw = Random(30)
    found: list[tuple[list[Clause], list[Step]]] = []
    while len(found) < 500:
        clauses = random_clauses(draw)
        found += [(clauses, steps) for steps in refutations(clauses, draw)]
    return found


def test_random_proofs_are_varied() -> None:
    lemmas = [len(steps) for _, steps in proofs()]
    hints = Counter(len(hints) for _, steps in proofs() for _, hints in steps)
    assert sum(count > 5 for count in lemmas) > 50
    assert set(range(2, 6)) <= hints.keys()
    assert all(complaint(clauses, steps) is None for clauses, steps in proofs())


def test_proofs_are_accepted(checker: Checker) -> None:
    for clauses, steps in proofs():
        assert refusal(checker, clauses, steps) is None, (clauses, steps)


def test_changed_proofs_are_judged_as_by_the_naive_checker(checker: Checker) -> None:
    draw, seen = Random(31), Counter[str]()
    for clauses, steps in proofs() * 8:
        other = changed(draw, len(clauses), steps)
        expected = complaint(clauses, other)
        assert refusal(checker, clauses, other) == expected, (clauses, other)
        seen["accepted" if expected is None else expected.split()[-1]] += 1
    assert min(seen[name] for name in ("accepted", "allowed", "it", "literal")) > 100, seen
    assert min(seen[name] for name in ("contradiction", "clause")) > 100, seen


def test_nothing_is_accepted_of_satisfiable_clauses(checker: Checker) -> None:
    """Of proofs that held before a few clauses were changed."""
    draw, tried = Random(32), 0
    for clauses, steps in proofs() * 4:
        weaker = weakened(draw, clauses)
        other = draw.choice([steps, changed(draw, len(clauses), steps)])
        found = refusal(checker, weaker, other)
        assert found is not None, (weaker, other)
        tried += "reduced" in found or "without" in found
    assert tried > 1000


def weakened(draw: Random, clauses: list[Clause]) -> list[Clause]:
    """With a literal turned round, or one more, in the clauses that some assignment violates."""
    variables = {abs(literal) for clause in clauses for literal in clause}
    true = {variable * draw.choice([1, -1]) for variable in variables}
    weaker = []
    for clause in clauses:
        if not true.intersection(clause):
            place = draw.randrange(len(clause))
            kept = draw.choice([clause[:place] + clause[place + 1 :], clause])
            clause = (*kept, -clause[place])
        weaker.append(clause)
    return weaker


def test_random_lemmas_prove_nothing_false(checker: Checker) -> None:
    """Short lemmas and hints drawn at random are right now and then."""
    draw, seen = Random(33), Counter[bool]()
    for _ in range(4000):
        clauses = [
            tuple(draw.choice([1, -1, 2, -2]) for _ in range(draw.randint(1, 2)))
            for _ in range(draw.randint(2, 5))
        ]
        last = len(clauses) + 1
        hints = [draw.randint(1, len(clauses)) for _ in range(draw.randint(1, 3))]
        lemma: Step = ((draw.choice([1, -1, 2, -2]),), tuple(hints[:2]))
        end: Step = ((), (*hints, last))
        steps: list[Step] = draw.choice([[lemma, end], [((), tuple(hints))]])
        found = refusal(checker, clauses, steps)
        assert found == complaint(clauses, steps), (clauses, steps)
        if found is None:
            assert not is_satisfiable(clauses)
        seen[found is None] += 1
    assert seen[True] > 50


# ---- proofs made by hand ----

BOTH: list[Clause] = [(1, 2), (1, -2), (-1, 2), (-1, -2)]
UNIT: Step = ((1,), (1, 2))  #: lemma 5
OTHER: Step = ((-1,), (3, 4))  #: lemma 6
END: Step = ((), (5, 6))

#: clauses, proof, and what is wrong with it
BY_HAND: list[tuple[str, list[Clause], list[Step], str | None]] = [
    ("a proof", BOTH, [UNIT, OTHER, END], None),
    ("a shorter one", BOTH, [UNIT, ((), (5, 3, 4))], None),
    ("no lemma", BOTH, [], NOT_EMPTY),
    ("no lemma and no clause", [], [], NOT_EMPTY),
    ("no lemma, an empty clause", [()], [], NOT_EMPTY),
    ("an empty clause", [(1,), ()], [((), (2,))], None),
    ("an empty clause, another lemma", [()], [((3,), (1,))], NOT_EMPTY),
    ("no empty lemma", BOTH, [UNIT, OTHER], NOT_EMPTY),
    ("an empty lemma before the end", BOTH, [UNIT, OTHER, END, ((1,), (7,))], NOT_EMPTY),
    ("two empty lemmas", BOTH, [UNIT, OTHER, END, ((), (7,))], None),
    ("an empty lemma from nothing", BOTH, [((), ())],
     "lemma 5: its hints end without a contradiction"),
    ("no clauses", [], [((), (1,))], "lemma 1: hint 1 is no clause before it"),
    ("a lemma that hints at itself", BOTH, [((1,), (5,))],
     "lemma 5: hint 5 is no clause before it"),
    ("an empty lemma that hints at itself", BOTH, [((), (5,))],
     "lemma 5: hint 5 is no clause before it"),
    ("a later lemma", BOTH, [((), (6, 7)), UNIT, OTHER],
     "lemma 5: hint 6 is no clause before it"),
    ("two that hint at each other", [(1, 2)], [((3,), (3,)), ((), (2,))],
     "lemma 2: hint 3 is no clause before it"),
    ("hint 0", BOTH, [((1,), (0,))], "lemma 5: hint 0 is no clause before it"),
    ("a huge hint", BOTH, [((1,), (LARGEST,))],
     f"lemma 5: hint {LARGEST} is no clause before it"),
    ("a RAT step", BOTH, [((7,), (-1, 2))],
     "lemma 5: hint -1 is a RAT step, only unit propagation is allowed"),
    ("the most negative hint", BOTH, [((1,), (1, -(2**31)))],
     f"lemma 5: hint {-(2**31)} is a RAT step, only unit propagation is allowed"),
    ("a RAT step later", BOTH, [UNIT, OTHER, ((), (5, -6))],
     "lemma 7: hint -6 is a RAT step, only unit propagation is allowed"),
    ("hints after the contradiction", BOTH, [((1,), (1, 2, 3))],
     "lemma 5: hints go on after the contradiction"),
    ("the same hint after the contradiction", BOTH, [UNIT, OTHER, ((), (5, 6, 6))],
     "lemma 7: hints go on after the contradiction"),
    ("a wrong hint after the contradiction", BOTH, [((1,), (1, 2, 0))],
     "lemma 5: hints go on after the contradiction"),
    ("two literals left", BOTH, [((), (1, 2))], "lemma 5: clause 1 is not reduced to one literal"),
    ("a hint that is missing", BOTH, [((1,), (1,))],
     "lemma 5: its hints end without a contradiction"),
    ("hints that propagate only", BOTH, [UNIT, OTHER, ((), (5,))],
     "lemma 7: its hints end without a contradiction"),
    ("a lemma that does not follow", [(1, 2), (1, -2)], [((-1,), (1, 2))],
     "lemma 3: clause 1 is not reduced to one literal"),
    ("a hint that teaches nothing new", BOTH, [((1,), (1, 1, 2)), OTHER, END], None),
    ("a hint at a satisfied clause", [(1,), (1, 2), (-1,)], [((2,), (1, 2, 3))],
     NOT_EMPTY),
    ("a satisfied clause with two literals left", [(1,), (1, 2), (-1,)], [((), (1, 2, 3))],
     "lemma 4: clause 2 is not reduced to one literal"),
    ("a tautology that is hinted at", [(1, -1), (2,), (-2,)], [((), (1,))],
     "lemma 4: clause 1 is not reduced to one literal"),
    ("a tautology as a lemma", [(1,), (-1,)], [((2, -2), (1, 2)), ((), (1, 2))], None),
    ("a tautology with no hints", [(1,), (-1,)], [((2, -2), ()), ((), (1, 2))],
     "lemma 3: its hints end without a contradiction"),
    ("a tautology that refutes itself", [(1,)], [((1, -1), (1,)), ((), (1, 2))],
     "lemma 3: its hints end without a contradiction"),
    ("a literal twice in a lemma", BOTH, [((1, 1), (1, 2)), ((), (5,))],
     "lemma 6: clause 5 is not reduced to one literal"),
    ("a literal twice in a lemma, false", BOTH, [((1, 1), (1, 2)), OTHER, ((), (6, 5))], None),
    ("a literal twice in a clause", [(1, 1), (-1,)], [((), (2, 1))], None),
    ("a literal twice in a clause, left", [(1, 1), (-1,)], [((), (1, 2))],
     "lemma 3: clause 1 is not reduced to one literal"),
    ("a variable that no clause has", BOTH, [((1, 9), (1, 2)), OTHER, ((-9, 1), (1, 2)),
     ((9,), (6, 5)), ((), (8, 6, 7))], None),
]  # fmt: skip


@pytest.mark.parametrize(("clauses", "steps", "wrong"), [case[1:] for case in BY_HAND],
                         ids=[case[0] for case in BY_HAND])  # fmt: skip
def test_by_hand(
    clauses: list[Clause], steps: list[Step], wrong: str | None, checker: Checker
) -> None:
    assert complaint(clauses, steps) == wrong  # the naive one has to be right, too
    assert refusal(checker, clauses, steps) == wrong
    assert wrong is not None or not is_satisfiable(clauses)


def test_a_long_chain(checker: Checker) -> None:
    """1, and each variable implies the next: lemmas hint at the one just before them."""
    size = 5000
    clauses = [(1,), *((-n, n + 1) for n in range(1, size)), (-size,)]
    first: Step = ((2,), (1, 2))
    steps = [first] + [((n + 1,), (len(clauses) + n - 1, n + 1)) for n in range(2, size)]
    whole = [*steps, ((), (len(clauses) + len(steps), size + 1))]
    assert refusal(checker, clauses, whole) is None
    cut = [*steps[:-1], ((), (len(clauses) + len(steps) - 1, size + 1))]
    assert refusal(checker, clauses, cut) == (
        f"lemma {len(clauses) + len(steps)}: its hints end without a contradiction"
    )


# ---- large literals ----


def test_literals_as_large_as_they_get(checker: Checker) -> None:
    """In lemmas, which nobody vouches for, within little memory; largest and least are apart."""
    large = LARGEST
    steps: list[Step] = [((1, large), (1, 2)), ((1, -large), (1, 2)), OTHER,
                         ((large,), (7, 5)), ((), (8, 7, 6))]  # fmt: skip
    module, name = checker.__module__, checker.__name__
    assert complaint(BOTH, steps) is None
    assert outcome_within(1024, module, name, BOTH, steps) == "accepted"
    steps[3] = ((-large,), (7, 5))
    assert outcome_within(1024, module, name, BOTH, steps) == complaint(BOTH, steps)


PROGRAM = """
import resource, sys
from {module} import {name}
from smtcheck.checking.refusals import Refused
from smtcheck.checking.propositional.lrat import Proof
{name}([(1,), (-1,)], Proof.of([((), (1, 2))]))
pages = int(open("/proc/self/statm").read().split()[0])
size = pages * resource.getpagesize() + {mebibytes} * 2**20
resource.setrlimit(resource.RLIMIT_AS, (size, size))
try:
    {name}({clauses}, Proof.of({steps}))
    print("accepted")
except (Refused, MemoryError) as error:
    print(str(error) or type(error).__name__)
"""


def outcome_within(
    mebibytes: int, module: str, name: str, clauses: Sequence[Clause], steps: Sequence[Step]
) -> str:
    """What a checker says in a process that may take so much memory more than it has."""
    text = PROGRAM.format(**locals())
    done = subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


# ---- proofs that take long ----

SLOW = """
import sys
from {module} import {name}
from smtcheck.limits import OutOfTime, alarm
from smtcheck.checking.refusals import Refused
from smtcheck.checking.propositional.lrat import Proof
{name}([(1,), (-1,)], Proof.of([((), (1, 2))]))
try:
    with alarm(1):
        {name}({clauses}, Proof.of({steps}))
except (Refused, OutOfTime) as error:
    print(type(error).__name__)
"""


def test_a_proof_of_quadratic_size_can_be_interrupted(checker: Checker) -> None:
    """Hints again and again at a clause of which one literal is left: packed, they are nothing."""
    size = 20_000
    clauses = "[(1, 2), (1, -2)]"
    steps = f"[(range(1, {size}), (1,)), (range(2, {size}), (3,) * 5_000_000)]"
    text = SLOW.format(
        module=checker.__module__, name=checker.__name__, clauses=clauses, steps=steps
    )
    done = subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, check=True, timeout=20
    )
    assert done.stdout.strip() in ("Refused", "OutOfTime")


# ---- proofs as arrays ----


def ints(*numbers: int) -> Ints:
    return np.array(numbers, dtype=np.int32)


def test_steps_are_what_they_were_made_of() -> None:
    for steps in ([], [((), ())], [UNIT, OTHER, END], [((), (1,)), ((1, -2), ()), ((3,), (4, 5))]):
        proof = Proof.of(steps)
        assert steps_of(proof) == steps
        assert len(proof) == len(steps)


@pytest.mark.parametrize(
    ("lengths", "literals", "counts", "hints", "wrong"),
    [
        ((1,), (), (0,), (), "not as many"),
        ((1,), (1, 2), (0,), (), "not as many"),
        ((), (1,), (), (), "not as many"),
        ((2, -1), (1,), (0, 0), (), "not as many"),
        ((LARGEST, LARGEST, 2), (), (0, 0, 0), (), "not as many"),  # 2^32, which is 0 in 32 bits
        ((0,), (), (1,), (), "not as many"),
        ((0,), (), (1,), (1, 2), "not as many"),
        ((0, 0), (), (2, -1), (1,), "not as many"),
        ((0, 0), (), (1,), (1,), "without hints"),
        ((0,), (), (1, 0), (1,), "without hints"),
        ((1,), (0,), (0,), (), "0 is no literal"),
        ((2,), (1, -(2**31)), (0,), (), "too large"),
    ],
)
def test_arrays_that_do_not_fit_together(
    lengths: tuple[int, ...],
    literals: tuple[int, ...],
    counts: tuple[int, ...],
    hints: tuple[int, ...],
    wrong: str,
) -> None:
    with pytest.raises(Refused, match=wrong):
        Proof(
            lengths=ints(*lengths),
            literals=ints(*literals),
            counts=ints(*counts),
            hints=ints(*hints),
        )


# ---- which of the two ----


@pytest.mark.parametrize(
    ("literals", "hints", "is_there", "expected"),
    [
        (3, 3, True, "check"),
        (4, 3, True, "check_compiled"),
        (3, 4, True, "check_compiled"),
        (0, 9, True, "check_compiled"),
        (0, 9, False, "check"),
        (400, 400, False, "check"),
    ],
)
def test_the_compiled_checker_is_asked_where_it_pays(
    literals: int, hints: int, is_there: bool, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    for name in ("check", "check_compiled"):
        monkeypatch.setattr(lrat_compiled, name, lambda *_, name=name: asked.append(name))
    monkeypatch.setattr(lrat_compiled, "is_available", lambda: is_there)
    check_quickly([()], Proof.of([((1,) * literals, (1,) * hints)]), worth_it=7)
    assert asked == [expected]


@pytest.mark.parametrize("worth_it", [0, 10**9])
def test_whichever_is_asked_refuses(worth_it: int) -> None:
    check_quickly(BOTH, Proof.of([UNIT, OTHER, END]), worth_it)
    with pytest.raises(Refused, match="lemma 7: its hints end without"):
        check_quickly(BOTH, Proof.of([UNIT, OTHER, ((), (5, 5))]), worth_it)
