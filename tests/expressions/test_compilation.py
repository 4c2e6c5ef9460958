"""Compiled expressions agree with the Fraction reference at every input, in every interpretation.

Random texts of the whole language, over formats of a few codes.  Where the reference
meets a division by zero the compilation must flag it, and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from random import Random

import pytest

from smtcheck import reference
from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.integers import Integers
from smtcheck.arithmetic.intervals import Interval, Intervals
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.claims.sides import ExpressionSide
from smtcheck.errors import InputError
from smtcheck.expressions.compilation import Compilation
from smtcheck.expressions.parsing import RATIONAL_ACTIVATIONS, ROUNDINGS, TRANSCENDENTAL, parse
from smtcheck.expressions.syntax import Grid
from smtcheck.expressions.tabulation import TableCache, Variable
from smtcheck.networks.activations import activation
from tests.arithmetic.cases import plain
from tests.arithmetic.random_networks import random_format
from tests.expressions.expression_cases import Case, case, check

#: e is an expression, c a condition, n a number, p a positive one, r and f are functions.
EXPRESSIONS = [
    "({e} + {e})", "({e} - {e})", "({e} * {e})", "({e} * {n})", "(-{e})", "({e} / {e})",
    "({e} / {p})", "({e} // {p})", "({e}) ** 2", "({e}) ** 3", "min({e}, {e})",
    "max({e}, {e}, {n})", "abs({e})", "clip({e}, {n}, {e})", "where({c}, {e}, {e})",
    "where({c}, {e}, {e})", "{r}({e} * {p})", "{f}({e})", "{f}({e})",
]  # fmt: skip
CONDITIONS = [
    "{e} < {e}", "{e} <= {e}", "{e} > {e}", "{e} >= {e}", "{e} == {e}", "{e} != {e}",
    "{e} < {e} <= {e} < {e}", "({c} and {c})", "({c} or {c})", "({c} or {c} or {c})", "not ({c})",
]  # fmt: skip
NUMBERS = ["0", "1", "2", "3", "-1", "0.5", "1/3", "0.75", "5/4", "-0.3", "7"]
POSITIVE = ["1", "2", "3", "(1/3)", "0.7", "(3/4)"]


def expression(draw: Random, depth: int, inputs: int, functions: list[str]) -> str:
    """A text with at most so many operations on top of each other."""
    if depth <= 0 or draw.random() < 0.1:
        return draw.choice([f"x{draw.randrange(inputs)}"] * 3 + [draw.choice(NUMBERS)])
    return filled(draw.choice(EXPRESSIONS), draw, depth, inputs, functions)


def condition(draw: Random, depth: int, inputs: int, functions: list[str]) -> str:
    template = draw.choice(CONDITIONS if depth > 0 else CONDITIONS[:7])
    return filled(template, draw, depth, inputs, functions)


def filled(template: str, draw: Random, depth: int, inputs: int, functions: list[str]) -> str:
    def fill(hole: re.Match[str]) -> str:
        match hole[1]:
            case "e":
                return expression(draw, depth - 1, inputs, functions)
            case "c":
                return condition(draw, depth - 1, inputs, functions)
        choices = {"n": NUMBERS, "p": POSITIVE, "r": list(ROUNDINGS), "f": functions}
        return draw.choice(choices[hole[1]])

    return re.sub(r"\{(\w)\}", fill, template)


def random_cases(seed: int, count: int, depth: int, functions: list[str]) -> Iterator[Case]:
    draw = Random(seed)
    for _ in range(count):
        inputs = draw.randint(1, 2)
        text = expression(draw, depth, inputs, functions)
        input_format = random_format(draw, 7)
        ends = [sorted(draw.choices(range(input_format.lo, input_format.hi + 1), k=2))] * inputs
        domain = tuple(Interval(*pair) for pair in ends)
        if draw.random() < 0.6:
            domain = (input_format.codes,) * inputs
        with suppress(InputError):  # a constant divisor that is zero, or too many factors
            yield case(text, input_format, random_format(draw, 40), domain)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.sampled(2)
def test_random_rational_expressions(seed: int) -> None:
    cases = list(random_cases(seed, 300, 1 + seed % 4, list(RATIONAL_ACTIVATIONS)))
    undefined = sum(None in check(one) for one in cases)
    assert len(cases) >= 275
    assert undefined >= 4


def test_random_transcendental_expressions() -> None:
    functions = [*TRANSCENDENTAL, "relu", "abs", "softsign"]
    refused = 0
    for one in random_cases(99, 600, depth=2, functions=functions):
        try:
            check(one)
        except (InputError, reference.CannotTell):  # an honest refusal of what cannot be told
            refused += 1
    assert refused <= 10


# ---- chosen texts ----

EIGHTHS = Format.parse("codes(-9, 10, 8, AP_RND_CONV, AP_SAT)")
COARSE = Format.parse("codes(-2, 2, 1)")
THIRDS = Format.parse("codes(-4, 5, 3, AP_RND, AP_WRAP)")
HERE = (Interval(-9, 10), Interval(-5, 4))


@pytest.mark.parametrize(
    "text",
    [
        "sigmoid(x0)",
        "rnd(256 * sigmoid(x0)) / 256 * x1",
        "max(tanh(x0), x1 / 2)",
        "min(x1, max(exp(x0), 1)) + 0 * x0",
        "where(x1 > 0, exp(x0), 0)",
        "where(exp(x0) > 1 + x1, x0, x1)",
        "where(exp(x0) <= 2 and not sin(x1) > 1/2, gelu(x0), -x1)",
        "sigmoid(x0) * x1 - tanh(x1 / 3)",
        "sigmoid(sigmoid(x0) + x1)",
        "1 / (sigmoid(x0) - 1/2)",
        "where(x0 == 0, 0, 1 / (sigmoid(x0) - 1/2))",
        "where(1 / sin(x0) > x1, 1, 2)",
        "floor(4 * cos(x0)) / 4 / x1",
        "elu(x0) + selu(x1) * softplus(-x0)",
        "abs(tanh(x0)) + relu(-sin(x1)) + square(exp(x0)) / 8",
        "hard_swish(2 * tanh(x0)) + softsign(exp(x1)) + step(cos(3 * x0)) + sign(mish(x1))",
        "rnd_conv(8 * silu(x0)) / 8 + half_down(8 * gelu_tanh(x1)) / 8",
    ],
)
def test_transcendental_expressions(text: str) -> None:
    for output in (EIGHTHS, COARSE):
        check(case(text, EIGHTHS, output, HERE))


@pytest.mark.parametrize(
    ("text", "undefined"),
    [
        ("1 / x0", {0}),
        ("x0 / (x0 * x0 - 4)", {-2, 2}),
        ("0 * (1 / x0)", {0}),
        ("1 / (1 / x0)", {0}),
        ("(1 / x0) ** 2", {0}),
        ("min(1 / x0, 0) + max(1, 1 / (x0 - 1))", {0, 1}),
        ("where(x0 > 0, 1 / x0, 0)", set()),
        ("where(x0 >= 0, 1 / x0, 0)", {0}),
        ("where(x0 > 0, 0, 1 / x0)", {0}),
        ("where(1 / x0 > 0, 1, 2)", {0}),
        ("where(x0 != 0 and 1 / x0 > 1/2, 1, 2)", set()),
        ("where(1 / x0 > 1/2 and x0 != 0, 1, 2)", {0}),
        ("where(x0 == 0 or 1 / x0 > 1/2, 1, 2)", set()),
        ("where(not (x0 == 0 or 1 / x0 > 1/2), 1, 2)", set()),
        ("where(x0 > 1 or 1 / x0 > 1/2, 1, 2)", {0}),
        ("where(1 < x0 < 1 / (x0 - 1), 1, 2)", set()),
        ("where(-1 < x0 < 1 / (x0 - 1) < 1 / x0, 1, 2)", {1}),
        ("where(x0 > 3, where(x0 < 3, 1 / 1 / (x0 - x0), 2), 3)", set()),
        ("where(x0 > 2, where(x0 < 4, 1 / (x0 - x0), 2), 3)", {3}),
        ("1 / floor(x0 / 2)", {0, 1}),
        ("1 // x0", {0}),
        ("rnd(1 / (x0 - 1))", {1}),
        ("softsign(1 / x0)", {0}),
        ("clip(x0, 1 / (x0 - 3), 2)", {3}),
        ("exp(1 / x0)", {0}),
        ("where(x0 > 0, exp(1 / x0), 2)", set()),
        ("where(sin(x0) > 0, 1 / (x0 - 1), 2)", {1}),
        ("1 / max(sin(x0), 0)", {0, -1, -2, -3, 4}),
        ("1 / where(x0 > 1, x0 - 2, sigmoid(x0))", {2}),
        ("floor(exp(1 / x0))", {0}),
    ],
)
def test_division_by_zero_is_flagged_exactly_where_it_is_asked_for(
    text: str, undefined: set[int]
) -> None:
    integers = Format.parse("codes(-3, 4, 1)")
    one = case(text, integers, THIRDS, (integers.codes,))
    codes = check(one)
    assert {x for (x,), code in zip(one.points, codes, strict=True) if code is None} == undefined


def test_what_cannot_divide_by_zero_has_no_flag() -> None:
    one = case("x0 / 3 + sigmoid(x0) + softsign(x0 / 2)", THIRDS, EIGHTHS, (THIRDS.codes,))
    flag = one.side.undefined(Intervals(), one.variables(list(one.domain)))
    assert flag is None or flag.high == 0
    plain_one = case("x0 / 3 + sigmoid(x0)", THIRDS, EIGHTHS, (THIRDS.codes,))
    assert plain_one.side.undefined(Intervals(), plain_one.variables([THIRDS.codes])) is None


def test_tables_of_one_and_two_inputs() -> None:
    draw = Random(11)
    lo, hi = THIRDS.lo, THIRDS.hi
    size = hi - lo + 1
    for text, axes in [
        ("table('t.csv', x0) + x1", (0,)),
        ("table('t.csv', x1) * x0", (1,)),
        ("table('t.csv', x0, x1)", (0, 1)),
        ("max(table('t.csv', x1, x0), x0)", (1, 0)),
        ("sigmoid(table('t.csv', x0, x1))", (0, 1)),
        ("where(table('t.csv', x0, x0) > x1, 1, 0)", (0, 0)),
    ]:
        entries = tuple(draw.randint(EIGHTHS.lo, EIGHTHS.hi) for _ in range(size ** len(axes)))
        grid = Grid(entries=entries, scale=8, inputs=axes, axes=((lo, size),) * len(axes))
        for domain in [(THIRDS.codes,) * 2, (Interval(-2, 3), Interval(1, 4))]:
            check(case(text, THIRDS, EIGHTHS, domain, grid))


@pytest.mark.parametrize(
    "name",
    [
        "sigmoid",
        "expr:max(tanh(x), x / 2)",
        "expr:where(exp(x) > 2, 1, 0)",
        "expr:rnd(4 * tanh(x)) / 4",
        "expr:where(x == 0, 0, floor(sin(x) / x))",
        "expr:where(x > 0 and 1 / (exp(x) - 1) < 2, x, -x)",
    ],
)
def test_an_activation_serves_formats_of_equal_codes_and_different_scales(name: str) -> None:
    """Its tables are shared between layers, and must not be mixed up."""
    shared = activation(name)
    for scale in (1, 2, 4, 3):
        fmt = Format(lo=-7, hi=7, scale=scale)
        text = name.removeprefix("expr:") if ":" in name else f"{name}(x)"
        for code in range(-7, 8):
            plain_code = reference.target_code(text, [fmt.value(code)], plain(fmt), {})
            assert shared.apply(Integers(), fmt, code) == plain_code


@pytest.mark.parametrize(
    "text",
    [
        "softplus(4 * x0) - 2 * x0",  # equal at x and -x
        "exp(x0) / 2 + exp(-x0) / 2",
        "-tanh(x0)",
        "max(exp(x0), exp(-x0))",
        "x0 - 3 * sin(x0)",
    ],
)
def test_what_does_not_increase_is_not_taken_to(text: str) -> None:
    symmetric = (Interval(-8, 8),)
    check(case(text, EIGHTHS, EIGHTHS, symmetric))
    check(case(f"floor({text}) + x0 / 8", EIGHTHS, COARSE, symmetric))


def test_one_expression_serves_several_domains() -> None:
    """Its tables are kept, and must not be mixed up."""
    for text in ("exp(x0)", "sigmoid(x0) * x1", "where(exp(x0) > 1 + x1, 1, 1 / sin(x1))"):
        whole = case(text, EIGHTHS, THIRDS, HERE)
        for domain in [HERE, (Interval(1, 4), Interval(-5, 4)), (Interval(-9, 0), Interval(0, 1))]:
            check(Case(side=whole.side, domain=domain[: len(whole.domain)]))


@pytest.mark.parametrize("overflow", Overflow)
def test_increasing_functions_are_no_longer_increasing_once_they_overflow(
    overflow: Overflow,
) -> None:
    """Equal codes at both ends settle all between them only where codes do increase."""
    for text in ("exp(x0)", "softplus(4 * x0)", "rnd(3 * sigmoid(x0)) + exp(x0 - 1)", "-exp(x0)"):
        for lo, hi in [(-2, 1), (0, 3), (-4, 5)]:
            output = Format(lo=lo, hi=hi, scale=2, overflow=overflow)
            check(case(text, EIGHTHS, output, (EIGHTHS.codes,)))


@pytest.mark.parametrize(
    "text",
    [
        "rnd(256 * sigmoid(x0)) / 256 * x1",
        "where(x1 > 0, exp(x0), 0)",
        "where(exp(x0) > 2, x1, -x1)",
        "max(tanh(x0), x1 / 2)",
        "min(max(sigmoid(x1), 1/4), x0)",
        "where(x0 == 0, 0, floor(8 * sin(x1)) / x0)",
    ],
)
def test_parts_of_one_input_each_combine_beyond_what_a_grid_could_hold(text: str) -> None:
    wide = Format.parse("paper(10, 128)")
    one = case(text, wide, wide, (wide.codes, wide.codes))
    draw = Random(text)
    for point in [(0, 0), *((draw.randint(-1023, 1023), draw.randint(-99, 99)) for _ in range(40))]:
        values = [Fraction(code, 128) for code in point]
        (code,) = one.side.codes(Integers(), one.variables(list(point)))
        assert code == reference.target_code(text, values, plain(wide), {})


def test_parts_too_large_to_tabulate_are_refused_with_advice() -> None:
    wide = Format.parse("paper(20, 256)")
    one = case("sigmoid(x0 + x1)", wide, wide, (wide.codes, wide.codes))
    with pytest.raises(InputError, match=r"2097151 x 2097151 codes of x0, x1.*shrink the domain"):
        one.side.codes(Integers(), one.variables([0, 0]))
    split = case("max(sigmoid(x0), rnd(9 * tanh(x1)))", wide, wide, (wide.codes, wide.codes))
    assert split.side.codes(Integers(), split.variables([0, 0])) == [128]


def test_each_output_is_an_expression_of_its_own() -> None:
    side = ExpressionSide(
        texts=("x0 + x1", "x0 / x1"),
        expressions=(parse("x0 + x1", 2), parse("x0 / x1", 2)),
        inputs=2,
        input_format=COARSE,
        output_format=COARSE,
    )
    one = Case(side=side, domain=(COARSE.codes,) * 2)
    assert side.codes(Integers(), one.variables([-1, 2])) == [1, -1]
    assert side.undefined(Integers(), one.variables([-1, 2])) == 0
    assert side.undefined(Integers(), one.variables([-1, 0])) == 1
    assert (side.outputs, side.inputs) == (2, 2)


def test_no_node_is_given_the_table_of_another() -> None:
    """Trees come and go, and what is made anew may lie where another lay before."""
    fmt, tables, places = Format.parse("paper(1,2)"), TableCache(), set[int]()
    codes = [Variable(code=1, codes=fmt.codes, scale=fmt.scale)] * 2
    for turn in range(200):
        name = TRANSCENDENTAL[turn % len(TRANSCENDENTAL)]
        root = parse(f"{name}(x0 + x1 - 1/2)", 2)  # of two inputs: a table that is not lazy
        places.add(id(root))
        found = Compilation(Integers(), codes, tables).quantized(root, fmt)
        assert found == activation(name).apply(Integers(), fmt, 1), name
        del root
    assert len(places) == 200, "tables keep the nodes that they are of"
