"""The command `construct`: a network for a target, proved, and a claim about it if asked."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from smtcheck.arithmetic.codes import integers
from smtcheck.errors import InputError
from smtcheck.interface.commands import Exit, Options, print_json, progress, write_output
from smtcheck.interface.executors import Resources, workers
from smtcheck.interface.universality import explanation, universality_document
from smtcheck.networks.activations import (
    Activation,
    TableActivation,
    activation,
    called,
    imported_function,
)
from smtcheck.networks.files import CodeExecution, FileSpace
from smtcheck.networks.tables import members
from smtcheck.proving.claims import expression_side
from smtcheck.proving.constructing import (
    Constructed,
    construct,
    fewest_parameters,
    require_feasible,
    table_target,
)
from smtcheck.proving.questions import ExpressionSide
from smtcheck.proving.verdicts import NotUniversal, Undecided
from smtcheck.theory.settings import Setting

MAX_TEXT = 2**14  #: entries of a table that is written as text
_FUNCTION = re.compile(r"([A-Za-z_][\w.]*):([A-Za-z_]\w*)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What `construct` was asked."""

    targets: tuple[str, ...]  #: one an output
    inputs: int
    activation: str
    setting: Setting
    output: Path
    claim: Path | None


def construct_request(request: Request, resources: Resources, options: Options) -> int:
    """Build, prove, write and report; the exit code says whether there is a network."""
    setting = request.setting
    require_feasible(setting.format, request.inputs)
    act = activation(request.activation, FileSpace.working_directory(), options.code)
    act, table = _beside(act, request.output)
    target = target_of(request.targets, request.inputs, setting, options.code)
    with workers(resources) as crew, progress(f"a network for {', '.join(request.targets)}"):
        found = construct(setting, act, target, options.limits, crew.executor)
    if isinstance(found, Constructed):
        if table is not None:
            write_output(*table)
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
    texts: tuple[str, ...], inputs: int, setting: Setting, code: CodeExecution
) -> ExpressionSide:
    """The target: expressions, or (one alone) `table:FILE` or `module:function`."""
    fmt, files = setting.format, FileSpace.working_directory()
    match = _FUNCTION.fullmatch(texts[0])
    if texts[0].startswith("table:"):
        _require_one(texts)
        names = ", ".join(f"x{index}" for index in range(inputs))
        name = texts[0].removeprefix("table:")
        if "'" in name:
            raise InputError(f"target table {name[:60]!r} has a quote in its name")
        return expression_side((f"table('{name}', {names})",), inputs, fmt, fmt, files)
    if match is not None:
        _require_one(texts)
        if code is CodeExecution.REFUSED:
            raise InputError(f"target {texts[0]!r} would run code: allow it with --allow-code")
        return _called_everywhere(imported_function(match[1], match[2]), inputs, setting)
    return expression_side(texts, inputs, fmt, fmt, files)


def _require_one(texts: tuple[str, ...]) -> None:
    if len(texts) > 1:
        raise InputError(f"target {texts[0]!r} stands alone: give one --target, or expressions")


def _called_everywhere(
    function: Callable[..., Fraction | int], inputs: int, setting: Setting
) -> ExpressionSide:
    """A Python function of exact values, called at every input."""
    fmt = setting.format
    codes = []
    for point in product(members(fmt.codes), repeat=inputs):
        values = [fmt.value(code) for code in point]
        value = called(lambda _: function(*values), values[0], "target")  # noqa: B023 (called at once)
        if type(value) is not int and not isinstance(value, Fraction):
            raise InputError(f"the target returned {value!r}; it must return a Fraction or an int")
        codes.append(fmt.quantize(value))
    shape = (fmt.codes.size,) * inputs
    return table_target(integers(codes).reshape(shape), fmt)


