"""Drafts: legal networks compute what drafts with arbitrary coefficients say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise, product
from random import Random

import numpy as np
import pytest

from smtcheck.arithmetic.formats import Format
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from smtcheck.construction.lowering.coefficients import (
    DraftLayer,
    NetworkTooLarge,
    SparseTerms,
    block_diagonal,
    coefficient_step,
    concatenated,
    network,
    weight_format,
)
from smtcheck.construction.lowering.constants import are_biases
from smtcheck.networks.matrices import MAX_NEURONS, MAX_WEIGHTS
from smtcheck.networks.network import Network
from tests.checking.universality.naive_evidence import is_bias
from tests.claims.random_settings import NOT_WRAPPING, random_setting, random_table
from tests.construction.naive_networks import (
    assert_legal,
    drafted,
    drafted_sums,
    evaluated,
    points_of,
)
from tests.universality.naive import Table, biases_of, entries_of, given, step_of, weights_of

SETTINGS = pytest.mark.parametrize(("weights", "bias"), [*product(Weights, Bias)], ids=str)
FORMATS = [Format(lo=-2, hi=2, scale=2), Format(lo=-2, hi=3, scale=3), Format(lo=-4, hi=3, scale=1)]

Entry = tuple[int, int, int]


def layer(
    inputs: int,
    biases: Sequence[int],
    terms: Sequence[Entry],
    constants: Sequence[Entry] = (),
) -> DraftLayer:
    return DraftLayer(
        inputs=inputs,
        biases=np.array(biases, dtype=np.int64),
        terms=SparseTerms.of(terms),
        constants=SparseTerms.of(constants),
    )


def random_layer(
    draw: Random, setting: QuantizationScheme, inputs: int, outputs: int, unit: int
) -> DraftLayer:
    """Any multiples of the unit as coefficients, of neurons and of constants."""
    lo, codes = setting.format.lo, sorted(given(setting.format))
    most = 3 * max(map(abs, weights_of(setting))) // unit + 2
    low = -most if min(weights_of(setting)) < 0 else 0

    def entries(columns: Sequence[int], chance: float) -> list[Entry]:
        places = [place for place in product(range(outputs), columns) if draw.random() < chance]
        return [(row, column, unit * draw.randint(low, most)) for row, column in places * 2]

    has_constants = setting.has_constant_neurons or setting.bias is not Bias.FORMAT
    constants = entries([code - lo for code in codes], 0.2) if has_constants else []
    if low == 0 and setting.bias is not Bias.EXACT:
        constants = [(row, column, code * setting.format.scale) for row, column, code in constants]
    biases = [draw.choice(biases_of(setting, 3)) for _ in range(outputs)]
    return layer(inputs, biases, entries(range(inputs), 0.6), constants)


def random_draft(draw: Random, setting: QuantizationScheme) -> list[DraftLayer]:
    inputs, hidden = draw.randint(1, 2), [draw.randint(1, 4) for _ in range(draw.randint(1, 2))]
    outputs = draw.randint(1, 2)
    terms = [
        (row, column, draw.choice(weights_of(setting)))
        for row, column in product(range(hidden[0]), range(inputs))
    ]
    biases = [draw.choice(biases_of(setting, 3)) for _ in range(hidden[0])]
    found = [layer(inputs, biases, terms)]
    widths = [*hidden, outputs]
    is_dense = setting.weights is Weights.DENSE_BINARY
    for before, after in pairwise(widths):
        unit = step_of(setting) * (2 if is_dense else 1)
        found.append(random_layer(draw, setting, before, after, unit))
    return found


def check(setting: QuantizationScheme, table: Table, draft: Sequence[DraftLayer]) -> Network:
    """The draft's network, whose weights are legal and which computes what the draft says."""
    made = network(setting, entries_of(setting.format, table), draft)
    assert_legal(setting, made)
    for point in points_of(setting.format, draft[0].inputs):
        wanted = drafted(setting.format, table, draft, point)
        assert made.evaluate(point) == wanted, (str(setting), table, draft, point)
        assert evaluated(made, table, point) == wanted
    return made


@SETTINGS
@pytest.mark.parametrize("fmt", FORMATS, ids=str)
def test_random_drafts(fmt: Format, weights: Weights, bias: Bias) -> None:
    setting = QuantizationScheme(format=fmt, weights=weights, bias=bias)
    draw = Random(f"{setting}")
    for _ in range(12):
        check(setting, random_table(draw, fmt), random_draft(draw, setting))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_random_drafts_of_random_settings(seed: int) -> None:
    draw = Random(seed)
    for _ in range(400):
        setting = random_setting(draw, overflows=NOT_WRAPPING)
        if min(weights_of(setting)) == 0:
            continue  # constants that are no biases take negative weights
        check(setting, random_table(draw, setting.format), random_draft(draw, setting))


