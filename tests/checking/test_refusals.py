"""A forged example for every refusal that there is: each is refused, and for that reason.

`tests/data/refusals.json` has those that are true evidence with one number changed, or
moved to another setting; the others, written by hand, are here.
"""

from __future__ import annotations

import json
import lzma
import re
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from string import Formatter
from typing import Any

import msgspec
import numpy as np
import pytest

from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.intervals import Interval
from smtcheck.checking import exhaustive, recheck, replay
from smtcheck.checking.certificate_files import (
    Certificate,
    Composition,
    CounterexampleInput,
    Exhaustive,
    Kind,
    Propositional,
    Universality,
)
from smtcheck.checking.propositional import clauses, lrat_compiled, packing
from smtcheck.checking.propositional.clauses import MAX_NEURONS
from smtcheck.checking.propositional.lrat import MAX_LEMMA, Proof, check
from smtcheck.checking.recheck import exhaustive_kind, recheck_certificate
from smtcheck.checking.refusals import Refusal, Refused
from smtcheck.checking.universality import arguments, obstacles
from smtcheck.checking.universality.arguments import verdict
from smtcheck.claims.digests import digests
from smtcheck.claims.evidence import (
    ByEnds,
    ByNeurons,
    ByShifts,
    Congruent,
    ConstantActivation,
    Criterion,
    Entry,
    Evidence,
    GeneratingNetworks,
    GeneratingNeuron,
    Inseparable,
    Inverter,
    MonotoneActivation,
    Neuron,
    Ordered,
    Parity,
    ProofMethod,
    Uncovered,
    UncoveredResidues,
    from_document,
)
from smtcheck.claims.questions import Obligation, Question, UniversalityQuestion
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from smtcheck.claims.sides import ActivationSide, NetworkSide
from smtcheck.claims.statements import Discharger
from smtcheck.claims.verdicts import InternalError, Minimality, Proved, Refuted, Undecided
from smtcheck.limits import Limits, OutOfTime
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.networks.activations import Activation, TableActivation, activation
from smtcheck.networks.layers import Layer
from smtcheck.networks.matrices import Matrix
from smtcheck.networks.network import Network
from tests.checking.dischargers import TRY_ALL, Answers
from tests.checking.propositional.naive_lrat import zeros
from tests.claims.random_questions import expression_side

LIMITS = Limits(timeout_seconds=60)
SECONDS = 5  #: that one example may take
DATA = Path(__file__).parents[1] / "data" / "refusals.json"
TAMPERED = json.loads(DATA.read_text(encoding="utf-8"))
TERNARY, DENSE = Weights.TERNARY, Weights.DENSE_BINARY
FORMAT, GRID, EXACT = Bias.FORMAT, Bias.GRID, Bias.EXACT


@dataclass(frozen=True, kw_only=True)
class Forged:
    """Evidence that does not hold, for T as a table or by its name."""

    text: str
    act: str | tuple[int, ...]
    evidence: Evidence
    weights: Weights = Weights.FULL
    bias: Bias = EXACT
    discharger: Discharger = TRY_ALL

    @property
    def setting(self) -> QuantizationScheme:
        return QuantizationScheme(
            format=Format.parse(self.text), weights=self.weights, bias=self.bias
        )

    @property
    def activation(self) -> Activation:
        if isinstance(self.act, str):
            return activation(self.act)
        return TableActivation(name="table:t.csv", codes=self.act)


def entries(*pairs: tuple[int, int]) -> tuple[Entry, ...]:
    return tuple(Entry(code=code, result=result) for code, result in pairs)


def criterion(
    first: tuple[int, int],
    second: tuple[int, int],
    separation: ByShifts | ByEnds | ByNeurons | None = None,
    opposites: Inverter | None = None,
    bias: int = 0,
    gcd: int | None = None,
) -> Criterion:
    """Coverage by two entries, in a form that is right unless something is changed."""
    low, high = pair = entries(first, second)
    return Criterion(
        entries=pair,
        difference_gcd=abs(high.result - low.result) if gcd is None else gcd,
        bias=bias,
        constant=low,
        repeats=0,
        separation=separation or ByShifts(witness=(low, high)),
        opposites=opposites,
    )


