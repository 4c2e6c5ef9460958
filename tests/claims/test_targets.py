"""Tables in targets: loaded whole, looked up in every way, refused by their first fault."""

from __future__ import annotations

from itertools import product
from math import prod
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

import smtcheck as sc
from smtcheck.arithmetic.arrays import Arrays
from smtcheck.arithmetic.codes import CodeArray
from smtcheck.claims.sides import ExpressionSide
from smtcheck.claims.targets import expression_side_parts
from smtcheck.expressions.tables import padded, padded_entries
from smtcheck.expressions.tabulation import Variable
from smtcheck.files import FileSpace
from tests.arithmetic.interpretations import INTERPRETATIONS, Interpret


def side(folder: Path, text: str, fmt: sc.Format, inputs: int) -> ExpressionSide:
    files = FileSpace.beside(folder / "claim.toml")
    trees, grids = expression_side_parts((text,), inputs, fmt, fmt, files)
    return ExpressionSide(
        texts=(text,),
        expressions=trees,
        grids=grids,
        inputs=inputs,
        input_format=fmt,
        output_format=fmt,
    )


def codes(one: ExpressionSide, ops: Any, *numbers: Any) -> Any:
    fmt = one.input_format
    variables = [Variable(code=n, codes=fmt.codes, scale=fmt.scale) for n in numbers]
    return one.codes(ops, variables)[0]


@pytest.mark.parametrize("interpret", INTERPRETATIONS)
@pytest.mark.parametrize(
    "text", ["codes(-1,3,2)", "codes(0,1,1)", "codes(-2,1,1)", "codes(-3,4,8)"]
)
def test_every_entry_is_found_in_every_reading(
    tmp_path: Path, interpret: Interpret, text: str
) -> None:
    """With axes that are padded, or need not be."""
    fmt = sc.Format.parse(text)
    draw, size = Random(1), fmt.codes.size
    entries = [draw.randint(fmt.lo, fmt.hi) for _ in range(size**3)]
    np.save(tmp_path / "t.npy", np.array(entries, dtype=np.int8).reshape(size, size, size))
    target = side(tmp_path, "table('t.npy', x1, x0, x1)", fmt, 2)
    points = list(product(range(fmt.lo, fmt.hi + 1), repeat=2))
    expected = [
        entries[((b - fmt.lo) * size + (a - fmt.lo)) * size + (b - fmt.lo)] for a, b in points
    ]
    assert (
        interpret(lambda ops, a, b: codes(target, ops, a, b), [fmt.codes] * 2, points) == expected
    )


@pytest.mark.parametrize(("hi", "is_padded"), [(40, True), (64, False)])
def test_a_table_of_millions_of_entries(tmp_path: Path, hi: int, is_padded: bool) -> None:
    """With padding, or without where that would take too much."""
    fmt, shape = sc.Format.parse(f"codes({-hi},{hi},8)"), (2 * hi + 1,) * 3
    assert (padded(shape) != shape) == is_padded
    table = np.random.default_rng(1).integers(-hi, hi + 1, shape)
    np.save(tmp_path / "t.npy", table)
    target = side(tmp_path, "table('t.npy', x0, x1, x2)", fmt, 3)
    axes = np.meshgrid(*[np.arange(-hi, hi + 1)] * 3, indexing="ij")
    ops = Arrays()
    found = codes(target, ops, *(ops.variable(axis, fmt.codes) for axis in axes))
    assert np.array_equal(found.elements, table)
    few = [ops.variable(np.array([code, -hi]), fmt.codes) for code in (3, -7, hi)]
    assert codes(target, ops, *few).elements.tolist() == [
        table[hi + 3, hi - 7, 2 * hi],
        table[0, 0, 0],
    ]
    (((_, grid),),) = (target.grids,)
    assert isinstance(grid.entries, CodeArray)
    assert grid.entries == CodeArray(table)


@pytest.mark.parametrize("place", [0, 5, 24])
@pytest.mark.parametrize("entry", [-3, 3, 127])
def test_the_first_entry_that_is_no_code_is_named(tmp_path: Path, place: int, entry: int) -> None:
    table = np.zeros(25, dtype=np.int8)
    table[place:] = [entry, *[-128] * (24 - place)]
    np.save(tmp_path / "t.npy", table.reshape(5, 5))
    (tmp_path / "t.csv").write_text("\n".join(map(str, table)), encoding="utf-8")
    for name in ("t.npy", "t.csv"):
        message = rf"table '{name}': entry {place} is {entry}, not a code of codes\(-2,2"
        with pytest.raises(sc.InputError, match=message):
            side(tmp_path, f"table('{name}', x0, x1)", sc.Format.parse("codes(-2,2,1)"), 2)


def test_entries_beyond_int64_are_refused_or_exact(tmp_path: Path) -> None:
    np.save(tmp_path / "t.npy", np.array([1, 2**64 - 1, 0], dtype=np.uint64))
    with pytest.raises(sc.InputError, match=f"entry 1 is {2**64 - 1}, not a code"):
        side(tmp_path, "table('t.npy', x0)", sc.Format.parse("codes(-1,1,1)"), 1)
    files = FileSpace.beside(tmp_path / "claim.toml")
    narrow, wide = sc.Format.parse("codes(-1,1,1)"), sc.Format.parse("codes(0,2^64,1)")
    _, ((_, grid),) = expression_side_parts(("table('t.npy', x0)",), 1, narrow, wide, files)
    assert grid.entries == (1, 2**64 - 1, 0)


@pytest.mark.parametrize("shape", [(24,), (26,), (5, 4), (1, 25), (5, 5, 1), ()])
def test_tables_of_another_shape_are_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    np.save(tmp_path / "t.npy", np.zeros(shape, dtype=np.int8))
    with pytest.raises(sc.InputError, match="needed are 2 axes of 5 codes"):
        side(tmp_path, "table('t.npy', x0, x1)", sc.Format.parse("codes(-2,2,1)"), 2)


def test_padding_is_what_a_loop_would_do() -> None:
    draw = Random(2)
    for _ in range(200):
        lengths = [draw.randint(1, 9) for _ in range(draw.randint(1, 4))]
        entries = [draw.choice([0, 1, 2**63, -5]) for _ in range(prod(lengths))]
        sizes = [lengths[0], *(1 << (length - 1).bit_length() for length in lengths[1:])]
        expected = []
        for position in product(*map(range, sizes)):
            index = 0
            for place, length in zip(position, lengths, strict=True):
                index = index * length + min(place, length - 1)
            expected.append(entries[index])
        assert list(padded(lengths)) == sizes
        for form in (tuple(entries), CodeArray(entries)):
            assert tuple(padded_entries(form, lengths)) == tuple(expected)


def test_what_would_grow_too_large_is_not_padded() -> None:
    assert padded([2**20, 3, 2]) == (2**20, 3, 2)
    assert padded([2**18, 3, 2]) == (2**18, 4, 2)
    assert padded([5] * 10) == (5,) * 10
    entries = tuple(range(12))
    assert padded_entries(entries, [3, 4]) is entries


def test_axes_of_one_code_may_be_many() -> None:
    lengths = [1] * 50 + [2, 3] + [1] * 50
    assert tuple(padded_entries(tuple(range(6)), lengths)) == (0, 1, 2, 2, 3, 4, 5, 5)
