"""What one account has of Kinesis in one region: named streams, limits, rates."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from awsops.sandbox.kinesis import faults
from awsops.sandbox.kinesis.state import Stream

Params = Mapping[str, Any]

# Kinesis developer guide, quotas: 20,000 shards in these three regions, 1,000 or 6,000 elsewhere.
LARGE_REGIONS = frozenset({"us-east-1", "us-west-2", "eu-west-1"})
LARGE_LIMIT = 20_000
SMALL_LIMIT = 6_000
ON_DEMAND_STREAMS = 50

# Calls a second for an account (API reference of each operation), and how many at once after a
# pause: reads are let through in bursts.
RATES = {
    "CreateStream": (5, 5),
    "DeleteStream": (5, 5),
    "DescribeLimits": (1, 5),
    "DescribeStream": (10, 20),
    "DescribeStreamSummary": (20, 60),
    "ListStreams": (5, 15),
    "MergeShards": (5, 5),
    "RegisterStreamConsumer": (5, 5),
    "SplitShard": (5, 5),
    "UpdateShardCount": (10, 10),
}


class Region:
    """The streams of an account in a region."""

    def __init__(self, account: str, region: str, real_time: Callable[[], float]) -> None:
        self.account = account
        self.region = region
        self.streams: dict[str, Stream] = {}
        self._real_time = real_time
        # Calls left of each operation, and when they were counted.
        self._left: dict[str, tuple[float, float]] = {}

    @property
    def shard_limit(self) -> int:
        return LARGE_LIMIT if self.region in LARGE_REGIONS else SMALL_LIMIT

    @property
    def open_shards(self) -> int:
        """Open shards of provisioned streams: what counts towards the limit."""
        return sum(len(s.ordered()) for s in self.streams.values() if s.mode == "PROVISIONED")

    def count_call(self, operation: str) -> None:
        """LimitExceededException for a call beyond the operation's rate."""
        if operation not in RATES:
            return
        rate, burst = RATES[operation]
        now = self._real_time()
        left, at = self._left.get(operation, (burst, now))
        left = min(left + (now - at) * rate, burst)
        self._left[operation] = (left - 1 if left >= 1 else left, now)
        if left < 1:
            raise faults.limit(f"Rate exceeded for account {self.account}.")

    def advance(self, now: float) -> None:
        for stream in list(self.streams.values()):
            stream.advance(now)

    def stream(self, params: Params) -> Stream:
        """The stream that a call names, by name, ARN or both."""
        name = _name_of(params)
        arn = params.get("StreamARN")
        expected = f"arn:aws:kinesis:{self.region}:{self.account}:stream/{name}"
        found = self.streams.get(name)
        if found is None or (arn and arn != expected):
            raise faults.no_stream(name, self.account)
        return found

    def active(self, params: Params) -> Stream:
        """As `stream`; ResourceInUseException unless it is ACTIVE."""
        found = self.stream(params)
        if found.status != "ACTIVE":
            raise faults.not_active(found.name, self.account, found.status)
        return found


def _name_of(params: Params) -> str:
    arn, name = params.get("StreamARN"), params.get("StreamName")
    if arn:
        match = re.fullmatch(r"arn:aws.*:kinesis:.*:\d{12}:stream/(\S+)", str(arn))
        if match is None:
            raise faults.validation(f"Value '{arn}' at 'streamARN' is not the ARN of a stream.")
        if name and name != match[1]:
            raise faults.invalid("StreamARN and StreamName name different streams.")
        return match[1]
    if not name:
        raise faults.invalid("Either StreamARN or StreamName must be given.")
    return check_name(name)


def check_name(name: Any) -> str:
    if not re.fullmatch(r"[a-zA-Z0-9_.-]{1,128}", str(name or "")):
        raise faults.validation(
            f"Value '{name}' at 'streamName' failed to satisfy constraint: Member must satisfy "
            "regular expression pattern: [a-zA-Z0-9_.-]+"
        )
    return str(name)


def number(params: Params, name: str, *, least: int = 1, most: int) -> int | None:
    """A whole number within its bounds, None when it is not given."""
    value = params.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise faults.validation(
            f"Value '{value}' at '{name}' failed to satisfy constraint: Member must have value "
            f"between {least} and {most}"
        )
    return value
