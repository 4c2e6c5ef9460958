"""Problems: their models are exactly the inputs that fail, and their text never changes.

All models are enumerated by a solver of python-sat, which is not the one that proofs come
from, and compared with brute force over the domain: by the Fraction reference, or by what
a statement says in words.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import islice, product
from pathlib import Path
from random import Random

import pytest
from pysat.solvers import Glucose4

from smtcheck import reference
from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.intervals import Interval
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.arithmetic.rounding import Rounding
from smtcheck.checking.composition.saturation import Overflows, OverflowSide, threshold
from smtcheck.checking.propositional.clauses import MAX_NEURONS, Cnf, cnf_of, cnf_of_statement
from smtcheck.claims.claim_files import load_claim
from smtcheck.claims.evidence import Neuron
from smtcheck.claims.questions import Obligation, Question
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from smtcheck.claims.statements import Congruence, Indistinct, Injective, Statement
from smtcheck.networks.activations import TableActivation
from smtcheck.networks.layers import Layer
from smtcheck.networks.matrices import Matrix
from tests.arithmetic.cases import plain
from tests.arithmetic.random_networks import random_format
from tests.claims.random_questions import (
    Codes,
    Known,
    expression_side,
    random_questions,
    smallest_first,
)

ROOT = Path(__file__).parents[3]

#: SHA-256 of DIMACS texts.  Proofs in certificates refute these very clauses: where one of
#: these numbers changes, the encoding has changed, and all such certificates must be made
#: anew (and SEMANTICS_VERSION of `claims.digests` raised, if claims mean something else).
GOLDEN: dict[str, str] = {
    "requantize/zero-point-half-up":
        "127e229bfdf4fc7827f74cc60d3cf34e9de544d09e84a617d5c9997c7edf7997",
    "sums/cancel-wrap":
        "7ec618b7925ee6568af0035ea634602bd3b88999395b4fa3eae1534cce5b0dd2",
    "max/unsigned-hidden-16bit":
        "193552f04c0af430cd544df1a578eadc4ac2ac04b4b54666fa7a7e4462c7541c",
    "a statement":
        "71ce2d999fc2b70ad96cda63c49193c2fed7773f074cd6f619b3e3b66c648d89",
}  # fmt: skip


# ---- models ----


def failing_codes(cnf: Cnf) -> set[Codes]:
    """The input codes of all models; bits that do not matter take both values."""
    found: set[Codes] = set()
    with Glucose4(bootstrap_with=cnf.clauses) as solver:
        while solver.solve():
            true = set(solver.get_model())
            inputs = [
                [[bit in true] if bit else [False, True] for bit in bits] for bits in cnf.inputs
            ]
            words = [[number_of(bits) for bits in product(*choices)] for choices in inputs]
            found.update(product(*words))
            decided = [bit for bits in cnf.inputs for bit in bits if bit]
            if not decided:
                break  # every input has been found
            solver.add_clause([-bit if bit in true else bit for bit in decided])
    return found


def number_of(bits: Sequence[bool]) -> int:
    """Two's complement, the lowest bit first."""
    size = 2 ** len(bits)
    natural = sum(2**place for place, bit in enumerate(bits) if bit)
    return natural - size if bits[-1] else natural


def expected_failures(known: Known) -> set[Codes]:
    return {
        point
        for point, left, right in zip(known.points, known.left, known.right, strict=True)
        if any(map(known.differs, left, right))
    }


@pytest.mark.parametrize("seed", range(4))
def test_models_are_the_inputs_at_which_sides_differ(seed: int) -> None:
    """Of random questions; where nothing is undefined, nothing can be said to fail."""
    sizes = set()
    for known in islice(random_questions(seed), 60):
        cnf = cnf_of(known.question, Obligation.AGREEMENT)
        assert cnf is not None
        expected = expected_failures(known)
        assert failing_codes(cnf) == expected, known
        assert_well_formed(cnf)
        sizes.add(len(expected))
        definedness = cnf_of(known.question, Obligation.DEFINEDNESS)
        if definedness is not None:
            assert failing_codes(definedness) == set()
    assert len(sizes) > 10


