"""The transcendental activations: what is known about each real function.

A rounding of f(x) is decided by enclosing f(x) in a ball (Arb) narrow enough to
miss every other rounding cell.  Two cases defeat balls at any precision, and
are settled by proof, written beside the definitions below:

- f(x) is itself the edge of a cell: then it is rational, and `exact` says so;
- f(x) is closer to an edge than any sensible precision can see, such as
  sigmoid(2^40) below 1: `strictly_between` then knows on which side it lies.

By Lindemann-Weierstrass, e^x is transcendental at every rational x != 0, and so
is each nonconstant rational function of it (sigmoid, tanh, elu, selu, silu,
mish), sin and cos.  softplus(x) = r and log(x) = r would say e^r = 1 + e^x and
e^r = x: the first is a linear relation between powers of e whose exponents 0, x
and r differ (r > max(x, 0)), the second forces r = 0.  So `exact` is complete
for these.  For erf, gelu and gelu_tanh nothing is claimed beyond x = 0: a value
that were rational after all would never be decided, and be refused, not guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from types import MappingProxyType

from flint import arb, fmpq

from smtcheck.errors import InputError

Bounds = tuple[Fraction | None, Fraction | None]  #: open; None is unbounded

_ZERO, _HALF, _ONE = Fraction(0), Fraction(1, 2), Fraction(1)

#: The published decimals are the definition (arXiv 1706.02515; PyTorch, Keras).
SELU_LAMBDA = Fraction("1.0507009873554804934193349852946")
SELU_ALPHA = Fraction("1.6732632423543772848170429916717")
_SELU_DEPTH = SELU_LAMBDA * SELU_ALPHA

_GELU_CUBIC = fmpq(44715, 1000000)  # 0.044715


class Growth(Enum):
    """What is known about the direction of a function."""

    INCREASING = "strictly increasing wherever it is defined"
    UNCLAIMED = "no claim"


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A real function, with everything that proves roundings of it."""

    name: str
    #: The value at a rational where the value is provably rational, else None.
    exact: Callable[[Fraction], Fraction | None]
    #: An enclosure of the values on a ball of any radius, at flint's precision.
    ball: Callable[[arb], arb]
    #: Open bounds of the value at a rational where `exact` gives None.
    strictly_between: Callable[[Fraction], Bounds]
    growth: Growth = Growth.UNCLAIMED
    #: Open bounds of the values at all real arguments.
    range: Bounds = (None, None)
    #: The function is defined strictly above this; None is everywhere.
    domain_above: Fraction | None = None

    @property
    def is_increasing(self) -> bool:
        """Whether it provably increases on all of the real line."""
        return self.growth is Growth.INCREASING and self.domain_above is None


def function(name: str) -> Function:
    """The registered function; InputError for a name that is none."""
    try:
        return FUNCTIONS[name]
    except KeyError:
        known = ", ".join(sorted(FUNCTIONS))
        raise InputError(
            f"no function is called {name!r:.40}: the known ones are {known}"
        ) from None


def ball_of(x: Fraction) -> arb:
    """The rational as a ball; exact where flint's precision holds its bits."""
    return arb(fmpq(x.numerator, x.denominator))


def _only_at(point: int, value: Fraction) -> Callable[[Fraction], Fraction | None]:
    return lambda x: value if x == point else None


def _where_not_negative(slope: Fraction) -> Callable[[Fraction], Fraction | None]:
    return lambda x: slope * x if x >= 0 else None


# sigmoid(x) = 1 / (1 + e^-x).  For x > 0 it lies in (1/2, 1) and, being concave
# there, under its tangent 1/2 + x/4.  sigmoid(-x) = 1 - sigmoid(x) mirrors this.


def _sigmoid(x: arb) -> arb:
    if x < 0:  # e^-x may exceed even Arb's exponents
        power = x.exp()
        return power / (1 + power)
    return 1 / (1 + (-x).exp())


def _sigmoid_bounds(x: Fraction) -> Bounds:
    tangent = _HALF + x / 4
    return (_HALF, min(_ONE, tangent)) if x > 0 else (max(_ZERO, tangent), _HALF)


# tanh and erf are odd with values in (-1, 1); tanh(x) < x for x > 0 as tanh' < 1.


def _tanh_bounds(x: Fraction) -> Bounds:
    return (_ZERO, min(x, _ONE)) if x > 0 else (max(x, -_ONE), _ZERO)


def _erf_bounds(x: Fraction) -> Bounds:
    return (_ZERO, _ONE) if x > 0 else (-_ONE, _ZERO)


# e^x is positive and, being convex, over its tangent 1 + x; it is below 1 for x < 0.


def _exp_bounds(x: Fraction) -> Bounds:
    return max(_ZERO, 1 + x), _ONE if x < 0 else None


# elu(x) = max(x, 0) + (e^min(x, 0) - 1), as one expression that also encloses balls
# around 0; for x < 0 it lies in (-1, 0) and over x.  selu(x) = lambda max(x, 0) +
# lambda alpha (e^min(x, 0) - 1).


def _elu(x: arb) -> arb:
    return x.max(arb(0)) + x.min(arb(0)).expm1()


def _elu_bounds(x: Fraction) -> Bounds:
    return max(-_ONE, x), _ZERO


def _selu(x: arb) -> arb:
    rise, dip = x.max(arb(0)), x.min(arb(0)).expm1()
    return ball_of(SELU_LAMBDA) * rise + ball_of(_SELU_DEPTH) * dip


def _selu_bounds(x: Fraction) -> Bounds:
    return _SELU_DEPTH * max(-_ONE, x), _ZERO


