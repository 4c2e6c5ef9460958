"""Settings: a format with the weights and biases that its networks may use.

The question of universality is asked of a setting and an activation.  What a
neuron may do is written here once: which weights, which biases, and how the sum
is requantized (theory.md#requantize).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

import numpy as np

from smtcheck.arithmetic.arrays import exactly
from smtcheck.arithmetic.codes import ElementType, type_of_sums
from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.integers import Integers
from smtcheck.arithmetic.intervals import Interval
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.arithmetic.rounding import Rounding, round_quotient
from smtcheck.errors import InputError, shown_text


class Weights(Enum):
    """The codes a weight may have."""

    FULL = "full"  #: every code of the format
    TERNARY = "ternary"  #: -1, 0 and 1
    BINARY = "binary"  #: -1 and 1; a neuron reads any part of the layer before it
    DENSE_BINARY = "binary-dense"  #: -1 and 1; a neuron reads all of the layer before it


class Bias(Enum):
    """The numbers a bias may be, in units of 1 / scale^2."""

    EXACT = "exact"  #: every integer
    GRID = "grid"  #: every multiple of the scale
    FORMAT = "format"  #: the scale times a code: a number of the format


Choice = TypeVar("Choice", Weights, Bias)


def parse_choice(text: str, choices: type[Choice]) -> Choice:
    """A weight set or a bias set by its name."""
    for choice in choices:
        if choice.value == text:
            return choice
    allowed = ", ".join(choice.value for choice in choices)
    raise InputError(f"{choices.__name__.lower()} {shown_text(text)} is not one of {allowed}")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantizationScheme:
    """A format, a weight set and a bias set."""

    format: Format
    weights: Weights = Weights.FULL
    bias: Bias = Bias.EXACT

    @classmethod
    def parse(cls, format_text: str, weights: str, bias: str) -> QuantizationScheme:
        """A setting from the names of its parts; InputError says what is allowed."""
        return cls(
            format=Format.parse(format_text),
            weights=parse_choice(weights, Weights),
            bias=parse_choice(bias, Bias),
        )

    @property
    def weight_step(self) -> int:
        """g: the sums of weights are its multiples (theory.md#quantization-scheme)."""
        return 1 if self.weights is Weights.FULL else self.format.scale

    @property
    def heaviest_weights(self) -> tuple[int, int]:
        """The greatest weight and the least."""
        scale, fmt = self.format.scale, self.format
        return (fmt.hi, fmt.lo) if self.weights is Weights.FULL else (scale, -scale)

    @property
    def is_wrapping(self) -> bool:
        """Whether numbers outside the format are reduced modulo N."""
        return self.format.overflow is Overflow.WRAP

    @property
    def has_negative_weights(self) -> bool:
        """Whether sums of weights can have either sign: codes of an unsigned format cannot."""
        return self.weights is not Weights.FULL or self.format.lo < 0

    @property
    def has_constant_neurons(self) -> bool:
        """Whether a first-layer neuron can ignore its inputs."""
        return self.weights is not Weights.DENSE_BINARY

    def is_weight(self, weight: int) -> bool:
        """Whether one connection may have this weight code."""
        scale = self.format.scale
        match self.weights:
            case Weights.FULL:
                return weight in self.format.codes
            case Weights.TERNARY | Weights.BINARY:  # a sparse neuron may leave an input out
                return weight in (-scale, 0, scale)
            case Weights.DENSE_BINARY:
                return weight in (-scale, scale)

    def is_bias(self, bias: int) -> bool:
        """Whether a neuron may add this number."""
        scale = self.format.scale
        match self.bias:
            case Bias.EXACT:
                return True
            case Bias.GRID:
                return bias % scale == 0
            case Bias.FORMAT:
                return bias % scale == 0 and bias // scale in self.format.codes

    def biases(self, reach: int) -> Interval:
        """All biases that matter to sums of at most `reach`, counted in `bias_step`.

        Beyond them sums overflow alike, or wrapping repeats itself.
        """
        fmt = self.format
        if self.bias is Bias.FORMAT:
            return fmt.codes
        # overflow is settled beyond lo - 1 and hi + 1, and wrapping repeats after N codes
        span = (reach + fmt.scale * (fmt.codes.size + 1)) // self.bias_step + 1
        return Interval(-span, span)

    @property
    def bias_step(self) -> int:
        """Biases are multiples of it."""
        return 1 if self.bias is Bias.EXACT else self.format.scale

    @property
    def lowest_given(self) -> int:
        """The lowest code that a neuron gives: symmetric saturation gives none below -hi."""
        fmt = self.format
        is_symmetric = fmt.overflow is Overflow.SATURATE_SYMMETRIC
        return max(fmt.lo, -fmt.hi) if is_symmetric else fmt.lo

    def rounded(self, number: int) -> int:
        """round(number / scale), before overflow."""
        return round_quotient(Integers(), number, self.format.scale, self.format.rounding)

    def requantize(self, number: int) -> int:
        """R(number): the code of a sum (theory.md#requantize)."""
        return self.format.requantize(Integers(), number, self.format.scale)

    def requantize_many(self, numbers: np.ndarray) -> np.ndarray:
        """R of an array of integers."""
        flat = numbers.reshape(-1)
        bounds = Interval(int(flat.min()), int(flat.max()))
        fmt = self.format
        codes = exactly(lambda ops: fmt.requantize(ops, ops.variable(flat, bounds), fmt.scale))
        return np.broadcast_to(codes.elements, flat.shape).reshape(numbers.shape)

    @property
    def sum_type(self) -> ElementType:
        """What holds w x + b exactly, for all weights, codes and biases that matter."""
        fmt = self.format
        largest = max(-fmt.lo, fmt.hi)
        heaviest = largest if self.weights is Weights.FULL else fmt.scale
        reach = heaviest * largest
        return type_of_sums(2 * reach + fmt.scale * (fmt.codes.size + 2))

    def __str__(self) -> str:
        return f"{self.format}, {self.weights.value} weights, {self.bias.value} bias"


NEAREST = frozenset(mode for mode in Rounding if mode.name.startswith("HALF"))
SHIFTING = frozenset({Rounding.FLOOR, Rounding.CEILING, Rounding.HALF_UP, Rounding.HALF_DOWN})


def rounds_periodically(fmt: Format) -> bool:
    """Whether round(x + N) = round(x) + N for all x: what wrapping needs to be a ring."""
    if fmt.rounding in SHIFTING or fmt.scale == 1:
        return True
    if fmt.rounding in NEAREST and fmt.scale % 2:
        return True  # there are no ties
    return fmt.rounding is Rounding.HALF_EVEN and fmt.codes.size % 2 == 0
