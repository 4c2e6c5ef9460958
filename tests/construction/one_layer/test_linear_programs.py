"""Programs in whole numbers: answers are answers, and near what real numbers would take."""

from __future__ import annotations

from itertools import product
from random import Random

import numpy as np
import pytest

from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.claims.settings import Bias, QuantizationScheme
from smtcheck.construction.effort import Dives
from smtcheck.construction.indicators.saturation import NoNetwork
from smtcheck.construction.one_layer.linear_programs import Hidden, Program
from tests.checking.universality.naive_evidence import is_bias
from tests.universality.naive import Table, codes_of, requantized

RAMP: Table = (0, 0, 0, 0, 1, 2, 3)
HAT: Table = (-2, -1, 0, 3, 0, -1, -3)
QUICK = Dives(beside=(60,) * 3, enough=1)


def hidden_of(fmt: Format, table: Table) -> Hidden:
    """All neurons of one input."""
    weights = [weight for weight in codes_of(fmt) if weight]
    biases = range(-3 * fmt.hi, 3 * fmt.hi + 1)
    rows = [*product(weights, biases)]
    values = [
        [table[requantized(fmt, weight * code + bias) - fmt.lo] for code in codes_of(fmt)]
        for weight, bias in rows
    ]
    return Hidden(
        weights=np.array([[weight] for weight, _ in rows]),
        biases=np.array([bias for _, bias in rows]),
        values=np.array(values),
    )


@pytest.mark.parametrize("bias", Bias, ids=str)
@pytest.mark.parametrize("overflow", [Overflow.SATURATE, Overflow.SATURATE_TO_ZERO], ids=str)
@pytest.mark.sampled(2)
def test_answers_are_rounded_to_the_table(bias: Bias, overflow: Overflow) -> None:
    fmt, draw, found = Format(lo=-3, hi=3, scale=2, overflow=overflow), Random(str(bias)), 0
    setting = QuantizationScheme(format=fmt, bias=bias)
    for table in (RAMP, HAT):
        hidden = hidden_of(fmt, table)
        for _ in range(4):
            wanted = draw.choices(codes_of(fmt), k=7)
            program = Program.of(setting, hidden, np.array(wanted))
            try:
                coefficients, constant = program.solved(QUICK)
            except NoNetwork:
                continue
            found += 1
            assert is_bias(setting, constant)
            assert all(coefficients.values())
            for place, code in enumerate(wanted):
                added = sum(
                    own * int(hidden.values[row][place]) for row, own in coefficients.items()
                )
                assert requantized(fmt, constant + added) == code
            # a weight of each neuron, its bias, and what reads it, as often as needed
            cost = sum(3 * -(-abs(own) // fmt.hi) for own in coefficients.values())
            assert program.least() <= cost <= 3 * 2 * 7
    assert found >= 4


def test_the_least_is_what_real_coefficients_take() -> None:
    """One neuron does it, with a coefficient of 2 / 3 of the heaviest weight."""
    fmt = Format(lo=-3, hi=3, scale=1)
    hidden = Hidden(
        weights=np.array([[3]]), biases=np.array([0]), values=np.array([[0, 0, 0, 0, 1, 1, 1]])
    )
    wanted = np.array([-1, -1, -1, -1, 1, 1, 1])
    program = Program.of(QuantizationScheme(format=fmt), hidden, wanted)
    assert program.least() == 2  # of 3 parameters
    assert program.solved(QUICK) == ({0: 2}, -1)


def test_more_dives_are_no_worse() -> None:
    fmt, draw = Format(lo=-3, hi=3, scale=3), Random(3)
    setting, hidden = QuantizationScheme(format=fmt), hidden_of(fmt, HAT)
    for _ in range(5):
        program = Program.of(setting, hidden, np.array(draw.choices(codes_of(fmt), k=7)))
        one, three = (
            program._cost(program.solved(Dives(beside=(4,) * 8, enough=enough)))
            for enough in (1, 3)
        )
        assert three <= one


def test_there_may_be_no_answer() -> None:
    fmt = Format(lo=-3, hi=3, scale=1)
    flat = Hidden(weights=np.array([[1]]), biases=np.array([0]), values=np.ones((1, 7), np.int64))
    program = Program.of(QuantizationScheme(format=fmt), flat, np.arange(-3, 4))
    with pytest.raises(NoNetwork, match="no combination is found"):
        program.least()
    with pytest.raises(NoNetwork):
        program.solved(QUICK)
    coarse = Hidden(
        weights=np.array([[1]]), biases=np.array([0]), values=np.array([[0, 0, 0, 2, 2, 2, 2]])
    )
    program = Program.of(QuantizationScheme(format=fmt), coarse, np.array([0, 0, 0, 1, 1, 1, 1]))
    with pytest.raises(NoNetwork, match="whole numbers"):
        program.solved(QUICK)
