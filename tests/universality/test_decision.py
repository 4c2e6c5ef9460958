"""Deciding universality: small settings by definition, large ones by what they cost."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import cycle, product
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings

from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.arithmetic.rounding import Rounding
from smtcheck.checking.universality.arguments import verdict as recheck
from smtcheck.claims.evidence import (
    ByEnds,
    ByNeurons,
    ByShifts,
    ConstantActivation,
    Criterion,
    GeneratingNetworks,
    Inseparable,
    MonotoneActivation,
    ProofMethod,
    Uncovered,
    document,
    from_document,
)
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from smtcheck.claims.statements import Statement
from smtcheck.claims.verdicts import NotUniversal, Undecided, Universal, UniversalityVerdict
from smtcheck.expressions.parsing import ACTIVATION_NAMES
from smtcheck.limits import Limits
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.networks.activations import Activation, TableActivation, activation, table
from smtcheck.universality.decision import decide, decide_entries
from tests.checking.universality import naive_evidence
from tests.claims.random_settings import (
    NOT_WRAPPING,
    SPARSE,
    all_tables,
    formats,
    random_setting,
    random_table,
    settings_and_tables,
    settings_of,
)
from tests.universality import naive
from tests.universality.naive import Table, codes_of, entries_of

LIMITS = Limits(timeout_seconds=60)


def decided(setting: QuantizationScheme, given_table: Table) -> UniversalityVerdict:
    return decide_entries(setting, entries_of(setting.format, given_table), LIMITS)


def no_solver(statement: Statement) -> bool:
    raise AssertionError("small settings need no solver")


# ---- small settings ----


def check(setting: QuantizationScheme, given_table: Table) -> UniversalityVerdict:
    """A verdict whose evidence is true, survives being written down, and is checked again."""
    verdict = decided(setting, given_table)
    what = (str(setting), given_table, verdict)
    if isinstance(verdict, Undecided):
        assert verdict.reason, what
        return verdict
    written = msgspec.json.encode(document(verdict.evidence))
    evidence = from_document(msgspec.json.decode(written))
    assert evidence == verdict.evidence, what
    again = recheck(setting, entries_of(setting.format, given_table), evidence, no_solver)
    assert again == verdict, what
    assert naive_evidence.is_true(setting, given_table, evidence), what
    return verdict


def is_by_the_criterion(setting: QuantizationScheme) -> bool:
    """Whether separation and coverage are all there is to it."""
    return not (
        setting.is_wrapping or naive.is_unsigned(setting) or setting.weights is Weights.DENSE_BINARY
    )


def test_random_settings() -> None:
    draw = Random(40)
    seen: Counter[str] = Counter()
    for _ in range(400):
        setting = random_setting(draw)
        given_table = random_table(draw, setting.format)
        verdict = check(setting, given_table)
        name = type(getattr(verdict, "evidence", None)).__name__
        seen[name] += 1
        if is_by_the_criterion(setting):
            expected = naive.meets_criterion(setting, given_table)
            assert isinstance(verdict, Universal if expected else NotUniversal), (
                str(setting),
                given_table,
            )
    assert all(
        seen[kind.__name__]
        for kind in (
            ConstantActivation,
            Inseparable,
            Uncovered,
            MonotoneActivation,
            GeneratingNetworks,
        )
    )
    assert seen["Criterion"] > 80


@hypothesis_settings(max_examples=100)
@given(settings_and_tables())
def test_any_setting(example: tuple[QuantizationScheme, Table]) -> None:
    setting, given_table = example
    verdict = check(setting, given_table)
    if is_by_the_criterion(setting):
        assert isinstance(verdict, Universal) == naive.meets_criterion(setting, given_table)


@pytest.mark.slow
@hypothesis_settings(max_examples=4000)
@given(settings_and_tables(most=6))
def test_any_setting_at_length(example: tuple[QuantizationScheme, Table]) -> None:
    setting, given_table = example
    verdict = check(setting, given_table)
    if is_by_the_criterion(setting):
        assert isinstance(verdict, Universal) == naive.meets_criterion(setting, given_table)


@pytest.mark.parametrize("overflow", NOT_WRAPPING)
def test_all_tables_of_three_codes(overflow: Overflow) -> None:
    draw = Random(41)
    fmts = [*formats([(-1, 1)], [1, 2, 3], [overflow])]
    for setting in settings_of(iter(draw.sample(fmts, 2)), SPARSE):
        for given_table in all_tables(setting.format):
            expected = naive.meets_criterion(setting, given_table)
            assert isinstance(decided(setting, given_table), Universal) == expected


@pytest.mark.slow
@pytest.mark.parametrize("rounding", Rounding)
@pytest.mark.parametrize("overflow", NOT_WRAPPING)
def test_all_tables_of_three_and_four_codes(overflow: Overflow, rounding: Rounding) -> None:
    draw = Random(46)
    for setting in settings_of(
        formats([(-1, 1), (-2, 1)], [1, 2, 3, 4], [overflow], [rounding]), SPARSE
    ):
        tables = [*all_tables(setting.format)]
        for given_table in draw.sample(tables, min(len(tables), 32)):
            expected = naive.meets_criterion(setting, given_table)
            assert isinstance(decided(setting, given_table), Universal) == expected


# ---- what is given how ----


@pytest.mark.parametrize("name", ACTIVATION_NAMES)
def test_a_table_is_decided_as_the_function_it_is_of(name: str) -> None:
    texts = [
        "paper(2,2)", "paper(3,7)", "ap_fixed<4,2,AP_RND,AP_SAT>", "ap_ufixed<3,2,AP_RND,AP_SAT>",
        "ap_fixed<4,2>", "codes(-5,3,3,AP_RND_CONV,AP_SAT_ZERO)", "ap_ufixed<3,1>",
    ]  # fmt: skip
    act = activation(name)
    kinds = [(Weights.FULL, Bias.EXACT), (Weights.FULL, Bias.FORMAT), (Weights.BINARY, Bias.GRID)]
    for text, (weights, bias) in zip(texts, cycle(kinds), strict=False):
        setting = QuantizationScheme(format=Format.parse(text), weights=weights, bias=bias)
        listed = TableActivation(name="t", codes=table(act, setting.format))
        by_name, by_table = (decide(setting, one, LIMITS) for one in (act, listed))
        assert type(by_name) is type(by_table), (text, weights, bias)
        if not isinstance(by_name, Undecided) and not isinstance(by_table, Undecided):
            assert type(by_name.evidence) is type(by_table.evidence)


def test_examples_of_activations() -> None:
    """cos is constant in paper(1,1); sin, the identity, step are universal somewhere."""
    one = QuantizationScheme(format=Format.paper(1, 1))
    assert table(activation("cos"), one.format) == (1, 1, 1)
    for setting in (one, replace(one, weights=Weights.TERNARY), replace(one, bias=Bias.FORMAT)):
        verdict = decide(setting, activation("cos"), LIMITS)
        assert isinstance(verdict, NotUniversal) and verdict.condition == "separation"
        assert isinstance(verdict.evidence, ConstantActivation) and verdict.evidence.value == 1
    wider = replace(one, format=Format.paper(3, 4))
    for name in ("sin", "identity", "step", "cos", "sigmoid", "relu"):
        setting = wider if name in ("cos", "sigmoid", "step") else one
        assert isinstance(decide(setting, activation(name), LIMITS), Universal), name
    # a step of one scale, in units of the scale
    assert table(activation("step"), wider.format) == (0,) * 7 + (4,) * 8


# ---- more freedom is not less ----


def test_more_biases_are_not_less() -> None:
    """What biases of the format can do, those of the grid can, and exact ones."""
    draw = Random(42)
    gained: Counter[Bias] = Counter()
    for _ in range(130):
        setting = random_setting(draw)
        given_table = random_table(draw, setting.format)
        verdicts = [
            decided(replace(setting, bias=bias), given_table)
            for bias in (Bias.FORMAT, Bias.GRID, Bias.EXACT)
        ]
        for less, more in [(0, 1), (1, 2), (0, 2)]:
            assert not (
                isinstance(verdicts[less], Universal) and isinstance(verdicts[more], NotUniversal)
            ), (str(setting), given_table)
        if isinstance(verdicts[0], NotUniversal) and isinstance(verdicts[1], Universal):
            gained[Bias.GRID] += 1
        if isinstance(verdicts[1], NotUniversal) and isinstance(verdicts[2], Universal):
            gained[Bias.EXACT] += 1
    assert min(gained[Bias.GRID], gained[Bias.EXACT]) > 0


def test_more_weights_are_not_less() -> None:
    """-1, 0, 1 are weights of the format where -s and s are codes; binary is ternary."""
    draw = Random(43)
    gained = 0
    for _ in range(130):
        setting = random_setting(draw, scales=(1, 2, 3, 4))
        given_table = random_table(draw, setting.format)
        ternary, binary, full = (
            decided(replace(setting, weights=weights), given_table)
            for weights in (Weights.TERNARY, Weights.BINARY, Weights.FULL)
        )
        assert ternary == binary
        fmt = setting.format
        if fmt.scale in codes_of(fmt) and -fmt.scale in codes_of(fmt):
            is_less = isinstance(ternary, Universal) and isinstance(full, NotUniversal)
            assert not is_less, (str(setting), given_table)
            gained += isinstance(ternary, NotUniversal) and isinstance(full, Universal)
    assert gained > 5


# ---- large formats ----


class Counted(ActivationTable):
    """Entries that remember which codes were asked for."""

    def __init__(self, act: Activation, fmt: Format) -> None:
        super().__init__(act, fmt)
        self.asked: set[int] = set()

    def __getitem__(self, code: int) -> int:
        self.asked.add(code)
        return super().__getitem__(code)


@pytest.mark.parametrize("weights", SPARSE)
@pytest.mark.parametrize("name", ["gelu", "silu", "tanh", "relu", "mish"])
def test_a_few_entries_settle_a_format_of_63_bits(name: str, weights: Weights) -> None:
    setting = QuantizationScheme(format=Format.paper(62, 2**40), weights=weights)
    for bias in Bias:
        entries = Counted(activation(name), setting.format)
        verdict = decide_entries(replace(setting, bias=bias), entries, LIMITS)
        assert isinstance(verdict, Universal) and isinstance(verdict.evidence, Criterion)
        assert len(entries.asked) < 20
        total = verdict.evidence.difference_gcd
        assert total * (1 if weights is Weights.FULL else 2**40) <= 2**40
        expected = ByEnds if bias is Bias.FORMAT else ByShifts
        assert isinstance(verdict.evidence.separation, expected)


def large(p: int, scale: int, **changes: object) -> Format:
    return replace(Format.paper(p, scale), **changes)  # type: ignore[arg-type]


LARGE_NEGATIVES = [
    # few values, in order: nothing is asked of a solver
    ("expr:clip(4*floor(x), -100, 100)", large(24, 2), Weights.FULL, "order"),
    ("expr:clip(floor(x), -3, 3)", large(24, 2), Weights.TERNARY, "order"),
    ("step", large(30, 1024), Weights.BINARY, "solver"),
    # many values, or none in order: T(k) = T(lo) modulo D for all k
    ("expr:clip(4*floor(abs(x)), 0, 100)", large(24, 2), Weights.FULL, "solver"),
    ("expr:where(x > 5, 8, where(x < -100, -8, 0))", large(40, 4), Weights.FULL, "solver"),
    # the ends are clipped, and so D is 1
    ("expr:2*floor(x)", large(24, 1), Weights.FULL, None),
    ("expr:4*x", large(24, 1, rounding=Rounding.FLOOR), Weights.FULL, None),
]  # fmt: skip


@pytest.mark.parametrize("case", LARGE_NEGATIVES, ids=lambda case: case[0])
def test_large_tables_whose_differences_have_a_divisor(
    case: tuple[str, Format, Weights, str | None],
) -> None:
    name, fmt, weights, proof = case
    act = activation(name)
    setting = QuantizationScheme(format=fmt, weights=weights)
    entries = Counted(act, fmt)
    verdict = decide_entries(setting, entries, LIMITS)
    if proof is None:
        assert isinstance(verdict, Universal)
        return
    assert isinstance(verdict, NotUniversal) and isinstance(verdict.evidence, Uncovered)
    assert verdict.evidence.proof.value == proof
    # D divides what a sample of entries says, and there is a crowd for it
    draw = Random(44)
    codes = [draw.randint(fmt.lo, fmt.hi) for _ in range(200)] + [*range(-600, 600)]
    results = [ActivationTable(act, fmt)[code] for code in codes]
    assert naive.difference_gcd(sorted(set(results))) % verdict.evidence.difference_gcd == 0
    crowd = verdict.evidence.crowd
    assert crowd is not None
    width = crowd.last_code - crowd.first_code
    assert width * verdict.evidence.modulus > (width + 2) * fmt.scale
    assert len(entries.asked) < 3000


@pytest.mark.parametrize("name", ["expr:min(abs(x), 0)", "expr:0 * x", "expr:clip(x, 3, 3)"])
def test_large_tables_that_are_constant(name: str) -> None:
    fmt = Format.paper(40, 16)
    verdict = decide(QuantizationScheme(format=fmt), activation(name), LIMITS)
    assert isinstance(verdict, NotUniversal) and isinstance(verdict.evidence, ConstantActivation)
    assert verdict.evidence.value == ActivationTable(activation(name), fmt)[123456789]


@pytest.mark.parametrize("rounding", [mode for mode in Rounding if mode.name.startswith("HALF")])
def test_scales_too_coarse_for_any_weight(rounding: Rounding) -> None:
    """2 * hi < s: with biases that are no finer than codes, 0 and 1 are always rounded alike."""
    for size in (20, 40, 62):
        fmt = large(size, 2 ** (size + 1), rounding=rounding)
        for bias in (Bias.GRID, Bias.FORMAT):
            verdict = decide(QuantizationScheme(format=fmt, bias=bias), activation("tanh"), LIMITS)
            assert isinstance(verdict, NotUniversal) and isinstance(verdict.evidence, Inseparable)
            assert (verdict.evidence.left, verdict.evidence.right) == ((0,), (1,))
            assert verdict.evidence.proof is ProofMethod.ROUNDING
        assert isinstance(
            decide(QuantizationScheme(format=fmt), activation("tanh"), LIMITS), Universal
        )


def test_separation_by_a_solver() -> None:
    """Coarse scales with floor: some codes look alike, which no list of neurons could show."""
    fmt = Format(lo=-(2**20), hi=2**20, scale=2**41, rounding=Rounding.FLOOR)
    setting = QuantizationScheme(format=fmt, bias=Bias.GRID)
    act = activation("expr:max(x, -x)")
    entries = Counted(act, fmt)
    verdict = decide_entries(setting, entries, LIMITS)
    assert isinstance(verdict, NotUniversal) and isinstance(verdict.evidence, Inseparable)
    assert verdict.evidence.proof is ProofMethod.SOLVER
    ((left,), (right,)) = verdict.evidence.left, verdict.evidence.right
    # floor(w * x / s) is 0 or -1, by the sign alone
    signs = [(code > 0) - (code < 0) for code in (left, right)]
    assert left != right and signs[0] == signs[1]


@pytest.mark.parametrize("name", ["abs", "expr:max(x, -x) / 2"])
def test_neurons_by_a_solver(name: str) -> None:
    """Biases of the format, T(lo) = T(hi), and more codes than are listed."""
    fmt = Format(lo=-(2**20), hi=2**20, scale=2**10)
    setting = QuantizationScheme(format=fmt, weights=Weights.TERNARY, bias=Bias.FORMAT)
    act = activation(name)
    verdict = decide(setting, act, LIMITS)
    assert isinstance(verdict, Universal) and isinstance(verdict.evidence, Criterion)
    separation = verdict.evidence.separation
    assert isinstance(separation, ByNeurons) and separation.proof is ProofMethod.SOLVER
    entries = ActivationTable(act, fmt)
    told: dict[tuple[int, ...], int] = {}
    for code in {*range(-500, 500), *range(fmt.lo, fmt.lo + 500), *range(fmt.hi - 500, fmt.hi + 1)}:
        pattern = tuple(
            entries[naive.requantized(fmt, neuron.weight * code + neuron.bias)]
            for neuron in separation.neurons
        )
        assert told.setdefault(pattern, code) == code


def test_symmetric_saturation_never_gives_the_lowest_code() -> None:
    """Whatever T is, and at any size in a moment."""
    setting = QuantizationScheme(
        format=Format.parse("ap_fixed<32,16,AP_RND,AP_SAT_SYM>"), bias=Bias.FORMAT
    )
    verdict = decide(setting, activation("relu"), Limits(timeout_seconds=1))
    assert isinstance(verdict, NotUniversal)


def test_two_codes_whose_weights_move_no_bias() -> None:
    """One function of a code is enough there; it is not a sequence whose shifts are seen."""
    for text, bias in product(
        ("codes(0,1,2,AP_RND,AP_WRAP)", "codes(0,1,5,TRN_INF,AP_WRAP)"), Bias
    ):
        for given_table in ((0, 1), (1, 0)):
            check(QuantizationScheme(format=Format.parse(text), bias=bias), given_table)


def test_too_large_a_wrapping_table_is_undecided() -> None:
    setting = QuantizationScheme(format=Format.parse("ap_fixed<24,8>"))
    verdict = decide(setting, activation("relu"), LIMITS)
    assert isinstance(verdict, Undecided) and "too large to list" in verdict.reason
