"""Where a message goes: to the queue that was asked for, else back to where it came from."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from awsops.errors import NotFoundError, UsageError
from awsops.service_errors import is_denied

from .client import SqsClient
from .messages import Message
from .queues import MAX_MESSAGE_BYTES, QueueRef, read_facts, resolve_queue


@dataclass(frozen=True, slots=True)
class Destination:
    """A queue that takes copies. `max_message_bytes` is its own MaximumMessageSize."""

    ref: QueueRef
    max_message_bytes: int = MAX_MESSAGE_BYTES
    arn: str = ""

    @property
    def name(self) -> str:
        return self.ref.name

    @property
    def fifo(self) -> bool:
        return self.ref.fifo


@dataclass(frozen=True, slots=True)
class Unroutable:
    """Why a message has nowhere to go."""

    reason: str


def read_destination(sqs: SqsClient, ref: QueueRef) -> Destination:
    """The queue with its size limit; SQS's own limit where its attributes may not be read."""
    try:
        facts = read_facts(sqs, ref)
    except Exception as error:
        if not is_denied(error):
            raise
        return Destination(ref)
    return Destination(ref, facts.max_message_bytes, facts.arn)


def why_not(message: Message, destination: Destination | Unroutable) -> str:
    """Why a message cannot be sent there, in words; empty when it can."""
    if isinstance(destination, Unroutable):
        return destination.reason
    if destination.fifo and message.group is None:
        return f"it has no message group, which {destination.name} asks for"
    size = message.size()
    if size > destination.max_message_bytes:
        limit = f"{destination.max_message_bytes:,}"
        return f"larger than the {limit} bytes that {destination.name} takes"
    return ""


class Router:
    """Routes messages one by one; asks for each source queue once. Safe to share by lanes.

    `fixed` takes everything. Without it a message goes to its own source, and one that names none
    (it was sent straight to the dead-letter queue) to the only source queue, if there is only one.
    """

    def __init__(
        self,
        sqs: SqsClient,
        *,
        region: str,
        fixed: Destination | None = None,
        sources: Sequence[QueueRef] = (),
    ) -> None:
        self._sqs = sqs
        self._region = region
        self._fixed = fixed
        self._sources = sources
        self._known: dict[str, Destination | Unroutable] = {}
        self._lock = threading.Lock()

    def route(self, message: Message) -> Destination | Unroutable:
        """The message's destination. Errors of calls other than "no such queue" are raised."""
        if self._fixed is not None:
            return self._fixed
        key = message.source_arn
        if key is None:
            if len(self._sources) != 1:
                return Unroutable("it names no source queue")
            key = self._sources[0].url
        found = self._known.get(key)
        if found is None:
            with self._lock:
                found = self._known.get(key) or self._find(key)
                self._known[key] = found
        return found

    def _find(self, key: str) -> Destination | Unroutable:
        for source in self._sources:
            if source.url == key:
                return read_destination(self._sqs, source)
        try:
            ref = resolve_queue(self._sqs, key, region=self._region)
        except (NotFoundError, UsageError):
            return Unroutable(f"its source queue {key} does not exist any more")
        return read_destination(self._sqs, ref)
