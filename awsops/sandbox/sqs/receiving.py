"""ReceiveMessage, and what a receiver does next: delete, or change the visibility."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from awsops.sandbox.sqs import batch, faults
from awsops.sandbox.sqs import message as messages
from awsops.sandbox.sqs.attributes import RANGES
from awsops.sandbox.sqs.fifo import FifoQueue
from awsops.sandbox.sqs.message import Message
from awsops.sandbox.sqs.queue import Queue
from awsops.sandbox.sqs.registry import Caller, Registry

MAX_MESSAGES = 10  # MaxNumberOfMessages, SQS API reference
_TASK_TICK = 0.05  # seconds between looks while a move task may be bringing messages

Params = Mapping[str, Any]


def receive_message(registry: Registry, caller: Caller, params: Params) -> dict[str, Any]:
    queue = registry.of_url(caller, params, "ReceiveMessage")
    count = _number(params, "MaxNumberOfMessages", 1, range(1, MAX_MESSAGES + 1))
    visibility = _visibility(params.get("VisibilityTimeout"), queue)
    wait = _number(
        params,
        "WaitTimeSeconds",
        queue.number("ReceiveMessageWaitTimeSeconds"),
        RANGES["ReceiveMessageWaitTimeSeconds"],
    )
    attempt = params.get("ReceiveRequestAttemptId")
    if attempt is not None and not isinstance(queue, FifoQueue):
        raise faults.bad_value(
            attempt,
            "ReceiveRequestAttemptId",
            "The request include parameter that is not valid for this queue type",
        )
    taken: list[Message] | None = None
    if attempt and isinstance(queue, FifoQueue):
        taken = queue.repeat_attempt(str(attempt), visibility, registry.clock())
    if taken is None:
        taken = _take(registry, queue, count, visibility, wait)
        if attempt and isinstance(queue, FifoQueue) and taken:
            queue.remember_attempt(str(attempt), taken, registry.clock())
    if not taken:
        return {}
    return {"Messages": [_show(queue, message, params) for message in taken]}


def _take(
    registry: Registry, queue: Queue, count: int, visibility: int, wait: int
) -> list[Message]:
    """Receives at once, or as soon as something arrives within `wait` seconds."""
    deadline = registry.clock() + wait
    while True:
        now = registry.clock()
        registry.moves.advance(now)
        taken = queue.take(count, visibility, now, registry.burial_of(queue))
        if taken or now >= deadline:
            return taken
        due = queue.next_event()
        until = deadline if due is None else min(deadline, due)
        pause = until - now
        registry.arrived.wait(min(pause, _TASK_TICK) if registry.moves.active else pause)
        if not registry.exists(queue):
            raise faults.queue_does_not_exist()


def _show(queue: Queue, message: Message, params: Params) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "MessageId": message.id,
        "ReceiptHandle": queue.handle_of(message),
        "MD5OfBody": message.md5,
        "Body": message.body,
    }
    names = [
        *(params.get("AttributeNames") or []),
        *(params.get("MessageSystemAttributeNames") or []),
    ]
    if system := messages.system_attributes(message, names):
        shown["Attributes"] = system
    picked = messages.pick_attributes(message.attributes, params.get("MessageAttributeNames") or [])
    if picked:
        shown["MessageAttributes"] = picked
        shown["MD5OfMessageAttributes"] = messages.md5_of_attributes(picked)
    return shown


def delete_message(registry: Registry, caller: Caller, params: Params) -> dict[str, Any]:
    queue = registry.of_url(caller, params, "DeleteMessage")
    queue.delete(_handle(params), registry.clock())
    _freed(registry, queue)
    return {}


def delete_message_batch(registry: Registry, caller: Caller, params: Params) -> dict[str, Any]:
    queue = registry.of_url(caller, params, "DeleteMessageBatch")

    def delete(entry: batch.Entry) -> dict[str, Any]:
        queue.delete(_handle(entry), registry.clock())
        return {}

    entries = batch.check(params.get("Entries"), "DeleteMessageBatchRequestEntry")
    result = batch.run(entries, delete)
    _freed(registry, queue)
    return result


def change_message_visibility(registry: Registry, caller: Caller, params: Params) -> dict[str, Any]:
    queue = registry.of_url(caller, params, "ChangeMessageVisibility")
    _change(registry, queue, params)
    return {}


def change_message_visibility_batch(
    registry: Registry, caller: Caller, params: Params
) -> dict[str, Any]:
    queue = registry.of_url(caller, params, "ChangeMessageVisibilityBatch")
    entries = batch.check(params.get("Entries"), "ChangeMessageVisibilityBatchRequestEntry")
    return batch.run(entries, lambda entry: _change(registry, queue, entry))


def _change(registry: Registry, queue: Queue, params: Params) -> dict[str, Any]:
    if params.get("VisibilityTimeout") is None:
        raise faults.missing_parameter("VisibilityTimeout")
    seconds = _visibility(params["VisibilityTimeout"], queue)
    queue.change_visibility(_handle(params), seconds, registry.clock())
    registry.arrived.notify_all()
    return {}


def _freed(registry: Registry, queue: Queue) -> None:
    # Deleting the last message in flight opens its group to those who wait.
    if queue.fifo:
        registry.arrived.notify_all()


def _handle(params: Params) -> str:
    handle = params.get("ReceiptHandle")
    if not handle:
        raise faults.missing_parameter("ReceiptHandle")
    return str(handle)


def _visibility(given: Any, queue: Queue) -> int:
    if given is None:
        return queue.number("VisibilityTimeout")
    seconds = int(given)
    if seconds not in RANGES["VisibilityTimeout"]:
        raise faults.bad_value(
            seconds, "VisibilityTimeout", "Must be between 0 and 43200, if provided"
        )
    return seconds


def _number(params: Params, name: str, default: int, allowed: range) -> int:
    value = params.get(name)
    if value is None:
        return default
    if int(value) not in allowed:
        raise faults.bad_value(
            value, name, f"Must be between {allowed[0]} and {allowed[-1]}, if provided"
        )
    return int(value)
