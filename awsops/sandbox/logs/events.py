"""Putting events in, and reading them without a query."""

from __future__ import annotations

import re
from typing import Any

from awsops.sandbox.logs.discovery import discover
from awsops.sandbox.logs.patterns import compile_pattern
from awsops.sandbox.logs.state import (
    Event,
    Group,
    Params,
    Region,
    invalid,
    missing,
    whole,
    with_token,
)

# PutLogEvents: 10,000 events and 1 MiB a batch, not older than 14 days or two hours ahead.
BATCH_EVENTS = 10_000
BATCH_BYTES = 1_048_576
OLDEST_MS = 14 * 86_400_000
AHEAD_MS = 2 * 3_600_000
PAGE_EVENTS = 10_000
PAGE_BYTES = 1_048_576
# How many events FilterLogEvents looks at before it answers with what it has found, perhaps
# nothing, and a token ("you can get partial or empty pages").
SCAN_EVENTS = 5_000
# An export task takes minutes to hours; here long enough to be seen and cancelled.
PENDING_SECONDS, EXPORT_SECONDS = 0.5, 3.0


def put(region: Region, params: Params, now: float) -> dict[str, Any]:
    group = region.group(params.get("logGroupName"))
    stream = params.get("logStreamName")
    if stream not in group.streams:
        raise missing("The specified log stream does not exist.")
    given = params.get("logEvents") or []
    times = [event["timestamp"] for event in given]
    size = sum(len(event["message"].encode()) + 26 for event in given)
    if not 1 <= len(given) <= BATCH_EVENTS or size > BATCH_BYTES:
        raise invalid("Upload too large or empty")
    if times != sorted(times):
        raise invalid("Log events in a single PutLogEvents request must be in order.")
    now_ms = int(now * 1000)
    oldest = now_ms - min(OLDEST_MS, (group.retention or 14) * 86_400_000)
    kept = [e for e in given if oldest <= e["timestamp"] <= now_ms + AHEAD_MS]
    for event in kept:
        add(region, group, stream, event["timestamp"], event["message"], now_ms)
    answer: dict[str, Any] = {"nextSequenceToken": f"{region.number():056d}"}
    if len(kept) < len(given):
        rejected: dict[str, int] = {}
        late = sum(t < oldest for t in times)
        early = next((i for i, t in enumerate(times) if t > now_ms + AHEAD_MS), None)
        if late:
            rejected["tooOldLogEventEndIndex"] = late
        if early is not None:
            rejected["tooNewLogEventStartIndex"] = early
        answer["rejectedLogEventsInfo"] = rejected
    return answer


def add(region: Region, group: Group, stream: str, at: int, text: str, now_ms: int) -> None:
    """One event, whatever its age."""
    group.put(Event(at, text, stream, now_ms, f"{region.number():056d}"))


def filter_events(region: Region, params: Params, now: float) -> dict[str, Any]:
    group = region.named(params)
    names, prefix = params.get("logStreamNames"), params.get("logStreamNamePrefix")
    if names is not None and prefix is not None:
        raise invalid("logStreamNames and logStreamNamePrefix are mutually exclusive.")
    for name in names or ():
        if name not in group.streams:
            raise missing("The specified log stream does not exist.")
    matches = compile_pattern(params.get("filterPattern"))
    limit = whole(params, "limit", PAGE_EVENTS, PAGE_EVENTS)
    events = group.between(params.get("startTime"), params.get("endTime"))
    after = region.place(params.get("nextToken"), None)
    found: list[dict[str, Any]] = []
    looked = size = 0
    last: tuple[int, str] | None = None
    for event in events:
        place = (event.timestamp, event.id)
        if after is not None and place <= after:
            continue
        if looked == SCAN_EVENTS or len(found) == limit or size > PAGE_BYTES:
            token = region.bookmark(last)
            return {"events": found, "searchedLogStreams": [], "nextToken": token}
        looked += 1
        last = place
        wanted = event.stream in names if names else event.stream.startswith(prefix or "")
        if wanted and matches(event.message):
            size += event.size
            found.append(_filtered(event))
    return {"events": found, "searchedLogStreams": []}


def _filtered(event: Event) -> dict[str, Any]:
    return {
        "logStreamName": event.stream,
        "timestamp": event.timestamp,
        "message": event.message,
        "ingestionTime": event.ingested,
        "eventId": event.id,
    }


