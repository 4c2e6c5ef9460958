"""Activations: every built-in against the reference, tables, and what is refused."""

from __future__ import annotations

import pickle
from fractions import Fraction
from itertools import count
from pathlib import Path

import numpy as np
import pytest

import smtcheck as sc
from smtcheck import reference
from smtcheck.arithmetic.integers import Integers
from smtcheck.arithmetic.intervals import Interval
from smtcheck.expressions.functions import FUNCTIONS
from smtcheck.expressions.parsing import ACTIVATION_NAMES, TRANSCENDENTAL
from smtcheck.expressions.tables import LazyTable, Order, monotone_entries, padded_entries
from smtcheck.files import FileSpace
from smtcheck.networks.activations import CallableActivation, activation, table
from tests.networks.test_network import plain_format

MODES = [
    f"{rounding.value},{overflow.value}" for rounding in sc.Rounding for overflow in sc.Overflow
]


@pytest.mark.parametrize("name", ACTIVATION_NAMES)
def test_every_entry_is_the_reference_rounding(name: str) -> None:
    for modes in MODES:
        for family in ("paper(3,3,{})", "ap_fixed<5,3,{}>", "ap_ufixed<4,2,{}>"):
            fmt = sc.Format.parse(family.replace("{}", modes).replace("<", "<"))
            plain = plain_format(str(fmt))
            expected = tuple(
                reference.target_code(f"{name}(x)", [Fraction(code, fmt.scale)], plain, {})
                for code in range(fmt.lo, fmt.hi + 1)
            )
            assert sc.table(name, fmt) == expected


def test_the_language_knows_exactly_the_functions_there_are() -> None:
    assert set(TRANSCENDENTAL) <= set(FUNCTIONS)


def test_a_claim_that_needs_three_entries_computes_three() -> None:
    asked: list[int] = []

    def entry(index: int) -> int:
        asked.append(index)
        return index * index

    table = LazyTable(entry, 2**62)
    assert [table[5], table[7], table[5], table[2**61]] == [25, 49, 25, 2**122]
    assert asked == [5, 7, 2**61]
    with pytest.raises(sc.InputError, match="too large"):
        table[0 : 2**30]


def test_one_entry_of_a_62_bit_format_is_quick_and_right() -> None:
    fmt = sc.Format.paper(62, 2**40)
    gelu = sc.activation("gelu")
    from smtcheck.arithmetic.integers import Integers

    for code in (0, 1, -1, 2**40, -(2**41), 2**61):
        plain = plain_format(str(fmt))
        expected = reference.target_code("gelu(x)", [Fraction(code, 2**40)], plain, {})
        assert gelu.apply(Integers(), fmt, code) == expected


def test_monotone_filling_asks_seldom_and_is_right() -> None:
    asked: list[int] = []

    def entry(index: int) -> int:
        asked.append(index)
        return index // 1000

    assert monotone_entries(entry, Interval(-5000, 5000)) == [
        index // 1000 for index in range(-5000, 5001)
    ]
    assert len(asked) < 300


