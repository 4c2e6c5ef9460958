"""Real numbers, exact or enclosed: enough to round them with certainty.

A real is a Fraction, or an `Enclosure`: a ball that contains it (ball arithmetic by Arb;
Johansson, IEEE Transactions on Computers 2017), and open rational bounds that hold by
proof where no ball could show them.  Every
operation encloses the true result at whatever precision flint is set to, so the
precision decides only how narrow the balls are, never whether an answer is
right.  An answer is an answer only when the whole enclosure gives it; otherwise
`refine` repeats the computation at twice the precision (Ziv, ACM Transactions on
Mathematical Software 1991), and refuses at the end.

Rounding sees a number only through its place on the grid of halves:

    place(v) = floor(2v) + ceil(2v)      (even on the grid: 2v * 2; odd between)

All rounding modes are constant on a place and monotone, and place(v) / 4 is a
number at the place of v; so a value between two places that round alike is
rounded, and an open bound excludes the place of the bound itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import TypeAlias, TypeVar

from flint import arb, ctx

from smtcheck.arithmetic.integers import Integers
from smtcheck.arithmetic.rounding import Rounding, round_fraction, round_quotient
from smtcheck.errors import InputError, shown_number
from smtcheck.expressions.functions import Bounds, Function, Growth, ball_of, function

FIRST_BITS = 64  #: the working precision of the first attempt
MOST_BITS = 8192  #: the working precision of the last attempt

_LONGEST = arb((1, 1 << 20))  # integers beyond 2^(2^20) are not written out
_INTEGERS = Integers()

T = TypeVar("T")


class TooCoarse(Exception):
    """The enclosures at this precision do not settle what was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """A real inside `ball`, strictly over `above` and strictly under `below`.

    A ball that is not finite says nothing; a bound that is None is not known.
    """

    ball: arb
    above: Fraction | None = None
    below: Fraction | None = None

    def __post_init__(self) -> None:
        if self.above is not None and self.below is not None and self.above >= self.below:
            raise ValueError(f"no number lies strictly between {self.above} and {self.below}")


Real: TypeAlias = Fraction | Enclosure


def to_ball(value: Real) -> arb:
    """A ball around the value."""
    return ball_of(value) if isinstance(value, Fraction) else value.ball


def add(left: Real, right: Real) -> Real:
    """`left + right`."""
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return left + right
    (left_above, left_below), (right_above, right_below) = _bounds(left), _bounds(right)
    return Enclosure(  # at least one of the two is strictly inside its bounds
        ball=to_ball(left) + to_ball(right),
        above=None if left_above is None or right_above is None else left_above + right_above,
        below=None if left_below is None or right_below is None else left_below + right_below,
    )


def negate(value: Real) -> Real:
    """`-value`."""
    return multiply(Fraction(-1), value)


def multiply(left: Real, right: Real) -> Real:
    """`left * right`."""
    if isinstance(left, Fraction):
        return left * right if isinstance(right, Fraction) else _scaled(right, left)
    if isinstance(right, Fraction):
        return _scaled(left, right)
    return Enclosure(ball=left.ball * right.ball)


def divide(left: Real, right: Real) -> Real:
    """`left / right`; ZeroDivisionError by an exact 0, Undecided by what may be 0."""
    return multiply(left, _reciprocal(right))


def minimum(left: Real, right: Real) -> Real:
    """The smaller of the two: one of them as it is, or a ball around both."""
    order = compare(left, right)
    if order is None:
        return Enclosure(ball=to_ball(left).min(to_ball(right)))
    return left if order <= 0 else right


def maximum(left: Real, right: Real) -> Real:
    """The larger of the two: one of them as it is, or a ball around both."""
    order = compare(left, right)
    if order is None:
        return Enclosure(ball=to_ball(left).max(to_ball(right)))
    return left if order >= 0 else right


def compare(left: Real, right: Real) -> int | None:
    """-1, 0 or 1 as `left` is less, equal or greater; None where that is undecided.

    Only exact numbers are ever found equal.
    """
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return (left > right) - (left < right)
    if _is_surely_less(left, right):
        return -1
    return 1 if _is_surely_less(right, left) else None


def apply(name: str, x: Real) -> Real:
    """The named function at `x`: exact if possible, else enclosed.

    InputError for an unknown name, or where the function has no value; Undecided
    where it may have none.
    """
    known = function(name)
    _require_domain(known, x)
    if isinstance(x, Enclosure):
        (above, _), (_, below) = _bounds_at(known, x.above), _bounds_at(known, x.below)
        return Enclosure(ball=known.ball(x.ball), above=above, below=below)
    exact = known.exact(x)
    if exact is not None:
        return exact
    above, below = known.strictly_between(x)
    return Enclosure(ball=known.ball(ball_of(x)), above=above, below=below)


def rounded(value: Real, mode: Rounding) -> int | None:
    """The value rounded to an integer; None where its enclosure allows several."""
    if isinstance(value, Fraction):
        return round_fraction(value, mode)
    low, high = _places(value)
    if low is None or high is None:
        return None
    lowest = round_quotient(_INTEGERS, low, 4, mode)
    is_certain = low == high or round_quotient(_INTEGERS, high, 4, mode) == lowest
    return lowest if is_certain else None


