"""Whether evidence is true, read literally and tried on everything: for small formats only.

A second check beside `checking.universality.arguments`, written from the docstrings of
`claims.evidence`.  Where the two disagree about evidence that is slightly wrong, one
of them is too lenient.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise, product
from math import gcd

from smtcheck.arithmetic.overflow import Overflow
from smtcheck.claims.evidence import (
    AffineActivation,
    ByEnds,
    ByNeurons,
    ByShifts,
    Congruent,
    ConstantActivation,
    Criterion,
    Entry,
    Evidence,
    GeneratingNetworks,
    GeneratingNeuron,
    Inseparable,
    Inverter,
    LayeredNetwork,
    MonotoneActivation,
    NeverGiven,
    Ordered,
    Parity,
    ProofMethod,
    Uncovered,
)
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from tests.universality import naive
from tests.universality.naive import Table, activated, codes_of, requantized


def is_true(setting: QuantizationScheme, table: Table, evidence: Evidence) -> bool:
    """Whether an argument holds, and is one about this setting."""
    match evidence:
        case Criterion():
            return criterion(setting, table, evidence)
        case GeneratingNetworks():
            return closure(setting, table, evidence)
        case ConstantActivation(value=value):
            return set(table) == {value}
        case Inseparable():
            return inseparable(setting, table, evidence)
        case Uncovered():
            return uncovered(setting, table, evidence)
        case NeverGiven(code=code):
            return code in codes_of(setting.format) and code not in naive.given(setting.format)
        case MonotoneActivation():
            return monotone(setting, table, evidence)
        case Ordered():
            return ordered(setting, table, evidence)
        case Congruent():
            return congruent(setting, table, evidence)
        case Parity():
            return parity(setting, table, evidence)
        case AffineActivation():
            return affine(setting, table, evidence)
    raise TypeError(type(evidence).__name__)


def are_entries(setting: QuantizationScheme, table: Table, given: Sequence[Entry]) -> bool:
    codes = codes_of(setting.format)
    return all(
        entry.code in codes and table[entry.code - setting.format.lo] == entry.result
        for entry in given
    )


def is_bias(setting: QuantizationScheme, number: int) -> bool:
    scale = setting.format.scale
    return {
        Bias.EXACT: True,
        Bias.GRID: number % scale == 0,
        Bias.FORMAT: number in [scale * code for code in codes_of(setting.format)],
    }[setting.bias]


# Universal ------------------------------------------------------------------------


def criterion(setting: QuantizationScheme, table: Table, evidence: Criterion) -> bool:
    fmt, step = setting.format, naive.step_of(setting)
    if fmt.overflow is Overflow.WRAP or not evidence.entries:
        return False
    if setting.weights is Weights.DENSE_BINARY and setting.bias is Bias.FORMAT:
        return False
    named = [*evidence.entries, evidence.constant]
    found = naive.difference_gcd([entry.result for entry in evidence.entries])
    if not are_entries(setting, table, named) or found != evidence.difference_gcd or not found:
        return False
    constant = evidence.bias + step * evidence.constant.result * evidence.repeats
    modulus = step * found
    is_given = set(codes_of(fmt)) == naive.given_codes(fmt, constant % modulus, modulus)
    if not is_given or not is_bias(setting, evidence.bias) or evidence.repeats < 0:
        return False
    if naive.is_unsigned(setting):
        if evidence.opposites is None or not opposites(setting, table, evidence.opposites):
            return False
    elif evidence.opposites is not None:
        return False
    return separation(setting, table, evidence.separation)


def separation(
    setting: QuantizationScheme, table: Table, evidence: ByShifts | ByEnds | ByNeurons
) -> bool:
    fmt = setting.format
    if isinstance(evidence, ByNeurons):
        are_neurons = all(
            neuron.weight in naive.weights_of(setting) and is_bias(setting, neuron.bias)
            for neuron in evidence.neurons
        )
        told = {
            tuple(
                activated(fmt, table, neuron.weight * code + neuron.bias)
                for neuron in evidence.neurons
            )
            for code in codes_of(fmt)
        }
        return are_neurons and len(told) == len(codes_of(fmt))
    left, right = evidence.witness
    if not are_entries(setting, table, evidence.witness) or left.result == right.result:
        return False
    if isinstance(evidence, ByEnds) and (left.code, right.code) != (fmt.lo, fmt.hi):
        return False
    return naive.are_separated(setting, table)


def opposites(setting: QuantizationScheme, table: Table, evidence: Inverter) -> bool:
    fmt = setting.format
    ends = (0,) if fmt.overflow is Overflow.SATURATE_TO_ZERO else (fmt.lo, fmt.hi)
    for pair in (evidence.rise, evidence.bit):
        if not are_entries(setting, table, pair):
            return False
        if not any(entry.code in ends for entry in pair):
            return False
    (first, second), (low, high) = evidence.rise, evidence.bit
    is_ordered = first.code < second.code and low.result < high.result
    is_neuron = evidence.weight > 0 and is_bias(setting, evidence.bias)
    if not is_ordered or not is_neuron or setting.bias is Bias.FORMAT:
        return False
    before, after = (
        activated(fmt, table, evidence.weight * entry.result + evidence.bias)
        for entry in (low, high)
    )
    rises = second.result - first.result
    return (rises > 0 and after < before) or (rises < 0 and after > before)


def closure(setting: QuantizationScheme, table: Table, evidence: GeneratingNetworks) -> bool:
    if setting.format.overflow is not Overflow.WRAP:
        return False
    if setting.weights is Weights.DENSE_BINARY:
        return False
    setting = in_scales(setting)
    fmt, step = setting.format, naive.step_of(setting)
    total, period = naive.difference_gcd(table), positive_period(setting)
    if not total or total != evidence.difference_gcd or period is None:
        return False
    delta = gcd(step * total, period)
    if delta > fmt.scale or not are_entries(setting, table, evidence.bits):
        return False
    if not all(map(well_formed, (evidence.sequence, evidence.gates))):
        return False
    gates = [gate for layer in (*evidence.sequence, *evidence.gates) for gate in layer]
    if not all(is_bias(setting, gate.bias) for gate in gates):
        return False
    functions = functions_of_a_code(setting, table, evidence.sequence, period)
    values = [step * entry.result for entry in evidence.bits]
    points = [*product(values, repeat=2)]
    of_bits = outputs(setting, table, evidence.gates, points, period)
    return all(
        is_everything(delta, prime, functions) and is_everything(delta, prime, of_bits)
        for prime in naive.primes_of(period // delta)
    )


def positive_period(setting: QuantizationScheme) -> int | None:
    """K, a multiple of s * N with R(n + K) = R(n), for n >= 0 if biases can keep sums there."""
    fmt = setting.format
    for period in (period_of(setting), 2 * period_of(setting)):
        first = -2 * period if setting.bias is Bias.FORMAT else 0
        numbers = range(first, first + 4 * period)
        if all(requantized(fmt, n) == requantized(fmt, n + period) for n in numbers):
            return period
    return None


def well_formed(network: LayeredNetwork) -> bool:
    return bool(network) and all(layer for layer in network)


def functions_of_a_code(
    setting: QuantizationScheme, table: Table, network: LayeredNetwork, period: int
) -> list[list[int]]:
    """The activations of a network of one input, and if it has one output of all its shifts."""
    weights = naive.weights_of(setting)
    for gate in network[0]:
        if len(gate.terms) != 1 or gate.terms[0][0] != 0 or gate.terms[0][1] not in weights:
            return []
    biases = {
        Bias.EXACT: set(range(period)),
        Bias.GRID: set(range(0, period, setting.format.scale)),
        Bias.FORMAT: {setting.format.scale * c % period for c in codes_of(setting.format)},
    }[setting.bias]
    moves = [
        move
        for move in range(period if len(network[-1]) == 1 else 1)
        if all((gate.bias + move) % period in biases for gate in network[0])
    ]
    rows = []
    for move in moves:
        moved = (
            tuple(GeneratingNeuron(bias=g.bias + move, terms=g.terms) for g in network[0]),
            *network[1:],
        )
        inputs = [(code,) for code in codes_of(setting.format)]
        rows += outputs(setting, table, moved, inputs, period)
    return rows


def is_everything(delta: int, prime: int, rows: Sequence[Sequence[int]]) -> bool:
    """Whether functions are, in units of delta and with constants, all functions modulo a prime."""
    if not rows:
        return False
    multiples = [[(value - row[0]) // delta for value in row] for row in rows]
    return naive.rank_modulo(prime, [*multiples, [1] * len(rows[0])]) == len(rows[0])


def outputs(
    setting: QuantizationScheme,
    table: Table,
    network: LayeredNetwork,
    points: Sequence[Sequence[int]],
    period: int,
) -> list[list[int]]:
    """g times the activations of the last layer; sums are made positive by multiples of K."""
    step = naive.step_of(setting)
    found = []
    for point in points:
        values = list(point)
        for layer in network:
            after = []
            for gate in layer:
                if not all(0 <= index < len(values) for index, _ in gate.terms):
                    return []
                total = gate.bias + sum(factor * values[index] for index, factor in gate.terms)
                after.append(step * activated(setting.format, table, total % period))
            values = after
        found.append(values)
    return [list(column) for column in zip(*found, strict=True)]


# Not universal --------------------------------------------------------------------


def inseparable(setting: QuantizationScheme, table: Table, evidence: Inseparable) -> bool:
    """No weights and bias tell the inputs apart; by `rounding`: whatever the table is."""
    fmt = setting.format
    left, right = evidence.left, evidence.right
    codes = codes_of(fmt)
    if len(left) != len(right) or not left or left == right:
        return False
    if any(code not in codes for code in (*left, *right)):
        return False
    weights = naive.weights_of(setting)
    reach = max(map(abs, weights)) * max(abs(code) for code in codes) * len(left)
    tables = [table]
    if evidence.proof is ProofMethod.ROUNDING:
        tables = [tuple(int(code == other) for other in codes) for code in codes]
    return all(
        activated(fmt, one, dot(row, left) + bias) == activated(fmt, one, dot(row, right) + bias)
        for one in tables
        for row in product(weights, repeat=len(left))
        for bias in naive.biases_of(setting, reach)
    )


def dot(row: Sequence[int], codes: Sequence[int]) -> int:
    return sum(weight * code for weight, code in zip(row, codes, strict=True))


def uncovered(setting: QuantizationScheme, table: Table, evidence: Uncovered) -> bool:
    """Each residue that constants leave lies in a gap, or any of them misses some of the crowd."""
    fmt, total = setting.format, naive.difference_gcd(table)
    named = [entry.result for entry in evidence.entries]
    if not named or not are_entries(setting, table, evidence.entries):
        return False
    if not total or not naive.difference_gcd(named) == evidence.difference_gcd == total:
        return False
    if fmt.overflow is Overflow.WRAP:
        setting = replace(in_scales(setting), bias=Bias.EXACT)
        fmt = setting.format
        if not is_periodic(setting):
            return False
    step = naive.step_of(setting)
    modulus = step * total
    if fmt.overflow is Overflow.WRAP:
        modulus = gcd(modulus, period_of(setting))
    if modulus != evidence.modulus:
        return False
    residues = naive.constants(setting, step * table[0], modulus)
    if evidence.crowd is not None:
        if evidence.gaps or fmt.overflow is Overflow.WRAP:
            return False
        crowd = set(range(evidence.crowd.first_code, evidence.crowd.last_code + 1))
        return crowd <= set(codes_of(fmt)) and not any(
            crowd <= naive.given_codes(fmt, residue, modulus) for residue in range(modulus)
        )
    missed = []
    for gap in evidence.gaps:
        if gap.code not in codes_of(fmt):
            return False
        if not 0 <= gap.first_residue <= gap.last_residue < modulus:
            return False
        inside = range(gap.first_residue, gap.last_residue + 1)
        if any(gap.code in naive.given_codes(fmt, residue, modulus) for residue in inside):
            return False
        missed += inside
    return len(missed) == len(set(missed)) and residues <= set(missed)


def monotone(setting: QuantizationScheme, table: Table, evidence: MonotoneActivation) -> bool:
    if not naive.is_unsigned(setting) or evidence.direction not in (1, -1):
        return False
    fmt = setting.format
    sums = range(-2 * fmt.scale, fmt.scale * (fmt.hi + 3))
    if any(requantized(fmt, n) > requantized(fmt, n + 1) for n in sums):
        return False
    return all((b - a) * evidence.direction >= 0 for a, b in pairwise(table))


def ordered(setting: QuantizationScheme, table: Table, evidence: Ordered) -> bool:
    """The differences that networks make between the inputs lo and hi, one layer after another."""
    return (
        naive.is_unsigned(setting)
        and setting.format.overflow is not Overflow.SATURATE_TO_ZERO
        and setting.format.overflow is not Overflow.WRAP
        and ordered_increments(setting, table) == set(evidence.increments)
        and list(evidence.increments) == sorted(evidence.increments)
    )


@lru_cache(maxsize=2**10)
def ordered_increments(setting: QuantizationScheme, table: Table) -> frozenset[int] | None:
    """All differences of activations that are not zero; None if one is negative."""
    fmt = setting.format
    top = fmt.scale * (len(codes_of(fmt)) + 2)  # as much as any larger difference of sums
    sums = {weight * (fmt.hi - fmt.lo) for weight in naive.weights_of(setting)}
    found: set[int] = set()
    while True:
        before = set(found)
        for difference in {min(total, top) for total in sums}:
            for number in range(fmt.scale * (fmt.lo - 1) - top, fmt.scale * (fmt.hi + 1) + 1):
                after = activated(fmt, table, number + difference)
                found.add(after - activated(fmt, table, number))
        found.discard(0)
        if any(difference < 0 for difference in found):
            return None
        if found == before:
            return frozenset(found)
        reached = {0}
        for _ in range(top):
            reached |= {min(a + b, top) for a in reached for b in found}
        sums |= reached


def in_scales(setting: QuantizationScheme) -> QuantizationScheme:
    """Where all sums are multiples of the scale, they may be counted in scales."""
    if setting.weights is Weights.FULL or setting.bias is Bias.EXACT:
        return setting
    return replace(setting, format=replace(setting.format, scale=1), bias=Bias.EXACT)


def period_of(setting: QuantizationScheme) -> int:
    return setting.format.scale * len(codes_of(setting.format))


def is_power_of_two(number: int) -> bool:
    return number in [2**exponent for exponent in range(number.bit_length())]


@lru_cache(maxsize=2**10)
def is_periodic(setting: QuantizationScheme) -> bool:
    """Whether R(n + K) = R(n) for all n."""
    fmt, period = setting.format, period_of(setting)
    return all(
        requantized(fmt, n) == requantized(fmt, n + period) for n in range(-2 * period, period)
    )


def is_preserved(setting: QuantizationScheme, table: Table, modulus: int) -> bool:
    """g * E(n + q) = g * E(n) modulo q for all n."""
    step, fmt = naive.step_of(setting), setting.format
    return all(
        step * (activated(fmt, table, n + modulus) - activated(fmt, table, n)) % modulus == 0
        for n in range(period_of(setting))
    )


def preserving(
    setting: QuantizationScheme, table: Table, evidence: Congruent | Parity
) -> int | None:
    """The modulus s * shift, if sums that agree by it do so through all layers."""
    fmt = setting.format
    modulus = fmt.scale * evidence.shift
    if evidence.shift < 2 or len(codes_of(fmt)) % evidence.shift or not is_periodic(setting):
        return None
    if naive.difference_gcd(table) != evidence.difference_gcd:
        return None
    shifts = all(
        (requantized(fmt, n + modulus) - requantized(fmt, n)) % evidence.shift == 0
        for n in range(period_of(setting))
    )
    return modulus if shifts and is_preserved(setting, table, modulus) else None


def congruent(setting: QuantizationScheme, table: Table, evidence: Congruent) -> bool:
    if setting.format.overflow is not Overflow.WRAP:
        return False
    setting = in_scales(setting)
    modulus = preserving(setting, table, evidence)
    codes = codes_of(setting.format)
    if modulus is None or evidence.left not in codes or evidence.right not in codes:
        return False
    return evidence.left < evidence.right and all(
        weight * (evidence.right - evidence.left) % modulus == 0
        for weight in naive.weights_of(setting)
    )


def parity(setting: QuantizationScheme, table: Table, evidence: Parity) -> bool:
    if setting.format.overflow is not Overflow.WRAP:
        return False
    setting = in_scales(setting)
    modulus, period = preserving(setting, table, evidence), period_of(setting)
    delta = gcd(naive.step_of(setting) * naive.difference_gcd(table), period)
    return modulus == 2 * delta and is_power_of_two(period) and evidence.inputs == period


def affine(setting: QuantizationScheme, table: Table, evidence: AffineActivation) -> bool:
    if setting.format.overflow is not Overflow.WRAP:
        return False
    fmt, size = in_scales(setting).format, len(table)
    if fmt.scale != 1 or size < 3 or evidence.slope not in range(size):
        return False
    return all(
        (table[(place + 1) % size] - table[place] - evidence.slope) % size == 0
        for place in range(size)
    )
