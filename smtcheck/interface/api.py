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
    """An activation by built-in name, `expr:EXPR`, `table:FILE` or `module:function`.

    The last one imports and calls Python code: whoever writes it here vouches for it.
    """
    return activations.activation(
        name_or_spec, FileSpace.working_directory(), CodeExecution.ALLOWED
    )


def table(act: Activation | str, fmt: Format | str) -> tuple[int, ...]:
    """The codes T(lo) .. T(hi), each provably the correctly rounded one."""
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
    """Whether networks of a format represent every function (proofs/theory.md#universal).

    `weights` is full, ternary, binary or binary-dense; `bias` is exact, grid or format.
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
    """A network that was proved to compute a target (proofs/theory.md#constructing-networks).

    The target is an expression in x0 .. x(inputs - 1), or one for each output; or an array
    of output codes with an axis of all N codes, lo first, for each input; or a function of
    exact values (Fraction) that gives one.  The answer is `Constructed` (with `.network`),
    or `NotUniversal` or `Undecided` with the reason.
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

    `domain` confines each input to `low..high` values (or `any`); `tolerance_ulp`
    allows that many units in the last place of the network's output format.  Long
    evaluations go through `executor`, any of concurrent.futures', whose workers are
    trusted; the verdict does not depend on it.
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
    return prove_question(question, limits or Limits(), Engine(engine), executor)
