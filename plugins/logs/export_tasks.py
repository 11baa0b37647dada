"""Export tasks: AWS writes what a log group has of a time into a bucket of S3.

An account has one active task at a time in a region, so a run makes one after another, and waits
for whosever task is there before it
(https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateExportTask.html).
What came in within the last hours may not be there yet: it takes up to 12 hours until events can be
exported (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/S3Export.html).
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from awsops.api import (
    Annotated,
    Argument,
    Aws,
    AwsopsError,
    CancelledError,
    Change,
    Choice,
    Note,
    NotFoundError,
    Plan,
    Progress,
    command,
)
from awsops.units import format_time

from .client import LogsClient, error_code, is_transient, patiently
from .export_files import folder_name

ACTIVE = ("PENDING", "RUNNING", "PENDING_CANCEL")
FIRST_LOOK, LONGEST_LOOK = 0.5, 30.0  # seconds; DescribeExportTasks: 5 calls a second
WHY_NO_UNDO = "What a task has written into the bucket stays there."


@dataclass(frozen=True, slots=True)
class ExportTask:
    """An export task as the service tells it; `reason` is its message, when it has one."""

    task: str
    status: str
    group: str
    bucket: str
    prefix: str
    created_at: datetime | None
    ended_at: datetime | None
    reason: str | None


@command()
def exports(aws: Aws) -> Iterator[ExportTask]:
    """List export tasks, the newest first as the service lists them."""
    yield from list_tasks(aws.client("logs"))


def complete_tasks(aws: Aws) -> Iterator[Choice]:
    """The export tasks that have not ended."""
    for status in ("RUNNING", "PENDING"):
        for task in list_tasks(aws.client("logs"), statusCode=status):
            yield Choice(task.task, f"{task.status.lower()}, {task.group}")


@command(mutates=True)
def exports_cancel(
    aws: Aws, task: Annotated[str, Argument(help="The id of a task.", complete=complete_tasks)]
) -> Iterator[Plan | ExportTask]:
    """Cancel an export task that is pending or running."""
    logs = aws.client("logs")
    found = next(list_tasks(logs, taskId=task), None)
    if found is None:
        raise NotFoundError(f"no export task {task}", hint="awsops logs exports lists them")
    changes = (
        Change(
            "cancel",
            task,
            detail=f"{found.group} to s3://{found.bucket}/{found.prefix}",
            before=found.status,
            after="CANCELLED",
            why_no_undo="A cancelled task cannot go on: export again.",
        ),
    )
    active = found.status in ("PENDING", "RUNNING")
    yield Plan(changes if active else (), summary="" if active else f"it is {found.status}")
    if active:
        try:
            logs.cancel_export_task(taskId=task)
        except Exception as error:
            if error_code(error) != "InvalidOperationException":
                raise  # that one: it has ended by itself meanwhile
    yield next(list_tasks(logs, taskId=task), found)


def list_tasks(logs: LogsClient, **which: str) -> Iterator[ExportTask]:
    """The tasks that DescribeExportTasks knows by these parameters, as the service lists them."""
    params: dict[str, str] = dict(which)
    while True:
        answer = logs.describe_export_tasks(**params)
        yield from (_task(found) for found in answer["exportTasks"])
        if not answer.get("nextToken"):
            return
        params["nextToken"] = answer["nextToken"]


def plan_tasks(
    groups: Sequence[Mapping[str, Any]], start: int, end: int, bucket: str, prefix: str
) -> Plan:
    """Times are milliseconds since the epoch, both inclusive."""
    when = f"{format_time(start / 1000)} to {format_time((end + 1) / 1000)}"
    changes = tuple(
        Change(
            "export",
            group["logGroupName"],
            detail=f"{when}, to s3://{bucket}/{_key(prefix, group)}",
            why_no_undo=WHY_NO_UNDO,
        )
        for group in groups
    )
    warnings = ("a task may take up to 12 hours, and events of the last 12 may not be in it",)
    return Plan(changes, summary=f"{len(changes)} export tasks, one at a time", warnings=warnings)


def run_tasks(
    aws: Aws,
    groups: Sequence[Mapping[str, Any]],
    start: int,
    end: int,
    bucket: str,
    prefix: str,
) -> Iterator[Progress | Note | ExportTask]:
    """Make a task for each group and follow it to its end, the next one after it.

    On Ctrl-C the task that runs is cancelled. AwsopsError when a task failed or was cancelled by
    somebody else: those after it are not made.
    """
    logs: LogsClient = aws.client("logs")
    for number, group in enumerate(groups):
        params = {
            "taskName": f"awsops-{aws.run_id}-{number}",
            "logGroupName": group["logGroupName"],
            "from": start,
            "to": end,
            "destination": bucket,
            "destinationPrefix": _key(prefix, group),
        }
        task_id = yield from _create(aws, logs, params)
        yield from _follow(aws, logs, task_id, number, len(groups))


def _create(aws: Aws, logs: LogsClient, params: dict[str, Any]) -> Generator[Note, None, str]:
    """The id of the new task. Waits while the account has another one that is active."""
    wait, told = FIRST_LOOK, False
    while True:
        if aws.cancelled.is_set():
            raise CancelledError(f"{params['logGroupName']} was not exported")
        try:
            return str(logs.create_export_task(**params)["taskId"])
        except Exception as error:
            mine = _made_already(logs, params["taskName"]) if _is_taken(error) else None
            if mine is not None:
                return mine  # by a call whose answer was lost
            if not (_is_taken(error) or is_transient(error)):
                raise _explained(error, params) from error
        if not told:
            yield Note("another export task of the account is active: waiting for its end")
            told = True
        aws.sleep(wait)
        wait = min(wait * 1.5, LONGEST_LOOK)


def _made_already(logs: LogsClient, name: str) -> str | None:
    for status in ACTIVE:
        for found in logs.describe_export_tasks(statusCode=status)["exportTasks"]:
            if found.get("taskName") == name:
                return str(found["taskId"])
    return None


def _is_taken(error: BaseException) -> bool:
    return error_code(error) == "LimitExceededException"


def _explained(error: BaseException, params: Mapping[str, Any]) -> BaseException:
    if error_code(error) != "InvalidParameterException":
        return error
    reason = getattr(error, "response", {}).get("Error", {}).get("Message") or str(error)
    return AwsopsError(
        f"{params['logGroupName']} cannot be exported to {params['destination']}: {reason}",
        hint="the bucket is in the same region, and its policy lets "
        "logs.REGION.amazonaws.com call s3:GetBucketAcl and s3:PutObject",
        code="InvalidParameterException",
    )


def _follow(
    aws: Aws, logs: LogsClient, task_id: str, number: int, total: int
) -> Iterator[Progress | Note | ExportTask]:
    wait = FIRST_LOOK
    try:
        while True:
            task = _look(aws, logs, task_id)
            yield Progress(number, total, "tasks", f"{task.group} {task.status}")
            if task.status not in ACTIVE:
                break
            if aws.cancelled.is_set():
                raise CancelledError(f"the export task {task_id} was cancelled")
            aws.sleep(wait)
            wait = min(wait * 1.5, LONGEST_LOOK)
    except (CancelledError, GeneratorExit):
        _cancel_quietly(logs, task_id)
        raise
    yield task
    if task.status != "COMPLETED":
        raise AwsopsError(
            f"the export task {task_id} of {task.group} ended as {task.status}"
            + (f": {task.reason}" if task.reason else ""),
            code=f"ExportTask{task.status.title()}",
        )


def _look(aws: Aws, logs: LogsClient, task_id: str) -> ExportTask:
    answer = patiently(
        lambda: logs.describe_export_tasks(taskId=task_id),
        sleep=aws.sleep,
        stopped=aws.cancelled.is_set,
    )
    if not answer["exportTasks"]:
        raise NotFoundError(f"the export task {task_id} is known no more")
    return _task(answer["exportTasks"][0])


def _cancel_quietly(logs: LogsClient, task_id: str) -> None:
    try:
        logs.cancel_export_task(taskId=task_id)
    except Exception as error:
        if error_code(error) not in ("InvalidOperationException", "ResourceNotFoundException"):
            raise


def _task(found: Mapping[str, Any]) -> ExportTask:
    info = found.get("executionInfo") or {}
    status = found.get("status") or {}
    return ExportTask(
        task=found["taskId"],
        status=status.get("code", "UNKNOWN"),
        group=found.get("logGroupName", ""),
        bucket=found.get("destination", ""),
        prefix=found.get("destinationPrefix", ""),
        created_at=_moment(info.get("creationTime")),
        ended_at=_moment(info.get("completionTime")),
        reason=status.get("message"),
    )


def _moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)


def _key(prefix: str, group: Mapping[str, Any]) -> str:
    """Each group has a prefix of its own: objects of several would be mixed up otherwise."""
    return f"{prefix.strip('/')}/{folder_name(str(group['logGroupName']))}"
