"""Making certificates: the cheapest kind that works, and nothing where nothing was found."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from smtcheck.arithmetic.formats import Format
from smtcheck.checking.certificate_files import (
    Certificate,
    Composition,
    CounterexampleInput,
    Exhaustive,
    Propositional,
    Universality,
)
from smtcheck.checking.propositional.clauses import MAX_NEURONS, Cnf
from smtcheck.checking.propositional.lrat import Proof
from smtcheck.checking.propositional.packing import packed
from smtcheck.checking.recheck import recheck_certificate
from smtcheck.claims.claim_files import load_claim
from smtcheck.claims.questions import Question, UniversalityQuestion
from smtcheck.claims.sides import NetworkSide
from smtcheck.claims.verdicts import (
    Basis,
    InternalError,
    NotUniversal,
    Proved,
    Undecided,
    Universal,
)
from smtcheck.engines import certificate_search, sat
from smtcheck.engines.certificate_search import NoCertificate, certificate_for
from smtcheck.engines.effort import USUAL, ProvingEffort
from smtcheck.engines.portfolio import prove
from smtcheck.limits import Limits
from smtcheck.networks.layers import Layer
from smtcheck.networks.matrices import Matrix
from smtcheck.networks.network import Network
from smtcheck.universality.decision import decide

PROOFS = Path(__file__).resolve().parents[2] / "proofs"
LIMITS = Limits(timeout_seconds=60)


def question_of(name: str) -> Question:
    question = load_claim(PROOFS / f"{name}.toml").question
    assert isinstance(question, Question)
    return question


NOT_QUICKLY = ProvingEffort(quick_check=0)  #: evaluation is the last resort then


def certified(question: Question, effort: ProvingEffort = USUAL) -> Certificate:
    verdict = prove(question, LIMITS)
    made = certificate_for(question, verdict, LIMITS, effort)
    assert str(recheck_certificate(question, made, LIMITS)) == str(verdict)
    return made


def universality(tmp_path: Path, text: str) -> UniversalityQuestion:
    path = tmp_path / "claim.toml"
    path.write_text(f'kind = "universal"\n{text}', encoding="utf-8")
    question = load_claim(path).question
    assert isinstance(question, UniversalityQuestion)
    return question


@pytest.mark.parametrize(
    ("name", "kind", "proofs"),
    [
        ("max/halves-8bit", Exhaustive, 0),
        ("max/difference-8bit", CounterexampleInput, 0),
        ("max/difference-hls4ml", CounterexampleInput, 0),
        ("max/unsigned-hidden-16bit", Propositional, 1),
        ("requantize/tflite-any-multiplier-small", Propositional, 1),
        pytest.param("max/halves-12bit", Composition, 0, marks=pytest.mark.slow),
    ],
)
def test_the_cheapest_kind_is_chosen(name: str, kind: type, proofs: int) -> None:
    made = certified(question_of(name))
    assert type(made.kind) is kind
    assert len(made.proofs) == proofs
    assert ("CaDiCaL" in made.made_by) == (proofs > 0)


def test_divisions_by_zero_are_refuted_apart(tmp_path: Path) -> None:
    """A proof for each obligation."""
    path = tmp_path / "claim.toml"
    path.write_text(
        'kind = "equivalent"\nformat = "ap_fixed<16,16,AP_RND,AP_SAT>"\ninputs = 2\n'
        'left = "expr:1 / (x0 * x0 + 1) + x1"\nright = "expr:x1 + 1 / (1 + x0 * x0)"\n'
        'domain = ["-9..9", "any"]\n'
    )
    question = load_claim(path).question
    assert isinstance(question, Question)
    made = certified_by_refutation(question)
    assert len(made.proofs) == 2


def certified_by_refutation(question: Question) -> Certificate:
    return certified(question, NOT_QUICKLY)


@pytest.mark.parametrize(
    ("text", "verdict", "proofs"),
    [
        ('format = "paper(4,8)"\nactivation = "gelu"\n', Universal, 0),
        ('format = "codes(-6,6,1)"\nactivation = "step"\nweights = "binary"\n', Universal, 0),
        ('format = "paper(3,4)"\nactivation = "step"\nweights = "binary"\n', NotUniversal, 0),
        (
            'format = "paper(22,1)"\nactivation = "abs"\nweights = "ternary"\nbias = "format"\n',
            Universal,
            1,
        ),
        (
            'format = "paper(22,1)"\nactivation = "expr:2*abs(x) - 2*abs(x - 1)"\n'
            'weights = "binary"\n',
            NotUniversal,
            1,
        ),
    ],
)
def test_statements_about_all_codes_come_with_proofs(
    tmp_path: Path, text: str, verdict: type, proofs: int
) -> None:
    question = universality(tmp_path, text)
    found = decide(question.setting, question.activation, LIMITS)
    assert type(found) is verdict
    made = certificate_for(question, found, LIMITS)
    assert isinstance(made.kind, Universality)
    assert len(made.proofs) == proofs
    assert str(recheck_certificate(question, made, LIMITS)) == str(found)


def test_nothing_is_certified_where_nothing_was_decided() -> None:
    with pytest.raises(NoCertificate, match="nothing was decided"):
        certificate_for(question_of("max/halves-8bit"), Undecided(reason="late"), LIMITS)


@pytest.mark.parametrize(
    "text",
    [
        "x2 / (5 - x0) / (6 - x1) + x3",
        "x2 / (5 - x0) + x3 / (6 - x1)",
        "floor(x3 * x2 / (5 - x0)) / (17 - floor(x1 * x3))",
    ],
)
def test_what_intervals_let_through_has_clauses(tmp_path: Path, text: str) -> None:
    """A divisor is seen not to be 0 by the bounds of its operations, or by those of its form."""
    path = tmp_path / "claim.toml"
    path.write_text(
        'kind = "equivalent"\nformat = "ap_ufixed<8,2,AP_RND,AP_SAT>"\ninputs = 4\n'
        f'left = "expr:{text}"\nright = "expr:{text}"\n'
    )
    question = load_claim(path).question
    claimed = Proved(engine="somebody", evidence="both sides are one", basis=Basis.SOLVER)
    made = certificate_for(question, claimed, LIMITS)
    assert str(recheck_certificate(question, made, LIMITS)) == "proved"


def test_a_refutation_beside_a_division_is_evaluated_where_that_is_quick(tmp_path: Path) -> None:
    """Clauses that say that nothing is divided by zero would take minutes to refute."""
    path = tmp_path / "claim.toml"
    path.write_text(
        'kind = "equivalent"\nformat = "ap_ufixed<8,2,AP_RND,AP_SAT>"\ninputs = 2\n'
        'left = "expr:1 / (floor(x0 / (5 - x0) / (6 - x1)) - 1/2)"\nright = "expr:x1"\n'
    )
    question = load_claim(path).question
    made = certificate_for(question, prove(question, LIMITS), LIMITS)
    assert isinstance(made.kind, Exhaustive)
    assert str(recheck_certificate(question, made, LIMITS)) == "refuted"


def test_an_evaluation_is_done_before_it_is_certified() -> None:
    """By whoever the verdict is: a solver that is wrong leaves no certificate."""
    question = question_of("max/difference-8bit")
    claimed = Proved(engine="z3", evidence="a feeling", basis=Basis.SOLVER)
    with pytest.raises(NoCertificate, match="does not establish it: it says refuted"):
        certificate_for(question, claimed, LIMITS)


def test_a_proof_of_what_is_false_is_an_internal_error() -> None:
    """CaDiCaL then has a counterexample."""
    claimed = Proved(engine="somebody", evidence="a feeling", basis=Basis.SOLVER)
    with pytest.raises(InternalError, match="has a counterexample at"):
        certificate_for(question_of("max/four-neurons-16bit"), claimed, LIMITS)


def test_what_takes_too_long_has_no_certificate(tmp_path: Path) -> None:
    path = tmp_path / "claim.toml"
    path.write_text(
        'kind = "equivalent"\nformat = "ap_ufixed<32,32,AP_RND,AP_SAT>"\ninputs = 2\n'
        'left = "expr:where(x0 * x1 == 556092319480681, 1, 0)"\nright = "expr:0"\n'
        'domain = ["2..4294967295", "2..23581781"]\n'
    )
    question = load_claim(path).question
    claimed = Proved(engine="somebody", evidence="a feeling", basis=Basis.SOLVER)
    with pytest.raises(NoCertificate, match="time limit reached"):
        certificate_for(question, claimed, Limits(timeout_seconds=1))


def test_large_networks_are_not_turned_into_gates() -> None:
    fmt = Format.parse("ap_fixed<16,8,AP_RND,AP_SAT>")
    layer = Layer(
        weights=Matrix.dense(np.ones((MAX_NEURONS, 2), dtype=np.int8)),
        biases=(0,) * MAX_NEURONS,
        input_scale=fmt.scale,
        weight_format=fmt,
        output_format=fmt,
    )
    side = NetworkSide(network=Network(input_format=fmt, inputs=2, layers=(layer,)))
    question = Question(left=side, right=side, domain=(fmt.codes,) * 2)
    with pytest.raises(NoCertificate, match="49152 neurons are too many"):
        certificate_for(
            question, Proved(engine="somebody", evidence="a feeling", basis=Basis.SOLVER), LIMITS
        )


def test_long_evaluation_is_the_last_resort(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sat, "is_available", lambda: False)
    question = question_of("max/halves-8bit")
    made = certificate_for(question, prove(question, LIMITS), LIMITS, NOT_QUICKLY)
    assert isinstance(made.kind, Exhaustive | Composition)
    assert made.proofs == ()


def test_a_proof_that_is_refused_is_not_left(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = Proof.of([((), (1,))])
    monkeypatch.setattr(sat, "refute", lambda *_: wrong)
    question = question_of("max/unsigned-hidden-16bit")
    with pytest.raises(NoCertificate, match="is refused: lemma"):
        certificate_for(
            question, Proved(engine="somebody", evidence="a feeling", basis=Basis.SOLVER), LIMITS
        )


def proofs_of(sizes: list[int]) -> Callable[..., Proof]:
    """As from CaDiCaL: attempts find proofs with so many hints."""

    def refute(cnf: Cnf, limits: Limits, deadline: float, attempt: int = 0) -> Proof:
        if attempt >= len(sizes):
            raise sat.NotProved("time limit reached")
        return Proof.of([((), tuple(range(1, sizes[attempt] + 1)))])

    return refute


@pytest.mark.parametrize(
    ("sizes", "kept"), [([5], 5), ([500, 400, 600], 400), ([500, 300, 200], 300), ([500], 500)]
)
def test_the_first_proof_that_is_small_enough_is_kept(
    monkeypatch: pytest.MonkeyPatch, sizes: list[int], kept: int
) -> None:
    limit = len(packed(proofs_of([300])(None, LIMITS, 0.0)))
    monkeypatch.setattr(sat, "refute", proofs_of(sizes))
    prover = certificate_search._ProofSearch(LIMITS, ProvingEffort(proof_bytes=limit))
    prover.refute(Cnf(variables=0, clauses=(), inputs=()))
    (data,) = prover.proofs
    assert data == packed(proofs_of([kept])(None, LIMITS, 0.0))


def test_networks_that_were_constructed_are_composed() -> None:
    """With lemmas, whose proofs are in the certificate."""
    made = certified(question_of("constructed/random-relu"), NOT_QUICKLY)
    assert isinstance(made.kind, Composition)
    assert len(made.proofs) == 2
    assert json.loads(json.dumps(made.kind.points)) == 961
