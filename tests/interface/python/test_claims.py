"""Claim files from Python: the same answers as the command line."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import smtcheck as sc
from tests.interface.commands import smtcheck
from tests.interface.corpus import write_claim, write_network
from tests.interface.python.networks import absolute


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_network(tmp_path)
    write_claim(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_claim_is_certified_and_verified(folder: Path) -> None:
    missing = sc.verify("claim.toml")
    assert isinstance(missing, sc.Undecided)
    assert missing.reason == "there is no certificate claim.cert: sc.certify makes one"
    made = sc.certify("claim.toml", timeout=20)
    assert made.verdict.decided and made.path == Path("claim.cert") and made.reason is None
    claim = sc.load_claim(folder / "claim.toml")
    assert str(sc.verify(claim)) == str(made.verdict) == claim.expected.value
    assert smtcheck(folder, "verify", "claim.toml").returncode == 0


def test_a_refutation_that_is_not_expected_is_verified_as_by_the_command(folder: Path) -> None:
    write_claim(folder, target='"x0"')
    made = sc.certify("claim.toml")
    assert made.path == Path("claim.refuted.cert")
    assert sc.verify("claim.toml").refuted
    assert smtcheck(folder, "verify", "claim.toml").returncode == 1
    write_claim(folder, target='"x0 + 0"')
    out_of_date = sc.verify("claim.toml")
    assert isinstance(out_of_date, sc.Undecided) and "out of date" in out_of_date.reason


def test_a_certificate_that_was_changed_is_refused(folder: Path) -> None:
    sc.certify("claim.toml")
    path = folder / "claim.cert"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"points": 16', '"points": 15'), encoding="utf-8")
    with pytest.raises(sc.Refused):
        sc.verify("claim.toml")
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(sc.InputError):
        sc.verify("claim.toml")


def test_a_claim_about_a_format_carries_sentences(folder: Path) -> None:
    text = 'kind = "universal"\nformat = "paper(3,4)"\nactivation = "relu"\n'
    (folder / "all.toml").write_text(text, encoding="utf-8")
    made = sc.certify("all.toml")
    verified = sc.verify("all.toml")
    assert isinstance(made.verdict, sc.Universal) and isinstance(verified, sc.Universal)
    assert made.verdict.reasons == verified.reasons != ()
    for use in (sc.export, sc.explain):
        with pytest.raises(sc.InputError, match=r"all\.toml"):
            use("all.toml")  # type: ignore[operator]


def test_a_place_that_cannot_be_written_is_a_reason(folder: Path) -> None:
    (folder / "claim.cert").mkdir()
    made = sc.certify("claim.toml")
    assert made.verdict.decided and made.path is None and "cannot be written" in str(made.reason)


def test_the_obligation_is_that_of_the_command(folder: Path) -> None:
    assert (
        sc.export("claim.toml") == smtcheck(folder, "export", "claim.toml", "--smtlib", "-").stdout
    )


def test_an_explanation_is_what_the_command_prints(folder: Path) -> None:
    write_claim(folder, target='"x0"', expect='"refuted"')
    printed = smtcheck(folder, "explain", "claim.toml").stdout
    assert f"{sc.explain('claim.toml')}\n" == "".join(
        f"{x.rstrip()}\n" for x in printed.splitlines()
    )
    one = sc.explain("net.json", values=[Fraction(1, 4)])
    assert str(one) == str(sc.explain(Path("net.json"), codes=[1]))
    assert str(one) == str(sc.explain(sc.Network.load("net.json"), values=[Decimal("0.25")]))
    assert str(sc.explain("claim.toml", codes=[1])).startswith("input     x0 = 0.25 (code 1)")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "give values or codes"),
        ({"codes": [0], "values": [0]}, "not both"),
        ({"codes": [0, 0]}, "2 inputs are given, 1 are needed"),
        ({"codes": [8]}, "an input is 8, which is no code"),
        ({"codes": [1.0]}, "an input is the float 1.0"),
        ({"codes": [True]}, "an input is True"),
        ({"values": [Fraction(1, 3)]}, "an input is 1/3, which is no value"),
        ({"values": [2]}, "an input is 2, which is no value"),
    ],
)
def test_what_is_no_input_is_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(sc.InputError, match=words):
        sc.explain(absolute(), **given)


def test_a_claim_that_holds_needs_an_input(folder: Path) -> None:
    with pytest.raises(sc.InputError, match=r"claim\.toml is proved: give an input"):
        sc.explain("claim.toml")
    for use in (sc.verify, sc.load_claim, sc.explain):
        with pytest.raises(sc.InputError, match="5 is no file name of a claim"):
            use(5)  # type: ignore[operator]


def test_code_is_run_if_it_is_allowed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(folder)
    (folder / "own_of_claim.py").write_text("def f(x): return max(x, 0)\n", encoding="utf-8")
    text = 'kind = "universal"\nformat = "paper(2,4)"\nactivation = "own_of_claim:f"\n'
    (folder / "code.toml").write_text(text, encoding="utf-8")
    with pytest.raises(sc.InputError, match="would run code"):
        sc.load_claim("code.toml")
    assert sc.load_claim("code.toml", allow_code=True).kind == "universal"
