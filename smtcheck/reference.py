"""A deliberately naive second opinion: fixed-point networks in plain rational numbers.

Written from theory.md#numbers and from the language's description, it shares
no code with the rest of the project.  Counterexamples are replayed here before
anyone sees them, and tests compare every interpretation with it.

A number is a pair of Fractions, low <= value <= high, equal where the value is
known exactly.  Transcendental functions come from Arb at one fixed, generous
precision; where that does not settle a question, `CannotTell` is raised.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import Any

PRECISION_BITS = 2000
Number = tuple[Fraction, Fraction]


class CannotTell(ArithmeticError):
    """The fixed precision does not settle a rounding or a comparison."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainFormat:
    """What a format is, without its methods; modes by their ap_fixed names."""

    lo: int
    hi: int
    scale: int
    rounding: str
    overflow: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainLayer:
    """Rows of (input, weight code) pairs, biases, and the formats."""

    rows: Sequence[Sequence[tuple[int, int]]]
    biases: Sequence[int]
    input_scale: int
    weight_scale: int
    output: PlainFormat
    activation: Callable[[int], int] | None  #: from code to code


def round_rational(x: Fraction, mode: str) -> int:
    """The table of theory.md#rounding, row by row."""
    f = floor(x)
    r = x - f
    half = Fraction(1, 2)
    return (
        f
        + {
            "AP_TRN": False,
            "AP_TRN_ZERO": x < 0 and r > 0,
            "AP_RND": r >= half,
            "AP_RND_MIN_INF": r > half,
            "AP_RND_ZERO": r > half or (r == half and x < 0),
            "AP_RND_INF": r > half or (r == half and x >= 0),
            "AP_RND_CONV": r > half or (r == half and f % 2 == 1),
            "TRN_INF": r > 0,
        }[mode]
    )


