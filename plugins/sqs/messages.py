"""Messages: received, measured, copied, and given back."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from .client import SqsClient

BATCH = 10  # SQS API reference: messages a receive, entries a batch
# Seconds. Anything above 0 is a long poll, which asks every host of the queue (SQS developer
# guide); a short one lets Ctrl-C through within its 5 seconds.
POLL_WAIT = 1
TRACE_HEADER = "AWSTraceHeader"  # the one system attribute that can be sent

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Message:
    """A received message. `attributes` and `system` are as the API gave them."""

    id: str
    handle: str
    body: str
    attributes: Mapping[str, Any]
    system: Mapping[str, str]

    @property
    def sent_at(self) -> float:
        """Seconds since the epoch.

        On a standard dead-letter queue it is when the message was first sent to its source, on a
        FIFO one when it was moved (SQS developer guide, dead-letter queue retention).
        """
        return int(self.system.get("SentTimestamp", 0)) / 1000

    @property
    def group(self) -> str | None:
        return self.system.get("MessageGroupId")

    @property
    def source_arn(self) -> str | None:
        """The queue that gave up on it; none when it was sent straight to the dead-letter queue."""
        return self.system.get("DeadLetterQueueSourceArn")

    @property
    def receive_count(self) -> int:
        return int(self.system.get("ApproximateReceiveCount", 0))

    def size(self) -> int:
        """Bytes that count against SQS's limits: the body, and name, type and value of attributes.

        System attributes do not count (SQS API reference, SendMessageBatchRequestEntry).
        """
        size = len(self.body.encode())
        for name, value in self.attributes.items():
            size += len(name.encode()) + len(value["DataType"].encode())
            size += len(value.get("StringValue", "").encode()) + len(value.get("BinaryValue", b""))
        return size


def receive(sqs: SqsClient, url: str, *, count: int, visibility: int) -> list[Message]:
    """Up to `count` (1..10) messages, hidden from others for `visibility` seconds (0..43,200).

    An empty list when nothing came within a second.
    """
    answer = sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=count,
        VisibilityTimeout=visibility,
        WaitTimeSeconds=POLL_WAIT,
        # The older name of MessageSystemAttributeNames: SQS keeps it, and stand-ins know it.
        AttributeNames=["All"],
        MessageAttributeNames=["All"],
    )
    return [
        Message(
            id=raw["MessageId"],
            handle=raw["ReceiptHandle"],
            body=raw.get("Body", ""),
            attributes=raw.get("MessageAttributes", {}),
            system=raw.get("Attributes", {}),
        )
        for raw in answer.get("Messages", [])
    ]


def copy_entry(message: Message) -> dict[str, Any]:
    """What SendMessageBatch needs to make a copy of it: everything that can be kept.

    The entry's Id and, for FIFO, the deduplication id are the sender's to add.
    """
    entry: dict[str, Any] = {"MessageBody": message.body}
    if message.attributes:
        entry["MessageAttributes"] = dict(message.attributes)
    trace = message.system.get(TRACE_HEADER)
    if trace:
        entry["MessageSystemAttributes"] = {
            TRACE_HEADER: {"DataType": "String", "StringValue": trace}
        }
    if message.group is not None:
        entry["MessageGroupId"] = message.group  # legal on standard queues too: fair queues
    return entry


def plain_attributes(message: Message) -> dict[str, Any]:
    """Message attributes as JSON has them: text, a number, or base64 of bytes."""
    return {name: _plain(value) for name, value in message.attributes.items()}


def hide(sqs: SqsClient, url: str, handles: Mapping[str, str], seconds: int) -> dict[str, str]:
    """Set the visibility of received messages (id to receipt handle); 0 gives them back at once.

    Batches of ten. Returns id to code of those that were refused: their handles have expired, so
    they are visible already, or gone. Errors of a whole call are raised.
    """
    refused: dict[str, str] = {}
    for batch in chunks(list(handles.items())):
        entries = [
            {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": seconds}
            for number, (_, handle) in enumerate(batch)
        ]
        answer = sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries)
        for failed in answer.get("Failed", []):
            refused[batch[int(failed["Id"])][0]] = str(failed.get("Code", ""))
    return refused


def handles_of(messages: Iterable[Message]) -> dict[str, str]:
    """The newest receipt handle of each message, by its id."""
    return {message.id: message.handle for message in messages}


def chunks(items: Sequence[T], size: int = BATCH) -> list[Sequence[T]]:
    """The items in their order, at most `size` together."""
    return [items[start : start + size] for start in range(0, len(items), size)]


def _plain(value: Mapping[str, Any]) -> Any:
    kind = value["DataType"].partition(".")[0]
    if kind == "Binary":
        return base64.b64encode(value.get("BinaryValue", b"")).decode()
    text = value.get("StringValue", "")
    if kind == "Number":
        for read in (int, float):
            try:
                number = read(text)
            except ValueError:
                continue
            # A number that a float cannot hold exactly stays text: nothing is rounded away.
            if read is int or repr(number) == text:
                return number
    return text
