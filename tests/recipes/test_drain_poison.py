"""The shipped runbook drain-poison, on three sandbox accounts, on good days and on bad ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from awsops.sandbox.control import set_chaos
from awsops.sandbox.seed import seed
from awsops.testing import Result, Sandbox
from tests.plugins.sqs.on_sandbox import Queues, queues

__all__ = ["queues"]

MESSAGES = 40
RUN = ["recipe", "run", "drain-poison", "-p", "demo-*"]


@pytest.fixture
def seeded(awsops_sandbox: Sandbox) -> Iterator[Sandbox]:
    seed(awsops_sandbox.info, messages=MESSAGES)
    yield awsops_sandbox
    set_chaos(awsops_sandbox.info, "")


def lines(folder: Path) -> dict[str, list[str]]:
    """The ids in each file, by the file's name."""
    return {
        path.name: [json.loads(line)["message_id"] for line in path.read_text().splitlines()]
        for path in sorted(folder.glob("*.ndjson"))
    }


# By this seed calls before the plan are struck, and none as often as botocore would try it, however
# the accounts race one another; what is called after it is tried for as long as it takes.
@pytest.mark.parametrize("weather", ["", "throttle=0.1,error=0.05,seed=366"], ids=["good", "bad"])
def test_poison_goes_into_a_file_for_each_account_and_the_rest_stays(
    awsops: Callable[..., Result], seeded: Sandbox, tmp_path: Path, weather: str
) -> None:
    set_chaos(seeded.info, weather)
    file = str(tmp_path / "{account}.ndjson")
    done = awsops([*RUN, "--set", f"file={file}", "-y"])
    set_chaos(seeded.info, "")
    assert done.exit_code == 0, done.stderr
    drained = {row["profile"]: row["drained"] for row in done.rows}
    assert set(drained) == {"demo-dev", "demo-staging", "demo-prod"}
    found = lines(tmp_path)
    assert {name: len(set(ids)) for name, ids in found.items()} == {
        "111111111111.ndjson": drained["demo-dev"],
        "222222222222.ndjson": drained["demo-staging"],
        "333333333333.ndjson": drained["demo-prod"],
    }
    assert all(count > 0 for count in drained.values())
    left = awsops(["sqs", "ls", "orders-dlq", "-p", "demo-*"]).rows
    assert {row["profile"]: row["visible"] for row in left} == {
        profile: MESSAGES - count for profile, count in drained.items()
    }


def test_a_queue_that_others_hold_is_not_called_drained(
    awsops: Callable[..., Result], seeded: Sandbox, queues: Queues, tmp_path: Path
) -> None:
    url = queues.client.get_queue_url(QueueName="orders-dlq")["QueueUrl"]
    while queues.client.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=600
    ).get("Messages"):
        pass
    file = str(tmp_path / "{account}.ndjson")
    done = awsops([*RUN, "--set", f"file={file}", "-y"])
    assert done.exit_code == 1, done.stderr
    assert "messages of orders-dlq were in flight or delayed" in done.stderr
    assert set(lines(tmp_path)) == {"222222222222.ndjson", "333333333333.ndjson"}


def test_a_rehearsal_writes_and_deletes_nothing(
    awsops: Callable[..., Result], seeded: Sandbox, tmp_path: Path
) -> None:
    file = str(tmp_path / "{account}.ndjson")
    done = awsops([*RUN, "--set", f"file={file}", "--dry-run"])
    assert done.exit_code == 0, done.stderr
    assert lines(tmp_path) == {}
    left = awsops(["sqs", "ls", "orders-dlq", "-p", "demo-*"]).rows
    assert [row["visible"] for row in left] == [MESSAGES] * 3
