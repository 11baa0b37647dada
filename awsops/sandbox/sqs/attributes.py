"""Queue attributes: names, ranges, defaults, and the two redrive policies.

Ranges and defaults: SQS API reference, CreateQueue and SetQueueAttributes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from awsops.sandbox.answers import AwsError
from awsops.sandbox.sqs import faults
from awsops.sandbox.sqs.queue import Queue

QUEUE_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")
MAX_NAME = 80
MAX_RECEIVES = 1000  # maxReceiveCount: 1 to 1,000
MAX_SOURCE_ARNS = 10  # RedriveAllowPolicy, sourceQueueArns

RANGES = {
    "DelaySeconds": range(901),
    "MaximumMessageSize": range(1024, 1_048_577),
    "MessageRetentionPeriod": range(60, 1_209_601),
    "ReceiveMessageWaitTimeSeconds": range(21),
    "VisibilityTimeout": range(43_201),
    "KmsDataKeyReusePeriodSeconds": range(60, 86_401),
}
_CHOICES = {
    "FifoQueue": ("true",),
    "ContentBasedDeduplication": ("true", "false"),
    "SqsManagedSseEnabled": ("true", "false"),
    "DeduplicationScope": ("messageGroup", "queue"),
    "FifoThroughputLimit": ("perQueue", "perMessageGroupId"),
}
_FREE = frozenset({"Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId"})
_FIFO_ONLY = frozenset(
    {"FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"}
)
_COMPUTED = frozenset(
    {
        "QueueArn",
        "CreatedTimestamp",
        "LastModifiedTimestamp",
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
    }
)
_DEFAULTS = {
    "VisibilityTimeout": "30",
    "MaximumMessageSize": "1048576",
    "MessageRetentionPeriod": "345600",
    "DelaySeconds": "0",
    "ReceiveMessageWaitTimeSeconds": "0",
    "SqsManagedSseEnabled": "true",
}
_FIFO_DEFAULTS = {
    "FifoQueue": "true",
    "ContentBasedDeduplication": "false",
    "DeduplicationScope": "queue",
    "FifoThroughputLimit": "perQueue",
}


@dataclass(frozen=True, slots=True)
class Redrive:
    """A RedrivePolicy, read."""

    target_arn: str
    max_receives: int


def check_name(name: object, wants_fifo: bool) -> str:
    """The queue name, or the error AWS gives."""
    text = name if isinstance(name, str) else ""
    stem = text.removesuffix(".fifo") if wants_fifo else text
    if wants_fifo and stem == text:
        raise faults.bad_value(
            text, "QueueName", "The name of a FIFO queue can only end in '.fifo'"
        )
    if not QUEUE_NAME.fullmatch(stem) or len(text) > MAX_NAME:
        raise faults.invalid_parameter(
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
        )
    return text


def check(given: Mapping[str, Any], *, fifo: bool, creating: bool) -> dict[str, str]:
    """The attributes as strings; raises the error that AWS gives for a bad name or value."""
    checked: dict[str, str] = {}
    for name, value in given.items():
        text = str(value)
        if name in _COMPUTED or name == "All":
            raise faults.invalid_attribute_name(name)
        if name in _FIFO_ONLY and not fifo:
            raise faults.invalid_attribute_name(name)
        if name == "FifoQueue" and not creating and text != "true":
            raise faults.invalid_attribute_value(name, "Modifying queue type is not supported")
        checked[name] = _check_value(name, text)
    if checked.get("KmsMasterKeyId") and checked.get("SqsManagedSseEnabled") == "true":
        raise faults.two_encryptions()
    return checked


def _check_value(name: str, text: str) -> str:
    if name in RANGES:
        if not re.fullmatch(r"\d{1,9}", text) or int(text) not in RANGES[name]:
            raise faults.invalid_attribute_value(name)
        return str(int(text))
    if name in _CHOICES:
        if text.lower() not in [choice.lower() for choice in _CHOICES[name]]:
            raise faults.invalid_attribute_value(name)
        return text
    if name not in _FREE:
        raise faults.invalid_attribute_name(name)
    if name != "KmsMasterKeyId" and text:
        _json_object(name, text)
    return text


def with_defaults(checked: Mapping[str, str], *, fifo: bool) -> dict[str, str]:
    """What a new queue has: its own attributes over the defaults; empty ones count as unset."""
    merged = {**_DEFAULTS, **(_FIFO_DEFAULTS if fifo else {}), **checked}
    if checked.get("KmsMasterKeyId"):
        merged["SqsManagedSseEnabled"] = "false"
    return {name: value for name, value in merged.items() if value != ""}


def read_redrive(queue: Queue) -> Redrive | None:
    """The queue's RedrivePolicy, if it has one."""
    text = queue.attributes.get("RedrivePolicy")
    if not text:
        return None
    policy = json.loads(text)
    return Redrive(policy["deadLetterTargetArn"], int(policy["maxReceiveCount"]))


