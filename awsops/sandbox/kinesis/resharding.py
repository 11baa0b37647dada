"""What changes the shards of a stream, and what is refused."""

from __future__ import annotations

import re
from typing import Any

from awsops.sandbox.kinesis import faults
from awsops.sandbox.kinesis.region import Params, Region, number
from awsops.sandbox.kinesis.state import KEYS, Shard, Stream, uniform_starts

DAY = 86_400.0
UPDATES_A_DAY = 10  # API reference, UpdateShardCount: per rolling 24 hours and stream
SWITCHES_A_DAY = 2  # Developer guide, capacity modes: twice within 24 hours
MOST_SHARDS = 10_000  # API reference, UpdateShardCount


def split(region: Region, params: Params, now: float) -> dict[str, Any]:
    stream = _provisioned(region, params, "SplitShard")
    shard = _open_shard(stream, params.get("ShardToSplit"))
    key = _hash_key(params.get("NewStartingHashKey"))
    if not shard.start < key <= shard.end:
        raise faults.invalid(
            f"NewStartingHashKey {key} is not within shard {shard.id} of stream {stream.name}: it "
            f"must be greater than {shard.start} and at most {shard.end}."
        )
    _check_room(region, 1)
    stream.begin("UPDATING", now, lambda at: stream.split(shard, key, at))
    return {}


def merge(region: Region, params: Params, now: float) -> dict[str, Any]:
    stream = _provisioned(region, params, "MergeShards")
    one = _open_shard(stream, params.get("ShardToMerge"))
    other = _open_shard(stream, params.get("AdjacentShardToMerge"))
    left, right = sorted((one, other), key=lambda s: s.start)
    if left.end + 1 != right.start:
        raise faults.invalid(
            f"Shards {one.id} and {other.id} in stream {stream.name} under account "
            f"{region.account} are not an adjacent pair of shards eligible for merging"
        )
    stream.begin("UPDATING", now, lambda at: stream.merge(left, right, at))
    return {}


def update_count(region: Region, params: Params, now: float) -> dict[str, Any]:
    stream = _provisioned(region, params, "UpdateShardCount")
    if params.get("ScalingType") != "UNIFORM_SCALING":
        raise faults.validation("ScalingType must be UNIFORM_SCALING.")
    target = number(params, "TargetShardCount", most=1_000_000)
    if target is None:
        raise faults.validation("TargetShardCount must be given.")
    count = len(stream.ordered())
    if target > MOST_SHARDS:
        raise faults.limit(f"A stream may have at most {MOST_SHARDS} shards.")
    if target > 2 * count:
        raise faults.invalid(
            f"UpdateShardCount cannot scale up over double your current open shard count. Current "
            f"open shard count: {count} Target shard count: {target}"
        )
    if 2 * target < count:
        raise faults.invalid(
            f"UpdateShardCount cannot scale down below half your current open shard count. Current "
            f"open shard count: {count} Target shard count: {target}"
        )
    if target == count:
        raise faults.invalid(f"Stream {stream.name} has {count} open shards already.")
    _check_room(region, max(target - count, 0))
    stream.updates = [at for at in stream.updates if at > now - DAY]
    if len(stream.updates) >= UPDATES_A_DAY:
        raise faults.limit(
            f"UpdateShardCount was called {UPDATES_A_DAY} times for stream {stream.name} in the "
            "last 24 hours, which is its limit."
        )
    stream.updates.append(now)
    stream.begin("UPDATING", now, lambda at: make_uniform(stream, target, at))
    return {
        "StreamName": stream.name,
        "StreamARN": stream.arn,
        "CurrentShardCount": count,
        "TargetShardCount": target,
    }


def make_uniform(stream: Stream, target: int, at: float) -> None:
    """Splits at every boundary that is to be, then merges what lies between two of them."""
    starts = uniform_starts(target)
    for key in starts:
        shard = stream.shard_of(key)
        if shard.start != key:
            stream.split(shard, key, at)
    wanted = set(starts)
    position = 1
    while position < len(found := stream.ordered()):
        if found[position].start in wanted:
            position += 1
        else:
            stream.merge(found[position - 1], found[position], at)


def update_mode(region: Region, params: Params, now: float) -> dict[str, Any]:
    if not params.get("StreamARN"):
        raise faults.validation("StreamARN must be given.")
    stream = region.active(params)
    mode = (params.get("StreamModeDetails") or {}).get("StreamMode")
    if mode not in ("PROVISIONED", "ON_DEMAND"):
        raise faults.validation(f"Value '{mode}' at 'streamMode' is not a capacity mode.")
    if mode == stream.mode:
        raise faults.invalid(f"Stream {stream.name} is in mode {mode} already.")
    stream.switches = [at for at in stream.switches if at > now - DAY]
    if len(stream.switches) >= SWITCHES_A_DAY:
        raise faults.limit(
            f"The mode of stream {stream.name} was changed {SWITCHES_A_DAY} times in the last 24 "
            "hours, which is its limit."
        )
    stream.switches.append(now)

    def switch(at: float) -> None:
        stream.mode = mode

    stream.begin("UPDATING", now, switch)
    return {}


def _provisioned(region: Region, params: Params, operation: str) -> Stream:
    if region.stream(params).mode == "ON_DEMAND":
        raise faults.on_demand(operation, region.stream(params).name)
    return region.active(params)


def _open_shard(stream: Stream, shard_id: Any) -> Shard:
    shard = find_shard(stream, shard_id)
    if not shard.open:
        raise faults.in_use(
            f"Shard {shard.id} in stream {stream.name} under account {stream.account} has already "
            "been merged or split, and thus is not eligible for merging or splitting."
        )
    return shard


def find_shard(stream: Stream, shard_id: Any) -> Shard:
    match = re.fullmatch(r"shardId-(\d{12})", str(shard_id or ""))
    shard = stream.shards.get(int(match[1])) if match else None
    if shard is None:
        raise faults.not_found(
            f"Could not find shard {shard_id} in stream {stream.name} under account "
            f"{stream.account}."
        )
    return shard


def _hash_key(text: Any) -> int:
    if not re.fullmatch(r"0|[1-9]\d{0,38}", str(text or "")) or int(text) >= KEYS:
        raise faults.validation(f"Value '{text}' at 'newStartingHashKey' is not a hash key.")
    return int(text)


def _check_room(region: Region, more: int) -> None:
    if region.open_shards + more > region.shard_limit:
        raise faults.limit(
            f"This request would exceed the shard limit for the account {region.account} in "
            f"{region.region}. Current shard count for the account: {region.open_shards}. Limit: "
            f"{region.shard_limit}."
        )
