"""Coverage: can one output neuron give every code? (theory.md#coverage)

The sums of an output neuron all leave one residue modulo M = g * D.  They cover
the codes if the residue meets the *cell* of every code, the integers that are
requantized to it.  Cells are intervals, about `scale` long; which residues meet
them all is an intersection of arcs on a circle of length M, and whether one of
those is a bias plus a multiple of the constant g * T(k) is a linear congruence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import gcd

import numpy as np

from smtcheck.arithmetic.intervals import Interval
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.claims.evidence import PigeonholeViolation, UncoveredResidues
from smtcheck.claims.settings import Bias, QuantizationScheme
from smtcheck.expressions.tables import MAX_ENTRIES, members

MAX_CELLS = 2**16  #: whose arcs are intersected one by one
MAX_RESIDUES = 2**22  #: of constants that are listed


class TooManyCells(Exception):
    """More cells than are intersected here, and no argument that spares it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """The constant bias + repeats * base with which an output neuron gives every code."""

    bias: int
    repeats: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UncoveredCode:
    """Why there is no such constant."""

    gaps: tuple[UncoveredResidues, ...] = ()
    crowd: PigeonholeViolation | None = None


def coverage(
    setting: QuantizationScheme, modulus: int, base: int, wanted: Sequence[int] | None = None
) -> Cover | UncoveredCode:
    """Whether some c + modulus * Z, c a bias plus a multiple of `base`, gives all wanted codes.

    `modulus` is g * D and positive, `base` is g * T(k) for any k; overflow does not
    wrap.  All codes that neurons give are wanted unless some are listed.
    """
    missing = [code for code in wanted or () if code < setting.lowest_given]
    if missing:
        whole = UncoveredResidues(first_residue=0, last_residue=modulus - 1, code=missing[0])
        return UncoveredCode(gaps=tuple(_snapped(setting, modulus, base, [whole])))
    if modulus <= setting.format.scale:  # a cell holds scale - 1 integers, or a multiple of it
        return Cover(bias=0, repeats=0)
    if wanted is None:
        runs = _finite_runs(setting)
        for run in runs:
            if _is_crowded(setting, modulus, run):
                return UncoveredCode(
                    crowd=PigeonholeViolation(first_code=run.low, last_code=run.high)
                )
        if sum(run.size for run in runs) > MAX_CELLS:
            raise TooManyCells
        codes: Iterable[int] = _ends_first(runs)
    else:
        codes = [code for code in wanted if any(code in run for run in _finite_runs(setting))]
    return _intersected(setting, modulus, base, codes)


def cell(setting: QuantizationScheme, code: int) -> Interval:
    """The integers that are rounded to a code: they lie in scale * (code - 1, code + 1)."""
    scale = setting.format.scale
    first = _first(lambda n: setting.rounded(n) >= code, (code - 1) * scale, code * scale)
    after = _first(lambda n: setting.rounded(n) > code, code * scale, (code + 1) * scale)
    return Interval(first, after - 1)


def _first(holds: Callable[[int], bool], low: int, high: int) -> int:
    """The least integer in low .. high from which a monotone condition holds; it does at high."""
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


def _finite_runs(setting: QuantizationScheme) -> list[Interval]:
    """The codes with finitely many pre-activations, in runs of consecutive ones."""
    lo, hi = setting.lowest_given, setting.format.hi
    if setting.is_wrapping:
        return [setting.format.codes]
    if setting.format.overflow is Overflow.SATURATE_TO_ZERO:
        ends = [(lo, -1), (1, hi)]
    else:
        ends = [(lo + 1, hi - 1)]
        # the cell of zero may be longer than others, so either side of it may be crowded alone
        ends = [*ends, (lo + 1, -1), (1, hi - 1)] if lo + 1 <= 0 <= hi - 1 else ends
    return [Interval(low, high) for low, high in ends if low <= high]


def _ends_first(runs: Iterable[Interval]) -> Iterator[int]:
    """Codes at both ends first: their arcs lie farthest apart."""
    seen: set[int] = set()
    for run in runs:
        for low, high in zip(members(run), reversed(members(run)), strict=True):
            for code in (low, high):
                if code not in seen:
                    seen.add(code)
                    yield code


def _is_crowded(setting: QuantizationScheme, modulus: int, run: Interval) -> bool:
    """Whether a run's cells together are shorter than as many points that far apart."""
    span = cell(setting, run.high).high - cell(setting, run.low).low
    return (run.size - 1) * modulus > span


