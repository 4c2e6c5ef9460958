"""The oracle against a naiver one: literal networks, literal coefficients, definitions restated."""

import itertools
import math
import random
from fractions import Fraction

import numpy as np
import pytest

from tests.universality.brute_force import (
    BIASES,
    OVERFLOWS,
    ROUNDINGS,
    WEIGHTS,
    FullRank,
    Growing,
    Layers,
    Neuron,
    Quantizer,
    Setting,
    Solver,
    Sums,
    Undecided,
    _invertible,
    first_layer_neurons,
    functions_of,
    is_reachable,
    reachable,
    reachable_at_all,
    reachable_up_to,
    simplified,
    witness,
)

FORMATS = ((-1, 1), (0, 2), (-2, 1), (-1, 2), (0, 1))


def round_exactly(x, rounding):
    """The rounding modes once more, in other words."""
    half = Fraction(1, 2)
    sign = -1 if x < 0 else 1
    return {
        "AP_TRN": lambda: math.floor(x),
        "AP_TRN_ZERO": lambda: int(x),
        "AP_RND": lambda: math.floor(x + half),
        "AP_RND_MIN_INF": lambda: math.ceil(x - half),
        "AP_RND_ZERO": lambda: sign * math.ceil(abs(x) - half),
        "AP_RND_INF": lambda: sign * math.floor(abs(x) + half),
        "AP_RND_CONV": lambda: round(x),
        "TRN_INF": lambda: math.ceil(x),
    }[rounding]()


def requantize(setting, n):
    """R(n) from the definitions."""
    k = round_exactly(Fraction(n, setting.scale), setting.rounding)
    lo, hi = setting.lo, setting.hi
    if lo <= k <= hi and not (setting.overflow == "AP_SAT_SYM" and k < -hi):
        return k
    if setting.overflow == "AP_WRAP":
        return next(c for c in range(lo, hi + 1) if (c - k) % (hi - lo + 1) == 0)
    if setting.overflow == "AP_SAT_ZERO":
        return 0
    lowest = max(lo, -hi) if setting.overflow == "AP_SAT_SYM" else lo
    return hi if k > hi else lowest


def evaluate(setting, layers, point):
    """The output of a literal network: each neuron is (weights for all neurons before, bias)."""
    values = list(point)
    for depth, layer in enumerate(layers):
        for weights, _ in layer:
            assert len(weights) == len(values) > 0
        codes = [
            requantize(setting, sum(w * v for w, v in zip(ws, values, strict=True)) + bias)
            for ws, bias in layer
        ]
        last = depth == len(layers) - 1
        values = codes if last else [setting.table[k - setting.lo] for k in codes]
    (output,) = values
    return output


def function_of(setting, inputs, layers):
    return tuple(evaluate(setting, layers, point) for point in setting.points(inputs))


def random_setting(generator, formats=FORMATS, weights=WEIGHTS, overflows=OVERFLOWS):
    lo, hi = generator.choice(formats)
    return Setting(
        lo,
        hi,
        generator.randint(1, 4),
        generator.choice(ROUNDINGS),
        generator.choice(overflows),
        tuple(generator.randint(lo, hi) for _ in range(lo, hi + 1)),
        generator.choice(weights),
        generator.choice(BIASES),
    )


def random_bias(generator, setting):
    s = setting.scale
    if setting.bias == "format":
        return s * generator.choice(setting.codes)
    reach = generator.choice((2, 4, 8, 40))
    return (
        generator.randint(-reach * s, reach * s)
        if setting.bias == "exact"
        else (s * generator.randint(-reach, reach))
    )


def random_network(generator, setting, inputs, hidden_layers):
    widths = [inputs, *(generator.randint(1, 5) for _ in range(hidden_layers)), 1]
    return [
        [
            (
                [generator.choice(setting.weight_set) for _ in range(before)],
                random_bias(generator, setting),
            )
            for _ in range(width)
        ]
        for before, width in itertools.pairwise(widths)
    ]


# --------------------------------------------------------------------------------------- witnesses