def test_lazy_tables_of_both_orders_agree() -> None:
    for length in (1, 2, 3, 17):
        plain = LazyTable(lambda index: index // 3, length)
        ordered = LazyTable(lambda index: index // 3, length, Order.INCREASING)
        assert list(plain) == list(ordered)
    with pytest.raises(IndexError):
        plain[17]
    with pytest.raises(IndexError):
        plain[-1]


def test_padding_keeps_every_entry_in_its_place() -> None:
    entries = list(range(3 * 5 * 3))
    result = padded_entries(entries, [3, 5, 3])
    for a in range(3):
        for b in range(5):
            for c in range(3):
                assert result[(a * 8 + b) * 4 + c] == entries[(a * 5 + b) * 3 + c]
    assert set(result) == set(entries)


def test_no_table_changes_when_it_is_read_from_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    fmt = sc.Format.parse("ap_fixed<6,3,AP_RND,AP_SAT>")
    codes = sc.table("mish", fmt)
    Path("t.csv").write_text(",".join(map(str, codes)), encoding="utf-8")
    np.save("t.npy", np.array(codes))
    np.save("u.npy", np.array(codes, dtype=np.int8))
    for name in ("t.csv", "t.npy", "u.npy"):
        assert sc.table(f"table:{name}", fmt) == codes


def test_a_table_named_in_a_file_lies_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    (tmp_path / "t.csv").write_text("0,1,1", encoding="utf-8")
    with pytest.raises(sc.InputError, match="cannot be read"):
        activation("table:t.csv")
    beside = activation("table:t.csv", FileSpace.beside(tmp_path / "net.json"))
    assert sc.table(beside, "paper(1,1)") == (0, 1, 1)


def test_the_first_entry_outside_the_format_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("0\n0\n9\n0\n0\n0\n99\n", encoding="utf-8")
    with pytest.raises(sc.InputError, match=r"entry 2 \(for code -1\) is 9"):
        sc.table("table:t.csv", "paper(2,2)")


def test_python_functions_are_exact_and_need_permission(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "mine.py").write_text(
        "def cube(x): return x ** 3\ndef inexact(x): return float(x)\nthing = 3\n"
        "def ends(x): raise SystemExit(0)\n",
        encoding="utf-8",
    )
    assert sc.table("mine:cube", "paper(3,4)") == sc.table("expr:x*x*x", "paper(3,4)")
    with pytest.raises(sc.InputError, match="--allow-code"):
        activation("mine:cube")
    with pytest.raises(sc.InputError, match="exact Fraction or int"):
        sc.table("mine:inexact", "paper(3,4)")
    with pytest.raises(sc.InputError, match=r"fails at -7/4: SystemExit\(0\)"):
        sc.table("mine:ends", "paper(3,4)")
    (tmp_path / "over.py").write_text("raise SystemExit(0)\n", encoding="utf-8")
    with pytest.raises(sc.InputError, match=r"over:f: SystemExit\(0\)"):
        sc.activation("over:f")
    with pytest.raises(sc.InputError, match="not a function"):
        sc.activation("mine:thing")
    with pytest.raises(sc.InputError, match="missing"):
        sc.activation("missing:thing")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("relu7", "is not one of identity"),
        ("expr:1/x", "divides by zero at x = 0"),
        ("expr:1/(x - 1/4)", r"x = 1/4 \(code 1"),
        ("expr:y", "not an input"),
        ("table:missing.csv", "cannot be read"),
    ],
)
def test_what_is_not_an_activation_is_refused(spec: str, message: str) -> None:
    with pytest.raises(sc.InputError, match=message):
        sc.table(spec, "paper(3,4)")


def test_a_function_that_changes_its_mind_is_asked_once() -> None:
    answers = count()
    act = CallableActivation(name="whim", function=lambda x: next(answers))
    fmt = sc.Format.paper(3, 1)
    first = [act.apply(Integers(), fmt, code) for code in (-3, 2, 0)]
    entries = sc.table(act, fmt)  # which a digest is made of
    assert [entries[code - fmt.lo] for code in (-3, 2, 0)] == first
    assert sc.table(act, fmt) == entries


def test_guarded_division_is_an_activation() -> None:
    codes = sc.table("expr:where(x == 0, 0, 1 / x)", "paper(3,4)")
    assert codes[7 + 4] == 4
    assert codes[7] == 0
    assert codes[7 + 2] == 7  # 1 / (1/2) = 2 saturates at 7/4


class Moody:
    """A function that never answers twice alike."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, x: Fraction) -> Fraction:
        self.calls += 1
        return x + self.calls % 4


def test_copies_give_the_answers_that_were_given() -> None:
    """What a worker proves is proved of the table whose digest is in the certificate."""
    fmt = sc.Format.parse("paper(3,4)")
    moody = CallableActivation(name="moody", function=Moody())
    asked = table(moody, fmt)
    copy = pickle.loads(pickle.dumps(moody))
    assert table(copy, fmt) == table(moody, fmt) == asked
