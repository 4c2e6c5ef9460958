"""Boxes that add up to a function: at every point, added up naively."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from random import Random

import numpy as np
import pytest

from smtcheck.arithmetic.formats import Format
from smtcheck.claims.settings import Bias, QuantizationScheme
from smtcheck.construction.boxes import partitions
from smtcheck.construction.boxes.decomposition import TooManyBoxes
from smtcheck.construction.boxes.partitions import BoxParts, Partition, Start, TabulatedFunction
from smtcheck.construction.indicators.saturation import NoNetwork
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.networks.activations import activation
from tests.checking.universality.naive_evidence import is_bias
from tests.construction.builders import builder_of
from tests.construction.naive_networks import Ints, points_of, random_function
from tests.universality.naive import requantized

TEXTS = ["paper(2,2)", "codes(-2,3,4)", "paper(2,3,AP_RND_CONV,AP_SAT_ZERO)", "codes(-3,2,5)"]


def partition_of(text: str, *tables: Ints, bias: Bias = Bias.EXACT) -> Partition:
    setting = QuantizationScheme(format=Format.parse(text), bias=bias)
    shop = builder_of(setting, ActivationTable(activation("relu"), setting.format))
    assert shop is not None
    function = TabulatedFunction(tables=tables, sums=(None,) * len(tables))
    return Partition(setting=setting, evidence=shop.evidence, function=function)


def tables_of(text: str, inputs: int, kinds: str) -> list[Ints]:
    draw = Random(f"{text} {inputs} {kinds}")
    return [random_function(draw, Format.parse(text), inputs, kind) for kind in kinds.split()]


def assert_adds_up(partition: Partition, parts: BoxParts) -> None:
    """Whichever amounts boxes add of those they may, sums are rounded to the table."""
    fmt, tables = partition.setting.format, partition.function.tables
    for base in parts.bases:
        assert is_bias(partition.setting, base.bias)
        assert base.total == base.bias or base.constants
    for point in points_of(fmt, tables[0].ndim):
        places = [sum(s * x for s, x in zip(signs, point, strict=True)) for signs in parts.signs]
        low, high = ([base.total for base in parts.bases] for _ in range(2))
        for box in parts.boxes:
            spans = zip(box.ranges, places, strict=True)
            if all(span is None or span[0] <= place <= span[1] for span, place in spans):
                for output, wanted in enumerate(box.wanted):
                    if wanted is not None:
                        low[output] += max(wanted.low, -(10**9))
                        high[output] += min(wanted.high, 10**9)
        index = tuple(x - fmt.lo for x in point)
        for output, table in enumerate(tables):
            assert requantized(fmt, low[output]) == table[index]
            assert requantized(fmt, high[output]) == table[index]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("start", Start, ids=str)
def test_boxes(text: str, start: Start) -> None:
    for inputs, kinds in product((1, 2), ("uniform", "sparse few", "monotone", "constant uniform")):
        partition = partition_of(text, *tables_of(text, inputs, kinds))
        parts = partition.of_boxes(start, 1000)
        assert_adds_up(partition, parts)
        assert parts.signs == (((1,),) if inputs == 1 else ((1, 0), (0, 1)))
        wanted = [own for box in parts.boxes for own in box.wanted if own is not None]
        assert all(0 not in own for own in wanted)  # boxes that add nothing are left out


def test_boxes_are_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    partition = partition_of("paper(2,2)", *tables_of("paper(2,2)", 2, "uniform"))
    for _ in range(2):
        with pytest.raises(TooManyBoxes):
            partition.of_boxes(Start.COMMON, 3)
        assert partition.of_boxes(Start.LOW, 100).boxes
        monkeypatch.setattr(partitions, "boxes", None)  # it is not called again


@pytest.mark.parametrize("text", TEXTS)
def test_points(text: str) -> None:
    for inputs in (1, 2):
        partition = partition_of(text, *tables_of(text, inputs, "uniform few"))
        parts = partition.of_points(4096)
        assert_adds_up(partition, parts)
        assert parts.signs[0] == (1,) * inputs
        assert all(span is not None for box in parts.boxes for span in box.ranges)


def test_points_may_be_too_many() -> None:
    partition = partition_of("paper(2,2)", np.zeros((7,) * 5, dtype=np.int64))
    with pytest.raises(NoNetwork, match=r"7\^5 points are too many"):
        partition.of_points(4096)


def test_levels_and_what_they_take_at_least() -> None:
    x, y = np.meshgrid(np.arange(-3, 4), np.arange(-3, 4), indexing="ij")
    partition = partition_of("paper(2,2)", np.maximum(x, y), np.minimum(x, 1))
    parts = partition.of_levels()
    assert_adds_up(partition, parts)
    # six corners of both inputs, four edges of one: a bias, the output's weight, and each input
    assert parts.least == 6 * (2 + 2) + 4 * (2 + 1)
    with pytest.raises(NoNetwork, match="level sets are not boxes"):
        partition_of("paper(2,2)", np.abs(x) * np.sign(y)).of_levels()


def test_exact_sums_start_from_a_bias() -> None:
    x, y = np.meshgrid(np.arange(-3, 4), np.arange(-3, 4), indexing="ij")
    for bias, more in product((Bias.EXACT, Bias.GRID), (0, 1)):
        partition = partition_of("paper(2,2)", np.zeros_like(x), bias=bias)
        sums = x * y + more  # in quarters
        table = partition.setting.requantize_many(sums)
        partition = replace(partition, function=TabulatedFunction(tables=(table,), sums=(sums,)))
        (way,) = partition.ridges
        assert len(way[0]) == 2
        if more and bias is Bias.GRID:
            with pytest.raises(NoNetwork, match="no bias"):
                partition.of_ridges(way)
        else:
            assert_adds_up(partition, partition.of_ridges(way))


@pytest.mark.parametrize("text", TEXTS)
def test_ridges(text: str) -> None:
    fmt = Format.parse(text)
    codes = np.arange(fmt.lo, fmt.hi + 1)
    x, y = np.meshgrid(codes, codes, indexing="ij")
    clipped = [np.clip(table, fmt.lo, fmt.hi) for table in (x + y, x - y, x, np.abs(x))]
    for tables in (clipped[:1], clipped[1:2], clipped[2:], clipped[:2]):
        partition = partition_of(text, *tables)
        assert partition.ridges
        for way in partition.ridges:
            parts = partition.of_ridges(way)
            assert_adds_up(partition, parts)
            assert parts.least >= 3


def test_ridges_of_several_directions_add_up_exactly() -> None:
    codes = np.arange(-3, 4)
    x, y = np.meshgrid(codes, codes, indexing="ij")
    table = np.maximum(x, y)
    partition = partition_of("paper(2,2)", table)
    ways = [way for way in partition.ridges if len(way[0]) > 1]
    assert ways  # max(x, y) is no function of one direction
    for way in ways:
        assert_adds_up(partition, partition.of_ridges(way))


def test_in_one_input_ridges_are_boxes() -> None:
    """So that one of them is enough to try."""
    for text in TEXTS:
        for table in tables_of(text, 1, "uniform few monotone sparse constant"):
            partition = partition_of(text, table)
            (way,) = partition.ridges
            assert partition.of_ridges(way) == partition.of_boxes(Start.COMMON, 100)
