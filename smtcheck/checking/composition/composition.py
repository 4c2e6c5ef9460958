"""The engine for networks made of parts: lemmas, then one pass over the network.

A network that was constructed has neurons that depend on few numbers each, or overflow
nearly everywhere.  Such neurons have short exact tables (`neuron_tables`), so that all
outputs are found for all inputs in a time close to that of reading the network, though
it may have a million neurons.  What is left out is covered by lemmas that a solver proves
(`saturation`); the rest is exact and exhaustive.  So the answer is right for every
network, and a change of one weight is found wherever it matters.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from math import prod

import numpy as np
from numpy.typing import NDArray

from smtcheck.arithmetic.arrays import Array, Arrays, WouldOverflow
from smtcheck.arithmetic.integers import Integers
from smtcheck.arithmetic.intervals import Interval, hull
from smtcheck.checking import exhaustive, replay
from smtcheck.checking.composition.blocks import USUAL, Block, DoesNotApply, TableSizes
from smtcheck.checking.composition.boxes import along, outputs_at_all
from smtcheck.checking.composition.directions import Axes
from smtcheck.checking.composition.layer_sums import (
    SAFE,
    Ends,
    activated,
    biases_of,
    is_safe,
    matrix_of,
    require_safe,
)
from smtcheck.checking.composition.neuron_tables import first_blocks, next_blocks, streamed_blocks
from smtcheck.checking.composition.saturation import (
    LemmaProver,
    Overflows,
    OverflowSide,
    arithmetic_of,
    size_for,
    threshold,
)
from smtcheck.checking.settled import proved
from smtcheck.claims.questions import Obligation, Question
from smtcheck.claims.sides import NetworkSide, Side
from smtcheck.claims.statements import Undecidable
from smtcheck.claims.verdicts import Basis, InternalError, Minimality, Verdict
from smtcheck.limits import Limits
from smtcheck.networks.layers import Layer
from smtcheck.networks.network import Network

Ints = NDArray[np.int64]

ENGINE = "composition"
MAX_POINTS = 2**24  #: inputs
MAX_INPUTS = 32  #: axes that an array may have, in all versions of numpy


def prove(
    question: Question,
    limits: Limits,
    deadline: float,
    lemmas: LemmaProver,
    executor: Executor | None = None,
    sizes: TableSizes = USUAL,
) -> Verdict:
    """Whether the sides agree; DoesNotApply if a network is not made of parts."""
    _require_listable(question.domain)
    if not any(isinstance(side, NetworkSide) for side in (question.left, question.right)):
        raise DoesNotApply("there is no network")
    defined = exhaustive.scan(question, Obligation.DEFINEDNESS, deadline)
    if defined.failure is not None:
        return replay.failed(
            question, Obligation.DEFINEDNESS, ENGINE, defined.failure, Minimality.SMALLEST
        )
    composition = _Composition(question, limits, lemmas, executor, sizes)
    try:
        left, right = (composition.outputs(side) for side in (question.left, question.right))
        flags = question.differing(Arrays(), left, right)
    except (WouldOverflow, OverflowError):
        raise DoesNotApply("some values do not fit into int64") from None
    except Undecidable as error:
        raise DoesNotApply(f"a lemma was not proved: {error}") from None
    if not defined.is_complete or time.monotonic() > deadline:
        raise DoesNotApply("time was over")
    found = _smallest(question.domain, np.broadcast_to(flags.elements, (question.points,)))
    if found is not None:
        return replay.failed(question, Obligation.AGREEMENT, ENGINE, found, Minimality.SMALLEST)
    return proved(ENGINE, composition.evidence, composition.basis)


def _require_listable(domain: Sequence[Interval]) -> None:
    """Refuse domains of which there is no array: an axis an input, int64 codes."""
    points = prod(axis.size for axis in domain)
    if points > MAX_POINTS:
        raise DoesNotApply(f"{points} inputs are more than {MAX_POINTS}")
    if len(domain) > MAX_INPUTS:
        raise DoesNotApply(f"{len(domain)} input codes are more than {MAX_INPUTS}")
    if max(max(abs(axis.low), abs(axis.high)) for axis in domain) >= SAFE:
        raise DoesNotApply("input codes do not fit into int64")


class _Composition:
    """One question."""

    def __init__(
        self,
        question: Question,
        limits: Limits,
        lemmas: LemmaProver,
        executor: Executor | None,
        sizes: TableSizes = USUAL,
    ) -> None:
        self._question = question
        self._executor = executor
        self._limits = limits
        self._lemmas = lemmas
        self._sizes = sizes
        self._ends: dict[tuple[object, ...], Ends] = {}
        self._used = 0

    @property
    def evidence(self) -> str:
        """What a proof rests on."""
        tables = f"all {self._question.points} inputs, from exact tables of the network's parts"
        checked = "their proofs were checked" if self.basis is Basis.CERTIFICATE else None
        lemmas = f" and {self._used} lemmas ({checked or self.basis.value})"
        return tables + (lemmas if self._used else "")

    @property
    def basis(self) -> Basis:
        """That of the lemmas, where there are any."""
        return self._lemmas.basis if self._used else Basis.EVALUATION

    def outputs(self, side: Side) -> list[Array]:
        """A side's output codes at all inputs, the last input fastest."""
        if isinstance(side, NetworkSide):
            return self._composed(side.network)
        return outputs_at_all(side, self._question)

    def _composed(self, network: Network) -> list[Array]:
        domain = self._question.domain
        if len(network.layers) < 2:
            raise DoesNotApply("a network of one layer has no parts")
        axes, blocks = first_blocks(network.layers[0], domain, self._sizes)
        *inner, wide, last = network.layers
        for layer in inner[1:]:
            blocks = next_blocks(layer, axes, blocks, self._ends_of)
        if not inner:
            return _last_outputs(last, axes, blocks, _largest(blocks), domain)
        codes = wide.output_format.codes
        size = max(abs(codes.low), abs(codes.high))
        if not is_safe(last, size):  # it may be for the codes that there are
            blocks = next_blocks(wide, axes, blocks, self._ends_of)
            return _last_outputs(last, axes, blocks, _largest(blocks), domain)
        streamed = streamed_blocks(wide, axes, blocks, self._ends_of, self._sizes.streamed)
        return _last_outputs(last, axes, streamed, size, domain)

    def _ends_of(self, layer: Layer, bound: int) -> Ends:
        """At which sums a layer overflows, by a lemma for each side."""
        size = size_for(bound)
        # the question keeps the activation, so its id stays its own
        key = (layer.accumulator_scale, layer.output_format, id(layer.activation), size)
        if key not in self._ends:
            self._ends[key] = self._proved_ends(layer, size)
        return self._ends[key]

    def _proved_ends(self, layer: Layer, size: int) -> Ends:
        plain = arithmetic_of(layer)
        found = {side: threshold(plain, side, size) for side in OverflowSide}
        lemmas = [
            Overflows(layer=plain, side=side, threshold=end[0], code=end[1], size=size)
            for side, end in found.items()
            if end is not None
        ]
        self._lemmas.require(lemmas, self._limits, self._executor)
        self._used += len(lemmas)
        low, high = found[OverflowSide.LOW], found[OverflowSide.HIGH]
        return Ends(
            low=None if low is None else low[0],
            high=None if high is None else high[0],
            low_value=_activation(layer, low[1]) if low else 0,
            high_value=_activation(layer, high[1]) if high else 0,
        )


