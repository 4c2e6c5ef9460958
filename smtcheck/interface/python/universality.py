"""`sc.decide` and `sc.construct`: what networks of a quantization scheme can compute."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeVar

from smtcheck.arithmetic.formats import Format
from smtcheck.claims.settings import QuantizationScheme
from smtcheck.claims.sides import ExpressionSide
from smtcheck.claims.targets import expression_side
from smtcheck.claims.verdicts import Answer, NotUniversal, Universal, UniversalityVerdict
from smtcheck.construction.construct import (
    Constructed,
    Construction,
    function_target,
    require_feasible,
    table_target,
)
from smtcheck.construction.construct import construct as construct_network
from smtcheck.errors import InputError
from smtcheck.files import FileSpace
from smtcheck.interface.options import MAX_INPUTS
from smtcheck.interface.python.arguments import (
    ActivationLike,
    code_array,
    exact_integer,
    limits_of,
    require_codes,
    scheme_of,
    tabulated_activation,
)
from smtcheck.interface.universality_text import explanation
from smtcheck.limits import Limits
from smtcheck.universality.decision import decide as decide_setting

if TYPE_CHECKING:
    from numpy.typing import NDArray

Given = TypeVar("Given", bound=Answer)


def decide(
    act: ActivationLike,
    fmt: Format | str,
    *,
    weights: str = "full",
    bias: str = "exact",
    timeout: float | None = None,
    limits: Limits | None = None,
) -> UniversalityVerdict:
    """Whether networks of a quantization scheme represent every function.

    Parameters
    ----------
    act : Activation, str, callable or array of integers
        The activation after every layer but the last, or what `activation` takes.  A function
        is called once at each code.
    fmt : Format or str
        The format of all codes, or its text.
    weights : str, default "full"
        Codes that weights may be: full, ternary, binary or binary-dense.
    bias : str, default "exact"
        Biases, in units of 1/scale^2: exact (all integers), grid (multiples of the scale)
        or format (codes times the scale).
    timeout : float, optional
        Seconds, in place of limits.
    limits : Limits, optional
        Time in seconds, memory in MiB and seed of the search.

    Returns
    -------
    Universal, NotUniversal or Undecided
        With evidence that was checked, and sentences about it; or with the reason.

    Raises
    ------
    InputError
        Where an argument is not understood, or the activation is not defined at a code.

    References
    ----------
    proofs/theory.md#universal; the question is that of Hwang, Park and Park, arXiv 2409.00297.

    Examples
    --------
    >>> print(sc.decide("gelu", "paper(4,8)", weights="binary"))
    universal
    >>> verdict = sc.decide("step", "paper(3,4)", weights="binary")
    >>> print(verdict, verdict.reasons[-1], sep=": ")
    not universal: No network computes f(x) = x.
    """
    setting = scheme_of(fmt, weights, bias)
    found = tabulated_activation(act, setting.format)
    verdict = decide_setting(setting, found, limits_of(limits, timeout))
    return with_reasons(setting, found.name, verdict)


def with_reasons(setting: QuantizationScheme, name: str, answer: Given) -> Given:
    """A verdict with sentences that say what its evidence means, which it does not know itself."""
    if not isinstance(answer, Universal | NotUniversal):
        return answer
    return replace(answer, reasons=tuple(explanation(setting, name, answer)))


def construct(
    target: str | Sequence[str] | Sequence[Any] | NDArray[Any] | Callable[..., Fraction | int],
    act: ActivationLike,
    fmt: Format | str,
    *,
    inputs: int = 1,
    weights: str = "full",
    bias: str = "exact",
    timeout: float | None = None,
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
    act : Activation, str, callable or array of integers
        As in `decide`.
    fmt : Format or str
        The format of all codes, or its text.
    inputs : int, default 1
        How many inputs there are; an array says so itself.
    weights : str, default "full"
        As in `decide`.
    bias : str, default "exact"
        As in `decide`.
    timeout : float, optional
        Seconds, in place of limits.
    limits : Limits, optional
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
        Where an argument is not understood, the target is not defined everywhere, or it has
        more than 2^22 inputs.

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
    setting = scheme_of(fmt, weights, bias)
    found = tabulated_activation(act, setting.format)
    side = _target(target, exact_integer(inputs, "inputs"), setting.format)
    answer = construct_network(setting, found, side, limits_of(limits, timeout), executor)
    if isinstance(answer, Constructed):
        return replace(answer, universal=with_reasons(setting, found.name, answer.universal))
    return with_reasons(setting, found.name, answer)


def _target(target: Any, inputs: int, fmt: Format) -> ExpressionSide:
    if not 1 <= inputs <= MAX_INPUTS:
        raise InputError(f"inputs is {inputs}, allowed are 1 .. {MAX_INPUTS}")
    texts = (target,) if isinstance(target, str) else target
    if isinstance(texts, list | tuple) and all(isinstance(text, str) for text in texts):
        require_feasible(fmt, inputs)
        files = FileSpace.working_directory()
        return expression_side(tuple(texts), inputs, fmt, fmt, files)
    if callable(target):
        return function_target(target, inputs, fmt)
    codes = code_array(target, "the target")
    if inputs not in (1, codes.ndim):
        raise InputError(f"the target is an array of {codes.ndim} inputs, and inputs is {inputs}")
    require_codes(codes, fmt, "the target")
    return table_target(codes, fmt)
