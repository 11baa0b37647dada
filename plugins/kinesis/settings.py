"""The commands about a stream's consumers and how long it keeps records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from awsops.api import Annotated, Argument, Aws, command
from awsops.config import read_prices
from awsops.errors import CancelledError, UsageError
from awsops.events import Change, Note, Plan
from awsops.prices import Prices
from awsops.units import format_duration, format_time, parse_duration

from .arguments import StreamArgument, words_of
from .client import KinesisClient
from .prices import FREE_RETENTION_HOURS, HOURS_A_MONTH
from .scene import settled
from .streams import find_stream, require_living

LEAST_HOURS = 24  # API reference, DecreaseStreamRetentionPeriod
MOST_HOURS = 8_760  # API reference, IncreaseStreamRetentionPeriod: 365 days
HOUR = 3_600


@dataclass(frozen=True, slots=True)
class ConsumerRow:
    """A registered consumer (enhanced fan-out)."""

    name: str
    status: str
    created_at: str
    arn: str


@dataclass(frozen=True, slots=True)
class Retention:
    """How many hours a stream keeps its records."""

    stream: str
    retention: int
    status: str


@command()
def consumers(aws: Aws, stream: StreamArgument) -> Iterator[ConsumerRow]:
    """List the registered consumers of a stream."""
    found = find_stream(aws, stream)
    kinesis: KinesisClient = aws.client("kinesis")
    params: dict[str, object] = {"StreamARN": found.arn}
    while True:
        page = kinesis.list_stream_consumers(**params)
        for each in page["Consumers"]:
            yield ConsumerRow(
                name=each["ConsumerName"],
                status=each["ConsumerStatus"],
                created_at=format_time(each["ConsumerCreationTimestamp"].timestamp()),
                arn=each["ConsumerARN"],
            )
        if not page.get("NextToken"):
            return
        params["NextToken"] = page["NextToken"]


@command(mutates=True)
def retention(
    aws: Aws,
    stream: StreamArgument,
    keep: Annotated[
        str | None, Argument(help="How long from now on, 24h to 365d; default: only show it.")
    ] = None,
) -> Iterator[Plan | Note | Change | Retention]:
    """Show or change how long a stream keeps its records."""
    hours = _read_hours(keep) if keep is not None else None
    found = find_stream(aws, stream)
    require_living(found)
    if hours is None or hours == found.retention:
        same = f" {found.retention} h already" if hours is not None else ""
        summary = f"{found.name} keeps records{same}" if same else ""
        yield Plan((), summary=summary, only_reads=hours is None)
        yield Retention(found.name, found.retention, found.status)
        return
    waiter, _ = yield from settled(aws, found)
    shorter = hours < found.retention
    change = Change(
        "set-retention",
        found.name,
        before=f"{found.retention} h",
        after=f"{hours} h",
        irreversible=shorter,
        why_no_undo="records older than the shorter retention are lost" if shorter else None,
        undo=None
        if shorter
        else words_of(aws, found.name).command("retention", f"{found.retention}h"),
    )
    yield Note(_cost(found.open_shards, found.retention, hours, read_prices(aws.env)))
    yield Plan((change,))
    kinesis: KinesisClient = aws.client("kinesis")
    call = (
        kinesis.decrease_stream_retention_period
        if shorter
        else kinesis.increase_stream_retention_period
    )
    call(StreamName=found.name, RetentionPeriodHours=hours)
    yield change
    after = waiter.until_active(changing=True)
    if after is None:
        raise CancelledError(f"{found.name} is being changed, and Kinesis ends it by itself")
    yield Retention(after.name, after.retention, after.status)


def _read_hours(text: str) -> int:
    seconds = parse_duration(text)
    if seconds % HOUR or not LEAST_HOURS * HOUR <= seconds <= MOST_HOURS * HOUR:
        raise UsageError(
            f"{text} is not a retention",
            hint=f"whole hours, {format_duration(LEAST_HOURS * HOUR)} to 365d",
        )
    return int(seconds) // HOUR


def _cost(shards: int, before: int, after: int, prices: Prices) -> str:
    listed = prices.basis("kinesis")
    extended = prices.usd("kinesis_extended_shard_hour") * HOURS_A_MONTH * shards
    paid = before > FREE_RETENTION_HOURS, after > FREE_RETENTION_HOURS
    sign = {(False, True): "+", (True, False): "-"}.get(paid)
    if sign is None:
        return (
            f"the price of the shards stays the same; beyond 7 days gigabytes are paid ({listed})"
        )
    return f"{sign}USD {extended:,.2f} a month for {shards} shards ({listed})"
