"""Changes over several accounts in waves, stopped by a breach, and taken back, on the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from awsops.errors import ExitCode
from awsops.testing import Result, Sandbox

Awsops = Callable[..., Result]
QUEUE = "in-waves"
BEFORE, AFTER = "30", "45"
TEXT = f"""
name: waves
summary: Set a queue's timeout everywhere, one account at a time.
targets: {{profiles: ["demo-dev", "demo-staging", "demo-prod"]}}
strategy: {{waves: [1, 1, rest], max_failures: MOST}}
steps:
  - id: note
    run: sqs attrs
    with: {{queue: orders, set: MaximumMessageSize=2048}}
    strategy: {{waves: [rest]}}
  - id: change
    run: sqs attrs
    with: {{queue: {QUEUE}, set: VisibilityTimeout={AFTER}s}}
    on_error: HOW
always:
  - {{id: look, run: sqs ls, with: {{pattern: "{QUEUE}*"}}}}
"""
Clients = dict[str, Any]


@pytest.fixture
def accounts(awsops_sandbox: Sandbox) -> Iterator[Clients]:
    """Plain clients of the three accounts; the queue is missing in demo-staging."""
    import botocore.session

    awsops_sandbox.renew()
    clients: Clients = {}
    for profile in ("demo-dev", "demo-staging", "demo-prod"):
        session = botocore.session.Session(profile=profile)
        session.set_config_variable("config_file", str(awsops_sandbox.info.config_file))
        session.set_config_variable("credentials_file", str(awsops_sandbox.info.credentials_file))
        clients[profile] = session.create_client(
            "sqs", "eu-west-1", endpoint_url=awsops_sandbox.endpoint
        )
    for profile in ("demo-dev", "demo-prod"):
        clients[profile].create_queue(QueueName=QUEUE, Attributes={"VisibilityTimeout": BEFORE})
    yield clients
    awsops_sandbox.renew()


@pytest.fixture
def run(awsops: Awsops, tmp_path: Path) -> Callable[..., Result]:
    """`run(most=0, how="stop")`: the recipe with that many failures allowed."""

    def run_it(*, most: int, how: str) -> Result:
        path = tmp_path / "waves.yaml"
        path.write_text(TEXT.replace("MOST", str(most)).replace("HOW", how))
        return awsops(["recipe", "run", str(path), "-y", "-o", "ndjson"])

    return run_it


def attribute(clients: Clients, profile: str, queue: str, name: str) -> str:
    url = clients[profile].get_queue_url(QueueName=queue)["QueueUrl"]
    found = clients[profile].get_queue_attributes(QueueUrl=url, AttributeNames=[name])
    return str(found["Attributes"][name])


def timeouts(clients: Clients) -> list[str]:
    """Of the queue in demo-dev and in demo-prod."""
    return [
        attribute(clients, profile, QUEUE, "VisibilityTimeout")
        for profile in ("demo-dev", "demo-prod")
    ]


def run_id(home: Path) -> str:
    (record,) = (home / ".local/state/awsops/recipe").glob("*.ndjson")
    return record.stem


def test_a_breach_in_wave_two_keeps_wave_three_from_beginning(
    run: Callable[..., Result], accounts: Clients
) -> None:
    result = run(most=0, how="stop")
    assert result.exit_code == ExitCode.NOT_FOUND, result.stderr
    assert timeouts(accounts) == [AFTER, BEFORE]
    assert "wave 2 of 3: demo-staging/eu-west-1" in result.stderr
    assert "wave 3" not in result.stderr
    (look,) = [row for row in result.rows if row.get("step") == "look"]
    assert (look["rows"], look["detail"]) == (2, "clean-up after change")


def test_a_failure_that_is_allowed_leaves_its_target_behind(
    run: Callable[..., Result], accounts: Clients
) -> None:
    result = run(most=1, how="stop")
    assert result.exit_code == ExitCode.PARTIAL, result.stderr
    assert timeouts(accounts) == [AFTER, AFTER]
    assert "left behind: demo-staging/eu-west-1" in result.stderr


def test_a_breach_rolls_back_what_the_run_changed_in_every_account(
    run: Callable[..., Result], accounts: Clients, awsops: Awsops, tmp_path: Path
) -> None:
    sizes = [attribute(accounts, p, "orders", "MaximumMessageSize") for p in accounts]
    result = run(most=0, how="rollback")
    assert result.exit_code == ExitCode.NOT_FOUND
    assert timeouts(accounts) == [BEFORE, BEFORE]
    assert [attribute(accounts, p, "orders", "MaximumMessageSize") for p in accounts] == sizes
    assert result.stderr.count("undone: ") == 4, result.stderr
    report = awsops(["recipe", "report", run_id(tmp_path)]).stdout
    assert "# waves: failed and rolled back" in report
    assert "## Rollback" in report


def test_a_run_that_was_rolled_back_is_not_resumed(
    run: Callable[..., Result], accounts: Clients, awsops: Awsops, tmp_path: Path
) -> None:
    assert "recipe resume" not in run(most=0, how="rollback").stderr
    refused = awsops(["recipe", "resume", run_id(tmp_path), "-y"])
    assert refused.exit_code == ExitCode.USAGE
    assert "was rolled back" in refused.stderr
    assert timeouts(accounts) == [BEFORE, BEFORE]


def test_a_run_that_a_breach_stopped_goes_on_with_the_accounts_that_are_left(
    run: Callable[..., Result], accounts: Clients, awsops: Awsops, tmp_path: Path
) -> None:
    assert run(most=0, how="stop").exit_code == ExitCode.NOT_FOUND
    url = accounts["demo-dev"].get_queue_url(QueueName=QUEUE)["QueueUrl"]
    accounts["demo-dev"].set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "60"})
    accounts["demo-staging"].create_queue(QueueName=QUEUE)
    resumed = awsops(["recipe", "resume", run_id(tmp_path), "-y"])
    assert resumed.exit_code == 0, resumed.stderr
    assert timeouts(accounts) == ["60", AFTER]  # demo-dev was done and is left alone
    assert attribute(accounts, "demo-staging", QUEUE, "VisibilityTimeout") == AFTER


def test_where_a_step_has_succeeded_it_is_not_done_again_after_others_failed(
    accounts: Clients, awsops: Awsops, tmp_path: Path
) -> None:
    path = tmp_path / "send.yaml"
    path.write_text(
        "name: send\nsummary: s\nsteps:\n"
        f"  - {{id: send, run: sqs send, with: {{queue: {QUEUE}, body: once}}, show: true}}\n"
    )
    first = awsops(["recipe", "run", str(path), "-p", "demo-*", "-y"])
    assert first.exit_code == ExitCode.PARTIAL, first.stderr
    accounts["demo-staging"].create_queue(QueueName=QUEUE)
    resumed = awsops(["recipe", "resume", run_id(tmp_path), "-y"])
    assert resumed.exit_code == 0, resumed.stderr
    assert "done before in demo-dev/eu-west-1, demo-prod/eu-west-1" in resumed.stderr
    rows = awsops(["sqs", "ls", QUEUE, "-p", "demo-*"]).rows
    assert [row["visible"] for row in rows] == [1, 1, 1]
    assert {row["profile"] for row in resumed.rows} == {"demo-dev", "demo-staging", "demo-prod"}
