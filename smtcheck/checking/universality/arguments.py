"""The only code that makes verdicts about universality; it does not import the search.

Each argument of `evidence` has one check here, written from its statement in
theory.md.  The entries of T that evidence names are computed again, numbers that
could be different without harm are not allowed to be, and whatever does not check
raises `Refused`: evidence is found by a search that is not trusted.
"""

from __future__ import annotations

from smtcheck.checking.universality.conditions import reduced
from smtcheck.checking.universality.criterion import check_criterion
from smtcheck.checking.universality.inseparable import check_inseparable
from smtcheck.checking.universality.obstacles import (
    check_congruent,
    check_monotone,
    check_never_given,
    check_ordered,
    check_uncovered,
)
from smtcheck.checking.universality.wrapping import check_affine, check_closure, check_preserved
from smtcheck.claims.evidence import (
    AffineActivation,
    Congruent,
    ConstantActivation,
    Criterion,
    Evidence,
    GeneratingNetworks,
    Inseparable,
    MonotoneActivation,
    NeverGiven,
    Ordered,
    Parity,
    Support,
    Uncovered,
)
from smtcheck.claims.settings import QuantizationScheme
from smtcheck.claims.statements import Discharger, Statement
from smtcheck.claims.verdicts import Basis, NotUniversal, Universal
from smtcheck.networks.activation_entries import ActivationTable


def verdict(
    setting: QuantizationScheme,
    entries: ActivationTable,
    evidence: Evidence,
    discharger: Discharger,
) -> Universal | NotUniversal:
    """The verdict that evidence supports; Refused if it does not.

    Statements about all codes are the discharger's, and so is the basis where there are any.
    """
    asked = _Asked(discharger)
    _check(setting, entries, evidence, asked)
    if isinstance(evidence, Support):
        return Universal(evidence=evidence, basis=asked.basis)
    return NotUniversal(evidence=evidence, basis=asked.basis)


class _Asked:
    """A discharger, whose basis counts only if it is asked."""

    def __init__(self, discharger: Discharger) -> None:
        self._discharger = discharger
        self.basis = Basis.CERTIFICATE

    def is_true(self, *statements: Statement) -> bool:
        self.basis = self._discharger.basis
        return self._discharger.is_true(*statements)


def _check(
    setting: QuantizationScheme,
    entries: ActivationTable,
    evidence: Evidence,
    discharger: Discharger,
) -> None:
    match evidence:
        case Criterion():
            check_criterion(setting, entries, evidence, discharger)
        case GeneratingNetworks():
            check_closure(reduced(setting), entries, evidence)
        case ConstantActivation():
            check_congruent(entries, 0, evidence.value, evidence.proof, discharger)
        case Inseparable():
            check_inseparable(setting, entries, evidence, discharger)
        case Uncovered():
            check_uncovered(setting, entries, evidence, discharger)
        case NeverGiven():
            check_never_given(setting, evidence)
        case MonotoneActivation():
            check_monotone(setting, entries, evidence)
        case Ordered():
            check_ordered(setting, entries, evidence)
        case Congruent() | Parity():
            check_preserved(reduced(setting), entries, evidence)
        case AffineActivation():
            check_affine(reduced(setting), entries, evidence)
