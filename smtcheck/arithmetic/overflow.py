"""The one definition of each overflow mode (theory.md#overflow)."""

from __future__ import annotations

from enum import Enum

from smtcheck.arithmetic.operations import Num, Operations, subtract


class Overflow(Enum):
    """What happens to an integer outside lo .. hi; the value is its ap_fixed name."""

    SATURATE = "AP_SAT"  #: the nearest of lo and hi
    WRAP = "AP_WRAP"  #: reduced modulo hi - lo + 1
    SATURATE_SYMMETRIC = "AP_SAT_SYM"  #: clipped to -hi .. hi, so lo itself moves too
    SATURATE_TO_ZERO = "AP_SAT_ZERO"  #: zero


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