def _intersected(
    setting: QuantizationScheme, modulus: int, base: int, codes: Iterable[int]
) -> Cover | UncoveredCode:
    """Arc by arc: the residues left over, and for those that fall away the code they miss."""
    left = [Interval(0, modulus - 1)]
    gaps: list[UncoveredResidues] = []
    for code in codes:
        arcs = _arcs(cell(setting, code), modulus)
        for part in _difference(left, arcs):
            gaps.append(
                UncoveredResidues(first_residue=part.low, last_residue=part.high, code=code)
            )
        left = _intersection(left, arcs)
        if not left:
            break
    for part in left:
        cover = _constant_in(setting, modulus, base, part)
        if cover is not None:
            return cover
    return UncoveredCode(gaps=tuple(_snapped(setting, modulus, base, gaps)))


def _snapped(
    setting: QuantizationScheme, modulus: int, base: int, gaps: Iterable[UncoveredResidues]
) -> Iterator[UncoveredResidues]:
    """Gaps that begin and end with residues that constants leave."""
    if setting.bias is Bias.EXACT:
        yield from gaps
        return
    residues = constants(setting, modulus, base)
    for gap in gaps:
        first, after = np.searchsorted(residues, [gap.first_residue, gap.last_residue + 1])
        if first < after:
            yield UncoveredResidues(
                first_residue=int(residues[first]),
                last_residue=int(residues[after - 1]),
                code=gap.code,
            )


def constants(setting: QuantizationScheme, modulus: int, base: int) -> np.ndarray:
    """C modulo M, sorted: biases plus multiples of the base; for biases that are not exact."""
    h = gcd(base, modulus)
    scale, codes = setting.format.scale, setting.format.codes
    if setting.bias is Bias.GRID or codes.size >= h:
        step = gcd(scale, h)
        if modulus // step > MAX_RESIDUES:
            raise TooManyCells
        return np.arange(0, modulus, step)
    if max(codes.size, modulus) > MAX_RESIDUES:
        raise TooManyCells
    numbers = np.unique(np.array(members(codes), dtype=object) * scale % h).astype(np.int64)
    return np.sort((numbers[:, None] + np.arange(0, modulus, h)[None, :]).reshape(-1))


def _arcs(span: Interval, modulus: int) -> list[Interval]:
    """The residues of an interval, as one or two intervals in 0 .. modulus - 1, ascending."""
    if span.size >= modulus:
        return [Interval(0, modulus - 1)]
    low, high = span.low % modulus, span.high % modulus
    if low <= high:
        return [Interval(low, high)]
    return [Interval(0, high), Interval(low, modulus - 1)]


def _intersection(left: Sequence[Interval], right: Sequence[Interval]) -> list[Interval]:
    ends = [(max(a.low, b.low), min(a.high, b.high)) for a in left for b in right]
    return [Interval(low, high) for low, high in sorted(ends) if low <= high]


def _difference(left: Sequence[Interval], right: Sequence[Interval]) -> list[Interval]:
    for cut in right:
        ends = [(a.low, min(a.high, cut.low - 1)) for a in left]
        ends += [(max(a.low, cut.high + 1), a.high) for a in left]
        left = [Interval(low, high) for low, high in sorted(ends) if low <= high]
    return list(left)


def _constant_in(
    setting: QuantizationScheme, modulus: int, base: int, part: Interval
) -> Cover | None:
    """A bias plus a multiple of the base that leaves a residue in low .. high."""
    scale = setting.format.scale
    if setting.bias is Bias.EXACT:
        return Cover(bias=part.low, repeats=0)
    # s * b + base * m = c modulo M: first s * b = c modulo h = gcd(base, M), then m
    h = gcd(base, modulus)
    if setting.bias is Bias.GRID:
        step = gcd(scale, h)
        residue = -(-part.low // step) * step
        if residue > part.high:
            return None
        return _solved(setting, modulus, base, residue, _divided(residue, scale, h))
    return _format_constant_in(setting, modulus, base, part, h)


def _format_constant_in(
    setting: QuantizationScheme, modulus: int, base: int, part: Interval, h: int
) -> Cover | None:
    scale, codes = setting.format.scale, setting.format.codes
    if codes.size > MAX_ENTRIES:
        raise TooManyCells
    numbers = np.array(members(codes), dtype=object) * scale
    offsets = (numbers - part.low) % h  # how far above part.low the next residue is
    matching = np.nonzero(offsets <= part.high - part.low)[0]
    if not matching.size:
        return None
    index = int(matching[0])
    return _solved(setting, modulus, base, part.low + int(offsets[index]), codes.low + index)


def _solved(
    setting: QuantizationScheme, modulus: int, base: int, residue: int, number: int
) -> Cover:
    """The bias scale * number, and as many constants as make up the residue."""
    bias = setting.format.scale * number
    return Cover(bias=bias, repeats=_divided(residue - bias, base, modulus))


def _divided(value: int, factor: int, modulus: int) -> int:
    """The least x >= 0 with factor * x = value modulo `modulus`; there is one."""
    common = gcd(factor, modulus)
    if modulus == common:
        return 0
    return value // common * pow(factor // common, -1, modulus // common) % (modulus // common)
