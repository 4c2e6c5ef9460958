"""Neurons with more open places than memory: taken in portions, with the same answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest

import smtcheck as sc
from smtcheck.checking.composition import composition, open_places
from smtcheck.checking.composition.blocks import USUAL, DoesNotApply, TableSizes
from smtcheck.claims.questions import Question
from smtcheck.claims.settings import QuantizationScheme
from smtcheck.claims.sides import NetworkSide
from smtcheck.claims.verdicts import Refuted, Verdict
from smtcheck.construction.boxes.partitions import Partition, TabulatedFunction
from smtcheck.construction.construct import table_target
from smtcheck.construction.indicators.saturation import SaturationSide
from smtcheck.construction.lowering.coefficients import network
from smtcheck.limits import Limits
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.networks.network import Network
from tests.construction.builders import builder_of
from tests.engines.in_process import InProcess

FORMAT = sc.Format.parse("paper(3,4)")
CODES = np.arange(FORMAT.lo, FORMAT.hi + 1)
MAXIMUM = np.maximum(CODES[:, None], CODES[None, :])


@pytest.fixture(scope="module")
def level_sets() -> Network:
    """The maximum as a sum of boxes, each within the next: large ones, and copies of neurons."""
    setting = QuantizationScheme(format=FORMAT)
    entries = ActivationTable(sc.activation("sigmoid"), FORMAT)
    shop = builder_of(setting, entries)
    assert shop is not None
    function = TabulatedFunction(tables=(MAXIMUM,), sums=(None,))
    partition = Partition(setting=setting, evidence=shop.evidence, function=function)
    return network(setting, entries, shop._cells(partition.of_levels, "steps", SaturationSide.UP))


def verdict_of(net: Network, sizes: TableSizes = USUAL) -> Verdict:
    question = Question(
        left=NetworkSide(network=net),
        right=table_target(MAXIMUM, FORMAT),
        domain=(FORMAT.codes, FORMAT.codes),
    )
    return composition.prove(question, Limits().deadline(), InProcess().within(Limits()), sizes)


def test_portions_give_the_answers_of_the_whole(
    level_sets: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[list[np.ndarray]] = []
    portions = open_places._portions

    def noted(counts: Sequence[np.ndarray], *limits: int) -> Iterator[np.ndarray]:
        found.append(list(portions(counts, *limits)))
        return iter(found[-1])

    monkeypatch.setattr(open_places, "_portions", noted)
    for sizes in (USUAL, TableSizes(portion=1000)):
        assert str(verdict_of(level_sets, sizes)) == "proved"
        last = level_sets.layers[-1]
        for change in (1, 40):
            biases = tuple(bias + change * FORMAT.scale for bias in last.biases)
            layers = (*level_sets.layers[:-1], replace(last, biases=biases))
            changed = verdict_of(replace(level_sets, layers=layers), sizes)
            assert isinstance(changed, Refuted)
            assert changed.counterexample.input_codes == (0, 0)
    assert len(found[0]) == 1 and len(found[-1]) > 3
    assert np.array_equal(np.sort(np.concatenate(found[-1])), found[0][0])


@pytest.mark.parametrize("sizes", [TableSizes(streamed=100), TableSizes(portion=190)])
def test_too_many_places_are_refused(level_sets: Network, sizes: TableSizes) -> None:
    """Of all neurons, or of one of them."""
    with pytest.raises(DoesNotApply, match="too many values"):
        verdict_of(level_sets, sizes)
