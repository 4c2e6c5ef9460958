"""Calls through executors: the first answer is the first one, whatever becomes of the rest."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from random import Random

import pytest

from smtcheck.engines.parallel_calls import Found, Parcel, WorkersLost, first, received, send
from smtcheck.errors import InputError
from smtcheck.limits import OutOfTime, alarm
from tests.engines.executors import Broken, Shuffled, Travelling


def later() -> float:
    return time.monotonic() + 60


def answering(answer: int | None) -> int | None:
    return answer


def failing(error: BaseException) -> int | None:
    raise error


def calls(*answers: int | BaseException | None) -> Iterator[Callable[[], int | None]]:
    for answer in answers:
        is_error = isinstance(answer, BaseException)
        yield partial(failing, answer) if is_error else partial(answering, answer)


def test_the_first_answer_is_found_in_any_order() -> None:
    draw = Random(1)
    for seed in range(60):
        answers = [draw.choice([None] * 8 + [0, 1, 2]) for _ in range(draw.randint(0, 300))]
        expected = next((answer for answer in answers if answer is not None), None)
        with Shuffled(seed) as shuffled:
            found = first(shuffled, calls(*answers), later())
        assert found == Found(answer=expected, is_first=True)
        assert first(Travelling(), calls(*answers), later()) == found


def test_calls_after_an_answer_are_not_made() -> None:
    travelling = Travelling()
    first(travelling, calls(None, 1, *[None] * 50), later())
    assert travelling.calls == 2
    with ThreadPoolExecutor(1) as executor:
        made: list[int] = []
        slow = (partial(slowly, made, number) for number in range(100))
        assert first(executor, slow, later()) == Found(answer=3, is_first=True)
    assert len(made) < 50


def slowly(made: list[int], number: int) -> int | None:
    time.sleep(1 / 100)
    made.append(number)
    return number if number >= 3 else None


def test_an_error_counts_where_it_stands() -> None:
    for executor in (Travelling(), Shuffled(2)):
        error = InputError("too large")
        assert first(executor, calls(None, 1, error), later()).answer == 1
        with pytest.raises(InputError, match="too large"):
            first(executor, calls(None, error, 1), later())
        executor.shutdown()


def test_what_is_late_leaves_the_answer_uncertain() -> None:
    for seed in range(10):
        with Shuffled(seed) as executor:
            found = first(executor, calls(None, OutOfTime(), *[None] * 5), later())
            assert found == Found(answer=None, is_first=False)
            found = first(executor, calls(None, 1, OutOfTime()), later())
            assert found == Found(answer=1, is_first=True)
    with Hesitant() as hesitant:
        found = first(hesitant, calls(OutOfTime(), 7), later())
    assert found == Found(answer=7, is_first=False)


class Hesitant(Travelling):
    """Shows what it has done only when it has done two calls."""

    def __init__(self) -> None:
        super().__init__()
        self._hidden: list[tuple[Future[object], Future[object]]] = []

    def submit(self, fn, /, *args, **kwargs):  # type: ignore[no-untyped-def]
        shown: Future[object] = Future()
        self._hidden.append((shown, super().submit(fn, *args, **kwargs)))
        if len(self._hidden) == 2:
            for future, done in self._hidden:
                future.set_result(done.result())
        return shown


def test_the_deadline_is_kept() -> None:
    stop = threading.Event()
    with ThreadPoolExecutor(1) as executor:
        start = time.monotonic()
        waits = (partial(waiting, stop) for _ in range(3))
        assert first(executor, waits, start + 1 / 5) == Found(answer=None, is_first=False)
        assert time.monotonic() - start < 30
        stop.set()


def waiting(stop: threading.Event) -> int | None:
    stop.wait(60)
    return None


@pytest.mark.parametrize("taken", [0, 1, 5])
def test_lost_workers_are_no_answer(taken: int) -> None:
    with pytest.raises(WorkersLost, match="a process died"):
        first(Broken(taken), calls(*[None] * 10), later())


def test_whatever_an_executor_says_is_a_loss() -> None:
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with pytest.raises(WorkersLost, match="RuntimeError: cannot schedule"):
        send(executor, int)
    cancelled: Future[object] = Future()
    cancelled.cancel()
    with pytest.raises(WorkersLost, match="CancelledError"):
        received(cancelled)  # type: ignore[arg-type]


def test_a_parcel_is_unpacked_once() -> None:
    parcel = Parcel.of({"much": [1, 2, 3]})
    assert parcel is not None
    travelling = Travelling()
    ones, twos = (received(send(travelling, partial(kept, parcel))).get() for _ in range(2))
    assert ones == twos == (parcel.contents, 1)
    assert len(KEPT) == 1
    assert Parcel.of(lambda: 1) is None


KEPT: dict[int, object] = {}


def kept(parcel: Parcel[object]) -> tuple[object, int]:
    KEPT[id(parcel.contents)] = parcel.contents
    return parcel.contents, len(KEPT)


def test_calls_in_one_process_take_turns() -> None:
    inside: list[int] = []
    with ThreadPoolExecutor(4) as executor:
        futures = [send(executor, partial(alone, inside)) for _ in range(20)]
        assert [received(future).get() for future in futures] == [1] * 20


def alone(inside: list[int]) -> int:
    inside.append(0)
    time.sleep(1 / 1000)
    count = len(inside)
    inside.pop()
    return count


def test_an_alarm_rings_in_any_thread() -> None:
    def endless() -> str:
        try:
            with alarm(50), alarm(1):
                while True:
                    time.sleep(1 / 100)
        except OutOfTime:
            return "rung"

    def short() -> str:
        with alarm(1):
            pass
        time.sleep(3 / 2)
        return "not rung"

    with ThreadPoolExecutor(2) as executor:
        assert [f.result(30) for f in map(executor.submit, (endless, short))] == [
            "rung",
            "not rung",
        ]
