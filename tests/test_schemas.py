"""docs/schema: the schemas say what the readers do, neither more nor less than they can.

A schema cannot know whether a weight is a code of its format, so it accepts files that
are refused later.  The other way round there is no excuse: whatever a reader accepts, the
schema accepts, and whatever the schema refuses, the reader refuses with an InputError.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from jsonschema import Draft202012Validator

from smtcheck.arithmetic.formats import Format
from smtcheck.checking import certificate_files
from smtcheck.claims import claim_files, digests, evidence, questions
from smtcheck.claims.claim_files import Expectation, axis_of, load_claim
from smtcheck.claims.settings import Bias, Weights
from smtcheck.errors import InputError
from smtcheck.expressions.parsing import ACTIVATION_NAMES
from smtcheck.files import MAX_ELEMENTS, read_json, read_toml
from smtcheck.networks import matrices, network, network_files
from smtcheck.networks.activations import activation
from smtcheck.networks.network import Network

ROOT = Path(__file__).resolve().parents[1]
NAMES = ["claim", "network", "certificate"]
CLAIMS = sorted((ROOT / "proofs").rglob("*.toml"))
NETWORKS = sorted((ROOT / "proofs").rglob("*.json"))
CERTIFICATES = sorted((ROOT / "proofs").rglob("*.cert"))

#: The structs that the readers make, by the schema and the definition that describes them.
STRUCTS: dict[tuple[str, str], type[msgspec.Struct]] = {
    ("claim", "equal"): claim_files._EqualFile,
    ("claim", "equivalent"): claim_files._EquivalentFile,
    ("claim", "universal"): claim_files._UniversalFile,
    ("network", ""): network_files._NetworkFile,
    ("network", "layer"): network_files._LayerFile,
    ("network", "sparse"): network_files._SparseFile,
    ("certificate", ""): certificate_files.Header,
    ("certificate", "digests"): digests.Digests,
    ("certificate", "counterexample"): certificate_files.CounterexampleInput,
    ("certificate", "exhaustive"): certificate_files.Exhaustive,
    ("certificate", "universality"): certificate_files.Universality,
    ("certificate", "composition"): certificate_files.Composition,
    ("certificate", "propositional"): certificate_files.Propositional,
    ("certificate", "search"): certificate_files.SearchRecord,
    ("certificate", "criterion"): evidence.Criterion,
    ("certificate", "closure"): evidence.GeneratingNetworks,
    ("certificate", "constant"): evidence.ConstantActivation,
    ("certificate", "inseparable"): evidence.Inseparable,
    ("certificate", "uncovered"): evidence.Uncovered,
    ("certificate", "never-given"): evidence.NeverGiven,
    ("certificate", "monotone"): evidence.MonotoneActivation,
    ("certificate", "ordered"): evidence.Ordered,
    ("certificate", "congruent"): evidence.Congruent,
    ("certificate", "parity"): evidence.Parity,
    ("certificate", "affine"): evidence.AffineActivation,
    ("certificate", "shifts"): evidence.ByShifts,
    ("certificate", "ends"): evidence.ByEnds,
    ("certificate", "neurons"): evidence.ByNeurons,
    ("certificate", "entry"): evidence.Entry,
    ("certificate", "neuron"): evidence.Neuron,
    ("certificate", "inverter"): evidence.Inverter,
    ("certificate", "generating_neuron"): evidence.GeneratingNeuron,
    ("certificate", "uncovered_residues"): evidence.UncoveredResidues,
    ("certificate", "pigeonhole_violation"): evidence.PigeonholeViolation,
}


@cache
def schema(name: str) -> Any:
    return json.loads((ROOT / f"docs/schema/{name}.schema.json").read_text(encoding="utf-8"))


@cache
def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(schema(name))


def definition(name: str, part: str) -> Any:
    return schema(name)["$defs"][part] if part else schema(name)


def parts(node: Any) -> Iterator[dict[str, Any]]:
    """All objects within a schema."""
    if isinstance(node, dict):
        yield node
    for child in node.values() if isinstance(node, dict) else node:
        if isinstance(child, dict | list):
            yield from parts(child)


# The schemas and the code ------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_schemas_are_schemas(name: str) -> None:
    Draft202012Validator.check_schema(schema(name))
    described = {part for owner, part in STRUCTS if owner == name}
    objects = {key for key, part in schema(name)["$defs"].items() if "properties" in part}
    assert objects == described - {""}
    references = {part["$ref"] for part in parts(schema(name)) if "$ref" in part}
    assert references == {f"#/$defs/{key}" for key in schema(name)["$defs"]}


@pytest.mark.parametrize("name", NAMES)
def test_every_key_is_described_in_a_sentence(name: str) -> None:
    places = [part for owner, part in STRUCTS if owner == name]
    keys = [
        value if "description" in value else definition(name, value["$ref"].split("/")[-1])
        for part in places
        for value in definition(name, part)["properties"].values()
    ]
    described = [*keys, *schema(name)["$defs"].values(), schema(name)]
    assert [part for part in described if not re.search(r"\w.*[.]$", part["description"])] == []


@pytest.mark.parametrize("place", STRUCTS, ids="/".join)
def test_keys_are_those_of_the_code(place: tuple[str, str]) -> None:
    part, struct = definition(*place), STRUCTS[place]
    fields, config = msgspec.structs.fields(struct), struct.__struct_config__
    tags = {str(config.tag_field): config.tag} if config.tag is not None else {}
    assert config.forbid_unknown_fields
    assert part["type"] == "object"
    assert part["additionalProperties"] is False
    assert {*part["properties"]} == {field.encode_name for field in fields} | {*tags}
    required = {field.encode_name for field in fields if field.required}
    assert set(part["required"]) == required | {*tags}
    assert all(part["properties"][key]["const"] == tag for key, tag in tags.items())


@pytest.mark.parametrize("place", STRUCTS, ids="/".join)
def test_defaults_are_those_of_the_code(place: tuple[str, str]) -> None:
    properties = definition(*place)["properties"]
    for field in msgspec.structs.fields(STRUCTS[place]):
        value = properties[field.encode_name]
        if "$ref" in value and "default" not in value:
            value = definition(place[0], value["$ref"].split("/")[-1])
        stated = value.get("default")
        default = field.default if field.default is not msgspec.NODEFAULT else None
        assert stated == msgspec.to_builtins(default)


def test_choices_are_those_of_the_code() -> None:
    universal = definition("claim", "universal")["properties"]
    assert universal["weights"]["enum"] == [choice.value for choice in Weights]
    assert universal["bias"]["enum"] == [choice.value for choice in Bias]
    agreement = definition("claim", "expect_agreement")["enum"]
    assert agreement == [choice.value for choice in claim_files._OF_AGREEMENT]
    universality = universal["expect"]["enum"]
    assert universality == [choice.value for choice in claim_files._OF_UNIVERSALITY]
    assert {*agreement, *universality} == {choice.value for choice in Expectation}
    version = schema("certificate")["properties"]["smtcheck_certificate"]["const"]
    assert version == certificate_files.VERSION


@pytest.mark.parametrize("name", ["claim", "network"])
def test_activations_are_those_of_the_code(name: str) -> None:
    assert definition(name, "activation")["anyOf"][0]["enum"] == [*ACTIVATION_NAMES]
    for part in ("format", "activation"):
        assert definition(name, part) == definition("claim", part)


def test_bounds_are_those_of_the_code() -> None:
    equivalent = definition("claim", "equivalent")["properties"]
    assert equivalent["inputs"]["maximum"] == claim_files.MAX_INPUTS
    assert definition("claim", "tolerance")["maximum"] == questions.MAX_TOLERANCE
    assert definition("claim", "domain")["maxItems"] == network.MAX_INPUTS
    assert schema("network")["properties"]["inputs"]["maximum"] == network.MAX_INPUTS
    sparse = definition("network", "sparse")["properties"]
    assert sparse["codes"]["maxItems"] == MAX_ELEMENTS
    assert sparse["shape"]["items"]["maximum"] == matrices.MAX_NEURONS
    indices = definition("network", "indices")
    assert (indices["items"]["maximum"], indices["maxItems"]) == (
        matrices.MAX_NEURONS - 1,
        MAX_ELEMENTS,
    )


# The schemas and our own files -------------------------------------------------------


def test_every_claim_is_valid() -> None:
    assert len(CLAIMS) > 200
    kinds = set()
    for path in CLAIMS:
        document = read_toml(path)
        validator("claim").validate(document)
        kinds.add(document["kind"])
    assert kinds == {"equal", "equivalent", "universal"}


def test_every_network_is_valid() -> None:
    assert len(NETWORKS) > 40
    for path in NETWORKS:
        validator("network").validate(read_json(path))


def test_every_certificate_is_valid() -> None:
    assert len(CERTIFICATES) > 200
    for path in CERTIFICATES:
        with path.open("rb") as file:
            validator("certificate").validate(json.loads(file.readline()))


# The schemas and the readers ---------------------------------------------------------

JUNK: list[Any] = [
    None, True, -1, 0, 3, 2**70, -(2**70), 1.5, "", "nonsense", "any", "x0", "proved", "relu",
    "paper(2,2)", "net.json", [], [1], ["x0"], [[1]], {}, {"type": "constant"},
]  # fmt: skip


def paths(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The ways to every value of a document, the document itself first."""
    yield path
    if isinstance(node, dict | list):
        for key, child in node.items() if isinstance(node, dict) else enumerate(node):
            yield from paths(child, (*path, key))


