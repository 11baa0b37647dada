"""What a run tells of its calls when it is asked to: `-v`, and AWSOPS_CALLS_FILE."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from awsops.testing import Result

if TYPE_CHECKING:
    from tests.conftest import Answer, Call, Loopback

LOOK = """
    @command()
    def look(aws: Aws):
        yield Row(str(aws.client("sqs").list_queues(QueueNamePrefix="o")))
        aws.client("iam").create_access_key(UserName="somebody")
    """


@pytest.fixture
def look(
    write_plugin: Callable[..., Path], cli: Callable[..., Result], loopback: Loopback
) -> Callable[..., Result]:
    """Asks for the queues, and then for a change that the gate refuses."""
    write_plugin("shop", LOOK)

    def run(*options: str, **environ: str) -> Result:
        one = {**loopback.accounts(["one"]), **environ}
        return cli(["shop", "look", "-p", "one", *options], one)

    return run


def answers(loopback: Loopback, *first: Callable[[Call], Answer]) -> None:
    """The first calls to list queues are answered so, those after them as usual."""
    left = list(first)

    def answer(call: Call) -> Answer:
        if call.operation == "ListQueues" and left:
            return left.pop(0)(call)
        return loopback.usual(call)

    loopback.answer = answer


def test_v_tells_each_call_with_its_status(look: Callable[..., Result]) -> None:
    assert "[one/eu-west-1] sqs:ListQueues -> 200\n" in look("-v").stderr


def test_v_tells_the_code_of_a_refusal(look: Callable[..., Result], loopback: Loopback) -> None:
    answers(loopback, lambda call: loopback.refusal(call, "AccessDenied", status=403))
    assert "sqs:ListQueues -> 403 AccessDenied\n" in look("-v").stderr


@pytest.mark.parametrize(("times", "told"), [(1, "1 retry"), (2, "2 retries")])
def test_v_tells_how_often_a_call_was_made_again(
    look: Callable[..., Result], loopback: Loopback, times: int, told: str
) -> None:
    answers(loopback, *[lambda call: (503, "{}")] * times)
    assert f"sqs:ListQueues -> 200, {told}\n" in look("-v", AWS_MAX_ATTEMPTS="3").stderr


def test_without_v_no_call_is_told(look: Callable[..., Result]) -> None:
    assert "ListQueues" not in look().stderr


def test_a_calls_file_has_every_call_with_its_region_and_parameters(
    look: Callable[..., Result], tmp_path: Path
) -> None:
    path = tmp_path / "calls.ndjson"
    look(AWSOPS_CALLS_FILE=str(path))
    assert [json.loads(line) for line in path.read_text().splitlines()] == [
        {"call": "sqs:ListQueues", "region": "eu-west-1", "params": {"QueueNamePrefix": "o"}},
        {"call": "iam:CreateAccessKey", "region": "eu-west-1", "params": {"UserName": "somebody"}},
    ]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_calls_file_that_cannot_be_written_ends_the_run_before_any_call(
    look: Callable[..., Result], loopback: Loopback, tmp_path: Path
) -> None:
    result = look(AWSOPS_CALLS_FILE=str(tmp_path / "nowhere" / "calls"))
    assert (result.exit_code, loopback.calls) == (2, [])
    assert "AWSOPS_CALLS_FILE" in result.stderr
