"""The claims under proofs/: each loads, is settled as it expects, and says what is true.

A refuted claim names its counterexample in a comment line, which is the smallest one:

    # counterexample: x0 = 1/16, x1 = -127/16
"""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest

from smtcheck.networks.network import Network
from smtcheck.proving.claims import Expectation, load_claim
from smtcheck.proving.limits import Limits
from smtcheck.proving.search import prove
from smtcheck.proving.verdicts import Refuted

PROOFS = Path(__file__).resolve().parents[1] / "proofs"
CLAIMS = sorted(PROOFS.rglob("*.toml"))
NETWORKS = sorted(PROOFS.rglob("*.json"))

_COUNTEREXAMPLE = re.compile(r"^# counterexample: (.+)$", re.MULTILINE)
_INPUT = re.compile(r"x(\d+) = (-?\d+(?:/\d+)?)")


def _name(path: Path) -> str:
    return path.relative_to(PROOFS).as_posix()


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


@pytest.mark.parametrize("path", CLAIMS, ids=_name)
def test_is_settled_as_expected(path: Path) -> None:
    claim = load_claim(path)

    verdict = prove(claim.question, Limits())

    assert str(verdict) == claim.expected.value, verdict
    stated = _stated_counterexample(path.read_text(encoding="utf-8"))
    if isinstance(verdict, Refuted):
        scale = claim.question.left.input_format.scale
        codes = verdict.counterexample.input_codes
        assert stated == [Fraction(code, scale) for code in codes]
    else:
        assert stated is None, "only a refuted claim has a counterexample"


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


def test_index_lists_every_claim_with_its_verdict() -> None:
    index = (PROOFS / "README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([^`]+)` \|.*\| (\w+) \|$", index, re.MULTILINE))
    assert rows == {_name(path).removesuffix(".toml"): _expected(path) for path in CLAIMS}


def _expected(path: Path) -> str:
    return load_claim(path).expected.value


def test_both_verdicts_occur_often() -> None:
    expected = [load_claim(path).expected for path in CLAIMS]
    assert len(expected) >= 20
    assert min(expected.count(Expectation.PROVED), expected.count(Expectation.REFUTED)) >= 10