def changed(document: Any, path: tuple[Any, ...], change: Callable[[Any, Any], None]) -> Any:
    """A copy, changed where the path ends: `change` gets the container and the key."""
    box = [deepcopy(document)]
    container, *keys = box, 0, *path
    for key in keys[:-1]:
        container = container[key]
    change(container, keys[-1])
    return box[0]


def mutants(document: Any) -> Iterator[Any]:
    """Every value replaced, left out, doubled or added to, one at a time."""

    def replace(junk: Any) -> Callable[[Any, Any], None]:
        return lambda container, key: container.__setitem__(key, deepcopy(junk))

    def double(container: Any, key: Any) -> None:
        if isinstance(container, list):
            container.insert(key, deepcopy(container[key]))
        else:
            container[f"{key}_"] = container[key]

    def add(container: Any, key: Any) -> None:
        if isinstance(container[key], dict):
            container[key]["unknown"] = 1
        elif isinstance(container[key], list):
            container[key].append("more")
        elif type(container[key]) in (int, str):
            container[key] += type(container[key])("1")

    for path in paths(document):
        for junk in JUNK:
            yield changed(document, path, replace(junk))
        yield changed(document, path, add)
        if path:
            yield changed(document, path, double)
            yield changed(document, path, lambda container, key: container.pop(key))


