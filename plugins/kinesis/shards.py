"""The shards of a stream, read page by page and checked against the key space."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from awsops.errors import AwsopsError, NotFoundError, UsageError

from .client import KinesisClient
from .keyspace import LAST_KEY, Keyspace, Range, share_of

PAGE = 1_000  # ListShards returns no more at a time (API reference, MaxResults)


@dataclass(frozen=True, slots=True)
class ShardRow:
    """A row of `kinesis shards`. Hash keys are texts: 39 digits are more than JSON's readers
    keep. `share` is the percentage of the key space."""

    shard_id: str
    start_hash: str
    end_hash: str
    share: float
    parent: str | None
    adjacent_parent: str | None
    state: str


@dataclass(frozen=True, slots=True)
class Shard:
    """One shard, open or closed."""

    id: str
    range: Range
    parent: str | None
    adjacent_parent: str | None
    open: bool

    def row(self) -> ShardRow:
        return ShardRow(
            shard_id=self.id,
            start_hash=str(self.range.start),
            end_hash=str(self.range.end),
            share=share_of(self.range),
            parent=self.parent,
            adjacent_parent=self.adjacent_parent,
            state="open" if self.open else "closed",
        )

    @property
    def parents(self) -> tuple[str, ...]:
        return tuple(each for each in (self.parent, self.adjacent_parent) if each)


def list_shards(kinesis: KinesisClient, stream: str, *, closed: bool = False) -> Iterator[Shard]:
    """The shards of a stream as the service gives them, the closed ones too if asked for.

    Paged by hand: a following page is asked for with its token alone (botocore's paginator sends
    the name again, which ListShards refuses: boto/botocore#2009).
    """
    params: dict[str, object] = {"StreamName": stream, "MaxResults": PAGE}
    if not closed:
        params["ShardFilter"] = {"Type": "AT_LATEST"}
    while True:
        page = kinesis.list_shards(**params)
        for shard in page["Shards"]:
            made = _shard(shard)
            # A filter is a hint to some stand-ins: what is closed is left out here as well.
            if closed or made.open:
                yield made
        token = page.get("NextToken")
        if not token:
            return
        params = {"NextToken": token, "MaxResults": PAGE}


def _shard(found: Mapping[str, Any]) -> Shard:
    keys, sequences = found["HashKeyRange"], found["SequenceNumberRange"]
    parent, adjacent = found.get("ParentShardId"), found.get("AdjacentParentShardId")
    return Shard(
        id=str(found["ShardId"]),
        range=Range(int(keys["StartingHashKey"]), int(keys["EndingHashKey"])),
        parent=str(parent) if parent else None,
        adjacent_parent=str(adjacent) if adjacent else None,
        open=not sequences.get("EndingSequenceNumber"),
    )


@dataclass(frozen=True, slots=True)
class ShardMap:
    """The open shards of a stream in the order of their ranges, which cover every key once."""

    shards: tuple[Shard, ...]

    @property
    def keys(self) -> Keyspace:
        return Keyspace.of_ranges(shard.range for shard in self.shards)

    def __len__(self) -> int:
        return len(self.shards)

    def with_range(self, range_: Range) -> Shard | None:
        from bisect import bisect_left

        position = bisect_left(self.shards, range_.start, key=lambda shard: shard.range.start)
        if position < len(self.shards) and self.shards[position].range == range_:
            return self.shards[position]
        return None

    def of_key(self, key: int) -> Shard:
        """The shard that a hash key goes to."""
        from bisect import bisect_right

        return self.shards[bisect_right(self.shards, key, key=lambda s: s.range.start) - 1]

    def meeting_at(self, key: int) -> tuple[Shard, Shard] | None:
        """The two shards that meet at a hash key: the second starts with it."""
        right = self.of_key(key)
        return (self.of_key(key - 1), right) if key > 0 and right.range.start == key else None

    def bounds_near(self, key: int) -> list[int]:
        """The nearest hash keys, below and above one, at which two shards meet."""
        home = self.of_key(key).range
        return [bound for bound in (home.start, home.end + 1) if 0 < bound <= LAST_KEY]


def read_map(kinesis: KinesisClient, stream: str) -> ShardMap:
    """The open shards; AwsopsError when they do not cover the key space exactly once."""
    found = sorted(list_shards(kinesis, stream), key=lambda shard: shard.range)
    shard_map = ShardMap(tuple(found))
    try:
        _ = shard_map.keys
    except ValueError as error:
        raise AwsopsError(
            f"the open shards of {stream} do not fit together: {error}",
            hint="the stream may be changing: wait until it is ACTIVE, then try again",
            code="ShardMap",
        ) from error
    return shard_map


def find_shard(kinesis: KinesisClient, stream: str, shard_map: ShardMap, text: str) -> Shard:
    """The open shard that a person named: `shardId-000000000003`, or `3`.

    UsageError, which names its children, when it is closed; NotFoundError when it is unknown.
    """
    wanted = shard_id(text)
    for shard in shard_map.shards:
        if shard.id == wanted:
            return shard
    every = list(list_shards(kinesis, stream, closed=True))
    if any(shard.id == wanted for shard in every):
        children = [shard.id for shard in every if wanted in shard.parents]
        became = f": it became {' and '.join(children)}" if children else ""
        raise UsageError(
            f"shard {wanted} of {stream} is closed{became}",
            hint=f"awsops kinesis shards {stream} shows the open ones",
            code="ClosedShard",
        )
    raise NotFoundError(
        f"stream {stream} has no shard {text}",
        hint=f"awsops kinesis shards {stream} shows its {len(shard_map)} open shards",
    )


def shard_id(text: str) -> str:
    """The whole id of a shard; its number alone is enough."""
    return f"shardId-{int(text):012d}" if re.fullmatch(r"\d{1,12}", text) else text


def read_hash(text: str, option: str) -> int:
    """A hash key as a person writes it; UsageError unless it is 0 to 2^128 - 1."""
    if not re.fullmatch(r"\d{1,39}", text) or int(text) > LAST_KEY:
        raise UsageError(f"{option} {text} is not a hash key", hint=f"it is 0 to {LAST_KEY}")
    return int(text)


def drawn(shards: Sequence[Shard], columns: int, *, ascii_only: bool = False) -> list[str]:
    """The key space as a bar of so many columns: a block for each shard, wide ones wide.

    Below it the bounds in percent; more shards than columns are drawn together.
    """
    from .keyspace import KEYS

    shades = ("#", "-") if ascii_only else ("\u2588", "\u2592")
    cells = [shades[0]] * columns
    for number, shard in enumerate(shards):
        first = shard.range.start * columns // KEYS
        last = max(shard.range.end * columns // KEYS, first)
        for cell in range(first, last + 1):
            cells[cell] = shades[number % 2]
    scale = "0%" + "50%".center(columns - 6) + "100%"
    return ["".join(cells), scale]