# softplus(x) = log(1 + e^x) = max(x, 0) + log(1 + e^-|x|), whose last term is positive.


def _softplus(x: arb) -> arb:
    return x.max(arb(0)) + (-abs(x)).exp().log1p()


def _softplus_bounds(x: Fraction) -> Bounds:
    return max(_ZERO, x), None


# silu(x) = x sigmoid(x); gelu(x) = x Phi(x) = x erfc(-x / sqrt 2) / 2; gelu_tanh(x) =
# x (1 + tanh u) / 2 = x sigmoid(2u) with u = sqrt(2/pi) (x + 0.044715 x^3), which has
# the sign of x.  The factor of x lies in (1/2, 1) for x > 0 and in (0, 1/2) for x < 0,
# so all three lie in (x/2, x) for x > 0 and in (x/2, 0) for x < 0.


def _silu(x: arb) -> arb:
    return x * _sigmoid(x)


def _gelu(x: arb) -> arb:
    return x * (-x / arb(2).sqrt()).erfc() / 2


def _gelu_tanh(x: arb) -> arb:
    inner = (2 / arb.pi()).sqrt() * (x + _GELU_CUBIC * x**3)
    return x * _sigmoid(2 * inner)


def _gated_bounds(x: Fraction) -> Bounds:
    return x / 2, max(x, _ZERO)


# mish(x) = x tanh(softplus(x)) = x ((1 + w)^2 - 1) / ((1 + w)^2 + 1) with w = e^x.  The
# factor of x increases from 0 to 1 through 3/5 at x = 0, so mish(x) > 3x/5.


def _mish(x: arb) -> arb:
    if x < 0:
        power = x.exp()
        part = power * (power + 2)
        return x * part / (part + 2)
    power = (-x).exp()
    part = 1 + 2 * power
    return x * part / (part + 2 * power**2)


def _mish_bounds(x: Fraction) -> Bounds:
    return x * 3 / 5, max(x, _ZERO)


# sin(x) and cos(x) are irrational at rationals x != 0, hence never -1 or 1 there;
# sin(x) < x for x > 0, sin is odd, and so cos(x) = 1 - 2 sin(x/2)^2 > 1 - x^2/2.


def _sin_bounds(x: Fraction) -> Bounds:
    return (-_ONE, min(x, _ONE)) if x > 0 else (max(x, -_ONE), _ONE)


def _cos_bounds(x: Fraction) -> Bounds:
    return max(-_ONE, 1 - x * x / 2), _ONE


# log(x) < x - 1 for x != 1, the tangent of a concave function; at 1/x: log(x) > 1 - 1/x.


def _log_bounds(x: Fraction) -> Bounds:
    return 1 - 1 / x, x - 1


_DEFINITIONS = (
    Function(
        name="sigmoid",
        exact=_only_at(0, _HALF),
        ball=_sigmoid,
        strictly_between=_sigmoid_bounds,
        growth=Growth.INCREASING,
        range=(_ZERO, _ONE),
    ),
    Function(
        name="tanh",
        exact=_only_at(0, _ZERO),
        ball=arb.tanh,
        strictly_between=_tanh_bounds,
        growth=Growth.INCREASING,
        range=(-_ONE, _ONE),
    ),
    Function(
        name="erf",
        exact=_only_at(0, _ZERO),
        ball=arb.erf,
        strictly_between=_erf_bounds,
        growth=Growth.INCREASING,
        range=(-_ONE, _ONE),
    ),
    Function(
        name="exp",
        exact=_only_at(0, _ONE),
        ball=arb.exp,
        strictly_between=_exp_bounds,
        growth=Growth.INCREASING,
        range=(_ZERO, None),
    ),
    Function(
        name="log",
        exact=_only_at(1, _ZERO),
        ball=arb.log,
        strictly_between=_log_bounds,
        growth=Growth.INCREASING,
        domain_above=_ZERO,
    ),
    Function(
        name="elu",
        exact=_where_not_negative(_ONE),
        ball=_elu,
        strictly_between=_elu_bounds,
        growth=Growth.INCREASING,
        range=(-_ONE, None),
    ),
    Function(
        name="selu",
        exact=_where_not_negative(SELU_LAMBDA),
        ball=_selu,
        strictly_between=_selu_bounds,
        growth=Growth.INCREASING,
        range=(-_SELU_DEPTH, None),
    ),
    Function(
        name="softplus",
        exact=lambda x: None,
        ball=_softplus,
        strictly_between=_softplus_bounds,
        growth=Growth.INCREASING,
        range=(_ZERO, None),
    ),
    Function(name="silu", exact=_only_at(0, _ZERO), ball=_silu, strictly_between=_gated_bounds),
    Function(name="gelu", exact=_only_at(0, _ZERO), ball=_gelu, strictly_between=_gated_bounds),
    Function(
        name="gelu_tanh",
        exact=_only_at(0, _ZERO),
        ball=_gelu_tanh,
        strictly_between=_gated_bounds,
    ),
    Function(name="mish", exact=_only_at(0, _ZERO), ball=_mish, strictly_between=_mish_bounds),
    Function(name="sin", exact=_only_at(0, _ZERO), ball=arb.sin, strictly_between=_sin_bounds),
    Function(name="cos", exact=_only_at(0, _ONE), ball=arb.cos, strictly_between=_cos_bounds),
)

#: Every function by its name.
FUNCTIONS: Mapping[str, Function] = MappingProxyType({each.name: each for each in _DEFINITIONS})
