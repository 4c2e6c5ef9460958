"""Sums modulo the period of a wrapping format, and linear complexity modulo primes.

The linear complexity of a periodic sequence is the length of the shortest linear recurrence
that gives it: the period less the degree of gcd(s(x), x^period - 1).  Modulo 2 it is found by
halving where the period is a power of two (Games and Chan, IEEE Transactions on Information
Theory 1983).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd

import numpy as np
from flint import nmod_poly

from smtcheck.arithmetic.integers import Integers
from smtcheck.claims.evidence import GeneratingNeuron, LayeredNetwork
from smtcheck.claims.settings import Bias, QuantizationScheme
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.universality.wrapping import is_power_of_two, period

MAX_POLYNOMIAL = 2**18  #: terms: one gcd, which nothing interrupts, takes a few seconds
MAX_LISTED = 2**16  #: sums whose activations are listed once


class Ring:
    """Sums modulo K, activations of them, and what is left of these modulo primes.

    Activations g * E(n) differ by multiples of delta; the multiples are looked at modulo
    each prime that divides K / delta.
    """

    def __init__(
        self, setting: QuantizationScheme, entries: ActivationTable, difference_gcd: int
    ) -> None:
        self.setting = setting  #: reduced
        self.entries = entries
        self.period = period(setting)
        self.delta = gcd(setting.weight_step * difference_gcd, self.period)
        self.primes = prime_factors(self.period // self.delta)
        table = entries.array.astype(object) * setting.weight_step
        changes = (table - np.roll(table, 1)) % self.period
        #: codes at which T changes
        self.edges = (np.nonzero(changes)[0] + setting.format.lo).tolist()
        #: g * T(k) modulo K, by Python integers: products exceed 64 bits
        self._table = (table % self.period).astype(np.int64)
        self._listed: np.ndarray | None = None
        if self.period <= MAX_LISTED:
            self._listed = self._activation(np.arange(self.period, dtype=np.int64))

    def activation(self, numbers: np.ndarray) -> np.ndarray:
        """g * E(n) modulo K; n is brought into 0 .. K - 1 first, whatever the rounding."""
        numbers = numbers % self.period
        if self._listed is None:
            return self._activation(numbers)
        found: np.ndarray = self._listed[numbers]
        return found

    def _activation(self, numbers: np.ndarray) -> np.ndarray:
        codes = self.setting.requantize_many(numbers).astype(np.int64)
        found: np.ndarray = self._table[codes - self.setting.format.lo]
        return found

    def residues(self, activations: np.ndarray) -> list[np.ndarray]:
        """(activations - the first one) / delta, modulo each prime."""
        multiples = (activations - activations[0]) // self.delta
        return [multiples % prime for prime in self.primes]

    def run(self, network: LayeredNetwork, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The last layer's activations, times g; the inputs are sums' terms already."""
        values = list(inputs)
        for layer in network:
            values = [self.neuron(neuron, values) for neuron in layer]
        return values

    def neuron(self, neuron: GeneratingNeuron, values: Sequence[np.ndarray]) -> np.ndarray:
        """One neuron's activations, times g."""
        total = np.full_like(values[0], neuron.bias % self.period)
        for index, coefficient in neuron.terms:
            total = (total + coefficient * values[index]) % self.period
        return self.activation(total)

    def bias(self, number: int) -> int:
        """A bias near a number, modulo K."""
        scale = self.setting.format.scale
        if self.setting.bias is Bias.EXACT:
            return number
        return scale * self.setting.format.apply_overflow(Integers(), number // scale)


def prime_factors(number: int) -> list[int]:
    """The primes that divide a number, by trial division."""
    found: list[int] = []
    prime = 2
    while number > 1:
        if prime * prime > number:
            prime = number
        if number % prime == 0:
            found.append(prime)
            while number % prime == 0:
                number //= prime
        prime += 1
    return found


def linear_complexity(sequence: np.ndarray, prime: int) -> int:
    """Of a periodic sequence modulo a prime, given one period; 0 where that would take long."""
    if prime == 2 and is_power_of_two(len(sequence)):
        return _by_halving(sequence)
    if len(sequence) > MAX_POLYNOMIAL:
        return 0
    # length - deg gcd(s(x), x^length - 1)
    whole = nmod_poly([-1 % prime, *[0] * (len(sequence) - 1), 1], prime)
    common = nmod_poly(sequence.tolist(), prime).gcd(whole)
    return len(sequence) - int(common.degree())


def _by_halving(bits: np.ndarray) -> int:
    """Modulo 2, of a period that is a power of two (Games and Chan)."""
    complexity = 0
    while len(bits) > 1:
        left, right = np.split(bits, 2)
        both = left ^ right
        if both.any():
            complexity += len(both)
            bits = both
        else:
            bits = left
    return complexity + int(bits[0])
