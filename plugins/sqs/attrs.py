"""A queue's attributes: shown, and set with a plan of before and after."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from awsops.errors import UsageError
from awsops.events import Change, Plan
from awsops.suggesting import did_you_mean
from awsops.units import parse_duration

from .client import SqsClient
from .queues import QueueRef

# SQS API reference, SetQueueAttributes: the least and the most of each.
_SECONDS = {
    "DelaySeconds": (0, 900),
    "MessageRetentionPeriod": (60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43_200),
    "KmsDataKeyReusePeriodSeconds": (60, 86_400),
}
_NUMBERS = {"MaximumMessageSize": (1_024, 1_048_576)}
_BOOLEANS = ("SqsManagedSseEnabled", "ContentBasedDeduplication")
_CHOICES = {
    "DeduplicationScope": ("messageGroup", "queue"),
    "FifoThroughputLimit": ("perQueue", "perMessageGroupId"),
}
_JSON = ("Policy", "RedrivePolicy", "RedriveAllowPolicy")
_TEXTS = ("KmsMasterKeyId",)
SETTABLE = (*_SECONDS, *_NUMBERS, *_BOOLEANS, *_CHOICES, *_JSON, *_TEXTS)


@dataclass(frozen=True, slots=True)
class Attribute:
    """A row of `sqs attrs`; `settable` says whether --set takes it."""

    name: str
    value: str
    settable: bool


def read_attributes_of(sqs: SqsClient, queue: QueueRef) -> dict[str, str]:
    """Every attribute of a queue, by the names of the API."""
    answer = sqs.get_queue_attributes(QueueUrl=queue.url, AttributeNames=["All"])
    return dict(answer.get("Attributes", {}))


def rows(attributes: dict[str, str]) -> Iterator[Attribute]:
    """By name."""
    for name in sorted(attributes):
        yield Attribute(name, attributes[name], name in SETTABLE)


def read_settings(texts: Iterable[str]) -> dict[str, str]:
    """`Name=value` as the API wants them; UsageError names the one that is wrong."""
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"--set {text!r} is not Name=value", hint="like VisibilityTimeout=30s")
        if name not in SETTABLE:
            raise UsageError(f"--set {name}: SQS sets no such attribute", hint=_suggestion(name))
        if name in found:
            raise UsageError(f"--set {name} is given twice")
        found[name] = _read(name, value)
    return found


def describe_settings(
    queue: QueueRef, before: dict[str, str], wanted: dict[str, str], where: Sequence[str]
) -> Plan:
    """The plan: one change an attribute that differs. `where` are the options of the target.

    With nothing `wanted` it only reads.
    """
    changes = []
    warnings = []
    for name, value in wanted.items():
        old = before.get(name, "")
        if _same(name, old, value):
            continue
        undo = ["awsops", "sqs", "attrs", queue.name, "--set", f"{name}={old}", *where]
        changes.append(
            Change("set", queue.name, name, before=old, after=value, undo=shlex.join(undo))
        )
        if name == "MessageRetentionPeriod" and old and int(value) < int(old):
            warnings.append(f"messages of {queue.name} older than {value} s are deleted for good")
    return Plan(tuple(changes), warnings=tuple(warnings), only_reads=not wanted)


def set_attributes(sqs: SqsClient, queue: QueueRef, wanted: dict[str, str]) -> None:
    """Set what was wanted; the other attributes stay."""
    sqs.set_queue_attributes(QueueUrl=queue.url, Attributes=wanted)


def _read(name: str, value: str) -> str:
    if name in _SECONDS or name in _NUMBERS:
        least, most = (_SECONDS | _NUMBERS)[name]
        number = _number(name, value)
        if not least <= number <= most:
            raise UsageError(f"--set {name}={value} is not between {least:,} and {most:,}")
        return str(number)
    allowed = ("true", "false") if name in _BOOLEANS else _CHOICES.get(name)
    if allowed and value not in allowed:
        raise UsageError(f"--set {name}={value}: it is {' or '.join(allowed)}")
    if name in _JSON and value:
        try:
            json.loads(value)
        except ValueError as error:
            raise UsageError(f"--set {name} is not JSON: {error}") from error
    return value


def _number(name: str, value: str) -> int:
    if value.isdigit():
        return int(value)
    if name in _NUMBERS:
        raise UsageError(f"--set {name}={value} is not a number of bytes")
    seconds = parse_duration(value)
    if seconds != int(seconds):
        raise UsageError(f"--set {name}={value} is not in whole seconds")
    return int(seconds)


def _same(name: str, old: str, new: str) -> bool:
    if name in _JSON and old and new:
        return bool(json.loads(old) == json.loads(new))
    return old == new


def _suggestion(name: str) -> str:
    return did_you_mean(name, SETTABLE) or f"it is one of {', '.join(SETTABLE)}"
