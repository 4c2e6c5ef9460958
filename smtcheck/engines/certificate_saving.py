"""Certificates as bytes, and in their files (`certificate_files` has the format)."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from smtcheck.checking.certificate_files import VERSION, Certificate, Header
from smtcheck.writing import write_output


def written(certificate: Certificate) -> bytes:
    """The contents of the file."""
    header = Header(
        smtcheck_certificate=VERSION,
        digests=certificate.digests,
        made_by=certificate.made_by,
        kind=certificate.kind,
        proof_bytes=tuple(map(len, certificate.proofs)),
    )
    line = json.dumps(msgspec.to_builtins(header)) + "\n"
    return line.encode() + b"".join(certificate.proofs)


def write(certificate: Certificate, path: Path) -> int:
    """Write it, all or nothing; how many bytes it has."""
    data = written(certificate)
    write_output(path, data)
    return len(data)
