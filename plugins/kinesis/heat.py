"""How hot each shard is: by shard-level metrics where they are on, else by a sample of records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from awsops.errors import UsageError
from awsops.events import Note
from awsops.units import format_duration, parse_duration

from .client import KinesisClient, patiently
from .keyspace import share_of
from .loads import SHARD_BYTES, SHARD_RECORDS, CloudWatchClient, sums
from .shards import Shard
from .streams import Stream

METRICS = ("IncomingBytes", "IncomingRecords", "WriteProvisionedThroughputExceeded")
SHORTEST_WINDOW = 60.0  # seconds; shard-level metrics are made each minute
LONGEST_WINDOW = 86_400.0
SAMPLE_READS = 3  # GetRecords calls a shard, of the five a second that all its readers share
SAMPLE_RECORDS = 2_000
TOP_KEYS = 3
HOT_SHARE = 0.05  # of a shard's records: below it a key does not stand out


@dataclass(frozen=True, slots=True)
class HotShardRow:
    """A row of `kinesis shards --heat`. Rates are per second over the window, `use` is the
    percentage of what a shard takes; None: the sample cannot tell."""

    shard_id: str
    start_hash: str
    end_hash: str
    share: float
    bytes_per_s: float
    records_per_s: float
    throttles_per_s: float | None
    use: float
    parent: str | None
    adjacent_parent: str | None
    state: str


@dataclass(slots=True)
class Heat:
    """What was written to a shard: bytes, records and throttles a second, and the keys seen."""

    size: float = 0.0
    records: float = 0.0
    throttles: float | None = None
    keys: Counter[str] = field(default_factory=Counter)
    seen: int = 0

    @property
    def use(self) -> float:
        return max(self.size / SHARD_BYTES, self.records / SHARD_RECORDS)

    def row(self, shard: Shard) -> HotShardRow:
        plain = shard.row()
        return HotShardRow(
            shard_id=plain.shard_id,
            start_hash=plain.start_hash,
            end_hash=plain.end_hash,
            share=share_of(shard.range),
            bytes_per_s=round(self.size, 3),
            records_per_s=round(self.records, 3),
            throttles_per_s=None if self.throttles is None else round(self.throttles, 3),
            use=round(100 * self.use, 3),
            parent=plain.parent,
            adjacent_parent=plain.adjacent_parent,
            state=plain.state,
        )


def read_window(text: str) -> float:
    """The seconds of `--heat`; UsageError unless 1 minute to 1 day."""
    seconds = parse_duration(text)
    if not SHORTEST_WINDOW <= seconds <= LONGEST_WINDOW:
        raise UsageError(f"--heat {text} is not between 1m and 1d")
    return seconds


def measure(
    kinesis: KinesisClient,
    cloudwatch: Callable[[], CloudWatchClient],
    stream: Stream,
    shards: Sequence[Shard],
    pool: Executor,
    *,
    window: float,
    now: float,
    sleep: Callable[[float], None],
    stopped: Callable[[], bool],
) -> Iterator[HotShardRow | Note]:
    """A row for each shard, and notes that say where it is from and what is hottest."""

    def sample(shard: Shard) -> Heat:
        return _sample(kinesis, stream.name, shard, window, now, sleep, stopped)

    if set(METRICS[:2]) <= stream.metrics:
        heats = _by_metrics(cloudwatch(), stream, shards, window, now)
        source = "shard-level metrics"
    else:
        heats = dict(zip(shards, pool.map(sample, shards), strict=True))
        source = (
            f"a sample of at most {SAMPLE_READS * SAMPLE_RECORDS:,} records a shard, throttles "
            "unknown (shard-level metrics are off)"
        )
    yield Note(f"heat of the last {format_duration(window)} by {source}")
    hottest = max(shards, key=lambda shard: heats[shard].use, default=None)
    if hottest is not None and heats[hottest].use > 0:
        heat = heats[hottest]
        sampled = heat if heat.seen else sample(hottest)
        yield Note(_hottest(hottest, heat, sampled))
    for shard in shards:
        yield heats[shard].row(shard)


def _hottest(shard: Shard, heat: Heat, sampled: Heat) -> str:
    text = (
        f"hottest: {shard.id} with {heat.size:,.0f} B/s and {heat.records:,.1f} records/s, "
        f"{100 * heat.use:.2f}% of what a shard takes"
    )
    if not sampled.seen:
        return text
    of = f"of {sampled.seen:,} records read"
    shares = [(key, count / sampled.seen) for key, count in sampled.keys.most_common(TOP_KEYS)]
    top = ", ".join(f"{key} {share:.0%}" for key, share in shares if share >= HOT_SHARE)
    if not top:
        return f"{text}; no partition key stands out ({of})"
    return f"{text}; its hottest partition keys: {top} ({of})"


def _by_metrics(
    cloudwatch: CloudWatchClient,
    stream: Stream,
    shards: Sequence[Shard],
    window: float,
    now: float,
) -> dict[Shard, Heat]:
    wanted = {
        f"m{number}_{position}": (
            name,
            (("StreamName", stream.name), ("ShardId", shard.id)),
        )
        for number, shard in enumerate(shards)
        for position, name in enumerate(METRICS)
        if name in stream.metrics
    }
    found = sums(cloudwatch, wanted, start=now - window, end=now, period=60)
    heats = {}
    for number, shard in enumerate(shards):
        size, records, throttles = (
            sum(found.get(f"m{number}_{position}", [])) / window for position in range(3)
        )
        known = METRICS[2] in stream.metrics
        heats[shard] = Heat(size, records, throttles if known else None)
    return heats


def _sample(
    kinesis: KinesisClient,
    stream: str,
    shard: Shard,
    window: float,
    now: float,
    sleep: Callable[[float], None],
    stopped: Callable[[], bool],
) -> Heat:
    """Read a bounded number of the records written in the window, from its beginning.

    Rates are over the whole window when all of it was read, else over the time that was covered.
    """
    iterator = patiently(
        lambda: kinesis.get_shard_iterator(
            StreamName=stream,
            ShardId=shard.id,
            ShardIteratorType="AT_TIMESTAMP",
            Timestamp=datetime.fromtimestamp(now - window, UTC),
        ),
        sleep=sleep,
        stopped=stopped,
    )["ShardIterator"]
    heat, size, covered = Heat(), 0, window
    for _ in range(SAMPLE_READS):
        page = patiently(
            partial(kinesis.get_records, ShardIterator=iterator, Limit=SAMPLE_RECORDS),
            sleep=sleep,
            stopped=stopped,
        )
        for record in page["Records"]:
            heat.seen += 1
            size += len(record["Data"]) + len(record["PartitionKey"])
            heat.keys[record["PartitionKey"]] += 1
        iterator = page.get("NextShardIterator")
        behind = page.get("MillisBehindLatest", 0)
        if not iterator or not behind or stopped():
            break
    else:
        last = (
            page["Records"][-1]["ApproximateArrivalTimestamp"].timestamp()
            if page["Records"]
            else now
        )
        covered = max(last - (now - window), 1.0)
    heat.size, heat.records = size / covered, heat.seen / covered
    return heat
