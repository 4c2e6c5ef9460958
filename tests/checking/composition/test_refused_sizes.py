"""What is too large for memory or int64 is refused where it would first be made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.intervals import Interval
from smtcheck.checking.composition import composition
from smtcheck.checking.composition.blocks import Block, DoesNotApply, Part, Table, TableSizes
from smtcheck.checking.composition.directions import Axes, arrays_of, first_axes
from smtcheck.checking.composition.layer_sums import SAFE, is_safe, require_safe
from smtcheck.checking.composition.neuron_tables import first_blocks, merged
from smtcheck.claims.verdicts import InternalError
from smtcheck.networks.matrices import csr
from tests.checking.composition.test_neuron_tables import as_matrix, layer

NARROW = Format.parse("codes(-2, 5, 1)")
AXES = Axes(directions=((1, 0), (0, 1)), ranges=(Interval(0, 5), Interval(0, 5)))

SUMS = [[0, 1, 1, 1, 1, 1], *[[1, 2, 2, 2, 2, 2]] * 5]  #: of the two blocks, at all inputs


def block(axis: int) -> Block:
    """One neuron, which is 0 at the place 0 of an axis, and 1 elsewhere."""
    table = Table(np.zeros(1, dtype=np.int64), (np.arange(6) > 0).astype(np.int64)[None, :])
    return Block(neurons=np.array([axis]), axes=(axis,), table=table, rows=np.array([0]))


def part(*axes: int) -> Part:
    values = np.zeros((1, 6 ** len(axes)), dtype=np.int64)
    return Part(axes=axes, table=Table(values[:, 0], values), rows=np.array([0]))


def test_tables_are_not_added_up_copied_or_written_out_beyond_all_bounds() -> None:
    values = np.arange(12).reshape(2, 6)
    dense = Table(np.zeros(2, dtype=np.int64), values)
    sparse = Table(np.zeros(2, dtype=np.int64), csr(values, values.shape))
    five = np.array([0, 1, 0, 1, 0])
    calls: list[Callable[[Table, TableSizes], object]] = [
        lambda table, sizes: table.summed(as_matrix(np.ones((5, 2), dtype=np.int64)), sizes),
        lambda table, sizes: table.at(np.zeros(15, dtype=np.int64), sizes),
        lambda table, sizes: Part(axes=(0,), table=table, rows=five).own(sizes),
    ]
    for call in calls:
        for table in (dense, sparse):
            call(table, TableSizes(cells=30))
            with pytest.raises(DoesNotApply, match="too many values"):
                call(table, TableSizes(cells=29))


def test_outputs_at_all_inputs_are_not_more_than_fit() -> None:
    """Though the tables of which they are the sums are small."""
    domain = (Interval(0, 5), Interval(0, 5))
    for cells, fits in ((36, True), (35, False)):
        axes = replace(AXES, sizes=TableSizes(cells=cells))
        arguments = (layer([[1, 1]], out=NARROW), axes, [block(0), block(1)], 1, domain)
        if fits:
            (found,) = composition._last_outputs(*arguments)
            assert found.elements.reshape(6, 6).tolist() == SUMS
        else:
            with pytest.raises(DoesNotApply, match="1 neurons at 36 places"):
                composition._last_outputs(*arguments)


def test_sums_beyond_their_bound_are_an_internal_error() -> None:
    """Blocks that promise values up to a size, and have larger ones."""
    domain = (Interval(0, 5), Interval(0, 5))
    with pytest.raises(InternalError, match="a sum of size 2 exceeds its bound 0"):
        composition._last_outputs(layer([[1, 1]]), AXES, [block(0), block(1)], 0, domain)


def test_rows_are_not_written_out_beyond_all_bounds() -> None:
    wide = layer([[1, 0, 0], [0, 0, 1]])
    assert len(first_axes(wide, [Interval(0, 1)] * 3, TableSizes(cells=6))[0].ranges) == 2
    with pytest.raises(DoesNotApply, match="too many values"):
        first_axes(wide, [Interval(0, 1)] * 3, TableSizes(cells=5))


@pytest.mark.parametrize("code", [2**63, -(2**63) - 1, 2**70])
def test_weights_that_do_not_fit(code: int) -> None:
    with pytest.raises(DoesNotApply, match="weights do not fit"):
        arrays_of(layer([[code, 1]]))


@pytest.mark.parametrize(
    ("rows", "size"),
    [([[2**62] * 4], 1), ([[-(2**63)]], 1), ([[1] * 5], SAFE // 5 + 1)],
)
def test_sums_of_weights_that_wrap_around_are_not_taken_for_small(
    rows: list[list[int]], size: int
) -> None:
    """4 * 2^62 is 0 in int64."""
    assert not is_safe(layer(rows), size)
    with pytest.raises(DoesNotApply, match="sums might not fit"):
        require_safe(layer(rows), size)


def test_what_fits_is_safe() -> None:
    assert is_safe(layer([[2**60, 0], [0, -1]]), 1)


def test_sums_of_a_first_layer_that_do_not_fit() -> None:
    one = layer([[2**60]], out=NARROW)
    first_blocks(one, [Interval(-1, 1)])
    for domain in (Interval(-1, 2), Interval(-2, 0)):
        with pytest.raises(DoesNotApply, match="sums might not fit"):
            first_blocks(one, [domain])


def test_parts_that_share_some_axes_but_not_all() -> None:
    axes = Axes(directions=((1, 0), (0, 1), (1, 1)), ranges=(Interval(0, 5),) * 3)
    assert [one.axes for one in merged(axes, [part(1), part(0, 1), part(2)])] == [(0, 1), (2,)]
    with pytest.raises(DoesNotApply, match="share some of their axes"):
        merged(axes, [part(0, 1), part(1, 2)])


@pytest.mark.parametrize(
    "row",
    [[-(2**63), 1], [-(2**63), 0], [1, -(2**63)], [-(2**63), -(2**63)]],
)
def test_a_weight_without_a_negative_in_int64_is_refused(row: list[int]) -> None:
    """Its direction would be divided by -1, and its size is no int64; whatever it reads."""
    for codes in (Interval(0, 0), Interval(0, 1)):
        with pytest.raises(DoesNotApply, match="do not fit into int64"):
            first_axes(layer([row]), [codes] * 2, TableSizes())
        with pytest.raises(DoesNotApply, match="might not fit into int64"):
            require_safe(layer([row]), codes.high)
