"""Traces: what each neuron of each layer reads, sums up, rounds and gives."""

from __future__ import annotations

from fractions import Fraction

import smtcheck as sc
from smtcheck.networks.layers import Layer
from smtcheck.networks.matrices import Matrix
from smtcheck.networks.network import Network
from smtcheck.networks.trace import trace

FORMAT = sc.Format.paper(3, 4)


def layer(rows: list[list[int]], biases: tuple[int, ...], activation: str | None) -> Layer:
    return Layer(
        weights=Matrix.dense(rows),
        biases=biases,
        input_scale=FORMAT.scale,
        weight_format=FORMAT,
        output_format=FORMAT,
        activation=None if activation is None else sc.activation(activation),
    )


def test_every_neuron_of_every_layer_is_in_its_place() -> None:
    hidden = layer([[4, 0], [2, -3], [0, 7]], (0, 5, -1), "relu")
    last = layer([[1, 2, 3], [0, -4, 0]], (8, 0), None)
    network = Network(input_format=FORMAT, inputs=2, layers=(hidden, last))
    assert (network.outputs, network.neurons, network.nonzero_weights) == (2, 5, 8)
    layers = trace(network, (3, -2))
    assert [[(n.layer, n.neuron) for n in found] for found in layers] == [
        [(1, 1), (1, 2), (1, 3)],
        [(2, 1), (2, 2)],
    ]
    second = layers[0][1]
    assert second.products == ((2, 3), (-3, -2)) and second.bias == 5
    assert second.accumulator == 2 * 3 + 3 * 2 + 5
    assert (second.value, second.exact) == (Fraction(17, 16), Fraction(17, 4))
    assert (second.rounded, second.code, second.output) == (4, 4, 4)
    assert second.output_value == 1
    outputs = tuple(neuron.output for neuron in layers[0])
    assert outputs == (3, 4, 0) and layers[0][2].code == -4
    assert layers[1][0].products == ((1, 3), (2, 4), (3, 0))
    assert tuple(neuron.output for neuron in layers[1]) == network.evaluate((3, -2))


def test_what_the_activation_rounds_to_may_lie_outside_the_format() -> None:
    found = {}
    for name in ("square", "expr:x - 1/2", "expr:exp(1000000 * x)", None):
        network = Network(input_format=FORMAT, inputs=1, layers=(layer([[4]], (0,), name),))
        ((neuron,),) = trace(network, (7,))
        found[name] = (neuron.activated, neuron.output)
    assert found["square"] == (12, 7)  # 49 / 16 is 12.25 quarters, and 7 is the greatest code
    assert found["expr:x - 1/2"] == (5, 5)
    assert found["expr:exp(1000000 * x)"] == (None, 7)  # too long to write out
    assert found[None] == (None, 7)
