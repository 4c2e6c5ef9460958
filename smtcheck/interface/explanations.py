"""An input, followed neuron by neuron through both sides of a question, or one network."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import click

from smtcheck.arithmetic.formats import Format
from smtcheck.claims.questions import Question
from smtcheck.claims.sides import NetworkSide
from smtcheck.claims.verdicts import Proved, Refuted, Undecided, UniversalityVerdict, Verdict
from smtcheck.interface.explained_sides import ExplainedSide, agree, explained
from smtcheck.interface.neuron_text import (
    MAX_NEURONS_SHOWN,
    neuron_document,
    neuron_lines,
    values_text,
)
from smtcheck.interface.outcomes import values_of
from smtcheck.networks.network import Network

LINE_WIDTH = 80


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Explanation:
    """What one input becomes, step by step; its text is what `smtcheck explain` prints.

    Attributes
    ----------
    input_format : Format
        Whose codes the inputs are.
    input_codes : tuple of int
        A code for each input.
    sides : tuple of ExplainedSide
        A network, or both sides of a claim, as they were traced.
    question : Question, optional
        What is claimed of the two sides.
    verdict : Verdict, optional
        Where the input is the counterexample of it.

    References
    ----------
    proofs/theory.md#neuron.

    Examples
    --------
    >>> net = sc.construct("abs(x0)", "relu", "paper(3,4)").network
    >>> explanation = sc.explain(net, codes=[-5])
    >>> explanation.document()["sides"][0]["codes"]
    [5]
    """

    input_format: Format
    input_codes: tuple[int, ...]
    sides: tuple[ExplainedSide, ...]
    question: Question | None = None
    verdict: Verdict | None = None

    def lines(self) -> list[str]:
        """What is printed, of at most 80 columns, with what matters in bold for terminals.

        Returns
        -------
        list of str
            The lines, with escape sequences; `str` has none.

        Examples
        --------
        >>> net = sc.construct("abs(x0)", "relu", "paper(3,4)").network
        >>> sc.explain(net, codes=[-5]).lines()[0]
        'input     x0 = -1.25 (code -5)'
        """
        return [part for line in self._long_lines() for part in _wrapped(line)]

    def _long_lines(self) -> Iterator[str]:
        sides, question = self.sides, self.question
        yield "input     " + values_text(self.input_codes, self.input_format, "x")
        yield ""
        yield from _paired_lines(*sides) if _are_alike(sides) else chain(*map(_side_lines, sides))
        yield ""
        for side in sides:
            yield f"{side.name:9} {values_text(side.codes, side.side.output_format, 'y')}"
        if question is not None:
            is_same = agree(question, sides)
            yield "the two sides agree here" if is_same else "the two sides differ here"
            if any(
                c not in axis for c, axis in zip(self.input_codes, question.domain, strict=True)
            ):
                yield "(this input lies outside the domain of the claim)"
        difference = _first_difference(sides)
        if difference is not None:
            yield f"first neuron that differs: layer {difference[0]}, neuron {difference[1]}"

    def document(self) -> dict[str, Any]:
        """The same as data: the JSON document of the command.

        Returns
        -------
        dict
            With `input_codes`, `sides` and `first_difference`.

        Examples
        --------
        >>> net = sc.construct("abs(x0)", "relu", "paper(3,4)").network
        >>> sc.explain(net, codes=[-5]).document()["input_codes"]
        [-5]
        """
        difference = _first_difference(self.sides)
        found = self.verdict
        return nothing_explained(found) | {
            "input_codes": list(self.input_codes),
            "input_values": values_of(self.input_format, self.input_codes),
            "sides": [_side_document(side) for side in self.sides],
            "first_difference": (
                {"layer": difference[0], "neuron": difference[1]} if difference else None
            ),
        }

    def __str__(self) -> str:
        return "\n".join(click.unstyle(line).rstrip() for line in self.lines())

    def __repr__(self) -> str:
        return f"<explanation of the input codes {list(self.input_codes[:8])}: print() shows it>"


def network_explanation(network: Network, codes: tuple[int, ...]) -> Explanation:
    """One network at one input."""
    side = explained("network", NetworkSide(network=network), codes)
    return Explanation(input_format=network.input_format, input_codes=codes, sides=(side,))


def question_explanation(
    question: Question,
    codes: tuple[int, ...],
    names: tuple[str, str] = ("network", "target"),
    verdict: Verdict | None = None,
) -> Explanation:
    """Both sides of a question at one input."""
    sides = [
        explained(name, side, codes)
        for name, side in zip(names, (question.left, question.right), strict=True)
    ]
    fmt = question.left.input_format
    return Explanation(
        input_format=fmt,
        input_codes=codes,
        sides=tuple(sides),
        question=question,
        verdict=verdict,
    )


def nothing_explained(verdict: Verdict | UniversalityVerdict | None) -> dict[str, Any]:
    """The JSON document where there is no input; there is a verdict where none was given."""
    size = verdict.counterexample.size if isinstance(verdict, Refuted) else None
    return {
        "verdict": None if verdict is None else str(verdict),
        "basis": verdict.basis.value if isinstance(verdict, Proved | Refuted) else None,
        "minimality": size.name.lower() if size else None,
        "reason": verdict.reason if isinstance(verdict, Undecided) else None,
        "input_codes": None,
        "input_values": None,
        "sides": [],
        "first_difference": None,
    }


def _wrapped(line: str) -> list[str]:
    """A line of at most 80 columns, continued below its text."""
    if len(click.unstyle(line)) <= LINE_WIDTH:
        return [line]
    wrapper = textwrap.TextWrapper(
        width=LINE_WIDTH,
        subsequent_indent=" " * 16,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return wrapper.wrap(line)


def _first_difference(sides: Sequence[ExplainedSide]) -> tuple[int, int] | None:
    """Layer and neuron, where both sides are networks of one shape."""
    if not _are_alike(sides):
        return None
    for left, right in zip(sides[0].layers, sides[1].layers, strict=True):
        for a, b in zip(left, right, strict=True):
            if (a.value, a.output_value) != (b.value, b.output_value):
                return a.layer, a.neuron
    return None


def _are_alike(sides: Sequence[ExplainedSide]) -> bool:
    """Whether they are two networks of one shape, to be shown next to each other."""
    shapes = [[len(layer) for layer in side.layers] for side in sides]
    return len(sides) == 2 and shapes[0] == shapes[1] != []


def _paired_lines(left: ExplainedSide, right: ExplainedSide) -> Iterator[str]:
    """Two networks of one shape: each neuron of one above its partner, equal ones once."""
    for pair in zip(_layer_blocks(left), _layer_blocks(right), strict=True):
        for one, other in zip(*pair, strict=True):
            if one == other:
                yield from (f"{'both' if i == 0 else '':9} {x}" for i, x in enumerate(one))
                continue
            for name, block in ((left.name, one), (right.name, other)):
                yield from (f"{name if i == 0 else '':9} {x}" for i, x in enumerate(block))


def _layer_blocks(side: ExplainedSide) -> Iterator[list[list[str]]]:
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


def _side_lines(side: ExplainedSide) -> Iterator[str]:
    if not isinstance(side.side, NetworkSide):
        yield from (f"{side.name if i == 0 else '':9} {x}" for i, x in enumerate(side.notes))
        return
    for headline, *blocks in _layer_blocks(side):
        yield f"{side.name:9} {headline[0]}"
        yield from (f"{'':9} {line}" for line in chain(*blocks))
    yield ""


def _side_document(side: ExplainedSide) -> dict[str, Any]:
    return {
        "name": side.name,
        "codes": list(side.codes),
        "values": values_of(side.side.output_format, side.codes),
        "layers": [[neuron_document(neuron) for neuron in layer] for layer in side.layers],
        "notes": list(side.notes),
    }
