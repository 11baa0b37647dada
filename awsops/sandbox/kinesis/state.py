"""Streams and their shards: what there is, and what becomes of it as time passes."""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

KEYS = 2**128  # hash keys are 0 to 2^128 - 1 (Kinesis API reference, HashKeyRange)
HOUR = 3600.0
# Sequence numbers have 56 digits; they grow with each record of a stream.
FIRST_SEQUENCE = 49_600_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000
CHANGE_SECONDS = 0.3  # AWS takes half a minute: nobody wants to wait for it in a rehearsal
# A stream with this tag takes so many seconds for each change instead.
SLOW_TAG = "awsops:sandbox-seconds"


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it was put; `data` in bytes, `at` in seconds since 1970."""

    sequence: int
    data: bytes
    key: str
    at: float


@dataclass(slots=True)
class Shard:
    """A range of hash keys, both ends included; open while `closed_at` is None."""

    number: int
    start: int
    end: int
    opened_at: float
    first: int
    parent: int | None = None
    adjacent: int | None = None
    closed_at: float | None = None
    last: int | None = None
    records: list[Record] = field(default_factory=list)
    # What was written in the second that began at `second`: records and bytes.
    second: int = 0
    taken: tuple[int, int] = (0, 0)
    reads: list[float] = field(default_factory=list)

    @property
    def id(self) -> str:
        return f"shardId-{self.number:012d}"

    @property
    def open(self) -> bool:
        return self.closed_at is None

    def forget(self, before: float) -> None:
        """Drops the records that are older than the stream keeps them."""
        if self.records and self.records[0].at < before:
            del self.records[: bisect_left(self.records, before, key=lambda r: r.at)]

    def from_sequence(self, sequence: int) -> int:
        """The position of the first record at or after a sequence number."""
        return bisect_left(self.records, sequence, key=lambda r: r.sequence)


@dataclass(slots=True)
class Consumer:
    """A registered consumer (enhanced fan-out)."""

    name: str
    arn: str
    created: float
    due: float
    leaving: bool = False

    def status(self, now: float) -> str:
        if self.leaving:
            return "DELETING"
        return "ACTIVE" if now >= self.due else "CREATING"


@dataclass(slots=True)
class Stream:
    """One stream. `change` is done at `due`; until then the stream is not ACTIVE."""

    name: str
    account: str
    region: str
    created: float
    mode: str = "PROVISIONED"
    status: str = "CREATING"
    due: float = 0.0
    change: Callable[[float], None] | None = None
    hours: int = 24
    encryption: str = "NONE"
    kms_key: str | None = None
    max_record_kib: int = 1024
    metrics: set[str] = field(default_factory=set)
    tags: dict[str, str] = field(default_factory=dict)
    shards: dict[int, Shard] = field(default_factory=dict)
    consumers: dict[str, Consumer] = field(default_factory=dict)
    updates: list[float] = field(default_factory=list)
    switches: list[float] = field(default_factory=list)
    sequence: int = FIRST_SEQUENCE
    next_shard: int = 0
    _order: list[Shard] | None = None

    @property
    def arn(self) -> str:
        return f"arn:aws:kinesis:{self.region}:{self.account}:stream/{self.name}"

    def begin(self, status: str, now: float, change: Callable[[float], None]) -> None:
        """From now on the stream is busy; `change` happens when it turns ACTIVE again."""
        seconds = float(self.tags.get(SLOW_TAG, CHANGE_SECONDS))
        self.status, self.due, self.change = status, now + seconds, change

    def advance(self, now: float) -> None:
        """Ends a change whose time has come and forgets what is past the retention period."""
        if self.change is not None and now >= self.due:
            change, at, self.change = self.change, self.due, None
            if self.status != "DELETING":
                self.status = "ACTIVE"
            change(at)
        self.consumers = {
            name: consumer
            for name, consumer in self.consumers.items()
            if not (consumer.leaving and now >= consumer.due)
        }
        before = now - self.hours * HOUR
        gone = [s.number for s in self.shards.values() if s.closed_at and s.closed_at < before]
        for number in gone:
            del self.shards[number]

    def ordered(self) -> list[Shard]:
        """The open shards in the order of their ranges."""
        if self._order is None:
            self._order = sorted((s for s in self.shards.values() if s.open), key=lambda s: s.start)
        return self._order

    def next_sequence(self) -> int:
        self.sequence += 1
        return self.sequence

    def open_shard(
        self, start: int, end: int, at: float, *, parent: int | None, adjacent: int | None
    ) -> Shard:
        """A new open shard; whoever makes it puts `_order` right."""
        shard = Shard(
            self.next_shard, start, end, at, self.next_sequence(), parent=parent, adjacent=adjacent
        )
        self.shards[shard.number] = shard
        self.next_shard += 1
        self._order = None
        return shard

    def split(self, shard: Shard, key: int, at: float) -> None:
        self._replace([shard], [(shard.start, key - 1), (key, shard.end)], at)

    def merge(self, left: Shard, right: Shard, at: float) -> None:
        self._replace([left, right], [(left.start, right.end)], at)

    def _replace(self, olds: list[Shard], ranges: list[tuple[int, int]], at: float) -> None:
        """Close some neighbours and open others in their place."""
        order = self.ordered()
        place = bisect_left(order, olds[0].start, key=lambda s: s.start)
        for old in olds:
            old.closed_at, old.last = at, self.next_sequence()
        parent = olds[0].number
        adjacent = olds[1].number if len(olds) > 1 else None
        news = [self.open_shard(a, b, at, parent=parent, adjacent=adjacent) for a, b in ranges]
        order[place : place + len(olds)] = news
        self._order = order  # thousands of splits in one go sort nothing anew

    def shard_of(self, hash_key: int) -> Shard:
        """The open shard that takes a hash key."""
        found = self.ordered()
        return found[bisect_right(found, hash_key, key=lambda s: s.start) - 1]

    def children_of(self, shard: Shard) -> list[Shard]:
        return [s for s in self.shards.values() if shard.number in (s.parent, s.adjacent)]


def uniform_starts(count: int) -> list[int]:
    """Where `count` ranges begin that are equal to one hash key."""
    return [number * KEYS // count for number in range(count)]


def uniform_ranges(count: int) -> Iterator[tuple[int, int]]:
    starts = [*uniform_starts(count), KEYS]
    return ((a, b - 1) for a, b in pairwise(starts))


def hash_of(key: str) -> int:
    """Where a partition key falls (API reference, PutRecord: its MD5 as a 128-bit integer)."""
    return int.from_bytes(hashlib.md5(key.encode(), usedforsecurity=False).digest())
