"""A FIFO queue: order and one consumer at a time within each message group, no duplicates."""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, field

from awsops.sandbox.sqs import faults
from awsops.sandbox.sqs.message import Message
from awsops.sandbox.sqs.queue import Queue, QueueKey

DEDUPLICATION_SECONDS = 300  # "the 5-minute deduplication interval", SQS API reference
ATTEMPT_SECONDS = 300  # ReceiveRequestAttemptId, SQS API reference, ReceiveMessage
# AWS's sequence numbers have 20 digits and grow without being consecutive.
_FIRST_SEQUENCE = 18_850_000_000_000_000_000
_SEQUENCE_STEP = 256


@dataclass(slots=True)
class _Group:
    """Messages of one group by sequence number; locked while one of them is in flight."""

    waiting: list[tuple[int, Message]] = field(default_factory=list)
    in_flight: int = 0
    queued: bool = False


class FifoQueue(Queue):
    """A FIFO queue; its name ends in `.fifo`."""

    fifo = True

    def __init__(self, key: QueueKey, attributes: dict[str, str], now: float) -> None:
        super().__init__(key, attributes, now)
        self._groups: dict[str, _Group] = {}
        self._open: deque[str] = deque()
        self._session: set[str] = set()
        self._sequence = _FIRST_SEQUENCE
        self._seen: dict[tuple[str | None, str], tuple[float, Message]] = {}
        self._seen_order: deque[tuple[float, tuple[str | None, str]]] = deque()
        self._attempts: dict[str, tuple[float, list[tuple[Message, int]]]] = {}

    def next_sequence(self) -> int:
        self._sequence += _SEQUENCE_STEP
        return self._sequence

    def duplicate_of(self, message: Message, now: float) -> Message | None:
        """The message sent with the same deduplication id within five minutes, if any."""
        while self._seen_order and self._seen_order[0][0] <= now:
            _, old = self._seen_order.popleft()
            if old in self._seen and self._seen[old][0] <= now:
                del self._seen[old]
        entry = self._seen.get(self._scope_of(message))
        return entry[1] if entry else None

    def remember(self, message: Message, now: float) -> None:
        """Starts the deduplication interval of a message that was accepted."""
        scope, until = self._scope_of(message), now + DEDUPLICATION_SECONDS
        self._seen[scope] = (until, message)
        self._seen_order.append((until, scope))

    def _scope_of(self, message: Message) -> tuple[str | None, str]:
        per_group = self.attributes.get("DeduplicationScope") == "messageGroup"
        return (message.group if per_group else None, message.dedup or "")

    def repeat_attempt(self, attempt: str, visibility: float, now: float) -> list[Message] | None:
        """The messages of an earlier receive with this attempt id, if none has changed since."""
        self._attempts = {key: old for key, old in self._attempts.items() if old[0] > now}
        known = self._attempts.get(attempt)
        if known is None:
            return None
        for message, token in known[1]:
            if message.state != "inflight" or message.token != token:
                raise faults.invalid_parameter(
                    f"Value {attempt} for parameter ReceiveRequestAttemptId is invalid. Reason: "
                    "a message of that attempt was deleted or has changed its visibility."
                )
            self._set_timer(message, now + visibility)
        return [message for message, _ in known[1]]

    def remember_attempt(self, attempt: str, taken: list[Message], now: float) -> None:
        pairs = [(message, message.token) for message in taken]
        self._attempts[attempt] = (now + ATTEMPT_SECONDS, pairs)

    def delete(self, handle: str, now: float) -> None:
        """Deletes by receipt handle, which must still hold the message: FIFO is strict here."""
        self.wake(now)
        message, token = self.locate(handle)
        if message is None:
            return
        if message.state != "inflight" or message.token != token:
            raise faults.bad_value(handle, "ReceiptHandle", "The receipt handle has expired")
        self.forget(message)

    def _can_change(self, message: Message) -> bool:
        return message.state == "inflight"

    def _full(self) -> list[Message]:
        return []  # "For FIFO queues ... SQS returns no error messages" (ChangeMessageVisibility)

    def _begin_taking(self) -> None:
        self._session.clear()

    def _next(self) -> Message | None:
        while self._open:
            name = self._open[0]
            group = self._groups[name]
            free = not group.in_flight or name in self._session
            message = self._head(group) if free else None
            if message is not None and message.state == "ready":
                heapq.heappop(group.waiting)
                self._session.add(name)
                return message
            # Locked, empty, or its head is delayed: whatever ends that opens the group again.
            self._open.popleft()
            group.queued = False
            if not group.waiting and not group.in_flight:
                del self._groups[name]
        return None

    def _head(self, group: _Group) -> Message | None:
        while group.waiting:
            message = group.waiting[0][1]
            if message.state != "gone" and self.messages.get(message.id) is message:
                return message
            heapq.heappop(group.waiting)
        return None

    def _group_of(self, message: Message) -> _Group:
        return self._groups.setdefault(message.group or "", _Group())

    def _admit(self, message: Message) -> None:
        # A delayed message takes its place at once: those sent after it must not overtake it.
        if message.state == "delayed":
            heapq.heappush(self._group_of(message).waiting, (message.sequence, message))

    def _delay_over(self, message: Message) -> None:
        self._open_group(message.group or "", self._group_of(message))

    def _offer(self, message: Message) -> None:
        group = self._group_of(message)
        heapq.heappush(group.waiting, (message.sequence, message))
        self._open_group(message.group or "", group)

    def _open_group(self, name: str, group: _Group) -> None:
        if not group.queued:
            group.queued = True
            self._open.append(name)

    def _park(self, message: Message) -> None:
        self._group_of(message).in_flight += 1

    def _forgotten(self, message: Message) -> None:
        # It may have been the head that held its group back.
        if (message.group or "") in self._groups:
            self._open_group(message.group or "", self._groups[message.group or ""])

    def _release(self, message: Message) -> None:
        name = message.group or ""
        group = self._group_of(message)
        group.in_flight -= 1
        if not group.in_flight:
            self._open_group(name, group)
