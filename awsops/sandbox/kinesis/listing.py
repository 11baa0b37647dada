"""Shards and consumers, page by page."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from awsops.sandbox.answers import AwsError
from awsops.sandbox.kinesis import faults
from awsops.sandbox.kinesis.region import Params, Region, number
from awsops.sandbox.kinesis.resharding import find_shard
from awsops.sandbox.kinesis.state import CHANGE_SECONDS, HOUR, Consumer, Shard, Stream
from awsops.sandbox.kinesis.streams import facts

TOKEN_SECONDS = 300  # API reference, ListShards: a token expires after 300 seconds
MOST_LISTED = 1_000  # API reference, ListShards: a page holds no more, whatever MaxResults says
MOST_CONSUMERS = 20  # API reference, RegisterStreamConsumer


def list_shards(region: Region, params: Params, now: float) -> dict[str, Any]:
    limit = min(number(params, "MaxResults", most=10_000) or MOST_LISTED, MOST_LISTED)
    if params.get("NextToken") is None:
        stream = region.stream(params)
        shards = _filtered(stream, params.get("ShardFilter"), now)
        start = params.get("ExclusiveStartShardId")
        after = -1 if start is None else _number_of(start)
    else:
        others = ("StreamName", "StreamARN", "StreamCreationTimestamp", "ExclusiveStartShardId")
        given = [name for name in (*others, "ShardFilter") if params.get(name) is not None]
        if given:
            raise faults.invalid(f"NextToken and {given[0]} cannot be provided together.")
        token = _read_token(params["NextToken"], now)
        stream = region.stream({"StreamName": token["stream"]})
        shards = _filtered(stream, token["filter"], token["at"])
        params = {"ShardFilter": token["filter"]}
        after, now = token["after"], token["at"]
    if stream.status in ("CREATING", "DELETING"):
        raise faults.not_active(stream.name, stream.account, stream.status)
    found = [shard for shard in shards if shard.number > after]
    page = found[:limit]
    answer: dict[str, Any] = {"Shards": [describe(shard) for shard in page]}
    if len(found) > limit:
        answer["NextToken"] = _token(
            {
                "stream": stream.name,
                "filter": params.get("ShardFilter"),
                "after": page[-1].number,
                "at": now,
            }
        )
    return answer


def _filtered(stream: Stream, wanted: Any, now: float) -> list[Shard]:
    """The shards that a ShardFilter chooses, in the order of their numbers."""
    shards = sorted(stream.shards.values(), key=lambda s: s.number)
    if wanted is None:
        return shards
    kind, horizon = wanted.get("Type"), now - stream.hours * HOUR
    if kind == "AFTER_SHARD_ID":
        after = _number_of(wanted.get("ShardId"))
        return [s for s in shards if s.number > after]
    if kind in ("AT_TIMESTAMP", "FROM_TIMESTAMP") and wanted.get("Timestamp") is None:
        raise faults.invalid(f"Timestamp must be given for the shard filter {kind}.")
    if kind == "AT_LATEST":
        return [s for s in shards if s.open]
    if kind == "FROM_TRIM_HORIZON":
        return shards
    if kind == "AT_TRIM_HORIZON":
        return [s for s in shards if s.parent is None or s.opened_at <= horizon]
    at = max(float(wanted.get("Timestamp") or 0), horizon)
    still = [s for s in shards if s.closed_at is None or s.closed_at >= at]
    if kind == "FROM_TIMESTAMP":
        return still
    if kind == "AT_TIMESTAMP":
        return [s for s in still if s.opened_at <= at]
    raise faults.validation(f"Value '{kind}' at 'shardFilter.type' is not a type of shard filter.")


def _number_of(shard_id: Any) -> int:
    match = re.fullmatch(r"shardId-(\d{12})", str(shard_id or ""))
    if match is None:
        raise faults.invalid(f"{shard_id} is not the id of a shard.")
    return int(match[1])


def describe(shard: Shard) -> dict[str, Any]:
    sequences = {"StartingSequenceNumber": str(shard.first)}
    if shard.last is not None:
        sequences["EndingSequenceNumber"] = str(shard.last)
    found: dict[str, Any] = {"ShardId": shard.id}
    if shard.parent is not None:
        found["ParentShardId"] = f"shardId-{shard.parent:012d}"
    if shard.adjacent is not None:
        found["AdjacentParentShardId"] = f"shardId-{shard.adjacent:012d}"
    keys = {"StartingHashKey": str(shard.start), "EndingHashKey": str(shard.end)}
    return {**found, "HashKeyRange": keys, "SequenceNumberRange": sequences}


def describe_stream(region: Region, params: Params, now: float) -> dict[str, Any]:
    stream = region.stream(params)
    limit = number(params, "Limit", most=10_000) or 100
    start = params.get("ExclusiveStartShardId")
    after = -1 if start is None else find_shard(stream, start).number
    found = [s for s in sorted(stream.shards.values(), key=lambda s: s.number) if s.number > after]
    shards = [describe(shard) for shard in found[:limit]]
    described = {**facts(stream), "Shards": shards, "HasMoreShards": len(found) > limit}
    return {"StreamDescription": described}


def register(region: Region, params: Params, now: float) -> dict[str, Any]:
    stream = region.active(params)
    name = str(params.get("ConsumerName") or "")
    if not re.fullmatch(r"[a-zA-Z0-9_.-]{1,128}", name):
        raise faults.validation(f"Value '{name}' at 'consumerName' is not a name.")
    if name in stream.consumers:
        raise faults.in_use(f"Consumer {name} of stream {stream.name} already exists.")
    if len(stream.consumers) >= MOST_CONSUMERS:
        raise faults.limit(f"Stream {stream.name} has {MOST_CONSUMERS} consumers already.")
    arn = f"{stream.arn}/consumer/{name}:{int(now)}"
    stream.consumers[name] = Consumer(name, arn, now, now + CHANGE_SECONDS)
    return {"Consumer": _consumer(stream.consumers[name], now)}


def deregister(region: Region, params: Params, now: float) -> dict[str, Any]:
    _, consumer = _find_consumer(region, params)
    consumer.leaving, consumer.due = True, now + CHANGE_SECONDS
    return {}


def describe_consumer(region: Region, params: Params, now: float) -> dict[str, Any]:
    stream, consumer = _find_consumer(region, params)
    return {"ConsumerDescription": {**_consumer(consumer, now), "StreamARN": stream.arn}}


def list_consumers(region: Region, params: Params, now: float) -> dict[str, Any]:
    limit = number(params, "MaxResults", most=10_000) or 100
    stream = region.stream(params)
    after = str(params.get("NextToken") or "")
    found = [stream.consumers[name] for name in sorted(stream.consumers) if name > after]
    page = found[:limit]
    answer: dict[str, Any] = {"Consumers": [_consumer(consumer, now) for consumer in page]}
    if len(found) > limit:
        answer["NextToken"] = page[-1].name
    return answer


def _find_consumer(region: Region, params: Params) -> tuple[Stream, Consumer]:
    arn = params.get("ConsumerARN")
    streams = list(region.streams.values()) if arn else [region.stream(params)]
    for stream in streams:
        for consumer in stream.consumers.values():
            if arn == consumer.arn or (not arn and consumer.name == params.get("ConsumerName")):
                return stream, consumer
    raise faults.not_found(f"Consumer {arn or params.get('ConsumerName')} not found.")


def _consumer(consumer: Consumer, now: float) -> dict[str, Any]:
    return {
        "ConsumerName": consumer.name,
        "ConsumerARN": consumer.arn,
        "ConsumerStatus": consumer.status(now),
        "ConsumerCreationTimestamp": consumer.created,
    }


def _token(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


def _read_token(text: Any, now: float) -> dict[str, Any]:
    try:
        token: dict[str, Any] = json.loads(base64.urlsafe_b64decode(str(text).encode()))
        age = now - float(token["at"])
    except (ValueError, KeyError, TypeError):
        raise faults.invalid("NextToken is invalid.") from None
    if age > TOKEN_SECONDS:
        raise AwsError("ExpiredNextTokenException", "The NextToken has expired.")
    return token
