"""Inputs as people write them on the command line."""

from __future__ import annotations

from fractions import Fraction

from smtcheck.arithmetic.format_texts import parse_value
from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.rounding import Rounding, round_fraction
from smtcheck.errors import InputError, shortened
from smtcheck.interface.values import shown_value
from smtcheck.networks.network import Network


def input_codes_of(
    values: str | None, codes: str | None, fmt: Format, inputs: int
) -> tuple[int, ...]:
    """The input codes meant by a list of values, or of codes, separated by commas."""
    parts = [part.strip() for part in (values or codes or "").split(",")]
    if len(parts) != inputs:
        raise InputError(f"{len(parts)} input values given, {inputs} needed, separated by commas")
    if codes is not None:
        for part in parts:
            if parse_value(part).denominator != 1:
                raise InputError(f"code {shortened(part, 60)} is no integer: --input takes values")
        return tuple(_code(part, parse_value(part), fmt) for part in parts)
    return tuple(_code(part, parse_value(part) * fmt.scale, fmt) for part in parts)


def _code(part: str, scaled: Fraction, fmt: Format) -> int:
    if scaled.denominator != 1:
        below = round_fraction(scaled, Rounding.FLOOR)
        raise InputError(
            f"input {shortened(part, 60)} lies between the values "
            f"{shown_value(Fraction(below, fmt.scale))} and "
            f"{shown_value(Fraction(below + 1, fmt.scale))} of {fmt}"
        )
    if scaled.numerator not in fmt.codes:
        raise InputError(
            f"input {shortened(part, 60)} is outside {shown_value(fmt.value(fmt.lo))} .. "
            f"{shown_value(fmt.value(fmt.hi))}, the values of {fmt} (codes {fmt.codes})"
        )
    return scaled.numerator


def sample_input(network: Network) -> str:
    """An input to show to somebody who gave none."""
    return ", ".join(["0"] * min(network.inputs, 3)) + (", ..." if network.inputs > 3 else "")
