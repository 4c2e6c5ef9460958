"""Constants: the same sums, by biases and few weights of constant neurons."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import numpy as np
import pytest

from smtcheck.arithmetic.formats import Format
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from smtcheck.construction.lowering import constants as module
from smtcheck.construction.lowering.coefficients import DraftLayer, SparseTerms, network
from smtcheck.construction.lowering.constants import simplified
from smtcheck.networks.matrices import csr
from tests.checking.universality.naive_evidence import is_bias
from tests.claims.random_settings import NOT_WRAPPING, random_setting, random_table
from tests.construction.naive_networks import assert_legal, evaluated
from tests.universality.naive import Table, codes_of, entries_of, given, step_of, weights_of

Row = tuple[int, list[int]]  #: a bias, and coefficients of T(lo), ..., T(hi)


def rows_of(setting: QuantizationScheme, values: Table, rows: Sequence[Row]) -> list[Row]:
    """The simplified rows."""
    biases = np.array([bias for bias, _ in rows], dtype=np.int64)
    matrix = csr(np.array([row for _, row in rows], dtype=np.int64), (len(rows), len(values)))
    entries = entries_of(setting.format, values)
    found, simpler = simplified(setting, entries, (biases, matrix))
    return list(zip(found.tolist(), simpler.toarray().tolist(), strict=True))


def total(values: Table, row: Row) -> int:
    return row[0] + sum(c * value for c, value in zip(row[1], values, strict=True))


def size(setting: QuantizationScheme, rows: Sequence[Row]) -> int:
    """Weights and neurons that the coefficients take."""
    high, low = max(weights_of(setting)), -min(weights_of(setting))
    needed = [[-(-abs(c) // ((high if c > 0 else low) or 1)) for c in row] for _, row in rows]
    return sum(map(sum, needed)) + sum(max(column) for column in zip(*needed, strict=True))


def random_row(draw: Random, setting: QuantizationScheme) -> Row:
    fmt, step = setting.format, step_of(setting)
    most = 4 * max(map(abs, weights_of(setting))) // step
    low = -most if min(weights_of(setting)) < 0 else 0
    allowed = given(fmt)
    coefficients = [
        step * draw.randint(low, most) if code in allowed and draw.random() < 0.4 else 0
        for code in codes_of(fmt)
    ]
    return fmt.scale * draw.randint(fmt.lo, fmt.hi), coefficients


def test_random_rows() -> None:
    draw, smaller = Random(1), 0
    for _ in range(300):
        setting = random_setting(draw, overflows=NOT_WRAPPING)
        values = random_table(draw, setting.format)
        rows = [random_row(draw, setting) for _ in range(draw.randint(1, 4))]
        found = rows_of(setting, values, rows)
        for before, after in zip(rows, found, strict=True):
            assert total(values, before) == total(values, after)
            assert is_bias(setting, after[0])
            if is_bias(setting, total(values, before)):
                assert not any(after[1])
            assert all(c % step_of(setting) == 0 for c in after[1])
            if min(weights_of(setting)) == 0:
                assert min(after[1]) >= 0
            used = {code for code, c in zip(codes_of(setting.format), after[1], strict=True) if c}
            assert used <= given(setting.format)
        folded = [row for row in rows if not is_bias(setting, total(values, row))]
        assert size(setting, found) <= (size(setting, folded) if folded else 0)
        smaller += bool(folded) and size(setting, found) < size(setting, folded)
    assert smaller > 30


def test_large_constants_take_the_largest_activation() -> None:
    setting = QuantizationScheme(format=Format(lo=-7, hi=7, scale=4), bias=Bias.FORMAT)
    values = tuple(max(code, 0) for code in codes_of(setting.format))
    rows: list[Row] = [(-28, [0] * 9 + [-30] + [0] * 5)]
    ((bias, coefficients),) = rows_of(setting, values, rows)
    # -28 - 30 * 2 = -88 = -4 * 7 - 60, and 7 * 8 = 56 is too little, 7 * 12 = 84 a multiple of 4
    assert coefficients == [0] * 14 + [-12] and bias == -4
    assert rows_of(setting, values, [(0, [0] * 9 + [-14] + [0] * 5)]) == [(-28, [0] * 15)]


def test_rests_that_are_no_biases() -> None:
    """The largest activation leaves only even numbers; the next one will do."""
    setting = QuantizationScheme(format=Format(lo=-4, hi=4, scale=4), bias=Bias.GRID)
    values = (0, 0, 0, 0, 0, 1, 1, 3, 4)
    row: Row = (0, [0, 0, 0, 0, 0, 9, 10, 0, 0])
    assert rows_of(setting, values, [row]) == [(16, [0] * 7 + [1, 0])]


@pytest.mark.parametrize("weights", Weights)
def test_nothing_is_better_than_it_can_be(weights: Weights) -> None:
    """Constants that are cheap already are left as they are."""
    setting = QuantizationScheme(
        format=Format(lo=-2, hi=2, scale=2), weights=weights, bias=Bias.FORMAT
    )
    row: Row = (4, [0, 0, 0, 0, 2])
    assert rows_of(setting, (0, 0, 0, 1, 2), [row]) == [row]


def test_networks_are_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    setting = QuantizationScheme(format=Format(lo=-7, hi=7, scale=4), bias=Bias.FORMAT)
    values = tuple(max(code, 0) for code in codes_of(setting.format))
    entries = entries_of(setting.format, values)
    first = DraftLayer(
        inputs=1,
        biases=np.array([0]),
        terms=SparseTerms.of([(0, 0, 7)]),
        constants=SparseTerms.none(),
    )
    second = DraftLayer(
        inputs=1,
        biases=np.array([-28, -28]),
        terms=SparseTerms.of([(0, 0, 60), (1, 0, 60)]),
        constants=SparseTerms.of([(0, 8, -60), (1, 9, -60)]),
    )
    made = network(setting, entries, [first, second])
    assert_legal(setting, made)
    monkeypatch.setattr(module, "_large_codes", lambda setting, entries: set())
    plain = network(setting, entries, [first, second])
    assert made.nonzero_weights < plain.nonzero_weights and made.neurons < plain.neurons
    for point in [(code,) for code in codes_of(setting.format)]:
        assert evaluated(made, values, point) == evaluated(plain, values, point)
