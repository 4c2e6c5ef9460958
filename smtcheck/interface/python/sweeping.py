"""`sc.sweep`: verdicts for many formats, as rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from smtcheck.engines.parallel_calls import WorkersLost
from smtcheck.errors import InputError
from smtcheck.files import CodeExecution
from smtcheck.interface.executors import Resources
from smtcheck.interface.options import MAX_JOBS
from smtcheck.interface.outcomes import Options
from smtcheck.interface.python.arguments import exact_integer, limits_of, shown
from smtcheck.interface.sweep.command import fill, require_usable
from smtcheck.interface.sweep.file import SweepFile
from smtcheck.interface.sweep.plan import Sweep
from smtcheck.limits import Limits


def sweep(
    activations: str | Sequence[str],
    *,
    p: int | str = "1..8",
    scale: int | str = "1..max",
    weights: str | Sequence[str] = "full",
    bias: str | Sequence[str] = "exact",
    rounding: str | Sequence[str] = "AP_RND_INF",
    overflow: str | Sequence[str] = "AP_SAT",
    jobs: int = 1,
    timeout: float | None = None,
    limits: Limits | None = None,
) -> list[dict[str, Any]]:
    """For which sizes p and scales a format paper(p,scale) is universal.

    Parameters
    ----------
    activations : str or sequence of str
        What `activation` takes as text, one or several.
    p : int or str, default "1..8"
        A size, or a range.
    scale : int or str, default "1..max"
        A scale, or a range, in which max is 2^p - 1.
    weights : str or sequence of str, default "full"
        As in `decide`, one or several; so are the next three.
    bias : str or sequence of str, default "exact"
        What biases may be.
    rounding : str or sequence of str, default "AP_RND_INF"
        Rounding modes.
    overflow : str or sequence of str, default "AP_SAT"
        Overflow modes.
    jobs : int, default 1
        Processes that decide.
    timeout : float, optional
        Seconds for each verdict, in place of limits.
    limits : Limits, optional
        Time for each verdict, memory and seed.

    Returns
    -------
    list of dict
        A row for each verdict: the columns of the CSV file that `smtcheck sweep` writes.

    Raises
    ------
    InputError
        Where a text is not understood, or an activation is not defined at a code.

    References
    ----------
    proofs/theory.md#universal.

    Examples
    --------
    >>> rows = sc.sweep("relu", p=2, weights=["full", "binary"])
    >>> len(rows), {row["verdict"] for row in rows}
    (6, {'universal'})
    """
    sets = tuple(map(_texts, (weights, bias, rounding, overflow)))
    places = Sweep.of(_texts(activations), sets, _range(p), _range(scale))
    count = exact_integer(jobs, "jobs")
    if not 1 <= count <= MAX_JOBS:
        raise InputError(f"jobs is {count}, allowed are 1 .. {MAX_JOBS}")
    options = Options(
        output=Options.Output.JSON,
        code=CodeExecution.ALLOWED,  # whoever calls this runs code already
        limits=limits_of(limits, timeout),
    )
    require_usable(places, options)
    file = SweepFile(places, None)
    stopped = fill(file, Resources(jobs=count), options)
    if isinstance(stopped, KeyboardInterrupt | WorkersLost):
        raise stopped
    return [row.document() for row in file.rows()]


def _texts(given: str | Sequence[str]) -> tuple[str, ...]:
    texts = (given,) if isinstance(given, str) else given
    if not isinstance(texts, list | tuple) or not texts:
        raise InputError(f"{shown(given)} is neither a text nor a list of texts")
    if not all(isinstance(text, str) for text in texts):
        raise InputError(f"{shown(given)} holds something that is no text")
    return tuple(texts)


def _range(given: int | str) -> str:
    return given if isinstance(given, str) else str(exact_integer(given, "a range", "like '1..8'"))
