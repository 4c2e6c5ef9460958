"""Certificates that somebody changed: none of them establishes anything false.

Whoever forges a certificate knows this program, and can compute digests.  So for each kind
certificates are made of claims that hold, and changed at random in hundreds of ways, or
more than a thousand where there is time: bytes, numbers and fields of the header, lemmas
and hints of proofs, and parts taken from other certificates.  They are read as certificates
of their own claim and, with digests that fit, of claims that are nearly the same but have
the opposite answer.  What is settled then has to be what trying everything says; all else
is refused, in bounded memory and time.
"""

from __future__ import annotations

import json
import re
import resource
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import pytest

from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.intervals import Interval
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.checking.certificate_files import (
    Certificate,
    Composition,
    CounterexampleInput,
    Kind,
    Propositional,
    Universality,
    name_of,
    read,
)
from smtcheck.checking.composition import composition
from smtcheck.checking.composition.blocks import DoesNotApply
from smtcheck.checking.propositional.packing import unpacked
from smtcheck.checking.recheck import recheck_certificate
from smtcheck.checking.refusals import Refused
from smtcheck.claims.digests import digests
from smtcheck.claims.questions import Question, UniversalityQuestion
from smtcheck.claims.verdicts import (
    Basis,
    InternalError,
    NotUniversal,
    Proved,
    Refuted,
    Undecided,
    Universal,
    UniversalityVerdict,
    Verdict,
)
from smtcheck.engines import certificate_search
from smtcheck.engines.certificate_saving import written
from smtcheck.engines.certificate_search import NoCertificate, certificate_for
from smtcheck.engines.effort import ProvingEffort
from smtcheck.engines.portfolio import prove
from smtcheck.errors import InputError
from smtcheck.limits import Limits, alarm
from smtcheck.universality.decision import decide_entries
from tests.checking.composition.test_composition import BYTE, layer, net
from tests.checking.propositional.naive_lrat import (
    LARGEST,
    changed,
    compressed,
    steps_of,
    words_of,
    zeros,
)
from tests.checking.propositional.test_packing import change_words, changed_bytes
from tests.checking.universality.test_arguments import (
    EXHIBITS,
    Exhibit,
    alternatives,
    evidence_of,
    places,
    put,
)
from tests.claims.random_questions import Known, expression_side, random_questions

#: Mutants of each kind, of true and of false claims: some at each run, many where there is time.
COUNTS = [400, pytest.param(1100, marks=pytest.mark.slow)]
LIMITS = Limits(timeout_seconds=20)
PROOFS_ONLY = ProvingEffort(quick_check=0, longest_check=0)  #: evaluation finds the truth anyway
SECONDS = 20  #: that one may take at most
ROOM = 2**30  #: bytes of memory

Asked = Question | UniversalityQuestion


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A question, and its answer, which is known otherwise."""

    question: Asked
    answer: str
    known: Known | None = None  #: by brute force

    def is_right(self, verdict: Verdict | UniversalityVerdict) -> bool:
        if isinstance(verdict, Undecided):
            return True
        if self.known is not None and isinstance(verdict, Refuted):
            found = verdict.counterexample
            place = self.known.points.index(found.input_codes)
            left, right = self.known.left[place], self.known.right[place]
            both = left[found.output], right[found.output]
            return self.known.differs(*both) and both == (found.left_code, found.right_code)
        return str(verdict) == self.answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A claim with a certificate, and others that a forger would like it to be one of."""

    claim: Claim
    certificate: Certificate
    others: tuple[Claim, ...]


# ---- claims ----


@cache
def by_brute_force() -> list[Claim]:
    """Random questions."""
    return [
        Claim(question=one.question, answer="refuted" if one.smallest else "proved", known=one)
        for one in islice(random_questions(40), 100)
        if len(one.points) > 8
    ]


def of_evaluation(answer: str) -> list[Target]:
    targets = []
    for claim in by_brute_force():
        others = tuple(other for other in by_brute_force() if is_opposite(claim, other))
        if claim.answer == answer and others:
            assert isinstance(claim.question, Question)
            made = certificate_for(claim.question, prove(claim.question, LIMITS), LIMITS)
            targets.append(Target(claim=claim, certificate=made, others=others))
    assert len(targets) > 10
    return targets


def is_opposite(one: Claim, other: Claim) -> bool:
    """With as many inputs, and the other answer."""
    questions = (one.question, other.question)
    inputs = {len(asked.domain) for asked in questions if isinstance(asked, Question)}
    return one.answer != other.answer and len(inputs) == 1


SATURATING = Format.parse("codes(-6, 6, 1, AP_TRN, AP_SAT)")
COARSE = Format.parse("paper(3, 4)")


