"""Claims: what each key means, and digests that change with everything that matters."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import smtcheck as sc
from smtcheck.arithmetic.intervals import Interval
from smtcheck.claims.claim_files import Claim, Expectation, axis_of, load_claim
from smtcheck.claims.verdicts import Proved, Refuted
from smtcheck.engines.portfolio import prove
from smtcheck.limits import Limits

NETWORK = {
    "format": "paper(2,2)",
    "inputs": 2,
    "layers": [{"weights": [[2, 1], [1, 1]], "bias": [0, 1], "activation": "table:t.csv"}],
}


def load(folder: Path, text: str, **network: object) -> Claim:
    (folder / "net.json").write_text(json.dumps(NETWORK | network), encoding="utf-8")
    if not (folder / "t.csv").exists():
        (folder / "t.csv").write_text("0\n0\n0\n0\n1\n2\n3\n", encoding="utf-8")
    (folder / "claim.toml").write_text(text, encoding="utf-8")
    return load_claim(folder / "claim.toml")


EQUAL = 'kind = "equal"\nnetwork = "net.json"\ntarget = ["x0", "x1"]\n'


def test_the_digest_changes_with_everything_that_matters(tmp_path: Path) -> None:
    claims = {
        "plain": load(tmp_path, EQUAL),
        "target": load(tmp_path, EQUAL.replace('"x1"', '"x1 + 0"')),
        "tolerance": load(tmp_path, EQUAL + "tolerance_ulp = 1\n"),
        "domain": load(tmp_path, EQUAL + 'domain = ["any", "0..1"]\n'),
        "format": load(tmp_path, EQUAL, format="paper(2,2,AP_RND,AP_SAT)"),
    }
    layers = [{"weights": [[2, 1], [1, 1]], "bias": [0, 2], "activation": "table:t.csv"}]
    claims["bias"] = load(tmp_path, EQUAL, layers=layers)
    (tmp_path / "t.csv").write_text("0\n0\n0\n0\n1\n2\n2\n", encoding="utf-8")
    claims["table"] = load(tmp_path, EQUAL)
    assert len({claim.digest for claim in claims.values()}) == len(claims)


def test_the_digest_keeps_when_only_words_change(tmp_path: Path) -> None:
    plain = load(tmp_path, EQUAL)
    commented = load(tmp_path, "# why\n" + EQUAL + 'expect = "refuted"\ndomain = ["any", "any"]\n')
    assert commented.digest == plain.digest
    assert (plain.expected, commented.expected) == (Expectation.PROVED, Expectation.REFUTED)


def test_constants_that_differ_far_behind_the_point_have_different_digests(tmp_path: Path) -> None:
    near, far = (
        load(tmp_path, EQUAL.replace('"x1"', f'"x1 + 0.1{"0" * 30}{digit}"')) for digit in "12"
    )
    assert near.digest != far.digest


def test_a_table_over_two_inputs_is_read_lo_first(tmp_path: Path) -> None:
    codes = np.arange(49).reshape(7, 7) % 7 - 3
    np.save(tmp_path / "grid.npy", codes)
    (tmp_path / "grid.csv").write_text("\n".join(",".join(map(str, row)) for row in codes))
    for name in ("grid.npy", "grid.csv"):
        text = 'kind = "equivalent"\nformat = "paper(2,2)"\ninputs = 2\n'
        text += (
            f"left = \"expr:table('{name}', x0, x1)\"\nright = \"expr:table('{name}', x1, x0)\"\n"
        )
        verdict = prove(load(tmp_path, text).question, Limits())
        assert isinstance(verdict, Refuted)
        x0, x1 = verdict.counterexample.input_codes
        found = (verdict.counterexample.left_code, verdict.counterexample.right_code)
        assert found == (codes[x0 + 3, x1 + 3], codes[x1 + 3, x0 + 3])


def test_two_arithmetic_settings_are_compared_by_value(tmp_path: Path) -> None:
    text = 'kind = "equivalent"\nformat = "ap_fixed<6,3,AP_RND,AP_SAT>"\nleft = "expr:x0 / 2"\n'
    text += 'right = "expr:x0 / 2"\nright_format = "ap_fixed<7,3,AP_RND,AP_SAT>"\n'
    exact = load(tmp_path, text)
    assert isinstance(prove(exact.question, Limits()), Refuted)
    near = load(tmp_path, text + "tolerance_ulp = 1\n")
    assert isinstance(prove(near.question, Limits()), Proved)


def test_the_claims_format_and_activation_must_be_the_networks(tmp_path: Path) -> None:
    same = 'format = "paper(2, 2, half_away, saturate)"\nactivation = "table:t.csv"\n'
    assert load(tmp_path, EQUAL + same).digest == load(tmp_path, EQUAL).digest
    with pytest.raises(sc.InputError, match=r"but net\.json has paper"):
        load(tmp_path, EQUAL + 'format = "paper(3,2)"\n')
    with pytest.raises(sc.InputError, match=r"layer 1 of net\.json has 'table:t\.csv'"):
        load(tmp_path, EQUAL + 'activation = "relu"\n')


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("any", (-8, 7)),
        ("-1..1", (-4, 4)),
        (" -1 .. 1 ", (-4, 4)),
        ("1/3..2/3", (2, 2)),
        ("-0.3..0.3", (-1, 1)),
        ("-99..99", (-8, 7)),
        ("0.25", (1, 1)),
        ("+1", (4, 4)),
    ],
)
def test_domains_hold_the_codes_whose_values_lie_between(text: str, codes: tuple[int, int]) -> None:
    fmt = sc.Format.parse("ap_fixed<4,2>")
    assert axis_of(text, fmt) == Interval(*codes)


@pytest.mark.parametrize("text", ["1/3", "0.26..0.49", "2..3", "1..-1", "", "..", "1...2", "1e3"])
def test_domains_without_a_code_are_refused(text: str) -> None:
    with pytest.raises(sc.InputError):
        axis_of(text, sc.Format.parse("ap_fixed<4,2>"))


def test_files_below_the_claim_are_found_and_others_are_not(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    load(inner, EQUAL)
    (tmp_path / "claim.toml").write_text(EQUAL.replace("net.json", "inner/net.json"))
    assert load_claim(tmp_path / "claim.toml").digest == load_claim(inner / "claim.toml").digest
    (inner / "up.toml").write_text(EQUAL.replace("net.json", "../inner/net.json"))
    assert load_claim(inner / "up.toml").digest == load_claim(inner / "claim.toml").digest


@pytest.mark.parametrize("mark", [".git", "pyproject.toml", "--root"])
def test_files_anywhere_in_the_project_are_found(tmp_path: Path, mark: str) -> None:
    project = tmp_path / "project"
    for name in ("claims", "models"):
        (project / name).mkdir(parents=True)
    load(project / "models", EQUAL)
    load(tmp_path, EQUAL)
    claim, outside = project / "claims" / "claim.toml", project / "claims" / "outside.toml"
    claim.write_text(EQUAL.replace("net.json", "../models/net.json"))
    outside.write_text(EQUAL.replace("net.json", "../../net.json"))
    (project / "claims" / "link.json").symlink_to(tmp_path / "net.json")
    linked = project / "claims" / "linked.toml"
    linked.write_text(EQUAL.replace("net.json", "link.json"))
    root = None
    with pytest.raises(sc.InputError, match="leads out of the project"):
        load_claim(claim)
    if mark == ".git":
        (project / mark).mkdir()
    elif mark == "pyproject.toml":
        (project / mark).write_text('[project]\nname = "x"\n[ tool.smtcheck ]\n')
    else:
        root = project
    assert load_claim(claim, root=root).networks == ("../models/net.json",)
    for path in (outside, linked):
        with pytest.raises(sc.InputError, match="leads out of the project"):
            load_claim(path, root=root)


def test_a_configuration_of_others_is_no_mark(tmp_path: Path) -> None:
    (tmp_path / "claims").mkdir()
    load(tmp_path, EQUAL)
    (tmp_path / "pyproject.toml").write_text("[tool.smtchecker]\n[tool.ruff]\n")
    path = tmp_path / "claims" / "claim.toml"
    path.write_text(EQUAL.replace("net.json", "../net.json"))
    with pytest.raises(sc.InputError, match="leads out of the project"):
        load_claim(path)


@pytest.mark.parametrize(
    "name",
    [
        "mine.cert",
        "mine.txt",
        "mine",
        ".toml",
        "mine.TOML",
        "mine.regenerated.toml",
        "mine.refuted.toml",
    ],
)
def test_a_claim_whose_certificate_were_not_its_own_is_refused(tmp_path: Path, name: str) -> None:
    load(tmp_path, EQUAL)
    (tmp_path / name).write_text(EQUAL, encoding="utf-8")
    with pytest.raises(sc.InputError, match=r"is no name of a claim: it must end in \.toml"):
        load_claim(tmp_path / name)


def test_claims_beside_each_other_have_certificates_of_their_own(tmp_path: Path) -> None:
    names = ["a.toml", "b.toml", "a.b.toml", "a.cert.toml", "a.toml.toml", "regenerated.toml"]
    claims = []
    for text in (EQUAL, EQUAL + 'certificate = "regenerate"\n'):
        load(tmp_path, text)
        for name in names:
            (tmp_path / name).write_text(text, encoding="utf-8")
            claims.append(load_claim(tmp_path / name))
    certificates = {claim.certificate for claim in claims}
    assert len(certificates) == len(claims)
    assert not certificates & {claim.path for claim in claims}