def ends(first: tuple[int, int], second: tuple[int, int]) -> ByEnds:
    low, high = entries(first, second)
    return ByEnds(witness=(low, high))


def closure(
    sequence: tuple[tuple[GeneratingNeuron, ...], ...], bits: tuple[Entry, ...]
) -> GeneratingNetworks:
    return GeneratingNetworks(
        difference_gcd=1, sequence=sequence, bits=(bits[0], bits[1]), gates=()
    )


def gap(first: int, last: int, code: int) -> UncoveredResidues:
    return UncoveredResidues(first_residue=first, last_residue=last, code=code)


def uncovered(
    given: tuple[Entry, ...],
    gcd: int,
    modulus: int,
    *gaps: UncoveredResidues,
    proof: ProofMethod = ProofMethod.TABLE,
) -> Uncovered:
    return Uncovered(
        entries=given, difference_gcd=gcd, modulus=modulus, gaps=gaps, crowd=None, proof=proof
    )


READ = GeneratingNeuron(bias=0, terms=((0, 1),))
RISE = (entries((0, 0), (1, 3)), entries((0, 0), (1, 3)))

BY_HAND = {
    Refusal.TOO_MANY_ENTRIES: Forged(
        text="paper(30,1)", act="relu",
        evidence=ConstantActivation(value=0, proof=ProofMethod.TABLE),
    ),
    Refusal.CONSTANT_T: Forged(
        text="paper(1,1)", act=(0, 0, 1), evidence=criterion((-1, 0), (0, 0))
    ),
    Refusal.END_NOT_GIVEN: Forged(
        text="codes(-2,1,2,AP_RND,AP_SAT_SYM)", act=(0, 1, 0, 0),
        evidence=criterion((-2, 0), (-1, 1)),
    ),
    Refusal.TOO_MANY_POINTS: Forged(
        text="paper(25,3)", act="relu", evidence=criterion((0, 0), (3, 3), bias=1)
    ),
    Refusal.SHIFTS_WITNESS: Forged(
        text="paper(2,2)", act=(-3, -3, 0, 0, 1, 2, 3),
        evidence=criterion((0, 0), (1, 1), ByShifts(witness=entries((-3, -3), (-2, -3)))),
    ),
    Refusal.ENDS_WITNESS: Forged(
        text="paper(2,1)", act=(0, -1, 0, 0, 0, -1, 0), weights=TERNARY, bias=FORMAT,
        evidence=criterion((-3, 0), (-2, -1), ends((-3, 0), (3, 0))),
    ),
    Refusal.NOT_ALMOST_SYMMETRIC: Forged(
        text="codes(-4,1,1)", act=(0, 1, 1, 1, 1, 1), bias=FORMAT,
        evidence=criterion((-4, 0), (1, 1), ends((-4, 0), (1, 1))),
    ),
    Refusal.NO_SINGLE_INPUT: Forged(
        text="paper(1,1)", act=(0, 0, 1), weights=DENSE,
        evidence=criterion((0, 0), (1, 1), ByNeurons(neurons=(Neuron(weight=1, bias=0),))),
    ),
    Refusal.NO_NEGATIVE_BIAS: Forged(
        text="codes(0,3,2)", act=(0, 3, 1, 2), bias=FORMAT,
        evidence=criterion(
            (0, 0), (2, 1), ByNeurons(neurons=(Neuron(weight=2, bias=0),)),
            Inverter(rise=RISE[0], bit=RISE[1], weight=1, bias=0),
        ),
    ),
    Refusal.TOO_MANY_CODES: Forged(
        text="paper(30,1)", act="relu",
        evidence=Inseparable(left=(0,), right=(1,), proof=ProofMethod.TABLE),
    ),
    Refusal.TOO_MANY_TRIALS: Forged(
        text="paper(14,1)", act="relu",
        evidence=Inseparable(left=(0,), right=(1,), proof=ProofMethod.TABLE),
    ),
    Refusal.TOO_MANY_PATTERNS: Forged(
        text="paper(24,1)", act="relu", weights=DENSE, bias=FORMAT,
        evidence=Inseparable(left=(0,), right=(1,), proof=ProofMethod.SUMS),
    ),
    Refusal.GAP_BLOCKS: Forged(
        text="paper(2,100)", act=(-3, -3, 0, 0, 1, 2, 3),
        evidence=uncovered(entries((0, 0), (1, 1)), 1, 1, gap(0, 0, 1)),
    ),
    Refusal.TOO_MANY_RESIDUES: Forged(
        text=f"paper(2,{2**25})", act=(-3, -3, -3, 0, 0, 3, 3), weights=TERNARY, bias=GRID,
        evidence=uncovered(entries((0, 0), (3, 3)), 3, 3 * 2**25, gap(0, 0, 1)),
    ),
    Refusal.TOO_MANY_BIASES: Forged(
        text="paper(25,1)", act="relu", weights=TERNARY, bias=FORMAT,
        discharger=Answers(lambda _: True),
        evidence=uncovered(entries((0, 0), (3, 3)), 3, 3, gap(0, 0, 1), proof=ProofMethod.SOLVER),
    ),
    Refusal.GAP_IS_LOOSE: Forged(
        text="codes(-2,1,4,AP_TRN_ZERO,AP_SAT)", act=(-2, 0, -2, 0), weights=TERNARY, bias=GRID,
        evidence=uncovered(
            entries((-2, -2), (-1, 0)), 2, 8, gap(0, 0, -1), gap(4, 4, 0), gap(5, 7, -1)
        ),
    ),
    Refusal.MONOTONE_CONSTANT: Forged(
        text="codes(0,3,2)", act=(1, 1, 1, 1),
        evidence=MonotoneActivation(direction=-1, proof=ProofMethod.TABLE),
    ),
    Refusal.TOO_MANY_DIFFERENCES: Forged(
        text=f"codes(0,3,{2**30})", act=(0, 1, 1, 1), evidence=Ordered(increments=())
    ),
    Refusal.SHIFT_OF_TIES: Forged(
        text="codes(-3,2,2,AP_RND_CONV,AP_WRAP)", act=(0, 1, 0, 0, 1, 0),
        evidence=Congruent(difference_gcd=1, shift=3, left=-3, right=0),
    ),
    Refusal.NO_POWER_OF_TWO: Forged(
        text="codes(-3,2,1,AP_TRN,AP_WRAP)", act=(0, 1, 0, 1, 0, 1),
        evidence=Parity(difference_gcd=1, shift=2, inputs=6),
    ),
    Refusal.PERIOD: Forged(
        text=f"codes(-2,1,{2**39},AP_TRN,AP_WRAP)", act=(0, 0, 0, 1),
        evidence=closure(((READ,),), entries((0, 0), (1, 1))),
    ),
    Refusal.SEQUENCE_LENGTH: Forged(
        text=f"codes(-1,1,{2**18},AP_TRN,AP_WRAP)", act=(0, 0, 1),
        evidence=closure(((READ,),), entries((0, 0), (1, 1))),
    ),
    Refusal.TOO_MANY_FUNCTIONS: Forged(
        text="ap_fixed<11,11>", act="relu",
        evidence=closure(((READ, READ),), entries((0, 0), (1, 1))),
    ),
    Refusal.EMPTY_LAYER: Forged(
        text="ap_fixed<2,2>", act=(-1, -1, -1, 0),
        evidence=GeneratingNetworks(
            difference_gcd=1,
            sequence=((READ,),),
            bits=(Entry(code=0, result=-1), Entry(code=1, result=0)),
            gates=((GeneratingNeuron(bias=0, terms=()),), ()),
        ),
    ),
    Refusal.MACHINE_VALUES: Forged(
        text="ap_fixed<14,4>", act="relu",
        evidence=closure(((READ,) * 9, (READ,)), entries((0, 0), (1, 1))),
    ),
}  # fmt: skip


