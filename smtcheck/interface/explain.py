"""`smtcheck explain`: an input, followed neuron by neuron."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import click

from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.integers import Integers
from smtcheck.arithmetic.intervals import Interval
from smtcheck.arithmetic.rounding import Rounding, round_fraction
from smtcheck.checking.replay import side_codes
from smtcheck.claims.claim_files import Claim, load_claim
from smtcheck.claims.questions import Question, UniversalityQuestion
from smtcheck.claims.sides import ActivationSide, ExpressionSide, NetworkSide, Side
from smtcheck.claims.verdicts import InternalError, Refuted, Undecided, Verdict
from smtcheck.engines.portfolio import Engine, prove
from smtcheck.errors import InputError, shortened, shown_number, shown_numbers
from smtcheck.expressions.evaluation import Point, exact_value_at, rounded_at
from smtcheck.expressions.tabulation import Variable
from smtcheck.interface import options as opt
from smtcheck.interface.inputs import input_codes_of, sample_input
from smtcheck.interface.neuron_text import (
    MAX_NEURONS_SHOWN,
    fitted,
    neuron_document,
    neuron_lines,
    steps_text,
    values_text,
)
from smtcheck.interface.outcomes import Exit, Options, in_time, print_json, values_of
from smtcheck.interface.reports import claim_grounds
from smtcheck.interface.universality_text import universality_document
from smtcheck.interface.values import shown_value
from smtcheck.networks.network import Network
from smtcheck.networks.trace import NeuronTrace, trace
from smtcheck.reference import CannotTell
from smtcheck.universality.decision import decide

LINE_WIDTH = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class _Explained:
    """One side at one input: its codes, and its neurons if it is a network."""

    name: str
    side: Side
    codes: tuple[int, ...]
    layers: list[list[NeuronTrace]]
    notes: tuple[str, ...] = ()


def explain_path(
    path: Path, values: str | None, codes: str | None, engine: str, options: Options
) -> int:
    """Explain a network or a claim at the input given, or at a counterexample."""
    if values is not None and codes is not None:
        raise InputError("give --input or --codes, not both")
    if path.suffix == ".json":
        network = Network.load(path, options.code)
        if values is None and codes is None:
            raise InputError(f"a network needs an input: --input '{sample_input(network)}'")
        input_codes = input_codes_of(values, codes, network.input_format, network.inputs)
        sides = [_explained("network", NetworkSide(network=network), input_codes)]
        _show(sides, network.input_format, input_codes, None, None, options)
        return Exit.SETTLED.value
    claim = load_claim(path, options.code)
    question = claim.question
    if isinstance(question, UniversalityQuestion):
        return _explain_universality(claim, question, options)
    verdict: Refuted | None = None
    if values is None and codes is None:
        found = prove(question, options.limits, Engine(engine))
        if not isinstance(found, Refuted):
            return _nothing_to_explain(path, found, options)
        verdict = found
        input_codes = verdict.counterexample.input_codes
    else:
        fmt = question.left.input_format
        input_codes = input_codes_of(values, codes, fmt, question.left.inputs)
    sides = [
        _explained(name, side, input_codes)
        for name, side in zip(claim.side_names, (question.left, question.right), strict=True)
    ]
    _show(sides, question.left.input_format, input_codes, question, verdict, options)
    return Exit.SETTLED.value


def _explain_universality(claim: Claim, question: UniversalityQuestion, options: Options) -> int:
    verdict = decide(question.setting, question.activation, options.limits)
    if options.output is Options.Output.JSON:
        print_json(universality_document(question.setting, question.activation.name, verdict))
    else:
        click.echo(f"{claim.path}: {verdict}")
        for line in claim_grounds(claim, verdict):
            click.echo(f"  {line}")
    code: int = (Exit.UNDECIDED if isinstance(verdict, Undecided) else Exit.SETTLED).value
    return code


def _nothing_to_explain(path: Path, verdict: Verdict, options: Options) -> int:
    if options.output is Options.Output.JSON:
        print_json(_document((), None, (), None, verdict))
    elif isinstance(verdict, Undecided):
        click.echo(f"{path}: no counterexample found: {verdict.reason}")
    else:
        click.echo(f"{path}: no counterexample to explain; name an input with --input")
    code: int = (Exit.UNDECIDED if isinstance(verdict, Undecided) else Exit.SETTLED).value
    return code


def _explained(name: str, side: Side, codes: tuple[int, ...]) -> _Explained:
    """The traced codes, which must be the ones the reference finds."""
    layers: list[list[NeuronTrace]] = []
    notes: tuple[str, ...] = ()
    if isinstance(side, NetworkSide):
        layers = trace(side.network, codes)
        outputs = tuple(neuron.output for neuron in layers[-1])
    else:
        variables = [
            Variable(code=code, codes=Interval(code, code), scale=side.input_format.scale)
            for code in codes
        ]
        outputs = tuple(side.codes(Integers(), variables))
        if isinstance(side, ExpressionSide):
            notes = tuple(_defined_notes(name, side, codes))
        elif isinstance(side, ActivationSide):
            notes = (f"{side.activation.name} in {side.output_format}",)
    try:
        expected = side_codes(side, codes)
    except ZeroDivisionError:
        raise InputError(
            f"the {name} divides by zero at the input codes {shown_numbers(codes)}"
        ) from None
    except CannotTell:
        expected = list(outputs)
        notes = (*notes, "(the reference cannot confirm this)")
    if list(outputs) != expected:
        raise InternalError(
            f"the trace of the {name} side does not replay at {shown_numbers(codes)}"
        )
    return _Explained(name=name, side=side, codes=outputs, layers=layers, notes=notes)


def _defined_notes(name: str, side: ExpressionSide, codes: tuple[int, ...]) -> list[str]:
    try:
        return list(_expression_notes(side, codes))
    except ZeroDivisionError:
        raise InputError(
            f"the {name} divides by zero at the input codes {shown_numbers(codes)}"
        ) from None


def _expression_notes(side: ExpressionSide, codes: tuple[int, ...]) -> Iterator[str]:
    """The exact value of each expression, and what quantizing it does."""
    scale, fmt = side.input_format.scale, side.output_format
    values = [Fraction(code, scale) for code in codes]
    point = Point(values=values, scales=[scale] * len(codes))
    for text, expression in zip(side.texts, side.expressions, strict=True):
        value = exact_value_at(expression, point)
        if value is not None:
            exact = value * fmt.scale
            rounded = round_fraction(exact, fmt.rounding)
            yield f"{shortened(text)} = {shown_value(value)}"
            yield steps_text(exact, rounded, fmt.apply_overflow(Integers(), rounded), fmt)
            continue
        try:
            digits = rounded_at(expression, point, 10**9, Rounding.TOWARD_ZERO)
            yield f"{shortened(text)} = {shown_value(Fraction(digits, 10**9))}..."
            rounded = rounded_at(expression, point, fmt.scale, fmt.rounding)
            yield f"rounded to {shown_number(rounded)}" + fitted(
                rounded, fmt.apply_overflow(Integers(), rounded), fmt
            )
        except InputError:
            yield f"{shortened(text)}: no decimal digits can be certified"


def _show(
    sides: Sequence[_Explained],
    fmt: Format,
    codes: tuple[int, ...],
    question: Question | None,
    verdict: Refuted | None,
    options: Options,
) -> None:
    difference = _first_difference(sides)
    if options.output is Options.Output.JSON:
        print_json(_document(sides, fmt, codes, difference, verdict))
        return
    _print_wrapped("input     " + values_text(codes, fmt, "x"))
    click.echo("")
    for line in _paired_lines(*sides) if _are_alike(sides) else chain(*map(_side_lines, sides)):
        _print_wrapped(line)
    click.echo("")
    for side in sides:
        _print_wrapped(f"{side.name:9} {values_text(side.codes, side.side.output_format, 'y')}")
    if question is not None:
        is_same = _agree(question, sides)
        click.echo("the two sides agree here" if is_same else "the two sides differ here")
        if any(code not in axis for code, axis in zip(codes, question.domain, strict=True)):
            click.echo("(this input lies outside the domain of the claim)")
    if difference is not None:
        click.echo(f"first neuron that differs: layer {difference[0]}, neuron {difference[1]}")


def _print_wrapped(line: str) -> None:
    """A line of at most 80 columns, continued below its text."""
    if len(click.unstyle(line)) <= LINE_WIDTH:
        click.echo(line)
        return
    wrapper = textwrap.TextWrapper(
        width=LINE_WIDTH,
        subsequent_indent=" " * 16,
        break_long_words=False,
        break_on_hyphens=False,
    )
    for part in wrapper.wrap(line):
        click.echo(part)


def _agree(question: Question, sides: Sequence[_Explained]) -> bool:
    """Whether no output differs by more than the tolerance."""
    left, right = (side.codes for side in sides)
    formats = [side.side.output_format for side in sides]
    allowed = Fraction(question.tolerance_ulp, formats[0].scale)
    return all(
        abs(Fraction(a, formats[0].scale) - Fraction(b, formats[1].scale)) <= allowed
        for a, b in zip(left, right, strict=True)
    )


def _first_difference(sides: Sequence[_Explained]) -> tuple[int, int] | None:
    """Layer and neuron, where both sides are networks of one shape."""
    if not _are_alike(sides):
        return None
    for left, right in zip(sides[0].layers, sides[1].layers, strict=True):
        for a, b in zip(left, right, strict=True):
            if (a.value, a.output_value) != (b.value, b.output_value):
                return a.layer, a.neuron
    return None


def _are_alike(sides: Sequence[_Explained]) -> bool:
    """Whether they are two networks of one shape, to be shown next to each other."""
    shapes = [[len(layer) for layer in side.layers] for side in sides]
    return len(sides) == 2 and shapes[0] == shapes[1] != []


def _paired_lines(left: _Explained, right: _Explained) -> Iterator[str]:
    """Two networks of one shape: each neuron of one above its partner, equal ones once."""
    for pair in zip(_layer_blocks(left), _layer_blocks(right), strict=True):
        for one, other in zip(*pair, strict=True):
            if one == other:
                yield from (f"{'both' if i == 0 else '':9} {x}" for i, x in enumerate(one))
                continue
            for name, block in ((left.name, one), (right.name, other)):
                yield from (f"{name if i == 0 else '':9} {x}" for i, x in enumerate(block))


def _layer_blocks(side: _Explained) -> Iterator[list[list[str]]]:
    """For every layer its headline, then the lines of each neuron shown."""
    assert isinstance(side.side, NetworkSide)
    for layer, neurons in zip(side.side.network.layers, side.layers, strict=True):
        activation = layer.activation.name if layer.activation else None
        then = f", then {activation}" if activation else ""
        blocks = [[f"layer {neurons[0].layer}: {layer.output_format}{then}"]]
        for neuron in neurons[:MAX_NEURONS_SHOWN]:
            blocks.append(list(neuron_lines(neuron, layer.output_format, activation)))
        if len(neurons) > MAX_NEURONS_SHOWN:
            more = len(neurons) - MAX_NEURONS_SHOWN
            blocks.append([f"... and {more} more (all of them with --json)"])
        yield blocks


def _side_lines(side: _Explained) -> Iterator[str]:
    if not isinstance(side.side, NetworkSide):
        yield from (f"{side.name if i == 0 else '':9} {x}" for i, x in enumerate(side.notes))
        return
    for headline, *blocks in _layer_blocks(side):
        yield f"{side.name:9} {headline[0]}"
        yield from (f"{'':9} {line}" for line in chain(*blocks))
    yield ""


def _document(
    sides: Sequence[_Explained],
    fmt: Format | None,
    codes: tuple[int, ...],
    difference: tuple[int, int] | None,
    verdict: Verdict | None,
) -> dict[str, Any]:
    """All of it; there is a verdict where no input was given, and no input where none differs."""
    size = verdict.counterexample.size if isinstance(verdict, Refuted) else None
    return {
        "verdict": None if verdict is None else str(verdict),
        "basis": None if verdict is None or isinstance(verdict, Undecided) else verdict.basis.value,
        "minimality": size.name.lower() if size else None,
        "reason": verdict.reason if isinstance(verdict, Undecided) else None,
        "input_codes": list(codes) if fmt else None,
        "input_values": values_of(fmt, codes) if fmt else None,
        "sides": [
            {
                "name": side.name,
                "codes": list(side.codes),
                "values": values_of(side.side.output_format, side.codes),
                "layers": [[neuron_document(n) for n in layer] for layer in side.layers],
                "notes": list(side.notes),
            }
            for side in sides
        ],
        "first_difference": (
            {"layer": difference[0], "neuron": difference[1]} if difference else None
        ),
    }


@click.command("explain")
@click.argument("path", metavar="CLAIM.toml|NET.json")
@click.option("--input", "input_text", metavar="VALUES", help="Such as '1/2, -3.25'.")
@click.option("--codes", "codes_text", metavar="CODES", help="The same as codes: '8, -52'.")
@opt.engine
@opt.shared
def command(
    path: str, input_text: str | None, codes_text: str | None, engine: str, **shared: Any
) -> int:
    """Trace an input neuron by neuron: sum, rounding, tie, saturation.

    Without an input, a claim's counterexample is looked for and explained.
    """
    return in_time(explain_path, Path(path), input_text, codes_text, engine, opt.options_of(shared))
