"""The exact integer operations that fixed-point networks are made of.

Rounding, overflow, neurons and targets are each written once, over this
protocol, and never know which interpretation they take part in: the style is called
tagless final (Carette, Kiselyov and Shan, Journal of Functional Programming 2009).
`modulo` and division by a variable are primitive although they could be derived: the
derived forms lose the bounds that the interpretation by intervals needs to keep words narrow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Generic, Protocol, TypeVar

Num = TypeVar("Num")
Vector = TypeVar("Vector")
Item = TypeVar("Item")


class Operations(Protocol[Num]):
    """Exact integer arithmetic, whatever represents an integer."""

    def constant(self, value: int) -> Num:
        """The number `value`."""

    def add(self, left: Num, right: Num) -> Num:
        """`left + right`."""

    def multiply(self, left: Num, right: Num) -> Num:
        """`left * right`."""

    def floor_divide(self, value: Num, divisor: Num) -> Num:
        """`floor(value / divisor)`; the divisor is at least 1."""

    def modulo(self, value: Num, divisor: Num) -> Num:
        """`value - divisor * floor(value / divisor)`; the divisor is at least 1."""

    def minimum(self, left: Num, right: Num) -> Num:
        """The smaller of the two."""

    def maximum(self, left: Num, right: Num) -> Num:
        """The larger of the two."""

    def choose(self, left: Num, right: Num, then: Num, otherwise: Num) -> Num:
        """`then` where `left <= right`, else `otherwise`."""

    def lookup(self, table: Sequence[int], index: Num) -> Num:
        """`table[index]`; the index lies in 0 .. len(table) - 1."""


class Affine(Protocol):
    """One layer's weighted sums: a matrix of weight codes and a bias a row."""

    @property
    def outputs(self) -> int:
        """The number of rows."""

    @property
    def biases(self) -> Sequence[int]:
        """One exact integer a row, in accumulator units."""

    def row(self, index: int) -> Sequence[tuple[int, int]]:
        """The nonzero `(column, weight code)` pairs of a row."""


class Interpretation(Operations[Num], Protocol[Num, Vector]):
    """Operations that also know what a layer's worth of numbers looks like."""

    def affine(self, layer: Affine, inputs: Vector) -> Vector:
        """`biases + weights @ inputs`, exactly."""

    def each(self, function: Callable[[Num], Num], numbers: Vector) -> Vector:
        """The function applied to every number of the vector."""

    def vector(self, numbers: Sequence[Num]) -> Vector:
        """The numbers as one vector."""

    def numbers(self, vector: Vector) -> Sequence[Num]:
        """The numbers of a vector."""


class ScalarInterpretation(Generic[Num]):
    """Vectors as tuples: what every interpretation by one number at a time shares."""

    def affine(self: Operations[Num], layer: Affine, inputs: tuple[Num, ...]) -> tuple[Num, ...]:
        """Row by row, leaving out the zero weights."""
        return tuple(
            balanced(
                self.add,
                [
                    self.multiply(inputs[column], self.constant(code))
                    for column, code in layer.row(index)
                ]
                + [self.constant(layer.biases[index])],
            )
            for index in range(layer.outputs)
        )

    def each(self, function: Callable[[Num], Num], numbers: tuple[Num, ...]) -> tuple[Num, ...]:
        """Number by number."""
        return tuple(map(function, numbers))

    def vector(self, numbers: Sequence[Num]) -> tuple[Num, ...]:
        """As they are."""
        return tuple(numbers)

    def numbers(self, vector: tuple[Num, ...]) -> tuple[Num, ...]:
        """As they are."""
        return vector


def balanced(combine: Callable[[Item, Item], Item], items: Sequence[Item]) -> Item:
    """At least one item, combined in pairs: a tree as flat as can be."""
    while len(items) > 1:
        pairs = [items[i : i + 2] for i in range(0, len(items), 2)]
        items = [reduce(combine, pair) for pair in pairs]
    return items[0]


def negate(ops: Operations[Num], value: Num) -> Num:
    """`-value`."""
    return ops.multiply(value, ops.constant(-1))


def subtract(ops: Operations[Num], left: Num, right: Num) -> Num:
    """`left - right`."""
    return ops.add(left, negate(ops, right))


def absolute(ops: Operations[Num], value: Num) -> Num:
    """`|value|`."""
    return ops.maximum(value, negate(ops, value))
