"""Making certificates for verdicts: whatever is cheapest to check.

Nothing here is believed: a certificate is worth what `recheck` makes
of it, and one that was just made is checked like any other.
"""

from __future__ import annotations

from contextlib import suppress
from math import ceil

from smtcheck.checking.certificate_files import (
    Certificate,
    Composition,
    CounterexampleInput,
    Exhaustive,
    Kind,
    Propositional,
    SearchRecord,
    Universality,
)
from smtcheck.checking.composition import composition
from smtcheck.checking.composition.blocks import DoesNotApply
from smtcheck.checking.exhaustive import may_fail
from smtcheck.checking.propositional.clauses import MAX_NEURONS, Cnf, cnf_of_statement
from smtcheck.checking.propositional.lrat import Proof
from smtcheck.checking.propositional.packing import packed
from smtcheck.checking.recheck import (
    exhaustive_kind,
    recheck_certificate,
    refute_obligations,
    require_defined,
)
from smtcheck.checking.refusals import Refused
from smtcheck.checking.universality.arguments import verdict as universality_verdict
from smtcheck.claims.digests import digests
from smtcheck.claims.questions import Question, UniversalityQuestion
from smtcheck.claims.statements import Statement, Undecidable
from smtcheck.claims.verdicts import (
    Basis,
    Counterexample,
    InternalError,
    NotUniversal,
    Proved,
    Refuted,
    Undecided,
    Universal,
    UniversalityVerdict,
    Verdict,
)
from smtcheck.engines import sat, sat_process
from smtcheck.engines.effort import USUAL, ProvingEffort
from smtcheck.engines.sat import Model, NotProved
from smtcheck.errors import TooLarge
from smtcheck.limits import Limits
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.version import __version__


class NoCertificate(Exception):
    """None was made: why."""


class _ProofSearch:
    """Looks for the proofs that a check asks for, and keeps them."""

    basis = Basis.SOLVER

    def __init__(self, limits: Limits, effort: ProvingEffort) -> None:
        self._limits = limits
        self._effort = effort
        self._deadline = limits.deadline()
        self.proofs: list[bytes] = []

    def refute(self, cnf: Cnf) -> None:
        """Keep a proof that clauses are unsatisfiable; NotProved if none is found.

        Where a proof is too large to be stored, others are looked for.
        """
        best = self._found(cnf)
        data = packed(best)
        for attempt in range(1, self._effort.attempts):
            if len(data) <= self._effort.proof_bytes:
                break
            with suppress(NotProved):  # for lack of time
                other = self._found(cnf, attempt)
                if len(other.hints) < len(best.hints):
                    best, data = other, packed(other)
        self.proofs.append(data)

    def _found(self, cnf: Cnf, attempt: int = 0) -> Proof:
        found = sat.refute(cnf, self._limits, self._deadline, attempt)
        if isinstance(found, Model):
            raise InternalError(f"CaDiCaL has a counterexample at {found.codes} to what was proved")
        return found

    def is_true(self, *statements: Statement) -> bool:
        """Whether they are, by proofs that are kept: a `Discharger`."""
        try:
            for statement in statements:
                self.refute(cnf_of_statement(statement))
        except NotProved as error:
            raise Undecidable(str(error)) from None
        return True


def certificate_for(
    question: Question | UniversalityQuestion,
    verdict: Verdict | UniversalityVerdict,
    limits: Limits,
    effort: ProvingEffort = USUAL,
) -> Certificate:
    """A certificate that was checked.

    Raises:
        NoCertificate: None was found: why.
        InternalError: The verdict is contradicted.
    """
    search = _ProofSearch(limits, effort)
    try:
        kind = _kind(question, verdict, search, limits, effort)
    except (NotProved, Undecidable, DoesNotApply) as error:
        raise NoCertificate(str(error)) from None
    tools = f"smtcheck {__version__}" + (
        f", CaDiCaL {sat_process.VERSION}" if search.proofs else ""
    )
    made = Certificate(
        digests=digests(question), made_by=tools, kind=kind, proofs=tuple(search.proofs)
    )
    if not _is_checked(verdict, made):
        _require_same(question, verdict, made, limits)
    return made


