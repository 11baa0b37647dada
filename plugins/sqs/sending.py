"""One message, checked before it leaves as SQS would check it, and sent."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from awsops.errors import UsageError
from awsops.events import Change, Plan
from awsops.units import parse_duration

from .client import SqsClient
from .packing import DEDUP_ID_LENGTH
from .queues import QueueFacts

LONGEST_DELAY = 900  # SQS API reference, DelaySeconds: 15 minutes
MOST_ATTRIBUTES = 10  # SQS developer guide, message attributes

# SQS API reference, SendMessage: the characters that XML 1.0 allows.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAME = re.compile(r"(?!(?i:aws|amazon)\.)(?!\.)(?!.*\.\.)[A-Za-z0-9_.-]{1,256}(?<!\.)")


@dataclass(frozen=True, slots=True)
class Sent:
    """A row of `sqs send`. `md5` is that of the body as SQS received it."""

    message_id: str
    queue: str
    md5: str
    sequence_number: str | None


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to send. `delay` is seconds (0..900), None for the queue's own."""

    body: str
    attributes: dict[str, dict[str, Any]]
    group_id: str | None = None
    dedup_id: str | None = None
    delay: int | None = None

    def size(self) -> int:
        """Bytes, as SQS counts them."""
        total = len(self.body.encode())
        for name, value in self.attributes.items():
            total += len(name.encode()) + len(value["DataType"].encode())
            total += len(value.get("StringValue", "").encode())
            total += len(value.get("BinaryValue", b""))
        return total

    def summary(self) -> str:
        """The message in a few words, without its content."""
        parts = [f"{self.size():,} bytes"]
        if self.attributes:
            parts.append(f"attributes {', '.join(self.attributes)}")
        if self.group_id:
            parts.append(f"group {self.group_id}")
        if self.delay:
            parts.append(f"hidden for {self.delay} s")
        return ", ".join(parts)

    def plan(self, queue: QueueFacts) -> Plan:
        """The plan of sending it."""
        why = "a consumer may take it at once"
        change = Change("send", queue.ref.name, self.summary(), irreversible=True, why_no_undo=why)
        return Plan((change,))


def read_attributes(texts: Iterable[str]) -> dict[str, dict[str, Any]]:
    """`name=value` and `name:Type=value` as the API wants them; a Binary value is base64.

    UsageError names the one that is wrong.
    """
    found: dict[str, dict[str, Any]] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        name, _, kind = name.partition(":")
        kind = kind or "String"
        if not equals or not _NAME.fullmatch(name):
            raise UsageError(
                f"--attribute {text!r} is not name=value",
                hint="like tenant=acme, retries:Number=5 or key:Binary=aGk=",
            )
        if name in found:
            raise UsageError(f"--attribute {name} is given twice")
        if not value:
            raise UsageError(f"--attribute {name} has an empty value, which SQS refuses")
        found[name] = _typed(name, kind, value)
    if len(found) > MOST_ATTRIBUTES:
        raise UsageError(f"SQS takes at most {MOST_ATTRIBUTES} attributes a message")
    return found


def _typed(name: str, kind: str, value: str) -> dict[str, Any]:
    base = kind.partition(".")[0]
    if base == "Binary":
        try:
            return {"DataType": kind, "BinaryValue": base64.b64decode(value, validate=True)}
        except binascii.Error as error:
            raise UsageError(f"--attribute {name} is Binary and not base64: {error}") from error
    if base not in ("String", "Number"):
        raise UsageError(
            f"--attribute {name} has the type {kind}", hint="String, Number or Binary, or String.x"
        )
    if base == "Number":
        try:
            float(value)
        except ValueError:
            raise UsageError(f"--attribute {name} is a Number and not one: {value!r}") from None
    return {"DataType": kind, "StringValue": value}


def read_delay(text: str | None) -> int | None:
    """A delay such as `30s` or `5m` in seconds, at most 15 minutes; UsageError otherwise."""
    if text is None:
        return None
    seconds = parse_duration(text)
    if seconds > LONGEST_DELAY or seconds != int(seconds):
        raise UsageError(f"--delay {text} is not in whole seconds from 0s to 15m")
    return int(seconds)


def check_draft(draft: Draft, queue: QueueFacts) -> None:
    """UsageError when SQS would refuse the message, or take it for another."""
    if not draft.body:
        raise UsageError("the body is empty, which SQS refuses")
    wrong = _FORBIDDEN.search(draft.body)
    if wrong:
        raise UsageError(
            f"the body has the character {wrong[0]!r} at position {wrong.start()}, which SQS "
            "refuses: only what XML allows",
            hint="send it as base64",
        )
    if draft.size() > queue.max_message_bytes:
        raise UsageError(
            f"the message has {draft.size():,} bytes and {queue.ref.name} takes "
            f"{queue.max_message_bytes:,}"
        )
    if queue.ref.fifo:
        _check_fifo(draft, queue)
    elif draft.dedup_id:
        raise UsageError(f"--dedup-id is for FIFO queues, and {queue.ref.name} is a standard queue")


def _check_fifo(draft: Draft, queue: QueueFacts) -> None:
    name = queue.ref.name
    if not draft.group_id:
        raise UsageError(f"{name} is a FIFO queue: say which group with --group-id")
    if not draft.dedup_id and not queue.content_dedup:
        raise UsageError(
            f"{name} does not deduplicate by content: give --dedup-id",
            hint="an id seen within five minutes is accepted and not delivered",
        )
    if draft.dedup_id and len(draft.dedup_id) > DEDUP_ID_LENGTH:
        raise UsageError(f"--dedup-id is longer than {DEDUP_ID_LENGTH} characters")
    if draft.delay is not None:
        raise UsageError(f"{name} is a FIFO queue, which has no --delay of single messages")


def send_draft(sqs: SqsClient, queue: QueueFacts, draft: Draft) -> Sent:
    """Send it; errors are the service's."""
    params: dict[str, Any] = {"QueueUrl": queue.ref.url, "MessageBody": draft.body}
    if draft.attributes:
        params["MessageAttributes"] = draft.attributes
    if draft.group_id:
        params["MessageGroupId"] = draft.group_id
    if draft.dedup_id:
        params["MessageDeduplicationId"] = draft.dedup_id
    if draft.delay is not None:
        params["DelaySeconds"] = draft.delay
    answer = sqs.send_message(**params)
    return Sent(
        message_id=str(answer["MessageId"]),
        queue=queue.ref.name,
        md5=str(answer["MD5OfMessageBody"]),
        sequence_number=answer.get("SequenceNumber"),
    )
