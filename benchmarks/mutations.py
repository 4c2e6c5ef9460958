"""Small changes to a module's text, each of which its tests should notice.

A comparison is made strict or lax or is turned round, `+` becomes `-`, a constant grows or
shrinks by 1, `and` becomes `or`, a `not` is dropped, `min` becomes `max`, a statement is
deleted, a value is not returned.  Annotations, decorators, messages and what only types need
stay as they are.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from pathlib import Path

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
SUMS: dict[type[ast.operator], type[ast.operator]] = {ast.Add: ast.Sub, ast.Sub: ast.Add}
CONNECTIVES: dict[type[ast.boolop], type[ast.boolop]] = {ast.And: ast.Or, ast.Or: ast.And}
EXTREMES = {"min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum"}
UNTOUCHED = ("annotation", "returns", "decorator_list", "bases")


@dataclass(frozen=True)
class Mutant:
    """A text to put in place of bytes begin .. end - 1 of a file."""

    file: Path
    line: int
    kind: str
    begin: int
    end: int
    before: str
    after: str

    def applied(self, text: bytes) -> bytes:
        return text[: self.begin] + self.after.encode() + text[self.end :]

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {_short(self.before)} -> {_short(self.after)}"


def mutants(root: Path, file: Path) -> list[Mutant]:
    """All small changes of a file, in the order of its text."""
    text = (root / file).read_bytes()
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found = []
    for node in _parts(ast.parse(text)):
        for kind, after in _changes(node):
            assert node.end_lineno is not None and node.end_col_offset is not None
            begin = starts[node.lineno - 1] + node.col_offset
            end = starts[node.end_lineno - 1] + node.end_col_offset
            before = text[begin:end].decode()
            found.append(Mutant(file, node.lineno, kind, begin, end, before, after))
    return found


def sample(found: list[Mutant], count: int, seed: str) -> list[Mutant]:
    """Some of them, of all kinds alike as long as there are more of a kind."""
    chance = random.Random(seed)
    kinds: dict[str, list[Mutant]] = {}
    for mutant in found:
        kinds.setdefault(mutant.kind, []).append(mutant)
    for of_kind in kinds.values():
        chance.shuffle(of_kind)
    chosen: list[Mutant] = []
    while len(chosen) < count and kinds:
        chosen += [of_kind.pop() for of_kind in kinds.values()]
        kinds = {kind: of_kind for kind, of_kind in kinds.items() if of_kind}
    return sorted(chosen[:count], key=lambda mutant: (mutant.file, mutant.begin))


def _parts(node: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    """Expressions and statements that mean something when the program runs."""
    if isinstance(node, (ast.JoinedStr, ast.Import, ast.ImportFrom)) or _for_types(node):
        return
    if isinstance(node, (ast.expr, ast.stmt)):
        yield node
    if isinstance(node, (ast.Raise, ast.Assert)):
        return
    for name, value in ast.iter_fields(node):
        if name not in UNTOUCHED:
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _parts(child)


def _for_types(node: ast.AST) -> bool:
    match node:
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
        case ast.Expr(value=ast.Constant()):  # a docstring, or the dots of a protocol
            return True
        case ast.Call(func=ast.Name(id="cast" | "TypeVar")):
            return True
    return False


def _changes(node: ast.expr | ast.stmt) -> Iterator[tuple[str, str]]:
    """Kinds of changes, and what to write instead."""
    match node:
        case ast.Compare():
            for index, operator in enumerate(node.ops):
                changed = copy(node)
                changed.ops = [*node.ops]
                changed.ops[index] = COMPARISONS[type(operator)]()
                yield "comparison", _inside(changed)
        case ast.BinOp(op=ast.Add() | ast.Sub() as sign):
            yield "sum", _inside(ast.BinOp(node.left, SUMS[type(sign)](), node.right))
        case ast.AugAssign(op=ast.Add() | ast.Sub() as sign):
            yield "sum", ast.unparse(ast.AugAssign(node.target, SUMS[type(sign)](), node.value))
            yield "deletion", "pass"
        case ast.Constant(value=int(number)) if not isinstance(number, bool):
            yield "constant", f"({number + 1})"
            yield "constant", f"({number - 1})"
        case ast.BoolOp(op=connective):
            yield "connective", _inside(ast.BoolOp(CONNECTIVES[type(connective)](), node.values))
        case ast.UnaryOp(op=ast.Not()):
            yield "not", _inside(node.operand)
        case ast.Name(id=name) if name in EXTREMES:
            yield "extreme", EXTREMES[name]
        case ast.Attribute(attr=name) if name in EXTREMES:
            yield "extreme", ast.unparse(ast.Attribute(node.value, EXTREMES[name], node.ctx))
        case ast.Return(value=ast.expr() as value):
            yield "return", _other(value)
        case ast.If(orelse=[]) | ast.Expr(value=ast.Call()) | ast.Raise() | ast.Continue():
            yield "deletion", "pass"
        case ast.Break() | ast.Assign(targets=[ast.Subscript() | ast.Attribute()]):
            yield "deletion", "pass"


def _inside(node: ast.expr) -> str:
    return f"({ast.unparse(node)})"


def _other(value: ast.expr) -> str:
    """A return of something else."""
    if isinstance(value, ast.Constant):
        return f"return {not value.value}"
    return "return None"


def _short(text: str, width: int = 60) -> str:
    words = " ".join(text.split())
    return words if len(words) <= width else words[: width - 4] + " ..."
