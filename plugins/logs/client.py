"""What the operations ask of a Logs client, and how they read its errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from awsops import patience
from awsops.patience import Waits
from awsops.service_errors import error_code as error_code
from awsops.service_errors import is_passing, is_throttle_code

Answer = Mapping[str, Any]

# Answers of a service that is busy, beside the codes that say so by themselves (Logs API
# reference, common errors): our calls are slowed after them as after a throttle.
_BUSY = frozenset({"ServiceUnavailableException", "ServiceUnavailable", "InternalFailure"})
WAITS = Waits(first=0.2, longest=10.0)  # seconds between two tries of a call that was turned away


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
    return is_passing(error, _BUSY)


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

    Each try waits for its turn of `pace`. An error that `waits_for` does not know, and any error
    once `stopped`, is raised.
    """

    def in_turn() -> Answer:
        if pace is None:
            return call()
        sleep(pace.turn())
        try:
            return call()
        except Exception as error:
            if is_throttle_code(error_code(error), _BUSY):
                pace.refused()
            raise

    return patience.patiently(
        in_turn, waits_for=waits_for, waits=WAITS, sleep=sleep, stopped=stopped
    )
