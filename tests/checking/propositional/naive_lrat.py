"""Proofs of unsatisfiability, checked and made naively.

The checker is written from the definition, with dictionaries and sets of true literals; it
says what is wrong in the words that are expected of the real ones.  Proofs are made by
resolving until the empty clause is there, and by trying both values of variables; changed
at random, they are proofs no longer, or still are.
"""

from __future__ import annotations

import lzma
from collections.abc import Iterator, Sequence
from itertools import combinations, product
from random import Random

from smtcheck.checking.propositional.lrat import Proof

Clause = tuple[int, ...]
Step = tuple[tuple[int, ...], tuple[int, ...]]  #: literals and hints of a lemma
LARGEST = 2**31 - 1

NOT_EMPTY = "the proof does not end with the empty clause"


def complaint(clauses: Sequence[Clause], steps: Sequence[Step]) -> str | None:
    """What is wrong with a proof; None: the clauses are unsatisfiable."""
    known = dict(enumerate(clauses, start=1))
    for number, (lemma, hints) in enumerate(steps, start=len(clauses) + 1):
        wrong = complaint_about_lemma(known, lemma, hints)
        if wrong:
            return f"lemma {number}: {wrong}"
        known[number] = lemma
    return None if steps and steps[-1][0] == () else NOT_EMPTY


def complaint_about_lemma(
    known: dict[int, Clause], lemma: Clause, hints: Sequence[int]
) -> str | None:
    true = {-literal for literal in lemma}
    refuted = False
    for hint in hints:
        if refuted:
            return "hints go on after the contradiction"
        if hint not in known:
            is_rat = hint < 0
            rat = "is a RAT step, only unit propagation is allowed"
            return f"hint {hint} {rat if is_rat else 'is no clause before it'}"
        match [literal for literal in known[hint] if -literal not in true]:
            case []:
                refuted = True
            case [literal]:
                true.add(literal)
            case _:
                return f"clause {hint} is not reduced to one literal"
    return None if refuted else "its hints end without a contradiction"


def is_satisfiable(clauses: Sequence[Clause]) -> bool:
    """By trying all assignments."""
    variables = sorted({abs(literal) for clause in clauses for literal in clause})
    return any(
        all(any(literal in chosen for literal in clause) for clause in clauses)
        for signs in product((1, -1), repeat=len(variables))
        for chosen in [{s * v for s, v in zip(signs, variables, strict=True)}]
    )


def random_clauses(draw: Random) -> list[Clause]:
    """Of up to five variables, which need not be numbered from 1; unsatisfiable half of the time.

    Then the last clause makes them so.
    """
    count = draw.choice([1, 2, 3, 4, 4, 5, 5])
    names = draw.choice([range(1, 6), range(1, 6), range(3, 60, 7)])
    widest = min(count, draw.choice([1, 2, 3, 3, 3]))
    narrowest = min(widest, draw.choice([1, 2, 3, 3]))
    clauses: list[Clause] = []
    while is_satisfiable(clauses):
        variables = draw.sample(names[:count], draw.randint(narrowest, widest))
        clauses.append(tuple(v * draw.choice([1, -1]) for v in variables))
    return draw.choice([clauses, clauses[:-1] or [(1,)]])


def refutations(clauses: Sequence[Clause], draw: Random) -> Iterator[list[Step]]:
    """Proofs that clauses are unsatisfiable, each made in another way."""
    if is_satisfiable(clauses):
        return
    yield by_resolution(clauses)
    yield by_cases(clauses, draw)


def by_resolution(clauses: Sequence[Clause]) -> list[Step]:
    """All resolvents, and theirs, up to the first empty one."""
    known = [frozenset(clause) for clause in clauses]
    steps: list[Step] = []
    while known and frozenset() not in known:
        steps += _resolvents(known, len(clauses) + len(steps))
    return steps or [((), (known.index(frozenset()) + 1,))]


def _resolvents(known: list[frozenset[int]], number: int) -> list[Step]:
    steps: list[Step] = []
    for (a, one), (b, other) in combinations(enumerate(list(known), start=1), 2):
        clashing = [literal for literal in one if -literal in other]
        if len(clashing) != 1:
            continue
        resolvent = (one | other) - {clashing[0], -clashing[0]}
        if resolvent not in known:
            known.append(resolvent)
            steps.append((tuple(sorted(resolvent, key=abs)), (a, b)))
        if not resolvent:
            break
    return steps