def get_events(region: Region, params: Params, now: float) -> dict[str, Any]:
    """Backwards from the end unless startFromHead; endTime is exclusive here (API reference)."""
    group = region.named(params)
    stream = params.get("logStreamName")
    if stream not in group.streams:
        raise missing("The specified log stream does not exist.")
    limit = whole(params, "limit", PAGE_EVENTS, PAGE_EVENTS)
    end = params.get("endTime")
    chosen = group.between(params.get("startTime"), None if end is None else end - 1)
    events = [event for event in chosen if event.stream == stream]
    default = ("f", None) if params.get("startFromHead") else ("b", None)
    direction, edge = region.place(params.get("nextToken"), default)
    if direction == "f":
        rest = [e for e in events if edge is None or (e.timestamp, e.id) > edge]
        shown = rest[:limit]
    else:
        rest = [e for e in events if edge is None or (e.timestamp, e.id) < edge]
        shown = rest[-limit:]
    ends = [(e.timestamp, e.id) for e in shown] or [edge or (0, "")]
    same = not shown and params.get("nextToken")
    return {
        "events": [
            {"timestamp": e.timestamp, "message": e.message, "ingestionTime": e.ingested}
            for e in shown
        ],
        # At the end of the stream the token that was passed in comes back.
        "nextForwardToken": params["nextToken"] if same else region.bookmark(("f", ends[-1])),
        "nextBackwardToken": params["nextToken"] if same else region.bookmark(("b", ends[0])),
    }


def get_record(region: Region, params: Params, now: float) -> dict[str, Any]:
    group, event = region.find_event(str(params.get("logRecordPointer", "")))
    fields = discover(group, event)
    from awsops.sandbox.logs.expressions import text_of

    return {"logRecord": {name: text_of(value) for name, value in fields.items()}}


def create_export(region: Region, params: Params, now: float) -> dict[str, Any]:
    group = region.group(params.get("logGroupName"))
    if group.group_class != "STANDARD":
        raise invalid("Export is only for log groups of the Standard class.")
    if int(params["from"]) >= int(params["to"]):
        raise invalid("'from' must be before 'to'.")
    if int(params["to"]) < group.created:  # API reference, CreateExportTask, to
        raise invalid("'to' must not be before the creation of the log group.")
    if not re.fullmatch(r"[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]", str(params.get("destination", ""))):
        raise invalid("The specified bucket is not valid.")
    if any(
        _export_state(task, now)[0] in ("PENDING", "RUNNING") for task in region.exports.values()
    ):
        from awsops.sandbox.answers import AwsError

        raise AwsError("LimitExceededException", "Resource limit exceeded.")  # one at a time
    import uuid

    task_id = str(uuid.uuid4())
    keys = ("taskName", "logGroupName", "from", "to", "destination", "destinationPrefix")
    region.exports[task_id] = {"at": now, **{k: params[k] for k in keys if k in params}}
    return {"taskId": task_id}


def describe_exports(region: Region, params: Params, now: float) -> dict[str, Any]:
    wanted = params.get("taskId")
    tasks = []
    for task_id, task in reversed(region.exports.items()):
        code, done = _export_state(task, now)
        if wanted not in (None, task_id) or params.get("statusCode") not in (None, code):
            continue
        info = {"creationTime": int(task["at"] * 1000)}
        if code == "COMPLETED":
            info["completionTime"] = int(done * 1000)
        tasks.append(
            {
                "taskId": task_id,
                **{key: value for key, value in task.items() if key not in ("at", "cancelled")},
                "status": {"code": code},
                "executionInfo": info,
            }
        )
    return with_token({"exportTasks": tasks}, "")


def cancel_export(region: Region, params: Params, now: float) -> dict[str, Any]:
    task = region.exports.get(str(params.get("taskId")))
    if task is None:
        raise missing("The specified export task does not exist.")
    if _export_state(task, now)[0] not in ("PENDING", "RUNNING"):
        from awsops.sandbox.answers import AwsError

        raise AwsError("InvalidOperationException", "The task has ended.")
    task["cancelled"] = True
    return {}


def _export_state(task: dict[str, Any], now: float) -> tuple[str, float]:
    if task.get("cancelled"):
        return "CANCELLED", 0.0
    age = now - task["at"]
    if age < EXPORT_SECONDS:
        return ("PENDING" if age < PENDING_SECONDS else "RUNNING"), 0.0
    return "COMPLETED", task["at"] + EXPORT_SECONDS
