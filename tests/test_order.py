"""The order of the rooms, and what may be imported, constructed and written where.

The order is the trust line: everything that makes a settled verdict lies in `checking` or
before it, and whatever searches lies behind it.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import smtcheck

PACKAGE = Path(smtcheck.__file__).parent
LEAVES = [
    "errors",
    "limits",
    "files",
    "table_files",
    "writing",
    "version",
    "reference",
    "showing",
]  #: modules that anything may import
#: Each room imports itself, those before it, and the leaves.
ROOMS = [
    "arithmetic", "expressions", "networks", "claims", "checking",
    "engines", "universality", "construction", "interface",
]  # fmt: skip
SETTLES = "checking"  #: the last room that has to be right; those behind it only search
SEARCH = ["engines", "universality", "construction"]
DOORS = ["__init__.py", "__main__.py"]  #: ways in, which may import everything
FILES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))

EVERY_FILE = pytest.mark.parametrize("file", FILES, ids=str)


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse((PACKAGE / file).read_text(encoding="utf-8"))


def imported(file: Path) -> Iterator[str]:
    """The modules that a file imports, anywhere in it."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            assert node.module is not None
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(module: str) -> str | None:
    """The room, or the leaf, that a module of our own belongs to."""
    package, name, *_ = [*module.split("."), ""]
    return name if package == "smtcheck" and name in (*ROOMS, *LEAVES) else None


def module_of(file: Path) -> str:
    return ".".join(("smtcheck", *file.with_suffix("").parts)).removesuffix(".__init__")


def test_every_file_has_a_room() -> None:
    assert len(FILES) > 100
    assert {file.parts[0] for file in FILES} == {*ROOMS, *DOORS, *(f"{leaf}.py" for leaf in LEAVES)}
    assert ROOMS[ROOMS.index(SETTLES) + 1 :] == [*SEARCH, "interface"]


@EVERY_FILE
def test_each_room_imports_only_itself_and_those_before_it(file: Path) -> None:
    own = file.parts[0]
    if own in DOORS:
        return
    allowed = {*LEAVES, *(ROOMS[: ROOMS.index(own) + 1] if own in ROOMS else [])}
    found = {name for module in imported(file) if (name := room(module)) is not None}
    assert found <= allowed


@pytest.mark.parametrize("leaf", LEAVES)
def test_leaves_import_leaves_only(leaf: str) -> None:
    modules = [module for module in imported(Path(f"{leaf}.py")) if module.startswith("smtcheck")]
    assert {room(module) for module in modules} <= {*LEAVES}


def test_no_imports_go_round() -> None:
    modules = {module_of(file): file for file in FILES if file.parts[0] not in DOORS}
    left = {name: {*imported(file)} & {*modules} - {name} for name, file in modules.items()}
    while free := [name for name, needs in left.items() if not needs & {*left}]:
        for name in free:
            del left[name]
    assert left == {}, "these import each other"


@EVERY_FILE
def test_solvers_are_imported_in_one_file_each(file: Path) -> None:
    modules = {module.partition(".")[0] for module in imported(file)}
    assert not modules & {"z3", "bitwuzla", "cvc5"} or file == Path("engines/smt_process.py")
    assert not modules & {"pysat", "pysolvers"} or file == Path("engines/sat_process.py")


@EVERY_FILE
def test_only_the_recheck_makes_settled_verdicts(file: Path) -> None:
    calls = [node.func for node in ast.walk(tree(file)) if isinstance(node, ast.Call)]
    names = {node.id for node in calls if isinstance(node, ast.Name)}
    names |= {node.attr for node in calls if isinstance(node, ast.Attribute)}
    assert "Proved" not in names or file == Path("checking/settled.py")
    assert "Refuted" not in names or file == Path("checking/replay.py")
    universality = Path("checking/universality/arguments.py")
    assert not names & {"Universal", "NotUniversal"} or file == universality


@pytest.mark.parametrize("file", [file for file in FILES if file.parts[0] == SETTLES], ids=str)
def test_no_assertion_decides(file: Path) -> None:
    """Python -O leaves assertions out."""
    assert not [node.lineno for node in ast.walk(tree(file)) if isinstance(node, ast.Assert)]


