"""Follows log groups: by asking again and again, or over a Live Tail session."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from .client import LogsClient, error_code, is_transient, patiently

# Events arrive late: each look goes back this far behind the newest event and drops what was shown.
OVERLAP_MS = 120_000
POLL_SECONDS = 0.9
# FilterLogEvents, calls a second for an account in a region, not adjustable:
# https://docs.aws.amazon.com/general/latest/gr/cwl_region.html
CALLS_A_SECOND = 10.0
_CALLS_IN = {"us-east-1": 25.0} | dict.fromkeys(
    ("ap-northeast-3", "ap-southeast-3", "ca-west-1", "eu-central-1", "il-central-1"), 5.0
)
SHARE = 0.9  # of the quota: others use it too
BATCH_SECONDS = 0.25  # groups are looked at a few at a time, spread over the whole period
LIVE_GROUPS = 10  # StartLiveTail, logGroupIdentifiers

Sleep = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Seen:
    """One event. Times are milliseconds since the epoch."""

    timestamp: int
    group: str
    stream: str
    message: str


class Follower:
    """One group, read from `start` (milliseconds) on; `look` gives what is new."""

    def __init__(
        self,
        logs: LogsClient,
        group: str,
        name: str,
        start: int,
        pattern: str | None,
        *,
        sleep: Sleep,
        stopped: Callable[[], bool],
    ) -> None:
        self._logs = logs
        self._group = group
        self._name = name
        self._start = start
        self._pattern = pattern
        self._newest = start
        self._shown: dict[str, int] = {}
        self._sleep = sleep
        self._stopped = stopped

    def look(self) -> list[Seen]:
        """Events not given before, oldest first. Empty pages with a token are read on."""
        since = max(self._start, self._newest - OVERLAP_MS)
        found: list[Seen] = []
        token: str | None = None
        while not self._stopped():
            try:
                answer = self._page(since, token)
            except Exception as error:
                if token is None or error_code(error) != "InvalidParameterException":
                    raise
                token = None  # the token has expired: from the start; what was shown is known
                continue
            found += [self._take(event) for event in answer["events"] if self._is_new(event)]
            token = answer.get("nextToken")
            if token is None:
                break
        horizon = self._newest - OVERLAP_MS
        self._shown = {key: at for key, at in self._shown.items() if at >= horizon}
        return sorted(found, key=lambda event: event.timestamp)

    def _page(self, since: int, token: str | None) -> Any:
        params: dict[str, Any] = {"logGroupIdentifier": self._group, "startTime": since}
        if self._pattern:
            params["filterPattern"] = self._pattern
        if token:
            params["nextToken"] = token
        return patiently(
            lambda: self._logs.filter_log_events(**params),
            sleep=self._sleep,
            stopped=self._stopped,
        )

    def _is_new(self, event: dict[str, Any]) -> bool:
        return event["eventId"] not in self._shown

    def _take(self, event: dict[str, Any]) -> Seen:
        self._shown[event["eventId"]] = event["timestamp"]
        # An event may be dated ahead (up to two hours): the service's own clock bounds it.
        at = min(event["timestamp"], event.get("ingestionTime", event["timestamp"]))
        self._newest = max(self._newest, at)
        return Seen(event["timestamp"], self._name, event["logStreamName"], event["message"])


def calls_a_second(region: str | None) -> float:
    """How many FilterLogEvents calls a tail may make in a region."""
    return _CALLS_IN.get(region or "", CALLS_A_SECOND) * SHARE


def poll(
    followers: Sequence[Follower],
    *,
    rate: float,
    follow: bool,
    pool: Executor,
    sleep: Sleep,
    clock: Callable[[], float],
    stopped: Callable[[], bool],
) -> Iterator[Seen]:
    """What the groups have, merged by time; goes on until stopped when it is to `follow`.

    After the first look at all of them, each group is looked at once in a period, a few groups at
    a time, so that `rate` calls a second are kept to and no group waits for all the others.
    """
    yield from _merged(pool, followers)
    period = max(POLL_SECONDS, len(followers) / rate)
    size = max(1, int(rate * BATCH_SECONDS))
    batches = [followers[n : n + size] for n in range(0, len(followers), size)]
    due = clock()
    while follow:
        for batch in batches:
            due = max(due + period * len(batch) / len(followers), clock())
            sleep(max(0.0, due - clock()))
            if stopped():
                return
            yield from _merged(pool, batch)


def _merged(pool: Executor, followers: Sequence[Follower]) -> list[Seen]:
    looks = pool.map(Follower.look, followers)
    return sorted((e for look in looks for e in look), key=lambda event: event.timestamp)


def live(
    logs: LogsClient,
    groups: Sequence[dict[str, Any]],
    pattern: str | None,
    *,
    sleep: Sleep,
    stopped: Callable[[], bool],
) -> Iterator[Seen | str]:
    """Events as they come in; a string is a remark (a session was sampled, or begun anew).

    A session lasts three hours at most; another one then goes on.
    """
    names = {group["logGroupArn"].rsplit(":log-group:", 1)[-1]: group for group in groups}
    params: dict[str, Any] = {"logGroupIdentifiers": [group["logGroupArn"] for group in groups]}
    if pattern:
        params["logEventFilterPattern"] = pattern
    sampled = False
    while not stopped():
        answer = patiently(lambda: logs.start_live_tail(**params), sleep=sleep, stopped=stopped)
        stream = answer["responseStream"]
        try:
            for message in stream:
                update = message.get("sessionUpdate")
                if update is not None:
                    if update["sessionMetadata"]["sampled"] and not sampled:
                        sampled = True
                        yield "more than 500 events a second: the service shows a sample"
                    for event in update["sessionResults"]:
                        identifier = event["logGroupIdentifier"]
                        name = identifier.split(":")[-1]
                        yield Seen(
                            event["timestamp"],
                            name if name in names else identifier,
                            event["logStreamName"],
                            event["message"],
                        )
                if stopped():
                    return
        except Exception as error:
            if not (_is_end(error) or is_transient(error)):
                raise
        finally:
            stream.close()
        if not stopped():
            yield "the Live Tail session ended; a new one goes on"
            sleep(POLL_SECONDS)


def _is_end(error: BaseException) -> bool:
    names = {kind.__name__ for kind in type(error).__mro__}
    return "EventStreamError" in names or error_code(error) in (
        "SessionTimeoutException",
        "SessionStreamingException",
    )