NEURONS = ByNeurons(neurons=(Neuron(weight=2, bias=0),), proof=ProofMethod.ORDER)
UNSIGNED = criterion(
    (0, 0), (2, 1), opposites=Inverter(rise=RISE[0], bit=entries((0, 1), (1, 3)), weight=1, bias=0)
)
#: Checks that arguments share are done in each of them.
ELSEWHERE = [
    (Refusal.GCD_OF_ENTRIES, Forged(
        text="paper(2,2)", act=(0, 0, 0, 0, 2, 2, 2), evidence=criterion((0, 0), (1, 2), gcd=1)
    )),
    (Refusal.ENTRY, Forged(
        text="paper(1,1)", act=(0, 0, 1),
        evidence=Criterion(
            entries=entries((0, 0), (1, 1)), difference_gcd=1, bias=0, repeats=0,
            constant=Entry(code=0, result=1),
            separation=ByShifts(witness=entries((0, 0), (1, 1))),
        ),
    )),
    (Refusal.ENTRY, Forged(
        text="paper(1,1)", act=(0, 0, 1),
        evidence=criterion((0, 0), (1, 1), ByShifts(witness=entries((-1, 0), (0, 1)))),
    )),
    (Refusal.ENTRY, Forged(
        text="paper(1,1)", act=(0, 1, 0), bias=FORMAT,
        evidence=criterion((-1, 0), (0, 1), ends((-1, 0), (1, 1))),
    )),
    (Refusal.ENTRY, Forged(text="codes(0,3,2)", act=(0, 3, 1, 2), evidence=UNSIGNED)),
    (Refusal.ENTRY, Forged(
        text="ap_fixed<2,2>", act=(-1, -1, -1, 0),
        evidence=GeneratingNetworks(
            difference_gcd=1, sequence=((READ,),), bits=entries((0, 0), (1, 0)), gates=((READ,),)
        ),
    )),
    (Refusal.UNKNOWN_PROOF, Forged(
        text="codes(0,3,2)", act=(0, 3, 1, 2), evidence=criterion((0, 0), (2, 1), NEURONS)
    )),
    (Refusal.UNKNOWN_PROOF, Forged(
        text="paper(1,1)", act=(0, 0, 0),
        evidence=Inseparable(left=(0,), right=(1,), proof=ProofMethod.ORDER),
    )),
    (Refusal.NEGATIVE_WEIGHTS, Forged(
        text="paper(1,1)", act=(0, 0, 1), evidence=Ordered(increments=(1,))
    )),
    (Refusal.NEGATIVE_WEIGHTS, Forged(
        text="paper(1,1)", act=(0, 0, 1),
        evidence=MonotoneActivation(direction=1, proof=ProofMethod.TABLE),
    )),
    (Refusal.OVERFLOW_NOT_MONOTONE, Forged(
        text="codes(0,3,2,AP_TRN,AP_SAT_ZERO)", act=(0, 1, 2, 3),
        evidence=MonotoneActivation(direction=1, proof=ProofMethod.TABLE),
    )),
    (Refusal.NOT_PERIODIC, Forged(
        text="codes(-2,1,2,AP_TRN_ZERO,AP_WRAP)", act=(0, 1, 0, 1),
        evidence=uncovered(entries((-2, 0), (-1, 1)), 1, 1),
    )),
]  # fmt: skip


