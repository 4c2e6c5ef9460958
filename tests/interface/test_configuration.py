"""Which files are claims, in a folder as people have it."""

from __future__ import annotations

from pathlib import Path

import pytest

from smtcheck.errors import InputError
from smtcheck.interface.configuration import (
    NEVER,
    claims_under,
    configuration_of,
    default_limits,
    default_paths,
)
from tests.interface.commands import smtcheck

CLAIM = 'kind = "equivalent"\nformat = "ap_fixed<8,4>"\nleft = "expr:x0"\nright = "expr:x0"\n'
OTHER = '[build]\nkind = "release"\n'


def write(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_toml", ".toml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def found(root: Path, *folders: str) -> list[str]:
    paths = claims_under([root / folder for folder in folders or (".",)])
    return [path.relative_to(root).as_posix() for path in paths]


def test_without_a_configuration_a_claim_is_what_has_a_kind(tmp_path: Path) -> None:
    write(tmp_path, a_toml=CLAIM, pyproject_toml=OTHER, deep__b_toml=CLAIM, deep__c_toml=OTHER)
    write(tmp_path, broken_toml='kind = "equal\n', other_toml="x = [\n", empty_toml="")
    assert found(tmp_path) == ["a.toml", "broken.toml", "deep/b.toml"]


def test_with_one_it_is_what_lies_there_or_has_the_name(tmp_path: Path) -> None:
    configuration = '[tool.smtcheck]\npaths = ["proofs", "more/./claims"]\nexclude = ["*/old/*"]\n'
    write(tmp_path, pyproject_toml=configuration, elsewhere__a_toml=CLAIM, proofs__b_toml=CLAIM)
    write(tmp_path, more__claims__c_toml=CLAIM, proofs__old__d_toml=CLAIM, proofs__e_toml=OTHER)
    (tmp_path / "elsewhere" / "f.claim.toml").write_text(CLAIM)
    everywhere = ["elsewhere/f.claim.toml", "more/claims/c.toml", "proofs/b.toml"]
    assert found(tmp_path) == everywhere
    assert found(tmp_path, "proofs") == ["proofs/b.toml"]
    assert found(tmp_path, "elsewhere") == ["elsewhere/a.toml", "elsewhere/f.claim.toml"]
    assert found(tmp_path, "proofs/b.toml", "proofs") == ["proofs/b.toml"]


def test_folders_of_others_are_never_searched(tmp_path: Path) -> None:
    write(tmp_path, a_toml=CLAIM)
    for name in NEVER:
        write(tmp_path / name, b_toml=CLAIM)
    assert found(tmp_path) == ["a.toml"]


def test_a_file_named_by_hand_is_a_claim(tmp_path: Path) -> None:
    write(tmp_path, other_toml=OTHER)
    assert found(tmp_path, "other.toml") == ["other.toml"]
    done = smtcheck(tmp_path, "verify", "other.toml")
    assert (done.returncode, "other.toml: " in done.stderr) == (2, True)


def test_nothing_to_do_is_an_error_that_says_what_claims_are(tmp_path: Path) -> None:
    write(tmp_path, other_toml=OTHER)
    for words in (["verify", "."], ["prove", "."], ["verify", "nowhere"]):
        done = smtcheck(tmp_path, *words)
        assert done.returncode == 2
        assert "claims are files *.claim.toml" in done.stderr or "does not exist" in done.stderr


def test_what_is_configured_is_what_is_done_unless_said_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = '[tool.smtcheck]\npaths = ["c"]\ntimeout = "1.5m"\nmemory = 512\n'
    write(tmp_path, pyproject_toml=text, c__a_toml=CLAIM, sub__x_toml=OTHER)
    monkeypatch.chdir(tmp_path / "sub")
    assert default_paths() == [Path("../c")]
    assert default_limits() == {"timeout_seconds": "1.5m", "memory_mebibytes": 512}
    assert smtcheck(tmp_path, "prove", "c").returncode == 0
    assert smtcheck(tmp_path / "sub", "verify").stdout.startswith("../c/a.toml: proved")


def test_configured_limits_hold(tmp_path: Path) -> None:
    write(tmp_path, pyproject_toml='[tool.smtcheck]\ntimeout = "2 weeks"\n', a_toml=CLAIM)
    done = smtcheck(tmp_path, "prove", "a.toml")
    assert (done.returncode, "'2 weeks' is no time: as in 10, 0.5" in done.stderr) == (2, True)
    assert smtcheck(tmp_path, "prove", "a.toml", "--timeout", "5s").returncode == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tool.smtcheck]\npath = 1\n", "unknown field `path`"),
        ("[tool.smtcheck]\npaths = 'proofs'\n", "Expected `array`"),
        ("[tool.smtcheck]\n[tool.smtcheck]\n", "is not valid TOML"),
    ],
)
def test_a_wrong_configuration_is_said(tmp_path: Path, text: str, said: str) -> None:
    write(tmp_path, pyproject_toml=text)
    with pytest.raises(InputError, match=said):
        configuration_of(tmp_path)


def test_a_folder_that_is_gone_has_no_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert default_limits() == {}
    with pytest.raises(InputError, match="the current folder is not there any more"):
        default_paths()


def test_help_does_not_need_a_configuration_that_is_right(tmp_path: Path) -> None:
    write(tmp_path, pyproject_toml="[tool.smtcheck]\nmemory = [\n", a_toml=CLAIM)
    assert smtcheck(tmp_path, "prove", "--help").returncode == 0
    assert smtcheck(tmp_path, "prove", "a.toml").returncode == 2


def test_a_wrong_limit_says_where_it_comes_from(tmp_path: Path) -> None:
    write(tmp_path, pyproject_toml="[tool.smtcheck]\nmemory = 1\n", a_toml=CLAIM)
    done = smtcheck(tmp_path, "prove", "a.toml")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "'--memory': 1 is not in the range" in done.stderr
    assert "(so says [tool.smtcheck] in pyproject.toml)" in done.stderr
