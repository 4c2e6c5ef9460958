"""What has to be right for `verify`: the modules that it loads and enters, by kind of certificate.

Code lines are those with code on them: not blank, no comments, docstrings or imports.  A function
is entered if it was called; of an entered function all code lines count, and of a module that
is loaded those outside functions.
"""

from __future__ import annotations

import ast
import io
import json
import subprocess
import sys
import tempfile
import tokenize
from collections.abc import Iterator
from pathlib import Path

import click

from smtcheck.checking.certificate_files import name_of, read

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "smtcheck"
NO_CODE = (
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
    tokenize.ENDMARKER,
)  # fmt: skip

#: Verifies the claims that are named, and says which functions ran in which files.
PROGRAM = """
import json, sys
entered = set()
def note(frame, event, argument):
    if event == "call":
        entered.add((frame.f_code.co_filename, frame.f_code.co_firstlineno))
target, *claims = sys.argv[1:]
sys.argv = ["smtcheck", "verify", "--jobs", "1", *claims]
from smtcheck.interface.main import run
sys.setprofile(note)
code = run()
sys.setprofile(None)
loaded = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
with open(target, "w") as file:
    json.dump({"loaded": [f for f in loaded if f], "entered": sorted(entered)}, file)
sys.exit(code)
"""


def code_lines(path: Path) -> set[int]:
    """The lines with code on them."""
    text = path.read_text(encoding="utf-8")
    found: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in NO_CODE:
            found.update(range(token.start[0], token.end[0] + 1))
    return found - set(_docstrings_and_imports(ast.parse(text)))


def _docstrings_and_imports(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from range(node.lineno, (node.end_lineno or node.lineno) + 1)
        body = getattr(node, "body", None)
        if isinstance(body, list):
            for first in body:
                if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                    yield from range(first.lineno, (first.end_lineno or first.lineno) + 1)


def entered_lines(path: Path, starts: set[int]) -> set[int]:
    """Code lines outside functions, and of those functions that begin at these lines."""
    lines, tree = code_lines(path), ast.parse(path.read_text(encoding="utf-8"))
    inside: dict[int, bool] = {}
    for node in ast.walk(tree):  # outer functions come first
        if isinstance(node, ast.FunctionDef):
            begin = min([node.lineno, *(part.lineno for part in node.decorator_list)])
            was_called = bool(starts & {begin, node.lineno})
            for line in range(node.body[0].lineno, (node.end_lineno or node.lineno) + 1):
                inside[line] = was_called
    return {line for line in lines if inside.get(line, True)}


def claims_by_kind(folder: Path) -> dict[str, list[Path]]:
    """The claims below a folder that have a certificate."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.rglob("*.cert")):
        claim = path.with_suffix(".toml")
        if claim.exists():
            found.setdefault(name_of(read(path).kind), []).append(claim)
    return found


def verified(claims: list[Path]) -> tuple[set[Path], dict[Path, set[int]]]:
    """The files of the package that were loaded, and the first lines of functions entered."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "what.json"
        command = [sys.executable, "-c", PROGRAM, str(target), *map(str, claims)]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        said = json.loads(target.read_text())
    loaded = {Path(name) for name in said["loaded"] if PACKAGE in Path(name).parents}
    entered: dict[Path, set[int]] = {}
    for name, line in said["entered"]:
        entered.setdefault(Path(name), set()).add(line)
    return loaded, entered


def measure() -> None:
    """Print the table."""
    kinds = claims_by_kind(ROOT / "proofs")
    everything = [claim for claims in kinds.values() for claim in claims]
    click.echo("| certificates | claims | modules | lines | code lines loaded | entered |")
    click.echo("|---|---|---|---|---|---|")
    for kind, claims in [*kinds.items(), ("all", everything)]:
        loaded, entered = verified(claims)
        lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in loaded)
        code = sum(len(code_lines(path)) for path in loaded)
        used = sum(len(entered_lines(path, entered.get(path, set()))) for path in loaded)
        click.echo(f"| {kind} | {len(claims)} | {len(loaded)} | {lines} | {code} | {used} |")
    click.echo("\ncode lines loaded for all of them, by room:")
    rooms: dict[str, int] = {}
    for path in loaded:
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        rooms[room] = rooms.get(room, 0) + len(code_lines(path))
    for room, count in sorted(rooms.items(), key=lambda pair: -pair[1]):
        click.echo(f"  {room:12} {count}")
