"""The syntax tree of exact real expressions in the inputs x0, x1, ...

Few nodes carry all the meaning; everything else that the language offers (abs,
clip, relu, ...) is written in terms of them when a text is parsed.  Trees share
subtrees, so whoever walks one remembers the nodes already seen.  A node equals only
itself: to compare by value would walk shared subtrees again and again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from smtcheck.arithmetic.rounding import Rounding


@dataclass(frozen=True, slots=True, eq=False)
class Constant:
    """An exact rational number."""

    value: Fraction


@dataclass(frozen=True, slots=True, eq=False)
class Input:
    """The real value of one input, code / scale."""

    index: int


@dataclass(frozen=True, slots=True, eq=False)
class Add:
    """left + right."""

    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Multiply:
    """left * right."""

    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Divide:
    """left / right; undefined where right is zero."""

    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Minimum:
    """The smaller of the two."""

    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Maximum:
    """The larger of the two."""

    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Round:
    """The argument rounded to an integer."""

    mode: Rounding
    argument: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Apply:
    """A transcendental function of `functions`."""

    name: str
    argument: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """A table of codes, indexed by the codes of some inputs, lo first.

    `entries` is flat, the last input fastest; an entry is worth entry / scale.
    It never changes: a tuple, or a CodeArray where there may be millions.
    """

    entries: Sequence[int]
    scale: int
    inputs: tuple[int, ...]
    axes: tuple[tuple[int, int], ...]  #: lo and length of each axis


@dataclass(frozen=True, slots=True, eq=False)
class Where:
    """`then` where the condition holds, else `otherwise`; the other one is not asked."""

    condition: Condition
    then: Expression
    otherwise: Expression


@dataclass(frozen=True, slots=True, eq=False)
class AtMost:
    """left <= right."""

    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Not:
    """The opposite."""

    condition: Condition


@dataclass(frozen=True, slots=True, eq=False)
class Both:
    """Both hold; where the first fails, the second is not asked."""

    first: Condition
    second: Condition


Expression = (
    Constant | Input | Add | Multiply | Divide | Minimum | Maximum | Round | Apply | Grid | Where
)
Condition = AtMost | Not | Both
Node = Expression | Condition


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below, in the order they are asked."""
    match node:
        case Constant() | Input() | Grid():
            return ()
        case Round(argument=argument) | Apply(argument=argument):
            return (argument,)
        case Where():
            return (node.condition, node.then, node.otherwise)
        case Not():
            return (node.condition,)
        case Both():
            return (node.first, node.second)
        case _:
            return (node.left, node.right)


def walk(root: Node) -> Iterator[Node]:
    """Every node once, shared ones too, children before parents."""
    seen: set[Node] = set()
    stack: list[tuple[Node, bool]] = [(root, False)]
    while stack:
        node, is_expanded = stack.pop()
        if is_expanded:
            yield node
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((child, False) for child in children(node))


def inputs_of(root: Node) -> frozenset[int]:
    """The inputs that occur in it."""
    indices: set[int] = set()
    for node in walk(root):
        if isinstance(node, Input):
            indices.add(node.index)
        elif isinstance(node, Grid):
            indices.update(node.inputs)
    return frozenset(indices)


def degree(root: Node) -> int:
    """How many inputs may be multiplied together to compare or round it."""
    degrees: dict[Node, tuple[int, int]] = {}  # of numerator and denominator
    largest = 0
    for node in walk(root):
        below = [degrees[child] for child in children(node)]
        degrees[node] = _degrees(node, below)
        largest = max(largest, *degrees[node])
    return largest


def _degrees(node: Node, below: list[tuple[int, int]]) -> tuple[int, int]:
    match node, below:
        case Constant(), _:
            return 0, 0
        case ((Input() | Grid() | Apply()), _):
            return 1, 0
        case Round(), [(top, _)]:
            return top, 0
        case Multiply(), [(a, b), (c, d)]:
            return a + c, b + d
        case Divide(), [(a, b), (c, d)]:
            return a + d, b + c
        case Where(), [_, (a, b), (c, d)]:
            return max(a + d, c + b), b + d
        case ((Add() | Minimum() | Maximum() | AtMost()), [(a, b), (c, d)]):
            return max(a + d, c + b), b + d
        case _:
            return 0, 0  # Not, Both
