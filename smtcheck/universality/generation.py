"""The search for networks that show universality under wrapping (theory.md#generating-networks).

(a) is found as one network: with a first-layer weight w that divides K, moving all
first-layer biases by w moves its input by one, so its activations are one periodic
sequence, seen through a window of N.  All windows together are everything modulo a
prime exactly if the linear complexity of the sequence modulo that prime is at least N.
Layer by layer, the neurons of the greatest complexity are kept.  Where no weight moves
the input so, as many neurons as there are functions are looked for instead.  (b) is found as gates
on four points.  Both are drawn at random, with biases that make T change somewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from math import gcd
from random import Random

import numpy as np

from smtcheck.claims.evidence import Entry, GeneratingNetworks, GeneratingNeuron, LayeredNetwork
from smtcheck.claims.settings import QuantizationScheme, Weights
from smtcheck.expressions.tables import members
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.universality.modular_sums import Ring, linear_complexity
from smtcheck.universality.wrapping import period

MAX_PERIOD = 2**22  #: of a sequence that is searched for
MAX_WORK = 2**24  #: activations of a layer
MAX_DEPTH = 16
MAX_WEIGHTS = 6  #: of the first layer, tried beside each other
MAX_FUNCTIONS = 256  #: codes, where all functions of them are looked for one by one
BEAM = 4  #: neurons of a layer that are kept
MAX_COEFFICIENT = 2**20  #: so that products fit into 64 bits
MAX_K = 2**40
TRIES = 200  #: of each layer
TRIES_EACH = 4  #: more, for each function that is needed


def closure(
    setting: QuantizationScheme, entries: ActivationTable, difference_gcd: int, seed: int
) -> GeneratingNetworks | None:
    """Networks that show (a) and (b); the setting is reduced."""
    if period(setting) > MAX_K or not setting.has_constant_neurons:
        return None
    ring = Ring(setting, entries, difference_gcd)
    sequence = _sequence(ring, Random(seed)) or _functions(ring, Random(seed))
    if sequence is None:
        return None
    for bits in _bit_codes(ring):
        gates = _gates(ring, bits, Random(seed))
        if gates is not None:
            return GeneratingNetworks(
                difference_gcd=difference_gcd, sequence=sequence, bits=bits, gates=gates
            )
    return None


def _sequence(ring: Ring, random: Random) -> LayeredNetwork | None:
    """A network whose activations have a linear complexity of at least N."""
    size = ring.setting.format.codes.size
    searches = [_Beam(ring, weight, random) for weight in _first_weights(ring)]
    for _ in range(MAX_DEPTH):
        for search in searches:
            if search.complexity >= size:
                return search.network()
        for search in searches:
            search.deepen()
    return None


class _Beam:
    """Networks of one input, layer by layer: the most complex neurons of the last one."""

    def __init__(self, ring: Ring, weight: int, random: Random) -> None:
        self._ring = ring
        self._random = random
        length = ring.period // weight
        sums = np.arange(length, dtype=np.int64) * weight
        self._tries = max(8, min(TRIES, MAX_WORK // length))
        biases = [random.randrange(ring.period) for _ in range(BEAM)]
        layer = tuple(
            GeneratingNeuron(bias=ring.bias(bias), terms=((0, weight),)) for bias in biases
        )
        self._layers: LayeredNetwork = (layer,)
        self._values = [ring.activation(sums + gate.bias) for gate in layer]
        self.complexity = self._complexity(self._values[0])

    def _complexity(self, activations: np.ndarray) -> int:
        """The least one modulo any of the primes."""
        ring = self._ring
        pairs = zip(ring.residues(activations), ring.primes, strict=True)
        return min(linear_complexity(residues, prime) for residues, prime in pairs)

    def deepen(self) -> None:
        """One more layer, of the best among random neurons."""
        found: list[tuple[int, int, GeneratingNeuron, np.ndarray]] = []
        size = self._ring.setting.format.codes.size
        for number in range(self._tries):
            gate = _random_gate(self._ring, self._values, self._random)
            activations = self._ring.neuron(gate, self._values)
            complexity = self._complexity(activations)
            found.append((-complexity, number, gate, activations))
            found = sorted(found, key=lambda entry: entry[:2])[:BEAM]
            if complexity >= size:
                break
        self._layers = (*self._layers, tuple(gate for _, _, gate, _ in found))
        self._values = [activations for _, _, _, activations in found]
        self.complexity = -found[0][0]

    def network(self) -> LayeredNetwork:
        """The network of the first neuron of the last layer, without what it does not use."""
        layers: LayeredNetwork = ()
        used = [0]
        for layer in reversed(self._layers):
            gates = [layer[index] for index in used]
            used = sorted({index for gate in gates for index, _ in gate.terms})
            place = {index: position for position, index in enumerate(used)}
            renamed = tuple(
                GeneratingNeuron(bias=gate.bias, terms=tuple((place[i], c) for i, c in gate.terms))
                for gate in gates
            )
            layers = (renamed, *layers)
        return layers


def _first_weights(ring: Ring) -> list[int]:
    """Weights that divide K and by which biases can be moved, with short periods first."""
    setting = ring.setting
    scale = setting.format.scale
    if setting.weights is not Weights.FULL:
        return [scale]
    found = [
        weight
        for weight in range(scale, 0, -1)
        if scale % weight == 0 and setting.is_weight(weight) and weight % setting.bias_step == 0
    ]
    return [weight for weight in found if ring.period // weight <= MAX_PERIOD][:MAX_WEIGHTS]


def _random_gate(ring: Ring, values: Sequence[np.ndarray], random: Random) -> GeneratingNeuron:
    """A few coefficients, and a bias that puts one point next to a place where T changes."""
    chosen = sorted(random.sample(range(len(values)), random.randint(1, min(len(values), 3))))
    terms = tuple((index, _random_coefficient(ring, random)) for index in chosen)
    point = random.randrange(len(values[0]))
    total = sum(coefficient * int(values[index][point]) for index, coefficient in terms)
    scale = ring.setting.format.scale
    edge = random.choice(ring.edges) * scale + random.choice((0, -1, random.randint(-scale, scale)))
    return GeneratingNeuron(bias=ring.bias((edge - total) % ring.period), terms=terms)


def _random_coefficient(ring: Ring, random: Random) -> int:
    """Small ones, powers of two, and any."""
    most = min(ring.period, MAX_COEFFICIENT)
    power = 2 ** random.randrange(most.bit_length() - 1)
    chosen = random.choice((1, -1, 2, 3, power, random.randrange(1, most)))
    return chosen if ring.setting.has_negative_weights else abs(chosen)


def _bit_codes(ring: Ring) -> Iterator[tuple[Entry, Entry]]:
    """Codes whose T-values differ by as few factors of two as D: some pairs to try."""
    entries, step = ring.entries, ring.setting.weight_step
    lo = ring.setting.format.lo
    base = Entry(code=lo, result=entries[lo])
    found = 0
    for code, result in enumerate(entries.all, start=lo):
        if gcd(step * (result - base.result), ring.period) == ring.delta:
            yield base, Entry(code=code, result=result)
            found += 1
            if found == 4:
                return


def _functions(ring: Ring, random: Random) -> LayeredNetwork | None:
    """Networks of one input that are, modulo each prime, all functions of it: N - 1 neurons."""
    fmt = ring.setting.format
    if fmt.codes.size > MAX_FUNCTIONS:
        return None
    codes = np.array(members(fmt.codes), dtype=np.int64)
    first = _independent(ring, [codes], fmt.codes.size - 1, partial(_first_gate, ring, random))
    found = _deepened(ring, [codes], first, random)
    if found is not None and len(found[-1]) == 1:  # one output would stand for its shifts
        found = (*found[:-1], found[-1] * 2)
    return found


def _first_gate(ring: Ring, random: Random, values: Sequence[np.ndarray]) -> GeneratingNeuron:
    """Any weight with any bias."""
    fmt = ring.setting.format
    weight = fmt.scale
    if ring.setting.weights is Weights.FULL:
        weight = random.randint(fmt.lo, fmt.hi)
    return GeneratingNeuron(bias=ring.bias(random.randrange(ring.period)), terms=((0, weight),))


def _gates(ring: Ring, bits: tuple[Entry, Entry], random: Random) -> LayeredNetwork | None:
    """Networks of two bits whose outputs are, modulo each prime, all functions of the bits."""
    step = ring.setting.weight_step
    low, high = (bit.result * step % ring.period for bit in bits)
    inputs = [np.array([low, low, high, high]), np.array([low, high, low, high])]
    first = _independent(ring, inputs, 3, partial(_random_gate, ring, random=random))
    return _deepened(ring, inputs, first, random)


Layer = tuple[tuple[GeneratingNeuron, ...], bool]  #: and whether its gates are all functions


def _deepened(
    ring: Ring, inputs: Sequence[np.ndarray], layer: Layer, random: Random
) -> LayeredNetwork | None:
    """Layers until one is all functions."""
    layers: LayeredNetwork = ()
    values = list(inputs)
    for _ in range(MAX_DEPTH):
        gates, is_complete = layer
        layers = (*layers, gates)
        if is_complete:
            return layers
        values = [ring.neuron(gate, values) for gate in gates]
        layer = _independent(
            ring, values, len(values[0]) - 1, partial(_random_gate, ring, random=random)
        )
    return None


def _independent(
    ring: Ring,
    before: Sequence[np.ndarray],
    rank: int,
    draw: Callable[[Sequence[np.ndarray]], GeneratingNeuron],
) -> Layer:
    """Gates that are independent modulo some prime, and whether they are all functions.

    If not, a few others follow them, for the next layer to read.
    """
    kept: list[GeneratingNeuron] = []
    spare: list[GeneratingNeuron] = []
    bases: list[list[np.ndarray]] = [[] for _ in ring.primes]
    for _ in range(TRIES + TRIES_EACH * rank):
        gate = draw(before)
        rows = ring.residues(ring.neuron(gate, before))
        grows = [_extend(*parts) for parts in zip(bases, rows, ring.primes, strict=True)]
        if any(grows):
            kept.append(gate)
        elif len(spare) < BEAM:
            spare.append(gate)
        if all(len(basis) == rank for basis in bases):
            return tuple(kept), True
    return (*kept, *spare), False


def _extend(basis: list[np.ndarray], row: np.ndarray, prime: int) -> bool:
    """Add a row to a basis in echelon form, if it is independent."""
    for vector in basis:
        pivot = int(np.nonzero(vector)[0][0])
        row = (row - row[pivot] * vector) % prime
    places = np.nonzero(row)[0]
    if not places.size:
        return False
    basis.append(row * pow(int(row[places[0]]), -1, prime) % prime)
    return True