@pytest.fixture(autouse=True)
def within_seconds() -> Iterator[None]:
    """Forgeries are refused at little cost: in processor time, as machines may be busy."""

    def ring(*_: object) -> None:
        raise OutOfTime

    before = signal.signal(signal.SIGVTALRM, ring)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    yield
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, before)


def refused(
    setting: QuantizationScheme, act: Activation, evidence: Evidence, discharger: Discharger
) -> Refused:
    with pytest.raises(Refused) as caught:
        verdict(setting, ActivationTable(act, setting.format), evidence, discharger)
    return caught.value


@pytest.mark.parametrize("name", TAMPERED)
def test_tampered_evidence_is_refused_for_its_reason(name: str) -> None:
    example = TAMPERED[name]
    setting = QuantizationScheme(
        format=Format.parse(example["format"]),
        weights=Weights(example["weights"]),
        bias=Bias(example["bias"]),
    )
    act = TableActivation(name="table:t.csv", codes=tuple(example["table"]))
    error = refused(setting, act, from_document(example["evidence"]), TRY_ALL)
    assert error.refusal is Refusal[name], error


@pytest.mark.parametrize("refusal", BY_HAND, ids=lambda refusal: refusal.name)
def test_evidence_by_hand_is_refused_for_its_reason(refusal: Refusal) -> None:
    forged = BY_HAND[refusal]
    error = refused(forged.setting, forged.activation, forged.evidence, forged.discharger)
    assert error.refusal is refusal, error


