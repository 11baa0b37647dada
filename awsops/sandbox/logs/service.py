"""CloudWatch Logs' operations by name; metric filters and what else is not here are moto's."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from awsops.sandbox.answers import json_response
from awsops.sandbox.calls import Call
from awsops.sandbox.logs import events, groups, queries
from awsops.sandbox.logs.live_tail import start_live_tail
from awsops.sandbox.logs.seeding import seed_region
from awsops.sandbox.logs.state import Params, Region
from awsops.sandbox.rpc import read_params
from awsops.sandbox.wire import Response

Operation = Callable[[Region, Params, float], dict[str, Any]]


class LogsService:
    """Log groups by account and region. `clock` is what events, and `pace` what queries go by:
    both seconds since the epoch."""

    def __init__(
        self,
        clock: Callable[[], float] = time.time,
        pace: Callable[[], float] | None = None,
        *,
        seeded: bool = True,
    ) -> None:
        self._clock = clock
        self._pace = pace or clock
        self._seeded = seeded
        self._lock = threading.RLock()
        self._regions: dict[tuple[str, str], Region] = {}

    def reset(self) -> None:
        with self._lock:
            self._regions.clear()

    def handle(self, call: Call) -> Response | None:
        """One call, answered as AWS would; None for what moto plays."""
        if call.operation not in OPERATIONS and call.operation not in _OWN:
            return None
        params = read_params(call)
        account, region = call.identity.account, call.region
        if call.operation == "StartLiveTail":
            with self._lock:
                return start_live_tail(self.of(account, region), params, self._lock, self._clock)
        try:
            return json_response(
                self.answer(call.operation, params, account, region, call.identity.arn)
            )
        except queries.RefusedQueryError as error:
            return error.response()

    def answer(
        self, operation: str, params: Params, account: str, region: str, who: str = ""
    ) -> dict[str, Any]:
        """One operation without HTTP; AwsError and RefusedQueryError as the service's errors."""
        with self._lock:
            place = self.of(account, region)
            if operation == "StartQuery":
                return queries.start(place, params, self._pace(), who)
            now = self._pace() if operation in _PACED else self._clock()
            return OPERATIONS[operation](place, params, now)

    def of(self, account: str, region: str) -> Region:
        """What an account has in a region, seeded when it is first looked at."""
        found = self._regions.get((account, region))
        if found is None:
            found = self._regions[account, region] = Region(account, region)
            if self._seeded:
                seed_region(found, self._clock())
        return found


_OWN = frozenset({"StartQuery", "StartLiveTail"})
_PACED = frozenset({"GetQueryResults", "StopQuery", "DescribeQueries"})
OPERATIONS: Mapping[str, Operation] = {
    "CancelExportTask": events.cancel_export,
    "CreateExportTask": events.create_export,
    "CreateLogGroup": groups.create,
    "CreateLogStream": groups.create_stream,
    "DeleteLogGroup": groups.delete,
    "DeleteLogStream": groups.delete_stream,
    "DeleteQueryDefinition": queries.delete_definition,
    "DeleteRetentionPolicy": groups.delete_retention,
    "DescribeExportTasks": events.describe_exports,
    "DescribeLogGroups": groups.describe,
    "DescribeLogStreams": groups.describe_streams,
    "DescribeQueries": queries.describe,
    "DescribeQueryDefinitions": queries.describe_definitions,
    "FilterLogEvents": events.filter_events,
    "GetLogEvents": events.get_events,
    "GetLogRecord": events.get_record,
    "GetQueryResults": queries.results,
    "PutLogEvents": events.put,
    "PutQueryDefinition": queries.put_definition,
    "PutRetentionPolicy": groups.put_retention,
    "StopQuery": queries.stop,
}
