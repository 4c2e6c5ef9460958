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
    "Certified", "Claim", "CodeTable", "Constructed", "Counterexample", "Explanation", "Format",
    "InputError", "Limits", "Network", "NotUniversal", "Overflow", "Proved", "Refused", "Refuted",
    "Rounding", "Undecided", "Universal", "__version__", "activation", "certify", "check",
    "construct", "decide", "explain", "export", "load_claim", "prove", "sweep", "table", "verify",
]  # fmt: skip

#: Where names come from; `from` statements would load it all.
_MODULES = {
    "arithmetic.formats": "Format",
    "arithmetic.overflow": "Overflow",
    "arithmetic.rounding": "Rounding",
    "checking.refusals": "Refused",
    "claims.claim_files": "Claim",
    "claims.verdicts": "Counterexample NotUniversal Proved Refuted Undecided Universal",
    "construction.construct": "Constructed",
    "errors": "InputError",
    "interface.explanations": "Explanation",
    "interface.python.agreement": "check prove",
    "interface.python.claims": "Certified certify export load_claim verify",
    "interface.python.explaining": "explain",
    "interface.python.sweeping": "sweep",
    "interface.python.tables": "CodeTable activation table",
    "interface.python.universality": "construct decide",
    "limits": "Limits",
    "networks.network": "Network",
}
_HOMES = {name: f"smtcheck.{home}" for home, names in _MODULES.items() for name in names.split()}


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'smtcheck' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