def copies_needed(setting, coefficients):
    """How many copies of a neuron give its readers these total coefficients."""
    if setting.weights == "full":
        return max(-(-abs(c) // (setting.hi if c > 0 else -setting.lo or 1)) for c in coefficients)
    assert all(c % setting.scale == 0 for c in coefficients)
    if setting.dense:
        assert len({c // setting.scale % 2 for c in coefficients}) == 1
    return max(abs(c) // setting.scale for c in coefficients)


def split(setting, coefficient, copies):
    """Weights of the weight set for the copies, with this sum."""
    weights = []
    for left in range(copies, 0, -1):
        if setting.dense:
            weight = setting.scale if coefficient > -left * setting.scale else -setting.scale
        else:
            weight = min(max(coefficient, min(setting.weight_set)), max(setting.weight_set))
        weights.append(weight)
        coefficient -= weight
    assert coefficient == 0 and set(weights) <= set(setting.weight_set)
    return weights


def literal(setting, layers: Layers):
    """The witness with neurons repeated, so that every weight is a member of the weight set."""
    result, before = [], None
    for layer, following in itertools.zip_longest(layers, layers[1:]):
        expanded = []
        for neuron in layer:
            weights = list(neuron.coefficients)
            if before is not None:
                pieces = (split(setting, c, m) for c, m in zip(weights, before, strict=True))
                weights = [w for piece in pieces for w in piece]
            expanded.append((weights, neuron.bias))
        copies = [1]
        if following is not None:
            columns = zip(*(neuron.coefficients for neuron in following), strict=True)
            copies = [copies_needed(setting, column) for column in columns]
            if not any(copies):
                copies[0] = 2
        result.append([e for e, m in zip(expanded, copies, strict=True) for _ in range(m)])
        before = copies
    return result


def check_allowed(setting, network):
    s = setting.scale
    for layer in network:
        for weights, bias in layer:
            assert set(weights) <= set(setting.weight_set)
            assert setting.bias == "exact" or bias % s == 0
            assert setting.bias != "format" or bias // s in setting.codes


# ------------------------------------------------------------------------------------------- tests


@pytest.mark.parametrize("overflow", OVERFLOWS)
@pytest.mark.parametrize("rounding", ROUNDINGS)
def test_arithmetic(rounding, overflow):
    for (lo, hi), scale in itertools.product([*FORMATS, (-3, 3), (-4, 3)], (1, 2, 3, 4, 6)):
        quantizer = Quantizer(lo, hi, scale, rounding, overflow)
        table = tuple(range(lo, hi + 1))
        setting = Setting(lo, hi, scale, rounding, overflow, table, "full", "exact")
        period, far = quantizer.period, 12 * scale * len(table)
        values = {n: requantize(setting, n) for n in range(-far, far)}
        assert all(quantizer(n) == value for n, value in values.items())
        assert all(values[n] == values[n + period] for n in range(quantizer.up, far - period))
        assert all(values[n] == values[n - period] for n in range(period - far, quantizer.down))
        if quantizer.cyclic:
            assert all(values[n] == values[n + period] for n in range(-far, far - period))
        for modulus in (1, 3, 4):
            for residue, codes in enumerate(quantizer.residues(modulus)):
                assert codes == {k for n, k in values.items() if n % modulus == residue}
        if period == 1:
            for code in quantizer.codes:
                inside = {
                    n
                    for n in values
                    for low, high in quantizer.pieces(code)
                    if (low is None or low <= n) and (high is None or n <= high)
                }
                assert inside == {n for n, k in values.items() if k == code}


def test_first_layer_needs_no_other_biases():
    generator = random.Random(2)
    for inputs in (1, 1, 1, 2) * 15:
        setting = random_setting(generator)
        found = first_layer_neurons(setting, inputs)
        for weights in itertools.product(setting.weight_set, repeat=inputs):
            biases = range(-150, 151)
            if setting.bias == "grid":
                biases = [b for b in biases if b % setting.scale == 0]
            if setting.bias == "format":
                biases = [setting.scale * k for k in setting.codes]
            for bias in generator.sample(list(biases), min(len(biases), 25)):
                assert function_of(setting, inputs, [[(weights, bias)]]) in found
        for function, (weights, bias) in generator.sample(
            sorted(found.items()), min(5, len(found))
        ):
            assert function_of(setting, inputs, [[(weights, bias)]]) == function
            check_allowed(setting, [[(weights, bias)]])


def random_family(generator, positive):
    lo, hi = generator.choice(FORMATS)
    quantizer = Quantizer(
        lo, hi, generator.randint(1, 3), generator.choice(ROUNDINGS), generator.choice(OVERFLOWS)
    )
    size = generator.randint(1, 3)

    def vectors(count, low, high):
        return [tuple(generator.randint(low, high) for _ in range(size)) for _ in range(count)]

    if positive:
        free = generator.choice(([], [], [(1,) * size], [(quantizer.scale,) * size]))
        return quantizer, Sums.make(size, [(0,) * size], free, vectors(3, 0, 2)), free
    free = vectors(generator.randint(1, size + 1), -5, 5)
    return quantizer, Sums.make(size, vectors(2, -4, 4), free), free


@pytest.mark.parametrize("positive", [False, True])
def test_deciders_agree(positive):
    """Each family by the decider chosen, by z3 without any simplification, and by counting."""
    generator = random.Random(3)
    kinds = set()
    for _ in range(70):
        quantizer, sums, _ = random_family(generator, positive)
        found = functions_of(sums, quantizer)
        smaller, _ = simplified(sums, quantizer)
        kinds.add(FullRank if len(smaller.rows) == smaller.size else None)
        kinds.add(Growing if not smaller.rows else None)
        assert found == Solver(sums, quantizer).functions()
        ranges = [range(-4, 5)] * len(sums.rows) + [range(5)] * len(sums.positive)
        literally = set()
        for offset in sums.offsets:
            for factors in itertools.product(*ranges):
                pairs = list(zip(factors, (*sums.rows, *sums.positive), strict=True))
                phi = [sum((f * v[x] for f, v in pairs), c) for x, c in enumerate(offset)]
                literally.add(tuple(map(quantizer, phi)))
        assert literally <= found
    assert (Growing if positive else FullRank) in kinds


def test_canonical_form_keeps_the_family():
    """Sums.make changes the vectors; z3 on the original ones must give the same functions."""
    generator = random.Random(4)
    absorbed = []
    for _ in range(40):
        size = generator.randint(2, 3)
        draw = lambda size=size: tuple(generator.randint(0, 2) for _ in range(size))
        free, positive = (1,) * size, tuple({draw() for _ in range(4)})
        quantizer = Quantizer(
            0, 2, 2, generator.choice(ROUNDINGS), generator.choice(OVERFLOWS[::2])
        )
        sums = Sums.make(size, [draw()], [free], positive)
        raw = Sums(size, sums.offsets, (free,), positive)
        assert functions_of(sums, quantizer) == Solver(raw, quantizer).functions()
        absorbed.append((len(sums.rows) > 1, bool(sums.positive)))
    assert {(True, True), (True, False), (False, True)} <= set(absorbed)


def test_only_invertible_vectors_become_free():
    sums = Sums.make(3, [(0, 0, 0)], [(1, 1, 1)], [(0, 1, 0), (1, 0, 1), (0, 0, 1)])
    assert sums.rows == ((1, 0, 1), (0, 1, 0)) and sums.positive == ((0, 0, 1),)
    units = [(0, 0, 1), (0, 1, 0), (1, 0, 0)]
    assert _invertible(units, ((1, 1, 2),)) == frozenset(units)
    assert _invertible(units, ((1, 1, 0),)) == frozenset(units[1:])
    assert _invertible(units, ((1, -1, 0),)) == frozenset()


def test_literal_networks_are_reachable():
    generator = random.Random(5)
    for _ in range(150):
        setting = random_setting(generator)
        for hidden_layers in (1, 2, 3):
            found = reachable(setting, 1, hidden_layers)
            for _ in range(8):
                network = random_network(generator, setting, 1, hidden_layers)
                assert function_of(setting, 1, network) in found


def test_literal_networks_with_two_inputs_are_reachable():
    generator = random.Random(6)
    for _ in range(25):
        setting = random_setting(generator, formats=((0, 1), (-1, 1), (0, 2)))
        for hidden_layers in (1, 2) if setting.hi - setting.lo == 1 else (1,):
            for _ in range(4):
                network = random_network(generator, setting, 2, hidden_layers)
                target = function_of(setting, 2, network)
                assert is_reachable(setting, 2, target, hidden_layers)


def test_bounded_from_both_sides():
    """Two hidden layers and two inputs of three codes: too many hidden functions to list first."""
    generator = random.Random(7)
    answers = []
    for _ in range(12):
        setting = random_setting(generator, formats=((-1, 1),), weights=("full", "ternary"))
        literally = function_of(setting, 2, random_network(generator, setting, 2, 2))
        assert is_reachable(setting, 2, literally, 2)
        target = tuple(generator.randint(-1, 1) for _ in range(9))
        try:
            answers.append(is_reachable(setting, 2, target, 2))
        except Undecided:
            continue
    assert True in answers and False in answers


@pytest.mark.parametrize("weights", WEIGHTS)
def test_witnesses(weights):
    """Reachable functions have literal networks; z3 finds none for the others."""
    generator = random.Random(8)
    for hidden_layers in (1, 2, 3) * (2 if weights == "binary-dense" else 5):
        setting = random_setting(generator, weights=(weights,), formats=FORMATS[:4])
        found = reachable(setting, 1, hidden_layers)
        for target in generator.sample(sorted(found), min(2, len(found))):
            layers = witness(setting, 1, target, hidden_layers)
            assert layers is not None and len(layers) == hidden_layers + 1
            network = literal(setting, layers)
            check_allowed(setting, network)
            assert function_of(setting, 1, network) == target
        others = sorted(set(setting.all_functions(1)) - found)
        for target in generator.sample(others, min(2, len(others))):
            assert witness(setting, 1, target, hidden_layers) is None


def wide_networks(setting, generator, outputs):
    """Functions of random literal networks of two wide hidden layers, where R is n mod N."""
    points = np.array(setting.points(1))
    table = np.array(setting.table)

    def layer(values, width):
        weights = generator.choice(setting.weight_set, (values.shape[1], width))
        biases = generator.choice(setting.codes, width)
        return (values @ weights + biases - setting.lo) % len(table)

    hidden = points
    for width in generator.integers(1, 7, 2):
        hidden = table[layer(hidden, width)]
    return {tuple(map(int, column)) for column in (layer(hidden, outputs) + setting.lo).T}


@pytest.mark.parametrize(("weights", "count"), [("binary", 64), ("binary-dense", 56)])
def test_parities_of_a_dense_layer(weights, count):
    """A case where the parities that a dense layer shares cost it some functions."""
    table = (0, 1, 0, -1)
    setting = Setting(-2, 1, 1, "AP_TRN", "AP_WRAP", table, weights, "format")
    generator = np.random.default_rng(9)
    found = set()
    for _ in range(1500):
        found |= wide_networks(setting, generator, 60)
    assert found == reachable(setting, 1, 2)
    assert len(found) == count


def test_known_answers():
    def paper(scale, table, weights, bias, rounding="AP_RND_INF"):
        return Setting(-1, 1, scale, rounding, "AP_SAT", table, weights, bias)

    assert len(reachable_up_to(paper(1, (-1, 0, 1), "full", "format"), 1)) == 27
    assert len(reachable_up_to(paper(1, (1, 1, 1), "full", "format"), 1)) == 3
    # round(+-x / 4) = 0: the first layer tells nothing apart.
    assert len(reachable_up_to(paper(4, (-1, 0, 1), "full", "grid"), 1)) == 3
    # Nonnegative weights and a nondecreasing table: the nondecreasing functions, 10 of 27.
    setting = Setting(0, 2, 2, "AP_TRN", "AP_SAT", (0, 1, 2), "full", "exact")
    found = reachable_up_to(setting, 1)
    assert found == {f for f in setting.all_functions(1) if list(f) == sorted(f)}
    assert reachable_at_all(setting, 1) == (found, 1)
    # Symmetric saturation never gives -2.
    setting = Setting(-2, 1, 1, "AP_TRN", "AP_SAT_SYM", (-2, -1, 0, 1), "full", "exact")
    assert len(reachable_up_to(setting, 1)) == 3**4


def test_errors():
    with pytest.raises(ValueError, match="unknown name"):
        Setting(-1, 1, 1, "AP_TRN", "AP_SAT", (0, 0, 0), "full", "none")
    with pytest.raises(ValueError, match="map codes to codes"):
        Setting(-1, 1, 1, "AP_TRN", "AP_SAT", (0, 0), "full", "exact")
    with pytest.raises(ValueError, match="lo <= 0 < hi"):
        Setting(1, 2, 1, "AP_TRN", "AP_SAT", (1, 1), "full", "exact")
    setting = Setting(-1, 1, 1, "AP_TRN", "AP_SAT", (0, 0, 1), "full", "exact")
    with pytest.raises(ValueError, match="at least one hidden layer"):
        reachable(setting, 1, 0)
    with pytest.raises(ValueError, match="a code for every point"):
        is_reachable(setting, 1, (0, 0), 1)
    with pytest.raises(Undecided):
        reachable(setting, 3, 1)
    assert literal(setting, [[Neuron((1,), 0)], [Neuron((-3,), 2)]]) == [
        [([1], 0)] * 3,
        [([-1, -1, -1], 2)],
    ]
