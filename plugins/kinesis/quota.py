"""How much room is left: the account's shards, and UpdateShardCount's calls in 24 hours."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from .client import KinesisClient, error_code, is_throttle, patiently

UPDATES_A_DAY = 10  # API reference, UpdateShardCount: per rolling 24 hours and stream
DAY = 86_400.0
MOST_SHARDS = 10_000  # API reference, UpdateShardCount: for one stream
TRAIL_PAGES = 5  # of 50 events; LookupEvents may be called twice a second (API reference)


class TrailClient(Protocol):
    """CloudTrail, as far as it is asked."""

    def lookup_events(self, **params: Any) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Room:
    """`open` and `limit` count the account's shards in the region, None when they may not be
    read; `updates` is how often UpdateShardCount was called in 24 hours, None when unknown."""

    open: int | None
    limit: int | None
    updates: int | None = None

    @property
    def updates_left(self) -> int:
        """Calls left as far as is known: all of them when nothing is."""
        return max(UPDATES_A_DAY - (self.updates or 0), 0)

    def for_more(self) -> int | None:
        """How many shards may still be opened; None when unknown."""
        if self.open is None or self.limit is None:
            return None
        return max(self.limit - self.open, 0)


def read_shard_limit(
    kinesis: KinesisClient, *, sleep: Callable[[float], None], stopped: Callable[[], bool]
) -> Room:
    """The account's open shards and its limit. Unknown where it may not be asked.

    DescribeLimits may be called once a second (API reference): a throttle is waited for.
    """
    try:
        found = patiently(lambda: kinesis.describe_limits(), sleep=sleep, stopped=stopped)
    except Exception as error:
        if not error_code(error) or is_throttle(error):
            raise
        return Room(None, None)
    return Room(int(found["OpenShardCount"]), int(found["ShardLimit"]))


def count_updates(trail: TrailClient, stream: str, now: float) -> int | None:
    """UpdateShardCount calls for a stream in the last 24 hours, as CloudTrail tells.

    None when it may not be asked. A call appears there a few minutes after it was made.
    """
    params: dict[str, Any] = {
        "LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "UpdateShardCount"}],
        "StartTime": datetime.fromtimestamp(now - DAY, UTC),
    }
    count = 0
    for _ in range(TRAIL_PAGES):
        try:
            page = trail.lookup_events(**params)
        except Exception as error:
            if not error_code(error):
                raise
            return None
        count += sum(_concerns(event, stream) for event in page.get("Events", []))
        if not page.get("NextToken"):
            break
        params["NextToken"] = page["NextToken"]
    return count


def _concerns(event: Mapping[str, Any], stream: str) -> bool:
    """Whether an event is a call for the stream that Kinesis accepted."""
    try:
        detail = json.loads(event.get("CloudTrailEvent") or "{}")
    except ValueError:
        return False
    asked = detail.get("requestParameters") or {}
    named = asked.get("streamName") or str(asked.get("streamARN") or "").rpartition("/")[2]
    return named == stream and not detail.get("errorCode")
