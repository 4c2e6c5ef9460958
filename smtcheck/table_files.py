"""Tables of codes in NPY or CSV: a list, or pairs with a header; the doubtful is refused."""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smtcheck.errors import InputError, shown_text
from smtcheck.files import MAX_ELEMENTS, FileSpace, decoded, read_bytes, read_npy

_CODE = re.compile(r"[+-]?(\d{1,310}|0[xX][\dA-Fa-f]{1,258})", re.ASCII)
_LIST, _PAIRS = ("code",), ("input_code", "output_code")  #: what the first line may say


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFile:
    """The codes in a file, in an array of any integer type, or of objects."""

    codes: NDArray[Any]
    first: int | None = None  #: the input code that the first is for, where the file says so


def read_codes(files: FileSpace, name: str) -> TableFile:
    """The integers of a CSV or NPY file."""
    path = files.path(name)
    if path.suffix.lower() == ".npy":
        return TableFile(codes=read_npy(io.BytesIO(read_bytes(path)), str(path)))
    if path.suffix.lower() == ".csv":
        return _read_csv(path)
    raise InputError(f"table {shown_text(name)} must be a .csv or .npy file")


def _read_csv(path: Path) -> TableFile:
    """Codes in order, or with a header pairs in any order."""
    text = decoded(path, read_bytes(path))
    lines = [line for line in text.splitlines() if line.replace(",", " ").strip()]
    names = tuple(cell.lower() for cell in _cells(lines[0])) if lines else ()
    has_header = any(name[0].isalpha() for name in names)
    if has_header and names not in (_LIST, _PAIRS):
        raise InputError(
            f"{path} starts with {shown_text(lines[0])}, and may start with {','.join(_PAIRS)} "
            f"(pairs in any order), {_LIST[0]} (one code a line, lo first) or a code"
        )
    codes = _integers(path, lines[has_header:])
    has_pairs = all(line.count(",") == len(_cells(line)) - 1 == 1 for line in lines)
    if has_header and not (has_pairs if names == _PAIRS else len(codes) == len(lines) - 1):
        raise InputError(f"{path} starts with {','.join(names)}: each line must have as many codes")
    if has_header and names == _PAIRS:
        return _paired(path, dict(zip(codes[::2], codes[1::2], strict=True)), len(lines) - 1)
    if has_pairs and len(lines) > 2 and _is_run(codes[::2]):
        raise InputError(
            f"{path} may hold pairs or a list: let its first line be {','.join(_PAIRS)}, or write "
            "one code a line"
        )
    return TableFile(codes=np.array(codes, dtype=object))


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split(",") if cell.strip()]


def _integers(path: Path, lines: Sequence[str]) -> list[int]:
    cells = [cell for line in lines for cell in _cells(line)]
    if not 1 <= len(cells) <= MAX_ELEMENTS:
        raise InputError(f"{path} holds {len(cells)} numbers, and may hold 1 to {MAX_ELEMENTS}")
    for position, cell in enumerate(cells):
        if not _CODE.fullmatch(cell):
            raise InputError(
                f"{path}: entry {position} is {shown_text(cell)}, not an integer like -3 or 0x1F"
            )
    return [int(cell, 16 if "x" in cell.lower() else 10) for cell in cells]


def _paired(path: Path, pairs: dict[int, int], count: int) -> TableFile:
    """The codes by their input codes, each of which must be there once."""
    if len(pairs) < count or not _is_run(pairs):
        raise InputError(f"{path}: input codes must be there once each, from lo to hi")
    codes = np.array([pairs[one] for one in sorted(pairs)], dtype=object)
    return TableFile(codes=codes, first=min(pairs))


def _is_run(codes: Collection[int]) -> bool:
    """Whether they are all integers between the least and the greatest, in any order."""
    return len({*codes}) == len(codes) == max(codes) - min(codes) + 1
