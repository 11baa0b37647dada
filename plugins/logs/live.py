"""Follows log groups over Live Tail sessions, and reads what came in while none was open.

A session shows what arrives from its start on, and it ends: after three hours, or with the
network. What arrived in between is read with FilterLogEvents once the next one is open. That
call gives an event's id and a session does not, so the two are matched by what they have in common.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from .client import LogsClient, error_code, is_transient, patiently
from .tailing import OVERLAP_MS, POLL_SECONDS, Follower, Seen, looked

LIVE_GROUPS = 10  # StartLiveTail, logGroupIdentifiers
# After a session's start: an event can be found a little later than it came in.
CATCH_UP_SECONDS = (0.0, 5.0, 30.0)
_REMEMBERED = 50_000  # events at least

Sleep = Callable[[float], None]


@dataclass
class Once:
    """Passes on each event once, whether a session shows it, a look finds it, or both do.

    Events that are alike in everything are as many as the one of the two that knows more says.
    """

    newest: int = 0  # milliseconds
    _counts: dict[Seen, list[int]] = field(default_factory=dict)  # by sessions, by looks
    _most: int = _REMEMBERED

    def is_new(self, seen: Seen, *, by_look: bool) -> bool:
        counts = self._counts.setdefault(seen, [0, 0])
        known = max(counts)
        counts[by_look] += 1
        return counts[by_look] > known

    def note_time(self, timestamp: int, ingested: int) -> None:
        """Of an event that a session has shown; one may be dated ahead."""
        self.newest = max(self.newest, min(timestamp, ingested))
        if len(self._counts) > self._most:
            self.forget(self.newest - 2 * OVERLAP_MS)
            self._most = max(_REMEMBERED, 2 * len(self._counts))

    def forget(self, before: int) -> None:
        """What is older than that is not looked at again."""
        kept = {seen: counts for seen, counts in self._counts.items() if seen.timestamp >= before}
        self._counts = kept


def live(
    logs: LogsClient,
    groups: Sequence[dict[str, Any]],
    followers: Sequence[Follower],
    pattern: str | None,
    *,
    pool: Executor,
    sleep: Sleep,
    clock: Callable[[], float],
    stopped: Callable[[], bool],
) -> Iterator[Seen | str]:
    """What the groups have from the followers' start on; a string is a remark.

    Goes on over the end of a session until stopped.
    """
    params: dict[str, Any] = {"logGroupIdentifiers": [group["logGroupArn"] for group in groups]}
    if pattern:
        params["logEventFilterPattern"] = pattern
    once = Once()
    remarks: set[str] = set()
    while not stopped():
        answer = patiently(lambda: logs.start_live_tail(**params), sleep=sleep, stopped=stopped)
        due = deque(clock() + seconds for seconds in CATCH_UP_SECONDS)
        with closing(answer["responseStream"]) as stream:
            try:
                for message in stream:
                    if due and clock() >= due[0]:
                        due.popleft()
                        found = looked(pool, followers)
                        yield from (seen for seen in found if once.is_new(seen, by_look=True))
                    yield from _update(message.get("sessionUpdate"), groups, once, remarks)
                    if stopped():
                        return
            except Exception as error:
                if not (_is_end(error) or is_transient(error)):
                    raise
        if not stopped():
            yield "the Live Tail session ended; a new one goes on"
            _look_back(followers, once)
            sleep(POLL_SECONDS)


def _update(
    update: dict[str, Any] | None,
    groups: Sequence[dict[str, Any]],
    once: Once,
    remarks: set[str],
) -> Iterator[Seen | str]:
    if update is None:
        return
    if update["sessionMetadata"]["sampled"] and "sampled" not in remarks:
        remarks.add("sampled")
        yield "more than 500 events a second: the service shows a sample"
    names = {group["logGroupName"] for group in groups}
    for event in update["sessionResults"]:
        identifier = event["logGroupIdentifier"]  # ACCOUNT:NAME
        name = identifier.split(":")[-1]
        seen = Seen(
            event["timestamp"],
            name if name in names else identifier,
            event["logStreamName"],
            event["message"],
        )
        once.note_time(event["timestamp"], event.get("ingestionTime", event["timestamp"]))
        if once.is_new(seen, by_look=False):
            yield seen


def _look_back(followers: Sequence[Follower], once: Once) -> None:
    """Let the next looks find what came in since the session's last event, and late ones."""
    if once.newest:
        for follower in followers:
            follower.go_on_from(once.newest - OVERLAP_MS)
        once.forget(once.newest - 2 * OVERLAP_MS)


def _is_end(error: BaseException) -> bool:
    names = {kind.__name__ for kind in type(error).__mro__}
    return "EventStreamError" in names or error_code(error) in (
        "SessionTimeoutException",
        "SessionStreamingException",
    )
