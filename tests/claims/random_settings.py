"""Random small settings and tables, of every kind, the same on every run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from random import Random

from hypothesis import strategies as st

from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.arithmetic.rounding import Rounding
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from tests.universality.naive import Table, codes_of

NOT_WRAPPING = tuple(mode for mode in Overflow if mode is not Overflow.WRAP)
NEAREST = tuple(mode for mode in Rounding if mode.name.startswith("HALF"))
SPARSE = (Weights.FULL, Weights.TERNARY, Weights.BINARY)


def formats(
    codes: Sequence[tuple[int, int]],
    scales: Sequence[int],
    overflows: Sequence[Overflow] = tuple(Overflow),
    roundings: Sequence[Rounding] = tuple(Rounding),
) -> Iterator[Format]:
    """All combinations."""
    for (lo, hi), scale, rounding, overflow in product(codes, scales, roundings, overflows):
        yield Format(lo=lo, hi=hi, scale=scale, rounding=rounding, overflow=overflow)


def settings_of(
    fmts: Iterator[Format],
    weights: Sequence[Weights] = tuple(Weights),
    biases: Sequence[Bias] = tuple(Bias),
) -> Iterator[QuantizationScheme]:
    """All combinations."""
    for fmt, weight, bias in product(fmts, weights, biases):
        yield QuantizationScheme(format=fmt, weights=weight, bias=bias)


def random_setting(
    draw: Random,
    most: int = 4,
    scales: Sequence[int] = (1, 2, 3, 4, 5, 6, 8),
    overflows: Sequence[Overflow] = tuple(Overflow),
) -> QuantizationScheme:
    """Any shape: symmetric, two's complement, unsigned, lopsided."""
    hi = draw.randint(1, most)
    lo = draw.choice([0, -hi, -hi - 1, -draw.randint(0, hi + 1)])
    fmt = Format(
        lo=lo,
        hi=hi,
        scale=draw.choice(scales),
        rounding=draw.choice(list(Rounding)),
        overflow=draw.choice(overflows),
    )
    return QuantizationScheme(
        format=fmt, weights=draw.choice(list(Weights)), bias=draw.choice(list(Bias))
    )


def random_table(draw: Random, fmt: Format) -> Table:
    """Any codes, or few of them, or those of one residue: differences with a divisor."""
    codes = codes_of(fmt)
    modulus = draw.choice([2, 3])
    few = draw.choice(
        [list(codes), draw.sample(codes, 2), [code for code in codes if code % modulus == 0]]
    )
    return tuple(draw.choice(few) for _ in codes)


def all_tables(fmt: Format) -> Iterator[Table]:
    """N^N of them."""
    return product(codes_of(fmt), repeat=len(codes_of(fmt)))


@st.composite
def settings_and_tables(draw: st.DrawFn, most: int = 4) -> tuple[QuantizationScheme, Table]:
    """The same for hypothesis, which makes failures small."""
    hi = draw(st.integers(1, most))
    lo = draw(st.integers(-hi - 1, 0))
    fmt = Format(
        lo=lo,
        hi=hi,
        scale=draw(st.integers(1, 8)),
        rounding=draw(st.sampled_from(list(Rounding))),
        overflow=draw(st.sampled_from(list(Overflow))),
    )
    setting = QuantizationScheme(
        format=fmt,
        weights=draw(st.sampled_from(list(Weights))),
        bias=draw(st.sampled_from(list(Bias))),
    )
    size = hi - lo + 1
    factor = draw(st.sampled_from([1, 1, 2, 3]))
    code = st.integers(-(-lo // factor), hi // factor).map(lambda number: number * factor)
    return setting, tuple(draw(st.lists(code, min_size=size, max_size=size)))
