"""Data points of one account in one region, and the statistics over them."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

KEPT_SECONDS = 15 * 86_400  # one-minute data points are kept 15 days (CloudWatch, metrics concepts)
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100)")
SIMPLE = ("SampleCount", "Sum", "Average", "Minimum", "Maximum")


@dataclass(frozen=True, slots=True)
class MetricKey:
    """namespace, name, and dimensions sorted by name: other dimensions are another metric."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...] = ()


def metric_key(namespace: str, name: str, dimensions: Mapping[str, str]) -> MetricKey:
    return MetricKey(namespace, name, tuple(sorted(dimensions.items())))


@dataclass(slots=True)
class Aggregate:
    """Samples taken together. `values` counts each value; statistic sets leave none there."""

    count: float = 0.0
    total: float = 0.0
    least: float = math.inf
    most: float = -math.inf
    values: dict[float, float] = field(default_factory=dict)

    def add(self, value: float, count: float = 1.0) -> None:
        if count <= 0:
            return
        self.add_set(count, value * count, value, value)
        self.values[value] = self.values.get(value, 0.0) + count

    def add_set(self, count: float, total: float, least: float, most: float) -> None:
        self.count += count
        self.total += total
        self.least = min(self.least, least)
        self.most = max(self.most, most)

    def merge(self, other: Aggregate) -> None:
        self.add_set(other.count, other.total, other.least, other.most)
        for value, count in other.values.items():
            self.values[value] = self.values.get(value, 0.0) + count

    def statistic(self, name: str) -> float | None:
        """`Sum`, `p99` and so on; None where it cannot be told (a percentile of sets alone)."""
        if name == "SampleCount":
            return self.count
        if name == "Sum":
            return self.total
        if name == "Average":
            return self.total / self.count if self.count else None
        if name == "Minimum":
            return self.least
        if name == "Maximum":
            return self.most
        match = _PERCENTILE.fullmatch(name)
        return self._percentile(float(match[1])) if match else None

    def _percentile(self, percent: float) -> float | None:
        left = percent / 100 * sum(self.values.values())
        for value, count in sorted(self.values.items()):
            left -= count
            if left <= 1e-9:
                return value
        return max(self.values, default=None)


def is_statistic(name: str) -> bool:
    return name in SIMPLE or _PERCENTILE.fullmatch(name) is not None


class Series:
    """All metrics of one account and region, second by second."""

    def __init__(self) -> None:
        self._points: dict[MetricKey, dict[int, Aggregate]] = defaultdict(dict)

    def put(self, key: MetricKey, at: float, value: float, count: float = 1.0) -> None:
        """Adds `count` samples of `value` at a time in seconds since 1970."""
        self._at(key, at).add(value, count)

    def put_set(
        self, key: MetricKey, at: float, count: float, total: float, least: float, most: float
    ) -> None:
        self._at(key, at).add_set(count, total, least, most)

    def _at(self, key: MetricKey, at: float) -> Aggregate:
        return self._points[key].setdefault(int(at), Aggregate())

    def keys(self) -> Iterable[MetricKey]:
        return list(self._points)

    def last(self, key: MetricKey) -> int:
        """When the metric got its newest data point, 0 when never."""
        return max(self._points.get(key, {}), default=0)

    def periods(
        self, key: MetricKey, period: int, start: float, end: float
    ) -> dict[int, Aggregate]:
        """Aggregates by the beginning of their period, from the one with `start` in it to `end`,
        which is excluded; periods without data are not there."""
        first = int(start // period * period)
        found: dict[int, Aggregate] = {}
        for second, aggregate in self._points.get(key, {}).items():
            if first <= second < end:
                bucket = second // period * period
                found.setdefault(bucket, Aggregate()).merge(aggregate)
        return found
