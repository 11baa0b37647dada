"""docs/iam.md names every action that a command needs: its tables are made from the source, and the
calls of real runs are among them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from awsops.recipe.permissions import actions_of
from awsops.testing import Result, Sandbox
from release.iam import PAGE, needed, policy_to_look, renewed
from release.reaching import ROOT, SERVICES

# What the kernel asks in every run; the page tells it once.
_KERNEL = {"sts:GetCallerIdentity", "iam:ListAccountAliases"}
# Not under a policy of IAM: signing in to IAM Identity Center.
_WITHOUT_POLICY = {"sso", "sso-oidc"}
_LINES = (
    "sqs ls orders --age",
    "sqs peek orders-dlq -n 3",
    "sqs redrive orders-dlq --max 20 -y",
    "sqs redrive orders-dlq --engine aws -y",
    "sqs moves orders-dlq",
    "sqs attrs orders --set VisibilityTimeout=40 -y",
    "sqs send orders hello -y",
    "kinesis shards clicks --heat 5m",
    "kinesis split clicks 2 --dry-run",
    "kinesis retention clicks 72h -y",
    "lambda config orders",
    "lambda shift orders:live --to 3 --all-at-once -y",
    "lambda stop payments -y",
    "lambda triggers orders",
    "lambda prune payments --keep 3 --dry-run",
    "logs query fields\\ @message -g /demo/orders-api --since 1h",
    "logs retention /demo/orders-api --days 30 -y",
    "ecr images orders",
    "ecr prune orders --keep 3 --dry-run",
    "ecr findings orders 1.12.0",
    "creds report",
    "creds rotate --dry-run",
)


def test_the_page_is_made_from_todays_source() -> None:
    page = PAGE.read_text()
    assert renewed(page) == page, "renew with `make docs`"


@pytest.fixture(scope="module", autouse=True)
def fresh(awsops_sandbox: Sandbox) -> None:
    awsops_sandbox.renew()


@pytest.mark.parametrize("line", _LINES)
def test_what_a_run_calls_stands_on_the_page(
    line: str, awsops: Callable[..., Result], tmp_path: Path
) -> None:
    noun, verb, *rest = (word.replace("\0", " ") for word in line.replace("\\ ", "\0").split())
    file = tmp_path / "calls.ndjson"
    result = awsops([noun, verb, *rest], environ={"AWSOPS_CALLS_FILE": str(file)})
    assert result.exit_code == 0, result.stderr
    made = {json.loads(entry)["call"] for entry in file.read_text().splitlines()} - _KERNEL
    assert made, "nothing was called"
    (known,) = [each for each in needed() if (each.noun, each.verb) == (noun, verb)]
    assert made <= known.before | known.after


def test_every_service_that_a_command_calls_is_looked_at() -> None:
    text = "".join(path.read_text() for path in sorted((ROOT / "plugins").rglob("*.py")))
    called = set(re.findall(r"\bclients?\(\s*\"([a-z0-9-]+)\"", text))
    assert called - _WITHOUT_POLICY <= SERVICES


def test_the_policy_to_look_allows_nothing_that_a_plan_would_show() -> None:
    (text,) = re.findall(r"```json\n(.*)```", policy_to_look(), re.DOTALL)
    allowed = set(json.loads(text)["Statement"][0]["Action"])
    changing = {call for each in needed() for call in each.after}
    looking = {call for each in needed() for call in each.before}
    assert {actions_of(call)[0] for call in changing - looking} & allowed == set()
    unwanted = {"sqs:DeleteMessage", "sqs:SendMessage", "lambda:InvokeFunction", "sts:AssumeRole"}
    assert unwanted & allowed == set()


@pytest.mark.parametrize(
    ("call", "actions"),
    [
        ("sts:GetCallerIdentity", ()),
        ("lambda:Invoke", ("lambda:InvokeFunction",)),
        ("sqs:SendMessageBatch", ("sqs:SendMessage",)),
        ("codedeploy:CreateDeploymentGroup", ("codedeploy:CreateDeploymentGroup", "iam:PassRole")),
    ],
)
def test_actions_have_the_names_of_iam(call: str, actions: tuple[str, ...]) -> None:
    assert actions_of(call) == actions
