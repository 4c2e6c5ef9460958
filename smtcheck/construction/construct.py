"""Construction from beginning to end: decide, tabulate the target, build, and prove.

Whoever built the network is not believed: it leaves here only with a verdict that it
computes the target on the whole domain, from the same engines as every claim.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from math import log

import numpy as np
from numpy.typing import NDArray

from smtcheck.arithmetic.arrays import Array, Arrays, WouldOverflow
from smtcheck.arithmetic.codes import CodeArray, first_outside, integers
from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.rounding import Rounding
from smtcheck.checking import exhaustive, replay
from smtcheck.checking.composition.boxes import along, outputs_at_all
from smtcheck.checking.refusals import Refused
from smtcheck.claims.evidence import Criterion
from smtcheck.claims.questions import Obligation, Question
from smtcheck.claims.settings import QuantizationScheme, Weights
from smtcheck.claims.sides import ExpressionSide, NetworkSide
from smtcheck.claims.verdicts import (
    InternalError,
    Minimality,
    NotUniversal,
    OfConstruction,
    Proved,
    Refuted,
    Undecided,
    Universal,
)
from smtcheck.construction.boxes.partitions import TabulatedFunction
from smtcheck.construction.builder import Built, NetworkBuilder
from smtcheck.construction.indicators.saturation import NoNetwork
from smtcheck.engines.portfolio import Engine, prove
from smtcheck.errors import InputError
from smtcheck.expressions import syntax as ex
from smtcheck.expressions.compilation import Compilation
from smtcheck.expressions.syntax import Grid
from smtcheck.expressions.tables import members
from smtcheck.limits import Limits, OutOfTime, alarm
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.networks.activations import Activation, called
from smtcheck.networks.network import Network
from smtcheck.universality.decision import decide

Ints = NDArray[np.int64]

MAX_POINTS = 2**22  #: of a target's table


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Constructed(OfConstruction):
    """A network that was proved to compute its target.

    Attributes
    ----------
    network : Network
        With the codes of one format as inputs and outputs.
    tables : tuple of arrays of int64, shape (N, ..., N)
        What it computes: for each output its codes, an axis for each input, lo first.
    way : str
        How it was built, for people.
    proof : Proved
        That it computes the target on all inputs.
    universal : Universal
        That its scheme has a network for every function.

    References
    ----------
    proofs/theory.md#constructing-networks.

    Examples
    --------
    >>> made = sc.construct("abs(x0)", "relu", "paper(3,4)")
    >>> isinstance(made, sc.Constructed), str(made), made.way, made.parameters, made.entries
    (True, 'constructed', 'ramps', 7, 15)
    >>> made.tables[0].tolist()
    [7, 6, 5, 4, 3, 2, 1, 0, 1, 2, 3, 4, 5, 6, 7]
    >>> print(made.proof, "and", made.universal)
    proved and universal
    """

    network: Network
    tables: tuple[Ints, ...]
    way: str
    proof: Proved
    universal: Universal

    _asked = "verdict.constructed"

    @property
    def constructed(self) -> bool:
        """Whether there is a network: here it is."""
        return True

    @property
    def parameters(self) -> int:
        """How many weights that are not zero, and biases, there are together."""
        return self.network.nonzero_weights + self.network.neurons

    @property
    def entries(self) -> int:
        """How many numbers the target's table has: N^inputs for each output."""
        return int(self.network.input_format.codes.size**self.network.inputs) * self.network.outputs

    def __str__(self) -> str:
        return "constructed"


Construction = Constructed | NotUniversal | Undecided


def construct(
    setting: QuantizationScheme,
    act: Activation,
    target: ExpressionSide,
    limits: Limits,
    executor: Executor | None = None,
) -> Construction:
    """A network of the setting for the target, or why there is none."""
    require_feasible(setting.format, target.inputs)
    verdict = decide(setting, act, limits)
    match verdict:
        case Universal(evidence=Criterion() as evidence):
            entries = ActivationTable(act, setting.format)
            builder = NetworkBuilder(setting=setting, entries=entries, evidence=evidence)
        case Universal():
            reason = "networks are constructed for saturating overflow; this format wraps around"
            return Undecided(reason=reason)
        case _:
            return verdict
    deadline = limits.deadline()
    built: Built | None = None
    try:
        # half of the time is for looking for smaller networks, and the rest for the proof
        with alarm(limits.timeout_seconds / 2):
            function = tabulated(target)
            for smaller in builder.improvements(function):
                built = smaller
    except OutOfTime:
        if built is None:
            reason = f"not constructed within {limits.timeout_seconds} s"
            return Undecided(reason=f"{reason} (half of them are kept for the proof)")
    except MemoryError:
        if built is None:
            return Undecided(reason="this construction needs more memory than there is")
    except NoNetwork as error:
        return Undecided(reason=f"no construction led to a network ({error})")
    assert built is not None  # or there would have been NoNetwork
    rest = replace(limits, timeout_seconds=max(1, int(deadline - time.monotonic())))
    return _proved(built, function, target, verdict, rest, executor)


