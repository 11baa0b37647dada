"""Follows log groups by asking again and again (FilterLogEvents)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from awsops.errors import NotFoundError

from .client import LogsClient, error_code, patiently

# Events arrive late: each look goes back this far behind the newest event and drops what was shown.
OVERLAP_MS = 120_000
# Some come from machines whose clocks are minutes behind: now and then a look goes back this far.
DEEP_OVERLAP_MS = 360_000
DEEP_SECONDS = 20.0  # between two of those looks
DEEP_SECONDS_A_PAGE = 2.0  # more for a busy group: they take half a call a second at most
POLL_SECONDS = 0.9
# FilterLogEvents, calls a second for an account in a region, not adjustable:
# https://docs.aws.amazon.com/general/latest/gr/cwl_region.html
CALLS_A_SECOND = 10.0
_CALLS_IN = {"us-east-1": 25.0} | dict.fromkeys(
    ("ap-northeast-3", "ap-southeast-3", "ca-west-1", "eu-central-1", "il-central-1"), 5.0
)
SHARE = 0.9  # of the quota: others use it too
BATCH_SECONDS = 0.25  # groups are looked at a few at a time, spread over the whole period

Sleep = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Seen:
    """One event. Times are milliseconds since the epoch."""

    timestamp: int
    group: str
    stream: str
    message: str
    ingested: int


class Follower:
    """One group, read from `start` (milliseconds) on; `look` gives what is new.

    With `since_arrival` (milliseconds), what came in from then on counts too, however old its own
    time: a machine whose clock is behind dates its events before `start`.
    """

    def __init__(
        self,
        logs: LogsClient,
        group: str,
        name: str,
        start: int,
        pattern: str | None,
        *,
        sleep: Sleep,
        clock: Callable[[], float],
        stopped: Callable[[], bool],
        since_arrival: int | None = None,
    ) -> None:
        self._logs = logs
        self._group = group
        self.name = name
        self._start = start
        self._pattern = pattern
        self._newest = start
        self._shown: dict[str, int] = {}
        self._sleep = sleep
        self._clock = clock
        self._stopped = stopped
        self._since_arrival = since_arrival
        self._deep_at = clock()
        self.gone = False  # somebody deleted the group

    def look(self) -> list[Seen]:
        """Events not given before, oldest first. Empty pages with a token are read on."""
        deep = self._clock() >= self._deep_at
        since = self._since(deep=deep)
        found: list[Seen] = []
        token: str | None = None
        pages = 0
        while not self._stopped():
            try:
                answer = self._page(since, token)
            except Exception as error:
                if token is None or error_code(error) != "InvalidParameterException":
                    raise
                token = None  # the token has expired: from the start; what was shown is known
                continue
            pages += 1
            found += [self._take(event) for event in answer["events"] if self._is_new(event)]
            token = answer.get("nextToken")
            if token is None:
                break
        if deep:
            self._deep_at = self._clock() + max(DEEP_SECONDS, pages * DEEP_SECONDS_A_PAGE)
        horizon = self._newest - DEEP_OVERLAP_MS
        self._shown = {key: at for key, at in self._shown.items() if at >= horizon}
        return sorted(found, key=lambda event: event.timestamp)

    def look_if_there(self) -> list[Seen]:
        """As `look`; nothing while the group does not exist, and `gone` says so."""
        try:
            seen = self.look()
        except Exception as error:
            if error_code(error) != "ResourceNotFoundException":
                raise
            self.gone = True
            return []
        self.gone = False
        return seen

    def look_back(self) -> list[Seen]:
        """A look that goes back as far as any."""
        self._deep_at = self._clock()
        return self.look()

    def advance(self, event: Seen) -> None:
        """Take note of an event that came another way: the next look begins near it."""
        self._newest = max(self._newest, min(event.timestamp, event.ingested))

    def _since(self, *, deep: bool) -> int:
        back = self._newest - (DEEP_OVERLAP_MS if deep else OVERLAP_MS)
        first = self._start if self._since_arrival is None else self._start - DEEP_OVERLAP_MS
        return max(first, back, 0)

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
        if event["eventId"] in self._shown:
            return False
        if event["timestamp"] >= self._start:
            return True
        arrived = event.get("ingestionTime", 0)
        return self._since_arrival is not None and arrived >= self._since_arrival

    def _take(self, event: dict[str, Any]) -> Seen:
        self._shown[event["eventId"]] = event["timestamp"]
        ingested = event.get("ingestionTime", event["timestamp"])
        # An event may be dated ahead (up to two hours): the service's own clock bounds it.
        self._newest = max(self._newest, min(event["timestamp"], ingested))
        return Seen(
            event["timestamp"], self.name, event["logStreamName"], event["message"], ingested
        )


def calls_a_second(region: str | None) -> float:
    """How many FilterLogEvents calls a tail may make in a region."""
    return _CALLS_IN.get(region or "", CALLS_A_SECOND) * SHARE


def period_of(groups: int, rate: float) -> float:
    """Seconds between two looks at each of so many groups, at `rate` calls a second."""
    return max(POLL_SECONDS, groups / rate)


def poll(
    followers: Sequence[Follower],
    *,
    rate: float,
    follow: bool,
    pool: Executor,
    sleep: Sleep,
    clock: Callable[[], float],
    stopped: Callable[[], bool],
) -> Iterator[Seen | str]:
    """What the groups have, merged by time; goes on until stopped when it is to `follow`.

    A string is to be said: a group that somebody deletes meanwhile is left out for as long as it
    is gone. NotFoundError when none is left.

    After the first look at all of them, each group is looked at once in a period, a few groups at
    a time, so that `rate` calls a second are kept to and no group waits for all the others.
    """
    yield from merged(pool, followers, Follower.look)
    period = period_of(len(followers), rate)
    size = max(1, int(rate * BATCH_SECONDS))
    batches = [followers[n : n + size] for n in range(0, len(followers), size)]
    due = clock()
    gone: set[str] = set()
    while follow:
        for batch in batches:
            due = max(due + period * len(batch) / len(followers), clock())
            sleep(max(0.0, due - clock()))
            if stopped():
                return
            yield from merged(pool, batch, Follower.look_if_there)
            yield from _said(batch, gone)
        if len(gone) == len(followers):
            raise NotFoundError(f"deleted meanwhile: {', '.join(sorted(gone))}")


def _said(followers: Sequence[Follower], gone: set[str]) -> Iterator[str]:
    """What has become of groups since it was last said; `gone` is kept up to date."""
    for follower in followers:
        if follower.gone and follower.name not in gone:
            gone.add(follower.name)
            yield f"log group {follower.name} was deleted; it is shown again once it is back"
        elif follower.name in gone and not follower.gone:
            gone.discard(follower.name)
            yield f"log group {follower.name} is back"


def merged(
    pool: Executor, followers: Sequence[Follower], look: Callable[[Follower], list[Seen]]
) -> list[Seen]:
    """What one look at each of them gives, oldest first."""
    looks = pool.map(look, followers)
    return sorted((e for each in looks for e in each), key=lambda event: event.timestamp)
