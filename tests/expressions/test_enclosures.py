"""Roundings that are certain: what balls decide, what only proofs decide, what nothing does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import reduce
from itertools import combinations_with_replacement, product

import pytest
from flint import arb, ctx, fmpq
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from smtcheck.arithmetic.rounding import Rounding, round_fraction
from smtcheck.errors import InputError
from smtcheck.expressions import enclosures as reals
from smtcheck.expressions.enclosures import (
    Enclosure,
    Real,
    TooCoarse,
    refine,
    round_scaled,
    rounded,
)
from smtcheck.expressions.functions import FUNCTIONS, ball_of

FLOOR, CEILING, AWAY = Rounding.FLOOR, Rounding.CEILING, Rounding.HALF_AWAY
HUGE = Fraction(2**40)
MIRRORED = {
    Rounding.FLOOR: Rounding.CEILING,
    Rounding.HALF_UP: Rounding.HALF_DOWN,
    Rounding.CEILING: Rounding.FLOOR,
    Rounding.HALF_DOWN: Rounding.HALF_UP,
}  #: round(-v) = -mirrored(v); the other modes mirror themselves

MODES = st.sampled_from(list(Rounding))
NAMES = st.sampled_from(sorted(FUNCTIONS))

# ---- rounding an enclosure ----

GRID = [Fraction(k, 4) for k in range(-5, 6)]
BOUNDS = [None, *(Fraction(k, 2) for k in range(-2, 3)), Fraction(1, 3)]


def is_between(exact: Fraction, value: Enclosure) -> bool:
    above, below = value.above, value.below
    return (above is None or above < exact) and (below is None or exact < below)


def enclosures() -> Iterator[tuple[Enclosure, list[Fraction]]]:
    """Enclosures with ends on a coarse grid, and the numbers of a fine one inside."""
    for low, high in combinations_with_replacement(GRID, 2):
        ball = arb(ball_of((low + high) / 2), ball_of((high - low) / 2))
        ends = (ball.lower().fmpq(), ball.upper().fmpq())  # Arb may have rounded the radius up
        numbers = [
            *ends,
            *(fmpq(k, 24) for k in range(-31, 32) if ends[0] <= fmpq(k, 24) <= ends[1]),
        ]
        fine = [Fraction(int(v.p), int(v.q)) for v in numbers]
        for above, below in product(BOUNDS, BOUNDS):
            if above is None or below is None or above < below:
                value = Enclosure(ball=ball, above=above, below=below)
                yield value, [v for v in fine if is_between(v, value)]


def test_an_enclosure_rounds_exactly_if_its_members_round_alike() -> None:
    for value, inside in enclosures():
        for mode in Rounding:
            images = {round_fraction(v, mode) for v in inside}
            if images:
                expected = images.pop() if len(images) == 1 else None
                assert rounded(value, mode) == expected, (value, mode)


@pytest.mark.parametrize("ball", [arb.nan(), arb(0, arb.pos_inf())])
def test_a_ball_that_says_nothing_leaves_the_bounds(ball: arb) -> None:
    assert rounded(Enclosure(ball=ball, above=Fraction(1)), FLOOR) is None
    assert rounded(Enclosure(ball=ball, above=Fraction(1), below=Fraction(2)), FLOOR) == 1


def test_tiny_and_enormous_balls_never_become_rationals() -> None:
    tiny = (-(arb(2) ** 60)).exp()
    assert [rounded(Enclosure(ball=tiny), mode) for mode in (FLOOR, CEILING, AWAY)] == [0, 1, 0]
    assert [rounded(Enclosure(ball=-tiny), mode) for mode in (FLOOR, CEILING, AWAY)] == [-1, 0, 0]
    for long in (1 / tiny, arb(2) ** 2**40):
        assert rounded(Enclosure(ball=long), FLOOR) is None


def test_contradictory_bounds_are_refused() -> None:
    with pytest.raises(ValueError, match="no number lies strictly between 1 and 1"):
        Enclosure(ball=arb(1), above=Fraction(1), below=Fraction(1))


# ---- functions, scaled and rounded: cases that no precision decides ----

TABLE = {
    ("sigmoid", HUGE, 256): (255, 256, 256),
    ("sigmoid", -HUGE, 256): (0, 1, 0),
    ("sigmoid", Fraction(2**1000), 2): (1, 2, 2),
    ("sigmoid", Fraction(1, 2**9000), 2): (1, 2, 1),
    ("sigmoid", Fraction(1, 2**5000), 2**5003): (2**5002 + 1, 2**5002 + 2, 2**5002 + 2),
    ("exp", -HUGE, 2**70): (0, 1, 0),
    ("exp", Fraction(1, 2**9000), 1): (1, 2, 1),
    ("exp", Fraction(-1, 2**9000), 1): (0, 1, 1),
    ("tanh", Fraction(1, 2**30), 2**40): (2**10 - 1, 2**10, 2**10),
    ("tanh", Fraction(3, 2**9001), 2**9000): (1, 2, 1),
    ("tanh", -HUGE, 10): (-10, -9, -10),
    ("erf", HUGE, 10): (9, 10, 10),
    ("softplus", Fraction(2**50), 2**70): (2**120, 2**120 + 1, 2**120),
    ("softplus", -HUGE, 2**70): (0, 1, 0),
    ("elu", -HUGE, 4): (-4, -3, -4),
    ("elu", Fraction(-1, 2**9000), 2**9000): (-1, 0, -1),
    ("silu", Fraction(2**50), 2): (2**51 - 1, 2**51, 2**51),
    ("gelu", Fraction(-30), 2**20): (-1, 0, 0),
    ("gelu_tanh", -HUGE, 2**20): (-1, 0, 0),
    ("gelu_tanh", Fraction(1, 2**9000), 2**9000): (0, 1, 1),
    ("gelu", Fraction(-1, 2**9000), 2**9000): (-1, 0, 0),
    ("mish", Fraction(2**50), 4): (2**52 - 1, 2**52, 2**52),
    ("mish", Fraction(5, 2**9000), 2**9000): (3, 4, 3),
    ("sin", Fraction(1, 2**9000), 2**9000): (0, 1, 1),
    ("cos", Fraction(1, 2**9000), 8): (7, 8, 8),
    ("log", 1 + Fraction(1, 2**9000), 2**9000): (0, 1, 1),
}


@pytest.mark.parametrize(("name", "x", "scale"), TABLE)
def test_values_next_to_an_edge(name: str, x: Fraction, scale: int) -> None:
    began = time.process_time()
    answers = tuple(round_scaled(name, x, scale, mode) for mode in (FLOOR, CEILING, AWAY))
    assert answers == TABLE[name, x, scale]
    assert time.process_time() - began < 1


@pytest.mark.parametrize("name", ["tanh", "erf", "sin"])
@pytest.mark.parametrize("mode", Rounding)
def test_odd_functions_mirror_the_mode(name: str, mode: Rounding) -> None:
    for x in (*(Fraction(k, 8) for k in range(-40, 41)), HUGE, Fraction(2**62), Fraction(1, 2**99)):
        for scale in (1, 3, 2**20, 2**99):
            mirrored = round_scaled(name, -x, scale, MIRRORED.get(mode, mode))
            assert round_scaled(name, x, scale, mode) == -mirrored


def test_sin_and_cos_of_large_numbers() -> None:
    # by mpmath: sin(2^62) = -0.702922443619208876…, cos(2^62) = -0.711266502976486386…
    x = Fraction(2**62)
    assert round_scaled("sin", x, 10**15, FLOOR) == -702_922_443_619_209
    assert round_scaled("sin", -x, 10**15, FLOOR) == 702_922_443_619_208
    assert round_scaled("cos", x, 10**15, FLOOR) == -711_266_502_976_487
    assert round_scaled("cos", -x, 10**15, FLOOR) == -711_266_502_976_487


def test_ties_at_exact_values() -> None:
    ties = {mode: round_scaled("sigmoid", Fraction(0), 5, mode) for mode in Rounding}
    assert ties == {mode: round_fraction(Fraction(5, 2), mode) for mode in Rounding}
    assert set(ties.values()) == {2, 3}
    assert round_scaled("elu", Fraction(7, 2), 3, Rounding.HALF_EVEN) == 10


def test_clipping_needs_no_long_numbers() -> None:
    for mode in Rounding:
        assert round_scaled("exp", Fraction(2**1000), 256, mode, clip=(-129, 128)) == 128
        assert round_scaled("exp", Fraction(10**6), 256, mode, clip=(-129, 128)) == 128
        assert round_scaled("softplus", HUGE, 256, mode, clip=(-129, 128)) == 128
        assert round_scaled("elu", -HUGE, 256, mode, clip=(-9, 8)) == -9
    with pytest.raises(InputError, match=r"rounding of 256.*could not be decided at 8192 bits"):
        round_scaled("exp", Fraction(10**6), 256, FLOOR)
    with pytest.raises(InputError, match=r"exp\(2\^20000\) could not"):
        round_scaled("exp", Fraction(2**20000), 2**20000, FLOOR)


def is_surely_wrong(value: arb, answer: int, mode: Rounding) -> bool:
    if mode is Rounding.TOWARD_ZERO:
        mode = FLOOR if value > 0 else CEILING
    if mode is FLOOR:
        return bool(value < answer or value >= answer + 1)
    if mode is CEILING:
        return bool(value > answer or value <= answer - 1)
    return bool(2 * abs(value - answer) > 1)


POWERS = st.builds(pow, st.just(Fraction(2)), st.integers(-99, 62))
SCALES = st.builds(lambda bits, factor: factor << bits, st.integers(0, 70), st.integers(1, 9))


@given(NAMES, MODES, st.fractions(), POWERS, SCALES)
@settings(max_examples=300, deadline=None)
def test_roundings_agree_with_4000_bits(
    name: str, mode: Rounding, unit: Fraction, power: Fraction, scale: int
) -> None:
    x = unit * power
    assume(name != "log" or x > 0)
    assume(name != "exp" or x < 2000)
    answer = round_scaled(name, x, scale, mode)
    for low in range(answer - 3, answer + 4):
        clipped = round_scaled(name, x, scale, mode, clip=(low, low + 1))
        assert clipped == min(max(answer, low), low + 1)
    with ctx.workprec(4000):
        exact = FUNCTIONS[name].exact(x)
        value = FUNCTIONS[name].ball(ball_of(x)) if exact is None else ball_of(exact)
        assert not is_surely_wrong(scale * value, answer, mode)


# ---- enclosed arithmetic ----


@st.composite
def enclosed(draw: st.DrawFn) -> tuple[Real, Fraction]:
    """A real and a rational it may stand for."""
    value = Fraction(draw(st.integers(-60, 60)), draw(st.sampled_from([1, 3, 8])))
    if draw(st.booleans()):
        return value, value
    gap = st.sampled_from([None, Fraction(1, 7), Fraction(2), value, -value])
    above, below = draw(gap), draw(gap)
    return Enclosure(
        ball=arb(ball_of(value), ball_of(Fraction(1, draw(st.integers(3, 99))))),
        above=value - above if above is not None and above > 0 else None,
        below=value + below if below is not None and below > 0 else None,
    ), value


def holds(value: Real, exact: Fraction) -> bool:
    """Whether the real may stand for the exact number."""
    if isinstance(value, Fraction):
        return value == exact
    return is_between(exact, value) and value.ball.overlaps(ball_of(exact))


@given(enclosed(), enclosed())
@settings(max_examples=600, deadline=None)
def test_arithmetic_encloses(left: tuple[Real, Fraction], right: tuple[Real, Fraction]) -> None:
    (x, exact_x), (y, exact_y) = left, right
    assert holds(reals.add(x, y), exact_x + exact_y)
    assert holds(reals.multiply(x, y), exact_x * exact_y)
    assert holds(reals.negate(x), -exact_x)
    assert holds(reals.minimum(x, y), min(exact_x, exact_y))
    assert holds(reals.maximum(x, y), max(exact_x, exact_y))
    assert reals.compare(x, y) in (None, (exact_x > exact_y) - (exact_x < exact_y))
    try:
        assert holds(reals.divide(x, y), exact_x / exact_y)
    except TooCoarse:
        assert isinstance(y, Enclosure)
    except ZeroDivisionError:
        assert y == 0
    for name, known in FUNCTIONS.items():
        exact = known.exact(exact_x) if name != "log" or exact_x > 0 else None
        if exact is not None and abs(exact_x) < 99:
            try:
                assert holds(reals.apply(name, x), exact)
            except TooCoarse:
                assert name == "log"


def exp(x: Real) -> Real:
    return reals.apply("exp", x)


def add(*terms: Real) -> Real:
    return reduce(reals.add, terms)


def scaled(factor: int, x: Real) -> Real:
    return reals.multiply(Fraction(factor), x)


def reciprocal(x: Real) -> Real:
    return reals.divide(Fraction(1), x)


def logistic(x: Fraction) -> Real:
    """1 / (1 + exp(-x)), as a user may write it."""
    return reciprocal(add(Fraction(1), exp(-x)))


#: Written out, at points where a strict bound has to survive the arithmetic.
WRITTEN: dict[str, tuple[Callable[[], Real], tuple[int, int]]] = {
    "logistic": (lambda: logistic(HUGE), (0, 1)),
    "-logistic": (lambda: reals.negate(logistic(HUGE)), (-1, 0)),
    "1 / -logistic": (lambda: reciprocal(scaled(-1, logistic(HUGE))), (-2, -1)),
    "2 / (logistic + 1)": (lambda: scaled(2, reciprocal(add(logistic(HUGE), Fraction(1)))), (1, 2)),
    "log(1 + exp)": (lambda: reals.apply("log", add(Fraction(1), exp(-HUGE))), (0, 1)),
    "tanh(exp)": (lambda: reals.apply("tanh", exp(Fraction(999))), (0, 1)),
    "5 - 3 logistic": (lambda: add(Fraction(5), scaled(-3, logistic(HUGE))), (2, 3)),
    "min(exp, exp + 2)": (lambda: reals.minimum(exp(-HUGE), add(exp(-HUGE), Fraction(2))), (0, 1)),
    "max(logistic, 1)": (lambda: reals.maximum(logistic(HUGE), Fraction(1)), (1, 1)),
    "0 exp": (lambda: scaled(0, exp(HUGE)), (0, 0)),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_bounds_survive_in_written_expressions(name: str) -> None:
    expression, answers = WRITTEN[name]
    assert refine(lambda: rounded(expression(), FLOOR), name) == answers[0]
    assert refine(lambda: rounded(expression(), CEILING), name) == answers[1]


def test_comparisons() -> None:
    sigmoid, exact = reals.apply("sigmoid", HUGE), Fraction(1)
    assert [reals.compare(sigmoid, exact), reals.compare(exact, sigmoid)] == [-1, 1]
    assert reals.compare(sigmoid, sigmoid) is None
    assert reals.compare(exact, exact) == 0
    assert reals.compare(Enclosure(ball=arb(2)), exact) == 1
    assert reals.compare(Enclosure(ball=arb(1)), exact) is None


def test_undecided_extrema_hold_both_numbers() -> None:
    narrow, wide = Enclosure(ball=arb(0, 1)), Enclosure(ball=arb(5, 10))
    for left, right in ((narrow, wide), (wide, narrow)):
        assert reals.to_ball(reals.minimum(left, right)).contains(-5)
        assert reals.to_ball(reals.maximum(left, right)).contains(15)


def test_what_cannot_be_decided_is_refused_in_finite_time() -> None:
    precisions = []

    def attempt() -> int | None:
        precisions.append(ctx.prec)
        one = add(reals.apply("sigmoid", Fraction(1)), reals.apply("sigmoid", Fraction(-1)))
        return reals.compare(one, Fraction(1))

    before = ctx.prec
    with pytest.raises(InputError, match="the sum could not be decided at 8192 bits: "):
        refine(attempt, "the sum")
    assert precisions == [64, 128, 256, 512, 1024, 2048, 4096, 8192]
    with pytest.raises(InputError, match="the sum could not be decided at 100 bits: "):
        refine(attempt, "the sum", most_bits=100)
    assert precisions[8:] == [64, 100]
    assert ctx.prec == before


def test_the_precision_is_restored() -> None:
    before = ctx.prec
    assert refine(lambda: ctx.prec if ctx.prec > 200 else None, "the precision") == 256
    with pytest.raises(ZeroDivisionError):
        refine(lambda: rounded(reals.divide(exp(Fraction(1)), Fraction(0)), FLOOR), "1 / 0")
    assert ctx.prec == before


def test_division_by_what_may_be_zero() -> None:
    nearly = add(exp(Fraction(1)), reals.negate(exp(Fraction(1))))
    with pytest.raises(TooCoarse):
        reals.divide(Fraction(1), nearly)
    with pytest.raises(InputError, match="the quotient could not be decided"):
        refine(lambda: rounded(reals.divide(Fraction(1), nearly), FLOOR), "the quotient")


@pytest.mark.parametrize("x", [Fraction(0), Fraction(-1, 3)])
def test_log_is_defined_above_zero(x: Fraction) -> None:
    inside = Enclosure(ball=arb(-1, ball_of(Fraction(1, 2))), below=x)
    for argument in (x, inside, Enclosure(ball=arb(0, 1), below=x)):
        with pytest.raises(InputError, match="log is defined above 0 only"):
            reals.apply("log", argument)
    with pytest.raises(InputError, match="log is defined above 0 only"):
        round_scaled("log", x, 4, FLOOR)
    with pytest.raises(TooCoarse):
        reals.apply("log", Enclosure(ball=arb(0, 1)))
    assert reals.compare(reals.apply("log", Enclosure(ball=arb(1), above=x)), Fraction(9)) == -1
