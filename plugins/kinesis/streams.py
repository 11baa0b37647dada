"""Streams: found by name or ARN, described, listed with what matters of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from fnmatch import fnmatchcase

from awsops.api import Aws, Choice
from awsops.errors import AwsopsError, NotFoundError, UsageError
from awsops.events import Note
from awsops.service_errors import is_denied
from awsops.suggesting import MOST_COMPARED, did_you_mean

from .client import KinesisClient, error_code, is_missing, patiently

PAGE = 100  # ListStreams, the size of a page that the API chooses by itself


@dataclass(frozen=True, slots=True)
class StreamRow:
    """A row of `kinesis ls`."""

    name: str
    mode: str
    status: str
    open_shards: int
    retention: int
    consumers: int
    encryption: str


@dataclass(frozen=True, slots=True)
class Stream:
    """What DescribeStreamSummary says. `retention` is in hours."""

    name: str
    arn: str
    mode: str
    status: str
    open_shards: int
    retention: int
    consumers: int
    encryption: str
    metrics: frozenset[str]

    @property
    def on_demand(self) -> bool:
        return self.mode == "on-demand"

    def row(self) -> StreamRow:
        return StreamRow(
            self.name,
            self.mode,
            self.status,
            self.open_shards,
            self.retention,
            self.consumers,
            self.encryption,
        )


def read_stream(kinesis: KinesisClient, name: str) -> Stream:
    """One stream as it is now (one call); the service's own error when it is not there."""
    found = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    mode = found.get("StreamModeDetails", {}).get("StreamMode", "PROVISIONED")
    watched = [name for each in found["EnhancedMonitoring"] for name in each["ShardLevelMetrics"]]
    return Stream(
        name=found["StreamName"],
        arn=found["StreamARN"],
        mode=mode.lower().replace("_", "-"),
        status=found["StreamStatus"],
        open_shards=found["OpenShardCount"],
        retention=found["RetentionPeriodHours"],
        consumers=found.get("ConsumerCount", 0),
        encryption=found.get("EncryptionType", "NONE"),
        metrics=frozenset(watched),
    )


def find_stream(aws: Aws, text: str) -> Stream:
    """The stream that a person named by name or ARN.

    NotFoundError with likely names when there is none; UsageError when the ARN is malformed, or of
    another account or region.
    """
    name = _read_name(text, aws.region)
    kinesis: KinesisClient = aws.client("kinesis")
    try:
        stream = read_stream(kinesis, name)
    except Exception as error:
        if error_code(error) == "ValidationException":
            raise UsageError(f"{text!r} is not the name or ARN of a stream") from error
        if not is_missing(error):
            raise
        place = f"account {aws.identity().account}, {aws.region}"
        raise _not_found(kinesis, name, place) from error
    if text.startswith("arn:") and stream.arn != text:
        raise UsageError(
            f"{text} belongs to another account than this target",
            hint="choose the profile of its account with -p",
        )
    return stream


def _read_name(text: str, region: str) -> str:
    if not text.startswith("arn:"):
        return text
    parts = text.split(":")
    kind, _, name = parts[-1].partition("/")
    if len(parts) != 6 or parts[2] != "kinesis" or kind != "stream" or not name or "/" in name:
        raise UsageError(
            f"{text} is not the ARN of a Kinesis stream",
            hint="it looks like arn:aws:kinesis:eu-west-1:123456789012:stream/clicks",
        )
    if parts[3] != region:
        raise UsageError(
            f"stream {name} is in {parts[3]}, and this target is in {region}",
            hint=f"add -r {parts[3]}",
        )
    return name


def _not_found(kinesis: KinesisClient, name: str, place: str) -> NotFoundError:
    from itertools import islice

    try:
        names = list(islice(list_names(kinesis), MOST_COMPARED))
    except Exception:  # a hint is not worth an error: listing may well be denied
        names = []
    message = f"no stream named {name} in {place}"
    return NotFoundError(message, hint=did_you_mean(name, names) or "awsops kinesis ls lists them")


def list_names(kinesis: KinesisClient) -> Iterator[str]:
    """The names of all streams, page after page."""
    params: dict[str, object] = {"Limit": PAGE}
    while True:
        page = kinesis.list_streams(**params)
        names = page.get("StreamNames", [])
        yield from names
        if not page.get("HasMoreStreams") or not names:
            return
        # The name rather than the token, which an older service does not give.
        params["ExclusiveStartStreamName"] = names[-1]


def list_streams(
    kinesis: KinesisClient,
    pool: Executor,
    *,
    pattern: str,
    sleep: Callable[[float], None],
    stopped: Callable[[], bool],
) -> Iterator[StreamRow | Note]:
    """The streams whose names match the glob, described in parallel, in the order of their names.

    One that is deleted meanwhile is left out; those that may not be described become a warning,
    and the service's error when there is no other.
    """
    names = [name for name in list_names(kinesis) if fnmatchcase(name, pattern)]

    def read(name: str) -> Stream | Exception | None:
        try:
            return patiently(lambda: read_stream(kinesis, name), sleep=sleep, stopped=stopped)
        except Exception as error:
            if is_missing(error):
                return None
            if is_denied(error):
                return error
            raise

    denied: list[tuple[str, Exception]] = []
    shown = 0
    for name, result in zip(names, pool.map(read, names), strict=True):
        if isinstance(result, Stream):
            shown += 1
            yield result.row()
        elif result is not None:
            denied.append((name, result))
    if denied and not shown:
        raise denied[0][1]
    if denied:
        some = ", ".join(name for name, _ in denied[:3]) + (", ..." if len(denied) > 3 else "")
        yield Note(f"{len(denied)} streams may not be described: {some}", "warning")


def complete_streams(aws: Aws) -> Iterator[Choice]:
    """The streams with their mode and state, for completion and pickers (one call a page)."""
    kinesis: KinesisClient = aws.client("kinesis")
    params: dict[str, object] = {"Limit": PAGE}
    while True:
        page = kinesis.list_streams(**params)
        details = {s["StreamName"]: s for s in page.get("StreamSummaries", [])}
        for name in page.get("StreamNames", []):
            known = details.get(name, {})
            mode = known.get("StreamModeDetails", {}).get("StreamMode", "")
            words = (mode.lower().replace("_", "-"), known.get("StreamStatus", "").lower())
            yield Choice(name, ", ".join(word for word in words if word))
        if not page.get("HasMoreStreams") or not page.get("StreamNames"):
            return
        params["ExclusiveStartStreamName"] = page["StreamNames"][-1]


def require_provisioned(stream: Stream, what: str, by_hand: str) -> None:
    """UsageError for an on-demand stream, which Kinesis reshards by itself; `by_hand` is the
    command line that makes it provisioned."""
    if stream.on_demand:
        raise UsageError(
            f"stream {stream.name} is on demand: Kinesis splits and merges its shards itself, and "
            f"refuses {what} from anybody else",
            hint=f"to do it by hand: {by_hand}",
            code="OnDemand",
        )


def require_living(stream: Stream) -> None:
    """AwsopsError for a stream that is being deleted."""
    if stream.status == "DELETING":
        raise AwsopsError(
            f"stream {stream.name} is being deleted",
            hint="awsops kinesis ls shows the streams of the target",
            code="ResourceInUse",
        )
