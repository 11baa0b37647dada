"""A clock that can be put forward: what takes AWS minutes is then rehearsed in no time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

FURTHEST_SECONDS = 366 * 86_400.0  # in one go; further makes dates that AWS's formats refuse


class SteerableClock:
    """Seconds since 1970 on `clock`, and what it was put forward by. Goes back only at a reset.

    It is for what happens over time (metrics, alarms, traffic, shifts); signatures and sessions
    keep to the real time, which the callers' own clocks show.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._ahead = 0.0
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self._clock() + self._ahead

    def reset(self) -> None:
        """The real time again, when all that happened is forgotten."""
        with self._lock:
            self._ahead = 0.0

    def advance(self, seconds: float) -> float:
        """Puts it forward and returns the new time; ValueError unless 0 to 366 days."""
        if not 0 <= seconds <= FURTHEST_SECONDS:
            raise ValueError(f"seconds={seconds}: expected 0 to {FURTHEST_SECONDS:.0f}")
        with self._lock:
            self._ahead += seconds
        return self()
