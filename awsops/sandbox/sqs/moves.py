"""Message move tasks: StartMessageMoveTask and what becomes of it.

A task has no thread. Whoever next touches SQS moves as many messages as its rate would have moved
since; so time is the only thing that drives it, and nothing runs on when nobody looks.
"""

from __future__ import annotations

import base64
import binascii
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from awsops.sandbox.sqs import faults
from awsops.sandbox.sqs.queue import Queue

MAX_RATE = 500  # messages a second, SQS API reference, StartMessageMoveTask
MAX_LISTED = 10  # ListMessageMoveTasks: "up to 10", 1 by default
CANCELLING_SECONDS = 0.3  # how long CANCELLING shows; AWS gives no number

Transfer = Callable[[Queue, Queue | None, float], str | None]


@dataclass(slots=True)
class Task:
    """One move task. `rate` is what was asked for, None when AWS was to choose."""

    source: Queue
    destination: Queue | None
    rate: int | None
    started: float
    to_move: int
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "RUNNING"
    moved: int = 0
    failure: str | None = None
    ends: float = 0.0

    @property
    def active(self) -> bool:
        return self.status in ("RUNNING", "CANCELLING")

    @property
    def handle(self) -> str:
        text = json.dumps({"taskId": self.id, "sourceArn": self.source.arn})
        return base64.b64encode(text.encode()).decode()

    def describe(self) -> dict[str, Any]:
        """The task as ListMessageMoveTasks shows it; its handle only while it runs."""
        row = {
            "TaskHandle": self.handle if self.status == "RUNNING" else None,
            "Status": self.status,
            "SourceArn": self.source.arn,
            "DestinationArn": self.destination.arn if self.destination else None,
            "MaxNumberOfMessagesPerSecond": self.rate,
            "ApproximateNumberOfMessagesMoved": self.moved,
            "ApproximateNumberOfMessagesToMove": self.to_move,
            "FailureReason": self.failure,
            "StartedTimestamp": int(self.started * 1000),
        }
        return {name: value for name, value in row.items() if value is not None}


class Moves:
    """All move tasks of one sandbox.

    find: a queue by ARN. sources_of: the queues whose RedrivePolicy names this one.
    transfer: moves one message (to where it came from when there is no destination) and answers
    None, "empty", or the reason why the task has failed.
    """

    def __init__(
        self,
        find: Callable[[str], Queue | None],
        sources_of: Callable[[Queue], list[Queue]],
        transfer: Transfer,
    ) -> None:
        self._find = find
        self._sources_of = sources_of
        self._transfer = transfer
        self._tasks: dict[str, list[Task]] = {}
        self.active: list[Task] = []

    def start(self, params: Mapping[str, Any], now: float) -> Task:
        """StartMessageMoveTask. Errors as recorded from AWS."""
        source = self._source(params.get("SourceArn"))
        if not self._sources_of(source):
            raise faults.invalid_parameter(
                "Source queue must be configured as a Dead Letter Queue."
            )
        destination = self._destination(source, params.get("DestinationArn"))
        rate = params.get("MaxNumberOfMessagesPerSecond")
        if rate is not None and not 1 <= int(rate) <= MAX_RATE:
            raise faults.bad_value(
                rate, "MaxNumberOfMessagesPerSecond", f"Must be between 1 and {MAX_RATE}"
            )
        self.advance(now)
        if any(task.source is source for task in self.active):
            raise faults.invalid_parameter(
                "There is already a task running. Only one active task is allowed for a source "
                "queue arn at a given time."
            )
        source.wake(now)
        task = Task(source, destination, int(rate) if rate else None, now, source.visible)
        self._tasks.setdefault(source.arn, []).insert(0, task)
        self.active.append(task)
        return task

    def list(self, source_arn: Any, limit: int, now: float) -> list[Task]:
        source = self._source(source_arn)
        if not 1 <= limit <= MAX_LISTED:
            raise faults.bad_value(limit, "MaxResults", f"Must be between 1 and {MAX_LISTED}")
        self.advance(now)
        return [task for task in self._tasks.get(source.arn, []) if task.source is source][:limit]

    def cancel(self, handle: Any, now: float) -> Task:
        """CancelMessageMoveTask: stops what has not been moved, reverts nothing."""
        try:
            known = json.loads(base64.b64decode(str(handle or ""), validate=True))
            task_id, source_arn = known["taskId"], known["sourceArn"]
        except (binascii.Error, ValueError, KeyError, TypeError):
            raise faults.invalid_parameter("Value for parameter TaskHandle is invalid.") from None
        source = self._source(source_arn)
        self.advance(now)
        for task in self._tasks.get(source.arn, []):
            if task.id == task_id:
                if task.status != "RUNNING":
                    raise faults.unsupported(
                        f"The task is {task.status}: only a RUNNING task can be cancelled."
                    )
                task.status, task.ends = "CANCELLING", now + CANCELLING_SECONDS
                return task
        raise faults.resource_not_found("Task does not exist.")

    def advance(self, now: float) -> None:
        """Does what the active tasks would have done by now."""
        for task in self.active:
            if task.status == "CANCELLING" and now >= task.ends:
                task.status = "CANCELLED"
            elif task.status == "RUNNING":
                self._run(task, now)
        self.active = [task for task in self.active if task.active]

    def _run(self, task: Task, now: float) -> None:
        if self._find(task.source.arn) is not task.source:
            task.status, task.failure = "FAILED", "AWS.SimpleQueueService.NonExistentQueue"
            return
        due = int((now - task.started) * (task.rate or MAX_RATE))
        task.source.wake(now)
        while True:
            if not task.source.visible or task.moved >= task.to_move:
                task.status = "COMPLETED"
                return
            if task.moved >= due:
                return
            failure = self._transfer(task.source, task.destination, now)
            if failure == "empty":
                task.status = "COMPLETED"
                return
            if failure:
                task.status, task.failure = "FAILED", failure
                return
            task.moved += 1

    def _source(self, arn: Any) -> Queue:
        source = self._find(str(arn or ""))
        if source is None:
            raise faults.resource_not_found(
                "The resource that you specified for the SourceArn parameter doesn't exist."
            )
        return source

    def _destination(self, source: Queue, arn: Any) -> Queue | None:
        if not arn:
            return None
        destination = self._find(str(arn))
        if destination is None:
            raise faults.resource_not_found(
                "The resource that you specified for the DestinationArn parameter doesn't exist."
            )
        if destination.fifo != source.fifo:
            raise faults.invalid_parameter(
                "Source and destination queues must be of the same type."
            )
        if destination is source:
            raise faults.invalid_parameter("Source queue arn and destination queue arn are equal.")
        return destination
