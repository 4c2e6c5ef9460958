"""Terms: exact words, shared definitions, determined quotients; and a solver agrees."""

from __future__ import annotations

import re
from fractions import Fraction
from random import Random

import pytest
import z3

from smtcheck import reference
from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.intervals import Interval
from smtcheck.arithmetic.operations import Num, Operations
from smtcheck.arithmetic.rounding import Rounding, round_ratio
from smtcheck.arithmetic.terms import Term, Terms
from smtcheck.networks.layers import run
from tests.arithmetic.cases import OVERFLOWS, ROUNDINGS, SCALES, plain
from tests.arithmetic.interpretations import by_terms, line
from tests.arithmetic.random_networks import RATIONAL, all_inputs, random_pair
from tests.arithmetic.smtlib import Script, evaluated

#: Everything that SMT-LIB may be asked for: no division, no arrays, no quantifiers.
WORDS = {
    "declare-const", "define-fun", "assert", "BitVec", "extract", "sign_extend", "concat",
    "bvadd", "bvmul", "bvneg", "bvsle", "ite",
}  # fmt: skip


def model_of(terms: Terms, output: Term, codes: tuple[int, ...]) -> int | None:
    """What z3 says the output is at these codes; None if another value is possible too."""
    width = output.bounds.width_bits
    equal = [f"(assert (= x{i} {word(code, terms, i)}))" for i, code in enumerate(codes)]
    declared = f"(declare-const out (_ BitVec {width}))"
    lines = [*terms.lines, declared, f"(assert (= out {output.text}))", *equal]
    solver = z3.SolverFor("QF_BV")
    solver.add(z3.parse_smt2_string("\n".join(lines)))
    assert solver.check() == z3.sat
    out = z3.BitVec("out", width)
    value = solver.model()[out]
    solver.add(out != value)
    return value.as_signed_long() if solver.check() == z3.unsat else None


def word(code: int, terms: Terms, index: int) -> str:
    width = re.search(rf"declare-const x{index} \(_ BitVec (\d+)\)", "\n".join(terms.lines))
    assert width is not None
    return f"#b{code % 2 ** int(width[1]):0{int(width[1])}b}"


@pytest.mark.parametrize("mode", Rounding)
def test_z3_agrees_on_requantization(mode: Rounding) -> None:
    draw = Random(mode.value)
    for scale in SCALES:
        lo, hi, overflow = draw.choice(OVERFLOWS)
        fmt = Format(lo=lo, hi=hi, scale=scale, rounding=mode, overflow=overflow)
        terms = Terms()
        output = fmt.requantize(terms, terms.variable("x0", Interval(-99, 99)), scale)
        for code in draw.sample(range(-99, 100), 3):
            value = Fraction(code, scale * scale)
            assert model_of(terms, output, (code,)) == reference.quantize(value, plain(fmt))


def test_z3_agrees_on_ratios_of_variables() -> None:
    for mode in Rounding:
        terms = Terms()
        top, bottom = (terms.variable(f"x{i}", Interval(i, 20)) for i in range(2))
        output = round_ratio(terms, top, bottom, mode)
        for point in [(0, 1), (7, 2), (9, 6), (20, 8), (19, 20)]:
            expected = reference.round_rational(Fraction(*point), mode.value)
            assert model_of(terms, output, point) == expected


def test_z3_agrees_on_networks() -> None:
    draw = Random(5)
    for _ in range(12):
        pair = random_pair(draw, [2, 2, 1], 8, RATIONAL)
        terms = Terms()
        inputs = [terms.variable(f"x{i}", pair.network.input_format.codes) for i in range(2)]
        (output,) = run(terms, pair.network.layers, inputs)
        for codes in draw.sample(all_inputs(pair.network), 2):
            assert [model_of(terms, output, codes)] == pair.expected(codes)


def test_scripts_use_few_words_and_no_division() -> None:
    terms = Terms()
    x, y = terms.variable("x", Interval(-9, 9)), terms.variable("y", Interval(1, 9))
    for mode, scale in ROUNDINGS:
        Format(lo=-3, hi=5, scale=scale, rounding=mode).requantize(terms, x, scale)
        round_ratio(terms, x, y, mode)
    terms.lookup(list(range(10)), y)
    names = set(re.findall(r"[A-Za-z][A-Za-z_-]+", "\n".join(terms.lines)))
    assert names <= WORDS


def test_words_are_as_narrow_as_their_intervals() -> None:
    terms = Terms()
    x = terms.variable("x", Interval(0, 7))
    assert terms.lines[0] == "(declare-const x (_ BitVec 4))"
    widths = {
        terms.add(x, x): 5,
        terms.multiply(x, x): 7,
        terms.floor_divide(x, terms.constant(2)): 3,
        terms.modulo(x, terms.constant(4)): 3,
        terms.minimum(x, terms.constant(1)): 2,
        terms.floor_divide(x, terms.constant(3)): 3,
    }
    for term, width in widths.items():
        assert term.bounds.width_bits == width
        assert f"{term.text} () (_ BitVec {width})" in text_of(terms) or term.text == "q0"


