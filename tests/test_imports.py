"""The order of the folders, and what may be imported, constructed and written where."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import smtcheck

PACKAGE = Path(smtcheck.__file__).parent
ORDER = ["arithmetic", "networks", "theory", "proving", "interface"]
LEAVES = ["errors", "reference"]  #: modules that anything may import
DOORS = ["__init__.py", "__main__.py"]  #: ways in, which may import everything
FILES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))

SEARCH = [
    "search", "smt", "solver", "exhaustive", "merging", "grouping", "merged", "deciding",
    "quantified", "near_misses", "batches", "lemmas", "constructing", "representing",
    "certifying", "sat", "cadical", "children",
]  # fmt: skip
#: What checks a certificate, beside the modules named recheck.
CHECKING = [
    "checks", "statements", "verdicts", "certificates", "digests", "obligations", "lrup",
    "lrup_compiled", "packing", "overflows", "composition", "factors", "axes", "blocks",
    "gridded", "claims",
    "questions", "limits",
]  # fmt: skip
#: Of `theory` checks may use what settings, entries and evidence are, and nothing else.
THEORY_SEARCH = {path.stem for path in PACKAGE.glob("theory/*.py")} - {
    "__init__", "settings", "entries", "evidence",
}  # fmt: skip

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


def folder(module: str) -> str | None:
    """The folder, or the leaf, that a module of our own belongs to."""
    package, name, *_ = [*module.split("."), ""]
    return name if package == "smtcheck" and name in (*ORDER, *LEAVES) else None


def test_there_is_something_to_check() -> None:
    assert len(FILES) > 20
    assert {file.parts[0] for file in FILES} <= {*ORDER, *DOORS, *(f"{leaf}.py" for leaf in LEAVES)}


@EVERY_FILE
def test_each_folder_imports_only_itself_and_those_before_it(file: Path) -> None:
    own = file.parts[0]
    if own in DOORS:
        return
    allowed = {*LEAVES, *(ORDER[: ORDER.index(own) + 1] if own in ORDER else [])}
    found = {name for module in imported(file) if (name := folder(module)) is not None}
    assert found <= allowed


@pytest.mark.parametrize("leaf", LEAVES)
def test_leaves_import_nothing_of_the_project(leaf: str) -> None:
    modules = imported(Path(f"{leaf}.py"))
    assert [module for module in modules if module.startswith("smtcheck")] == []


@EVERY_FILE
def test_solvers_are_imported_in_one_file_each(file: Path) -> None:
    modules = {module.partition(".")[0] for module in imported(file)}
    assert not modules & {"z3", "bitwuzla", "cvc5"} or file == Path("proving/solver.py")
    assert not modules & {"pysat", "pysolvers"} or file == Path("proving/cadical.py")


def test_the_recheck_imports_no_search() -> None:
    rechecks = [path.stem for path in (PACKAGE / "proving").glob("recheck*.py")]
    assert len(rechecks) > 1
    for name in (*rechecks, *CHECKING):
        modules = set(imported(Path(f"proving/{name}.py")))
        assert not modules & {f"smtcheck.proving.{part}" for part in SEARCH}
        assert not modules & {f"smtcheck.theory.{part}" for part in THEORY_SEARCH}


@EVERY_FILE
def test_only_the_recheck_makes_settled_verdicts(file: Path) -> None:
    calls = [node.func for node in ast.walk(tree(file)) if isinstance(node, ast.Call)]
    names = {node.id for node in calls if isinstance(node, ast.Name)}
    names |= {node.attr for node in calls if isinstance(node, ast.Attribute)}
    assert not names & {"Proved", "Refuted"} or file == Path("proving/recheck.py")
    universality = Path("proving/recheck_universality.py")
    assert not names & {"Universal", "NotUniversal"} or file == universality


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


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = ["z3", "bitwuzla", "numpy", "scipy", "flint"]
    code = f"import smtcheck, sys; print([name for name in {heavy} if name in sys.modules])"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert run.stdout.strip() == "[]"
