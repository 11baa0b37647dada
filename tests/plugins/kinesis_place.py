"""Where the kinesis commands are tried: a server, a client for it and a way to run a command."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from awsops_plugins.kinesis.keyspace import Keyspace, Range

from awsops.testing import Result

SLOW_TAG = "awsops:sandbox-seconds"


@dataclass
class Place:
    """`run(argv)` is a command line on the server, `spawn(argv)` the same in a process."""

    client: Any
    run: Callable[..., Result]
    spawn: Callable[..., Any]
    home: Path
    seconds: float = 0.05
    made: list[str] = field(default_factory=list)

    def make(self, shards: int = 4, *, seconds: float | None = None, **options: Any) -> str:
        """A new ACTIVE stream whose changes take `seconds` (on the sandbox)."""
        name = f"s-{uuid.uuid4().hex[:10]}"
        self.client.create_stream(StreamName=name, ShardCount=shards, **options)
        self.made.append(name)
        self.client.add_tags_to_stream(
            StreamName=name, Tags={SLOW_TAG: str(self.seconds if seconds is None else seconds)}
        )
        self.settle(name)
        return name

    def settle(self, name: str) -> dict[str, Any]:
        while True:
            found = self.client.describe_stream_summary(StreamName=name)
            summary: dict[str, Any] = found["StreamDescriptionSummary"]
            if summary["StreamStatus"] == "ACTIVE":
                return summary
            time.sleep(0.06)

    def shards(self, name: str) -> list[dict[str, Any]]:
        found = []
        page = self.client.list_shards(StreamName=name)
        while True:
            found += page["Shards"]
            if not page.get("NextToken"):
                return found
            page = self.client.list_shards(NextToken=page["NextToken"])

    def opened(self, name: str) -> list[dict[str, Any]]:
        """The open shards in the order of their ranges."""
        return sorted(
            (
                s
                for s in self.shards(name)
                if not s["SequenceNumberRange"].get("EndingSequenceNumber")
            ),
            key=lambda s: int(s["HashKeyRange"]["StartingHashKey"]),
        )

    def ids(self, name: str) -> list[str]:
        return [shard["ShardId"] for shard in self.opened(name)]

    def map(self, name: str) -> Keyspace:
        """The open ranges; ValueError unless they cover every hash key exactly once."""
        ranges = (shard["HashKeyRange"] for shard in self.opened(name))
        return Keyspace.of_ranges(
            Range(int(r["StartingHashKey"]), int(r["EndingHashKey"])) for r in ranges
        )

    def split(self, name: str, shard: str, at: int) -> None:
        """A split by somebody else, waited for."""
        self.client.split_shard(StreamName=name, ShardToSplit=shard, NewStartingHashKey=str(at))
        self.settle(name)

    def uneven(self, shards: int = 4) -> str:
        """A stream whose first shard was split twice at odd places."""
        name = self.make(shards)
        width = self.map(name).starts[1]
        self.split(name, self.ids(name)[0], width // 3)
        self.split(name, self.ids(name)[1], width // 2)
        return name

    def clean(self) -> None:
        for name in self.made:
            self.client.delete_stream(StreamName=name, EnforceConsumerDeletion=True)


def widths(keys: Keyspace) -> list[int]:
    return [each.width for each in keys.ranges()]


def assert_even(keys: Keyspace, count: int) -> None:
    """`count` equal ranges, but for what services round: a hash key for each shard."""
    found = widths(keys)
    assert len(found) == count
    assert max(found) - min(found) <= 2 * count
