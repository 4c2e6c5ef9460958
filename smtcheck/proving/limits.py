"""Limits travel together, in one value."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a search may use."""

    timeout_seconds: int = 120
    memory_mebibytes: int = 4096  #: of each solver process
    seed: int = 0

    def deadline(self) -> float:
        """The time on the monotonic clock when the search must be over."""
        return time.monotonic() + self.timeout_seconds
