"""The text of targets and activations, parsed into syntax trees.

Texts are parsed with Python's own grammar and translated node by node: only what
is listed here exists, and nothing is ever executed.  Numbers are read from the
text as exact rationals (`0.1` is one tenth), never as floats.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from smtcheck.arithmetic.operations import balanced
from smtcheck.arithmetic.rounding import Rounding, round_fraction
from smtcheck.errors import InputError, shown_text
from smtcheck.expressions import syntax as ex
from smtcheck.expressions.syntax import Condition, Expression

MAX_TEXT = 10_000  #: characters of one expression
MAX_DEPTH = 50  #: how deeply an expression may nest
MAX_NUMBER_BITS = 2048  #: of the numerator or denominator of a constant
MAX_POWER = 64

#: Activations that are rational, as texts in this very language.
RATIONAL_ACTIVATIONS: Mapping[str, str] = {
    "identity": "x",
    "relu": "max(x, 0)",
    "leaky_relu": "max(x, x / 100)",
    "relu6": "clip(x, 0, 6)",
    "hard_sigmoid": "clip(x / 6 + 1/2, 0, 1)",
    "hard_tanh": "clip(x, -1, 1)",
    "softsign": "x / (1 + abs(x))",
    "hard_swish": "x * clip(x / 6 + 1/2, 0, 1)",
    "square": "x * x",
    "abs": "max(x, -x, 0)",
    "sign": "where(x > 0, 1, where(x < 0, -1, 0))",
    "step": "where(x >= 0, 1, 0)",
}

#: Transcendental functions, defined in `functions`.
TRANSCENDENTAL = (
    "sigmoid", "tanh", "elu", "selu", "softplus", "silu", "mish", "gelu", "gelu_tanh",
    "exp", "erf", "sin", "cos",
)  # fmt: skip

ACTIVATION_NAMES = (*RATIONAL_ACTIVATIONS, *TRANSCENDENTAL)

#: The eight rounding modes as functions, by their ap_fixed and plain names.
ROUNDINGS: Mapping[str, Rounding] = {
    name: mode
    for mode in Rounding
    for name in (mode.value.lower(), mode.value.lower().removeprefix("ap_"), mode.name.lower())
} | {"floor": Rounding.FLOOR, "ceil": Rounding.CEILING, "trunc": Rounding.TOWARD_ZERO}

_INPUT = re.compile(r"x(0|[1-9]\d{0,8})", re.ASCII)

Grids = Callable[[str, tuple[int, ...]], ex.Grid]


def _no_tables(path: str, _: tuple[int, ...]) -> ex.Grid:
    raise InputError(f"table({shown_text(path)}, ...) cannot be used here")


def parse(text: str, inputs: int, grids: Grids = _no_tables) -> Expression:
    """The tree of an expression in x0 .. x{inputs - 1}; `grids` loads table files."""
    text = " ".join(text.strip().splitlines())
    translation = _Translation(text=text, inputs=inputs, grids=grids)
    root = translation.expression(_syntax(text))
    if ex.degree(root) > MAX_POWER:
        raise InputError(
            f"expression {shown_text(text)} multiplies more than {MAX_POWER} inputs together"
        )
    return root


def _syntax(text: str) -> ast.expr:
    if len(text) > MAX_TEXT:
        raise InputError(f"expression has {len(text)} characters, allowed are {MAX_TEXT}")
    if "#" in text:
        raise InputError(f"expression {shown_text(text)} has a comment: put it into the claim file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "0and1" and its like
            tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = getattr(error, "msg", None) or type(error).__name__
        raise InputError(f"expression {shown_text(text)} cannot be read: {reason}") from None
    if _depth(tree) > MAX_DEPTH:
        raise InputError(f"expression {shown_text(text)} nests deeper than {MAX_DEPTH}")
    return tree


def _depth(tree: ast.AST) -> int:
    level, depth = [tree], 0
    while level and depth <= MAX_DEPTH:
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        depth += 1
    return depth


@dataclass(frozen=True, slots=True, kw_only=True)
class _Translation:
    """From Python's syntax tree to ours, for one text."""

    text: str
    inputs: int
    grids: Grids
    argument: Expression | None = None  #: what `x` stands for in an activation

    def expression(self, node: ast.expr) -> Expression:
        match node:
            case ast.Constant():
                return ex.Constant(self._number(node))
            case ast.Name(id=name):
                return self._input(name)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return negated(self.expression(operand))
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.expression(operand)
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return self._power(self.expression(left), right)
            case ast.BinOp(left=left, op=operator, right=right):
                return self._binary(operator, self.expression(left), self.expression(right))
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
                return self._call(name, args)
        raise self._refused(node)

    def condition(self, node: ast.expr) -> Condition:
        match node:
            case ast.Compare(left=left, ops=operators, comparators=rights):
                terms = [self.expression(term) for term in (left, *rights)]
                pairs = zip(operators, terms, terms[1:], strict=False)
                return balanced(ex.Both, [self._comparison(o, a, b) for o, a, b in pairs])
            case ast.BoolOp(op=ast.And(), values=values):
                return balanced(ex.Both, [self.condition(value) for value in values])
            case ast.BoolOp(op=ast.Or(), values=values):
                negations: list[Condition] = [ex.Not(self.condition(v)) for v in values]
                return ex.Not(balanced(ex.Both, negations))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return ex.Not(self.condition(operand))
        raise InputError(
            f"{shown_text(self._source(node))} in {shown_text(self.text)} is not a condition "
            "(comparisons joined by and, or, not)"
        )

    def _comparison(self, operator: ast.cmpop, left: Expression, right: Expression) -> Condition:
        match operator:
            case ast.LtE():
                return ex.AtMost(left, right)
            case ast.GtE():
                return ex.AtMost(right, left)
            case ast.Lt():
                return ex.Not(ex.AtMost(right, left))
            case ast.Gt():
                return ex.Not(ex.AtMost(left, right))
            case ast.Eq():
                return ex.Both(ex.AtMost(left, right), ex.AtMost(right, left))
            case ast.NotEq():
                return ex.Not(ex.Both(ex.AtMost(left, right), ex.AtMost(right, left)))
        raise InputError(f"expression {shown_text(self.text)}: comparisons are < <= > >= == !=")

    def _number(self, node: ast.Constant) -> Fraction:
        if type(node.value) not in (int, float):
            raise self._refused(node)
        source = self._source(node).replace("_", "")
        mantissa, _, exponent = source.lower().partition("e")
        is_decimal = source[:2].lower() not in ("0x", "0o", "0b")
        is_long = len(mantissa) + len(exponent) > MAX_NUMBER_BITS // 4
        if is_decimal and (
            is_long or len(mantissa) + abs(int(exponent or 0)) > MAX_NUMBER_BITS // 4
        ):
            raise InputError(f"number {shown_text(source)} is too large")
        value = Fraction(source) if is_decimal else Fraction(int(source, 0))
        return _bounded(value, source)

    def _input(self, name: str) -> Expression:
        if self.argument is not None and name == "x":
            return self.argument
        if name == "x" and self.inputs == 1:
            return ex.Input(0)
        match = _INPUT.fullmatch(name)
        if match and int(match[1]) < self.inputs:
            return ex.Input(int(match[1]))
        allowed = "x0" if self.inputs == 1 else f"x0 .. x{self.inputs - 1}"
        raise InputError(
            f"{shown_text(name)} in {shown_text(self.text)} is not an input ({allowed}) or a "
            "function"
        )

    def _power(self, base: Expression, exponent: ast.expr) -> Expression:
        power = self.expression(exponent)
        if not isinstance(power, ex.Constant) or power.value.denominator != 1:
            raise InputError(
                f"expression {shown_text(self.text)}: an exponent is an integer constant"
            )
        smallest, largest = (
            (0, MAX_NUMBER_BITS) if isinstance(base, ex.Constant) else (1, MAX_POWER)
        )
        if not smallest <= power.value <= largest:
            raise InputError(
                f"expression {shown_text(self.text)}: exponents are {smallest} .. {largest}"
            )
        return balanced(product, [base] * int(power.value) or [ex.Constant(Fraction(1))])

    def _binary(self, operator: ast.operator, left: Expression, right: Expression) -> Expression:
        match operator:
            case ast.Add():
                return add(left, right)
            case ast.Sub():
                return add(left, negated(right))
            case ast.Mult():
                return product(left, right)
            case ast.Div():
                return self._quotient(left, right)
            case ast.FloorDiv():
                return rounded(Rounding.FLOOR, self._quotient(left, right))
        raise InputError(f"expression {shown_text(self.text)}: operators are + - * / // **")

    def _quotient(self, left: Expression, right: Expression) -> Expression:
        if not isinstance(right, ex.Constant):
            return ex.Divide(left, right)
        if right.value == 0:
            raise InputError(f"expression {shown_text(self.text)} divides by zero")
        return product(left, ex.Constant(1 / right.value))

    def _call(self, name: str, args: Sequence[ast.expr]) -> Expression:
        if name == "table":
            return self._table(args)
        if name == "where":
            self._require_arguments(name, args, 3)
            then, otherwise = self.expression(args[1]), self.expression(args[2])
            return ex.Where(self.condition(args[0]), then, otherwise)
        values = [self.expression(arg) for arg in args]
        if name in ("min", "max") and values:
            return balanced(ex.Minimum if name == "min" else ex.Maximum, values)
        if name == "clip":
            self._require_arguments(name, args, 3)
            return ex.Minimum(ex.Maximum(values[0], values[1]), values[2])
        if name in ACTIVATION_NAMES or name in ROUNDINGS:
            self._require_arguments(name, args, 1)
            return self._function(name, values[0])
        raise InputError(
            f"{shown_text(name)} in {shown_text(self.text)} is not a function; there are min, max, "
            f"abs, clip, where, table, {', '.join(ROUNDINGS)}, {', '.join(ACTIVATION_NAMES)}"
        )

    def _function(self, name: str, argument: Expression) -> Expression:
        if name in ROUNDINGS:
            return rounded(ROUNDINGS[name], argument)
        if name in TRANSCENDENTAL:
            return ex.Apply(name, argument)
        text = RATIONAL_ACTIVATIONS[name]
        inner = _Translation(text=text, inputs=0, grids=_no_tables, argument=argument)
        return inner.expression(_syntax(text))

    def _table(self, args: Sequence[ast.expr]) -> Expression:
        match args:
            case [ast.Constant(value=str() as path), *rest] if rest:
                inputs = [self.expression(arg) for arg in rest]
                indices = [node.index for node in inputs if isinstance(node, ex.Input)]
                if len(indices) == len(inputs):
                    return self.grids(path, tuple(indices))
        raise InputError(
            f"expression {shown_text(self.text)}: use table('FILE', x0, ...), with inputs"
        )

    def _require_arguments(self, name: str, args: Sequence[ast.expr], count: int) -> None:
        if len(args) != count:
            raise InputError(
                f"expression {shown_text(self.text)}: {name} takes {count} arguments, "
                f"not {len(args)}"
            )

    def _source(self, node: ast.expr) -> str:
        line = self.text.encode()  # positions count the bytes of this one line
        return line[node.col_offset : node.end_col_offset].decode()

    def _refused(self, node: ast.expr) -> InputError:
        return InputError(
            f"{shown_text(self._source(node))} in {shown_text(self.text)} is not part of the "
            "language: numbers, inputs, + - * / // **, comparisons inside where, and functions"
        )


