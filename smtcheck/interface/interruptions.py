"""Ctrl-C, and other signals that end a command, at a moment that suits."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from smtcheck.interface.supervision import ENDS


@contextmanager
def interruptions_later() -> Iterator[None]:
    """Let them wait for the end of something short."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pressed: list[int] = []
    before = {
        number: signal.signal(number, lambda pressed_now, frame: pressed.append(pressed_now))
        for number in (signal.SIGINT, *ENDS)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if pressed:
        signal.raise_signal(pressed[0])
