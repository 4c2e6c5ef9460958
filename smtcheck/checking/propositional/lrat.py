"""The proof checker: is a list of clauses unsatisfiable?

A proof is a list of lemmas, each with hints, as in LRAT (Cruz-Filipe, Heule, Hunt, Kaufmann
and Schneider-Kamp, CADE 2017) without its RAT steps: each lemma follows by reverse unit
propagation (RUP; Van Gelder, ISAIM 2008).  Suppose that all literals of a lemma are false.
Each hint names an earlier clause, of which at most one literal is not known to be false: that
one must be true.  If in the end a clause has none left, the supposition was wrong, and the
lemma follows from the clauses before it.  A proof ends with the empty lemma, which nothing
satisfies.

Clauses are numbered from 1, lemmas go on from there.  `check` is all that has to be
believed; `lrat_compiled` does the same, faster.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from smtcheck.arithmetic.logic import Clause
from smtcheck.checking.refusals import Refusal, Refused

Ints = NDArray[np.int32]


MAX_LEMMA = 2**20  #: literals of one lemma


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Lemmas and their hints, one after another in four arrays; nothing of them is believed."""

    lengths: Ints  #: how many literals each lemma has
    literals: Ints
    counts: Ints  #: how many hints each lemma has
    hints: Ints

    @classmethod
    def of(cls, steps: Sequence[tuple[Sequence[int], Sequence[int]]]) -> Proof:
        """From pairs of literals and hints."""

        def array(numbers: Iterator[int]) -> Ints:
            return np.fromiter(numbers, dtype=np.int32)

        return cls(
            lengths=array(len(literals) for literals, _ in steps),
            literals=array(n for literals, _ in steps for n in literals),
            counts=array(len(hints) for _, hints in steps),
            hints=array(n for _, hints in steps for n in hints),
        )

    def __post_init__(self) -> None:
        for sizes, numbers in ((self.lengths, self.literals), (self.counts, self.hints)):
            if sizes.min(initial=0) < 0 or sizes.sum(dtype=np.int64) != len(numbers):
                raise Refused(
                    Refusal.PROOF_NUMBERS, found=len(numbers), stated=sizes.sum(dtype=np.int64)
                )
        if len(self.lengths) != len(self.counts):
            raise Refused(Refusal.PROOF_LEMMAS, literals=len(self.lengths), hints=len(self.counts))
        longest = int(self.lengths.max(initial=0))
        if longest > MAX_LEMMA:
            raise Refused(Refusal.PROOF_LEMMA, found=longest, allowed=MAX_LEMMA)
        zeros, huge = (
            np.count_nonzero(self.literals == wrong) for wrong in (0, np.iinfo(np.int32).min)
        )
        if zeros or huge:
            raise Refused(Refusal.PROOF_LITERAL, zeros=zeros, huge=huge)

    def __len__(self) -> int:
        return len(self.lengths)

    def steps(self) -> Iterator[tuple[list[int], list[int]]]:
        """The literals and the hints of each lemma."""
        ends = zip(accumulate(self.lengths.tolist()), accumulate(self.counts.tolist()), strict=True)
        start, first = 0, 0
        for end, last in ends:
            yield self.literals[start:end].tolist(), self.hints[first:last].tolist()
            start, first = end, last


def check(clauses: Sequence[Clause], proof: Proof) -> None:
    """Refused if the proof does not show that the clauses are unsatisfiable."""
    known: list[Sequence[int]] = [(), *clauses]  # by number, which start at 1
    for literals, hints in proof.steps():
        number = len(known)
        false = set(literals)
        for place, hint in enumerate(hints, start=1):
            if not 1 <= hint < number:
                raise Refused(
                    Refusal.RAT_STEP if hint < 0 else Refusal.HINT, number=number, hint=hint
                )
            left = [literal for literal in known[hint] if literal not in false]
            if len(left) > 1:
                raise Refused(Refusal.NOT_UNIT, number=number, hint=hint)
            if not left:
                if place < len(hints):
                    raise Refused(Refusal.HINTS_GO_ON, number=number)
                break
            false.add(-left[0])
        else:
            raise Refused(Refusal.NO_CONTRADICTION, number=number)
        known.append(literals)
    if len(known) == len(clauses) + 1 or len(known[-1]):
        raise Refused(Refusal.NOT_EMPTY)