def test_values_of_a_monotone_activation_may_be_too_many() -> None:
    wide = ActivationTable(activation("relu"), Format.parse("paper(30,1)"))
    with pytest.raises(Refused) as caught:
        list(obstacles._values_in_order(wide, most=100))
    assert caught.value.refusal is Refusal.TOO_MANY_PARTS


@pytest.mark.parametrize(("refusal", "forged"), ELSEWHERE)
def test_shared_checks_are_done_in_each_argument(refusal: Refusal, forged: Forged) -> None:
    error = refused(forged.setting, forged.activation, forged.evidence, forged.discharger)
    assert error.refusal is refusal, error


# ---- certificates ----

FMT = Format.parse("paper(2,2)")
RELU = ActivationSide(activation=activation("relu"), output_format=FMT)
SAME = Question(left=RELU, right=RELU, domain=(FMT.codes,))
UNIVERSAL = UniversalityQuestion(
    setting=QuantizationScheme(format=FMT), activation=activation("relu")
)
NONE = packing.packed(Proof.of([((), ())]))


def certificate(kind: Kind, *proofs: bytes, asked: object = SAME) -> Certificate:
    return Certificate(
        digests=digests(asked),  # type: ignore[arg-type]
        made_by="a forger",
        kind=kind,
        proofs=proofs,
    )


HONEST = exhaustive_kind(SAME)
LARGE = NetworkSide(
    network=Network(
        input_format=FMT,
        inputs=1,
        layers=(
            Layer(
                weights=Matrix.dense(np.ones((MAX_NEURONS, 1), dtype=np.int8)),
                biases=(0,) * MAX_NEURONS,
                input_scale=FMT.scale,
                weight_format=FMT,
                output_format=FMT,
            ),
        ),
    )
)
#: Of more than MAX_NEURONS neurons, since weights count too.
LARGE_SAME = Question(left=LARGE, right=LARGE, domain=(FMT.codes,))
CERTIFICATES = {
    Refusal.OTHER_KIND: certificate(
        Universality(evidence=ConstantActivation(value=0, proof=ProofMethod.TABLE))
    ),
    Refusal.INPUT_COUNT: certificate(CounterexampleInput(input_codes=(1, 1))),
    Refusal.POINT_COUNT: certificate(Exhaustive(points=8, cost=HONEST.cost)),
    Refusal.COST: certificate(Exhaustive(points=HONEST.points, cost=1)),
    Refusal.TOO_MANY_NEURONS: certificate(Propositional(), NONE, asked=LARGE_SAME),
    Refusal.PROOFS_LEFT: certificate(HONEST, NONE),
    Refusal.OUTSIDE_DOMAIN: certificate(CounterexampleInput(input_codes=(4,))),
    Refusal.NO_DIFFERENCE: certificate(CounterexampleInput(input_codes=(1,))),
}


@pytest.mark.parametrize("refusal", CERTIFICATES, ids=lambda refusal: refusal.name)
def test_certificates_are_refused_for_their_reason(refusal: Refusal) -> None:
    question = LARGE_SAME if refusal is Refusal.TOO_MANY_NEURONS else SAME
    with pytest.raises(Refused) as caught:
        recheck_certificate(question, CERTIFICATES[refusal], LIMITS)
    assert caught.value.refusal is refusal


def test_compositions_state_their_inputs() -> None:
    with pytest.raises(Refused) as caught:
        recheck_certificate(SAME, certificate(Composition(points=8)), LIMITS)
    assert caught.value.refusal is Refusal.POINT_COUNT


def test_proofs_of_certificates_are_checked() -> None:
    """That nothing is proved by no step is refused by what checks large proofs, too."""
    with pytest.raises(Refused) as caught:
        recheck_certificate(SAME, certificate(Propositional(), NONE), LIMITS)
    assert caught.value.refusal is Refusal.NO_CONTRADICTION


def test_a_missing_proof_is_refused() -> None:
    given = ConstantActivation(value=0, proof=ProofMethod.SOLVER)
    with pytest.raises(Refused) as caught:
        recheck_certificate(
            UNIVERSAL, certificate(Universality(evidence=given), asked=UNIVERSAL), LIMITS
        )
    assert caught.value.refusal is Refusal.NO_PROOF_LEFT


