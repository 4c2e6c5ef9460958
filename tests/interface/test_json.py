"""The documents of `--json`: each is what docs/schema/output.schema.json says, and exact."""

from __future__ import annotations

import json
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from smtcheck.arithmetic.overflow import Overflow
from smtcheck.arithmetic.rounding import Rounding
from smtcheck.claims.claim_files import Expectation
from smtcheck.claims.settings import Bias, Weights
from smtcheck.claims.verdicts import Basis, Minimality
from smtcheck.interface.outcomes import OUTPUT_VERSION
from smtcheck.interface.sweep.rows import COLUMNS
from smtcheck.interface.values import MAX_JSON_INTEGER, exact_value, json_ready
from smtcheck.networks.trace import Event
from tests.interface.commands import smtcheck

SCHEMA = Path(__file__).resolve().parents[2] / "docs/schema/output.schema.json"
FORMAT = "ap_fixed<4,2,AP_RND,AP_SAT>"
NETWORK = {
    "format": FORMAT,
    "inputs": 1,
    "layers": [{"weights": [[4]], "bias": [0], "activation": "relu"}],
}
CLAIMS = {
    "proved": 'kind = "equal"\nnetwork = "net.json"\ntarget = "max(x, 0)"\n',
    "refuted": 'kind = "equal"\nnetwork = "net.json"\ntarget = "x / 3"\n',
    "unequal": f'kind = "equivalent"\nformat = "{FORMAT}"\nleft = "relu"\nright = "abs"\n',
    "wide": 'kind = "equivalent"\nformat = "ap_fixed<70,2>"\nleft = "expr:x"\n'
    'right = "expr:2 * x"\ndomain = ["1/4"]\n',
    "universal": f'kind = "universal"\nformat = "{FORMAT}"\nactivation = "relu"\n',
    "broken": 'kind = "equal"\n',
}
RELU = ("--activation", "relu", "--format", "paper(2,2)")
COMMANDS = {
    "prove": ("prove", *(f"{name}.toml" for name in CLAIMS)),
    "verify": ("verify", "."),
    "explain": ("explain", "refuted.toml", "--codes", "-3"),
    "explain-found": ("explain", "unequal.toml"),
    "explain-nothing": ("explain", "proved.toml"),
    "explain-network": ("explain", "net.json", "--input", "1/2"),
    "explain-universal": ("explain", "universal.toml"),
    "decide": ("decide", *RELU, "--target", "x / 2"),
    "decide-not": ("decide", "--activation", "step", "--format", "paper(2,4)", "--weights",
                   "binary", "--target", "x"),
    "construct": ("construct", *RELU, "--target", "abs(x)", "-o", "made.json"),
    "construct-not": ("construct", "--activation", "cos", "--format", "paper(1,1)", "--target",
                      "x", "-o", "other.json"),
    "sweep": ("sweep", "--activation", "step", "--p", "1..2", "--jobs", "1"),
    "table": ("table", *RELU),
    "export": ("export", "refuted.toml", "--smtlib", "out.smt2"),
}  # fmt: skip


@cache
def schema() -> Any:
    return json.loads(SCHEMA.read_text(encoding="utf-8"))


def is_valid(document: Any, part: str) -> bool:
    whole = {"$defs": schema()["$defs"], "$ref": f"#/$defs/{part}"}
    return Draft202012Validator(whole).is_valid(document)


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("json")
    (folder / "net.json").write_text(json.dumps(NETWORK), encoding="utf-8")
    for name, text in CLAIMS.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    found = {}
    for name, words in COMMANDS.items():
        run = smtcheck(folder, *words, "--json")
        assert run.returncode in (0, 1, 2), run.stderr
        found[name] = json.loads(run.stdout)
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_documents_are_what_the_schema_says(documents: dict[str, Any], name: str) -> None:
    """Each of one part only: a key that comes or goes is noticed."""
    command = {"verify": "prove", "explain-universal": "decide"}.get(name, name.split("-")[0])
    document = documents[name]
    Draft202012Validator(schema()).validate(document)
    parts = [part["$ref"].split("/")[-1] for part in schema()["anyOf"]]
    assert [part for part in parts if is_valid(document, part)] == [command]
    assert next(iter(document)) == "smtcheck_output"
    for key in [key for key in document if key not in ("near_misses", "target", "universality")]:
        less = {other: value for other, value in document.items() if other != key}
        assert not is_valid(less, command) or key in _optional(command)
    assert not is_valid(document | {"more": 1}, command)


