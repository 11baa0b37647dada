"""Not more than so many messages a second, whatever the number of lanes."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable

from awsops.errors import UsageError

_SECONDS = {"s": 1, "m": 60, "h": 3600}


def read_rate(text: str) -> float:
    """Messages a second of `50`, `50/s` or `30/m`; UsageError when it is not above 0."""
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)(?:/([smh]))?", text)
    rate = float(match[1]) / _SECONDS[match[2] or "s"] if match else 0.0
    if rate <= 0:
        raise UsageError(f"--rate {text!r} is not a rate above 0", hint="like 500, 50/s or 30/m")
    return rate


class Pace:
    """Hands out moments: `count` messages may leave at the moment that `reserve` returns.

    `rate` is messages a second (above 0). Nothing is saved up: after a pause the pace goes on, and
    does not make up for it.
    """

    def __init__(self, rate: float, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._next = 0.0
        self._lock = threading.Lock()

    def reserve(self, count: int) -> float:
        """Seconds since the epoch from when `count` messages may be sent."""
        with self._lock:
            moment = max(self._next, self._clock())
            self._next = moment + count / self._rate
            return moment
