"""False claims with forged certificates: `python -m tests.forging` writes tests/data/forged.

Each claim is false, and its certificate is as good as a forger can make it who knows
everything but how to prove a falsehood: all digests fit, unless they are the point.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from smtcheck.checking.certificate_files import Certificate, Composition, CounterexampleInput
from smtcheck.checking.propositional.lrat import Proof
from smtcheck.checking.propositional.packing import packed
from smtcheck.checking.recheck import exhaustive_kind
from smtcheck.claims.claim_files import load_claim
from smtcheck.claims.digests import digests
from smtcheck.claims.questions import UniversalityQuestion
from smtcheck.engines import certificate_saving
from smtcheck.engines.certificate_search import certificate_for
from smtcheck.engines.effort import ProvingEffort
from smtcheck.engines.portfolio import prove
from smtcheck.limits import Limits
from smtcheck.universality.decision import decide

FOLDER = Path(__file__).parent / "data" / "forged"
LIMITS = Limits()

ROUNDING = {"format": "paper(4,7)", "inputs": 2, "layers": [{"weights": [[5, -3]], "bias": [9]}]}
SUM = "(5*x0 - 3*x1 + 9/7)"
TRUE_TARGET = f"sign{SUM} * floor(abs{SUM} + 1/2) / 7"
FALSE_TARGET = f"floor{SUM} / 7"
EQUAL = 'kind = "equal"\nnetwork = "{network}"\ntarget = "{target}"\nexpect = "{expect}"\n'
UNIVERSAL = 'kind = "universal"\nformat = "{fmt}"\nactivation = "{act}"\nexpect = "{expect}"\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgery:
    """A false claim, its files, and why its certificate must be refused."""

    name: str
    claim: str
    reason: str  #: part of what verify says
    certificate: bytes
    files: dict[str, str] = field(default_factory=dict)


def forgeries() -> Iterator[Forgery]:
    """All of them."""
    with TemporaryDirectory() as folder:
        yield from _agreement(Path(folder))
        yield from _universality(Path(folder))


def _agreement(folder: Path) -> Iterator[Forgery]:
    network = json.dumps(ROUNDING)
    (folder / "rounding.json").write_text(network)
    true = _claim(folder, EQUAL, network="rounding.json", target=TRUE_TARGET, expect="proved")
    false = _claim(folder, EQUAL, network="rounding.json", target=FALSE_TARGET, expect="proved")
    question = load_claim(false).question
    honest = _honest(true)
    (data,) = honest.proofs
    empty = packed(Proof.of([((), ())]))
    refused = ((), (1, 2, 3))
    bomb = packed(_bomb(12_000_000))
    attempts: Sequence[tuple[str, str, Certificate]] = [
        ("borrowed-proof", "is refused: lemma", replace(honest, proofs=(data,))),
        ("no-proof", "a proof is missing", replace(honest, proofs=())),
        ("two-proofs", "is refused: lemma", replace(honest, proofs=(data, data))),
        ("empty-lemma", "its hints end without a contradiction", replace(honest, proofs=(empty,))),
        (
            "wrong-hints",
            "is refused: lemma",
            replace(honest, proofs=(packed(Proof.of([refused])),)),
        ),
        ("cut-off-proof", "cut off", replace(honest, proofs=(data[:-9],))),
        ("bomb", "is larger than", replace(honest, proofs=(bomb,))),
        ("evaluated", "refuted", replace(honest, kind=exhaustive_kind(question), proofs=())),
        (
            "composed",
            "was not done",
            replace(honest, kind=_composition(question.points), proofs=()),
        ),
    ]
    for name, reason, certificate in attempts:
        patched = replace(certificate, digests=digests(question))
        yield _forgery(name, false, reason, patched, {"rounding.json": network})
    yield _forgery(
        "stale",
        false,
        "the claim, or a table that it names changed",
        honest,
        {"rounding.json": network},
    )
    denied = _claim(folder, EQUAL, network="rounding.json", target=TRUE_TARGET, expect="refuted")
    for name, reason, codes in [
        ("no-counterexample", "does not replay", (1, 1)),
        ("outside", "outside the domain", (99, 0)),
        ("too-few-inputs", "1 input codes for 2 inputs", (1,)),
    ]:
        kind = CounterexampleInput(input_codes=codes)
        certificate = replace(
            honest, kind=kind, proofs=(), digests=digests(load_claim(denied).question)
        )
        yield _forgery(name, denied, reason, certificate, {"rounding.json": network})


def _bomb(lemmas: int) -> Proof:
    """Again and again the same lemma: a few bytes of a file."""
    one, none = np.ones(lemmas, dtype=np.int32), np.zeros(0, dtype=np.int32)
    return Proof(lengths=one, literals=one, counts=np.zeros_like(one), hints=none)


def _composition(points: int) -> Composition:
    return Composition(points=points)


def _universality(folder: Path) -> Iterator[Forgery]:
    for name, reason, fmt, act, expect, other in [
        (
            "borrowed-argument",
            "and 11 is stated",
            "paper(5,72)",
            "softplus",
            "universal",
            "paper(5,16)",
        ),
        (
            "constant-after-all",
            "T(lo) = 2, and 31 is stated",
            "paper(5,16)",
            "softplus",
            "not universal",
            "paper(5,72)",
        ),
        (
            "uncovered-after-all",
            "which is no code of",
            "codes(-6,6,1)",
            "step",
            "not universal",
            None,
        ),
    ]:
        claim = _claim(folder, UNIVERSAL, fmt=fmt, act=act, expect=expect)
        honest = _claim(folder, UNIVERSAL, fmt=other or "paper(3,8)", act=act, expect=expect)
        text = honest.read_text()
        if other is None:
            honest.write_text(text + 'weights = "binary"\n')
        certificate = replace(_honest(honest), digests=digests(load_claim(claim).question))
        yield _forgery(name, claim, reason, certificate)
    claim = _claim(folder, UNIVERSAL, fmt="paper(5,72)", act="softplus", expect="universal")
    question = load_claim(claim).question
    certificate = Certificate(
        digests=digests(question), made_by="a forger", kind=CounterexampleInput(input_codes=(0,))
    )
    yield _forgery("other-kind", claim, "for a question of kind", certificate)


def _claim(folder: Path, template: str, **fields: str) -> Path:
    path = folder / f"{len(list(folder.glob('*.toml')))}.toml"
    path.write_text(template.format(**fields))
    return path


def _honest(path: Path) -> Certificate:
    """The certificate of a true claim."""
    question = load_claim(path).question
    if isinstance(question, UniversalityQuestion):
        verdict = decide(question.setting, question.activation, LIMITS)
        return certificate_for(question, verdict, LIMITS)
    effort = ProvingEffort(quick_check=0)  # there is something to forge in a proof
    return certificate_for(question, prove(question, LIMITS), LIMITS, effort)


def _forgery(
    name: str,
    claim: Path,
    reason: str,
    certificate: Certificate,
    files: dict[str, str] | None = None,
) -> Forgery:
    return Forgery(
        name=name,
        claim=claim.read_text(),
        reason=reason,
        certificate=certificate_saving.written(certificate),
        files=files or {},
    )


def write(folder: Path) -> None:
    """Write all of them into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for forgery in forgeries():
        (folder / f"{forgery.name}.toml").write_text(f"# {forgery.reason}\n{forgery.claim}")
        (folder / f"{forgery.name}.cert").write_bytes(forgery.certificate)
        for name, text in forgery.files.items():
            (folder / name).write_text(text)


if __name__ == "__main__":
    write(FOLDER)
