"""The commands that only look: ls and shards."""

from __future__ import annotations

from collections.abc import Iterator

from awsops.api import Annotated, Argument, Aws, Note, Option, command

from .arguments import StreamArgument
from .client import KinesisClient
from .heat import HotShardRow, measure, read_window
from .shards import ShardRow, drawn, list_shards
from .streams import StreamRow, complete_streams, find_stream, list_streams, require_living

READERS = 10  # streams described at a time; DescribeStreamSummary: 20 a second (API reference)
WIDEST_BAR = 100


@command()
def ls(
    aws: Aws,
    pattern: Annotated[
        str, Argument(help="Names to show, as a glob.", complete=complete_streams)
    ] = "*",
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
    all: Annotated[bool, Option(help="The closed ones too, after the open.")] = False,
    heat: Annotated[
        str | None,
        Option(help="Add what was written per second in the last 5m, 1h, ...", metavar="DURATION"),
    ] = None,
) -> Iterator[ShardRow | HotShardRow | Note]:
    """Show the shards of a stream with their hash ranges, and how hot they are."""
    window = read_window(heat) if heat is not None else None
    found = find_stream(aws, stream)
    require_living(found)
    kinesis: KinesisClient = aws.client("kinesis")
    ordered = sorted(
        list_shards(kinesis, found.name, closed=all),
        key=lambda shard: (not shard.open, shard.range, shard.id),
    )
    if aws.env.stderr_tty:
        room = aws.env.width() - len(aws.target.label) - 4  # notes begin with the target
        for line in drawn(
            [shard for shard in ordered if shard.open],
            max(min(room, WIDEST_BAR), 20),
            ascii_only=aws.env.ascii_only(aws.env.stderr),
        ):
            yield Note(line)
    if window is None:
        for shard in ordered:
            yield shard.row()
        return
    with aws.pool(READERS) as pool:
        yield from measure(
            kinesis,
            lambda: aws.client("cloudwatch"),
            found,
            ordered,
            pool,
            window=window,
            now=aws.clock(),
            sleep=aws.sleep,
            stopped=aws.cancelled.is_set,
        )
