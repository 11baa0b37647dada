"""Which messages travel together: batches by count and bytes, and waves that keep FIFO order."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from .messages import BATCH, Message
from .queues import MAX_MESSAGE_BYTES

# SQS API reference, SendMessageBatch: the messages of a batch together, 1 MiB.
SEND_BATCH_BYTES = MAX_MESSAGE_BYTES
DEDUP_ID_LENGTH = 128  # SQS API reference, MessageDeduplicationId


def pack(
    messages: Sequence[Message], *, count: int = BATCH, limit: int = SEND_BATCH_BYTES
) -> list[list[Message]]:
    """Batches of at most `count` messages and `limit` bytes, in the order given.

    A message above the limit travels alone: whether it may travel at all is asked before.
    """
    batches: list[list[Message]] = []
    room = 0
    for message in messages:
        size = message.size()
        if not batches or len(batches[-1]) >= count or size > room:
            batches.append([])
            room = limit
        batches[-1].append(message)
        room -= size
    return batches


def waves(messages: Sequence[Message]) -> list[list[Message]]:
    """Rounds with at most one message of a group each, every group in the order given.

    SQS answers a batch entry by entry: of two messages of one group in a batch the first may fail
    and the second be accepted, and the group's order is lost. Sent in rounds, the second waits.
    """
    rounds: list[list[Message]] = []
    turn: dict[str | None, int] = {}
    for message in messages:
        number = turn.get(message.group, 0)
        turn[message.group] = number + 1
        if number == len(rounds):
            rounds.append([])
        rounds[number].append(message)
    return rounds


def dedup_id(run_id: str, message_id: str) -> str:
    """The deduplication id of a message's copy: one a run, so that a repeated send is dropped.

    Never the message's own: SQS accepts an id seen within five minutes and delivers nothing, and
    the delete that follows would lose the message (SQS API reference, MessageDeduplicationId).
    """
    plain = f"{run_id}.{message_id}"
    if re.fullmatch(f"[!-~]{{1,{DEDUP_ID_LENGTH}}}", plain):
        return plain
    return hashlib.sha256(plain.encode()).hexdigest()
