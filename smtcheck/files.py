"""Reading files that nobody vouches for.

Every file is an ordinary one of bounded size, read whole; what it says is checked
before anything is built from it.  A name found inside a file is relative to the
folder of that file and cannot leave its project (`root_of`); a name given by the user may be
anything.  Nothing is unpickled and nothing is executed.
"""

from __future__ import annotations

import io
import json
import os
import re
import stat
import sys
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING, Any

from smtcheck.errors import InputError, shown_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

MAX_FILE_BYTES = 64 * 2**20
MAX_CLAIM_BYTES = 2**15  #: the TOML parser takes quadratic time on hostile keys
MAX_ELEMENTS = 2**23  #: of one array in a file
MAX_ARRAY_BYTES = MAX_ELEMENTS * 8 + 1024  #: with its header
_CONFIGURED = re.compile(rb"^\s*\[\s*tool\s*\.\s*smtcheck\s*[].]", re.MULTILINE)
_SURROGATE = re.compile(r"\\u[dD][89A-Fa-f]")


class CodeExecution(Enum):
    """Whether `module:function` may be imported and called."""

    REFUSED = auto()
    ALLOWED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSpace:
    """The folder that names are relative to, and where they may lead."""

    folder: Path
    root: Path | None = None  #: which they cannot leave; None: they may lead anywhere

    @classmethod
    def working_directory(cls) -> FileSpace:
        """For names given by the user."""
        return cls(folder=Path())

    @classmethod
    def beside(cls, path: Path, root: Path | None = None) -> FileSpace:
        """For names found inside a file, which lies under the root: its project's unless given."""
        return cls(folder=path.parent, root=root or root_of(path))

    def path(self, name: str) -> Path:
        """Where a name leads; InputError if it must not."""
        if not name or "\0" in name or len(name) > 1000:
            raise InputError(f"{shown_text(name)} is not a file name")
        path = self.folder / name
        if self.root is not None:
            if Path(name).is_absolute() or PureWindowsPath(name).drive:
                raise InputError(
                    f"file name {shown_text(name)} is absolute: name it relative to this file"
                )
            try:
                is_inside = path.resolve().is_relative_to(self.root.resolve())
            except (OSError, RuntimeError, ValueError) as error:
                raise InputError(f"file {shown_text(name)} cannot be found: {error}") from None
            if not is_inside:
                raise InputError(
                    f"file {shown_text(name)} leads out of the project {self.root} (the nearest "
                    "folder with .git, or [tool.smtcheck] in its pyproject.toml; or as --root says)"
                )
        return path


def root_of(path: Path) -> Path:
    """A file's project: the nearest folder above it with .git or a configuration, or its own."""
    own = Path(os.path.realpath(path.parent))
    for folder in (own, *own.parents):
        if os.path.exists(folder / ".git") or _is_configured(folder / "pyproject.toml"):
            return folder
    return own


def _is_configured(path: Path) -> bool:
    try:
        return _CONFIGURED.search(read_bytes(path)) is not None
    except InputError:
        return False


def read_bytes(path: Path, limit: int = MAX_FILE_BYTES) -> bytes:
    """A whole ordinary file of bounded size."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise InputError(f"{path} is not an ordinary file")
            data = file.read(limit + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{path} cannot be read: {reason}") from None
    if len(data) > limit:
        raise InputError(f"{path} is larger than {limit} bytes")
    return data


def read_json(path: Path) -> Any:
    """A JSON document without duplicate keys, NaN or infinities."""
    return json_document(path, read_bytes(path))


def json_document(path: Path, data: bytes) -> Any:
    """The same from bytes of a file."""
    text = decoded(path, data)
    try:
        document = json.loads(
            text,
            object_pairs_hook=_unique_keys,
            parse_constant=_refuse_constant,
            parse_float=_refuse_float,
        )
        if _SURROGATE.search(text):  # half of a pair is no text, and nothing could print it
            json.dumps(document, ensure_ascii=False).encode()
        return document
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except RecursionError:
        raise InputError(f"{path} is nested too deeply") from None
    except ValueError as error:
        raise InputError(f"{path} is not valid JSON: {error}") from None


def read_toml(path: Path, limit: int = MAX_CLAIM_BYTES) -> dict[str, Any]:
    """A TOML document."""
    text = decoded(path, read_bytes(path, limit))
    try:
        document: dict[str, Any] = tomllib.loads(text)
        return document
    except RecursionError:
        raise InputError(f"{path} is nested too deeply") from None
    except ValueError as error:
        raise InputError(f"{path} is not valid TOML: {error}") from None


def read_npz(path: Path, names: Collection[str]) -> Mapping[str, NDArray[Any]]:
    """The integer arrays of an NPZ file by name; it may hold those of the given names."""
    arrays: dict[str, NDArray[Any]] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(read_bytes(path))) as archive:
            for member in archive.infolist():
                name = member.filename.removesuffix(".npy")
                if name in arrays or name not in names:
                    raise InputError(
                        f"{path} holds {shown_text(name)}, and may hold {', '.join(names)}, "
                        "once each"
                    )
                if member.file_size > MAX_ARRAY_BYTES:  # and no more than that is unpacked
                    raise InputError(f"{path}: {name} is larger than {MAX_ARRAY_BYTES} bytes")
                with archive.open(member) as stream:
                    data = stream.read(MAX_ARRAY_BYTES)
                arrays[name] = read_npy(io.BytesIO(data), f"{path}: {name}")
    except InputError:
        raise
    except Exception as error:  # zipfile and zlib raise many kinds
        raise InputError(f"{path} is not a usable NPZ file: {error}") from None
    return arrays


def read_npy(stream: io.BytesIO, what: str) -> NDArray[Any]:
    """One array of any integer type, whose header is checked before anything is allocated."""
    import numpy as np
    from numpy.lib import format as npy

    try:
        version = npy.read_magic(stream)
        if version not in ((1, 0), (2, 0)):
            raise InputError(f"{what} has NPY version {version}; 1.0 and 2.0 can be read")
        read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, is_fortran, element_type = read_header(stream)
        if element_type.kind not in "iu":
            raise InputError(f"{what} holds {element_type}, and must hold integers")
        count = 1
        for length in shape:
            count *= length
        if count > MAX_ELEMENTS or len(shape) > 8 or min(shape, default=0) < 0:
            raise InputError(f"{what} has shape {shape}, more than {MAX_ELEMENTS} elements")
        data = stream.read()
        if len(data) != count * element_type.itemsize:
            raise InputError(f"{what} has {len(data)} bytes of data for shape {shape}")
        flat = np.frombuffer(data, dtype=element_type, count=count)
    except InputError:
        raise
    except Exception as error:  # numpy's header parser raises many kinds
        raise InputError(f"{what} is not a usable NPY file: {error}") from None
    return flat.reshape(shape, order="F" if is_fortran else "C")


def decoded(path: Path, data: bytes) -> str:
    """A text in UTF-8."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not valid UTF-8: {error.reason} at {error.start}") from None


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise InputError(f"key {shown_text(twice)} occurs twice")
    return result


def _refuse_constant(text: str) -> Any:
    raise InputError(f"{text} is not an integer")


def _refuse_float(text: str) -> Any:
    raise InputError(f"{text[:40]} is not an integer: these files hold codes, not values")
