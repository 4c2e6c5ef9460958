"""The one definition of each overflow mode (theory.md#overflow)."""

from __future__ import annotations

from enum import Enum

from smtcheck.arithmetic.operations import Num, Operations, subtract


class Overflow(Enum):
    """What happens to an integer outside lo .. hi; the value is its ap_fixed name.

    Attributes
    ----------
    SATURATE
        AP_SAT, saturation: the nearest of lo and hi.
    WRAP
        AP_WRAP, wrap around: reduced modulo hi - lo + 1.
    SATURATE_SYMMETRIC
        AP_SAT_SYM, symmetrical saturation: clipped to -hi .. hi, so lo itself moves too.
    SATURATE_TO_ZERO
        AP_SAT_ZERO, saturation to zero: zero.

    References
    ----------
    proofs/theory.md#overflow; AMD, Vitis HLS user guide UG1399, "Overflow Modes".

    Examples
    --------
    >>> for mode in sc.Overflow:
    ...     fmt = sc.Format(lo=-8, hi=7, scale=1, overflow=mode)
    ...     print(mode.value, [fmt.quantize(value) for value in (-9, -8, 8)])
    AP_SAT [-8, -8, 7]
    AP_WRAP [7, -8, -8]
    AP_SAT_SYM [-7, -7, 7]
    AP_SAT_ZERO [0, -8, 0]
    """

    SATURATE = "AP_SAT"
    WRAP = "AP_WRAP"
    SATURATE_SYMMETRIC = "AP_SAT_SYM"
    SATURATE_TO_ZERO = "AP_SAT_ZERO"


def apply_overflow(ops: Operations[Num], value: Num, lo: int, hi: int, mode: Overflow) -> Num:
    """An integer brought into lo .. hi."""
    match mode:
        case Overflow.SATURATE:
            return _clip(ops, value, lo, hi)
        case Overflow.SATURATE_SYMMETRIC:
            return _clip(ops, value, max(lo, -hi), hi)
        case Overflow.WRAP:
            # value mod N, with the residues named lo .. hi
            residue = ops.modulo(subtract(ops, value, ops.constant(lo)), ops.constant(hi - lo + 1))
            return ops.add(residue, ops.constant(lo))
        case Overflow.SATURATE_TO_ZERO:
            zero = ops.constant(0)
            not_above = ops.choose(value, ops.constant(hi), _clip(ops, value, lo, hi), zero)
            return ops.choose(ops.constant(lo), value, not_above, zero)


def _clip(ops: Operations[Num], value: Num, lo: int, hi: int) -> Num:
    return ops.minimum(ops.maximum(value, ops.constant(lo)), ops.constant(hi))
