"""The language of targets: what is accepted, what is refused and why; and nothing is executed."""

from __future__ import annotations

import ast
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtcheck import reference
from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.integers import Integers
from smtcheck.arithmetic.intervals import Interval
from smtcheck.arithmetic.rounding import Rounding
from smtcheck.errors import InputError
from smtcheck.expressions import parsing
from smtcheck.expressions import syntax as ex
from smtcheck.expressions.compilation import Compilation
from smtcheck.expressions.parsing import ACTIVATION_NAMES, ROUNDINGS, parse
from smtcheck.expressions.tabulation import Variable
from smtcheck.networks.activations import activation

SCALE = 25200  #: of the inputs, and of the values that are compared


def value(text: str, *inputs: str) -> Fraction:
    """The value of an expression, a multiple of 1 / SCALE."""
    codes = [int(Fraction(number) * SCALE) for number in inputs]
    variables = [Variable(code=code, codes=Interval(code, code), scale=SCALE) for code in codes]
    compiled = Compilation(Integers(), variables, {})
    root = parse(text, len(inputs))
    low, high = (compiled.rounded(root, SCALE, mode) for mode in (Rounding.FLOOR, Rounding.CEILING))
    assert low == high
    return Fraction(low, SCALE)


def constant(text: str) -> Fraction:
    root = parse(text, 1)
    assert isinstance(root, ex.Constant)
    return root.value


@pytest.mark.parametrize(
    ("text", "inputs", "expected"),
    [
        ("x0 + x1 - 3", ["1/2", "2"], "-1/2"),
        ("x0 * x1 / 4", ["1/2", "2"], "1/4"),
        ("x0 / x1", ["1/2", "-2"], "-1/4"),
        ("2 - 3 - 4 * 5 / 2 ** 3", ["0"], "-7/2"),
        ("-x0 ** 2", ["3"], "-9"),
        ("(-x0) ** 2", ["3"], "9"),
        ("2 ** -0 * x0 ** 3 ** 1", ["2"], "8"),
        ("x0 // x1", ["-1/2", "2"], "-1"),
        ("x0 // 0.3", ["1"], "3"),
        ("+x", ["3/4"], "3/4"),
        ("min(x0, x1, 1/4)", ["1", "2"], "1/4"),
        ("max(x0)", ["-1"], "-1"),
        ("max(x0, x1, -3, x0 + x1, 0)", ["1", "2"], "3"),
        ("clip(x0, -1, x1)", ["5", "2"], "2"),
        ("abs(x0) + abs(-x0)", ["-3/4"], "3/2"),
        ("where(x0 < x1, 1, 2)", ["1", "1"], "2"),
        ("where(x0 <= x1, 1, 2)", ["1", "1"], "1"),
        ("where(x0 > x1, 1, 2)", ["1", "1"], "2"),
        ("where(x0 >= x1, 1, 2)", ["1", "1"], "1"),
        ("where(x0 == x1, 1, 2)", ["1", "1"], "1"),
        ("where(x0 != x1, 1, 2)", ["1", "1"], "2"),
        ("where(0 < x0 < 2, 1, 2)", ["1"], "1"),
        ("where(0 < x0 < 2 < 2, 1, 2)", ["1"], "2"),
        ("where(x0 > 0 and x0 > 1 or x0 == -1, 1, 2)", ["-1"], "1"),
        ("where(not (x0 > 0 or x0 < 0), 1, 2)", ["0"], "1"),
        ("where(not x0 > 0 or x0 < 0, 1, 2)", ["1"], "2"),
        ("relu(x0) + relu6(9) + step(0)", ["-1"], "7"),
        ("hard_sigmoid(1) + hard_tanh(-7) + sign(-3)", ["0"], "-4/3"),
        ("softsign(-3) + square(3/2) + leaky_relu(-1)", ["0"], "149/100"),
        ("hard_swish(1) + identity(x)", ["1/3"], "1"),
        ("floor(x0) + 10 * ceil(x0) + 100 * trunc(x0)", ["-3/2"], "-112"),
        ("rnd_conv(x0 * 3/4)", ["2"], "2"),
        ("  x0\n + \n x0 ", ["1"], "2"),
    ],
)
def test_what_expressions_mean(text: str, inputs: list[str], expected: str) -> None:
    assert value(text, *inputs) == Fraction(expected)


