"""The check that no first-layer neuron tells two inputs apart (theory.md#finite-separation)."""

from __future__ import annotations

from collections.abc import Sequence

from smtcheck.checking.refusals import Refusal, require
from smtcheck.checking.universality.conditions import MAX_POINTS, listed, require_method
from smtcheck.claims.evidence import Inseparable, ProofMethod
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from smtcheck.claims.statements import Discharger, Indistinct
from smtcheck.networks.activation_entries import ActivationTable

MAX_NEURONS = 2**26  #: that are tried on two inputs


def check_inseparable(
    setting: QuantizationScheme,
    entries: ActivationTable,
    evidence: Inseparable,
    discharger: Discharger,
) -> None:
    left, right = evidence.left, evidence.right
    codes = entries.format.codes
    require(len(left) == len(right), Refusal.LENGTHS, left=len(left), right=len(right))
    require(
        all(code in codes for code in (*left, *right)),
        Refusal.INPUT_CODE,
        stated=(*left, *right),
        format=entries.format,
    )
    require(left != right, Refusal.SAME_INPUTS, left=left, right=right)
    require_method(
        evidence.proof,
        ProofMethod.TABLE,
        ProofMethod.SOLVER,
        ProofMethod.ROUNDING,
        ProofMethod.SUMS,
    )
    if evidence.proof is ProofMethod.SUMS:
        _check_dense_pair(setting, entries, left, right)
        return
    require(len(left) == 1, Refusal.SEVERAL_INPUTS, stated=len(left))
    if evidence.proof is ProofMethod.ROUNDING:
        heaviest = (
            max(-codes.low, codes.high) if setting.weights is Weights.FULL else entries.format.scale
        )
        require(
            left == (0,) and setting.bias is not Bias.EXACT,
            Refusal.NOT_NEAR_A_BIAS,
            stated=left[0],
            bias=setting.bias.value,
        )
        rounding, scale = setting.format.rounding, setting.format.scale
        require(rounding.name.startswith("HALF"), Refusal.NOT_TO_NEAREST, found=rounding.value)
        twice = 2 * heaviest * abs(right[0])
        require(twice < scale, Refusal.NOT_ROUNDED_AWAY, found=twice, scale=scale)
    elif evidence.proof is ProofMethod.SOLVER:
        statement = Indistinct(
            setting=setting, activation=entries.activation, left=left[0], right=right[0]
        )
        require(discharger.is_true(statement), Refusal.DISTINCT, left=left[0], right=right[0])
    else:
        _check_no_neuron_separates(setting, entries, left[0], right[0])


def _check_no_neuron_separates(
    setting: QuantizationScheme, entries: ActivationTable, left: int, right: int
) -> None:
    """Try every weight with every bias that does not overflow for both."""
    scale = setting.format.scale
    size = setting.format.codes.size
    require(size <= MAX_NEURONS, Refusal.TOO_MANY_CODES, found=size, allowed=MAX_NEURONS)
    weights = range(-scale, scale + 1, scale)
    if setting.weights is Weights.FULL:
        weights = range(setting.format.lo, setting.format.hi + 1)
    heaviest = max(-weights[0], weights[-1])
    biases = _biases(setting, heaviest * max(abs(left), abs(right)))
    tried = len(weights) * len(biases)
    require(tried <= MAX_NEURONS, Refusal.TOO_MANY_TRIALS, found=tried, allowed=MAX_NEURONS)
    table = listed(entries)
    lo = entries.format.lo
    results: dict[int, int] = {}

    def activation(number: int) -> int:
        if number not in results:
            results[number] = table[setting.requantize(number) - lo]
        return results[number]

    for weight in weights:
        one, other = weight * left, weight * right
        alike = one == other or all(
            activation(one + bias) == activation(other + bias) for bias in biases
        )
        require(alike, Refusal.TOLD_APART, weight=weight, left=left, right=right)


def _biases(setting: QuantizationScheme, reach: int) -> range:
    """All biases that matter to sums of at most `reach`: more than that on either side."""
    fmt = setting.format
    if setting.bias is Bias.FORMAT:
        return range(fmt.lo * fmt.scale, fmt.hi * fmt.scale + 1, fmt.scale)
    step = 1 if setting.bias is Bias.EXACT else fmt.scale
    # overflow is settled beyond lo - 1 and hi + 1; wrapping repeats itself after N codes
    span = reach + fmt.scale * (fmt.codes.size + 1)
    most = step * (span // step + 1)
    return range(-most, most + 1, step)


def _check_dense_pair(
    setting: QuantizationScheme, entries: ActivationTable, left: Sequence[int], right: Sequence[int]
) -> None:
    """Neurons that read all inputs with weights -1 and 1: every choice of signs."""
    require(
        setting.weights is Weights.DENSE_BINARY and len(left) <= 8,
        Refusal.NOT_DENSE,
        weights=setting.weights.value,
        stated=len(left),
    )
    scale = setting.format.scale
    biases = _biases(setting, scale * (sum(map(abs, left)) + sum(map(abs, right))))
    tried = 2 ** len(left) * len(biases)
    require(tried <= MAX_POINTS, Refusal.TOO_MANY_PATTERNS, found=tried, allowed=MAX_POINTS)
    lo = entries.format.lo
    for pattern in range(2 ** len(left)):
        signs = [1 - 2 * (pattern >> place & 1) for place in range(len(left))]
        one, other = (
            scale * sum(sign * code for sign, code in zip(signs, codes, strict=True))
            for codes in (left, right)
        )
        for bias in biases:
            results = [
                listed(entries)[setting.requantize(number + bias) - lo] for number in (one, other)
            ]
            require(
                results[0] == results[1],
                Refusal.TOLD_APART_BY_SUMS,
                bias=bias,
                left=results[0],
                right=results[1],
            )
