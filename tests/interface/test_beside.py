"""Of two certificates beside a claim, what settles it counts, whichever comes first."""

from __future__ import annotations

from pathlib import Path

import pytest

from smtcheck.checking.certificate_files import Certificate, Exhaustive, SearchRecord
from smtcheck.checking.recheck import OutOfDate
from smtcheck.checking.settled import proved
from smtcheck.claims.claim_files import load_claim
from smtcheck.claims.digests import digests
from smtcheck.claims.verdicts import Basis, Undecided, Verdict
from smtcheck.interface.beside import Rechecked, established

TEXT = 'kind = "equivalent"\nformat = "ap_fixed<4,2>"\nleft = "expr:x0"\nright = "expr:x0"\n'
SETTLED = proved("somebody", "everything", Basis.EVALUATION)
LATE = Undecided(reason="time was over")
OLD = OutOfDate(reason="it is of something else")
SEARCHED = Undecided(reason="nothing was found")


@pytest.mark.parametrize(
    ("first", "second", "counts"),
    [
        (None, None, None),
        (SETTLED, OLD, 0),
        (OLD, SETTLED, 1),
        (SEARCHED, SETTLED, 1),
        (LATE, SETTLED, 1),
        (LATE, OLD, 0),
        (OLD, LATE, 1),
        (OLD, OLD, 0),
        (LATE, LATE, 0),
        (None, OLD, 1),
    ],
)
def test_what_settles_counts_and_else_what_speaks_of_the_claim(
    tmp_path: Path, first: Verdict | None, second: Verdict | None, counts: int | None
) -> None:
    path = tmp_path / "claim.toml"
    path.write_text(TEXT, encoding="utf-8")
    claim = load_claim(path)
    said = dict(zip((claim.certificate, claim.surprise), (first, second), strict=True))
    for file, verdict in said.items():
        if verdict is not None:
            file.touch()

    def recheck(file: Path) -> Rechecked:
        verdict = said[file]
        assert verdict is not None
        is_search = verdict in (SEARCHED, OLD)
        kind = SearchRecord(reason="", timeout_seconds=1, memory_mebibytes=1)
        made = Certificate(
            digests=digests(claim.question),
            made_by="",
            kind=kind if is_search else Exhaustive(points=16, cost=32),
        )
        return Rechecked(path=file, certificate=made, verdict=verdict)

    found = established(claim, recheck)
    assert (found and list(said).index(found.path)) == counts
    if found is not None:
        assert found.is_search == (found.verdict is SEARCHED)
