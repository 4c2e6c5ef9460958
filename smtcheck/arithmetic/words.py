"""Two's complement words as tuples of literals: adders, multiples, comparisons, choices.

Words of one width give a word of that width: everything is modulo 2^width, and it is for
whoever asks to know that the result fits (`arithmetic.circuits`).  Adders are ripple-carry
ones; multiples add and subtract by the non-adjacent form of the factor, in which no two
nonzero digits stand side by side (Reitwiesner, Binary Arithmetic, Advances in Computers 1, 1960).
"""

from __future__ import annotations

from smtcheck.arithmetic.logic import FALSE, TRUE, Literal, Logic

Bits = tuple[Literal, ...]  #: the lowest first


class Words:
    """Circuits on words, in one graph of gates."""

    def __init__(self, logic: Logic) -> None:
        self.logic = logic

    def sum(self, left: Bits, right: Bits, carry: Literal = FALSE) -> Bits:
        """left + right + carry, modulo 2^width."""
        logic, bits = self.logic, []
        for a, b in zip(left, right, strict=True):
            unequal = logic.xor(a, b)
            bits.append(logic.xor(unequal, carry))
            carry = logic.or_(logic.and_(a, b), logic.and_(unequal, carry))
        return tuple(bits)

    def difference(self, left: Bits, right: Bits) -> Bits:
        """left - right = left + not right + 1, modulo 2^width."""
        return self.sum(left, tuple(-bit for bit in right), TRUE)

    def multiply_constant(self, bits: Bits, factor: int, width_bits: int) -> Bits:
        """factor * word modulo 2^width, by the non-adjacent form of the factor."""
        total = constant_bits(0, width_bits)
        for position, digit in non_adjacent_form(factor):
            shifted = sign_extend_or_truncate((FALSE,) * position + bits, width_bits)
            total = self.sum(total, shifted) if digit > 0 else self.difference(total, shifted)
        return total

    def signed_at_least(self, bits: Bits, threshold: int) -> Literal:
        """word >= threshold."""
        limit = 1 << (len(bits) - 1)
        if not -limit < threshold < limit:
            return TRUE if threshold <= -limit else FALSE
        *others, sign = bits
        shifted = threshold + limit  # with the sign turned round, words compare like naturals
        found = TRUE
        for position, bit in enumerate([*others, -sign]):
            is_set = shifted >> position & 1
            found = self.logic.and_(bit, found) if is_set else self.logic.or_(bit, found)
        return found

    def mux(self, condition: Literal, then: Bits, otherwise: Bits) -> Bits:
        """`then` where the condition is true, else `otherwise`."""
        pairs = zip(then, otherwise, strict=True)
        return tuple(self.logic.mux(condition, a, b) for a, b in pairs)


def constant_bits(value: int, width_bits: int) -> Bits:
    """The word of a number."""
    return tuple(TRUE if value >> i & 1 else FALSE for i in range(width_bits))


def sign_extend_or_truncate(bits: Bits, width_bits: int) -> Bits:
    """Sign-extended, or without the topmost bits."""
    return (bits + bits[-1:] * (width_bits - len(bits)))[:width_bits]


def non_adjacent_form(factor: int) -> list[tuple[int, int]]:
    """(position, 1 or -1): the sum of digit * 2^position, no two of them side by side."""
    digits, position = [], 0
    while factor:
        if factor & 1:
            digit = 2 - (factor & 3)
            digits.append((position, digit))
            factor -= digit
        factor >>= 1
        position += 1
    return digits
