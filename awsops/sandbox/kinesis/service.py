"""Kinesis's operations by name; none of them reaches moto."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from awsops.sandbox.answers import json_response
from awsops.sandbox.calls import Call
from awsops.sandbox.cloudwatch.service import CloudWatchService
from awsops.sandbox.kinesis import listing, resharding, streams
from awsops.sandbox.kinesis.records import Records
from awsops.sandbox.kinesis.region import Params, Region
from awsops.sandbox.kinesis.seeding import seed_region
from awsops.sandbox.kinesis.state import Shard, Stream
from awsops.sandbox.rpc import read_params
from awsops.sandbox.wire import Response

Operation = Callable[[Region, Params, float], dict[str, Any]]


class KinesisService:
    """Streams by account and region. `clock` is what changes and records go by."""

    def __init__(
        self,
        cloudwatch: CloudWatchService,
        clock: Callable[[], float] = time.time,
        real_time: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cloudwatch = cloudwatch
        self._clock = clock
        self._real_time = real_time
        self._lock = threading.RLock()
        self._regions: dict[tuple[str, str], Region] = {}
        records = Records(self._measure)
        self._operations: dict[str, Operation] = {
            **OPERATIONS,
            "GetRecords": records.read,
            "GetShardIterator": records.iterator,
            "PutRecord": records.put_record,
            "PutRecords": records.put_records,
        }

    def reset(self) -> None:
        with self._lock:
            self._regions.clear()

    def handle(self, call: Call) -> Response:
        """One call, answered as AWS would; AwsError where AWS gives an error."""
        operation = self._operations.get(call.operation)
        if operation is None:
            raise NotImplementedError(f"the sandbox's Kinesis has no {call.operation}")
        params = read_params(call)
        with self._lock:
            now = self._clock()
            region = self.of(call.identity.account, call.region)
            region.count_call(call.operation)
            region.advance(now)
            return json_response(operation(region, params, now))

    def of(self, account: str, region: str) -> Region:
        """What an account has in a region, seeded when it is first looked at."""
        found = self._regions.get((account, region))
        if found is None:
            found = self._regions[account, region] = Region(account, region, self._real_time)
            seed_region(found, self._clock(), self._measure)
        return found

    def update_counts(self, account: str, region: str) -> list[tuple[str, float]]:
        """When UpdateShardCount was called, by stream: what CloudTrail has written down."""
        with self._lock:
            found = self.of(account, region).streams.values()
            return [(stream.name, at) for stream in found for at in stream.updates]

    def _measure(self, stream: Stream, shard: Shard, size: int, at: float, taken: bool) -> None:
        """The metrics of a write: the stream's always, the shard's where they are switched on."""
        values = {"IncomingBytes": float(size), "IncomingRecords": 1.0}
        if not taken:
            values = {"WriteProvisionedThroughputExceeded": 1.0}
        of_stream = {"StreamName": stream.name}
        for name, value in values.items():
            self._record(stream, name, of_stream, at, value)
            if name in stream.metrics:
                self._record(stream, name, {**of_stream, "ShardId": shard.id}, at, value)

    def _record(
        self, stream: Stream, name: str, dimensions: dict[str, str], at: float, value: float
    ) -> None:
        self._cloudwatch.record(
            stream.account, stream.region, "AWS/Kinesis", name, dimensions, [(at, value)]
        )


OPERATIONS: Mapping[str, Operation] = {
    "AddTagsToStream": streams.add_tags,
    "CreateStream": streams.create,
    "DecreaseStreamRetentionPeriod": streams.decrease_retention,
    "DeleteStream": streams.delete,
    "DeregisterStreamConsumer": listing.deregister,
    "DescribeLimits": streams.limits,
    "DescribeStream": listing.describe_stream,
    "DescribeStreamConsumer": listing.describe_consumer,
    "DescribeStreamSummary": streams.summary,
    "DisableEnhancedMonitoring": streams.disable_metrics,
    "EnableEnhancedMonitoring": streams.enable_metrics,
    "IncreaseStreamRetentionPeriod": streams.increase_retention,
    "ListShards": listing.list_shards,
    "ListStreamConsumers": listing.list_consumers,
    "ListStreams": streams.list_all,
    "ListTagsForStream": streams.list_tags,
    "MergeShards": resharding.merge,
    "RegisterStreamConsumer": listing.register,
    "RemoveTagsFromStream": streams.remove_tags,
    "SplitShard": resharding.split,
    "StartStreamEncryption": streams.start_encryption,
    "StopStreamEncryption": streams.stop_encryption,
    "UpdateShardCount": resharding.update_count,
    "UpdateStreamMode": resharding.update_mode,
}
