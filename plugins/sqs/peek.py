"""A look at a queue's messages that takes none of them: each is given back at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .client import SqsClient, is_transient
from .messages import BATCH, Message, chunks, handles_of, hide, plain_attributes, receive
from .queues import QueueRef, name_of_arn

# Seconds. The messages are hidden only until the look is over; should we die meanwhile, so long.
HIDDEN = 60
EMPTY_POLLS = 2  # long polls in a row that find nothing
GIVE_BACK_FAILURES = 4  # calls that failed, each with botocore's attempts


@dataclass(frozen=True, slots=True)
class Peeked:
    """A row of `sqs peek`: a message as it lies in the queue.

    `receive_count` counts this look too. `source` is the queue that gave up on the message.
    """

    message_id: str
    sent_at: datetime
    receive_count: int
    body: str
    attributes: dict[str, Any]
    group_id: str | None
    dedup_id: str | None
    trace_header: str | None
    source: str | None
    sender: str | None


@dataclass(frozen=True, slots=True)
class Look:
    """What a peek saw, and how many messages could not be given back: `hidden` for up to its
    visibility."""

    messages: list[Message]
    hidden: int


def look(
    sqs: SqsClient,
    queue: QueueRef,
    *,
    count: int,
    about: int,
    stopped: Callable[[], bool],
    visibility: int = HIDDEN,
) -> Look:
    """Receive up to `count` messages and give every one of them back, also on an error.

    `about` is how many the queue is thought to hold: with so many in hand no further poll is made.
    Killed in between, it leaves them hidden for `visibility` seconds.
    """
    seen: dict[str, Message] = {}
    hidden = 0
    empty = 0
    try:
        while len(seen) < count and empty < EMPTY_POLLS and not stopped():
            room = min(BATCH, count - len(seen))
            found = receive(sqs, queue.url, count=room, visibility=visibility)
            seen.update((message.id, message) for message in found)
            empty = 0 if found else empty + 1
            if seen and len(seen) >= about:
                break
    finally:
        hidden = give_back(sqs, queue, seen)
    return Look(list(seen.values()), hidden)


def give_back(sqs: SqsClient, queue: QueueRef, messages: Mapping[str, Message]) -> int:
    """Make received messages visible at once; how many stay hidden because that failed.

    A batch that botocore could not get through comes again behind the others, and an outage is
    given up soon: the messages are visible again by themselves.
    """
    waiting = deque(chunks(list(handles_of(messages.values()).items())))
    failures = 0
    while waiting and failures < GIVE_BACK_FAILURES:
        batch = waiting.popleft()
        try:
            hide(sqs, queue.url, dict(batch), 0)
        except Exception as error:
            waiting.append(batch)
            failures += 1
            if not is_transient(error):
                break
    return sum(len(batch) for batch in waiting)


def peeked(message: Message) -> Peeked:
    """The row of a message."""
    source = message.source_arn
    return Peeked(
        message_id=message.id,
        sent_at=datetime.fromtimestamp(message.sent_at, UTC),
        receive_count=message.receive_count,
        body=message.body,
        attributes=plain_attributes(message),
        group_id=message.group,
        dedup_id=message.system.get("MessageDeduplicationId"),
        trace_header=message.system.get("AWSTraceHeader"),
        source=name_of_arn(source) if source else None,
        sender=message.system.get("SenderId"),
    )
