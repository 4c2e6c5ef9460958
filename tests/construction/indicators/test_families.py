"""Which kinds of gates there are for a setting, and that each is what it is called."""

from __future__ import annotations

import pytest

from smtcheck.arithmetic.formats import Format
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from smtcheck.construction.indicators.families import FEW_PLACES, Families
from smtcheck.construction.indicators.penalties import Neurons
from smtcheck.construction.indicators.saturation import NoNetwork, SaturationSide
from smtcheck.construction.indicators.step_functions import StepFunctions
from smtcheck.construction.indicators.thresholds import PointIndicators, ThresholdNeurons
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.networks.activations import activation


def families(
    text: str, name: str, weights: Weights = Weights.FULL, bias: Bias = Bias.EXACT
) -> Families:
    setting = QuantizationScheme(format=Format.parse(text), weights=weights, bias=bias)
    return Families(setting=setting, entries=ActivationTable(activation(name), setting.format))


@pytest.mark.parametrize(
    ("text", "name", "bias", "kinds"),
    [
        ("paper(3,4)", "relu", Bias.EXACT, "steps thresholds gates"),
        ("paper(3,4)", "relu", Bias.FORMAT, "thresholds gates"),
        ("paper(3,4)", "cos", Bias.EXACT, "thresholds gates"),  # T is the same at both ends
        ("paper(6,32)", "relu", Bias.EXACT, "steps"),  # gates take long to find
        ("paper(6,32)", "relu", Bias.FORMAT, "thresholds"),
        ("paper(6,32)", "step", Bias.EXACT, "steps"),
        ("ap_ufixed<3,1,AP_RND,AP_SAT>", "relu", Bias.EXACT, "thresholds gates"),
        ("paper(3,4,AP_RND,AP_SAT_ZERO)", "relu", Bias.EXACT, "thresholds gates"),
    ],
)
@pytest.mark.sampled(2)
def test_kinds(text: str, name: str, bias: Bias, kinds: str) -> None:
    found = families(text, name, bias=bias)
    assert found.kinds == tuple(kinds.split())
    either = [kind for kind, side in found.gates if side is SaturationSide.EITHER]
    assert either == ["gates"] * ("gates" in kinds)
    sides = [(kind, side) for kind, side in found.gates if side is not SaturationSide.EITHER]
    assert sides == [
        (kind, side) for kind in found.kinds for side in (SaturationSide.UP, SaturationSide.DOWN)
    ]


def test_without_steps_gates_are_searched_on_longer_axes() -> None:
    """Without negative weights there are neither steps nor thresholds; 64 places are not few."""
    found = families("ap_ufixed<6,1,AP_RND,AP_SAT>", "relu")
    assert found.setting.format.codes.size > FEW_PLACES
    assert found.kinds == ("gates",)


def test_each_is_made_once_and_reads_its_direction() -> None:
    found = families("paper(3,4)", "relu")
    for kind, form in (
        ("steps", StepFunctions),
        ("thresholds", ThresholdNeurons),
        ("gates", Neurons),
    ):
        family = found.along(kind, (1, -1))
        assert isinstance(family, form)
        assert found.along(kind, (1, -1)) is family is not found.along(kind, (1, 1))
        assert (family.axis.low, family.axis.high) == (-14, 14)
        assert [own.axis.signs for own in found.of_inputs(kind, 2)] == [(1, 0), (0, 1)]
    assert isinstance(families("paper(3,4)", "cos").along("thresholds", (1,)), PointIndicators)


def test_directions_that_cannot_be_read() -> None:
    unsigned = families("ap_ufixed<3,1,AP_RND,AP_SAT>", "relu")
    with pytest.raises(NoNetwork, match="no weight is negative"):
        unsigned.along("gates", (1, -1))
    lopsided = families("codes(-2,5,3)", "relu")  # 5 is a weight, -5 is none
    assert lopsided.along("steps", (1, 1)).axis.high == 10
    with pytest.raises(NoNetwork, match="weights of both signs"):
        lopsided.along("steps", (1, -1))
    constant = families("paper(3,4)", "expr:0")
    for _ in range(2):  # why there are no steps is remembered
        with pytest.raises(NoNetwork):
            constant.along("steps", (1,))
