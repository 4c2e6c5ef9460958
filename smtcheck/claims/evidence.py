"""What a verdict about universality rests on: few numbers, enough for others to re-check.

Each class is one argument; theory.md#universality has its proof and
`arguments` its check.  Everything is an integer, so evidence can be
written down as JSON and read back.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

import msgspec


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """T(code) = result."""

    code: int
    result: int


class Neuron(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A neuron that reads one input: R(weight * x + bias)."""

    weight: int
    bias: int


class ProofMethod(Enum):
    """How it is shown that something holds for all codes."""

    TABLE = "table"  #: all of them are tried
    ORDER = "order"  #: T never falls, so that few of them settle the rest
    SOLVER = "solver"  #: a `Discharger` says so
    ROUNDING = "rounding"  #: sums are rounded alike, whatever the weight
    SUMS = "sums"  #: all sums of neurons that read every input are tried


# How inputs are told apart --------------------------------------------------------


class ByShifts(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="by",
    tag="shifts",
):  # fmt: skip
    """T is not constant, and every shift of the input is a neuron."""

    witness: tuple[Entry, Entry]


class ByEnds(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="by",
    tag="ends",
):  # fmt: skip
    """T(lo) != T(hi), and every shift by a code of the format is a neuron."""

    witness: tuple[Entry, Entry]


class ByNeurons(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="by",
    tag="neurons",
):  # fmt: skip
    """No two codes give the same activations of these neurons."""

    neurons: tuple[Neuron, ...]
    proof: ProofMethod = ProofMethod.TABLE


# Why a network format is universal --------------------------------------------------


class Inverter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rise and a fall of T that bits can be sent through, where no weight is negative.

    A bit whose T-values are T(low) < T(high) enters a neuron with a weight and a
    bias; the neuron's activations then differ the other way round than those of the
    pair `rise`, one of whose codes is an end of the format.
    """

    rise: tuple[Entry, Entry]  #: a code and a greater one, of which one is lo or hi
    bit: tuple[Entry, Entry]  #: the same of another pair, by increasing result
    weight: int
    bias: int


class Criterion(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True,
    tag_field="argument", tag="criterion",
):  # fmt: skip
    """Separation and coverage (theory.md#criterion).

    The pre-activations bias + g * repeats * T(constant) + g * D * t cover all codes, where
    D is the greatest common divisor of the differences between the given entries.
    """

    entries: tuple[Entry, ...]
    difference_gcd: int
    bias: int
    constant: Entry
    repeats: int
    separation: ByShifts | ByEnds | ByNeurons
    opposites: Inverter | None = None  #: only where no weight is negative


class GeneratingNeuron(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A neuron of a `LayeredNetwork`: bias + sum of coefficient * (its inputs)."""

    bias: int
    terms: tuple[tuple[int, int], ...]  #: (which neuron of the layer before, coefficient)


LayeredNetwork = tuple[tuple[GeneratingNeuron, ...], ...]  #: layers of a network, all followed by T


class GeneratingNetworks(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True,
    tag_field="argument", tag="closure",
):  # fmt: skip
    """Wrapping networks that are everything: (a) and (b) of theory.md#generating-networks.

    `sequence` is a network of one input.  If it has one output: as its input runs through
    all shifts, its activations have a linear complexity of at least N modulo each prime
    that divides K / delta.  Otherwise its outputs are independent modulo each.  `gates` are
    networks of two bits, which are delivered as T(first) and T(second) of `bits`.
    """

    difference_gcd: int
    sequence: LayeredNetwork
    bits: tuple[Entry, Entry]
    gates: LayeredNetwork


# Why it is not --------------------------------------------------------------------


class ConstantActivation(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True,
    tag_field="argument", tag="constant",
):  # fmt: skip
    """T(k) is the same for all codes, so every network is constant."""

    value: int
    proof: ProofMethod


class Inseparable(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True,
    tag_field="argument", tag="inseparable",
):  # fmt: skip
    """Two inputs that no first-layer neuron, followed by T, tells apart."""

    left: tuple[int, ...]
    right: tuple[int, ...]
    proof: ProofMethod


class UncoveredResidues(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Output neurons whose sums leave these residues never give this code."""

    first_residue: int
    last_residue: int
    code: int


class PigeonholeViolation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Consecutive codes, more than one output neuron can give."""

    first_code: int
    last_code: int


class Uncovered(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True,
    tag_field="argument", tag="uncovered",
):  # fmt: skip
    """An output neuron's sums agree modulo g * D, and so never give every code."""

    entries: tuple[Entry, ...]  #: whose differences have the gcd D
    difference_gcd: int
    modulus: int  #: g * D, or its gcd with s * N where sums only matter modulo that
    gaps: tuple[UncoveredResidues, ...]  #: for each residue that sums can leave
    crowd: PigeonholeViolation | None
    proof: ProofMethod


class NeverGiven(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True,
    tag_field="argument", tag="never-given",
):  # fmt: skip
    """Symmetric saturation gives no code below -hi, so no neuron does."""

    code: int


class MonotoneActivation(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True,
    tag_field="argument", tag="monotone",
):  # fmt: skip
    """No weight is negative and T is monotone, so every network is monotone."""

    direction: int  #: 1 where T never falls, -1 where it never rises
    proof: ProofMethod


class Ordered(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True,
    tag_field="argument", tag="ordered",
):  # fmt: skip
    """No weight is negative, and no network is less at hi than at lo.

    `increments` generate, by addition, all differences between the two inputs that a
    neuron after the first layer can meet.
    """

    increments: tuple[int, ...]


class Congruent(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True,
    tag_field="argument", tag="congruent",
):  # fmt: skip
    """Wrapping networks keep two inputs congruent modulo s * shift (theory.md#congruent)."""

    difference_gcd: int
    shift: int  #: g * T(k + shift) = g * T(k) modulo s * shift, for all k
    left: int
    right: int


class Parity(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True,
    tag_field="argument", tag="parity",
):  # fmt: skip
    """Modulo s * shift wrapping networks are affine after one layer (theory.md#parity)."""

    difference_gcd: int
    shift: int
    inputs: int  #: the indicator of a point is out of reach from this many inputs on


class AffineActivation(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True,
    tag_field="argument", tag="affine",
):  # fmt: skip
    """Every step of a wrapping network is affine modulo N."""

    slope: int


Support = Criterion | GeneratingNetworks
Obstacle = (
    ConstantActivation
    | Inseparable
    | Uncovered
    | NeverGiven
    | MonotoneActivation
    | Ordered
    | Congruent
    | Parity
    | AffineActivation
)
Evidence = Support | Obstacle


def document(evidence: Evidence) -> dict[str, Any]:
    """Evidence as JSON-able data."""
    data = msgspec.to_builtins(evidence)
    assert isinstance(data, dict)
    return data


def from_document(data: dict[str, Any]) -> Evidence:
    """The opposite; msgspec.ValidationError says what is wrong."""
    evidence: Evidence = msgspec.convert(data, Evidence)
    return evidence
