"""`awsops logs context`: the lines around an event."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from awsops.api import Annotated, Argument, Aws, NotFoundError, Option, UsageError, command
from awsops.units import parse_time

from .client import LogsClient, error_code
from .groups import resolve


@dataclass(frozen=True, slots=True)
class ContextLine:
    """An event of the stream; `here` is `>` for the one that was asked for."""

    here: str
    time: datetime
    stream: str
    message: str


@dataclass(frozen=True, slots=True)
class _Place:
    group: str
    stream: str
    at: int  # milliseconds
    message: str | None = None  # of the event that is meant; None: the first from `at` on


@command()
def context(
    aws: Aws,
    event: Annotated[
        list[str], Argument(help="A @ptr from query --ptr, or GROUP STREAM TIME.", metavar="EVENT")
    ],
    lines: Annotated[
        int, Option(help="Events before and after it.", short="-C", min=0, max=5_000)
    ] = 20,
) -> Iterator[ContextLine]:
    """Show the events of the same stream around one event."""
    logs = aws.client("logs")
    if len(event) == 1:
        place = _of_pointer(logs, event[0])
    elif len(event) == 3:
        place = _of_words(logs, *event, now=aws.clock())
    else:
        raise UsageError(
            f"{len(event)} words do not name an event",
            hint="a @ptr of logs query --ptr, or a group, a stream and a time",
        )
    yield from _around(logs, place, lines)


def _of_pointer(logs: LogsClient, pointer: str) -> _Place:
    try:
        fields = logs.get_log_record(logRecordPointer=pointer)["logRecord"]
    except Exception as error:
        if error_code(error) == "InvalidParameterException":
            raise UsageError(
                "that is not a pointer to an event", hint="logs query --ptr shows them as @ptr"
            ) from error
        raise
    if "@log" not in fields or "@timestamp" not in fields:
        raise NotFoundError("the event does not say where it is from")
    group = fields["@log"].split(":", 1)[-1]
    at = int(float(fields["@timestamp"]))
    return _Place(group, fields["@logStream"], at, fields.get("@message"))


def _of_words(logs: LogsClient, group: str, stream: str, time: str, *, now: float) -> _Place:
    at = parse_time(time, now)
    found = resolve(logs, [group])
    if len(found) != 1:
        raise UsageError(f"{group} stands for {len(found)} log groups", hint="name one")
    return _Place(found[0]["logGroupName"], stream, int(at * 1000))


def _around(logs: LogsClient, place: _Place, lines: int) -> Iterator[ContextLine]:
    try:
        # The end is exclusive, the start inclusive (API reference, GetLogEvents).
        before = _read(logs, place, lines, forward=False, endTime=place.at)
        after = _read(logs, place, lines + 1, forward=True, startTime=place.at)
    except Exception as error:
        if error_code(error) == "ResourceNotFoundException":
            raise NotFoundError(
                f"{place.group} has no stream {place.stream}",
                hint=f"awsops logs tail {place.group} -o ndjson shows its streams",
            ) from error
        raise
    for event in before:
        yield _line("", place, event)
    sought = True
    for event in after:
        here = sought and place.message in (None, event["message"])
        sought = sought and not here
        yield _line(">" if here else "", place, event)


def _read(
    logs: LogsClient, place: _Place, count: int, *, forward: bool, **bound: int
) -> list[dict[str, Any]]:
    """At most `count` events next to a bound, oldest first. A page may be empty although more
    follow; the last one gives the token that it was asked with (API reference, GetLogEvents).
    """
    found: list[dict[str, Any]] = []
    params: dict[str, Any] = {
        "logGroupName": place.group,
        "logStreamName": place.stream,
        "startFromHead": forward,
        **bound,
    }
    while len(found) < count:
        page = logs.get_log_events(**params, limit=count - len(found))
        found = [*found, *page["events"]] if forward else [*page["events"], *found]
        token = page["nextForwardToken" if forward else "nextBackwardToken"]
        if token == params.get("nextToken"):
            break
        params["nextToken"] = token
    return found


def _line(here: str, place: _Place, event: dict[str, Any]) -> ContextLine:
    moment = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
    return ContextLine(here, moment, place.stream, event["message"])
