"""A command with a second account: the same gate, the same plan, and the journal's own words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from awsops.testing import Result, Sandbox

PLUGIN = '''
"""Works in two accounts."""

from collections.abc import Iterator
from dataclasses import dataclass

from awsops.api import Annotated, Aws, Change, Option, Plan, command
from awsops.elsewhere import elsewhere


@dataclass(frozen=True, slots=True)
class Row:
    here: str
    there: str


@command(mutates=True)
def make(
    aws: Aws,
    early: Annotated[bool, Option(help="Before the plan.")] = False,
    empty: Annotated[bool, Option(help="With a plan without changes.")] = False,
) -> Iterator[Plan | Row]:
    """Make a queue in the other account."""
    other = elsewhere(aws, profile="demo-staging", region=None)
    if early:
        other.client("sqs").create_queue(QueueName="elsewhere-early")
    yield Plan(() if empty else (Change("make", "a queue", why_no_undo="a test"),))
    other.client("sqs").create_queue(QueueName="elsewhere-made")
    yield Row(aws.client("sts").get_caller_identity()["Account"], other.identity().account)
'''


@pytest.fixture(autouse=True)
def left_as_it_was(awsops_sandbox: Sandbox) -> Iterator[None]:
    yield
    awsops_sandbox.renew()


@pytest.fixture
def both(awsops: Callable[..., Result], tmp_path: Path) -> Callable[..., Result]:
    folder = tmp_path / ".config/awsops/plugins"
    folder.mkdir(parents=True)
    (folder / "both.py").write_text(PLUGIN)
    return lambda *words, **options: awsops(["both", "make", *words, "-p", "demo-dev"], **options)


def queues(awsops: Callable[..., Result], profile: str) -> list[str]:
    return [row["name"] for row in awsops(["sqs", "ls", "elsewhere-*", "-p", profile]).rows]


def test_the_other_account_is_changed_and_journalled_under_its_own_number(
    both: Any, awsops: Callable[..., Result]
) -> None:
    done = both("-y")
    assert done.rows == [{"here": "111111111111", "there": "222222222222"}], done.stderr
    assert queues(awsops, "demo-staging") == ["elsewhere-made"]
    assert queues(awsops, "demo-dev") == []
    (run,) = awsops(["history", "ls"]).rows
    calls = awsops(["history", "show", run["run"]]).rows
    assert [row["account"] for row in calls if row.get("operation") == "CreateQueue"] == [
        "222222222222"
    ]


@pytest.mark.parametrize("words", [("--early", "-y"), ("--empty", "-y")])
def test_before_a_confirmed_plan_nothing_leaves_for_the_other_account_either(
    both: Any, awsops: Callable[..., Result], words: tuple[str, ...]
) -> None:
    before = queues(awsops, "demo-staging")
    done = both(*words)
    assert done.exit_code == 3
    assert "sqs:CreateQueue" in done.stderr
    assert queues(awsops, "demo-staging") == before


def test_a_protected_account_is_protected_from_elsewhere_too(
    awsops: Callable[..., Result], tmp_path: Path
) -> None:
    config = tmp_path / ".config/awsops/config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('protected = ["demo-staging"]\n')
    words = ["sqs", "redrive", "orders-dlq", "--to", "orders", "--to-profile", "demo-staging"]
    words += ["--max", "1", "-p", "demo-dev"]
    planned = awsops([*words, "--dry-run"])
    assert [(row["account"], row["action"]) for row in planned.rows] == [
        ("111111111111", "redrive"),
        ("222222222222", "send"),
    ], planned.stderr
    refused = awsops([*words, "-y"])
    assert (refused.exit_code, "demo-staging is protected" in refused.stderr) == (2, True)
    named = awsops([*words, "-y", "--yes-i-mean", "demo-staging"])
    assert named.rows[0]["moved"] == 1, named.stderr
