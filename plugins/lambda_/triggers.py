"""Event source mappings: what feeds a function, how far behind it is, and how it is disabled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from awsops.api import Aws, Change, NotFoundError, PendingError, Plan, UsageError

from .client import CloudWatchClient, LambdaClient, is_missing, is_transient, pages
from .names import command_line, unknown_function

LAG_SECONDS = 900.0  # how far back a data point is looked for
SETTLE_SECONDS = 120.0  # a mapping takes about a minute to be enabled or disabled
SETTLE_POLL = 1.0


@dataclass(frozen=True, slots=True)
class Trigger:
    """A mapping. lag_seconds is the age of the oldest item not read, None when not known."""

    id: str
    source: str
    target: str
    state: str
    batch: int
    lag_seconds: float | None
    bisect: bool | None
    last_result: str


def list_triggers(
    lam: LambdaClient, cloudwatch: CloudWatchClient, function: str, now: float
) -> Iterator[Trigger]:
    """The mappings of a function and of its aliases and versions."""
    for mapping in mappings_of(lam, function):
        lag = read_lag(cloudwatch, mapping, now)
        yield describe(mapping, lag)


def describe(mapping: Any, lag: float | None) -> Trigger:
    """The row of an event source mapping; `lag` is seconds, None when nothing tells of it."""
    return Trigger(
        id=str(mapping["UUID"]),
        source=str(mapping.get("EventSourceArn") or "self-managed"),
        target=str(mapping["FunctionArn"]).partition(":function:")[2],
        state=str(mapping["State"]),
        batch=int(mapping.get("BatchSize") or 0),
        lag_seconds=lag,
        bisect=mapping.get("BisectBatchOnFunctionError"),
        last_result=str(mapping.get("LastProcessingResult") or ""),
    )


def mappings_of(lam: LambdaClient, function: str) -> list[Any]:
    """All mappings whose target is the function, an alias or a version of it."""
    try:
        lam.get_function_configuration(FunctionName=function)
    except Exception as error:
        if is_missing(error):
            raise unknown_function(lam, function) from error
        raise
    found = pages(lam.list_event_source_mappings, "EventSourceMappings")
    end = f":function:{function}"
    return [m for m in found if f"{m['FunctionArn']}:".find(f"{end}:") >= 0]


def read_lag(cloudwatch: CloudWatchClient, mapping: Any, now: float) -> float | None:
    """The newest age of the oldest item: of the queue, or the iterator of the function."""
    arn = str(mapping.get("EventSourceArn") or "::")
    service = arn.split(":")[2]
    stat: tuple[str, str, dict[str, str], float]
    if service == "sqs":
        name = arn.rpartition(":")[2]
        stat = ("AWS/SQS", "ApproximateAgeOfOldestMessage", {"QueueName": name}, 1.0)
    elif service in ("kinesis", "dynamodb"):
        target = str(mapping["FunctionArn"]).partition(":function:")[2]
        dimensions = {"FunctionName": target.partition(":")[0], "Resource": target}
        stat = ("AWS/Lambda", "IteratorAge", dimensions, 0.001)  # milliseconds
    else:
        return None
    return _newest(cloudwatch, *stat, now)


def _newest(
    cloudwatch: CloudWatchClient,
    namespace: str,
    metric: str,
    dimensions: dict[str, str],
    unit: float,
    now: float,
) -> float | None:
    shown = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    query = {"Namespace": namespace, "MetricName": metric, "Dimensions": shown}
    answer = cloudwatch.get_metric_data(
        MetricDataQueries=[
            {"Id": "lag", "MetricStat": {"Metric": query, "Period": 60, "Stat": "Maximum"}}
        ],
        StartTime=int(now - LAG_SECONDS),
        EndTime=int(now) + 60,
        ScanBy="TimestampDescending",
    )
    values = answer["MetricDataResults"][0]["Values"]
    return float(values[0]) * unit if values else None


def choose(found: list[Any], wanted: str) -> list[Any]:
    """The mappings that an id, its beginning, or the name of a source means; `all` for all."""
    if wanted == "all":
        return found
    chosen = [m for m in found if _is_meant(m, wanted)]
    if not chosen:
        names = [str(m.get("EventSourceArn")).rpartition(":")[2] for m in found]
        raise NotFoundError(
            f"no trigger {wanted!r} here", hint=f"sources: {', '.join(names) or 'none'}"
        )
    return chosen


def _is_meant(mapping: Any, wanted: str) -> bool:
    arn = str(mapping.get("EventSourceArn") or "")
    ends = (arn, arn.rpartition(":")[2], arn.rpartition("/")[2])
    return wanted in ends or str(mapping["UUID"]).startswith(wanted)


def plan_change(
    aws: Aws, function: str, found: list[Any], *, disable: bool, enable: bool, bisect: bool | None
) -> tuple[dict[str, Any], Plan]:
    """The parameters of UpdateEventSourceMapping, and the plan that shows them."""
    if disable and enable:
        raise UsageError("--disable and --enable exclude one another")
    if not (disable or enable or bisect is not None):
        raise UsageError("nothing to do", hint="--disable, --enable or --bisect on|off")
    wanted: dict[str, Any] = {}
    if disable or enable:
        wanted["Enabled"] = enable
    if bisect is not None:
        streams = ("kinesis", "dynamodb")
        if any(str(m.get("EventSourceArn", "::")).split(":")[2] not in streams for m in found):
            raise UsageError("only a stream's batches can be bisected", hint="name the stream's")
        wanted["BisectBatchOnFunctionError"] = bisect
    changes = [_change(aws, function, m, wanted) for m in found if _differs(m, wanted)]
    return wanted, Plan(tuple(changes), "" if changes else "nothing to change")


def _differs(mapping: Any, wanted: dict[str, Any]) -> bool:
    enabled = mapping["State"] in ("Enabled", "Enabling", "Creating")
    now = {
        "Enabled": enabled,
        "BisectBatchOnFunctionError": bool(mapping.get("BisectBatchOnFunctionError")),
    }
    return any(now[name] != value for name, value in wanted.items())


def _change(aws: Aws, function: str, mapping: Any, wanted: dict[str, Any]) -> Change:
    words, back = [], []
    if "Enabled" in wanted:
        words.append("enable" if wanted["Enabled"] else "disable")
        back.append("--disable" if wanted["Enabled"] else "--enable")
    if "BisectBatchOnFunctionError" in wanted:
        on = wanted["BisectBatchOnFunctionError"]
        words.append(f"bisect {'on' if on else 'off'}")
        back += ["--bisect", "off" if on else "on"]
    return Change(
        " and ".join(words),
        str(mapping.get("EventSourceArn") or mapping["UUID"]),
        detail=f"feeds {str(mapping['FunctionArn']).partition(':function:')[2]}",
        before=str(mapping["State"]),
        after=_after(mapping, wanted),
        undo=command_line(aws, "trigger", function, str(mapping["UUID"]), *back),
    )


def _after(mapping: Any, wanted: dict[str, Any]) -> str:
    if "Enabled" not in wanted:
        return str(mapping["State"])
    return "Enabled" if wanted["Enabled"] else "Disabled"


def apply_change(
    lam: LambdaClient,
    mapping: Any,
    wanted: dict[str, Any],
    *,
    sleep: Callable[[float], None],
    stopped: Callable[[], bool],
) -> Trigger:
    """Change one mapping and wait until it has settled; PendingError when it takes longer."""
    lam.update_event_source_mapping(UUID=mapping["UUID"], **wanted)
    waited = 0.0
    while True:
        try:
            found = lam.get_event_source_mapping(UUID=mapping["UUID"])
        except Exception as error:
            if not is_transient(error):
                raise
            found = mapping
        if found["State"] in ("Enabled", "Disabled") and found is not mapping:
            return describe(found, None)
        if stopped() or waited >= SETTLE_SECONDS:
            raise PendingError(
                f"trigger {mapping['UUID']} is still {found['State']}",
                hint="AWS goes on by itself: awsops lambda triggers shows the state",
            )
        sleep(SETTLE_POLL)
        waited += SETTLE_POLL
