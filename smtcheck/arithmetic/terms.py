"""The operations interpreted as bitvector terms, in SMT-LIB 2 (its logic QF_BV).

A term carries the interval of its values and is exactly as wide, in two's
complement, as that interval needs: its width is derived, so it cannot overflow.
Terms are text rather than objects of one solver: what every solver is asked is
what `smtcheck export` writes, and no solver needs to be loaded to ask.

Equal subterms are shared.  A division by a constant that is no power of two
becomes a fresh quotient q with 0 <= value - q * divisor < divisor, which
determines it; no division circuit is ever built.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from smtcheck.arithmetic.intervals import Interval, Intervals
from smtcheck.arithmetic.operations import Affine, ScalarInterpretation, balanced, subtract

_BOUNDS = Intervals()


@dataclass(frozen=True, slots=True)
class Term:
    """A name or literal of a bitvector `bounds.width_bits` wide."""

    text: str
    bounds: Interval


class Terms(ScalarInterpretation[Term]):
    """A script under construction: declarations, definitions and assertions."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._shared: dict[tuple[str, Interval], Term] = {}
        self._quotients: dict[tuple[Term, Term], Term] = {}

    def variable(self, name: str, bounds: Interval) -> Term:
        """A free variable, asserted to lie inside the bounds."""
        width_bits = bounds.width_bits
        self.lines.append(f"(declare-const {name} (_ BitVec {width_bits}))")
        whole = Term(name, Interval(-(2 ** (width_bits - 1)), 2 ** (width_bits - 1) - 1))
        if whole.bounds != bounds:
            self.require_at_most(self.constant(bounds.low), whole)
            self.require_at_most(whole, self.constant(bounds.high))
        return Term(name, bounds)

    def require_at_most(self, left: Term, right: Term) -> None:
        """Assert `left <= right`."""
        self.lines.append(f"(assert {self._at_most(left, right)})")

    def constant(self, value: int) -> Term:
        bounds = _BOUNDS.constant(value)
        return Term(_literal(value, bounds.width_bits), bounds)

    def add(self, left: Term, right: Term) -> Term:
        if left.bounds == _BOUNDS.constant(0):
            return right
        if right.bounds == _BOUNDS.constant(0):
            return left
        return self._apply("bvadd", _BOUNDS.add(left.bounds, right.bounds), left, right)

    def multiply(self, left: Term, right: Term) -> Term:
        if left.bounds.is_point:
            left, right = right, left
        bounds = _BOUNDS.multiply(left.bounds, right.bounds)
        if right.bounds == _BOUNDS.constant(1):
            return left
        if right.bounds == _BOUNDS.constant(-1):
            return self._apply("bvneg", bounds, left)
        return self._apply("bvmul", bounds, left, right)

    def floor_divide(self, value: Term, divisor: Term) -> Term:
        bounds = _BOUNDS.floor_divide(value.bounds, divisor.bounds)
        if bounds.is_point:
            return self.constant(bounds.low)
        if not divisor.bounds.is_point:
            return self._quotient(value, divisor)
        # floor(value / (2^k odd)) = floor(floor(value / 2^k) / odd)
        shift = _trailing_zeros(divisor.bounds.low)
        halved = self._arithmetic_shift(value, shift)
        odd = self.constant(divisor.bounds.low >> shift)
        return halved if odd.bounds.low == 1 else self._quotient(halved, odd)

    def modulo(self, value: Term, divisor: Term) -> Term:
        bounds = _BOUNDS.modulo(value.bounds, divisor.bounds)
        shift = _trailing_zeros(divisor.bounds.low)
        if divisor.bounds == _BOUNDS.constant(1 << shift):
            return self._lowest_bits(value, shift, bounds)
        quotient = self.floor_divide(value, divisor)
        rest = subtract(self, value, self.multiply(quotient, divisor))
        return self._bounded(rest, bounds)

    def minimum(self, left: Term, right: Term) -> Term:
        bounds = _BOUNDS.minimum(left.bounds, right.bounds)
        return self._select(left, right, left, right, bounds)

    def maximum(self, left: Term, right: Term) -> Term:
        bounds = _BOUNDS.maximum(left.bounds, right.bounds)
        return self._select(left, right, right, left, bounds)

    def choose(self, left: Term, right: Term, then: Term, otherwise: Term) -> Term:
        bounds = _BOUNDS.choose(left.bounds, right.bounds, then.bounds, otherwise.bounds)
        return self._select(left, right, then, otherwise, bounds)

    def lookup(self, table: Sequence[int], index: Term) -> Term:
        """A tree of choices on the bits of the index; equal halves are shared."""
        bounds = _BOUNDS.lookup(table, index.bounds)
        low, high = index.bounds.low, index.bounds.high
        entries = [self._widened(entry, bounds) for entry in table[low : high + 1]]
        if high > 2 * len(entries):  # a part far from 0 is counted from its own start
            index = self._bounded(self.add(index, self.constant(-low)), Interval(0, high - low))
            low, high = 0, high - low
        bits = [self._bit(index, i) for i in range(index.bounds.width_bits - 1)]
        after = (1 << len(bits)) - 1 - high
        level: list[Term | None] = [*[None] * low, *entries, *[None] * after]
        for bit in bits:
            level = [
                self._mux(bit, zero, one, bounds)
                for zero, one in zip(level[::2], level[1::2], strict=True)
            ]
        (root,) = level
        assert root is not None  # the index holds at least one integer
        return self._bounded(root, bounds)

    def affine(self, layer: Affine, inputs: tuple[Term, ...]) -> tuple[Term, ...]:
        """Row by row; copies of an input become one, and equal sums are shared.

        The bias comes last and the first weight is made positive, so that rows that
        differ in their bias or their sign only have their sum in common.
        """
        outputs = []
        for index in range(layer.outputs):
            merged: dict[Term, int] = {}
            for column, code in layer.row(index):
                merged[inputs[column]] = merged.get(inputs[column], 0) + code
            outputs.append(self.add(self._weighted(merged), self.constant(layer.biases[index])))
        return tuple(outputs)

    def _weighted(self, weights: dict[Term, int]) -> Term:
        """The sum of weight * term."""
        pairs = [(term, code) for term, code in weights.items() if code]
        pairs.sort(key=lambda pair: pair[0].text)
        if not pairs:
            return self.constant(0)
        sign = 1 if pairs[0][1] > 0 else -1
        products = [self.multiply(term, self.constant(sign * code)) for term, code in pairs]
        return self.multiply(balanced(self.add, products), self.constant(sign))

    def _mux(self, bit: str, zero: Term | None, one: Term | None, bounds: Interval) -> Term | None:
        """`one` where the bit is set, else `zero`; None stands for an index never taken."""
        if zero is None or one is None or zero == one:
            return one if zero is None else zero
        return self._define(f"(ite (= {bit} #b1) {one.text} {zero.text})", bounds)

    def _bit(self, term: Term, position: int) -> str:
        return self._define(
            f"((_ extract {position} {position}) {term.text})", Interval(-1, 0)
        ).text

    def _widened(self, value: int, bounds: Interval) -> Term:
        return Term(_literal(value, bounds.width_bits), bounds)

    def _select(
        self, left: Term, right: Term, then: Term, otherwise: Term, bounds: Interval
    ) -> Term:
        if bounds.is_point:
            return self.constant(bounds.low)
        if left.bounds.high <= right.bounds.low or then == otherwise:
            return self._bounded(then, bounds)
        if left.bounds.low > right.bounds.high:
            return self._bounded(otherwise, bounds)
        width_bits = bounds.width_bits
        chosen, other = self._fit(then, width_bits), self._fit(otherwise, width_bits)
        condition = self._at_most(left, right)
        return self._define(f"(ite {condition} {chosen} {other})", bounds)

    def _at_most(self, left: Term, right: Term) -> str:
        width_bits = max(left.bounds.width_bits, right.bounds.width_bits)
        return f"(bvsle {self._fit(left, width_bits)} {self._fit(right, width_bits)})"

    def _quotient(self, value: Term, divisor: Term) -> Term:
        known = self._quotients.get((value, divisor))
        if known is None:
            bounds = _BOUNDS.floor_divide(value.bounds, divisor.bounds)
            quotient = self.variable(f"q{len(self._quotients)}", bounds)
            rest = subtract(self, value, self.multiply(quotient, divisor))
            self.require_at_most(self.constant(0), rest)
            self.require_at_most(rest, subtract(self, divisor, self.constant(1)))
            known = self._quotients[value, divisor] = quotient
        return known

    def _arithmetic_shift(self, value: Term, shift: int) -> Term:
        if shift == 0:
            return value
        bounds = Interval(value.bounds.low >> shift, value.bounds.high >> shift)
        if bounds.is_point:
            return self.constant(bounds.low)
        top = value.bounds.width_bits - 1
        return self._define(f"((_ extract {top} {min(shift, top)}) {value.text})", bounds)

    def _lowest_bits(self, value: Term, count: int, bounds: Interval) -> Term:
        if bounds.is_point:
            return self.constant(bounds.low)
        unsigned = Interval(0, 2**count - 1)
        if value.bounds.low in unsigned and value.bounds.high in unsigned:
            return value
        bits = self._fit(value, max(count, value.bounds.width_bits))
        low = self._define(f"(concat #b0 ((_ extract {count - 1} 0) {bits}))", unsigned)
        return self._bounded(low, bounds)

    def _bounded(self, term: Term, bounds: Interval) -> Term:
        """The same number under other bounds that are known to hold."""
        if bounds.is_point:
            return self.constant(bounds.low)
        return Term(self._fit(term, bounds.width_bits), bounds)

    def _apply(self, operator: str, bounds: Interval, *terms: Term) -> Term:
        """Modular arithmetic on words that hold the result."""
        if bounds.is_point:
            return self.constant(bounds.low)
        operands = " ".join(self._fit(term, bounds.width_bits) for term in terms)
        return self._define(f"({operator} {operands})", bounds)

    def _fit(self, term: Term, width_bits: int) -> str:
        """The term's text, sign-extended or cut to a width."""
        missing = width_bits - term.bounds.width_bits
        if missing == 0:
            return term.text
        if term.bounds.is_point:
            return _literal(term.bounds.low, width_bits)
        if missing > 0:
            return f"((_ sign_extend {missing}) {term.text})"
        return f"((_ extract {width_bits - 1} 0) {term.text})"

    def _define(self, text: str, bounds: Interval) -> Term:
        key = (text, bounds)
        known = self._shared.get(key)
        if known is None:
            known = self._shared[key] = Term(f"t{len(self._shared)}", bounds)
            self.lines.append(f"(define-fun {known.text} () (_ BitVec {bounds.width_bits}) {text})")
        return known


def _literal(value: int, width_bits: int) -> str:
    return f"#b{value & ((1 << width_bits) - 1):0{width_bits}b}"


def _trailing_zeros(value: int) -> int:
    return (value & -value).bit_length() - 1
