"""What Python callers may give: each kind of argument is read in one place, or refused.

Nothing is guessed.  A float is refused where a number is meant exactly, since 0.1 is not the
number it looks like; True is no number; and an empty list does not stand for everything.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smtcheck.arithmetic.codes import first_outside, integers, refuse_masked
from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.integers import Integers
from smtcheck.arithmetic.intervals import Interval
from smtcheck.claims.claim_files import axis_between, axis_of
from smtcheck.claims.settings import QuantizationScheme
from smtcheck.engines.portfolio import Engine
from smtcheck.errors import InputError, shortened, shown_number
from smtcheck.expressions.tables import MAX_ENTRIES
from smtcheck.files import CodeExecution, FileSpace
from smtcheck.interface.options import MAX_SECONDS
from smtcheck.limits import Limits
from smtcheck.networks import activations
from smtcheck.networks.activations import Activation, CallableActivation, TableActivation
from smtcheck.networks.network import Network
from smtcheck.networks.network_building import format_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: An exact number; floats are refused.
Number = int | Fraction | Decimal

#: The values of one input: `low..high` and the like, a value, a pair of values, None for all.
Axis = str | Number | tuple[Number, Number] | None

#: What an activation can be given as.
ActivationLike = Activation | str | Callable[[Fraction], Fraction | int] | Sequence[int] | Any

_SHOWN = 60  #: characters of an argument in a message


def shown(given: object) -> str:
    """An argument in a message."""
    return shortened(repr(given), _SHOWN)


def scheme_of(fmt: Format | str, weights: str, bias: str) -> QuantizationScheme:
    """A quantization scheme from its parts."""
    for name, given in (("weights", weights), ("bias", bias)):
        if not isinstance(given, str):
            raise InputError(f"{name} is {shown(given)}, and must be a text, such as 'full'")
    return QuantizationScheme.parse(str(format_of(fmt)), weights, bias)


def network_of(given: Network | str | Path) -> Network:
    """A network, or its file."""
    if isinstance(given, Network):
        return given
    if not isinstance(given, str | Path):
        raise InputError(f"{shown(given)} is no network: give a Network, or the name of its file")
    return Network.load(given)


def activation_of(given: ActivationLike) -> Activation:
    """An activation, its text, a function of exact values, or an array of codes, lo first."""
    if isinstance(given, Activation):
        return given
    if isinstance(given, str):
        return activations.activation(
            given, FileSpace.working_directory(), CodeExecution.ALLOWED
        )  # whoever calls this runs code already
    if callable(given):
        return CallableActivation(name=name_of(given), function=given)
    codes = code_array(given, "the activation")
    if codes.ndim != 1:
        raise InputError(f"the activation has {codes.ndim} axes of codes, and needs one")
    return TableActivation(name=f"table of {len(codes)} codes", codes=tuple(codes.tolist()))


def tabulated_activation(given: ActivationLike, fmt: Format) -> Activation:
    """The same; a function is called once at each code, where there are not too many."""
    act = activation_of(given)
    if isinstance(given, str) or not isinstance(act, CallableActivation):
        return act
    if fmt.codes.size > MAX_ENTRIES:
        return act
    return TableActivation(name=act.name, codes=activations.table(act, fmt))


def name_of(function: Callable[..., Any]) -> str:
    """What a function is called in messages."""
    return f"function {getattr(function, '__qualname__', type(function).__name__)}"


def code_array(given: Any, what: str) -> NDArray[Any]:
    """An array of integers with any number of axes; ragged lists and floats are refused."""
    import numpy as np

    refuse_masked(given, f"{what} is")
    try:
        array = given if isinstance(given, np.ndarray) else np.array(given, dtype=object)
    except (ValueError, TypeError):
        array = np.array([[]], dtype=object)
    if array.size and any(isinstance(part, list | tuple) for part in array.reshape(-1).tolist()):
        raise InputError(f"{what} is {shown(given)}: its lists have different lengths")
    if array.ndim == 0 or not array.size:
        raise InputError(f"{what} is {shown(given)}: neither a text, a function nor codes")
    try:
        return integers(array)
    except InputError as error:
        raise InputError(f"{what}: {error}") from None


def require_codes(array: NDArray[Any], fmt: Format, what: str) -> None:
    """Refuse numbers that are no codes of a format, or none that quantization ever gives.

    A target is quantized once: a network that gives -hi would else be what gives lo in an array.
    """
    import numpy as np

    flat = array.reshape(-1)
    least = fmt.apply_overflow(Integers(), fmt.lo)  # lo itself, unless overflow is symmetric
    position = first_outside(flat, Interval(least, fmt.hi))
    if position is not None:
        code = int(flat[position])
        place = [int(index) for index in np.unravel_index(position, array.shape)]
        reason = f"no code of {fmt}"
        if code in fmt.codes:
            reason = f"a code that {fmt} never gives: it saturates at {shown_number(least)}"
        raise InputError(f"{what} has {shown_number(code)} at {place}, which is {reason}")


def exact(given: Any, what: str) -> Fraction:
    """An int, Fraction or Decimal as it is."""
    if isinstance(given, float):
        raise InputError(
            f"{what} is the float {given!r}, which may not be the number that it looks like: "
            "give an int, a Fraction or a Decimal"
        )
    if isinstance(given, Fraction):
        return given
    if isinstance(given, Decimal) and given.is_finite():
        return Fraction(given)
    return Fraction(exact_integer(given, what, "an int, a Fraction or a Decimal"))


def exact_integer(given: Any, what: str, wanted: str = "an integer") -> int:
    """An integer of any type but bool."""
    try:
        if not isinstance(given, bool):
            return int(operator.index(given))
    except TypeError:
        pass
    raise InputError(f"{what} is {shown(given)}, and must be {wanted}")


def domain_of(given: Sequence[Axis] | None, fmt: Format, inputs: int) -> tuple[Interval, ...]:
    """The codes of each input; None is all of them."""
    if given is None:
        return (fmt.codes,) * inputs
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise InputError(f"domain is {shown(given)}: give a list, with an entry for each input")
    if len(given) != inputs:
        raise InputError(
            f"domain has {len(given)} entries, there are {inputs} inputs; leave it out to mean all "
            "codes"
        )
    return tuple(_axis(axis, fmt) for axis in given)


def _axis(given: Axis, fmt: Format) -> Interval:
    if given is None:
        return fmt.codes
    if isinstance(given, str):
        return axis_of(given, fmt)
    is_pair = isinstance(given, tuple | list)
    if is_pair and len(given) != 2:  # type: ignore[arg-type]
        raise InputError(f"domain {shown(given)} is no pair (low, high) of values")
    low, high = given if is_pair else (given, given)  # type: ignore[misc]
    return axis_between(exact(low, "domain"), exact(high, "domain"), fmt, shown(given))


def engine_of(name: str) -> Engine:
    """An engine by its name."""
    for engine in Engine:
        if engine.value == name:
            return engine
    allowed = ", ".join(engine.value for engine in Engine)
    raise InputError(f"engine {shown(name)} is not one of {allowed}")


def limits_of(limits: Limits | None, timeout: float | None) -> Limits:
    """The limits of a search; a timeout alone stands for the usual ones with that time."""
    if limits is not None and timeout is not None:
        raise InputError("give timeout or limits, not both: Limits(timeout_seconds=...)")
    if limits is not None and not isinstance(limits, Limits):
        raise InputError(f"limits is {shown(limits)}, and must be a Limits")
    found = Limits() if limits is None else limits
    if timeout is not None:
        found = replace(found, timeout_seconds=timeout)
    _require_time(found.timeout_seconds)
    for name, least, most in (
        ("memory_mebibytes", 1, 2**24),
        ("seed", 0, 2**31 - 1),
    ):
        value = exact_integer(getattr(found, name), name)
        if not least <= value <= most:
            raise InputError(f"{name} is {value}, allowed are {least} .. {most}")
    return found


def _require_time(seconds: object) -> None:
    """A number of seconds; not a truth value, nor infinite."""
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if not (is_number and 0 < seconds <= MAX_SECONDS):  # type: ignore[operator]
        raise InputError(
            f"timeout is {shown(seconds)}, and must be seconds above 0, at most {MAX_SECONDS}"
        )