def refine(attempt: Callable[[], T | None], what: str, most_bits: int = MOST_BITS) -> T:
    """The first answer of `attempt`, run at 64, 128, 256 … bits of precision.

    None and Undecided ask for more precision; InputError, saying `what` was
    asked, when `most_bits` bits do not suffice.
    """
    before, bits = ctx.prec, min(FIRST_BITS, most_bits)
    try:
        while True:
            ctx.prec = bits
            try:
                answer = attempt()
            except TooCoarse:
                answer = None
            if answer is not None:
                return answer
            if bits >= most_bits:
                raise InputError(_refusal(what, most_bits))
            bits = min(2 * bits, most_bits)
    finally:
        ctx.prec = before


def round_scaled(
    name: str,
    x: Fraction,
    scale: int,
    mode: Rounding,
    clip: tuple[int, int] | None = None,
) -> int:
    """round(scale * f(x)) for the named function, with certainty or an InputError.

    With `clip` = (low, high) the rounded number is clipped into low .. high, and
    numbers too long to compute (exp of a million) are no obstacle.
    """
    known = function(name)

    def attempt() -> int | None:
        _require_domain(known, x)
        # the ball alone decides nearly always, in a third of the time
        answer = rounded(Enclosure(ball=known.ball(ball_of(x)) * scale), mode)
        if answer is not None:
            return answer if clip is None else min(max(answer, clip[0]), clip[1])
        return rounded(clipped(multiply(apply(name, x), Fraction(scale)), clip), mode)

    return refine(attempt, f"the rounding of {shown_number(scale)} * {name}({shown_number(x)})")


def clipped(value: Real, clip: tuple[int, int] | None) -> Real:
    """Clipping before rounding is clipping after: rounding is monotone and fixes integers."""
    if clip is None:
        return value
    return maximum(minimum(value, Fraction(clip[1])), Fraction(clip[0]))


def _bounds(value: Real) -> Bounds:
    """Bounds of the value, which are open exactly if it is enclosed."""
    return (value, value) if isinstance(value, Fraction) else (value.above, value.below)


def _scaled(value: Enclosure, factor: Fraction) -> Real:
    if not factor:
        return Fraction(0)
    above = None if value.above is None else value.above * factor
    below = None if value.below is None else value.below * factor
    if factor < 0:
        above, below = below, above
    return Enclosure(ball=value.ball * ball_of(factor), above=above, below=below)


def _reciprocal(value: Real) -> Real:
    if isinstance(value, Fraction):
        return 1 / value
    if value.ball.contains(0):  # true also of a ball that is not finite
        raise TooCoarse
    above, below = value.above, value.below
    if above is not None and above >= 0:  # 1/v decreases over 0, and the bounds swap
        return Enclosure(
            ball=1 / value.ball,
            above=Fraction(0) if below is None else 1 / below,
            below=1 / above if above else None,
        )
    if below is not None and below <= 0:
        return negate(_reciprocal(negate(value)))
    return Enclosure(ball=1 / value.ball)


def _is_surely_less(left: Real, right: Real) -> bool:
    """Whether left < right, of two reals at least one of which is enclosed."""
    if to_ball(left) < to_ball(right):
        return True
    (_, top), (bottom, _) = _bounds(left), _bounds(right)
    return top is not None and bottom is not None and top <= bottom  # one of them is open


def _require_domain(known: Function, x: Real) -> None:
    if known.domain_above is None:
        return
    order = compare(known.domain_above, x)
    if order is None:
        raise TooCoarse
    if order >= 0:
        raise InputError(
            f"{known.name} is defined above {known.domain_above} only, and was asked for a"
            " number that is not: give it a larger argument, such as max(x, 1)"
        )


def _bounds_at(known: Function, x: Fraction | None) -> Bounds:
    """Bounds of the values over and under `x`, by growth, or else of all values."""
    if x is None or known.growth is not Growth.INCREASING:
        return known.range
    if known.domain_above is not None and x <= known.domain_above:
        return None, None
    exact = known.exact(x)
    return known.strictly_between(x) if exact is None else (exact, exact)


def _places(value: Enclosure) -> tuple[int | None, int | None]:
    """The places between which the value lies; None where there is no limit."""
    low, high = _place(value.ball.lower()), _place(value.ball.upper())
    if value.above is not None:  # the place right of `above`
        right = 2 * floor(2 * value.above) + 1
        low = right if low is None else max(low, right)
    if value.below is not None:  # the place left of `below`
        left = 2 * ceil(2 * value.below) - 1
        high = left if high is None else min(high, left)
    return low, high


def _place(end: arb) -> int | None:
    """floor(2v) + ceil(2v) of an exact ball; None if it is not finite, or too long."""
    if not abs(end) < _LONGEST:
        return None
    doubled = 2 * end
    down, up = doubled.floor().unique_fmpz(), doubled.ceil().unique_fmpz()
    return None if down is None or up is None else int(down) + int(up)


def _refusal(what: str, most_bits: int) -> str:
    return (
        f"{what} could not be decided at {most_bits} bits: the exact value may lie on a"
        " boundary, which no enclosure can show; write the expression so that it is rational"
        " there, or give the activation as a table"
    )