def of_expressions(
    left: str, right: str, x0: Interval = COARSE.codes, tolerance: int = 0
) -> Question:
    sides = [expression_side((text,), 2, COARSE, COARSE) for text in (left, right)]
    return Question(
        left=sides[0], right=sides[1], domain=(x0, COARSE.codes), tolerance_ulp=tolerance
    )


def answered(question: Question) -> Claim:
    """By evaluation, before anything is monkeypatched."""
    return Claim(question=question, answer=str(prove(question, LIMITS)))


def of_clauses(monkeypatch: pytest.MonkeyPatch) -> list[Target]:
    """Claims that are turned into clauses, and variations of one number, text or end."""
    kept = Interval(1, 7)
    families = [
        [
            of_expressions("max(x0, x1)", f"x0 + relu(x1 - x0{change})", tolerance=tolerance)
            for change, tolerance in (("", 0), (" + 1/4", 0), (" - 1/4", 0), (" + 1/2", 1))
        ],
        [
            of_expressions("abs(x0) + x1 / 2", right, x0)
            for right, x0 in (
                ("x0 + x1 / 2", kept), ("x0 + x1 / 2", COARSE.codes),
                ("x0 + x1 / 2", Interval(-1, 7)), ("x0 - x1 / 2", kept), ("-x0 + x1 / 2", kept),
            )
        ],
    ]  # fmt: skip
    claims = [[answered(question) for question in family] for family in families]
    monkeypatch.setattr(certificate_search, "_composed", not_composed)
    return [certified(*family) for family in claims]


def not_composed(*arguments: object) -> None:
    raise DoesNotApply("there is no network")


def certified(claim: Claim, *others: Claim) -> Target:
    """With the certificate of the first one; the others are false where it is true."""
    assert {other.answer for other in others} == {"refuted"}
    assert isinstance(claim.question, Question)
    verdict = Proved(engine="", evidence="", basis=Basis.SOLVER)
    assert str(verdict) == claim.answer
    made = certificate_for(claim.question, verdict, LIMITS, PROOFS_ONLY)
    return Target(claim=claim, certificate=made, others=others)


def overflowing() -> list[Question]:
    """A network that overflows, and others in which a number, or the format, is another."""
    first = layer([[1, 0], [0, 1]], [0, 0], BYTE, Format.parse("codes(-3, 3, 1)"))
    second = layer([[4, 4], [3, -4]], [0, 1], BYTE, SATURATING)
    last = layer([[1, 1]], [0], BYTE, BYTE)
    layers = [
        (first, second, last),
        (first, replace(second, output_format=Format.parse("codes(-6, 5, 1)")), last),
        (first, replace(second, output_format=replace(SATURATING, overflow=Overflow.WRAP)), last),
        (first, layer([[4, 4], [3, -3]], [0, 1], BYTE, SATURATING), last),
        (first, replace(second, biases=(0, 2)), last),
        (first, second, replace(last, biases=(1,))),
    ]
    left, *_ = sides = [net(2, BYTE, *right) for right in layers]
    domain = (Interval(-4, 5), Interval(-4, 4))
    return [Question(left=left, right=side, domain=domain) for side in sides]


def of_composition(monkeypatch: pytest.MonkeyPatch) -> list[Target]:
    claims = [answered(question) for question in overflowing()]
    monkeypatch.setattr(composition, "size_for", lambda bound: 1 << bound.bit_length())
    return [certified(*claims)]


def of_universality() -> list[Target]:
    """All arguments there are; those of other settings and tables that have the other answer."""
    claims = [
        Claim(question=asked(exhibit), answer=str(answer_of(exhibit))) for exhibit in EXHIBITS
    ]
    targets = []
    for exhibit, claim in zip(EXHIBITS, claims, strict=True):
        kind = Universal if claim.answer == "universal" else NotUniversal
        verdict = kind(evidence=evidence_of(exhibit), basis=Basis.SOLVER)  # type: ignore[arg-type]
        made = certificate_for(claim.question, verdict, LIMITS)
        others = tuple(other for other in claims if other.answer != claim.answer)
        targets.append(Target(claim=claim, certificate=made, others=others))
    return targets


def asked(exhibit: Exhibit) -> UniversalityQuestion:
    return UniversalityQuestion(setting=exhibit.setting, activation=exhibit.entries.activation)


def answer_of(exhibit: Exhibit) -> UniversalityVerdict:
    return decide_entries(exhibit.setting, exhibit.entries, LIMITS)


# ---- mutants ----

