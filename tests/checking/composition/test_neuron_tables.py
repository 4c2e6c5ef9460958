"""Exact tables of parts: at all places, reachable or not, what the network gives there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import product
from random import Random
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.integers import Integers
from smtcheck.arithmetic.intervals import Interval
from smtcheck.checking.composition import composition, neuron_tables, open_places
from smtcheck.checking.composition.blocks import (
    USUAL,
    Block,
    DoesNotApply,
    Part,
    TableSizes,
    compact,
)
from smtcheck.checking.composition.directions import Axes, first_axes
from smtcheck.checking.composition.layer_sums import SAFE, Ends, biases_of, require_safe
from smtcheck.checking.composition.neuron_tables import (
    distinct_rows,
    first_blocks,
    merged,
    next_blocks,
    rows_by_blocks,
)
from smtcheck.checking.composition.saturation import (
    OverflowSide,
    arithmetic_of,
    size_for,
    threshold,
)
from smtcheck.networks.activations import activation
from smtcheck.networks.layers import Layer
from smtcheck.networks.matrices import Matrix, csr
from smtcheck.networks.network import Network
from tests.arithmetic.random_networks import Pair, layer_pair
from tests.checking.composition.random_parts import random_parts

Ints = NDArray[np.int64]

WIDE = Format.parse("paper(80, 1)")
NARROW = Format.parse("codes(-2, 5, 1)")


def layer(rows: Sequence[Sequence[int]], biases: Sequence[int] = (), out: Format = WIDE) -> Layer:
    return layer_pair(rows, tuple(biases) or (0,) * len(rows), WIDE, WIDE, out, None)[0]


def ends_of(layer: Layer, bound: int) -> Ends:
    """As `composition` has them, but without lemmas."""
    plain, size, act = arithmetic_of(layer), size_for(bound), layer.activation
    low, high = (threshold(plain, side, size) for side in (OverflowSide.LOW, OverflowSide.HIGH))

    def value(end: tuple[int, int] | None) -> int:
        if end is None or act is None:
            return end[1] if end else 0
        return act.apply(Integers(), layer.output_format, end[1])

    return Ends(
        low=low and low[0], high=high and high[0], low_value=value(low), high_value=value(high)
    )


def on_axes(network: Network, axes: Axes) -> Network:
    """The same network, with a number along each axis for an input."""
    first = network.layers[0]
    rows = [[0] * max(1, len(axes.directions)) for _ in range(first.outputs)]
    for index, row in enumerate(rows):
        written = np.zeros(network.inputs, dtype=np.int64)
        for column, code in first.row(index):
            written[column] = code
        for axis, direction in enumerate(axes.directions):
            factors_of = {w // d for w, d in zip(written.tolist(), direction, strict=True) if d}
            if written.any() and np.array_equal(np.array(direction) * min(factors_of), written):
                row[axis] = min(factors_of)
    reach = max([1, *(abs(end) for axis in axes.ranges for end in (axis.low, axis.high))])
    return Network(
        input_format=replace(network.input_format, lo=-reach, hi=reach),
        inputs=len(rows[0]),
        layers=(replace(first, weights=Matrix.dense(rows)), *network.layers[1:]),
    )


def blocks_by_layer(
    network: Network, domain: Sequence[Interval], sizes: TableSizes
) -> tuple[Axes, list[list[Block]]]:
    axes, blocks = first_blocks(network.layers[0], domain, sizes)
    found = [blocks]
    for following in network.layers[1:]:
        blocks = next_blocks(following, axes, blocks, ends_of)
        found.append(blocks)
    return axes, found


def seen_to_be_right(
    network: Network, domain: Sequence[Interval], sizes: TableSizes = USUAL
) -> list[Block]:
    """All blocks, after their tables were compared with the network at all places."""
    axes, layers = blocks_by_layer(network, domain, sizes)
    every = range(len(axes.ranges))
    if axes.places(every) > 20_000:
        raise DoesNotApply("this would take too long")
    spans = [range(axis.low, axis.high + 1) for axis in axes.ranges] or [range(1)]
    places, unfolded = np.array(list(product(*spans))), on_axes(network, axes)
    for number, blocks in enumerate(layers):
        values = replace(unfolded, layers=unfolded.layers[: number + 1]).evaluate_many(places)
        neurons = np.concatenate([block.neurons for block in blocks])
        assert sorted(neurons.tolist()) == list(range(network.layers[number].outputs))
        for block in blocks:
            table = block.table.dense[block.rows][:, axes.projected(block.axes, every)]
            assert np.array_equal(table.T, values[:, block.neurons])
            assert block.table.size() >= np.abs(table).max()
    return [block for blocks in layers for block in blocks]


@pytest.mark.parametrize("sparse", [4, 10**9])
def test_tables_are_right_at_all_places(sparse: int) -> None:
    draw = Random(23)
    found: list[Block] = []
    for _ in range(80):
        network = small_network(draw).network
        codes = network.input_format.codes
        part = Interval(*sorted(draw.choices(range(codes.low, codes.high + 1), k=2)))
        domain = [draw.choice([part, codes]) for _ in range(network.inputs)]
        with suppress(DoesNotApply):
            found += seen_to_be_right(network, domain, TableSizes(sparse=sparse))
    assert sum(len(block.neurons) for block in found) > 300
    assert sum(len(block.axes) > 1 for block in found) > 20
    assert sum(not isinstance(block.table.rest, np.ndarray) for block in found) > 30


def test_neurons_that_share_only_some_of_their_rows() -> None:
    """Sums of x0 and x1, which all share, with others of x0, and with x2 beside them."""
    codes, sums = Format.parse("paper(3, 1)"), Format.parse("codes(-20, 30, 1)")
    first = layer([[1, 0, 0], [0, 1, 0], [0, 0, 1]], out=codes)
    second = layer([[2, 3, 0], [1, 0, 0], [0, 0, 1]], out=sums)
    rows = [[1, other, apart] for other in (-9, 0, 4) for apart in (-7, 2, 2)]
    third = layer(rows, range(-4, 5), out=NARROW)
    network = Network(input_format=codes, inputs=3, layers=(first, second, third))
    blocks = seen_to_be_right(network, [Interval(-3, 3), Interval(-2, 5), Interval(0, 4)])
    assert any(len(block.axes) == 3 for block in blocks)


def small_network(draw: Random) -> Pair:
    """Three inputs at most, of few codes, so that there are not many places."""
    while True:
        pair = random_parts(draw)
        if pair.network.input_format.codes.size**pair.network.inputs <= 150:
            return pair


def random_axes(draw: Random) -> Axes:
    sizes = [draw.randint(1, 4) for _ in range(draw.randint(1, 4))]
    return Axes(
        directions=tuple((index,) for index in range(len(sizes))),
        ranges=tuple(Interval(-1, size - 2) for size in sizes),
    )


def test_places_are_numbered_with_the_last_axis_fastest() -> None:
    draw = Random(24)
    for _ in range(200):
        axes = random_axes(draw)
        whole = sorted(draw.sample(range(len(axes.ranges)), draw.randint(1, len(axes.ranges))))
        part = sorted(draw.sample(whole, draw.randint(0, len(whole))))
        sizes = [axes.ranges[axis].size for axis in whole]
        assert axes.places(whole) == np.prod(sizes)
        every = np.arange(axes.places(whole)).reshape(sizes)
        others = tuple(0 if axis not in part else slice(None) for axis in whole)
        shares = axes.spread(part, whole)
        assert shares.tolist() == every[others].reshape(-1).tolist()
        # every place is the sum of the shares of its places on the part and on the others
        rest = axes.spread([axis for axis in whole if axis not in part], whole)
        assert sorted((shares[:, None] + rest[None, :]).reshape(-1)) == sorted(every.reshape(-1))
        projected = axes.projected(part, whole)
        for place, index in enumerate(np.ndindex(*sizes)):
            own = [step for axis, step in zip(whole, index, strict=True) if axis in part]
            own_sizes = [axes.ranges[axis].size for axis in part]
            expected = np.ravel_multi_index(own, own_sizes) if part else 0
            assert projected[place] == expected


# ---- the first layer ----


def test_directions_have_no_common_factor_and_a_positive_start() -> None:
    rows = [[2, 4], [-3, -6], [0, 0], [0, -5], [1, 2], [0, 1], [-1, 2]]
    axes, axis_of, weight_of = first_axes(layer(rows), [Interval(-1, 3), Interval(5, 5)], USUAL)
    assert set(axes.directions) == {(1, 2), (0, 1), (1, -2)}
    for row, axis, weight in zip(rows, axis_of.tolist(), weight_of.tolist(), strict=True):
        direction = axes.directions[axis] if axis >= 0 else (0, 0)
        assert [weight * part for part in direction] == row
    spans = dict(zip(axes.directions, axes.ranges, strict=True))
    assert spans[1, 2] == Interval(9, 13)
    assert spans[0, 1] == Interval(5, 5)
    assert spans[1, -2] == Interval(-11, -7)


def test_at_most_twelve_directions() -> None:
    domain = [Interval(0, 1), Interval(0, 1)]
    assert len(first_axes(layer([[1, k] for k in range(12)]), domain, USUAL)[0].ranges) == 12
    with pytest.raises(DoesNotApply, match="more than 12 directions"):
        first_axes(layer([[1, k] for k in range(13)]), domain, USUAL)


# ---- what fits ----


def test_bounds_of_sums() -> None:
    """|bias| + sum of |weight| * size, of the worst row; biases alone must fit as well."""
    assert require_safe(layer([[3, -4], [5, 0]], [-10, 17]), 6) == 7 * 6 + 17
    for size, fits in [(2**58 - 1, True), (2**58, False)]:
        one = layer([[8]], [7])
        if fits:
            assert require_safe(one, size) == SAFE - 1
        else:
            with pytest.raises(DoesNotApply, match="sums might not fit"):
                require_safe(one, size)
    for bias in (SAFE - 1, 1 - SAFE):
        assert biases_of(layer([[1]], [bias])).tolist() == [bias]
    for bias in (SAFE, -SAFE, 2**63, 2**80):
        with pytest.raises(DoesNotApply, match="biases do not fit"):
            biases_of(layer([[1]], [bias]))


def test_no_difference_of_two_values_is_read_as_small() -> None:
    """Differences of values near the ends of int64 wrap around; their sizes then show it."""
    values = np.array([[-(2**63), 2**63 - 1], [2**62, -(2**62)], [0, 2**61]])
    table = compact(values)
    assert np.array_equal(table.dense, values)
    assert table.size() >= SAFE
    for row in values:
        assert compact(row[None, :]).size() >= SAFE


def test_tables_of_too_many_values() -> None:
    sizes = TableSizes(cells=12, portion=12)
    domain = [Interval(0, 3)]
    rows = [[1], [2], [3]]
    axes, blocks = first_blocks(layer(rows, out=NARROW), domain, sizes)
    assert len(next_blocks(layer([[1, 0, 0]] * 4, out=NARROW), axes, blocks, ends_of)) == 1
    for call in (
        lambda: first_blocks(layer([*rows, [4]], out=NARROW), domain, sizes),
        lambda: first_blocks(layer(rows, out=NARROW), [Interval(0, 4)], sizes),
        lambda: next_blocks(
            layer([[n, 0, 1] for n in range(4)], out=NARROW), axes, blocks, ends_of
        ),
    ):
        with pytest.raises(DoesNotApply, match="too many values"):
            call()


def test_every_table_is_limited() -> None:
    """At as many values as there are, and at one fewer."""
    domain, table = [Interval(0, 2)], compact(np.arange(6).reshape(2, 3))
    part = Part(axes=(0,), table=table, rows=np.array([0, 1, 0]), factors=np.ones(3, dtype=int))
    pairs = layer([[1, 0], [0, 1], [1, 1]])

    def outputs(sizes: TableSizes) -> object:
        axes, blocks = first_blocks(layer([[1, 0]], out=NARROW), domain * 2, sizes)
        return composition._last_outputs(layer([[1], [2]], out=NARROW), axes, blocks, 2, domain * 2)

    calls: list[tuple[int, Callable[[TableSizes], object]]] = [
        (6, lambda sizes: table.at(np.zeros(3, dtype=int), sizes)),
        (9, part.own),
        (6, lambda sizes: first_axes(pairs, domain * 2, sizes)),
        (18, outputs),
    ]
    for cells, call in calls:
        call(TableSizes(cells=cells))
        with pytest.raises(DoesNotApply, match="too many values"):
            call(TableSizes(cells=cells - 1))


def test_places_where_all_parts_are_open_are_counted_first() -> None:
    """A part with more places than memory, of a neuron that another part settles."""
    one = np.arange(3)
    shares, starts = np.zeros(3, dtype=np.int64), np.zeros(3, dtype=np.int64)

    def span(*counts: int) -> Any:
        return open_places._Open(
            values=one,
            shares=shares,
            starts=starts,
            counts=np.array(counts, dtype=np.int64),
            factors=np.array([5, 3, 5]),
        )

    spans = [span(2**60, 2, 2**60), span(0, 2, 0)]
    (chosen,) = open_places._portions([one.counts for one in spans], 100, 2**25)
    rows, places, sums = open_places._products(spans, chosen)
    assert rows.tolist() == [1] * 4
    assert places.tolist() == [0] * 4
    assert sums.tolist() == [0, 3, 3, 6]
    with pytest.raises(DoesNotApply, match="too many"):
        next(open_places._portions([span(2**60, 2**60, 2**60).counts] * 2, 2**28, 2**25))


# ---- rows that are shared ----


def as_matrix(rows: Ints) -> Any:
    return csr(rows, rows.shape)


def test_different_rows() -> None:
    draw = np.random.default_rng(25)
    for _ in range(100):
        shape = (draw.integers(1, 9), draw.integers(1, 4))
        rows = draw.integers(-1, 2, size=shape)
        different, which = distinct_rows(as_matrix(rows))
        assert np.array_equal(different.toarray()[which], rows)
        assert different.shape[0] in (len(np.unique(rows, axis=0)), len(rows))
        if different.shape[0] == len(rows):
            assert which.tolist() == list(range(len(rows)))


def test_rows_whose_hashes_collide_are_told_apart() -> None:
    one, other = np.random.default_rng(0).integers(-(2**62), 2**62, size=2).tolist()
    rows = np.array([[other, 0], [0, one], [other, 0]])
    different, which = distinct_rows(as_matrix(rows))
    assert np.array_equal(different.toarray()[which], rows)


@pytest.mark.parametrize("seed", range(8))
def test_sorted_rows_and_masks_find_the_same_places(seed: int) -> None:
    draw = np.random.default_rng(seed)
    rows, width, neurons = (int(n) for n in draw.integers(1, 7, size=3))
    table = draw.integers(-4, 5, size=(rows, width))
    which = draw.integers(0, rows, size=neurons + rows)
    axes, shares = (0,), draw.permutation(width) * 3
    low, high = draw.integers(-7, 7, size=(2, len(which)))
    low[: len(low) // 3], high[len(low) // 3 : len(low) // 2] = -SAFE, SAFE
    times = draw.integers(1, 4, size=len(which))
    shared = Part(axes=axes, table=compact(table), rows=which, factors=times)
    own = table[which] * times[:, None]
    written_out = Part(axes=axes, table=compact(own), rows=np.arange(len(which)))
    assert np.array_equal(shared.own(USUAL).dense, own)
    found = [
        open_places._Open.between(part.table.dense, part, shares, low, high)
        for part in (shared, written_out)
    ]
    for neuron in range(len(which)):
        expected = [
            (value, share)
            for value, share in zip(own[neuron], shares, strict=True)
            if low[neuron] < value < high[neuron]
        ]
        for spans in found:
            places = slice(spans.starts[neuron], spans.starts[neuron] + spans.counts[neuron])
            assert spans.counts[neuron] == len(expected)
            values = spans.values[places] * spans.factors[neuron]
            listed = zip(values, spans.shares[places], strict=True)
            assert sorted(listed) == sorted(expected)


def test_rows_that_are_multiples_share_one() -> None:
    """Also multiples of a single weight, and not with the opposite sign."""
    table = np.array([[1, -2, 5, 0], [3, 3, -1, 2]])
    rows = np.array([[2, -4], [3, -6], [-1, 2], [0, 7], [0, -7], [0, 1]])
    block = Block(neurons=np.arange(2), axes=(0,), table=compact(table), rows=np.arange(2))
    part = neuron_tables._part(as_matrix(rows), np.arange(len(rows)), block, USUAL)
    assert part.table.shape[0] == 4
    assert (part.factors > 0).all()
    assert np.array_equal(part.own(USUAL).dense, rows @ table)


def test_copies_of_a_neuron_share_a_row_and_their_weights_are_added() -> None:
    copies = layer([[2], [3], [2], [2], [2]], biases=[1, 1, 1, 0, 1], out=NARROW)
    _, (block,) = first_blocks(copies, [Interval(-2, 2)])
    assert block.table.shape[0] == 3
    assert block.rows[[0, 2, 4]].tolist() == [block.rows[0]] * 3
    weights = as_matrix(np.array([[1, 5, 2, 0, -3], [1, 0, 1, 1, 1], [0, 0, 0, 4, 0]]))
    summed = block.table.summed(block.read_by(weights), USUAL).dense
    assert np.array_equal(summed, weights.toarray() @ block.table.dense[block.rows])
    part = neuron_tables._part(weights, np.arange(3), block, USUAL)
    assert np.array_equal(part.own(USUAL).dense, summed)
    following = layer([[1, 0, 0, 2, 0]] * 3 + [[0, 0, 1, 2, 0]], biases=[5, 5, 6, 5], out=NARROW)
    axes, blocks = first_blocks(copies, [Interval(-2, 2)])
    (found,) = next_blocks(following, axes, blocks, lambda *_: pytest.fail("one part"))
    assert found.table.shape[0] == 3  # of equal rows; equal sums are not looked for
    assert found.rows.tolist()[0] == found.rows.tolist()[1]


def test_rows_are_grouped_by_what_they_read() -> None:
    blocks = [
        Block(
            neurons=np.array(neurons),
            axes=(),
            table=compact(np.zeros((2, 1), dtype=np.int64)),
            rows=np.arange(2),
        )
        for neurons in ([1, 3], [0, 2])
    ]
    matrix = as_matrix(np.array([[0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 5, 2], [0, 0, 0, -1]]))
    found = [(rows.tolist(), read) for rows, read in rows_by_blocks(matrix, blocks)]
    assert sorted(found) == [([0, 3], [0]), ([1], []), ([2], [0, 1])]


def parts_on(axes: Axes, *own: tuple[int, ...]) -> list[Part]:
    """Parts of two neurons that share a row, of which each place has a value of its own."""
    return [
        Part(
            axes=part,
            table=compact(np.arange(axes.places(part))[None, :] * 10**index),
            rows=np.zeros(2, dtype=np.int64),
        )
        for index, part in enumerate(own)
    ]


def test_parts_are_added_to_those_that_cover_them() -> None:
    axes = Axes(
        directions=((0,), (1,), (2,)),
        ranges=(Interval(0, 1), Interval(0, 2), Interval(5, 6)),
    )
    (only,) = merged(axes, parts_on(axes, (1,), (0, 1), (), (1,)))
    assert only.axes == (0, 1)
    expected = [10 * (3 * a + b) + b + 1000 * b for a in range(2) for b in range(3)]
    assert only.own(USUAL).dense.tolist() == [expected] * 2
    assert only.rows.tolist() == [0, 1]
    apart = merged(axes, parts_on(axes, (1,), (0, 2)))
    assert sorted(part.axes for part in apart) == [(0, 2), (1,)]
    with pytest.raises(DoesNotApply, match="share some of their axes"):
        merged(axes, parts_on(axes, (0, 1), (1, 2)))


# ---- exactly at the thresholds ----


@pytest.mark.parametrize("overflow", ["AP_SAT", "AP_SAT_SYM", "AP_SAT_ZERO", "AP_WRAP"])
@pytest.mark.parametrize("rounding", ["AP_TRN", "AP_RND_CONV", "AP_RND_INF", "TRN_INF"])
def test_sums_of_parts_around_the_thresholds(rounding: str, overflow: str) -> None:
    """Every bias from where one end is always reached to where the other one is."""
    codes = Format.parse("paper(3, 1)")
    domain = [Interval(-4, 4), Interval(-1, 2)]
    axes, blocks = first_blocks(layer([[1, 0], [0, 1]], out=codes), domain)
    places = np.array(list(product(*[range(axis.low, axis.high + 1) for axis in axes.ranges])))
    inputs = places[:, [axes.directions.index(direction) for direction in ((1, 0), (0, 1))]]
    for lo, name in product((-2, -5, -9, 0), (None, "abs")):
        after = Format.parse(f"codes({lo}, 5, 1, {rounding}, {overflow})")
        pairs = list(product(product((-3, 1, 4), (-5, 2)), range(-40, 41)))
        second, _ = layer_pair(
            [list(row) for row, _ in pairs],
            tuple(bias for _, bias in pairs),
            codes,
            Format.parse("paper(8, 3)"),
            after,
            activation(name) if name else None,
        )
        (block,) = next_blocks(second, axes, blocks, ends_of)
        alone = Network(input_format=codes, inputs=2, layers=(second,))
        assert np.array_equal(block.table.dense[block.rows], alone.evaluate_many(inputs).T)


@pytest.mark.parametrize("weight", [-1000, 1000])
@pytest.mark.parametrize("span", [Interval(0, 99), Interval(-99, 0)])
def test_places_that_overflow_are_not_listed(weight: int, span: Interval) -> None:
    """Of 100 times 100 places, those where the first input is 0."""
    axes, blocks = first_blocks(
        layer([[1, 0], [0, 1]], out=Format.parse("paper(8, 1)")),
        [span, Interval(0, 99)],
        TableSizes(cells=250, portion=250),
    )
    (block,) = next_blocks(layer([[weight, 1]], out=NARROW), axes, blocks, ends_of)
    assert block.table.shape == (1, 10_000)