def text_of(terms: Terms) -> str:
    return "\n".join(terms.lines)


def test_a_variable_is_confined_only_where_its_word_is_not() -> None:
    terms = Terms()
    terms.variable("x", Interval(-4, 3))
    assert terms.lines == ["(declare-const x (_ BitVec 3))"]
    terms.variable("y", Interval(-4, 2))
    assert len(terms.lines) == 4
    for code in range(-4, 4):
        assert bool(Script(terms.lines, {"x": [0], "y": [code]}).holds[0]) == (code <= 2)


def test_equal_subterms_are_defined_once() -> None:
    terms = Terms()
    x, y = terms.variable("x", Interval(-9, 9)), terms.variable("y", Interval(1, 9))
    three = terms.constant(3)

    def everything() -> list[Term]:
        return [
            terms.add(x, y), terms.multiply(x, y), terms.floor_divide(x, three),
            terms.floor_divide(x, y), terms.modulo(x, three), terms.maximum(x, y),
            terms.choose(x, y, three, x), terms.lookup(list(range(10)), y),
        ]  # fmt: skip

    first = everything()
    lines = list(terms.lines)
    assert everything() == first
    assert terms.lines == lines
    assert sum("declare-const q" in text for text in lines) == 2


def test_equal_texts_with_different_bounds_stay_different() -> None:
    terms = Terms()
    wide = terms.variable("x", Interval(0, 7))
    narrow = Term("x", Interval(0, 6))
    minus_one = terms.constant(-1)
    assert terms.add(wide, minus_one).bounds == Interval(-1, 6)
    assert terms.add(narrow, minus_one).bounds == Interval(-1, 5)


def test_what_intervals_settle_is_not_computed() -> None:
    terms = Terms()
    x = terms.variable("x", Interval(1, 9))
    zero, one, ten = map(terms.constant, (0, 1, 10))
    before = len(terms.lines)
    assert terms.add(x, zero) == terms.add(zero, x) == x
    assert terms.multiply(x, one) == terms.multiply(one, x) == x
    assert terms.multiply(x, zero) == zero
    assert terms.minimum(x, ten) == terms.maximum(x, zero) == x
    assert terms.minimum(ten, x) == terms.maximum(zero, x) == x
    assert terms.choose(x, ten, x, ten) == terms.choose(ten, x, ten, x) == x
    assert terms.choose(x, x, ten, ten) == ten
    assert terms.minimum(x, one) == terms.minimum(one, x) == one
    assert terms.floor_divide(x, ten) == terms.modulo(x, one) == zero
    assert terms.floor_divide(x, one) == terms.modulo(x, terms.constant(16)) == x
    assert terms.add(terms.constant(-3), terms.constant(4)) == one
    assert len(terms.lines) == before


@pytest.mark.parametrize("shift", range(1, 9))
def test_shifts_by_more_bits_than_the_word_has_leave_the_sign(shift: int) -> None:
    """-1 // 2 is -1, and -3 // 32 too: the word has no such bit to start from."""

    def shifted(ops: Operations[Num], value: Num) -> Num:
        return ops.floor_divide(value, ops.constant(2**shift))

    for low in (-9, -8, -3, -2, -1):
        for high in (0, 1, 3, 7, 8):
            domain = Interval(low, high)
            expected = [code >> shift for (code,) in line(domain)]
            assert by_terms(shifted, [domain], line(domain)) == expected


def test_divisors_with_a_power_of_two_in_them() -> None:
    def halves(divisor: int) -> object:
        return lambda ops, value: ops.add(
            ops.multiply(ops.floor_divide(value, ops.constant(divisor)), ops.constant(1000)),
            ops.modulo(value, ops.constant(divisor)),
        )

    domain = Interval(-70, 90)
    for divisor in range(1, 49):
        expected = [1000 * (n // divisor) + n % divisor for (n,) in line(domain)]
        assert by_terms(halves(divisor), [domain], line(domain)) == expected


def test_modulo_by_a_variable() -> None:
    box = [Interval(-20, 20), Interval(1, 8)]
    points = [(a, b) for a in range(-20, 21) for b in range(1, 9)]
    assert by_terms(lambda ops, a, b: ops.modulo(a, b), box, points) == [a % b for a, b in points]


def test_requirements_restrict_the_script() -> None:
    terms = Terms()
    x = terms.variable("x", Interval(-4, 3))
    terms.require_at_most(x, terms.constant(1))
    terms.require_at_most(terms.constant(-300), x)
    codes = range(-4, 4)
    assert Script(terms.lines, {"x": codes}).holds.tolist() == [code <= 1 for code in codes]
    with pytest.raises(AssertionError, match="exclude an input"):
        evaluated(terms, x, x=[3])
