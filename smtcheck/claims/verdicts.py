"""What an answer can be.  Only `checking` makes the settled ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import NoReturn

from smtcheck.claims.evidence import (
    Congruent,
    ConstantActivation,
    Inseparable,
    NeverGiven,
    Obstacle,
    Support,
    Uncovered,
)
from smtcheck.showing import Shown


class Minimality(Enum):
    """Whether a counterexample is known to be the first in the order of `exhaustive`."""

    SMALLEST = "the smallest"
    UNKNOWN = "there may be smaller ones"  #: looking for them took too long


class Basis(Enum):
    """What has to be believed for a settled verdict, beside the code of `checking`."""

    CERTIFICATE = "certificate"  #: nothing: every step was checked; only `checking` says so
    EVALUATION = "evaluation"  #: nothing: all inputs, or the one that differs
    SOLVER = "the solver's word"  #: the solver, until there is a certificate


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Counterexample(Shown):
    """One input at which the two sides differ, replayed by the rational reference.

    Attributes
    ----------
    input_codes : tuple of int
        A code for each input.
    output : int
        Which output differs, counted from 0.
    left_code, right_code : int
        What the two sides give there: codes of their own output formats.
    size : Minimality
        Whether it is known to be the first in the order of inputs.

    References
    ----------
    proofs/theory.md#verdicts, and #order for the order of inputs.

    Examples
    --------
    >>> net = sc.construct("abs(x0)", "relu", "paper(3,4)").network
    >>> found = sc.prove(net, equals="x0").counterexample
    >>> found.input_codes, found.output, found.left_code, found.right_code
    ((-1,), 0, 1, -1)
    >>> found.size.value
    'the smallest'
    """

    input_codes: tuple[int, ...]
    output: int
    left_code: int
    right_code: int
    size: Minimality


class Answer(Shown):
    """What all verdicts have in common: they are settled, or not, and are no truth values.

    Every object is true for Python, a refutation too, unless it says otherwise.
    """

    __slots__ = ()
    _asked = "verdict.decided"

    @property
    def decided(self) -> bool:
        """Whether it was settled, either way."""
        return not isinstance(self, Undecided)

    def _title(self) -> str:
        return str(self)

    def __bool__(self) -> NoReturn:
        raise TypeError(f"the verdict {str(self)!r} is neither true nor false: ask {self._asked}")


class _OfAgreement(Answer):
    """Do two sides agree?"""

    __slots__ = ()
    _asked = "verdict.proved, verdict.refuted or verdict.decided"

    @property
    def proved(self) -> bool:
        """Whether the two sides agree on the whole domain."""
        return isinstance(self, Proved)

    @property
    def refuted(self) -> bool:
        """Whether the two sides differ somewhere."""
        return isinstance(self, Refuted)


class OfConstruction(Answer):
    """Is there a network for a target?  One that was found says so itself."""

    __slots__ = ()

    @property
    def constructed(self) -> bool:
        """Whether there is a network, which was proved to compute the target."""
        return False


class _OfUniversality(Answer):
    """Do networks represent every function?"""

    __slots__ = ()
    _asked = "verdict.universal or verdict.decided"

    @property
    def universal(self) -> bool:
        """Whether networks represent every function."""
        return isinstance(self, Universal)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Proved(_OfAgreement):
    """The two sides agree on the whole domain.

    Attributes
    ----------
    engine : str
        What found it.
    evidence : str
        What was done, for people.
    basis : Basis
        What has to be believed: a certificate, an evaluation or the solver's word.

    References
    ----------
    proofs/theory.md#verdicts, and #trust for the basis.

    Examples
    --------
    >>> net = sc.construct("abs(x0)", "relu", "paper(3,4)").network
    >>> verdict = sc.prove(net, equals="abs(x0)")
    >>> isinstance(verdict, sc.Proved), str(verdict), verdict.basis.value
    (True, 'proved', 'evaluation')
    >>> verdict.engine, verdict.evidence
    ('exhaustive', 'all 15 inputs were evaluated')
    """

    engine: str
    evidence: str
    basis: Basis

    def __str__(self) -> str:
        return "proved"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Refuted(_OfAgreement):
    """The two sides differ somewhere.

    Attributes
    ----------
    engine : str
        What found it.
    counterexample : Counterexample
        Where, and what either side gives there.

    References
    ----------
    proofs/theory.md#verdicts.

    Examples
    --------
    >>> net = sc.construct("abs(x0)", "relu", "paper(3,4)").network
    >>> verdict = sc.prove(net, equals="x0")
    >>> isinstance(verdict, sc.Refuted), str(verdict), verdict.engine, verdict.basis.value
    (True, 'refuted', 'exhaustive', 'evaluation')
    >>> verdict.counterexample.input_codes
    (-1,)
    """

    engine: str
    counterexample: Counterexample

    @property
    def basis(self) -> Basis:
        """Counterexamples are evaluated before anybody sees them."""
        return Basis.EVALUATION

    def __str__(self) -> str:
        return "refuted"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Undecided(_OfAgreement, _OfUniversality, OfConstruction):
    """Neither was established.

    Attributes
    ----------
    reason : str
        What was tried, and which limit was hit or what is missing.

    References
    ----------
    proofs/theory.md#verdicts.

    Examples
    --------
    >>> verdict = sc.construct("x0", "relu", "ap_fixed<4,2>")
    >>> isinstance(verdict, sc.Undecided), str(verdict)
    (True, 'undecided')
    >>> verdict.reason
    'networks are constructed for saturating overflow; this format wraps around'
    """

    reason: str

    _asked = "verdict.decided"

    @property
    def reasons(self) -> tuple[str, ...]:
        """The reason, as the sentences of every verdict about universality."""
        return (self.reason,)

    def __str__(self) -> str:
        return "undecided"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Universal(_OfUniversality):
    """Networks of the quantization scheme represent every function.

    Attributes
    ----------
    evidence : Criterion or GeneratingNetworks
        The argument in integers (smtcheck.claims.evidence), which was checked.
    basis : Basis
        What has to be believed: a certificate or, for large tables, the solver's word.
    reasons : tuple of str, default ()
        The evidence in sentences, where somebody who knows the scheme has added them: `sc.decide`,
        `sc.construct` and `sc.certify` do.  They are no part of what was settled.

    References
    ----------
    proofs/theory.md#universal; #criterion and #generating-networks for the evidence.

    Examples
    --------
    >>> verdict = sc.decide("relu", "paper(3,4)")
    >>> isinstance(verdict, sc.Universal), str(verdict), verdict.basis.value
    (True, 'universal', 'certificate')
    >>> verdict.evidence.difference_gcd
    1
    """

    evidence: Support
    basis: Basis
    reasons: tuple[str, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        return "universal"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class NotUniversal(_OfUniversality, OfConstruction):
    """Some function is out of reach of every network of the quantization scheme.

    Attributes
    ----------
    evidence : Obstacle
        The argument in integers: one of nine kinds (smtcheck.claims.evidence), checked.
    basis : Basis
        What has to be believed: a certificate or, for large tables, the solver's word.
    reasons : tuple of str, default ()
        The evidence in sentences, where somebody who knows the scheme has added them: `sc.decide`,
        `sc.construct` and `sc.certify` do.  They are no part of what was settled.

    References
    ----------
    proofs/theory.md#universal; #necessary, #unsigned and #wrapping-refuted for the evidence.

    Examples
    --------
    >>> verdict = sc.decide("step", "paper(3,4)", weights="binary")
    >>> isinstance(verdict, sc.NotUniversal), str(verdict), verdict.condition
    (True, 'not universal', 'coverage')
    >>> verdict.evidence.modulus, verdict.basis.value
    (16, 'certificate')
    """

    evidence: Obstacle
    basis: Basis
    reasons: tuple[str, ...] = field(default=(), compare=False)

    @property
    def condition(self) -> str | None:
        """The condition of theory.md#criterion that fails, where it is one of them."""
        match self.evidence:
            case ConstantActivation() | Inseparable() | Congruent():
                return "separation"
            case Uncovered() | NeverGiven():
                return "coverage"
            case _:
                return None

    def __str__(self) -> str:
        return "not universal"


Verdict = Proved | Refuted | Undecided
UniversalityVerdict = Universal | NotUniversal | Undecided


class InternalError(Exception):
    """Something did not replay: a defect of this program, never a verdict."""
