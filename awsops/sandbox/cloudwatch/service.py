"""CloudWatch's operations by name; what is not here (dashboards, anomaly detectors) moto plays."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from awsops.sandbox.calls import Call
from awsops.sandbox.cloudwatch import queries
from awsops.sandbox.cloudwatch.alarms import Alarms
from awsops.sandbox.cloudwatch.series import Series, metric_key
from awsops.sandbox.rpc import read_params, rpc_response
from awsops.sandbox.wire import Response

Params = Mapping[str, Any]


@dataclass(frozen=True)
class Watched:
    """What one account has in one region."""

    series: Series
    alarms: Alarms


Operation = Callable[[Watched, Params, float], dict[str, Any]]


class CloudWatchService:
    """Metrics and alarms, by account and region."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        # Reentrant: what brings metrics up to date writes them through `series`.
        self.lock = threading.RLock()
        self._states: dict[tuple[str, str], Watched] = {}
        # Asked to bring an account's metrics up to date before they are read.
        self.sources: list[Callable[[str, str, float], None]] = []

    def reset(self) -> None:
        with self.lock:
            self._states.clear()

    def of(self, account: str, region: str) -> Watched:
        """The metrics and alarms of an account in a region. Hold `lock` while using them."""
        state = self._states.get((account, region))
        if state is None:
            series = Series()
            state = self._states[account, region] = Watched(series, Alarms(account, region, series))
        return state

    def record(
        self,
        account: str,
        region: str,
        namespace: str,
        name: str,
        dimensions: Mapping[str, str],
        points: list[tuple[float, float]],
    ) -> None:
        """Adds samples as AWS's own services do, in any namespace: (seconds since 1970, value)."""
        key = metric_key(namespace, name, dimensions)
        with self.lock:
            for at, value in points:
                self.of(account, region).series.put(key, at, value)

    def handle(self, call: Call) -> Response | None:
        """One call; None for what moto plays."""
        operation = OPERATIONS.get(call.operation)
        if operation is None:
            return None
        params = read_params(call)
        with self.lock:
            now = self.clock()
            account = call.identity.account
            for source in self.sources:
                source(account, call.region, now)
            return rpc_response(call, operation(self.of(account, call.region), params, now))


OPERATIONS: Mapping[str, Operation] = {
    "DeleteAlarms": lambda w, p, now: w.alarms.delete(p, now),
    "DescribeAlarmHistory": lambda w, p, now: w.alarms.history(p, now),
    "DescribeAlarms": lambda w, p, now: w.alarms.describe(p, now),
    "DisableAlarmActions": lambda w, p, now: w.alarms.switch_actions(p, False),
    "EnableAlarmActions": lambda w, p, now: w.alarms.switch_actions(p, True),
    "GetMetricData": lambda w, p, now: queries.get_metric_data(w.series, p),
    "GetMetricStatistics": lambda w, p, now: queries.get_metric_statistics(w.series, p),
    "ListMetrics": lambda w, p, now: queries.list_metrics(w.series, p, now),
    "PutCompositeAlarm": lambda w, p, now: w.alarms.put_composite_alarm(p, now),
    "PutMetricAlarm": lambda w, p, now: w.alarms.put_metric_alarm(p, now),
    "PutMetricData": lambda w, p, now: queries.put_metric_data(w.series, p, now),
    "SetAlarmState": lambda w, p, now: w.alarms.set_state(p, now),
}
