"""The commands that write and read records: put and tail."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from awsops.api import Annotated, Argument, Aws, Option, command
from awsops.errors import AwsopsError, NotFoundError, UsageError
from awsops.events import Change, Line, Note, Plan, Progress
from awsops.given_files import read_given
from awsops.output.cells import visible
from awsops.units import format_size, format_time, parse_past

from .arguments import StreamArgument
from .choices import complete_readable
from .client import KinesisClient
from .putting import Put, Putter, read_entries
from .reading import BEGINNING, DECODERS, Begin, RecordRow, Tail
from .shards import list_shards, shard_id
from .streams import Stream, find_stream, require_living

READERS = 32  # shards read at a time


@command(mutates=True)
def put(
    aws: Aws,
    stream: StreamArgument,
    file: Annotated[
        Path | None, Argument(help="A file with a record a line; default: stdin.")
    ] = None,
    key: Annotated[str | None, Option(help="Partition key of all records.", metavar="KEY")] = None,
    key_field: Annotated[
        str | None, Option(help="JMESPath of each line's partition key.", metavar="FIELD")
    ] = None,
    records: Annotated[
        bool, Option(help="Lines are records as `tail -o ndjson` writes them, keys and all.")
    ] = False,
) -> Iterator[Plan | Progress | Note | Put]:
    """Write a record for each line."""
    if sum((key is not None, key_field is not None, records)) > 1:
        raise UsageError("--key, --key-field and --records each say what the key is: give one")
    found = find_stream(aws, stream)
    require_living(found)
    lines = _read_lines(aws, file)
    entries = list(read_entries(lines, key=key, key_field=key_field, envelope=records))
    size = sum(len(entry.data) for entry in entries)
    if not entries:
        yield Plan((), summary="there are no records to put")
        return
    counted = "1 record" if len(entries) == 1 else f"{len(entries):,} records"
    yield Plan((_change(found, f"{counted}, {format_size(size)}"),))
    kinesis: KinesisClient = aws.client("kinesis")
    putter = Putter(kinesis, found.name, sleep=aws.sleep, stopped=aws.cancelled.is_set)
    began = aws.clock()
    failure: AwsopsError | None = None
    try:
        yield from putter.put(entries)
    except AwsopsError as error:
        failure = error
    tally = putter.tally
    yield Put(
        stream=found.name,
        records=tally.records,
        bytes=tally.size,
        retried=tally.retried,
        failed=len(entries) - tally.records,
        shards=len(tally.shards),
        seconds=round(aws.clock() - began, 3),
    )
    if failure is not None:
        raise failure


def _change(stream: Stream, detail: str) -> Change:
    return Change(
        "put",
        stream.name,
        detail=detail,
        irreversible=True,
        why_no_undo=f"a record stays until its retention of {stream.retention} h ends",
    )


def _read_lines(aws: Aws, file: Path | None) -> list[str]:
    if file is not None:
        return read_given(file).splitlines()
    if aws.env.stdin_tty:
        raise UsageError("there are no records", hint="give a file, or pipe lines into stdin")
    return aws.env.read_stdin().splitlines()


@command(follows=True)
def tail(
    aws: Aws,
    stream: StreamArgument,
    shard: Annotated[
        str | None,
        Option(
            help="Only this shard, its id or number.", complete=complete_readable, metavar="SHARD"
        ),
    ] = None,
    since: Annotated[
        str | None,
        Option(help="How far back to begin, a time, or `start`: all that is kept.", metavar="TIME"),
    ] = None,
    decode: Annotated[
        str, Option(help="How the data is shown.", choices=DECODERS, metavar="FORM")
    ] = "auto",
    count: Annotated[int | None, Option(help="Stop after so many.", short="-n", min=1)] = None,
    drain: Annotated[bool, Option(help="Stop when all written so far was read.")] = False,
) -> Iterator[Line | RecordRow | Note | Progress]:
    """Follow the records of all shards in order, through splits and merges."""
    found = find_stream(aws, stream)
    require_living(found)
    kinesis: KinesisClient = aws.client("kinesis")
    follower = Tail(
        kinesis,
        found.name,
        decode=decode,
        clock=aws.clock,
        sleep=aws.sleep,
        stopped=aws.cancelled.is_set,
    )
    only = shard_id(shard) if shard is not None else None
    _check_shard(kinesis, found, only)
    began = aws.clock()
    begin = _begin(since, drain, began)
    follower.start(begin, only)
    yield Note(_following(found.name, follower.shards, begin, began, drain))
    read = 0
    workers = min(max(found.open_shards, 1), READERS)
    with aws.pool(workers) as pool:
        for seen in follower.follow(pool, children=only is None, drain=drain):
            if not isinstance(seen, RecordRow):
                yield seen
                continue
            yield Line(_as_line(seen), seen)
            read += 1
            if read == count:
                return
            if aws.cancelled.is_set():
                break
    if aws.cancelled.is_set():
        yield _where_to_go_on(follower.read_up_to, read, begin, began)


def _following(name: str, shards: Sequence[str], begin: Begin, now: float, drain: bool) -> str:
    """What is read, and where it begins."""
    what = f"shard {shards[0]}" if len(shards) == 1 else f"{len(shards)} shards"
    if begin.at is not None:
        since = f"from {format_time(begin.at)} on"
    else:
        since = "from now on" if begin.kind == "LATEST" else "from the oldest record on"
    until = f", up to what was written by {format_time(now)}" if drain else ""
    return f"{'reading' if drain else 'following'} {what} of {name} {since}{until}"


def _as_line(row: RecordRow) -> str:
    data = row.data if isinstance(row.data, str) else json.dumps(row.data, ensure_ascii=False)
    shard = row.shard_id.rpartition("-")[2].lstrip("0") or "0"
    return f"{row.time}  {shard}  {visible(row.partition_key)}  {visible(data)}"


def _where_to_go_on(read_up_to: str, read: int, begin: Begin, began: float) -> Note:
    if read_up_to:
        return Note(f"read up to {read_up_to}: --since {read_up_to} goes on from there", "warning")
    at = "start" if begin.kind == "TRIM_HORIZON" else format_time(begin.at or began)
    why = "some shards have not been read" if read else "nothing was shown"
    return Note(f"{why}: --since {at} begins where this began", "warning")


def _begin(since: str | None, drain: bool, now: float) -> Begin:
    if since is None:
        return BEGINNING if drain else Begin("LATEST")
    if since == "start":
        return BEGINNING
    # A timestamp that is yet to come is refused (GetShardIterator, API reference).
    return Begin("AT_TIMESTAMP", min(parse_past(since, now, "--since"), now))


def _check_shard(kinesis: KinesisClient, stream: Stream, only: str | None) -> None:
    if only is None:
        return
    if not any(shard.id == only for shard in list_shards(kinesis, stream.name, closed=True)):
        raise NotFoundError(
            f"stream {stream.name} has no shard {only}",
            hint=f"awsops kinesis shards {stream.name} --all shows them",
        )