def bring_into(code: int, lo: int, hi: int, mode: str) -> int:
    """The overflow modes of theory.md#overflow."""
    if mode == "AP_WRAP":
        while code < lo:
            code += -(-(lo - code) // (hi - lo + 1)) * (hi - lo + 1)
        while code > hi:
            code -= -(-(code - hi) // (hi - lo + 1)) * (hi - lo + 1)
        return code
    if mode == "AP_SAT_SYM" and code < max(lo, -hi):
        return max(lo, -hi)
    if lo <= code <= hi:
        return code
    if mode == "AP_SAT_ZERO":
        return 0
    return lo if code < lo else hi


def quantize(value: Fraction, fmt: PlainFormat) -> int:
    """overflow(round(value * scale))."""
    rounded = round_rational(value * fmt.scale, fmt.rounding)
    return bring_into(rounded, fmt.lo, fmt.hi, fmt.overflow)


def network_codes(layers: Sequence[PlainLayer], inputs: Sequence[int]) -> list[int]:
    """The output codes of a network at one input."""
    codes = list(inputs)
    for layer in layers:
        unit = Fraction(1, layer.input_scale * layer.weight_scale)
        after = []
        for row, bias in zip(layer.rows, layer.biases, strict=True):
            value = unit * (bias + sum(weight * codes[index] for index, weight in row))
            code = quantize(value, layer.output)
            after.append(layer.activation(code) if layer.activation else code)
        codes = after
    return codes


def target_code(
    text: str, values: Sequence[Fraction], fmt: PlainFormat, tables: Mapping[str, Any]
) -> int:
    """An expression in x0, x1, ... (or x), quantized once into a format.

    `tables` gives, for a file name, a function from codes (lo first) to a value.
    """
    names = {f"x{i}": (value, value) for i, value in enumerate(values)}
    if len(values) == 1:
        names["x"] = names["x0"]
    tree = ast.parse(" ".join(text.strip().splitlines()), mode="eval").body
    low, high = _value(tree, names, " ".join(text.strip().splitlines()), tables)
    scaled = _rounded((low * fmt.scale, high * fmt.scale), fmt.rounding)
    return bring_into(scaled, fmt.lo, fmt.hi, fmt.overflow)


def _rounded(number: Number, mode: str) -> int:
    low, high = (round_rational(end, mode) for end in number)
    if low != high:
        raise CannotTell
    return low


def _value(
    node: ast.expr, names: Mapping[str, Number], text: str, tables: Mapping[str, Any]
) -> Number:
    def value(part: ast.expr) -> Number:
        return _value(part, names, text, tables)

    if isinstance(node, ast.Constant):
        source = text.encode()[node.col_offset : node.end_col_offset].decode().replace("_", "")
        is_prefixed = source[:2].lower() in ("0x", "0o", "0b")
        exact = Fraction(int(source, 0)) if is_prefixed else Fraction(source)
        return exact, exact
    if isinstance(node, ast.Name):
        return names[node.id]
    if isinstance(node, ast.UnaryOp):
        low, high = value(node.operand)
        return (low, high) if isinstance(node.op, ast.UAdd) else (-high, -low)
    if isinstance(node, ast.BinOp):
        return _binary(node.op, value(node.left), value(node.right))
    assert isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    name, args = node.func.id, node.args
    if name == "where":
        return value(args[1] if _truth(args[0], value) else args[2])
    if name == "table":
        assert isinstance(args[0], ast.Constant)
        looked_up = tables[str(args[0].value)](*(value(arg)[0] for arg in args[1:]))
        return looked_up, looked_up
    return _function(name, [value(arg) for arg in args])


def _truth(node: ast.expr, value: Callable[[ast.expr], Number]) -> bool:
    if isinstance(node, ast.BoolOp):
        is_all = isinstance(node.op, ast.And)
        for part in node.values:
            if _truth(part, value) is not is_all:
                return not is_all
        return is_all
    if isinstance(node, ast.UnaryOp):
        return not _truth(node.operand, value)
    assert isinstance(node, ast.Compare)
    terms = [node.left, *node.comparators]
    return all(
        _compared(operator, value(left), value(right))
        for operator, left, right in zip(node.ops, terms, terms[1:], strict=False)
    )


def _compared(operator: ast.cmpop, left: Number, right: Number) -> bool:
    if left[0] == left[1] == right[0] == right[1]:
        sign = 0
    elif left[1] < right[0]:
        sign = -1
    elif left[0] > right[1]:
        sign = 1
    else:
        raise CannotTell
    return {
        ast.Lt: sign < 0, ast.LtE: sign <= 0, ast.Gt: sign > 0, ast.GtE: sign >= 0,
        ast.Eq: sign == 0, ast.NotEq: sign != 0,
    }[type(operator)]  # fmt: skip


def _binary(operator: ast.operator, left: Number, right: Number) -> Number:
    if isinstance(operator, ast.Add):
        return left[0] + right[0], left[1] + right[1]
    if isinstance(operator, ast.Sub):
        return left[0] - right[1], left[1] - right[0]
    if isinstance(operator, ast.Mult):
        return _hull(a * b for a in left for b in right)
    if isinstance(operator, ast.Pow):
        result = (Fraction(1), Fraction(1))
        for _ in range(int(right[0])):
            result = _hull(a * b for a in result for b in left)
        return result
    if right[0] == right[1] == 0:
        raise ZeroDivisionError
    if right[0] <= 0 <= right[1]:
        raise CannotTell
    quotient = _hull(a / b for a in left for b in right)
    if isinstance(operator, ast.FloorDiv):
        floored = Fraction(_rounded(quotient, "AP_TRN"))
        return floored, floored
    return quotient


def _hull(ends: Any) -> Number:
    values = list(ends)
    return min(values), max(values)


_ROUNDINGS = {
    "floor": "AP_TRN", "trn": "AP_TRN", "ap_trn": "AP_TRN",
    "trunc": "AP_TRN_ZERO", "toward_zero": "AP_TRN_ZERO", "trn_zero": "AP_TRN_ZERO",
    "ap_trn_zero": "AP_TRN_ZERO",
    "rnd": "AP_RND", "half_up": "AP_RND", "ap_rnd": "AP_RND",
    "rnd_min_inf": "AP_RND_MIN_INF", "half_down": "AP_RND_MIN_INF",
    "ap_rnd_min_inf": "AP_RND_MIN_INF",
    "rnd_zero": "AP_RND_ZERO", "half_to_zero": "AP_RND_ZERO", "ap_rnd_zero": "AP_RND_ZERO",
    "rnd_inf": "AP_RND_INF", "half_away": "AP_RND_INF", "ap_rnd_inf": "AP_RND_INF",
    "rnd_conv": "AP_RND_CONV", "half_even": "AP_RND_CONV", "ap_rnd_conv": "AP_RND_CONV",
    "ceil": "TRN_INF", "ceiling": "TRN_INF", "trn_inf": "TRN_INF",
}  # fmt: skip


def _function(name: str, args: list[Number]) -> Number:
    if name in ("min", "max"):
        pick = min if name == "min" else max
        return pick(low for low, _ in args), pick(high for _, high in args)
    if name == "clip":
        return _function("min", [_function("max", args[:2]), args[2]])
    (argument,) = args
    if name in _ROUNDINGS:
        rounded = Fraction(_rounded(argument, _ROUNDINGS[name]))
        return rounded, rounded
    if name in _INCREASING:
        return _INCREASING[name](argument[0]), _INCREASING[name](argument[1])
    if name in ("abs", "square"):
        low = max(argument[0], -argument[1], Fraction(0))
        high = max(argument[1], -argument[0])
        return (low, high) if name == "abs" else (low**2, high**2)
    if name == "hard_swish":
        gate = _function("hard_sigmoid", [argument])
        return _binary(ast.Mult(), argument, gate)
    if argument[0] == argument[1]:
        exact = _exact(name, argument[0])
        if exact is not None:
            return exact, exact
    return _enclosed(name, argument)


_INCREASING: dict[str, Callable[[Fraction], Fraction]] = {
    "identity": lambda v: v,
    "relu": lambda v: max(v, Fraction(0)),
    "leaky_relu": lambda v: v if v > 0 else v / 100,
    "relu6": lambda v: min(max(v, Fraction(0)), Fraction(6)),
    "hard_sigmoid": lambda v: min(max(v + 3, Fraction(0)), Fraction(6)) / 6,
    "hard_tanh": lambda v: min(max(v, Fraction(-1)), Fraction(1)),
    "softsign": lambda v: v / (1 + abs(v)),
    "sign": lambda v: Fraction((v > 0) - (v < 0)),
    "step": lambda v: Fraction(v >= 0),
}

_SELU_SCALE = Fraction("1.0507009873554804934193349852946")
_SELU_ALPHA = Fraction("1.6732632423543772848170429916717")


def _exact(name: str, x: Fraction) -> Fraction | None:
    """The value at a rational point, where it is rational."""
    zero, one = Fraction(0), Fraction(1)
    at_zero = {
        "sigmoid": Fraction(1, 2), "tanh": zero, "silu": zero, "mish": zero, "gelu": zero,
        "gelu_tanh": zero, "exp": one, "sin": zero, "cos": one, "erf": zero,
    }  # fmt: skip
    if name in at_zero:
        return at_zero[name] if x == 0 else None
    if name in ("elu", "selu") and x >= 0:
        return x if name == "elu" else _SELU_SCALE * x
    return None


def _enclosed(name: str, argument: Number) -> Number:
    from flint import arb, ctx, fmpq  # type: ignore[import-untyped,unused-ignore]

    before = ctx.prec
    ctx.prec = PRECISION_BITS
    try:
        ends = [arb(fmpq(end.numerator, end.denominator)) for end in argument]
        ball = _arb_function(name, ends[0].union(ends[1]))
        return _fraction(ball.lower(), -1), _fraction(ball.upper(), 1)
    finally:
        ctx.prec = before


def _arb_function(name: str, x: Any) -> Any:
    def sigmoid(v: Any) -> Any:
        return 1 / (1 + (-v).exp())

    def rational(v: Fraction) -> Any:
        from flint import fmpq

        return type(x)(fmpq(v.numerator, v.denominator))

    below = x.exp() - 1  # elu and selu at negative x
    if name in ("elu", "selu") and x > 0:
        return x if name == "elu" else rational(_SELU_SCALE) * x
    if name in ("elu", "selu") and not x < 0:
        raise CannotTell
    return {
        "sigmoid": lambda: sigmoid(x),
        "tanh": lambda: x.tanh(),
        "elu": lambda: below,
        "selu": lambda: rational(_SELU_SCALE * _SELU_ALPHA) * below,
        "softplus": lambda: (1 + x.exp()).log(),
        "silu": lambda: x * sigmoid(x),
        "mish": lambda: x * (1 + x.exp()).log().tanh(),
        "gelu": lambda: x / 2 * (1 + (x / type(x)(2).sqrt()).erf()),
        "gelu_tanh": lambda: x / 2 * (1 + (
            (2 / type(x).pi()).sqrt() * (x + rational(Fraction("0.044715")) * x**3)
        ).tanh()),
        "exp": lambda: x.exp(),
        "sin": lambda: x.sin(),
        "cos": lambda: x.cos(),
        "erf": lambda: x.erf(),
    }[name]()  # fmt: skip


def _fraction(end: Any, outward: int) -> Fraction:
    """The end of an enclosure; one that is extremely near 0 moves outward (-1 or 1)."""
    if not end.is_finite():
        raise CannotTell
    mantissa, exponent = (int(part) for part in end.man_exp())
    if exponent > 100 * PRECISION_BITS:
        raise CannotTell
    if exponent < -100 * PRECISION_BITS:
        tiny = Fraction(outward, 2 ** (50 * PRECISION_BITS))
        return tiny if mantissa * outward > 0 else Fraction(0)
    return Fraction(mantissa) * Fraction(2) ** exponent
