"""Lemmas: thresholds are exact, wrong ones are false, and only one's own cache is believed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from fractions import Fraction
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtcheck import reference
from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.integers import Integers
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.arithmetic.rounding import Rounding
from smtcheck.checking.composition.saturation import (
    Overflows,
    OverflowSide,
    arithmetic_of,
    size_for,
    threshold,
)
from smtcheck.claims.statements import Statement, Undecidable
from smtcheck.engines import lemma_cache, portfolio
from smtcheck.engines.lemma_cache import Lemmas, UserLemmas
from smtcheck.engines.parallel_calls import WorkersLost
from smtcheck.limits import Limits, OutOfTime
from smtcheck.networks.activations import activation
from smtcheck.networks.layers import Layer
from smtcheck.networks.matrices import Matrix
from tests.arithmetic.cases import formats, plain
from tests.engines.executors import Broken, Shuffled, Travelling
from tests.engines.in_process import counterexample

LIMITS = Limits(timeout_seconds=60)
SIZE = 2**6  #: of sums that are tried one by one

#: Codes, output scale and accumulator scale: unsigned, symmetric, two's complement, lopsided;
#: finer and coarser than the sums; that never overflow within the size, or always.
SHAPES = [
    (lo, hi, out, accumulator)
    for lo, hi in [(0, 5), (-5, 5), (-4, 3), (-2, 5), (-9, 1), (-1, 200)]
    for out, accumulator in [(1, 1), (1, 3), (2, 8), (3, 2), (6, 4), (1, 100)]
]
MODES = list(product(Rounding, Overflow))


def arithmetic(fmt: Format, accumulator_scale: int) -> Layer:
    return Layer(
        weights=Matrix.dense([[1]]),
        biases=(0,),
        input_scale=accumulator_scale,
        weight_format=Format.parse("paper(1, 1)"),
        output_format=fmt,
    )


def layers(rounding: Rounding, overflow: Overflow) -> Iterator[Layer]:
    for lo, hi, scale, accumulator in SHAPES:
        yield arithmetic(
            Format(lo=lo, hi=hi, scale=scale, rounding=rounding, overflow=overflow), accumulator
        )


def lemma(layer: Layer, side: OverflowSide, end: tuple[int, int], size: int = SIZE) -> Overflows:
    return Overflows(layer=layer, side=side, threshold=end[0], code=end[1], size=size)


def code_of(layer: Layer, total: int) -> int:
    """By the reference."""
    return reference.quantize(Fraction(total, layer.accumulator_scale), plain(layer.output_format))


def beyond(layer: Layer, side: OverflowSide) -> list[int]:
    """All sums up to the size that are rounded to the end of the format, or further."""
    fmt = layer.output_format
    clipped = reference.bring_into(
        10**9 * (1 if side is OverflowSide.HIGH else -1), fmt.lo, fmt.hi, "AP_SAT"
    )
    if fmt.overflow is Overflow.SATURATE_SYMMETRIC and side is OverflowSide.LOW:
        clipped = max(fmt.lo, -fmt.hi)
    is_zero = fmt.overflow is Overflow.SATURATE_TO_ZERO
    rounded = {
        total: reference.round_rational(
            Fraction(total * fmt.scale, layer.accumulator_scale), fmt.rounding.value
        )
        for total in range(-SIZE, SIZE)
    }
    if side is OverflowSide.HIGH:
        return [total for total, found in rounded.items() if found >= clipped + is_zero]
    return [total for total, found in rounded.items() if found <= clipped - is_zero]


@pytest.mark.parametrize(("rounding", "overflow"), MODES)
def test_thresholds_are_exact(rounding: Rounding, overflow: Overflow) -> None:
    for layer, side in product(layers(rounding, overflow), OverflowSide):
        found = threshold(layer, side, SIZE)
        expected = beyond(layer, side)
        if overflow is Overflow.WRAP or not expected:
            assert found is None
            continue
        assert found is not None
        assert found[0] == (max(expected) if side is OverflowSide.LOW else min(expected))
        assert {code_of(layer, total) for total in expected} == {found[1]}


@pytest.mark.parametrize("overflow", [mode for mode in Overflow if mode is not Overflow.WRAP])
@pytest.mark.parametrize("rounding", Rounding)
def test_lemmas_are_true_and_those_of_other_thresholds_false(
    rounding: Rounding, overflow: Overflow
) -> None:
    told_apart = 0
    for number, (layer, side) in enumerate(product(layers(rounding, overflow), OverflowSide)):
        end = threshold(layer, side, SIZE)
        if end is None or number % 3:
            continue
        assert counterexample(lemma(layer, side, end)) is None
        step = 1 if side is OverflowSide.LOW else -1
        nearer = lemma(layer, side, (end[0] + step, end[1]))
        if nearer.threshold in range(-SIZE, SIZE):
            point = counterexample(nearer)
            is_false = code_of(layer, nearer.threshold) != end[1]
            assert (point is not None) is is_false
            if point is not None:
                told_apart += 1
                assert nearer.violation(Integers(), point) == 1
                assert code_of(layer, point[0] + point[1]) != end[1]
        other = lemma(layer, side, (end[0], end[1] + 1))
        assert counterexample(other) is not None
    assert told_apart > 5


@pytest.mark.parametrize("side", OverflowSide)
def test_what_a_lemma_says(side: OverflowSide) -> None:
    """part + rest gives the code wherever part + bound is beyond, and rest within the bound."""
    fmt = Format.parse("codes(-2, 5, 3, AP_RND_CONV, AP_SAT)")
    layer, ops, size = arithmetic(fmt, 2), Integers(), 5
    for limit, code in product(range(-4, 5), (-2, 5)):
        statement = Overflows(layer=layer, side=side, threshold=limit, code=code, size=size)
        assert [(axis.low, axis.high) for axis in statement.domain] == [(-5, 4)] * 3
        for part, rest, bound in product(range(-5, 5), repeat=3):
            is_seen = part + bound <= limit if side is OverflowSide.LOW else part + bound >= limit
            keeps = rest <= bound if side is OverflowSide.LOW else rest >= bound
            is_other = code_of(layer, part + rest) != code
            expected = is_seen and keeps and is_other
            assert statement.violation(ops, (part, rest, bound)) == expected


@given(formats(max_bits=20), st.integers(1, 2**20), st.integers(0, 60))
def test_thresholds_of_any_layer(fmt: Format, accumulator_scale: int, bits: int) -> None:
    layer, size = arithmetic(fmt, accumulator_scale), 2**bits
    for side in OverflowSide:
        found = threshold(layer, side, size)
        if found is None:
            continue
        beyond, code = found
        outwards = -1 if side is OverflowSide.LOW else 1
        end = -size if side is OverflowSide.LOW else size - 1
        for total in {beyond, end, *(beyond + outwards * step for step in range(3))}:
            if -size <= total < size:
                assert code_of(layer, total) == code


def test_the_arithmetic_of_a_layer() -> None:
    fmt = Format.parse("codes(-2, 5, 3)")
    layer = Layer(
        weights=Matrix.dense([[0, 3], [2, -1]]),
        biases=(7, 8),
        input_scale=5,
        weight_format=Format.parse("codes(-3, 3, 7)"),
        output_format=fmt,
        activation=activation("relu"),
    )
    plain_layer = arithmetic_of(layer)
    assert plain_layer.activation is None
    assert (plain_layer.accumulator_scale, plain_layer.output_format) == (35, fmt)


@pytest.mark.parametrize("bound", [0, 1, 2**16 - 1, 2**16, 2**24 - 1, 2**55, 2**61 - 1])
def test_sizes_are_above_their_bounds(bound: int) -> None:
    assert bound < size_for(bound) <= 2**62
    assert size_for(bound).bit_count() == 1


# ---- the cache ----

LAYER = arithmetic(Format.parse("codes(-2, 5, 3)"), 2)
TRUE, FALSE = (
    lemma(LAYER, side, (number + step, code))
    for side, step in ((OverflowSide.LOW, 0), (OverflowSide.HIGH, -1))
    if (found := threshold(LAYER, side, SIZE))
    for number, code in (found,)
)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Statement]:
    """The statements that were put to a solver."""
    put: list[Statement] = []

    def find(statement: Statement, limits: Limits) -> tuple[int, ...] | None:
        put.append(statement)
        return counterexample(statement)

    monkeypatch.setattr(lemma_cache, "find", find)
    return put


def kept(folder: Path) -> Path:
    """The only file in a folder."""
    (file,) = folder.iterdir()
    return file


def digest_of(statement: Statement, folder: Path) -> Path:
    """The file that would say that a statement is true."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lemma_cache, "find", lambda *_: None)
        Lemmas(folder).require([statement], LIMITS)
    return kept(folder)


