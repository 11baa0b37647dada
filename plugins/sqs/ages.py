"""How old the oldest message of each queue is, from CloudWatch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from awsops.events import Note

from .queues import Queue

QUERIES = 500  # GetMetricData: queries a call, at most
# SQS reports every minute, and a queue in use for up to 15 minutes late (developer guide,
# monitoring with CloudWatch).
WINDOW_SECONDS, PERIOD_SECONDS = 1_200, 60


class Metrics(Protocol):
    """The one call of a CloudWatch client that this needs."""

    def get_metric_data(self, **params: Any) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class AgedQueue(Queue):
    """A row of `sqs ls --age`. `oldest_seconds` is about a minute old; None: no figure lately."""

    oldest_seconds: int | None


def with_ages(
    rows: Iterable[Queue | Note], metrics: Metrics, now: float
) -> Iterator[AgedQueue | Note]:
    """The rows with ages beside them; notes pass through. `now` is seconds since the epoch."""
    queues: list[Queue] = []
    for row in rows:
        if isinstance(row, Note):
            yield row
        else:
            queues.append(row)
    for start in range(0, len(queues), QUERIES):
        some = queues[start : start + QUERIES]
        ages = _ages(metrics, [queue.name for queue in some], now)
        for queue in some:
            yield AgedQueue(**asdict(queue), oldest_seconds=ages.get(queue.name))


def _ages(metrics: Metrics, names: Sequence[str], now: float) -> dict[str, int]:
    end = datetime.fromtimestamp(now, UTC)
    params: dict[str, Any] = {
        "MetricDataQueries": [_query(f"q{number}", name) for number, name in enumerate(names)],
        "StartTime": end - timedelta(seconds=WINDOW_SECONDS),
        "EndTime": end,
        "ScanBy": "TimestampDescending",
    }
    found: dict[str, int] = {}
    while True:
        answer = metrics.get_metric_data(**params)
        for result in answer.get("MetricDataResults", []):
            name = names[int(result["Id"][1:])]
            if result.get("Values") and name not in found:
                found[name] = int(result["Values"][0])
        if not answer.get("NextToken"):
            return found
        params["NextToken"] = answer["NextToken"]


def _query(query_id: str, queue: str) -> dict[str, Any]:
    metric = {
        "Namespace": "AWS/SQS",
        "MetricName": "ApproximateAgeOfOldestMessage",
        "Dimensions": [{"Name": "QueueName", "Value": queue}],
    }
    return {
        "Id": query_id,
        "MetricStat": {"Metric": metric, "Period": PERIOD_SECONDS, "Stat": "Maximum"},
    }
