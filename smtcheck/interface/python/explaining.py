"""`sc.explain`: what `smtcheck explain` prints, as a value."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from smtcheck.arithmetic.formats import Format
from smtcheck.claims.claim_files import Claim
from smtcheck.claims.questions import UniversalityQuestion
from smtcheck.claims.verdicts import Refuted
from smtcheck.errors import InputError
from smtcheck.files import CodeExecution
from smtcheck.interface.certifying import known_or_answer
from smtcheck.interface.explanations import (
    Explanation,
    network_explanation,
    question_explanation,
)
from smtcheck.interface.python.arguments import Number, engine_of, exact, limits_of
from smtcheck.interface.python.claims import claim_of
from smtcheck.limits import Limits
from smtcheck.networks.network import Network


def explain(
    subject: Network | Claim | str | Path,
    *,
    values: Sequence[Number] | None = None,
    codes: Sequence[int] | None = None,
    engine: str = "auto",
    timeout: float | None = None,
    limits: Limits | None = None,
    allow_code: bool = False,
) -> Explanation:
    """An input, followed neuron by neuron: sum, rounding, tie, saturation.

    Parameters
    ----------
    subject : Network, Claim, str or Path
        A network or a claim, or the file of one: NET.json or CLAIM.toml.
    values : sequence of int, Fraction or Decimal, optional
        The value of each input.
    codes : sequence of int, optional
        The same as codes.  Without either, a counterexample to the claim is looked for.
    engine : str, default "auto"
        Which engine looks for it.
    timeout : float, optional
        Seconds, in place of limits.
    limits : Limits, optional
        Time in seconds, memory in MiB of each solver, and seed.
    allow_code : bool, default False
        As in `load_claim`.

    Returns
    -------
    Explanation
        Its text is what the command prints.

    Raises
    ------
    InputError
        Where a file cannot be read, the input is none, or there is no counterexample.

    References
    ----------
    proofs/theory.md#neuron.

    Examples
    --------
    >>> net = sc.construct("abs(x0)", "relu", "paper(3,4)").network
    >>> print(str(sc.explain(net, codes=[-5])).splitlines()[-1])
    network   y0 = 1.25 (code 5)
    """
    limits = limits_of(limits, timeout)
    if isinstance(subject, str | Path) and Path(subject).suffix == ".json":
        code = CodeExecution.ALLOWED if allow_code else CodeExecution.REFUSED
        subject = Network.load(subject, code)
    if isinstance(subject, Network):
        given = _input(values, codes, subject.input_format, subject.inputs)
        if given is None:
            raise InputError("a network needs an input: give values or codes")
        return network_explanation(subject, given)
    claim = claim_of(subject, allow_code)
    question = claim.question
    if isinstance(question, UniversalityQuestion):
        raise InputError(f"{claim.path} is about no input; reasons of its verdict say why it holds")
    given = _input(values, codes, question.left.input_format, question.left.inputs)
    if given is None:
        found = known_or_answer(claim, limits, engine_of(engine))
        if not isinstance(found, Refuted):
            raise InputError(f"{claim.path} is {found}: give an input, as values or codes")
        return question_explanation(
            question, found.counterexample.input_codes, claim.side_names, found
        )
    return question_explanation(question, given, claim.side_names)


def _input(
    values: Sequence[Number] | None, codes: Sequence[int] | None, fmt: Format, inputs: int
) -> tuple[int, ...] | None:
    """The codes of an input, if one is given."""
    if values is not None and codes is not None:
        raise InputError("give values or codes, not both")
    numbers = codes if values is None else values
    if numbers is None:
        return None
    unit = 1 if values is None else fmt.scale
    given = [exact(number, "an input") * unit for number in numbers]
    if len(given) != inputs:
        raise InputError(f"{len(given)} inputs are given, {inputs} are needed")
    for scaled in given:
        if scaled.denominator != 1 or scaled.numerator not in fmt.codes:
            what = "code" if values is None else "value"
            raise InputError(f"an input is {scaled / unit}, which is no {what} of {fmt}")
    return tuple(scaled.numerator for scaled in given)
