"""Does a certificate establish its claim?  No search, no solver: only this is believed.

| kind | what is done |
|---|---|
| counterexample | the input is evaluated by the rational reference |
| exhaustive | every input is evaluated |
| universality | the argument is checked (`arguments`) |
| composition | the network's tables are made and composed (`composition`) |
| propositional | the clauses of the claim are made, and their refutation is checked |

Statements about all integers of a box, which arguments and compositions need, are checked
like propositional claims.  Proofs are used in the order in which they are asked for, all of
them.  Whoever wrote the file may have had anything in mind: what goes wrong while it is
checked refuses it.  What a kind of certificate does not need is not loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from smtcheck.checking.certificate_files import (
    MAX_SHOWN,
    Certificate,
    Composition,
    CounterexampleInput,
    Exhaustive,
    Propositional,
    SearchRecord,
    Universality,
    name_of,
)
from smtcheck.checking.refusals import Refusal, Refused
from smtcheck.checking.settled import proved
from smtcheck.claims.digests import Digests, digests
from smtcheck.claims.questions import Obligation, Question, UniversalityQuestion
from smtcheck.claims.statements import Statement
from smtcheck.claims.verdicts import (
    Basis,
    InternalError,
    Minimality,
    Undecided,
    UniversalityVerdict,
    Verdict,
)
from smtcheck.errors import InputError, one_line
from smtcheck.limits import Limits
from smtcheck.networks.activation_entries import ActivationTable

if TYPE_CHECKING:
    from smtcheck.checking.propositional.clauses import Cnf
    from smtcheck.checking.propositional.lrat import Proof

#: What a check may run into if numbers are not what an honest search would have written.
_DEFECTS = (ArithmeticError, AssertionError, LookupError, RecursionError, TypeError, ValueError)


class Proofs:
    """The proofs of a certificate, used one after another: a `Discharger`."""

    basis = Basis.CERTIFICATE

    def __init__(self, packed: Sequence[bytes]) -> None:
        self._left = list(packed)
        self._stated = len(packed)
        self.lemmas = 0

    def refute(self, cnf: Cnf) -> None:
        """Refused if the next proof does not show that clauses are unsatisfiable."""
        if not self._left:
            raise Refused(Refusal.NO_PROOF_LEFT, stated=self._stated)
        from smtcheck.checking.propositional.packing import unpacked

        self.accept(cnf, unpacked(self._left.pop(0)))

    def accept(self, cnf: Cnf, proof: Proof) -> None:
        """Refused if it is no proof."""
        from smtcheck.checking.propositional.lrat_compiled import check_quickly

        check_quickly(cnf.clauses, proof)
        self.lemmas += len(proof)

    def is_true(self, *statements: Statement) -> bool:
        """Whether the next proofs show them; Refused if they do not."""
        from smtcheck.checking.propositional.clauses import cnf_of_statement

        for statement in statements:
            self.refute(cnf_of_statement(statement))
        return True

    def require_none_left(self) -> None:
        """Refused if nobody asked for some proof."""
        if self._left:
            left, stated = len(self._left), self._stated
            raise Refused(Refusal.PROOFS_LEFT, left=left, used=stated - left, stated=stated)


class OutOfDate(Undecided):
    """The certificate speaks of something else."""


def recheck_certificate(
    question: Question | UniversalityQuestion,
    certificate: Certificate,
    limits: Limits,
    proofs: Proofs | None = None,
    networks: Sequence[str] = (),
) -> Verdict | UniversalityVerdict:
    """What a certificate establishes; `OutOfDate` if it speaks of something else.

    `proofs` are those of the certificate, for whoever wants to see them; `networks` are the
    names of the question's, for messages.

    Raises:
        Refused: It does not establish what it says.
    """
    changed = _changed(digests(question), certificate.digests, networks)
    if changed:
        return OutOfDate(
            reason=f"the certificate is out of date: {changed} changed since it was made"
        )
    proofs = proofs or Proofs(certificate.proofs)
    try:
        verdict = _established(question, certificate, proofs, limits)
    except (Refused, InputError):
        raise
    except _DEFECTS as error:
        raise Refused(Refusal.NOT_CHECKABLE, kind=type(error).__name__, reason=error) from None
    if not isinstance(verdict, Undecided):
        proofs.require_none_left()
    return verdict


def _changed(now: Digests, then: Digests, networks: Sequence[str]) -> str | None:
    """What is not as it was."""
    if now.semantics != then.semantics:
        return "the meaning of claims"
    if now.networks != then.networks:
        pairs = zip_longest(networks, now.networks, then.networks)
        names = [name for name, new, old in pairs if name and new != old]
        return " and ".join(dict.fromkeys(names)) or "a network"
    if now.tables != then.tables:
        names = [name for name in now.tables if now.tables[name] != then.tables.get(name)]
        return f"the table of {names[0]}" if names else "a table of an activation"
    return None if now.claim == then.claim else "the claim, or a table that it names"


def _established(
    question: Question | UniversalityQuestion,
    certificate: Certificate,
    proofs: Proofs,
    limits: Limits,
) -> Verdict | UniversalityVerdict:
    match question, certificate.kind:
        case _, SearchRecord(reason=reason):
            return Undecided(reason=f"{one_line(reason, MAX_SHOWN)} (the record of a search)")
        case UniversalityQuestion(setting=setting, activation=act), Universality(evidence=evidence):
            from smtcheck.checking.universality.arguments import verdict

            entries = ActivationTable(act, setting.format)
            return verdict(setting, entries, evidence, proofs)
        case Question(), CounterexampleInput(input_codes=codes):
            if len(codes) != len(question.domain):
                raise Refused(Refusal.INPUT_COUNT, stated=len(codes), needed=len(question.domain))
            require_defined(question, proofs.refute)
            from smtcheck.checking import replay

            return replay.failed(
                question, Obligation.AGREEMENT, "counterexample", codes, Minimality.UNKNOWN
            )
        case Question(), Exhaustive() as stated:
            return _by_exhaustion(question, stated, limits)
        case Question(), Composition(points=points):
            if points != question.points:
                raise Refused(Refusal.POINT_COUNT, stated=points, found=question.points)
            return _by_composition(question, proofs, limits)
        case Question(), Propositional():
            return _by_refutation(question, proofs)
    raise Refused(
        Refusal.OTHER_KIND,
        stated=name_of(certificate.kind),
        asked=type(question).__name__,
    )


def _by_exhaustion(question: Question, stated: Exhaustive, limits: Limits) -> Verdict:
    found = exhaustive_kind(question)
    if stated.points != found.points:
        raise Refused(Refusal.POINT_COUNT, stated=stated.points, found=found.points)
    if stated.cost != found.cost:
        raise Refused(Refusal.COST, stated=stated.cost, found=found.cost)
    from smtcheck.checking import exhaustive

    deadline = limits.deadline()
    for obligation in Obligation:
        scan = exhaustive.scan(question, obligation, deadline)
        if scan.failure is not None:
            from smtcheck.checking import replay

            return replay.failed(
                question, obligation, "exhaustive", scan.failure, Minimality.SMALLEST
            )
        if not scan.is_complete:
            return Undecided(
                reason=f"evaluation of {question.points} inputs did not end within "
                f"{limits.timeout_seconds} s"
            )
    return proved("exhaustive", f"all {question.points} inputs were evaluated", Basis.EVALUATION)


def exhaustive_kind(question: Question) -> Exhaustive:
    """What is stated about trying every input."""
    return Exhaustive(points=question.points, cost=question.points * question.cost)


def _by_composition(question: Question, proofs: Proofs, limits: Limits) -> Verdict:
    from smtcheck.checking.composition import composition
    from smtcheck.checking.composition.blocks import DoesNotApply

    try:
        return composition.prove(question, limits.deadline(), proofs)
    except DoesNotApply as error:
        return Undecided(reason=f"the composition was not done: {error}")


def require_defined(question: Question, refute: Callable[[Cnf], None]) -> None:
    """A claim that divides by zero somewhere has no counterexamples (theory.md#targets)."""
    from smtcheck.checking import exhaustive

    if exhaustive.may_fail(question):
        from smtcheck.checking.propositional.clauses import cnf_of

        cnf = cnf_of(question, Obligation.DEFINEDNESS)
        if cnf is None:
            raise InternalError("a division by zero is possible, and has no clauses")
        refute(cnf)


def refute_obligations(question: Question, refute: Callable[[Cnf], None]) -> None:
    """That no obligation fails anywhere."""
    from smtcheck.checking.propositional.clauses import cnf_of

    for obligation in Obligation:
        cnf = cnf_of(question, obligation)
        if cnf is not None:
            refute(cnf)


def _by_refutation(question: Question, proofs: Proofs) -> Verdict:
    from smtcheck.checking.propositional import clauses

    found, allowed = question.cost, clauses.MAX_NEURONS
    if found > allowed:
        raise Refused(Refusal.TOO_MANY_NEURONS, found=found, allowed=allowed)
    refute_obligations(question, proofs.refute)
    evidence = f"a proof of {proofs.lemmas} lemmas, checked"
    return proved("propositional", evidence, Basis.CERTIFICATE)
