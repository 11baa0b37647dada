"""The fields that Insights finds in an event by itself.

User Guide, "Supported logs and discovered fields": every log has @timestamp, @ingestionTime,
@message, @logStream and @log; JSON gives its members; Lambda's REPORT lines and VPC flow logs
give what they say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from awsops.sandbox.logs.expressions import Value
from awsops.sandbox.logs.state import Event, Group, pointer_to

MOST_FIELDS = 200  # "up to 200 log event fields" of one JSON event

_REPORT = re.compile(
    r"REPORT RequestId: (?P<requestId>\S+)\s+Duration: (?P<duration>[\d.]+) ms"
    r"\s+Billed Duration: (?P<billedDuration>[\d.]+) ms\s+Memory Size: (?P<memorySize>\d+) MB"
    r"\s+Max Memory Used: (?P<maxMemoryUsed>\d+) MB(?:\s+Init Duration: (?P<initDuration>[\d.]+))?"
)
_LAMBDA = re.compile(r"(START|END|REPORT) RequestId: (\S+)")
_FLOW_NAMES = re.findall(
    r"\w+",
    "version accountId interfaceId srcAddr dstAddr srcPort dstPort protocol packets bytes start end"
    " action logStatus",
)
_FLOW = re.compile(r"\d+ \d{12} eni-\S+( \S+){11}")
_MEMORY = 1_000_000.0  # the guide: memory is given in bytes, a megabyte of a million


def discover(group: Group, event: Event) -> dict[str, Value]:
    """All fields of one event."""
    fields: dict[str, Value] = {
        "@timestamp": float(event.timestamp),
        "@message": event.message,
        "@ptr": pointer_to(group, event),
        "@ingestionTime": float(event.ingested),
        "@logStream": event.stream,
        "@log": f"{group.account}:{group.name}",
    }
    if group.name.startswith("/aws/lambda/"):
        _lambda(event.message, fields)
    start = event.message.find("{")
    if start >= 0:
        try:
            found = json.loads(event.message[start:])
        except ValueError:
            return fields
        for name, value in _flatten(found):
            if len(fields) > MOST_FIELDS:
                break
            fields.setdefault(name, value)
    elif _FLOW.fullmatch(event.message):
        fields.update(zip(_FLOW_NAMES, event.message.split(), strict=True))
    return fields


def _lambda(message: str, fields: dict[str, Value]) -> None:
    kind = _LAMBDA.match(message)
    if kind:
        fields |= {"@type": kind.group(1), "@requestId": kind.group(2)}
    found = _REPORT.match(message)
    for name, text in (found.groupdict() if found else {}).items():
        if text is not None and name != "requestId":
            factor = _MEMORY if name in ("memorySize", "maxMemoryUsed") else 1.0
            fields[f"@{name}"] = float(text) * factor


def _flatten(value: Any, path: str = "") -> Iterator[tuple[str, Value]]:
    members: Iterator[tuple[str, Any]] = iter(())
    if isinstance(value, dict):
        members = iter(value.items())
    elif isinstance(value, list):
        members = ((str(index), item) for index, item in enumerate(value))
    elif path and value is not None:
        yield path, _plain(value)
    for key, item in members:
        yield from _flatten(item, f"{path}.{key}" if path else str(key))


def _plain(value: Any) -> Value:
    if isinstance(value, bool):
        return "1" if value else "0"
    return float(value) if isinstance(value, int | float) else str(value)