def test_what_is_proved_is_kept(tmp_path: Path, asked: list[Statement]) -> None:
    folder = tmp_path / "a" / "b"
    here = Lemmas(folder)
    here.require([TRUE, TRUE], LIMITS)
    here.require([TRUE], LIMITS)
    Lemmas(folder).require([TRUE], LIMITS)
    assert asked == [TRUE]
    assert kept(folder).read_bytes().startswith(b"unsatisfiable")
    assert folder.stat().st_mode & 0o777 == 0o700
    nowhere = Lemmas()
    for _ in range(2):
        nowhere.require([TRUE], LIMITS)
    Lemmas(tmp_path / "c").require([TRUE], LIMITS)
    assert asked == [TRUE] * 3


def test_what_is_false_is_not_kept(tmp_path: Path, asked: list[Statement]) -> None:
    one = Lemmas(tmp_path)
    for statements in ([FALSE], [TRUE, FALSE], [FALSE, TRUE], [FALSE]):
        with pytest.raises(Undecidable, match="a lemma is false at"):
            one.require(statements, LIMITS)
    assert list(tmp_path.iterdir()) == []
    assert asked.count(FALSE) == 4


def test_what_cannot_be_false_is_not_asked(tmp_path: Path, asked: list[Statement]) -> None:
    Lemmas(tmp_path).require([lemma(LAYER, OverflowSide.HIGH, (10**9, 5))], LIMITS)
    assert asked == []
    assert list(tmp_path.iterdir()) == []


