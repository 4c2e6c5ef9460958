"""What is asked: do two sides agree, up to a tolerance, on a box of inputs?

A side turns input codes into output codes in any interpretation: a network, expressions
quantized once, or an activation.  The question itself is written once too: its
violation is 1 where the sides differ by more than the tolerance, else 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import reduce

from smtcheck.arithmetic.intervals import Interval
from smtcheck.arithmetic.operations import (
    Interpretation,
    Num,
    Operations,
    Vector,
    absolute,
    subtract,
)
from smtcheck.claims.settings import QuantizationScheme
from smtcheck.claims.sides import Side
from smtcheck.errors import InputError, shown_number
from smtcheck.expressions.tabulation import Variable
from smtcheck.networks.activations import Activation

MAX_TOLERANCE = 2**64


class Obligation(Enum):
    """What has to be shown on the whole domain, in this order."""

    DEFINEDNESS = "a division by zero"  #: neither side divides by zero
    AGREEMENT = "a violation"  #: the sides agree


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Do `left` and `right` agree on every input of the domain?

    They agree where |left value - right value| <= tolerance_ulp / left output scale.
    """

    left: Side
    right: Side
    domain: tuple[Interval, ...]  #: of input codes
    tolerance_ulp: int = 0

    def __post_init__(self) -> None:
        left, right = self.left, self.right
        if (left.inputs, left.outputs) != (right.inputs, right.outputs):
            raise InputError(
                f"one side has {left.inputs} inputs and {left.outputs} outputs, the other "
                f"{right.inputs} and {right.outputs}"
            )
        one, other = left.input_format, right.input_format
        if (one.lo, one.hi, one.scale) != (other.lo, other.hi, other.scale):
            raise InputError(f"inputs of one side are {one}, of the other {other}")
        if len(self.domain) != left.inputs:
            raise InputError(f"domain has {len(self.domain)} axes for {left.inputs} inputs")
        for axis in self.domain:
            if axis.low < one.lo or axis.high > one.hi:
                raise InputError(f"domain {axis} leaves the codes of {one}")
        if not 0 <= self.tolerance_ulp <= MAX_TOLERANCE:
            raise InputError(
                f"tolerance_ulp is {shown_number(self.tolerance_ulp)}, allowed 0 .. 2^64"
            )

    @property
    def points(self) -> int:
        """How many inputs the domain holds."""
        return reduce(lambda product, axis: product * axis.size, self.domain, 1)

    @property
    def cost(self) -> int:
        """About how many neurons one point costs."""
        return self.left.cost + self.right.cost

    def variables(self, codes: Sequence[Num]) -> list[Variable[Num]]:
        """The inputs of an interpretation, with what is known of them."""
        scale = self.left.input_format.scale
        return [
            Variable(code=code, codes=axis, scale=scale)
            for code, axis in zip(codes, self.domain, strict=True)
        ]

    def failure(
        self, obligation: Obligation, ops: Interpretation[Num, Vector], codes: Sequence[Num]
    ) -> Num | None:
        """1 where the obligation fails, else 0; None if it cannot fail."""
        match obligation:
            case Obligation.AGREEMENT:
                return self.violation(ops, codes)
            case Obligation.DEFINEDNESS:
                return self.undefined(ops, codes)

    def violation(self, ops: Interpretation[Num, Vector], codes: Sequence[Num]) -> Num:
        """1 where some output differs by more than the tolerance, else 0."""
        variables = self.variables(codes)
        left = self.left.codes(ops, variables)
        right = self.right.codes(ops, variables)
        return self.differing(ops, left, right)

    def differing(self, ops: Operations[Num], left: Sequence[Num], right: Sequence[Num]) -> Num:
        """1 where some output codes of the sides differ by more than the tolerance, else 0."""
        return reduce(
            ops.maximum, [self._differs(ops, a, b) for a, b in zip(left, right, strict=True)]
        )

    def undefined(self, ops: Interpretation[Num, Vector], codes: Sequence[Num]) -> Num | None:
        """1 where a side divides by zero, else 0; None if none can."""
        variables = self.variables(codes)
        flags = [side.undefined(ops, variables) for side in (self.left, self.right)]
        present = [flag for flag in flags if flag is not None]
        return reduce(ops.maximum, present) if present else None

    def _differs(self, ops: Operations[Num], left: Num, right: Num) -> Num:
        """|left * right scale - right * left scale| > tolerance * right scale, as 0 or 1."""
        a, b = self.left.output_format.scale, self.right.output_format.scale
        if a != b:
            left = ops.multiply(left, ops.constant(b))
            right = ops.multiply(right, ops.constant(a))
        allowed = self.tolerance_ulp * (b if a != b else 1)
        distance = absolute(ops, subtract(ops, left, right))
        return ops.choose(distance, ops.constant(allowed), ops.constant(0), ops.constant(1))


@dataclass(frozen=True, slots=True, kw_only=True)
class UniversalityQuestion:
    """Do networks of a setting with this activation represent every function?"""

    setting: QuantizationScheme
    activation: Activation

    def __post_init__(self) -> None:
        self.activation.require_usable(self.setting.format)
