"""`sc.prove` and `sc.check`: targets of every kind, and failures that say everything."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import smtcheck as sc
from smtcheck.interface.python.agreement import failure
from smtcheck.interface.python.questions import question_of
from tests.interface.python.networks import absolute, ordered, swapped


def identity_table() -> Any:
    codes = np.arange(-3, 4)
    return np.stack(np.meshgrid(codes, codes, indexing="ij"), axis=-1)


@pytest.mark.parametrize(
    "equals",
    [
        "abs(x0)",
        ["abs(x0)"],
        abs,
        lambda x: max(x, -x),
        lambda x: [abs(x)],
        list(map(abs, range(-7, 8))),
        tuple(map(abs, range(-7, 8))),
        np.abs(np.arange(-7, 8, dtype=np.int8)),
        np.abs(np.arange(-7, 8)).reshape(15, 1),
    ],
)
def test_targets_of_every_kind(equals: Any) -> None:
    assert sc.prove(absolute(), equals=equals).proved


def test_targets_of_several_inputs_and_outputs() -> None:
    net = ordered()
    assert sc.prove(net, equals=lambda x, y: (x, y)).proved
    assert sc.prove(net, equals=identity_table()).proved
    assert sc.prove(net, equals=net).proved
    wrong = identity_table()
    wrong[5, 1, 1] = 3
    for target, codes in ((swapped, (0, 1)), (wrong, (2, -2))):
        verdict = sc.prove(net, equals=target)
        assert isinstance(verdict, sc.Refuted)
        assert verdict.counterexample.input_codes == codes


def test_a_network_may_be_a_file(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    absolute().save(path)
    assert sc.prove(str(path), equals=path).proved


def test_a_function_is_called_in_the_domain_only() -> None:
    asked: list[Fraction] = []

    def inverse(x: Fraction) -> Fraction:
        asked.append(x)
        return 1 / x * x * x

    assert sc.prove(absolute(), equals=inverse, domain=[(Fraction(1, 2), 1)]).proved
    assert asked == [Fraction(code, 4) for code in (2, 3, 4)]
    with pytest.raises(sc.InputError, match="the target function fails at 0: ZeroDivisionError"):
        sc.prove(absolute(), equals=inverse)


@pytest.mark.parametrize("engine", ["exhaustive", "bitwuzla"])
def test_engines_agree_about_a_function_on_a_part(engine: str) -> None:
    domain = [(Fraction(-1, 2), 1), (Decimal("0.5"), Decimal("1.5"))]
    assert sc.prove(ordered(), equals=lambda x, y: (x, y), domain=domain, engine=engine).proved
    verdict = sc.prove(ordered(), equals=swapped, domain=domain, engine=engine)
    assert isinstance(verdict, sc.Refuted)
    assert verdict.counterexample.input_codes[0] in range(-1, 3)


@pytest.mark.parametrize(
    ("axis", "text"),
    [
        ((0, 1), "0..1"),
        ([Fraction(-1, 3), Decimal("0.8")], "-1/3..0.8"),
        (1, "1"),
        (Fraction(-3, 4), "-0.75"),
        (np.int64(1), "1"),
        (None, "any"),
    ],
)
def test_domains_are_values_or_texts(axis: Any, text: str) -> None:
    calls: list[list[Fraction]] = []
    for domain in (axis, text):
        calls.append([])
        sc.prove(absolute(), equals=lambda x: calls[-1].append(x) or 0, domain=[domain])
    assert calls[0] == calls[1] != []


REFUSED: dict[str, dict[str, Any]] = {
    "domain has 0 entries, there are 1 inputs": {"domain": []},
    "domain has 2 entries": {"domain": [None, None]},
    "give a list, with an entry for each input": {"domain": "0..1"},
    "domain is the float 0.1, .* Decimal": {"domain": [(0.1, 1)]},
    "domain is the float nan": {"domain": [float("nan")]},
    "domain is True": {"domain": [True]},
    r"domain is Decimal\('NaN'\)": {"domain": [Decimal("nan")]},
    r"domain \(1, 0\) holds no value": {"domain": [(1, 0)]},
    r"domain \(1,\) is no pair": {"domain": [(1,)]},
    "tolerance_ulp is 1.0": {"tolerance_ulp": 1.0},
    r"tolerance_ulp is np.float64\(0.0\)": {"tolerance_ulp": np.float64(0)},
    "tolerance_ulp is True": {"tolerance_ulp": True},
    "tolerance_ulp is -1": {"tolerance_ulp": -1},
    "timeout is nan, and must be seconds above 0": {"timeout": float("nan")},
    "timeout is 0, and must be seconds above 0": {"timeout": 0},
    "not both": {"timeout": 1, "limits": sc.Limits()},
    "limits is 5": {"limits": 5},
    "timeout is True": {"limits": sc.Limits(timeout_seconds=True)},
    "engine None is not one of auto": {"engine": None},
    r"lists have different lengths": {"equals": [[1, 2], [3]]},
    "equals: True is not an integer code": {"equals": [True] * 15},
    "equals: 0.5 is not an integer code": {"equals": np.full(15, 0.5)},
    r"equals has 8 at \[14\], which is no code": {"equals": [0] * 14 + [8]},
    r"equals has shape \(14,\); needed is \(15,\)": {"equals": [0] * 14},
    "masked array": {"equals": np.ma.array([0] * 15, mask=[1] + [0] * 14)},
    "neither a text, a function nor codes": {"equals": None},
    "at least one expression": {"equals": []},
    "returned 0.5 at -7/4": {"equals": lambda x: 0.5},
    "returned True at -7/4": {"equals": lambda x: True},
    "and there are 1 outputs": {"equals": lambda x: (x, x)},
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_is_meant_otherwise_is_refused(words: str) -> None:
    with pytest.raises(sc.InputError, match=words):
        sc.prove(absolute(), **({"equals": "x0"} | REFUSED[words]))


def test_arrays_of_codes_that_symmetric_saturation_never_gives_are_refused() -> None:
    """Quantized once more, lo would be -hi, and the network below would be proved to give lo."""
    text = "codes(-4,3,1,AP_RND,AP_SAT_SYM)"
    network = sc.Network.from_arrays(text, [[[1]]], [[0]])
    codes = np.arange(-4, 4)
    assert network.evaluate([-4]) == (-3,)
    for ask in (
        lambda: sc.prove(network, equals=codes),
        lambda: sc.construct(codes, "relu", text),
    ):
        with pytest.raises(
            sc.InputError, match=r"has -4 at \[0\], .* never gives: it saturates at -3"
        ):
            ask()
    assert sc.prove(network, equals=np.maximum(codes, -3)).proved
    plain = sc.Network.from_arrays(text.replace("_SYM", ""), [[[1]]], [[0]])
    assert sc.prove(plain, equals=codes).proved


def test_other_things_than_networks_are_refused() -> None:
    with pytest.raises(sc.InputError, match="7 is no network"):
        sc.prove(7, equals="x0")  # type: ignore[arg-type]
    wide = sc.Network.from_arrays("Q7.8", [[[1, 1]]], [[0]])
    with pytest.raises(sc.InputError, match="a function would be called at 4294967296 inputs"):
        sc.prove(wide, equals=lambda x, y: x)


def test_integers_of_numpy_are_tolerances() -> None:
    assert sc.prove(absolute(), equals="abs(x0) + 1/4", tolerance_ulp=np.int32(1)).proved  # type: ignore[arg-type]


def test_a_check_that_holds_gives_the_verdict() -> None:
    assert str(sc.check(absolute(), equals="abs(x0)", timeout=10)) == "proved"


def test_a_check_that_fails_shows_both_sides_and_the_neurons() -> None:
    with pytest.raises(AssertionError) as raised:
        sc.check(absolute(), equals="x0")
    verdict, counterexample, empty, *traced = str(raised.value).splitlines()
    assert (verdict, empty) == ("refuted", "")
    assert counterexample == (
        "  exhaustive: at x0 = -0.25 (code -1): 0.25 (code 1) against -0.25 (code -1)"
    )
    assert traced[0] == "input     x0 = -0.25 (code -1)"
    assert "          1.2   (-4*(-1)) = 4, worth 0.25" in traced
    assert traced[-3:] == [
        "network   y0 = 0.25 (code 1)",
        "target    y0 = -0.25 (code -1)",
        "the two sides differ here",
    ]


def test_a_check_of_a_large_network_stays_short() -> None:
    deep = sc.Network.from_arrays("paper(3,4)", [[[4]]] * 80, [[0]] * 80)
    with pytest.raises(AssertionError, match=r"\.\.\. \d+ lines more \.\.\.") as raised:
        sc.check(deep, equals="-x0")
    assert len(str(raised.value).splitlines()) < 80


def test_a_check_that_is_undecided_fails_with_the_reason() -> None:
    question = question_of(absolute(), "abs(x0)", None, 0)
    assert failure(question, sc.Undecided(reason="time is over")) == ["undecided", "  time is over"]
