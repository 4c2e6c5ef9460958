"""Where proofs become verdicts: `Proved` is made here and nowhere else."""

from __future__ import annotations

from smtcheck.claims.verdicts import Basis, Proved


def proved(engine: str, evidence: str, basis: Basis) -> Proved:
    """Both sides agree everywhere; the basis says who has to be believed.

    Nothing is checked here: whoever calls it has done so, or says that a solver has to be
    believed.  `Basis.CERTIFICATE` is said in `checking` only.
    """
    return Proved(engine=engine, evidence=evidence, basis=basis)
