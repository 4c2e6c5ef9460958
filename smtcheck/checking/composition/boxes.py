"""All inputs of a box at once, in arrays that broadcast: what depends on one input is short."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from smtcheck.arithmetic.arrays import Array, Arrays, WouldOverflow
from smtcheck.arithmetic.codes import INT64
from smtcheck.arithmetic.intervals import Interval
from smtcheck.claims.questions import Question
from smtcheck.claims.sides import Side

Ints = NDArray[np.int64]


def along(axis: Interval, index: int, inputs: int) -> Ints:
    """The codes of an input, shaped so that inputs broadcast to the whole box.

    WouldOverflow where int64 does not hold them.
    """
    if axis.low not in INT64 or axis.high not in INT64:
        raise WouldOverflow(f"input codes reach {axis.low} .. {axis.high}, beyond int64")
    # not arange(low, high + 1): where only the end is beyond int64, that is an array of floats
    codes = axis.low + np.arange(axis.size, dtype=np.int64)
    return codes.reshape([-1 if place == index else 1 for place in range(inputs)])


def outputs_at_all(side: Side, question: Question) -> list[Array]:
    """A side's output codes at all inputs of a question, the last input fastest.

    WouldOverflow where int64 might not hold some value.
    """
    ops, domain = Arrays(), question.domain
    codes = [ops.variable(along(axis, i, len(domain)), axis) for i, axis in enumerate(domain)]
    shape = tuple(axis.size for axis in domain)
    found = side.codes(ops, question.variables(codes))
    return [
        Array(np.broadcast_to(array.elements, shape).reshape(-1), array.bounds) for array in found
    ]
