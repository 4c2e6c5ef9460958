"""The functions behind `import smtcheck as sc`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smtcheck.arithmetic.formats import Format
from smtcheck.claims.claim_files import axis_of
from smtcheck.claims.questions import Question
from smtcheck.claims.settings import QuantizationScheme
from smtcheck.claims.sides import NetworkSide, Side
from smtcheck.claims.targets import expression_side, target_side
from smtcheck.claims.verdicts import UniversalityVerdict, Verdict
from smtcheck.construction.construct import (
    Construction,
    function_target,
    require_feasible,
    table_target,
)
from smtcheck.construction.construct import construct as construct_network
from smtcheck.engines.portfolio import Engine
from smtcheck.engines.portfolio import prove as prove_question
from smtcheck.errors import InputError
from smtcheck.files import CodeExecution, FileSpace
from smtcheck.limits import Limits
from smtcheck.networks import activations
from smtcheck.networks.activations import Activation
from smtcheck.networks.network import Network
from smtcheck.universality.decision import decide as decide_setting

if TYPE_CHECKING:
    from numpy.typing import NDArray


def activation(name_or_spec: str) -> Activation:
    """An activation: a real function that is rounded once, or a table of codes.

    Parameters
    ----------
    name_or_spec : str
        A built-in name (relu, sigmoid, ...), `expr:EXPR` in x, `table:FILE` of N codes, or
        `module:function`, which imports and calls Python code that the caller vouches for.

    Returns
    -------
    Activation
        What the other functions take in place of such a text.

    Raises
    ------
    InputError
        Where the text is not understood, or the file or the function cannot be had.

    References
    ----------
    proofs/theory.md#activation; docs/claims.md lists the names.

    Examples
    --------
    >>> sc.table(sc.activation("expr:max(x, -x / 4)"), "paper(2,4)")
    (1, 1, 0, 0, 1, 2, 3)
    """
    return activations.activation(
        name_or_spec, FileSpace.working_directory(), CodeExecution.ALLOWED
    )


def table(act: Activation | str, fmt: Format | str) -> tuple[int, ...]:
    """The table T of an activation, each entry provably the correctly rounded one.

    Parameters
    ----------
    act : Activation or str
        An activation, or what `activation` takes.
    fmt : Format or str
        The format, or its text.

    Returns
    -------
    tuple of int
        The N codes T(lo), ..., T(hi).

    Raises
    ------
    InputError
        Where a text is not understood, T is not defined at a code, its rounding cannot be
        certified, or there are too many codes to list.

    References
    ----------
    proofs/theory.md#activation and #certified-rounding.

    Examples
    --------
    >>> sc.table("sigmoid", "ap_fixed<3,1>")
    (1, 1, 1, 1, 2, 2, 2, 2)
    """
    act = activation(act) if isinstance(act, str) else act
    fmt = Format.parse(fmt) if isinstance(fmt, str) else fmt
    return activations.table(act, fmt)


def decide(
    act: Activation | str,
    fmt: Format | str,
    *,
    weights: str = "full",
    bias: str = "exact",
    limits: Limits | None = None,
) -> UniversalityVerdict:
    """Whether networks of a quantization scheme represent every function.

    Parameters
    ----------
    act : Activation or str
        The activation after every layer but the last, or what `activation` takes.
    fmt : Format or str
        The format of all codes, or its text.
    weights : str, default "full"
        Codes that weights may be: full, ternary, binary or binary-dense.
    bias : str, default "exact"
        Biases, in units of 1/scale^2: exact (all integers), grid (multiples of the scale)
        or format (codes times the scale).
    limits : smtcheck.limits.Limits, optional
        Time in seconds, memory in MiB and seed of the search.

    Returns
    -------
    Universal, NotUniversal or Undecided
        With evidence that was checked, or with the reason.

    Raises
    ------
    InputError
        Where a text is not understood, or the activation is not defined at a code.

    References
    ----------
    proofs/theory.md#universal; the question is that of Hwang, Park and Park, arXiv 2409.00297.

    Examples
    --------
    >>> print(sc.decide("gelu", "paper(4,8)", weights="binary"))
    universal
    >>> print(sc.decide("step", "paper(3,4)", weights="binary"))
    not universal
    """
    act = activation(act) if isinstance(act, str) else act
    return decide_setting(
        QuantizationScheme.parse(str(fmt), weights, bias), act, limits or Limits()
    )


def construct(
    target: str | Sequence[str] | Sequence[Any] | NDArray[Any] | Callable[..., Fraction | int],
    act: Activation | str,
    fmt: Format | str,
    *,
    inputs: int = 1,
    weights: str = "full",
    bias: str = "exact",
    limits: Limits | None = None,
    executor: Executor | None = None,
) -> Construction:
    """A network that computes a target, proved on all inputs.

    Parameters
    ----------
    target : str, sequence of str, array of integers or callable
        An expression in x0, x1, ..., or one for each output; an array of output codes, shape
        (N, ..., N), with an axis of all codes, lo first, for each input; or a function that
        is called with a Fraction for each input and returns a Fraction or an int.
    act : Activation or str
        The activation after every layer but the last, or what `activation` takes.
    fmt : Format or str
        The format of all codes, or its text.
    inputs : int, default 1
        How many inputs there are; an array says so itself.
    weights : str, default "full"
        As in `decide`.
    bias : str, default "exact"
        As in `decide`.
    limits : smtcheck.limits.Limits, optional
        Time in seconds, memory in MiB and seed; half of the time is kept for the proof.
    executor : concurrent.futures.Executor, optional
        Where long evaluations go; its workers are trusted.

    Returns
    -------
    Constructed, NotUniversal or Undecided
        The network is `.network` of the first.

    Raises
    ------
    InputError
        Where a text is not understood, the target is not defined everywhere, or it has more
        than 2^22 inputs.

    References
    ----------
    proofs/theory.md#constructing-networks.

    Examples
    --------
    >>> made = sc.construct("max(x0, x1)", "relu", "paper(4,8)", inputs=2)
    >>> made.parameters, made.network.evaluate([3, -5])
    (15, (3,))
    >>> sc.construct(lambda x: x * x, "relu", "paper(3,4)").network.evaluate([5])  # 1.25^2
    (6,)
    """
    setting = QuantizationScheme.parse(str(fmt), weights, bias)
    act = activation(act) if isinstance(act, str) else act
    fmt = setting.format
    texts = (target,) if isinstance(target, str) else target
    if isinstance(texts, Sequence) and all(isinstance(text, str) for text in texts):
        require_feasible(fmt, inputs)
        files = FileSpace.working_directory()
        side = expression_side(tuple(texts), inputs, fmt, fmt, files)
    elif callable(target):
        side = function_target(target, inputs, fmt)
    else:
        side = table_target(_as_array(target), fmt)
    return construct_network(setting, act, side, limits or Limits(), executor)


def _as_array(table: Sequence[Any] | NDArray[Any]) -> NDArray[Any]:
    import numpy as np

    try:
        return np.asarray(table)
    except (ValueError, OverflowError):  # lists of different lengths, among others
        raise InputError("the target is no expression, no function and no array of codes") from None


def prove(
    network: Network | str | Path,
    *,
    equals: str | Sequence[str] | Network,
    domain: Sequence[str] | None = None,
    tolerance_ulp: int = 0,
    engine: str = "auto",
    limits: Limits | None = None,
    executor: Executor | None = None,
) -> Verdict:
    """Whether a network computes a target, or what another network does, everywhere.

    Parameters
    ----------
    network : Network, str or Path
        The network, or its file.
    equals : str, sequence of str or Network
        An expression in x0, x1, ..., or one for each output, quantized once into the output
        format; or another network that reads the same codes.
    domain : sequence of str, optional
        Values of each input: `low..high`, `value` or `any`; all codes unless given.
    tolerance_ulp : int, default 0
        How far outputs may be apart, in units in the last place of the output format.
    engine : str, default "auto"
        auto, composition, merge, exhaustive, smt, z3 or bitwuzla.
    limits : smtcheck.limits.Limits, optional
        Time in seconds, memory in MiB of each solver, and seed.
    executor : concurrent.futures.Executor, optional
        Where long evaluations go; its workers are trusted, the verdict depends on nothing else.

    Returns
    -------
    Proved, Refuted or Undecided
        With its basis, with a counterexample, or with the reason.

    Raises
    ------
    InputError
        Where a text or a file is not understood, the two sides do not fit together, or one
        divides by zero somewhere in the domain.

    References
    ----------
    proofs/theory.md#equal, #equivalent, #domain and #tolerance.

    Examples
    --------
    >>> net = sc.construct("abs(x0)", "relu", "paper(3,4)").network
    >>> print(sc.prove(net, equals="abs(x0)"), sc.prove(net, equals="x0"))
    proved refuted
    >>> print(sc.prove(net, equals="x0", domain=["0..1"]))
    proved
    """
    if not isinstance(network, Network):
        network = Network.load(network)
    right: Side
    if isinstance(equals, Network):
        right = NetworkSide(network=equals)
    else:
        right = target_side(network, equals, FileSpace.working_directory())
    axes = [axis_of(text, network.input_format) for text in domain or ["any"] * network.inputs]
    question = Question(
        left=NetworkSide(network=network),
        right=right,
        domain=tuple(axes),
        tolerance_ulp=tolerance_ulp,
    )
    return prove_question(question, limits or Limits(), _engine(engine), executor)


def _engine(name: str) -> Engine:
    for engine in Engine:
        if engine.value == name:
            return engine
    allowed = ", ".join(engine.value for engine in Engine)
    raise InputError(f"engine {name!r} is not one of {allowed}")
