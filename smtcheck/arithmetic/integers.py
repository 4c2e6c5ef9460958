"""The operations interpreted as Python integers: the definitions' plain meaning."""

from __future__ import annotations

from collections.abc import Sequence

from smtcheck.arithmetic.operations import ScalarInterpretation


class Integers(ScalarInterpretation[int]):
    """Exact integers of any size."""

    def constant(self, value: int) -> int:
        return value

    def add(self, left: int, right: int) -> int:
        return left + right

    def multiply(self, left: int, right: int) -> int:
        return left * right

    def floor_divide(self, value: int, divisor: int) -> int:
        return value // divisor

    def modulo(self, value: int, divisor: int) -> int:
        return value % divisor

    def minimum(self, left: int, right: int) -> int:
        return min(left, right)

    def maximum(self, left: int, right: int) -> int:
        return max(left, right)

    def choose(self, left: int, right: int, then: int, otherwise: int) -> int:
        return then if left <= right else otherwise

    def lookup(self, table: Sequence[int], index: int) -> int:
        if index < 0:  # Python would count from the end
            raise IndexError(f"table index {index} is negative")
        return table[index]
