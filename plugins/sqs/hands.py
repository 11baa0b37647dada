"""The messages that a run holds: received, and not yet deleted or given back."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from .messages import BATCH, Message

# Seconds that a received message is hidden from others, unless told otherwise. Long enough for a
# batch with all its retries, short enough that a killed run's messages are back soon.
LEASE = 60
LONGEST_LEASE = 900  # a parked message's lease doubles up to this, so that many cost few calls


class Hands:
    """Keeps one receipt handle a message, the newest, and the leases of parked messages.

    A message is in a lane's work, parked (left alone, hidden until the run ends, or the lanes
    would receive it for ever), or owed (sent, its delete failed). Safe to share by lanes.
    """

    def __init__(self, lease: int = LEASE) -> None:
        self.lease = lease
        self._lock = threading.Lock()
        self._handles: dict[str, str] = {}
        self._parked: dict[str, int] = {}  # id to the lease's length in seconds
        self._owed: dict[str, None] = {}  # in the order of their sends
        self._leases: list[tuple[float, str]] = []  # (renew at, id), a heap
        self._back_by: dict[str, float] = {}

    def take(self, messages: Iterable[Message]) -> list[Message]:
        """The messages that nobody holds yet, and those owed.

        SQS delivers at least once, and a lease can lapse: of a message that is held already only
        the newer receipt handle is kept, for whoever holds it.
        """
        new = []
        with self._lock:
            for message in messages:
                if message.id not in self._handles or message.id in self._owed:
                    new.append(message)
                self._handles[message.id] = message.handle
                self._back_by.pop(message.id, None)
        return new

    def handles(self, message_ids: Iterable[str]) -> dict[str, str]:
        """Id to newest receipt handle, of those held."""
        with self._lock:
            return {m: self._handles[m] for m in message_ids if m in self._handles}

    def drop(self, message_ids: Iterable[str]) -> None:
        """They are deleted or given back."""
        with self._lock:
            for message_id in message_ids:
                self._forget(message_id)

    def _forget(self, message_id: str) -> None:
        self._handles.pop(message_id, None)
        self._parked.pop(message_id, None)
        self._owed.pop(message_id, None)
        self._back_by.pop(message_id, None)

    def settled_by(self, used: Mapping[str, str]) -> list[str]:
        """Those of the deleted messages (id to the handle used) that were not delivered again
        meanwhile. SQS answers a delete by an older handle as if it had been carried out, and may
        not have done it (API reference, DeleteMessage).
        """
        with self._lock:
            return self._held_by(used)

    def drop_deleted(self, used: Mapping[str, str]) -> list[str]:
        """As `settled_by`, and they are no longer held."""
        with self._lock:
            gone = self._held_by(used)
            for message_id in gone:
                self._forget(message_id)
        return gone

    def _held_by(self, handles: Mapping[str, str]) -> list[str]:
        return [m for m, handle in handles.items() if self._handles.get(m, handle) == handle]

    def park(self, message_id: str, now: float) -> None:
        """Hold a message, hidden, until the run ends."""
        with self._lock:
            self._parked[message_id] = self.lease
            heapq.heappush(self._leases, (now + self.lease / 2, message_id))

    def owe(self, message_ids: Iterable[str], now: float) -> None:
        """They were sent; their deletes are still to be done."""
        with self._lock:
            for message_id in message_ids:
                self._owed[message_id] = None
                # Their leases are not renewed: later than this they are visible again, or gone.
                self._back_by.setdefault(message_id, now + self.lease + 1)

    def claim(self, message_id: str) -> bool:
        """Whether its delete was owed, and is the caller's to do from now on."""
        with self._lock:
            if message_id not in self._owed:
                return False
            del self._owed[message_id]
            return True

    def claim_owed(self, count: int = BATCH) -> list[str]:
        """Up to `count` owed messages, whose deletes are the caller's to do from now on."""
        with self._lock:
            chosen = list(islice(self._owed, count))
            for message_id in chosen:
                del self._owed[message_id]
            return chosen

    def parked(self) -> list[str]:
        with self._lock:
            return list(self._parked)

    def owed(self) -> int:
        with self._lock:
            return len(self._owed)

    @property
    def owed_until(self) -> float:
        """When the last of what is owed is visible again; 0 when nothing is owed."""
        with self._lock:
            return max((self._back_by.get(owed, 0.0) for owed in self._owed), default=0.0)

    def renewals(self, now: float) -> tuple[int, Sequence[str]]:
        """Up to ten parked messages whose leases half ran out, and the seconds to renew them for.

        They count as renewed from now on.
        """
        due: list[str] = []
        seconds = 0
        longest = max(LONGEST_LEASE, self.lease)
        with self._lock:
            while self._leases and self._leases[0][0] <= now and len(due) < BATCH:
                _, message_id = heapq.heappop(self._leases)
                if message_id not in self._parked:
                    continue
                seconds = max(seconds, min(self._parked[message_id] * 2, longest))
                due.append(message_id)
            for message_id in due:
                self._parked[message_id] = seconds
                heapq.heappush(self._leases, (now + seconds / 2, message_id))
        return seconds, due
