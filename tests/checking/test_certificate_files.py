"""Certificate files: what is written is read, and every other file gets one clear line."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from smtcheck.checking import certificate_files
from smtcheck.checking.certificate_files import (
    MAX_BYTES,
    MAX_HEADER_BYTES,
    Certificate,
    Composition,
    CounterexampleInput,
    Exhaustive,
    Kind,
    Propositional,
    Universality,
    name_of,
    read,
)
from smtcheck.claims.digests import Digests
from smtcheck.claims.evidence import (
    ByEnds,
    ConstantActivation,
    Criterion,
    Entry,
    ProofMethod,
)
from smtcheck.engines.certificate_saving import write, written
from smtcheck.errors import InputError

DIGESTS = Digests(
    semantics=1, claim="a" * 64, networks=("b" * 64, "c"), tables={"relu in paper(3,4)": "d"}
)
ENTRY = Entry(code=-3, result=2**40)
CRITERION = Criterion(
    entries=(ENTRY, ENTRY),
    difference_gcd=1,
    bias=-5,
    constant=ENTRY,
    repeats=0,
    separation=ByEnds(witness=(ENTRY, ENTRY)),
)

#: kind, its name, and its proofs
KINDS: list[tuple[Kind, str, tuple[bytes, ...]]] = [
    (CounterexampleInput(input_codes=(0, -5, 2**200, -(2**63))), "counterexample", ()),
    (Exhaustive(points=2**40, cost=2**62), "exhaustive", ()),
    (Universality(evidence=CRITERION), "universality", ()),
    (
        Universality(evidence=ConstantActivation(value=7, proof=ProofMethod.SOLVER)),
        "universality",
        (b"one",),
    ),
    (Composition(points=9), "composition", ()),
    (Composition(points=9), "composition", (b"\n", b"", b"{}\n\n", b"\0\xff")),
    (Propositional(), "propositional", (bytes(range(256)),)),
    (Propositional(), "propositional", ()),
]


def certificate(kind: Kind, proofs: tuple[bytes, ...] = ()) -> Certificate:
    return Certificate(digests=DIGESTS, made_by="smtcheck, today", kind=kind, proofs=proofs)


# ---- round trips ----


@pytest.mark.parametrize(("kind", "name", "proofs"), KINDS)
def test_what_is_written_is_read(
    kind: Kind, name: str, proofs: tuple[bytes, ...], tmp_path: Path
) -> None:
    path = tmp_path / "claim.cert"
    made = certificate(kind, proofs)
    assert write(made, path) == path.stat().st_size
    assert path.read_bytes() == written(made)
    assert read(path) == made
    assert name_of(kind) == name
    header = json.loads(path.read_bytes().split(b"\n")[0])
    assert header["kind"]["type"] == name
    assert header["proof_bytes"] == list(map(len, proofs))


@pytest.mark.parametrize(("kind", "proofs"), [(kind, proofs) for kind, _, proofs in KINDS])
def test_files_that_end_early(kind: Kind, proofs: tuple[bytes, ...], tmp_path: Path) -> None:
    """Anywhere; and one that goes on."""
    data = written(certificate(kind, proofs))
    path = tmp_path / "claim.cert"
    path.write_bytes(data + b"\n")
    with pytest.raises(InputError, match="other sizes"):
        read(path)
    for size in reversed(range(len(data))):
        os.truncate(path, size)
        with pytest.raises(InputError):
            read(path)


# ---- files that are none ----


def document(**fields: Any) -> dict[str, Any]:
    """That of a counterexample, with other fields; those that are ... are left out."""
    header: dict[str, Any] = json.loads(written(certificate(CounterexampleInput(input_codes=(1,)))))
    return {key: value for key, value in (header | fields).items() if value is not ...}


def line(**fields: Any) -> bytes:
    return json.dumps(document(**fields)).encode() + b"\n"


def digest_line(**fields: Any) -> bytes:
    changed = document()["digests"] | fields
    return line(digests={key: value for key, value in changed.items() if value is not ...})


def replaced(old: bytes, new: bytes) -> bytes:
    data = line()
    assert data.count(old) == 1
    return data.replace(old, new)


KIND = {"type": "counterexample", "input_codes": [1]}
LONG = b"x" * 100_000
HUGE = b"9" * 10_000
DEEP = b"[" * 100_000 + b"]" * 100_000

#: contents, and part of what is said of them
MALFORMED: list[tuple[str, bytes, str]] = [
    ("empty", b"", "does not end"),
    ("no newline", line().strip(), "does not end"),
    ("newline first", b"\n" + line(), "not valid JSON"),
    ("a long line", b" " * MAX_HEADER_BYTES + line(), "does not end"),
    ("two lines", line() + line(), "other sizes"),
    ("spread over lines", json.dumps(document(), indent=1).encode() + b"\n", "not valid JSON"),
    ("not UTF-8", replaced(b"today", b"\xff"), "not valid UTF-8"),
    ("half a character", replaced(b"today", b"\xc3"), "not valid UTF-8"),
    ("UTF-16", line().decode().encode("utf-16"), "UTF-8"),
    ("a zero byte", replaced(b"today", b"\0"), "not valid JSON"),
    ("TOML", b'kind = "equal"\n', "not valid JSON"),
    ("a word", b"nonsense\n", "not valid JSON"),
    ("a list", b"[]\n", "version 1"),
    ("null", b"null\n", "version 1"),
    ("a number", b"1\n", "version 1"),
    ("an object", b"{}\n", "version 1"),
    ("two objects", line().strip() + b"{}\n", "not valid JSON"),
    ("a float", replaced(b"[1]", b"[1.0]"), "1.0 is not an integer"),
    ("an exponent", replaced(b"[1]", b"[1e0]"), "1e0 is not an integer"),
    ("NaN", replaced(b"[1]", b"[NaN]"), "NaN is not an integer"),
    ("infinity", replaced(b"[1]", b"[-Infinity]"), "Infinity is not an integer"),
    ("a float version", replaced(b"_certificate\": 1", b"_certificate\": 1.0"), "not an integer"),
    ("a key twice", replaced(b'{"type"', b'{"input_codes": [2], "type"'), "occurs twice"),
    ("the version twice", replaced(b'{"smt', b'{"smtcheck_certificate": 1, "smt'), "twice"),
    ("deep", replaced(b"[1]", DEEP), "nested"),
    ("only deep", DEEP + b"\n", "nested"),
    ("deep objects", b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"\n", "nested"),
    ("a huge number", replaced(b"[1]", b"[" + HUGE + b"]"), "is no"),
    ("a huge version", replaced(b"_certificate\": 1", b"_certificate\": " + HUGE), "is no"),
    ("another version", line(smtcheck_certificate=2), "make a new one"),
    ("no version", line(smtcheck_certificate=...), "make a new one"),
    ("version true", line(smtcheck_certificate=True), "make a new one"),
    ("version null", line(smtcheck_certificate=None), "make a new one"),
    ("version as text", line(smtcheck_certificate="1"), "make a new one"),
    ("version 0", line(smtcheck_certificate=0), "make a new one"),
    ("version -1", line(smtcheck_certificate=-1), "make a new one"),
    *((f"no {name}", line(**{name: ...}), name)
      for name in ("digests", "made_by", "kind", "proof_bytes")),
    *((f"no {name}", digest_line(**{name: ...}), name)
      for name in ("semantics", "claim", "networks", "tables")),
    ("an unknown field", line(more=1), "unknown field `more`"),
    ("a long unknown field", line(**{"x" * 100_000: 1}), "unknown field"),
    ("an unknown field of two lines", line(**{"x\ny\x1b[2J": 1}), "unknown field"),
    ("a long field twice", replaced(b'{"smt', b'{"%b": 1, "%b": 2, "smt' % (LONG, LONG)), "twice"),
    ("a long float", replaced(b"[1]", b"[1." + b"5" * 100_000 + b"]"), "not an integer"),
    ("an unknown digest", digest_line(more="x"), "unknown field `more`"),
    ("semantics as text", digest_line(semantics="1"), "semantics"),
    ("claim as number", digest_line(claim=1), "claim"),
    ("networks as text", digest_line(networks="b"), "networks"),
    ("a network as null", digest_line(networks=[None]), "networks"),
    ("a table as number", digest_line(tables={"a": 1}), "tables"),
    ("made by nobody", line(made_by=None), "made_by"),
    ("no kind of that name", line(kind={"type": "faith"}), "faith"),
    ("a long kind", line(kind={"type": "x" * 100_000}), "is no certificate"),
    ("a kind of two lines", line(kind={"type": "x\ny\x1b[2J"}), "is no certificate"),
    ("a long table", digest_line(tables={"x" * 100_000: 1}), "tables"),
    ("a kind without a name", line(kind={"input_codes": [1]}), "type"),
    ("kind as text", line(kind="counterexample"), "kind"),
    ("kind with an unknown field", line(kind=KIND | {"more": 1}), "unknown field `more`"),
    ("a kind with another's field", line(kind=KIND | {"points": 1}), "unknown field `points`"),
    ("a kind without its field", line(kind={"type": "counterexample"}), "input_codes"),
    ("codes as text", line(kind=KIND | {"input_codes": "1"}), "input_codes"),
    ("a code as text", line(kind=KIND | {"input_codes": ["1"]}), "input_codes"),
    ("a code as true", line(kind=KIND | {"input_codes": [True]}), "input_codes"),
    ("unknown evidence", line(kind={"type": "universality", "evidence": {"argument": "x"}}),
     "evidence"),
    ("a proof that is not there", line(proof_bytes=[1]), "other sizes"),
    ("a proof not announced", line() + b"1", "other sizes"),
    ("a proof that is cut off", line(proof_bytes=[2]) + b"1", "other sizes"),
    ("sizes that are negative", line(proof_bytes=[-1, 2]) + b"1", "other sizes"),
    ("sizes that cancel", line(proof_bytes=[2**62, -(2**62)]), "other sizes"),
    ("a huge size", line(proof_bytes=[10**30]), "is no certificate|other sizes"),
    ("sizes as text", line(proof_bytes=["1"]) + b"1", "proof_bytes"),
    ("sizes as true", line(proof_bytes=[True]) + b"1", "proof_bytes"),
    ("a size", line(proof_bytes=1) + b"1", "proof_bytes"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "wrong"), [case[1:] for case in MALFORMED], ids=[case[0] for case in MALFORMED]
)
def test_malformed_files(data: bytes, wrong: str, tmp_path: Path) -> None:
    path = tmp_path / "claim.cert"
    path.write_bytes(data)
    with pytest.raises(InputError, match=wrong) as caught:
        read(path)
    assert_clear(str(caught.value), path)


def assert_clear(message: str, path: Path) -> None:
    """One line that names the file and is not too long to be read."""
    assert message.startswith(str(path))
    assert message.isprintable()
    assert len(message) < len(str(path)) + 300


def a_folder(path: Path) -> None:
    path.mkdir()


def nothing(path: Path) -> None:
    """There is no file."""


def a_pipe(path: Path) -> None:
    """Which nobody writes into: reading it would wait for ever."""
    os.mkfifo(path)


def a_pipe_linked_to(path: Path) -> None:
    os.mkfifo(path.with_name("pipe"))
    path.symlink_to("pipe")


def a_link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


def a_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def too_much(path: Path) -> None:
    """Sparse, so that nothing is really written."""
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)


def far_too_much(path: Path) -> None:
    with path.open("wb") as file:
        file.write(line())
        file.truncate(2**40)


@pytest.mark.parametrize(
    ("make", "wrong"),
    [
        (nothing, "No such file"),
        (a_folder, "directory|not an ordinary file"),
        (a_pipe, "not an ordinary file"),
        (a_pipe_linked_to, "not an ordinary file"),
        (a_link_to_itself, "cannot be read"),
        (a_device, "not an ordinary file"),
        (too_much, "larger than"),
        (far_too_much, "larger than"),
    ],
)
def test_what_is_no_file(make: Callable[[Path], None], wrong: str, tmp_path: Path) -> None:
    path = tmp_path / "claim.cert"
    make(path)
    with pytest.raises(InputError, match=wrong) as caught:
        read(path)
    assert_clear(str(caught.value), path)


def test_a_header_as_long_as_it_may_be(tmp_path: Path) -> None:
    path = tmp_path / "claim.cert"
    padding = b" " * (MAX_HEADER_BYTES - len(line()))
    path.write_bytes(padding + line())
    assert read(path) == certificate(CounterexampleInput(input_codes=(1,)))
    path.write_bytes(b" " + padding + line())
    with pytest.raises(InputError, match="does not end"):
        read(path)


# ---- writing is all or nothing ----

OLD = b"what was there before"


@pytest.mark.parametrize("failing", ["replace", "fsync", "chmod"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_file_that_cannot_be_written_stays_as_it_is(
    failing: str, error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "claim.cert"
    path.write_bytes(OLD)

    def fail(*arguments: object) -> None:
        raise error

    monkeypatch.setattr(os, failing, fail)
    expected = InputError if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(expected) as caught:
        write(certificate(Propositional()), path)
    if isinstance(error, OSError):
        assert str(caught.value) == f"{path} cannot be written: No space left on device"
    assert path.read_bytes() == OLD
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "claim.cert"
    path.write_bytes(OLD * 1000)
    before = path.open("rb")
    write(certificate(Propositional()), path)
    with before:
        assert before.read() == OLD * 1000  # whoever had it open sees no mixture
    assert read(path) == certificate(Propositional())
    assert list(tmp_path.iterdir()) == [path]


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    for path in (tmp_path / "missing" / "claim.cert", tmp_path):
        with pytest.raises(InputError, match="cannot be written"):
            write(certificate(Propositional()), path)
    assert list(tmp_path.iterdir()) == []


def test_limits_are_in_order() -> None:
    """What may be kept under version control can be read."""
    assert MAX_HEADER_BYTES + certificate_files.MAX_STORED_BYTES < MAX_BYTES