def _proved(
    built: Built,
    function: TabulatedFunction,
    target: ExpressionSide,
    universal: Universal,
    limits: Limits,
    executor: Executor | None,
) -> Construction:
    question = Question(
        left=NetworkSide(network=built.network),
        right=target,
        domain=(target.input_format.codes,) * target.inputs,
    )
    verdict = prove(question, limits, Engine.AUTO, executor)
    match verdict:
        case Proved():
            return Constructed(
                network=built.network,
                tables=function.tables,
                way=built.way,
                proof=verdict,
                universal=universal,
            )
        case Refuted(counterexample=found):
            raise InternalError(
                f"the network that was built ({built.way}) differs from the target at input "
                f"codes {list(found.input_codes)}"
            )
        case Undecided(reason=reason):
            return Undecided(reason=f"a network was built, but not proved right: {reason}")


def require_feasible(fmt: Format, inputs: int) -> None:
    """Refuse targets whose tables are too large."""
    points = fmt.codes.size**inputs
    if points > MAX_POINTS:
        raise InputError(
            f"the target has {fmt.codes.size}^{inputs} inputs; networks are constructed for at "
            f"most {MAX_POINTS}: take a smaller format or fewer inputs"
        )


def tabulated(target: ExpressionSide) -> TabulatedFunction:
    """The target's codes at all inputs, and its exact values where those are sums."""
    domain = (target.input_format.codes,) * target.inputs
    itself = Question(left=target, right=target, domain=domain)
    found = exhaustive.scan(itself, Obligation.DEFINEDNESS, float("inf"))
    if found.failure is not None:
        divides, engine = Obligation.DEFINEDNESS, "evaluation"
        try:
            replay.failed(itself, divides, engine, found.failure, Minimality.SMALLEST)
        except Refused as refused:
            raise InternalError(f"what evaluation found is refused: {refused}") from refused
    shape = tuple(axis.size for axis in domain)
    try:
        codes = outputs_at_all(target, itself)
    except (WouldOverflow, OverflowError):
        raise InputError("values of the target do not fit into 64 bits") from None
    return TabulatedFunction(
        tables=tuple(array.elements.reshape(shape) for array in codes),
        sums=tuple(_exact_sums(target, itself, root) for root in target.expressions),
    )


def _exact_sums(target: ExpressionSide, itself: Question, root: ex.Expression) -> Ints | None:
    """scale^2 * value at all inputs, where that is an integer everywhere."""
    if any(isinstance(node, ex.Apply) for node in ex.walk(root)):
        return None
    ops, domain = Arrays(), itself.domain
    codes = [ops.variable(along(axis, i, len(domain)), axis) for i, axis in enumerate(domain)]
    compiled = Compilation(ops, itself.variables(codes), target.tables)
    unit = target.output_format.scale**2
    try:
        low, high = (
            compiled.rounded(root, unit, mode) for mode in (Rounding.FLOOR, Rounding.CEILING)
        )
    except (WouldOverflow, OverflowError):
        return None
    shape = tuple(axis.size for axis in domain)
    floor, ceiling = (_broadcast(array, shape) for array in (low, high))
    return floor if (floor == ceiling).all() else None


def _broadcast(array: Array, shape: Sequence[int]) -> Ints:
    return np.broadcast_to(array.elements, tuple(shape)).astype(np.int64)


def table_target(codes: Ints, fmt: Format) -> ExpressionSide:
    """A target given as an array of codes, with an axis of all codes for each input.

    InputError where the array has another shape, or numbers that are no codes.
    """
    size = fmt.codes.size
    if codes.ndim < 1 or codes.shape != (size,) * codes.ndim:
        raise InputError(
            f"the target's table has shape {codes.shape}; each axis needs {size} codes, lo first"
        )
    if first_outside(codes.reshape(-1), fmt.codes) is not None:
        raise InputError(f"the target's table holds numbers that are no codes of {fmt}")
    axes = ((fmt.lo, size),) * codes.ndim
    inputs = tuple(range(codes.ndim))
    grid = Grid(entries=CodeArray(codes), scale=fmt.scale, inputs=inputs, axes=axes)
    names = ", ".join(f"x{index}" for index in inputs)
    return ExpressionSide(
        texts=(f"table('target', {names})",),
        expressions=(grid,),
        grids=(("target", grid),),
        inputs=codes.ndim,
        input_format=fmt,
        output_format=fmt,
    )


def function_target(
    function: Callable[..., Fraction | int], inputs: int, fmt: Format
) -> ExpressionSide:
    """A target given as a Python function of exact values, which is called at every input.

    InputError where it fails, or gives something else than a Fraction or an int.
    """
    require_feasible(fmt, inputs)
    codes = []
    for point in product(members(fmt.codes), repeat=inputs):
        values = [fmt.value(code) for code in point]
        call = lambda _: function(*values)  # noqa: B023 (called at once)
        value = called(call, values[0], "target")
        if type(value) is not int and not isinstance(value, Fraction):
            raise InputError(f"the target returned {value!r}; it must return a Fraction or an int")
        codes.append(fmt.quantize(value))
    return table_target(integers(codes).reshape((fmt.codes.size,) * inputs), fmt)


def fewest_parameters(setting: QuantizationScheme) -> float:
    """How many weights an entry of a random table takes at least, weights of 0 included.

    There are no more networks of n weights than choices of them.  Where only weights that
    are not 0 are counted, their places tell something too, and fewer can do.
    """
    codes = setting.format.codes.size
    weights = {
        Weights.FULL: codes,
        Weights.TERNARY: 3,
        Weights.BINARY: 3,  # or none, where a neuron leaves an input out
        Weights.DENSE_BINARY: 2,
    }
    return log(codes) / log(weights[setting.weights])
