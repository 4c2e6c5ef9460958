"""smtcheck: proves or refutes what quantized neural networks compute, bit for bit.

    import smtcheck as sc

    net = sc.Network.load("max2.json")
    verdict = sc.prove(net, equals="max(x0, x1)")

Names are loaded when they are first used, so importing the package is quick.  The examples
of their docstrings assume `import smtcheck as sc`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from smtcheck.version import __version__

if TYPE_CHECKING:
    from smtcheck.arithmetic.formats import Format
    from smtcheck.arithmetic.overflow import Overflow
    from smtcheck.arithmetic.rounding import Rounding
    from smtcheck.claims.verdicts import (
        Counterexample,
        NotUniversal,
        Proved,
        Refuted,
        Undecided,
        Universal,
    )
    from smtcheck.construction.construct import Constructed
    from smtcheck.errors import InputError
    from smtcheck.interface.api import activation, construct, decide, prove, table
    from smtcheck.networks.network import Network

__all__ = [
    "Constructed",
    "Counterexample",
    "Format",
    "InputError",
    "Network",
    "NotUniversal",
    "Overflow",
    "Proved",
    "Refuted",
    "Rounding",
    "Undecided",
    "Universal",
    "__version__",
    "activation",
    "construct",
    "decide",
    "prove",
    "table",
]

_HOMES = {
    "Constructed": "smtcheck.construction.construct",
    "Counterexample": "smtcheck.claims.verdicts",
    "Format": "smtcheck.arithmetic.formats",
    "InputError": "smtcheck.errors",
    "Network": "smtcheck.networks.network",
    "NotUniversal": "smtcheck.claims.verdicts",
    "Overflow": "smtcheck.arithmetic.overflow",
    "Proved": "smtcheck.claims.verdicts",
    "Refuted": "smtcheck.claims.verdicts",
    "Rounding": "smtcheck.arithmetic.rounding",
    "Undecided": "smtcheck.claims.verdicts",
    "Universal": "smtcheck.claims.verdicts",
    "activation": "smtcheck.interface.api",
    "construct": "smtcheck.interface.api",
    "decide": "smtcheck.interface.api",
    "prove": "smtcheck.interface.api",
    "table": "smtcheck.interface.api",
}


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'smtcheck' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
