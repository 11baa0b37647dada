"""Streams made, described, kept longer or shorter, encrypted, watched, and deleted."""

from __future__ import annotations

from typing import Any

from awsops.sandbox.kinesis import faults
from awsops.sandbox.kinesis.region import ON_DEMAND_STREAMS, Params, Region, check_name, number
from awsops.sandbox.kinesis.state import Stream, uniform_ranges

ON_DEMAND_SHARDS = 4  # Developer guide: a new on-demand stream begins with 4 MB/s
MOST_HOURS = 8760  # API reference, IncreaseStreamRetentionPeriod: 365 days
LEAST_HOURS = 24
METRICS = (
    "IncomingBytes",
    "IncomingRecords",
    "IteratorAgeMilliseconds",
    "OutgoingBytes",
    "OutgoingRecords",
    "ReadProvisionedThroughputExceeded",
    "WriteProvisionedThroughputExceeded",
)
MOST_TAGS = 50


def create(region: Region, params: Params, now: float) -> dict[str, Any]:
    name = check_name(params.get("StreamName"))
    mode = (params.get("StreamModeDetails") or {}).get("StreamMode") or "PROVISIONED"
    count = number(params, "ShardCount", most=1_000_000)
    if mode not in ("PROVISIONED", "ON_DEMAND"):
        raise faults.validation(f"Value '{mode}' at 'streamMode' is not a capacity mode.")
    if mode == "PROVISIONED" and count is None:
        raise faults.validation("ShardCount must be given for a provisioned stream.")
    if mode == "ON_DEMAND" and count is not None:
        raise faults.validation("ShardCount must not be given for an on-demand stream.")
    if name in region.streams:
        raise faults.in_use(f"Stream {name} under account {region.account} already exists.")
    if mode == "PROVISIONED" and region.open_shards + (count or 0) > region.shard_limit:
        raise faults.limit(
            f"This request would exceed the shard limit for the account {region.account} in "
            f"{region.region}. Current shard count for the account: {region.open_shards}. Limit: "
            f"{region.shard_limit}."
        )
    add(region, name, count or ON_DEMAND_SHARDS, now, mode=mode, tags=params.get("Tags"))
    return {}


def add(
    region: Region,
    name: str,
    count: int,
    now: float,
    *,
    mode: str = "PROVISIONED",
    tags: dict[str, str] | None = None,
) -> Stream:
    """A stream in state CREATING with `count` equal shards to be."""
    stream = Stream(name, region.account, region.region, now, mode, tags=dict(tags or {}))
    region.streams[name] = stream

    def open_all(at: float) -> None:
        for start, end in uniform_ranges(count):
            stream.open_shard(start, end, at, parent=None, adjacent=None)

    stream.begin("CREATING", now, open_all)
    return stream


def delete(region: Region, params: Params, now: float) -> dict[str, Any]:
    stream = region.stream(params)
    if stream.consumers and not params.get("EnforceConsumerDeletion"):
        raise faults.in_use(f"Stream {stream.name} has registered consumers.")
    if stream.status == "CREATING":
        raise faults.not_active(stream.name, region.account, stream.status)
    stream.begin("DELETING", now, lambda at: _forget(region, stream))
    return {}


def _forget(region: Region, stream: Stream) -> None:
    region.streams.pop(stream.name, None)


def list_all(region: Region, params: Params, now: float) -> dict[str, Any]:
    limit = number(params, "Limit", most=10_000) or 100
    after = str(params.get("NextToken") or params.get("ExclusiveStartStreamName") or "")
    found = [region.streams[name] for name in sorted(region.streams) if name > after]
    page = found[:limit]
    more = len(found) > limit
    return {
        "StreamNames": [stream.name for stream in page],
        "HasMoreStreams": more,
        **({"NextToken": page[-1].name} if more else {}),
        "StreamSummaries": [
            {
                "StreamName": stream.name,
                "StreamARN": stream.arn,
                "StreamStatus": stream.status,
                "StreamModeDetails": {"StreamMode": stream.mode},
                "StreamCreationTimestamp": stream.created,
            }
            for stream in page
        ],
    }


def summary(region: Region, params: Params, now: float) -> dict[str, Any]:
    stream = region.stream(params)
    return {
        "StreamDescriptionSummary": {
            **facts(stream),
            "OpenShardCount": len(stream.ordered()),
            "ConsumerCount": len(stream.consumers),
            "MaxRecordSizeInKiB": stream.max_record_kib,
        }
    }


