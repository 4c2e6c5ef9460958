"""Each check of `checking` is deleted in turn, and the suite has to notice (`make mutants`).

A check is a statement that only refuses: a call of `require...` or `check_...`, or an `if`
whose body does nothing but raise.  The forged examples are tried first, which takes a
second or two; then all that tests checking.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.trials import ROOT, Outcome, copied_to, outcome

CHECKING = ROOT / "smtcheck" / "checking"
SECONDS = 900
FORGED = ["tests/checking/test_refusals.py"]
ALL = ["tests/checking", "tests/interface/test_verify.py", "tests/engines", "tests/claims"]
CALL = re.compile(r"_?(require|check)(_|$)")

#: What may be deleted without harm, by file and a part of the line, and why.
HARMLESS: dict[tuple[str, str], str] = {}


@dataclass(frozen=True)
class Site:
    """A statement: lines first .. last of a file."""

    file: str  #: relative to the root
    first: int
    last: int
    indent: int

    def __str__(self) -> str:
        return f"{self.file.removeprefix('smtcheck/checking/')}:{self.first}"

    @property
    def text(self) -> str:
        lines = (ROOT / self.file).read_text(encoding="utf-8").splitlines()
        return " ".join(line.strip() for line in lines[self.first - 1 : self.last])

    @property
    def stages(self) -> list[list[str]]:
        """The tests to run: forged examples, those of the same folder, all."""
        folder = Path(self.file).parent.relative_to("smtcheck")
        own = [path.as_posix() for path in (Path("tests") / folder,) if folder.name != "checking"]
        return [FORGED, *([own] if own else []), ALL]

    @property
    def excuse(self) -> str | None:
        reasons = [why for (file, part), why in HARMLESS.items() if file in self.file
                   and part in self.text]  # fmt: skip
        return reasons[0] if reasons else None


def is_check(node: ast.stmt) -> bool:
    match node:
        case ast.Expr(value=ast.Call(func=ast.Name(id=name))):
            return CALL.match(name) is not None
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr=name))):
            return CALL.match(name) is not None
        case ast.If(body=[ast.Raise()], orelse=[]):
            return True
    return False


def sites() -> Iterator[Site]:
    for path in sorted(CHECKING.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.stmt) and is_check(node):
                file = path.relative_to(ROOT).as_posix()
                yield Site(file, node.lineno, node.end_lineno or node.lineno, node.col_offset)


SITES = list(sites())


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the tests need, to be changed."""
    return copied_to(tmp_path_factory.mktemp("mutants"))


def passes(folder: Path, arguments: list[str]) -> bool:
    return outcome(folder, arguments, SECONDS) is Outcome.PASSED


def test_there_are_checks_to_delete() -> None:
    assert len(SITES) > 150
    for (file, part), reason in HARMLESS.items():
        assert reason and any(file in site.file and part in site.text for site in SITES), part


@pytest.mark.slow
def test_nothing_is_wrong_with_the_copy(copy: Path) -> None:
    """Or else nothing would ever be noticed."""
    assert passes(copy, FORGED) and passes(copy, ALL)


@pytest.mark.slow
@pytest.mark.parametrize("site", SITES, ids=str)
def test_deleting_a_check_is_noticed(site: Site, copy: Path) -> None:
    if site.excuse is not None:
        pytest.skip(site.excuse)
    path = copy / site.file
    before = path.read_text(encoding="utf-8")
    lines = before.splitlines(keepends=True)
    lines[site.first - 1 : site.last] = [" " * site.indent + "pass\n"]
    path.write_text("".join(lines), encoding="utf-8")
    try:
        assert not all(passes(copy, stage) for stage in site.stages), f"nobody misses {site.text}"
    finally:
        path.write_text(before, encoding="utf-8")
