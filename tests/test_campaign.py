"""The campaign of benchmarks/ finds what is wrong, and nothing where nothing is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from benchmarks import campaign
from benchmarks.campaign import USUAL_MIX
from benchmarks.claim_texts import random_plain_format, spelled_format
from benchmarks.random_claims import random_claims
from benchmarks.written_networks import plain
from smtcheck.arithmetic.formats import Format
from smtcheck.claims.verdicts import Basis, Proved

#: Evaluation only: no solver is started.
QUICK = replace(USUAL_MIX, engines={"auto": 3, "exhaustive": 1}, hard_share=0)


def test_a_short_campaign_finds_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert campaign.measure(80, 5, tmp_path, QUICK) == 0
    assert list(tmp_path.iterdir()) == []
    *_, total, certificates = capsys.readouterr().out.splitlines()
    assert int(total.split()[1]) == 80
    for kind in ("counterexample", "exhaustive", "universality"):
        assert kind in certificates


def test_a_wrong_verdict_is_found_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def proved(*_: Any, **__: Any) -> Proved:
        return Proved(engine="guess", evidence="none", basis=Basis.SOLVER)

    monkeypatch.setattr(campaign, "prove", proved)
    refuted = sum(
        one.truth is not None and one.truth.verdict == "refuted" and one.truth.undefined is None
        for one, _ in zip(random_claims(6), range(30), strict=False)
    )
    wrong = campaign.measure(30, 6, tmp_path, QUICK)
    assert wrong >= refuted > 3
    kept = sorted(tmp_path.iterdir())
    assert len(kept) == wrong
    for folder in kept:
        assert (folder / "claim.toml").exists()
        assert "Disagreement" in (folder / "failure.txt").read_text(encoding="utf-8")


def test_the_same_seed_gives_the_same_claims() -> None:
    one, other = (
        [claim.files for claim, _ in zip(random_claims(7), range(20), strict=False)]
        for _ in range(2)
    )
    assert one == other


def test_every_spelling_of_a_format_is_the_format() -> None:
    draw = Random(8)
    for _ in range(1500):
        fmt = random_plain_format(draw, draw.choice([3, 16, 300]))
        text = spelled_format(draw, fmt)
        assert plain(Format.parse(text)) == fmt, text
