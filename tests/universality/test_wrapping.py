"""Wrapping overflow: four conditions, tried on all sums, against what is decided.

The conditions are those of theory.md#wrapping-refuted, in their first form: E(n) = T(R(n))
has the period K = s * N; delta = gcd(g * D, K); q = delta * 2^j divides K and is
preserved if g * E(n + q) = g * E(n) modulo q for all n.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from math import gcd
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
    GeneratingNetworks,
    Parity,
    Uncovered,
)
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from smtcheck.claims.verdicts import NotUniversal, Undecided, Universal, UniversalityVerdict
from smtcheck.limits import Limits
from smtcheck.networks.activations import TableActivation, activation
from smtcheck.universality.decision import decide, decide_entries
from smtcheck.universality.modular_sums import linear_complexity
from smtcheck.universality.wrapping import is_power_of_two, is_ring, period, reduced
from tests.checking.universality import naive_evidence
from tests.checking.universality.naive_evidence import (
    is_periodic,
    is_preserved,
    period_of,
    positive_period,
)
from tests.claims.random_settings import SPARSE, all_tables, formats, random_table, settings_of
from tests.universality import naive
from tests.universality.naive import (
    SHIFT_INVARIANT,
    Table,
    activated,
    codes_of,
    difference_gcd,
    entries_of,
    rank_modulo,
)

CODES = [(-2, 1), (-4, 3)]
ROUNDINGS = (Rounding.FLOOR, Rounding.HALF_UP, Rounding.HALF_EVEN)
SCALES = (1, 2, 4, 8)


# ---- linear complexity ----


def complexity_by_rank(sequence: Sequence[int], prime: int) -> int:
    """The rank of all shifts of one period."""
    shifts = range(len(sequence))
    return rank_modulo(prime, ([*sequence[shift:], *sequence[:shift]] for shift in shifts))


def complexity_by_synthesis(period: Sequence[int], prime: int) -> int:
    """Berlekamp and Massey's, on two periods."""
    sequence = [*period, *period]
    current, previous = [1] + [0] * len(sequence), [1] + [0] * len(sequence)
    length, since, last = 0, 1, 1
    for place in range(len(sequence)):
        wrong = sum(current[i] * sequence[place - i] for i in range(length + 1)) % prime
        if not wrong:
            since += 1
            continue
        kept, factor = current[:], wrong * pow(last, -1, prime)
        for i in range(len(current) - since):
            current[i + since] = (current[i + since] - factor * previous[i]) % prime
        if 2 * length <= place:
            length, previous, since, last = place + 1 - length, kept, 1, wrong
        else:
            since += 1
    return length


@pytest.mark.parametrize(
    ("prime", "longest"), [(2, 9), (3, 5), (5, 4)], ids=["modulo 2", "modulo 3", "modulo 5"]
)
def test_the_linear_complexity_of_all_short_sequences(prime: int, longest: int) -> None:
    for length in range(1, longest + 1):
        seen = set()
        for sequence in product(range(prime), repeat=length):
            found = linear_complexity(np.array(sequence), prime)
            assert found == complexity_by_rank(sequence, prime), sequence
            assert found == complexity_by_synthesis(sequence, prime), sequence
            seen.add(found)
        assert {0, 1, length} <= seen


