"""The definitions of theory.md#universality and after, as loops over integers and Fractions.

Nothing here is clever, and nothing is shared with the rooms that search: rounding and
overflow come from the rational reference, everything else is tried one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import product
from math import gcd

from smtcheck import reference
from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.arithmetic.rounding import Rounding
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.networks.activations import TableActivation

Table = tuple[int, ...]

#: The roundings whose result is the same for x and x + N, less N, whatever x is.
SHIFT_INVARIANT = (
    Rounding.FLOOR,
    Rounding.CEILING,
    Rounding.HALF_UP,
    Rounding.HALF_DOWN,
    Rounding.HALF_EVEN,
)


def entries_of(fmt: Format, table: Sequence[int]) -> ActivationTable:
    """A table as the library takes it."""
    return ActivationTable(TableActivation(name="table", codes=tuple(table)), fmt)


def codes_of(fmt: Format) -> range:
    return range(fmt.lo, fmt.hi + 1)


@lru_cache(maxsize=2**16)
def rounded(number: int, scale: int, rounding: Rounding) -> int:
    return reference.round_rational(Fraction(number, scale), rounding.value)


@lru_cache(maxsize=2**16)
def requantized(fmt: Format, number: int) -> int:
    """R(n)."""
    code = rounded(number, fmt.scale, fmt.rounding)
    return reference.bring_into(code, fmt.lo, fmt.hi, fmt.overflow.value)


def given(fmt: Format) -> set[int]:
    """The codes that a neuron ever gives."""
    scale = fmt.scale
    numbers = range(scale * (2 * fmt.lo - 3), scale * (2 * fmt.hi + 3) + 1)
    return {requantized(fmt, number) for number in numbers}


def activated(fmt: Format, table: Table, number: int) -> int:
    """T(R(n))."""
    return table[requantized(fmt, number) - fmt.lo]


def difference_gcd(table: Sequence[int]) -> int:
    """D, over all pairs."""
    return gcd(*(a - b for a, b in product(table, repeat=2)))


def step_of(setting: QuantizationScheme) -> int:
    """g, the gcd of the weights."""
    return gcd(*weights_of(setting))


def weights_of(setting: QuantizationScheme) -> list[int]:
    """What one input may be multiplied by; 0 stands for one that is not read."""
    scale = setting.format.scale
    return {
        Weights.FULL: list(codes_of(setting.format)),
        Weights.TERNARY: [-scale, 0, scale],
        Weights.BINARY: [-scale, 0, scale],
        Weights.DENSE_BINARY: [-scale, scale],
    }[setting.weights]


def is_unsigned(setting: QuantizationScheme) -> bool:
    """Whether sums of weights cannot be negative."""
    return all(weight >= 0 for weight in weights_of(setting))


def biases_of(setting: QuantizationScheme, reach: int) -> range:
    """All biases, as far as they matter to sums of at most `reach`, and then some."""
    fmt = setting.format
    scale, size = fmt.scale, len(codes_of(fmt))
    if setting.bias is Bias.FORMAT:
        return range(scale * fmt.lo, scale * fmt.hi + 1, scale)
    step = 1 if setting.bias is Bias.EXACT else scale
    most = (reach + 2 * scale * (size + 2)) // step * step
    return range(-most, most + 1, step)


@lru_cache(maxsize=2**8)
def signatures(setting: QuantizationScheme, table: Table) -> dict[int, Table]:
    """For each code the activations of all first-layer neurons of one input."""
    fmt = setting.format
    weights = weights_of(setting)
    reach = max(map(abs, weights)) * max(map(abs, codes_of(fmt)))
    return {
        code: tuple(
            activated(fmt, table, weight * code + bias)
            for weight in weights
            for bias in biases_of(setting, reach)
        )
        for code in codes_of(fmt)
    }


def are_separated(setting: QuantizationScheme, table: Table) -> bool:
    """Whether all codes have different signatures."""
    found = signatures(setting, table)
    return len(set(found.values())) == len(found)


@lru_cache(maxsize=2**14)
def given_codes(fmt: Format, residue: int, modulus: int) -> frozenset[int]:
    """{R(c + M t) : t an integer}, where R is constant, or periodic, beyond this window."""
    scale, size = fmt.scale, len(codes_of(fmt))
    if fmt.overflow is Overflow.WRAP:
        assert 2 * scale * size % modulus == 0
        low, high = -2 * scale * size, 2 * scale * size
    else:
        low, high = scale * (fmt.lo - 2) - modulus, scale * (fmt.hi + 2) + modulus
    first = low + (residue - low) % modulus
    return frozenset(requantized(fmt, number) for number in range(first, high + 1, modulus))


def constants(setting: QuantizationScheme, base: int, modulus: int) -> set[int]:
    """C modulo M: a bias plus any multiple of the base."""
    fmt = setting.format
    numbers: Iterable[int] = {
        Bias.EXACT: range(modulus),
        Bias.GRID: [fmt.scale * number for number in range(modulus)],
        Bias.FORMAT: [fmt.scale * number for number in codes_of(fmt)],
    }[setting.bias]
    return {
        (number + base * repeats) % modulus for number in set(numbers) for repeats in range(modulus)
    }


def is_covered(setting: QuantizationScheme, base: int, modulus: int, wanted: Iterable[int]) -> bool:
    """Whether some constant of C gives all wanted codes."""
    codes = set(wanted)
    return any(
        codes <= given_codes(setting.format, residue, modulus)
        for residue in constants(setting, base, modulus)
    )


def meets_criterion(setting: QuantizationScheme, table: Table) -> bool:
    """Separation and coverage, where overflow does not wrap and sums of weights have any sign."""
    total = difference_gcd(table)
    if not total:
        return False
    step = step_of(setting)
    return are_separated(setting, table) and is_covered(
        setting, step * table[0], step * total, codes_of(setting.format)
    )


def rank_modulo(prime: int, rows: Iterable[Sequence[int]]) -> int:
    """Of vectors over the field of so many elements, by elimination."""
    left = [[value % prime for value in row] for row in rows]
    rank = 0
    while left:
        row = left.pop()
        pivot = next((place for place, value in enumerate(row) if value), None)
        if pivot is None:
            continue
        rank += 1
        inverse = pow(row[pivot], -1, prime)
        left = [
            [(a - other[pivot] * inverse * b) % prime for a, b in zip(other, row, strict=True)]
            for other in left
        ]
    return rank


def primes_of(number: int) -> list[int]:
    """The primes that divide a number."""
    found = [n for n in range(2, number + 1) if number % n == 0]
    return [n for n in found if not any(n % smaller == 0 for smaller in found if smaller < n)]
