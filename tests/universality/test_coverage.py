"""Coverage: the intersection of arcs agrees with trying all residues."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from random import Random

import pytest

from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.arithmetic.rounding import Rounding
from smtcheck.claims.evidence import Criterion, MonotoneActivation
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from smtcheck.claims.verdicts import NotUniversal, Universal
from smtcheck.limits import Limits
from smtcheck.networks.activations import TableActivation
from smtcheck.universality import coverage as module
from smtcheck.universality.coverage import Cover, TooManyCells, UncoveredCode, cell, coverage
from smtcheck.universality.decision import decide
from tests.checking.universality.naive_evidence import is_bias, period_of
from tests.claims.random_settings import NOT_WRAPPING, all_tables, formats
from tests.universality import brute_force, naive
from tests.universality.naive import SHIFT_INVARIANT, codes_of, given_codes

CODES = [(-1, 1), (0, 1), (-2, 1), (0, 2), (-1, 2), (-3, 3), (-4, 3), (0, 7), (-5, 2)]
SCALES = range(1, 10)
MODULI = range(1, 41)


def check(
    setting: QuantizationScheme, modulus: int, base: int, wanted: Sequence[int] | None = None
) -> Cover | UncoveredCode:
    """What `coverage` says, after trying all that it says."""
    found = coverage(setting, modulus, base, wanted)
    fmt = setting.format
    codes = naive.given(fmt) if wanted is None else set(wanted)
    what = (str(setting), modulus, base, wanted, found)
    residues = naive.constants(setting, base, modulus)
    if isinstance(found, Cover):
        constant = found.bias + found.repeats * base
        assert is_bias(setting, found.bias) and found.repeats >= 0, what
        assert codes <= given_codes(fmt, constant % modulus, modulus), what
        return found
    if found.crowd is not None:
        assert wanted is None and not found.gaps, what
        crowd = set(range(found.crowd.first_code, found.crowd.last_code + 1))
        assert crowd <= codes, what
        assert not any(crowd <= given_codes(fmt, c, modulus) for c in range(modulus)), what
        return found
    missed: list[int] = []
    for gap in found.gaps:
        inside = range(gap.first_residue, gap.last_residue + 1)
        assert inside and inside[0] >= 0 and inside[-1] < modulus and gap.code in codes, what
        assert not any(gap.code in given_codes(fmt, c, modulus) for c in inside), what
        assert {inside[0], inside[-1]} <= residues, what
        missed += inside
    assert len(missed) == len(set(missed)) and residues <= set(missed), what
    return found


def questions(fmts: Iterable[Format]) -> Iterator[tuple[QuantizationScheme, int]]:
    for fmt in fmts:
        for bias in Bias:
            for modulus in MODULI:
                yield QuantizationScheme(format=fmt, bias=bias), modulus


def test_all_codes() -> None:
    """A sample of the set below."""
    draw = Random(12)
    fmts = [*formats(CODES, SCALES, NOT_WRAPPING)]
    seen: Counter[tuple[type, bool]] = Counter()
    for fmt in draw.sample(fmts, 35):
        for setting, modulus in questions([fmt]):
            found = check(setting, modulus, draw.randrange(-modulus, 2 * modulus))
            seen[type(found), isinstance(found, UncoveredCode) and found.crowd is not None] += 1
    assert (
        min(seen[kind] for kind in [(Cover, False), (UncoveredCode, False), (UncoveredCode, True)])
        > 60
    )


@pytest.mark.slow
@pytest.mark.parametrize("rounding", Rounding)
@pytest.mark.parametrize("overflow", NOT_WRAPPING)
def test_all_codes_exhaustively(rounding: Rounding, overflow: Overflow) -> None:
    draw = Random(13)
    for setting, modulus in questions(formats(CODES, SCALES, [overflow], [rounding])):
        check(setting, modulus, draw.randrange(-modulus, modulus))


def test_some_codes() -> None:
    draw = Random(14)
    fmts = [fmt for fmt in formats(CODES, SCALES, NOT_WRAPPING) if not has_codes_never_given(fmt)]
    seen: Counter[type] = Counter(type(check(*few_codes(draw, fmts))) for _ in range(2000))
    assert min(seen.values()) > 200


def test_some_codes_where_symmetric_saturation_gives_only_some() -> None:
    draw = Random(16)
    fmts = [fmt for fmt in formats(CODES, SCALES, NOT_WRAPPING) if has_codes_never_given(fmt)]
    seen: Counter[type] = Counter(type(check(*few_codes(draw, fmts))) for _ in range(1000))
    assert min(seen.values()) > 100


def has_codes_never_given(fmt: Format) -> bool:
    return fmt.overflow is Overflow.SATURATE_SYMMETRIC and fmt.lo < -fmt.hi


def few_codes(
    draw: Random, fmts: Sequence[Format]
) -> tuple[QuantizationScheme, int, int, list[int]]:
    """A format, a modulus, a base, and some codes that are wanted."""
    fmt = draw.choice(fmts)
    setting = QuantizationScheme(format=fmt, bias=draw.choice(list(Bias)))
    size = draw.choice([1, 2, 2, 3, len(codes_of(fmt))])
    wanted = draw.sample(codes_of(fmt), min(size, len(codes_of(fmt))))
    modulus = draw.choice(MODULI)
    return setting, modulus, draw.randrange(modulus), wanted


def test_some_codes_of_sums_that_wrap() -> None:
    """Where only residues modulo s * N matter, a divisor of that may be asked about."""
    draw = Random(15)
    seen: Counter[type] = Counter()
    powers = [(0, 1), (-2, 1), (0, 3), (-4, 3), (0, 7), (-8, 7)]
    for fmt in formats(powers, [1, 2, 4, 8], [Overflow.WRAP], SHIFT_INVARIANT):
        setting = QuantizationScheme(format=fmt)
        divisors = [n for n in range(1, period_of(setting) + 1) if period_of(setting) % n == 0]
        for modulus in divisors:
            for wanted in ([*codes_of(fmt)], draw.sample(codes_of(fmt), 2)):
                seen[type(check(setting, modulus, 0, wanted))] += 1
    assert min(seen.values()) > 200


def test_cells_are_what_is_rounded_to_a_code() -> None:
    for fmt in formats([(-4, 3)], SCALES, [Overflow.SATURATE]):
        setting = QuantizationScheme(format=fmt)
        for code in codes_of(fmt):
            numbers = range(-9 * fmt.scale, 9 * fmt.scale)
            rounded = [n for n in numbers if naive.rounded(n, fmt.scale, fmt.rounding) == code]
            span = cell(setting, code)
            assert [*range(span.low, span.high + 1)] == rounded, (fmt, code)


def test_many_codes_are_covered_without_looking_at_each() -> None:
    """At any width, if M is at most the scale; crowds refute at once, too."""
    fmt = Format.paper(62, 2**40)
    setting = QuantizationScheme(format=fmt, bias=Bias.FORMAT)
    assert coverage(setting, 2**40, 5) == Cover(bias=0, repeats=0)
    hole = coverage(setting, 2**42, 5)
    assert isinstance(hole, UncoveredCode) and hole.crowd is not None
    assert hole.crowd.last_code - hole.crowd.first_code + 1 > 1


def test_too_many_cells_are_not_guessed_about() -> None:
    """Half to even has cells of s - 1 and of s + 1: whether M = s + 1 covers is seen one by one."""
    fmt = replace(Format.paper(40, 2**20), rounding=Rounding.HALF_EVEN)
    size = module.MAX_CELLS
    tight = 2**20 + 1
    lo_hi = (size // 2, size)
    assert fmt.codes.size > max(lo_hi)
    with pytest.raises(TooManyCells):
        coverage(
            QuantizationScheme(format=replace(fmt, lo=-size, hi=size, scale=2**40)), 2**40 + 1, 0
        )
    assert isinstance(coverage(QuantizationScheme(format=fmt), tight, 0), UncoveredCode)


# ---- what theory.md's older shortcuts say ----


def longest_gap_of_two(fmt: Format) -> int:
    """The largest M for which sums M apart can give both interior codes, by trying all."""
    return max(
        modulus
        for modulus in range(1, 4 * fmt.scale + 1)
        if any(
            set(codes_of(fmt)) <= given_codes(fmt, residue, modulus) for residue in range(modulus)
        )
    )


def test_two_scales_apart_is_too_far_but_for_the_cell_of_zero() -> None:
    """M >= 2 s fails as soon as there are two interior codes, unless zero has a longer cell.

    It has for AP_TRN_ZERO, and for AP_RND_ZERO with an even scale, and only the formats
    with four codes, zero in the interior, have room for that.
    """
    longer = set()
    for fmt in formats(
        [(-2, 1), (-1, 2), (0, 3), (-3, 1), (-2, 2), (-4, 3)], SCALES, [Overflow.SATURATE]
    ):
        most = longest_gap_of_two(fmt)
        for modulus in (most, most + 1):
            found = check(QuantizationScheme(format=fmt), modulus, 0)
            assert isinstance(found, Cover) == (modulus == most), fmt
        if most >= 2 * fmt.scale:
            longer.add((fmt.lo, fmt.hi, fmt.rounding, fmt.scale))
    assert longer == {
        (lo, hi, rounding, scale)
        for lo, hi in [(-2, 1), (-1, 2)]
        for rounding in (Rounding.TOWARD_ZERO, Rounding.HALF_TO_ZERO)
        for scale in SCALES
        if (scale >= 2 if rounding is Rounding.TOWARD_ZERO else scale % 2 == 0)
    }


@pytest.mark.parametrize("rounding", Rounding)
def test_ternary_weights_cover_with_larger_differences_in_four_codes_only(
    rounding: Rounding,
) -> None:
    """ "Ternary: coverage iff D = 1 for N >= 4" is false for -2 .. 1 and these two roundings."""
    for codes in [(-2, 1), (-1, 2), (-2, 2), (-4, 3), (0, 4)]:
        for scale in (1, 2, 3, 4):
            fmt = Format(lo=codes[0], hi=codes[1], scale=scale, rounding=rounding)
            setting = QuantizationScheme(format=fmt, weights=Weights.TERNARY)
            assert isinstance(check(setting, scale, 0), Cover)
            is_exception = codes in [(-2, 1), (-1, 2)] and (
                (rounding is Rounding.TOWARD_ZERO and scale > 1)
                or (rounding is Rounding.HALF_TO_ZERO and scale % 2 == 0)
            )
            assert isinstance(check(setting, 2 * scale, 0), Cover) == is_exception, fmt
            assert isinstance(check(setting, 3 * scale, 0), UncoveredCode)


@pytest.mark.parametrize("rounding", [Rounding.TOWARD_ZERO, Rounding.HALF_TO_ZERO])
def test_such_a_format_is_universal(rounding: Rounding) -> None:
    fmt = Format(lo=-2, hi=1, scale=2, rounding=rounding)
    setting = QuantizationScheme(format=fmt, weights=Weights.TERNARY)
    table = (-2, 0, -2, 0)
    verdict = decide(setting, TableActivation(name="t", codes=table), Limits())
    assert isinstance(verdict, Universal) and isinstance(verdict.evidence, Criterion)
    assert verdict.evidence.difference_gcd == 2
    constant = verdict.evidence.bias + 2 * table[0] * verdict.evidence.repeats
    numbers = [constant + 2 * 2 * t for t in range(-10, 11)]
    assert {naive.requantized(fmt, number) for number in numbers} == {-2, -1, 0, 1}
    nearest = replace(setting, format=replace(fmt, rounding=Rounding.HALF_AWAY))
    verdict = decide(nearest, TableActivation(name="t", codes=table), Limits())
    assert isinstance(verdict, NotUniversal) and verdict.condition == "coverage"


# ---- and where the criterion itself does not hold ----


def test_the_criterion_is_not_enough_without_negative_weights() -> None:
    """relu where lo = 0 is the identity: separated, covered, and monotone for all that."""
    fmt = Format(lo=0, hi=2, scale=1)
    table = (0, 1, 2)
    setting = QuantizationScheme(format=fmt)
    assert naive.meets_criterion(setting, table)
    verdict = decide(setting, TableActivation(name="relu", codes=table), Limits())
    assert isinstance(verdict, NotUniversal) and isinstance(verdict.evidence, MonotoneActivation)
    found, _ = brute_force.reachable_at_all(
        brute_force.Setting(0, 2, 1, "AP_RND_INF", "AP_SAT", table, "full", "exact"), 1
    )
    assert found == {f for f in all_tables(fmt) if tuple(sorted(f)) == f}
    ternary = decide(
        replace(setting, weights=Weights.TERNARY), TableActivation(name="t", codes=table), Limits()
    )
    assert isinstance(ternary, Universal)
