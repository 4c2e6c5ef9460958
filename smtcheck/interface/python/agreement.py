"""`sc.prove` and `sc.check`: does a network compute a target?"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path

from smtcheck.claims.questions import Question
from smtcheck.claims.verdicts import Proved, Refuted, Undecided, Verdict
from smtcheck.engines.portfolio import prove as prove_question
from smtcheck.interface.explanations import question_explanation
from smtcheck.interface.python.arguments import Axis, engine_of, limits_of
from smtcheck.interface.python.questions import Target, question_of
from smtcheck.interface.reports import counterexample_text
from smtcheck.limits import Limits
from smtcheck.networks.network import Network

MAX_LINES = 60  #: of a trace in an error


def prove(
    network: Network | str | Path,
    *,
    equals: Target,
    domain: Sequence[Axis] | None = None,
    tolerance_ulp: int = 0,
    engine: str = "auto",
    timeout: float | None = None,
    limits: Limits | None = None,
    executor: Executor | None = None,
) -> Verdict:
    """Whether a network computes a target, or what another network does, everywhere.

    Parameters
    ----------
    network : Network, str or Path
        The network, or its file.
    equals : str, sequence of str, callable, array of integers, Network or Path
        An expression in x0, x1, ..., or one for each output, quantized once into the output
        format; a function that is called with a Fraction for each input and returns a Fraction
        or an int (a tuple of them, if there are several outputs); output codes with an axis of
        all codes for each input, lo first, and one of the outputs if there are several; or
        another network that reads the same codes, or the Path of its file.
    domain : sequence, optional
        For each input `low..high`, `value` or `any` as text, a value, a pair (low, high) of
        values (int, Fraction or Decimal), or None for all; all codes unless given.
    tolerance_ulp : int, default 0
        How far outputs may be apart, in units in the last place of the output format.
    engine : str, default "auto"
        auto, composition, merge, exhaustive, smt, z3 or bitwuzla.
    timeout : float, optional
        Seconds, in place of limits.
    limits : Limits, optional
        Time in seconds, memory in MiB of each solver, and seed.
    executor : concurrent.futures.Executor, optional
        Where long evaluations go; its workers are trusted, the verdict depends on nothing else.

    Returns
    -------
    Proved, Refuted or Undecided
        With its basis, with a counterexample, or with the reason.

    Raises
    ------
    InputError
        Where an argument is not understood, the two sides do not fit together, or one divides
        by zero somewhere in the domain.

    References
    ----------
    proofs/theory.md#equal, #equivalent, #domain and #tolerance.

    Examples
    --------
    >>> net = sc.construct("abs(x0)", "relu", "paper(3,4)").network
    >>> print(sc.prove(net, equals="abs(x0)"), sc.prove(net, equals="x0"))
    proved refuted
    >>> sc.prove(net, equals=lambda x: x, domain=[(0, 1)]).proved
    True
    """
    question = question_of(network, equals, domain, tolerance_ulp)
    return prove_question(question, limits_of(limits, timeout), engine_of(engine), executor)


def check(
    network: Network | str | Path,
    *,
    equals: Target,
    domain: Sequence[Axis] | None = None,
    tolerance_ulp: int = 0,
    engine: str = "auto",
    timeout: float | None = None,
    limits: Limits | None = None,
    executor: Executor | None = None,
) -> Proved:
    """Fail unless a network computes a target everywhere: for tests.

    Parameters
    ----------
    network : Network, str or Path
        As in `prove`, like all that follow.
    equals : str, sequence of str, callable, array of integers, Network or Path
        What it has to compute.
    domain : sequence, optional
        Where; everywhere unless given.
    tolerance_ulp : int, default 0
        How far outputs may be apart.
    engine : str, default "auto"
        Which engine searches.
    timeout : float, optional
        Seconds, in place of limits.
    limits : Limits, optional
        Time, memory and seed.
    executor : concurrent.futures.Executor, optional
        Where long evaluations go.

    Returns
    -------
    Proved
        Any other verdict is an AssertionError, with the counterexample traced neuron by neuron,
        or with the reason.

    Raises
    ------
    AssertionError
        Where the claim is refuted, or undecided.
    InputError
        As in `prove`.

    References
    ----------
    proofs/theory.md#equal and #verdicts.

    Examples
    --------
    >>> net = sc.construct("abs(x0)", "relu", "paper(3,4)").network
    >>> print(sc.check(net, equals="abs(x0)"))
    proved
    >>> sc.check(net, equals="x0")
    Traceback (most recent call last):
    ...
    AssertionError: refuted
      exhaustive: at x0 = -0.25 (code -1): 0.25 (code 1) against -0.25 (code -1)
    ...
    """
    question = question_of(network, equals, domain, tolerance_ulp)
    verdict = prove_question(question, limits_of(limits, timeout), engine_of(engine), executor)
    if isinstance(verdict, Proved):
        return verdict
    raise AssertionError("\n".join(failure(question, verdict)))


def failure(question: Question, verdict: Refuted | Undecided) -> list[str]:
    """What `smtcheck prove` and `smtcheck explain` would print of it."""
    if isinstance(verdict, Undecided):
        return [str(verdict), f"  {verdict.reason}"]
    found = verdict.counterexample
    lines = [str(verdict), f"  {verdict.engine}: {counterexample_text(question, found)}", ""]
    traced = str(question_explanation(question, found.input_codes)).split("\n")
    if len(traced) > MAX_LINES:
        hidden = len(traced) - MAX_LINES
        half = MAX_LINES // 2
        traced = [*traced[:half], f"... {hidden} lines more ...", *traced[-half:]]
    return lines + traced
