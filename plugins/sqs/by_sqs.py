"""A redrive that SQS makes itself, by a message move task: begun, watched, and found again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass

from awsops.errors import AwsopsError, CancelledError, PartialError, UsageError
from awsops.events import Note, Plan, Progress

from .client import SqsClient
from .messages import BATCH
from .move_tasks import Move, active_task, cancel_task, newest_since
from .patience import patience_for
from .peek import look
from .planning import GLANCE_SECONDS, RedrivePlan, counted
from .queues import QueueFacts, source_queues
from .redrive import Redriven

FASTEST = 500  # StartMessageMoveTask: messages a second, at most
WATCH_SECONDS = 1.0
# How long ListMessageMoveTasks may not show a task that was started: it is eventually consistent.
UNSEEN_SECONDS = 60.0


def why_not_aws(
    sqs: SqsClient, plan: RedrivePlan, client_only: Sequence[str], rate: float | None
) -> str:
    """What keeps a move task from doing this; empty when nothing does.

    `client_only` are the options given that it does not know, `rate` messages a second.
    """
    name = plan.dlq.ref.name
    if client_only:
        return f"a move task of SQS moves every message, and does not know {', '.join(client_only)}"
    if rate is not None and not (1 <= rate <= FASTEST and rate == int(rate)):
        return f"a move task of SQS moves 1 to {FASTEST} whole messages a second"
    if not (plan.sources or source_queues(sqs, plan.dlq.ref)):
        return f"{name} is no SQS queue's dead-letter queue, as a move task asks for"
    return "" if plan.to is None else _why_not_to(plan)


def why_not_home(sqs: SqsClient, plan: RedrivePlan) -> str:
    """What keeps a move task from taking messages back to their sources; empty when nothing does.

    It asks each message where it came from, and fails on one that does not know: a few are looked
    at and given back, unless that would bring them nearer to the next dead-letter queue.
    """
    if plan.to is not None or plan.dlq.dlq_arn is not None:
        return ""
    queue = plan.dlq.ref
    seen = look(
        sqs, queue, count=BATCH, about=1, stopped=lambda: False, visibility=GLANCE_SECONDS
    ).messages
    if any(message.source_arn is None for message in seen):
        return f"a move task of SQS fails on messages of {queue.name} that name no source"
    return ""


def _why_not_to(plan: RedrivePlan) -> str:
    assert plan.to is not None
    to, name = plan.to, plan.to.name
    if not to.arn:
        return f"a move task needs the ARN of {name}, which may not be read"
    if to.arn.split(":")[3:5] != plan.dlq.arn.split(":")[3:5]:
        return f"a move task of SQS stays in one account and region, and {name} is in another"
    if to.fifo != plan.dlq.ref.fifo:
        return "a move task of SQS moves from FIFO to FIFO and from standard to standard"
    return ""


def check_nothing_moves(sqs: SqsClient, dlq: QueueFacts) -> None:
    """AwsopsError when a task is at work on the queue: SQS takes one at a time."""
    task = active_task(sqs, dlq)
    if task is not None:
        raise AwsopsError(
            f"a move task of {dlq.ref.name} is under way, {task.told()}, and SQS takes one at a "
            "time",
            hint=f"awsops sqs moves {dlq.ref.name} shows it, awsops sqs cancel {dlq.ref.name} "
            "stops it",
            code="MoveTaskActive",
        )


@dataclass(frozen=True)
class MoveRun:
    """One run by a move task. `since` is when it began, in whole seconds by the service's clock;
    `go_on` is the command line that watches it on, `anew` the one that moves what it left."""

    id: str
    since: float
    go_on: str
    anew: str


def apply_move(
    sqs: SqsClient,
    plan: RedrivePlan,
    run: MoveRun,
    *,
    rate: float | None,
    sleep: Callable[[float], None],
    clock: Callable[[], float],
    cancelled: threading.Event,
) -> Iterator[Progress | Note | Redriven]:
    """Have SQS move the messages and watch it; the last row is a Redriven.

    Once `cancelled` is set the task is cancelled. Raised after the row: CancelledError, or
    AwsopsError with SQS's reason when the task failed (PartialError when it had moved some). An
    error of the watch itself leaves the task at work, and says so.
    """
    began = clock()
    params: dict[str, object] = {"SourceArn": plan.dlq.arn}
    if plan.to is not None:
        params["DestinationArn"] = plan.to.arn
    if rate is not None:
        params["MaxNumberOfMessagesPerSecond"] = int(rate)
    handle = sqs.start_message_move_task(**params)["TaskHandle"]
    try:
        newest = yield from _watch(sqs, plan, run, sleep, clock, cancelled)
    except GeneratorExit:
        sqs.cancel_message_move_task(TaskHandle=handle)
        raise
    except Exception:
        yield _goes_on(run)
        raise
    if newest is None or newest.status == "RUNNING":
        newest = cancel_task(sqs, plan.dlq, {"TaskHandle": handle}, sleep=sleep, clock=clock)
    yield _row(plan, run, newest, clock() - began)
    _raise_unless_completed(plan, run, newest, cancelled)


def watch_on(
    sqs: SqsClient,
    plan: RedrivePlan,
    run: MoveRun,
    *,
    sleep: Callable[[float], None],
    clock: Callable[[], float],
    cancelled: threading.Event,
) -> Iterator[Plan | Progress | Note | Redriven]:
    """Watch the task of an interrupted run to its end; changes nothing, and Ctrl-C leaves it.

    Raises as `apply_move` does, and AwsopsError when the run had not come to start a task.
    """
    name = plan.dlq.ref.name
    task = newest_since(sqs, plan.dlq, run.since)
    if task is None:
        raise AwsopsError(
            f"run {run.id} ended before it started a move task of {name}",
            hint=f"begin anew: {run.anew}",
        )
    yield Plan((), f"the move task of run {run.id}: {task.status}, {task.told()}")
    began = clock()
    try:
        newest = yield from _watch(sqs, plan, run, sleep, clock, cancelled)
    except Exception:
        yield _goes_on(run)
        raise
    newest = newest or task
    yield _row(plan, run, newest, clock() - began, before=task.moved)
    if newest.active:
        raise CancelledError(
            f"the move task of {name} goes on, {newest.told()}",
            hint=f"awsops sqs cancel {name} stops it; to watch on: {run.go_on}",
        )
    _raise_unless_completed(plan, run, newest, cancelled)


def _watch(
    sqs: SqsClient,
    plan: RedrivePlan,
    run: MoveRun,
    sleep: Callable[[float], None],
    clock: Callable[[], float],
    cancelled: threading.Event,
) -> Generator[Progress, None, Move | None]:
    """Returns the task as it was last seen: ended, or as it was when `cancelled` was set (None:
    SQS did not show it yet)."""
    patience, troubles = patience_for(clock), 0
    unseen_until = clock() + UNSEEN_SECONDS
    while True:
        try:
            newest = newest_since(sqs, plan.dlq, run.since)
            troubles = 0
            patience.worked()
        except Exception as error:
            troubles += 1
            if cancelled.is_set():
                raise
            sleep(patience.wait(error, troubles))
            continue
        if newest is not None:
            total = max(newest.to_move or plan.about, newest.moved)
            told = f"moved by SQS, {newest.status.lower()}"
            yield Progress(newest.moved, total, "messages", told)
        elif clock() >= unseen_until:
            raise AwsopsError(f"SQS does not list the move task that it began of {plan.dlq.arn}")
        if cancelled.is_set() or (newest is not None and not newest.active):
            return newest
        sleep(WATCH_SECONDS)


def _goes_on(run: MoveRun) -> Note:
    return Note(f"the move task goes on without awsops; to watch it on: {run.go_on}", "warning")


def _row(plan: RedrivePlan, run: MoveRun, task: Move, seconds: float, before: int = 0) -> Redriven:
    """`before` messages were moved when this process began to watch."""
    return Redriven(
        run=run.id,
        dlq=plan.dlq.ref.name,
        destination=plan.destination_name(),
        matched=task.moved,
        moved=task.moved,
        skipped=0,
        failed=0,
        resumed=0,
        seconds=round(seconds, 3),
        rate=round((task.moved - before) / max(seconds, 0.001), 1),
    )


def _raise_unless_completed(
    plan: RedrivePlan, run: MoveRun, task: Move, cancelled: threading.Event
) -> None:
    name = plan.dlq.ref.name
    if task.status == "COMPLETED":
        return
    moved = f"{counted(task.moved)} of {name} moved, the others stay"
    if cancelled.is_set():
        raise CancelledError(
            f"the move task was cancelled: {moved}", hint=f"to move the rest: {run.anew}"
        )
    if task.status == "FAILED":
        kind = PartialError if task.moved else AwsopsError
        raise kind(
            f"the move task failed: {task.failure_reason}; {moved}",
            hint="--engine client routes message by message and says what it cannot move",
        )
    raise AwsopsError(
        f"somebody cancelled the move task: {moved}", hint=f"to move the rest: {run.anew}"
    )


def usage_of(reason: str) -> UsageError:
    """What `--engine aws` is refused with."""
    return UsageError(reason, hint="without --engine aws, awsops moves them from here")
