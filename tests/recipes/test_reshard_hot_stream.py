"""The shipped reshard-hot-stream, rehearsed on the sandbox's demo streams."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from awsops.testing import Result, Sandbox

RUN = ["recipe", "run", "reshard-hot-stream", "-p", "demo-staging", "--set", "stream=clicks"]
HOT = "shardId-000000000002"  # the home of customer-042


@pytest.fixture(autouse=True)
def seeded(awsops_sandbox: Sandbox) -> None:
    awsops_sandbox.renew()


def shards(awsops: Callable[..., Result]) -> list[str]:
    rows = awsops(["kinesis", "shards", "clicks", "-p", "demo-staging"]).rows
    return [row["shard_id"] for row in rows]


def test_the_hottest_shard_is_split(awsops: Callable[..., Result]) -> None:
    result = awsops([*RUN, "--set", "hot_at=0.05", "--set", "into=3", "-y"])
    assert result.exit_code == 0, result.stderr
    assert "2 checks passed" in result.stderr
    assert len(shards(awsops)) == 7
    assert HOT not in shards(awsops)


def test_a_hot_key_gets_a_shard_of_its_own(awsops: Callable[..., Result]) -> None:
    result = awsops([*RUN, "--set", "hot_at=0.05", "--set", "key=customer-042", "-y"])
    assert result.exit_code == 0, result.stderr
    assert len(shards(awsops)) == 7


def test_a_stream_that_is_not_hot_is_left_alone(awsops: Callable[..., Result]) -> None:
    result = awsops([*RUN, "-y"])
    assert result.exit_code == 0, result.stderr
    assert len(shards(awsops)) == 5


def test_a_rehearsal_shows_the_heat_and_changes_nothing(awsops: Callable[..., Result]) -> None:
    result = awsops([*RUN, "--set", "hot_at=0.05", "--dry-run"])
    assert result.exit_code == 0, result.stderr
    assert f"hottest: {HOT}" in result.stderr
    assert [row["detail"] for row in result.rows if row.get("action") == "split"] == [HOT]
    assert HOT in shards(awsops)
