"""Large layers in files of their own: what is written, what is read, what is refused."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import smtcheck as sc
from smtcheck import files, writing
from smtcheck.networks import network_saving
from smtcheck.networks.layers import MAX_BIAS_BITS, Layer
from smtcheck.networks.matrices import Matrix
from smtcheck.networks.network import Network
from smtcheck.networks.network_saving import LARGE, network_document

WIDE = sc.Format.parse("codes(-2^80,2^80,1)")


def network(*layers: tuple[Any, Any]) -> Network:
    """Layers of weight rows and biases, in a format that holds everything."""
    made = [
        Layer(
            weights=Matrix.dense(rows),
            biases=tuple(int(bias) for bias in biases),
            input_scale=1,
            weight_format=WIDE,
            output_format=WIDE,
            activation=sc.activation("relu"),
        )
        for rows, biases in layers
    ]
    return Network(input_format=WIDE, inputs=made[0].weights.inputs, layers=tuple(made))


def assert_equal(one: Network, other: Network) -> None:
    assert (one.input_format, one.inputs) == (other.input_format, other.inputs)
    for a, b in zip(one.layers, other.layers, strict=True):
        for left, right in zip(a.compressed_rows(), b.compressed_rows(), strict=True):
            assert left.dtype == right.dtype
            assert np.array_equal(left, right)
        assert a.biases == b.biases
        assert all(type(bias) is int for bias in b.biases)
        assert (a.weight_format, a.output_format) == (b.weight_format, b.output_format)
        assert a.activation is not None and b.activation is not None
        assert a.activation.name == b.activation.name


def saved(folder: Path, net: Network) -> tuple[dict[str, Any], list[str]]:
    """The JSON document and the names of all files, after a check of the round trip."""
    net.save(folder / "net.json")
    assert_equal(net, Network.load(folder / "net.json"))
    document = json.loads((folder / "net.json").read_text(encoding="utf-8"))
    return document, sorted(path.name for path in folder.iterdir())


def plain(names: Iterable[str]) -> list[str]:
    """File names without the hashes of their contents."""
    return [re.sub(r"-[0-9a-f]{12}\.npz", ".npz", name) for name in names]


def large(low: int, high: int, size: int = LARGE + 1) -> np.ndarray:
    """One row of nonzero integers, the given ones first."""
    row = np.random.default_rng(1).integers(1, 50, size)
    row[:2] = low, high
    return row


@pytest.mark.parametrize(
    ("low", "high", "kind"),
    [(-128, 127, "i1"), (-129, 1, "i2"), (1, 128, "i2"), (1, 2**15, "i4"), (-(2**63), 9, "i8")],
)
def test_large_layers_are_archived_in_narrow_types(
    tmp_path: Path, low: int, high: int, kind: str
) -> None:
    row = large(low, high)
    net = network(([row], [2**70]), ([[2]], [3]), ([[1]] * (LARGE + 1), range(LARGE + 1)))
    document, names = saved(tmp_path, net)
    assert plain(names) == ["net-layer1.npz", "net-layer3.npz", "net.json"]
    assert [layer["weights"] for layer in document["layers"]] == [names[0], [[2]], names[1]]
    assert [layer.get("bias") for layer in document["layers"]] == [[2**70], [3], None]
    with np.load(tmp_path / names[0]) as archive:
        assert sorted(archive) == ["codes", "columns", "rows", "shape"]
        assert archive["codes"].dtype == kind
        assert archive["rows"].dtype == "i1"
    with np.load(tmp_path / names[1]) as archive:
        assert archive["biases"].tolist() == list(range(LARGE + 1))


def test_layers_that_are_not_large_stay_in_one_file(tmp_path: Path) -> None:
    net = network((np.ones((1, LARGE), dtype=int), [1]), ([[1]] * LARGE, range(LARGE)))
    _, names = saved(tmp_path, net)
    assert names == ["net.json"]


def test_numbers_beyond_int64_stay_in_the_json(tmp_path: Path) -> None:
    wide = [2**63, *[1] * LARGE]
    many = [2**63, *[7] * LARGE]
    net = network(([wide], [5]), ([[0]] * (LARGE + 1), many))
    document, names = saved(tmp_path, net)
    assert plain(names) == ["net-layer2.npz", "net.json"]
    assert document["layers"][0]["weights"] == [wide]
    assert document["layers"][1]["bias"] == many


def test_saving_the_same_network_writes_the_same_bytes(tmp_path: Path) -> None:
    net, contents = network(([large(1, 2)], [0])), []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        net.save(tmp_path / name / "net.json")
        contents.append([path.read_bytes() for path in sorted((tmp_path / name).iterdir())])
    assert contents[0] == contents[1]
    assert len(contents[0]) == 2


def test_the_json_is_written_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    write = writing.write_atomically

    def failing(path: Path, data: bytes) -> None:
        order.append(path.name)
        if len(order) == 2:
            raise OSError("the disk is full")
        write(path, data)

    monkeypatch.setattr(network_saving, "write_atomically", failing)
    net = network(([large(1, 2)], [0]), ([[1]] * (LARGE + 1), [0] * (LARGE + 1)))
    with pytest.raises(OSError, match="full"):
        net.save(tmp_path / "net.json")
    assert plain(order) == ["net-layer1.npz", "net-layer2.npz"]
    assert plain(path.name for path in tmp_path.iterdir()) == ["net-layer1.npz"]
    net.save(tmp_path / "net.json")
    assert plain(order[2:]) == ["net-layer1.npz", "net-layer2.npz", "net.json"]


def test_an_interrupted_save_leaves_the_network_that_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "net.json"
    before, after = (network(([large(1, last)], [0])) for last in (2, 3))
    before.save(path)

    def failing(file: Path, data: bytes) -> None:
        if file == path:
            raise KeyboardInterrupt
        writing.write_atomically(file, data)

    with monkeypatch.context() as patch:
        patch.setattr(network_saving, "write_atomically", failing)
        with pytest.raises(KeyboardInterrupt):
            after.save(path)
    assert Network.load(path).layers[0].weights.codes[1] == 2
    (tmp_path / "net-layer1-other.npz").write_bytes(b"")
    after.save(path)
    assert Network.load(path).layers[0].weights.codes[1] == 3
    assert len(list(tmp_path.glob("*.npz"))) == 2  # the new one, and what is not ours


def test_what_could_not_be_loaded_again_is_not_saved(tmp_path: Path) -> None:
    """More weights than an array of a file may hold, and numbers that take more than a file."""
    many = np.ones((2**8, files.MAX_ELEMENTS // 2**8 + 1), dtype=np.int8)
    digits = len(str(2**MAX_BIAS_BITS)) - 2
    long = [-(2 ** (MAX_BIAS_BITS - 1))] * (files.MAX_FILE_BYTES // digits + 1)
    for weights, biases, message in [
        (many, [0] * 2**8, f"at most {files.MAX_ELEMENTS} weights"),
        (np.ones((len(long), 1), dtype=np.int8), long, f"larger than {files.MAX_FILE_BYTES}"),
    ]:
        with pytest.raises(sc.InputError, match=message):
            network((weights, biases)).save(tmp_path / "net.json")
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_files_beside_it_could_not_have_is_refused(tmp_path: Path) -> None:
    """a:b-activation-... would be a file of drive a: to whoever loads the network."""
    table = sc.activation([-1, 0, 1])
    made = sc.Network.from_arrays("codes(-1,1,1)", [[[1]], [[1]]], [[0], [0]], activation=table)
    with pytest.raises(sc.InputError, match=r"'a:b-activation-.* is absolute"):
        made.save(tmp_path / "a:b.json")
    assert list(tmp_path.iterdir()) == []
    made.save(tmp_path / "ab.json")
    assert Network.load(tmp_path / "ab.json") == made


# ---- reading ----

GOOD: dict[str, Any] = {"shape": [2, 3], "rows": [1, 0], "columns": [0, 1], "codes": [-4, 3]}


def archived(folder: Path, arrays: dict[str, Any], **fields: Any) -> Path:
    """A network whose only layer lies in an archive."""
    np.savez(folder / "w.npz", **{name: np.array(array) for name, array in arrays.items()})
    return described(folder, **fields)


def described(folder: Path, **fields: Any) -> Path:
    layers = [{"weights": "w.npz", **fields}]
    document = {"format": "paper(3,4)", "inputs": 3, "layers": layers}
    (folder / "net.json").write_text(json.dumps(document), encoding="utf-8")
    return folder / "net.json"


@pytest.mark.parametrize("kind", ["i1", "i2", "i4", "i8", ">i2", ">i8"])
@pytest.mark.parametrize("name", [*GOOD, "biases"])
def test_integers_of_every_type_are_read(tmp_path: Path, kind: str, name: str) -> None:
    arrays = GOOD | {"biases": [7, -9]}
    path = archived(tmp_path, arrays | {name: np.array(arrays[name], dtype=kind)})
    (layer,) = Network.load(path).layers
    assert [layer.row(0), layer.row(1)] == [[(1, 3)], [(0, -4)]]
    assert layer.biases == (7, -9)


def test_an_archive_equals_the_same_layer_in_the_json(tmp_path: Path) -> None:
    plain = network_document(Network.load(archived(tmp_path, GOOD, bias=[7, -9])).parts)
    assert plain["layers"][0]["bias"] == [7, -9]
    assert (
        network_document(Network.load(archived(tmp_path, GOOD | {"biases": [7, -9]})).parts)
        == plain
    )
    unsigned = {name: np.array(GOOD[name], dtype="u8") for name in ("shape", "rows", "columns")}
    assert (
        network_document(Network.load(archived(tmp_path, GOOD | unsigned, bias=[7, -9])).parts)
        == plain
    )


BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "floats": ({"codes": [4.0, -4.0]}, "must hold integers"),
    "booleans": ({"rows": [True, False]}, "must hold integers"),
    "text": ({"codes": ["1", "2"]}, "must hold integers"),
    "complex": ({"codes": [1j, 2]}, "must hold integers"),
    "dates": ({"codes": np.array([1, 2], dtype="M8[s]")}, "must hold integers"),
    "records": ({"codes": np.zeros(2, dtype="i4,i4")}, "must hold integers"),
    "longer rows": ({"rows": [1, 0, 0]}, "as many rows"),
    "shorter columns": ({"columns": [1]}, "as many rows"),
    "no codes": ({"codes": np.array([], dtype=int)}, "as many rows"),
    "negative row": ({"rows": [1, -1]}, "row -1, column 1 is outside"),
    "negative column": ({"columns": [0, -3]}, "row 0, column -3 is outside"),
    "row beyond": ({"rows": [2, 0]}, "row 2, column 0 is outside"),
    "column beyond": ({"columns": [3, 1]}, "row 1, column 3 is outside"),
    "row beyond int64": (
        {"rows": np.array([2**64 - 1, 0], dtype=np.uint64)},
        f"row {2**64 - 1}, column 0 is outside",
    ),
    "one place twice": ({"rows": [1, 1], "columns": [2, 2]}, "row 1, column 2 is given twice"),
    "0-d codes": ({"codes": 3}, "one-dimensional"),
    "0-d everything": (dict.fromkeys(GOOD, 1), "one-dimensional"),
    "two axes": ({"rows": [[1, 0]]}, "one-dimensional"),
    "0-d biases": ({"biases": 3}, "one-dimensional"),
    "shape of one": ({"shape": [2]}, "shape of two numbers"),
    "shape of three": ({"shape": [2, 3, 1]}, "shape of two numbers"),
    "huge shape": ({"shape": [2**40, 3]}, "too large"),
    "shape whose product wraps": ({"shape": [2**32, 2**32]}, "too large"),
    "negative shape": ({"shape": [-2, 3]}, "too large"),
    "other width": ({"shape": [2, 4]}, "reads 4 numbers"),
    "code outside": ({"codes": [1, 8]}, "weight 8 at row 0, column 1 is not a code"),
    "code of 2^63": ({"codes": np.array([1, 2**63], dtype="u8")}, f"weight {2**63} at row 0"),
    "biases twice": ({"biases": [1, 2]}, "given twice"),
    "unknown array": ({"more": [1]}, "holds 'more'"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_archives_are_refused(tmp_path: Path, name: str) -> None:
    changes, message = BROKEN[name]
    with pytest.raises(sc.InputError, match=message):
        Network.load(archived(tmp_path, GOOD | changes, bias=[0, 0]))


def test_a_layer_needs_its_biases_somewhere(tmp_path: Path) -> None:
    with pytest.raises(sc.InputError, match="there is no bias"):
        Network.load(archived(tmp_path, GOOD))
    with pytest.raises(sc.InputError, match="3 biases do not match 2"):
        Network.load(archived(tmp_path, GOOD | {"biases": [1, 2, 3]}))
    with pytest.raises(sc.InputError, match="one-dimensional"):
        Network.load(archived(tmp_path, {name: GOOD[name] for name in ("shape", "rows")}))


def npy(shape: str, data: bytes) -> bytes:
    header = f"{{'descr': '|i1', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + data


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (npy("(4,)", b"12"), "2 bytes of data"),
        (npy("(2,)", b"1234"), "4 bytes of data"),
        (npy("(-1,)", b""), "more than"),
        (npy("(999999999999,)", b"1"), "more than"),
        (npy("(1,) * 3", b"1"), "not a usable"),
        (npy(f"({'1,' * 9})", b"1"), "more than"),
        (b"", "not a usable"),
    ],
)
def test_broken_arrays_are_refused(tmp_path: Path, data: bytes, message: str) -> None:
    with zipfile.ZipFile(tmp_path / "w.npz", "w") as archive:
        archive.writestr("codes.npy", data)
    with pytest.raises(sc.InputError, match=message):
        Network.load(described(tmp_path, bias=[0, 0]))


def test_archives_are_not_unpacked_beyond_their_limit(tmp_path: Path) -> None:
    """Neither where the size is told, nor where it is told wrong."""
    limit = files.MAX_ARRAY_BYTES
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("codes.npy", npy(f"({limit},)", bytes(limit)))
        size = archive.getinfo("codes.npy").file_size
    honest = stream.getvalue()
    lying = honest.replace(size.to_bytes(4, "little"), (limit - 1).to_bytes(4, "little"))
    for data, message in [(honest, f"larger than {limit}"), (lying, "usable|bytes of data")]:
        (tmp_path / "w.npz").write_bytes(data)
        with pytest.raises(sc.InputError, match=message):
            Network.load(described(tmp_path, bias=[0, 0]))


def test_members_given_twice_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "w.npz", "w") as archive:
        archive.writestr("codes.npy", npy("(1,)", b"1"))
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("codes.npy", npy("(1,)", b"1"))
    with pytest.raises(sc.InputError, match="once each"):
        Network.load(described(tmp_path, bias=[0, 0]))