def test_what_goes_wrong_while_checking_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object) -> None:
        raise LookupError("nowhere")

    monkeypatch.setattr(arguments, "verdict", failing)
    given = Universality(evidence=ConstantActivation(value=0, proof=ProofMethod.TABLE))
    with pytest.raises(Refused, match="LookupError: nowhere") as caught:
        recheck_certificate(UNIVERSAL, certificate(given, asked=UNIVERSAL), LIMITS)
    assert caught.value.refusal is Refusal.NOT_CHECKABLE


def test_a_division_by_zero_that_is_none_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        replay.failed(SAME, Obligation.DEFINEDNESS, "a forger", (1,), Minimality.UNKNOWN)
    assert caught.value.refusal is Refusal.NO_DIVISION_BY_ZERO


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"semantics": 0}, "the meaning of claims changed"),
        ({"networks": ("0" * 64,)}, "a network changed"),
        ({"tables": {"relu": "0" * 64}}, "the table of relu in paper"),
        ({"claim": "0" * 64}, "the claim, or a table that it names changed"),
    ],
)
def test_certificates_of_something_else_establish_nothing(
    changed: dict[str, Any], said: str
) -> None:
    honest = certificate(HONEST)
    assert isinstance(recheck_certificate(SAME, honest, LIMITS), Proved)
    stale = replace(honest, digests=msgspec.structs.replace(honest.digests, **changed))
    found = recheck_certificate(SAME, stale, LIMITS)
    assert isinstance(found, Undecided) and said in found.reason


def test_exhaustive_certificates_of_false_claims_refute_them() -> None:
    """relu and the identity differ at -1, the third input that is tried."""
    other = ActivationSide(activation=activation("identity"), output_format=FMT)
    asked = replace(SAME, right=other)
    found = recheck_certificate(asked, certificate(exhaustive_kind(asked), asked=asked), LIMITS)
    assert isinstance(found, Refuted) and found.counterexample.input_codes == (-1,)


def test_inputs_that_there_is_no_time_for_are_not_taken_to_be_right() -> None:
    over = Limits(timeout_seconds=0)
    found = recheck_certificate(SAME, certificate(HONEST), over)
    assert isinstance(found, Undecided) and "did not end" in found.reason


def quotient(text: str) -> Question:
    """A claim about an expression of one input, which is 0 wherever it is defined."""
    sides = [expression_side((one,), 1, FMT, FMT) for one in (text, "x0")]
    return Question(left=sides[0], right=sides[1], domain=(FMT.codes,))


def test_counterexamples_of_claims_that_may_divide_by_zero_need_a_proof_that_they_do_not() -> None:
    """The difference at 1 is real, and the claim has no meaning at 0."""
    asked = quotient("0 / x0")
    for proofs, refusal in (((), Refusal.NO_PROOF_LEFT), ((NONE,), Refusal.NO_CONTRADICTION)):
        forged = certificate(CounterexampleInput(input_codes=(1,)), *proofs, asked=asked)
        with pytest.raises(Refused) as caught:
            recheck_certificate(asked, forged, LIMITS)
        assert caught.value.refusal is refusal


def test_divisions_that_nothing_is_computed_of_are_internal_errors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clauses, "cnf_of", lambda *_: None)
    with pytest.raises(InternalError, match="has no clauses"):
        recheck.require_defined(quotient("0 / x0"), lambda _: None)
    with pytest.raises(InternalError, match="cannot be evaluated"):
        exhaustive.visited(SAME, Obligation.DEFINEDNESS, Interval(0, 0), LIMITS.deadline())


# ---- proofs ----


def compressed(data: bytes) -> bytes:
    return lzma.compress(data, format=lzma.FORMAT_RAW, filters=packing._FILTERS)


def ints(*numbers: int) -> np.ndarray:
    return np.array(numbers, dtype=np.int32)


def proof(lengths: object, literals: object, counts: object, hints: object) -> Proof:
    return Proof(lengths=lengths, literals=literals, counts=counts, hints=hints)  # type: ignore[arg-type]


