"""Packed proofs: what was packed comes back, and any other bytes are refused or judged.

Bytes changed at random may unpack to another proof; that one is then judged like any other,
by `check` as by the naive checker.  Whatever the bytes are, memory and time stay bounded.
"""

from __future__ import annotations

import lzma
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtcheck.checking.propositional.lrat import Proof, check
from smtcheck.checking.propositional.packing import packed, unpacked
from smtcheck.checking.refusals import Refused
from tests.checking.propositional.naive_lrat import (
    LARGEST,
    Clause,
    Step,
    by_cases,
    complaint,
    compressed,
    is_satisfiable,
    random_clauses,
    steps_of,
    words_of,
)

LITERALS = st.integers(-LARGEST, LARGEST).filter(bool) | st.sampled_from([1, -1, 2, -2, LARGEST])
HINTS = st.integers(-(2**31), LARGEST) | st.integers(1, 300)
STEPS = st.lists(st.tuples(st.lists(LITERALS).map(tuple), st.lists(HINTS).map(tuple)))


def in_order(steps: Sequence[Step]) -> list[Step]:
    """The literals of each lemma sorted."""
    return [(tuple(sorted(literals)), hints) for literals, hints in steps]


def random_proof(seed: int) -> tuple[list[Clause], Proof]:
    """One of about a dozen lemmas."""
    draw = Random(seed)
    for _ in range(1000):
        clauses = random_clauses(draw)
        steps = [] if is_satisfiable(clauses) else by_cases(clauses, draw)
        if 8 <= len(steps) <= 16:
            return clauses, Proof.of(steps)
    raise AssertionError("no proof of this size is found")


def judged(clauses: list[Clause], proof: Proof) -> str | None:
    """What is wrong with a proof, in which both checkers agree."""
    wrong = complaint(clauses, steps_of(proof))
    if wrong is None:
        check(clauses, proof)
    else:
        with pytest.raises(Refused, match=f"^{re.escape(wrong)}$"):
            check(clauses, proof)
    return wrong


# ---- round trips ----


@settings(max_examples=50)  # packing takes a hundredth of a second
@given(STEPS)
def test_what_is_packed_is_unpacked(steps: list[Step]) -> None:
    assert in_order(steps_of(unpacked(packed(Proof.of(steps))))) == in_order(steps)


@settings(max_examples=30)
@given(STEPS, st.randoms(use_true_random=False))
def test_the_order_of_literals_does_not_matter(steps: list[Step], draw: Random) -> None:
    other = [(tuple(draw.sample(literals, len(literals))), hints) for literals, hints in steps]
    by_variable = {abs(literal) for literals, _ in steps for literal in literals}
    if len(by_variable) == sum(len(literals) for literals, _ in steps):  # no two are alike
        assert packed(Proof.of(steps)) == packed(Proof.of(other))
    again = unpacked(packed(Proof.of(other)))
    assert in_order(steps_of(again)) == in_order(steps)


@pytest.mark.parametrize(
    "steps",
    [
        [],
        [((), ())],
        [((), ()), ((), (1,)), ((), ())],
        [((LARGEST, -LARGEST), (LARGEST, -LARGEST, -(2**31), 0))],
        [((3, -3, 3, 3), (1,) * 300)],
        [((), ()), ((1,), ()), ((), (1, 2)), ((-2, 1), ()), ((), ())],
    ],
)
def test_unusual_proofs(steps: list[Step]) -> None:
    assert in_order(steps_of(unpacked(packed(Proof.of(steps))))) == in_order(steps)


def test_packing_is_worth_it() -> None:
    _, proof = random_proof(1)
    many = Proof.of(steps_of(proof) * 1000)
    assert len(packed(many)) < 4 * (len(many.literals) + len(many.hints)) // 20


# ---- other bytes ----


def test_bytes_that_end_early_are_refused() -> None:
    _, proof = random_proof(2)
    data = packed(proof)
    assert steps_of(unpacked(data))
    for size in range(len(data)):
        with pytest.raises(Refused):
            unpacked(data[:size])


@pytest.mark.parametrize("more", [b"\0", b"\1", b"\xff", b"\0" * 100])
def test_bytes_that_follow_are_refused(more: bytes) -> None:
    _, proof = random_proof(3)
    for after in (more, packed(proof)):
        with pytest.raises(Refused, match="follows"):
            unpacked(packed(proof) + after)


def test_changed_bytes_are_refused_or_judged() -> None:
    draw, seen = Random(4), Counter[str]()
    for number in range(3000):
        clauses, proof = PROOFS[number % len(PROOFS)]
        try:
            found = unpacked(changed_bytes(draw, compressed(*words_of(proof))))
        except Refused:
            seen["refused"] += 1
            continue
        seen["unpacked"] += 1
        seen["accepted"] += judged(clauses, found) is None
    assert seen["refused"] > 1000
    assert seen["unpacked"] > 100, seen


PROOFS = [random_proof(seed) for seed in range(5, 10)]


def changed_bytes(draw: Random, data: bytes) -> bytes:
    """With one bit turned, or a few bytes replaced, left out, doubled or exchanged."""
    place, size = draw.randrange(len(data)), draw.choice([1, 1, 2, 5])
    part, rest = data[place : place + size], data[place + size :]
    match draw.randrange(6):
        case 0 | 1:
            part = bytes([part[0] ^ 1 << draw.randrange(8)]) + part[1:]
        case 2:
            part = draw.randbytes(len(part))
        case 3:
            part = b""
        case 4:
            part += part
        case _:
            part = part[::-1]
    return data[:place] + part + rest


