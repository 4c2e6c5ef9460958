"""Circuits evaluated gate by gate, at many points at once, from what each gate is said to be.

It shares no code with `Circuits`, and looks at clauses too: those of every gate must
hold at its value and fail at the other, whatever its operands are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smtcheck.arithmetic.circuits import Circuits, Linear
from smtcheck.arithmetic.logic import Kind, Logic

Truths = NDArray[np.bool_]


def truths_of(logic: Logic, inputs: Sequence[Truths]) -> list[Truths]:
    """The value of each gate, where free variables are given in their order."""
    given, found = iter(inputs), [np.array([True])]
    for kind, operands in logic.gates[1:]:
        assert all(0 < abs(operand) <= len(found) for operand in operands), "not an earlier gate"
        values = [found[abs(operand) - 1] ^ (operand < 0) for operand in operands]
        found.append(next(given) if kind is Kind.INPUT else gate_value(kind, values))
    assert next(given, None) is None
    return found


def gate_value(kind: Kind, values: Sequence[Truths]) -> Truths:
    """What a gate of a kind is said to compute."""
    match kind:
        case Kind.TRUE:
            return np.array([True])
        case Kind.AND:
            return values[0] & values[1]
        case Kind.XOR:
            return values[0] ^ values[1]
        case Kind.MUX:
            return np.where(values[0], values[1], values[2])
    raise AssertionError(f"{kind} has no value of its own")


def bits_of(numbers: Iterable[int], width_bits: int) -> list[Truths]:
    """Two's complement, the lowest first."""
    words = list(numbers)
    assert all(-(1 << (width_bits - 1)) <= n < 1 << (width_bits - 1) for n in words)
    return [np.array([n >> i & 1 == 1 for n in words]) for i in range(width_bits)]


def values_at(circuits: Circuits, result: Linear, columns: Sequence[Iterable[int]]) -> list[int]:
    """The values of a number where the variables are given; all atoms keep their bounds."""
    inputs = [
        bit
        for atom, column in zip(circuits.variables, columns, strict=True)
        for bit in bits_of(column, len(atom.bits))
    ]
    truths = truths_of(circuits.logic, inputs)
    total: Any = np.array([result.constant], dtype=object)
    for atom in {*circuits.variables, *circuits.sums, *(atom for atom, _ in result.terms)}:
        assert len(atom.bits) == atom.bounds.width_bits
        bits = [(truths[abs(bit) - 1] ^ (bit < 0)).astype(object) for bit in atom.bits]
        word = sum(bit << i for i, bit in enumerate(bits[:-1])) - (bits[-1] << (len(bits) - 1))
        assert all(value in atom.bounds for value in np.atleast_1d(word)), "leaves its bounds"
        total = total + word * dict(result.terms).get(atom, 0)
    points = max((len(bit) for bit in inputs), default=1)
    return [int(value) for value in np.broadcast_to(total, points)]