def test_the_linear_complexity_of_longer_sequences() -> None:
    draw = Random(23)
    for length, prime in product((12, 16, 18, 32, 64), (2, 3)):
        for _ in range(20):
            short = draw.choice([part for part in (1, 2, 3, 4, 6, 8) if length % part == 0])
            sequence = draw.choices(range(prime), k=length // short) * short
            if draw.random() < 0.3:  # a polynomial of low degree is of low complexity
                sequence = [(n * (n - 1) // 2 + n) % prime for n in range(length)]
            found = linear_complexity(np.array(sequence), prime)
            assert found == complexity_by_rank(sequence, prime)
            assert found == complexity_by_synthesis(sequence, prime)


@pytest.mark.slow
def test_the_linear_complexity_of_all_sequences_of_16() -> None:
    for bits in product([0, 1], repeat=16):
        assert linear_complexity(np.array(bits), 2) == complexity_by_synthesis(bits, 2), bits


@pytest.mark.parametrize(("prime", "length"), [(2, 16), (2, 12), (3, 12)])
def test_windows_of_a_sequence_have_its_rank(prime: int, length: int) -> None:
    """Windows of n places are everything exactly if the complexity is at least n."""
    draw = Random(24)
    for _ in range(60):
        sequence = draw.choices(range(prime), k=length // 2)
        sequence += draw.choice([sequence, [*reversed(sequence)], [*sequence[:-1], 1]])
        twice = [*sequence, *sequence]
        complexity = linear_complexity(np.array(sequence), prime)
        for size in (2, 4, 8, 11):
            windows = [twice[start : start + size] for start in range(length)]
            assert rank_modulo(prime, windows) == min(size, complexity)


# ---- what a setting is reduced to ----


def test_small_helpers() -> None:
    powers = {2**exponent for exponent in range(12)}
    assert [n for n in range(-4, 2049) if is_power_of_two(n)] == sorted(powers)
    for setting in settings_of(formats([(-2, 1), (0, 2), (-4, 3)], range(1, 5), [Overflow.WRAP])):
        assert is_ring(setting) == is_periodic(setting)
        if setting.bias is Bias.EXACT:
            assert period(setting) == positive_period(setting)


def test_settings_that_never_round_are_counted_in_scales() -> None:
    """The neurons of one input are the same functions then, whatever the rounding."""
    seen: Counter[bool] = Counter()
    fmts = formats([(-2, 1), (0, 2), (-4, 3)], [1, 2, 3], [Overflow.WRAP])
    for setting in settings_of(fmts):
        smaller = reduced(setting)
        seen[smaller == setting] += 1
        if smaller == setting:
            continue
        assert setting.weights is not Weights.FULL and setting.bias is not Bias.EXACT
        table = tuple(codes_of(setting.format))
        assert neurons(setting, table) == neurons(smaller, table), str(setting)
        assert (smaller.format.scale, smaller.weight_step) == (1, 1)
    assert min(seen.values()) > 100


def neurons(setting: QuantizationScheme, table: Table) -> set[Table]:
    fmt = setting.format
    reach = 3 * fmt.scale * len(codes_of(fmt))
    return {
        tuple(activated(fmt, table, weight * code + bias) for code in codes_of(fmt))
        for weight in naive.weights_of(setting)
        for bias in naive.biases_of(setting, reach)
    }


# ---- the four conditions ----


def conditions(setting: QuantizationScheme, table: Table) -> tuple[bool, bool, bool, bool]:
    """T is not constant; coverage; separation modulo q*; q* >= 4 delta.  After one fails: False."""
    fmt, step, turn = setting.format, naive.step_of(setting), period_of(setting)
    total = difference_gcd(table)
    if not total:
        return False, False, False, False
    delta = gcd(step * total, turn)
    if delta > fmt.scale:
        return True, False, False, False
    preserved = [turn // 2**j for j in range(turn.bit_length()) if turn % (2**j * 2 * delta) == 0]
    smallest = min(q for q in preserved if is_preserved(setting, table, q))
    seen = [
        tuple(
            step * activated(fmt, table, weight * code + bias) % smallest
            for weight in naive.weights_of(setting)
            for bias in range(turn)
        )
        for code in codes_of(fmt)
    ]
    return True, True, len(set(seen)) == len(seen), smallest >= 4 * delta


def test_what_is_decided_is_what_the_conditions_say() -> None:
    """Exact biases; random tables, and for four codes and small scales many of them."""
    draw = Random(25)
    seen: Counter[tuple[Weights, tuple[bool, ...]]] = Counter()
    for setting, table in wrapping_questions(draw, 4):
        expected = conditions(setting, table)
        verdict = decided(setting, table)
        seen[setting.weights, expected] += 1
        agree(setting, table, expected, verdict)
    assert {kind for _, kind in seen} >= {
        (False, False, False, False),
        (True, False, False, False),
        (True, True, False, True),
        (True, True, True, False),
        (True, True, True, True),
    }
    for weights in SPARSE:
        assert seen[weights, (True, True, True, True)] > 5


@pytest.mark.slow
@pytest.mark.parametrize("rounding", SHIFT_INVARIANT)
def test_what_is_decided_is_what_the_conditions_say_more_often(rounding: Rounding) -> None:
    draw = Random(26)
    for setting, table in wrapping_questions(draw, 120, [rounding]):
        agree(setting, table, conditions(setting, table), decided(setting, table))


@pytest.mark.slow
@pytest.mark.parametrize("weights", SPARSE)
def test_what_is_decided_of_all_tables_of_four_codes(weights: Weights) -> None:
    for fmt in formats([(-2, 1)], (1, 2), [Overflow.WRAP], ROUNDINGS):
        setting = QuantizationScheme(format=fmt, weights=weights)
        for table in all_tables(fmt):
            agree(setting, table, conditions(setting, table), decided(setting, table))


def wrapping_questions(
    draw: Random, tables: int, roundings: Sequence[Rounding] = ROUNDINGS
) -> Iterator[tuple[QuantizationScheme, Table]]:
    fmts = formats(CODES, SCALES, [Overflow.WRAP], roundings)
    for setting in settings_of(fmts, SPARSE, [Bias.EXACT]):
        for _ in range(tables):
            table = random_table(draw, setting.format)
            if draw.random() < 0.3:  # more often preserved
                half = table[: len(table) // 2]
                table = (*half, *half)
            yield setting, table


def decided(setting: QuantizationScheme, table: Table) -> UniversalityVerdict:
    return decide_entries(setting, entries_of(setting.format, table), Limits())


def agree(
    setting: QuantizationScheme,
    table: Table,
    expected: Sequence[bool],
    verdict: UniversalityVerdict,
) -> None:
    what = (str(setting), table, expected, verdict)
    assert isinstance(verdict, Universal if all(expected) else NotUniversal), what
    match verdict.evidence:
        case ConstantActivation():
            assert not expected[0], what
        case Uncovered():
            assert expected[0] and not expected[1], what
        case Congruent():
            assert expected[:3] == (True, True, False), what
        case Parity():
            assert not expected[3], what
        case AffineActivation():  # q = 2, or modulo N nothing at all is told apart
            assert expected[:2] == (True, True) and not all(expected), what


def test_two_codes() -> None:
    """N = 2: q* is K or 2 delta or both, and D is 1 unless T is constant."""
    seen: Counter[bool] = Counter()
    for fmt in formats([(0, 1)], SCALES, [Overflow.WRAP], SHIFT_INVARIANT):
        for weights, table in product(SPARSE, all_tables(fmt)):
            setting = QuantizationScheme(format=fmt, weights=weights)
            expected = conditions(setting, table)
            agree(setting, table, expected, decided(setting, table))
            seen[all(expected)] += 1
    assert min(seen.values()) > 5


@pytest.mark.parametrize("bias", [Bias.GRID, Bias.FORMAT])
def test_settings_that_never_round_are_decided_in_scales(bias: Bias) -> None:
    draw = Random(27)
    seen: Counter[bool] = Counter()
    for fmt in draw.sample([*formats(CODES, SCALES, [Overflow.WRAP])], 12):
        for weights in (Weights.TERNARY, Weights.BINARY):
            setting = QuantizationScheme(format=fmt, weights=weights, bias=bias)
            in_scales = QuantizationScheme(
                format=Format(lo=fmt.lo, hi=fmt.hi, scale=1, overflow=Overflow.WRAP),
                weights=weights,
            )
            for _ in range(6):
                table = random_table(draw, fmt)
                expected = conditions(in_scales, table)
                agree(setting, table, expected, decided(setting, table))
                seen[all(expected)] += 1
    assert min(seen.values()) > 20


# ---- closures ----


def test_what_is_universal_is_everything_of_one_input_and_of_two_bits() -> None:
    """(a) and (b), by drawing networks at random and looking at their rank modulo 2."""
    draw = Random(28)
    found = 0
    for setting, table in wrapping_questions(draw, 3):
        if all(conditions(setting, table)):
            assert is_everything_of_one_input(draw, setting, table), (str(setting), table)
            assert is_everything_of_two_bits(draw, setting, table), (str(setting), table)
            found += 1
    assert found > 20


def test_what_separates_nothing_is_not_everything() -> None:
    """Random networks have no full rank where a condition fails: the rank means something."""
    draw = Random(29)
    found = 0
    for setting, table in wrapping_questions(draw, 3):
        expected = conditions(setting, table)
        if expected[:3] == (True, True, False):
            assert not is_everything_of_one_input(draw, setting, table), (str(setting), table)
            found += 1
    assert found > 5


def grown(
    draw: Random,
    setting: QuantizationScheme,
    table: Table,
    first: Sequence[Sequence[int]],
    wanted: int,
) -> bool:
    """Whether sums of activations come to a rank modulo 2, deeper and deeper."""
    turn, step = period_of(setting), naive.step_of(setting)
    delta = gcd(step * difference_gcd(table), turn)
    layer = [list(row) for row in first]
    for _ in range(6):
        after: list[list[int]] = []
        rank = 0
        for _ in range(60):
            total = [draw.randrange(turn)] * len(layer[0])
            for row in draw.sample(layer, min(len(layer), draw.randint(1, 4))):
                factor = draw.randrange(turn)
                total = [a + factor * b for a, b in zip(total, row, strict=True)]
            row = [step * activated(setting.format, table, n % turn) for n in total]
            better = rank_of([*after, row], delta)
            if better > rank or len(after) < 6:
                after.append(row)
            rank = better
        if rank == wanted:
            return True
        layer = after
    return False


def rank_of(rows: Iterable[Sequence[int]], delta: int) -> int:
    """Of what differs from constants, in units of delta, modulo 2."""
    return rank_modulo(2, ([(value - row[0]) // delta for value in row] for row in rows))


def is_everything_of_one_input(draw: Random, setting: QuantizationScheme, table: Table) -> bool:
    fmt, step = setting.format, naive.step_of(setting)
    turn = period_of(setting)
    delta = gcd(step * difference_gcd(table), turn)
    rows = [
        [step * activated(fmt, table, (weight * code + bias) % turn) for code in codes_of(fmt)]
        for weight in naive.weights_of(setting)
        for bias in range(turn)
    ]
    size = len(table) - 1
    return rank_of(rows, delta) == size or grown(draw, setting, table, rows, size)


def is_everything_of_two_bits(draw: Random, setting: QuantizationScheme, table: Table) -> bool:
    """For some two values of T; those that differ by as few factors of 2 as D come first."""
    step, total = naive.step_of(setting), difference_gcd(table)
    pairs = [(a, b) for a, b in product(set(table), repeat=2) if a < b]
    pairs.sort(key=lambda pair: gcd((pair[1] - pair[0]) // total, 2**10))
    for pair in pairs:
        points = [*product([step * value for value in pair], repeat=2)]
        if grown(draw, setting, table, [[*column] for column in zip(*points, strict=True)], 3):
            return True
    return False


def test_coarse_biases_do_not_move_windows_by_less_than_the_scale() -> None:
    """R(w x + b) with b a multiple of 8 cannot tell -2 from -1, though exact biases can."""
    for text in ("codes(-2,1,8,AP_TRN,AP_WRAP)", "codes(0,3,8,AP_TRN,AP_WRAP)"):
        fmt = Format.parse(text)
        table = (fmt.lo, fmt.lo, fmt.lo, fmt.lo + 1)
        assert isinstance(decided(QuantizationScheme(format=fmt), table), Universal)
        for bias in (Bias.GRID, Bias.FORMAT):
            setting = QuantizationScheme(format=fmt, bias=bias)
            assert not naive.are_separated(setting, table)
            verdict = decided(setting, table)
            assert not isinstance(verdict, Universal)


# ---- examples ----


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("identity", "ap_fixed<4,4>", AffineActivation),
        ("identity", "ap_fixed<4,3>", GeneratingNetworks),
        ("identity", "ap_fixed<8,3>", GeneratingNetworks),
        ("relu", "ap_fixed<4,4>", GeneratingNetworks),
        ("relu", "ap_fixed<8,4>", GeneratingNetworks),
        ("sigmoid", "ap_fixed<8,3>", GeneratingNetworks),
    ],
)
def test_examples(name: str, text: str, kind: type) -> None:
    verdict = decide(QuantizationScheme(format=Format.parse(text)), activation(name), Limits())
    assert not isinstance(verdict, Undecided) and isinstance(verdict.evidence, kind)


def test_dense_weights_are_refuted_or_undecided() -> None:
    fmt = Format.parse("ap_fixed<2,2>")
    setting = QuantizationScheme(format=fmt, weights=Weights.DENSE_BINARY)
    seen = Counter(type(decided(setting, table)) for table in all_tables(fmt))
    assert seen.keys() == {NotUniversal, Undecided}


def test_a_table_that_keeps_residues_modulo_four() -> None:
    fmt = Format.parse("ap_fixed<4,4>")
    table = tuple(value % 4 - 4 * (place > 8) for place, value in enumerate((0, 1, 0, 3) * 4))
    assert all((table[(i + 4) % 16] - table[i]) % 4 == 0 for i in range(16))
    verdict = decide(
        QuantizationScheme(format=fmt), TableActivation(name="t", codes=table), Limits()
    )
    assert isinstance(verdict, NotUniversal) and isinstance(verdict.evidence, Congruent)
    assert (verdict.evidence.right - verdict.evidence.left) % verdict.evidence.shift == 0


def test_a_table_that_is_universal_of_one_input_only() -> None:
    """(-2, 0, -2, 0), scale 2, half to even: every function of one input, not of eight."""
    fmt = Format.parse("ap_fixed<2,1,AP_RND_CONV,AP_WRAP>")
    setting, table = QuantizationScheme(format=fmt), (-2, 0, -2, 0)
    assert is_everything_of_one_input(Random(30), setting, table)
    assert not is_everything_of_two_bits(Random(31), setting, table)
    verdict = decided(setting, table)
    assert isinstance(verdict, NotUniversal) and isinstance(verdict.evidence, Parity)
    assert verdict.evidence.inputs == 8
    assert naive_evidence.is_true(setting, table, verdict.evidence)