DIVISIONS = [
    "1 / x0", "1 / (x0 - x1)", "x0 / (x1 * x1 - 1/4)", "x1 / max(x0, x1 + 1)", "x0 + x1",
    "where(x0 > 0, 1 / x0, 2)", "1 / (x0 * x0 + 1)", "1 / (x0 / x1)",
]  # fmt: skip
FMT = Format.parse("ap_fixed<4,3,AP_RND,AP_SAT>")


def code_or_nothing(text: str, point: Codes) -> int | None:
    """None where it divides by zero."""
    try:
        return reference.target_code(text, [FMT.value(code) for code in point], plain(FMT), {})
    except ZeroDivisionError:
        return None


def question_of(texts: tuple[str, str], domain: tuple[Interval, ...], tolerance: int) -> Question:
    left, right = (expression_side((text,), len(domain), FMT, FMT) for text in texts)
    return Question(left=left, right=right, domain=domain, tolerance_ulp=tolerance)


@pytest.mark.parametrize("left", DIVISIONS)
def test_models_are_the_inputs_at_which_a_side_divides_by_zero(left: str) -> None:
    for right, domain in product(DIVISIONS, [((-3, 4), (-2, 2)), ((1, 6), (-7, -2))]):
        axes = tuple(Interval(*ends) for ends in domain)
        question = question_of((left, right), axes, tolerance=1)
        points = smallest_first(axes)
        codes = {p: (code_or_nothing(left, p), code_or_nothing(right, p)) for p in points}
        undefined = {point for point, pair in codes.items() if None in pair}
        cnf = cnf_of(question, Obligation.DEFINEDNESS)
        assert (set() if cnf is None else failing_codes(cnf)) == undefined
        agreement = cnf_of(question, Obligation.AGREEMENT)
        assert agreement is not None
        expected = {p for p in set(points) - undefined if abs(codes[p][0] - codes[p][1]) > 1}
        assert failing_codes(agreement) - undefined == expected


def test_nothing_is_computed_where_no_side_divides() -> None:
    question = question_of(("x0 + x1", "x1"), (Interval(-3, 4),) * 2, tolerance=0)
    assert cnf_of(question, Obligation.DEFINEDNESS) is None
    network = next(random_questions(1)).question.left
    same = Question(
        left=network, right=network, domain=(network.input_format.codes,) * network.inputs
    )
    assert cnf_of(same, Obligation.DEFINEDNESS) is None


@pytest.mark.parametrize(
    "domain", [(-8, 7), (-8, 6), (-7, 7), (0, 7), (-8, -1), (3, 3), (0, 0), (2, 5), (-5, -3)]
)
def test_models_respect_the_domain(domain: tuple[int, int]) -> None:
    """Where every input fails, where none does, and where one of two inputs does not matter."""
    axis = Interval(*domain)
    everything = set(product(range(axis.low, axis.high + 1), repeat=2))
    for texts, expected in [
        (("x0", "x0 + 1 - x0 * 0"), {p for p in everything if p[0] != FMT.hi}),
        (("0", "1"), everything),
        (("x0", "x0"), set()),
        (("x0", "0"), {p for p in everything if p[0] != 0}),
        (("x1", "x0"), {p for p in everything if p[0] != p[1]}),
    ]:
        cnf = cnf_of(question_of(texts, (axis, axis), 0), Obligation.AGREEMENT)
        assert cnf is not None
        assert_well_formed(cnf)
        assert failing_codes(cnf) == expected


# ---- statements ----

#: What a statement denies, in words: whether it fails at a point.
Fails = Callable[[Codes], bool]


def random_table(draw: Random, fmt: Format) -> TableActivation:
    few = draw.sample(range(fmt.lo, fmt.hi + 1), min(fmt.codes.size, draw.choice([1, 2, 3, 99])))
    codes = tuple(draw.choice(few) for _ in range(fmt.codes.size))
    return TableActivation(name="table:t.csv", codes=codes)