@pytest.mark.parametrize("name", ROUNDINGS)
def test_every_name_of_a_rounding_mode(name: str) -> None:
    ties = [Fraction(n, 2) for n in range(-5, 6)]
    expected = {
        Rounding.FLOOR: [-3, -2, -2, -1, -1, 0, 0, 1, 1, 2, 2],
        Rounding.CEILING: [-2, -2, -1, -1, 0, 0, 1, 1, 2, 2, 3],
        Rounding.TOWARD_ZERO: [-2, -2, -1, -1, 0, 0, 0, 1, 1, 2, 2],
        Rounding.HALF_UP: [-2, -2, -1, -1, 0, 0, 1, 1, 2, 2, 3],
        Rounding.HALF_DOWN: [-3, -2, -2, -1, -1, 0, 0, 1, 1, 2, 2],
        Rounding.HALF_TO_ZERO: [-2, -2, -1, -1, 0, 0, 0, 1, 1, 2, 2],
        Rounding.HALF_AWAY: [-3, -2, -2, -1, -1, 0, 1, 1, 2, 2, 3],
        Rounding.HALF_EVEN: [-2, -2, -2, -1, 0, 0, 0, 1, 2, 2, 2],
    }[ROUNDINGS[name]]
    assert [value(f"{name}(x)", str(tie)) for tie in ties] == expected
    assert [constant(f"{name}({tie})") for tie in ties] == expected


def test_each_rounding_mode_has_its_three_names() -> None:
    for mode in Rounding:
        names = {mode.name.lower(), mode.value.lower(), mode.value.lower().removeprefix("ap_")}
        assert all(ROUNDINGS[name] is mode for name in names)
    assert ROUNDINGS["rnd"] is Rounding.HALF_UP