def facts(stream: Stream) -> dict[str, Any]:
    """What DescribeStream and DescribeStreamSummary both say."""
    return {
        "StreamName": stream.name,
        "StreamARN": stream.arn,
        "StreamStatus": stream.status,
        "StreamModeDetails": {"StreamMode": stream.mode},
        "RetentionPeriodHours": stream.hours,
        "StreamCreationTimestamp": stream.created,
        "EnhancedMonitoring": [{"ShardLevelMetrics": sorted(stream.metrics)}],
        "EncryptionType": stream.encryption,
        **({"KeyId": stream.kms_key} if stream.kms_key else {}),
    }


def limits(region: Region, params: Params, now: float) -> dict[str, Any]:
    on_demand = [s for s in region.streams.values() if s.mode == "ON_DEMAND"]
    return {
        "ShardLimit": region.shard_limit,
        "OpenShardCount": region.open_shards,
        "OnDemandStreamCount": len(on_demand),
        "OnDemandStreamCountLimit": ON_DEMAND_STREAMS,
    }


def increase_retention(region: Region, params: Params, now: float) -> dict[str, Any]:
    stream = region.active(params)
    hours = number(params, "RetentionPeriodHours", most=1_000_000)
    if hours is None or hours > MOST_HOURS:
        raise faults.invalid(f"Maximum allowed retention period is {MOST_HOURS} hours.")
    if hours < stream.hours:
        raise faults.invalid(
            f"Requested retention period ({hours} hours) can not be shorter than the existing one "
            f"({stream.hours} hours): use DecreaseStreamRetentionPeriod."
        )
    return _keep(stream, hours, now)


def decrease_retention(region: Region, params: Params, now: float) -> dict[str, Any]:
    stream = region.active(params)
    hours = number(params, "RetentionPeriodHours", most=1_000_000)
    if hours is None or hours < LEAST_HOURS:
        raise faults.invalid(f"Minimum allowed retention period is {LEAST_HOURS} hours.")
    if hours > stream.hours:
        raise faults.invalid(
            f"Requested retention period ({hours} hours) can not be longer than the existing one "
            f"({stream.hours} hours): use IncreaseStreamRetentionPeriod."
        )
    return _keep(stream, hours, now)


def _keep(stream: Stream, hours: int, now: float) -> dict[str, Any]:
    def keep(at: float) -> None:
        stream.hours = hours

    if hours != stream.hours:
        stream.begin("UPDATING", now, keep)
    return {}


def start_encryption(region: Region, params: Params, now: float) -> dict[str, Any]:
    return _encrypt(region.active(params), "KMS", str(params.get("KeyId") or ""), now)


def stop_encryption(region: Region, params: Params, now: float) -> dict[str, Any]:
    return _encrypt(region.active(params), "NONE", "", now)


def _encrypt(stream: Stream, kind: str, key: str, now: float) -> dict[str, Any]:
    def encrypt(at: float) -> None:
        stream.encryption, stream.kms_key = kind, key or None

    stream.begin("UPDATING", now, encrypt)
    return {}


def enable_metrics(region: Region, params: Params, now: float) -> dict[str, Any]:
    return _watch(region.active(params), params, now, on=True)


def disable_metrics(region: Region, params: Params, now: float) -> dict[str, Any]:
    return _watch(region.active(params), params, now, on=False)


def _watch(stream: Stream, params: Params, now: float, *, on: bool) -> dict[str, Any]:
    named = set(params.get("ShardLevelMetrics") or ())
    if not named or named - {*METRICS, "ALL"}:
        raise faults.validation("ShardLevelMetrics must name shard-level metrics.")
    named = set(METRICS) if "ALL" in named else named
    before = stream.metrics
    after = before | named if on else before - named

    def watch(at: float) -> None:
        stream.metrics = after

    stream.begin("UPDATING", now, watch)
    return {
        "StreamName": stream.name,
        "StreamARN": stream.arn,
        "CurrentShardLevelMetrics": sorted(before),
        "DesiredShardLevelMetrics": sorted(after),
    }


def add_tags(region: Region, params: Params, now: float) -> dict[str, Any]:
    stream = region.stream(params)
    tags = {**stream.tags, **(params.get("Tags") or {})}
    if len(tags) > MOST_TAGS:
        raise faults.invalid(f"A stream can have at most {MOST_TAGS} tags.")
    stream.tags = tags
    return {}


def remove_tags(region: Region, params: Params, now: float) -> dict[str, Any]:
    stream = region.stream(params)
    for name in params.get("TagKeys") or ():
        stream.tags.pop(name, None)
    return {}


def list_tags(region: Region, params: Params, now: float) -> dict[str, Any]:
    tags = sorted(region.stream(params).tags.items())
    return {"Tags": [{"Key": k, "Value": v} for k, v in tags], "HasMoreTags": False}
