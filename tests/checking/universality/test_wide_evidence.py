"""Evidence about numbers that 64 bits do not hold: checked exactly, whoever wrote it.

The truth is that of a smaller scale with the same relations: where |w x| is below the scale for all
weights and codes, and biases are multiples of it, truncation gives the same code to 1 and 2.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from smtcheck.checking.certificate_files import Certificate, CounterexampleInput, Universality
from smtcheck.checking.recheck import recheck_certificate
from smtcheck.checking.refusals import Refused
from smtcheck.claims.claim_files import load_claim
from smtcheck.claims.digests import digests
from smtcheck.claims.evidence import (
    ByNeurons,
    Criterion,
    Entry,
    Evidence,
    GeneratingNetworks,
    GeneratingNeuron,
    Neuron,
)
from smtcheck.claims.questions import Question, UniversalityQuestion
from smtcheck.claims.settings import QuantizationScheme
from smtcheck.claims.verdicts import NotUniversal, Undecided
from smtcheck.engines.certificate_search import certificate_for
from smtcheck.engines.effort import ProvingEffort
from smtcheck.engines.portfolio import prove
from smtcheck.limits import Limits
from smtcheck.networks.activations import activation
from smtcheck.universality.decision import decide

LIMITS = Limits(timeout_seconds=60)
LARGE = [2**61 - 1, 2**62 - 1, 2**62, 2**63 - 25, 2**63, 2**64 + 1, 2**80]


def question_of(fmt: str, name: str, weights: str, bias: str) -> UniversalityQuestion:
    setting = QuantizationScheme.parse(fmt, weights, bias)
    return UniversalityQuestion(setting=setting, activation=activation(name))


def forged(question: UniversalityQuestion, evidence: Evidence) -> Certificate:
    kind = Universality(evidence=evidence)
    return Certificate(digests=digests(question), made_by="a forger", kind=kind)


@pytest.mark.parametrize("scale", LARGE)
@pytest.mark.parametrize("name", ["relu", "identity", "sign", "step"])
@pytest.mark.parametrize("modes", ["AP_TRN,AP_SAT", "AP_TRN_ZERO,AP_SAT", "AP_TRN,AP_SAT_ZERO"])
def test_scales_beyond_64_bits_are_decided_as_smaller_ones_are(
    scale: int, name: str, modes: str
) -> None:
    verdicts = []
    for size in (1000, scale):
        question = question_of(f"codes(-2,2,{size},{modes})", name, "full", "grid")
        verdicts.append(decide(question.setting, question.activation, LIMITS))
    assert isinstance(verdicts[0], NotUniversal)
    assert isinstance(verdicts[1], NotUniversal | Undecided)


@pytest.mark.parametrize("scale", [2**10, *LARGE])
@pytest.mark.parametrize("weights", ["full", "ternary", "binary-dense"])
@pytest.mark.parametrize("bias", ["grid", "format"])
@pytest.mark.parametrize("fmt", ["codes(-2,2,{})", "paper(2,{})", "paper(2,{},AP_TRN,AP_SAT_SYM)"])
def test_whatever_the_scale_the_evidence_is_checked(
    scale: int, weights: str, bias: str, fmt: str
) -> None:
    """An internal error would mean that the search had believed something else."""
    question = question_of(fmt.format(scale), "relu", weights, bias)
    verdict = decide(question.setting, question.activation, LIMITS)
    if not isinstance(verdict, Undecided):
        made = certificate_for(question, verdict, LIMITS)
        assert str(recheck_certificate(question, made, LIMITS)) == str(verdict)


@pytest.mark.parametrize("size", [2**62, 2**63 - 1, 2**64, 2**90])
def test_biases_beyond_64_bits_tell_nothing_apart(size: int) -> None:
    """They saturate, but a sum that wrapped around would not."""
    question = question_of("paper(2,7)", "relu", "full", "grid")
    assert isinstance(decide(question.setting, question.activation, LIMITS), NotUniversal)
    for sign in (1, -1):
        neurons = tuple(
            Neuron(weight=weight, bias=sign * (size - size % 7) + 7 * extra)
            for weight in (-3, -2, -1, 1, 2, 3)
            for extra in range(-2, 3)
        )
        evidence = Criterion(
            entries=(Entry(code=0, result=0), Entry(code=1, result=1)),
            difference_gcd=1,
            bias=0,
            constant=Entry(code=0, result=0),
            repeats=0,
            separation=ByNeurons(neurons=neurons),
        )
        with pytest.raises(Refused, match="groups of codes that look alike"):
            recheck_certificate(question, forged(question, evidence), LIMITS)


def random_closure(scale: int, draw: Random) -> GeneratingNetworks:
    """Networks of random gates for codes -3 .. 2."""
    period, count = 6 * scale, draw.choice([1, 2, 3])
    first = tuple(
        GeneratingNeuron(bias=draw.randrange(period), terms=((0, scale),)) for _ in range(count)
    )
    terms = tuple((i, draw.choice([-1, 1]) * draw.randrange(1, 2**20)) for i in range(count))
    gates = tuple(
        GeneratingNeuron(
            bias=draw.randrange(period),
            terms=tuple((place, draw.randrange(1, 2**20)) for place in (0, 1)),
        )
        for _ in range(8)
    )
    low, high = draw.sample(range(-3, 3), 2)
    return GeneratingNetworks(
        difference_gcd=1,
        sequence=(first, (GeneratingNeuron(bias=draw.randrange(period), terms=terms),)),
        bits=(Entry(code=low, result=low), Entry(code=high, result=high)),
        gates=(gates,),
    )


def test_products_of_wrapping_networks_are_exact() -> None:
    """T(k) = k is congruent to itself: no networks of it are all functions."""
    scale, draw = 2**37 - 25, Random(1)
    question = question_of(f"codes(-3,2,{scale},AP_TRN,AP_WRAP)", "identity", "ternary", "exact")
    assert isinstance(decide(question.setting, question.activation, LIMITS), NotUniversal)
    for _ in range(1000):
        with pytest.raises(Refused):
            recheck_certificate(question, forged(question, random_closure(scale, draw)), LIMITS)


def test_networks_of_many_gates_on_many_points_are_refused() -> None:
    """Each gate of a layer would take 128 MiB."""
    question = question_of("ap_fixed<12,0>", "relu", "full", "exact")
    layer = tuple(GeneratingNeuron(bias=n, terms=((0, 1),)) for n in range(200))
    last = (GeneratingNeuron(bias=0, terms=((0, 1),)),)
    evidence = GeneratingNetworks(
        difference_gcd=1,
        sequence=(layer, last),
        bits=(Entry(code=0, result=0), Entry(code=1, result=1)),
        gates=(last,),
    )
    with pytest.raises(Refused, match="values, at most"):
        recheck_certificate(question, forged(question, evidence), LIMITS)


# claims without meaning -------------------------------------------------------------------


def claim(folder: Path, left: str, domain: str) -> Question:
    path = folder / "claim.toml"
    path.write_text(
        f'kind = "equivalent"\nformat = "paper(3,4)"\nleft = "expr:{left}"\nright = "expr:x0"\n'
        f'domain = ["{domain}"]\n'
    )
    question = load_claim(path).question
    assert isinstance(question, Question)
    return question


def test_a_counterexample_does_not_refute_what_has_no_meaning(tmp_path: Path) -> None:
    """A claim that divides by zero somewhere says nothing (theory.md#targets)."""
    question = claim(tmp_path, "1 / x0", "any")
    certificate = Certificate(
        digests=digests(question), made_by="a forger", kind=CounterexampleInput(input_codes=(1,))
    )
    with pytest.raises(Refused, match="a proof is missing"):
        recheck_certificate(question, certificate, LIMITS)


def test_a_refuted_claim_that_divides_comes_with_a_proof_that_it_may(tmp_path: Path) -> None:
    question = claim(tmp_path, "1 / (x0 * (x0 - 2) - 1/16)", "any")
    verdict = prove(question, LIMITS)
    made = certificate_for(question, verdict, LIMITS, ProvingEffort(quick_check=0))
    assert len(made.proofs) == 1
    assert str(recheck_certificate(question, made, LIMITS)) == str(verdict) == "refuted"


def test_tables_of_one_name_are_told_apart(tmp_path: Path) -> None:
    """An attacker keeps the name and changes the contents, on one side, and patches all digests."""
    for side in ("a", "b"):
        (tmp_path / side).mkdir()
        (tmp_path / side / "t.csv").write_text("-1\n0\n1\n")
        (tmp_path / side / "net.json").write_text(
            '{"format": "paper(1,1)", "inputs": 1, "layers": '
            '[{"weights": [[1]], "bias": [0], "activation": "table:t.csv"}]}'
        )
    path = tmp_path / "claim.toml"
    path.write_text('kind = "equivalent"\nleft = "a/net.json"\nright = "b/net.json"\n')
    question = load_claim(path).question
    assert isinstance(question, Question)
    honest = certificate_for(question, prove(question, LIMITS), LIMITS)
    (tmp_path / "b" / "t.csv").write_text("-1\n0\n0\n")
    changed = load_claim(path).question
    assert isinstance(recheck_certificate(changed, honest, LIMITS), Undecided)
    patched = replace(honest, digests=digests(changed))
    assert str(recheck_certificate(changed, patched, LIMITS)) == "refuted"
