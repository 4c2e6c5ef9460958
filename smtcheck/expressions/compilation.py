"""An expression interpreted through the operations, for many inputs at once.

A rational expression becomes

    value = coefficient * numerator / denominator

with a constant rational coefficient and integers computed by the operations, so
the one rounding at the end is exact.  Rounding is monotone, hence commutes with
minimum, maximum and choices.  Other parts that are transcendental are tabulated
over the inputs they depend on: each entry is a certified rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from math import gcd
from typing import Generic

from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.operations import Num, Operations, absolute, negate
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.arithmetic.rounding import Rounding, round_quotient, round_ratio
from smtcheck.expressions import syntax as ex
from smtcheck.expressions.evaluation import fails_at, holds_at, quantized_at, rounded_at
from smtcheck.expressions.syntax import Condition, Expression, Node
from smtcheck.expressions.tables import Order
from smtcheck.expressions.tabulation import TableCache, Tabulation, Variable, order_of

_MONOTONE = (Overflow.SATURATE, Overflow.SATURATE_SYMMETRIC)


@dataclass(frozen=True, slots=True)
class _Ratio(Generic[Num]):
    """coefficient * numerator / denominator; None stands for a denominator of 1."""

    coefficient: Fraction  #: positive
    numerator: Num
    denominator: Num | None = None


class Compilation(Generic[Num]):
    """The parts of one expression, each compiled once."""

    def __init__(
        self, ops: Operations[Num], variables: Sequence[Variable[Num]], tables: TableCache
    ) -> None:
        self._ops = ops
        self._variables = variables
        self._tables = Tabulation(ops, variables, tables)
        self._ratios: dict[Expression, _Ratio[Num]] = {}
        self._truths: dict[Condition, Num] = {}
        self._flaws: dict[Node, Num | None] = {}
        self._transcendental: dict[Node, bool] = {}

    def quantized(self, root: Expression, fmt: Format) -> Num:
        """overflow(round(scale * expression)), a code of the format."""
        if self._is_transcendental(root) and self._tables.has_room(root):
            order = order_of(root) if fmt.overflow in _MONOTONE else Order.ANY
            return self._tables.entry(root, fmt, lambda at: quantized_at(root, at, fmt), order)
        return fmt.apply_overflow(self._ops, self.rounded(root, fmt.scale, fmt.rounding))

    def rounded(self, root: Expression, scale: int, mode: Rounding) -> Num:
        """round(scale * expression), an integer."""
        if not self._is_transcendental(root):
            return self._round(self._ratio(root), scale, mode)
        if self._tables.has_room(root):
            return self._tables.entry(
                root,
                (scale, mode),
                lambda point: rounded_at(root, point, scale, mode),
                order_of(root),
            )
        match root:
            case ex.Minimum() | ex.Maximum():
                left = self.rounded(root.left, scale, mode)
                right = self.rounded(root.right, scale, mode)
                minimum = isinstance(root, ex.Minimum)
                return (self._ops.minimum if minimum else self._ops.maximum)(left, right)
            case ex.Where():
                then = self.rounded(root.then, scale, mode)
                otherwise = self.rounded(root.otherwise, scale, mode)
                return self._if(self._truth(root.condition), then, otherwise)
        raise self._tables.too_large(root)

    def undefined(self, root: Node) -> Num | None:
        """1 where a division by zero is asked for, else 0; None if nowhere possible."""
        if root not in self._flaws:
            self._flaws[root] = self._undefined(root)
        return self._flaws[root]

    # --- rational values ---------------------------------------------------------

    def _ratio(self, node: Expression) -> _Ratio[Num]:
        if node not in self._ratios:
            self._ratios[node] = self._new_ratio(node)
        return self._ratios[node]

    def _new_ratio(self, node: Expression) -> _Ratio[Num]:
        match node:
            case ex.Constant(value=value):
                return self._constant(value)
            case ex.Input(index=index):
                variable = self._variables[index]
                return _Ratio(Fraction(1, variable.scale), variable.code)
            case ex.Add():
                return self._sum(self._ratio(node.left), self._ratio(node.right))
            case ex.Multiply():
                return self._product(self._ratio(node.left), self._ratio(node.right))
            case ex.Divide():
                return self._product(self._ratio(node.left), self._inverse(node.right))
            case ex.Minimum():
                return self._extreme(node, self._ops.minimum)
            case ex.Maximum():
                return self._extreme(node, self._ops.maximum)
            case ex.Round(mode=mode):
                return _Ratio(Fraction(1), self.rounded(node.argument, 1, mode))
            case ex.Grid():
                return _Ratio(Fraction(1, node.scale), self._tables.grid_entry(node))
            case ex.Where():
                truth = self._truth(node.condition)
                return self._either(truth, self._ratio(node.then), self._ratio(node.otherwise))
            case ex.Apply():
                raise self._tables.too_large(node)

    def _constant(self, value: Fraction) -> _Ratio[Num]:
        sign = (value > 0) - (value < 0)
        return _Ratio(abs(value) or Fraction(1), self._ops.constant(sign))

    def _sum(self, left: _Ratio[Num], right: _Ratio[Num]) -> _Ratio[Num]:
        coefficient, a, b = self._common(left, right)
        bottom = self._times(left.denominator, right.denominator)
        return _Ratio(coefficient, self._ops.add(a, b), bottom)

    def _product(self, left: _Ratio[Num], right: _Ratio[Num]) -> _Ratio[Num]:
        top = self._ops.multiply(left.numerator, right.numerator)
        bottom = self._times(left.denominator, right.denominator)
        return _Ratio(left.coefficient * right.coefficient, top, bottom)

    def _inverse(self, node: Expression) -> _Ratio[Num]:
        """1 / node with a positive denominator; where node is 0, any value at all."""
        ops, ratio = self._ops, self._ratio(node)
        top = ops.constant(1) if ratio.denominator is None else ratio.denominator
        signed = ops.choose(ops.constant(0), ratio.numerator, top, negate(ops, top))
        bottom = ops.maximum(absolute(ops, ratio.numerator), ops.constant(1))
        return _Ratio(1 / ratio.coefficient, signed, bottom)

    def _extreme(
        self, node: ex.Minimum | ex.Maximum, pick: Callable[[Num, Num], Num]
    ) -> _Ratio[Num]:
        left, right = self._ratio(node.left), self._ratio(node.right)
        coefficient, a, b = self._common(left, right)
        bottom = self._times(left.denominator, right.denominator)
        return _Ratio(coefficient, pick(a, b), bottom)

    def _either(self, truth: Num, then: _Ratio[Num], otherwise: _Ratio[Num]) -> _Ratio[Num]:
        coefficient, a, b = self._common(then, otherwise)
        bottom = self._times(then.denominator, otherwise.denominator)
        return _Ratio(coefficient, self._if(truth, a, b), bottom)

    def _common(self, left: _Ratio[Num], right: _Ratio[Num]) -> tuple[Fraction, Num, Num]:
        """Both numerators over one coefficient and one denominator."""
        a, b = left.coefficient, right.coefficient
        coefficient = Fraction(
            gcd(a.numerator * b.denominator, b.numerator * a.denominator),
            a.denominator * b.denominator,
        )
        return (
            coefficient,
            self._scaled(self._times(left.numerator, right.denominator), a / coefficient),
            self._scaled(self._times(right.numerator, left.denominator), b / coefficient),
        )

    def _scaled(self, number: Num | None, factor: Fraction) -> Num:
        assert number is not None and factor.denominator == 1
        if factor == 1:
            return number
        return self._ops.multiply(number, self._ops.constant(factor.numerator))

    def _times(self, left: Num | None, right: Num | None) -> Num | None:
        if left is None or right is None:
            return right if left is None else left
        return self._ops.multiply(left, right)

    def _round(self, ratio: _Ratio[Num], scale: int, mode: Rounding) -> Num:
        factor = ratio.coefficient * scale
        top = self._scaled(ratio.numerator, Fraction(factor.numerator))
        if ratio.denominator is None:
            return round_quotient(self._ops, top, factor.denominator, mode)
        bottom = self._scaled(ratio.denominator, Fraction(factor.denominator))
        return round_ratio(self._ops, top, bottom, mode)

    # --- conditions, as 0 or 1 ---------------------------------------------------

    def _truth(self, node: Condition) -> Num:
        if node not in self._truths:
            self._truths[node] = self._new_truth(node)
        return self._truths[node]

    def _new_truth(self, node: Condition) -> Num:
        one, zero = self._ops.constant(1), self._ops.constant(0)
        match node:
            case ex.AtMost() if self._is_transcendental(node):
                if not self._tables.has_room(node):
                    raise self._tables.too_large(node)
                return self._tables.entry(node, "holds", lambda point: int(holds_at(node, point)))
            case ex.AtMost():
                left, right = self._ratio(node.left), self._ratio(node.right)
                _, a, b = self._common(left, right)
                return self._ops.choose(a, b, one, zero)
            case ex.Not():
                return self._if(self._truth(node.condition), zero, one)
            case ex.Both():
                return self._ops.minimum(self._truth(node.first), self._truth(node.second))

    def _if(self, truth: Num, then: Num, otherwise: Num) -> Num:
        return self._ops.choose(self._ops.constant(1), truth, then, otherwise)

    # --- where it is undefined ---------------------------------------------------

    def _undefined(self, node: Node) -> Num | None:
        if not any(isinstance(part, ex.Divide) for part in ex.walk(node)):
            return None
        if self._is_transcendental(node) and self._tables.has_room(node):
            return self._tables.entry(node, "fails", lambda point: int(fails_at(node, point)))
        match node:
            case ex.Where():
                then, otherwise = self.undefined(node.then), self.undefined(node.otherwise)
                return self._any(
                    self.undefined(node.condition),
                    self._guarded(node.condition, then, otherwise),
                )
            case ex.Both():
                second = self._guarded(node.first, self.undefined(node.second), None)
                return self._any(self.undefined(node.first), second)
            case ex.Divide():
                parts = self._any(self.undefined(node.left), self.undefined(node.right))
                return self._any(parts, self._is_zero(node.right))
            case _:
                return self._any(*map(self.undefined, ex.children(node)))

    def _is_zero(self, node: Expression) -> Num:
        ops, numerator = self._ops, self._ratio(node).numerator
        one, zero = ops.constant(1), ops.constant(0)
        return ops.choose(absolute(ops, numerator), zero, one, zero)

    def _guarded(self, condition: Condition, then: Num | None, otherwise: Num | None) -> Num | None:
        if then is None and otherwise is None:
            return None
        zero = self._ops.constant(0)
        return self._if(
            self._truth(condition),
            zero if then is None else then,
            zero if otherwise is None else otherwise,
        )

    def _any(self, *flags: Num | None) -> Num | None:
        present = [flag for flag in flags if flag is not None]
        return reduce(self._ops.maximum, present) if present else None

    def _is_transcendental(self, root: Node) -> bool:
        """Whether it has a transcendental value; a rounding or a truth is settled."""
        for node in ex.walk(root):
            if node not in self._transcendental:
                below = ex.children(node)[1:] if isinstance(node, ex.Where) else ex.children(node)
                self._transcendental[node] = isinstance(node, ex.Apply) or (
                    not isinstance(node, ex.Round | ex.Not | ex.Both)
                    and any(self._transcendental[child] for child in below)
                )
        return self._transcendental[root]
