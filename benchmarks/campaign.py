"""Thousands of random claims, proved and verified as the commands do it, against brute force.

Each claim is written as files, read, proved by some engine, certified, and verified from its
file; then its certificate is put to claims it was not made for.  Whatever is not as brute
force says (`random_claims`) is written down with the files that show it.
"""

from __future__ import annotations

import os
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import islice
from pathlib import Path
from random import Random

import click

from benchmarks.measuring import row
from benchmarks.random_claims import Written, random_claims
from smtcheck.checking import certificate_files
from smtcheck.checking.certificate_files import Certificate
from smtcheck.checking.recheck import recheck_certificate
from smtcheck.checking.refusals import Refused
from smtcheck.claims.claim_files import Claim, load_claim
from smtcheck.claims.digests import digests
from smtcheck.claims.evidence import Inseparable, MonotoneActivation, Parity
from smtcheck.claims.questions import Question, UniversalityQuestion
from smtcheck.claims.verdicts import (
    InternalError,
    Minimality,
    NotUniversal,
    Refuted,
    Undecided,
    Universal,
    UniversalityVerdict,
    Verdict,
)
from smtcheck.engines import certificate_saving
from smtcheck.engines.certificate_search import NoCertificate, certificate_for
from smtcheck.engines.effort import USUAL, ProvingEffort
from smtcheck.engines.portfolio import Engine, prove
from smtcheck.errors import InputError
from smtcheck.files import CodeExecution
from smtcheck.interface.certifying import certify_beside
from smtcheck.interface.outcomes import Exit, Options
from smtcheck.interface.verify import verify_claim
from smtcheck.limits import Limits
from smtcheck.universality.decision import decide
from tests.universality import brute_force

SEED = 20261129
CLAIMS = 20_000
LIMITS = Limits(timeout_seconds=20)
HIDDEN_LAYERS = 3
LARGEST = 3  #: codes of a format whose functions are all enumerated

#: A portfolio for which nothing is quick: compositions and solvers instead of evaluation.
HARD = "auto, hard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """What is asked how often; a solver's process takes a third of a second."""

    engines: Mapping[str, int]
    hard: ProvingEffort
    hard_share: float  #: of certificates that are made as if nothing was quick


USUAL_MIX = Mix(
    engines={
        "auto": 56, "exhaustive": 24, "composition": 9, HARD: 2, "merge": 4, "smt": 1, "z3": 2,
        "bitwuzla": 2,
    },
    hard=ProvingEffort(quick_seconds=-1, quick_check=-1),
    hard_share=0.02,
)  # fmt: skip


class Disagreement(Exception):
    """What is not as it must be."""


@dataclass(slots=True)
class _Count:
    """What became of the claims of one kind and engine."""

    verdicts: Counter[str] = field(default_factory=Counter)
    certificates: Counter[str] = field(default_factory=Counter)
    claims: int = 0
    disagreements: int = 0
    seconds: float = 0


def measure(count: int, seed: int, folder: Path, mix: Mix = USUAL_MIX) -> int:
    """The table; how many claims are not as brute force says."""
    draw = Random(seed)
    counts: dict[tuple[str, str], _Count] = {}
    previous: dict[str, Certificate] = {}
    wrong = 0
    click.echo(f"{count} random claims, seed {seed}")
    with tempfile.TemporaryDirectory() as name:
        for number, written in enumerate(islice(random_claims(seed), count)):
            engine = "decide"
            if written.truth is not None:
                engine = draw.choices(list(mix.engines), list(mix.engines.values()))[0]
            counted = counts.setdefault((written.kind, engine), _Count())
            place = Path(name) / str(number % 100)
            start = _seconds()
            try:
                _campaign(written, engine, place, counted, previous, draw, mix)
            except Exception as error:
                wrong += 1
                counted.disagreements += 1
                _keep(written, engine, folder / f"{seed}-{number}", error)
            counted.claims += 1
            counted.seconds += _seconds() - start
    _print(counts)
    return wrong


def _seconds() -> float:
    """Of CPU time, in this process and in those of solvers that have ended."""
    return sum(os.times()[:4])


