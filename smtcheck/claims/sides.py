"""The two things that a question compares: networks, expressions or activations.

A side turns input codes into output codes, in any interpretation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import TYPE_CHECKING, Any, Protocol

from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.operations import Interpretation, Num, Vector
from smtcheck.expressions.compilation import Compilation
from smtcheck.expressions.parsing import parse
from smtcheck.expressions.syntax import Expression, Grid
from smtcheck.expressions.tabulation import TableCache, Variable
from smtcheck.networks.activations import Activation

if TYPE_CHECKING:
    from smtcheck.networks.network import Network


class Side(Protocol):
    """One of the two things that are compared."""

    @property
    def input_format(self) -> Format:
        """What input codes are worth."""

    @property
    def inputs(self) -> int:
        """How many input codes it reads."""

    @property
    def outputs(self) -> int:
        """How many codes it gives."""

    @property
    def output_format(self) -> Format:
        """What they are worth."""

    @property
    def cost(self) -> int:
        """About how many neurons evaluating it at one point is like."""

    def codes(
        self, ops: Interpretation[Num, Vector], variables: Sequence[Variable[Num]]
    ) -> Sequence[Num]:
        """The output codes."""

    def undefined(
        self, ops: Interpretation[Num, Vector], variables: Sequence[Variable[Num]]
    ) -> Num | None:
        """1 where it divides by zero, else 0; None if it cannot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSide:
    """A network."""

    network: Network

    @property
    def input_format(self) -> Format:
        return self.network.input_format

    @property
    def inputs(self) -> int:
        return self.network.inputs

    @property
    def outputs(self) -> int:
        return self.network.outputs

    @property
    def output_format(self) -> Format:
        return self.network.output_format

    @property
    def cost(self) -> int:
        return self.network.neurons + self.network.nonzero_weights // 4

    def codes(
        self, ops: Interpretation[Num, Vector], variables: Sequence[Variable[Num]]
    ) -> Sequence[Num]:
        inputs = ops.vector([variable.code for variable in variables])
        from smtcheck.networks.layers import run

        return ops.numbers(run(ops, self.network.layers, inputs))

    def undefined(
        self, ops: Interpretation[Num, Vector], variables: Sequence[Variable[Num]]
    ) -> Num | None:
        return None


@dataclass(frozen=True, kw_only=True)
class ExpressionSide:
    """Exact real expressions, each quantized once into the output format."""

    texts: tuple[str, ...]
    expressions: tuple[Expression, ...]
    grids: tuple[tuple[str, Grid], ...] = ()  #: the table files by name
    inputs: int
    input_format: Format
    output_format: Format

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies parse the texts again: tables are named by nodes that only these trees have."""
        formats = self.input_format, self.output_format
        return _expression_side, (self.texts, self.grids, self.inputs, *formats)

    @cached_property
    def tables(self) -> TableCache:
        """Those that were made already."""
        return {}

    @property
    def outputs(self) -> int:
        return len(self.expressions)

    @property
    def cost(self) -> int:
        return sum(len(text) for text in self.texts) // 4 + 1

    def codes(
        self, ops: Interpretation[Num, Vector], variables: Sequence[Variable[Num]]
    ) -> Sequence[Num]:
        compiled = Compilation(ops, variables, self.tables)
        return [compiled.quantized(root, self.output_format) for root in self.expressions]

    def undefined(
        self, ops: Interpretation[Num, Vector], variables: Sequence[Variable[Num]]
    ) -> Num | None:
        compiled = Compilation(ops, variables, self.tables)
        flags = [compiled.undefined(expression) for expression in self.expressions]
        present = [flag for flag in flags if flag is not None]
        return reduce(ops.maximum, present) if present else None


def _expression_side(
    texts: tuple[str, ...],
    grids: tuple[tuple[str, Grid], ...],
    inputs: int,
    input_format: Format,
    output_format: Format,
) -> ExpressionSide:
    by_name = dict(grids)
    return ExpressionSide(
        texts=texts,
        expressions=tuple(parse(text, inputs, lambda name, _: by_name[name]) for text in texts),
        grids=grids,
        inputs=inputs,
        input_format=input_format,
        output_format=output_format,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationSide:
    """An activation on the codes of its format."""

    activation: Activation
    output_format: Format

    def __post_init__(self) -> None:
        self.activation.require_usable(self.output_format)

    @property
    def input_format(self) -> Format:
        return self.output_format

    @property
    def inputs(self) -> int:
        return 1

    @property
    def outputs(self) -> int:
        return 1

    @property
    def cost(self) -> int:
        return 4

    def codes(
        self, ops: Interpretation[Num, Vector], variables: Sequence[Variable[Num]]
    ) -> Sequence[Num]:
        return [self.activation.apply(ops, self.output_format, variables[0].code)]

    def undefined(
        self, ops: Interpretation[Num, Vector], variables: Sequence[Variable[Num]]
    ) -> Num | None:
        return None
