"""Arguments in a form that does not hold, about formats that are not universal."""

from __future__ import annotations

import pytest

import smtcheck as sc
from smtcheck.checking.refusals import Refused
from smtcheck.checking.universality.arguments import verdict
from smtcheck.claims.evidence import ByEnds, Criterion, Entry
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from smtcheck.claims.verdicts import NotUniversal
from smtcheck.limits import Limits
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.networks.activations import TableActivation
from smtcheck.universality.decision import decide
from tests.checking.dischargers import NOBODY


def test_equal_ends_do_not_separate() -> None:
    """-2 and 2 look alike to every neuron, though all else of the argument holds."""
    setting = QuantizationScheme(
        format=sc.Format.parse("paper(2,1)"), weights=Weights.TERNARY, bias=Bias.FORMAT
    )
    act = TableActivation(name="table:alike.csv", codes=(0, -1, 0, 0, 0, -1, 0))
    entries = ActivationTable(act, setting.format)
    forged = Criterion(
        entries=(Entry(code=-3, result=0), Entry(code=-2, result=-1)),
        difference_gcd=1,
        bias=0,
        constant=Entry(code=-3, result=0),
        repeats=0,
        separation=ByEnds(witness=(Entry(code=-3, result=0), Entry(code=3, result=0))),
    )
    with pytest.raises(Refused, match="T does not differ at the ends"):
        verdict(setting, entries, forged, NOBODY)
    assert isinstance(decide(setting, act, Limits()), NotUniversal)
