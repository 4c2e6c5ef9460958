"""The rows of a sweep, as a CSV file that a later sweep goes on with.

The file is replaced as a whole, at times while the sweep runs and when it ends in
whatever way.  When it is read back it vouches for nothing but itself: each row must be
one that could have been written.  Its verdicts are then believed, as their evidence
is not in it.  What is decided again all the same: what was undecided, since there may
be more time now, and what depends on other files (table:FILE, module:function), since
those may have changed.  Rows of other sweeps stay in the file, after those of this one.
"""

from __future__ import annotations

import csv
import io
import os
import time
from pathlib import Path

from smtcheck.errors import InputError
from smtcheck.files import read_bytes
from smtcheck.interface.interruptions import interruptions_later
from smtcheck.interface.sweep.plan import MAX_VERDICTS, Sweep, SweepPoint
from smtcheck.interface.sweep.rows import COLUMNS, Row, RowAnswer
from smtcheck.writing import write_output

MAX_FILE_BYTES = 256 * 2**20
MIN_PAUSE_SECONDS = 2  #: between two writes
PAUSE_PER_WRITE = 20  #: the pause is this many times as long as the write took


class SweepFile:
    """What is known, by place, and the file it is kept in, if any."""

    def __init__(self, sweep: Sweep, path: Path | None) -> None:
        if path is not None:
            require_writable(path)
        self._sweep = sweep
        self._path = path
        self._order = {place: number for number, place in enumerate(sweep.places())}
        self._found: dict[SweepPoint, Row] = {}
        self._others: list[Row] = []
        self._due_seconds = time.monotonic() + MIN_PAUSE_SECONDS

    @classmethod
    def resumed(cls, sweep: Sweep, path: Path) -> SweepFile:
        """What a file holds already; a file that does not exist holds nothing."""
        file = cls(sweep, path)
        if not path.exists():
            return file
        for row in _read(path).values():
            if row.place not in file._order:
                file._others.append(row)
            elif row.outcome.answer is not RowAnswer.UNDECIDED and _is_timeless(row.place):
                file._found[row.place] = row
        if len(file._order) + len(file._others) > MAX_VERDICTS:
            raise InputError(
                f"{path} would hold more than {MAX_VERDICTS} verdicts: use another file"
            )
        return file

    @property
    def others(self) -> int:
        """How many rows of other sweeps the file holds."""
        return len(self._others)

    @property
    def is_complete(self) -> bool:
        """Whether there is a row for every place."""
        return len(self._found) == len(self._order)

    def missing(self) -> list[SweepPoint]:
        """The places without a row, in order."""
        return [place for place in self._order if place not in self._found]

    def rows(self) -> list[Row]:
        """Those of this sweep, in its order."""
        return sorted(self._found.values(), key=lambda row: self._order[row.place])

    def add(self, rows: list[Row]) -> None:
        """Rows that were found; they are written when it is time."""
        self._found.update((row.place, row) for row in rows)
        if time.monotonic() >= self._due_seconds:
            self.save()

    def save(self) -> None:
        """Replace the file."""
        if self._path is None:
            return
        start = time.monotonic()
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(row.cells() for row in (*self.rows(), *self._others))
        with interruptions_later():
            write_output(self._path, text.getvalue().encode())
        now = time.monotonic()
        self._due_seconds = now + max(MIN_PAUSE_SECONDS, PAUSE_PER_WRITE * (now - start))


def _is_timeless(place: SweepPoint) -> bool:
    """Whether an activation is what it was when the file was written."""
    kind, colon, _ = place.panel.activation.partition(":")
    return not colon or kind == "expr"


def _read(path: Path) -> dict[SweepPoint, Row]:
    """The rows of a file that nobody vouches for."""
    try:
        text = read_bytes(path, MAX_FILE_BYTES).decode("utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{path} is not valid UTF-8") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: dict[SweepPoint, Row] = {}
    try:
        if next(reader, None) != list(COLUMNS):
            raise InputError(f"the columns are not {','.join(COLUMNS)}")
        for cells in reader:
            row = Row.of_cells(cells)
            if row.place in rows:
                raise InputError("this place has a row already")
            if len(rows) == MAX_VERDICTS:
                raise InputError(f"more than {MAX_VERDICTS} rows")
            rows[row.place] = row
    except (InputError, csv.Error) as error:
        raise InputError(
            f"{path}, line {max(1, reader.line_num)}: {error} (no file that a sweep has written: "
            "correct or remove the line, or use another file)"
        ) from None
    return rows


def require_writable(path: Path) -> None:
    """Refuse, before hours of work, a file that cannot be written after them."""
    if path.is_dir() or not os.access(path.parent, os.W_OK | os.X_OK):
        raise InputError(f"{path} cannot be written: name a file in a folder that can be")
