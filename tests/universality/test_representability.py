"""Single functions of formats that are not universal, against all that networks compute.

`tests.universality.brute_force` enumerates what networks of any depth and width compute over
formats of two to four codes.  An answer may be open; where it is not, it is right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from random import Random

import numpy as np
import pytest

from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.arithmetic.rounding import Rounding
from smtcheck.claims.evidence import (
    AffineActivation,
    Congruent,
    ConstantActivation,
    Inseparable,
    MonotoneActivation,
    Ordered,
    Parity,
    Uncovered,
)
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from smtcheck.claims.verdicts import NotUniversal, Undecided, Universal, UniversalityVerdict
from smtcheck.limits import Limits
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.networks.activations import TableActivation, activation
from smtcheck.universality.decision import decide_entries
from smtcheck.universality.representability import Representability, representable
from tests.claims.random_settings import NOT_WRAPPING, formats, settings_of
from tests.universality import brute_force
from tests.universality.naive import Table, codes_of, entries_of

LIMITS = Limits(timeout_seconds=20)
Function = tuple[int, ...]
Point = tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Question:
    """A setting with a table, and functions of so many inputs."""

    setting: QuantizationScheme
    table: Table
    inputs: int

    @property
    def points(self) -> list[Point]:
        return [*product(codes_of(self.setting.format), repeat=self.inputs)]

    def verdict(self) -> UniversalityVerdict:
        return decided(self.setting, self.table)

    def reachable(self) -> set[Function]:
        """All functions that networks compute."""
        return reachable(self.setting, self.table, self.inputs)

    def functions(self, draw: Random, most: int = 40) -> list[Function]:
        """All functions, or some of them of which as many are computed as are not."""
        size = len(codes_of(self.setting.format)) ** self.inputs
        every = [*product(codes_of(self.setting.format), repeat=size)]
        if len(every) <= most:
            return every
        computed = sorted(self.reachable())
        return draw.sample(every, most // 2) + draw.choices(computed, k=most // 2)

    def answer(self, function: Function) -> Representability:
        found = representable(
            self.setting,
            entries_of(self.setting.format, self.table),
            self.verdict(),
            values_of(dict(zip(self.points, function, strict=True))),
            self.inputs,
        )
        assert found.reason
        return found


@lru_cache(maxsize=2**10)
def decided(setting: QuantizationScheme, table: Table) -> UniversalityVerdict:
    return decide_entries(setting, entries_of(setting.format, table), LIMITS)


@lru_cache(maxsize=2**10)
def reachable(setting: QuantizationScheme, table: Table, inputs: int) -> set[Function]:
    found, _ = brute_force.reachable_at_all(plain(setting, table), inputs)
    return found


def plain(setting: QuantizationScheme, table: Table) -> brute_force.Setting:
    """The same for brute force."""
    fmt = setting.format
    return brute_force.Setting(
        lo=fmt.lo,
        hi=fmt.hi,
        scale=fmt.scale,
        rounding=fmt.rounding.value,
        overflow=fmt.overflow.value,
        table=table,
        weights=setting.weights.value,
        bias=setting.bias.value,
    )


def values_of(function: dict[Point, int]) -> Callable[[np.ndarray], np.ndarray]:
    """A function from a row of codes each to codes."""
    return lambda points: np.array([function[tuple(point)] for point in points.tolist()])


def check(question: Question, function: Function) -> bool | None:
    """The answer, which is right, and shown by its inputs."""
    answer = question.answer(function)
    is_computed = function in question.reachable()
    what = (str(question.setting), question.table, question.verdict(), function, answer)
    if answer.is_representable is not None:
        assert answer.is_representable == is_computed, what
    if answer.inputs:
        values = dict(zip(question.points, function, strict=True))
        shown = tuple(values[point] for point in answer.inputs)
        assert len(set(answer.inputs)) > 1 < len(set(shown)), what
        if answer.is_representable is False:
            # nothing that networks compute has these values there
            places = [question.points.index(point) for point in answer.inputs]
            assert shown not in {tuple(f[place] for place in places) for f in question.reachable()}
    return answer.is_representable


def random_question(draw: Random, overflows: Sequence[Overflow] = tuple(Overflow)) -> Question:
    """Two or three codes, sometimes four; one input, or two of two codes."""
    lo, hi = draw.choice([(0, 1), (-1, 1), (-1, 1), (0, 2), (0, 2), (-2, 1)])
    fmt = Format(
        lo=lo,
        hi=hi,
        scale=draw.choice([1, 2, 3, 4]),
        rounding=draw.choice(list(Rounding)),
        overflow=draw.choice(overflows),
    )
    setting = QuantizationScheme(
        format=fmt, weights=draw.choice(list(Weights)), bias=draw.choice(list(Bias))
    )
    table = tuple(draw.choice(codes_of(fmt)) for _ in codes_of(fmt))
    return Question(setting=setting, table=table, inputs=draw.choice([1, 2]) if hi - lo == 1 else 1)


def is_alike_though_wrapping(question: Question) -> bool:
    verdict = question.verdict()
    is_alike = isinstance(verdict, NotUniversal) and isinstance(verdict.evidence, Inseparable)
    return is_alike and question.setting.is_wrapping


def ask_many(draw: Random, number: int, overflows: Sequence[Overflow]) -> Counter[object]:
    """How many answers there were of each kind."""
    seen: Counter[object] = Counter()
    for _ in range(number):
        question = random_question(draw, overflows)
        verdict = question.verdict()
        if not isinstance(verdict, NotUniversal):
            continue
        for function in question.functions(draw):
            answer = check(question, function)
            seen[type(verdict.evidence)] += 1
            seen[answer] += 1
            seen[question.inputs] += 1
    return seen


def test_where_overflow_saturates() -> None:
    seen = ask_many(Random(60), 300, NOT_WRAPPING)
    assert (
        min(seen[kind] for kind in (ConstantActivation, Inseparable, Uncovered, MonotoneActivation))
        > 70
    )
    assert min(seen[answer] for answer in (True, False)) > 200
    assert min(seen[inputs] for inputs in (1, 2)) > 200


def test_where_overflow_wraps() -> None:
    seen = ask_many(Random(61), 160, [Overflow.WRAP])
    assert (
        min(seen[kind] for kind in (ConstantActivation, AffineActivation, Parity, Uncovered)) > 10
    )
    assert seen[False] > 300


def test_two_inputs_of_three_codes() -> None:
    """Too many functions to enumerate: asked one by one, with one and two hidden layers."""
    draw = Random(64)
    seen: Counter[tuple[bool | None, bool]] = Counter()
    for setting in draw.sample([*settings_of(formats([(-1, 1)], [2, 3, 4], NOT_WRAPPING))], 150):
        table = tuple(draw.choice(codes_of(setting.format)) for _ in range(3))
        question = Question(setting=setting, table=table, inputs=2)
        verdict = question.verdict()
        if isinstance(verdict, NotUniversal) and isinstance(verdict.evidence, Inseparable):
            alike = dict(zip(verdict.evidence.left, verdict.evidence.right, strict=True))
            few = draw.choice([[-1, 0, 1], [-1, 1], [0, 1]])
            for _ in range(4):
                values = {point: draw.choice(few) for point in question.points}
                kept = [values[alike.get(a, a), alike.get(b, b)] for a, b in question.points]
                for function in (tuple(values.values()), tuple(kept)):
                    is_computed = any(
                        brute_force.is_reachable(plain(setting, table), 2, function, layers)
                        for layers in (1, 2)
                    )
                    answer = question.answer(function).is_representable
                    assert answer in (None, is_computed), (str(setting), table, function)
                    seen[answer, is_computed] += 1
    assert seen[True, True] > 10 and seen[None, False] > 10


def test_too_many_codes_to_compare() -> None:
    fmt = Format.paper(12, 2**13)
    setting, entries = (
        QuantizationScheme(format=fmt, bias=Bias.GRID),
        ActivationTable(activation("relu"), fmt),
    )
    verdict = decide_entries(setting, entries, LIMITS)
    assert isinstance(verdict, NotUniversal) and isinstance(verdict.evidence, Inseparable)
    answer = representable(setting, entries, verdict, lambda points: points[:, 0], 1)
    assert answer.is_representable is None and "too many codes" in answer.reason


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_many_more(seed: int) -> None:
    ask_many(Random(1000 + seed), 2000, tuple(Overflow))


def test_symmetric_saturation_in_twos_complement() -> None:
    """R never gives lo there: T(lo) plays no part, and -hi is an end."""
    draw = Random(62)
    seen: Counter[bool | None] = Counter()
    for rounding, weights, bias in product(
        (Rounding.HALF_EVEN, Rounding.HALF_TO_ZERO), (Weights.FULL, Weights.TERNARY), Bias
    ):
        fmt = Format(lo=-2, hi=1, scale=4, rounding=rounding, overflow=Overflow.SATURATE_SYMMETRIC)
        for table in [(1, -2, 1, 1), (-1, 1, 1, 1), (0, 1, -1, 0)]:
            setting = QuantizationScheme(format=fmt, weights=weights, bias=bias)
            question = Question(setting=setting, table=table, inputs=1)
            seen.update(check(question, function) for function in question.functions(draw, 60))
    assert seen[False] > 100


@pytest.mark.parametrize(
    ("text", "table", "bias"),
    [
        ("codes(0,2,4,AP_RND_ZERO,AP_WRAP)", (1, 2, 0), Bias.FORMAT),
        ("codes(0,1,4,AP_RND_CONV,AP_WRAP)", (0, 1), Bias.GRID),
    ],
)
def test_inputs_that_look_alike_where_overflow_wraps(text: str, table: Table, bias: Bias) -> None:
    """Others do not: not every network is constant."""
    draw = Random(63)
    setting = QuantizationScheme(format=Format.parse(text), bias=bias)
    for inputs in (1, 2) if len(table) == 2 else (1,):
        question = Question(setting=setting, table=table, inputs=inputs)
        assert is_alike_though_wrapping(question)
        for function in question.functions(draw):
            check(question, function)


def test_ordered_networks() -> None:
    """0, 0, 3, 2, 5, 5: no network is less at 5 than at 0, whatever it is in between."""
    setting = QuantizationScheme(format=Format(lo=0, hi=5, scale=1))
    table = (0, 0, 3, 2, 5, 5)
    for inputs in (1, 2):
        question = Question(setting=setting, table=table, inputs=inputs)
        verdict = question.verdict()
        assert isinstance(verdict, NotUniversal) and isinstance(verdict.evidence, Ordered)
        falling = tuple(5 - max(point) for point in question.points)
        answer = question.answer(falling)
        assert answer.is_representable is False
        assert answer.inputs == ((0,) * inputs, (5,) * inputs)
        assert question.answer(tuple(sorted(falling))).is_representable is None


def test_networks_that_keep_residues() -> None:
    setting = QuantizationScheme(format=Format.parse("ap_fixed<2,2>"))
    question = Question(setting=setting, table=(-1, -2, 1, -2), inputs=1)
    verdict = question.verdict()
    assert isinstance(verdict, NotUniversal) and isinstance(verdict.evidence, Congruent)
    seen = Counter(check(question, function) for function in product(range(-2, 2), repeat=4))
    assert seen[False] == 4**4 - 64  # what differs by an even number at codes two apart is not
    assert seen[None] == 64


# ---- without looking at the function ----


def refuse(points: np.ndarray) -> np.ndarray:
    raise AssertionError("the function is not asked for")


def test_universal_and_undecided_formats() -> None:
    fmt = Format.paper(2, 3)
    entries = ActivationTable(activation("relu"), fmt)
    setting = QuantizationScheme(format=fmt)
    universal = decide_entries(setting, entries, LIMITS)
    assert isinstance(universal, Universal)
    assert representable(setting, entries, universal, refuse, 9).is_representable is True
    undecided = Undecided(reason="too large")
    answer = representable(setting, entries, undecided, refuse, 9)
    assert (answer.is_representable, answer.reason) == (None, "too large")


def test_functions_with_too_many_points() -> None:
    fmt = Format.paper(3, 1)
    entries = ActivationTable(activation("expr:clip(2*floor(x), -6, 6)"), fmt)
    setting = QuantizationScheme(format=fmt)
    verdict = decide_entries(setting, entries, LIMITS)
    assert isinstance(verdict, NotUniversal)
    answer = representable(setting, entries, verdict, refuse, 6)
    assert answer.is_representable is None and "15^6 points" in answer.reason


def test_what_is_left_of_a_format_that_does_not_cover() -> None:
    """Sums two apart give every other code: so functions with even values, or with odd ones."""
    fmt = Format.paper(3, 1)
    entries = ActivationTable(activation("expr:clip(2*floor(x), -6, 6)"), fmt)
    setting = QuantizationScheme(format=fmt)
    verdict = decide_entries(setting, entries, LIMITS)
    for function, expected in [
        (lambda x: np.maximum(x - x % 2, -7), True),  # -7 and 7 are ends
        (lambda x: x + 1 - x % 2, True),
        (lambda x: np.where(x > 0, 7, 0), True),
        (lambda x: np.where(x > 0, 1, 0), False),
        (lambda x: x, False),
    ]:
        answer = representable(
            setting, entries, verdict, lambda p, f=function: f(p[:, 0] + p[:, 1] * 0), 2
        )
        assert answer.is_representable is expected


def test_neurons_that_are_too_many_to_try_leave_it_open() -> None:
    """2,002 codes that grid biases and weights of the format do not shift."""
    table = tuple(100 * (code % 7) for code in range(2002))
    setting = QuantizationScheme(
        format=Format(lo=-1, hi=2000, scale=3, rounding=Rounding.FLOOR), bias=Bias.GRID
    )
    entries = ActivationTable(TableActivation(name="t", codes=table), setting.format)
    verdict = decide_entries(setting, entries, LIMITS)
    answer = representable(setting, entries, verdict, lambda points: points[:, 0] * 0, 1)
    assert isinstance(verdict, NotUniversal)
    assert answer.is_representable is None