def random_congruence(draw: Random) -> tuple[Statement, Fails]:
    fmt = random_format(draw, 24)
    act, modulus = random_table(draw, fmt), draw.choice([0, 0, 1, 2, 3, 4, 6])
    result = draw.choice(act.codes)
    statement = Congruence(activation=act, format=fmt, modulus=modulus, result=result)

    def fails(point: Codes) -> bool:
        difference = act.codes[point[0] - fmt.lo] - result
        return difference % modulus != 0 if modulus else difference != 0

    return statement, fails


def activated(fmt: Format, act: TableActivation, number: int) -> int:
    """T(R(number)), by the reference."""
    code = reference.quantize(Fraction(number, fmt.scale**2), plain(fmt))
    return act.codes[code - fmt.lo]


def random_indistinct(draw: Random) -> tuple[Statement, Fails]:
    fmt = random_format(draw, 5)
    setting = QuantizationScheme(
        format=fmt, weights=draw.choice(list(Weights)), bias=draw.choice(list(Bias))
    )
    act = random_table(draw, fmt)
    left, right = draw.sample(range(fmt.lo, fmt.hi + 1), 2)
    statement = Indistinct(setting=setting, activation=act, left=left, right=right)

    def fails(point: Codes) -> bool:
        weight, bias = point
        if setting.weights is not Weights.FULL:
            weight *= fmt.scale
        if setting.bias is not Bias.EXACT:
            bias *= fmt.scale
        one, other = (activated(fmt, act, weight * code + bias) for code in (left, right))
        return one != other

    return statement, fails


def random_injective(draw: Random) -> tuple[Statement, Fails]:
    fmt = random_format(draw, 14)
    act = random_table(draw, fmt)
    neurons = tuple(
        Neuron(weight=draw.randint(-9, 9), bias=draw.randint(-40, 40))
        for _ in range(draw.randint(1, 3))
    )
    statement = Injective(setting=QuantizationScheme(format=fmt), activation=act, neurons=neurons)

    def fails(point: Codes) -> bool:
        results = [
            [activated(fmt, act, neuron.weight * code + neuron.bias) for neuron in neurons]
            for code in point
        ]
        return point[0] < point[1] and results[0] == results[1]

    return statement, fails


def random_overflows(draw: Random) -> tuple[Statement, Fails]:
    """With thresholds that are right, and others."""
    fmt, size = random_format(draw, draw.choice([3, 6])), 4
    layer = Layer(
        weights=Matrix.dense([[1]]),
        biases=(0,),
        input_scale=draw.choice([1, 2, 3, 8]),
        weight_format=Format.parse("paper(1, 1)"),
        output_format=fmt,
    )
    side = draw.choice(list(OverflowSide))
    end, code = threshold(layer, side, size) or (draw.randint(-3, 3), draw.choice([fmt.lo, fmt.hi]))
    end += draw.choice([0, 0, 1, -1])
    statement = Overflows(layer=layer, side=side, threshold=end, code=code, size=size)

    def fails(point: Codes) -> bool:
        part, rest, bound = point
        found = reference.quantize(Fraction(part + rest, layer.accumulator_scale), plain(fmt))
        if side is OverflowSide.LOW:
            return rest <= bound and part + bound <= end and found != code
        return rest >= bound and part + bound >= end and found != code

    return statement, fails


@pytest.mark.parametrize(
    "make", [random_congruence, random_indistinct, random_injective, random_overflows]
)
def test_models_are_the_points_at_which_a_statement_fails(
    make: Callable[[Random], tuple[Statement, Fails]],
) -> None:
    draw, answers = Random(6), set()
    for _ in range(50):
        statement, fails = make(draw)
        points = smallest_first(statement.domain)
        if len(points) > 600:
            continue
        cnf = cnf_of_statement(statement)
        assert_well_formed(cnf)
        expected = {point for point in points if fails(point)}
        assert failing_codes(cnf) == expected, statement
        answers.add((bool(expected), len(expected) == len(points)))
    assert {(False, False), (True, False)} <= answers