def test_an_undecided_lemma_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def find(statement: Statement, limits: Limits) -> None:
        raise Undecidable("no solver is installed")

    monkeypatch.setattr(lemma_cache, "find", find)
    one = Lemmas(tmp_path)
    for _ in range(2):
        with pytest.raises(Undecidable, match="no solver"):
            one.require([TRUE], LIMITS)
    assert list(tmp_path.iterdir()) == []


Forgery = Callable[[Path], object]


def replaced(make: Forgery) -> Forgery:
    """What is made of the file in its place."""

    def forge(file: Path) -> None:
        file.unlink()
        make(file)

    return forge


def linked(file: Path) -> None:
    aside = file.parent.with_name("aside")
    file.rename(aside)
    file.symlink_to(aside)


def folder_linked(file: Path) -> None:
    aside = file.parent.with_name("aside")
    file.parent.rename(aside)
    file.parent.symlink_to(aside, target_is_directory=True)


FORGERIES: dict[str, Forgery] = {
    "empty": lambda file: file.write_bytes(b""),
    "truncated": lambda file: file.write_bytes(file.read_bytes()[:-1]),
    "longer": lambda file: file.write_bytes(file.read_bytes() + b"\n"),
    "huge": lambda file: file.write_bytes(file.read_bytes() * 10**5),
    "of another lemma": lambda file: file.write_bytes(lemma_cache._record("0" * 64)),
    "of other case": lambda file: file.write_bytes(file.read_bytes().upper()),
    "writable by the group": lambda file: file.chmod(0o664),
    "writable by all": lambda file: file.chmod(0o646),
    "folder of the group": lambda file: file.parent.chmod(0o770),
    "folder of all": lambda file: file.parent.chmod(0o707),
    "a link": linked,
    "a folder that is a link": folder_linked,
    "a link to nothing": replaced(lambda file: file.symlink_to("nothing")),
    "a link to itself": replaced(lambda file: file.symlink_to(file)),
    "a folder": replaced(lambda file: file.mkdir()),
    "a pipe": replaced(os.mkfifo),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_only_ones_own_files_are_believed(
    forgery: str, tmp_path: Path, asked: list[Statement]
) -> None:
    folder = tmp_path / "cache"
    file = digest_of(FALSE, folder)
    Lemmas(folder).require([FALSE], LIMITS)  # nothing tells this one from a lemma that was proved
    assert asked == []
    FORGERIES[forgery](file)
    with pytest.raises(Undecidable, match="false"):
        Lemmas(folder).require([FALSE], LIMITS)


def test_files_of_others_are_not_believed(
    tmp_path: Path, asked: list[Statement], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = digest_of(FALSE, tmp_path)
    own = os.getuid()
    for owners in ((own + 1, own + 1), (own, own + 1), (own + 1, own)):  # of folder, of file
        others = iter(owners)
        monkeypatch.setattr(os, "getuid", lambda others=others: next(others, own))
        with pytest.raises(Undecidable, match="false"):
            Lemmas(tmp_path).require([FALSE], LIMITS)
    assert file.exists()


@pytest.mark.parametrize(
    "place", ["file", "file/below", "loop", "loop/below", "x" * 300, "/proc/x"]
)
def test_a_folder_that_cannot_be_written_is_none(
    place: str, tmp_path: Path, asked: list[Statement]
) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for _ in range(2):
        Lemmas(tmp_path / place).require([TRUE], LIMITS)
    assert asked == [TRUE] * 2


def test_a_folder_of_others_is_not_written(tmp_path: Path, asked: list[Statement]) -> None:
    tmp_path.chmod(0o777)
    Lemmas(tmp_path).require([TRUE], LIMITS)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("named", "base", "expected"),
    [
        (None, None, ".cache/smtcheck"),
        (None, "", ".cache/smtcheck"),
        (None, "base", "base/smtcheck"),
        ("", "base", None),
        ("named", "base", "named"),
    ],
)
def test_the_folder_of_the_user(
    named: str | None,
    base: str | None,
    expected: str | None,
    tmp_path: Path,
    asked: list[Statement],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)  # names may be relative
    monkeypatch.setenv("HOME", str(tmp_path))
    for variable, value in (("SMTCHECK_CACHE", named), ("XDG_CACHE_HOME", base)):
        monkeypatch.delenv(variable, raising=False)
        if value is not None:
            monkeypatch.setenv(variable, value)
    UserLemmas().require([TRUE], LIMITS)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.parent for path in files] == ([] if expected is None else [tmp_path / expected])


