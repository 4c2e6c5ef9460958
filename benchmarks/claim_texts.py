"""Random formats, numbers, tables and expressions as people write them, with what they mean.

What a text means is never asked of the project: a format is drawn as numbers and modes, and
then spelled; an expression is read by the rational reference.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from fractions import Fraction
from random import Random

import numpy as np

from smtcheck.reference import PlainFormat

ROUNDINGS = {
    "AP_TRN": "floor", "TRN_INF": "ceiling", "AP_TRN_ZERO": "toward_zero", "AP_RND": "half_up",
    "AP_RND_MIN_INF": "half_down", "AP_RND_ZERO": "half_to_zero", "AP_RND_INF": "half_away",
    "AP_RND_CONV": "half_even",
}  # fmt: skip
OVERFLOWS = {
    "AP_SAT": "saturate", "AP_WRAP": "wrap", "AP_SAT_SYM": "saturate_symmetric",
    "AP_SAT_ZERO": "saturate_to_zero",
}  # fmt: skip
RATIONAL = (
    "identity", "relu", "leaky_relu", "relu6", "hard_sigmoid", "hard_tanh", "softsign",
    "hard_swish", "square", "abs", "sign", "step", "floor", "ceil", "trunc", "rnd", "rnd_conv",
    "half_away", "half_down", "half_to_zero",
)  # fmt: skip
TRANSCENDENTAL = (
    "sigmoid", "tanh", "elu", "selu", "softplus", "silu", "mish", "gelu", "gelu_tanh", "exp",
    "erf", "sin", "cos",
)  # fmt: skip


def random_plain_format(draw: Random, most_codes: int) -> PlainFormat:
    """Any modes, any small scale; often the codes of a family."""
    match draw.randrange(4):
        case 0:
            width_bits = draw.randint(2, max(2, most_codes.bit_length() - 1))
            lo, hi = -(2 ** (width_bits - 1)), 2 ** (width_bits - 1) - 1
        case 1:
            width_bits = draw.randint(1, max(1, most_codes.bit_length() - 1))
            lo, hi = 0, 2**width_bits - 1
        case 2:
            p = draw.randint(1, max(1, most_codes.bit_length() - 2))
            lo, hi = 1 - 2**p, 2**p - 1
        case _:
            size = draw.randint(2, most_codes)
            hi = draw.randint(1, size - 1)
            lo = hi + 1 - size
    return PlainFormat(
        lo=lo,
        hi=hi,
        scale=draw.choice([1, 2, 4, 8, 16, *range(1, 11)]),
        rounding=draw.choice(list(ROUNDINGS)),
        overflow=draw.choice(list(OVERFLOWS)),
    )


def spelled_format(draw: Random, fmt: PlainFormat) -> str:
    """One of the texts of a format."""
    modes = f"{_spelled_mode(draw, fmt.rounding)}, {_spelled_mode(draw, fmt.overflow)}"
    pair = fmt.rounding, fmt.overflow
    is_usual = pair == ("AP_RND_INF", "AP_SAT")
    bits, fraction_bits = (fmt.hi - fmt.lo).bit_length(), fmt.scale.bit_length() - 1
    found = [f"codes({fmt.lo}, {fmt.hi},{fmt.scale},{modes})"]
    if is_usual:
        found.append(f"codes({fmt.lo},{fmt.hi},{fmt.scale})")
    if fmt.lo == -fmt.hi and not fmt.hi & (fmt.hi + 1):
        p = fmt.hi.bit_length()
        found += [f"paper({p},{fmt.scale},{modes})"] + [f"paper({p}, {fmt.scale})"] * is_usual
    is_signed = fmt.lo == -fmt.hi - 1
    if fmt.scale != 2**fraction_bits or not (is_signed or fmt.lo == 0):
        return draw.choice(found)
    if fmt.hi - fmt.lo + 1 != 2**bits:
        return draw.choice(found)
    integer_bits, u = bits - fraction_bits, "" if is_signed else "u"
    prefix = f"{bits},{integer_bits}"
    for family in (f"ap_{u}fixed<{prefix}", f"{u}fixed<{prefix}", _ac(prefix, is_signed)):
        found.append(f"{family},{modes}>")
        if fmt.overflow == "AP_WRAP":
            found.append(f"{family},{_spelled_mode(draw, fmt.rounding)}>")
            found += [f"{family}>"] * (fmt.rounding == "AP_TRN")
    if fmt.scale == 1:
        found.append(f"{u}int{bits}({modes})")
        found += [f"{u}int{bits}"] * (pair == ("AP_RND_CONV", "AP_SAT"))
        found += [f"ap_{u}int<{bits}>"] * (pair == ("AP_TRN_ZERO", "AP_WRAP"))
    whole = integer_bits - is_signed
    if whole >= 0:
        family = f"{u.upper()}Q{whole}.{fraction_bits}"
        found += [f"{family}({modes})"] + [family] * is_usual
    return draw.choice(found)


def _ac(prefix: str, is_signed: bool) -> str:
    return f"ac_fixed<{prefix},{'true' if is_signed else 'false'}"


def _spelled_mode(draw: Random, mode: str) -> str:
    bare = mode.removeprefix("AP_")
    of_ac = mode if mode == bare else f"AC_{bare}"
    return draw.choice([mode, bare, of_ac, (ROUNDINGS | OVERFLOWS)[mode]])


def spelled_number(draw: Random, value: Fraction) -> str:
    """A rational as a text of a domain."""
    whole = value * 1000
    if whole.denominator == 1 and draw.random() < 0.5:
        digits = f"{abs(whole.numerator):04d}"
        return f"{'-' * (value < 0)}{digits[:-3]}.{digits[-3:]}"
    return str(value)


def random_domain(
    draw: Random, fmt: PlainFormat, inputs: int, most_points: int
) -> tuple[list[str], list[range]]:
    """Texts of axes, and the codes that each of them holds."""
    texts, axes = ["any"] * inputs, [range(fmt.lo, fmt.hi + 1)] * inputs
    while _product(axes) > most_points or draw.random() < 0.3:
        axis = draw.randrange(inputs)
        first, last = sorted(draw.choices(list(axes[axis]), k=2))
        low, high = Fraction(first, fmt.scale), Fraction(last, fmt.scale)
        slack = Fraction(draw.choice([0, 0, 1, 2]), 3 * fmt.scale)  # less than a code
        texts[axis] = (
            f"{spelled_number(draw, low - slack)}..{spelled_number(draw, high + slack)}"
            if last > first or draw.random() < 0.5
            else spelled_number(draw, low)
        )
        axes[axis] = range(first, last + 1)
    return texts, axes


def _product(axes: Sequence[range]) -> int:
    size = 1
    for axis in axes:
        size *= len(axis)
    return size


def table_file(
    draw: Random, codes: Sequence[int], lo: int | None, inputs: int = 1
) -> tuple[str, bytes]:
    """The ending of a file's name, and what is in it; lo is None where pairs are not allowed."""
    match draw.choice(["npy", "column", "header", "lines", "pairs"]):
        case "npy":
            stream = io.BytesIO()
            array = np.array(codes, dtype=draw.choice(["<i8", "<i4", ">i4", "<i2"]))
            if inputs > 1 and draw.random() < 0.7:
                array = array.reshape((round(len(codes) ** (1 / inputs)),) * inputs)
                array = draw.choice([array, np.asfortranarray(array)])
            np.save(stream, array)
            return "npy", stream.getvalue()
        case "header":
            return "csv", "\n".join(["code", *(_spelled_code(draw, c) for c in codes)]).encode()
        case "pairs" if lo is not None:
            lines = [f"{lo + i}, {_spelled_code(draw, c)}" for i, c in enumerate(codes)]
            draw.shuffle(lines)
            return "csv", "\r\n".join(["input_code,output_code", *lines]).encode()
        case "lines" if len(codes) > 2:
            return "csv", (", ".join(_spelled_code(draw, c) for c in codes) + "\n").encode()
    return "csv", "".join(f"{_spelled_code(draw, c)}\n" for c in codes).encode()


