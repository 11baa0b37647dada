"""What the operations ask of a Logs client, and how they read its errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from awsops.service_errors import error_code as error_code
from awsops.service_errors import is_passing

Answer = Mapping[str, Any]

_THROTTLES = frozenset(
    {
        "ThrottlingException",
        "Throttling",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "ServiceUnavailableException",
        "ServiceUnavailable",
        "InternalFailure",
    }
)
LONGEST_WAIT = 10.0  # seconds between two tries of a call that was turned away


class LogsClient(Protocol):
    """The calls that this plugin makes; parameters and answers are those of the Logs API."""

    def cancel_export_task(self, **params: Any) -> Answer: ...
    def create_export_task(self, **params: Any) -> Answer: ...
    def delete_query_definition(self, **params: Any) -> Answer: ...
    def describe_export_tasks(self, **params: Any) -> Answer: ...
    def describe_log_groups(self, **params: Any) -> Answer: ...
    def describe_log_streams(self, **params: Any) -> Answer: ...
    def describe_queries(self, **params: Any) -> Answer: ...
    def describe_query_definitions(self, **params: Any) -> Answer: ...
    def filter_log_events(self, **params: Any) -> Answer: ...
    def get_log_events(self, **params: Any) -> Answer: ...
    def get_log_record(self, **params: Any) -> Answer: ...
    def get_query_results(self, **params: Any) -> Answer: ...
    def put_query_definition(self, **params: Any) -> Answer: ...
    def start_live_tail(self, **params: Any) -> Answer: ...
    def start_query(self, **params: Any) -> Answer: ...
    def stop_query(self, **params: Any) -> Answer: ...


def is_transient(error: BaseException) -> bool:
    """Whether the same call may do better later: throttled, a fault of the service, no answer."""
    return is_passing(error, _THROTTLES)


class Turns(Protocol):
    """When a call may leave (quotas.Pace)."""

    def turn(self) -> float: ...
    def refused(self) -> None: ...


def patiently(
    call: Callable[[], Answer],
    *,
    sleep: Callable[[float], None],
    stopped: Callable[[], bool],
    waits_for: Callable[[BaseException], bool] = is_transient,
    pace: Turns | None = None,
) -> Answer:
    """What `call` answers, however often it is turned away: a throttle slows, it never ends a run.

    Each try waits for its turn of `pace`. After a refusal it waits 0.2 s, then twice as long each
    time up to LONGEST_WAIT seconds. An error that `waits_for` does not know, and any error once
    `stopped`, is raised.
    """
    wait = 0.2
    while True:
        if pace is not None:
            sleep(pace.turn())
        try:
            return call()
        except Exception as error:
            if stopped() or not waits_for(error):
                raise
            if pace is not None and error_code(error) in _THROTTLES:
                pace.refused()
        sleep(wait)
        wait = min(wait * 2, LONGEST_WAIT)
