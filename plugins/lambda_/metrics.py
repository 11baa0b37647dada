"""What the two versions of an alias did, minute by minute.

Lambda's metrics have one point a minute, with the dimensions FunctionName, Resource
(FUNCTION:ALIAS) and ExecutedVersion for one version behind an alias (Lambda developer guide, "Types
of metrics"). Points come late and grow, so a window is read again whole at every poll.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .client import CloudWatchClient
from .gates import Observation, Seen
from .names import AliasRef

PERIOD = 60


@dataclass(frozen=True, slots=True)
class Window:
    """Points by metric, version ("" for the alias as a whole) and the beginning of a minute."""

    points: Mapping[tuple[str, str], Mapping[int, float]] = field(default_factory=dict)

    def total(self, metric: str, version: str, since: float, without: Window | None = None) -> int:
        """The sum from the minute of `since` on, less what `without` already had there."""
        mine = self.points.get((metric, version), {})
        before = without.points.get((metric, version), {}) if without else {}
        first = since // PERIOD * PERIOD
        return round(sum(max(v - before.get(m, 0.0), 0) for m, v in mine.items() if m >= first))

    def p99(self, version: str, since: float) -> float | None:
        """The p99 of each minute, weighted by its invocations: percentiles cannot be added up."""
        first = since // PERIOD * PERIOD
        calls = self.points.get(("Invocations", version), {})
        weighted = [
            (value, calls.get(minute, 0.0))
            for minute, value in self.points.get(("Duration", version), {}).items()
            if minute >= first
        ]
        count = sum(weight for _, weight in weighted)
        return sum(value * weight for value, weight in weighted) / count if count else None

    def most(self, metric: str, versions: tuple[str, ...]) -> float:
        """The highest value of any of the versions."""
        found = (self.points.get((metric, version), {}) for version in versions)
        return max((value for points in found for value in points.values()), default=0.0)

    def per_minute(self, metric: str, version: str) -> tuple[float | None, ...]:
        """A value for each minute that anything is known of, the oldest first.

        None where the version has no point: for Lambda that means that it was not called.
        """
        known = [minute for points in self.points.values() for minute in points]
        if not known:
            return ()
        points = self.points.get((metric, version), {})
        return tuple(points.get(m) for m in range(min(known), max(known) + 1, PERIOD))


_QUERIES = (("Invocations", "Sum"), ("Errors", "Sum"), ("Duration", "p99"))


def read_window(
    client: CloudWatchClient, ref: AliasRef, versions: tuple[str, ...], start: float, end: float
) -> Window:
    """Both versions' calls, errors and p99 and the alias's throttles, from `start` to `end`."""
    keys = [(metric, version, stat) for version in versions for metric, stat in _QUERIES]
    keys.append(("Throttles", "", "Sum"))
    queries = [
        {"Id": f"q{n}", "MetricStat": _stat(ref, metric, version, stat)}
        for n, (metric, version, stat) in enumerate(keys)
    ]
    found: dict[tuple[str, str], dict[int, float]] = {}
    token: dict[str, str] = {}
    while True:
        answer = client.get_metric_data(
            MetricDataQueries=queries,
            StartTime=int(start // PERIOD * PERIOD),
            EndTime=int(end // PERIOD * PERIOD + PERIOD),
            **token,
        )
        for result in answer["MetricDataResults"]:
            metric, version, _ = keys[int(result["Id"][1:])]
            points = found.setdefault((metric, version), {})
            for at, value in zip(result["Timestamps"], result["Values"], strict=True):
                points[int(at.timestamp())] = float(value)
        if not answer.get("NextToken"):
            return Window(found)
        token = {"NextToken": answer["NextToken"]}


def _stat(ref: AliasRef, metric: str, version: str, stat: str) -> dict[str, object]:
    dimensions = {"FunctionName": ref.function, "Resource": str(ref)}
    if version:
        dimensions["ExecutedVersion"] = version
    return {
        "Metric": {
            "Namespace": "AWS/Lambda",
            "MetricName": metric,
            "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
        },
        "Period": PERIOD,
        "Stat": stat,
    }


def observe(
    window: Window, old: str, new: str, *, since: float, began: Window, entered: Window
) -> Observation:
    """What counts of a window: `began` is what was there before the run, `entered` before the step.

    Errors and throttles are judged from the minute before the step on, because points come late;
    invocations are counted for the step alone.
    """
    judged = since - PERIOD

    def seen(version: str) -> Seen:
        return Seen(
            window.total("Invocations", version, judged, began),
            window.total("Errors", version, judged, began),
            window.p99(version, judged),
        )

    return Observation(
        seen(old),
        seen(new),
        window.total("Throttles", "", judged, began),
        window.total("Invocations", new, since, entered),
    )
