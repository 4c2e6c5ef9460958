"""The evaluator of scripts itself: it finds values, and notices flawed scripts."""

from __future__ import annotations

import pytest
import z3

from smtcheck.arithmetic.intervals import Interval
from smtcheck.arithmetic.terms import Term
from tests.arithmetic.smtlib import Script

X = "(declare-const x (_ BitVec 4))"
WHOLE = Interval(-8, 7)


def division(remainder: str) -> list[str]:
    """x divided by 3, with an assertion about the remainder t2."""
    return [
        X,
        "(declare-const q0 (_ BitVec 3))",
        "(define-fun t0 () (_ BitVec 5) (bvmul ((_ sign_extend 2) q0) #b00011))",
        "(define-fun t1 () (_ BitVec 5) (bvneg t0))",
        "(define-fun t2 () (_ BitVec 5) (bvadd ((_ sign_extend 1) x) t1))",
        "(assert (bvsle #b00000 t2))",
        f"(assert {remainder})",
    ]


@pytest.mark.parametrize(
    ("body", "width"),
    [
        ("(bvadd x #b0101)", 4),
        ("(bvmul x x)", 4),
        ("(bvneg x)", 4),
        ("((_ sign_extend 3) x)", 7),
        ("((_ extract 2 1) x)", 2),
        ("(concat #b0 x)", 5),
        ("(concat x ((_ extract 1 0) x))", 6),
        ("(ite (bvsle x #b0001) x #b0111)", 4),
        ("(ite (= ((_ extract 0 0) x) #b1) (bvneg x) x)", 4),
    ],
)
def test_each_operation_means_what_z3_means(body: str, width: int) -> None:
    text = f"(define-fun t () (_ BitVec {width}) {body})"
    (found,) = [Script([X, text], {"x": range(-8, 8)})]
    values = found.values(Term("t", Interval(-(2 ** (width - 1)), 2 ** (width - 1) - 1)))
    for code, value in zip(range(-8, 8), values, strict=True):
        known = f"(assert (= x #b{code & 15:04b}))"
        wrong = f"(assert (not (= t (_ bv{value % 2**width} {width}))))"
        solver = z3.Solver()
        solver.add(z3.parse_smt2_string("\n".join([X, text, known, wrong])))
        assert solver.check() == z3.unsat


@pytest.mark.parametrize(
    "body",
    [
        "(bvadd x #b101)",
        "(ite (bvsle x x) x #b1)",
        "((_ extract 4 0) x)",
        "((_ extract 0 1) x)",
        "((_ sign_extend 1) x)",
        "(bvsdiv x x)",
    ],
)
def test_what_a_solver_would_reject_is_rejected(body: str) -> None:
    with pytest.raises(AssertionError):
        Script([X, f"(define-fun t () (_ BitVec 4) {body})"], {"x": [0]})


def test_a_quotient_is_found() -> None:
    script = Script(division("(bvsle t2 #b00010)"), {"x": range(-8, 8)})
    assert script.values(Term("q0", Interval(-4, 3))) == [x // 3 for x in range(-8, 8)]
    assert script.holds.all()


@pytest.mark.parametrize("remainder", ["(bvsle t2 #b00011)", "(bvsle t2 #b00001)"])
def test_a_quotient_with_several_values_or_none_is_noticed(remainder: str) -> None:
    with pytest.raises(AssertionError, match="q0 has no value, or several"):
        Script(division(remainder), {"x": range(-8, 8)})


def test_a_remainder_whose_word_is_too_narrow_is_noticed() -> None:
    """In four bits x - 3q wraps, so that other quotients pass too."""
    narrow = [
        line.replace("BitVec 5", "BitVec 4")
        .replace("#b000", "#b00")
        .replace("sign_extend 2", "sign_extend 1")
        .replace("((_ sign_extend 1) x)", "x")
        for line in division("(bvsle t2 #b00010)")
    ]
    with pytest.raises(AssertionError, match="q0 has no value, or several"):
        Script(narrow, {"x": range(-8, 8)})


def test_values_outside_the_bounds_or_the_word_are_noticed() -> None:
    script = Script([X], {"x": [3]})
    assert script.values(Term("x", WHOLE)) == [3]
    with pytest.raises(AssertionError, match="leaves its bounds"):
        script.values(Term("x", Interval(-8, 2)))
    with pytest.raises(AssertionError, match="bits wide"):
        script.values(Term("x", Interval(0, 3)))
    with pytest.raises(AssertionError):
        Script([X], {"x": [8]})
