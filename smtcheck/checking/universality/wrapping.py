"""The checks of arguments about wrapping overflow (theory.md, section 12)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import gcd

import numpy as np
from flint import fmpz, nmod_mat, nmod_poly

from smtcheck.arithmetic.rounding import Rounding
from smtcheck.checking.universality.conditions import (
    check_entries,
    is_ring,
    listed,
    period_of,
    require,
)
from smtcheck.claims.evidence import Affine, Closure, Congruent, Machine, Parity
from smtcheck.claims.settings import Bias, Setting
from smtcheck.expressions.tables import members
from smtcheck.networks.activation_entries import Entries

MAX_POINTS = 2**24  #: sums that are requantized to see that they cover all codes
MAX_PERIOD = 2**40  #: K; with this and coefficients so large, products fit into 64 bits
MAX_COEFFICIENT = 2**20
MAX_FUNCTIONS = 1024  #: codes, for networks that are compared one by one
MAX_MACHINE = 2**16  #: gates and terms of a network that is given as evidence
MAX_VALUES = 2**27  #: of the gates of a layer at all points


def check_preserved(setting: Setting, entries: Entries, evidence: Congruent | Parity) -> None:
    """Theory.md, section 12: sums that agree modulo q = s * shift go on doing so."""
    require(is_ring(setting), "sums matter modulo K only")
    size, scale, step = entries.format.codes.size, setting.format.scale, setting.weight_step
    table = listed(entries)
    total = reduce(gcd, (result - table[0] for result in table), 0)
    require(total == evidence.difference_gcd > 0, "D is the gcd of all differences")
    delta = gcd(step * total, period_of(setting))
    shift = evidence.shift
    modulus = scale * shift
    require(shift >= 2 and size % shift == 0, "the shift divides N")
    if setting.format.rounding is Rounding.HALF_EVEN and scale % 2 == 0:
        require(shift % 2 == 0, "the shift keeps ties")
    for code, result in enumerate(table):
        further = table[(code + shift) % size]
        require(step * (further - result) % modulus == 0, "the modulus is preserved")
    require(delta % modulus, "the modulus does not divide the differences")
    if isinstance(evidence, Parity):
        require(modulus == 2 * delta, "it is twice their gcd")
        require(period_of(setting) & (period_of(setting) - 1) == 0, "K is a power of two")
        require(evidence.inputs == period_of(setting), "K inputs are enough to refute")
        return
    left, right = evidence.left, evidence.right
    codes = entries.format.codes
    require(left in codes and right in codes and left < right, "the inputs are two codes")
    require(step * (right - left) % modulus == 0, "no neuron tells the inputs apart")


def check_affine(setting: Setting, entries: Entries, evidence: Affine) -> None:
    size, table = entries.format.codes.size, listed(entries)
    require(setting.format.scale == 1 and size > 2, "nothing is rounded")
    require(0 <= evidence.slope < size, "the slope is a residue")
    for code, result in enumerate(table):
        step = table[(code + 1) % size] - result - evidence.slope
        require(step % size == 0, "T is affine modulo N")


def check_closure(setting: Setting, entries: Entries, evidence: Closure) -> None:
    """Theory.md, section 12, (a) and (b)."""
    scale, period = setting.format.scale, period_of(setting)
    require(period <= MAX_PERIOD, "sums fit into words")
    # the modes that look at the sign have the period K where it is positive, which biases that
    # are multiples of K achieve; and not all multiples of the scale modulo 2 s N are codes
    require(is_ring(setting) or setting.bias is not Bias.FORMAT, "biases are all modulo K")
    require(setting.has_constant_neurons, "a neuron can read one input alone")
    table = listed(entries)
    total = reduce(gcd, (result - table[0] for result in table), 0)
    require(total == evidence.difference_gcd > 0, "D is the gcd of all differences")
    delta = gcd(setting.weight_step * total, period)
    require(delta <= scale, "the multiples of D cover")
    networks = _Networks(setting, entries, delta)
    primes = [int(prime) for prime, _ in fmpz(period // delta).factor()]
    require(evidence.sequence and all(evidence.sequence), "no layer is empty")
    if len(evidence.sequence[-1]) == 1:
        _check_sequence(setting, networks, evidence.sequence, primes)
    else:
        _check_functions(setting, networks, evidence.sequence, primes)
    check_entries(entries, evidence.bits)
    low, high = (entry.result * setting.weight_step % period for entry in evidence.bits)
    points = [np.array([low, low, high, high]), np.array([low, high, low, high])]
    rows = [row.tolist() for row in networks.multiples(evidence.gates, points)]
    for prime in primes:
        require(_rank(rows, prime) == 3, "gates are all functions of bits that vanish at the first")


def _check_sequence(
    setting: Setting, networks: _Networks, machine: Machine, primes: Sequence[int]
) -> None:
    """One output, whose shifts are seen through windows of N places."""
    period = period_of(setting)
    weight = _first_weight(setting, machine)
    require(period % weight == 0 and period // weight <= MAX_POINTS, "the weight divides K")
    sums = np.arange(period // weight, dtype=np.int64) * weight
    (sequence,) = networks.multiples(_scaled_first(machine), [sums])
    for prime in primes:
        complexity = _linear_complexity(sequence % prime, prime)
        require(complexity >= setting.format.codes.size, "windows are all functions")


def _check_functions(
    setting: Setting, networks: _Networks, machine: Machine, primes: Sequence[int]
) -> None:
    """Outputs that are independent as functions of one code."""
    codes = setting.format.codes
    require(codes.size <= MAX_FUNCTIONS, "the functions are few enough to list")
    for gate in machine[0]:
        require(len(gate.terms) == 1 and gate.terms[0][0] == 0, "the first layer reads the input")
        require(setting.is_weight(gate.terms[0][1]), f"{gate.terms[0][1]} is a weight")
    points = np.array(members(codes), dtype=np.int64)
    rows = [row.tolist() for row in networks.multiples(machine, [points])]
    for prime in primes:
        require(_rank(rows, prime) == codes.size - 1, "outputs are all functions of a code")


def _rank(rows: Sequence[Sequence[int]], prime: int) -> int:
    """Of a matrix modulo a prime."""
    flat = [number % prime for row in rows for number in row]
    return int(nmod_mat(len(rows), len(rows[0]), flat, prime).rank())


def _first_weight(setting: Setting, machine: Machine) -> int:
    """The one weight with which the first layer reads the input."""
    require(machine and len(machine[-1]) == 1, "the sequence is that of one neuron")
    weights = set()
    for gate in machine[0]:
        require(len(gate.terms) == 1 and gate.terms[0][0] == 0, "the first layer reads the input")
        weights.add(gate.terms[0][1])
    require(len(weights) == 1, "the first layer has one weight")
    weight = weights.pop()
    require(weight > 0 and setting.is_weight(weight), f"{weight} is a weight")
    require(weight % setting.bias_step == 0, "biases can be moved by the weight")
    return weight


def _scaled_first(machine: Machine) -> Machine:
    first = tuple(type(gate)(bias=gate.bias, terms=((0, 1),)) for gate in machine[0])
    return (first, *machine[1:])


class _Networks:
    """Networks over the integers modulo K, on many points at once."""

    def __init__(self, setting: Setting, entries: Entries, delta: int) -> None:
        self._setting = setting
        self._delta = delta
        self._period = period_of(setting)
        step = setting.weight_step  # of Python integers: these products may exceed 64 bits
        multiples = [step * result % self._period for result in listed(entries)]
        self._table = np.array(multiples, dtype=np.int64)

    def multiples(self, machine: Machine, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The last layer's g * T(code), less the first one's, over delta."""
        values = list(inputs)
        size = sum(len(gate.terms) + 1 for layer in machine for gate in layer)
        require(0 < size <= MAX_MACHINE, "the network is small enough")
        require(all(machine), "no layer is empty")
        widest = max(len(layer) for layer in machine)
        require(widest * len(values[0]) <= MAX_VALUES, "the network is small enough")
        for layer in machine:
            values = [self._gate(gate.bias, gate.terms, values) for gate in layer]
        return [(value - value[0]) // self._delta for value in values]

    def _gate(
        self, bias: int, terms: Sequence[tuple[int, int]], values: Sequence[np.ndarray]
    ) -> np.ndarray:
        require(self._setting.is_bias(bias), f"{bias} is a bias")
        total = np.full(values[0].shape, bias % self._period, dtype=np.int64)
        for index, coefficient in terms:
            require(0 <= index < len(values), "gates read the layer before")
            require(abs(coefficient) <= MAX_COEFFICIENT, "products fit into words")
            total = (total + coefficient * values[index]) % self._period
        codes = self._setting.requantize_many(total).astype(np.int64)
        found: np.ndarray = self._table[codes - self._setting.format.lo]
        return found


def _linear_complexity(sequence: np.ndarray, prime: int) -> int:
    """Of a periodic sequence modulo a prime: period - deg gcd(sequence, x^period - 1)."""
    period = len(sequence)
    if prime == 2 and period & (period - 1) == 0:
        return _halved(sequence)
    one = nmod_poly([-1 % prime, *[0] * (period - 1), 1], prime)
    return period - int(nmod_poly(sequence.tolist(), prime).gcd(one).degree())


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
