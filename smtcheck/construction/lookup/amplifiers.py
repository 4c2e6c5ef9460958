"""Amplifiers: neurons that read a whole row of others, of which all but one are constant.

Where activations differ by little, a number takes many neurons with a heavy weight each,
and everything that they read.  Neurons behind them that read them all do the same once
for all: with biases one step from each other they rise one after the other, so that their
sum rises by more than what they read (theory.md#amplifiers).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smtcheck.claims.settings import Bias, QuantizationScheme
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.universality.coverage import cell
from smtcheck.universality.separation import activations

Ints = NDArray[np.int64]

READERS = (1, 2, 3, 4, 6, 8, 12, 16)  #: of a place
MAX_PLACES = 3
DESIGNS = 4  #: of each number of places
EVENNESS = 100  #: of sums that all differ by their span


@dataclass(frozen=True, slots=True, kw_only=True)
class Amplifier:
    """Neurons T(R(weight * rise + bias)), and how much the output neuron makes of each."""

    biases: tuple[int, ...]
    coefficient: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Readers:
    """What some neurons add up to, with a coefficient of one."""

    biases: tuple[int, ...]
    span: int  #: from the least sum to the greatest
    gap: int  #: the most between neighbouring sums


def risen(
    setting: QuantizationScheme, entries: ActivationTable, rises: Ints, biases: Sequence[int]
) -> Ints:
    """How much more such neurons give than for a rise of 0: summed up, for each rise."""
    own = np.array(biases, dtype=np.int64)
    given = activations(
        setting, entries, setting.heaviest_weights[0] * rises[:, None] + own[None, :]
    )
    return np.asarray((given - activations(setting, entries, own)[None, :]).sum(axis=1))


def amplifiers(
    setting: QuantizationScheme, entries: ActivationTable, rises: Ints, columns: int
) -> list[tuple[Amplifier, ...]]:
    """A few ways to make all codes of sums of these rises: one amplifier a place.

    The places of a way are those of a numeral: what each adds leaves no gaps that the others
    do not fill.  `columns` are what a neuron reads.
    """
    readers = list(_readers(setting, entries, np.unique(rises)))
    found: dict[int, list[tuple[int, tuple[Amplifier, ...]]]] = {}
    # each cell holds one multiple of the scale, and at least so many neighbouring integers
    is_coarse = setting.weight_step == setting.format.scale
    narrowest = min(cell(setting, code).size for code in (-1, 0, 1))
    width = setting.format.scale if is_coarse else narrowest
    for way, cost in _ways(setting, readers, columns, width, (), 0):
        found.setdefault(len(way), []).append((cost, way))
    return [
        way for own in found.values() for _, way in sorted(own, key=lambda pair: pair[0])[:DESIGNS]
    ]


def _readers(
    setting: QuantizationScheme, entries: ActivationTable, rises: Ints
) -> Iterator[_Readers]:
    """For each number of neurons those whose sums are the most even."""
    fmt, weight = setting.format, setting.heaviest_weights[0]
    beyond = 0 if setting.bias is Bias.FORMAT else int(np.abs(weight * rises).max()) // fmt.scale
    codes = np.arange(fmt.lo - beyond, fmt.hi + beyond + 1)
    sums = weight * rises[None, :] + fmt.scale * codes[:, None]
    given = activations(setting, entries, sums)
    for count in READERS:
        best: tuple[int, int] = (0, 0)
        found: _Readers | None = None
        for stride in sorted({1, 2, max(1, fmt.codes.size // 8 // count)}):
            starts = len(codes) - (count - 1) * stride
            if starts < 1:
                continue
            added = sum(given[i * stride :][:starts] for i in range(count))
            steps = np.diff(np.sort(added, axis=1), axis=1)
            spans, gaps = steps.sum(axis=1), steps.max(axis=1, initial=0)
            evenness = EVENNESS * spans // np.maximum(gaps, 1)
            start = int(np.lexsort((spans, evenness))[-1])
            if (int(evenness[start]), int(spans[start])) > best:
                best = int(evenness[start]), int(spans[start])
                biases = fmt.scale * codes[start + stride * np.arange(count)]
                found = _Readers(
                    biases=tuple(biases.tolist()), span=int(spans[start]), gap=int(gaps[start])
                )
        if found is not None:
            yield found


def _ways(
    setting: QuantizationScheme,
    readers: Sequence[_Readers],
    columns: int,
    width: int,
    way: tuple[Amplifier, ...],
    covered: int,
) -> Iterator[tuple[tuple[Amplifier, ...], int]]:
    """Ways that go on so, from the lowest place, with what they cost beside the table."""
    scale, step = setting.format.scale, setting.weight_step
    for own in readers:
        coefficient = min(setting.heaviest_weights[0], (covered + width) // own.gap) // step * step
        if not coefficient:
            continue
        longer = (*way, Amplifier(biases=own.biases, coefficient=coefficient))
        reached = covered + coefficient * own.span
        if reached >= (setting.format.codes.size - 2) * scale:
            yield longer, sum(len(place.biases) for place in longer) * (columns + 2)
        elif len(longer) < MAX_PLACES:
            yield from _ways(setting, readers, columns, width, longer, reached)
