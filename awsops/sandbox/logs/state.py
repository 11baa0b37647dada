"""Log groups, their streams and events, and the queries of one account in one region."""

from __future__ import annotations

import base64
import bisect
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from awsops.sandbox.answers import AwsError

Params = Mapping[str, Any]

# What a stored event takes beside its text (PutLogEvents: 26 bytes are added for each event).
EVENT_BYTES = 26


@dataclass(frozen=True, slots=True)
class Event:
    """Times are milliseconds since the epoch; `id` grows with what was put in."""

    timestamp: int
    message: str
    stream: str
    ingested: int
    id: str

    @property
    def size(self) -> int:
        return len(self.message.encode()) + EVENT_BYTES


@dataclass
class Group:
    """Its events in the order of their time, whatever order they came in."""

    name: str
    account: str
    region: str
    created: int
    group_class: str = "STANDARD"
    kms: str | None = None
    retention: int | None = None
    streams: dict[str, int] = field(default_factory=dict)  # name: created
    events: list[Event] = field(default_factory=list)
    bytes: int = 0
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        return f"arn:aws:logs:{self.region}:{self.account}:log-group:{self.name}"

    def put(self, event: Event) -> None:
        bisect.insort(self.events, event, key=attrgetter("timestamp", "id"))
        self.bytes += event.size

    def between(self, start: int | None, end: int | None) -> list[Event]:
        """Events of `start` to `end`, both inclusive."""
        by = attrgetter("timestamp")
        low = 0 if start is None else bisect.bisect_left(self.events, start, key=by)
        high = len(self.events) if end is None else bisect.bisect_right(self.events, end, key=by)
        return self.events[low:high]


class Region:
    """What one account has of CloudWatch Logs in one region."""

    def __init__(self, account: str, region: str) -> None:
        self.account = account
        self.region = region
        self.groups: dict[str, Group] = {}
        self.queries: dict[str, Any] = {}
        self.definitions: dict[str, dict[str, Any]] = {}
        self.exports: dict[str, dict[str, Any]] = {}
        self.bookmarks: dict[str, Any] = {}
        self._numbers = itertools.count(1)

    def number(self) -> int:
        return next(self._numbers)

    def bookmark(self, value: Any) -> str:
        """A token that stands for a place in a listing."""
        token = base64.urlsafe_b64encode(f"{self.number():020d}".encode()).decode()
        self.bookmarks[token] = value
        return token

    def place(self, token: Any, default: Any) -> Any:
        """What a token stands for; InvalidParameterException for one that was never given."""
        if token is None:
            return default
        if token not in self.bookmarks:
            raise invalid("The specified nextToken is invalid.")
        return self.bookmarks[token]

    def group(self, name: Any) -> Group:
        """A group by its name or ARN."""
        found = self.groups.get(group_name(str(name)))
        if found is None:
            raise missing("The specified log group does not exist.")
        return found

    def named(self, params: Params) -> Group:
        """The group that logGroupName or logGroupIdentifier names: exactly one of them."""
        name, identifier = params.get("logGroupName"), params.get("logGroupIdentifier")
        if (name is None) == (identifier is None):
            raise invalid("Exactly one of logGroupName and logGroupIdentifier must be given.")
        return self.group(name if name is not None else identifier)

    def find_event(self, pointer: str) -> tuple[Group, Event]:
        """What a @ptr leads to."""
        try:
            name, _, event_id = base64.b64decode(pointer, validate=True).decode().partition("\n")
        except ValueError:
            raise invalid("Invalid log record pointer") from None
        group = self.groups.get(name)
        for event in group.events if group else ():
            if event.id == event_id:
                assert group is not None
                return group, event
        raise missing("The specified log record does not exist.")


def pointer_to(group: Group, event: Event) -> str:
    return base64.b64encode(f"{group.name}\n{event.id}".encode()).decode()


def group_name(text: str) -> str:
    """The name in an ARN, or the text itself."""
    return text.split(":log-group:", 1)[-1].removesuffix(":*") if text.startswith("arn:") else text


def invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterException", message)


def missing(message: str) -> AwsError:
    return AwsError("ResourceNotFoundException", message)


def check_group_name(name: Any) -> str:
    if not re.fullmatch(r"[.\-_/#A-Za-z0-9]{1,512}", str(name or "")):
        raise invalid(
            f"Value '{name}' at 'logGroupName' failed to satisfy constraint: Member must satisfy "
            r"regular expression pattern: [\.\-_/#A-Za-z0-9]+"
        )
    return str(name)


def whole(params: Params, name: str, default: int, most: int, least: int = 1) -> int:
    """A whole number within its bounds."""
    value = params.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise invalid(f"Value '{value}' at '{name}' must be {least} to {most}.")
    return value


def page(region: Region, params: Params, items: Iterable[Any], size: int) -> tuple[list[Any], str]:
    """One page of a listing and the token of the next; empty at the end."""
    start = region.place(params.get("nextToken"), 0)
    rest: Iterator[Any] = itertools.islice(items, start, start + size + 1)
    found = list(rest)
    return found[:size], region.bookmark(start + size) if len(found) > size else ""


def with_token(answer: dict[str, Any], token: str) -> dict[str, Any]:
    return {**answer, "nextToken": token} if token else answer
