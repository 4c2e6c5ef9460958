"""The checks of arguments about wrapping overflow (theory.md#wrapping)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import gcd

import numpy as np
from flint import fmpz, nmod_mat, nmod_poly

from smtcheck.arithmetic.rounding import Rounding
from smtcheck.checking.refusals import Refusal, require
from smtcheck.checking.universality.conditions import (
    MAX_POINTS,
    check_entries,
    is_ring,
    listed,
    period_of,
    require_periodic,
)
from smtcheck.claims.evidence import (
    AffineActivation,
    Congruent,
    GeneratingNetworks,
    GeneratingNeuron,
    LayeredNetwork,
    Parity,
)
from smtcheck.claims.settings import Bias, QuantizationScheme
from smtcheck.expressions.tables import members
from smtcheck.networks.activation_entries import ActivationTable

MAX_PERIOD = 2**40  #: K; with this and coefficients so large, products fit into 64 bits
MAX_POLYNOMIAL = 2**18  #: terms: one gcd, which nothing interrupts, takes a few seconds
MAX_COEFFICIENT = 2**20
MAX_FUNCTIONS = 1024  #: codes, for networks that are compared one by one
MAX_MACHINE = 2**16  #: gates and terms of a network that is given as evidence
MAX_VALUES = 2**27  #: of the gates of a layer at all points


def check_preserved(
    setting: QuantizationScheme, entries: ActivationTable, evidence: Congruent | Parity
) -> None:
    """theory.md#congruent: sums that agree modulo q = s * shift go on doing so."""
    require_periodic(setting)
    size, scale, step = entries.format.codes.size, setting.format.scale, setting.weight_step
    table = listed(entries)
    total = _checked_gcd(table, evidence.difference_gcd)
    delta = gcd(step * total, period_of(setting))
    shift = evidence.shift
    modulus = scale * shift
    is_divisor = shift >= 2 and size % shift == 0
    require(is_divisor, Refusal.SHIFT, stated=shift, size=size)
    if setting.format.rounding is Rounding.HALF_EVEN and scale % 2 == 0:
        require(shift % 2 == 0, Refusal.SHIFT_OF_TIES, stated=shift)
    for code, result in enumerate(table):
        further = table[(code + shift) % size]
        require(
            step * (further - result) % modulus == 0,
            Refusal.NOT_PRESERVED,
            before=result,
            after=further,
            modulus=modulus,
        )
    require(delta % modulus, Refusal.NO_INVARIANT, delta=delta, modulus=modulus)
    if isinstance(evidence, Parity):
        period = period_of(setting)
        require(modulus == 2 * delta, Refusal.NOT_TWICE, stated=modulus, needed=2 * delta)
        require(period & (period - 1) == 0, Refusal.NO_POWER_OF_TWO, found=period)
        inputs = evidence.inputs
        require(inputs == period, Refusal.PARITY_INPUTS, stated=inputs, needed=period)
        return
    left, right = evidence.left, evidence.right
    codes = entries.format.codes
    require(
        left in codes and right in codes and left < right,
        Refusal.PAIR,
        left=left,
        right=right,
        format=entries.format,
    )
    require(
        step * (right - left) % modulus == 0,
        Refusal.PAIR_TOLD_APART,
        left=left,
        right=right,
        modulus=modulus,
    )


def check_affine(
    setting: QuantizationScheme, entries: ActivationTable, evidence: AffineActivation
) -> None:
    size, table = entries.format.codes.size, listed(entries)
    scale, slope = setting.format.scale, evidence.slope
    require(scale == 1 and size > 2, Refusal.ROUNDED, scale=scale, size=size)
    require(0 <= slope < size, Refusal.SLOPE, stated=slope, size=size)
    for code, result in enumerate(table):
        further = table[(code + 1) % size]
        require(
            (further - result - slope) % size == 0,
            Refusal.NOT_AFFINE,
            before=result,
            after=further,
            stated=slope,
        )


