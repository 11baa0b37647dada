"""What lanes share to count and to end: the tally, and emptiness."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

# Long polls in a row, of every lane, that brought nothing new before the queue counts as empty:
# counts are approximate, and a poll can miss messages (SQS developer guide, long polling).
EMPTY_POLLS = 3


@dataclass(slots=True)
class Tally:
    """Messages by what became of them. `failures` counts reasons; `example` has one id of each."""

    moved: int = 0
    skipped: int = 0  # not selected
    late: int = 0  # sent after the run began
    failed: int = 0
    unreleased: int = 0  # not given back: visible again when their leases end
    last_move: float = 0.0  # seconds since the epoch
    sent_to: Counter[str] = field(default_factory=Counter)  # copies accepted, by queue
    failures: Counter[str] = field(default_factory=Counter)
    example: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add_moved(self, count: int, now: float) -> None:
        with self._lock:
            self.moved += count
            self.last_move = max(self.last_move, now)

    def add_sent(self, destination: str, count: int) -> None:
        with self._lock:
            self.sent_to[destination] += count

    def add_skipped(self) -> None:
        with self._lock:
            self.skipped += 1

    def add_late(self) -> None:
        with self._lock:
            self.late += 1

    def add_failed(self, message_id: str, reason: str) -> None:
        with self._lock:
            self.failed += 1
            self.failures[reason] += 1
            self.example.setdefault(reason, message_id)

    def add_unreleased(self, count: int) -> None:
        with self._lock:
            self.unreleased += count


class Emptiness:
    """Believes that a queue is empty when every lane polled in vain several times in a row."""

    def __init__(self, lanes: int) -> None:
        self._in_vain = dict.fromkeys(range(lanes), 0)
        self._waiting: set[int] = set()
        self._lock = threading.Lock()

    @contextmanager
    def waiting(self, lane: int) -> Iterator[None]:
        """The lane has nothing in work and waits to receive: what others poll in vain counts for
        it too."""
        with self._lock:
            self._waiting.add(lane)
        try:
            yield
        finally:
            with self._lock:
                self._waiting.discard(lane)

    def report(self, lane: int, *, empty: bool) -> None:
        with self._lock:
            if not empty:
                self._in_vain[lane] = 0
                return
            for idle in {lane, *self._waiting}:
                self._in_vain[idle] += 1

    def leave(self, lane: int) -> None:
        """The lane has ended and has no more say."""
        with self._lock:
            self._in_vain.pop(lane, None)

    @property
    def believed(self) -> bool:
        with self._lock:
            return all(count >= EMPTY_POLLS for count in self._in_vain.values())
