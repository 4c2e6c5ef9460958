"""What a project says about itself: `[tool.smtcheck]` in its pyproject.toml.

    [tool.smtcheck]
    paths = ["proofs", "models/claims"]     where claims are: elsewhere they are *.claim.toml
    exclude = ["proofs/drafts/*"]           but for these
    timeout = "5m"
    memory = 8192

Nothing slow is imported.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from smtcheck.errors import InputError
from smtcheck.files import read_bytes, read_toml, root_of

FILE = "pyproject.toml"
MAX_BYTES = 2**20
NEVER = {".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".nox"}
CLAIM_SUFFIX = ".claim.toml"

_KIND = re.compile(rb"^[ \t]*[\"']?kind[\"']?[ \t]*=", re.MULTILINE)


class Configuration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The keys; each can be left out."""

    paths: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    timeout: str | int | float | None = None
    memory: int | None = None


@lru_cache(maxsize=64)
def configuration_of(root: Path) -> Configuration:
    """Of a project; InputError where it is wrong."""
    path = root / FILE
    if not path.is_file():
        return Configuration()
    document: Any = read_toml(path, MAX_BYTES)
    section = document.get("tool", {})
    section = section.get("smtcheck", {}) if isinstance(section, dict) else {}
    try:
        return msgspec.convert(section, Configuration)
    except msgspec.ValidationError as error:
        keys = ", ".join(Configuration.__struct_fields__)
        raise InputError(f"{path}: [tool.smtcheck]: {error} (keys are {keys})") from None


def claims_under(paths: Sequence[Path]) -> list[Path]:
    """The claim files named, or found below the folders named; each once."""
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            found.update(dict.fromkeys(sorted(_claims_in(path))))
        elif path.exists():
            found[path] = None
        else:
            raise InputError(f"{path} does not exist: name a claim file or a folder of them")
    if not found:
        raise InputError(
            f"no claim under {', '.join(map(str, paths))}: claims are files *{CLAIM_SUFFIX}, and "
            f"others in TOML with a `kind` (where {FILE} has [tool.smtcheck] paths, below those)"
        )
    return list(found)


def default_paths() -> list[Path]:
    """Where claims are if nobody says: as configured, or in proofs/."""
    try:
        root = root_of(Path("claim"))
    except FileNotFoundError:
        raise InputError("the current folder is not there any more: name a claim file") from None
    configured = configuration_of(root).paths
    return [Path(os.path.relpath(root / path)) for path in configured] or [Path("proofs")]


def default_limits() -> dict[str, Any]:
    """What limits are if nobody says, by the names of the options' parameters."""
    try:
        configuration = configuration_of(root_of(Path("claim")))
    except FileNotFoundError:  # in a folder that is not there any more
        return {}
    limits = {
        "timeout_seconds": configuration.timeout,
        "memory_mebibytes": configuration.memory,
    }
    return {name: limit for name, limit in limits.items() if limit is not None}


def _claims_in(folder: Path) -> Iterator[Path]:
    root = root_of(folder / "claim")
    configuration = configuration_of(root)
    paths = _those_near(os.path.relpath(os.path.realpath(folder), root), configuration.paths)
    for path in _files_in(folder):
        name = os.path.relpath(os.path.realpath(path), root)
        if any(fnmatch(name, pattern) for pattern in configuration.exclude):
            continue
        if path.name.endswith(CLAIM_SUFFIX) or (
            path.name != FILE and _is_below(name, paths) and _has_kind(path)
        ):
            yield path


def _those_near(folder: str, paths: Sequence[str]) -> list[Path]:
    """The configured paths inside or around a folder; elsewhere nothing is configured."""
    own, places = Path(folder), [Path(os.path.normpath(path)) for path in paths]
    return [path for path in places if path.is_relative_to(own) or own.is_relative_to(path)]


def _files_in(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in NEVER]
        yield from (Path(parent) / name for name in names if name.endswith(".toml"))


def _is_below(name: str, paths: Sequence[Path]) -> bool:
    """Whether it is below one of the folders; anything is, where none is given."""
    return not paths or any(Path(name).is_relative_to(path) for path in paths)


def _has_kind(path: Path) -> bool:
    """Whether it is meant to be a claim, even a broken one: that is not to be passed over."""
    try:
        return "kind" in read_toml(path)
    except InputError:
        pass
    try:
        return _KIND.search(read_bytes(path)) is not None
    except InputError:
        return False  # of 64 MiB, or no file
