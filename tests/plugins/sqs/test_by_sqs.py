"""Redrives that SQS makes itself: one at a time, found again after a kill, and told why not."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from awsops_plugins.sqs.by_sqs import why_not_aws
from awsops_plugins.sqs.planning import plan_redrive
from awsops_plugins.sqs.queues import QueueRef, read_facts

from tests.plugins.sqs.on_sandbox import DEV, Queues, queues

__all__ = ["queues"]


@pytest.fixture
def slow(queues: Queues) -> tuple[str, str]:
    """A dead-letter queue of sixty and a queue beside it; `move` takes half a minute for them."""
    dlq = queues.make("dead")
    queues.make("orders", dlq="dead")
    queues.fill("dead", 60)
    return dlq, queues.make("triage")


@pytest.fixture
def move(awsops_sandbox: Any, process: Any, slow: tuple[str, str]) -> Callable[[], Any]:
    """A redrive by SQS in a process of its own, killed when it has moved something."""
    dlq, triage = slow

    def run(queues: Queues) -> None:
        argv = ["sqs", "redrive", dlq, "--to", triage, "--engine", "aws", "--rate", "2", "-y", *DEV]
        running = process(argv, environ=awsops_sandbox.environ)
        while queues.depth("triage")[0] < 1:
            assert running.poll() is None, running.communicate()
            time.sleep(0.02)
        running.kill()
        running.communicate()

    return run


def run_of(queue: str, awsops: Any) -> str:
    (row,) = [row for row in awsops(["history", "ls"]).rows if row["exit_code"] is None]
    return str(row["run"])


def test_a_task_that_is_under_way_is_named_before_anything_is_asked(
    awsops: Any, queues: Queues, slow: tuple[str, str], move: Any
) -> None:
    move(queues)
    again = awsops(["sqs", "redrive", slow[0], "--to", slow[1], "--engine", "aws", "-y", *DEV])
    assert again.exit_code == 1
    assert f"a move task of {slow[0]} is under way" in again.stderr
    assert f"awsops sqs cancel {slow[0]}" in again.stderr
    assert "Plan:" not in again.stderr


def test_our_own_engine_warns_of_a_task_that_is_under_way(
    awsops: Any, queues: Queues, slow: tuple[str, str], move: Any
) -> None:
    move(queues)
    planned = awsops(["sqs", "redrive", slow[0], "--engine", "client", "--dry-run", *DEV])
    assert f"a move task of SQS moves messages of {slow[0]} at the same time" in planned.stderr


def test_a_killed_run_is_watched_on_to_the_end_of_its_task(
    awsops: Any, queues: Queues, slow: tuple[str, str], move: Any
) -> None:
    move(queues)
    run = run_of(slow[0], awsops)
    assert awsops(["sqs", "cancel", slow[0], "-y", *DEV]).exit_code == 0
    moved = queues.depth("triage")[0]
    again = awsops(["sqs", "redrive", slow[0], "--resume", run, "-y", *DEV])
    assert (again.rows[0]["run"], again.rows[0]["moved"]) == (run, moved)
    assert again.rows[0]["rate"] == 0  # while it was watched
    assert "somebody cancelled the move task" in again.stderr
    assert f"--engine aws --to {slow[1]}" in again.stderr  # the command that moves the rest
    assert queues.depth("triage")[0] == moved


def test_a_move_task_does_not_take_up_options_when_it_is_resumed(
    awsops: Any, queues: Queues, slow: tuple[str, str], move: Any
) -> None:
    move(queues)
    argv = ["sqs", "redrive", slow[0], "--resume", run_of(slow[0], awsops), *DEV]
    refused = awsops([*argv, "--max", "3", "-y"])
    assert refused.exit_code == 2
    assert "is a move task of SQS, which does not know --max" in refused.stderr


ELSEWHERE = "arn:aws:sqs:eu-west-1:222222222222:orders"


@pytest.mark.parametrize(
    ("dlq", "to", "arn", "why"),
    [
        ("dlq", "orders", "", ""),
        ("dlq", "orders", ELSEWHERE, "stays in one account and region"),
        ("dlq.fifo", "orders", "", "from FIFO to FIFO"),
    ],
    ids=["can", "another account", "fifo to standard"],
)
def test_auto_knows_what_a_move_task_cannot_do(
    sqs: Any, dlq: str, to: str, arn: str, why: str
) -> None:
    sqs.add_queue(dlq)
    sqs.add_queue("source.fifo" if dlq.endswith(".fifo") else "source", dlq=dlq)
    sqs.add_queue(to, **({"QueueArn": arn} if arn else {}))
    plan = plan_redrive(
        sqs,
        read_facts(sqs, QueueRef(dlq, sqs.queues[dlq].url)),
        to=QueueRef(to, sqs.queues[to].url),
        limit=None,
        region="eu-west-1",
        stopped=lambda: False,
    )
    reason = why_not_aws(sqs, plan, [], None)
    assert why in reason if why else reason == ""


def test_a_plan_that_needs_no_look_receives_nothing(awsops: Any, queues: Queues) -> None:
    """A receive hides messages for a while, and counts towards the queue's own maxReceiveCount."""
    dlq = queues.make("dead")
    queues.make("orders", dlq="dead")
    queues.fill("dead", 5)
    assert awsops(["sqs", "redrive", dlq, "--dry-run", *DEV]).exit_code == 0
    received = {m["Attributes"]["ApproximateReceiveCount"] for m in queues.drain("dead")}
    assert received == {"1"}
