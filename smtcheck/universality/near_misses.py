"""Near misses: settings that differ in one thing from a negative one, and are universal.

Each is found by deciding it, so each suggestion is itself a verdict.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.arithmetic.rounding import Rounding
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from smtcheck.claims.verdicts import Universal
from smtcheck.errors import InputError
from smtcheck.limits import Limits
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.networks.activations import Activation, TableActivation
from smtcheck.universality.decision import decide_entries

MAX_SCALES = 256  #: on either side, and as many doublings and halvings
MAX_WIDER_BITS = 8
MAX_CODES = 2**16  #: of formats that are tried: each has to be decided in a moment


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMiss:
    """One change, and the setting that is universal with it."""

    change: str
    setting: QuantizationScheme
    verdict: Universal


def near_misses(setting: QuantizationScheme, act: Activation, limits: Limits) -> Iterator[NearMiss]:
    """The smallest changes of each kind that make a setting universal."""
    one_each = [
        ((f"{weights.value} weights", replace(setting, weights=weights)) for weights in Weights),
        ((f"{bias.value} bias", replace(setting, bias=bias)) for bias in Bias),
        _formats(setting, "rounding", Rounding),
        _formats(setting, "overflow", Overflow),
    ]
    for candidates in one_each:
        for change, other in candidates:
            found = _decided(change, other, setting, act, limits)
            if found is not None:
                yield found
    for candidates in (_larger_scales(setting), _smaller_scales(setting), _wider(setting, act)):
        for change, other in candidates:
            found = _decided(change, other, setting, act, limits)
            if found is not None:
                yield found
                break


def _decided(
    change: str,
    other: QuantizationScheme,
    setting: QuantizationScheme,
    act: Activation,
    limits: Limits,
) -> NearMiss | None:
    if other == setting or other.format.codes.size > MAX_CODES:
        return None
    try:
        verdict = decide_entries(other, ActivationTable(act, other.format), limits)
    except InputError:  # the activation is not defined in that format
        return None
    if not isinstance(verdict, Universal):
        return None
    return NearMiss(change=change, setting=other, verdict=verdict)


Candidates = Iterator[tuple[str, QuantizationScheme]]


def _formats(
    setting: QuantizationScheme, what: str, modes: type[Rounding] | type[Overflow]
) -> Candidates:
    for mode in modes:
        yield f"{what} {mode.value}", _with_format(setting, **{what: mode})


def _with_format(setting: QuantizationScheme, **changes: object) -> QuantizationScheme:
    return replace(setting, format=replace(setting.format, **changes))  # type: ignore[arg-type]


def _larger_scales(setting: QuantizationScheme) -> Candidates:
    scale = setting.format.scale
    nearby = () if _is_dyadic(setting.format) else range(scale + 1, scale + MAX_SCALES)
    for other in (*nearby, *(scale << bits for bits in range(1, 64))):
        if other.bit_length() <= setting.format.codes.width_bits + 1:
            yield f"scale {other}", _with_format(setting, scale=other)


def _smaller_scales(setting: QuantizationScheme) -> Candidates:
    scale = setting.format.scale
    nearby = () if _is_dyadic(setting.format) else range(scale - 1, max(0, scale - MAX_SCALES), -1)
    for other in (*nearby, *(scale >> bits for bits in range(1, scale.bit_length()))):
        yield f"scale {other}", _with_format(setting, scale=other)


def _is_dyadic(fmt: Format) -> bool:
    """Whether it is an ap_fixed, whose scale is a power of two."""
    return str(fmt).startswith("ap_")


def _wider(setting: QuantizationScheme, act: Activation) -> Candidates:
    """More bits at the same scale."""
    fmt = setting.format
    if isinstance(act, TableActivation):  # which has an entry for each code
        return
    for bits in range(1, MAX_WIDER_BITS + 1):
        size = fmt.codes.size << bits
        if fmt.lo == 0:
            lo, hi = 0, size - 1
        elif fmt.lo == -fmt.hi:
            hi = ((fmt.hi + 1) << bits) - 1
            lo = -hi
        else:
            lo, hi = fmt.lo << bits, ((fmt.hi + 1) << bits) - 1
        wider = replace(fmt, lo=lo, hi=hi)
        yield (
            f"{bits} more bit{'s' if bits > 1 else ''}: {wider}",
            _with_format(setting, lo=lo, hi=hi),
        )
