"""The row merge: what it makes of a network is the network, and verdicts stay the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache, partial
from itertools import islice
from random import Random

import pytest

from benchmarks.constructed import random_case
from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.intervals import Interval
from smtcheck.arithmetic.operations import Interpretation, Num, Vector
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.arithmetic.rounding import Rounding
from smtcheck.checking import replay
from smtcheck.checking.composition import composition
from smtcheck.checking.composition.blocks import DoesNotApply
from smtcheck.claims.questions import Question
from smtcheck.claims.sides import ActivationSide, NetworkSide
from smtcheck.claims.verdicts import InternalError, Minimality, Proved, Refuted, Undecided
from smtcheck.engines import row_merge, shared_sums
from smtcheck.engines.effort import ProvingEffort
from smtcheck.engines.portfolio import Engine, prove
from smtcheck.engines.row_merge import NotMerged, merged, merged_network
from smtcheck.engines.tabulated_side import MergedSide, TableTerm
from smtcheck.limits import Limits
from smtcheck.networks.activations import CallableActivation, activation
from smtcheck.networks.layers import Layer
from smtcheck.networks.matrices import Matrix
from smtcheck.networks.network import Network
from tests.arithmetic.interpretations import INTERPRETATIONS, Interpret
from tests.checking.test_soundness import agrees, answer
from tests.claims.random_questions import (
    Known,
    expression_side,
    other_network,
    smallest_first,
    truth_table,
)
from tests.engines.random_merges import (
    Mergeable,
    merged_codes,
    merged_side,
    random_merges,
)

LIMITS = Limits(timeout_seconds=60)


@cache
def networks() -> list[tuple[Mergeable, MergedSide]]:
    small, larger = random_merges(seed=3), random_merges(seed=4, most_codes=16)
    return [(one, merged_side(one)) for one in (*islice(small, 350), *islice(larger, 50))]


def test_the_networks_are_many_and_varied() -> None:
    sides = [side for _, side in networks()]
    sums = [len(side.sums) for side in sides]
    assert [sum(n >= least for n in sums) > 20 for least in (1, 2, 3, 4)] == [True] * 4
    assert sum(n == 0 for n in sums) > 100
    layers = [layer for one, _ in networks() for layer in one.pair.network.layers]
    for mode in (*Rounding, *Overflow):
        formats = [layer.output_format for layer in layers]
        assert sum(mode in (fmt.rounding, fmt.overflow) for fmt in formats) > 100
    assert any(isinstance(result, TableTerm) for side in sides for result in side.results)
    assert sum(side.outputs == 2 for side in sides) > 50
    deep = [side for side in sides if any(on_a_sum(side, one.lookups) for one in side.sums)]
    assert len(deep) > 5  # sums of tables of sums


def on_a_sum(side: MergedSide, lookups: Sequence[TableTerm]) -> bool:
    return any(lookup.atom >= side.inputs for lookup in lookups)


def test_a_merged_network_is_the_network_at_every_input() -> None:
    for one, side in networks():
        for point in one.points:
            assert merged_codes(side, point) == one.pair.expected(point), (one, point)


@pytest.mark.parametrize("interpret", INTERPRETATIONS)
def test_every_interpretation_of_it_is_the_network(interpret: Interpret) -> None:
    telling = [(one, side) for one, side in networks() if side.sums]
    for one, side in telling[:: len(telling) // 25]:
        points = Random(5).choices(one.points, k=40)
        for output in range(side.outputs):
            codes = interpret(partial(output_code, side, output), one.domain, points)
            assert codes == [one.pair.expected(point)[output] for point in points]


def output_code(
    side: MergedSide, output: int, ops: Interpretation[Num, Vector], *codes: Num
) -> Num:
    question = Question(left=side, right=side, domain=side.domain)
    return side.codes(ops, question.variables(codes))[output]


# ---- verdicts ----


def random_claims(seed: int) -> Iterator[Known]:
    """A network against nearly the same one, or against its own table."""
    draw = Random(seed)
    for one in random_merges(seed):
        kind = draw.choice([other_network, truth_table])
        right = kind(draw, one.pair, one.domain)
        if right is None or not merged_side(one).sums:
            continue
        side, meaning = right
        points = smallest_first(one.domain)
        yield Known(
            kind=kind.__name__,
            question=Question(
                left=NetworkSide(network=one.pair.network),
                right=side,
                domain=one.domain,
                tolerance_ulp=draw.choice([0, 0, 1]),
            ),
            points=points,
            left=[one.pair.expected(point) for point in points],
            right=[meaning(point) for point in points],
        )


@cache
def claims() -> list[Known]:
    return list(islice(random_claims(seed=11), 100))


def merged_question(question: Question) -> Question:
    asked = merged(question)
    assert isinstance(asked, Question)
    return asked


@pytest.mark.parametrize("name", [pytest.param("bitwuzla", marks=pytest.mark.slow), "z3"])
def test_solvers_asked_about_tables_give_the_same_verdicts(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[tuple[str, Sequence[int]]] = []
    monkeypatch.setattr(
        "smtcheck.engines.smt_process._say", lambda kind, codes=(): said.append((kind, codes))
    )
    refuted = sum(one.smallest is not None for one in claims())
    assert 25 < refuted < 75
    for one in claims()[::2]:
        assert answer(merged_question(one.question), name, said) == one.smallest


def test_the_engine() -> None:
    for one in claims()[::10]:
        verdict = prove(one.question, LIMITS, Engine.MERGE)
        assert agrees(one, verdict), one
        assert isinstance(verdict, Proved | Refuted)
        assert verdict.engine.startswith("merge + ")


def test_a_merged_side_is_no_side_to_replay() -> None:
    """What is shown to people was found in the network itself."""
    asked = merged_question(random_case(1, 2).question)
    with pytest.raises(InternalError, match="no reference for MergedSide"):
        replay.side_codes(asked.left, (0,))


# ---- constructed networks ----


def test_a_constructed_network_of_one_input_becomes_its_table() -> None:
    case = random_case(1, 4)
    side = merged_question(case.question).left
    assert isinstance(side, MergedSide)
    assert (side.sums, side.results) == ((), (TableTerm(atom=0, table=case.grid.entries),))


def test_a_constructed_network_of_two_inputs_becomes_a_sum_for_each_cell() -> None:
    case = random_case(2, 2)
    side = merged_question(case.question).left
    assert isinstance(side, MergedSide)
    assert len(side.sums) <= len(case.grid.entries) == 49
    assert side.cost < NetworkSide(network=case.network).cost // 3
    assert {one.high - one.low for one in side.sums} == {1}  # inside the cell, or not
    for engine in (Engine.MERGE, Engine.EXHAUSTIVE):
        assert isinstance(prove(case.question, LIMITS, engine), Proved)


def mutants(network: Network, step: int) -> Iterator[Network]:
    """One weight or bias a bit larger or smaller, in one place of every few."""
    for position, layer in enumerate(network.layers):
        places = [(row, None) for row in range(layer.outputs)]
        places += [(row, at) for row in range(layer.outputs) for at in range(len(layer.row(row)))]
        for number, (row, at) in enumerate(places[position::step]):
            change = (-1, 1, -layer.weight_format.scale, layer.weight_format.scale)[number % 4]
            new = changed(layer, row, at, change)
            layers = [new if old is layer else old for old in network.layers]
            yield replace(network, layers=tuple(layers))


def changed(layer: Layer, row: int, at: int | None, change: int) -> Layer:
    biases, codes = list(layer.biases), layer.weight_format.codes
    rows = [list(layer.row(index)) for index in range(layer.outputs)]
    if at is None:
        biases[row] += change
    else:
        column, code = rows[row][at]
        rows[row][at] = (column, min(max(code + change, codes.low), codes.high))
    entries = [(r, column, code) for r, pairs in enumerate(rows) for column, code in pairs]
    shape = (layer.outputs, layer.weights.inputs)
    return replace(layer, weights=Matrix.from_entries(shape, entries), biases=tuple(biases))


@pytest.mark.parametrize(("inputs", "p", "step"), [(1, 3, 7), (2, 2, 23)])
def test_mutants_get_the_verdict_that_trying_everything_gives(
    inputs: int, p: int, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[tuple[str, Sequence[int]]] = []
    monkeypatch.setattr(
        "smtcheck.engines.smt_process._say", lambda kind, codes=(): said.append((kind, codes))
    )
    case = random_case(inputs, p)
    verdicts = []
    for network in mutants(case.network, step):
        question = replace(case.question, left=NetworkSide(network=network))
        found = answer(merged_question(question), "bitwuzla", said)
        expected = prove(question, LIMITS, Engine.EXHAUSTIVE)
        match expected:
            case Refuted(counterexample=smallest):
                assert found == smallest.input_codes
            case _:
                assert isinstance(expected, Proved)
                assert found is None
        verdicts.append(found is None)
    assert len(verdicts) > 20
    assert 0 < sum(verdicts) < len(verdicts)


# ---- sizes, and where it does not apply ----

EIGHTHS = Format.parse("paper(4, 8)")


def network_of(
    rows: Sequence[list[list[int]]], fmt: Format = EIGHTHS, inner: str = "relu"
) -> Network:
    """Layers without biases, in one format."""
    layers = tuple(
        Layer(
            weights=Matrix.dense(weights),
            biases=(0,) * len(weights),
            input_scale=fmt.scale,
            weight_format=fmt,
            output_format=fmt,
            activation=activation(inner) if position < len(rows) - 1 else None,
        )
        for position, weights in enumerate(rows)
    )
    return Network(input_format=fmt, inputs=len(rows[0][0]), layers=layers)


def against_itself(network: Network, domain: tuple[Interval, ...] | None = None) -> Question:
    side = NetworkSide(network=network)
    whole = (network.input_format.codes,) * network.inputs
    return Question(left=side, right=side, domain=domain or whole)


WIDE = Format.parse("ap_fixed<18,9,AP_RND,AP_SAT>")
WIDE_WRAP = Format.parse("ap_fixed<18,9,AP_RND,AP_WRAP>")
ONES = [[512, 0], [0, -512], [0, 512]]
SMALL = (Interval(-200, 200),) * 2


@pytest.mark.parametrize(
    ("network", "domain", "reason"),
    [
        (network_of([[[8]]]), None, "one layer only"),
        (network_of([[[8, 8]], [[8]]]), None, "first layer reads several inputs"),
        (network_of([[[8]], [[8]]], WIDE), None, "an input has more than 65536 codes"),
        (network_of([ONES, [[9999, 7777, 1]], [[1]]], WIDE_WRAP), SMALL, "values of a sum"),
        (
            network_of([ONES, [[1, n, 1] for n in range(1, 99)], [[1] * 98]], WIDE),
            (Interval(0, 60000),) * 2,
            "the tables of a layer have",
        ),
    ],
)
def test_where_it_does_not_apply(
    network: Network, domain: tuple[Interval, ...] | None, reason: str
) -> None:
    question = against_itself(network, domain)
    outcome = merged(question)
    assert isinstance(outcome, NotMerged)
    assert reason in outcome.reason
    verdict = prove(question, LIMITS, Engine.MERGE)
    assert isinstance(verdict, Undecided)
    assert verdict.reason.startswith("the row merge does not apply: ")
    assert reason in verdict.reason


def test_without_a_network_it_does_not_apply() -> None:
    side = ActivationSide(activation=activation("relu"), output_format=EIGHTHS)
    outcome = merged(Question(left=side, right=side, domain=(EIGHTHS.codes,)))
    assert outcome == NotMerged(reason="neither side is a network")


def test_a_function_that_fails_is_a_reason_too() -> None:
    """It may be asked about codes that the network never gives it."""

    def fails(x: object) -> int:
        raise ValueError("no")

    network = network_of([[[8]], [[8]]])
    first = replace(network.layers[0], activation=CallableActivation(name="f", function=fails))
    outcome = merged(against_itself(replace(network, layers=(first, network.layers[1]))))
    assert isinstance(outcome, NotMerged)
    assert "fails at" in outcome.reason


def test_one_side_may_be_left_as_it_is() -> None:
    good, bad = network_of([[[8, 0]], [[8]]]), network_of([[[8, 8]], [[8]]])
    sides = [NetworkSide(network=network) for network in (bad, good)]
    asked = merged_question(Question(left=sides[0], right=sides[1], domain=(EIGHTHS.codes,) * 2))
    assert asked.left is sides[0]
    assert isinstance(asked.right, MergedSide)


def test_numbers_beyond_int64() -> None:
    wide = Format.parse("codes(-2^70, 2^71, 2^65, AP_RND_CONV, AP_SAT_ZERO)")
    one = wide.scale
    rows = [[[one, 0], [0, -one]], [[one, 3 * one], [-one, one]], [[one, 2 * one - 1]]]
    network = network_of(rows, wide, "abs")
    for low in (-3, 2**70, 2**71 - 6):
        domain = (Interval(low, low + 6), Interval(-4, 4))
        side = merged_network(network, domain)
        assert isinstance(side, MergedSide)
        assert side.sums
        for a in range(low, low + 7):
            for b in range(-4, 5):
                assert tuple(merged_codes(side, (a, b))) == network.evaluate((a, b))


@pytest.mark.parametrize("bits", range(28, 34))
def test_numbers_at_the_ends_of_int64(bits: int) -> None:
    """Each part of a sum fits, the sum does not: numpy would turn its sign round."""
    wide = Format.parse(f"codes(-2^{bits}, 2^{bits}, 1, AP_RND, AP_SAT)")
    large = 2**bits
    rows = [[[large, 0], [0, -large]], [[large, large], [large, -large]], [[1, 3]]]
    network = network_of(rows, wide, "identity")
    domain = (Interval(-1, 1), Interval(-1, 1))
    side = merged_network(network, domain)
    assert isinstance(side, MergedSide)
    assert len(side.sums) == 2
    for point in smallest_first(domain):
        assert tuple(merged_codes(side, point)) == network.evaluate(point)


def test_a_wide_sum_is_cut_to_where_it_matters() -> None:
    """16-bit inputs with large weights: but two codes of the next layer are in play."""
    fmt = Format.parse("ap_fixed<16,8,AP_RND,AP_SAT>")
    narrow = Format.parse("codes(0, 1, 1, AP_RND, AP_SAT)")
    network = network_of([[[256, 0], [0, 256]], [[32767, 32767]], [[1]]], fmt)
    first, second, last = network.layers
    second = replace(second, output_format=narrow, activation=None)
    last = replace(last, input_scale=1)
    network = replace(network, layers=(first, second, last))
    side = merged_network(network, (Interval(-300, 300),) * 2)
    assert isinstance(side, MergedSide)
    (only,) = side.sums
    assert only.high - only.low == 1
    assert max(max(lookup.table) for lookup in only.lookups) <= 3
    for point in [(0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (-5, 2), (300, 300), (-300, 300)]:
        assert tuple(merged_codes(side, point)) == network.evaluate(point)


# ---- the portfolio ----


def test_the_portfolio_merges_where_evaluation_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    question, slow = random_case(2, 2).question, ProvingEffort(work_per_second=1000)
    verdict = prove(question, LIMITS, effort=slow)
    assert isinstance(verdict, Proved)
    assert verdict.engine == "composition"  # which comes first

    def fails(*arguments: object) -> None:
        raise DoesNotApply("it is no network of parts")

    monkeypatch.setattr(composition, "prove", fails)
    verdict = prove(question, LIMITS, effort=slow)
    assert isinstance(verdict, Proved)
    assert verdict.engine.startswith("merge + ")


def test_the_portfolio_does_not_merge_where_tables_are_worse() -> None:
    fmt = Format.parse("ap_fixed<16,8,AP_RND,AP_SAT>")
    network = network_of([[[256]], [[-256]]], fmt)
    side = expression_side(("min(0, -x0)",), 1, fmt, fmt)
    question = Question(left=NetworkSide(network=network), right=side, domain=(fmt.codes,))
    verdict = prove(question, LIMITS, effort=ProvingEffort(work_per_second=1))
    assert isinstance(verdict, Proved)
    assert "merge" not in verdict.engine


# ---- defects of the merge itself do not go unseen ----


def test_tables_that_are_not_the_network_are_an_internal_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def too_tight(tables: shared_sums.Tables, cut: Interval) -> tuple[shared_sums.Tables, Interval]:
        return tuple((atom, table // 2) for atom, table in tables), cut

    monkeypatch.setattr(row_merge, "capped", too_tight)
    with pytest.raises(InternalError, match="not the network"):
        merged(random_case(2, 2).question)


def test_counterexamples_are_replayed_on_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables that differ from the network give no refutation of a true claim."""
    case = random_case(1, 2)
    asked = merged_question(case.question)
    assert isinstance(asked.left, MergedSide)
    (result,) = asked.left.results
    assert isinstance(result, TableTerm)
    wrong = replace(result, table=(*result.table[:-1], result.table[-1] + 1))
    left = replace(asked.left, results=(wrong,))
    monkeypatch.setattr(row_merge, "merged", lambda question: replace(asked, left=left))
    with pytest.raises(InternalError, match="does not replay"):
        prove(case.question, LIMITS, Engine.MERGE)


def test_sizes_are_those_of_the_smallest_counterexample() -> None:
    network = network_of([[[8, 0], [0, 7]], [[8, 8], [8, 8]], [[8, -8]]])
    other = replace(network.layers[-1], biases=(64,))
    changed_network = replace(network, layers=(*network.layers[:2], other))
    sides = [NetworkSide(network=one) for one in (network, changed_network)]
    domain = (Interval(-7, 3), Interval(-2, 7))
    question = Question(left=sides[0], right=sides[1], domain=domain)
    verdict = prove(question, LIMITS, Engine.MERGE)
    assert isinstance(verdict, Refuted)
    assert verdict.counterexample.input_codes == (0, 0)
    assert verdict.counterexample.size is Minimality.SMALLEST
