"""The command `decide`: is a format universal for an activation, and what would make it so?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import click
import numpy as np

from smtcheck.arithmetic.arrays import Array, Arrays, exactly
from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.intervals import Interval
from smtcheck.claims.settings import QuantizationScheme
from smtcheck.claims.sides import ExpressionSide
from smtcheck.claims.targets import expression_side
from smtcheck.claims.verdicts import NotUniversal, Undecided, UniversalityVerdict
from smtcheck.errors import InputError
from smtcheck.expressions.tabulation import Variable
from smtcheck.files import FileSpace
from smtcheck.interface import options as opt
from smtcheck.interface.outcomes import Exit, Options, in_time, print_json, values_of
from smtcheck.interface.printing import say, width_for_people
from smtcheck.interface.universality_text import explanation, universality_document
from smtcheck.limits import Limits
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.networks.activations import activation
from smtcheck.universality.decision import decide
from smtcheck.universality.near_misses import NearMiss, near_misses
from smtcheck.universality.representability import Representability, representable

LINE_WIDTH = 98


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideRequest:
    """What `decide` was asked."""

    activation: str
    format: str
    weights: str
    bias: str
    target: str | None
    inputs: int


def decide_request(request: DecideRequest, options: Options) -> int:
    """Decide, explain, suggest; the exit code says whether it is universal."""
    act = activation(request.activation, FileSpace.working_directory(), options.code)
    setting = QuantizationScheme.parse(request.format, request.weights, request.bias)
    entries = ActivationTable(act, setting.format)
    values = None
    if request.target is not None:
        values = _Target.parse(request.target, request.inputs, setting.format)
    verdict = decide(setting, act, options.limits)
    misses = []
    if isinstance(verdict, NotUniversal):
        misses = list(near_misses(setting, act, _quick(options.limits)))
    answer = None
    if values is not None:
        answer = representable(setting, entries, verdict, values.codes, request.inputs)
    if options.output is Options.Output.JSON:
        found = universality_document(setting, request.activation, verdict)
        print_json(found | _more(misses, answer, request.target, setting.format))
    else:
        _show(setting, request, verdict, misses, answer)
    return _exit(verdict, answer).value


def _quick(limits: Limits) -> Limits:
    return Limits(
        timeout_seconds=min(10, limits.timeout_seconds),
        memory_mebibytes=limits.memory_mebibytes,
        seed=limits.seed,
    )


def _exit(verdict: UniversalityVerdict, answer: Representability | None) -> Exit:
    """With a target, whether that is representable."""
    if answer is not None:
        if answer.is_representable is None:
            return Exit.UNDECIDED
        return Exit.SETTLED if answer.is_representable else Exit.REFUTED
    match verdict:
        case NotUniversal():
            return Exit.REFUTED
        case Undecided():
            return Exit.UNDECIDED
        case _:
            return Exit.SETTLED


def _more(
    misses: list[NearMiss], answer: Representability | None, target: str | None, fmt: Format
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "near_misses": [
            {
                "change": miss.change,
                "format": str(miss.setting.format),
                "weights": miss.setting.weights.value,
                "bias": miss.setting.bias.value,
            }
            for miss in misses
        ]
    }
    if answer is not None:
        found["target"] = {
            "expression": target,
            "representable": answer.is_representable,
            "reason": answer.reason,
            "input_codes": [list(codes) for codes in answer.inputs],
            "input_values": [values_of(fmt, codes) for codes in answer.inputs],
        }
    return found


def _show(
    setting: QuantizationScheme,
    request: DecideRequest,
    verdict: UniversalityVerdict,
    misses: list[NearMiss],
    answer: Representability | None,
) -> None:
    condition = verdict.condition if isinstance(verdict, NotUniversal) else None
    say(f"{request.activation} in {setting}: {verdict}" + (f" ({condition})" if condition else ""))
    width = width_for_people(LINE_WIDTH)
    for line in explanation(setting, request.activation, verdict):
        click.echo(click.wrap_text(line, width, initial_indent="  ", subsequent_indent="    "))
    if misses:
        click.echo("  universal with one change (each was decided):")
        for miss in misses:
            click.echo(f"    {miss.change}")
    if answer is not None:
        words = {True: "representable", False: "not representable", None: "undecided"}
        click.echo(f"{request.target}: {words[answer.is_representable]}")
        say(f"  {answer.reason}")
        for codes in answer.inputs:
            shown = ", ".join(f"x{index} = code {code}" for index, code in enumerate(codes))
            click.echo(f"    {shown}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """A function given by an expression, on many inputs at once."""

    side: ExpressionSide

    @classmethod
    def parse(cls, text: str, inputs: int, fmt: Format) -> _Target:
        if not 1 <= inputs <= opt.MAX_INPUTS:
            raise InputError(f"--inputs is {inputs}, and must be 1 .. {opt.MAX_INPUTS}")
        files = FileSpace.working_directory()
        return cls(side=expression_side((text,), inputs, fmt, fmt, files))

    def codes(self, points: np.ndarray) -> np.ndarray:
        """The output codes at points, a row each."""
        return exactly(lambda ops: self._codes(ops, points))

    def _codes(self, ops: Arrays, points: np.ndarray) -> np.ndarray:
        axis = self.side.input_format.codes
        variables = [self._variable(ops, column, axis) for column in points.T]
        undefined = self.side.undefined(ops, variables)
        if undefined is not None and np.any(undefined.elements):
            raise InputError(f"{self.side.texts[0]} divides by zero: guard it with where()")
        (found,) = self.side.codes(ops, variables)
        return np.broadcast_to(found.elements, (len(points),)).astype(np.int64)

    def _variable(self, ops: Arrays, column: np.ndarray, axis: Interval) -> Variable[Array]:
        return Variable(
            code=ops.variable(column, axis), codes=axis, scale=self.side.input_format.scale
        )


@click.command("decide")
@opt.activation
@opt.format_
@opt.setting
@click.option(
    "--target", metavar="EXPR", help="Say whether this one function is representable, too."
)
@click.option(
    "--inputs",
    type=click.IntRange(1, opt.MAX_INPUTS),
    default=1,
    show_default=True,
    metavar="d",
    help="Of the target.",
)
@opt.shared
def command(
    activation_text: str,
    format_text: str,
    weights: str,
    bias: str,
    target: str | None,
    inputs: int,
    **shared: Any,
) -> int:
    """Decide whether networks of a format represent every function.

    \b
    Example:  smtcheck decide --activation step --format Q2.1 --weights binary
    Exit:     0 universal (with --target: it is representable), 1 it is not,
              2 bad input, 3 undecided, 4 internal error
    """
    request = DecideRequest(
        activation=activation_text,
        format=format_text,
        weights=weights,
        bias=bias,
        target=target,
        inputs=inputs,
    )
    return in_time(decide_request, request, opt.options_of(shared))