@pytest.mark.parametrize("name", [*ROUNDINGS, *ACTIVATION_NAMES])
def test_the_reference_knows_every_name_and_means_the_same(name: str) -> None:
    fmt = Format.parse("paper(20, 1000, AP_TRN, AP_SAT)")
    for number in ("-7/2", "-1/2", "0", "1/2", "5/2"):
        code = activation(f"expr:{name}(x)").apply(Integers(), fmt, fmt.quantize(Fraction(number)))
        plain = reference.PlainFormat(
            lo=fmt.lo, hi=fmt.hi, scale=1000, rounding="AP_TRN", overflow="AP_SAT"
        )
        assert reference.target_code(f"{name}(x)", [Fraction(number)], plain, {}) == code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.1", "1/10"),
        (".5", "1/2"),
        ("5.", "5"),
        ("1e-3", "1/1000"),
        ("1.25E2", "125"),
        ("1_000.000_1", "10000001/10000"),
        ("0x1e5", "485"),
        ("0b101", "5"),
        ("0o17", "15"),
        ("00", "0"),
        ("0.1 + 0.2 - 0.3", "0"),
        ("123456789012345678901234567890.5", "246913578024691357802469135781/2"),
        ("1e100 - 1e100 + 1", "1"),
        ("1/3 * 3", "1"),
        ("-2 ** 100", str(-(2**100))),
    ],
)
def test_numbers_are_exact_rationals(text: str, expected: str) -> None:
    assert constant(text) == Fraction(expected)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expression '' cannot be read"),
        ("x0 +", "cannot be read: invalid syntax"),
        ("x0 x1", "cannot be read"),
        ("(x0", r"cannot be read: '\(' was never closed"),
        ("x0 = 1", "cannot be read"),
        ("x0; x1", "cannot be read"),
        ("import os", "cannot be read"),
        ("x0\0", "cannot be read"),
        ("\ud800", "cannot be read"),
        ("x2", r"'x2' in 'x2' is not an input \(x0 .. x1\) or a function"),
        ("x", r"'x' in 'x' is not an input \(x0 .. x1\)"),
        ("x00", "'x00' in 'x00' is not an input"),
        ("x-1", "'x' in 'x-1' is not an input"),
        ("x0000000001", "is not an input"),
        ("x٠", "is not an input"),
        ("y", "'y' in 'y' is not an input"),
        ("pi", "'pi' in 'pi' is not an input"),
        ("relu", "'relu' in 'relu' is not an input"),
        ("inf", "is not an input"),
        ("True", "'True' in 'True' is not part of the language"),
        ("None", "'None' in 'None' is not part of the language"),
        ("...", "is not part of the language"),
        ("1j", "'1j' in '1j' is not part of the language"),
        ("'1'", "is not part of the language"),
        ("b'1'", "is not part of the language"),
        ("x0.real", "'x0.real' in 'x0.real' is not part of the language"),
        ("x0[0]", "is not part of the language"),
        ("(x0, x1)", "is not part of the language"),
        ("[x0]", "is not part of the language"),
        ("{x0: x1}", "is not part of the language"),
        ("x0 if x1 else 2", "is not part of the language"),
        ("lambda: x0", "is not part of the language"),
        ("(y := x0)", "is not part of the language"),
        ("~x0", "is not part of the language"),
        ("not x0", "is not part of the language"),
        ("x0 < x1", "'x0 < x1' in 'x0 < x1' is not part of the language"),
        ("x0 and x1", "is not part of the language"),
        ("f'{x0}'", "is not part of the language"),
        ("max(*x0)", r"'\*x0' in .* is not part of the language"),
        ("max(x0, key=x1)", "is not part of the language"),
        ("max(x0)(x1)", "is not part of the language"),
        ("é + x0.real", "'é' in"),
        ("1 + é", "'é' in"),
        ("x0 % 2", r"operators are \+ - \* / // \*\*"),
        ("x0 @ x1", "operators are"),
        ("x0 << 1", "operators are"),
        ("x0 | x1", "operators are"),
        ("where(x0 is x1, 1, 2)", "comparisons are < <= > >= == !="),
        ("where(x0 in x1, 1, 2)", "comparisons are"),
        ("where(x0, 1, 2)", "'x0' in .* is not a condition"),
        ("where(1, 1, 2)", "'1' in .* is not a condition"),
        ("where(x0 < 1 and x1, 1, 2)", "'x1' in .* is not a condition"),
        ("where(x0 < 1, 1)", "where takes 3 arguments, not 2"),
        ("where(x0 < 1, 1, 2, 3)", "where takes 3 arguments, not 4"),
        ("clip(x0, 1)", "clip takes 3 arguments, not 2"),
        ("relu(x0, x1)", "relu takes 1 arguments, not 2"),
        ("rnd()", "rnd takes 1 arguments, not 0"),
        ("min()", "'min' in .* is not a function"),
        ("sqrt(x0)", "'sqrt' in .* is not a function; there are min, max, abs, clip, where"),
        ("eval(x0)", "'eval' in .* is not a function"),
        ("x0 / 0", "divides by zero"),
        ("x0 // (1 - 1)", "divides by zero"),
        ("1 / 0.0", "divides by zero"),
        ("2 ** x0", "an exponent is an integer constant"),
        ("x0 ** (1/2)", "an exponent is an integer constant"),
        ("x0 ** -1", r"exponents are 1 \.\. 64"),
        ("x0 ** 0", r"exponents are 1 \.\. 64"),
        ("x0 ** 65", r"exponents are 1 \.\. 64"),
        ("2 ** -1", r"exponents are 0 \.\. 2048"),
        ("2 ** 2048", "has more than 2048 bits"),
        ("3 ** 2049", "exponents are"),
        ("x0 ** 32 * x1 ** 33", "multiplies more than 64 inputs together"),
        ("(x0 / x1) ** 40 + (x1 / x0) ** 40", "multiplies more than 64 inputs together"),
        ("1e999999999", "number '1e999999999' is too large"),
        ("1e-600", "number '1e-600' is too large"),
        ("1" * 600, "is too large"),
        ("0x" + "f" * 600, "has more than 2048 bits"),
        ("1e500 * 1e500", "constant 'product' has more than 2048 bits"),
        ("-" * 60 + "x0", "nests deeper than 50"),
        ("(" * 300 + "x0" + ")" * 300, "cannot be read"),
        ("abs(" * 60 + "x0" + ")" * 60, "nests deeper than 50"),
        ("x0" + " " * 10 + "+1" * 10_000, "expression has 20012 characters, allowed are"),
        ("table('t.csv', x0)", r"table\('t.csv', ...\) cannot be used here"),
        ("table(x0)", r"use table\('FILE', x0, ...\), with inputs"),
        ("table('t.csv')", "use table"),
        ("table('t.csv', x0 + 1)", "use table"),
        ("table('t.csv', 1)", "use table"),
        ("table()", "use table"),
    ],
)
def test_what_is_refused_and_why(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        parse(text, 2)
    assert len(str(caught.value)) < 1000
    assert "\n" not in str(caught.value)


def test_comments_never_swallow_what_follows_them() -> None:
    """Lines are joined, and then a # would hide all that comes after it."""
    for text in ("x0  # the first\n + x1", "x0 + x1 # all", "# none"):
        with pytest.raises(InputError, match="#"):
            parse(text, 2)


def test_x_is_the_only_input_or_none() -> None:
    assert isinstance(parse("x", 1), ex.Input)
    assert isinstance(parse("x0", 1), ex.Input)
    with pytest.raises(InputError, match=r"'x1' in 'x1' is not an input \(x0\)"):
        parse("x1", 1)


def test_tables_are_loaded_with_their_inputs() -> None:
    asked = []

    def load(path: str, inputs: tuple[int, ...]) -> ex.Grid:
        asked.append((path, inputs))
        return ex.Grid(entries=(5,), scale=1, inputs=inputs, axes=((0, 1),) * len(inputs))

    parse("table('a.npy', x1, x0) + table('b.csv', x2)", 3, load)
    assert asked == [("a.npy", (1, 0)), ("b.csv", (2,))]


@pytest.mark.parametrize("name", ACTIVATION_NAMES)
def test_every_activation_is_a_function_of_one_number(name: str) -> None:
    assert ex.inputs_of(parse(f"{name}(x1)", 2)) == {1}
    for text in (f"{name}()", f"{name}(x0, x1)"):
        with pytest.raises(InputError, match="takes 1 arguments"):
            parse(text, 2)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('pathlib').Path(FILE).touch()",
        "open(FILE, 'w')",
        "[open(FILE, 'w') for _ in (1,)]",
        "(lambda: open(FILE, 'w'))()",
        "f\"{open(FILE, 'w')}\"",
        "max(open(FILE, 'w'), 1)",
        "where(open(FILE, 'w') > 1, 1, 2)",
        "x0 ** open(FILE, 'w')",
        "().__class__.__base__.__subclasses__()",
    ],
)
def test_nothing_is_executed(text: str, tmp_path: Path) -> None:
    file = tmp_path / "made"
    with pytest.raises(InputError):
        parse(text.replace("FILE", repr(str(file))), 1)
    assert not file.exists()


def test_the_parser_has_no_way_to_execute() -> None:
    tree = ast.parse(Path(parsing.__file__).read_text(encoding="utf-8"))
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert not names & {"eval", "exec", "compile", "__import__", "literal_eval", "getattr_static"}


WORDS = (
    "x x0 x1 x2 0 1 2.5 1e3 + - * / // ** ( ) , < <= == and or not where( max( min( abs( clip( "
    "rnd( relu( sigmoid( table( 'a' é if else lambda"
)
FRAGMENTS = st.sampled_from([*WORDS.split(), *"%~[].:=#\\\n\t"])


@given(st.lists(FRAGMENTS, max_size=12).map(" ".join) | st.text(max_size=30))
@settings(max_examples=1500)
def test_any_text_is_an_expression_or_an_input_error(text: str) -> None:
    try:
        root = parse(text, 2)
    except InputError:
        return
    assert ex.inputs_of(root) <= {0, 1}
    assert ex.degree(root) <= parsing.MAX_POWER
