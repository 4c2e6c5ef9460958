"""How verdicts about universality are explained: what breaks, shown on something concrete."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from smtcheck.claims.evidence import (
    AffineActivation,
    ByEnds,
    ByNeurons,
    ByShifts,
    Congruent,
    ConstantActivation,
    Criterion,
    Entry,
    GeneratingNetworks,
    Inseparable,
    MonotoneActivation,
    NeverGiven,
    Obstacle,
    Ordered,
    Parity,
    ProofMethod,
    Uncovered,
    UncoveredResidues,
    document,
)
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from smtcheck.claims.verdicts import Basis, NotUniversal, Undecided, Universal, UniversalityVerdict
from smtcheck.errors import shown_number
from smtcheck.interface.values import shown_value

MAX_SHOWN = 6  #: gaps, neurons, entries


def explanation(setting: QuantizationScheme, name: str, verdict: UniversalityVerdict) -> list[str]:
    """Sentences: what was found, what it means for networks, and whose word it rests on."""
    match verdict:
        case Universal(evidence=Criterion() as evidence):
            found = list(_criterion(setting, evidence))
        case Universal(evidence=GeneratingNetworks() as evidence):
            found = list(_closure(setting, evidence))
        case NotUniversal(evidence=evidence):
            found = list(_obstacle(setting, name, evidence))
        case Undecided(reason=reason):
            return [reason]
        case _:
            raise TypeError(type(verdict).__name__)
    if verdict.basis is Basis.SOLVER:
        found.append(f"A statement about all codes rests on {Basis.SOLVER.value}.")
    return found


def universality_document(
    setting: QuantizationScheme, name: str, verdict: UniversalityVerdict
) -> dict[str, Any]:
    """The JSON of one verdict."""
    settled = None if isinstance(verdict, Undecided) else verdict.evidence
    return {
        "verdict": str(verdict),
        "basis": None if isinstance(verdict, Undecided) else verdict.basis.value,
        "format": str(setting.format),
        "activation": name,
        "weights": setting.weights.value,
        "bias": setting.bias.value,
        "difference_gcd": getattr(settled, "difference_gcd", 0 if _is_constant(settled) else None),
        "condition": verdict.condition if isinstance(verdict, NotUniversal) else None,
        "evidence": None if settled is None else document(settled),
        "reason": " ".join(explanation(setting, name, verdict)),
    }


def _is_constant(evidence: object) -> bool:
    return isinstance(evidence, ConstantActivation)


def _entry(entry: Entry) -> str:
    return f"T({shown_number(entry.code)}) = {shown_number(entry.result)}"


def _entries(entries: tuple[Entry, ...]) -> str:
    shown = ", ".join(map(_entry, entries[:MAX_SHOWN]))
    return shown + (", ..." if len(entries) > MAX_SHOWN else "")


def _code(setting: QuantizationScheme, code: int) -> str:
    return f"code {shown_number(code)} (value {shown_value(setting.format.value(code))})"


def _criterion(setting: QuantizationScheme, evidence: Criterion) -> Iterator[str]:
    step = setting.weight_step
    match evidence.separation:
        case ByShifts(witness=(left, right)):
            yield (
                f"Separation: {_entry(left)} and {_entry(right)} differ, and biases shift a "
                "neuron arbitrarily, so some first-layer neuron tells any two inputs apart."
            )
        case ByEnds(witness=(left, right)):
            yield (
                f"Separation: {_entry(left)} and {_entry(right)} differ at the two ends, which "
                "shifts by codes of the format carry between any two inputs."
            )
        case ByNeurons(neurons=neurons):
            shown = ", ".join(f"{n.weight} x + {n.bias}" for n in neurons[:MAX_SHOWN])
            more = f" and {len(neurons) - MAX_SHOWN} more" if len(neurons) > MAX_SHOWN else ""
            yield f"Separation: no two codes agree on the neurons with sums {shown}{more}."
    yield (
        f"Coverage: {_entries(evidence.entries)} have differences with gcd "
        f"{evidence.difference_gcd}, so an output neuron adds any multiple of "
        f"{step * evidence.difference_gcd}; from "
        f"{evidence.bias + step * evidence.repeats * evidence.constant.result} on these are "
        f"requantized to every code."
    )
    if evidence.opposites is not None:
        low, high = evidence.opposites.bit
        yield (
            "No weight is negative, but T turns bits round: a neuron with weight "
            f"{evidence.opposites.weight} and bias {evidence.opposites.bias} that reads "
            f"{low.result} or {high.result} does so."
        )


def _closure(setting: QuantizationScheme, evidence: GeneratingNetworks) -> Iterator[str]:
    modulus = setting.format.codes.size * setting.format.scale
    primes = "2" if modulus & (modulus - 1) == 0 else "each prime factor of N times the scale"
    neurons = sum(len(layer) for layer in evidence.sequence)
    depth = len(evidence.sequence)
    what = f"a network of {_counted(neurons, 'neuron')} in {_counted(depth, 'layer')}"
    if len(evidence.sequence[-1]) == 1:
        what = f"the shifts of {what}"
    yield f"One input: {what} generate{_third(what)} all functions modulo {primes}."
    low, high = evidence.bits
    gates = sum(len(layer) for layer in evidence.gates)
    yield (
        f"Two bits, delivered as {_entry(low)} and {_entry(high)}: {_counted(gates, 'neuron')} in "
        f"{_counted(len(evidence.gates), 'layer')} generate all functions of them modulo {primes}; "
        "trees of these select any point of any number of inputs."
    )


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def _third(subject: str) -> str:
    return "" if subject.startswith("the shifts") else "s"


def _obstacle(setting: QuantizationScheme, name: str, evidence: Obstacle) -> Iterator[str]:
    match evidence:
        case ConstantActivation(value=value):
            yield (
                f"{name} is constant in this format: T(k) = {value} for every code k, so every "
                "network is constant."
            )
        case Inseparable():
            yield from _inseparable(setting, evidence)
        case Uncovered():
            yield from _uncovered(setting, evidence)
        case NeverGiven(code=code):
            yield (
                f"Symmetric saturation gives no code below {-setting.format.hi}, so no neuron "
                f"ever gives {_code(setting, code)}: no network computes f(x) = x."
            )
        case MonotoneActivation(direction=direction):
            never = "falls" if direction == 1 else "rises"
            example = "hi - x" if direction == 1 else "a function that both rises and falls"
            yield (
                f"Weights of this format are not negative, and T never {never}, so every network "
                f"is monotone: none computes {example}."
            )
        case Ordered(increments=increments):
            yield (
                "Weights of this format are not negative. From an input of 0 to one of "
                f"{setting.format.hi} every activation rises by a sum of {list(increments)[:8]}, "
                "and none falls: no network computes hi - x."
            )
        case Congruent():
            yield from _congruent(setting, evidence)
        case Parity(inputs=inputs):
            yield (
                f"Modulo {setting.format.scale * evidence.shift} every layer after the first is "
                f"affine, and sums of first-layer activations have a degree below {inputs}: no "
                f"network computes the indicator of a point of {inputs} inputs."
            )
        case AffineActivation(slope=slope):
            yield (
                f"Nothing is rounded, and T(k + 1) = T(k) + {slope} modulo "
                f"{setting.format.codes.size}: every network is affine modulo "
                f"{setting.format.codes.size}. No network computes max(x, 0)."
            )


def _inseparable(setting: QuantizationScheme, evidence: Inseparable) -> Iterator[str]:
    shown = [", ".join(_code(setting, code) for code in x) for x in (evidence.left, evidence.right)]
    yield f"No first-layer neuron tells these inputs apart: {shown[0]} and {shown[1]}."
    if evidence.proof is ProofMethod.ROUNDING:
        weights = "codes" if setting.weights is Weights.FULL else "-1, 0 and 1"
        yield (
            f"Weights are {weights}, so times {evidence.right[0]} they are below half of the scale "
            f"{setting.format.scale} and round away."
        )
    inputs = "x" if len(evidence.left) == 1 else "x0 or x1"
    yield f"Every network gives both the same output; none computes f = {inputs}."


def _uncovered(setting: QuantizationScheme, evidence: Uncovered) -> Iterator[str]:
    yield (
        f"D = {evidence.difference_gcd} divides every difference of T, so all sums of an output "
        f"neuron agree modulo {evidence.modulus} (the scale is {setting.format.scale})."
    )
    if evidence.crowd is not None:
        first, last = evidence.crowd.first_code, evidence.crowd.last_code
        yield (
            f"The codes {first} .. {last} are {last - first + 1}, and what is requantized to them "
            f"is too short for as many sums {evidence.modulus} apart: any output neuron misses one."
        )
    for gap in evidence.gaps[:MAX_SHOWN]:
        yield f"{_residues(setting, evidence, gap)} never give {_code(setting, gap.code)}."
    if len(evidence.gaps) > MAX_SHOWN:
        yield f"So do {len(evidence.gaps) - MAX_SHOWN} more ranges of residues (see --json)."
    yield "No network computes f(x) = x."


def _residues(setting: QuantizationScheme, evidence: Uncovered, gap: UncoveredResidues) -> str:
    if (gap.first_residue, gap.last_residue) == (0, evidence.modulus - 1):
        return "Sums of any residue"
    if gap.first_residue == gap.last_residue:
        return f"Sums of residue {gap.first_residue}"
    possible = "" if setting.bias is Bias.EXACT else " (those that biases reach)"
    return f"Sums of residues {gap.first_residue} .. {gap.last_residue}{possible}"


def _congruent(setting: QuantizationScheme, evidence: Congruent) -> Iterator[str]:
    yield (
        f"Wrapping keeps sums congruent: T repeats itself after {evidence.shift} codes as far as "
        f"sums modulo {evidence.shift} times the scale can tell."
    )
    yield (
        f"So the outputs for {_code(setting, evidence.left)} and {_code(setting, evidence.right)} "
        f"agree modulo {evidence.shift} in every network: none is 1 at one of them and 0 at the "
        "other."
    )
