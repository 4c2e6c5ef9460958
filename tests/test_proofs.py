"""The claims under proofs/: each loads, is settled as it expects, and says what is true.

A refuted claim names its counterexample in a comment line, which is the smallest one:

    # counterexample: x0 = 1/16, x1 = -127/16

The index, proofs/README.md, has a row for each claim, and one table for those under
universal/paper: an entry for each activation and format.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest

from smtcheck.arithmetic.formats import Format
from smtcheck.claims.claim_files import Expectation, load_claim
from smtcheck.claims.evidence import Obstacle, Support
from smtcheck.claims.questions import Question, UniversalityQuestion
from smtcheck.claims.settings import Bias, Weights
from smtcheck.claims.verdicts import NotUniversal, Refuted, Universal, UniversalityVerdict
from smtcheck.engines.portfolio import prove
from smtcheck.limits import Limits
from smtcheck.networks.network import Network
from smtcheck.universality.decision import decide

PROOFS = Path(__file__).resolve().parents[1] / "proofs"
CLAIMS = sorted(PROOFS.rglob("*.toml"))
NETWORKS = sorted(PROOFS.rglob("*.json"))
TABLES = sorted(PROOFS.rglob("*.csv"))

MATRIX = [path for path in CLAIMS if path.parent == PROOFS / "universal" / "paper"]
LISTED = [path for path in CLAIMS if path not in MATRIX]
UNIVERSALITY = [path for path in LISTED if path.parent == PROOFS / "universal"]
AGREEMENT = [path for path in LISTED if path not in UNIVERSALITY]

_MATRIX_BIASES = {Weights.FULL: Bias.EXACT, Weights.BINARY: Bias.GRID}
_MATRIX_WORDS = {"yes": "universal", "no": "not universal"}

_COUNTEREXAMPLE = re.compile(r"^# counterexample: (.+)$", re.MULTILINE)
_INPUT = re.compile(r"x(\d+) = (-?\d+(?:/\d+)?)")


#: Claims whose proof is searched for several seconds; their certificates are checked as all are.
LONG = [
    "requantize/away-is-mirrored", "max/halves-12bit", "max/halves-16bit", "max/halves-hls4ml",
    "max/four-neurons-16bit", "max/four-neurons-16bit-x0", "max/four-neurons-16bit-x1",
    "max/pool-unsigned", "max/four-inputs-signed", "sums/order-wrap", "sigmoid/plan-within-20",
]  # fmt: skip


def _name(path: Path) -> str:
    return path.relative_to(PROOFS).as_posix()


def _searched(paths: list[Path]) -> list[Any]:
    """Cases for the paths, those that take long marked."""
    long = {f"{name}.toml" for name in LONG}
    return [
        pytest.param(path, id=_name(path), marks=[pytest.mark.slow] * (_name(path) in long))
        for path in paths
    ]


def _stated_counterexample(text: str) -> list[Fraction] | None:
    """The input values in the comment of a claim, x0 first."""
    match = _COUNTEREXAMPLE.search(text)
    if match is None:
        return None
    inputs = [_INPUT.fullmatch(part) for part in match[1].split(", ")]
    assert all(inputs), f"not readable: {match[0]}"
    pairs = [(int(part[1]), Fraction(part[2])) for part in inputs if part]
    assert [index for index, _ in pairs] == list(range(len(pairs)))
    return [value for _, value in pairs]


@cache
def _decided(path: Path) -> UniversalityVerdict:
    question = load_claim(path).question
    assert isinstance(question, UniversalityQuestion)
    return decide(question.setting, question.activation, Limits())


@pytest.mark.parametrize("path", _searched(AGREEMENT))
def test_is_settled_as_expected(path: Path) -> None:
    claim = load_claim(path)
    assert isinstance(claim.question, Question)

    verdict = prove(claim.question, Limits())

    assert str(verdict) == claim.expected.value, verdict
    stated = _stated_counterexample(path.read_text(encoding="utf-8"))
    if isinstance(verdict, Refuted):
        scale = claim.question.left.input_format.scale
        codes = verdict.counterexample.input_codes
        assert stated == [Fraction(code, scale) for code in codes]
    else:
        assert stated is None, "only a refuted claim has a counterexample"


@pytest.mark.parametrize("path", [*UNIVERSALITY, *MATRIX], ids=_name)
def test_is_decided_as_expected(path: Path) -> None:
    assert str(_decided(path)) == _expected(path)
    assert _stated_counterexample(path.read_text(encoding="utf-8")) is None


@pytest.mark.parametrize("path", CLAIMS, ids=_name)
def test_says_why_anybody_would_care(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    comment = [line for line in lines if line.startswith("#")]
    assert comment == lines[: len(comment)], "the comment comes first"
    assert sum(not _COUNTEREXAMPLE.match(line) for line in comment) >= 1


@pytest.mark.parametrize("path", NETWORKS, ids=_name)
def test_network_is_used(path: Path) -> None:
    Network.load(path)
    claims = [claim.read_text(encoding="utf-8") for claim in path.parent.glob("*.toml")]
    assert any(f'"{path.name}"' in claim for claim in claims)


@pytest.mark.parametrize("path", TABLES, ids=_name)
def test_table_is_used(path: Path) -> None:
    beside = [*path.parent.glob("*.toml"), *path.parent.glob("*.json")]
    named = re.compile(rf"[:'\"]{re.escape(path.name)}['\"]")
    assert any(named.search(other.read_text(encoding="utf-8")) for other in beside)


def test_index_lists_every_claim_with_its_verdict() -> None:
    index = (PROOFS / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)` \| [^|]+ \| ([a-z ]+) \|$", index, re.MULTILINE)
    assert len(dict(rows)) == len(rows)
    assert dict(rows) == {_name(path).removesuffix(".toml"): _expected(path) for path in LISTED}


def test_index_has_the_matrix() -> None:
    """An entry of row a and column p, s is the file a-p<p>-<weights>, about paper(p,s)."""
    index = (PROOFS / "README.md").read_text(encoding="utf-8")
    head, _, *rows = index[index.index("| activation |") :].strip().splitlines()
    columns = re.findall(r"\| p = (\d+), s = (\d+) (?=\|)", head)
    stated = {}
    for row in rows:
        name, *entries = row.strip("|").split("|")
        for (bits, scale), entry in zip(columns, entries, strict=True):
            for weights, word in zip(_MATRIX_BIASES, entry.split("/"), strict=True):
                path = MATRIX[0].parent / f"{name.strip()}-p{bits}-{weights.value}.toml"
                stated[path] = _MATRIX_WORDS[word.strip()]
                question = load_claim(path).question
                assert isinstance(question, UniversalityQuestion)
                assert question.activation.name == name.strip()
                assert question.setting.format == Format.parse(f"paper({bits},{scale})")
                assert question.setting.weights is weights
                assert question.setting.bias is _MATRIX_BIASES[weights]
    assert stated == {path: _expected(path) for path in MATRIX}


def _expected(path: Path) -> str:
    return load_claim(path).expected.value


def test_both_verdicts_occur_often() -> None:
    expected = [load_claim(path).expected for path in CLAIMS]
    assert len(expected) >= 20
    assert min(expected.count(Expectation.PROVED), expected.count(Expectation.REFUTED)) >= 10


def test_every_argument_about_universality_occurs() -> None:
    verdicts = [_decided(path) for path in UNIVERSALITY]
    refuting = [type(x.evidence) for x in verdicts if isinstance(x, NotUniversal)]
    supporting = [type(x.evidence) for x in verdicts if isinstance(x, Universal)]
    assert set(refuting) == set(get_args(Obstacle))
    assert set(supporting) == set(get_args(Support))
    assert min(len(refuting), len(supporting)) >= 10
