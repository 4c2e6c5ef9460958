"""Sweeps: the same rows whoever decides them, kept whatever happens, shown in many ways."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from smtcheck.arithmetic.formats import Format
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from smtcheck.errors import InputError
from smtcheck.files import CodeExecution
from smtcheck.interface.interruptions import interruptions_later
from smtcheck.interface.outcomes import Options
from smtcheck.interface.sweep import run
from smtcheck.interface.sweep.command import SweepRequest, sweep_request
from smtcheck.interface.sweep.map import Map, ranges
from smtcheck.interface.sweep.plan import Span, Sweep
from smtcheck.interface.sweep.plots import draw
from smtcheck.interface.sweep.rows import COLUMNS, Finding, Row
from smtcheck.limits import Limits, OutOfTime
from smtcheck.networks.activations import activation
from smtcheck.universality.decision import decide

FUNCTIONS = "tests.interface.sweep.sweep_functions"
STEPS = "expr:floor(x/2)*2"
NO_SETS: dict[str, Any] = {
    "weights": ("full",),
    "bias": ("exact",),
    "rounding": ("AP_RND_INF",),
    "overflow": ("AP_SAT",),
}


def request(**changes: Any) -> SweepRequest:
    """A small sweep with both verdicts and both conditions in it."""
    files = {"csv": None, "resume": None, "plot": None}
    first = {"activations": ("relu", STEPS), "p": "1..3", "scale": "1..max", "jobs": 1}
    return SweepRequest(
        **(files | first | NO_SETS | {"weights": ("full", "binary-dense")} | changes)
    )


def options(output: Options.Output = Options.Output.JSON, timeout_seconds: int = 60) -> Options:
    limits = Limits(timeout_seconds=timeout_seconds)
    return Options(output=output, code=CodeExecution.ALLOWED, limits=limits)


def swept(capsys: pytest.CaptureFixture[str], **changes: Any) -> tuple[int, dict[str, Any]]:
    """The exit code and the document."""
    code = sweep_request(request(**changes), options())
    return code, json.loads(capsys.readouterr().out)


def shown(capsys: pytest.CaptureFixture[str], **changes: Any) -> list[str]:
    sweep_request(request(**changes), options(Options.Output.TEXT))
    return capsys.readouterr().out.splitlines()


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "smtcheck", "sweep", *arguments]


# What is asked


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("4", [4]),
        ("1..3", [1, 2, 3]),
        ("1..max", [1, 2, 3, 4, 5, 6, 7]),
        ("6..max", [6, 7]),
        ("max", [7]),
        ("9..max", []),
        ("8..9", [8, 9]),
    ],
)
def test_ranges_are_read(text: str, numbers: list[int]) -> None:
    assert list(Span.parse(text, "--scale").numbers(7)) == numbers


@pytest.mark.parametrize("text", ["", "0", "0..3", "3..1", "-1", "1..", "1...3", "a", "1.5", "٣"])
def test_bad_ranges_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="--scale"):
        Span.parse(text, "--scale")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"p": "1..max"}, "no maximum"),
        ({"p": "1025", "scale": "1"}, "at most 1024"),
        ({"p": "1..2", "scale": "9..max"}, "empty"),
        ({"p": "1..40"}, "500000"),
        ({"scale": "9" * 310}, "bits"),
        ({"activations": ("rely",)}, "rely"),
        ({"weights": ("fuller",)}, "full, ternary"),
        ({"bias": ("none",)}, "exact, grid"),
        ({"rounding": ("up",)}, "AP_RND_INF"),
        ({"overflow": ("up",)}, "AP_SAT"),
        ({"plot": Path("map.jpg")}, ".svg, .png, .pdf"),
        ({"plot": Path("missing/map.svg")}, "cannot be written"),
        ({"csv": Path("missing/map.csv")}, "cannot be written"),
        ({"csv": Path("/")}, "cannot be written"),
        ({"csv": Path("a.csv"), "resume": Path("b.csv")}, "leave out --csv"),
        ({"activations": ("expr:1/x",)}, "divides by zero"),
    ],
)
def test_misuse_is_refused_before_anything_is_decided(
    changes: dict[str, Any], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "decide_entries", None)
    with pytest.raises(InputError, match=message):
        sweep_request(request(**changes), options())


def test_a_picture_of_too_many_maps_is_refused() -> None:
    names = tuple(f"expr:x+{number}" for number in range(65))
    with pytest.raises(InputError, match="at most 64 maps"):
        sweep_request(request(activations=names, plot=Path("map.svg")), options())


def test_a_table_of_the_wrong_length_is_named(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("0\n0\n1\n", encoding="utf-8")
    name = f"table:{tmp_path / 'table.csv'}"
    with pytest.raises(InputError, match=f"{name} has 3 entries, and paper\\(2,1"):
        sweep_request(request(activations=(name,)), options())


# What is answered


def test_the_rows_are_what_decide_says(capsys: pytest.CaptureFixture[str]) -> None:
    code, document = swept(capsys, bias=("exact", "format"))
    assert code == 3  # dense neurons with a bias of the format are not decided for p = 1
    rows = document["verdicts"]
    assert len(rows) == 2 * 2 * 2 * (1 + 3 + 7)
    assert document["complete"] is True
    for row in rows:
        fmt = Format.parse(row["format"])
        assert (fmt.hi, fmt.scale) == (2 ** row["p"] - 1, row["scale"])
        setting = QuantizationScheme(
            format=fmt, weights=Weights(row["weights"]), bias=Bias(row["bias"])
        )
        verdict = decide(setting, activation(row["activation"]), Limits())
        assert row["verdict"] == str(verdict)
        assert row["condition"] == getattr(verdict, "condition", None)
        assert row["reason"] == getattr(verdict, "reason", None)
    for answer in ("universal", "not universal", "undecided"):
        count = sum(row["verdict"] == answer for row in rows)
        assert document[answer] == count > 0
    assert {row["condition"] for row in rows} == {None, "separation", "coverage"}
    assert document["settings"][1] == {
        "activation": "relu",
        "weights": "full",
        "bias": "format",
        "rounding": "AP_RND_INF",
        "overflow": "AP_SAT",
    }


def test_the_csv_file_has_the_same_rows(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "map.csv"
    code, document = swept(capsys, csv=path)
    assert code == 0
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    expected = [
        {name: "" if value is None else str(value) for name, value in row.items()}
        for row in document["verdicts"]
    ]
    assert rows == expected
    assert tuple(rows[0]) == COLUMNS
    assert [row["p"] for row in rows[:11]] == ["1"] + ["2"] * 3 + ["3"] * 7


def test_who_decides_changes_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    files = []
    for jobs in (1, 2, 3):
        path = tmp_path / f"{jobs}.csv"
        swept(capsys, csv=path, jobs=jobs, rounding=("AP_RND_INF", "floor"))
        files.append(path.read_bytes())
    assert files[0] == files[1] == files[2]


def test_repeated_options_are_asked_once(capsys: pytest.CaptureFixture[str]) -> None:
    _, document = swept(capsys, activations=("relu", "relu"), rounding=("AP_TRN", "floor"))
    assert len(document["settings"]) == 2
    assert len(document["verdicts"]) == 2 * 11


def test_what_takes_too_long_is_undecided(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(setting: QuantizationScheme, *_: Any) -> Any:
        raise MemoryError if setting.format.scale == 1 else OutOfTime

    monkeypatch.setattr(run, "decide_entries", slow)
    code, document = swept(capsys, activations=("relu",), weights=("full",), p="2")
    assert code == 3
    assert [row["reason"] for row in document["verdicts"]] == [
        "this needs more memory than there is",
        "not decided within 60 s",
        "not decided within 60 s",
    ]


def test_the_time_limit_is_kept(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "decide_entries", lambda *_: time.sleep(60))
    start = time.monotonic()
    code = sweep_request(
        request(activations=("relu",), weights=("full",), p="1"), options(timeout_seconds=1)
    )
    assert time.monotonic() - start < 10
    assert code == 3
    assert "not decided within 1 s" in capsys.readouterr().out


# What is kept


def decided(
    monkeypatch: pytest.MonkeyPatch,
) -> list[tuple[str, int, int]]:
    """The places that are decided from now on."""
    seen: list[tuple[str, int, int]] = []
    original = run.decide_entries

    def spy(setting: QuantizationScheme, entries: Any, limits: Limits) -> Any:
        fmt = setting.format
        seen.append((entries.activation.name, fmt.hi.bit_length(), fmt.scale))
        return original(setting, entries, limits)

    monkeypatch.setattr(run, "decide_entries", spy)
    return seen


def test_resuming_decides_what_is_missing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "map.csv"
    swept(capsys, resume=path)  # a file that does not exist yet
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:5] + lines[8:]))
    seen = decided(monkeypatch)
    code, document = swept(capsys, resume=path)
    assert (code, document["complete"], document["reused"]) == (0, True, 41)
    assert seen == [("relu", 3, 1), ("relu", 3, 2), ("relu", 3, 3)]
    assert path.read_bytes() == whole


def test_rows_of_other_sweeps_stay(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "map.csv"
    swept(capsys, resume=path)
    before = set(path.read_text(encoding="utf-8").splitlines())
    full: dict[str, Any] = {"resume": path, "weights": ("full",)}
    _, document = swept(capsys, activations=("tanh", "relu"), p="3..4", **full)
    assert document["reused"] == 7
    assert len(document["verdicts"]) == 2 * (7 + 15)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert before < set(lines)
    assert lines[1].startswith("tanh,3,1,")
    text = shown(capsys, activations=("tanh",), p="3", **full)
    assert text[-2].startswith("7 of these were in the file already")
    assert text[-1] == f"{len(lines) - 8} rows of other sweeps stay in the file"


def test_undecided_rows_are_tried_again(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "map.csv"
    swept(capsys, resume=path)
    whole = path.read_text(encoding="utf-8")
    path.write_text(
        whole.replace("universal,,criterion,", "undecided,,,no time", 1), encoding="utf-8"
    )
    assert path.read_text(encoding="utf-8") != whole
    seen = decided(monkeypatch)
    assert swept(capsys, resume=path)[0] == 0
    assert seen == [("relu", 1, 1)]
    assert path.read_text(encoding="utf-8") == whole


def test_rows_that_depend_on_other_files_are_decided_again(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path, table = tmp_path / "map.csv", tmp_path / "table.csv"
    same: dict[str, Any] = {"activations": (f"table:{table}",), "p": "1", "weights": ("full",)}
    table.write_text("-1\n0\n1\n", encoding="utf-8")
    assert swept(capsys, resume=path, **same)[1]["universal"] == 1
    table.write_text("1\n1\n1\n", encoding="utf-8")
    assert swept(capsys, resume=path, **same)[1]["universal"] == 0


def edited(row: int, column: str, value: str) -> Callable[[list[list[str]]], None]:
    def edit(rows: list[list[str]]) -> None:
        rows[row][COLUMNS.index(column)] = value

    return edit


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda rows: rows.clear(), "line 1: the columns are not activation,p,scale"),
        (edited(0, "p", "q"), "line 1: the columns"),
        (lambda rows: rows[5].pop(), "line 6: 11 cells, and 12 are needed"),
        (lambda rows: rows[5].append(""), "line 6: 13 cells"),
        (lambda rows: rows.insert(3, []), "line 4: 0 cells"),
        (lambda rows: rows.append(rows[4]), "line 46: this place has a row already"),
        (edited(4, "p", "0"), "line 5: p is '0'"),
        (edited(4, "p", "02"), "line 5: p is '02'"),
        (edited(4, "p", "3" * 4000), "line 5: p is"),
        (edited(4, "p", "2000"), "line 5: p is 2000, and may be at most 1024"),
        (edited(4, "scale", "-1"), "line 5: scale is '-1'"),
        (edited(4, "scale", "9" * 310), "line 5: codes and scale may have"),
        (edited(4, "format", "paper(2,2,AP_RND_INF,AP_SAT)"), "line 5: format is 'paper"),
        (edited(4, "format", "ap_fixed<8,4>"), "line 5: format is 'ap_fixed"),
        (edited(4, "weights", "heavy"), "line 5: weights 'heavy'"),
        (edited(4, "bias", "none"), "line 5: bias 'none'"),
        (edited(4, "rounding", "half_away"), "line 5: rounding is 'half_away'"),
        (edited(4, "overflow", "AP_SAT "), "line 5: overflow mode 'AP_SAT '"),
        (edited(4, "verdict", "proved"), "line 5: verdict 'proved'"),
        (edited(4, "verdict", "not universal"), "line 5: 'not universal' cannot have the arg"),
        (edited(4, "condition", "coverage"), "line 5: 'universal' cannot have the condition"),
        (edited(4, "argument", ""), "line 5: 'universal' cannot have the argument None"),
        (edited(4, "argument", "uncovered"), "line 5: 'universal' cannot have the argument"),
        (edited(4, "reason", "because"), "line 5: 'universal' and a reason"),
        (edited(4, "activation", "x" * 20_000), "line 5: a cell of more than"),
        (edited(4, "activation", "x" * 200_000), "line 5: field larger"),
    ],
)
def test_a_file_that_no_sweep_wrote_is_refused(
    edit: Callable[[list[list[str]]], None],
    message: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    path = tmp_path / "map.csv"
    swept(capsys, csv=path)
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
    edit(rows)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8")
    with pytest.raises(InputError, match=r"map\.csv, ") as caught:
        sweep_request(request(resume=path), options())
    assert message in str(caught.value)
    assert path.read_text(encoding="utf-8") == text.getvalue()


@pytest.mark.parametrize("size", [0, 60, 500, 990])
def test_a_file_that_was_cut_off_is_refused(
    size: int, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "map.csv"
    swept(capsys, csv=path)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(InputError, match=r"map\.csv, line \d"):
        sweep_request(request(resume=path), options())


def test_files_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "map.csv"
    path.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(InputError, match="UTF-8"):
        sweep_request(request(resume=path), options())
    path.write_bytes(",".join(COLUMNS).encode() + b'\n"relu,1,1\n')
    with pytest.raises(InputError, match=r"map\.csv, line 2"):
        sweep_request(request(resume=path), options())
    with pytest.raises(InputError, match="cannot be written"):
        sweep_request(request(resume=tmp_path), options())


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_failing_activation_is_named_and_the_rest_is_kept(
    jobs: int, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "map.csv"
    name = f"{FUNCTIONS}:failing"
    with pytest.raises(InputError, match=rf"{name} in paper\(2,3,.*no thirds"):
        sweep_request(request(activations=("relu", name), p="2", csv=path, jobs=jobs), options())
    lines = path.read_text(encoding="utf-8").splitlines()
    assert sum(line.startswith("relu") for line in lines) == 6 or jobs > 1
    assert not any("failing,2,3" in line for line in lines)


def test_a_process_that_dies_leaves_the_rest(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "map.csv"
    changes: dict[str, Any] = {"activations": ("relu", f"{FUNCTIONS}:deadly"), "p": "2"}
    code = sweep_request(request(csv=path, jobs=2, **changes), options())
    output = capsys.readouterr()
    assert code == 3
    assert json.loads(output.out)["complete"] is False
    assert "a process died" in output.err
    assert f"--resume {path}" in output.err


def test_ctrl_c_keeps_what_is_done_and_resume_goes_on(tmp_path: Path) -> None:
    """Squares with biases of the format take long enough to be interrupted."""
    same = ["--activation", "square", "--bias", "format", "--resume", "map.csv", "--json"]
    process = subprocess.Popen(
        command(*same, "--p", "1..9", "--jobs", "2"),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 30
    while not (tmp_path / "map.csv").exists() and time.monotonic() < deadline:
        time.sleep(1 / 20)
    start = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    output, errors = process.communicate(timeout=20)
    assert time.monotonic() - start < 10
    assert process.returncode == 130
    document = json.loads(output)
    done = len(document["verdicts"])
    assert document["complete"] is False
    assert done > 0
    message = f"smtcheck: interrupted after {done} of 1013 verdicts: they are in map.csv, "
    assert errors == f"{message}go on with --resume map.csv\n"
    assert len((tmp_path / "map.csv").read_text(encoding="utf-8").splitlines()) == done + 1
    again = subprocess.run(
        command(*same, "--p", "1..3"), cwd=tmp_path, capture_output=True, check=True
    )
    document = json.loads(again.stdout)
    assert document["complete"] is True
    assert document["reused"] > 0
    assert again.stderr == b""


def test_ctrl_c_waits_for_the_end_of_something_short() -> None:
    steps = []

    def interrupted() -> None:
        with interruptions_later():
            os.kill(os.getpid(), signal.SIGINT)
            steps.append("after the signal")

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert steps == ["after the signal"]


# What is shown


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ([], ""),
        ([7], "7"),
        ([1, 2], "1, 2"),
        ([1, 2, 3], "1..3"),
        ([1, 2, 3, 5, 8, 9, 10, 11], "1..3, 5, 8..11"),
        ([2, 4, 6, 8], "2, 4, ..., 8"),
        ([2, 4, 6], "2, 4, 6"),
        ([1, 3, 5, 6, 7, 8], "1, 3, 5..8"),
        ([1, 2, 3, 10, 20, 30, 40, 41], "1..3, 10, 20, ..., 40, 41"),
    ],
)
def test_numbers_are_shown_in_few_pieces(numbers: list[int], text: str) -> None:
    assert ", ".join(ranges(numbers)) == text


def test_the_map_in_text(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys, activations=(STEPS,), weights=("full",))
    assert lines[:8] == [
        f"{STEPS}, full weights, exact bias, AP_RND_INF, AP_SAT",
        "      scales 1..7",
        "  p 3 ###ccc#  4/7",
        "  p 2 #c#      2/3",
        "  p 1 #        1/1",
        "  p 1: universal at every scale",
        "  p 2: universal at scales 1, 3; not universal: coverage fails at scale 2",
        "  p 3: universal at scales 1..3, 7; not universal: coverage fails at scales 4..6",
    ]
    assert lines[9] == "# universal   c not universal: coverage fails"
    assert lines[10] == "11 verdicts: 7 universal, 4 not universal, 0 undecided"
    assert lines[11].endswith(" s")
    assert len(lines) == 12


def test_maps_fit_into_eighty_columns(capsys: pytest.CaptureFixture[str]) -> None:
    names = ("step", "hard_tanh", f"expr:{'max(' * 20}x{', 0)' * 20}")
    dense: dict[str, Any] = {"bias": ("format",), "weights": ("binary-dense",)}
    lines = shown(capsys, activations=names, p="6", scale="100..120", **dense)
    assert max(map(len, lines)) <= 80
    assert not any(line != line.rstrip() for line in lines)
    lines = shown(capsys, activations=names, p="1..5", weights=("binary",))
    assert max(map(len, lines)) <= 80
    assert "      scales 1..31" in lines
    lines = shown(capsys, activations=("step",), p="8", weights=("binary",))
    assert max(map(len, lines)) <= 80
    assert "      scales 1..255, 4 to a symbol" in lines
    assert "~ several of these" in lines[-3]


def small_sweep(*activations: str, p: str = "1..3", weights: tuple[str, ...] = ("full",)) -> Sweep:
    return Sweep.of(activations, (weights, ("exact",), ("AP_RND_INF",), ("AP_SAT",)), p, "1..max")


def rows_of(sweep: Sweep) -> list[Row]:
    chunks = run.chunks_of(sweep.places(), 1)
    with run.rows_of(chunks, None, options()) as found:
        return [row for rows in found for row in rows]


def test_colours_only_repeat_what_symbols_say() -> None:
    sweep = small_sweep(STEPS)
    (a_map,) = Map.all_of(sweep, rows_of(sweep))
    lines = list(a_map.lines(80))
    assert {str(span.style) for span in lines[2].spans} == {
        "black on #56b4e9",
        "black on #e69f00",
    }
    partial = Map(panel=a_map.panel, sweep=sweep, findings={(1, 1): Finding.OTHER}, reasons={})
    text = "\n".join(line.plain for line in partial.lines(80))
    assert "p 1 x" in text
    assert "p 2 ..." in text
    assert "p 2..3: not done at every scale" in text


def test_help_says_what_the_options_are() -> None:
    done = subprocess.run(command("--help"), capture_output=True, text=True, check=True)
    for option in ("--activation", "--p ", "--scale", "--resume", "--plot", "--jobs", "1..max"):
        assert option in done.stdout


def test_misuse_of_the_command_is_exit_2(tmp_path: Path) -> None:
    for arguments in ((), ("--activation", "relu", "--jobs", "0"), ("--activation", "nope")):
        done = subprocess.run(
            command(*arguments), capture_output=True, text=True, cwd=tmp_path, check=False
        )
        assert done.returncode == 2
        assert "Traceback" not in done.stderr


# What is drawn


def test_the_picture_says_what_it_shows(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "map.svg"
    assert swept(capsys, plot=path)[0] == 0
    root = ET.fromstring(path.read_bytes())
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    texts = {"".join(node.itertext()).strip() for node in root.iter() if node.tag.endswith("}text")}
    assert {
        "universal",
        "not universal: separation fails",
        "not universal: coverage fails",
        "relu",
        STEPS,
        "full weights",
        "binary-dense weights",
        "scale s",
        "p",
    } <= texts
    assert any("universal?" in text for text in texts)
    assert any("exact bias, AP_RND_INF, AP_SAT" in text for text in texts)


def test_the_same_rows_give_the_same_file() -> None:
    sweep = small_sweep("relu", STEPS, p="2..3")
    rows = rows_of(sweep)
    for kind, magic in (("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")):
        first = draw(sweep, rows, kind)
        assert first.startswith(magic)
        assert first == draw(sweep, rows[::-1], kind)


def test_long_names_are_cut() -> None:
    sweep = small_sweep("relu", f"expr:{'max(' * 20}x{', 0)' * 20}", p="1")
    assert b"..." in draw(sweep, rows_of(sweep), "svg")


def test_without_matplotlib_the_remedy_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(InputError, match=r"pip install 'smtcheck\[plot\]'"):
        sweep_request(request(plot=tmp_path / "map.svg"), options())
