"""Follows log groups over Live Tail sessions, without losing what comes in around them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any

from .client import LogsClient, error_code, is_transient, patiently
from .tailing import DEEP_OVERLAP_MS, POLL_SECONDS, Follower, Seen, Sleep, merged

LIVE_GROUPS = 10  # StartLiveTail, logGroupIdentifiers
# FilterLogEvents looks over what a session may have missed: as soon as it has begun, and again
# when what came in just before can be found there too. Seconds after the session's beginning.
CATCH_UP_SECONDS = (0.0, 5.0, 30.0, 120.0)
_FORGET_EVERY = 10_000  # events

# A stream that breaks off raises what botocore's parser and urllib3 have for it (HTTPError is the
# base of urllib3's errors), unlike a call, whose errors botocore makes its own.
_BROKEN = frozenset({"EventStreamError", "ParserError", "ChecksumMismatch", "HTTPError"})

_Key = tuple[str, str, int, int]


class Once:
    """Events that may come two ways, polled and streamed: each is let through once.

    A streamed event has no id. Equal ones (group, stream, time and text) are counted for each way,
    and one is new when its way has given more of them than the other: two equal lines of one
    millisecond are two.
    """

    def __init__(self) -> None:
        self._counts: dict[_Key, list[int]] = {}
        self._newest = 0
        self._since_forgotten = 0

    def polled(self, event: Seen) -> bool:
        """Whether an event from FilterLogEvents was not let through yet."""
        return self._is_new(event, 0)

    def streamed(self, event: Seen) -> bool:
        """Whether an event from a session was not let through yet."""
        return self._is_new(event, 1)

    def _is_new(self, event: Seen, way: int) -> bool:
        key = (event.group, event.stream, event.timestamp, hash(event.message))
        counts = self._counts.setdefault(key, [0, 0])
        let_through = max(counts)
        counts[way] += 1
        self._newest = max(self._newest, min(event.timestamp, event.ingested))
        self._since_forgotten += 1
        if self._since_forgotten >= _FORGET_EVERY:
            self._forget()
        return counts[way] > let_through

    def _forget(self) -> None:
        """Nothing is looked for further back than this, but for what is just under way."""
        before = self._newest - DEEP_OVERLAP_MS - 60_000
        self._counts = {key: counts for key, counts in self._counts.items() if key[2] >= before}
        self._since_forgotten = 0


@dataclass
class LiveTail:
    """Live Tail sessions over groups, one after the other; `run` gives what comes in.

    `followers` are the same groups, by which the gaps are filled; `by_identifier` says the name of
    a group as it stands in an event. With `until_sampled`, it ends when the service leaves events
    out (then `sampled` is true).
    """

    logs: LogsClient
    arns: Sequence[str]
    by_identifier: Mapping[str, str]
    pattern: str | None
    followers: Sequence[Follower]
    once: Once
    pool: Executor
    sleep: Sleep
    clock: Callable[[], float]
    stopped: Callable[[], bool]
    until_sampled: bool = False
    sampled: bool = False
    _by_name: dict[str, Follower] = field(default_factory=dict)
    _may_catch_up: bool = True

    def __post_init__(self) -> None:
        self._by_name = {follower.name: follower for follower in self.followers}

    def run(self) -> Iterator[Seen | str]:
        """Events as they come in, with those since the followers' start first; a string is a
        remark. Goes on over the end of a session (three hours) until stopped; raises what refuses
        a session for good."""
        while not self.stopped():
            answer = patiently(self._start, sleep=self.sleep, stopped=self.stopped)
            stream = answer["responseStream"]
            try:
                yield from self._session(stream)
            except Exception as error:
                if not (_is_end(error) or is_transient(error)):
                    raise
            finally:
                stream.close()
            if self.stopped() or (self.sampled and self.until_sampled):
                return
            yield "the Live Tail session ended; a new one goes on, with what came in between"
            self.sleep(POLL_SECONDS)

    def _start(self) -> Any:
        params: dict[str, Any] = {"logGroupIdentifiers": list(self.arns)}
        if self.pattern:
            params["logEventFilterPattern"] = self.pattern
        return self.logs.start_live_tail(**params)

    def _session(self, stream: Any) -> Iterator[Seen | str]:
        begun = self.clock()
        due = deque(CATCH_UP_SECONDS)
        for message in stream:
            if self.stopped():
                return
            if due and self.clock() >= begun + due[0]:
                due.popleft()
                yield from self._catch_up()
            yield from self._update(message.get("sessionUpdate") or {})
            if self.sampled and self.until_sampled:
                return

    def _update(self, update: Mapping[str, Any]) -> Iterator[Seen | str]:
        if update.get("sessionMetadata", {}).get("sampled") and not self.sampled:
            self.sampled = True
            yield "more than 500 events a second: Live Tail shows a sample of them"
        for event in update.get("sessionResults", ()):
            identifier = event["logGroupIdentifier"]
            seen = Seen(
                event["timestamp"],
                self.by_identifier.get(identifier, identifier),
                event["logStreamName"],
                event["message"],
                event.get("ingestionTime", event["timestamp"]),
            )
            if seen.group in self._by_name:
                self._by_name[seen.group].advance(seen)
            if self.once.streamed(seen):
                yield seen

    def _catch_up(self) -> Iterator[Seen | str]:
        if not self._may_catch_up:
            return
        try:
            found = merged(self.pool, self.followers, Follower.look_back)
        except Exception as error:
            if error_code(error) != "AccessDeniedException":
                raise
            self._may_catch_up = False
            yield "logs:FilterLogEvents is not allowed: what comes in between sessions is not shown"
            return
        for event in found:
            if self.once.polled(event):
                yield event


def identifiers(groups: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> dict[str, str]:
    """What an event of a session may call its group (`account:name`, the name or the ARN), and
    the name that is shown; `names` is by ARN."""
    found: dict[str, str] = {}
    for group in groups:
        arn = group["logGroupArn"]
        account = arn.split(":")[4]
        for identifier in (arn, f"{account}:{group['logGroupName']}", group["logGroupName"]):
            found.setdefault(identifier, names[arn])
    return found


def _is_end(error: BaseException) -> bool:
    names = {kind.__name__ for kind in type(error).__mro__}
    return not names.isdisjoint(_BROKEN) or error_code(error) in (
        "SessionTimeoutException",
        "SessionStreamingException",
    )
