"""The sandbox's Kinesis refuses what AWS refuses and takes the time that AWS takes."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from typing import Any

import pytest

from awsops.sandbox.answers import AwsError
from awsops.sandbox.kinesis.region import Region
from awsops.sandbox.kinesis.service import KinesisService
from tests.sandbox.conftest import Clock

KEYS = 2**128
Make = Callable[..., Any]


class LocalKinesis:
    """Kinesis without HTTP, on a clock that is told: `kinesis("SplitShard", StreamName=...)`."""

    def __init__(self, clock: Clock) -> None:
        from awsops.sandbox.cloudwatch.service import CloudWatchService

        self.clock = clock
        self.service = KinesisService(CloudWatchService(clock), clock, real_time=clock)
        self.region: Region = self.service.of("123456789012", "eu-west-1")

    def __call__(self, operation: str, **params: Any) -> Any:
        self.region.advance(self.clock())
        return self.service._operations[operation](self.region, params, self.clock())

    def refused(self, operation: str, **params: Any) -> str:
        with pytest.raises(AwsError) as caught:
            self(operation, **params)
        return caught.value.code

    def make(self, shards: int = 2, name: str = "s") -> str:
        self("CreateStream", StreamName=name, ShardCount=shards)
        self.settle()
        return name

    def settle(self) -> None:
        self.clock.advance(1)
        self.region.advance(self.clock())

    def status(self, name: str = "s") -> str:
        found = self("DescribeStreamSummary", StreamName=name)["StreamDescriptionSummary"]
        return str(found["StreamStatus"])

    def shards(self, **params: Any) -> list[dict[str, Any]]:
        return list(self("ListShards", StreamName="s", **params)["Shards"])

    def opened(self) -> list[dict[str, Any]]:
        found = self.shards(ShardFilter={"Type": "AT_LATEST"})
        return sorted(found, key=lambda s: int(s["HashKeyRange"]["StartingHashKey"]))

    def read(self, shard: str, kind: str = "TRIM_HORIZON", **params: Any) -> dict[str, Any]:
        iterator = self(
            "GetShardIterator", StreamName="s", ShardId=shard, ShardIteratorType=kind, **params
        )["ShardIterator"]
        return dict(self("GetRecords", ShardIterator=iterator))

    def put(self, key: str, data: str = "eA==", **params: Any) -> dict[str, Any]:
        return dict(self("PutRecord", StreamName="s", PartitionKey=key, Data=data, **params))


@pytest.fixture
def kinesis(clock: Clock) -> LocalKinesis:
    return LocalKinesis(clock)


def ranges(shards: list[dict[str, Any]]) -> list[tuple[int, int]]:
    keys = (shard["HashKeyRange"] for shard in shards)
    return [(int(k["StartingHashKey"]), int(k["EndingHashKey"])) for k in keys]


def assert_covered(shards: list[dict[str, Any]]) -> None:
    found = ranges(shards)
    assert (found[0][0], found[-1][1]) == (0, KEYS - 1)
    assert all(a[1] + 1 == b[0] for a, b in pairwise(found))


def test_a_stream_is_created_in_a_while(kinesis: LocalKinesis) -> None:
    kinesis("CreateStream", StreamName="s", ShardCount=3)
    assert kinesis.status() == "CREATING"
    kinesis.settle()
    assert kinesis.status() == "ACTIVE"
    assert_covered(kinesis.opened())


def test_a_split_keeps_the_stream_busy_until_it_is_done(kinesis: LocalKinesis) -> None:
    kinesis.make(1)
    shard = kinesis.opened()[0]["ShardId"]
    kinesis("SplitShard", StreamName="s", ShardToSplit=shard, NewStartingHashKey="5")
    assert kinesis.status() == "UPDATING"
    assert len(kinesis.opened()) == 1
    again = {"ShardToSplit": shard, "NewStartingHashKey": "9"}
    assert kinesis.refused("SplitShard", StreamName="s", **again) == "ResourceInUseException"
    kinesis.settle()
    assert ranges(kinesis.opened()) == [(0, 4), (5, KEYS - 1)]


@pytest.mark.parametrize("key", ["0", str(KEYS // 2), str(KEYS - 1)])
def test_a_split_outside_of_the_shard_is_refused(kinesis: LocalKinesis, key: str) -> None:
    kinesis.make(2)
    shard = kinesis.opened()[0]["ShardId"]
    params = {"ShardToSplit": shard, "NewStartingHashKey": key}
    assert kinesis.refused("SplitShard", StreamName="s", **params) == "InvalidArgumentException"


@pytest.mark.parametrize("key", ["", "-1", "x", str(KEYS)])
def test_what_is_no_hash_key_is_refused(kinesis: LocalKinesis, key: str) -> None:
    kinesis.make(1)
    params = {"ShardToSplit": "shardId-000000000000", "NewStartingHashKey": key}
    assert kinesis.refused("SplitShard", StreamName="s", **params) == "ValidationException"


def test_only_neighbours_are_merged(kinesis: LocalKinesis) -> None:
    kinesis.make(3)
    a, b, c = (shard["ShardId"] for shard in kinesis.opened())
    far = {"ShardToMerge": a, "AdjacentShardToMerge": c}
    assert kinesis.refused("MergeShards", StreamName="s", **far) == "InvalidArgumentException"
    kinesis("MergeShards", StreamName="s", ShardToMerge=b, AdjacentShardToMerge=a)
    kinesis.settle()
    made = kinesis.opened()[0]
    assert (made["ParentShardId"], made["AdjacentParentShardId"]) == (a, b)


@pytest.mark.parametrize("target", [8, 7, 6, 4, 3])
def test_an_update_makes_equal_ranges_of_any_stream(kinesis: LocalKinesis, target: int) -> None:
    kinesis.make(4)
    uneven = {"ShardToSplit": "shardId-000000000001", "NewStartingHashKey": str(KEYS // 3)}
    kinesis("SplitShard", StreamName="s", **uneven)
    kinesis.settle()
    wanted = {"TargetShardCount": target, "ScalingType": "UNIFORM_SCALING"}
    kinesis("UpdateShardCount", StreamName="s", **wanted)
    kinesis.settle()
    found = kinesis.opened()
    assert_covered(found)
    widths = [end - start for start, end in ranges(found)]
    assert (len(widths), max(widths) - min(widths) <= 1) == (target, True)


@pytest.mark.parametrize(("count", "target"), [(4, 9), (4, 1), (5, 2), (4, 4)])
def test_more_than_double_or_less_than_half_is_refused(
    kinesis: LocalKinesis, count: int, target: int
) -> None:
    kinesis.make(count)
    params = {"TargetShardCount": target, "ScalingType": "UNIFORM_SCALING"}
    code = kinesis.refused("UpdateShardCount", StreamName="s", **params)
    assert code == "InvalidArgumentException"


def test_the_eleventh_update_in_a_day_is_refused(kinesis: LocalKinesis, clock: Clock) -> None:
    kinesis.make(2)
    scaling = {"StreamName": "s", "ScalingType": "UNIFORM_SCALING"}
    for number in range(10):
        kinesis("UpdateShardCount", TargetShardCount=3 - number % 2, **scaling)
        kinesis.settle()
    refused = kinesis.refused("UpdateShardCount", TargetShardCount=3, **scaling)
    assert refused == "LimitExceededException"
    clock.advance(86_400)
    kinesis("UpdateShardCount", TargetShardCount=3, **scaling)


def test_the_accounts_shard_limit_holds(kinesis: LocalKinesis) -> None:
    kinesis.make(20_000, name="big")
    kinesis("CreateStream", StreamName="none", StreamModeDetails={"StreamMode": "ON_DEMAND"})
    more = {"StreamName": "more", "ShardCount": 1}
    assert kinesis.refused("CreateStream", **more) == "LimitExceededException"
    limits = kinesis("DescribeLimits")
    assert (limits["OpenShardCount"], limits["ShardLimit"]) == (20_000, 20_000)


def test_pages_of_shards_follow_a_token_alone(kinesis: LocalKinesis) -> None:
    kinesis.make(2_500)
    page = kinesis("ListShards", StreamName="s", MaxResults=10_000)
    assert len(page["Shards"]) == 1_000
    token = page["NextToken"]
    both = {"StreamName": "s", "NextToken": token}
    assert kinesis.refused("ListShards", **both) == "InvalidArgumentException"
    assert len(kinesis("ListShards", NextToken=token)["Shards"]) == 1_000
    kinesis.clock.advance(301)
    assert kinesis.refused("ListShards", NextToken=token) == "ExpiredNextTokenException"


def test_filters_choose_shards_by_when_they_were_open(kinesis: LocalKinesis, clock: Clock) -> None:
    kinesis.make(1)
    clock.advance(100)
    before = clock()
    kinesis(
        "SplitShard", StreamName="s", ShardToSplit="shardId-000000000000", NewStartingHashKey="9"
    )
    clock.advance(100)

    def ids(kind: str, **more: Any) -> list[int]:
        found = kinesis.shards(ShardFilter={"Type": kind, **more})
        return [int(shard["ShardId"][-3:]) for shard in found]

    assert ids("AT_LATEST") == [1, 2]
    assert ids("FROM_TRIM_HORIZON") == [0, 1, 2]
    assert ids("AT_TRIM_HORIZON") == [0]
    assert ids("AFTER_SHARD_ID", ShardId="shardId-000000000000") == [1, 2]
    assert ids("AT_TIMESTAMP", Timestamp=before) == [0]
    assert ids("FROM_TIMESTAMP", Timestamp=clock()) == [1, 2]


def test_a_closed_shard_ends_with_its_children(kinesis: LocalKinesis) -> None:
    kinesis.make(1)
    kinesis.put("k")
    kinesis(
        "SplitShard", StreamName="s", ShardToSplit="shardId-000000000000", NewStartingHashKey="9"
    )
    kinesis.settle()
    page = kinesis.read("shardId-000000000000")
    assert len(page["Records"]) == 1
    assert "NextShardIterator" not in page
    assert [child["ShardId"][-1] for child in page["ChildShards"]] == ["1", "2"]


def test_records_go_where_their_key_falls(kinesis: LocalKinesis) -> None:
    kinesis.make(2)
    low = kinesis.put("any", ExplicitHashKey="0")
    high = kinesis.put("any", ExplicitHashKey=str(KEYS - 1))
    assert [low["ShardId"][-1], high["ShardId"][-1]] == ["0", "1"]
    assert int(high["SequenceNumber"]) > int(low["SequenceNumber"])


def test_iterators_begin_where_they_are_asked_to(kinesis: LocalKinesis, clock: Clock) -> None:
    kinesis.make(1)
    first = kinesis.put("k", "MQ==")["SequenceNumber"]
    clock.advance(10)
    kinesis.put("k", "Mg==")
    shard = "shardId-000000000000"

    def data(kind: str, **params: Any) -> list[str]:
        clock.advance(1)
        return [record["Data"] for record in kinesis.read(shard, kind, **params)["Records"]]

    assert data("TRIM_HORIZON") == ["MQ==", "Mg=="]
    assert data("AT_SEQUENCE_NUMBER", StartingSequenceNumber=first) == ["MQ==", "Mg=="]
    assert data("AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=first) == ["Mg=="]
    assert data("AT_TIMESTAMP", Timestamp=clock() - 8) == ["Mg=="]
    assert data("LATEST") == []


def test_an_iterator_expires_after_five_minutes(kinesis: LocalKinesis, clock: Clock) -> None:
    kinesis.make(1)
    iterator = kinesis(
        "GetShardIterator",
        StreamName="s",
        ShardId="shardId-000000000000",
        ShardIteratorType="LATEST",
    )["ShardIterator"]
    clock.advance(301)
    refused = kinesis.refused("GetRecords", ShardIterator=iterator)
    assert refused == "ExpiredIteratorException"


def test_a_reader_behind_is_told_how_far(kinesis: LocalKinesis, clock: Clock) -> None:
    kinesis.make(1)
    kinesis.put("k")
    kinesis.put("k")
    clock.advance(7)
    iterator = kinesis(
        "GetShardIterator",
        StreamName="s",
        ShardId="shardId-000000000000",
        ShardIteratorType="TRIM_HORIZON",
    )["ShardIterator"]
    page = kinesis("GetRecords", ShardIterator=iterator, Limit=1)
    assert page["MillisBehindLatest"] == 7_000
    rest = kinesis("GetRecords", ShardIterator=page["NextShardIterator"])
    assert rest["MillisBehindLatest"] == 0


def test_a_shard_takes_a_thousand_records_a_second(kinesis: LocalKinesis, clock: Clock) -> None:
    kinesis.make(1)
    clock.now = float(int(clock.now) + 5)
    records = [{"PartitionKey": "k", "Data": "eA=="}] * 500
    for _ in range(2):
        assert kinesis("PutRecords", StreamName="s", Records=records)["FailedRecordCount"] == 0
    answer = kinesis("PutRecords", StreamName="s", Records=records)
    assert answer["FailedRecordCount"] == 500
    assert answer["Records"][0]["ErrorCode"] == "ProvisionedThroughputExceededException"
    clock.advance(1)
    assert kinesis("PutRecords", StreamName="s", Records=records)["FailedRecordCount"] == 0


def test_a_shard_is_read_five_times_a_second(kinesis: LocalKinesis) -> None:
    kinesis.make(1)
    iterator = kinesis(
        "GetShardIterator",
        StreamName="s",
        ShardId="shardId-000000000000",
        ShardIteratorType="LATEST",
    )["ShardIterator"]
    for _ in range(5):
        kinesis("GetRecords", ShardIterator=iterator)
    refused = kinesis.refused("GetRecords", ShardIterator=iterator)
    assert refused == "ProvisionedThroughputExceededException"


def test_records_and_closed_shards_end_with_the_retention(
    kinesis: LocalKinesis, clock: Clock
) -> None:
    kinesis.make(1)
    kinesis.put("k")
    kinesis(
        "SplitShard", StreamName="s", ShardToSplit="shardId-000000000000", NewStartingHashKey="9"
    )
    clock.advance(25 * 3_600)
    kinesis.region.advance(clock())
    assert [shard["ShardId"][-1] for shard in kinesis.shards()] == ["1", "2"]


def test_the_retention_goes_up_and_down_within_its_bounds(kinesis: LocalKinesis) -> None:
    kinesis.make(1)
    kinesis("IncreaseStreamRetentionPeriod", StreamName="s", RetentionPeriodHours=48)
    kinesis.settle()
    for operation, hours in [
        ("IncreaseStreamRetentionPeriod", 24),
        ("IncreaseStreamRetentionPeriod", 8_761),
        ("DecreaseStreamRetentionPeriod", 23),
        ("DecreaseStreamRetentionPeriod", 72),
    ]:
        params = {"StreamName": "s", "RetentionPeriodHours": hours}
        assert kinesis.refused(operation, **params) == "InvalidArgumentException"


def test_an_on_demand_stream_is_not_resharded_by_hand(kinesis: LocalKinesis) -> None:
    kinesis.make(1)
    arn = kinesis("DescribeStreamSummary", StreamName="s")["StreamDescriptionSummary"]["StreamARN"]
    switch = {"StreamARN": arn, "StreamModeDetails": {"StreamMode": "ON_DEMAND"}}
    kinesis("UpdateStreamMode", **switch)
    kinesis.settle()
    shard = {"ShardToSplit": "shardId-000000000000", "NewStartingHashKey": "9"}
    assert kinesis.refused("SplitShard", StreamName="s", **shard) == "ValidationException"
    count = {"TargetShardCount": 2, "ScalingType": "UNIFORM_SCALING"}
    assert kinesis.refused("UpdateShardCount", StreamName="s", **count) == "ValidationException"


def test_the_mode_is_switched_twice_a_day(kinesis: LocalKinesis) -> None:
    kinesis.make(1)
    arn = kinesis("DescribeStreamSummary", StreamName="s")["StreamDescriptionSummary"]["StreamARN"]
    for mode in ("ON_DEMAND", "PROVISIONED"):
        kinesis("UpdateStreamMode", StreamARN=arn, StreamModeDetails={"StreamMode": mode})
        kinesis.settle()
    again = {"StreamARN": arn, "StreamModeDetails": {"StreamMode": "ON_DEMAND"}}
    assert kinesis.refused("UpdateStreamMode", **again) == "LimitExceededException"


def test_consumers_come_and_go_in_a_while(kinesis: LocalKinesis) -> None:
    kinesis.make(1)
    arn = kinesis("DescribeStreamSummary", StreamName="s")["StreamDescriptionSummary"]["StreamARN"]
    named = {"StreamARN": arn, "ConsumerName": "c"}
    made = kinesis("RegisterStreamConsumer", **named)["Consumer"]
    assert made["ConsumerStatus"] == "CREATING"
    assert kinesis.refused("RegisterStreamConsumer", **named) == "ResourceInUseException"
    kinesis.settle()
    (seen,) = kinesis("ListStreamConsumers", StreamARN=arn)["Consumers"]
    assert seen["ConsumerStatus"] == "ACTIVE"
    kinesis("DeregisterStreamConsumer", **named)
    kinesis.settle()
    assert kinesis("ListStreamConsumers", StreamARN=arn)["Consumers"] == []


def test_splits_are_five_a_second(kinesis: LocalKinesis) -> None:
    def taken() -> int:
        """How many of a dozen calls at once are let through."""
        passed = 0
        for _ in range(12):
            with suppress(AwsError):
                kinesis.region.count_call("SplitShard")
                passed += 1
        return passed

    assert taken() == 5
    with pytest.raises(AwsError) as refused:
        kinesis.region.count_call("SplitShard")
    assert refused.value.code == "LimitExceededException"
    kinesis.clock.advance(0.9)
    assert taken() == 4
    kinesis.clock.advance(60)
    assert taken() == 5


def test_over_http_calls_beyond_the_rate_are_refused(client: Make) -> None:
    kinesis = client("kinesis")

    def ask_all_the_time() -> None:
        for _ in range(100):  # one a second is allowed
            kinesis.describe_limits()

    with pytest.raises(kinesis.exceptions.LimitExceededException):
        ask_all_the_time()


def test_over_http_a_stream_lives_from_creation_to_deletion(client: Make) -> None:
    kinesis = client("kinesis", attempts=5)
    name = f"life-{uuid.uuid4().hex[:6]}"
    kinesis.create_stream(StreamName=name, ShardCount=1, Tags={"awsops:sandbox-seconds": "0.05"})
    kinesis.get_waiter("stream_exists").wait(
        StreamName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 10}
    )
    kinesis.put_records(StreamName=name, Records=[{"Data": b"\x00\xff", "PartitionKey": "k"}] * 3)
    iterator = kinesis.get_shard_iterator(
        StreamName=name, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    records = kinesis.get_records(ShardIterator=iterator)["Records"]
    assert [record["Data"] for record in records] == [b"\x00\xff"] * 3
    kinesis.delete_stream(StreamName=name)
    until = time.monotonic() + 10
    while name in kinesis.list_streams(Limit=1_000)["StreamNames"] and time.monotonic() < until:
        time.sleep(0.25)
    with pytest.raises(kinesis.exceptions.ResourceNotFoundException):
        kinesis.describe_stream_summary(StreamName=name)


def test_cloudtrail_tells_of_updates(client: Make) -> None:
    kinesis, trail = client("kinesis", attempts=5), client("cloudtrail")
    name = f"trail-{uuid.uuid4().hex[:6]}"
    kinesis.create_stream(StreamName=name, ShardCount=1, Tags={"awsops:sandbox-seconds": "0"})
    kinesis.describe_stream_summary(StreamName=name)
    kinesis.update_shard_count(StreamName=name, TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    attributes = [{"AttributeKey": "EventName", "AttributeValue": "UpdateShardCount"}]
    events = trail.lookup_events(LookupAttributes=attributes)["Events"]
    assert any(name in event["CloudTrailEvent"] for event in events)


def test_accounts_and_regions_do_not_see_each_others_streams(client: Make) -> None:
    name = f"mine-{uuid.uuid4().hex[:6]}"
    client("kinesis", attempts=5).create_stream(StreamName=name, ShardCount=1)
    for other in (client("kinesis", account=1), client("kinesis", region="eu-north-1")):
        assert name not in other.list_streams(Limit=1_000)["StreamNames"]


def test_thousands_of_shards_are_doubled_at_once(kinesis: LocalKinesis) -> None:
    kinesis.make(3_000)
    scaling = {"TargetShardCount": 6_000, "ScalingType": "UNIFORM_SCALING"}
    kinesis("UpdateShardCount", StreamName="s", **scaling)
    kinesis.settle()
    stream = kinesis.region.streams["s"]
    assert [shard.start for shard in stream.ordered()] == [n * KEYS // 6_000 for n in range(6_000)]
    assert all(shard.parent is not None for shard in stream.ordered())
