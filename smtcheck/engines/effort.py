"""What is worth how much: by these estimates engines are chosen and work is parted."""

from __future__ import annotations

from dataclasses import dataclass

from smtcheck.checking.certificate_files import MAX_STORED_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvingEffort:
    """How much is tried before something else is; work is points times neurons."""

    work_per_second: int = 10**8  #: that is evaluated, about
    quick_seconds: int = 1  #: of evaluation: sooner done than asking solvers
    feasible_seconds: int = 100  #: of evaluation: worth it where solvers have not answered by then
    part_work: int = 2**24  #: that is sent to a process at a time: about half a second
    part_points: int = 2**12  #: of such a part at least: worth more than sending the question
    quick_check: int = 2**27  #: work of a certificate that is checked in about a second
    longest_check: int = 2**34  #: where there is no other certificate
    attempts: int = 10  #: to find a proof that is small enough
    proof_bytes: int = MAX_STORED_BYTES - 2**12  #: in a certificate, beside its header


USUAL = ProvingEffort()