def _print(counts: dict[tuple[str, str], _Count]) -> None:
    row("kind", "engine", "claims", "proved", "refuted", "undecided", "bad input", "certs",
        "wrong", "seconds")  # fmt: skip
    total = _Count()
    for (kind, engine), counted in sorted(counts.items()):
        _row(kind, engine, counted)
        total.verdicts += counted.verdicts
        total.certificates += counted.certificates
        total.claims += counted.claims
        total.disagreements += counted.disagreements
        total.seconds += counted.seconds
    _row("all", "", total)
    shown = ", ".join(f"{number} {kind}" for kind, number in sorted(total.certificates.items()))
    click.echo(f"certificates: {shown}")


def _row(kind: str, engine: str, counted: _Count) -> None:
    verdicts = counted.verdicts
    cells = (
        counted.claims, verdicts["proved"] + verdicts["universal"],
        verdicts["refuted"] + verdicts["not universal"], verdicts["undecided"],
        verdicts["bad input"], counted.certificates.total(), counted.disagreements,
    )  # fmt: skip
    row(kind, engine, *map(str, cells), f"{counted.seconds:.1f}")


def _keep(written: Written, engine: str, folder: Path, error: Exception) -> None:
    """The files, and what went wrong with them."""
    _write(written, folder)
    story = "".join(traceback.format_exception(error))
    (folder / "failure.txt").write_text(f"engine: {engine}\n{story}")
    click.echo(f"  {folder}: {type(error).__name__}: {str(error)[:200]}")


