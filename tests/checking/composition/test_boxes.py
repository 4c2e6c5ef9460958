"""All inputs of a box at once: the same codes as input by input."""

from __future__ import annotations

from itertools import product

import pytest

from smtcheck.arithmetic.arrays import WouldOverflow
from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.intervals import Interval
from smtcheck.checking import replay
from smtcheck.checking.composition.boxes import along, outputs_at_all
from smtcheck.claims.questions import Question
from smtcheck.claims.sides import ActivationSide, Side
from smtcheck.networks.activations import activation
from tests.claims.random_questions import expression_side

EIGHTHS = Format.parse("paper(3, 8)")
WIDE = Format.parse("paper(64, 3)")


def every_output(side: Side, *domain: tuple[int, int]) -> list[list[int]]:
    """The codes of each output, the last input fastest."""
    axes = tuple(Interval(*axis) for axis in domain)
    question = Question(left=side, right=side, domain=axes)
    return [array.elements.tolist() for array in outputs_at_all(side, question)]


def test_the_last_input_is_fastest() -> None:
    side = expression_side(("x0 - 2 * x1", "x1", "0", "x2 * x0"), 3, EIGHTHS, EIGHTHS)
    points = product(range(-3, 0), range(2, 3), range(-1, 4))
    expected = [replay.side_codes(side, point) for point in points]
    found = every_output(side, (-3, -1), (2, 2), (-1, 3))
    assert list(map(list, zip(*found, strict=True))) == expected


def test_an_activation() -> None:
    side = ActivationSide(activation=activation("square"), output_format=EIGHTHS)
    expected = [replay.side_codes(side, (code,)) for code in range(-5, 3)]
    assert [[code] for code in every_output(side, (-5, 2))[0]] == expected


@pytest.mark.parametrize("low", [2**63 - 4, 2**63 - 5, 2**62, -(2**63), 1 - 2**63])
def test_codes_at_the_ends_of_int64(low: int) -> None:
    assert along(Interval(low, low + 3), 0, 1).tolist() == list(range(low, low + 4))
    side = expression_side(("where(x0 > 0, 1, -1)",), 1, WIDE, EIGHTHS)
    assert every_output(side, (low, low + 3)) == [[7 if low > 0 else -7] * 4]


@pytest.mark.parametrize("low", [2**63 - 3, 2**63, 2**63 + 5, -(2**63) - 1, -(2**63) - 9])
def test_codes_beyond_int64_are_refused(low: int) -> None:
    side = expression_side(("where(x0 > 0, 1, -1)",), 1, WIDE, EIGHTHS)
    with pytest.raises(WouldOverflow):
        every_output(side, (low, low + 3))