def test_the_folder_is_the_one_of_the_moment(
    tmp_path: Path, asked: list[Statement], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not that of the moment in which the portfolio was imported."""
    layer, folders = arithmetic(Format.parse("codes(-4,3,2)"), 7), [tmp_path / "a", tmp_path / "b"]
    for side, folder in zip(OverflowSide, folders, strict=True):
        monkeypatch.setenv("SMTCHECK_CACHE", str(folder))
        end = threshold(layer, side, SIZE)
        assert end is not None
        portfolio.LEMMAS.require([lemma(layer, side, end)], LIMITS)
        assert kept(folder).suffix == ".lemma"
    assert len(asked) == 2


def test_a_user_without_a_home(monkeypatch: pytest.MonkeyPatch, asked: list[Statement]) -> None:
    def nowhere(path: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", nowhere)
    for variable in ("SMTCHECK_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    UserLemmas().require([TRUE], LIMITS)
    assert asked == [TRUE]


# ---- executors ----


@pytest.mark.parametrize("make", [Travelling, lambda: ThreadPoolExecutor(2), lambda: Shuffled(1)])
def test_lemmas_go_through_an_executor(make: Callable[[], Executor], tmp_path: Path) -> None:
    executor = make()
    one = Lemmas(tmp_path)
    one.require([TRUE], LIMITS, executor)
    with pytest.raises(Undecidable, match="false"):
        one.require([FALSE, TRUE], LIMITS, executor)
    assert len(list(tmp_path.iterdir())) == 1
    executor.shutdown()


def test_lost_workers_prove_nothing(tmp_path: Path) -> None:
    for taken in (0, 1):
        with pytest.raises(WorkersLost):
            Lemmas(tmp_path).require([TRUE], LIMITS, Broken(taken))
    assert list(tmp_path.iterdir()) == []


def late(statement: Statement, limits: Limits) -> None:
    raise OutOfTime


def test_late_workers_prove_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lemma_cache, "find", late)
    with pytest.raises(Undecidable, match="time was over"):
        Lemmas(tmp_path).require([TRUE], LIMITS, Travelling())
    assert list(tmp_path.iterdir()) == []
