"""The commands that only look: ls and shards."""

from __future__ import annotations

from collections.abc import Iterator

from awsops.api import Annotated, Argument, Aws, Note, Option, command

from .arguments import StreamArgument
from .client import KinesisClient
from .shards import ShardRow, drawn, list_shards
from .streams import StreamRow, find_stream, list_streams, require_living

READERS = 10  # streams described at a time; DescribeStreamSummary: 20 a second (API reference)
WIDEST_BAR = 100


@command()
def ls(
    aws: Aws, pattern: Annotated[str, Argument(help="Names to show, as a glob.")] = "*"
) -> Iterator[StreamRow | Note]:
    """List streams with their mode, state, shards and consumers."""
    kinesis: KinesisClient = aws.client("kinesis")
    with aws.pool(READERS) as pool:
        yield from list_streams(
            kinesis, pool, pattern=pattern, sleep=aws.sleep, stopped=aws.cancelled.is_set
        )


@command()
def shards_(
    aws: Aws,
    stream: StreamArgument,
    all: Annotated[bool, Option(help="The closed ones too, with what became of them.")] = False,
) -> Iterator[ShardRow | Note]:
    """Show the shards of a stream with their hash ranges."""
    found = find_stream(aws, stream)
    require_living(found)
    every = list(list_shards(aws.client("kinesis"), found.name, closed=all))
    ordered = sorted(every, key=lambda shard: (shard.range.start, not shard.open, shard.id))
    if aws.env.stderr_tty:
        width = min(aws.env.width() - 8, WIDEST_BAR)
        open_shards = [shard for shard in ordered if shard.open]
        for line in drawn(open_shards, width):
            yield Note(line)
    for shard in ordered:
        yield shard.row()