def _write(written: Written, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for name, data in written.files.items():
        (folder / name).write_bytes(data)
    return folder / "claim.toml"


# ---- one claim ----


def _campaign(
    written: Written,
    engine: str,
    place: Path,
    counted: _Count,
    previous: dict[str, Certificate],
    draw: Random,
    mix: Mix,
) -> None:
    path = _write(written, place)
    truth = written.truth
    try:
        claim = load_claim(path)
        verdict = _answer(claim, engine, mix)
    except InputError as error:
        counted.verdicts["bad input"] += 1
        if "expression" in str(error) and str(error).endswith("divides by zero"):
            return  # whatever the inputs are, and wherever it stands
        if truth is None or truth.undefined is None:
            raise
        if f"input codes [{', '.join(map(str, truth.undefined))}]" not in str(error):
            raise Disagreement(f"undefined first at {truth.undefined}") from error
        return
    counted.verdicts[str(verdict)] += 1
    _require_true(written, claim, verdict)
    is_hard = draw.random() < mix.hard_share or engine == HARD
    kind = _certified(claim, verdict, mix.hard if is_hard else USUAL)
    if kind:
        counted.certificates[kind] += 1
    _require_verified(claim, verdict, kind)
    if kind:
        found = certificate_files.read(
            claim.certificate if claim.certificate.exists() else claim.surprise
        )
        for other in (previous.get(kind, found), *_forged(claim.question, found, draw)):
            _require_unfooled(written, claim, verdict, other)
        previous[kind] = found


def _answer(claim: Claim, engine: str, mix: Mix) -> Verdict | UniversalityVerdict:
    if not isinstance(claim.question, Question):
        return decide(claim.question.setting, claim.question.activation, LIMITS)
    if engine == HARD:
        return prove(claim.question, LIMITS, Engine.AUTO, effort=mix.hard)
    return prove(claim.question, LIMITS, Engine(engine))


def _require_true(written: Written, claim: Claim, verdict: Verdict | UniversalityVerdict) -> None:
    """The verdict is that of brute force, and its counterexample is one, and the smallest."""
    truth = written.truth
    if isinstance(verdict, Undecided):
        return
    if isinstance(verdict, Universal | NotUniversal):
        _require_universal(written, verdict)
        return
    assert truth is not None
    if truth.undefined is not None:
        raise Disagreement(f"{verdict}, but undefined at {truth.undefined}")
    if str(verdict) != truth.verdict:
        raise Disagreement(f"{verdict}, but {truth.verdict} (smallest: {truth.smallest})")
    if isinstance(verdict, Refuted):
        found, question = verdict.counterexample, claim.question
        assert isinstance(question, Question)
        left, right = truth.pairs[found.input_codes]
        one = Fraction(found.left_code, question.left.output_format.scale)
        other = Fraction(found.right_code, question.right.output_format.scale)
        if (one, other) != (left[found.output], right[found.output]):
            raise Disagreement(f"{found}, but the sides are {left} and {right}")
        if found.size is Minimality.SMALLEST and found.input_codes != truth.smallest:
            raise Disagreement(f"{found.input_codes} is not the smallest: {truth.smallest}")


def _require_universal(written: Written, verdict: Universal | NotUniversal) -> None:
    """What all functions of one input say, unless it takes more inputs to refute it."""
    if written.setting is None:
        return
    fmt, weights, bias, codes = written.setting
    size = fmt.hi - fmt.lo + 1
    if size > LARGEST:
        return
    setting = brute_force.Setting(
        lo=fmt.lo, hi=fmt.hi, scale=fmt.scale, rounding=fmt.rounding, overflow=fmt.overflow,
        table=codes, weights=weights, bias=bias,
    )  # fmt: skip
    try:
        reached = brute_force.reachable_up_to(setting, 1, HIDDEN_LAYERS)
    except brute_force.Undecided:
        return
    is_complete = len(reached) == size**size
    match verdict.evidence:
        case Parity():
            return
        case Inseparable(left=left) if len(left) > 1:
            return
        case MonotoneActivation() if size == 2:
            return
    if is_complete != isinstance(verdict, Universal):
        raise Disagreement(f"{verdict}, but {len(reached)} functions are reached")


def _certified(claim: Claim, verdict: Verdict | UniversalityVerdict, effort: ProvingEffort) -> str:
    """The kind of the certificate that is beside the claim now; empty where there is none."""
    try:
        if effort is USUAL or isinstance(verdict, Undecided):
            return certify_beside(claim, verdict, LIMITS).kind
        made = certificate_for(claim.question, verdict, LIMITS, effort)
    except NoCertificate:
        return ""
    is_expected = str(verdict) == claim.expected.value
    certificate_saving.write(made, claim.certificate if is_expected else claim.surprise)
    return certificate_files.name_of(made.kind)


def _require_verified(claim: Claim, verdict: Verdict | UniversalityVerdict, kind: str) -> None:
    """`verify` says what `prove` says."""
    options = Options(
        output=Options.Output.JSON, code=CodeExecution.REFUSED, limits=LIMITS, root=None
    )
    outcome = verify_claim(claim.path, options)
    said = outcome.document["verdict"] if outcome.document else "nothing"
    wanted = Exit.UNDECIDED
    if kind:
        wanted = Exit.SETTLED if str(verdict) == claim.expected.value else Exit.REFUTED
    if outcome.exit is not wanted or said != (str(verdict) if kind else "undecided"):
        raise Disagreement(
            f"verify says {said} ({outcome.exit.name}, {outcome.error}), prove {verdict} ({kind})"
        )
    if kind and isinstance(verdict, Refuted) and isinstance(claim.question, Question):
        shown = outcome.document["counterexample"]["input_codes"]
        is_same = kind == "counterexample" or verdict.counterexample.size is Minimality.SMALLEST
        if is_same and tuple(shown) != verdict.counterexample.input_codes:
            raise Disagreement(f"verify shows {shown}, prove {verdict.counterexample}")


# ---- certificates that were made for something else ----


def _forged(
    question: Question | UniversalityQuestion, found: Certificate, draw: Random
) -> Iterator[Certificate]:
    """The same with something else in it."""
    if found.proofs:
        data = bytearray(draw.choice(found.proofs))
        if data:
            data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        yield replace(found, proofs=(bytes(data),) * len(found.proofs))
        yield replace(found, proofs=found.proofs[1:])
    yield replace(found, kind=certificate_files.Propositional())
    if isinstance(question, Question):  # what says the truth wherever it says anything
        yield replace(found, kind=certificate_files.Composition(points=question.points))
    if isinstance(found.kind, certificate_files.CounterexampleInput):
        codes = [code + draw.choice([-1, 0, 1]) for code in found.kind.input_codes]
        kind = certificate_files.CounterexampleInput(input_codes=tuple(codes))
        yield replace(found, kind=kind)


def _require_unfooled(
    written: Written,
    claim: Claim,
    verdict: Verdict | UniversalityVerdict,
    other: Certificate,
) -> None:
    """Another claim's certificate, dressed up as this one's, says the truth or nothing."""
    dressed = replace(other, digests=digests(claim.question))
    try:
        said = recheck_certificate(claim.question, dressed, LIMITS)
    except (Refused, InputError, InternalError):
        return
    if isinstance(said, Undecided):
        return
    if not isinstance(verdict, Undecided) and str(said) != str(verdict):
        raise Disagreement(f"a forged {other.kind} says {said}, which is {verdict}")
    _require_true(written, claim, said)
