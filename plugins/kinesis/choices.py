"""The shards and runs of the stream that was named."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, pairwise

from awsops.api import Aws, Choice
from awsops.local_choices import resumable

from .runs import record_name
from .shards import Shard, list_shards, read_map, shard_id
from .streams import find_stream

MOST_SHARDS = 2_000
WHOLE = 2**128  # hash keys


def complete_shards(aws: Aws, stream: str) -> Iterator[Choice]:
    """The open shards, each with its share of the hash keys."""
    found = find_stream(aws, stream)
    shards = list_shards(aws.client("kinesis"), found.name)
    yield from (_choice(shard) for shard in islice(shards, MOST_SHARDS))


def complete_readable(aws: Aws, stream: str) -> Iterator[Choice]:
    """Every shard that still holds records, the closed ones too."""
    found = find_stream(aws, stream)
    for shard in islice(list_shards(aws.client("kinesis"), found.name, closed=True), MOST_SHARDS):
        yield _choice(shard) if shard.open else Choice(shard.id, "closed")


def complete_neighbours(aws: Aws, stream: str, shard: str) -> Iterator[Choice]:
    """The open shards whose ranges touch that of the first one."""
    found = find_stream(aws, stream)
    shards = read_map(aws.client("kinesis"), found.name).shards
    wanted = shard_id(shard)
    for one, other in pairwise(shards):
        if one.id == wanted:
            yield _choice(other)
        if other.id == wanted:
            yield _choice(one)


def complete_modes(aws: Aws) -> Iterator[Choice]:
    """The capacity modes."""
    yield Choice("on-demand", "a price for what is written and read")
    yield Choice("provisioned", "a price for each shard")


def complete_runs(aws: Aws, stream: str) -> Iterator[Choice]:
    """The runs that reshard this stream and can be gone on with."""
    ending = record_name("", find_stream(aws, stream))
    yield from resumable(aws.env.folders.state / "kinesis", ending)


def _choice(shard: Shard) -> Choice:
    width = shard.range.end - shard.range.start + 1
    return Choice(shard.id, f"{width / WHOLE:.2%} of the hash keys")