CLAUSES = [(1, 2), (1, -2), (-1,)]
#: Proofs of these clauses that are none: literals and hints of each lemma.
STEPS: dict[Refusal, Sequence[tuple[Sequence[int], Sequence[int]]]] = {
    Refusal.RAT_STEP: [((), (-1,))],
    Refusal.HINT: [((), (4,))],
    Refusal.NOT_UNIT: [((), (1,))],
    Refusal.HINTS_GO_ON: [((), (3, 1, 2, 2))],
    Refusal.NO_CONTRADICTION: [((), (3, 1))],
    Refusal.NOT_EMPTY: [((2,), (3, 1))],
}
PROOFS: dict[Refusal, Callable[[], object]] = {
    Refusal.PROOF_BYTES: lambda: packing.unpacked(compressed(b"123")),
    Refusal.PROOF_PARTS: lambda: packing.unpacked(compressed(bytes(12) + bytes(4))),
    Refusal.PROOF_COMPRESSION: lambda: packing.unpacked(b"\xff" * 20),
    Refusal.PROOF_SIZE: lambda: packing.unpacked(zeros(packing.MAX_UNPACKED + 1)),
    Refusal.PROOF_END: lambda: packing.unpacked(NONE + b"more"),
    Refusal.PROOF_NUMBERS: lambda: proof(ints(2), ints(1), ints(0), ints()),
    Refusal.PROOF_LEMMAS: lambda: proof(ints(1), ints(1), ints(), ints()),
    Refusal.PROOF_LEMMA: lambda: proof(
        ints(MAX_LEMMA + 1), np.ones(MAX_LEMMA + 1, dtype=np.int32), ints(0), ints()
    ),
    Refusal.PROOF_LITERAL: lambda: proof(ints(1), ints(0), ints(0), ints()),
}


@pytest.mark.parametrize("refusal", PROOFS, ids=lambda refusal: refusal.name)
def test_proofs_are_refused_for_their_reason(refusal: Refusal) -> None:
    with pytest.raises(Refused) as caught:
        PROOFS[refusal]()
    assert caught.value.refusal is refusal


@pytest.mark.parametrize(
    "way",
    [
        partial(lrat_compiled.check_quickly, worth_it=2**40),
        partial(lrat_compiled.check_compiled, most_work=0),
    ],
)
def test_proofs_are_checked_by_whichever_checker_they_are_given_to(
    way: Callable[..., None],
) -> None:
    """Small ones by the plain checker, large ones too: what would take the compiled one long."""
    with pytest.raises(Refused) as caught:
        way(CLAUSES, Proof.of([((), (3, 1))]))
    assert caught.value.refusal is Refusal.NO_CONTRADICTION


@pytest.mark.parametrize("refusal", STEPS, ids=lambda refusal: refusal.name)
def test_both_checkers_refuse_a_lemma_for_its_reason(
    refusal: Refusal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one is not compiled here, as that takes seconds."""
    monkeypatch.setattr(lrat_compiled, "_compiled", lambda: lrat_compiled._check)
    monkeypatch.setattr(lrat_compiled, "is_available", lambda: True)
    quickly = partial(lrat_compiled.check_quickly, worth_it=0)
    for way in (check, quickly):
        with pytest.raises(Refused) as caught:
            way(CLAUSES, Proof.of(STEPS[refusal]))
        assert caught.value.refusal is refusal
    with pytest.raises(Refused) as caught:
        quickly(CLAUSES, Proof.of([]))
    assert caught.value.refusal is Refusal.NOT_EMPTY


# ---- all of them ----


def test_every_refusal_has_a_forged_example() -> None:
    alone = {
        Refusal.NO_PROOF_LEFT,
        Refusal.NOT_CHECKABLE,
        Refusal.NO_DIVISION_BY_ZERO,
        Refusal.TOO_MANY_PARTS,
    }
    tampered = {Refusal[name] for name in TAMPERED}
    assert {*Refusal} == {*BY_HAND, *CERTIFICATES, *PROOFS, *STEPS, *tampered, *alone}


def test_every_refusal_is_raised_somewhere() -> None:
    folder = Path(recheck.__file__).parent
    text = "\n".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.py"))
    named = set(re.findall(r"\bRefusal\.([A-Z_]+)", text))
    assert named == {refusal.name for refusal in Refusal}


def test_texts_carry_values() -> None:
    assert len({refusal.value for refusal in Refusal}) == len(Refusal.__members__)
    bare = {r for r in Refusal if not any(field for _, field, *_ in Formatter().parse(r.value))}
    assert bare == {Refusal.NO_ENTRIES, Refusal.NOT_EMPTY}  # nothing was stated there