OTHER_VALUES: list[Any] = [
    None, True, 1.5, "", "x", [], {}, -1, 0, 1, 2**31, 2**63 - 1, 2**63, 2**64, 10**30, -(10**30),
    10**400, [0], [[]], {"type": "exhaustive"}, {"type": "propositional"}, "0" * 64,
]  # fmt: skip


def mutants(
    draw: Random, certificate: Certificate, pool: Sequence[Certificate]
) -> Iterator[tuple[str, bytes]]:
    """Without end: how it was changed, and the file."""
    ways: list[Way] = [
        bytes_changed, header_bytes_changed, value_changed, value_changed, field_changed,
        parts_swapped, sizes_changed,
    ]  # fmt: skip
    if certificate.proofs:
        ways += [lemmas_changed] * 3 + [words_changed, words_changed, proofs_moved]
    while True:
        way = draw.choice(ways)
        yield way.__name__, way(draw, certificate, pool)


Way = Callable[[Random, Certificate, Sequence[Certificate]], bytes]


def divided(certificate: Certificate) -> tuple[bytes, bytes]:
    """The header without the end of its line, and the proofs."""
    header, _, payload = written(certificate).partition(b"\n")
    return header, payload


def with_document(document: object, certificate: Certificate) -> bytes:
    return json.dumps(document).encode() + b"\n" + b"".join(certificate.proofs)


def bytes_changed(draw: Random, certificate: Certificate, pool: Sequence[Certificate]) -> bytes:
    data = written(certificate)
    return data[: draw.randrange(len(data))] if draw.random() < 0.1 else changed_bytes(draw, data)


def header_bytes_changed(
    draw: Random, certificate: Certificate, pool: Sequence[Certificate]
) -> bytes:
    """A digit, or any printable character, is another."""
    header, payload = divided(certificate)
    digits = [place for place, byte in enumerate(header) if chr(byte).isdigit()]
    place = draw.choice([draw.choice(digits), draw.randrange(len(header))])
    byte = draw.choice([draw.choice(b"0123456789"), draw.randrange(32, 127)])
    return header[:place] + bytes([byte]) + header[place + 1 :] + b"\n" + payload


def value_changed(draw: Random, certificate: Certificate, pool: Sequence[Certificate]) -> bytes:
    """Somewhere in the header; more often in what the certificate says than in digests."""
    document = json.loads(divided(certificate)[0])
    said = [path for path, _ in places(document) if path[:1] == ("kind",)]
    path = draw.choice([draw.choice(said), draw.choice([path for path, _ in places(document)])])
    value = document
    for key in path:
        value = value[key]
    near = list(alternatives(path or ("",), value))
    other = draw.choice(draw.choice([near or OTHER_VALUES, near or OTHER_VALUES, OTHER_VALUES]))
    return with_document(put(document, path, other), certificate)


def field_changed(draw: Random, certificate: Certificate, pool: Sequence[Certificate]) -> bytes:
    """One is left out, has another name or is new; or is there twice."""
    document = json.loads(divided(certificate)[0])
    objects = [value for _, value in places(document) if isinstance(value, dict) and value]
    chosen = draw.choice(objects)
    key = draw.choice(list(chosen))
    match draw.randrange(4):
        case 0:
            del chosen[key]
        case 1:
            chosen[key + "s"] = chosen.pop(key)
        case 2:
            chosen[draw.choice(["x", "proof", "points", "type", "evidence"])] = 1
        case _:
            text = json.dumps(document)
            twice = text.replace(f'"{key}":', f'"{key}": {draw.randrange(9)}, "{key}":', 1)
            return twice.encode() + b"\n" + b"".join(certificate.proofs)
    return with_document(document, certificate)


def parts_swapped(draw: Random, certificate: Certificate, pool: Sequence[Certificate]) -> bytes:
    """Something is another certificate's."""
    other = draw.choice(pool)
    match draw.randrange(4):
        case 0:
            return written(replace(certificate, kind=other.kind))
        case 1:
            return written(replace(certificate, proofs=other.proofs))
        case 2:
            return written(replace(other, digests=certificate.digests))
        case _:
            return written(replace(certificate, digests=other.digests))


def sizes_changed(draw: Random, certificate: Certificate, pool: Sequence[Certificate]) -> bytes:
    """The proofs are cut elsewhere, or some are there that nobody asks for."""
    document = json.loads(divided(certificate)[0])
    sizes, total = document["proof_bytes"], sum(document["proof_bytes"])
    cut = draw.randint(0, total)
    document["proof_bytes"] = draw.choice(
        [[], [total], [cut, total - cut], [*sizes, 0], [-1, total + 1], [total + 1],
         [2**62, 2**62, total - 2**63], [0] * 1000 + [total]]
    )  # fmt: skip
    return with_document(document, certificate)