def by_cases(clauses: Sequence[Clause], draw: Random) -> list[Step]:
    """Variables are tried with both values; what each case teaches is a lemma."""
    steps: list[Step] = []
    variables = sorted({abs(literal) for clause in clauses for literal in clause})

    def learn(decided: tuple[int, ...]) -> int:
        """The number of the lemma that not all decisions hold."""
        free = [v for v in variables if v not in decided and -v not in decided]
        hints = propagated(clauses, decided) if not free or draw.random() < 0.3 else None
        if hints is None:
            chosen = draw.choice(free) * draw.choice([1, -1])
            hints = [learn((*decided, chosen)), learn((*decided, -chosen))]
        steps.append((tuple(-literal for literal in decided), tuple(hints)))
        return len(clauses) + len(steps)

    learn(())
    return steps


def propagated(clauses: Sequence[Clause], decided: tuple[int, ...]) -> list[int] | None:
    """The clauses that follow one another up to a false one; None if there is none."""
    true = set(decided)
    hints: list[int] = []
    while True:
        for number, clause in enumerate(clauses, start=1):
            left = {literal for literal in clause if -literal not in true}
            if not left:
                return [*hints, number]
            if len(left) == 1 and not left <= true:
                hints.append(number)
                true |= left
                break
        else:
            return None


def changed(draw: Random, clauses: int, steps: Sequence[Step]) -> list[Step]:
    """A proof with one or a few changes."""
    for _ in range(draw.choice([1, 1, 1, 2, 4])):
        steps = _changed_once(draw, clauses, list(steps))
    return list(steps)


def _changed_once(draw: Random, clauses: int, steps: list[Step]) -> list[Step]:
    last = clauses + len(steps)
    if not steps or draw.random() < 0.3:
        return _other_lemmas(draw, last, steps)
    place = draw.randrange(len(steps))
    literals, hints = map(list, steps[place])
    if draw.random() < 0.6:
        number = clauses + 1 + place
        other = [0, -1, 1, number, number - 1, number + 1, last, -number, LARGEST, -LARGEST]
        _change_numbers(draw, hints, [*other, draw.randint(1, last), draw.randint(1, last)])
    else:
        other = [draw.choice([1, -1]) * draw.randint(1, 6) for _ in range(4)]
        _change_numbers(draw, literals, other + [-literal for literal in literals])
    steps[place] = tuple(literals), tuple(hints)
    return steps


def _other_lemmas(draw: Random, last: int, steps: list[Step]) -> list[Step]:
    """One is left out, there twice, or new; or two change places."""
    literals = tuple(draw.choice([1, -1]) * draw.randint(1, 6) for _ in range(draw.randint(0, 2)))
    hints = tuple(draw.randint(1, last or 1) for _ in range(draw.randint(0, 3)))
    place = draw.randint(0, len(steps))
    match draw.randrange(5):
        case 0 | 1 if place < len(steps):
            del steps[place]
        case 2 if place < len(steps):
            steps.append(steps[place])
        case 3 if place < len(steps):
            other = draw.randrange(len(steps))
            steps[place], steps[other] = steps[other], steps[place]
        case _:
            steps.insert(place, (literals, hints))
    return steps


def _change_numbers(draw: Random, numbers: list[int], other: Sequence[int]) -> None:
    """One of them is another, left out, there twice, or in another place."""
    place = draw.randint(0, len(numbers))
    match draw.randrange(5):
        case 0 if place < len(numbers):
            del numbers[place]
        case 1 if place < len(numbers):
            numbers.append(numbers[place])
        case 2 if place < len(numbers):
            numbers.insert(draw.randint(0, len(numbers)), numbers.pop(place))
        case 3:
            numbers.insert(place, draw.choice(other))
        case _:
            numbers[place : place + 1] = [draw.choice(other)]


def steps_of(proof: Proof) -> list[Step]:
    return [(tuple(literals), tuple(hints)) for literals, hints in proof.steps()]


# ---- as bytes ----

#: Of a small window, which any reader of a larger one can read: quick to start.
QUICK = [{"id": lzma.FILTER_LZMA2, "preset": 1, "dict_size": 2**16, "lc": 1, "lp": 2, "pb": 2}]


def words_of(proof: Proof) -> list[int]:
    """What is packed: sizes, lengths, counts, literals, and hints."""
    parts = (proof.lengths, proof.counts, proof.literals, proof.hints)
    sizes = (len(proof), len(proof.literals), len(proof.hints))
    return [*sizes, *(number for part in parts for number in part.tolist())]


def compressed(*words: int, after: bytes = b"") -> bytes:
    """Words, which need not make a proof, as a proof is packed."""
    content = b"".join(word.to_bytes(4, "little", signed=True) for word in words) + after
    return lzma.compress(content, format=lzma.FORMAT_RAW, filters=QUICK)


def zeros(size: int) -> bytes:
    """So many of them, packed: a bomb."""
    packer = lzma.LZMACompressor(format=lzma.FORMAT_RAW, filters=QUICK)
    parts = [packer.compress(bytes(min(2**22, size - at))) for at in range(0, size, 2**22)]
    return b"".join([*parts, packer.flush()])
