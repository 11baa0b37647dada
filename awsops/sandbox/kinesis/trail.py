"""What CloudTrail has written down of UpdateShardCount: how often it was called."""

from __future__ import annotations

from collections.abc import Sequence

from awsops.sandbox.accounts import USER
from awsops.sandbox.cloudtrail import Recorded, Recorder
from awsops.sandbox.kinesis.service import KinesisService

EVENT_NAME = "UpdateShardCount"


def shard_count_updates(kinesis: KinesisService) -> Recorder:
    """Who called is not kept: it is told as the account's demo user."""

    def recorded(account: str, region: str) -> Sequence[Recorded]:
        return [
            Recorded(
                at,
                "kinesis.amazonaws.com",
                f"arn:aws:iam::{account}:user/{USER}",
                {"streamName": name, "scalingType": "UNIFORM_SCALING"},
                [("AWS::Kinesis::Stream", name)],
            )
            for name, at in kinesis.update_counts(account, region)
        ]

    return recorded
