"""Checks of several conditions at once: a forged example for each of them alone.

All else of an example holds, or would be checked only later, so that it is refused for this
condition or not at all.  Where a comparison allows an end, the example is just beyond it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from random import Random

import numpy as np
import pytest
from msgspec.structs import replace

from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.rounding import Rounding
from smtcheck.checking.propositional import lrat_compiled
from smtcheck.checking.propositional.lrat import Proof, check
from smtcheck.checking.refusals import Refusal, Refused
from smtcheck.checking.universality.obstacles import _least
from smtcheck.checking.universality.wrapping import _linear_complexity
from smtcheck.claims.evidence import (
    AffineActivation,
    ByNeurons,
    Congruent,
    Criterion,
    Evidence,
    GeneratingNetworks,
    GeneratingNeuron,
    Inseparable,
    MonotoneActivation,
    Neuron,
    PigeonholeViolation,
    ProofMethod,
    Uncovered,
)
from smtcheck.claims.settings import QuantizationScheme
from tests.checking.test_refusals import (
    CLAUSES,
    DENSE,
    FORMAT,
    GRID,
    STEPS,
    TERNARY,
    Forged,
    closure,
    criterion,
    ends,
    entries,
    gap,
    ints,
    proof,
    refused,
    uncovered,
)
from tests.universality.naive import rank_modulo

IDENTITY = tuple(range(-3, 4))


def crowd(first: int, last: int, *gaps: tuple[int, int, int], step: int = 1) -> Uncovered:
    """For T with values a step apart, of which 0 and the step are given."""
    plain = uncovered(entries((0, 0), (step, step)), step, step, *(gap(*one) for one in gaps))
    return replace(plain, crowd=PigeonholeViolation(first_code=first, last_code=last))


def alike(left: tuple[int, ...], right: tuple[int, ...], proof: str) -> Inseparable:
    return Inseparable(left=left, right=right, proof=ProofMethod(proof))


def repeated(times: int) -> Criterion:
    first, second = entries((0, 0), (1, 1))
    return Criterion(
        entries=(first, second), difference_gcd=1, bias=0, constant=first, repeats=times,
        separation=criterion((0, 0), (1, 1)).separation,
    )  # fmt: skip


def machine(*terms: tuple[int, int]) -> GeneratingNetworks:
    """Whose first layer is one neuron with these terms."""
    return closure(((GeneratingNeuron(bias=0, terms=terms),),), entries((-1, -1), (0, 0)))


def second(*terms: tuple[int, int]) -> GeneratingNetworks:
    """The same of a second layer."""
    gates = ((GeneratingNeuron(bias=0, terms=((0, 1),)),), (GeneratingNeuron(bias=0, terms=terms),))
    return closure(gates, entries((-1, -1), (0, 0)))


def pair(left: int, right: int, shift: int = 4) -> Congruent:
    return Congruent(difference_gcd=1, shift=shift, left=left, right=right)


def units(scale: int) -> ByNeurons:
    """x and -x; of large scales int64 would not hold the sums, which would tell more apart."""
    return ByNeurons(neurons=tuple(Neuron(weight=weight, bias=0) for weight in (scale, -scale)))


def at(code: int) -> Uncovered:
    """That a code is missing, by its residue alone."""
    return uncovered(entries((0, 0), (3, 3)), 3, 3, gap(0, 2, code))


FALLING = MonotoneActivation(direction=-1, proof=ProofMethod.ORDER)
NEITHER = MonotoneActivation(direction=0, proof=ProofMethod.TABLE)
#: Sums that wrap around in int64 would tell the three codes apart; as they are they overflow.
FAR = ByNeurons(neurons=tuple(Neuron(weight=weight, bias=-(2**63)) for weight in (1, -1)))
WRAP2 = "ap_fixed<2,2>"  #: -2 .. 1
OUT = "paper(3,1,AP_RND,AP_SAT_ZERO)"
IN = "paper(3,1,AP_RND,AP_SAT_SYM)"
SEVEN = tuple(range(-7, 8))
TRIPLES = (-3, -3, -3, 0, 3, 3, 3)


def forged(
    refusal: Refusal, text: str, act: str | tuple[int, ...], evidence: Evidence, **setting: object
) -> tuple[Refusal, Forged]:
    return refusal, Forged(text=text, act=act, evidence=evidence, **setting)  # type: ignore[arg-type]


EXAMPLES = [
    # separation and coverage
    forged(Refusal.REPEATS, "paper(1,1)", (0, 0, 1), repeated(1)),
    forged(Refusal.REPEATS, "paper(1,1)", (0, 0, 1), repeated(-1)),
    forged(
        Refusal.SHIFTS_ARE_NO_NEURONS, "paper(1,1)", (0, 0, 1), criterion((0, 0), (1, 1)),
        bias=FORMAT,
    ),
    forged(
        Refusal.NO_UNITS, "codes(-1,2,2)", (0, 0, 0, 1),
        criterion((0, 0), (2, 1), ends((-1, 0), (2, 1))), bias=FORMAT,
    ),
    forged(
        Refusal.NO_UNITS, "paper(1,1)", (0, 0, 1),
        criterion((0, 0), (1, 1), ends((-1, 0), (1, 1))), weights=DENSE, bias=GRID,
    ),
    forged(
        Refusal.NOT_ALMOST_SYMMETRIC, "codes(0,2,1)", (0, 0, 1),
        criterion((0, 0), (2, 1), ends((0, 0), (2, 1))), weights=TERNARY, bias=FORMAT,
    ),
    forged(
        Refusal.NOT_ALMOST_SYMMETRIC, "codes(-1,4,1)", (0, 0, 0, 0, 0, 1),
        criterion((0, 0), (4, 1), ends((-1, 0), (4, 1))), weights=TERNARY, bias=FORMAT,
    ),
    forged(Refusal.LOOKS_ALIKE, "paper(1,1)", (0, 0, 1), criterion((0, 0), (1, 1), FAR)),
    forged(
        Refusal.LOOKS_ALIKE, f"paper(2,{2**62})", (0, 0, 2, 3, -1, 1, 1),
        criterion((-3, 0), (2, 1), units(2**62)), weights=TERNARY,
    ),
    forged(
        Refusal.LOOKS_ALIKE, f"codes(-5,1,{2**61})", (-5, -5, -4, -3, -2, -1, 0),
        criterion((-1, -2), (0, -1), units(2**61)), weights=TERNARY,
    ),
    # two inputs that look alike
    forged(
        Refusal.NOT_ROUNDED_AWAY, "paper(1,3)", (-1, 0, 1), alike((0,), (1,), "rounding"),
        weights=TERNARY, bias=GRID,
    ),
    forged(
        Refusal.NOT_ROUNDED_AWAY, "codes(-3,1,4)", (0, 0, 1, 0, 0), alike((0,), (1,), "rounding"),
        bias=GRID,
    ),
    forged(
        Refusal.NOT_NEAR_A_BIAS, "paper(1,1)", (-1, 0, 1), alike((1,), (0,), "rounding"), bias=GRID
    ),
    forged(
        Refusal.TOLD_APART, "codes(0,2,1)", (0, 0, 1), alike((1,), (2,), "table"),
        weights=TERNARY, bias=FORMAT,
    ),
    forged(Refusal.TOLD_APART, "paper(1,3)", (-1, 0, 1), alike((0,), (1,), "table")),
    forged(
        Refusal.TOLD_APART_BY_SUMS, "codes(0,10,1)", (0, *[1] * 10),
        alike((10, 10), (9, 9), "sums"), weights=DENSE, bias=GRID,
    ),
    forged(
        Refusal.TOLD_APART_BY_SUMS, "paper(1,1)", (0, 0, 1), alike((1, -1), (0, 0), "sums"),
        weights=DENSE, bias=GRID,
    ),
    # codes that no output neuron gives
    forged(
        Refusal.NOT_A_MULTIPLE, "paper(1,1)", "identity",
        uncovered(entries((-1, -1), (1, 1)), 2, 2, proof=ProofMethod.ORDER),
    ),
    forged(Refusal.MODULUS, "paper(1,1)", (0, 0, 0), uncovered(entries((0, 0)), 0, 0)),
    forged(Refusal.TWO_ARGUMENTS, "paper(3,1)", SEVEN, crowd(1, 2, (0, 0, 1))),
    forged(Refusal.CROWD_ZERO, OUT, SEVEN, crowd(-8, -1)),
    forged(Refusal.CROWD_ZERO, OUT, SEVEN, crowd(-1, 0)),
    forged(Refusal.CROWD_ZERO, OUT, SEVEN, crowd(0, 1)),
    forged(Refusal.CROWD_ZERO, OUT, SEVEN, crowd(1, 8)),
    forged(Refusal.CROWD_ENDS, "paper(3,1)", SEVEN, crowd(-7, -6)),
    forged(Refusal.CROWD_ENDS, "paper(3,1)", SEVEN, crowd(6, 7)),
    forged(Refusal.CROWD_ENDS, "codes(-8,7,1,AP_RND,AP_SAT_SYM)", (-8, *SEVEN), crowd(-7, -6)),
    forged(Refusal.NOT_CROWDED, "paper(3,1)", SEVEN, crowd(1, 2)),
    forged(Refusal.NOT_CROWDED, "paper(2,3)", TRIPLES, crowd(-2, -1, step=3)),
    *(
        forged(Refusal.RESIDUES, "paper(2,3)", TRIPLES,
               uncovered(entries((0, 0), (3, 3)), 3, 3, gap(*one, 1)))
        for one in ((-1, 1), (2, 1), (1, 3))
    ),
    forged(Refusal.GAP_END, "paper(2,1)", TRIPLES, at(-3)),
    forged(Refusal.GAP_END, "paper(2,1)", TRIPLES, at(3)),
    forged(Refusal.GAP_END, "codes(-4,3,1,AP_RND,AP_SAT_SYM)", (-3, *TRIPLES), at(-3)),
    forged(Refusal.GAP_END, "codes(-4,3,1,AP_RND,AP_SAT_SYM)", (-3, *TRIPLES), at(-4)),
    forged(
        Refusal.RESIDUE_OUTSIDE, "paper(2,1)", TRIPLES,
        uncovered(entries((0, 0), (3, 3)), 3, 3, gap(0, 0, 1), gap(2, 2, 1)), bias=GRID,
    ),
    # no negative weights
    forged(Refusal.DIRECTION_BY_ORDER, "codes(0,3,2)", "relu", FALLING),
    forged(Refusal.DIRECTION, "codes(0,3,2)", (0, 3, 1, 2), NEITHER),
    # wrapping
    forged(Refusal.SHIFT, WRAP2, (0, 1, 0, 1), pair(-2, 1, shift=1)),
    forged(Refusal.SHIFT, WRAP2, (0, 1, 0, 1), pair(-2, 0, shift=-2)),
    forged(Refusal.PAIR, WRAP2, (0, 1, 0, 0), pair(-3, 1)),
    forged(Refusal.PAIR, WRAP2, (0, 1, 0, 0), pair(-2, 2)),
    forged(
        Refusal.GCD_OF_TABLE, WRAP2, (0, 0, 0, 0),
        Congruent(difference_gcd=0, shift=2, left=-2, right=0),
    ),
    forged(Refusal.ROUNDED, "codes(0,1,1,AP_TRN,AP_WRAP)", (0, 1), AffineActivation(slope=1)),
    forged(Refusal.ROUNDED, "ap_fixed<2,1>", (-2, -1, 0, 1), AffineActivation(slope=1)),
    forged(Refusal.SHIFTED_INPUT, WRAP2, (-1, -1, -1, 0), machine((1, 1))),
    forged(Refusal.SHIFTED_INPUT, WRAP2, (-1, -1, -1, 0), machine((0, 1), (0, 1))),
    forged(Refusal.GATE_INDEX, WRAP2, (-1, -1, -1, 0), second((-1, 1))),
    forged(Refusal.GATE_INDEX, WRAP2, (-1, -1, -1, 0), second((1, 1))),
    forged(Refusal.COEFFICIENT, WRAP2, (-1, -1, -1, 0), second((0, -(2**20) - 1))),
    forged(Refusal.COEFFICIENT, WRAP2, (-1, -1, -1, 0), second((0, 2**20 + 1))),
]  # fmt: skip


@pytest.mark.parametrize(("refusal", "example"), EXAMPLES)
def test_each_condition_alone_refuses(refusal: Refusal, example: Forged) -> None:
    error = refused(example.setting, example.activation, example.evidence, example.discharger)
    assert error.refusal is refusal, error


def test_no_sum_below_the_least_is_rounded_to_a_code() -> None:
    """Sums of a crowd have no more room than there is."""
    for mode, scale in product(Rounding, range(1, 8)):
        setting = QuantizationScheme(format=Format.parse(f"paper(3,{scale},{mode.value},AP_SAT)"))
        for code in range(-6, 7):
            near = range((code - 2) * scale, (code + 2) * scale)
            least = next(number for number in near if setting.rounded(number) >= code)
            assert _least(setting, code) == least, (mode, scale)


# ---- proofs ----


@pytest.mark.parametrize(
    ("refusal", "steps"),
    [(Refusal.HINT, [((), (0,))]), *STEPS.items()],
)
@pytest.mark.parametrize("names", [(1, 2), (2, 1), (10**9, 7), (3, 2**31 - 1)])
def test_both_checkers_refuse_for_the_same_reason(
    refusal: Refusal,
    steps: Sequence[tuple[Sequence[int], Sequence[int]]],
    names: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever numbers variables have: the compiled checker gives them others if they are large."""

    def named(literals: Sequence[int]) -> tuple[int, ...]:
        return tuple(names[abs(one) - 1] * (1 if one > 0 else -1) for one in literals)

    monkeypatch.setattr(lrat_compiled, "_compiled", lambda: lrat_compiled._check)
    given = [named(clause) for clause in CLAUSES]
    for checker in (check, lrat_compiled.check_compiled):
        checker(given, Proof.of([(named((1,)), (1, 2)), ((), (3, 4))]))
        with pytest.raises(Refused) as caught:
            checker(given, Proof.of([(named(literals), hints) for literals, hints in steps]))
        assert caught.value.refusal is refusal


