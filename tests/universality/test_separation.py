"""Separation: each shortcut agrees with the signatures of all first-layer neurons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations, product
from random import Random

import pytest

from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.arithmetic.rounding import Rounding
from smtcheck.claims.evidence import ByNeurons
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from smtcheck.universality import separation
from tests.checking.universality import naive_evidence
from tests.claims.random_settings import (
    NEAREST,
    NOT_WRAPPING,
    SPARSE,
    all_tables,
    formats,
    random_setting,
    random_table,
    settings_of,
)
from tests.universality import naive
from tests.universality.naive import (
    Table,
    activated,
    are_separated,
    codes_of,
    entries_of,
    signatures,
)

# ---- shifts ----


SMALL = [(-1, 1), (0, 1), (-2, 1), (0, 2)]


@pytest.mark.parametrize("overflow", NOT_WRAPPING)
@pytest.mark.parametrize("codes", SMALL, ids=str)
def test_where_shifts_are_neurons_any_table_separates(
    codes: tuple[int, int], overflow: Overflow
) -> None:
    """Unless it is constant on the codes that neurons give: every table, for a few settings."""
    fmts = [*formats([codes], [1, 2, 3, 4], [overflow])]
    shifts_separate(Random(5).sample(fmts, 1 if codes == (-2, 1) else 2))


@pytest.mark.slow
@pytest.mark.parametrize("overflow", NOT_WRAPPING)
@pytest.mark.parametrize("codes", [*SMALL, (-1, 2), (-3, 1), (0, 3)], ids=str)
def test_where_shifts_are_neurons_any_table_separates_in_more_settings(
    codes: tuple[int, int], overflow: Overflow
) -> None:
    fmts = [*formats([codes], [1, 2, 3, 4], [overflow])]
    few = {2: 32, 3: 32, 4: 8, 5: 1}[codes[1] - codes[0] + 1]
    shifts_separate(Random(12).sample(fmts, few))


def shifts_separate(fmts: Sequence[Format]) -> None:
    for setting in settings_of(iter(fmts), SPARSE, [Bias.EXACT, Bias.GRID]):
        fmt = setting.format
        if separation.shifts_are_neurons(setting):
            for table in all_tables(fmt):
                varies = len({table[code - fmt.lo] for code in naive.given(fmt)}) > 1
                assert are_separated(setting, table) == varies, (str(setting), table)


def test_where_shifts_are_neurons_is_known() -> None:
    """Exactly where theory.md says so: exact biases, or 1.0 (and -1.0) with grid biases."""
    draw = Random(6)
    seen: Counter[tuple[bool, bool]] = Counter()
    for _ in range(400):
        setting = random_setting(draw, most=4)
        table = random_table(draw, setting.format)
        varies = len({table[code - setting.format.lo] for code in naive.given(setting.format)}) > 1
        is_rule = separation.shifts_are_neurons(setting)
        if setting.weights is Weights.DENSE_BINARY or setting.is_wrapping or not varies:
            continue
        assert are_separated(setting, table) or not is_rule, (str(setting), table)
        seen[is_rule, are_separated(setting, table)] += 1
    assert seen[True, True] > 50 and seen[False, True] > 20 and seen[False, False] > 3
    signed = QuantizationScheme(format=Format.paper(2, 3), bias=Bias.GRID)
    assert separation.shifts_are_neurons(signed)
    coarse = QuantizationScheme(format=Format.paper(2, 4), bias=Bias.GRID)
    assert not separation.shifts_are_neurons(coarse)
    assert not separation.shifts_are_neurons(
        QuantizationScheme(format=Format.paper(2, 3), bias=Bias.FORMAT)
    )
    wrapping = Format(lo=-3, hi=3, scale=1, overflow=Overflow.WRAP)
    assert not separation.shifts_are_neurons(QuantizationScheme(format=wrapping))


@pytest.mark.parametrize("bias", [Bias.EXACT, Bias.GRID])
@pytest.mark.parametrize("overflow", NOT_WRAPPING)
def test_dense_neurons_separate_points_of_two_inputs(bias: Bias, overflow: Overflow) -> None:
    """For x != y some choice of signs has different sums; then a shift tells them apart."""
    for codes, scale, rounding in [((-1, 1), 2, Rounding.HALF_AWAY), ((0, 2), 3, Rounding.FLOOR)]:
        fmt = Format(lo=codes[0], hi=codes[1], scale=scale, rounding=rounding, overflow=overflow)
        setting = QuantizationScheme(format=fmt, weights=Weights.DENSE_BINARY, bias=bias)
        assert separation.shifts_are_neurons(setting)
        for table in all_tables(fmt):
            if len(set(table)) > 1:
                found = dense_signatures(setting, table)
                assert len(set(found.values())) == len(found), table


def dense_signatures(setting: QuantizationScheme, table: Table) -> dict[tuple[int, int], Table]:
    """Activations of all neurons that read two inputs with weights -1 and 1, for each point."""
    fmt = setting.format
    size = fmt.scale * 2 * max(map(abs, codes_of(fmt)))
    return {
        point: tuple(
            activated(fmt, table, fmt.scale * (one * point[0] + other * point[1]) + bias)
            for one, other in product([-1, 1], repeat=2)
            for bias in naive.biases_of(setting, size)
        )
        for point in product(codes_of(fmt), repeat=2)
    }


# ---- ends ----

NEARLY_SYMMETRIC = [(-1, 1), (-2, 1), (-1, 2), (-2, 2), (-3, 1), (-1, 3), (-3, 2), (-2, 3)]


@pytest.mark.parametrize("codes", NEARLY_SYMMETRIC, ids=str)
def test_different_ends_separate(codes: tuple[int, int]) -> None:
    """All tables with few values; theory.md#ends."""
    draw = Random(7)
    fmts = [*formats([codes], [1, 2], [Overflow.SATURATE], [Rounding.FLOOR, Rounding.HALF_AWAY])]
    seen: Counter[bool] = Counter()
    for setting in settings_of(iter(fmts), SPARSE, [Bias.FORMAT]):
        if not separation.ends_suffice(setting):
            continue
        fmt = setting.format
        tables = [*all_tables(fmt)] if len(codes_of(fmt)) < 5 else [*two_valued(fmt)]
        for table in draw.sample(tables, min(len(tables), 64)):
            is_separated = are_separated(setting, table)
            seen[is_separated] += 1
            if table[0] != table[-1]:
                assert is_separated, (str(setting), table)
    assert seen[True] > 40 and seen[False] > 0


