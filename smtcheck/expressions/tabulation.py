"""Tables inside expressions: given ones, and certified ones of transcendental parts.

A part that depends on one input becomes a lazy table over the codes that input
may take; a part that depends on several becomes a grid, which must be small.
Tables are kept with the expression, so every interpretation of it shares them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import prod
from typing import Generic

from smtcheck.arithmetic.intervals import Interval
from smtcheck.arithmetic.operations import Num, Operations
from smtcheck.errors import InputError
from smtcheck.expressions import syntax as ex
from smtcheck.expressions.evaluation import Point
from smtcheck.expressions.functions import FUNCTIONS
from smtcheck.expressions.syntax import Expression, Node
from smtcheck.expressions.tables import LazyTable, Order, members, padded, padded_entries

MAX_GRID = 2**16  #: entries of a table over several inputs, which costs more each

#: Tables already made, by node and more; kept by whoever keeps the expression.
TableKey = tuple[Hashable, ...]
TableCache = dict[TableKey, Sequence[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable(Generic[Num]):
    """One input: its code as the interpretation sees it, the codes it may take, its scale."""

    code: Num
    codes: Interval
    scale: int


class Tabulation(Generic[Num]):
    """Lookups for the parts of one expression, in one interpretation."""

    def __init__(
        self, ops: Operations[Num], variables: Sequence[Variable[Num]], tables: TableCache
    ) -> None:
        self._ops = ops
        self._variables = variables
        self._tables = tables

    def has_room(self, node: Node) -> bool:
        """Whether a table can be tried; one of one input is lazy, and refuses later."""
        inputs = ex.inputs_of(node)
        entries = prod(self._variables[index].codes.size for index in inputs)
        return len(inputs) <= 1 or entries <= MAX_GRID

    def entry(
        self,
        node: Node,
        what: Hashable,
        entry: Callable[[Point], int],
        order: Order = Order.ANY,
    ) -> Num:
        """A table over the codes of the inputs that occur in the node."""
        inputs = tuple(sorted(ex.inputs_of(node)))
        domains = [self._variables[index].codes for index in inputs]
        scales = tuple(self._variables[index].scale for index in inputs)
        key = (node, what, tuple(domains), scales)
        if key not in self._tables:
            self._tables[key] = self._entries(inputs, domains, entry, order)
        axes = tuple((domain.low, domain.size) for domain in domains)
        return self._lookup(key, inputs, axes)

    def _entries(
        self,
        inputs: Sequence[int],
        domains: Sequence[Interval],
        entry: Callable[[Point], int],
        order: Order,
    ) -> Sequence[int]:
        scales = [variable.scale for variable in self._variables]
        values = [Fraction(0)] * len(scales)

        def at(*codes: int) -> int:
            for index, code in zip(inputs, codes, strict=True):
                values[index] = Fraction(code, scales[index])
            try:
                return entry(Point(values=values, scales=scales))
            except ZeroDivisionError:
                return 0  # `undefined` tells of it

        if len(inputs) == 1:
            (domain,) = domains
            return LazyTable(lambda index: at(index + domain.low), domain.size, order)
        return tuple(at(*codes) for codes in product(*map(members, domains)))

    def grid_entry(self, node: ex.Grid) -> Num:
        """The entry of a given table at its inputs' codes."""
        key = (node, None, ())
        self._tables[key] = node.entries
        return self._lookup(key, node.inputs, node.axes)

    def _lookup(self, key: TableKey, inputs: Sequence[int], axes: Sequence[tuple[int, int]]) -> Num:
        """The entry at the inputs' codes; the axes are padded."""
        ops = self._ops
        index = ops.constant(0)
        lengths = [length for _, length in axes]
        for number, (lo, _), stride in zip(inputs, axes, padded(lengths), strict=True):
            offset = ops.add(self._variables[number].code, ops.constant(-lo))
            index = ops.add(ops.multiply(index, ops.constant(stride)), offset)
        padded_key = (*key, "padded")
        if padded_key not in self._tables:
            self._tables[padded_key] = padded_entries(self._tables[key], lengths)
        return ops.lookup(self._tables[padded_key], index)

    def too_large(self, node: Node) -> InputError:
        """What to say where there is no room."""
        inputs = sorted(ex.inputs_of(node))
        sizes = " x ".join(str(self._variables[index].codes.size) for index in inputs)
        return InputError(
            f"a transcendental part depends on {sizes} codes of "
            f"{', '.join(f'x{index}' for index in inputs)}, too many to tabulate "
            f"(at most {MAX_GRID} entries): shrink the domain, or "
            "round the parts that depend on one input, as in rnd(256 * sigmoid(x0)) / 256"
        )


def order_of(root: Expression) -> Order:
    """Increasing where every step of the expression is, in its only input."""
    is_increasing: dict[Node, bool] = {}
    for node in ex.walk(root):
        below = all(is_increasing[child] for child in ex.children(node))
        match node:
            case ex.Constant() | ex.Input() | ex.Add() | ex.Minimum() | ex.Maximum() | ex.Round():
                grows = below
            case ex.Multiply(left=ex.Constant(value=factor)):
                grows = below and factor >= 0
            case ex.Apply(name=name):
                grows = below and FUNCTIONS[name].is_increasing
            case _:
                grows = False
        is_increasing[node] = grows
    return Order.INCREASING if is_increasing[root] else Order.ANY
