"""The search: is a format universal for an activation?  (theory.md#universality)

Evidence is looked for in the order of its cost: a few entries of T, then all of
them where they can be listed, then the order of a monotone T, then solvers.  What
is found goes to `checking.universality.arguments`, which alone makes verdicts.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd

from smtcheck.arithmetic.overflow import Overflow
from smtcheck.checking.refusals import Refused
from smtcheck.checking.universality import arguments
from smtcheck.claims.evidence import (
    ByEnds,
    ByNeurons,
    ByShifts,
    ConstantActivation,
    Criterion,
    Entry,
    Evidence,
    Inseparable,
    Inverter,
    MonotoneActivation,
    Neuron,
    NeverGiven,
    Ordered,
    ProofMethod,
    Uncovered,
)
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from smtcheck.claims.statements import Congruence, Indistinct, Injective, Undecidable
from smtcheck.claims.verdicts import InternalError, Undecided, UniversalityVerdict
from smtcheck.engines.smt_statements import Solvers, find
from smtcheck.limits import Limits, OutOfTime, alarm
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.networks.activations import Activation
from smtcheck.universality import generation, nonnegative, separation, wrapping
from smtcheck.universality.coverage import Cover, TooManyCells, UncoveredCode, coverage
from smtcheck.universality.differences import all_differences, few_entries, samples, steps
from smtcheck.universality.separation import TooManyNeurons

GRACE_SECONDS = 1


class NoTheorem(Exception):
    """The theory does not settle this: what is missing."""


def decide(setting: QuantizationScheme, act: Activation, limits: Limits) -> UniversalityVerdict:
    """Whether networks of a setting represent every function, with evidence that was re-checked."""
    try:
        with alarm(limits.timeout_seconds + GRACE_SECONDS):
            return decide_entries(setting, ActivationTable(act, setting.format), limits)
    except OutOfTime:
        return Undecided(reason=f"not decided within {limits.timeout_seconds} s")
    except MemoryError:
        return Undecided(reason="this needs more memory than there is")


def decide_entries(
    setting: QuantizationScheme, entries: ActivationTable, limits: Limits
) -> UniversalityVerdict:
    """The same with a table whose entries may be known already, and no alarm."""
    search = Search(setting=setting, entries=entries, limits=limits)
    try:
        evidence = search.evidence()
        return arguments.verdict(setting, entries, evidence, Solvers(limits))
    except Refused as refused:
        raise InternalError(f"the evidence that was found is refused: {refused}") from refused
    except (NoTheorem, Undecidable) as gap:
        return Undecided(reason=str(gap))


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """D or, where all of T is not known, the gcd of the differences of some entries."""

    entries: tuple[Entry, ...]
    gcd: int
    proof: ProofMethod | None  #: that D divides all differences; None where nothing says so

    @property
    def shown(self) -> ProofMethod:
        """How, where all of T is spoken of."""
        if self.proof is None:
            raise InternalError("a few entries were taken for all of T")
        return self.proof


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One question."""

    setting: QuantizationScheme
    entries: ActivationTable
    limits: Limits

    def evidence(self) -> Evidence:
        """An argument for or against; Gap or Undecidable says why there is none."""
        return self._wrapping() if self.setting.is_wrapping else self._saturating()

    # overflow that does not wrap: theory.md#criterion

    def _saturating(self) -> Evidence:
        if self.setting.lowest_given > self.setting.format.lo:
            return NeverGiven(code=self.setting.format.lo)
        covered = self._few() or self._thorough()
        if not isinstance(covered, tuple):
            return covered
        differences, cover = covered
        told_apart = self._separation(differences)
        if isinstance(told_apart, Inseparable):
            return told_apart
        inverter = None
        if not self.setting.has_negative_weights:
            turned = self._opposites()
            if not isinstance(turned, Inverter):
                return turned
            inverter = turned
        if self.setting.weights is Weights.DENSE_BINARY and self.setting.bias is Bias.FORMAT:
            return self._dense()
        return Criterion(
            entries=differences.entries,
            difference_gcd=differences.gcd,
            bias=cover.bias,
            constant=differences.entries[0],
            repeats=cover.repeats,
            separation=told_apart,
            opposites=inverter,
        )

    @property
    def _step(self) -> int:
        return self.setting.weight_step

    def _few(self) -> tuple[Differences, Cover] | None:
        """A handful of entries whose differences are small enough, at any size."""

        def suffices(found: int) -> bool:
            return self._step * found <= self.setting.format.scale

        found, total = few_entries(self.entries, samples(self.setting.format), suffices)
        if not total or not suffices(total):
            return None
        cover = coverage(self.setting, self._step * total, self._step * found[0].result)
        if not isinstance(cover, Cover):
            return None
        return Differences(entries=found, gcd=total, proof=None), cover

    def _thorough(self) -> ConstantActivation | Uncovered | tuple[Differences, Cover]:
        """D itself, and what follows from it."""
        found = self._all_differences()
        if found.gcd == 0:
            return ConstantActivation(value=found.entries[0].result, proof=found.shown)
        hole_or_cover = self._coverage(found)
        if isinstance(hole_or_cover, Cover):
            return found, hole_or_cover
        return Uncovered(
            entries=found.entries,
            difference_gcd=found.gcd,
            modulus=self._step * found.gcd,
            gaps=hole_or_cover.gaps,
            crowd=hole_or_cover.crowd,
            proof=found.shown,
        )

    def _coverage(self, found: Differences) -> Cover | UncoveredCode:
        try:
            return coverage(
                self.setting, self._step * found.gcd, self._step * found.entries[0].result
            )
        except TooManyCells:
            raise NoTheorem("coverage would have to be tried for too many codes") from None

    def _all_differences(self) -> Differences:
        if self.entries.can_be_listed:
            found, total = all_differences(self.entries)
            return Differences(entries=found, gcd=total, proof=ProofMethod.TABLE)
        if self.entries.is_nondecreasing:
            values = steps(self.entries)
            if values is not None:
                codes = [self.setting.format.lo, *(entry.code for entry in values)]
                total = gcd(*(entry.result - values[0].result for entry in values))
                found, _ = few_entries(self.entries, dict.fromkeys(codes), lambda g: g == total)
                return Differences(entries=found, gcd=total, proof=ProofMethod.ORDER)
        return self._refined_differences()

    def _refined_differences(self) -> Differences:
        """Guess D, ask a solver for a code with another difference, refine."""
        lo = self.setting.format.lo
        codes = [lo, *samples(self.setting.format)]
        while True:
            found, total = few_entries(self.entries, dict.fromkeys(codes), lambda g: g == 1)
            if total and isinstance(
                self._coverage(Differences(entries=found, gcd=total, proof=None)), Cover
            ):
                return Differences(entries=found, gcd=total, proof=None)
            statement = Congruence(
                activation=self.entries.activation,
                format=self.setting.format,
                modulus=total,
                result=self.entries[lo],
            )
            point = find(statement, self.limits)
            if point is None:
                return Differences(entries=found, gcd=total, proof=ProofMethod.SOLVER)
            codes.append(point[0])

    # separation: theory.md#separation-decided

    def _separation(self, differences: Differences) -> ByShifts | ByEnds | ByNeurons | Inseparable:
        fmt = self.setting.format
        if separation.shifts_are_neurons(self.setting):
            left, right = differences.entries[:2]
            return ByShifts(witness=(left, right))
        if separation.ends_suffice(self.setting):
            left, right = (nonnegative.entry(self.entries, code) for code in (fmt.lo, fmt.hi))
            if left.result != right.result:
                return ByEnds(witness=(left, right))
        if separation.are_rounded_alike(self.setting, 0, 1):
            return Inseparable(left=(0,), right=(1,), proof=ProofMethod.ROUNDING)
        return self._separation_by_table()

    def _separation_by_table(self) -> ByNeurons | Inseparable:
        """Neurons that tell all codes apart, or two codes that none does."""
        if not self.entries.can_be_listed:
            return self._separation_by_solver(())
        try:
            found = separation.separating_neurons(self.setting, self.entries)
        except TooManyNeurons:
            return self._separation_by_solver(())
        if isinstance(found[0], int):
            return Inseparable(left=(found[0],), right=(found[1],), proof=ProofMethod.TABLE)
        return ByNeurons(neurons=found)

    def _separation_by_solver(self, neurons: tuple[Neuron, ...]) -> ByNeurons | Inseparable:
        """Two codes that all neurons so far confuse, then a neuron for them, until one fails."""
        while True:
            injective = Injective(
                setting=self.setting, activation=self.entries.activation, neurons=neurons
            )
            pair = find(injective, self.limits)
            if pair is None:
                return ByNeurons(neurons=neurons, proof=ProofMethod.SOLVER)
            statement = Indistinct(
                setting=self.setting,
                activation=self.entries.activation,
                left=pair[0],
                right=pair[1],
            )
            point = find(statement, self.limits)
            if point is None:
                return Inseparable(left=(pair[0],), right=(pair[1],), proof=ProofMethod.SOLVER)
            neurons = (*neurons, statement.neuron(point))

    def _dense(self) -> Inseparable:
        """Neurons that cannot be made constant: two inputs may be alike where one is not."""
        pair = None
        if self.entries.can_be_listed:
            pair = separation.dense_pair(self.setting, self.entries)
        if pair is None:
            raise NoTheorem(
                "a dense first-layer neuron with a bias of the format cannot be constant "
                "(assumption A of the criterion): separation and coverage hold, as far as "
                "two inputs show, but whether they suffice is open"
            )
        return Inseparable(left=pair[0], right=pair[1], proof=ProofMethod.SUMS)

    # no negative weights: theory.md#unsigned

    def _opposites(self) -> Inverter | MonotoneActivation | Ordered:
        is_monotone = self.setting.format.overflow is not Overflow.SATURATE_TO_ZERO
        if self.entries.is_nondecreasing:
            return MonotoneActivation(direction=1, proof=ProofMethod.ORDER)
        if self.entries.can_be_listed and is_monotone:
            direction = nonnegative.monotone_direction(self.entries.array)
            if direction:
                return MonotoneActivation(direction=direction, proof=ProofMethod.TABLE)
        found = nonnegative.opposites(self.setting, self.entries) or nonnegative.ordered(
            self.setting, self.entries
        )
        if found is None:
            raise NoTheorem(
                "weights cannot be negative; T is not monotone, but no way was found to turn "
                "a bit round with it"
            )
        return found

    # overflow that wraps: theory.md#wrapping

    def _wrapping(self) -> Evidence:
        if not self.entries.can_be_listed:
            raise NoTheorem(
                "wrapping overflow is decided from all of T, which is too large to list"
            )
        found, total = all_differences(self.entries)
        if total == 0:
            return ConstantActivation(value=found[0].result, proof=ProofMethod.TABLE)
        setting = wrapping.reduced(self.setting)
        if wrapping.is_ring(setting):
            obstacle = wrapping.obstacle(setting, self.entries, found, total)
            if obstacle is not None:
                return obstacle
        if setting.bias is not Bias.EXACT:
            alike = self._separation_by_table()
            if isinstance(alike, Inseparable):
                return alike
        self._require_closure_can_hold(setting, total)
        found_networks = generation.closure(setting, self.entries, total, self.limits.seed)
        if found_networks is None:
            raise NoTheorem(
                "nothing of theory.md#wrapping-refuted refutes this, but no networks were found "
                "that show universality"
            )
        return found_networks

    def _require_closure_can_hold(self, setting: QuantizationScheme, difference_gcd: int) -> None:
        """What a proof needs beyond the search."""
        if not setting.has_constant_neurons:
            raise NoTheorem("dense neurons under wrapping overflow are refuted, but not proved")
        if not wrapping.is_ring(setting) and setting.bias is Bias.FORMAT:
            raise NoTheorem(
                f"under wrapping overflow {setting.format.rounding.value} does not commute with "
                "adding N, and biases of the format do not avoid that"
            )
        delta = gcd(setting.weight_step * difference_gcd, wrapping.period(setting))
        if delta > setting.format.scale:
            raise NoTheorem("coverage fails for sums of one sign; for both together it is open")
