"""Alarms ring in time, once more where they were dropped, and not afterwards."""

from __future__ import annotations

import signal
import sys
import time
import weakref
from collections.abc import Iterator

import pytest

from smtcheck.limits import OVERRUN, SLACK_SECONDS, OutOfTime, alarm


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    before = signal.getsignal(signal.SIGALRM)
    yield
    assert signal.getsignal(signal.SIGALRM) is before
    timers = (signal.ITIMER_REAL, signal.ITIMER_PROF)
    assert [signal.getitimer(timer) for timer in timers] == [(0.0, 0.0)] * 2


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


def test_an_alarm_inside_another_does_not_give_it_more_time() -> None:
    with alarm(1):
        given, _ = signal.getitimer(signal.ITIMER_PROF)
        assert given <= OVERRUN + SLACK_SECONDS + 1 / 10
        with alarm(1000):
            assert signal.getitimer(signal.ITIMER_PROF)[0] <= given + 1 / 10
        assert signal.getitimer(signal.ITIMER_PROF)[0] <= given + 1 / 10
