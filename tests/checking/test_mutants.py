"""Each check of `checking` is deleted in turn, and the suite has to notice (`make mutants`).

A check is a statement that only refuses: a call of `require...`, `check_...`, `refute` or
`accept`, or an `if` whose body ends by refusing.  The forged examples are tried first, which
takes a second or two; then the tests of the same module, of the same folder, and all that
test checking.  What noticed each is counted in the end.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.trials import ROOT, Outcome, copied_to, outcome

CHECKING = ROOT / "smtcheck" / "checking"
SECONDS = 900
FORGED = [
    f"tests/checking/{name}.py"
    for name in ("test_refusals", "test_refused_conditions", "composition/test_refused_sizes")
]
ALL = ["tests/checking", "tests/interface/test_verify.py", "tests/engines", "tests/claims"]
CALL = re.compile(r"_?(require|check)(_|$)|(refute|accept)$")
SLOW = ["test_mutations.py", "test_mutants.py"]  #: tests of a folder that take minutes
BEFORE = (ast.Assign, ast.ImportFrom)  #: what a refusal may begin with

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
    def stages(self) -> dict[str, list[str]]:
        """The tests to run, from the quickest to all."""
        folder = Path("tests") / Path(self.file).parent.relative_to("smtcheck")
        tests = sorted(path.relative_to(ROOT) for path in (ROOT / folder).glob("test_*.py"))
        stem = Path(self.file).stem
        own = [
            path.as_posix() for path in tests if stem.startswith(path.stem.removeprefix("test_"))
        ]
        near = [path.as_posix() for path in tests if path.name not in SLOW]
        named = {"the forged examples": FORGED, "its own tests": own, "its folder's tests": near}
        return {name: files for name, files in named.items() if files} | {"other tests": ALL}

    @property
    def excuse(self) -> str | None:
        reasons = [why for (file, part), why in HARMLESS.items() if file in self.file
                   and part in self.text]  # fmt: skip
        return reasons[0] if reasons else None


def is_check(node: ast.stmt) -> bool:
    match node:
        case ast.Expr(value=ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name))):
            return CALL.match(name) is not None
        case ast.If(body=[*others, last], orelse=[]):
            return refuses(last) and all(isinstance(other, BEFORE) for other in others)
    return False


def refuses(node: ast.stmt) -> bool:
    """Whether a statement ends a check by saying what is wrong, in any of the ways there are."""
    match node:
        case ast.Raise():
            return True
        case ast.Return(value=ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name))):
            return name in ("Undecided", "failed")
        case ast.Return(value=ast.Tuple(elts=[ast.Name(id=name), *_])):
            return name.isupper() and name != "FINE"
        case ast.Return(value=ast.Constant(value=str())):
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
    assert len(SITES) > 220
    for (file, part), reason in HARMLESS.items():
        assert reason and any(file in site.file and part in site.text for site in SITES), part


@pytest.mark.slow
def test_nothing_is_wrong_with_the_copy(copy: Path) -> None:
    """Or else nothing would ever be noticed."""
    assert passes(copy, FORGED) and passes(copy, ALL)


@pytest.mark.slow
@pytest.mark.parametrize("site", SITES, ids=str)
def test_deleting_a_check_is_noticed(
    site: Site, copy: Path, record_property: Callable[[str, object], None]
) -> None:
    if site.excuse is not None:
        pytest.skip(site.excuse)
    path = copy / site.file
    before = path.read_text(encoding="utf-8")
    lines = before.splitlines(keepends=True)
    lines[site.first - 1 : site.last] = [" " * site.indent + "pass\n"]
    path.write_text("".join(lines), encoding="utf-8")
    try:
        noticing = (name for name, files in site.stages.items() if not passes(copy, files))
        first = next(noticing, None)
    finally:
        path.write_text(before, encoding="utf-8")
    assert first is not None, f"nobody misses {site.text}"
    record_property("noticed by", first)
