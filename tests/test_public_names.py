"""The names behind `import smtcheck`: listed in one way, and documented as they are.

Each has a docstring in numpydoc's sections, whose parameters, defaults and results are those
of its signature, whose examples are run, and whose refusals happen.
"""

from __future__ import annotations

import ast
import doctest
import inspect
import pydoc
import re
import rlcompleter
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import smtcheck as sc
from smtcheck.files import MAX_ELEMENTS
from smtcheck.networks.layers import Layer
from smtcheck.networks.matrices import Matrix

THEORY = Path(__file__).resolve().parents[1] / "proofs" / "theory.md"
NAMES = [name for name in sc.__all__ if name != "__version__"]
CLASSES = [name for name in NAMES if inspect.isclass(getattr(sc, name))]
ENUMS = [name for name in CLASSES if issubclass(getattr(sc, name), Enum)]
WITHOUT_SOURCE = {"InputError", "Limits", "Refused"}  #: no definition and no theorem is behind it

#: What the docstring of a class lists: what it is made of, what it has.
OF_CLASSES = ("Parameters", "Attributes")


def members(name: str) -> Iterator[tuple[str, Any]]:
    """Public methods and properties that a class defines itself."""
    own = getattr(sc, name)
    if issubclass(own, Enum):
        return
    for member, value in vars(own).items():
        if not member.startswith("_") and not inspect.ismemberdescriptor(value):
            is_method = isinstance(value, classmethod)
            yield f"{name}.{member}", getattr(own, member) if is_method else value


MEMBERS = dict(pair for name in CLASSES for pair in members(name))
PROPERTIES = {name: value for name, value in MEMBERS.items() if isinstance(value, property)}
DOCUMENTED = {
    **{name: getattr(sc, name) for name in NAMES},
    **{name: value for name, value in MEMBERS.items() if name not in PROPERTIES},
}
EVERY_NAME = pytest.mark.parametrize("name", DOCUMENTED)


# ---- how names are listed ----


def test_dir_lists_the_public_names() -> None:
    assert dir(sc) == sorted(sc.__all__)
    code = "import smtcheck; smtcheck.Format; print(*dir(smtcheck))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == sorted(sc.__all__)


def test_help_and_completion_know_the_names() -> None:
    text = pydoc.render_doc(sc, renderer=pydoc.plaintext)
    assert [name for name in NAMES if not re.search(rf"\b{name}\b", text)] == []
    complete = rlcompleter.Completer({"sc": sc}).complete
    assert complete("sc.load_", 0) == "sc.load_claim("