@pytest.mark.parametrize("bias", Bias)
def test_unsigned_formats(bias: Bias) -> None:
    setting = QuantizationScheme(format=Format(lo=0, hi=3, scale=2), bias=bias)
    draw = Random(3)
    made = 0
    for _ in range(30):
        table = random_table(draw, setting.format)
        try:
            check(setting, table, random_draft(draw, setting))
        except NetworkTooLarge:
            continue
        made += 1
    assert made > 5


@SETTINGS
def test_networks_with_more_than_the_parameters_wanted_are_not_made(
    weights: Weights, bias: Bias
) -> None:
    setting = QuantizationScheme(format=FORMATS[0], weights=weights, bias=bias)
    draw = Random(f"most {setting}")
    for _ in range(10):
        draft, table = random_draft(draw, setting), random_table(draw, setting.format)
        made = check(setting, table, draft)
        size, entries = made.nonzero_weights + made.neurons, entries_of(setting.format, table)
        again = network(setting, entries, draft, most=size)
        assert (again.nonzero_weights, again.neurons) == (made.nonzero_weights, made.neurons)
        with pytest.raises(NetworkTooLarge):
            network(setting, entries, draft, most=size - 1)


@SETTINGS
def test_sizes(weights: Weights, bias: Bias) -> None:
    """Each neuron is there as often as its heaviest reader needs, and not at all without one."""
    setting = QuantizationScheme(format=FORMATS[1], weights=weights, bias=bias)
    if weights is Weights.DENSE_BINARY:
        return
    draw = Random(f"sizes {setting}")
    high, low = max(weights_of(setting)), -min(weights_of(setting))
    for _ in range(30):
        draft = [replace(own, constants=SparseTerms.none()) for own in random_draft(draw, setting)]
        table = random_table(draw, setting.format)
        made = check(setting, table, draft)
        alive = set(range(draft[-1].outputs))
        for after, before, built in zip(
            reversed(draft), draft[-2::-1], made.layers[-2::-1], strict=False
        ):
            sums = np.zeros((after.outputs, after.inputs), dtype=int)
            for row, column, code in zip(
                after.terms.rows, after.terms.columns, after.terms.codes, strict=True
            ):
                sums[row, column] += code
            copies = [
                max(
                    (
                        -(-abs(int(sums[row, column])) // (high if sums[row, column] > 0 else low))
                        for row in alive
                    ),
                    default=0,
                )
                for column in range(after.inputs)
            ]
            assert built.outputs == max(1, sum(copies))
            assert before.outputs == len(copies)
            alive = {column for column, count in enumerate(copies) if count}
            alive |= {0} if not alive else set()


def test_constants_that_are_no_biases_become_neurons() -> None:
    fmt = Format(lo=-2, hi=2, scale=2)
    table = (0, 1, 0, 2, 1)
    setting = QuantizationScheme(format=fmt, bias=Bias.FORMAT)
    draft = [layer(1, [0], [(0, 0, 2)]), layer(1, [2], [(0, 0, 1)], [(0, 3, 1), (0, 1, -2)])]
    assert drafted_sums(fmt, table, draft, (0,)) == [2 + 0 + 2 - 2]
    assert check(setting, table, draft).neurons == 2, "2 + 2 - 2 is a bias"
    draft[1] = layer(1, [4], [(0, 0, 1)], [(0, 3, 1)])
    made = check(setting, table, draft)
    assert made.neurons == 3
    assert made.layers[0].biases[-1] == 1 * fmt.scale and not made.layers[0].row(1)


def test_constants_of_dense_neurons_have_to_be_biases() -> None:
    fmt = Format(lo=-2, hi=2, scale=2)
    setting = QuantizationScheme(format=fmt, weights=Weights.DENSE_BINARY, bias=Bias.FORMAT)
    draft = [layer(1, [0], [(0, 0, 2)]), layer(1, [4], [(0, 0, 2)], [(0, 3, 2)])]
    with pytest.raises(NetworkTooLarge):
        network(setting, entries_of(fmt, (0, 1, 0, 2, 1)), draft)


def test_dense_neurons_read_even_numbers() -> None:
    fmt = Format(lo=-2, hi=2, scale=2)
    setting = QuantizationScheme(format=fmt, weights=Weights.DENSE_BINARY)
    first = layer(1, [0, 1], [(0, 0, 2), (1, 0, -2)])
    table = (0, 1, 0, 2, 1)
    assert coefficient_step(setting) == 4
    alone = check(setting, table, [first, layer(2, [0], [(0, 0, 6), (0, 1, -2)])])
    assert alone.layers[0].outputs == 4
    with pytest.raises(
        NetworkTooLarge
    ):  # 3 copies cannot be read once with weights -1 and 1 by two
        network(
            setting,
            entries_of(fmt, table),
            [first, layer(2, [0, 0], [(0, 0, 6), (1, 0, 4)])],
        )
    check(setting, table, [first, layer(2, [0, 0], [(0, 0, 8), (1, 0, -4), (1, 1, 4)])])


def test_negative_coefficients_of_unsigned_weights_are_too_large() -> None:
    fmt = Format(lo=0, hi=2, scale=2)
    draft = [layer(1, [0], [(0, 0, 1)]), layer(1, [0], [(0, 0, -1)])]
    with pytest.raises(NetworkTooLarge):
        network(QuantizationScheme(format=fmt), entries_of(fmt, (0, 1, 2)), draft)


@pytest.mark.parametrize("weights", Weights)
def test_large_networks_are_not_made(weights: Weights) -> None:
    """With too many copies of a neuron, or too many weights that read fewer."""
    fmt = Format(lo=-2, hi=2, scale=1)
    setting, entries = (
        QuantizationScheme(format=fmt, weights=weights),
        entries_of(fmt, (0, 1, 0, 2, 1)),
    )
    heaviest = 2 if weights is Weights.FULL else 1

    def read(readers: int, copies: int) -> list[DraftLayer]:
        terms = [(row, 0, heaviest * copies) for row in range(readers)]
        return [layer(1, [0], [(0, 0, 1)]), layer(1, [0] * readers, terms)]

    assert network(setting, entries, read(1, 40)).layers[0].outputs == 40
    for readers, copies in [(1, MAX_NEURONS + 2), (MAX_WEIGHTS // MAX_NEURONS + 1, MAX_NEURONS)]:
        with pytest.raises(NetworkTooLarge):
            network(setting, entries, read(readers, copies))


def test_biases_and_weights_of_all_settings() -> None:
    draw = Random(8)
    for _ in range(100):
        setting = random_setting(draw)
        numbers = np.arange(-60, 61)
        wanted = [is_bias(setting, number) for number in numbers.tolist()]
        assert are_biases(setting, numbers).tolist() == wanted
        listed = weights_of(setting)
        assert setting.heaviest_weights == (max(listed), min(listed))
        assert all(weight in weight_format(setting).codes for weight in listed)
        assert weight_format(setting).scale == setting.format.scale


def test_layers_together_and_beside_each_other() -> None:
    fmt, draw = Format(lo=-2, hi=2, scale=2), Random(5)
    setting, table = QuantizationScheme(format=fmt), (0, 1, -1, 2, 1)
    for _ in range(20):
        widths = [draw.randint(1, 3) for _ in range(2)]
        same = [random_layer(draw, setting, 2, width, 1) for width in widths]
        point = (draw.randint(-2, 2), draw.randint(-2, 2))
        parts = [drafted_sums(fmt, table, [one], point) for one in same]
        assert drafted_sums(fmt, table, [concatenated(same)], point) == [*parts[0], *parts[1]]
        other = random_layer(draw, setting, 3, 2, 1)
        longer = tuple(draw.randint(-2, 2) for _ in range(3))
        parts[1] = drafted_sums(fmt, table, [other], longer)
        joint = drafted_sums(fmt, table, [block_diagonal([same[0], other])], (*point, *longer))
        assert joint == [*parts[0], *parts[1]]


def test_terms_add_up() -> None:
    terms = SparseTerms.joined(
        [SparseTerms.of([(0, 1, 3), (1, 0, 2)]), SparseTerms.of([(0, 1, -3)]).shifted(0, 0)]
    )
    matrix = terms.matrix((2, 2))
    assert matrix.nnz == 1 and matrix.toarray().tolist() == [[0, 0], [2, 0]]
    assert SparseTerms.of([(0, 0, 1)]).shifted(1, 2).matrix((2, 3)).toarray().tolist() == [
        [0, 0, 0],
        [0, 0, 1],
    ]
    assert SparseTerms.none().matrix((1, 1)).nnz == 0


def test_dense_neurons_may_all_read_odd_numbers() -> None:
    fmt = Format(lo=-2, hi=2, scale=2)
    setting = QuantizationScheme(format=fmt, weights=Weights.DENSE_BINARY)
    last = layer(1, [0, 0], [(0, 0, 6), (1, 0, -2)])
    made = check(setting, (0, 1, 0, 2, 1), [layer(1, [0], [(0, 0, 2)]), last])
    assert made.layers[0].outputs == 3
