"""The documents: what they show is what is printed, and what they point to is there.

A block of code is fenced, or indented by four spaces.  In a block, a line `$ COMMAND` (with
lines that it goes on with, or a here-document) is run by a shell, in a folder of its own for
each document that holds a copy of proofs/; the lines after it are its output.  There, a line
`...` stands for any lines.  Blocks with `>>>` are run by doctest, in the same folder.
"""

from __future__ import annotations

import doctest
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import pytest

from tests.interface.commands import run_by_server

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = (".", "docs", "proofs", "tests/data")
DOCUMENTS = sorted(path for folder in FOLDERS for path in (ROOT / folder).glob("*.md"))
README_LINES = 150
SECONDS = 120  #: for one command

#: What runs in a shell: the tool and Python by their names.
SHELL = f"""
smtcheck() {{ '{sys.executable}' -m smtcheck "$@"; }}
python() {{ '{sys.executable}' "$@"; }}
"""

#: Quoted or not: what may mean something to a shell.
NEEDS_SHELL = re.compile(r"[$`|;&*~]|\s>|<<")

#: What varies from run to run or from one version of a tool to another.
VARYING = [
    (re.compile(r"\(\d+\.\d\d s\)"), "(# s)"),
    (re.compile(r" in \d+\.\d s"), " in # s"),
    (re.compile(r"^\d+\.\d s$", re.MULTILINE), "# s"),
    (re.compile(r'"seconds": [\d.]+'), '"seconds": #'),
    (re.compile(r"\d+ bytes"), "# bytes"),
    (re.compile(r'digest("?:? "?)[0-9a-f]{64}'), r"digest\1#"),
    (re.compile(r"a proof of \d+ lemmas"), "a proof of # lemmas"),
    (re.compile(r"^(  merge \+ |  )(z3|bitwuzla):", re.MULTILINE), r"\1SOLVER:"),
]

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
ANCHOR = re.compile(r'<a id="([^"]+)"></a>')
FENCE = re.compile(r"^ {0,3}```.*?^ {0,3}```\s*$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Example:
    """A command and the output that is shown."""

    command: str
    output: str


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def blocks(text: str) -> Iterator[list[str]]:
    """The lines of each block of code."""
    lines: list[str] = []
    is_fenced = False
    for line in [*text.splitlines(), "end"]:
        if line.strip().startswith("```"):
            is_fenced = not is_fenced
        elif is_fenced:
            lines.append(line)
            continue
        elif line.startswith("    ") or (not line.strip() and lines):
            lines.append(line[4:])
            continue
        if lines:
            yield lines
        lines = []


def examples(lines: list[str]) -> Iterator[Example]:
    """The commands of a block."""
    rest = list(lines)
    while rest and not rest[0].startswith("$ "):
        rest.pop(0)
    while rest:
        command = [rest.pop(0).removeprefix("$ ")]
        while command[-1].endswith("\\"):
            command.append(rest.pop(0))
        if "<<'END'" in command[0]:
            while command[-1] != "END":
                command.append(rest.pop(0))
        output = []
        while rest and not rest[0].startswith("$ "):
            output.append(rest.pop(0))
        yield Example("\n".join(command), "\n".join(output).strip("\n"))


def normalized(text: str) -> str:
    for pattern, replacement in VARYING:
        text = pattern.sub(replacement, text)
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())


