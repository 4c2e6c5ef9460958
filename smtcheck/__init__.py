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
    from smtcheck.checking.refusals import Refused
    from smtcheck.claims.claim_files import Claim
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
    from smtcheck.interface.explanations import Explanation
    from smtcheck.interface.python.agreement import check, prove
    from smtcheck.interface.python.claims import Certified, certify, export, load_claim, verify
    from smtcheck.interface.python.explaining import explain
    from smtcheck.interface.python.sweeping import sweep
    from smtcheck.interface.python.tables import CodeTable, activation, table
    from smtcheck.interface.python.universality import construct, decide
    from smtcheck.limits import Limits
    from smtcheck.networks.network import Network

__all__ = [
    "Certified",
    "Claim",
    "CodeTable",
    "Constructed",
    "Counterexample",
    "Explanation",
    "Format",
    "InputError",
    "Limits",
    "Network",
    "NotUniversal",
    "Overflow",
    "Proved",
    "Refused",
    "Refuted",
    "Rounding",
    "Undecided",
    "Universal",
    "__version__",
    "activation",
    "certify",
    "check",
    "construct",
    "decide",
    "explain",
    "export",
    "load_claim",
    "prove",
    "sweep",
    "table",
    "verify",
]

_HOMES = {
    "Certified": "smtcheck.interface.python.claims",
    "Claim": "smtcheck.claims.claim_files",
    "CodeTable": "smtcheck.interface.python.tables",
    "Constructed": "smtcheck.construction.construct",
    "Counterexample": "smtcheck.claims.verdicts",
    "Explanation": "smtcheck.interface.explanations",
    "Format": "smtcheck.arithmetic.formats",
    "InputError": "smtcheck.errors",
    "Limits": "smtcheck.limits",
    "Network": "smtcheck.networks.network",
    "NotUniversal": "smtcheck.claims.verdicts",
    "Overflow": "smtcheck.arithmetic.overflow",
    "Proved": "smtcheck.claims.verdicts",
    "Refused": "smtcheck.checking.refusals",
    "Refuted": "smtcheck.claims.verdicts",
    "Rounding": "smtcheck.arithmetic.rounding",
    "Undecided": "smtcheck.claims.verdicts",
    "Universal": "smtcheck.claims.verdicts",
    "activation": "smtcheck.interface.python.tables",
    "certify": "smtcheck.interface.python.claims",
    "check": "smtcheck.interface.python.agreement",
    "construct": "smtcheck.interface.python.universality",
    "decide": "smtcheck.interface.python.universality",
    "explain": "smtcheck.interface.python.explaining",
    "export": "smtcheck.interface.python.claims",
    "load_claim": "smtcheck.interface.python.claims",
    "prove": "smtcheck.interface.python.agreement",
    "sweep": "smtcheck.interface.python.sweeping",
    "table": "smtcheck.interface.python.tables",
    "verify": "smtcheck.interface.python.claims",
}


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'smtcheck' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