# ---- the text ----


def assert_well_formed(cnf: Cnf) -> None:
    """What CaDiCaL numbers as it is numbered here.

    It would renumber the clauses after a unit, and leave out tautologies and literals that
    are there twice.
    """
    used = {abs(literal) for clause in cnf.clauses for literal in clause}
    assert used == set(range(1, cnf.variables + 1))
    *others, last = cnf.clauses
    assert len(last) == 1
    units = [place for place, clause in enumerate(others) if len(clause) < 2]
    assert units in ([], [0])
    if units:  # the constant: nothing else is said
        assert (others, cnf.variables) == ([(1,)], 1)
    for clause in cnf.clauses:
        assert len({abs(literal) for literal in clause}) == len(clause)
    assert len(set(cnf.clauses)) == len(cnf.clauses) or others == [last]
    bits = [abs(bit) for word in cnf.inputs for bit in word if bit]
    assert len(set(bits)) == len(bits)
    assert set(bits) <= used


def test_texts_say_how_many_clauses_follow() -> None:
    for known in islice(random_questions(9), 10):
        cnf = cnf_of(known.question, Obligation.AGREEMENT)
        assert cnf is not None
        first, *lines = cnf.dimacs()
        assert first == f"p cnf {cnf.variables} {len(lines)}"
        rows = [tuple(map(int, line.split(" "))) for line in lines]
        assert [row[:-1] for row in rows] == list(cnf.clauses)
        assert all(row[-1] == 0 for row in rows)
    known = [("x0", "x0"), ("0", "1")]
    texts = [
        list(cnf_of(question_of(pair, (Interval(-8, 7),), 0), Obligation.AGREEMENT).dimacs())
        for pair in known
    ]
    assert texts == [["p cnf 1 2", "1 0", "-1 0"], ["p cnf 1 2", "1 0", "1 0"]]


def golden_cnfs() -> Iterator[tuple[str, Cnf]]:
    for name in ("requantize/zero-point-half-up", "sums/cancel-wrap", "max/unsigned-hidden-16bit"):
        question = load_claim(ROOT / "proofs" / f"{name}.toml").question
        assert isinstance(question, Question)
        cnf = cnf_of(question, Obligation.AGREEMENT)
        assert cnf is not None
        yield name, cnf
    fmt = Format(lo=-8, hi=7, scale=3, rounding=Rounding.HALF_EVEN, overflow=Overflow.SATURATE)
    layer = Layer(
        weights=Matrix.dense([[1]]),
        biases=(0,),
        input_scale=5,
        weight_format=Format.parse("paper(1, 4)"),
        output_format=fmt,
    )
    statement = Overflows(layer=layer, side=OverflowSide.HIGH, threshold=44, code=7, size=2**16)
    yield "a statement", cnf_of_statement(statement)


def golden_digests() -> dict[str, str]:
    return {
        name: hashlib.sha256("\n".join(cnf.dimacs()).encode()).hexdigest()
        for name, cnf in golden_cnfs()
    }


def test_texts_are_those_that_certificates_were_made_for() -> None:
    assert golden_digests() == GOLDEN


@pytest.mark.parametrize("seed", ["1", "2"])
def test_texts_do_not_depend_on_the_process(seed: str) -> None:
    program = (
        "from tests.checking.propositional.test_clauses import *; print(golden_digests() == GOLDEN)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env=dict(os.environ, PYTHONHASHSEED=seed, PYTHONPATH=str(ROOT)),
        cwd=ROOT,
    )
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_sides_are_as_large_as_the_documents_say() -> None:
    limits = " ".join((ROOT / "docs" / "limits.md").read_text(encoding="utf-8").split())
    assert f"the network has more than {MAX_NEURONS:,} neurons and is not composed" in limits