@pytest.mark.parametrize(
    ("refusal", "lengths", "literals", "counts"),
    [
        (Refusal.PROOF_NUMBERS, (1, -1), (), (0, 0)),
        (Refusal.PROOF_NUMBERS, (0, 0), (), (1, -1)),
        (Refusal.PROOF_LITERAL, (1,), (-(2**31),), (0,)),
    ],
)
def test_sizes_that_cancel_and_literals_without_an_opposite(
    refusal: Refusal, lengths: tuple[int, ...], literals: tuple[int, ...], counts: tuple[int, ...]
) -> None:
    with pytest.raises(Refused) as caught:
        proof(ints(*lengths), ints(*literals), ints(*counts), ints())
    assert caught.value.refusal is refusal


# ---- linear complexity ----


@pytest.mark.parametrize("prime", [2, 3, 5])
def test_linear_complexity_is_the_rank_of_all_shifts(prime: int) -> None:
    draw = Random(prime)
    sequences = [list(one) for size in (1, 2, 3, 4) for one in product(range(2), repeat=size)]
    sequences += [
        draw.choices(range(prime), k=size) * draw.choice((1, 1, 2)) for size in [*range(1, 17)] * 3
    ]
    for one in sequences:
        shifts = [one[place:] + one[:place] for place in range(len(one))]
        assert _linear_complexity(np.array(one), prime) == rank_modulo(prime, shifts), one