def check_redrive(
    text: str, source_arn: str, fifo: bool, find: Callable[[str], Queue | None]
) -> str:
    """A RedrivePolicy that names an existing queue which lets this one use it."""
    policy = _json_object("RedrivePolicy", text)
    target_arn, count = policy.get("deadLetterTargetArn"), policy.get("maxReceiveCount")
    for key, value in (("deadLetterTargetArn", target_arn), ("maxReceiveCount", count)):
        if value in (None, ""):
            raise _bad_redrive(text, f"Redrive policy does not contain mandatory attribute: {key}")
    if set(policy) - {"deadLetterTargetArn", "maxReceiveCount"}:
        raise _bad_redrive(
            text, "Only following attributes are supported: [deadLetterTargetArn, maxReceiveCount]"
        )
    if not re.fullmatch(r"\d{1,4}", str(count)) or not 1 <= int(str(count)) <= MAX_RECEIVES:
        raise _bad_redrive(
            text,
            f"Invalid value for maxReceiveCount: {count}, valid values are from 1 to "
            f"{MAX_RECEIVES} both inclusive",
        )
    if not str(target_arn).startswith("arn:"):
        raise _bad_redrive(text, "Invalid value for deadLetterTargetArn")
    target = find(str(target_arn))
    source = source_arn.split(":")
    if target is None or [target.key.region, target.key.account] != source[3:5]:
        raise _bad_redrive(text, "Dead letter target does not exist")
    if target.fifo != fifo:
        raise _bad_redrive(text, "Dead-letter queue must be same type of queue as the source")
    if not _lets_in(target, source_arn):
        raise _bad_redrive(
            text, "The dead letter queue does not allow this queue as a source (RedriveAllowPolicy)"
        )
    return json.dumps({"deadLetterTargetArn": target_arn, "maxReceiveCount": int(str(count))})


def check_redrive_allow(text: str) -> None:
    policy = _json_object("RedriveAllowPolicy", text)
    permission, arns = policy.get("redrivePermission"), policy.get("sourceQueueArns")
    by_queue = permission == "byQueue"
    listed = isinstance(arns, list) and 1 <= len(arns) <= MAX_SOURCE_ARNS
    if permission not in ("allowAll", "denyAll", "byQueue") or (
        listed if not by_queue else not listed
    ):
        raise faults.bad_value(
            text, "RedriveAllowPolicy", "Amazon SQS can't create the redrive allow policy"
        )


def _lets_in(target: Queue, source_arn: str) -> bool:
    policy = json.loads(target.attributes.get("RedriveAllowPolicy") or "{}")
    permission = policy.get("redrivePermission", "allowAll")
    return permission == "allowAll" or (
        permission == "byQueue" and source_arn in policy.get("sourceQueueArns", [])
    )


def render(queue: Queue, names: Iterable[str]) -> dict[str, str]:
    """The attributes that were asked for; those that are not set are left out, as AWS does."""
    wanted = set(names)
    known = {
        "QueueArn": queue.arn,
        "ApproximateNumberOfMessages": str(queue.visible),
        "ApproximateNumberOfMessagesNotVisible": str(queue.in_flight),
        "ApproximateNumberOfMessagesDelayed": str(queue.delayed),
        "CreatedTimestamp": str(int(queue.created)),
        "LastModifiedTimestamp": str(int(queue.modified)),
        **queue.attributes,
    }
    for name in wanted:
        if name not in ("All", *_COMPUTED, *RANGES, *_CHOICES, *_FREE):
            raise faults.invalid_attribute_name(name)
    return {name: value for name, value in known.items() if "All" in wanted or name in wanted}


def _json_object(name: str, text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise faults.invalid_attribute_value(name)
    return value


def _bad_redrive(text: str, reason: str) -> AwsError:
    return faults.bad_value(text, "RedrivePolicy", reason)
