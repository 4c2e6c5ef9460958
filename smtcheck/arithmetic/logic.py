"""Boolean functions as a graph of gates, and the clauses that define them.

A literal is a nonzero integer: the number of a gate, or minus it where it is negated.
Gates are conjunctions, exclusive ors and multiplexers; equal gates are shared and
constants disappear, so that what is built twice is there once (structural hashing; Kuehlmann
et al., IEEE TCAD 2002).  Nothing here knows of numbers.  What each gate means is said once,
by its clauses (`tseitin_clauses`; Tseitin, On the complexity of derivation in propositional
calculus, 1968).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum

Literal = int
Clause = tuple[Literal, ...]

TRUE: Literal = 1
FALSE: Literal = -1


class Kind(Enum):
    """What a gate computes from its operands."""

    TRUE = "true"  #: the constant, of no operands; gate number 1
    INPUT = "input"  #: anything, of no operands
    AND = "and"  #: both operands
    XOR = "xor"  #: exactly one of both operands
    MUX = "mux"  #: the second operand where the first is true, else the third


Gate = tuple[Kind, tuple[Literal, ...]]


def tseitin_clauses(kind: Kind, gate: Literal, operands: tuple[Literal, ...]) -> tuple[Clause, ...]:
    """The clauses that hold exactly where the gate has its value."""
    match kind, operands:
        case Kind.TRUE, ():
            return ((gate,),)
        case Kind.INPUT, ():
            return ()
        case Kind.AND, (a, b):
            return ((-gate, a), (-gate, b), (gate, -a, -b))
        case Kind.XOR, (a, b):
            return ((-gate, a, b), (-gate, -a, -b), (gate, -a, b), (gate, a, -b))
        case Kind.MUX, (s, a, b):
            return ((-s, -gate, a), (-s, gate, -a), (s, -gate, b), (s, gate, -b))
    raise ValueError(f"no gate {kind.value} of {len(operands)} operands")


class Logic:
    """A growing graph; operands of a gate have smaller numbers than the gate."""

    def __init__(self) -> None:
        self.gates: list[Gate] = [(Kind.TRUE, ())]  #: gate n at place n - 1
        self._shared: dict[Gate, Literal] = {}

    def input(self) -> Literal:
        """A new free variable."""
        self.gates.append((Kind.INPUT, ()))
        return len(self.gates)

    def and_(self, a: Literal, b: Literal) -> Literal:
        """a and b."""
        if FALSE in (a, b) or a == -b:
            return FALSE
        if a in (TRUE, b):
            return b
        if b == TRUE:
            return a
        return self._gate(Kind.AND, (min(a, b), max(a, b)))

    def or_(self, a: Literal, b: Literal) -> Literal:
        """a or b."""
        return -self.and_(-a, -b)

    def xor(self, a: Literal, b: Literal) -> Literal:
        """a or b, not both."""
        sign = 1 if (a > 0) == (b > 0) else -1
        low, high = sorted((abs(a), abs(b)))
        if low == high:
            return sign * FALSE
        if low == TRUE:
            return -sign * high
        return sign * self._gate(Kind.XOR, (low, high))

    def mux(self, condition: Literal, then: Literal, otherwise: Literal) -> Literal:
        """`then` where the condition is true, else `otherwise`."""
        if condition < 0:
            condition, then, otherwise = -condition, otherwise, then
        if condition == TRUE or then == otherwise:
            return then
        if then == -otherwise:
            return self.xor(condition, otherwise)
        if then in (TRUE, condition):
            return self.or_(condition, otherwise)
        if then in (FALSE, -condition):
            return self.and_(-condition, otherwise)
        if otherwise in (TRUE, -condition):
            return self.or_(-condition, then)
        if otherwise in (FALSE, condition):
            return self.and_(condition, then)
        if then < 0:
            return -self._gate(Kind.MUX, (condition, -then, -otherwise))
        return self._gate(Kind.MUX, (condition, then, otherwise))

    def cone(self, roots: Iterable[Literal], stop: frozenset[int] = frozenset()) -> list[int]:
        """The gates that roots depend on, ascending; the operands of `stop` are left out."""
        wanted = {abs(root) for root in roots}
        for number in range(max(wanted, default=0), 0, -1):
            if number in wanted and number not in stop:
                wanted.update(map(abs, self.gates[number - 1][1]))
        return sorted(wanted)

    def definitions(self, cone: Iterable[int]) -> Iterator[Clause]:
        """The clauses of these gates, in their order."""
        for number in cone:
            kind, operands = self.gates[number - 1]
            yield from tseitin_clauses(kind, number, operands)

    def _gate(self, kind: Kind, operands: tuple[Literal, ...]) -> Literal:
        known = self._shared.get((kind, operands))
        if known is None:
            self.gates.append((kind, operands))
            known = self._shared[kind, operands] = len(self.gates)
        return known
