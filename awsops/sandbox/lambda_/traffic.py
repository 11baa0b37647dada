"""Traffic on request: what callers would have sent through an alias, and how its versions fared.

A script says how many calls come a second and, for each version, which share of them fails, is
throttled, and how long they take, depending on the version's weight. Metrics are made from it for
the time that has passed whenever somebody reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from awsops.sandbox.cloudwatch.series import Series, metric_key

NAMESPACE = "AWS/Lambda"
USUAL_P99 = 80.0  # milliseconds
SLOW_SHARE = 0.02  # of the calls take as long as the script's p99; the others a quarter of it
LONGEST_PLAYED = 6 * 3600  # seconds of traffic made up at once; what lies before is left out

Steps = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Behaviour:
    """How a version does: values by the weight from which they hold, 0 to 1.

    errors, throttles: shares of its calls, 0 to 1; p99_ms: milliseconds.
    """

    errors: Steps = ()
    throttles: Steps = ()
    p99_ms: Steps = ()

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Behaviour:
        unknown = set(given) - {"errors", "throttles", "p99_ms"}
        if unknown:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        return cls(**{name: _steps(value) for name, value in given.items()})


def _steps(value: Any) -> Steps:
    """A number for any weight, or pairs of weight and number."""
    if isinstance(value, int | float):
        return ((0.0, float(value)),)
    return tuple(sorted((float(weight), float(number)) for weight, number in value))


def _at(steps: Steps, weight: float, usual: float) -> float:
    reached = [number for since, number in steps if weight >= since - 1e-9]
    return reached[-1] if reached else usual


@dataclass
class Script:
    """per_second: calls through the alias. versions: behaviours by version, the others do well."""

    per_second: float
    versions: Mapping[str, Behaviour]
    since: float
    played: float = 0.0
    owed: dict[tuple[str, str], float] = field(default_factory=dict)

    def fails(self, version: str, weight: float) -> bool:
        """Whether the next single call of a version fails; evenly spread, not at random."""
        return self._due("single", version, _at(self._of(version).errors, weight, 0.0)) > 0

    def play(
        self,
        until: float,
        shares_at: Callable[[float], Mapping[str, float]],
        record: Callable[[str, str, float, float, float], None],
    ) -> None:
        """Plays the seconds up to `until`: `record(version, metric, at, value, count)`."""
        second = max(self.played or self.since, until - LONGEST_PLAYED)
        while second + 1 <= until:
            for version, share in shares_at(second).items():
                if share > 0:
                    self._second(version, share, second, record)
            second += 1
        self.played = second

    def _second(
        self,
        version: str,
        share: float,
        at: float,
        record: Callable[[str, str, float, float, float], None],
    ) -> None:
        behaviour = self._of(version)
        calls = self._due("calls", version, self.per_second * share)
        refused = self._due("throttles", version, calls * _at(behaviour.throttles, share, 0.0))
        if refused:
            record(version, "Throttles", at, 1.0, refused)
        calls -= refused
        if calls <= 0:
            return
        failed = min(self._due("errors", version, calls * _at(behaviour.errors, share, 0.0)), calls)
        record(version, "Invocations", at, 1.0, calls)
        record(version, "Errors", at, 1.0, failed)
        record(version, "Errors", at, 0.0, calls - failed)
        p99 = _at(behaviour.p99_ms, share, USUAL_P99)
        slow = min(self._due("slow", version, calls * SLOW_SHARE), calls)
        record(version, "Duration", at, p99, slow)
        record(version, "Duration", at, p99 / 4, calls - slow)

    def _of(self, version: str) -> Behaviour:
        return self.versions.get(version) or self.versions.get("*") or Behaviour()

    def _due(self, what: str, version: str, expected: float) -> int:
        """The whole part of what has come together so far; the rest waits."""
        owed = self.owed.get((what, version), 0.0) + expected
        whole = int(owed + 1e-9)
        self.owed[what, version] = owed - whole
        return whole


def record_into(series: Series, function: str, alias: str) -> Callable[..., None]:
    """Writes with the dimensions that Lambda uses (developer guide, "Types of metrics")."""

    def record(version: str, metric: str, at: float, value: float, count: float) -> None:
        if count <= 0:
            return
        resource = {"FunctionName": function, "Resource": f"{function}:{alias}"}
        for dimensions in (
            {"FunctionName": function},
            resource,
            {**resource, "ExecutedVersion": version},
        ):
            series.put(metric_key(NAMESPACE, metric, dimensions), at, value, count)

    return record
