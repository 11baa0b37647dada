"""A standard queue: constant cost for every call, whatever its depth.

Messages that can be received stand in a deque; delayed and invisible ones wait in a heap of timers
and return when time has passed and somebody asks. Nothing here takes a lock: the service holds one
around every call.
"""

from __future__ import annotations

import base64
import binascii
import heapq
import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from awsops.sandbox.sqs import faults
from awsops.sandbox.sqs.message import Message

MAX_IN_FLIGHT = 120_000  # SQS quotas, "Standard queue, messages in flight"
MAX_VISIBILITY = 43_200  # seconds, 12 hours, SQS API reference
_SLACK = 1000  # void entries that a queue may keep before it is worth tidying up

_serials = itertools.count(1)


@dataclass(frozen=True, slots=True)
class QueueKey:
    """What makes a queue unique."""

    account: str
    region: str
    name: str

    @property
    def arn(self) -> str:
        return f"arn:aws:sqs:{self.region}:{self.account}:{self.name}"


class Queue:
    """A standard queue. `attributes` holds what was set, as the strings AWS would return."""

    fifo = False

    def __init__(self, key: QueueKey, attributes: dict[str, str], now: float) -> None:
        self.key = key
        self.arn = key.arn
        self.attributes = attributes
        self.tags: dict[str, str] = {}
        self.created = self.modified = now
        self.purged: float | None = None
        self.serial = next(_serials)  # tells a queue from a later one of the same name
        self.messages: dict[str, Message] = {}
        self.in_flight = 0
        self.delayed = 0
        self._ready: deque[Message] = deque()
        self._timers: list[tuple[float, int, int, Message]] = []
        self._expiry: list[tuple[float, int, Message]] = []
        self._order = itertools.count()
        self._tokens = itertools.count(1)

    def number(self, attribute: str) -> int:
        """A numeric attribute; every queue has all of them, defaults included."""
        return int(self.attributes[attribute])

    @property
    def visible(self) -> int:
        return len(self.messages) - self.in_flight - self.delayed

    def put(self, message: Message, now: float, delay: float = 0) -> None:
        """Adds a message, to be seen after `delay` seconds."""
        self.messages[message.id] = message
        self._compact()
        expires = message.sent_at + self.number("MessageRetentionPeriod")
        heapq.heappush(self._expiry, (expires, next(self._order), message))
        message.state = "delayed" if delay > 0 else "ready"
        self._admit(message)
        if delay > 0:
            self.delayed += 1
            self._set_timer(message, now + delay)
        else:
            self._offer(message)

    def take(
        self,
        count: int,
        visibility: float,
        now: float,
        bury: Callable[[Message], bool] | None = None,
    ) -> list[Message]:
        """Receives up to `count` messages and hides them for `visibility` seconds.

        bury: asked for each message before it is handed out; True means that it has gone to the
        dead-letter queue instead.
        """
        self.wake(now)
        self._begin_taking()
        if self.in_flight >= MAX_IN_FLIGHT:
            return self._full()
        taken: list[Message] = []
        while len(taken) < count and (message := self._next()) is not None:
            if bury is not None and bury(message):
                continue
            message.received += 1
            message.first_received_at = message.first_received_at or now
            message.inflight_since = now
            message.token = next(self._tokens)
            message.state = "inflight"
            self.in_flight += 1
            self._park(message)
            taken.append(message)
        # Only now, or a message with a visibility of 0 could be handed out twice in one call.
        for message in taken:
            if visibility > 0:
                self._set_timer(message, now + visibility)
            else:
                self._return(message)
        return taken

    def pop(self, now: float) -> Message | None:
        """Takes one visible message out of the queue for good: for moves, not for receivers."""
        self.wake(now)
        self._begin_taking()
        message = self._next()
        if message is not None:
            self.forget(message)
        return message

    def forget(self, message: Message) -> None:
        """Removes a message; whatever still refers to it finds it gone."""
        if self.messages.pop(message.id, None) is None:
            return
        if message.state == "inflight":
            self.in_flight -= 1
            message.state = "gone"
            self._release(message)
        elif message.state == "delayed":
            self.delayed -= 1
        message.state = "gone"
        self._forgotten(message)

    def delete(self, handle: str, now: float) -> None:
        """Deletes by receipt handle; an old handle succeeds and deletes nothing, as on AWS."""
        self.wake(now)
        message, token = self.locate(handle)
        if message is not None and message.token == token:
            self.forget(message)

    def change_visibility(self, handle: str, seconds: int, now: float) -> None:
        """Hides a message in flight for `seconds` from now, or returns it at once with 0."""
        self.wake(now)
        message, token = self.locate(handle)
        if message is None:
            raise faults.bad_value(
                handle,
                "ReceiptHandle",
                "Message does not exist or is not available for visibility timeout change",
            )
        if message.token != token or not self._can_change(message):
            raise faults.not_in_flight(handle)
        if now + seconds > message.inflight_since + MAX_VISIBILITY:
            raise faults.bad_value(
                seconds,
                "VisibilityTimeout",
                f"Total VisibilityTimeout for the message is beyond the limit "
                f"[{MAX_VISIBILITY} seconds]",
            )
        if message.state == "ready":
            if seconds == 0:
                return
            # AWS accepts this even when the visibility has just ended, and hides it again.
            message.state = "inflight"
            self.in_flight += 1
        if seconds > 0:
            self._set_timer(message, now + seconds)
        else:
            self._return(message)

    def purge(self, now: float) -> None:
        for message in list(self.messages.values()):
            self.forget(message)
        self.purged = now

    def wake(self, now: float) -> None:
        """Brings the queue up to date: what time has made visible, or too old."""
        while self._timers and self._timers[0][0] <= now:
            _, _, timer, message = heapq.heappop(self._timers)
            if timer != message.timer or self.messages.get(message.id) is not message:
                continue
            if message.state == "inflight":
                self._return(message)
            elif message.state == "delayed":
                self.delayed -= 1
                message.state = "ready"
                self._delay_over(message)
        while self._expiry and self._expiry[0][0] <= now:
            message = heapq.heappop(self._expiry)[2]
            if self.messages.get(message.id) is message:
                self.forget(message)

    def _compact(self) -> None:
        """Drops what refers to messages long gone, before it outweighs those that are there."""
        if len(self._expiry) > 2 * len(self.messages) + _SLACK:
            self.retention_changed()
        if len(self._timers) > 2 * len(self.messages) + _SLACK:
            self._timers = [
                entry
                for entry in self._timers
                if entry[2] == entry[3].timer and entry[3].id in self.messages
            ]
            heapq.heapify(self._timers)

    def next_event(self) -> float | None:
        """When a timer is due next, in epoch seconds."""
        return self._timers[0][0] if self._timers else None

    def retention_changed(self) -> None:
        seconds = self.number("MessageRetentionPeriod")
        self._expiry = [
            (message.sent_at + seconds, next(self._order), message)
            for message in self.messages.values()
        ]
        heapq.heapify(self._expiry)

    def handle_of(self, message: Message) -> str:
        """The receipt handle of the newest receive."""
        text = f"sandbox:{self.serial}:{message.id}:{message.token}"
        return base64.b64encode(text.encode()).decode()

    def locate(self, handle: str) -> tuple[Message | None, int]:
        """The message that a receipt handle names, if it still exists, and the receive's token."""
        try:
            text = base64.b64decode(handle, validate=True).decode()
            mark, serial, message_id, token = text.split(":")
            number = int(token)
        except (binascii.Error, UnicodeDecodeError, ValueError):
            raise faults.handle_invalid(handle) from None
        if mark != "sandbox" or serial != str(self.serial):
            raise faults.handle_invalid(handle)
        return self.messages.get(message_id), number

    def _set_timer(self, message: Message, due: float) -> None:
        message.timer += 1
        heapq.heappush(self._timers, (due, next(self._order), message.timer, message))

    def _return(self, message: Message) -> None:
        message.timer += 1
        message.state = "ready"
        self.in_flight -= 1
        self._release(message)
        self._offer(message)

    # What a FIFO queue does otherwise.

    def _full(self) -> list[Message]:
        raise faults.over_limit(
            f"Too many messages in flight: the limit for {self.key.name} is {MAX_IN_FLIGHT}."
        )

    def _can_change(self, message: Message) -> bool:
        return message.state in ("inflight", "ready")

    def _begin_taking(self) -> None:
        pass

    def _next(self) -> Message | None:
        while self._ready:
            message = self._ready.popleft()
            if message.state == "ready" and self.messages.get(message.id) is message:
                return message
        return None

    def _admit(self, message: Message) -> None:
        pass

    def _delay_over(self, message: Message) -> None:
        self._offer(message)

    def _offer(self, message: Message) -> None:
        self._ready.append(message)

    def _park(self, message: Message) -> None:
        pass

    def _release(self, message: Message) -> None:
        pass

    def _forgotten(self, message: Message) -> None:
        pass
