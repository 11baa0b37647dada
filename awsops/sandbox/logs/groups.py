"""Log groups and log streams."""

from __future__ import annotations

from typing import Any

from awsops.sandbox.answers import AwsError
from awsops.sandbox.logs.state import (
    Group,
    Params,
    Region,
    check_group_name,
    group_name,
    invalid,
    missing,
    page,
    whole,
    with_token,
)

# PutRetentionPolicy, possible values.
RETENTIONS = frozenset(
    {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557}
    | {2922, 3288, 3653}
)
CLASSES = ("STANDARD", "INFREQUENT_ACCESS", "DELIVERY")


def create(region: Region, params: Params, now: float) -> dict[str, Any]:
    name = check_group_name(params.get("logGroupName"))
    if name in region.groups:
        raise AwsError("ResourceAlreadyExistsException", "The specified log group already exists")
    kind = params.get("logGroupClass", "STANDARD")
    if kind not in CLASSES:
        raise invalid(f"Value '{kind}' at 'logGroupClass' is not one of {CLASSES}.")
    region.groups[name] = Group(
        name,
        region.account,
        region.region,
        int(now * 1000),
        group_class=kind,
        kms=params.get("kmsKeyId"),
        tags=dict(params.get("tags", {})),
    )
    return {}


def delete(region: Region, params: Params, now: float) -> dict[str, Any]:
    del region.groups[region.group(params.get("logGroupName")).name]
    return {}


def describe(region: Region, params: Params, now: float) -> dict[str, Any]:
    """By prefix or by a part of the name, not both; 50 a page at most."""
    prefix, part = params.get("logGroupNamePrefix"), params.get("logGroupNamePattern")
    if prefix is not None and part is not None:
        raise invalid("logGroupNamePrefix and logGroupNamePattern are mutually exclusive.")
    named = {group_name(n) for n in params.get("logGroupIdentifiers", ())}
    found = [
        group
        for name, group in sorted(region.groups.items())
        if name.startswith(prefix or "")
        and (part or "").lower() in name.lower()
        and (not named or name in named)
        and params.get("logGroupClass") in (None, group.group_class)
    ]
    shown, token = page(region, params, found, whole(params, "limit", 50, 50))
    return with_token({"logGroups": [_described(group) for group in shown]}, token)


def _described(group: Group) -> dict[str, Any]:
    optional = {"retentionInDays": group.retention, "kmsKeyId": group.kms}
    return {
        "logGroupName": group.name,
        "creationTime": group.created,
        "metricFilterCount": 0,
        "arn": f"{group.arn}:*",
        "logGroupArn": group.arn,
        "storedBytes": group.bytes,
        "logGroupClass": group.group_class,
        **{key: value for key, value in optional.items() if value is not None},
    }


def create_stream(region: Region, params: Params, now: float) -> dict[str, Any]:
    group = region.group(params.get("logGroupName"))
    name = str(params.get("logStreamName") or "")
    if not name or ":" in name or "*" in name:
        raise invalid(f"Value '{name}' at 'logStreamName' must not hold ':' or '*'.")
    if name in group.streams:
        raise AwsError("ResourceAlreadyExistsException", "The specified log stream already exists")
    group.streams[name] = int(now * 1000)
    return {}


def delete_stream(region: Region, params: Params, now: float) -> dict[str, Any]:
    group = region.group(params.get("logGroupName"))
    name = params.get("logStreamName")
    if name not in group.streams:
        raise missing("The specified log stream does not exist.")
    del group.streams[name]
    group.events = [event for event in group.events if event.stream != name]
    return {}


def describe_streams(region: Region, params: Params, now: float) -> dict[str, Any]:
    group = region.named(params)
    prefix = params.get("logStreamNamePrefix", "")
    by_time = params.get("orderBy", "LogStreamName") == "LastEventTime"
    if by_time and prefix:
        raise invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
    last: dict[str, list[int]] = {}
    for event in group.events:
        last.setdefault(event.stream, []).append(event.timestamp)
    names = sorted(name for name in group.streams if name.startswith(prefix))
    if by_time:
        names.sort(key=lambda name: last.get(name, [0])[-1])
    if params.get("descending"):
        names.reverse()
    shown, token = page(region, params, names, whole(params, "limit", 50, 50))
    streams = [_stream(group, name, last.get(name, [])) for name in shown]
    return with_token({"logStreams": streams}, token)


def _stream(group: Group, name: str, times: list[int]) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "logStreamName": name,
        "creationTime": group.streams[name],
        "arn": f"{group.arn}:log-stream:{name}",
        "storedBytes": 0,
    }
    if times:
        answer |= {"firstEventTimestamp": times[0], "lastEventTimestamp": times[-1]}
    return answer


def put_retention(region: Region, params: Params, now: float) -> dict[str, Any]:
    group = region.group(params.get("logGroupName"))
    days = params.get("retentionInDays")
    if days not in RETENTIONS:
        raise invalid(f"retentionInDays {days} is not one of {sorted(RETENTIONS)}.")
    group.retention = days
    return {}


def delete_retention(region: Region, params: Params, now: float) -> dict[str, Any]:
    region.group(params.get("logGroupName")).retention = None
    return {}