def two_valued(fmt: Format) -> list[Table]:
    return [*product([0, fmt.hi], repeat=len(codes_of(fmt)))]


@pytest.mark.parametrize("lo", [-7, -8])
def test_different_ends_separate_at_larger_sizes(lo: int) -> None:
    draw = Random(8)
    fmt = Format(lo=lo, hi=7, scale=4, overflow=Overflow.SATURATE)
    for weights in (Weights.FULL, Weights.TERNARY):
        setting = QuantizationScheme(format=fmt, weights=weights, bias=Bias.FORMAT)
        assert separation.ends_suffice(setting)
        for _ in range(12):
            table = random_table(draw, fmt)
            assert table[0] == table[-1] or are_separated(setting, table)


def test_ends_do_not_suffice_in_lopsided_formats() -> None:
    """With |lo + hi| = 3 some table has different ends and two codes that look alike."""
    for lo, hi in [(-1, 4), (-4, 1)]:
        setting = QuantizationScheme(format=Format(lo=lo, hi=hi, scale=1), bias=Bias.FORMAT)
        assert not separation.ends_suffice(setting)
        alike = [
            table
            for table in two_valued(setting.format)
            if table[0] != table[-1] and not are_separated(setting, table)
        ]
        assert alike


@pytest.mark.parametrize(
    ("text", "weights", "bias"),
    [
        ("codes(-2,2,1,AP_RND,AP_SAT_ZERO)", Weights.FULL, Bias.FORMAT),
        ("codes(-2,2,3)", Weights.FULL, Bias.FORMAT),
        ("codes(0,2,1)", Weights.FULL, Bias.FORMAT),
        ("codes(-2,2,1)", Weights.DENSE_BINARY, Bias.FORMAT),
        ("codes(-2,2,1)", Weights.FULL, Bias.GRID),
    ],
)
def test_ends_are_not_asked_elsewhere(text: str, weights: Weights, bias: Bias) -> None:
    setting = QuantizationScheme(format=Format.parse(text), weights=weights, bias=bias)
    assert not separation.ends_suffice(setting)


# ---- rounding ----


