"""SendMessage and SendMessageBatch."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from typing import Any

from awsops.sandbox.sqs import batch, faults
from awsops.sandbox.sqs import message as messages
from awsops.sandbox.sqs.attributes import RANGES
from awsops.sandbox.sqs.fifo import FifoQueue
from awsops.sandbox.sqs.message import Message
from awsops.sandbox.sqs.queue import Queue
from awsops.sandbox.sqs.registry import Caller, Registry

MAX_BATCH_BYTES = 1_048_576  # SQS API reference, SendMessageBatch
_WRONG_TYPE = "The request include parameter that is not valid for this queue type"


def send_message(registry: Registry, caller: Caller, params: Mapping[str, Any]) -> dict[str, Any]:
    queue = registry.of_url(caller, params, "SendMessage")
    return _send(registry, caller, queue, params)


def send_message_batch(
    registry: Registry, caller: Caller, params: Mapping[str, Any]
) -> dict[str, Any]:
    queue = registry.of_url(caller, params, "SendMessageBatch")
    entries = batch.check(params.get("Entries"), "SendMessageBatchRequestEntry")
    if queue.fifo:
        _check_order(queue, entries)
    size = sum(_size_of(entry) for entry in entries)
    if size > MAX_BATCH_BYTES:
        raise faults.batch_too_long(size, MAX_BATCH_BYTES)
    return batch.run(entries, lambda entry: _send(registry, caller, queue, entry))


def _check_order(queue: Queue, entries: list[batch.Entry]) -> None:
    """What a FIFO queue needs of each entry; here AWS refuses the whole batch, not the entry."""
    for entry in entries:
        if entry.get("MessageGroupId") is None:
            raise faults.invalid_parameter("The request must contain the parameter MessageGroupId.")
        if entry.get("MessageDeduplicationId") is None:
            _require_content_deduplication(queue)


def _require_content_deduplication(queue: Queue) -> None:
    if queue.attributes.get("ContentBasedDeduplication") != "true":
        raise faults.invalid_parameter(
            "The queue should either have ContentBasedDeduplication enabled or "
            "MessageDeduplicationId provided explicitly"
        )


def _size_of(entry: Mapping[str, Any]) -> int:
    size = len(str(entry.get("MessageBody") or "").encode())
    for name, value in (entry.get("MessageAttributes") or {}).items():
        # Base64 is four letters for three bytes; near enough before it is known to be valid.
        size += len(name) + len(str(value.get("DataType") or ""))
        size += len(str(value.get("StringValue") or "").encode())
        size += len(str(value.get("BinaryValue") or "")) * 3 // 4
    return size


def _send(
    registry: Registry, caller: Caller, queue: Queue, params: Mapping[str, Any]
) -> dict[str, Any]:
    now = registry.clock()
    body = messages.check_body(params.get("MessageBody"))
    attributes = messages.check_attributes(params.get("MessageAttributes"))
    limit = queue.number("MaximumMessageSize")
    if messages.size_in_bytes(body, attributes) > limit:
        raise faults.invalid_parameter(
            f"One or more parameters are invalid. Reason: Message must be shorter than {limit} "
            "bytes."
        )
    message = Message(
        id=str(uuid.uuid4()),
        body=body,
        md5=messages.md5_of_text(body),
        attributes=attributes,
        sender=caller.identity.user_id,
        sent_at=now,
        trace=messages.check_trace(params.get("MessageSystemAttributes")),
        group=_optional_token(params, "MessageGroupId"),
        dedup=_optional_token(params, "MessageDeduplicationId"),
    )
    delay = _delay(queue, params.get("DelaySeconds"))
    if isinstance(queue, FifoQueue):
        message = _put_in_order(queue, message, now, delay)
    else:
        if message.dedup is not None:
            raise faults.bad_value(message.dedup, "MessageDeduplicationId", _WRONG_TYPE)
        queue.put(message, now, delay)
    registry.arrived.notify_all()
    return _receipt(message)


def _optional_token(params: Mapping[str, Any], name: str) -> str | None:
    value = params.get(name)
    return None if value is None else messages.check_token(str(value), name)


def _delay(queue: Queue, given: Any) -> int:
    if given is None:
        return queue.number("DelaySeconds")
    seconds = int(given)
    if queue.fifo and seconds:
        raise faults.bad_value(seconds, "DelaySeconds", _WRONG_TYPE)
    if seconds not in RANGES["DelaySeconds"]:
        raise faults.bad_value(seconds, "DelaySeconds", "DelaySeconds must be >= 0 and <= 900")
    return queue.number("DelaySeconds") if queue.fifo else seconds


def _put_in_order(queue: FifoQueue, message: Message, now: float, delay: int) -> Message:
    if message.group is None:
        raise faults.missing_parameter("MessageGroupId")
    if message.dedup is None:
        _require_content_deduplication(queue)
        message.dedup = hashlib.sha256(message.body.encode()).hexdigest()
    earlier = queue.duplicate_of(message, now)
    if earlier is not None:
        # Accepted and not delivered: the caller is told the id of the first one.
        message.id, message.sequence = earlier.id, earlier.sequence
        return message
    message.sequence = queue.next_sequence()
    queue.remember(message, now)
    queue.put(message, now, delay)
    return message


def _receipt(message: Message) -> dict[str, Any]:
    receipt = {"MessageId": message.id, "MD5OfMessageBody": message.md5}
    if message.attributes:
        receipt["MD5OfMessageAttributes"] = messages.md5_of_attributes(message.attributes)
    if message.trace is not None:
        trace = {"AWSTraceHeader": {"DataType": "String", "StringValue": message.trace}}
        receipt["MD5OfMessageSystemAttributes"] = messages.md5_of_attributes(trace)
    if message.sequence:
        receipt["SequenceNumber"] = str(message.sequence)
    return receipt
