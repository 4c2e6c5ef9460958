"""The child process in which one solver runs: `python -m smtcheck.engines.smt_process NAME`.

It reads a header line (limits and input intervals, JSON) and an SMT-LIB 2 script
from standard input, and writes lines of JSON: a kind (`sat`, `unsat`, `unknown`),
input codes, a reason.  After `sat` it looks for smaller codes, one input after
the other, and writes each improvement.  This is the only module that imports z3,
bitwuzla or cvc5.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any

from smtcheck.limits import confine_memory, end_with_parent

#: Is there a solution with these inputs confined to these intervals?
Query = Callable[[Sequence[tuple[int, int]]], "tuple[int, ...] | None"]


class Unknown(Exception):
    """The solver gave up, with its reason."""


def main() -> None:
    """Answer the one question on standard input."""
    header = json.loads(sys.stdin.readline())
    end_with_parent(header["parent"])
    signal.alarm(header["seconds"] + 5)  # a backstop, where the parent ends unnoticed
    confine_memory(header["memory_mebibytes"])
    text = sys.stdin.read()
    intervals = [(low, high) for low, high in header["inputs"]]
    queries = {"z3": _z3_query, "bitwuzla": _bitwuzla_query, "cvc5": _cvc5_query}
    start = queries[sys.argv[1]]
    try:
        query = start(text, intervals, header["seed"])
        codes = query(intervals)
        if codes is None:
            _say("unsat")
            return
        _say("sat", codes)
        _minimise(query, intervals, codes)
        _say("done")
    except Unknown as error:
        _say("unknown", reason=str(error))
    except MemoryError:
        _say("unknown", reason="memory limit reached")


def _say(kind: str, codes: Sequence[int] = (), reason: str | None = None) -> None:
    print(json.dumps([kind, list(codes), reason]), flush=True)


def _minimise(query: Query, intervals: Sequence[tuple[int, int]], codes: tuple[int, ...]) -> None:
    """The smallest |x0|, then the smallest |x1|, ...; of two signs the positive one."""
    box = list(intervals)
    for index, (low, high) in enumerate(intervals):
        below, size = -1, abs(codes[index])  # no solution of size `below` or less
        while size - below > 1:
            middle = (below + size) // 2
            box[index] = (max(low, -middle), min(high, middle))
            found = query(box) if box[index][0] <= box[index][1] else None
            if found is None:
                below = middle
            else:
                codes, size = found, abs(found[index])
                _say("sat", codes)
        if codes[index] < 0 and size <= high:
            box[index] = (size, size)
            found = query(box)
            if found is not None:
                codes = found
                _say("sat", codes)
        box[index] = (codes[index], codes[index])


def _z3_query(text: str, intervals: Sequence[tuple[int, int]], seed: int) -> Query:
    import z3

    assertions = z3.parse_smt2_string(text)
    words = [z3.BitVec(f"x{i}", width_bits(*bounds)) for i, bounds in enumerate(intervals)]

    def query(box: Sequence[tuple[int, int]]) -> tuple[int, ...] | None:
        solver = z3.SolverFor("QF_BV")
        solver.set("random_seed", seed)
        solver.add(assertions)
        for word, (low, high) in zip(words, box, strict=True):
            solver.add(word >= low, word <= high)
        result = solver.check()
        if result == z3.unsat:
            return None
        if result != z3.sat:
            raise Unknown(str(solver.reason_unknown()))
        model = solver.model()
        return tuple(model.eval(word, model_completion=True).as_signed_long() for word in words)

    return query


def _bitwuzla_query(text: str, intervals: Sequence[tuple[int, int]], seed: int) -> Query:
    from bitwuzla import Kind, Option, Options, Parser, Result, TermManager

    manager, options = TermManager(), Options()
    options.set(Option.PRODUCE_MODELS, True)
    options.set(Option.SEED, seed)
    parser = Parser(manager, options)
    parser.parse(text, True, False)
    solver = parser.bitwuzla()
    words = {term.symbol(): term for term in parser.get_declared_funs()}
    inputs = [words[f"x{i}"] for i in range(len(intervals))]

    def between(word: Any, low: int, high: int) -> list[Any]:
        bounds = [manager.mk_bv_value(word.sort(), bound) for bound in (low, high)]
        return [
            manager.mk_term(Kind.BV_SLE, [bounds[0], word]),
            manager.mk_term(Kind.BV_SLE, [word, bounds[1]]),
        ]

    def query(box: Sequence[tuple[int, int]]) -> tuple[int, ...] | None:
        conditions = [
            condition
            for word, bounds in zip(inputs, box, strict=True)
            for condition in between(word, *bounds)
        ]
        result = solver.check_sat(*conditions)
        if result == Result.UNSAT:
            return None
        if result != Result.SAT:
            raise Unknown("gave up")
        return tuple(_signed(str(solver.get_value(word).value(2))) for word in inputs)

    return query


def _cvc5_query(text: str, intervals: Sequence[tuple[int, int]], seed: int) -> Query:
    import cvc5
    from cvc5 import Kind

    manager = cvc5.TermManager()
    solver = cvc5.Solver(manager)
    for option, value in {"produce-models": "true", "incremental": "true", "seed": seed}.items():
        solver.setOption(option, str(value))
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "obligation")
    while not (command := parser.nextCommand()).isNull():
        if command.getCommandName() != "check-sat":
            command.invoke(solver, parser.getSymbolManager())
    words = {term.getSymbol(): term for term in parser.getSymbolManager().getDeclaredTerms()}
    inputs = [words[f"x{i}"] for i in range(len(intervals))]

    def between(word: Any, low: int, high: int) -> list[Any]:
        size = word.getSort().getBitVectorSize()
        bounds = [manager.mkBitVector(size, bound % 2**size) for bound in (low, high)]
        return [
            manager.mkTerm(Kind.BITVECTOR_SLE, bounds[0], word),
            manager.mkTerm(Kind.BITVECTOR_SLE, word, bounds[1]),
        ]

    def query(box: Sequence[tuple[int, int]]) -> tuple[int, ...] | None:
        pairs = zip(inputs, box, strict=True)
        result = solver.checkSatAssuming(*(c for word, own in pairs for c in between(word, *own)))
        if result.isUnsat():
            return None
        if not result.isSat():
            raise Unknown("gave up")
        return tuple(_signed(solver.getValue(word).getBitVectorValue(2)) for word in inputs)

    return query


def _signed(bits: str) -> int:
    return int(bits, 2) - (int(bits[0]) << len(bits))


def width_bits(low: int, high: int) -> int:
    """Bits of the two's complement word that holds low .. high."""
    return max(b.bit_length() if b >= 0 else (~b).bit_length() for b in (low, high)) + 1


if __name__ == "__main__":
    main()
