"""Certificates: what a verdict rests on, as a file beside its claim.

A certificate is one line of JSON and, after it, the proofs that the line announces,
packed (`packing`).  It carries the digests of everything that its claim depends
on, so that one whose claim, network or table has changed since is recognised.  Reading
one builds nothing but data, within bounds; whether it establishes anything is found out
by `recheck`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path

import msgspec

from smtcheck.claims.digests import Digests
from smtcheck.claims.evidence import Evidence
from smtcheck.errors import InputError, shortened
from smtcheck.files import json_document, read_bytes

VERSION = 1  #: of this format
MAX_BYTES = 64 * 2**20
MAX_HEADER_BYTES = 2**20
MAX_SHOWN = 200  #: characters of a message about what a file says
MAX_STORED_BYTES = 10**6  #: larger ones are made again rather than kept under version control


class CounterexampleInput(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="counterexample"
):
    """An input at which the sides differ; checking it is evaluating it."""

    input_codes: tuple[int, ...]


class Exhaustive(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="exhaustive"):
    """All inputs are to be evaluated; what that costs is known before."""

    points: int
    cost: int  #: points times neurons, about


class Universality(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="universality"):
    """An argument of theory.md; statements it makes about all codes come with proofs."""

    evidence: Evidence


class Composition(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="composition"):
    """Tables of a network's parts are to be made and composed; lemmas come with proofs."""

    points: int


class Propositional(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="propositional"):
    """Proofs that the clauses of the claim are unsatisfiable, one for each obligation."""


class SearchRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="search"):
    """A search that found nothing: it establishes nothing, but that somebody has looked."""

    reason: str
    timeout_seconds: int
    memory_mebibytes: int


Kind = CounterexampleInput | Exhaustive | Universality | Composition | Propositional | SearchRecord


class Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first line."""

    smtcheck_certificate: int
    digests: Digests
    made_by: str
    kind: Kind
    proof_bytes: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """One certificate, of which nothing is believed yet."""

    digests: Digests
    made_by: str  #: the tools and their versions, for people
    kind: Kind
    proofs: tuple[bytes, ...] = ()  #: packed


def name_of(kind: Kind) -> str:
    """As it is written in the file."""
    return str(type(kind).__struct_config__.tag)


def read(path: Path) -> Certificate:
    """A certificate; InputError if the file is none."""
    data = read_bytes(path, MAX_BYTES)
    end = data.find(b"\n", 0, MAX_HEADER_BYTES)
    if end < 0:
        raise InputError(f"{path} is no certificate: its first line does not end")
    document = json_document(path, data[:end])
    version = document.get("smtcheck_certificate") if isinstance(document, dict) else None
    if version != VERSION or type(version) is not int:
        raise InputError(
            f"{path} is no certificate of version {VERSION}, which is all that can be read: "
            f"make a new one with smtcheck prove"
        )
    try:
        header = msgspec.convert(document, Header)
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError) as error:
        raise InputError(f"{path} is no certificate: {shortened(str(error), MAX_SHOWN)}") from None
    return Certificate(
        digests=header.digests,
        made_by=header.made_by,
        kind=header.kind,
        proofs=_divided(path, data[end + 1 :], header.proof_bytes),
    )


def _divided(path: Path, payload: bytes, sizes: Sequence[int]) -> tuple[bytes, ...]:
    if min(sizes, default=0) < 0 or sum(sizes) != len(payload):
        raise InputError(f"{path} is cut off, or its proofs have other sizes than it says")
    return tuple(payload[a:b] for a, b in pairwise(accumulate(sizes, initial=0)))
