"""Digests: the same for the same content however it is written, and for nothing else."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import smtcheck as sc
from smtcheck.arithmetic.codes import CodeArray
from smtcheck.claims.claim_files import load_claim
from smtcheck.claims.digests import digest
from smtcheck.claims.questions import Question
from smtcheck.claims.sides import ExpressionSide
from smtcheck.expressions.syntax import Grid

FORMAT = "codes(-2^80,2^80,1)"
ROWS = [[0, 3, 0, -1], [0, 0, 0, 0], [5, 0, 0, 2]]
SPARSE = {"shape": [3, 4], "rows": [2, 0, 2, 0], "columns": [3, 1, 0, 3], "codes": [2, 3, 5, -1]}


def network_digest(folder: Path, weights: Any = None, **fields: Any) -> str:
    """Of the claim that a network of two layers is 0."""
    first = {"weights": ROWS if weights is None else weights, "bias": [1, 2, 3]} | fields
    layers = [first, {"weights": [[1, 1, 1]], "bias": [0]}]
    document = {"format": FORMAT, "inputs": first.pop("inputs", 4), "layers": layers}
    (folder / "net.json").write_text(json.dumps(document), encoding="utf-8")
    return claim_digest(folder, 'kind = "equal"\nnetwork = "net.json"\ntarget = "0"\n')


def claim_digest(folder: Path, text: str) -> str:
    (folder / "claim.toml").write_text(text, encoding="utf-8")
    return load_claim(folder / "claim.toml").digest


def archived(folder: Path, kind: str, **changes: Any) -> str:
    arrays = {name: np.array(part, dtype=kind) for name, part in (SPARSE | changes).items()}
    np.savez(folder / "w.npz", **arrays)
    return "w.npz"


def test_how_a_matrix_is_written_does_not_matter(tmp_path: Path) -> None:
    extended = {"rows": 1, "columns": 2, "codes": 0}
    zeros = {name: [number, *SPARSE[name]] for name, number in extended.items()}
    backwards = {name: SPARSE[name][::-1] for name in ("rows", "columns", "codes")}
    found = {network_digest(tmp_path, weights) for weights in (None, SPARSE)}
    found |= {network_digest(tmp_path, SPARSE | other) for other in (zeros, backwards)}
    for kind in ("i1", "i2", "i8", ">i4"):
        found.add(network_digest(tmp_path, archived(tmp_path, kind)))
        found.add(network_digest(tmp_path, archived(tmp_path, kind, **zeros)))
    arrays = archived(tmp_path, "i8", biases=[1, 2, 3])
    found.add(network_digest(tmp_path, arrays, bias=None))
    sc.Network.load(tmp_path / "net.json").save(tmp_path / "copy.json")
    text = 'kind = "equal"\nnetwork = "copy.json"\ntarget = "0"\n'
    found.add(claim_digest(tmp_path, text))
    assert len(found) == 1


def test_every_number_of_a_network_matters(tmp_path: Path) -> None:
    digests = [network_digest(tmp_path)]
    for i in range(3):
        for j in range(4):
            for code in (7, 2**63 - 1, 2**63, 2**64 + 3):
                rows = [list(row) for row in ROWS]
                rows[i][j] = code
                digests.append(network_digest(tmp_path, rows))
        for bias in (0, 2**63 - 1, -(2**63) - 1, 2**70):
            digests.append(network_digest(tmp_path, bias=[bias if k == i else 4 for k in range(3)]))
    digests.append(network_digest(tmp_path, [[*row, 0] for row in ROWS], inputs=5))
    for fields in ({"activation": "relu"}, {"activation": "sigmoid"}):
        digests.append(network_digest(tmp_path, **fields))
    for name in ("weight_format", "output_format"):
        digests.append(
            network_digest(tmp_path, **{name: FORMAT.replace(",1)", ",1,AP_TRN,AP_SAT)")})
        )
    assert len(set(digests)) == len(digests)


def test_numbers_do_not_move_from_one_place_to_another(tmp_path: Path) -> None:
    """Layers whose numbers are the same in the same order, in other places."""
    rows = [[1, 2, 0], [0, 0, 0]], [[1, 0, 2], [0, 0, 0]], [[1, 0, 0], [2, 0, 0]]
    digests = [
        network_digest(tmp_path, [*weights, [0, 0, 0]], inputs=3, bias=bias)
        for weights in rows
        for bias in ([1, 2, 0], [1, 0, 2])
    ]
    assert len(set(digests)) == len(digests)


@pytest.mark.parametrize("kind", ["i1", "i8", ">i2", "u1"])
def test_tables_of_every_type_and_shape_are_told_by_their_entries(
    tmp_path: Path, kind: str
) -> None:
    text = 'kind = "equivalent"\nformat = "codes(0,4,1)"\ninputs = 2\n'
    text += 'left = "expr:table(\'{}\', x0, x1)"\nright = "expr:x0"\n'
    codes = np.arange(25) % 5
    found = set()
    for shape in ((25,), (5, 5)):
        np.save(tmp_path / "t.npy", codes.reshape(shape).astype(kind))
        found.add(claim_digest(tmp_path, text.format("t.npy")))
    np.save(tmp_path / "t.npy", np.asfortranarray(codes.reshape(5, 5)))
    found.add(claim_digest(tmp_path, text.format("t.npy")))
    assert len(found) == 1
    for place in range(25):
        changed = codes.copy()
        changed[place] = (changed[place] + 1) % 5
        np.save(tmp_path / "t.npy", changed.astype(kind))
        found.add(claim_digest(tmp_path, text.format("t.npy")))
    assert len(found) == 26


def test_what_holds_a_grid_does_not_matter() -> None:
    tables = [(0, 0, 1), (0, 1, 0), (2**63, 0, 1), (2**63 - 1, 0, 1)]
    digests = {}
    for entries in tables:
        forms = (entries, CodeArray(entries), CodeArray((2**70, *entries))[1:])
        (digests[entries],) = {grid_digest(form) for form in forms}
    assert all(digests[a] != digests[b] for a, b in combinations(tables, 2))


def grid_digest(entries: Any) -> str:
    wide = sc.Format.parse(FORMAT)
    grid = Grid(entries=entries, scale=1, inputs=(0,), axes=((-1, 3),))
    side = ExpressionSide(
        texts=("table('t.npy', x0)",),
        expressions=(grid,),
        grids=(("t.npy", grid),),
        inputs=1,
        input_format=wide,
        output_format=wide,
    )
    return digest(Question(left=side, right=side, domain=(wide.codes,)))
