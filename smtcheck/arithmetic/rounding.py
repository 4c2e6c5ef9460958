"""The one definition of each rounding mode (theory.md#rounding).

Every mode is one floor division after adding an offset that depends on the
mode, the divisor and at most the sign or the parity of the value:

    round(value / divisor) = floor((value + offset) / divisor),  0 <= offset < divisor
"""

from __future__ import annotations

from enum import Enum
from fractions import Fraction

from smtcheck.arithmetic.integers import Integers
from smtcheck.arithmetic.operations import Num, Operations, subtract


class Rounding(Enum):
    """Which integer a number becomes; the value is its ap_fixed (or apytypes) name.

    Attributes
    ----------
    FLOOR
        AP_TRN, towards minus infinity (IEEE 754 roundTowardNegative).
    TOWARD_ZERO
        AP_TRN_ZERO, truncation of the magnitude (IEEE 754 roundTowardZero).
    HALF_UP
        AP_RND, to nearest, ties towards plus infinity.
    HALF_DOWN
        AP_RND_MIN_INF, to nearest, ties towards minus infinity.
    HALF_TO_ZERO
        AP_RND_ZERO, to nearest, ties towards zero (IEEE 754 roundTiesTowardZero).
    HALF_AWAY
        AP_RND_INF, to nearest, ties away from zero (IEEE 754 roundTiesToAway).
    HALF_EVEN
        AP_RND_CONV, convergent: to nearest, ties to the even one (IEEE 754 roundTiesToEven).
    CEILING
        TRN_INF, towards plus infinity (IEEE 754 roundTowardPositive).

    References
    ----------
    proofs/theory.md#rounding; AMD, Vitis HLS user guide UG1399, "Quantization Modes";
    IEEE 754-2019, 4.3 and 9.5.  TRN_INF is apytypes' name: ap_fixed has no such mode.

    Examples
    --------
    >>> from fractions import Fraction
    >>> for mode in sc.Rounding:
    ...     fmt = sc.Format(lo=-8, hi=7, scale=1, rounding=mode)
    ...     print(f"{mode.value:14}", [fmt.quantize(Fraction(n, 2)) for n in (-3, -1, 1, 3)])
    AP_TRN         [-2, -1, 0, 1]
    AP_TRN_ZERO    [-1, 0, 0, 1]
    AP_RND         [-1, 0, 1, 2]
    AP_RND_MIN_INF [-2, -1, 0, 1]
    AP_RND_ZERO    [-1, 0, 0, 1]
    AP_RND_INF     [-2, -1, 1, 2]
    AP_RND_CONV    [-2, 0, 0, 2]
    TRN_INF        [-1, 0, 1, 2]
    """

    FLOOR = "AP_TRN"
    TOWARD_ZERO = "AP_TRN_ZERO"
    HALF_UP = "AP_RND"
    HALF_DOWN = "AP_RND_MIN_INF"
    HALF_TO_ZERO = "AP_RND_ZERO"
    HALF_AWAY = "AP_RND_INF"
    HALF_EVEN = "AP_RND_CONV"
    CEILING = "TRN_INF"


def round_quotient(ops: Operations[Num], value: Num, divisor: int, mode: Rounding) -> Num:
    """`value / divisor` rounded to an integer; the divisor is a positive constant."""
    if divisor == 1:
        return value
    if divisor % 2 and mode in _NEAREST:
        mode = Rounding.HALF_UP  # an odd divisor has no ties, so all of these agree
    return round_ratio(ops, value, ops.constant(divisor), mode)


def round_ratio(ops: Operations[Num], value: Num, divisor: Num, mode: Rounding) -> Num:
    """`value / divisor` rounded to an integer; the divisor is at least 1."""
    shifted = ops.add(value, _offset(ops, value, divisor, mode))
    return ops.floor_divide(shifted, divisor)


def round_fraction(value: Fraction, mode: Rounding) -> int:
    """An exact rational rounded to an integer."""
    return round_quotient(Integers(), value.numerator, value.denominator, mode)


_NEAREST = frozenset(mode for mode in Rounding if mode.name.startswith("HALF"))


def _offset(ops: Operations[Num], value: Num, divisor: Num, mode: Rounding) -> Num:
    """What makes floor division round: `tie_up` sends a tie up, `tie_down` down."""
    none, two = ops.constant(0), ops.constant(2)
    almost_one = ops.add(divisor, ops.constant(-1))
    tie_up, tie_down = ops.floor_divide(divisor, two), ops.floor_divide(almost_one, two)
    match mode:
        case Rounding.FLOOR:
            return none
        case Rounding.CEILING:
            return almost_one
        case Rounding.TOWARD_ZERO:
            return ops.choose(none, value, none, almost_one)
        case Rounding.HALF_UP:
            return tie_up
        case Rounding.HALF_DOWN:
            return tie_down
        case Rounding.HALF_TO_ZERO:
            return ops.choose(none, value, tie_down, tie_up)
        case Rounding.HALF_AWAY:
            return ops.choose(none, value, tie_up, tie_down)
        case Rounding.HALF_EVEN:
            # a tie goes up where the integer below it is odd
            is_odd = ops.modulo(ops.floor_divide(value, divisor), two)
            return ops.add(tie_down, ops.multiply(is_odd, subtract(ops, tie_up, tie_down)))
