"""Lines for people: whole words on a terminal, colours where they are wanted."""

from __future__ import annotations

import sys

import pytest

from smtcheck.interface import printing

WORD = "ap_fixed<8,4,AP_RND,AP_SAT>"
LINE = f"  a-claim.toml: refuted, EXPECTED proved: {' '.join([WORD] * 9)} and-a-word-with-hyphens"
RED, PLAIN = "\x1b[31mrefuted\x1b[0m", "refuted"


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")


def said(
    line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], is_tty: bool
) -> str:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_tty, raising=False)
    printing.say(line)
    return capsys.readouterr().out


def test_words_are_not_broken_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    lines = said(LINE, monkeypatch, capsys, True).splitlines()
    assert len(lines) > 3 and max(map(len, lines)) <= 80
    assert all(line.startswith("      ") for line in lines[1:])
    assert " ".join(lines).split() == LINE.split()
    long = "x" * 200
    assert long in said(f"{long} end", monkeypatch, capsys, True).splitlines()


def test_a_line_stays_a_line_elsewhere(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(LINE, monkeypatch, capsys, False) == f"{LINE}\n"
    assert said("", monkeypatch, capsys, True) == "\n"


@pytest.mark.parametrize(
    ("variables", "is_tty", "expected"),
    [
        ({}, True, RED),
        ({}, False, PLAIN),
        ({"TERM": "dumb"}, True, PLAIN),
        ({"NO_COLOR": "1"}, True, PLAIN),
        ({"NO_COLOR": ""}, True, RED),
        ({"FORCE_COLOR": "1"}, False, RED),
        ({"FORCE_COLOR": ""}, False, PLAIN),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, False, RED),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, PLAIN),
    ],
)
def test_colours_are_where_they_are_wanted(
    variables: dict[str, str],
    is_tty: bool,
    expected: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert said("a.toml: refuted (0.01 s)", monkeypatch, capsys, is_tty) == (
        f"a.toml: {expected} (0.01 s)\n"
    )


@pytest.mark.parametrize(
    ("verdict", "colour"),
    [("proved", 32), ("universal", 32), ("not universal", 31), ("undecided", 33)],
)
def test_each_verdict_has_its_colour_and_names_have_none(
    verdict: str,
    colour: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    found = said(f"proved.toml: {verdict}, EXPECTED proved", monkeypatch, capsys, False)
    assert found == f"proved.toml: \x1b[{colour}m{verdict}\x1b[0m, EXPECTED proved\n"


@pytest.mark.parametrize("variables", [{"FORCE_COLOR": "1"}, {"TERM": "dumb"}])
def test_progress_is_for_terminals_only(
    variables: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: "TERM" in variables, raising=False)
    with printing.progress("something"):
        pass
    assert capsys.readouterr().err == ""


def test_what_is_wrapped_everywhere_fits_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert printing.width_for_people(98) == 98
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert (printing.width_for_people(98), printing.width_for_people(60)) == (80, 60)
