"""What a redrive remembers between a send and its delete, so that nothing is sent twice."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

# A deleted message can be delivered once more (SQS developer guide, at-least-once delivery): the
# last so many are remembered, about 3 MB.
REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Copied:
    """A message whose copy a destination has accepted under the id `copy_id`."""

    message_id: str
    copy_id: str
    destination: str


class Record(Protocol):
    """Called by every lane, from its own thread, in this order: sent, (SQS deletes), deleted."""

    def add_sent(self, copies: Sequence[Copied]) -> None:
        """Remember accepted copies; returns only when that is safe. Their originals still exist."""
        ...

    def add_deleted(self, message_ids: Sequence[str]) -> None:
        """Remember that originals are gone."""
        ...

    def was_sent(self, message_id: str) -> bool:
        """Whether a copy was accepted before, so that the original must only be deleted."""
        ...

    def undeleted(self) -> int:
        """How many messages were sent and not deleted."""
        ...


class MemoryRecord:
    """The record of one process. It does not survive it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sent: set[str] = set()
        self._gone: set[str] = set()
        self._gone_order: deque[str] = deque()

    def add_sent(self, copies: Sequence[Copied]) -> None:
        with self._lock:
            self._sent.update(copy.message_id for copy in copies)

    def add_deleted(self, message_ids: Sequence[str]) -> None:
        with self._lock:
            self._sent.difference_update(message_ids)
            for message_id in message_ids:
                if message_id not in self._gone:
                    self._gone.add(message_id)
                    self._gone_order.append(message_id)
            while len(self._gone_order) > REMEMBERED:
                self._gone.discard(self._gone_order.popleft())

    def was_sent(self, message_id: str) -> bool:
        return message_id in self._sent or message_id in self._gone

    def undeleted(self) -> int:
        return len(self._sent)