def add(left: Expression, right: Expression) -> Expression:
    """left + right, folded where both are constants."""
    if isinstance(left, ex.Constant) and isinstance(right, ex.Constant):
        return ex.Constant(_bounded(left.value + right.value, "sum"))
    return ex.Add(left, right)


def product(left: Expression, right: Expression) -> Expression:
    """left * right, folded where both are constants or one is 1."""
    if isinstance(right, ex.Constant):
        left, right = right, left
    if isinstance(left, ex.Constant):
        if isinstance(right, ex.Constant):
            return ex.Constant(_bounded(left.value * right.value, "product"))
        if left.value == 1:
            return right
    return ex.Multiply(left, right)


def negated(argument: Expression) -> Expression:
    """-argument."""
    return product(ex.Constant(Fraction(-1)), argument)


def rounded(mode: Rounding, argument: Expression) -> Expression:
    """The argument rounded to an integer, folded where it is constant."""
    if isinstance(argument, ex.Constant):
        return ex.Constant(Fraction(round_fraction(argument.value, mode)))
    return ex.Round(mode, argument)


def _bounded(value: Fraction, what: str) -> Fraction:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_NUMBER_BITS:
        raise InputError(f"constant {shown_text(what)} has more than {MAX_NUMBER_BITS} bits")
    return value
