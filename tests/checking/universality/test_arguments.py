"""Evidence is accepted where it is true, and nothing else is: each number of it is tampered with.

Whatever the check still accepts after that must be true when read literally and tried
on everything (`tests.checking.universality.naive_evidence`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations, combinations_with_replacement, product
from random import Random
from typing import Any

import msgspec
import pytest

from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.integers import Integers
from smtcheck.arithmetic.rounding import Rounding
from smtcheck.checking.refusals import Refused
from smtcheck.checking.universality.arguments import verdict
from smtcheck.claims.evidence import (
    AffineActivation,
    ByEnds,
    ByNeurons,
    ByShifts,
    Congruent,
    ConstantActivation,
    Criterion,
    Entry,
    Evidence,
    GeneratingNetworks,
    GeneratingNeuron,
    Inseparable,
    Inverter,
    MonotoneActivation,
    NeverGiven,
    Ordered,
    Parity,
    PigeonholeViolation,
    ProofMethod,
    Support,
    Uncovered,
    UncoveredResidues,
    document,
    from_document,
)
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from smtcheck.claims.statements import Statement
from smtcheck.claims.verdicts import NotUniversal, Undecided, Universal
from smtcheck.engines.smt_statements import Solvers
from smtcheck.limits import Limits, alarm
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.networks.activations import activation
from smtcheck.universality.decision import decide, decide_entries
from smtcheck.universality.generation import closure
from smtcheck.universality.separation import ends_suffice
from tests.checking.dischargers import TRY_ALL, Answers
from tests.checking.universality import naive_evidence
from tests.claims.random_settings import random_setting, random_table
from tests.universality import naive
from tests.universality.naive import Table, codes_of, entries_of

LIMITS = Limits(timeout_seconds=60)


@dataclass(frozen=True, kw_only=True)
class Exhibit:
    """A setting, a table, and what kind of evidence is found for them."""

    text: str
    table: Table
    kind: type
    weights: Weights = Weights.FULL
    bias: Bias = Bias.EXACT
    part: str = ""  #: what else is special, as in `parts`
    change: Callable[[Evidence], Evidence] = lambda evidence: evidence

    @property
    def setting(self) -> QuantizationScheme:
        return QuantizationScheme(
            format=Format.parse(self.text), weights=self.weights, bias=self.bias
        )

    @property
    def entries(self) -> ActivationTable:
        return entries_of(self.setting.format, self.table)

    def __str__(self) -> str:
        return (
            f"{self.kind.__name__}-{self.part}-{self.text}-{self.weights.value}-{self.bias.value}"
        )


def by_solver(evidence: Evidence) -> Evidence:
    """The same, in the word of a solver."""
    if isinstance(evidence, Criterion):
        assert isinstance(evidence.separation, ByNeurons)
        separation = msgspec.structs.replace(evidence.separation, proof=ProofMethod.SOLVER)
        return msgspec.structs.replace(evidence, separation=separation)
    return msgspec.structs.replace(evidence, proof=ProofMethod.SOLVER)


def parts(evidence: Evidence) -> set[str]:
    """What to tell exhibits of one class apart by."""
    found = {evidence.proof.value if hasattr(evidence, "proof") else ""}
    match evidence:
        case Criterion(separation=separation):
            found.add({ByShifts: "shifts", ByEnds: "ends", ByNeurons: "neurons"}[type(separation)])
            if isinstance(separation, ByNeurons):
                found.add(f"neurons by {separation.proof.value}")
            if evidence.repeats:
                found.add("repeats")
            if evidence.opposites is not None:
                found.add("opposites")
        case Uncovered():
            found.add("gaps" if evidence.crowd is None else "crowd")
        case GeneratingNetworks():
            found.add(f"depth {len(evidence.sequence)}")
            found.add("shifts" if len(evidence.sequence[-1]) == 1 else "functions")
        case MonotoneActivation():
            found.add("rising" if evidence.direction == 1 else "falling")
    return found


FORMAT, GRID, EXACT = Bias.FORMAT, Bias.GRID, Bias.EXACT
TERNARY, BINARY, DENSE = Weights.TERNARY, Weights.BINARY, Weights.DENSE_BINARY

EXHIBITS = [
    Exhibit(text="codes(-1,2,2)", table=(1, 1, 1, 1), kind=ConstantActivation, part="table"),
    Exhibit(text="codes(-1,2,2,AP_TRN,AP_WRAP)", table=(1, 1, 1, 1), kind=ConstantActivation),
    Exhibit(text="codes(-1,2,2)", table=(1, 1, 1, 1), kind=ConstantActivation, part="solver",
            change=by_solver),
    Exhibit(text="codes(-1,1,3)", table=(-1, 0, 1), bias=GRID, kind=Inseparable, part="rounding"),
    Exhibit(text="codes(0,2,5)", table=(2, 0, 1), bias=FORMAT, kind=Inseparable, part="rounding"),
    Exhibit(text="codes(-2,2,5,AP_TRN,AP_SAT_ZERO)", table=(2, 0, 1, 0, 2), bias=GRID,
            kind=Inseparable, part="table"),
    Exhibit(text="codes(-2,2,5,AP_TRN,AP_SAT_ZERO)", table=(2, 0, 1, 0, 2), bias=GRID,
            kind=Inseparable, part="solver", change=by_solver),
    Exhibit(text="codes(0,1,2,AP_RND_CONV,AP_SAT_SYM)", table=(1, 0), bias=GRID,
            kind=Inseparable, part="table"),
    Exhibit(text="codes(-2,1,8,AP_TRN,AP_WRAP)", table=(-2, -2, -2, -1), bias=GRID,
            kind=Inseparable, part="table"),
    Exhibit(text="codes(0,2,1)", table=(2, 1, 1), weights=DENSE, bias=FORMAT, kind=Inseparable,
            part="sums"),
    Exhibit(text="codes(-2,1,2,AP_RND,AP_SAT)", table=(0, -2, -2, 0), weights=TERNARY,
            kind=Uncovered, part="crowd"),
    Exhibit(text="codes(-3,3,1)", table=(-3, 1, -3, 1, 1, 1, 1), kind=Uncovered, part="solver",
            change=by_solver),
    Exhibit(text="codes(-2,1,4,AP_TRN_ZERO,AP_SAT)", table=(-2, 0, -2, 0), weights=TERNARY,
            bias=GRID, kind=Uncovered, part="gaps"),
    Exhibit(text="codes(-2,1,4,AP_TRN_ZERO,AP_SAT)", table=(-2, 0, -2, 0), weights=TERNARY,
            bias=FORMAT, kind=Uncovered, part="gaps"),
    Exhibit(text="codes(-2,2,2,AP_TRN_ZERO,AP_SAT_ZERO)", table=(-1, 2, -1, 2, 2),
            kind=Uncovered, part="gaps"),
    Exhibit(text="codes(-3,3,1)", table=(-3, 1, -3, 1, 1, 1, 1), kind=Uncovered, part="crowd"),
    Exhibit(text="codes(-3,3,1,AP_RND_INF,AP_SAT_ZERO)", table=(-3, 1, -3, 1, 1, 1, 1),
            kind=Uncovered, bias=FORMAT, part="crowd"),
    Exhibit(text="codes(-2,1,2,AP_RND,AP_SAT_SYM)", table=(0, 1, -1, 0), kind=NeverGiven,
            bias=GRID),
    Exhibit(text="ap_fixed<2,1,AP_RND,AP_WRAP>", table=(0, -2, -2, 0), weights=TERNARY,
            kind=Uncovered, part="gaps"),
    Exhibit(text="codes(-3,2,2,AP_TRN,AP_WRAP)", table=(-3, -3, 0, 0, 0, -3), bias=GRID,
            kind=Uncovered, part="gaps"),
    Exhibit(text="codes(0,3,2)", table=(0, 1, 1, 3), kind=MonotoneActivation, part="rising"),
    Exhibit(text="codes(0,3,2)", table=(3, 1, 1, 0), kind=MonotoneActivation, part="falling"),
    Exhibit(text="codes(0,5,1)", table=(0, 0, 3, 2, 5, 5), kind=Ordered),
    Exhibit(text="ap_fixed<2,2>", table=(-1, -2, 1, -2), kind=Congruent, bias=FORMAT),
    Exhibit(text="ap_fixed<3,2>", table=(-4, 1, 0, -3, 0, 1, -4, 1), kind=Congruent),
    Exhibit(text="ap_fixed<2,1,AP_RND_CONV,AP_WRAP>", table=(-2, 0, -2, 0), kind=Parity),
    Exhibit(text="ap_ufixed<1,1>", table=(1, 0), weights=DENSE, kind=Parity),
    Exhibit(text="paper(1,1,AP_TRN,AP_WRAP)", table=(0, -1, 1), kind=AffineActivation),
    Exhibit(text="ap_fixed<3,1>", table=tuple(range(-4, 4)), weights=BINARY, bias=GRID,
            kind=AffineActivation),
    Exhibit(text="paper(2,2)", table=(-3, -3, 0, 0, 1, 2, 3), kind=Criterion, part="shifts"),
    Exhibit(text="paper(1,1,AP_RND_MIN_INF,AP_SAT_ZERO)", table=(-1, 1, 1), weights=TERNARY,
            bias=GRID, kind=Criterion, part="repeats"),
    Exhibit(text="paper(2,3)", table=(-3, -3, 0, 0, 1, 2, 3), weights=DENSE, bias=GRID,
            kind=Criterion, part="shifts"),
    Exhibit(text="paper(2,2)", table=(0, -1, 2, 0, 0, 0, 3), bias=FORMAT, kind=Criterion,
            part="ends"),
    Exhibit(text="paper(1,1,AP_RND,AP_SAT)", table=(-1, 1, 1), bias=FORMAT, kind=Criterion,
            part="repeats"),
    Exhibit(text="paper(2,2)", table=(1, -1, 2, 0, 0, 0, 1), bias=FORMAT, kind=Criterion,
            part="neurons by table"),
    Exhibit(text="paper(2,2)", table=(1, -1, 2, 0, 0, 0, 1), bias=FORMAT, kind=Criterion,
            part="neurons by solver", change=by_solver),
    Exhibit(text="codes(0,2,2,AP_RND_CONV,AP_SAT_ZERO)", table=(0, 1, 2), bias=GRID,
            kind=Criterion, part="opposites"),
    Exhibit(text="codes(0,3,2)", table=(0, 3, 1, 2), kind=Criterion, part="opposites"),
    Exhibit(text="ap_fixed<2,2>", table=(-1, -1, -1, 0), kind=GeneratingNetworks, part="depth 1"),
    Exhibit(text="ap_fixed<2,2>", table=(-2, 1, 1, -2), weights=BINARY, kind=GeneratingNetworks,
            part="depth 2"),
    Exhibit(text="ap_fixed<2,1,AP_RND,AP_WRAP>", table=(-2, 0, 1, -1), kind=GeneratingNetworks),
    Exhibit(text="ap_fixed<2,2>", table=(1, 1, 0, -1), bias=GRID, kind=GeneratingNetworks),
    Exhibit(text="ap_ufixed<2,2,AP_TRN_ZERO,AP_WRAP>", table=(3, 0, 0, 3), bias=FORMAT,
            kind=GeneratingNetworks, part="depth 2"),
    Exhibit(text="ap_fixed<2,1>", table=(-2, 0, 1, -1), weights=TERNARY, bias=FORMAT,
            kind=GeneratingNetworks),
    Exhibit(text="codes(0,2,1,AP_TRN,AP_WRAP)", table=(2, 2, 0), bias=FORMAT,
            kind=GeneratingNetworks, part="shifts"),
    Exhibit(text="codes(0,4,3,AP_RND,AP_WRAP)", table=(4, 2, 0, 1, 1), kind=GeneratingNetworks),
    Exhibit(text="paper(1,2,AP_RND_ZERO,AP_WRAP)", table=(-1, 0, -1), bias=GRID,
            kind=GeneratingNetworks, part="functions"),
    Exhibit(text="ap_fixed<2,1,AP_RND_MIN_INF,AP_WRAP>", table=(-1, 1, 1, -1), bias=FORMAT,
            kind=GeneratingNetworks, part="functions"),
    Exhibit(text="paper(1,2,AP_RND_CONV,AP_WRAP)", table=(1, 0, -1), kind=GeneratingNetworks),
    Exhibit(text="codes(-2,2,2,AP_RND_CONV,AP_WRAP)", table=(1, 0, 0, -1, 1), bias=GRID,
            kind=GeneratingNetworks, part="shifts"),
]  # fmt: skip


@cache
def evidence_of(exhibit: Exhibit) -> Evidence:
    """What the search finds, changed as the exhibit wants it."""
    found = decide_entries(exhibit.setting, exhibit.entries, LIMITS)
    assert not isinstance(found, Undecided), (str(exhibit), found)
    return exhibit.change(found.evidence)


def is_accepted(setting: QuantizationScheme, entries: ActivationTable, evidence: Evidence) -> bool:
    """Whether the check makes a verdict of it; it may refuse, but not fail in any other way."""
    try:
        found = verdict(setting, entries, evidence, TRY_ALL)
    except Refused:
        return False
    assert found.evidence == evidence
    assert isinstance(found, Universal) == isinstance(evidence, Support)
    assert isinstance(found, NotUniversal) != isinstance(evidence, Support)
    return True


@pytest.mark.parametrize("exhibit", EXHIBITS, ids=str)
def test_what_is_found_is_true(exhibit: Exhibit) -> None:
    evidence = evidence_of(exhibit)
    assert type(evidence) is exhibit.kind
    assert not exhibit.part or exhibit.part in parts(evidence), evidence
    assert is_accepted(exhibit.setting, exhibit.entries, evidence)
    assert naive_evidence.is_true(exhibit.setting, exhibit.table, evidence)
    assert from_document(msgspec.json.decode(msgspec.json.encode(document(evidence)))) == evidence


def test_exhibits_are_of_every_kind() -> None:
    shown = {exhibit.kind for exhibit in EXHIBITS}
    assert shown == {
        AffineActivation, Congruent, ConstantActivation, Criterion, GeneratingNetworks, Inseparable,
        MonotoneActivation, NeverGiven, Ordered, Parity, Uncovered,
    }  # fmt: skip


# ---- tampering ----

Path = tuple[str | int, ...]
Document = Any

HUGE = 10**12 + 7
PROOFS = ("table", "order", "solver", "rounding", "sums", "few", "", "nonsense")
TAGS = {
    "argument": ("criterion", "closure", "constant", "inseparable", "uncovered", "monotone",
                 "never-given", "ordered", "congruent", "parity", "affine"),
    "by": ("shifts", "ends", "neurons"),
}  # fmt: skip
ENTRY = {"code": 0, "result": 0}
ADDED = {
    "crowd": {"first_code": 0, "last_code": 1},
    "opposites": {"rise": [ENTRY, ENTRY], "bit": [ENTRY, ENTRY], "weight": 1, "bias": 0},
}


def tampered(whole: Document) -> Iterator[tuple[Path, Document]]:
    """Documents that differ from one in a single place, and which place."""
    for path, value in places(whole):
        for other in alternatives(path, value):
            if other != value:
                changed = deepcopy(whole)
                yield path, put(changed, path, deepcopy(other))


def places(value: Document, path: Path = ()) -> Iterator[tuple[Path, Document]]:
    yield path, value
    inside: list[tuple[str | int, Document]] = []
    if isinstance(value, dict):
        inside = list(value.items())
    elif isinstance(value, list | tuple):
        inside = list(enumerate(value))
    for key, part in inside:
        yield from places(part, (*path, key))


def put(whole: Document, path: Path, value: Document) -> Document:
    """The document with another value in one place."""
    if not path:
        return value
    parent = whole
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value
    return whole


def alternatives(path: Path, value: Document) -> Iterator[Document]:
    match value:
        case int():
            yield from (value + 1, value - 1, 2 * value, 0, -value, HUGE, -HUGE)
        case str():
            yield from TAGS.get(str(path[-1]), PROOFS)
        case list() | tuple():
            yield [*reversed(value)]
            yield []
            if value and all(isinstance(part, int) for part in value):
                yield [*value, value[-1] + 1]
            for place in range(len(value)):
                yield [*value[:place], *value[place + 1 :]]
                yield [*value[:place], value[place], *value[place:]]
                yield [*value[:place], [], *value[place + 1 :]]
        case dict():
            for one, other in combinations(value, 2):
                yield {**value, one: value[other], other: value[one]}
            for key in ADDED:
                if key in value:
                    yield {**value, key: ADDED[key] if value[key] is None else None}


def mutable(evidence: Evidence) -> Document:
    """A document whose lists are lists."""
    return msgspec.json.decode(msgspec.json.encode(document(evidence)))


@pytest.mark.parametrize("exhibit", EXHIBITS, ids=str)
def test_whatever_is_accepted_is_true(exhibit: Exhibit) -> None:
    setting, entries, evidence = exhibit.setting, exhibit.entries, evidence_of(exhibit)
    refused: dict[Path, bool] = {}
    for path, changed in tampered(mutable(evidence)):
        refused.setdefault(path, False)
        try:
            other = from_document(changed)
        except msgspec.ValidationError:
            refused[path] = True
            continue
        if other == evidence:
            continue
        if is_accepted(setting, entries, other):
            assert naive_evidence.is_true(setting, exhibit.table, other), (path, other)
        else:
            refused[path] = True
    # nobody may overlook a place, unless it is a bias and any will do
    overlooked = [path for path, is_refused in refused.items() if not is_refused]
    assert all(path[-1] == "bias" for path in overlooked), overlooked
    assert not overlooked or exhibit.kind in (Criterion, GeneratingNetworks)


def all_opposites(setting: QuantizationScheme, table: Table) -> Iterator[Inverter]:
    """All that can be written down with true entries, small weights and some biases."""
    fmt = setting.format
    pairs = [*product([entry(fmt, table, code) for code in codes_of(fmt)], repeat=2)]
    for rise, bit in product(pairs, repeat=2):
        for weight, bias in product((-1, 0, 1, 2), range(-4, 3)):
            yield Inverter(rise=rise, bit=bit, weight=weight, bias=bias)


def entry(fmt: Format, table: Table, code: int) -> Entry:
    return Entry(code=code, result=table[code - fmt.lo])


@pytest.mark.parametrize(
    ("text", "table", "bias"),
    [
        ("codes(0,2,1)", (0, 2, 1), EXACT),
        ("codes(0,2,2,AP_RND,AP_SAT_ZERO)", (0, 2, 1), GRID),
        ("codes(0,2,1,AP_RND,AP_SAT_ZERO)", (1, 2, 0), EXACT),
    ],
)
def test_all_turns(text: str, table: Table, bias: Bias) -> None:
    """Exactly those are accepted that do turn a bit round."""
    setting = QuantizationScheme(format=Format.parse(text), bias=bias)
    entries = entries_of(setting.format, table)
    found = decide_entries(setting, entries, LIMITS)
    assert isinstance(found, Universal) and isinstance(found.evidence, Criterion)
    seen: Counter[bool] = Counter()
    for turn in all_opposites(setting, table):
        other = msgspec.structs.replace(found.evidence, opposites=turn)
        expected = naive_evidence.opposites(setting, table, turn)
        assert is_accepted(setting, entries, other) == expected, turn
        seen[expected] += 1
    assert min(seen.values()) > 5


@pytest.mark.parametrize(
    ("text", "table", "weights", "bias"),
    [
        ("codes(-2,2,2,AP_TRN_ZERO,AP_SAT_ZERO)", (-1, 2, -1, 2, 2), Weights.FULL, EXACT),
        ("codes(-2,1,2,AP_TRN_ZERO,AP_SAT)", (-2, 0, -2, 0), TERNARY, GRID),
        ("ap_fixed<2,1,AP_RND,AP_WRAP>", (0, -2, -2, 0), TERNARY, EXACT),
    ],
)
def test_all_gaps(text: str, table: Table, weights: Weights, bias: Bias) -> None:
    """Whatever is accepted of all lists of up to three gaps leaves no residue out."""
    setting = QuantizationScheme(format=Format.parse(text), weights=weights, bias=bias)
    entries = entries_of(setting.format, table)
    found = decide_entries(setting, entries, LIMITS)
    assert isinstance(found, NotUniversal) and isinstance(found.evidence, Uncovered)
    size = found.evidence.modulus
    gaps = [
        gap(first, last, code)
        for first, last, code in product(range(size), range(size), codes_of(setting.format))
        if first <= last
    ]
    seen: Counter[bool] = Counter()
    for number in range(4):
        for some in combinations_with_replacement(gaps, number):
            other = msgspec.structs.replace(found.evidence, gaps=some, crowd=None)
            accepted = is_accepted(setting, entries, other)
            assert not accepted or naive_evidence.is_true(setting, table, other), some
            seen[accepted] += 1
    assert seen[False] > 100 > seen[True] > 0


@pytest.mark.parametrize("exhibit", EXHIBITS, ids=str)
def test_evidence_for_something_else(exhibit: Exhibit) -> None:
    """For another setting or another table it is refused, unless it is true there as well."""
    evidence = evidence_of(exhibit)
    refused = 0
    for other in EXHIBITS:
        if is_accepted(other.setting, other.entries, evidence):
            assert naive_evidence.is_true(other.setting, other.table, evidence), str(other)
        else:
            refused += 1
    assert refused > len(EXHIBITS) // 2
    for setting in neighbours(exhibit.setting):
        if is_accepted(setting, entries_of(setting.format, exhibit.table), evidence):
            assert naive_evidence.is_true(setting, exhibit.table, evidence), str(setting)


def neighbours(setting: QuantizationScheme) -> Iterator[QuantizationScheme]:
    """Settings that differ in one thing from another."""
    fmt = setting.format
    for weights in Weights:
        yield replace(setting, weights=weights)
    for bias in Bias:
        yield replace(setting, bias=bias)
    for rounding in type(fmt.rounding):
        yield replace(setting, format=replace(fmt, rounding=rounding))
    for overflow in type(fmt.overflow):
        yield replace(setting, format=replace(fmt, overflow=overflow))
    for scale in (1, 2, 3, 4, 8):
        yield replace(setting, format=replace(fmt, scale=scale))


@pytest.mark.parametrize("exhibit", EXHIBITS, ids=str)
def test_one_entry_of_the_table_changed(exhibit: Exhibit) -> None:
    evidence, fmt = evidence_of(exhibit), exhibit.setting.format
    for place, result in product(range(len(exhibit.table)), range(fmt.lo, fmt.hi + 1)):
        table = (*exhibit.table[:place], result, *exhibit.table[place + 1 :])
        if is_accepted(exhibit.setting, entries_of(fmt, table), evidence):
            assert naive_evidence.is_true(exhibit.setting, table, evidence), table


def tamper_at_random(draw: Random, settings: int, changes: int) -> Counter[bool]:
    """How often evidence about random settings was accepted after it was tampered with."""
    seen: Counter[bool] = Counter()
    for _ in range(settings):
        setting = random_setting(draw)
        table = random_table(draw, setting.format)
        entries = entries_of(setting.format, table)
        found = decide_entries(setting, entries, LIMITS)
        if isinstance(found, Undecided):
            continue
        changed = [other for _, other in tampered(mutable(found.evidence))]
        for whole in draw.sample(changed, min(changes, len(changed))):
            try:
                other = from_document(whole)
            except msgspec.ValidationError:
                continue
            accepted = is_accepted(setting, entries, other)
            seen[accepted] += 1
            if accepted:
                assert naive_evidence.is_true(setting, table, other), (str(setting), table, other)
    return seen


def test_random_evidence() -> None:
    seen = tamper_at_random(Random(70), 100, 20)
    assert seen[False] > 5 * seen[True] > 0


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_much_random_evidence(seed: int) -> None:
    tamper_at_random(Random(700 + seed), 1500, 60)


# ---- in particular ----


def test_networks_with_empty_layers_are_refused() -> None:
    exhibit = next(
        one for one in EXHIBITS if one.kind is GeneratingNetworks and one.part == "depth 2"
    )
    evidence = evidence_of(exhibit)
    assert isinstance(evidence, GeneratingNetworks)
    idle = GeneratingNeuron(bias=0, terms=())
    for network in [(), ((),), ((), ()), ((), (idle,)), ((idle,), (), (idle,)), ((idle,), ())]:
        for field in ("sequence", "gates"):
            changed = msgspec.structs.replace(evidence, **{field: network})
            assert not is_accepted(exhibit.setting, exhibit.entries, changed), (field, network)


def gap(first: int, last: int, code: int) -> UncoveredResidues:
    return UncoveredResidues(first_residue=first, last_residue=last, code=code)


def test_what_symmetric_saturation_gives_is_no_gap() -> None:
    """In -2 .. 1 everything below is brought to -1, so no residue misses that."""
    setting = QuantizationScheme(
        format=Format.parse("codes(-2,1,2,AP_RND,AP_SAT_SYM)"), weights=TERNARY
    )
    table = (0, -2, -2, 0)
    named = (Entry(code=-2, result=0), Entry(code=-1, result=-2))
    for gaps, crowd in [
        ((gap(0, 3, -2),), None),
        ((gap(0, 0, -1), gap(1, 3, -2)), None),
        ((), PigeonholeViolation(first_code=-1, last_code=0)),
    ]:
        evidence = Uncovered(
            entries=named,
            difference_gcd=2,
            modulus=4,
            gaps=gaps,
            crowd=crowd,
            proof=ProofMethod.TABLE,
        )
        is_right = naive_evidence.is_true(setting, table, evidence)
        assert is_right == (crowd is None and all(one.code == -2 for one in gaps))
        assert is_right or not is_accepted(setting, entries_of(setting.format, table), evidence)


def test_numbers_of_the_wrong_type_are_not_read() -> None:
    for exhibit in EXHIBITS:
        whole = mutable(evidence_of(exhibit))
        for path, value in places(whole):
            if isinstance(value, int):
                for other in (str(value), value + 0.5, None, [value], True):
                    with pytest.raises(msgspec.ValidationError):
                        from_document(put(deepcopy(whole), path, other))


def test_documents_with_more_or_less_in_them_are_not_read() -> None:
    for exhibit in EXHIBITS:
        whole = mutable(evidence_of(exhibit))
        with pytest.raises(msgspec.ValidationError):
            from_document({**whole, "more": 1})
        optional = {"opposites", "proof"}
        for key in whole.keys() - optional:
            with pytest.raises(msgspec.ValidationError):
                from_document({name: part for name, part in whole.items() if name != key})


def test_a_solver_is_asked_exactly_where_the_evidence_says_so() -> None:
    for exhibit in EXHIBITS:
        asked: list[Statement] = []

        def doubtful(statement: Statement, asked: list[Statement] = asked) -> bool:
            asked.append(statement)
            return False

        evidence = evidence_of(exhibit)
        if exhibit.part in ("solver", "neurons by solver"):
            with pytest.raises(Refused, match="it is said"):
                verdict(exhibit.setting, exhibit.entries, evidence, Answers(doubtful))
            assert len(asked) == 1
        else:
            verdict(exhibit.setting, exhibit.entries, evidence, Answers(doubtful))
            assert not asked


@pytest.mark.parametrize(
    "text",
    ["codes(-1,4,1)", "codes(-4,1,1)", "codes(-3,2,1,AP_RND,AP_SAT_ZERO)", "codes(0,2,1)",
     "codes(-2,2,1)", "codes(-2,1,1)", "codes(-2,3,2)"],
)  # fmt: skip
def test_different_ends_are_enough_only_in_some_formats(text: str) -> None:
    fmt = Format.parse(text)
    setting = QuantizationScheme(format=fmt, weights=TERNARY, bias=FORMAT)
    seen: Counter[bool] = Counter()
    for table in product((0, 1), repeat=fmt.codes.size):
        first, last = (entry(fmt, table, code) for code in (fmt.lo, fmt.hi))
        if first.result == last.result:
            continue
        evidence = Criterion(
            entries=(first, last),
            difference_gcd=1,
            bias=0,
            constant=first,
            repeats=0,
            separation=ByEnds(witness=(first, last)),
        )
        accepted = is_accepted(setting, entries_of(fmt, table), evidence)
        assert not accepted or naive.are_separated(setting, table), table
        seen[accepted] += 1
    assert len(seen) == 1  # it depends on the format only
    assert seen[True] > 0 or not ends_suffice(setting)


def test_networks_whose_sums_are_too_far_apart_to_cover() -> None:
    """They may be all functions, times a delta above the scale."""
    draw = Random(71)
    seen = 0
    for text in ("ap_fixed<2,2>", "ap_fixed<3,3>", "codes(0,5,1,AP_TRN,AP_WRAP)"):
        fmt = Format.parse(text)
        setting = QuantizationScheme(format=fmt)
        even = [code for code in codes_of(fmt) if code % 2 == 0]
        for _ in range(3):
            table = tuple(draw.choices(even, k=fmt.codes.size))
            total = naive.difference_gcd(table)
            if not total:
                continue
            found = closure(setting, entries_of(fmt, table), total, 0)
            if found is not None:
                assert not is_accepted(setting, entries_of(fmt, table), found), table
                seen += 1
    assert seen > 0


# ---- tables too large to be listed ----

LARGE = Format.paper(24, 16)


def large_cases() -> list[tuple[QuantizationScheme, str, type, str]]:
    floor, coarse = "expr:clip(4*floor(x), -100, 100)", "expr:clip(4*floor(abs(x)), 0, 100)"
    return [
        (QuantizationScheme(format=replace(LARGE, scale=2)), floor, Uncovered, "order"),
        (QuantizationScheme(format=replace(LARGE, scale=2)), coarse, Uncovered, "solver"),
        (QuantizationScheme(format=LARGE), "expr:min(abs(x), 0)", ConstantActivation, "solver"),
        (
            QuantizationScheme(format=LARGE),
            "expr:clip(floor(x), 3, 3)",
            ConstantActivation,
            "order",
        ),
        (QuantizationScheme(format=replace(LARGE, lo=0)), "relu", MonotoneActivation, "order"),
        (QuantizationScheme(format=LARGE), "gelu", Criterion, "shifts"),
        (
            QuantizationScheme(format=replace(LARGE, scale=2**26), bias=GRID),
            "tanh",
            Inseparable,
            "rounding",
        ),
    ]


@pytest.mark.parametrize("case", large_cases(), ids=lambda case: f"{case[1]}-{case[2].__name__}")
def test_large_tables(case: tuple[QuantizationScheme, str, type, str]) -> None:
    setting, name, kind, part = case
    act = activation(name)
    found = decide(setting, act, LIMITS)
    assert not isinstance(found, Undecided)
    evidence = found.evidence
    assert type(evidence) is kind and part in parts(evidence)
    entries = ActivationTable(act, setting.format)
    assert verdict(setting, entries, evidence, Solvers(LIMITS)) == found
    # what needs all of the table is not tried
    if hasattr(evidence, "proof"):
        for proof in set(ProofMethod) - {ProofMethod.SOLVER, ProofMethod(part)}:
            if kind is Inseparable and proof is ProofMethod.TABLE:
                continue  # see below
            other = msgspec.structs.replace(evidence, proof=proof)
            if not (proof is ProofMethod.ORDER and part == "solver" and entries.is_nondecreasing):
                with pytest.raises(Refused):
                    verdict(setting, entries, other, TRY_ALL)


def test_biases_of_the_format_do_not_move_far_enough() -> None:
    """Ties to even, five codes, scale 2: R has the period 20, and only 5 of 10 biases are there."""
    exhibit = next(one for one in EXHIBITS if one.text == "codes(-2,2,2,AP_RND_CONV,AP_WRAP)")
    setting = replace(exhibit.setting, bias=FORMAT)
    evidence = evidence_of(exhibit)
    assert not naive_evidence.is_true(setting, exhibit.table, evidence)
    assert not is_accepted(setting, exhibit.entries, evidence)


@pytest.mark.parametrize("proof", [ProofMethod.TABLE, ProofMethod.SUMS, ProofMethod.ORDER])
def test_large_claims_are_refused_at_once(proof: ProofMethod) -> None:
    """Nothing is tried for all of 2^63 codes."""
    setting = QuantizationScheme(
        format=replace(Format.paper(62, 2**64), rounding=Rounding.FLOOR), bias=GRID
    )
    entries = ActivationTable(activation("relu"), setting.format)
    evidence = Inseparable(left=(0,), right=(1,), proof=proof)
    with alarm(2), pytest.raises(Refused):
        verdict(setting, entries, evidence, TRY_ALL)


def test_gaps_of_large_formats_are_refused_at_once() -> None:
    setting = QuantizationScheme(format=Format.paper(62, 2), bias=FORMAT)
    act = activation("expr:clip(4*floor(x), -100, 100)")
    found = decide(setting, act, LIMITS)
    assert isinstance(found, NotUniversal) and isinstance(found.evidence, Uncovered)
    evidence = msgspec.structs.replace(found.evidence, crowd=None, gaps=(gap(3, 3, 0),))
    with alarm(1), pytest.raises(Refused):
        verdict(setting, ActivationTable(act, setting.format), evidence, TRY_ALL)


def test_wrong_entries_of_large_tables_are_refused() -> None:
    setting, name, _, _ = large_cases()[5]
    act = activation(name)
    found = decide(setting, act, LIMITS)
    assert isinstance(found, Universal) and isinstance(found.evidence, Criterion)
    entries = ActivationTable(act, setting.format)
    for path, changed in tampered(mutable(found.evidence)):
        if path and path[-1] in ("code", "result", "difference_gcd", "constant"):
            try:
                other = from_document(changed)
            except msgspec.ValidationError:
                continue
            assert isinstance(other, Criterion)
            if is_accepted(setting, entries, other):
                named = [*other.entries, other.constant]
                if isinstance(other.separation, ByShifts):
                    named += other.separation.witness
                assert all(entry_is_right(act, setting.format, entry) for entry in named)


def entry_is_right(act: Any, fmt: Format, entry: Entry) -> bool:
    return bool(act.apply(Integers(), fmt, entry.code) == entry.result)
