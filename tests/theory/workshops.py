"""Universal settings, ready to build networks."""

from __future__ import annotations

from smtcheck.proving.deciding import decide_entries
from smtcheck.proving.limits import Limits
from smtcheck.proving.verdicts import Universal
from smtcheck.theory.construction import Workshop
from smtcheck.theory.entries import Entries
from smtcheck.theory.evidence import Criterion
from smtcheck.theory.settings import Setting


def workshop_of(setting: Setting, entries: Entries) -> Workshop | None:
    """None where the setting is not known to be universal."""
    match decide_entries(setting, entries, Limits()):
        case Universal(evidence=Criterion() as evidence):
            return Workshop(setting=setting, entries=entries, evidence=evidence)
        case _:
            return None
