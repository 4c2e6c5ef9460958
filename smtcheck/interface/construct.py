"""The command `construct`: a network for a target, proved, and a claim about it if asked."""

from __future__ import annotations

import io
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from smtcheck.claims.claim_files import require_claim_name
from smtcheck.claims.settings import QuantizationScheme
from smtcheck.claims.sides import ExpressionSide
from smtcheck.claims.targets import expression_side
from smtcheck.claims.verdicts import NotUniversal, Undecided
from smtcheck.construction.construct import (
    Constructed,
    construct,
    fewest_parameters,
    function_target,
    require_feasible,
)
from smtcheck.errors import InputError
from smtcheck.files import CodeExecution, FileSpace
from smtcheck.interface import completion
from smtcheck.interface import options as opt
from smtcheck.interface.executors import Resources, workers
from smtcheck.interface.interruptions import interruptions_later
from smtcheck.interface.outcomes import Exit, Options, in_time, print_json
from smtcheck.interface.places import require_places, require_suffix
from smtcheck.interface.printing import progress, width_for_people
from smtcheck.interface.universality_text import explanation, universality_document
from smtcheck.networks.activations import activation, imported_function
from smtcheck.writing import write_output

MAX_TEXT = 2**14  #: entries of a table that is written as text
MAX_TARGET = 2**13  #: characters of expressions in a claim; longer ones become tables
LINE_WIDTH = 80
_FUNCTION = re.compile(r"([A-Za-z_][\w.]*):([A-Za-z_]\w*)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstructRequest:
    """What `construct` was asked."""

    targets: tuple[str, ...]  #: one an output
    inputs: int
    activation: str
    setting: QuantizationScheme
    output: Path
    claim: Path | None


def construct_request(request: ConstructRequest, resources: Resources, options: Options) -> int:
    """Build, prove, write and report; the exit code says whether there is a network."""
    setting = request.setting
    require_feasible(setting.format, request.inputs)
    act = activation(request.activation, FileSpace.working_directory(), options.code)
    target = target_of(request.targets, request.inputs, setting, options.code)
    _require_places(request, target, options)
    with workers(resources) as pool, progress(f"a network for {', '.join(request.targets)}"):
        found = construct(setting, act, target, options.limits, pool.executor)
    if isinstance(found, Constructed):
        with interruptions_later():
            _saved(found, request)
            if request.claim is not None:
                _write_claim(request.claim, request, found, target)
    if options.output is Options.Output.JSON:
        print_json(_document(request, found))
    else:
        _show(request, found)
    match found:
        case Constructed():
            return Exit.SETTLED.value
        case NotUniversal():
            return Exit.REFUTED.value
        case Undecided():
            return Exit.UNDECIDED.value


def target_of(
    texts: tuple[str, ...], inputs: int, setting: QuantizationScheme, code: CodeExecution
) -> ExpressionSide:
    """The target: expressions, or (one alone) `table:FILE` or `module:function`."""
    fmt, files = setting.format, FileSpace.working_directory()
    match = _FUNCTION.fullmatch(texts[0])
    if texts[0].startswith("table:"):
        _require_one(texts)
        names = ", ".join(f"x{index}" for index in range(inputs))
        name = texts[0].removeprefix("table:")
        return expression_side((f"table({name!r}, {names})",), inputs, fmt, fmt, files)
    if match is not None:
        _require_one(texts)
        if code is CodeExecution.REFUSED:
            raise InputError(f"target {texts[0]!r} would run code: allow it with --allow-code")
        return function_target(imported_function(match[1], match[2]), inputs, fmt)
    return expression_side(texts, inputs, fmt, fmt, files)


def _require_one(texts: tuple[str, ...]) -> None:
    if len(texts) > 1:
        raise InputError(f"target {texts[0]!r} stands alone: give one --target, or expressions")


def _require_places(request: ConstructRequest, target: ExpressionSide, options: Options) -> None:
    """Refuse what could not be written in the end, before anything long is done."""
    planned = [request.output]
    if request.claim is not None:
        _name_beside(request.claim, request.output)
        planned += [request.claim, *_table_paths(request.claim, target)]
    texts = [text for text in (request.activation, *request.targets) if text.startswith("table:")]
    given = [text.removeprefix("table:") for text in texts] + [name for name, _ in target.grids]
    require_places(planned, list(map(Path, given)), options.is_forced)
    require_suffix(request.output, ".json", "claims and explain")
    if request.claim is not None:
        require_claim_name(request.claim)


def _table_paths(claim: Path, target: ExpressionSide) -> list[Path]:
    """The files of a claim that names tables: of what they are given as, or of long expressions."""
    if not target.grids and sum(map(len, target.texts)) <= MAX_TARGET:
        return []
    entries = target.input_format.codes.size**target.inputs
    kind = "csv" if entries <= MAX_TEXT else "npy"
    return [claim.with_name(f"{claim.stem}-target{i}.{kind}") for i in range(target.outputs)]


def _name_beside(claim: Path, network: Path) -> str:
    """The network's name in a claim."""
    folder, inside = (Path(os.path.realpath(path.parent)) for path in (claim, network))
    if folder / claim.name == inside / network.name:
        raise InputError(f"{claim} cannot be both the claim and the network")
    if not inside.is_relative_to(folder):
        raise InputError(
            f"{claim} could not name {network}: a claim lies beside its network or above it"
        )
    return (inside / network.name).relative_to(folder).as_posix()


def _saved(found: Constructed, request: ConstructRequest) -> None:
    try:
        found.network.save(request.output)
    except OSError as error:
        raise InputError(f"{request.output} cannot be written: {error.strerror}") from None


def _write_claim(
    path: Path, request: ConstructRequest, found: Constructed, target: ExpressionSide
) -> None:
    """A claim that says what was proved; tables become one file beside it."""
    network = _name_beside(path, request.output)
    names = ", ".join(f"x{index}" for index in range(target.inputs))
    paths = _table_paths(path, target)
    for table, codes in zip(paths, found.tables, strict=False):
        write_output(table, _table_data(table, codes))
    texts = [f"table({table.name!r}, {names})" for table in paths] or list(target.texts)
    quoted = ", ".join(_toml(text) for text in texts)
    lines = [
        'kind = "equal"',
        f"format = {_toml(str(request.setting.format))}",
        f"network = {_toml(network)}",
        f"target = {quoted if len(texts) == 1 else f'[{quoted}]'}",
        'expect = "proved"',
    ]
    write_output(path, "".join(f"{line}\n" for line in lines).encode())


def _table_data(path: Path, codes: NDArray[np.int64]) -> bytes:
    """A table as text, or as an array where it is large."""
    if path.suffix == ".csv":
        return "".join(f"{code}\n" for code in codes.reshape(-1).tolist()).encode()
    stream = io.BytesIO()
    np.save(stream, codes, allow_pickle=False)
    return stream.getvalue()


def _toml(text: str) -> str:
    """A basic TOML string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda c: f"\\u{ord(c[0]):04x}", escaped) + '"'


def _per_entry(found: Constructed) -> float:
    return round(found.parameters / found.entries, 4)


def _document(
    request: ConstructRequest, found: Constructed | NotUniversal | Undecided
) -> dict[str, Any]:
    document: dict[str, Any] = {
        "network": None,
        "verdict": str(found),
        "format": str(request.setting.format),
        "activation": request.activation,
        "weights": request.setting.weights.value,
        "bias": request.setting.bias.value,
        "target": list(request.targets),
        "claim": None,
        "reason": None,
    }
    match found:
        case Constructed(network=network):
            return document | {
                "network": str(request.output),
                "claim": str(request.claim) if request.claim else None,
                "parameters": found.parameters,
                "neurons": [layer.outputs for layer in network.layers],
                "nonzero_weights": network.nonzero_weights,
                "entries": found.entries,
                "parameters_per_entry": _per_entry(found),
                "fewest_per_random_entry": round(fewest_parameters(request.setting), 4),
                "construction": found.way,
                "engine": found.proof.engine,
                "basis": found.proof.basis.value,
                "reason": found.proof.evidence,
            }
        case NotUniversal():
            why = universality_document(request.setting, request.activation, found)
            return document | {"universality": why, "reason": "the format is not universal"}
        case Undecided(reason=reason):
            return document | {"reason": reason}


def _show(request: ConstructRequest, found: Constructed | NotUniversal | Undecided) -> None:
    setting, name = request.setting, " ".join(", ".join(request.targets).split())
    match found:
        case Constructed(network=network):
            _wrapped(f"{request.output}: {name} with {request.activation} in {setting}", "")
            neurons = " + ".join(str(layer.outputs) for layer in network.layers)
            _wrapped(
                f"{found.parameters} parameters ({neurons} neurons, {network.nonzero_weights} "
                f"weights), {_per_entry(found)} for each of {found.entries} entries; a random "
                f"table takes at least {fewest_parameters(setting):.2f} if weights of 0 count too"
            )
            _wrapped(f"built from {found.way}")
            _wrapped(f"proved by {found.proof.engine}: {found.proof.evidence}")
            if request.claim is not None:
                _wrapped(f"claim: {request.claim}")
        case NotUniversal(condition=condition):
            reason = f" ({condition})" if condition else ""
            _wrapped(
                f"no network for {name}: {request.activation} in {setting} is {found}{reason}", ""
            )
            for line in explanation(setting, request.activation, found):
                _wrapped(line)
        case Undecided(reason=reason):
            _wrapped(f"no network for {name}: undecided", "")
            _wrapped(reason)


def _wrapped(line: str, indent: str = "  ") -> None:
    width = width_for_people(LINE_WIDTH)
    wrapped = click.wrap_text(line, width, initial_indent=indent, subsequent_indent="    ")
    click.echo(wrapped)


@click.command("construct")
@click.option(
    "--target", "targets", multiple=True, required=True, metavar="EXPR",
    help="An expression in x0, x1, ...; again for another output.  Or table:FILE (CSV or NPY of "
    "output codes), or module:function.",
)  # fmt: skip
@click.option(
    "--inputs", type=click.IntRange(1, opt.MAX_INPUTS), default=1, show_default=True, metavar="d",
    help="How many inputs the target has.",
)  # fmt: skip
@opt.activation
@opt.format_
@opt.setting
@click.option(
    "-o", "--output", required=True, metavar="NET.json", shell_complete=completion.files,
    help="Where the network is written.",
)  # fmt: skip
@click.option(
    "--claim", metavar="CLAIM.toml", shell_complete=completion.files,
    help="Write the claim that was proved, too; it lies beside the network or above it.",
)  # fmt: skip
@opt.force
@opt.resources
@opt.shared
def command(
    targets: tuple[str, ...],
    inputs: int,
    activation_text: str,
    format_text: str,
    weights: str,
    bias: str,
    output: str,
    claim: str | None,
    **shared: Any,
) -> int:
    """Build a network that computes a target exactly, and prove that it does.

    \b
    Example:  smtcheck construct --target 'max(x0, x1)' --inputs 2 \\
                  --activation relu --format 'paper(4,8)' -o max.json
    Exit:     0 built and proved, 1 the format is not universal, 2 bad input,
              3 undecided, 4 internal error
    """
    request = ConstructRequest(
        targets=targets,
        inputs=inputs,
        activation=activation_text,
        setting=QuantizationScheme.parse(format_text, weights, bias),
        output=Path(output),
        claim=Path(claim) if claim else None,
    )
    return in_time(construct_request, request, opt.resources_of(shared), opt.options_of(shared))
