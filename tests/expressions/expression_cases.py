"""Expressions over small formats, read in every way, and what the reference says of them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import numpy as np

from smtcheck import reference
from smtcheck.arithmetic.arrays import Array, Arrays, WouldOverflow
from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.integers import Integers
from smtcheck.arithmetic.intervals import Interval, Intervals
from smtcheck.arithmetic.operations import Num
from smtcheck.arithmetic.terms import Terms
from smtcheck.claims.sides import ExpressionSide
from smtcheck.expressions.parsing import parse
from smtcheck.expressions.syntax import Grid
from smtcheck.expressions.tabulation import Variable
from tests.arithmetic.cases import plain
from tests.arithmetic.smtlib import Script

#: A code, or None where the expression divides by zero.
Codes = list[int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An expression, and the box of inputs it is asked about."""

    side: ExpressionSide
    domain: tuple[Interval, ...]

    @property
    def points(self) -> list[tuple[int, ...]]:
        return list(product(*(range(axis.low, axis.high + 1) for axis in self.domain)))

    def variables(self, codes: list[Num]) -> list[Variable[Num]]:
        scale = self.side.input_format.scale
        return [
            Variable(code=code, codes=axis, scale=scale)
            for code, axis in zip(codes, self.domain, strict=True)
        ]


def case(
    text: str,
    input_format: Format,
    output_format: Format,
    domain: tuple[Interval, ...],
    grid: Grid | None = None,
) -> Case:
    grids = () if grid is None else (("t.csv", grid),)
    side = ExpressionSide(
        texts=(text,),
        expressions=(parse(text, len(domain), lambda _, axes: dict(grids)["t.csv"]),),
        grids=grids,
        inputs=len(domain),
        input_format=input_format,
        output_format=output_format,
    )
    return Case(side=side, domain=domain)


def expected(one: Case) -> Codes:
    """By the reference."""
    side, scale = one.side, one.side.input_format.scale
    tables = {name: lambda *values, g=grid: entry(g, scale, values) for name, grid in side.grids}

    def code(point: tuple[int, ...]) -> int | None:
        values = [Fraction(number, scale) for number in point]
        try:
            return reference.target_code(side.texts[0], values, plain(side.output_format), tables)
        except ZeroDivisionError:
            return None

    return [code(point) for point in one.points]


def entry(grid: Grid, scale: int, values: tuple[Fraction, ...]) -> Fraction:
    places = [int(v * scale) - lo for v, (lo, _) in zip(values, grid.axes, strict=True)]
    shape = [length for _, length in grid.axes]
    return Fraction(int(np.reshape(grid.entries, shape)[tuple(places)]), grid.scale)


def by_integers(one: Case) -> Codes:
    def code(point: tuple[int, ...]) -> int | None:
        variables = one.variables(list(point))
        if one.side.undefined(Integers(), variables):
            return None
        return one.side.codes(Integers(), variables)[0]

    return [code(point) for point in one.points]


def by_int64(one: Case) -> Codes:
    return by_arrays(one, Arrays())


def by_objects(one: Case) -> Codes:
    return by_arrays(one, Arrays(object))


def by_arrays(one: Case, ops: Arrays) -> Codes:
    columns = [np.array(column) for column in zip(*one.points, strict=True)]
    variables = one.variables(list(map(ops.variable, columns, one.domain)))
    flags, (codes,) = one.side.undefined(ops, variables), one.side.codes(ops, variables)
    return merged(values(codes, one), None if flags is None else values(flags, one))


def values(array: Array, one: Case) -> list[int]:
    numbers = np.broadcast_to(array.elements, len(one.points)).tolist()
    assert all(number in array.bounds for number in numbers)
    return numbers


def merged(codes: list[int], flags: list[int] | None) -> Codes:
    if flags is None:
        return list(codes)
    assert set(flags) <= {0, 1}
    return [None if flag else code for code, flag in zip(codes, flags, strict=True)]


def by_terms(one: Case) -> Codes:
    terms = Terms()
    names = [f"x{index}" for index in range(len(one.domain))]
    variables = one.variables(list(map(terms.variable, names, one.domain)))
    flag, (code,) = one.side.undefined(terms, variables), one.side.codes(terms, variables)
    columns = zip(*one.points, strict=True)
    script = Script(terms.lines, dict(zip(names, columns, strict=True)))
    assert np.all(script.holds)
    return merged(script.values(code), None if flag is None else script.values(flag))


def check(one: Case) -> Codes:
    """Every interpretation gives the codes of the reference."""
    codes = expected(one)
    for read in (by_integers, by_objects, by_terms):
        assert read(one) == codes, f"{read.__name__}: {one}"
    with suppress(WouldOverflow):
        assert by_int64(one) == codes, f"by_int64: {one}"
    (bounds,) = one.side.codes(Intervals(), one.variables(list(one.domain)))
    assert all(code in bounds for code in codes if code is not None)
    flag = one.side.undefined(Intervals(), one.variables(list(one.domain)))
    assert None not in codes or (flag is not None and flag.high == 1)
    return codes
