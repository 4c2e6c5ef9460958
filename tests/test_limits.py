"""Alarms ring in time, once more where they were dropped, and not afterwards."""

from __future__ import annotations

import signal
import sys
import time
import weakref
from collections.abc import Iterator

import pytest

from smtcheck.interface.supervision import UsedTime, WatchedDeadline
from smtcheck.limits import OutOfTime, SecondLine, alarm, use_second_line


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    before = signal.getsignal(signal.SIGALRM)
    yield
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def busy(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


class Thing:
    pass


def test_an_alarm_that_is_dropped_rings_again(capsys: pytest.CaptureFixture[str]) -> None:
    """Python drops what is raised in the callback of a weak reference."""

    def interrupted() -> None:
        with alarm(1 / 10):
            thing = Thing()
            reference = weakref.ref(thing, lambda _: busy(1 / 2))
            del thing
            assert reference() is None
            rung.append("once")
            busy(10)

    rung: list[str] = []
    start = time.monotonic()
    with pytest.raises(OutOfTime):
        interrupted()
    assert rung == ["once"]
    assert time.monotonic() - start < 2
    assert capsys.readouterr().err == ""


def test_what_else_is_dropped_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: object) -> None:
        raise ValueError("unlike an alarm")

    told: list[str] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda dropped: told.append(str(dropped.exc_value)))
    with alarm(5):
        thing = Thing()
        reference = weakref.ref(thing, fails)
        del thing
        assert reference() is None
    assert told == ["unlike an alarm"]


def test_an_alarm_does_not_ring_while_it_is_handled() -> None:
    done = []

    def interrupted() -> None:
        with alarm(1 / 10):
            try:
                busy(10)
            finally:
                busy(1)  # several times as long as between two alarms
                done.append("cleaned up")

    with pytest.raises(OutOfTime):
        interrupted()
    assert done == ["cleaned up"]


def test_fractions_of_seconds() -> None:
    start = time.monotonic()
    with pytest.raises(OutOfTime), alarm(1 / 4):
        busy(5)
    assert time.monotonic() - start < 1


def test_no_time_at_all_is_over_at_once() -> None:
    with pytest.raises(OutOfTime), alarm(0):
        busy(5)


def test_an_alarm_around_another_rings_when_that_is_over() -> None:
    def interrupted() -> None:
        with alarm(1 / 4):
            with alarm(50):
                busy(1 / 2)
            busy(5)

    with pytest.raises(OutOfTime):
        interrupted()


def test_somebody_elses_process_is_not_killed() -> None:
    with alarm(1):
        assert signal.getitimer(signal.ITIMER_PROF) == (0, 0)


@pytest.mark.parametrize("line", [WatchedDeadline(), UsedTime()])
def test_a_second_line_is_armed_inside_an_alarm_only(line: SecondLine) -> None:
    use_second_line(line)
    try:
        with alarm(1):
            given = line.arm(1000)
            line.restore(given)
            assert given > 0
            with alarm(1000):  # which does not give it more time
                inside = line.arm(1000)
                line.restore(inside)
                assert 0 < inside <= given + 1 / 10
        assert line.arm(1000) == 0
    finally:
        line.restore(0)
        use_second_line(SecondLine())


def test_a_deadline_passes() -> None:
    line = WatchedDeadline()
    assert not line.is_over
    line.arm(1 / 100)
    time.sleep(1 / 50)
    assert line.is_over
    line.restore(0)
    assert not line.is_over