def several(document: Any, count: int) -> Iterator[Any]:
    """Mutants of mutants, some of them."""
    generator = random.Random(7)
    first = list(mutants(document))
    for _ in range(count):
        yield generator.choice(list(mutants(generator.choice(first))))


def toml(value: Any) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(toml, value)) + "]"
        case _:
            return json.dumps(value, ensure_ascii=False)


def reads_claim(folder: Path, document: Any) -> bool:
    """Whether the reader accepts; all that it may raise is an InputError."""
    (folder / "claim.toml").write_text(
        "\n".join(f"{key} = {toml(value)}" for key, value in document.items()), encoding="utf-8"
    )
    return accepted(lambda: load_claim(folder / "claim.toml"))


def reads_network(folder: Path, document: Any) -> bool:
    (folder / "changed.json").write_text(json.dumps(document), encoding="utf-8")
    return accepted(lambda: Network.load(folder / "changed.json"))


def reads_certificate(folder: Path, document: Any) -> bool:
    sizes = document.get("proof_bytes") if isinstance(document, dict) else None
    whole = [n for n in sizes if type(n) is int and 0 < n < 100] if isinstance(sizes, list) else []
    (folder / "claim.cert").write_bytes(json.dumps(document).encode() + b"\n" + b"p" * sum(whole))
    return accepted(lambda: certificate_files.read(folder / "claim.cert"))


