"""Targets: expressions over a network's inputs, with the table files they name."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING

from smtcheck.arithmetic.codes import CodeArray, first_outside, shown_outside
from smtcheck.arithmetic.formats import Format
from smtcheck.claims.sides import ExpressionSide
from smtcheck.errors import InputError, shown_number, shown_text
from smtcheck.expressions.parsing import parse
from smtcheck.expressions.syntax import Expression, Grid
from smtcheck.files import FileSpace

if TYPE_CHECKING:
    from smtcheck.networks.network import Network


def expression_side_parts(
    texts: tuple[str, ...],
    inputs: int,
    input_format: Format,
    output_format: Format,
    files: FileSpace,
) -> tuple[tuple[Expression, ...], tuple[tuple[str, Grid], ...]]:
    """Syntax trees, and the tables by name; entries are codes of the output format."""
    grids: dict[str, Grid] = {}

    def grid(name: str, axes: tuple[int, ...]) -> Grid:
        if name in grids and grids[name].inputs != axes:
            raise InputError(f"table {shown_text(name)} is used with different inputs")
        if name in grids:
            return grids[name]
        grids[name] = _load_grid(name, axes, input_format, output_format, files)
        return grids[name]

    trees = tuple(parse(text, inputs, grid) for text in texts)
    return trees, tuple(grids.items())


def _load_grid(
    name: str,
    inputs: tuple[int, ...],
    input_format: Format,
    output_format: Format,
    files: FileSpace,
) -> Grid:
    from smtcheck.table_files import read_codes

    file = read_codes(files, name)
    codes = file.codes
    length = input_format.codes.size
    shape = (length,) * len(inputs)
    if codes.shape not in (shape, (prod(shape),)):
        raise InputError(
            f"table {shown_text(name)} has shape {codes.shape}; needed are {len(inputs)} axes of "
            f"{shown_number(length)} codes, lo first"
        )
    if file.first is not None and (len(inputs) > 1 or file.first != input_format.lo):
        raise InputError(
            f"table {shown_text(name)} holds pairs from the input code {shown_number(file.first)} "
            f"on; needed are {len(inputs)} axes of the codes {input_format.codes}"
        )
    flat = codes.reshape(-1)
    position = first_outside(flat, output_format.codes)
    if position is not None:
        raise InputError(
            f"table {shown_text(name)}: entry {position} is "
            f"{shown_outside(int(flat[position]), output_format.codes)}, "
            f"not a code of {output_format}"
        )
    axes = ((input_format.lo, length),) * len(inputs)
    return Grid(entries=CodeArray(flat), scale=output_format.scale, inputs=inputs, axes=axes)


def target_side(network: Network, target: str | Sequence[str], files: FileSpace) -> ExpressionSide:
    """A target for a network: one expression an output."""
    texts = (target,) if isinstance(target, str) else tuple(target)
    return expression_side(
        texts, network.inputs, network.input_format, network.output_format, files
    )


def expression_side(
    texts: tuple[str, ...],
    inputs: int,
    input_format: Format,
    output_format: Format,
    files: FileSpace,
) -> ExpressionSide:
    """Expressions with the tables they name."""
    if not texts:
        raise InputError("a target needs at least one expression")
    expressions, grids = expression_side_parts(texts, inputs, input_format, output_format, files)
    return ExpressionSide(
        texts=texts,
        expressions=expressions,
        grids=grids,
        inputs=inputs,
        input_format=input_format,
        output_format=output_format,
    )