def test_the_lists_of_names_agree() -> None:
    assert sorted(sc._HOMES) == sorted(NAMES)
    tree = ast.parse(Path(sc.__file__).read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    assert ast.unparse(block.test) == "TYPE_CHECKING"
    imported = {
        alias.asname or alias.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert imported == sc._HOMES
    assert len(sc.__all__) == len(set(sc.__all__))


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_defined_where_it_is_said_to_be(name: str) -> None:
    found = getattr(sc, name)
    assert found is getattr(import_module(sc._HOMES[name]), name)
    assert (found.__name__, found.__module__) == (name, sc._HOMES[name])


def test_other_names_are_refused() -> None:
    with pytest.raises(AttributeError, match="'smtcheck' has no attribute 'Matrix'"):
        _ = sc.Matrix


# ---- what docstrings say ----


@dataclass(frozen=True)
class Item:
    """`name : type`, and the indented words below it."""

    name: str
    type: str
    words: str


def sections(thing: Any) -> dict[str, str]:
    """The text of each section by its title, which is underlined."""
    parts = re.split(r"^(\w+)\n-+\n", inspect.getdoc(thing) or "", flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def items(text: str) -> list[Item]:
    """What a section lists; several names of one type may share their words."""
    found = []
    for part in re.split(r"\n(?=\S)", text.strip()):
        head, _, words = part.partition("\n")
        names, _, type_ = head.partition(" : ")
        alike = names.split(", ") if type_ else [head]
        found += [Item(name, type_, words.strip()) for name in alike]
    return found


def ending(default: Any) -> str:
    """What the type of a parameter with this default ends with."""
    if default is None:
        return ", optional"
    text = f'"{default}"' if isinstance(default, str) else str(default)
    return f", default {text}"


def faults(thing: Any) -> Iterator[str]:
    """How a docstring differs from the signature."""
    said = sections(thing)
    if not said.get("Examples", "").startswith(">>> "):
        yield "no example"
    if inspect.isclass(thing) and issubclass(thing, Enum | Exception):
        return
    titles = OF_CLASSES if inspect.isclass(thing) else OF_CLASSES[:1]
    listed = [item for title in titles if title in said for item in items(said[title])]
    parameters = dict(inspect.signature(thing).parameters)
    parameters.pop("self", None)
    if [item.name for item in listed] != list(parameters):
        yield f"{[item.name for item in listed]} are explained, {list(parameters)} are there"
        return
    for item in listed:
        default = parameters[item.name].default
        if not item.type or not item.words:
            yield f"{item.name} has no type or no words"
        if default is inspect.Parameter.empty:
            if re.search(r"\b(default|optional)\b", item.type):
                yield f"{item.name} has no default"
        elif not item.type.endswith(ending(default)):
            yield f"{item.name} has the default {default}"
    if not inspect.isclass(thing):
        gives_something = inspect.signature(thing).return_annotation not in ("None", None)
        results = items(said["Returns"]) if "Returns" in said else []
        if len(results) != gives_something or not all(item.words for item in results):
            yield "Returns is not what is returned"


@EVERY_NAME
def test_docstrings_are_those_of_the_signatures(name: str) -> None:
    assert list(faults(DOCUMENTED[name])) == []


@pytest.mark.parametrize("name", PROPERTIES)
def test_properties_are_explained(name: str) -> None:
    words = inspect.getdoc(PROPERTIES[name])
    assert words is not None and words.endswith(".") and len(words) > 20


@pytest.mark.parametrize("name", sorted({*NAMES} - WITHOUT_SOURCE))
def test_sources_are_given(name: str) -> None:
    text = sections(getattr(sc, name))["References"]
    cited = re.findall(r"#([\w-]*\w)", text)
    assert cited and "theory.md#" in text
    anchors = set(re.findall(r'<a id="([^"]+)"></a>', THEORY.read_text(encoding="utf-8")))
    assert set(cited) <= anchors


@pytest.mark.parametrize("name", ENUMS)
def test_members_are_explained_by_their_standard_terms(name: str) -> None:
    mode = getattr(sc, name)
    listed = items(sections(mode)["Attributes"])
    assert [item.name for item in listed] == [member.name for member in mode]
    for item in listed:
        assert item.words.startswith(f"{mode[item.name].value}, ")


@EVERY_NAME
def test_examples_are_true(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = inspect.getdoc(DOCUMENTED[name]) or ""
    if "proofs/max/" in text.partition("Examples\n")[2]:
        shutil.copytree(THEORY.parent / "max", tmp_path / "proofs" / "max")
    test = doctest.DocTestParser().get_doctest(text, {"sc": sc}, name, None, 0)
    report: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=report.append)
    assert report == []
    assert result.attempted > 0


# ---- what is refused ----


@cache
def identity(text: str = "paper(3,4)") -> sc.Network:
    found = sc.construct("x0", "relu", text)
    assert isinstance(found, sc.Constructed)
    return found.network


def unlike_layers() -> sc.Network:
    layers = (*identity().layers, *identity("paper(3,2)").layers)
    return sc.Network(input_format=sc.Format.paper(3, 4), inputs=1, layers=layers)


FMT = sc.Format.paper(3, 4)


def too_large() -> sc.Network:
    """More weights in a layer than a file holds."""
    weights = np.ones((2**8, MAX_ELEMENTS // 2**8 + 1), dtype=np.int8)
    layer = Layer(
        weights=Matrix.dense(weights),
        biases=(0,) * 2**8,
        input_scale=FMT.scale,
        weight_format=FMT,
        output_format=FMT,
    )
    return sc.Network(input_format=FMT, inputs=weights.shape[1], layers=(layer,))


#: A call for each reason that is documented.
REFUSED: dict[str, list[Callable[[], object]]] = {
    "Format": [
        lambda: sc.Format(lo=1, hi=2, scale=1),
        lambda: sc.Format(lo=0, hi=1, scale=0),
        lambda: sc.Format(lo=0, hi=2**1100, scale=1),
    ],
    "Format.paper": [lambda: sc.Format.paper(0, 4), lambda: sc.Format.paper(3, 0)],
    "Format.parse": [lambda: sc.Format.parse("float32")],
    "Format.value": [lambda: FMT.value(8)],
    "Network": [
        lambda: sc.Network(input_format=FMT, inputs=1, layers=()),
        lambda: sc.Network(input_format=FMT, inputs=2, layers=identity().layers),
        unlike_layers,
    ],
    "Network.from_arrays": [
        lambda: sc.Network.from_arrays(FMT, [[[8]]], [[0]]),
        lambda: sc.Network.from_arrays(FMT, [[[1]]], [[0, 0]]),
        lambda: sc.Network.from_arrays(FMT, [[[1.0]]], [[0]]),
    ],
    "Network.from_floats": [
        lambda: sc.Network.from_floats(FMT, [[[1]]], [[0, 0]], rounding="AP_RND"),
        lambda: sc.Network.from_floats(FMT, [[[float("inf")]]], [[0]], rounding="AP_RND"),
        lambda: sc.Network.from_floats(FMT, [[[2]]], [[0]], rounding="AP_RND"),
    ],
    "Network.load": [lambda: sc.Network.load("nowhere.json")],
    "Network.save": [lambda: too_large().save("net.json")],
    "Network.evaluate": [lambda: identity().evaluate([8]), lambda: identity().evaluate([])],
    "Network.evaluate_many": [
        lambda: identity().evaluate_many(np.array([[0], [8]])),
        lambda: identity().evaluate_many(np.array([[-(2**70)]], dtype=object)),
        lambda: identity().evaluate_many(np.array([[0, 0]])),
        lambda: identity().evaluate_many(np.array([0])),
        lambda: identity().evaluate_many(np.array([[0.5]])),
    ],
    "activation": [
        lambda: sc.activation("nothing"),
        lambda: sc.activation("table:nowhere.csv"),
        lambda: sc.activation("nowhere:function"),
    ],
    "table": [
        lambda: sc.table("relu", "float32"),
        lambda: sc.table("expr:1 / x", FMT),
        lambda: sc.table("relu", "Q0.40"),
    ],
    "check": [lambda: sc.check(identity(), equals="x0", domain=[])],
    "load_claim": [lambda: sc.load_claim("nowhere.toml")],
    "verify": [lambda: sc.verify("nowhere.toml")],
    "certify": [lambda: sc.certify("nowhere.toml")],
    "export": [lambda: sc.export("nowhere.toml")],
    "explain": [
        lambda: sc.explain("nowhere.json", codes=[0]),
        lambda: sc.explain(identity()),
        lambda: sc.explain(identity(), codes=[8]),
    ],
    "sweep": [
        lambda: sc.sweep("nothing"),
        lambda: sc.sweep("relu", p="8..1"),
        lambda: sc.sweep("expr:1 / x", p=1),
    ],
    "decide": [lambda: sc.decide("relu", FMT, weights="some"), lambda: sc.decide("1 / x", FMT)],
    "construct": [
        lambda: sc.construct("x1", "relu", FMT),
        lambda: sc.construct("1 / x0", "relu", FMT),
        lambda: sc.construct([[1], [2, 3]], "relu", FMT),
        lambda: sc.construct("x0", "relu", FMT, inputs=9),
    ],
    "prove": [
        lambda: sc.prove("nowhere.json", equals="x0"),
        lambda: sc.prove(identity(), equals="1 / x0"),
        lambda: sc.prove(identity(), equals=identity("paper(3,2)")),
        lambda: sc.prove(identity(), equals="x0", domain=["5..9"]),
        lambda: sc.prove(identity(), equals="x0", engine="guess"),
    ],
}


def test_what_can_be_refused_is_documented() -> None:
    says = {name for name, thing in DOCUMENTED.items() if "Raises" in sections(thing)}
    assert says == set(REFUSED)
    for name in says:
        assert "InputError" in [item.name for item in items(sections(DOCUMENTED[name])["Raises"])]


@pytest.mark.parametrize(
    ("name", "place"), [(name, place) for name in REFUSED for place in range(len(REFUSED[name]))]
)
def test_refusals_happen(
    name: str, place: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(sc.InputError):
        REFUSED[name][place]()


# ---- the checks themselves ----


def good(first: int, second: str = "x") -> int:
    """Say something.

    Parameters
    ----------
    first : int
        A number.
    second : str, default "x"
        A text.

    Returns
    -------
    int
        Another number.

    Examples
    --------
    >>> good(1)
    1
    """
    return first


def changed(old: str, new: str) -> list[str]:
    """The faults of `good` where its docstring is another."""

    def function(first: int, second: str = "x") -> int:
        return first

    assert old in (good.__doc__ or "")
    function.__doc__ = (good.__doc__ or "").replace(old, new)
    return list(faults(function))


def test_faults_are_found() -> None:
    assert list(faults(good)) == []
    (fault,) = changed("second : str", "third : str")
    assert fault == "['first', 'third'] are explained, ['first', 'second'] are there"
    (fault,) = changed("    first : int\n        A number.\n", "")
    assert fault == "['second'] are explained, ['first', 'second'] are there"
    assert changed('default "x"', 'default "y"') == ["second has the default x"]
    assert changed(', default "x"', "") == ["second has the default x"]
    assert changed("first : int", "first : int, optional") == ["first has no default"]
    assert changed("first : int", "first") == ["first has no type or no words"]
    assert changed("        A text.\n", "") == ["second has no type or no words"]
    assert changed("Returns\n    -------", "Results\n    -------") == [
        "Returns is not what is returned"
    ]
    assert changed(">>> good(1)", "") == ["no example"]
