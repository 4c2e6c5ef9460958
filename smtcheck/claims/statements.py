"""Statements about all codes at once, for tables too large to be listed.

Each says that something holds everywhere on a box of integers, and can be turned into
its violation in any interpretation: as terms it is what a solver is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Protocol

from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.intervals import Interval
from smtcheck.arithmetic.operations import Num, Operations, absolute, subtract
from smtcheck.claims.evidence import Neuron
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from smtcheck.claims.verdicts import Basis
from smtcheck.networks.activations import Activation


class Undecidable(Exception):
    """Nobody established whether a statement is true: why."""


class Statement(Protocol):
    """Something that is true of every point of a box."""

    @property
    def domain(self) -> tuple[Interval, ...]:
        """The box."""

    def violation(self, ops: Operations[Num], point: Sequence[Num]) -> Num:
        """1 where it is false, else 0."""


class Discharger(Protocol):
    """Who vouches for statements: solvers, or the proofs of a certificate."""

    @property
    def basis(self) -> Basis:
        """What its answers rest on."""

    def is_true(self, *statements: Statement) -> bool:
        """Whether all of them are true; Undecidable, or Refused, if that is not established."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Congruence:
    """T(k) = T(lo) modulo D for all codes k; modulo 0 means equality."""

    activation: Activation
    format: Format
    modulus: int
    result: int  #: T(lo)

    @property
    def domain(self) -> tuple[Interval, ...]:
        return (self.format.codes,)

    def violation(self, ops: Operations[Num], point: Sequence[Num]) -> Num:
        result = self.activation.apply(ops, self.format, point[0])
        difference = ops.add(result, ops.constant(-self.result))
        if self.modulus == 1:
            return ops.constant(0)
        if self.modulus:
            difference = ops.modulo(difference, ops.constant(self.modulus))
        return differs(ops, difference, ops.constant(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Indistinct:
    """No first-layer neuron of one input, followed by T, tells two codes apart."""

    setting: QuantizationScheme
    activation: Activation
    left: int
    right: int

    @property
    def domain(self) -> tuple[Interval, ...]:
        fmt = self.setting.format
        is_full = self.setting.weights is Weights.FULL
        weights = fmt.codes if is_full else Interval(-1, 1)
        heaviest = max(-fmt.lo, fmt.hi) if is_full else fmt.scale
        reach = heaviest * max(abs(self.left), abs(self.right))
        return (weights, self.setting.biases(reach))

    def violation(self, ops: Operations[Num], point: Sequence[Num]) -> Num:
        one, other = (
            activated(ops, self.setting, self.activation, self._sum(ops, point, code))
            for code in (self.left, self.right)
        )
        return differs(ops, one, other)

    def neuron(self, point: Sequence[int]) -> Neuron:
        """The neuron that a point of the domain stands for."""
        weight, bias = (self._scaled(index, number) for index, number in enumerate(point))
        return Neuron(weight=weight, bias=bias)

    def _sum(self, ops: Operations[Num], point: Sequence[Num], code: int) -> Num:
        terms = [
            ops.multiply(number, ops.constant(self._scaled(index, factor)))
            for index, (number, factor) in enumerate(zip(point, (code, 1), strict=True))
        ]
        return reduce(ops.add, terms)

    def _scaled(self, index: int, number: int) -> int:
        """Weights and biases are counted in these units."""
        setting = self.setting
        is_unit = (setting.weights is Weights.FULL, setting.bias is Bias.EXACT)[index]
        return number if is_unit else number * setting.format.scale


@dataclass(frozen=True, slots=True, kw_only=True)
class Injective:
    """No two codes give the same activations of all these neurons."""

    setting: QuantizationScheme
    activation: Activation
    neurons: tuple[Neuron, ...]

    @property
    def domain(self) -> tuple[Interval, ...]:
        codes = self.setting.format.codes
        return (codes, codes)

    def violation(self, ops: Operations[Num], point: Sequence[Num]) -> Num:
        left, right = point
        one = ops.constant(1)
        equal = [ops.choose(ops.add(left, one), right, one, ops.constant(0))]  # left < right
        for neuron in self.neurons:
            results = (
                activated(ops, self.setting, self.activation, self._sum(ops, neuron, code))
                for code in point
            )
            equal.append(subtract(ops, one, differs(ops, *results)))
        return reduce(ops.minimum, equal)

    def _sum(self, ops: Operations[Num], neuron: Neuron, code: Num) -> Num:
        weighted = ops.multiply(code, ops.constant(neuron.weight))
        return ops.add(weighted, ops.constant(neuron.bias))


def activated(
    ops: Operations[Num], setting: QuantizationScheme, act: Activation, number: Num
) -> Num:
    """T(R(number))."""
    code = setting.format.requantize(ops, number, setting.format.scale)
    return act.apply(ops, setting.format, code)


def differs(ops: Operations[Num], left: Num, right: Num) -> Num:
    """1 where two numbers differ, else 0."""
    distance = absolute(ops, subtract(ops, left, right))
    return ops.choose(distance, ops.constant(0), ops.constant(0), ops.constant(1))