def _beside(act: Activation, output: Path) -> tuple[Activation, tuple[Path, bytes] | None]:
    """The activation under a name that the network file can give it.

    A network file names tables that lie beside it, so one of these gets a copy.
    """
    if not isinstance(act, TableActivation):
        return act, None
    path = output.with_name(f"{output.stem}-activation.csv")
    data = "".join(f"{code}\n" for code in act.codes).encode()
    return TableActivation(name=f"table:{path.name}", codes=act.codes), (path, data)


def _saved(found: Constructed, request: Request) -> None:
    try:
        found.network.save(request.output)
    except OSError as error:
        raise InputError(f"{request.output} cannot be written: {error.strerror}") from None


def _write_claim(path: Path, request: Request, found: Constructed, target: ExpressionSide) -> None:
    """A claim that says what was proved; tables become one file beside it."""
    try:
        network = request.output.resolve().relative_to(path.resolve().parent).as_posix()
    except ValueError:
        raise InputError(
            f"{path} could not name {request.output}: a claim lies beside its network or above it"
        ) from None
    texts = list(target.texts)
    if target.grids:
        texts = []
        for output, codes in enumerate(found.tables):
            table, data = _table_file(path, output, codes)
            write_output(table, data)
            names = ", ".join(f"x{index}" for index in range(target.inputs))
            texts.append(f"table('{table.name}', {names})")
    quoted = ", ".join(_toml(text) for text in texts)
    lines = [
        'kind = "equal"',
        f"format = {_toml(str(request.setting.format))}",
        f"network = {_toml(network)}",
        f"target = {quoted if len(texts) == 1 else f'[{quoted}]'}",
        'expect = "proved"',
    ]
    write_output(path, "".join(f"{line}\n" for line in lines).encode())


def _table_file(path: Path, output: int, codes: NDArray[np.int64]) -> tuple[Path, bytes]:
    """A table beside a claim: as text, unless it is large."""
    name = f"{path.stem}-target{output}"
    if codes.size <= MAX_TEXT:
        text = "".join(f"{code}\n" for code in codes.reshape(-1).tolist())
        return path.with_name(f"{name}.csv"), text.encode()
    stream = io.BytesIO()
    np.save(stream, codes, allow_pickle=False)
    return path.with_name(f"{name}.npy"), stream.getvalue()


def _toml(text: str) -> str:
    """A basic TOML string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _per_entry(found: Constructed) -> float:
    return round(found.parameters / found.entries, 4)


def _document(request: Request, found: Constructed | NotUniversal | Undecided) -> dict[str, Any]:
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
                "reason": found.proof.evidence,
            }
        case NotUniversal():
            why = universality_document(request.setting, request.activation, found)
            return document | {"universality": why, "reason": "the format is not universal"}
        case Undecided(reason=reason):
            return document | {"reason": reason}


def _show(request: Request, found: Constructed | NotUniversal | Undecided) -> None:
    setting, name = request.setting, ", ".join(request.targets)
    match found:
        case Constructed(network=network):
            click.echo(f"{request.output}: {name} with {request.activation} in {setting}")
            neurons = " + ".join(str(layer.outputs) for layer in network.layers)
            _wrapped(
                f"{found.parameters} parameters ({neurons} neurons, {network.nonzero_weights} "
                f"weights), {_per_entry(found)} for each of {found.entries} entries; a random "
                f"table takes at least {fewest_parameters(setting):.2f}, by counting"
            )
            _wrapped(f"built from {found.way}")
            _wrapped(f"proved by {found.proof.engine}: {found.proof.evidence}")
            if request.claim is not None:
                _wrapped(f"claim: {request.claim}")
        case NotUniversal(condition=condition):
            reason = f" ({condition})" if condition else ""
            click.echo(
                f"no network for {name}: {request.activation} in {setting} is {found}{reason}"
            )
            for line in explanation(setting, request.activation, found):
                _wrapped(line)
        case Undecided(reason=reason):
            click.echo(f"no network for {name}: undecided")
            _wrapped(reason)


def _wrapped(line: str) -> None:
    click.echo(click.wrap_text(line, width=98, initial_indent="  ", subsequent_indent="    "))
