"""The operations interpreted as circuits: a word is a list of literals.

This is bit-blasting (Kroening and Strichman, Decision Procedures, 2008, chapter 6), and what
propositional certificates speak of.  So each circuit is a function of the inputs, with nothing
assumed: division too is built from gates, digit by digit.

A number is a linear form over atoms, kept symbolic as long as only sums and constant
multiples are asked for, and an atom is a two's complement word, exactly as wide as the
interval of its values needs.  So the same sum, however it was written, is the same adder,
and two sides that sum alike share their accumulators.  Equal words are one atom.

What is known of a number is what its form says of it and what the operation that gave it says
of its operands: either can be the tighter one.  So whatever `Intervals` lets through (a divisor
that is never 0, an index that is in its table) is let through here, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import gcd

from smtcheck.arithmetic.intervals import Interval, Intervals
from smtcheck.arithmetic.logic import FALSE, TRUE, Literal, Logic
from smtcheck.arithmetic.operations import ScalarInterpretation, subtract
from smtcheck.arithmetic.words import Bits, Words, constant_bits, sign_extend_or_truncate

_BOUNDS = Intervals()


@dataclass(frozen=True, slots=True, eq=False)
class Atom:
    """A word; there is one for the same bits and bounds."""

    number: int  #: in the order in which atoms were made
    bits: Bits  #: `bounds.width_bits` of them
    bounds: Interval


@dataclass(frozen=True, slots=True)
class Linear:
    """constant + the sum of coefficient * atom; atoms ascend, coefficients are not 0."""

    terms: tuple[tuple[Atom, int], ...]
    constant: int
    bounds: Interval = field(compare=False)  #: what it does not leave


class Circuits(ScalarInterpretation[Linear]):
    """Circuits under construction."""

    def __init__(self) -> None:
        self.logic = Logic()
        self._words = Words(self.logic)
        self.sums: list[Atom] = []  #: those of several atoms: the accumulators
        self.variables: list[Atom] = []
        self._atoms: dict[tuple[Bits, Interval], Atom] = {}
        self._sums: dict[tuple[tuple[Atom, int], ...], Atom] = {}
        self._quotients: dict[tuple[Linear, Linear], tuple[Linear, Linear]] = {}

    def variable(self, bounds: Interval) -> Linear:
        """A free variable; `within` says that it lies inside its bounds."""
        bits = tuple(self.logic.input() for _ in range(bounds.width_bits))
        found = self._atom(bits, bounds)
        self.variables.append(found)
        return Linear(((found, 1),), 0, bounds)

    def within(self, atom: Atom) -> list[Literal]:
        """Literals that are all true exactly where the bits of an atom are inside its bounds."""
        high, low = atom.bounds.high, atom.bounds.low
        return [
            bound
            for bound in (
                self._words.signed_at_least(atom.bits, low),
                -self._words.signed_at_least(atom.bits, high + 1),
            )
            if bound != TRUE
        ]

    def is_positive(self, value: Linear) -> Literal:
        """1 <= value."""
        return self._at_most(self.constant(1), value)

    # the operations ----------------------------------------------------------------------

    def constant(self, value: int) -> Linear:
        return Linear((), value, Interval(value, value))

    def add(self, left: Linear, right: Linear) -> Linear:
        found = _linear((*left.terms, *right.terms), left.constant + right.constant)
        return _within(found, _BOUNDS.add(left.bounds, right.bounds))

    def multiply(self, left: Linear, right: Linear) -> Linear:
        bounds = _BOUNDS.multiply(left.bounds, right.bounds)
        if left.terms and right.terms:
            return _within(self._product(left, right), bounds)
        value, factor = (left, right.constant) if left.terms else (right, left.constant)
        found = _linear([(a, c * factor) for a, c in value.terms], value.constant * factor)
        return _within(found, bounds)

    def floor_divide(self, value: Linear, divisor: Linear) -> Linear:
        """floor((h v + c) / (h d)) = floor((v + floor(c / h)) / d)."""
        bounds = _BOUNDS.floor_divide(value.bounds, divisor.bounds)  # refuses divisors 0
        if not divisor.terms:
            common = gcd(divisor.constant, *(c for _, c in value.terms))
            value, divisor = _floored(value, common), self.constant(divisor.constant // common)
            if divisor.constant == 1:
                return _within(value, bounds)
        return _within(self._divided(value, divisor)[0], bounds)

    def modulo(self, value: Linear, divisor: Linear) -> Linear:
        """Multiples of a constant divisor do not matter."""
        bounds = _BOUNDS.modulo(value.bounds, divisor.bounds)  # refuses divisors 0
        if not divisor.terms:
            size = divisor.constant
            value = _linear([(a, c) for a, c in value.terms if c % size], value.constant % size)
            quotients = _BOUNDS.floor_divide(value.bounds, divisor.bounds)
            if quotients.is_point:
                return _within(self.add(value, self.constant(-size * quotients.low)), bounds)
        return _within(self._divided(value, divisor)[1], bounds)

    def minimum(self, left: Linear, right: Linear) -> Linear:
        bounds = _BOUNDS.minimum(left.bounds, right.bounds)
        return self._chosen(self._at_most(left, right), left, right, bounds)

    def maximum(self, left: Linear, right: Linear) -> Linear:
        bounds = _BOUNDS.maximum(left.bounds, right.bounds)
        return self._chosen(self._at_most(left, right), right, left, bounds)

    def choose(self, left: Linear, right: Linear, then: Linear, otherwise: Linear) -> Linear:
        bounds = _BOUNDS.choose(left.bounds, right.bounds, then.bounds, otherwise.bounds)
        return self._chosen(self._at_most(left, right), then, otherwise, bounds)

    def lookup(self, table: Sequence[int], index: Linear) -> Linear:
        """A tree of multiplexers on the bits of the index, counted from its least value."""
        low, high = index.bounds.low, index.bounds.high
        bounds = _BOUNDS.lookup(table, index.bounds)
        unused = low
        if low > high // 2:  # else leaving out what is never taken costs nothing
            index, unused = self.add(index, self.constant(-low)), 0
        level: list[Bits | None] = [None] * unused
        level += [constant_bits(entry, bounds.width_bits) for entry in table[low : high + 1]]
        for bit in self._bits(index, index.bounds)[:-1]:
            level += [None] * (len(level) % 2)
            pairs = zip(level[::2], level[1::2], strict=True)
            level = [self._entry(bit, zero, one) for zero, one in pairs]
        (root,) = level
        assert root is not None  # the index holds at least one integer
        return self._word(root, bounds)

    # sums --------------------------------------------------------------------------------

    def _bits(self, value: Linear, bounds: Interval) -> Bits:
        """Its word, as wide as these bounds need, which the value is known to keep."""
        width_bits = bounds.width_bits
        if not value.terms:
            return constant_bits(value.constant, width_bits)
        factor, atom = self._primitive(value)
        scaled = self._words.multiply_constant(atom.bits, factor, width_bits)
        return self._words.sum(scaled, constant_bits(value.constant, width_bits))

    def _primitive(self, value: Linear) -> tuple[int, Atom]:
        """value - constant = factor * atom; the atom is a sum without a common factor."""
        (first, coefficient), *others = value.terms
        if not others:
            return coefficient, first
        factor = gcd(*(c for _, c in value.terms)) * (1 if coefficient > 0 else -1)
        terms = tuple((a, c // factor) for a, c in value.terms)
        if terms not in self._sums:
            self._sums[terms] = self._accumulator(terms)
        return factor, self._sums[terms]

    def _accumulator(self, terms: tuple[tuple[Atom, int], ...]) -> Atom:
        """The sum of at least two terms, onto the longest beginning that is there already."""
        bounds = _linear(terms, 0).bounds
        parts = list(terms)
        for length in range(len(terms) - 1, 1, -1):
            factor = gcd(*(c for _, c in terms[:length]))
            known = self._sums.get(tuple((a, c // factor) for a, c in terms[:length]))
            if known is not None:
                parts = [(known, factor), *terms[length:]]
                break
        total: Bits = ()
        partial = Interval(0, 0)
        for atom, coefficient in parts:
            partial = _BOUNDS.add(partial, _multiple(atom, coefficient))
            width_bits = partial.width_bits
            multiple = self._words.multiply_constant(atom.bits, coefficient, width_bits)
            total = (
                self._words.sum(sign_extend_or_truncate(total, width_bits), multiple)
                if total
                else multiple
            )
        found = self._atom(sign_extend_or_truncate(total, bounds.width_bits), bounds)
        self.sums.append(found)
        return found

    def _product(self, left: Linear, right: Linear) -> Linear:
        """(g u + c)(h v + d) = gh uv + gd u + hc v + cd, where u and v are atoms."""
        (g, u), (h, v) = self._primitive(left), self._primitive(right)
        if u.number > v.number:
            (g, u), (h, v), left, right = (h, v), (g, u), right, left
        bounds = _BOUNDS.multiply(u.bounds, v.bounds)
        width_bits = bounds.width_bits
        total = constant_bits(0, width_bits)
        for position, bit in enumerate(v.bits):
            row = tuple(self.logic.and_(bit, other) for other in u.bits)
            shifted = sign_extend_or_truncate((FALSE,) * position + row, width_bits)
            is_sign = position == len(v.bits) - 1
            total = (
                self._words.difference(total, shifted)
                if is_sign
                else self._words.sum(total, shifted)
            )
        product = self._word(total, bounds)
        c, d = left.constant, right.constant
        parts = [(atom, coefficient * g * h) for atom, coefficient in product.terms]
        return _linear([*parts, (u, g * d), (v, h * c)], g * h * product.constant + c * d)

    # comparisons -------------------------------------------------------------------------

    def _at_most(self, left: Linear, right: Linear) -> Literal:
        """left <= right: a sum of atoms against a constant."""
        difference = subtract(self, right, left)
        bounds = difference.bounds
        if bounds.low >= 0:
            return TRUE
        if bounds.high < 0:
            return FALSE
        factor, atom = self._primitive(difference)
        if factor > 0:  # factor * atom + constant >= 0
            return self._words.signed_at_least(atom.bits, -(difference.constant // factor))
        return -self._words.signed_at_least(atom.bits, difference.constant // -factor + 1)

    def _chosen(
        self, condition: Literal, then: Linear, otherwise: Linear, bounds: Interval
    ) -> Linear:
        """The word where a condition holds, else the other; constants become multiples of a bit."""
        if condition == TRUE or then == otherwise:
            return _within(then, bounds)
        if condition == FALSE:
            return _within(otherwise, bounds)
        if not then.terms and not otherwise.terms:
            if condition < 0:
                condition, then, otherwise = -condition, otherwise, then
            truth = self._atom((condition, FALSE), Interval(0, 1))
            return _linear([(truth, then.constant - otherwise.constant)], otherwise.constant)
        words = self._bits(then, bounds), self._bits(otherwise, bounds)
        return self._word(self._words.mux(condition, *words), bounds)

    def _entry(self, bit: Literal, zero: Bits | None, one: Bits | None) -> Bits | None:
        """`one` where the bit is set, else `zero`; None stands for an index never taken."""
        if zero is None or one is None:
            return one if zero is None else zero
        return self._words.mux(bit, one, zero)

    # division ----------------------------------------------------------------------------

    def _divided(self, value: Linear, divisor: Linear) -> tuple[Linear, Linear]:
        """Quotient and remainder; the divisor is at least 1."""
        known = self._quotients.get((value, divisor))
        if known is None:
            known = self._quotients[value, divisor] = self._long_division(value, divisor)
        return known

    def _long_division(self, value: Linear, divisor: Linear) -> tuple[Linear, Linear]:
        """Digit by digit, after adding 2^k divisors, so that nothing is negative.

        With q + 2^k in 0 .. 2^(k+1) - 1, q is the word with its topmost bit turned round.
        Dividing by a power of two leaves no gates of it.
        """
        quotients = _BOUNDS.floor_divide(value.bounds, divisor.bounds)
        width_bits = quotients.width_bits
        offset = self.constant(1 << (width_bits - 1))
        raised = self.add(value, self.multiply(divisor, offset))
        whole = Interval(0, max(0, raised.bounds.high))
        bits = self._bits(raised, whole)[:-1]
        limit = Interval(0, divisor.bounds.high - 1)  # of a remainder; less another divisor, too
        by = sign_extend_or_truncate(self._bits(divisor, divisor.bounds), limit.width_bits)
        rest: Bits = (FALSE,) * limit.width_bits
        digits: list[Literal] = []
        for bit in reversed(bits):
            rest = (bit, *rest[:-1])
            less = self._words.difference(rest, by)
            digit = -less[-1]  # rest >= divisor
            rest = self._words.mux(digit, less, rest)
            digits.append(digit)
        digits = [*reversed(digits), *[FALSE] * width_bits][:width_bits]
        quotient = (*digits[:-1], -digits[-1])
        remainders = _BOUNDS.modulo(value.bounds, divisor.bounds)
        return (
            self._word(quotient, quotients),
            self._word(sign_extend_or_truncate(rest, remainders.width_bits), remainders),
        )

    # atoms -------------------------------------------------------------------------------

    def _word(self, bits: Bits, bounds: Interval) -> Linear:
        """A number by its bits."""
        if bounds.is_point:
            return self.constant(bounds.low)
        if all(abs(bit) == TRUE for bit in bits):
            *others, sign = [bit == TRUE for bit in bits]
            return self.constant(sum(b << i for i, b in enumerate(others)) - (sign << len(others)))
        return Linear(((self._atom(bits, bounds), 1),), 0, bounds)

    def _atom(self, bits: Bits, bounds: Interval) -> Atom:
        key = bits, bounds
        if key not in self._atoms:
            self._atoms[key] = Atom(len(self._atoms), bits, bounds)
        return self._atoms[key]


def _linear(terms: Sequence[tuple[Atom, int]], constant: int) -> Linear:
    """A linear form in its one way of writing."""
    coefficients: dict[Atom, int] = {}
    for atom, coefficient in terms:
        coefficients[atom] = coefficients.get(atom, 0) + coefficient
    kept = [(atom, coefficient) for atom, coefficient in coefficients.items() if coefficient]
    kept.sort(key=lambda term: term[0].number)
    bounds = _BOUNDS.constant(constant)
    for atom, coefficient in kept:
        bounds = _BOUNDS.add(bounds, _multiple(atom, coefficient))
    return Linear(tuple(kept), constant, bounds)


def _multiple(atom: Atom, coefficient: int) -> Interval:
    """Bounds of coefficient * atom."""
    return _BOUNDS.multiply(_BOUNDS.constant(coefficient), atom.bounds)


def _within(value: Linear, bounds: Interval) -> Linear:
    """The same number, which is known to keep these bounds, too."""
    low, high = max(value.bounds.low, bounds.low), min(value.bounds.high, bounds.high)
    return Linear(value.terms, value.constant, Interval(low, high))


def _floored(value: Linear, common: int) -> Linear:
    """floor(value / common), where the divisor is one of all coefficients."""
    found = _linear([(a, c // common) for a, c in value.terms], value.constant // common)
    return _within(found, _BOUNDS.floor_divide(value.bounds, _BOUNDS.constant(common)))
