"""The circuit breaker of a redrive: redriven messages that fail again come back."""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Iterable

from awsops.errors import UsageError

REMEMBERED = 50_000  # copies whose ids are known: about 6 MB
FEWEST = 10  # that came back, before a share says anything


def read_share(text: str) -> float:
    """`20%` as 0.2; UsageError outside of 0 to 100 %."""
    match = re.fullmatch(r"(\d{1,3}(?:\.\d{1,3})?)%", text.strip())
    share = float(match[1]) / 100 if match else 0.0
    if not 0 < share <= 1:
        raise UsageError(f"--stop-if-returned {text!r} is not a share", hint="like 20%")
    return share


class Returns:
    """Tells which messages are copies of this run that are back in the dead-letter queue.

    SQS keeps a message's id when it moves it there. `share` (above 0, to 1) of what was moved may
    come back before `too_many`; at least ten have to.
    """

    def __init__(self, share: float) -> None:
        self.share = share
        self.back = 0
        self._copied = 0
        self._lock = threading.Lock()
        self._known: set[str] = set()
        self._order: deque[str] = deque()

    def add_copies(self, copy_ids: Iterable[str]) -> None:
        """These were accepted by a destination."""
        with self._lock:
            for copy_id in copy_ids:
                self._known.add(copy_id)
                self._order.append(copy_id)
                self._copied += 1
            while len(self._order) > REMEMBERED:
                self._known.discard(self._order.popleft())

    def see(self, message_id: str) -> None:
        """A message that was sent after the run began lies in the dead-letter queue."""
        with self._lock:
            if message_id in self._known:
                self._known.discard(message_id)
                self.back += 1

    @property
    def too_many(self) -> bool:
        return self.back >= FEWEST and self.back >= self.share * self._copied

    def summary(self) -> str:
        return f"{self.back:,} of {self._copied:,} redriven messages came back"
