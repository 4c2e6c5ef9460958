"""Writing files, all or nothing.  Nothing that re-checks a certificate writes."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from smtcheck.errors import InputError


def write_atomically(path: Path, data: bytes) -> None:
    """The file holds either what it held or all of the data, whatever happens."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent or ".", prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def write_output(path: Path, data: bytes) -> None:
    """The same for a file that the user has named; InputError if it cannot be written."""
    try:
        write_atomically(path, data)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from None
