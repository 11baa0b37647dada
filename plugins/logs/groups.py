"""Log groups: which there are, and which ones an argument names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from itertools import islice
from typing import Any

from awsops.api import Aws, Choice, NotFoundError, UsageError
from awsops.expressions import read_pattern
from awsops.suggesting import did_you_mean
from awsops.units import format_size

from .client import LogsClient, error_code

PAGE = 50  # DescribeLogGroups, limit
MOST_CHOICES = 2_000
MOST_GROUPS = 50  # StartQuery, groups of one query
_MAGIC = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class LogGroup:
    """A log group. Sizes are bytes; `retention_days` None keeps for ever; `account` is whose it is,
    which for a linked one is not the account that was asked."""

    name: str
    class_: str
    stored_bytes: int
    retention_days: int | None
    last_event: datetime | None
    kms: str | None
    account: str | None


def list_groups(
    logs: LogsClient, prefix: str = "", *, linked: bool = False
) -> Iterator[dict[str, Any]]:
    """Every group whose name begins with `prefix`, as the service describes it."""
    params: dict[str, Any] = {"limit": PAGE}
    if prefix:
        params["logGroupNamePrefix"] = prefix
    if linked:
        params["includeLinkedAccounts"] = True
    while True:
        answer = logs.describe_log_groups(**params)
        yield from answer["logGroups"]
        if not answer.get("nextToken"):
            return
        params["nextToken"] = answer["nextToken"]


def choose(groups: Iterable[dict[str, Any]], pattern: str, *, regex: bool) -> Iterator[Any]:
    """Those whose name begins with the pattern, is found by the glob, or by the expression."""
    if regex:
        compiled = read_pattern(pattern, repr(pattern))
        return (group for group in groups if compiled.search(group["logGroupName"]))
    if not _MAGIC.search(pattern):
        return (group for group in groups if group["logGroupName"].startswith(pattern))
    return (group for group in groups if fnmatchcase(group["logGroupName"], pattern))


def literal_prefix(pattern: str) -> str:
    """What every name that a glob finds begins with."""
    return _MAGIC.split(pattern, maxsplit=1)[0]


def describe(logs: LogsClient, group: dict[str, Any]) -> LogGroup:
    """A row, with the time of the newest event (a call)."""
    return LogGroup(
        name=group["logGroupName"],
        class_=group.get("logGroupClass", "STANDARD"),
        stored_bytes=group.get("storedBytes", 0),
        retention_days=group.get("retentionInDays"),
        last_event=_last_event(logs, group),
        kms=group.get("kmsKeyId"),
        account=group["arn"].split(":")[4] or None if "arn" in group else None,
    )


def _last_event(logs: LogsClient, group: dict[str, Any]) -> datetime | None:
    # By its ARN: a group of a linked account may have the name of one of ours.
    arn = group.get("logGroupArn")
    which = {"logGroupIdentifier": arn} if arn else {"logGroupName": group["logGroupName"]}
    try:
        answer = logs.describe_log_streams(
            **which, orderBy="LastEventTime", descending=True, limit=1
        )
    except Exception as error:
        if error_code(error) in ("AccessDeniedException", "ResourceNotFoundException"):
            return None  # the group is what was asked for; a linked one cannot be looked into
        raise
    streams = answer["logStreams"]
    last = streams[0].get("lastEventTimestamp") if streams else None
    return _time(last) if last is not None else None


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def resolve(logs: LogsClient, wanted: Sequence[str]) -> list[dict[str, Any]]:
    """The groups that names, globs and ARNs mean, each once.

    NotFoundError names the nearest when one finds nothing. A group of another account can only be
    named by its ARN and is taken as it is.
    """
    found: dict[str, dict[str, Any]] = {}
    for text in wanted:
        for group in _meant(logs, text):
            found.setdefault(group["logGroupArn"], group)
    return list(found.values())


def _meant(logs: LogsClient, text: str) -> list[dict[str, Any]]:
    if text.startswith("arn:"):
        arn = text.removesuffix(":*")
        if ":log-group:" not in arn:
            raise UsageError(f"{text} is not the ARN of a log group")
        name = arn.split(":log-group:", 1)[1]
        return [{"logGroupName": name, "logGroupArn": arn, "storedBytes": None}]
    prefix = literal_prefix(text)
    chosen = list(choose(list_groups(logs, prefix), text, regex=False))
    if not _MAGIC.search(text):
        chosen = [group for group in chosen if group["logGroupName"] == text]
    if not chosen:
        raise _no_group(logs, text)
    for group in chosen:
        group.setdefault("logGroupArn", group["arn"].removesuffix(":*"))
    return chosen


def _no_group(logs: LogsClient, text: str) -> NotFoundError:
    names = [group["logGroupName"] for group in islice(list_groups(logs), MOST_CHOICES)]
    meant = did_you_mean(text, names)
    return NotFoundError(f"no log group {text}", hint=meant or "awsops logs groups lists them")


def complete_groups(aws: Aws) -> Iterator[Choice]:
    """Every log group, with what it stores and for how long."""
    for group in islice(list_groups(aws.client("logs")), MOST_CHOICES):
        days = group.get("retentionInDays")
        kept = f"{days} days" if days else "kept for ever"
        yield Choice(group["logGroupName"], f"{format_size(group.get('storedBytes', 0))}, {kept}")