def search_record(
    question: Question | UniversalityQuestion, verdict: Undecided, limits: Limits
) -> Certificate:
    """What is left where nothing was found, for a claim that expects that."""
    kind = SearchRecord(
        reason=verdict.reason,
        timeout_seconds=ceil(limits.timeout_seconds),
        memory_mebibytes=limits.memory_mebibytes,
    )
    made_by = f"smtcheck {__version__}"
    return Certificate(digests=digests(question), made_by=made_by, kind=kind)


def _is_checked(verdict: Verdict | UniversalityVerdict, made: Certificate) -> bool:
    """Whether checking the certificate would only do once more what has just been done."""
    match made.kind, verdict:
        case Exhaustive(), Proved(engine="exhaustive"):
            return True
        case Exhaustive(), _:
            return False
    return not made.proofs


def _require_same(
    question: Question | UniversalityQuestion,
    verdict: Verdict | UniversalityVerdict,
    made: Certificate,
    limits: Limits,
) -> None:
    try:
        checked = recheck_certificate(question, made, limits)
    except Refused as error:
        raise NoCertificate(f"the one that was made is refused: {error}") from None
    if str(checked) != str(verdict):
        reason = checked.reason if isinstance(checked, Undecided) else f"it says {checked}"
        raise NoCertificate(f"the one that was made does not establish it: {reason}")


def _kind(
    question: Question | UniversalityQuestion,
    verdict: Verdict | UniversalityVerdict,
    search: _ProofSearch,
    limits: Limits,
    effort: ProvingEffort,
) -> Kind:
    match question, verdict:
        case Question(), Refuted(counterexample=found):
            return _of_counterexample(question, found, search, effort)
        case Question(), Proved():
            return _of_proof(question, search, limits, effort)
        case UniversalityQuestion(), Universal(evidence=evidence) | NotUniversal(evidence=evidence):
            setting = question.setting
            entries = ActivationTable(question.activation, setting.format)
            universality_verdict(setting, entries, evidence, search)
            return Universality(evidence=evidence)
    raise NoCertificate("nothing was decided")


def _of_counterexample(
    question: Question, found: Counterexample, search: _ProofSearch, effort: ProvingEffort
) -> Kind:
    """The input; where one side might divide by zero, small domains are evaluated instead."""
    evaluation = exhaustive_kind(question)
    if may_fail(question) and evaluation.cost <= effort.quick_check:
        return evaluation
    require_defined(question, search.refute)
    return CounterexampleInput(input_codes=found.input_codes)


def _of_proof(
    question: Question, search: _ProofSearch, limits: Limits, effort: ProvingEffort
) -> Kind:
    """Evaluation where that is quick, else a composition, a refutation, or long evaluation."""
    evaluation = exhaustive_kind(question)
    if evaluation.cost <= effort.quick_check:
        return evaluation
    reasons: list[str] = []
    for attempt in (_composed, _refuted):
        try:
            return attempt(question, search, limits)
        except (NotProved, Undecidable, DoesNotApply, TooLarge) as error:
            search.proofs.clear()
            reasons.append(str(error))
    if evaluation.cost <= effort.longest_check:
        return evaluation
    raise NoCertificate("; ".join(reasons))


def _composed(question: Question, search: _ProofSearch, limits: Limits) -> Kind:
    verdict = composition.prove(question, limits.deadline(), search)
    if not isinstance(verdict, Proved):
        raise NotProved(f"composition says {verdict}")
    return Composition(points=question.points)


def _refuted(question: Question, search: _ProofSearch, limits: Limits) -> Kind:
    if question.cost > MAX_NEURONS:
        raise NotProved(f"{question.cost} neurons are too many for a propositional proof")
    refute_obligations(question, search.refute)
    return Propositional()
