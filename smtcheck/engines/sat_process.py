"""The child process in which CaDiCaL runs: `python -m smtcheck.engines.sat_process`.

It reads a header line (limits and options, JSON) and a DIMACS file from standard input
and writes one line of JSON: `unsat`, `sat` with the literals that are true, or `unknown`
with a reason.  The LRAT proof goes to the file that the header names.

python-sat brings CaDiCaL, but has no way to ask it for LRAT.  Its extension module
exports CaDiCaL's own interface, though, by the names that C++ compilers give it: so
the version is pinned (pyproject.toml), and looked at here.  This is the only module that
imports pysat.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterable
from typing import Any

from smtcheck.limits import confine_memory, end_with_parent

VERSION = "1.9.5"
PREFIX = "_ZN10CaDiCaL1956Solver"
ROOM_BYTES = 65536  #: more than a Solver object needs
SATISFIABLE, UNSATISFIABLE = 10, 20  #: what CaDiCaL returns


def main() -> None:
    """Answer the one question on standard input."""
    header = json.loads(sys.stdin.readline())
    end_with_parent(header["parent"])
    signal.alarm(header["seconds"] + 5)  # a backstop, where the parent ends unnoticed
    confine_memory(header["memory_mebibytes"])
    limit_bytes = header["proof_mebibytes"] * 2**20
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))
    try:
        solver = Cadical(header["configuration"], header["options"], header["proof"])
    except (ImportError, OSError, AttributeError) as error:
        _say("unknown", reason=f"python-sat does not bring CaDiCaL {VERSION}: {error}")
        return
    variables = solver.read(sys.stdin)
    result = solver.solve()
    if result == SATISFIABLE:
        _say("sat", solver.model(variables))
    else:
        _say("unsat" if result == UNSATISFIABLE else "unknown", reason="CaDiCaL gave up")


def _say(kind: str, literals: Iterable[int] = (), reason: str | None = None) -> None:
    print(json.dumps([kind, list(literals), reason]), flush=True)


class Cadical:
    """One solver object, which is never freed: the process ends soon."""

    def __init__(self, configuration: str, options: dict[str, int], proof: str) -> None:
        import pysolvers

        self._library = ctypes.CDLL(pysolvers.__file__)
        self._object = ctypes.create_string_buffer(ROOM_BYTES)
        self._method("C1Ev")()
        self._method("9configureEPKc", ctypes.c_char_p)(configuration.encode())
        set_option = self._method("3setEPKci", ctypes.c_char_p, ctypes.c_int)
        for name, value in {"lrat": 1, "binary": 0, **options}.items():
            set_option(name.encode(), value)
        self._method("11trace_proofEPKc", ctypes.c_char_p)(os.fsencode(proof))

    def read(self, lines: Iterable[str]) -> int:
        """Add the clauses of a DIMACS file; the number of its variables."""
        add = self._method("3addEi", ctypes.c_int)
        rows = iter(lines)
        variables = int(next(rows).split()[2])
        for row in rows:
            for literal in row.split():
                add(int(literal))
        return variables

    def solve(self) -> int:
        """What CaDiCaL says; the proof is complete then."""
        result = self._method("5solveEv")()
        self._method("17close_proof_traceEb", ctypes.c_bool)(False)
        return int(result)

    def model(self, variables: int) -> list[int]:
        """The literals that are true."""
        value = self._method("3valEi", ctypes.c_int)
        return [n if value(n) > 0 else -n for n in range(1, variables + 1)]

    def _method(self, name: str, *types: Any) -> Callable[..., Any]:
        method = getattr(self._library, PREFIX + name)
        method.argtypes = [ctypes.c_void_p, *types]
        method.restype = ctypes.c_int
        this = ctypes.c_void_p(ctypes.addressof(self._object))
        return lambda *arguments: method(this, *arguments)


if __name__ == "__main__":
    main()
