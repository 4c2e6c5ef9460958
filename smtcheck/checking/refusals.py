"""Every way in which a certificate, an argument or an answer of an engine can fail.

Each check names the refusal of its own and fills in both values: what was stated and what
is.  `tests/checking/test_refusals.py` has a forged example for each of them.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from smtcheck.errors import shown


class Refusal(Enum):
    """A way to fail; the text is completed with the values of the case."""

    # certificates
    OTHER_KIND = "a certificate of kind {stated} for a question of kind {asked}"
    INPUT_COUNT = "{stated} input codes for {needed} inputs"
    POINT_COUNT = "{stated} inputs are stated, there are {found}"
    COST = "{stated} neuron evaluations are stated, there are {found}"
    TOO_MANY_NEURONS = "{found} neurons are too many for a propositional proof, at most {allowed}"
    NO_PROOF_LEFT = "a proof is missing: {stated} are there, one more is needed"
    PROOFS_LEFT = "{left} proofs too many: {used} of {stated} are needed"
    NOT_CHECKABLE = "it cannot be checked: {kind}: {reason}"

    # proofs: unpacking them, and each lemma
    PROOF_BYTES = "the proof is cut off: {found} bytes are no header and whole words"
    PROOF_PARTS = (
        "the proof is cut off, or its parts have other sizes than it says: "
        "{found} words, {stated} stated"
    )
    PROOF_COMPRESSION = "the proof cannot be decompressed: {reason}"
    PROOF_SIZE = "the proof is larger than {allowed} bytes"
    PROOF_END = "the proof is cut off, or something follows it: {left} bytes are left"
    PROOF_NUMBERS = (
        "lemmas and their literals and hints are not as many as they should: "
        "{found} numbers, {stated} stated"
    )
    PROOF_LEMMAS = (
        "some lemma has literals without hints, or hints without literals: "
        "{literals} and {hints} are stated"
    )
    PROOF_LEMMA = "a lemma has {found} literals, at most {allowed} are looked at"
    PROOF_LITERAL = "0 is no literal, and -2^31 is too large for one: {zeros} and {huge} of them"
    RAT_STEP = "lemma {number}: hint {hint} is a RAT step, only unit propagation is allowed"
    HINT = "lemma {number}: hint {hint} is no clause before it"
    NOT_UNIT = "lemma {number}: clause {hint} is not reduced to one literal"
    HINTS_GO_ON = "lemma {number}: hints go on after the contradiction"
    NO_CONTRADICTION = "lemma {number}: its hints end without a contradiction"
    NOT_EMPTY = "the proof does not end with the empty clause"

    # answers that are replayed
    OUTSIDE_DOMAIN = "{engine} gave the input {stated}, outside the domain {domain}"
    NO_DIFFERENCE = (
        "{engine} gave a counterexample at input codes {stated}, which does not replay: "
        "the sides are {left} and {right}"
    )
    NO_DIVISION_BY_ZERO = (
        "{engine} found a division by zero at {stated}, which does not replay: "
        "the sides are {left} and {right}"
    )

    # entries of T and the gcd of their differences
    ENTRY_CODE = "an entry is at {stated}, which is no code of {format}"
    ENTRY = "T({code}) = {found}, and {stated} is stated"
    TOO_MANY_ENTRIES = "T has {found} entries, at most {allowed} are listed"
    NO_ENTRIES = "no entry of T is given, at least one is needed"
    GCD_OF_ENTRIES = "the gcd of the entries' differences is {found}, and {stated} is stated"
    GCD_OF_TABLE = "the gcd of all differences of T is {found}, and {stated} is stated"
    NOT_WRAPPING = "overflow is {found}, the argument is about wrapping"
    UNKNOWN_PROOF = "the proof is {stated!r}, allowed are {allowed}"

    # separation and coverage: the criterion
    WRAPPING = "overflow is {found}, the criterion is about any that does not wrap"
    NO_CONSTANTS = "constants cannot be added: weights are {weights}, biases {bias}"
    CONSTANT_BIAS = "the constant {stated} is no bias, biases are {bias}"
    CONSTANT_T = "D is {stated}: T is constant, as far as the entries tell"
    REPEATS = "the constant is added {stated} times, allowed are 0 .. {allowed}"
    END_NOT_GIVEN = "the end {code} is not requantized to: {found} is"
    TOO_MANY_POINTS = "{found} points would have to be tried, at most {allowed}"
    NOT_COVERED = "{found} codes are given, there are {needed}"
    SHIFTS_WITNESS = "T({left}) and T({right}) are both {found}: they do not differ"
    SHIFTS_ARE_NO_NEURONS = "shifts are no neurons: biases are {bias}, units are weights: {units}"
    ENDS_CODES = "the witness is at {stated}, the ends are {needed}"
    ENDS_WITNESS = "T does not differ at the ends: T({left}) and T({right}) are both {found}"
    NOT_ALMOST_SYMMETRIC = "the format is {lo} .. {hi}: not almost symmetric"
    NOT_SATURATING = "overflow is {found}, the argument needs {needed}"
    NO_UNITS = "1.0 and -1.0 are weights: {units}; constants are neurons: {constants}"
    NO_SINGLE_INPUT = "a neuron cannot read one input alone: weights are {weights}"
    NEURON_WEIGHT = "the weight {stated} of a neuron is no weight, weights are {weights}"
    NEURON_BIAS = "the bias {stated} of a neuron is no bias, biases are {bias}"
    NOT_INJECTIVE = "two codes look alike to all of {stated} neurons, it is said"
    LOOKS_ALIKE = "{stated} neurons leave {found} groups of codes that look alike"
    NEEDLESS_OPPOSITES = "opposites are given, and weights can be {lowest}"
    NO_OPPOSITES = "no opposites are given, and weights are at least {lowest}"
    NO_END = "neither {left} nor {right} is one of the codes {needed}"
    RISE_ORDER = "the rise is from {left} to {right}: not by increasing code"
    BIT_ORDER = "the bit is from {left} to {right}: not by increasing result"
    TURN_WEIGHT = "{stated} of an inverter is no positive weight"
    TURN_BIAS = "{stated} of an inverter is no bias, biases are {bias}"
    NO_NEGATIVE_BIAS = "biases are {bias}: of the format, and never negative"
    NO_TURN = "T goes from {before} to {after}, and the rise from {low} to {high}: not opposite"

    # congruence of all entries
    FIRST_RESULT = "T(lo) = {found}, and {stated} is stated"
    NOT_A_MULTIPLE = "T is {found} and {stated}, which differ by no multiple of {modulus}"
    NOT_KNOWN_MONOTONE = "the expression of {activation} does not show that T is monotone"
    TOO_MANY_PARTS = "T has more parts than {allowed}, {left} are left"
    NOT_CONGRUENT = "T(k) is not {stated} modulo {modulus} everywhere, it is said"

    # two inputs that look alike
    LENGTHS = "one input has {left} codes, the other {right}"
    INPUT_CODE = "{stated} are not all codes of {format}"
    SAME_INPUTS = "the inputs {left} and {right} are the same"
    SEVERAL_INPUTS = "{stated} inputs are given, the argument is about one"
    NOT_NEAR_A_BIAS = "the first input is {stated}, biases are {bias}: sums are near none"
    NOT_TO_NEAREST = "rounding is {found}, not to nearest"
    NOT_ROUNDED_AWAY = "twice the largest sum is {found}, the scale is {scale}: not rounded away"
    DISTINCT = "some neuron tells {left} and {right} apart, it is said"
    TOO_MANY_CODES = "there are {found} codes, at most {allowed} can be tried"
    TOO_MANY_TRIALS = "{found} neurons of one input would have to be tried, at most {allowed}"
    TOLD_APART = "a neuron of weight {weight} tells {left} and {right} apart"
    NOT_DENSE = "weights are {weights}, {stated} inputs: allowed are dense ones, at most 8"
    TOO_MANY_PATTERNS = "{found} dense neurons would have to be tried, at most {allowed}"
    TOLD_APART_BY_SUMS = "a dense neuron of bias {bias} gives {left} and {right}"

    # codes that no output neuron gives
    NOT_PERIODIC = "rounding is {rounding} at scale {scale}: sums do not matter modulo K only"
    MODULUS = "M is {found}, and {stated} is stated"
    TWO_ARGUMENTS = "a crowd is given beside {gaps} gaps, under {overflow}"
    CROWD_ORDER = "the crowd is {first} .. {last}, which is empty"
    CROWD_ZERO = "the crowd {first} .. {last} holds 0, or leaves {lo} .. {hi}"
    CROWD_ENDS = "the crowd {first} .. {last} reaches the ends {lo} and {hi}"
    NOT_CROWDED = "codes span {stated}, and as many sums fit into {found}"
    RESIDUES = "residues {first} .. {last} do not lie in 0 .. {modulus} - 1"
    GAP_CODE = "{stated} is no code of {format}"
    GAP_ZERO = "the code {stated} is what overflow gives, in {format}"
    GAP_END = "the code {stated} is no interior one of {lo} .. {hi}"
    GAP_BLOCKS = "{found} blocks lie near a code, at most {allowed}: M is below the scale"
    GAP_GIVEN = "sums of a gap are rounded to {low} .. {high}, its code is {code}"
    NO_GAPS = "{stated} gaps are given, at least one is needed"
    GAPS_OVERLAP = "a gap ends at {before}, the next begins at {after}"
    GAPS_LEAVE_RESIDUES = "gaps hold {found} residues, there are {needed}"
    TOO_MANY_RESIDUES = "{found} residues would have to be listed, at most {allowed}"
    TOO_MANY_BIASES = "{found} biases would have to be listed, at most {allowed}"
    GAP_IS_LOOSE = "a gap is {first} .. {last}, whose ends are not both left by a constant"
    RESIDUE_OUTSIDE = "residue {found} is left by a constant, and lies in none of {stated} gaps"
    NOT_SYMMETRIC = "overflow is {found}, only {needed} leaves codes out"
    CODE_IS_GIVEN = "the code {stated} is not in {lo} .. {hi}"

    # no negative weights
    NEGATIVE_WEIGHTS = "weights can be {lowest}, the argument needs that none is negative"
    OVERFLOW_NOT_MONOTONE = "overflow is {found}, which is not monotone"
    DIRECTION_BY_ORDER = "direction {stated} and an order of T that is known to rise: {found}"
    DIRECTION = "the proof is {proof!r} and the direction {stated}, allowed are 'table', 1 and -1"
    NOT_MONOTONE = "T goes from {before} to {after}, against the direction {stated}"
    MONOTONE_CONSTANT = "T has {found} value, and the direction is {stated}: it is constant"
    TOO_MANY_DIFFERENCES = "{found} differences would have to be tried, at most {allowed}"
    INCREMENT_ORDER = "the increments {stated} are not {needed}: not sorted, or some twice"
    INCREMENT_SIGN = "the increment {stated} is not positive"
    INCREMENTS = "the increments are {found}, and {stated} are stated"

    # wrapping
    SHIFT = "the shift {stated} is no divisor of N = {size} from 2 on"
    SHIFT_OF_TIES = "the shift {stated} is odd, and ties to even need an even one"
    NOT_PRESERVED = "T changes from {before} to {after}, by no multiple of {modulus}"
    NO_INVARIANT = "all differences are multiples of {delta}, so modulus {modulus} tells nothing"
    NOT_TWICE = "the modulus is {stated}, twice the gcd is {needed}"
    NO_POWER_OF_TWO = "K is {found}, no power of two"
    PARITY_INPUTS = "{stated} inputs are stated, {needed} are needed"
    PAIR = "{left} and {right} are no two codes in order, of {format}"
    PAIR_TOLD_APART = "{left} and {right} differ by no multiple of {modulus}"
    ROUNDED = "the scale is {scale} and N is {size}: something is rounded, or N is too small"
    SLOPE = "the slope {stated} is not in 0 .. {size} - 1"
    NOT_AFFINE = "T goes from {before} to {after}, with the slope {stated}"
    PERIOD = "K is {found}, at most {allowed} fit into words"
    SOME_BIASES = "biases are {bias} and rounding {rounding}: not all biases modulo K"
    CLOSURE_INPUT = "a neuron cannot read one input alone, with {weights} weights"
    DELTA = "delta is {found}, the scale is {scale}: multiples of D do not cover"
    EMPTY_SEQUENCE = "the sequence has {stated} layers, of which {empty} are empty"
    BIT_GATES = "the gates have rank {found} modulo {prime}, {needed} is needed"
    SEQUENCE_WEIGHT = "the weight {stated} is no divisor of K = {period}, or too small a one"
    SEQUENCE_LENGTH = "a sequence has {found} sums, at most {allowed} are looked at modulo {prime}"
    COMPLEXITY = "the linear complexity modulo {prime} is {found}, {needed} is needed"
    TOO_MANY_FUNCTIONS = "there are {found} codes, functions of at most {allowed} are compared"
    FUNCTION_INPUT = "a neuron of one code has the terms {stated}, not one of the input"
    FUNCTION_WEIGHT = "{stated} of the first layer is no weight, weights are {weights}"
    FUNCTIONS = "outputs have rank {found} modulo {prime}, {needed} is needed"
    SHIFTED_INPUT = "a neuron of the sequence has the terms {stated}, not one of the input"
    SHIFTED_WEIGHTS = "the first layer has the weights {stated}, allowed is one"
    SHIFTED_WEIGHT = "{stated} is no positive weight, weights are {weights}"
    SHIFTED_BIASES = "biases move by {step}, the weight is {stated}: no multiple"
    MACHINE_SIZE = "a network has {found} gates and terms, allowed are 1 .. {allowed}"
    EMPTY_LAYER = "{empty} of {stated} layers of a network are empty"
    MACHINE_VALUES = "a layer has {found} values, at most {allowed}"
    GATE_BIAS = "the bias {stated} of a gate is no bias, biases are {bias}"
    GATE_INDEX = "a gate reads neuron {stated} of {found}"
    COEFFICIENT = "a coefficient is {stated}, its size at most {allowed}"


class Refused(Exception):
    """What was stated does not check: how it failed, and with which values.

    Examples
    --------
    >>> from smtcheck.checking.refusals import Refusal
    >>> raise sc.Refused(Refusal.EMPTY_SEQUENCE, stated=2, empty=1)
    Traceback (most recent call last):
    ...
    smtcheck.checking.refusals.Refused: the sequence has 2 layers, of which 1 are empty
    """

    def __init__(self, refusal: Refusal, **values: Any) -> None:
        super().__init__(refusal.value.format(**{name: shown(one) for name, one in values.items()}))
        self.refusal = refusal


def require(condition: object, refusal: Refusal, **values: Any) -> None:
    """Refused unless a condition holds."""
    if not condition:
        raise Refused(refusal, **values)