def _optional(part: str) -> set[str]:
    definition = schema()["$defs"][part]
    return {*definition["properties"]} - {*definition["required"]}


def test_the_schema_has_no_part_too_many(documents: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema())
    text = json.dumps(schema())
    unused = [name for name in schema()["$defs"] if f'"#/$defs/{name}"' not in text]
    assert unused == []
    assert schema()["$defs"]["version"]["const"] == OUTPUT_VERSION


def test_choices_are_those_of_the_code() -> None:
    parts = schema()["$defs"]
    assert parts["basis"]["enum"] == [*(basis.value for basis in Basis), None]
    assert parts["minimality"]["enum"] == [size.name.lower() for size in Minimality]
    claim, row = parts["claim"]["properties"], parts["row"]["properties"]
    assert {*claim["expected"]["enum"]} == {*(one.value for one in Expectation), None}
    assert {*claim["verdict"]["enum"]} == {*(one.value for one in Expectation), "error"}
    assert row["rounding"]["enum"] == [mode.value for mode in Rounding]
    assert row["overflow"]["enum"] == [mode.value for mode in Overflow]
    assert row["weights"]["enum"] == [choice.value for choice in Weights]
    assert row["bias"]["enum"] == [choice.value for choice in Bias]
    assert [*row] == [*COLUMNS]
    events = parts["neuron"]["properties"]["events"]["items"]["enum"]
    assert events == [event.value for event in Event]


def test_sides_go_by_the_names_of_the_claim(documents: dict[str, Any]) -> None:
    claims = {one["claim"].removesuffix(".toml"): one for one in documents["prove"]["claims"]}
    assert claims["refuted"]["counterexample"] == {
        "input_codes": [1],
        "input_values": ["0.25"],
        "output": 0,
        "network_code": 1,
        "network_value": "0.25",
        "target_code": 0,
        "target_value": "0",
        "minimality": "smallest",
    }
    found = claims["unequal"]["counterexample"]
    assert [found[key] for key in ("left_code", "left_value", "right_code", "right_value")] == [
        0, "0", 1, "0.25",
    ]  # fmt: skip
    checked = {one["claim"]: one for one in documents["verify"]["claims"]}
    assert checked["unequal.toml"]["counterexample"] == found | {"minimality": "unknown"}
    assert [side["name"] for side in documents["explain-found"]["sides"]] == ["left", "right"]
    assert [side["name"] for side in documents["explain"]["sides"]] == ["network", "target"]


def test_large_integers_are_texts_of_their_digits(documents: dict[str, Any]) -> None:
    claims = {one["claim"].removesuffix(".toml"): one for one in documents["prove"]["claims"]}
    found = claims["wide"]["counterexample"]
    assert found["input_codes"] == [str(2**66)]
    assert found["input_values"] == [found["left_value"]] == ["0.25"]
    assert (found["right_code"], found["right_value"]) == (str(2**67), "0.5")


@pytest.mark.parametrize(
    "number", [0, -5, MAX_JSON_INTEGER, -MAX_JSON_INTEGER - 1, 2**13_000 - 1, -(2**13_000)]
)
def test_integers_of_any_size_are_exact(number: int) -> None:
    (ready,) = json_ready((number,))
    assert is_valid(ready, "integer")
    assert isinstance(ready, int) == (abs(number) <= MAX_JSON_INTEGER)
    assert (ready if isinstance(ready, int) else int(ready, 0)) == number
    assert json_ready({"is": True, "a": [1.5, None]}) == {"is": True, "a": [1.5, None]}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(-1, 4), "-0.25"),
        (Fraction(3), "3"),
        (Fraction(1, 3), "1/3"),
        (Fraction(1, 10**12), "0.000000000001"),
        (Fraction(-1, 2**13), "-1/8192"),
        (Fraction(10**80 + 1, 2), "5" + "0" * 79 + ".5"),
        (Fraction(2**60_000, 3), f"{hex(2**60_000)}/3"),
        (Fraction(-(2**60_000)), hex(-(2**60_000))),
    ],
    ids=range(8),
)
def test_values_are_exact(value: Fraction, text: str) -> None:
    assert exact_value(value) == text
    assert is_valid(text, "value")