def check_closure(
    setting: QuantizationScheme, entries: ActivationTable, evidence: GeneratingNetworks
) -> None:
    """theory.md#generating-networks, (a) and (b)."""
    scale, period = setting.format.scale, period_of(setting)
    require(period <= MAX_PERIOD, Refusal.PERIOD, found=period, allowed=MAX_PERIOD)
    # the modes that look at the sign have the period K where it is positive, which biases that
    # are multiples of K achieve; and not all multiples of the scale modulo 2 s N are codes
    require(
        is_ring(setting) or setting.bias is not Bias.FORMAT,
        Refusal.SOME_BIASES,
        bias=setting.bias.value,
        rounding=setting.format.rounding.value,
    )
    require(setting.has_constant_neurons, Refusal.CLOSURE_INPUT, weights=setting.weights.value)
    table = listed(entries)
    total = _checked_gcd(table, evidence.difference_gcd)
    delta = gcd(setting.weight_step * total, period)
    require(delta <= scale, Refusal.DELTA, found=delta, scale=scale)
    networks = _Networks(setting, entries, delta)
    primes = [int(prime) for prime, _ in fmpz(period // delta).factor()]
    sequence = evidence.sequence
    empty = sum(not layer for layer in sequence)
    require(sequence and not empty, Refusal.EMPTY_SEQUENCE, stated=len(sequence), empty=empty)
    if len(evidence.sequence[-1]) == 1:
        _check_sequence(setting, networks, evidence.sequence, primes)
    else:
        _check_functions(setting, networks, evidence.sequence, primes)
    check_entries(entries, evidence.bits)
    low, high = (entry.result * setting.weight_step % period for entry in evidence.bits)
    points = [np.array([low, low, high, high]), np.array([low, high, low, high])]
    rows = [row.tolist() for row in networks.multiples(evidence.gates, points)]
    for prime in primes:
        rank = _rank(rows, prime)
        require(rank == 3, Refusal.BIT_GATES, found=rank, prime=prime, needed=3)


def _check_sequence(
    setting: QuantizationScheme, networks: _Networks, network: LayeredNetwork, primes: Sequence[int]
) -> None:
    """One output, whose shifts are seen through windows of N places."""
    period = period_of(setting)
    weight = _first_weight(setting, network)
    require(
        period % weight == 0 and period // weight <= MAX_POINTS,
        Refusal.SEQUENCE_WEIGHT,
        stated=weight,
        period=period,
    )
    length = period // weight
    for prime in primes:
        require(
            length <= MAX_POLYNOMIAL or _is_halved(length, prime),
            Refusal.SEQUENCE_LENGTH,
            found=length,
            allowed=MAX_POLYNOMIAL,
            prime=prime,
        )
    sums = np.arange(length, dtype=np.int64) * weight
    (sequence,) = networks.multiples(_scaled_first(network), [sums])
    for prime in primes:
        complexity = _linear_complexity(sequence % prime, prime)
        size = setting.format.codes.size
        require(complexity >= size, Refusal.COMPLEXITY, prime=prime, found=complexity, needed=size)


def _check_functions(
    setting: QuantizationScheme, networks: _Networks, network: LayeredNetwork, primes: Sequence[int]
) -> None:
    """Outputs that are independent as functions of one code."""
    codes = setting.format.codes
    require(
        codes.size <= MAX_FUNCTIONS,
        Refusal.TOO_MANY_FUNCTIONS,
        found=codes.size,
        allowed=MAX_FUNCTIONS,
    )
    for neuron in network[0]:
        require(_reads_the_input(neuron), Refusal.FUNCTION_INPUT, stated=neuron.terms)
        weight = neuron.terms[0][1]
        require(
            setting.is_weight(weight),
            Refusal.FUNCTION_WEIGHT,
            stated=weight,
            weights=setting.weights.value,
        )
    points = np.array(members(codes), dtype=np.int64)
    rows = [row.tolist() for row in networks.multiples(network, [points])]
    for prime in primes:
        rank, needed = _rank(rows, prime), codes.size - 1
        require(rank == needed, Refusal.FUNCTIONS, found=rank, prime=prime, needed=needed)


def _reads_the_input(neuron: GeneratingNeuron) -> bool:
    """Whether a neuron of the first layer reads the one input, once."""
    return len(neuron.terms) == 1 and neuron.terms[0][0] == 0


def _checked_gcd(table: Sequence[int], stated: int) -> int:
    """D, of the whole table."""
    found = reduce(gcd, (result - table[0] for result in table), 0)
    require(found == stated > 0, Refusal.GCD_OF_TABLE, found=found, stated=stated)
    return found


def _rank(rows: Sequence[Sequence[int]], prime: int) -> int:
    """Of a matrix modulo a prime."""
    flat = [number % prime for row in rows for number in row]
    return int(nmod_mat(len(rows), len(rows[0]), flat, prime).rank())


def _first_weight(setting: QuantizationScheme, network: LayeredNetwork) -> int:
    """The one weight with which the first layer reads the input."""
    weights = set()
    for neuron in network[0]:
        require(_reads_the_input(neuron), Refusal.SHIFTED_INPUT, stated=neuron.terms)
        weights.add(neuron.terms[0][1])
    require(len(weights) == 1, Refusal.SHIFTED_WEIGHTS, stated=sorted(weights))
    weight = weights.pop()
    is_positive = weight > 0 and setting.is_weight(weight)
    require(is_positive, Refusal.SHIFTED_WEIGHT, stated=weight, weights=setting.weights.value)
    step = setting.bias_step
    require(weight % step == 0, Refusal.SHIFTED_BIASES, step=step, stated=weight)
    return weight


def _scaled_first(network: LayeredNetwork) -> LayeredNetwork:
    first = tuple(type(neuron)(bias=neuron.bias, terms=((0, 1),)) for neuron in network[0])
    return (first, *network[1:])


class _Networks:
    """Networks over the integers modulo K, on many points at once."""

    def __init__(self, setting: QuantizationScheme, entries: ActivationTable, delta: int) -> None:
        self._setting = setting
        self._delta = delta
        self._period = period_of(setting)
        step = setting.weight_step  # of Python integers: these products may exceed 64 bits
        multiples = [step * result % self._period for result in listed(entries)]
        self._table = np.array(multiples, dtype=np.int64)

    def multiples(self, network: LayeredNetwork, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The last layer's g * T(code), less the first one's, over delta."""
        values = list(inputs)
        size = sum(len(neuron.terms) + 1 for layer in network for neuron in layer)
        require(0 < size <= MAX_MACHINE, Refusal.MACHINE_SIZE, found=size, allowed=MAX_MACHINE)
        empty = sum(not layer for layer in network)
        require(not empty, Refusal.EMPTY_LAYER, empty=empty, stated=len(network))
        widest = max(len(layer) for layer in network)
        largest = widest * len(values[0])
        require(largest <= MAX_VALUES, Refusal.MACHINE_VALUES, found=largest, allowed=MAX_VALUES)
        for layer in network:
            values = [self._neuron(neuron.bias, neuron.terms, values) for neuron in layer]
        return [(value - value[0]) // self._delta for value in values]

    def _neuron(
        self, bias: int, terms: Sequence[tuple[int, int]], values: Sequence[np.ndarray]
    ) -> np.ndarray:
        require(
            self._setting.is_bias(bias),
            Refusal.GATE_BIAS,
            stated=bias,
            bias=self._setting.bias.value,
        )
        total = np.full(values[0].shape, bias % self._period, dtype=np.int64)
        for index, coefficient in terms:
            count = len(values)
            require(0 <= index < count, Refusal.GATE_INDEX, stated=index, found=count)
            require(
                abs(coefficient) <= MAX_COEFFICIENT,
                Refusal.COEFFICIENT,
                stated=coefficient,
                allowed=MAX_COEFFICIENT,
            )
            total = (total + coefficient * values[index]) % self._period
        codes = self._setting.requantize_many(total).astype(np.int64)
        found: np.ndarray = self._table[codes - self._setting.format.lo]
        return found


def _linear_complexity(sequence: np.ndarray, prime: int) -> int:
    """Of a periodic sequence modulo a prime: period - deg gcd(sequence, x^period - 1)."""
    period = len(sequence)
    if _is_halved(period, prime):
        return _halved(sequence)
    one = nmod_poly([-1 % prime, *[0] * (period - 1), 1], prime)
    return period - int(nmod_poly(sequence.tolist(), prime).gcd(one).degree())


def _is_halved(period: int, prime: int) -> bool:
    """Whether no polynomial is needed."""
    return prime == 2 and period & (period - 1) == 0


def _halved(bits: np.ndarray) -> int:
    """The same modulo 2, for a period that is a power of two (Games and Chan, 1983)."""
    period = len(bits)
    complexity = 0
    while period > 1:
        period //= 2
        changes = bits[:period] != bits[period : 2 * period]
        if changes.any():
            complexity += period
            bits = changes.astype(np.int64)
        else:
            bits = bits[:period]
    return complexity + int(bits[0] != 0)