def accepted(read: Callable[[], object]) -> bool:
    try:
        read()
    except InputError:
        return False
    return True


def compare(name: str, documents: Iterator[Any], reads: Callable[[Any], bool]) -> tuple[int, int]:
    """How many were refused by the schema, and how many were accepted by both."""
    refused = both = 0
    for document in documents:
        is_valid, is_read = validator(name).is_valid(document), reads(document)
        assert is_valid or not is_read, f"the reader accepts what the schema refuses: {document}"
        refused += not is_valid
        both += is_read
    return refused, both


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files that the documents below name."""
    (tmp_path / "net.json").write_text(json.dumps(NETWORK_DOCUMENTS["dense"]), encoding="utf-8")
    (tmp_path / "t.csv").write_text("0\n0\n0\n0\n1\n2\n3\n", encoding="utf-8")
    arrays = {name: np.array(value) for name, value in SPARSE.items()}
    np.savez(tmp_path / "bare.npz", **arrays)
    np.savez(tmp_path / "whole.npz", **arrays, biases=np.array([0, 1]))
    return tmp_path


SPARSE = {"shape": [2, 2], "rows": [0, 1], "columns": [1, 0], "codes": [2, -2]}

NETWORK_DOCUMENTS: dict[str, Any] = {
    "dense": {
        "format": "paper(2,2)",
        "inputs": 2,
        "layers": [
            {"weights": [[2, 1], [1, 1]], "bias": [0, 1], "activation": "table:t.csv"},
            {"weights": [[2, -2]], "bias": [0], "output_format": "ap_fixed<6,3,AP_RND,AP_SAT>"},
        ],
    },
    "sparse": {
        "format": "Q2.2",
        "inputs": 2,
        "layers": [
            {"weights": SPARSE, "bias": [0, 2**80], "activation": "expr:max(x, x / 2)"},
            {"weights": SPARSE, "bias": [-3, 0], "weight_format": "codes(-2,2,2)"},
        ],
    },
    "archived": {
        "format": "codes(-4,4,2,half_even,saturate)",
        "inputs": 2,
        "layers": [
            {"weights": "bare.npz", "bias": [0, 1], "activation": "relu"},
            {"weights": "whole.npz", "bias": None, "activation": None, "output_format": None},
        ],
    },
}

CLAIM_DOCUMENTS: dict[str, Any] = {
    "equal": {
        "kind": "equal",
        "network": "net.json",
        "target": "max(x0, x1)",
        "format": "paper(2,2)",
        "domain": ["any", " -1/2 .. 0.5"],
        "tolerance_ulp": 1,
        "expect": "refuted",
        "certificate": "regenerate",
    },
    "several outputs": {"kind": "equal", "network": "net.json", "target": ["x0"]},
    "equivalent": {
        "kind": "equivalent",
        "left": "expr:x0 / 2",
        "right": "expr:x1 / 2",
        "inputs": 2,
        "format": "ap_fixed<6,3,AP_RND,AP_SAT>",
        "left_format": "Q3.4",
        "right_format": "UQ3.4(floor,wrap)",
        "domain": ["1", "any"],
        "expect": "undecided",
    },
    "networks": {"kind": "equivalent", "left": "net.json", "right": "net.json"},
    "activations": {
        "kind": "equivalent", "left": "relu", "right": "table:t.csv", "format": "paper(2,2)"
    },
    "universal": {
        "kind": "universal",
        "format": "paper(2,2)",
        "activation": "table:t.csv",
        "weights": "binary-dense",
        "bias": "grid",
        "expect": "not universal",
        "certificate": "regenerate",
    },
}  # fmt: skip


@pytest.mark.parametrize("name", NETWORK_DOCUMENTS)
@pytest.mark.sampled(2)
def test_network_schema_and_reader_agree(folder: Path, name: str) -> None:
    document = NETWORK_DOCUMENTS[name]
    reads = lambda changed: reads_network(folder, changed)
    assert compare("network", iter([document]), reads) == (0, 1)
    refused, both = compare("network", mutants(document), reads)
    assert refused > 300
    assert both > 30
    assert compare("network", several(document, 100), reads)[0] > 50


@pytest.mark.parametrize("name", CLAIM_DOCUMENTS)
def test_claim_schema_and_reader_agree(folder: Path, name: str) -> None:
    document = CLAIM_DOCUMENTS[name]
    reads = lambda changed: reads_claim(folder, changed)
    assert compare("claim", iter([document]), reads) == (0, 1)
    writable = lambda changed: isinstance(changed, dict) and "null" not in toml(changed)
    refused, both = compare("claim", filter(writable, mutants(document)), reads)
    assert refused > 40
    assert both >= 2
    assert compare("claim", filter(writable, several(document, 100)), reads)[0] > 30


def kinds_of_certificates() -> dict[str, Any]:
    """One header of each kind and argument among the certificates under proofs/."""
    found: dict[str, Any] = {}
    for path in CERTIFICATES:
        with path.open("rb") as file:
            header = json.loads(file.readline())
        argument = header["kind"].get("evidence", {})
        separation = argument.get("separation", {})
        words = (header["kind"]["type"], argument.get("argument"), separation.get("by"))
        name = " ".join(filter(None, words))
        if name not in found or len(str(header)) < len(str(found[name])):
            found[name] = header | {"proof_bytes": [1, 0, 2]}
    return found


@pytest.mark.parametrize("name", kinds_of_certificates())
@pytest.mark.sampled(2)
def test_certificate_schema_and_reader_agree(tmp_path: Path, name: str) -> None:
    document = kinds_of_certificates()[name]
    reads = lambda changed: reads_certificate(tmp_path, changed)
    assert compare("certificate", iter([document]), reads) == (0, 1)
    refused, both = compare("certificate", islice(mutants(document), 0, None, 2), reads)
    assert refused > 50
    assert both > 10


# The patterns and the parsers --------------------------------------------------------


def edits(texts: list[str], alphabet: str) -> Iterator[str]:
    """The texts, and what they become when one character is put in or left out."""
    for text in texts:
        yield text
        for position in range(len(text) + 1):
            yield text[:position] + text[position + 1 :]
            yield from (text[:position] + more + text[position:] for more in alphabet)


def test_texts_that_are_formats_match_their_pattern() -> None:
    texts = [
        "ap_fixed<8,4,AP_RND,AP_SAT>", "ap_ufixed<8,4>", "paper(3,4)", "codes(-3,3,2)", "Q3.4",
        "UQ3.4(half_even, wrap)", " codes (-2^4, 2**4, 3) ", "ufixed<8,4,RND>",
        "ac_fixed<8,4,true>", "ap_uint<8>", "uint8(TRN,WRAP)",
    ]  # fmt: skip
    pattern = definition("claim", "format")["pattern"]
    count = 0
    for text in edits(texts, "UQ<>(),.^*+-_ap01 \t\n\x1c\u00a0\u0661"):
        if accepted(lambda text=text: Format.parse(text)):
            count += 1
            assert re.search(pattern, text), text
    assert count > 200


def test_texts_that_are_domains_match_their_pattern() -> None:
    fmt = Format.parse("ap_fixed<12,6>")
    texts = ["any", " any ", "1", "-1..1", "1/4..2/3", "-0.3 .. 0.3", "+1..+2.5"]
    pattern = definition("claim", "domain")["items"]["pattern"]
    count = 0
    for text in edits(texts, "any.+-/012 \t\n\x1c\u00a0\u0661e"):
        if accepted(lambda text=text: axis_of(text, fmt)):
            count += 1
            assert re.search(pattern, text), text
    assert count > 200


def test_texts_that_are_activations_match_their_patterns() -> None:
    part = {"$defs": schema("claim")["$defs"], "$ref": "#/$defs/activation"}
    found = [
        text
        for text in edits([*ACTIVATION_NAMES, "expr:max(x, 0)"], "x: _")
        if accepted(lambda text=text: activation(text))
    ]
    assert len(found) > len(ACTIVATION_NAMES)
    assert all(Draft202012Validator(part).is_valid(text) for text in found)
