"""What a redrive remembers between a send and its delete, so that nothing is sent twice."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Protocol

# A deleted message can be delivered once more (SQS developer guide, at-least-once delivery): the
# last so many are remembered, about 1.5 MB.
REMEMBERED = 10_000
_SMALL = 1_200  # ids of which Python keeps a set in 32 KB


class Record(Protocol):
    """Every lane calls it from its own thread, for each batch in this order: add_sending, (SQS
    sends), add_answered, (SQS deletes), add_deleted. Each returns only when that is safe."""

    def add_sending(
        self, message_ids: Sequence[str], handles: Sequence[str] = (), until: float = 0.0
    ) -> None:
        """A send of these is about to leave.

        Their receipt `handles` are the newest until `until` (seconds since the epoch): so long
        nobody else can receive them.
        """
        ...

    def add_answered(
        self, accepted: Sequence[str], refused: Sequence[str], copies: Sequence[str] = ()
    ) -> None:
        """The send was answered: copies of `accepted` exist. What is in neither stays doubtful.

        `copies` are ids of copies, given while a LoopGuard asks for them.
        """
        ...

    def add_deleted(self, message_ids: Sequence[str]) -> int:
        """The originals are gone; returns of how many that was not known before."""
        ...

    def was_sent(self, message_id: str) -> bool:
        """Whether its copy was accepted and the original must now only be deleted."""
        ...

    def was_deleted(self, message_id: str) -> bool:
        """Whether it was deleted lately and SQS delivers it once more."""
        ...

    @property
    def unfinished(self) -> int:
        """How many messages an earlier process had in work that have not come again yet."""
        ...

    def sent_before(self) -> set[str]:
        """Those of them whose copies SQS had accepted."""
        ...

    @property
    def likely(self) -> int:
        """How many of these were deleted by a handle that may not have been the newest."""
        ...

    def add_likely(self, message_ids: Sequence[str]) -> None:
        """SQS has taken the delete, and carries it out unless somebody received them since."""
        ...

    def add_vanished(self) -> int:
        """The queue was seen empty: what an earlier process had in work is gone. Returns how many
        of them had been sent, and so were moved."""
        ...

    def left_behind(self) -> dict[str, tuple[str, float]]:
        """The handles of what an earlier process had sent and not deleted, and until when nobody
        else could receive it."""
        ...

    @property
    def doubtful(self) -> int:
        """How many times a message was sent without an answer: so many copies may be too many."""
        ...

    @property
    def resumed(self) -> int:
        """How many messages an earlier process had sent and this one deleted."""
        ...


class Recent:
    """The ids added last: the newest `most` of them, and some more.

    Small sets, the oldest of which is dropped: the table of a large one is allocated anew, by
    whichever lane it grows in, and the memory of a long run would grow with it.
    """

    def __init__(self, most: int) -> None:
        self._kept = -(-most // _SMALL) + 1
        self._sets: tuple[set[str], ...] = (set(),)

    def add(self, ids: Iterable[str]) -> None:
        """They are the newest. Called by one thread at a time; `in` may be asked by any."""
        self._sets[0].update(ids)
        if len(self._sets[0]) >= _SMALL:
            self._sets = (set(), *self._sets[: self._kept - 1])

    def __contains__(self, message_id: str) -> bool:
        return any(message_id in some for some in self._sets)


class MemoryRecord:
    """The record of one process. It does not survive it, and it does not grow with the run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sending: set[str] = set()
        self._doubtful: Counter[str] = Counter()
        self._sent: set[str] = set()
        self._from_before: set[str] = set()
        self._expected: set[str] = set()  # sent by an earlier process, which got no answer
        self._likely: set[str] = set()
        self._resumed = 0
        self._gone = Recent(REMEMBERED)

    def add_sending(
        self, message_ids: Sequence[str], handles: Sequence[str] = (), until: float = 0.0
    ) -> None:
        with self._lock:
            # Sent before without an answer, and now again: the first copy may exist.
            self._doubtful.update(self._sending.intersection(message_ids))
            self._sending.update(message_ids)
            self._expected.difference_update(message_ids)

    def add_answered(
        self, accepted: Sequence[str], refused: Sequence[str], copies: Sequence[str] = ()
    ) -> None:
        with self._lock:
            self._sending.difference_update(accepted, refused)
            self._sent.update(accepted)

    def add_deleted(self, message_ids: Sequence[str]) -> int:
        with self._lock:
            before = len(self._sent)
            self._resumed += len(self._from_before.intersection(message_ids))
            self._from_before.difference_update(message_ids)
            self._sent.difference_update(message_ids)
            self._gone.add(message_ids)
            return before - len(self._sent)

    def was_sent(self, message_id: str) -> bool:
        return message_id in self._sent

    def was_deleted(self, message_id: str) -> bool:
        return message_id in self._gone

    @property
    def unfinished(self) -> int:
        return len(self._from_before) + len(self._expected)

    @property
    def likely(self) -> int:
        return len(self._from_before & self._likely)

    def add_likely(self, message_ids: Sequence[str]) -> None:
        self._likely.update(message_ids)

    def add_vanished(self) -> int:
        with self._lock:
            count = len(self._from_before)
            self._sent -= self._from_before
            self._from_before.clear()
            self._expected.clear()
            return count

    def left_behind(self) -> dict[str, tuple[str, float]]:
        return {}

    def sent_before(self) -> set[str]:
        """What an earlier process had sent, and has not come again yet."""
        with self._lock:
            return set(self._from_before)

    @property
    def doubtful(self) -> int:
        with self._lock:
            return self._doubtful.total() + len(self._sending)

    @property
    def resumed(self) -> int:
        return self._resumed

    def restore(self, sent: Iterable[str], sending: Iterable[str], doubtful: Iterable[str]) -> None:
        """Start from what an earlier process left."""
        with self._lock:
            self._sent.update(sent)
            self._from_before.update(self._sent)
            self._sending.update(sending)
            self._expected.update(self._sending)
            self._doubtful.update(doubtful)

    def forget(self) -> None:
        """The run is over: what did not come again is gone."""
        with self._lock:
            self._sending.clear()
            self._doubtful.clear()
            self._sent.clear()
            self._from_before.clear()
            self._expected.clear()

    def open_items(self) -> dict[str, list[str]]:
        """What a later process has to know, by the names that `restore` gives it."""
        with self._lock:
            return {
                "sent": sorted(self._sent),
                "sending": sorted(self._sending),
                "doubtful": sorted(self._doubtful.elements()),
            }