def test_what_is_rounded_alike_is_never_told_apart() -> None:
    seen: Counter[bool] = Counter()
    for setting in settings_of(formats([(-1, 1), (-3, 3), (-4, 3), (0, 3)], range(1, 10))):
        fmt = setting.format
        table = tuple(codes_of(fmt))  # tells all results of neurons apart
        alike = [
            code for code in range(1, fmt.hi + 1) if separation.are_rounded_alike(setting, 0, code)
        ]
        seen[bool(alike)] += 1
        if alike:
            found = signatures(setting, table)
            assert all(found[code] == found[0] for code in alike), str(setting)
    assert seen[True] > 100 < seen[False]


def test_the_example_of_a_coarse_scale() -> None:
    """paper(2,7): no weight reaches 1/2, so 0 and 1/7 are alike whatever T is."""
    for bias in (Bias.GRID, Bias.FORMAT):
        setting = QuantizationScheme(format=Format.paper(2, 7), bias=bias)
        assert separation.are_rounded_alike(setting, 0, 1)
        for rounding in NEAREST:
            fmt = Format(lo=-3, hi=3, scale=7, rounding=rounding)
            found = signatures(QuantizationScheme(format=fmt, bias=bias), tuple(codes_of(fmt)))
            assert found[0] == found[1] != found[2]
    exact = QuantizationScheme(format=Format.paper(2, 7))
    assert not separation.are_rounded_alike(exact, 0, 1)
    found = signatures(exact, tuple(codes_of(exact.format)))
    assert found[0] != found[1]


# ---- everything else ----


def test_separating_neurons_or_two_codes_that_look_alike() -> None:
    draw = Random(9)
    seen: Counter[bool] = Counter()
    for number in range(120):
        setting = random_setting(draw)
        table = random_table(draw, setting.format)
        found = separation.separating_neurons(setting, entries_of(setting.format, table))
        is_pair = isinstance(found[0], int)
        seen[is_pair] += 1
        if is_pair:
            left, right = found
            same = signatures(setting, table)
            assert left != right and same[left] == same[right], number
        else:
            assert naive_evidence.separation(setting, table, ByNeurons(neurons=found)), number
    assert min(seen.values()) > 10


def test_a_separating_neuron_is_found_wherever_there_is_one() -> None:
    draw = Random(10)
    seen: Counter[bool] = Counter()
    for _ in range(60):
        setting = random_setting(draw, most=3, scales=(1, 2, 3, 7))
        fmt = setting.format
        table = random_table(draw, fmt)
        found = signatures(setting, table)
        for left, right in combinations(codes_of(fmt), 2):
            neuron = separation.separating_neuron(setting, entries_of(fmt, table), left, right)
            seen[neuron is None] += 1
            if neuron is None:
                assert found[left] == found[right], (str(setting), table, left, right)
                continue
            assert setting.is_bias(neuron.bias) and neuron.weight in naive.weights_of(setting)
            one, other = (
                activated(fmt, table, neuron.weight * code + neuron.bias) for code in (left, right)
            )
            assert one != other
    assert min(seen.values()) > 50


def test_dense_pairs() -> None:
    """Two pairs of codes that dense neurons with biases of the format do not tell apart."""
    draw = Random(11)
    seen: Counter[bool] = Counter()
    for _ in range(60):
        any_setting = random_setting(draw, most=2, scales=(1, 2, 3), overflows=NOT_WRAPPING)
        fmt = any_setting.format
        setting = QuantizationScheme(format=fmt, weights=Weights.DENSE_BINARY, bias=Bias.FORMAT)
        table = random_table(draw, fmt)
        pair = separation.dense_pair(setting, entries_of(fmt, table))
        found = dense_signatures(setting, table)
        seen[pair is None] += 1
        if pair is None:
            assert len(set(found.values())) == len(found), (str(setting), table)
        else:
            assert pair[0] != pair[1] and found[pair[0]] == found[pair[1]], (str(setting), table)
    assert min(seen.values()) > 2


def test_a_dense_pair_of_a_large_format() -> None:
    """Where both sums are large most biases overflow: (hi, hi) and (hi - 1, hi) look alike."""
    fmt = Format.paper(6, 1)
    setting = QuantizationScheme(format=fmt, weights=Weights.DENSE_BINARY, bias=Bias.FORMAT)
    table = tuple(63 * (code > 40) for code in codes_of(fmt))
    pair = separation.dense_pair(setting, entries_of(fmt, table))
    assert pair is not None and pair[0] != pair[1]
    for signs in product([-1, 1], repeat=2):
        for bias in codes_of(fmt):
            one, other = (
                activated(fmt, table, sum(s * c for s, c in zip(signs, codes, strict=True)) + bias)
                for codes in pair
            )
            assert one == other