def _spelled_code(draw: Random, code: int) -> str:
    sign = "-" * (code < 0)
    return draw.choice([str(code), str(code), f"{sign}{abs(code):#x}"])


# ---- expressions ----


def random_expression(draw: Random, inputs: int, depth: int, is_rational: bool = True) -> str:
    """Any operators and functions; divisors are often, but not always, kept from 0."""
    if depth == 0 or draw.random() < 0.1:
        return draw.choice([*[f"x{draw.randrange(inputs)}"] * 3, random_constant(draw)])

    def part() -> str:
        return random_expression(draw, inputs, depth - 1, is_rational)

    match draw.choice(["+", "-", "*", "/", "//", "min", "max", "clip", "where", "call", "**"]):
        case "+" | "-" as sign:
            return f"({part()} {sign} {part()})"
        case "*":
            return f"({part()} * {draw.choice([part(), random_constant(draw)])})"
        case "/" | "//" as sign:
            divisor = draw.choice(
                [str(draw.randint(1, 5)), f"(abs({part()}) + 1/2)", f"max({part()}, 1)", part()]
            )
            return f"({part()} {sign} {divisor})"
        case "min" | "max" as name:
            return f"{name}({part()}, {part()})"
        case "clip":
            return f"clip({part()}, -{draw.randint(0, 3)}, {draw.randint(0, 3)}/2)"
        case "where":
            return f"where({random_condition(draw, part)}, {part()}, {part()})"
        case "**":
            return f"({part()} ** {draw.randint(1, 3)})"
    names = RATIONAL if is_rational or draw.random() < 0.6 else TRANSCENDENTAL
    return f"{draw.choice(names)}({part()})"


def random_condition(draw: Random, part: object) -> str:
    """Comparisons, chained or joined."""
    assert callable(part)
    sign = draw.choice(["<", "<=", ">", ">=", "==", "!="])
    simple = f"{part()} {sign} {part()}"
    return draw.choice(
        [simple, simple, f"not {simple}", f"({simple} and {part()} < 1)", f"-1 <= {part()} < 1",
         f"({simple} or {part()} > 0)"]
    )  # fmt: skip


def random_constant(draw: Random) -> str:
    """A rational, as texts may have it."""
    n = draw.randint(0, 9)
    return draw.choice([str(n), f"{n}/{draw.randint(1, 7)}", f"0.{n}", f"{n}e-1", f"0x{n:x}"])


def rewritten(draw: Random, text: str) -> str:
    """The same function, written otherwise."""
    return draw.choice(
        [
            f"({text}) * 3 / 3", f"-(-({text}))", f"max({text}, {text})", f"({text}) + 1/3 - 1/3",
            f"where(x0 > 0, {text}, {text})", f"-min(-({text}), -({text}))", f"1 * ({text})",
            f"relu({text}) - relu(-({text}))", f"({text}) / 2 + ({text}) / 2",
        ]
    )  # fmt: skip
