"""Live Tail: a session that sends what arrives, once a second, as an event stream."""

from __future__ import annotations

import json
import struct
import threading
import time
import uuid
import zlib
from collections.abc import Callable, Iterator
from typing import Any

from awsops.sandbox.logs.patterns import Matches, compile_pattern
from awsops.sandbox.logs.state import Event, Group, Params, Region, group_name, invalid
from awsops.sandbox.wire import Response

# StartLiveTail: "up to 500 log events per second ... otherwise sampled", three hours a session.
MOST_A_SECOND = 500
SESSION_SECONDS = 3 * 3600.0
UPDATE_SECONDS = 0.25  # the service: once a second; here a rehearsal need not wait so long


def start_live_tail(
    region: Region, params: Params, lock: threading.RLock, clock: Callable[[], float]
) -> Response:
    """The answer whose body goes on for as long as the session."""
    names = params.get("logGroupIdentifiers") or []
    if not 1 <= len(names) <= 10:
        raise invalid("logGroupIdentifiers: 1 to 10 log groups.")
    if not all(str(n).startswith("arn:") and not str(n).endswith("*") for n in names):
        raise invalid("logGroupIdentifiers must be ARNs, without ':*'.")
    streams = params.get("logStreamNames"), params.get("logStreamNamePrefixes")
    if len(names) > 1 and any(streams):
        raise invalid("Log streams can be chosen only with a single log group.")
    groups = [region.group(group_name(name)) for name in names]
    matches = compile_pattern(params.get("logEventFilterPattern"))
    session = _Session(groups, matches, streams[0], streams[1], lock, clock)
    headers = [
        ("Content-Type", "application/vnd.amazon.eventstream"),
        ("x-amzn-RequestId", str(uuid.uuid4())),
    ]
    return Response(200, headers, stream=session.messages(params))


class _Session:
    def __init__(
        self,
        groups: list[Group],
        matches: Matches,
        names: list[str] | None,
        prefixes: list[str] | None,
        lock: threading.RLock,
        clock: Callable[[], float],
    ) -> None:
        self._groups = groups
        self._matches = matches
        self._names = names
        self._prefixes = tuple(prefixes or ())
        self._lock = lock
        self._clock = clock
        # Where each group stood when the session began: event ids grow.
        self._seen = {g.name: max((e.id for e in g.events), default="") for g in groups}

    def messages(self, params: Params) -> Iterator[bytes]:
        begun = self._clock()
        yield encode("initial-response", {})
        start = {"requestId": str(uuid.uuid4()), "sessionId": str(uuid.uuid4())}
        yield encode("sessionStart", {**start, **params})
        while self._clock() - begun < SESSION_SECONDS:
            with self._lock:
                found = self._new()
            shown = found[:: -(-len(found) // MOST_A_SECOND)] if found else []
            yield encode(
                "sessionUpdate",
                {
                    "sessionMetadata": {"sampled": len(shown) < len(found)},
                    "sessionResults": shown,
                },
            )
            time.sleep(UPDATE_SECONDS)
        yield encode("SessionTimeoutException", {"message": "Session timed out"}, error=True)

    def _new(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for group in self._groups:
            seen = self._seen[group.name]
            fresh = sorted((e for e in group.events if e.id > seen), key=lambda e: e.id)
            if fresh:
                self._seen[group.name] = fresh[-1].id
            found += [_update(group, event) for event in fresh if self._wants(event)]
        return found

    def _wants(self, event: Event) -> bool:
        if self._names is not None and event.stream not in self._names:
            return False
        if self._prefixes and not event.stream.startswith(self._prefixes):
            return False
        return self._matches(event.message)


def _update(group: Group, event: Event) -> dict[str, Any]:
    return {
        "logStreamName": event.stream,
        "logGroupIdentifier": f"{group.account}:{group.name}",
        "message": event.message,
        "timestamp": event.timestamp,
        "ingestionTime": event.ingested,
    }


def encode(kind: str, value: dict[str, Any], *, error: bool = False) -> bytes:
    """One message of the event stream encoding (Amazon Transcribe guide, "Event stream
    encoding"): lengths, their checksum, headers, payload, checksum."""
    names = (
        {":message-type": "exception", ":exception-type": kind}
        if error
        else {":message-type": "event", ":event-type": kind}
    )
    names[":content-type"] = "application/json"
    headers = b"".join(
        bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(text)) + text.encode()
        for name, text in names.items()
    )
    payload = json.dumps(value).encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    head = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + payload
    return head + struct.pack(">I", zlib.crc32(head))
