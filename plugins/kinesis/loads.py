"""How much a stream takes in, by CloudWatch, and how many shards that asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from awsops.api import Aws
from awsops.errors import AwsopsError, UsageError

SHARD_BYTES = 1_048_576  # a second; API reference, PutRecords: 1 MB/s a shard
SHARD_RECORDS = 1_000  # a second
WINDOW = 86_400  # seconds looked back
PERIOD = 300  # seconds of a data point; stream metrics are made each minute
NAMESPACE = "AWS/Kinesis"


class CloudWatchClient(Protocol):
    """CloudWatch, as far as it is asked."""

    def get_metric_data(self, **params: Any) -> Mapping[str, Any]: ...


def read_percent(text: str) -> int:
    """`60%` or `60`; UsageError unless 1 to 100."""
    digits = text.strip().removesuffix("%")
    if not digits.isdigit() or not 1 <= int(digits) <= 100:
        raise UsageError(f"--fit {text} is not a percentage", hint="1% to 100%, such as 60%")
    return int(digits)


def sums(
    cloudwatch: CloudWatchClient,
    metrics: Mapping[str, tuple[str, Sequence[tuple[str, str]]]],
    *,
    start: float,
    end: float,
    period: int,
) -> dict[str, list[float]]:
    """The sums of metrics (by an id of our own: name and dimensions), period by period.

    At most 500 metrics a call (API reference, GetMetricData).
    """
    found: dict[str, list[float]] = {key: [] for key in metrics}
    keys = list(metrics)
    for first in range(0, len(keys), 500):
        queries = [_query(key, *metrics[key], period) for key in keys[first : first + 500]]
        params: dict[str, Any] = {
            "MetricDataQueries": queries,
            "StartTime": datetime.fromtimestamp(start, UTC),
            "EndTime": datetime.fromtimestamp(end, UTC),
        }
        while True:
            page = cloudwatch.get_metric_data(**params)
            for result in page["MetricDataResults"]:
                found[result["Id"]] += result["Values"]
            if not page.get("NextToken"):
                break
            params["NextToken"] = page["NextToken"]
    return found


def _query(
    key: str, name: str, dimensions: Sequence[tuple[str, str]], period: int
) -> dict[str, Any]:
    metric = {
        "Namespace": NAMESPACE,
        "MetricName": name,
        "Dimensions": [{"Name": n, "Value": v} for n, v in dimensions],
    }
    return {"Id": key, "MetricStat": {"Metric": metric, "Period": period, "Stat": "Sum"}}


def fitting_count(aws: Aws, stream: str, percent: int) -> tuple[int, str]:
    """How many shards the busiest five minutes of the last day fill to `percent`, and why.

    AwsopsError when CloudWatch has seen no writes.
    """
    now = aws.clock()
    dimensions = (("StreamName", stream),)
    found = sums(
        aws.client("cloudwatch"),
        {"bytes": ("IncomingBytes", dimensions), "records": ("IncomingRecords", dimensions)},
        start=now - WINDOW,
        end=now,
        period=PERIOD,
    )
    if not found["bytes"] and not found["records"]:
        raise AwsopsError(
            f"CloudWatch has seen no writes to {stream} in the last 24 hours: nothing to fit to",
            hint="--to says how many shards",
            code="NoMetrics",
        )
    bytes_second = max(found["bytes"], default=0.0) / PERIOD
    records_second = max(found["records"], default=0.0) / PERIOD
    used = max(bytes_second / SHARD_BYTES, records_second / SHARD_RECORDS)
    count = max(-int(-used * 100 // percent), 1)
    why = (
        f"the busiest 5 minutes of the last 24 hours took {bytes_second / 1e6:.3f} MB/s and "
        f"{records_second:,.1f} records/s, {used:.2f} shards' worth: {count} at {percent}%"
    )
    return count, why