def _activation(layer: Layer, code: int) -> int:
    if layer.activation is None:
        return code
    return layer.activation.apply(Integers(), layer.output_format, code)


def _largest(blocks: Sequence[Block]) -> int:
    """The largest size of a value."""
    return max(block.table.size() for block in blocks)


def _last_outputs(
    layer: Layer,
    axes: Axes,
    blocks: Iterable[Block],
    size: int,
    domain: Sequence[Interval],
) -> list[Array]:
    """The codes of the last layer at every input, from neurons that give codes up to a size."""
    bound = require_safe(layer, size)
    points = prod(axis.size for axis in domain)
    axes.sizes.require(layer.outputs, points)
    sums = np.repeat(biases_of(layer)[:, None], points, axis=1)
    matrix = matrix_of(layer)
    for block in blocks:
        weights = block.read_by(matrix)
        if weights.nnz:
            table = block.table.summed(weights, axes.sizes)
            sums += _at_inputs(axes, block.axes, table.dense, domain)
    if (largest := int(np.abs(sums).max())) > bound:
        raise InternalError(f"a sum of size {largest} exceeds its bound {bound}")
    outputs = activated(layer, sums)
    return [Array(row, hull(int(row.min()), int(row.max()))) for row in outputs]


def _at_inputs(axes: Axes, own: Sequence[int], values: Ints, domain: Sequence[Interval]) -> Ints:
    """Values at places of some axes, at the place that each input has on these."""
    if not own:
        return values
    if [axes.directions[axis] for axis in own] == list(map(tuple, np.eye(len(domain), dtype=int))):
        return values  # the inputs themselves
    places = np.zeros((1,) * len(domain), dtype=np.int64)
    for axis in own:
        span = axes.ranges[axis]
        position = np.full((1,) * len(domain), -span.low)
        for index, sign in enumerate(axes.directions[axis]):
            if sign:
                position = position + sign * along(domain[index], index, len(domain))
        places = places * span.size + position
    places = np.broadcast_to(places, tuple(axis.size for axis in domain))
    return np.asarray(values[:, places.reshape(-1)])


def _smallest(domain: Sequence[Interval], flags: Ints) -> tuple[int, ...] | None:
    """The first input with a flag, in the order in which inputs are tried."""
    raised = np.flatnonzero(flags)
    if not raised.size:
        return None
    places = np.unravel_index(raised, tuple(axis.size for axis in domain))
    codes = [place + axis.low for place, axis in zip(places, domain, strict=True)]
    keys = [key for axis in codes for key in (np.abs(axis), axis < 0)]
    first = np.lexsort(keys[::-1])[0]
    return tuple(int(axis[first]) for axis in codes)
