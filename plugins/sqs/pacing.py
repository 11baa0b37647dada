"""Not more than so many messages a second, whatever the number of lanes."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable

from awsops.errors import UsageError

from .messages import BATCH

TOGETHER_SECONDS = 0.2  # what is sent in as long a time may leave at once
CATCH_UP_SECONDS = 0.02  # how far behind the pace a busy machine may fall and make up for it

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

    `rate` is messages a second (above 0). Each message's time comes before it and not after: the
    first leave when theirs has passed, so no second, the first one included, sees more than `rate`
    and 2 %. Nothing is saved up in a pause but the time of one batch.
    """

    def __init__(self, rate: float, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._last: float | None = None
        self._lock = threading.Lock()

    @property
    def batch(self) -> int:
        """How many messages (1..10) leave together at most: fewer where they are few a second."""
        return max(1, min(BATCH, int(self._rate * TOGETHER_SECONDS)))

    def reserve(self, count: int) -> float:
        """Seconds since the epoch from when `count` messages may be sent; may be past."""
        with self._lock:
            now = self._clock()
            last = now if self._last is None else self._last
            self._last = max(last + count / self._rate, now - CATCH_UP_SECONDS)
            return self._last