def with_proof(certificate: Certificate, place: int, proof: bytes) -> bytes:
    proofs = list(certificate.proofs)
    proofs[place] = proof
    return written(replace(certificate, proofs=tuple(proofs)))


def lemmas_changed(draw: Random, certificate: Certificate, pool: Sequence[Certificate]) -> bytes:
    """Literals, hints, or whole lemmas."""
    place = draw.randrange(len(certificate.proofs))
    proof = unpacked(certificate.proofs[place])
    smallest = [hint for hint in proof.hints.tolist() if hint > 0]
    steps = changed(draw, min(max(smallest, default=1), 300), steps_of(proof))
    literals = [n for lemma, _ in steps for n in lemma]
    hints = [n for _, numbers in steps for n in numbers]
    lengths, counts = [len(lemma) for lemma, _ in steps], [len(numbers) for _, numbers in steps]
    words = [len(steps), len(literals), len(hints), *lengths, *counts, *literals, *hints]
    return with_proof(certificate, place, compressed(*words))


def words_changed(draw: Random, certificate: Certificate, pool: Sequence[Certificate]) -> bytes:
    """One number of a proof; or a proof is something else altogether."""
    place = draw.randrange(len(certificate.proofs))
    words = words_of(unpacked(certificate.proofs[place]))
    if draw.random() < 0.8:
        change_words(draw, words)
        return with_proof(certificate, place, compressed(*words))
    return with_proof(certificate, place, draw.choice(RUBBISH))


RUBBISH = [
    b"",
    b"\0",
    b"\0" * 99,
    b"\xff" * 99,
    compressed(0, 0, 0),
    compressed(1, 0, 0, 0, 0),
    compressed(1, 0, 1, 0, 1, 1),
    compressed(1, 0, 1, 0, 1, -1),
    compressed(1, 1, 1, 1, 1, LARGEST, 1),
    compressed(2, 0, 2, 0, 0, 1, 1, 2, 1),
    compressed(*[0] * 2**19),  # larger than it looks; real bombs come below
    compressed(2**16, 0, 0, *[0] * 2**17),
    compressed(1, 0, 2**17, 0, 2**17, *[1] * 2**17),
]


def proofs_moved(draw: Random, certificate: Certificate, pool: Sequence[Certificate]) -> bytes:
    """One is left out, is there twice, or in another place."""
    proofs = list(certificate.proofs)
    proof = proofs.pop(draw.randrange(len(proofs)))
    match draw.randrange(3):
        case 0:
            proofs += [proof, proof]
        case 1:
            proofs.insert(draw.randint(0, len(proofs)), proof)
            proofs.reverse()
    return written(replace(certificate, proofs=tuple(proofs)))


# ---- what becomes of them ----


@contextmanager
def little_memory() -> Iterator[None]:
    """Not much more than is used already."""
    with open("/proc/self/statm", encoding="ascii") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + ROOM, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def outcome(question: Asked, path: Path) -> Verdict | UniversalityVerdict | str:
    """The verdict, or why it is refused; nothing else may happen, nor take long."""
    try:
        with alarm(SECONDS):
            return recheck_certificate(question, read(path), LIMITS)
    except (Refused, InputError) as error:
        return str(error)


def speaks_of(found: Certificate, made: Certificate) -> bool:
    """Whether all that it states is as it was made: only arguments may be others."""
    is_free = isinstance(made.kind, CounterexampleInput | Universality)
    is_same = found.kind == made.kind
    proofs = len(found.proofs) == len(made.proofs)
    return found.digests == made.digests and (proofs if is_same else is_free)


