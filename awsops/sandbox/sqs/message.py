"""One message: what may be sent, its size, its checksums and how it is shown to a receiver."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from awsops.sandbox.sqs import faults

MAX_ATTRIBUTES = 10  # SQS quotas, message attributes
MAX_ATTRIBUTE_NAME = 256  # characters, SQS quotas
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ATTRIBUTE_NAME = re.compile(r"(?!.*\.\.)[A-Za-z0-9_-](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?")
_RESERVED_NAME = re.compile(r"(?i)(aws|amazon)\.")
_TOKEN = re.compile(r"""[A-Za-z0-9!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,128}""")
_DATA_TYPE = re.compile(r"(String|Number|Binary)(\..+)?")
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")

Attributes = Mapping[str, Mapping[str, Any]]


@dataclass(slots=True, eq=False)
class Message:
    """A message inside a queue. Times are epoch seconds.

    token changes with every receive, so that only the newest receipt handle counts; timer with
    every change of its visibility, so that an older timer is void; `state` is one of ready,
    delayed, inflight, gone.
    """

    id: str
    body: str
    md5: str
    attributes: Attributes
    sender: str
    sent_at: float
    trace: str | None = None
    group: str | None = None
    dedup: str | None = None
    source_arn: str | None = None
    sequence: int = 0
    received: int = 0
    first_received_at: float = 0.0
    inflight_since: float = 0.0
    token: int = 0
    timer: int = 0
    state: str = "ready"


def md5_of_text(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def md5_of_attributes(attributes: Attributes) -> str:
    """The checksum clients compare (SQS developer guide, "Message attribute MD5")."""
    digest = hashlib.md5(usedforsecurity=False)
    for name in sorted(attributes):
        value = attributes[name]
        for part in (name, value["DataType"]):
            data = part.encode()
            digest.update(struct.pack(">I", len(data)) + data)
        binary = value["DataType"].startswith("Binary")
        data = base64.b64decode(value["BinaryValue"]) if binary else value["StringValue"].encode()
        digest.update((b"\x02" if binary else b"\x01") + struct.pack(">I", len(data)) + data)
    return digest.hexdigest()


def size_in_bytes(body: str, attributes: Attributes) -> int:
    """What counts towards the limits: the body and the names, types and values of attributes."""
    size = len(body.encode())
    for name, value in attributes.items():
        size += len(name.encode()) + len(value["DataType"].encode())
        if "BinaryValue" in value:
            size += len(base64.b64decode(value["BinaryValue"]))
        else:
            size += len(value["StringValue"].encode())
    return size


def check_body(body: object) -> str:
    """The body, or the error AWS answers."""
    if not isinstance(body, str) or not body:
        raise faults.missing_parameter("MessageBody")
    if _FORBIDDEN.search(body):
        raise faults.invalid_contents()
    return body


def check_token(value: str, parameter: str) -> str:
    """A MessageGroupId or MessageDeduplicationId: 1 to 128 letters, digits, punctuation."""
    if not _TOKEN.fullmatch(value):
        raise faults.bad_value(
            value,
            parameter,
            f"{parameter} can only include alphanumeric and punctuation characters. "
            "1 to 128 in length",
        )
    return value


def check_attributes(given: Any) -> Attributes:
    """Message attributes as they will be kept: a name to DataType and exactly one value."""
    attributes = given or {}
    if len(attributes) > MAX_ATTRIBUTES:
        raise faults.invalid_parameter(
            f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum "
            f"[{MAX_ATTRIBUTES}]."
        )
    return {name: _check_attribute(name, value) for name, value in attributes.items()}


def check_trace(given: Any) -> str | None:
    """The AWSTraceHeader among the system attributes, the only one that can be sent."""
    for name, value in (given or {}).items():
        if name != "AWSTraceHeader":
            raise faults.invalid_parameter(f"Message system attribute name '{name}' is invalid.")
        checked = _check_attribute(name, value, system=True)
        if checked["DataType"] != "String":
            raise faults.invalid_parameter(
                f"The message system attribute '{name}' must be of type 'String'."
            )
        return str(checked["StringValue"])
    return None


def _check_attribute(
    name: str, value: Mapping[str, Any], *, system: bool = False
) -> Mapping[str, str]:
    reserved = _RESERVED_NAME.match(name) and not system
    if reserved or len(name) > MAX_ATTRIBUTE_NAME or not _ATTRIBUTE_NAME.fullmatch(name):
        raise faults.invalid_parameter(f"The message attribute name '{name}' is invalid.")
    kind = value.get("DataType") or ""
    match = _DATA_TYPE.fullmatch(kind)
    if not match or len(kind) > MAX_ATTRIBUTE_NAME:
        raise faults.invalid_parameter(
            f"The message attribute '{name}' has an invalid message attribute type, the set of "
            "supported type prefixes is Binary, Number, and String."
        )
    field = "BinaryValue" if match[1] == "Binary" else "StringValue"
    content = value.get(field)
    if not content:
        raise faults.invalid_parameter(
            f"Message (user) attribute '{name}' must contain a non-empty value of type "
            f"'{match[1]}'."
        )
    _check_content(name, match[1], str(content))
    return {"DataType": kind, field: str(content)}


def _check_content(name: str, kind: str, content: str) -> None:
    if kind == "Number" and not _NUMBER.fullmatch(content):
        raise faults.invalid_parameter(
            f"Can't cast the value of message (user) attribute '{name}' to a number."
        )
    if kind == "String" and _FORBIDDEN.search(content):
        raise faults.invalid_contents()
    if kind == "Binary":
        try:
            base64.b64decode(content, validate=True)
        except binascii.Error:
            raise faults.invalid_parameter(
                f"The message attribute '{name}' is not valid base64."
            ) from None


def pick_attributes(attributes: Attributes, names: Iterable[str]) -> Attributes:
    """The attributes a receiver asked for: exact names, `prefix.*`, `All` or `.*`."""
    wanted = list(names)
    if not attributes or not wanted:
        return {}
    if "All" in wanted or ".*" in wanted:
        return attributes
    prefixes = tuple(name[:-2] for name in wanted if name.endswith(".*"))
    return {
        name: value
        for name, value in attributes.items()
        if name in wanted or (prefixes and name.startswith(prefixes))
    }


def system_attributes(message: Message, names: Iterable[str]) -> dict[str, str]:
    """What AWS knows of the message, as far as the receiver asked for it."""
    wanted = set(names)
    if not wanted:
        return {}
    known: dict[str, str | None] = {
        "SenderId": message.sender,
        "SentTimestamp": str(int(message.sent_at * 1000)),
        "ApproximateReceiveCount": str(message.received),
        "ApproximateFirstReceiveTimestamp": str(int(message.first_received_at * 1000)),
        "SequenceNumber": str(message.sequence) if message.sequence else None,
        "MessageDeduplicationId": message.dedup if message.sequence else None,
        "MessageGroupId": message.group,
        "AWSTraceHeader": message.trace,
        "DeadLetterQueueSourceArn": message.source_arn,
    }
    return {
        name: value
        for name, value in known.items()
        if value is not None and ("All" in wanted or name in wanted)
    }