@EVERY_FILE
def test_only_checking_says_that_all_was_checked(file: Path) -> None:
    attributes = [node for node in ast.walk(tree(file)) if isinstance(node, ast.Attribute)]
    named = {f"{ast.unparse(node.value)}.{node.attr}" for node in attributes}
    assert "Basis.CERTIFICATE" not in named or file.parts[0] == SETTLES


@EVERY_FILE
def test_no_float_is_written_outside_the_interface(file: Path) -> None:
    constants = [node for node in ast.walk(tree(file)) if isinstance(node, ast.Constant)]
    floats = [node.lineno for node in constants if isinstance(node.value, float | complex)]
    assert floats == [] or file.parts[0] == "interface"


@EVERY_FILE
def test_nothing_is_evaluated_or_unpickled(file: Path) -> None:
    calls = [node.func for node in ast.walk(tree(file)) if isinstance(node, ast.Call)]
    names = {node.id for node in calls if isinstance(node, ast.Name)}
    assert not names & {"eval", "exec", "compile", "__import__"}
    assert not {"pickle", "marshal", "shelve"} & set(imported(file))


@EVERY_FILE
def test_each_module_says_what_it_is_for(file: Path) -> None:
    if (PACKAGE / file).read_text(encoding="utf-8").strip():
        assert ast.get_docstring(tree(file))


def test_a_class_name_stands_in_one_module() -> None:
    homes: dict[str, list[str]] = {}
    for file in FILES:
        for node in tree(file).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(str(file))
    assert {name: found for name, found in homes.items() if len(found) > 1} == {}


@EVERY_FILE
def test_what_is_frozen_does_not_grow(file: Path) -> None:
    """What was found before is kept in a cached property: it is no part of a value."""
    classes = [node for node in ast.walk(tree(file)) if isinstance(node, ast.ClassDef)]
    frozen = [one for one in classes if "frozen=True" in map(ast.unparse, keywords_of(one))]
    grows = re.compile(r"default_factory=(dict|list|set|lambda: *[\[{])")
    found = [f"{one.name}: {ast.unparse(own)}" for one in frozen for own in one.body]
    assert [own for own in found if grows.search(own)] == []


def keywords_of(one: ast.ClassDef) -> list[ast.keyword]:
    """The arguments of its decorators."""
    calls = [call for call in one.decorator_list if isinstance(call, ast.Call)]
    return [keyword for call in calls for keyword in call.keywords]


def test_what_is_tuned_is_passed_in() -> None:
    """Tests stand in for functions; they change no constant but the name of a library's."""
    calls = [
        call
        for path in Path(__file__).parent.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith((".setattr", ".object"))
    ]
    names = {
        ast.unparse(own).strip("'\"").split(".")[-1] for call in calls for own in call.args[:2]
    }
    assert {name for name in names if name.isupper()} == {"PREFIX"}


@EVERY_FILE
def test_modules_and_functions_are_short(file: Path) -> None:
    assert len((PACKAGE / file).read_text(encoding="utf-8").splitlines()) <= 350
    functions = [n for n in ast.walk(tree(file)) if isinstance(n, ast.FunctionDef)]
    assert [node.name for node in functions if length(node) > 50] == []


def length(function: ast.FunctionDef) -> int:
    """The lines of a function, less those of its docstring."""
    first = function.body[0]
    has_words = ast.get_docstring(function) is not None
    words = (first.end_lineno or 0) - first.lineno + 1 if has_words else 0
    return (function.end_lineno or 0) - function.lineno + 1 - words


def test_every_room_says_what_it_holds() -> None:
    folders = [path for path in PACKAGE.rglob("*") if any(path.glob("*.py"))]
    assert all((path / "__init__.py").read_text(encoding="utf-8").strip() for path in folders)


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = ["z3", "bitwuzla", "numpy", "scipy", "flint"]
    code = f"import smtcheck, sys; print([name for name in {heavy} if name in sys.modules])"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert run.stdout.strip() == "[]"
