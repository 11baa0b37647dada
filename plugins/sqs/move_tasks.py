"""SQS's own redrive, the message move task: started, watched, listed and cancelled."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from awsops.errors import AwsopsError, CancelledError, NotFoundError, PartialError, UsageError
from awsops.events import Change, Note, Plan, Progress

from .client import SqsClient
from .planning import RedrivePlan, counted
from .queues import QueueFacts, name_of_arn, source_queues
from .redrive import Redriven

TASKS = 10  # ListMessageMoveTasks: MaxResults, at most 10
FASTEST = 500  # StartMessageMoveTask: messages a second, at most
WATCH_SECONDS = 1.0
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
    return Plan(
        (
            Change(
                action="cancel",
                resource=queue.ref.name,
                detail=f"move task to {moved.destination}, {counted(moved.moved)} moved so far",
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
        if newest.status not in ("RUNNING", "CANCELLING") or clock() >= until:
            return newest
        sleep(WATCH_SECONDS / 4)


def why_not_aws(
    sqs: SqsClient, plan: RedrivePlan, client_only: Sequence[str], rate: float | None
) -> UsageError | None:
    """What keeps a move task from doing this; None when nothing does.

    `client_only` are the options given that it does not know, `rate` messages a second.
    """
    name = plan.dlq.ref.name
    if client_only:
        given = "; ".join(client_only)
        return UsageError(f"a move task of SQS moves every message, and does not know {given}")
    if rate is not None and not (1 <= rate <= FASTEST and rate == int(rate)):
        return UsageError(f"a move task of SQS moves 1 to {FASTEST} whole messages a second")
    if not (plan.sources or source_queues(sqs, plan.dlq.ref)):
        return UsageError(f"{name} is no SQS queue's dead-letter queue, as a move task asks for")
    if plan.to is not None and not plan.to.arn:
        return UsageError(f"a move task needs the ARN of {plan.to.name}, which may not be read")
    return None


def apply_move(
    sqs: SqsClient,
    plan: RedrivePlan,
    *,
    run_id: str,
    rate: float | None,
    sleep: Callable[[float], None],
    clock: Callable[[], float],
    cancelled: threading.Event,
) -> Iterator[Progress | Note | Redriven]:
    """Have SQS move the messages and watch it; the last row is a Redriven.

    Once `cancelled` is set the task is cancelled. Raised after the row: CancelledError, or
    AwsopsError with SQS's reason when the task failed (PartialError when it had moved some).
    """
    began = clock()
    params: dict[str, Any] = {"SourceArn": plan.dlq.arn}
    if plan.to is not None:
        params["DestinationArn"] = plan.to.arn
    if rate is not None:
        params["MaxNumberOfMessagesPerSecond"] = int(rate)
    handle = sqs.start_message_move_task(**params)["TaskHandle"]
    try:
        newest = yield from _watch(sqs, plan, sleep, cancelled)
    except GeneratorExit:
        sqs.cancel_message_move_task(TaskHandle=handle)
        raise
    if newest.status == "RUNNING":
        newest = cancel_task(sqs, plan.dlq, {"TaskHandle": handle}, sleep=sleep, clock=clock)
    seconds = clock() - began
    yield Redriven(
        run=run_id,
        dlq=plan.dlq.ref.name,
        destination=plan.destination_name(),
        matched=newest.moved,
        moved=newest.moved,
        skipped=0,
        failed=0,
        resumed=0,
        earlier=0,
        seconds=round(seconds, 3),
        rate=round(newest.moved / max(seconds, 0.001), 1),
    )
    _raise_unless_completed(plan, newest, cancelled)


def _watch(
    sqs: SqsClient,
    plan: RedrivePlan,
    sleep: Callable[[float], None],
    cancelled: threading.Event,
) -> Generator[Progress, None, Move]:
    """Returns the task as it was last seen: ended, or running when `cancelled` is set."""
    while True:
        newest = list_moves(sqs, plan.dlq)[0]
        total = max(newest.to_move or plan.about, newest.moved)
        yield Progress(newest.moved, total, "messages", f"moved by SQS, {newest.status.lower()}")
        if newest.status not in ("RUNNING", "CANCELLING") or cancelled.is_set():
            return newest
        sleep(WATCH_SECONDS)


def _raise_unless_completed(plan: RedrivePlan, task: Move, cancelled: threading.Event) -> None:
    name = plan.dlq.ref.name
    if task.status == "COMPLETED":
        return
    moved = f"{counted(task.moved)} of {name} moved, the others stay"
    if cancelled.is_set():
        raise CancelledError(f"the move task was cancelled: {moved}")
    if task.status == "FAILED":
        kind = PartialError if task.moved else AwsopsError
        raise kind(
            f"the move task failed: {task.failure_reason}; {moved}",
            hint="--engine client routes message by message and says what it cannot move",
        )
    raise AwsopsError(f"somebody cancelled the move task: {moved}")


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
