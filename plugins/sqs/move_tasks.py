"""The message move tasks of SQS: listed and cancelled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from awsops.errors import NotFoundError
from awsops.events import Change, Plan

from .client import SqsClient
from .planning import counted
from .queues import QueueFacts, name_of_arn

TASKS = 10  # ListMessageMoveTasks: MaxResults, at most 10
WATCH_SECONDS = 0.25
CANCEL_SECONDS = 4.0  # how long a cancelled task is watched: Ctrl-C has five


@dataclass(frozen=True, slots=True)
class Move:
    """A row of `sqs moves`. Counts are approximate; `to_move` is as of the start, `rate` what was
    asked for."""

    dlq: str
    status: str
    destination: str
    moved: int
    to_move: int | None
    rate: int | None
    started_at: datetime | None
    failure_reason: str | None

    @property
    def active(self) -> bool:
        return self.status in ("RUNNING", "CANCELLING")

    def told(self) -> str:
        """`5 of 60 moved since 13:24:53Z`."""
        since = f" since {self.started_at:%H:%M:%S}Z" if self.started_at else ""
        of = f" of {self.to_move:,}" if self.to_move is not None else ""
        return f"{self.moved:,}{of} moved{since}"


def list_moves(sqs: SqsClient, queue: QueueFacts) -> list[Move]:
    """The last ten move tasks of a dead-letter queue, the newest first."""
    answer = sqs.list_message_move_tasks(SourceArn=queue.arn, MaxResults=TASKS)
    return [_move(queue, task) for task in answer.get("Results", [])]


def running_task(sqs: SqsClient, queue: QueueFacts) -> Mapping[str, Any]:
    """The task that runs now; NotFoundError when none does. A queue has one at a time."""
    for task in sqs.list_message_move_tasks(SourceArn=queue.arn, MaxResults=TASKS).get(
        "Results", []
    ):
        if task["Status"] == "RUNNING":
            return dict(task)
    raise NotFoundError(
        f"no move task of {queue.ref.name} is running",
        hint=f"awsops sqs moves {queue.ref.name} shows the last ten",
    )


def describe_cancel(queue: QueueFacts, task: Mapping[str, Any]) -> Plan:
    """The plan of a cancellation."""
    moved = _move(queue, task)
    where = moved.destination if task.get("DestinationArn") else "each message's own source"
    return Plan(
        (
            Change(
                action="cancel",
                resource=queue.ref.name,
                detail=f"move task to {where}, {counted(moved.moved)} moved so far",
                irreversible=True,
                why_no_undo="what was moved stays moved; a new redrive moves the rest",
            ),
        )
    )


def cancel_task(
    sqs: SqsClient,
    queue: QueueFacts,
    task: Mapping[str, Any],
    *,
    sleep: Callable[[float], None],
    clock: Callable[[], float],
) -> Move:
    """Cancel it and watch it for a few seconds; the row shows how far it came."""
    sqs.cancel_message_move_task(TaskHandle=task["TaskHandle"])
    until = clock() + CANCEL_SECONDS
    while True:
        newest = list_moves(sqs, queue)[0]
        if not newest.active or clock() >= until:
            return newest
        sleep(WATCH_SECONDS)


def active_task(sqs: SqsClient, queue: QueueFacts) -> Move | None:
    """The task that moves messages of the queue now; None also where SQS does not say."""
    try:
        return next((task for task in list_moves(sqs, queue) if task.active), None)
    except Exception:  # not a dead-letter queue, or not allowed: nothing depends on it
        return None


def newest_since(sqs: SqsClient, queue: QueueFacts, since: float) -> Move | None:
    """The last task that was started at `since` (seconds since the epoch) or later."""
    newest = next(iter(list_moves(sqs, queue)), None)
    started = newest.started_at if newest else None
    return newest if started is not None and started.timestamp() >= since else None


def _move(queue: QueueFacts, task: Mapping[str, Any]) -> Move:
    destination = task.get("DestinationArn")
    started = task.get("StartedTimestamp")  # milliseconds
    return Move(
        dlq=queue.ref.name,
        status=str(task["Status"]),
        destination=name_of_arn(destination) if destination else "each its own source",
        moved=int(task.get("ApproximateNumberOfMessagesMoved", 0)),
        to_move=task.get("ApproximateNumberOfMessagesToMove"),
        rate=task.get("MaxNumberOfMessagesPerSecond"),
        started_at=datetime.fromtimestamp(started / 1000, UTC) if started else None,
        failure_reason=task.get("FailureReason"),
    )
