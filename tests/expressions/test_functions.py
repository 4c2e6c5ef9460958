"""Every function against brackets made of Fractions alone, sharing no code with Arb."""

from __future__ import annotations

import time
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from math import isqrt

import pytest
from flint import arb, ctx
from hypothesis import given, settings
from hypothesis import strategies as st

from smtcheck.arithmetic.rounding import Rounding
from smtcheck.errors import InputError
from smtcheck.expressions.enclosures import round_scaled
from smtcheck.expressions.functions import FUNCTIONS, ball_of, function

Bracket = tuple[Fraction, Fraction]

BITS = 150  # the brackets' absolute precision
TINY = Fraction(1, 2**BITS)
LAMBDA = Fraction(10507009873554804934193349852946, 10**31)
ALPHA = Fraction(16732632423543772848170429916717, 10**31)

NAMES = sorted(FUNCTIONS)
EVERYWHERE = [name for name in NAMES if name != "log"]


# ---- brackets: power series whose remainder is bounded by the first term left out ----


def coarser(low: Fraction, high: Fraction) -> Bracket:
    """The bracket, its ends moved outwards to shorter fractions."""
    return Fraction(low // TINY) * TINY, -Fraction(-high // TINY) * TINY


def series(term: Fraction, ratio: Callable[[int], Fraction]) -> Bracket:
    """term + term ratio(1) + term ratio(1) ratio(2) + …, the ratios shrinking or at most 1/2."""
    total, n = Fraction(0), 1
    while abs(term) > TINY or abs(ratio(n)) > Fraction(1, 2):
        total, term, n = total + term, term * ratio(n), n + 1
    left_out = 2 * abs(term)  # at most 1 + 1/2 + 1/4 + … of it
    return coarser(total - left_out, total + left_out) if term else (total, total)


@cache
def exp(x: Fraction) -> Bracket:
    if x < 0:
        low, high = exp(-x)
        return 1 / high, 1 / low
    halvings = int(x).bit_length() + 1
    small = x / 2**halvings
    low, high = series(Fraction(1), lambda n: small / n)
    for _ in range(halvings):
        low, high = coarser(low * low, high * high)
    return low, high


def log(y: Fraction) -> Bracket:
    """log y = k log 2 + 2 atanh((m - 1) / (m + 1)) with y = 2^k m, 2/3 <= m <= 4/3."""

    def near_one(m: Fraction) -> Bracket:
        t = (m - 1) / (m + 1)
        return series(2 * t, lambda n: t * t * Fraction(2 * n - 1, 2 * n + 1))

    k = 0
    while y > Fraction(4, 3):
        y, k = y / 2, k + 1
    while y < Fraction(2, 3):
        y, k = y * 2, k - 1
    low, high = near_one(y)
    # log 2 = - log(3/4) - log(2/3)
    down, up = near_one(Fraction(3, 4)), near_one(Fraction(2, 3))
    two = (-down[1] - up[1], -down[0] - up[0])
    ends = (k * two[0], k * two[1])
    return low + min(ends), high + max(ends)


def arctan_inverse(n: int) -> Bracket:
    return series(Fraction(1, n), lambda i: -Fraction(2 * i - 1, (2 * i + 1) * n * n))


def pi() -> Bracket:  # Machin
    a, b = arctan_inverse(5), arctan_inverse(239)
    return 16 * a[0] - 4 * b[1], 16 * a[1] - 4 * b[0]


def root(bracket: Bracket) -> Bracket:
    ends = [isqrt(int(end * 4**BITS)) for end in bracket]
    return ends[0] * TINY, (ends[1] + 1) * TINY


def times(left: Bracket, right: Bracket) -> Bracket:
    ends = [a * b for a in left for b in right]
    return min(ends), max(ends)


def point(x: Fraction) -> Bracket:
    return x, x


@cache
def half_root_two_over_pi() -> Bracket:
    low, high = pi()
    return root((1 / (2 * high), 1 / (2 * low)))


def phi(x: Fraction) -> Bracket:
    """Phi(x) = 1/2 + e^(-x^2/2) / sqrt(2 pi) * (x + x^3/3 + x^5/15 + …)."""
    sums = series(x, lambda n: x * x / (2 * n + 1))
    low, high = times(times(half_root_two_over_pi(), exp(-x * x / 2)), sums)
    return Fraction(1, 2) + low, Fraction(1, 2) + high


def erf(x: Fraction) -> Bracket:
    """erf(x) = 2 e^(-x^2) / sqrt(pi) * (x + 2 x^3/3 + 4 x^5/15 + …)."""
    low, high = pi()
    factor = root((4 / high, 4 / low))
    return times(times(factor, exp(-x * x)), series(x, lambda n: 2 * x * x / Fraction(2 * n + 1)))


def of_exp(x: Bracket, rising: Callable[[Fraction], Fraction]) -> Bracket:
    """An increasing rational function of e^x."""
    return rising(exp(x[0])[0]), rising(exp(x[1])[1])


def sigmoid(x: Bracket) -> Bracket:
    return of_exp(x, lambda e: e / (1 + e))


def gelu_tanh(x: Fraction) -> Bracket:
    cubic = x + Fraction(44715, 10**6) * x**3
    low, high = half_root_two_over_pi()
    return times(point(x), sigmoid(times(point(4 * cubic), (low, high)))) if x else point(x)


def mish(x: Fraction) -> Bracket:
    return times(point(x), of_exp(point(x), lambda e: 1 - 2 / ((1 + e) ** 2 + 1)))


def softplus(x: Fraction) -> Bracket:
    low, high = exp(x)
    return log(1 + low)[0], log(1 + high)[1]


def below_zero(x: Fraction, slope: Fraction, depth: Fraction) -> Bracket:
    return of_exp(point(x), lambda e: depth * (e - 1)) if x < 0 else point(slope * x)


REFERENCE: dict[str, Callable[[Fraction], Bracket]] = {
    "sigmoid": lambda x: sigmoid(point(x)),
    "tanh": lambda x: of_exp(point(x), lambda e: 1 - 2 / (e * e + 1)),
    "erf": erf,
    "exp": exp,
    "log": log,
    "elu": lambda x: below_zero(x, Fraction(1), Fraction(1)),
    "selu": lambda x: below_zero(x, LAMBDA, LAMBDA * ALPHA),
    "softplus": softplus,
    "silu": lambda x: times(point(x), sigmoid(point(x))),
    "gelu": lambda x: times(point(x), phi(x)),
    "gelu_tanh": gelu_tanh,
    "mish": mish,
    "sin": lambda x: series(x, lambda n: -x * x / ((2 * n) * (2 * n + 1))),
    "cos": lambda x: series(Fraction(1), lambda n: -x * x / ((2 * n - 1) * (2 * n))),
}


def naively_rounded(x: Fraction, mode: Rounding) -> int:
    """theory.md#rounding, word by word."""
    f, half = x.numerator // x.denominator, Fraction(1, 2)
    r = x - f
    return (
        f
        + {
            Rounding.FLOOR: False,
            Rounding.TOWARD_ZERO: x < 0 and r > 0,
            Rounding.HALF_UP: r >= half,
            Rounding.HALF_DOWN: r > half,
            Rounding.HALF_TO_ZERO: r > half or (r == half and x < 0),
            Rounding.HALF_AWAY: r > half or (r == half and x >= 0),
            Rounding.HALF_EVEN: r > half or (r == half and f % 2 == 1),
            Rounding.CEILING: r > 0,
        }[mode]
    )


# ---- the tests ----


@cache
def bracket_of(name: str, x: Fraction) -> Bracket:
    return REFERENCE[name](x)


def arguments(name: str) -> list[Fraction]:
    """Every value of three small formats where the function is defined."""
    codes = [Fraction(k, scale) for scale in (1, 3, 16) for k in range(-64, 65)]
    return [x for x in codes if abs(x) <= 8 and (name != "log" or x > 0)]


def test_the_reference_covers_every_function() -> None:
    assert sorted(REFERENCE) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_rounding_of_small_formats(name: str) -> None:
    for x in arguments(name):
        low, high = bracket_of(name, x)
        assert low <= high < low + Fraction(1, 2**40) * (1 + abs(low)), f"the bracket at {x}"
        for scale in (1, 2, 7, 256, 10**6):
            for mode in Rounding:
                expected = naively_rounded(low * scale, mode)
                assert expected == naively_rounded(high * scale, mode), "a bracket too wide"
                assert round_scaled(name, x, scale, mode) == expected, (x, scale, mode)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("bits", [30, 64, 500])
def test_balls_exact_values_and_bounds_hold(name: str, bits: int) -> None:
    known = FUNCTIONS[name]
    for x in arguments(name):
        low, high = bracket_of(name, x)
        with ctx.workprec(600):
            bracket = ball_of(low).union(ball_of(high))
        with ctx.workprec(bits):
            assert known.ball(ball_of(x)).overlaps(bracket), x
        exact = known.exact(x)
        if exact is not None:
            assert low <= exact <= high
        else:
            assert low < high, "the bracket is exact where the function claims nothing"
            above, below = known.strictly_between(x)
            assert above is None or above < low, x
            assert below is None or high < below, x
        assert known.range[0] is None or known.range[0] < high
        assert known.range[1] is None or low < known.range[1]


@pytest.mark.parametrize("name", NAMES)
def test_a_wide_ball_contains_the_values_inside(name: str) -> None:
    known = FUNCTIONS[name]
    for middle in range(-6, 7):
        for radius in (Fraction(1, 1000), Fraction(1), Fraction(5)):
            wide = arb(middle, ball_of(radius))
            if name == "log" and not wide > 0:
                continue
            values = known.ball(wide)
            for part in range(-4, 5):
                inside = known.ball(ball_of(middle + radius * part / 4))
                assert values.overlaps(inside), (middle, radius, part)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("exponent", [-3000, -62, 40, 62, 1000])
def test_extreme_arguments_are_quick_and_inside_their_bounds(name: str, exponent: int) -> None:
    began = time.process_time()
    for x in (Fraction(2) ** exponent, -(Fraction(2) ** exponent)):
        known = FUNCTIONS[name]
        if known.exact(x) is None and (name != "log" or x > 0):
            above, below = known.strictly_between(x)
            with ctx.workprec(128):
                ball = known.ball(ball_of(x))
                assert above is None or not ball < ball_of(above)
                assert below is None or not ball > ball_of(below)
    assert time.process_time() - began < 1


@pytest.mark.parametrize("name", NAMES)
def test_balls_are_accurate_in_both_tails(name: str) -> None:
    with ctx.workprec(64):
        for x in (-100, -30, -8, -1, 1, 8, 30, 100):
            if name != "log" or x > 1:
                assert FUNCTIONS[name].ball(arb(x)).rel_accuracy_bits() > 40, x


INCREASING = {"sigmoid", "tanh", "erf", "exp", "elu", "selu", "softplus"}


def test_which_functions_increase() -> None:
    assert {name for name in NAMES if FUNCTIONS[name].is_increasing} == INCREASING


@given(st.sampled_from(sorted(INCREASING | {"log"})), st.fractions(), st.fractions())
@settings(max_examples=200, deadline=None)
def test_increasing_functions_increase(name: str, x: Fraction, y: Fraction) -> None:
    low, high = min(x, y), max(x, y)
    if name != "log" or low > 0:
        with ctx.workprec(300):
            assert not FUNCTIONS[name].ball(ball_of(low)) > FUNCTIONS[name].ball(ball_of(high))


@pytest.mark.parametrize("name", sorted({"silu", "gelu", "gelu_tanh", "mish", "sin", "cos"}))
def test_the_others_do_not_increase(name: str) -> None:
    values = [REFERENCE[name](Fraction(k))[0] for k in range(-8, 8)]
    assert values != sorted(values)


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"'sigmoids'.*gelu_tanh.*softplus"):
        function("sigmoids")
