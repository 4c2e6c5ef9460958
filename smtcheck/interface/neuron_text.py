"""How one neuron of a trace is written: its sum, its rounding, what overflowed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import click

from smtcheck.arithmetic.formats import Format
from smtcheck.errors import shortened, shown_number
from smtcheck.interface.values import exact_value, shown_value
from smtcheck.networks.trace import NeuronTrace, events

MAX_PRODUCTS_SHOWN = 6  #: of one neuron
MAX_NEURONS_SHOWN = 40  #: of one layer


def neuron_lines(neuron: NeuronTrace, fmt: Format, activation: str | None) -> Iterator[str]:
    products = [f"{shown_number(weight)}*{_bracketed(code)}" for weight, code in neuron.products]
    if len(products) > MAX_PRODUCTS_SHOWN:
        hidden = len(products) - MAX_PRODUCTS_SHOWN
        products[MAX_PRODUCTS_SHOWN:] = [f"({hidden} more products)"]
    terms = [*products, shown_number(neuron.bias)] if neuron.bias or not products else products
    total = " + ".join(map(_bracketed_term, terms))
    label = f"{neuron.layer}.{neuron.neuron}"
    found = shown_number(neuron.accumulator)
    yield f"{label:5} {total} = {found}, worth {shown_value(neuron.value)}"
    steps = steps_text(neuron.exact, neuron.rounded, neuron.code, fmt)
    passed = ""
    if activation:
        gives = neuron.output if neuron.activated is None else neuron.activated
        passed = f", {shortened(activation)} gives {shown_number(gives)}" + fitted(
            gives, neuron.output, fmt
        )
    yield f"      {steps}{passed}"


def steps_text(exact: Fraction, rounded: int, code: int, fmt: Format) -> str:
    """From a number in units of codes to the code, naming what happened on the way."""
    text = f"code {shown_value(exact)}"
    names = [event.value for event in events(exact, rounded, code, fmt)]
    if exact != rounded:
        text += f", {'a tie, ' if 'tie' in names else ''}rounded to {shown_number(rounded)}"
    return text + fitted(rounded, code, fmt)


def fitted(rounded: int, code: int, fmt: Format) -> str:
    """What overflow did to a rounded number, if anything."""
    if code == rounded:
        return ""
    (event,) = events(Fraction(rounded), rounded, code, fmt)
    return click.style(f", {event.value} to {shown_number(code)}", bold=True)


def _bracketed(code: int) -> str:
    shown = shown_number(code)
    return f"({shown})" if not shown.isdecimal() else shown


def _bracketed_term(term: str) -> str:
    return f"({term})" if term.startswith("-") else term


def values_text(codes: Sequence[int], fmt: Format, letter: str) -> str:
    shown = [
        f"{letter}{index} = {shown_value(fmt.value(code))} (code {shown_number(code)})"
        for index, code in enumerate(codes[:MAX_NEURONS_SHOWN])
    ]
    return ", ".join(shown) + (", ..." if len(codes) > MAX_NEURONS_SHOWN else "")


def neuron_document(neuron: NeuronTrace) -> dict[str, Any]:
    return {
        "layer": neuron.layer,
        "neuron": neuron.neuron,
        "accumulator": neuron.accumulator,
        "value": exact_value(neuron.value),
        "rounded": neuron.rounded,
        "code": neuron.code,
        "output": neuron.output,
        "output_value": exact_value(neuron.output_value),
        "events": [event.value for event in neuron.events],
    }
