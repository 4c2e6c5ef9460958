"""Broken claims, networks and tables: each a folder of files and the claim to open.

Whoever reads them must answer with one clear line, quickly, in little memory.
"""

from __future__ import annotations

import io
import json
import os
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

Writer = Callable[[Path], None]

FORMAT = "ap_fixed<4,2,AP_RND,AP_SAT>"
NETWORK: dict[str, Any] = {
    "format": FORMAT,
    "inputs": 1,
    "layers": [
        {"weights": [[4], [-4]], "bias": [0, 0], "activation": "relu"},
        {"weights": [[4, -4]], "bias": [0]},
    ],
}
CLAIM = {"kind": '"equal"', "network": '"net.json"', "target": '"max(x0, -7/4)"'}


def cases() -> Iterator[tuple[str, Writer]]:
    """Names, and what writes the broken files into an empty folder."""
    yield from _claim_texts()
    yield from _claim_fields()
    yield from _expressions()
    yield from _network_texts()
    yield from _network_fields()
    yield from _sparse_layers()
    yield from _archives()
    yield from _tables()
    yield from _paths()


def sound(folder: Path) -> None:
    """The files that every case breaks in one place."""
    write_claim(folder)
    write_network(folder)


def write_claim(folder: Path, **fields: str) -> None:
    lines = [f"{key} = {value}" for key, value in (CLAIM | fields).items() if value]
    (folder / "claim.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_network(folder: Path, document: Any = None) -> None:
    text = json.dumps(NETWORK if document is None else document)
    (folder / "net.json").write_text(text, encoding="utf-8")


def _claim_bytes(data: bytes) -> Writer:
    def write(folder: Path) -> None:
        write_network(folder)
        (folder / "claim.toml").write_bytes(data)

    return write


def _network_bytes(data: bytes) -> Writer:
    def write(folder: Path) -> None:
        write_claim(folder)
        (folder / "net.json").write_bytes(data)

    return write


def _fields(**fields: str) -> Writer:
    def write(folder: Path) -> None:
        write_network(folder)
        write_claim(folder, **fields)

    return write


def _network(document: Any) -> Writer:
    def write(folder: Path) -> None:
        write_claim(folder)
        write_network(folder, document)

    return write


def _layer(**fields: Any) -> Writer:
    """The sound network with fields of its first layer replaced."""
    first, last = NETWORK["layers"]
    return _network(NETWORK | {"layers": [first | fields, last]})


def _claim_texts() -> Iterator[tuple[str, Writer]]:
    sound_text = b'kind = "equal"\nnetwork = "net.json"\ntarget = "x0"\n'
    texts = {
        "empty": b"",
        "truncated": sound_text[:-4],
        "not utf-8": sound_text + b'expect = "\xff\xfe"\n',
        "utf-16": sound_text.decode().encode("utf-16"),
        "nul bytes": b"\0" * 100,
        "binary": bytes(range(256)) * 10,
        "duplicate key": sound_text + b'target = "x0"\n',
        "not toml": b"{kind: equal}",
        "json instead": b'{"kind": "equal"}',
        "deep nesting": b"x = " + b"[" * 16_000 + b"]" * 16_000,
        "deep tables": b"[" + b"a." * 16_000 + b"b]\n",
        "huge number": sound_text + b"tolerance_ulp = " + b"9" * 10_000,
        "large file": sound_text + b"# " + b"x" * (2 * 2**20),
        "no kind": b'network = "net.json"\ntarget = "x0"\n',
        "unknown kind": sound_text.replace(b"equal", b"similar"),
        "kind is a number": b"kind = 3\n",
        "kind universal": b'kind = "universal"\nformat = "paper(4,8)"\n',
        "unknown key": sound_text + b"tolerance = 1\n",
        "no target": b'kind = "equal"\nnetwork = "net.json"\n',
        "no network": b'kind = "equal"\ntarget = "x0"\n',
    }
    return ((f"claim: {name}", _claim_bytes(data)) for name, data in texts.items())


def _claim_fields() -> Iterator[tuple[str, Writer]]:
    fields = {
        "target is a number": {"target": "3"},
        "no expressions": {"target": "[]"},
        "two targets for one output": {"target": '["x0", "x0"]'},
        "expect misspelt": {"expect": '"prooved"'},
        "expect is a boolean": {"expect": "true"},
        "tolerance negative": {"tolerance_ulp": "-1"},
        "tolerance is a float": {"tolerance_ulp": "0.5"},
        "tolerance is nan": {"tolerance_ulp": "nan"},
        "tolerance huge": {"tolerance_ulp": "9" * 400},
        "tolerance beyond what Python writes": {"tolerance_ulp": "0x" + "F" * 4000},
        "activation of 5000 characters": {"activation": f'"{"a" * 5000}"'},
        "network of two lines": {"network": r'"a\nb.json"'},
        "domain too short": {"domain": "[]"},
        "domain too long": {"domain": '["any", "any"]'},
        "domain not text": {"domain": "[3]"},
        "domain backwards": {"domain": '["1..0"]'},
        "domain empty": {"domain": '["1/64..1/50"]'},
        "domain outside": {"domain": '["100..200"]'},
        "domain of words": {"domain": '["low..high"]'},
        "domain three ends": {"domain": '["0..1..2"]'},
        "domain divides by zero": {"domain": '["0..1/0"]'},
        "domain nan": {"domain": '["nan..inf"]'},
        "domain huge": {"domain": f'["0..{"9" * 500}"]'},
        "other format": {"format": '"ap_fixed<5,2,AP_RND,AP_SAT>"'},
        "format nonsense": {"format": '"float32"'},
        "format without numbers": {"format": '"ap_fixed<>"'},
        "format with one mode": {"format": '"ap_fixed<4,2,AP_RND>"'},
        "format too wide": {"format": '"ap_fixed<99999,2>"'},
        "format power tower": {"format": '"paper(9,9^9999)"'},
        "format negative": {"format": '"paper(-3,4)"'},
        "format scale zero": {"format": '"paper(3,0)"'},
        "format of one bit": {"format": '"ap_fixed<1,1>"'},
        "format with more fraction": {"format": '"ap_fixed<8,12>"'},
        "format unicode digits": {"format": '"paper(٣,٤)"'},
        "other activation": {"activation": '"tanh"'},
    }
    return ((f"claim: {name}", _fields(**changed)) for name, changed in fields.items())


def _expressions() -> Iterator[tuple[str, Writer]]:
    texts = {
        "syntax": "x0 +",
        "import": "__import__('os').system('true')",
        "attribute": "x0.real",
        "lambda": "(lambda: x0)()",
        "comprehension": "[x0 for y in x0]",
        "string": "'x0'",
        "boolean": "True",
        "complex": "3j",
        "unknown input": "x1",
        "unknown function": "cosh(x0)",
        "keyword": "max(x0, key=x0)",
        "starred": "max(*x0)",
        "condition outside where": "x0 < 1",
        "number as condition": "where(x0, 1, 2)",
        "no arguments": "max()",
        "too many arguments": "relu(x0, x0)",
        "division by constant zero": "x0 / 0",
        "division by zero somewhere": "1 / x0",
        "division by zero at one point": "1 / (x0 - 1/2)",
        "power tower": "9 ** 9 ** 9 ** 9",
        "negative power": "x0 ** -1",
        "power of an input": "2 ** x0",
        "powers of powers": "((x0 ** 64) ** 64) ** 64",
        "huge number": "9" * 6000,
        "huge exponent": "1e999999999",
        "endless exponent": "1e" + "9" * 5000,
        "half a surrogate pair": r"table('\\ud800.csv', x0)",
        "huge product": " * ".join(["1e300"] * 60),
        "nested brackets": "(" * 5000 + "x0" + ")" * 5000,
        "nested minus": "-" * 5000 + "x0",
        "nested calls": "abs(" * 80 + "x0" + ")" * 80,
        "long sum": "x0" + " + x0" * 6000,
        "too long": "max(" + "x0, " * 10_000 + "x0)",
        "nul": "x0\\u0000",
        "matrix product": "x0 @ x0",
        "missing table": "table('missing.csv', x0)",
        "table without input": "table('net.json')",
        "table of an expression": "table('net.json', x0 + 1)",
        "undecidable": "where(sigmoid(x0) + sigmoid(-x0) == 1, 1, 0)",
    }
    return ((f"target: {name}", _fields(target=f'"{text}"')) for name, text in texts.items())


def _network_texts() -> Iterator[tuple[str, Writer]]:
    text = json.dumps(NETWORK).encode()
    texts = {
        "empty": b"",
        "truncated": text[: len(text) // 2],
        "not utf-8": text.replace(b"relu", b"re\xfflu"),
        "duplicate key": text.replace(b'"inputs": 1', b'"inputs": 1, "inputs": 1'),
        "nan": text.replace(b"[4, -4]", b"[NaN, -4]"),
        "infinity": text.replace(b"[4, -4]", b"[Infinity, -4]"),
        "float": text.replace(b"[4, -4]", b"[4.0, -4]"),
        "huge float": text.replace(b"[4, -4]", b"[1e400, -4]"),
        "endless digits": text.replace(b"[4, -4]", b"[" + b"9" * 100_000 + b", -4]"),
        "deep nesting": b"[" * 200_000,
        "deep objects": b'{"a":' * 100_000,
        "trailing text": text + b"{}",
        "comment": b"// network\n" + text,
        "a number": b"3",
        "a list": b"[]",
        "null": b"null",
    }
    return ((f"network: {name}", _network_bytes(data)) for name, data in texts.items())


def _network_fields() -> Iterator[tuple[str, Writer]]:
    changes = {
        "no layers": _network(NETWORK | {"layers": []}),
        "layers is null": _network(NETWORK | {"layers": None}),
        "no inputs": _network(NETWORK | {"inputs": 0}),
        "negative inputs": _network(NETWORK | {"inputs": -1}),
        "10^9 inputs": _network(NETWORK | {"inputs": 10**9}),
        "inputs is true": _network(NETWORK | {"inputs": True}),
        "inputs is text": _network(NETWORK | {"inputs": "1"}),
        "format is a number": _network(NETWORK | {"format": 8}),
        "unknown key": _network(NETWORK | {"version": 1}),
        "half a surrogate pair as key": _network(NETWORK | {"\ud800": 1}),
        "half a surrogate pair as name": _layer(activation="table:\ud800.csv"),
        "half a surrogate pair as number": _layer(bias=["\ud800"]),
        "sizes of 4000 digits": _layer(
            weights={"shape": [10**4000, 1], "rows": [0], "columns": [0], "codes": [1]}
        ),
        "place of 4000 digits": _layer(
            weights={"shape": [2, 1], "rows": [10**4000], "columns": [0], "codes": [1]}
        ),
        "weight of 4000 digits": _layer(weights=[[-(10**4000)], [0]]),
        "layer is a list": _network(NETWORK | {"layers": [[]]}),
        "weights empty": _layer(weights=[]),
        "weights of no columns": _layer(weights=[[], []]),
        "weights ragged": _layer(weights=[[4], [4, 4]]),
        "weights too wide": _layer(weights=[[4, 4], [4, 4]]),
        "weights flat": _layer(weights=[4, 4]),
        "weights of text": _layer(weights=[["4"], ["4"]]),
        "weight outside format": _layer(weights=[[8], [0]]),
        "weight of 10^300": _layer(weights=[[10**300], [0]]),
        "bias too short": _layer(bias=[0]),
        "bias too long": _layer(bias=[0, 0, 0]),
        "bias is null": _layer(bias=None),
        "bias of 10^3000": _layer(bias=[10**3000, 0]),
        "activation unknown": _layer(activation="relu7"),
        "activation is code": _layer(activation="os:system"),
        "activation is a path": _layer(activation="table:../../secret.csv"),
        "activation divides by zero": _layer(activation="expr:1/x"),
        "activation with two inputs": _layer(activation="expr:x0 + x1"),
        "output format nonsense": _layer(output_format="int8x"),
        "weight format nonsense": _layer(weight_format="<4,2>"),
    }
    return ((f"network: {name}", write) for name, write in changes.items())


def _sparse_layers() -> Iterator[tuple[str, Writer]]:
    sparse = {"shape": [2, 1], "rows": [0, 1], "columns": [0, 0], "codes": [4, -4]}
    changes: dict[str, Any] = {
        "10^9 rows": {"shape": [10**9, 1]},
        "10^9 columns": {"shape": [2, 10**9]},
        "10^18 elements": {"shape": [10**9, 10**9]},
        "negative shape": {"shape": [-2, 1]},
        "empty shape": {"shape": []},
        "three axes": {"shape": [2, 1, 1]},
        "row outside": {"rows": [0, 2]},
        "row negative": {"rows": [0, -1]},
        "column outside": {"columns": [0, 1]},
        "same place twice": {"rows": [0, 0]},
        "lengths differ": {"codes": [4]},
        "row of 10^30": {"rows": [0, 10**30]},
        "code outside format": {"codes": [4, -400]},
    }
    for name, changed in changes.items():
        yield f"sparse: {name}", _layer(weights=sparse | changed)


def _archives() -> Iterator[tuple[str, Writer]]:
    good = {
        "shape": np.array([2, 1]),
        "rows": np.array([0, 1]),
        "columns": np.array([0, 0]),
        "codes": np.array([4, -4]),
    }
    pickled = np.empty(1, dtype=object)
    pickled[0] = {"a": 1}
    arrays: dict[str, dict[str, Any]] = {
        "missing array": {name: good[name] for name in ("shape", "rows")},
        "additional array": good | {"more": np.array([1])},
        "float array": good | {"codes": np.array([4.0, -4.0])},
        "pickle": good | {"codes": pickled},
        "two axes": good | {"codes": np.array([[4, -4]])},
        "no axes": dict.fromkeys(good, np.array(1)),
        "row negative": good | {"rows": np.array([0, -1])},
        "row beyond int64": good | {"rows": np.array([0, 2**64 - 1], dtype=np.uint64)},
        "same place twice": good | {"rows": np.array([0, 0])},
        "lengths differ": good | {"columns": np.array([0])},
        "biases twice": good | {"biases": np.array([0, 0])},
        "zeros in every array": dict.fromkeys(good, np.zeros(2**21, dtype=np.int64)),
        "shape of 10^9": good | {"shape": np.array([10**9, 10**9])},
    }
    for name, content in arrays.items():
        yield f"npz: {name}", _npz(_archive(content))
    yield "npz: not a zip", _npz(b"PK but not a zip file")
    yield "npz: truncated", _npz(_archive(good)[:-40])
    yield "npz: bomb", _npz(_bomb(100 * 2**20))
    yield "npz: header of 10^9", _npz(_zipped("codes.npy", _npy_header("(1000000000,)")))
    yield "npz: header of 10^30", _npz(_zipped("codes.npy", _npy_header("(" + "9" * 30 + ",)")))
    yield "npz: header is code", _npz(_zipped("codes.npy", _npy_header("__import__('os')")))
    yield "npz: escaping name", _npz(_zipped("../../codes.npy", b""))


def _npz(data: bytes) -> Writer:
    def write(folder: Path) -> None:
        _layer(weights="weights.npz")(folder)
        (folder / "weights.npz").write_bytes(data)

    return write


def _archive(arrays: dict[str, Any]) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, allow_pickle=True, **arrays)
    return stream.getvalue()


def _zipped(name: str, data: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return stream.getvalue()


def _bomb(size: int) -> bytes:
    return _zipped("codes.npy", _npy_header(f"({size // 8},)") + b"\0" * size)


def _npy_header(shape: str) -> bytes:
    header = f"{{'descr': '<i8', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header


def _tables() -> Iterator[tuple[str, Writer]]:
    codes = "".join(f"{code}\n" for code in range(-8, 8)).encode()
    texts = {
        "empty": b"",
        "too short": codes[:-3],
        "too long": codes + b"0\n",
        "code outside": codes.replace(b"7", b"8"),
        "words": codes.replace(b"7", b"seven"),
        "floats": codes.replace(b"7", b"7.0"),
        "nan": codes.replace(b"7", b"nan"),
        "huge code": codes.replace(b"7", b"7" * 300),
        "endless code": codes.replace(b"7", b"7" * 5000),
        "not utf-8": codes.replace(b"7", b"\xff"),
        "unicode digit": codes.replace(b"7", "٧".encode()),
        "nul": codes.replace(b"7", b"\0"),
    }
    for name, data in texts.items():
        yield f"table: {name}", _table("table.csv", data)
    yield "table: wrong suffix", _table("table.txt", codes)
    yield "table: npy truncated", _table("table.npy", _npy_header("(16,)") + b"\0" * 8)
    yield "table: npy of 10^9", _table("table.npy", _npy_header("(1000000000,)"))
    yield "table: npy negative", _table("table.npy", _npy_header("(-16,)"))
    yield "table: npy of objects", _table("table.npy", _npy(np.array([None] * 16)))
    yield "table: npy of two axes", _table("table.npy", _npy(np.zeros((4, 4), dtype=np.int64)))
    yield "table: not npy", _table("table.npy", b"not an array")


def _npy(array: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def _table(name: str, data: bytes) -> Writer:
    """Used as the activation."""

    def write(folder: Path) -> None:
        _layer(activation=f"table:{name}")(folder)
        (folder / name).write_bytes(data)

    return write


def _paths() -> Iterator[tuple[str, Writer]]:
    names = {
        "parent": "../net.json",
        "parent inside": "a/../../net.json",
        "absolute": "/etc/hostname",
        "missing": "missing.json",
        "empty": "",
        "folder": ".",
        "home": "~/net.json",
        "nul": "net.json\\u0000",
        "long": "n" * 5000,
        "drive": "C:\\\\net.json",
        "the claim itself": "claim.toml",
    }
    for name, path in names.items():
        yield f"path: {name}", _fields(network=f'"{path}"')
    yield "path: link out", _linked(lambda link: link.symlink_to("/etc/hostname"))
    yield "path: link to itself", _linked(lambda link: link.symlink_to(link.name))
    yield "path: link to a device", _linked(lambda link: link.symlink_to("/dev/zero"))
    yield "path: pipe", _linked(os.mkfifo)


def _linked(make: Callable[[Path], None]) -> Writer:
    def write(folder: Path) -> None:
        write_claim(folder)
        make(folder / "net.json")

    return write
