"""Following all shards of a stream, each in order, parents before their children."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from awsops.errors import AwsopsError
from awsops.events import Note, Progress
from awsops.units import format_duration, format_time

from .client import KinesisClient, error_code, is_missing, is_throttle, patiently
from .shards import Shard, list_shards

DECODERS = ("auto", "json", "text", "base64", "gzip")
READ_RECORDS = 10_000  # API reference, GetRecords: at most, and 10 MiB
# Five reads a second and shard, shared by all its readers (API reference, GetRecords).
PAUSE = 1.0
FULL_PAUSE = 0.22  # when the last read was full: others leave room
TELL = 1.0  # seconds between two words of how far it is
TURN = 0.2  # seconds between looks at whether the person has had enough


@dataclass(frozen=True, slots=True)
class RecordRow:
    """A record. `data` is text or parsed JSON; `encoding` is base64 where it is neither."""

    time: str
    shard_id: str
    sequence_number: str
    partition_key: str
    data: Any
    encoding: str


def decoded(data: bytes, how: str) -> tuple[Any, str]:
    """The data as `--decode` wants it and what it is then: json, text or base64.

    auto: what gzip packed is unpacked, JSON objects and lists are parsed, other UTF-8 is text.
    What cannot be decoded as asked is given in base64, never lost.
    """
    if how in ("gzip", "auto") and data[:2] == b"\x1f\x8b":
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error):
            return base64.b64encode(data).decode(), "base64"
    if how == "base64":
        return base64.b64encode(data).decode(), "base64"
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return base64.b64encode(data).decode(), "base64"
    if how == "json" or (how != "text" and text[:1] in ("{", "[")):
        try:
            return json.loads(text), "json"
        except ValueError:
            pass
    return text, "text"


@dataclass(frozen=True, slots=True)
class Begin:
    """Where reading begins: LATEST, TRIM_HORIZON, or AT_TIMESTAMP with `at` (epoch seconds)."""

    kind: str
    at: float | None = None

    def params(self) -> dict[str, Any]:
        given: dict[str, Any] = {"ShardIteratorType": self.kind}
        if self.at is not None:
            given["Timestamp"] = datetime.fromtimestamp(self.at, UTC)
        return given


BEGINNING = Begin("TRIM_HORIZON")


@dataclass(slots=True)
class _Reader:
    """One shard that is being read. `last` is the newest sequence number that was given out."""

    shard: str
    begin: Begin
    iterator: str | None = None
    last: str | None = None
    due: float = 0.0
    behind: int = 0  # milliseconds
    last_at: str = ""  # when the newest that was given out was written


@dataclass(frozen=True, slots=True)
class _Page:
    records: list[dict[str, Any]]
    behind: int
    ended: bool
    children: tuple[tuple[str, tuple[str, ...]], ...]


class Tail:
    """Reads shards until they end, or until `stopped` says True.

    A child is read once all of its parents that are read here have been read to their end, so
    records of one key come in their order through splits and merges.
    """

    def __init__(
        self,
        kinesis: KinesisClient,
        stream: str,
        *,
        decode: str,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        stopped: Callable[[], bool],
    ) -> None:
        self._kinesis = kinesis
        self._stream = stream
        self._decode = decode
        self._clock = clock
        self._sleep = sleep
        self._stopped = stopped
        self._readers: dict[str, _Reader] = {}
        self._known: set[str] = set()
        self._waiting: dict[str, tuple[str, ...]] = {}
        self._caught_up: set[str] = set()
        self._started = clock()
        self._read_so_far = 0
        self._newest = ""

    def start(self, begin: Begin, only: str | None) -> None:
        """Choose the shards to begin with: those open now, or all that still have records."""
        self._started = self._clock()
        shards = list(list_shards(self._kinesis, self._stream, closed=True))
        ids = {shard.id for shard in shards}
        for shard in shards:
            if only is not None and shard.id != only:
                continue
            if begin.kind == "LATEST" and not shard.open:
                continue
            parents = tuple(p for p in shard.parents if p in ids) if begin.kind != "LATEST" else ()
            self._add(shard.id, () if only is not None else parents, begin)

    @property
    def shards(self) -> list[str]:
        """Those that are to be read."""
        return list(self._readers)

    @property
    def read_up_to(self) -> str:
        """The time from which on nothing is missed by who begins there; empty: where this began.

        A shard that is behind, or is still to be read, holds it back.
        """
        behind = [
            reader.last_at
            for reader in self._readers.values()
            if reader.behind or reader.shard not in self._caught_up
        ]
        return min(behind, default=self._newest)

    def _add(self, shard: str, parents: tuple[str, ...], begin: Begin) -> None:
        if shard in self._known:
            return
        self._known.add(shard)
        self._readers[shard] = _Reader(shard, begin)
        self._waiting[shard] = parents

    def follow(
        self, pool: Executor, *, children: bool, drain: bool
    ) -> Iterator[RecordRow | Note | Progress]:
        """Records as they come, and how far it is. `drain` ends it once every shard was read to its
        tip; `children` goes on with what shards became."""
        running: dict[Future[_Page], _Reader] = {}
        told = 0.0
        while (self._readers or running) and not self._stopped():
            now = self._clock()
            self._submit(pool, running, now, drain)
            if now - told >= TELL:
                told = now
                yield self._progress()
            if not running:
                if drain and self._caught_up.issuperset(self._readers):
                    break
                self._sleep(TURN)
                continue
            done, _ = wait(running, timeout=TURN, return_when=FIRST_COMPLETED)
            for future in done:
                yield from self._took(running.pop(future), future.result(), children)
        for future in running:
            future.cancel()

    def _progress(self) -> Progress:
        behind = max((reader.behind for reader in self._readers.values()), default=0)
        late = f"{format_duration(behind // 1000)} behind" if behind >= 1000 else "up to date"
        count = len(self._readers)
        shards = "1 shard" if count == 1 else f"{count} shards"
        return Progress(self._read_so_far, None, "records", f"{shards}, {late}")

    def _submit(
        self, pool: Executor, running: dict[Future[_Page], _Reader], now: float, drain: bool
    ) -> None:
        busy = {reader.shard for reader in running.values()}
        unfinished = set(self._readers) | busy
        for shard, reader in self._readers.items():
            ready = shard not in busy and reader.due <= now
            if drain and shard in self._caught_up:
                continue
            if ready and not any(parent in unfinished for parent in self._waiting[shard]):
                running[pool.submit(self._read, reader)] = reader

    def _took(self, reader: _Reader, page: _Page, children: bool) -> Iterator[RecordRow | Note]:
        for record in page.records:
            row = self._row(reader.shard, record)
            yield row
            reader.last_at, self._newest = row.time, max(self._newest, row.time)
        reader.behind = page.behind
        self._read_so_far += len(page.records)
        if page.records:
            reader.last = page.records[-1]["SequenceNumber"]
        if not page.ended:
            if page.behind == 0:
                self._caught_up.add(reader.shard)
            reader.due = self._clock() + (PAUSE if page.behind == 0 else FULL_PAUSE)
            return
        del self._readers[reader.shard]
        if children:
            for child, parents in page.children:
                self._add(child, tuple(p for p in parents if p in self._known), BEGINNING)
            if page.children:
                names = " and ".join(child for child, _ in page.children)
                yield Note(f"{reader.shard} was read to its end: going on with {names}")

    def _row(self, shard: str, record: dict[str, Any]) -> RecordRow:
        data, encoding = decoded(record["Data"], self._decode)
        return RecordRow(
            time=format_time(record["ApproximateArrivalTimestamp"].timestamp()),
            shard_id=shard,
            sequence_number=record["SequenceNumber"],
            partition_key=record["PartitionKey"],
            data=data,
            encoding=encoding,
        )

    def _read(self, reader: _Reader) -> _Page:
        """The next records of a shard. An iterator that has expired is made anew after the last
        record; a throttle only slows it down."""
        for _ in range(3):
            if reader.iterator is None:
                reader.iterator = self._iterator(reader)
            try:
                answer = self._kinesis.get_records(
                    ShardIterator=reader.iterator, Limit=READ_RECORDS
                )
            except Exception as error:
                if error_code(error) == "ExpiredIteratorException":
                    reader.iterator = None
                    if reader.last is None and reader.begin.kind == "LATEST":
                        reader.begin = Begin("AT_TIMESTAMP", self._started)
                    continue
                if is_missing(error):
                    raise AwsopsError(
                        f"shard {reader.shard} or stream {self._stream} is gone: its records are "
                        "older than the retention period, or it was deleted"
                    ) from error
                if is_throttle(error):
                    return _Page([], 1, False, ())
                raise
            reader.iterator = answer.get("NextShardIterator")
            return _Page(
                records=list(answer["Records"]),
                behind=int(answer.get("MillisBehindLatest") or 0),
                ended=reader.iterator is None,
                children=self._children(reader, answer),
            )
        raise AwsopsError(f"the iterators of {reader.shard} expire as soon as they are made")

    def _children(self, reader: _Reader, answer: Any) -> tuple[tuple[str, tuple[str, ...]], ...]:
        if reader.iterator is not None:
            return ()
        given = answer.get("ChildShards")
        if given:
            return tuple((c["ShardId"], tuple(c.get("ParentShards") or ())) for c in given)
        # A service that leaves them out: the list of shards tells them as well.
        shards: list[Shard] = list(list_shards(self._kinesis, self._stream, closed=True))
        return tuple((s.id, s.parents) for s in shards if reader.shard in s.parents)

    def _iterator(self, reader: _Reader) -> str:
        params = reader.begin.params()
        if reader.last is not None:
            params = {
                "ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
                "StartingSequenceNumber": reader.last,
            }
        answer = patiently(
            lambda: self._kinesis.get_shard_iterator(
                StreamName=self._stream, ShardId=reader.shard, **params
            ),
            sleep=self._sleep,
            stopped=self._stopped,
        )
        return str(answer["ShardIterator"])