def matches(shown: str, printed: str) -> bool:
    """Whether the output is as shown, where `...` is any lines."""
    if "..." not in shown.splitlines():
        return shown == printed
    parts = re.split(r"^\.\.\.$", shown, flags=re.MULTILINE)
    pattern = ".*".join(map(re.escape, parts))
    return re.fullmatch(pattern, printed, re.DOTALL) is not None


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_outputs_are_what_is_printed(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = list(blocks(path.read_text(encoding="utf-8")))
    if not any(line.startswith(("$ ", ">>> ")) for block in found for line in block):
        return
    shutil.copytree(ROOT / "proofs", tmp_path / "proofs")
    monkeypatch.chdir(tmp_path)
    variables = os.environ | {"PYTHONPATH": str(ROOT), "SMTCHECK_CACHE": "", "COLUMNS": "80"}
    code = 0
    names: dict[str, object] = {}
    for block in found:
        for example in examples(block):
            if example.command == "echo $?":
                assert example.output == str(code)
                continue
            code, said = ran(example.command, tmp_path, variables)
            shown, printed = normalized(example.output), normalized(said)
            assert matches(shown, printed), f"{example.command}\nprints\n{said}"
        _run_python(block, names)


def ran(command: str, folder: Path, variables: dict[str, str]) -> tuple[int, str]:
    """The exit code and all that is printed; a shell is needed unless it is a command of ours."""
    words = shlex.split(command.replace("\\\n", " ")) if "<<" not in command else []
    if words[:1] == ["smtcheck"] and not NEEDS_SHELL.search(command):
        output = folder / ".printed"
        code = run_by_server(folder, tuple(words[1:]), variables, (output, output), SECONDS)
        return code, output.read_text(encoding="utf-8")
    done = subprocess.run(
        ["bash", "-c", SHELL + command],
        env=variables,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=SECONDS,
        check=False,
    )
    return done.returncode, done.stdout


def _run_python(block: list[str], names: dict[str, object]) -> None:
    """The examples of a block, which know the names of the blocks before it."""
    text = "\n".join(block) + "\n"
    test = doctest.DocTestParser().get_doctest(text, names, "block", None, 0)
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(test, out=report.append, clear_globs=False)
    names |= test.globs
    assert report == []


def python_of(path: Path) -> str:
    """The source of a document's examples in Python."""
    parsed = [
        doctest.DocTestParser().get_examples("\n".join(block) + "\n")
        for block in blocks(path.read_text(encoding="utf-8"))
    ]
    return "".join(example.source for examples in parsed for example in examples)


@pytest.mark.parametrize("name", ["README.md", "docs/tutorial.md"])
def test_the_examples_in_python_have_types(name: str, tmp_path: Path) -> None:
    """As strictly as the program itself; what `make lint` has found out is not found out again."""
    file = tmp_path / "example.py"
    file.write_text(python_of(ROOT / name), encoding="utf-8")
    assert "import smtcheck as sc" in python_of(ROOT / name)
    words = ("--strict", "--config-file", "pyproject.toml", "--cache-dir", ".mypy_cache")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *words, str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_example_of_the_readme_takes_a_second_at_most() -> None:
    code = f"import time; {python_of(ROOT / 'README.md')}print(time.process_time())"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert float(done.stdout.splitlines()[-1]) < 2  # of which half are for slower machines


def test_commands_are_found() -> None:
    block = ["words", "$ one \\", "  two", "shown", "", "$ cat > x <<'END'", "text", "END"]
    assert list(examples(block)) == [
        Example("one \\\n  two", "shown"),
        Example("cat > x <<'END'\ntext\nEND", ""),
    ]
    assert matches("a\n...\nd", "a\nb\nc\nd") and not matches("a\n...\nd", "a\nb")
    commands = [
        example.command
        for path in DOCUMENTS
        for block in blocks(path.read_text(encoding="utf-8"))
        for example in examples(block)
    ]
    for name in ("prove", "verify", "explain", "decide", "construct", "sweep", "table", "export"):
        assert any(f"smtcheck {name}" in command for command in commands)


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= README_LINES


def anchors(path: Path) -> set[str]:
    """What a link into a document can name: given anchors, and headings as GitHub names them."""
    text = path.read_text(encoding="utf-8")
    found = set(ANCHOR.findall(text))
    for heading in re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE):
        words = re.sub(r"[^\w\- ]", "", heading.lower())
        found.add(words.replace(" ", "-"))
    return found


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_links_lead_somewhere(path: Path) -> None:
    for target in LINK.findall(path.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        linked = (path.parent / file).resolve() if file else path
        assert linked.exists(), target
        assert linked.is_relative_to(ROOT), target
        if anchor:
            assert anchor in anchors(linked), target


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_anchors_are_unique(path: Path) -> None:
    found = ANCHOR.findall(path.read_text(encoding="utf-8"))
    assert len(found) == len(set(found))


CITATION = re.compile(r"theory\.md#([\w-]*\w)", re.IGNORECASE)
BARE = re.compile(r"theory\.md[\s,()]*sections? \d|\bsections? \d", re.IGNORECASE)
KINDS = "Definition|Proposition|Theorem|Corollary|Remark|Construction"
THEORY = ROOT / "proofs" / "theory.md"
SOURCES = sorted(
    chain(
        (ROOT / "smtcheck").rglob("*.py"),
        (ROOT / "tests").rglob("*.py"),
        THEORY.parent.rglob("*.toml"),
    )
)


def test_citations_of_theory_lead_to_its_statements() -> None:
    cited = {name for path in SOURCES for name in CITATION.findall(path.read_text("utf-8"))}
    assert len(cited) > 30
    assert cited - set(ANCHOR.findall(THEORY.read_text("utf-8"))) == set()


def test_the_code_cites_no_bare_section() -> None:
    for path in (ROOT / "smtcheck").rglob("*.py"):
        assert BARE.search(path.read_text("utf-8")) is None, path


def test_each_statement_of_theory_has_an_anchor() -> None:
    label = re.compile(rf"^(.*)\*\*(?:{KINDS}) (\d+)\.(\d+) \(", re.MULTILINE)
    labels = label.findall(THEORY.read_text("utf-8"))
    assert len(labels) > 50
    assert all(ANCHOR.fullmatch(before) for before, _, _ in labels)
    numbers = [(int(section), int(number)) for _, section, number in labels]
    assert numbers == sorted(set(numbers)), "in order, each once"
