"""The proof checker again, compiled by numba where that is installed.

It takes and refuses the same proofs as `check`, for the same reasons, about
a hundred times faster; starting it takes a second or two.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from importlib.util import find_spec
from itertools import chain
from typing import Any

import numpy as np

from smtcheck.arithmetic.logic import Clause
from smtcheck.checking.propositional.lrat import Ints, Proof, check
from smtcheck.checking.refusals import Refusal, Refused

WORTH_IT = 2**22  #: literals and hints from which on starting the compiled checker pays

MAX_WORK = 2**31  #: literals looked at, a few seconds, in which nothing can interrupt it

FINE, BAD_HINT, NOT_UNIT, GOES_ON, NO_CONFLICT, NOT_EMPTY = range(6)


def is_available() -> bool:
    """Whether numba can be imported; nothing is imported to find out."""
    return find_spec("numba") is not None


def check_quickly(clauses: Sequence[Clause], proof: Proof, worth_it: int = WORTH_IT) -> None:
    """By whichever of the two checkers is quicker here."""
    if len(proof.literals) + len(proof.hints) >= worth_it and is_available():
        check_compiled(clauses, proof)
    else:
        check(clauses, proof)


def check_compiled(clauses: Sequence[Clause], proof: Proof, most_work: int = MAX_WORK) -> None:
    """The same as `check`, which is given what would take long."""
    lengths = np.fromiter(map(len, clauses), dtype=np.int64, count=len(clauses))
    sizes = np.concatenate([[0], lengths, proof.lengths])
    if sizes[np.clip(proof.hints, 0, len(sizes) - 1)].sum() > most_work:
        check(clauses, proof)
        return
    literals = np.fromiter(chain.from_iterable(clauses), dtype=np.int32)
    starts = np.concatenate([[0], np.cumsum(lengths), lengths.sum() + np.cumsum(proof.lengths)])
    firsts = np.concatenate([[0], np.cumsum(proof.counts, dtype=np.int64)])
    everything = _numbered_densely(np.concatenate([literals, proof.literals]))
    largest = int(np.abs(everything).max(initial=0))
    reason, number, hint = _compiled()(
        len(clauses), starts.astype(np.int64), everything, firsts, proof.hints, largest
    )
    if reason != FINE:
        raise _refused(int(reason), int(number), int(hint))


def _numbered_densely(literals: Ints) -> Ints:
    """The same with variables renamed, where their numbers would take more memory than they."""
    if np.abs(literals).max(initial=0) <= len(literals):
        return literals
    _, places = np.unique(np.abs(literals), return_inverse=True)
    return np.where(literals < 0, -1 - places, 1 + places).astype(np.int32)


def _refused(reason: int, number: int, hint: int) -> Refused:
    match reason:
        case 1:
            refusal = Refusal.RAT_STEP if hint < 0 else Refusal.HINT
            return Refused(refusal, number=number, hint=hint)
        case 2:
            return Refused(Refusal.NOT_UNIT, number=number, hint=hint)
        case 3:
            return Refused(Refusal.HINTS_GO_ON, number=number)
        case 4:
            return Refused(Refusal.NO_CONTRADICTION, number=number)
    return Refused(Refusal.NOT_EMPTY)


@cache
def _compiled() -> Callable[..., tuple[int, int, int]]:
    from numba import njit

    compiled: Any = njit(_check)
    return compiled  # type: ignore[no-any-return]


def _check(
    clauses: int, starts: Any, literals: Ints, firsts: Any, hints: Ints, largest: int
) -> tuple[int, int, int]:
    """(FINE, 0, 0), or what is wrong with which lemma at which hint.

    Clause n has the literals from starts[n - 1] on.  false[largest + l] is the number of
    the last lemma in whose check the literal l was known to be false.
    """
    false = np.zeros(2 * largest + 1, dtype=np.int64)
    lemmas = len(firsts) - 1
    for lemma in range(lemmas):
        number = clauses + 1 + lemma
        for place in range(starts[number - 1], starts[number]):
            false[largest + literals[place]] = number
        is_refuted = False
        for at in range(firsts[lemma], firsts[lemma + 1]):
            hint = hints[at]
            if is_refuted:
                return GOES_ON, number, hint
            if hint < 1 or hint >= number:
                return BAD_HINT, number, hint
            left, last = 0, 0
            for place in range(starts[hint - 1], starts[hint]):
                if false[largest + literals[place]] != number:
                    left, last = left + 1, literals[place]
            if left > 1:
                return NOT_UNIT, number, hint
            if left == 0:
                is_refuted = True
            else:
                false[largest - last] = number
        if not is_refuted:
            return NO_CONFLICT, number, 0
    if lemmas == 0 or starts[clauses + lemmas] != starts[clauses + lemmas - 1]:
        return NOT_EMPTY, 0, 0
    return FINE, 0, 0
