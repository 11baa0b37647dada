"""Every function that lists values, asked on the sandbox for what it should give."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from awsops.completion.names import Name
from awsops.records import RunRecord
from awsops.testing import Result, Sandbox

Scope = tuple[tuple[str, str], ...]
Asked = Callable[..., list[Name]]


@pytest.fixture(scope="module", autouse=True)
def as_it_began(awsops_sandbox: Sandbox) -> None:
    awsops_sandbox.renew()


@pytest.mark.parametrize(
    ("kind", "scope", "expected"),
    [
        ("sqs:complete_queues", (), "orders"),
        ("sqs:complete_goals", (), "orders"),
        ("sqs:complete_settings", (("queue", "orders"),), "VisibilityTimeout="),
        (
            "sqs:complete_settings",
            (("queue", "orders"), ("stem", "VisibilityTimeout=")),
            "VisibilityTimeout=30",
        ),
        ("kinesis:complete_shards", (("stream", "clicks"),), "shardId-000000000001"),
        ("kinesis:complete_readable", (("stream", "clicks"),), "shardId-000000000000"),
        (
            "kinesis:complete_neighbours",
            (("stream", "clicks"), ("shard", "2")),
            "shardId-000000000001",
        ),
        ("kinesis:complete_modes", (), "on-demand"),
        ("lambda:complete_aliases", (), "orders:live"),
        ("lambda:complete_aliases", (("stem", "orders:"),), "orders:live"),
        ("lambda:complete_qualified", (), "orders"),
        ("lambda:complete_qualified", (("stem", "orders:"),), "orders:live"),
        ("lambda:complete_versions", (("alias", "orders:live"),), "1"),
        ("lambda:complete_new_versions", (("aliases", "orders:live"),), "latest-published"),
        ("lambda:complete_new_versions", (("aliases", "orders:live"),), "2"),
        ("lambda:complete_strategies", (), "Linear10PercentEvery1Minute"),
        ("logs:complete_retentions", (), "365"),
        ("sandbox:complete_faults", (), "throttle="),
        ("recipe:complete_faults", (("stem", "error=0.1,"),), "error=0.1,seed="),
        ("ecr:complete_repositories", (), "payments"),
        ("ecr:complete_references", (), "payments:"),
        ("ecr:complete_goals", (), "payments"),
        ("ecr:complete_tools", (), "docker"),
        ("logs:complete_groups", (), "/demo/orders-api"),
        ("logs:complete_saved", (), "@vpc-top-rejected"),
        ("recipe:complete_parameters", (("name", "redrive-dlq"),), "dlq="),
        ("recipe:complete_steps", (("name", "redrive-dlq"),), "redrive"),
        ("config:complete_values", (("key", "defaults.region"),), "eu-west-1"),
        ("auth:complete_roles", (), "arn:aws:iam::222222222222:role/ops"),
        ("auth:complete_devices", (), "arn:aws:iam::111111111111:mfa/demo"),
        ("lambda:complete_alarms", (), "orders-live-errors"),
        ("lambda:complete_statements", (("function", "orders"),), "shop-api"),
        ("lambda:complete_triggers", (("function", "orders"),), "orders"),
        ("help:complete_verbs", (("topic", "sqs"),), "redrive"),
    ],
)
def test_what_is_there_is_listed(asked: Asked, kind: str, scope: Scope, expected: str) -> None:
    assert expected in [name.value for name in asked(kind, *scope)]


@pytest.mark.parametrize(
    ("kind", "scope"),
    [
        ("sandbox:complete_sandboxes", ()),
        ("history:complete_changing_runs", ()),
        ("recipe:complete_changing_runs", ()),
        ("lambda:complete_deployment_groups", ()),  # of which application?
        ("lambda:complete_service_roles", ()),
        ("history:complete_accounts", ()),
        ("history:complete_services", ()),
        ("logs:complete_buckets", ()),
        ("logs:complete_exports", ()),
        ("logs:complete_running", ()),
        ("logs:complete_tasks", ()),
        ("kinesis:complete_runs", (("stream", "clicks"),)),
        ("sqs:complete_redrives", (("dlq", "orders-dlq"),)),
        ("lambda:complete_shifts", (("aliases", "orders:live"),)),
    ],
)
def test_where_there_is_nothing_nothing_is_listed_and_nothing_goes_wrong(
    asked: Asked, kind: str, scope: Scope
) -> None:
    assert asked(kind, *scope) == []


def test_queues_are_listed_from_where_the_messages_go(asked: Asked) -> None:
    goals = asked("sqs:complete_goals", ("to_profile", "demo-prod"))
    assert {name.value for name in goals} >= {"orders", "orders-dlq"}
    assert asked("sqs:complete_goals", ("to_region", "us-west-2")) == []


def test_images_are_listed_by_tag(asked: Asked, awsops: Callable[..., Result]) -> None:
    rows = awsops(["ecr", "images", "orders", "-p", "demo-dev", "-o", "json"]).rows
    tags = {tag for row in rows for tag in row["tags"]}
    assert tags
    assert tags <= {name.value for name in asked("ecr:complete_images", ("repository", "orders"))}
    found = asked("ecr:complete_references", ("stem", "orders:"))
    assert {name.value for name in found} == {f"orders:{tag}" for tag in tags}


def test_a_run_that_can_be_gone_on_with_is_listed_for_its_own_queue(
    asked: Asked, awsops_sandbox: Sandbox, tmp_path: Path
) -> None:
    account = "111111111111"
    folder = tmp_path / ".local/state/awsops/sqs"
    region = "eu-west-1"
    for name in (f"r-1.{account}.{region}.orders-dlq", f"r-2.{account}.{region}.orders"):
        RunRecord.begin(folder, name, {}, keep_seconds=60).close(finished=False)
    found = asked("sqs:complete_redrives", ("dlq", "orders-dlq"))
    assert [name.value for name in found] == ["r-1"]
    assert re.fullmatch(r"stopped \d{4}-\d\d-\d\d \d\d:\d\d UTC", found[0].detail)


def test_a_run_that_is_at_work_is_not_listed(asked: Asked, tmp_path: Path) -> None:
    folder, name = tmp_path / ".local/state/awsops/sqs", "r-1.111111111111.eu-west-1.orders-dlq"
    record = RunRecord.begin(folder, name, {}, keep_seconds=60)
    try:
        assert asked("sqs:complete_redrives", ("dlq", "orders-dlq")) == []
    finally:
        record.close(finished=False)