def test_changed_words_are_refused_or_judged() -> None:
    """What is compressed is changed, so that all of it can be decompressed."""
    draw, seen = Random(5), Counter[str]()
    for number in range(3000):
        clauses, proof = PROOFS[number % len(PROOFS)]
        words = words_of(proof)
        change_words(draw, words)
        try:
            found = unpacked(compressed(*words))
        except Refused as error:
            seen[str(error)[:20]] += 1
            continue
        seen["judged, " + ("wrong" if judged(clauses, found) else "right")] += 1
    assert min(seen["judged, wrong"], seen["judged, right"]) > 30, seen
    assert min(seen["the proof is cut off"], seen["lemmas and their lit"]) > 30, seen


def change_words(draw: Random, words: list[int]) -> None:
    place = draw.choice([draw.randrange(3), draw.randrange(len(words))])
    other = words[place] + draw.choice([1, -1, 2**30, 2**31])
    wrapped = (other + 2**31) % 2**32 - 2**31
    match draw.randrange(6):
        case 0:
            del words[place]
        case 1:
            words.insert(place, draw.choice([0, 1, words[place]]))
        case 2:
            partner = draw.randrange(len(words))
            words[place], words[partner] = words[partner], words[place]
        case _:
            words[place] = draw.choice([wrapped, wrapped, 0, -1, LARGEST, -(2**31), -words[place]])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0",
        b"\0" * 50,
        b"\xff" * 50,
        b"a proof",
        lzma.compress(b"\0" * 12),
        lzma.compress(b"\0" * 12, format=lzma.FORMAT_ALONE),
        compressed(),
        compressed(0),
        compressed(0, 0),
        compressed(0, 0, 0, 0),
        compressed(0, 0, 0, after=b"\0"),
        compressed(0, 0, after=b"\0\0\0"),
        compressed(1, 0, 0, 0),
        compressed(1, 1, 0, 1, 0),
        compressed(1, 1, 0, 1, 0, 0),
        compressed(1, 1, 0, 1, 0, -(2**31)),
        compressed(1, 0, 1, 0, 0, 1),
        compressed(1, 0, 0, 1, 0),
        compressed(2, 1, 0, 2, -1, 0, 0, 1),
        compressed(-1, 0, 0),
        compressed(0, -1, 0),
        compressed(0, 0, -1),
        compressed(-1, 2, 0),
        compressed(1, -2, 0),
        compressed(0, 1, -1),
        compressed(-2, 4, 0),
        compressed(LARGEST, LARGEST, LARGEST),
        compressed(2**30, 2**30, 2**30),
        compressed(2**30, 2**30, 2**30, 0, 0),
        compressed(-(2**31), -(2**31), -(2**31)),
        compressed(1, 0, 0, -(2**31), -(2**31)),
        compressed(2, 0, 0, LARGEST, LARGEST, 0, 0),
    ],
)
def test_bytes_that_are_no_proof(data: bytes) -> None:
    with pytest.raises(Refused):
        unpacked(data)


def test_the_empty_proof_by_hand() -> None:
    assert steps_of(unpacked(compressed(0, 0, 0))) == []
    assert steps_of(unpacked(compressed(1, 2, 1, 2, 1, -7, 5, 4))) == [((-7, 5), (4,))]


# ---- bombs ----


PROGRAM = """
import lzma, resource, time
import numpy as np
from smtcheck.checking.propositional import packing
from smtcheck.checking.refusals import Refused
from smtcheck.checking.propositional.lrat import check
limit = packing.MAX_UNPACKED
def packed(content):  # without the byte that ends it
    filters = [dict(packing._FILTERS[0], preset=1, mode=lzma.MODE_FAST, mf=lzma.MF_HC3)]
    return lzma.compress(content, format=lzma.FORMAT_RAW, filters=filters)[:-1]
def compressed(size, *words):
    blocks, rest = divmod(size - 4 * len(words), 2**22)
    first = np.array(words, dtype="<i4").tobytes() + bytes(rest)
    return packed(first) + packed(bytes(2**22)) * blocks + bytes(1)
data = {data}
pages = int(open("/proc/self/statm").read().split()[0])
size = pages * resource.getpagesize() + 2**30
resource.setrlimit(resource.RLIMIT_AS, (size, size))
start = time.process_time()
try:
    check([(1,)], packing.unpacked(data))
    print(len(data), "accepted")
except Refused as error:
    print(len(data), time.process_time() - start, error)
"""


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        ("compressed(16 * limit)", "larger than"),
        ("compressed(limit)", "other sizes than"),  # no lemmas, and zeros after them
        ("compressed(limit, limit // 8 - 2, 0, 1)", "not as many"),
        ("compressed(limit - 4, limit // 8 - 2, 0, 0)", "end without a contradiction"),
        ("compressed(limit, 1, 0, limit // 4 - 5, 0, limit // 4 - 5)", "hint 0 is no clause"),
        ("compressed(limit, 1, limit // 4 - 5, 0, limit // 4 - 5, 0)", "a lemma has"),
    ],
)
def test_bombs_are_refused_within_little_memory(data: str, wrong: str) -> None:
    """A gibibyte more than there was before."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(data=data)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    size, seconds, message = done.stdout.split(maxsplit=2)
    assert wrong in message
    assert int(size) < 2**20
    assert float(seconds) < 10