def tampered(
    targets: Sequence[Target], kind: str, folder: Path, seed: int, count: int, are_lies: bool
) -> Counter[str]:
    """What became of certificates of this kind."""
    assert {name_of(target.certificate.kind) for target in targets} == {kind}
    draw, seen = Random(seed), Counter[str]()
    pool = [target.certificate for target in targets]
    path = folder / "claim.cert"
    with little_memory():
        for number in range(count):
            target = targets[number % len(targets)]
            claim = draw.choice(target.others) if are_lies else target.claim
            forged = replace(target.certificate, digests=digests(claim.question))
            way, data = "as it was", written(forged)
            if number >= len(targets):
                way, data = next(mutants(draw, forged, pool))
            if data == written(target.certificate) and not are_lies:
                way = "as it was"
            path.unlink(missing_ok=True)  # some file systems wait for what is written over
            path.write_bytes(data)
            verdict = outcome(claim.question, path)
            if isinstance(verdict, str):
                said = "refused"
                assert verdict and "\n" not in verdict
            else:
                said = str(verdict)
                assert claim.is_right(verdict), (way, claim, verdict, data)
                is_settled = not isinstance(verdict, Undecided)
                if is_settled and not are_lies:
                    assert speaks_of(read(path), forged), (way, data)
            assert way != "as it was" or are_lies or said == claim.answer
            seen[said] += 1
            seen[f"{way}, {said}"] += 1
    return seen


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("are_lies", [False, True])
def test_counterexamples(count: int, are_lies: bool, tmp_path: Path) -> None:
    targets = of_evaluation("refuted")
    seen = tampered(targets, "counterexample", tmp_path, 1, count, are_lies)
    assert seen["refused"] > count * 5 // 11, seen
    assert (seen["refuted"] == 0) if are_lies else (seen["refuted"] > count // 22), seen


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("are_lies", [False, True])
def test_evaluations(count: int, are_lies: bool, tmp_path: Path) -> None:
    """They may say what is true of another claim: that it is wrong."""
    targets = of_evaluation("proved")
    seen = tampered(targets, "exhaustive", tmp_path, 2, count, are_lies)
    assert seen["refused"] > count * 5 // 11, seen
    assert (seen["proved"] == 0) if are_lies else (seen["proved"] > count // 22), seen


VERDICTS = ("universal", "not universal")


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("are_lies", [False, True])
def test_arguments_about_universality(count: int, are_lies: bool, tmp_path: Path) -> None:
    targets = of_universality()
    assert sum(bool(target.certificate.proofs) for target in targets) >= 4
    seen = tampered(targets, "universality", tmp_path, 3, count, are_lies)
    assert seen["refused"] > count * 5 // 11, seen
    if are_lies:  # what another certificate says may be right
        said = Counter({key: n for key, n in seen.items() if key.endswith("universal")})
        assert said.keys() <= {
            f"{way}{verdict}" for way in ("", "parts_swapped, ") for verdict in VERDICTS
        }, seen
    else:
        assert min(seen["universal"], seen["not universal"]) > count // 22, seen


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("are_lies", [False, True])
def test_compositions(
    count: int, are_lies: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    targets = of_composition(monkeypatch)
    assert all(target.certificate.proofs for target in targets)
    seen = tampered(targets, "composition", tmp_path, 4, count, are_lies)
    assert seen["refused"] > count * 5 // 11, seen
    assert (seen["proved"] == 0) if are_lies else (seen["proved"] > count // 55), seen


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("are_lies", [False, True])
def test_refutations(
    count: int, are_lies: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    targets = of_clauses(monkeypatch)
    assert all(target.certificate.proofs for target in targets)
    seen = tampered(targets, "propositional", tmp_path, 5, count, are_lies)
    assert seen["refused"] > count * 5 // 11, seen
    assert (seen["proved"] == 0) if are_lies else (seen["proved"] > count // 55), seen


# ---- provers that are asked for what is false ----


@pytest.mark.parametrize("made", [of_clauses, of_composition])
def test_nothing_false_is_certified(
    made: Callable[[pytest.MonkeyPatch], list[Target]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever says that a claim was proved still has to find a proof of it."""
    for claim in (claim for target in made(monkeypatch) for claim in target.others):
        with pytest.raises((NoCertificate, InternalError), match=r"counterexample|refuted"):
            certificate_for(
                claim.question,
                Proved(engine="", evidence="", basis=Basis.SOLVER),
                LIMITS,
                PROOFS_ONLY,
            )


# ---- bombs of full size ----


@pytest.mark.parametrize("size", [2**26, 2**26 + 1])
def test_large_bombs(size: int, tmp_path: Path) -> None:
    """Zeros, whatever they stand for, in the place of each kind's proofs."""
    bomb = zeros(size)
    assert len(bomb) < 2**17
    path = tmp_path / "claim.cert"
    universal = next(exhibit for exhibit in EXHIBITS if exhibit.part == "neurons by solver")
    evidence = Universality(evidence=evidence_of(universal))
    clauses = of_expressions("max(x0, x1)", "max(x1, x0)")
    composed, *_ = overflowing()
    cases: list[tuple[Asked, Kind]] = [
        (clauses, Propositional()),
        (asked(universal), evidence),
        (composed, Composition(points=composed.points)),
    ]
    for question, kind in cases:
        made = Certificate(digests=digests(question), made_by="", kind=kind, proofs=(bomb,) * 3)
        path.write_bytes(written(made))
        with little_memory():
            assert re.search("larger than|other sizes|not end with", str(outcome(question, path)))
