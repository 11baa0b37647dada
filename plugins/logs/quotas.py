"""How often a call may be made, shared by all that one run does in an account and region.

The numbers are those of "CloudWatch Logs quotas", calls a second for an account in a region, none
of them adjustable: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
(the same as https://docs.aws.amazon.com/general/latest/gr/cwl_region.html).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from awsops.api import Aws

from .tailing import calls_a_second

START_QUERY = 10.0
GET_QUERY_RESULTS = 10.0
# A short run of calls is let through by AWS, and shorter waits are worth that a few are not: so
# many seconds' calls may leave at once. The first refusal takes away what is left of them.
BURST_SECONDS = 5.0


class Pace:
    """Turns for the calls of one operation: `rate` a second, and a few at once after a pause.

    Safe to use from several threads. `clock` is seconds, from any beginning.
    """

    def __init__(self, rate: float, clock: Callable[[], float], *, burst: float | None = None):
        self._rate = rate
        self._most = max(1.0, rate * BURST_SECONDS if burst is None else burst)
        self._clock = clock
        self._left = self._most
        self._at = clock()
        self._lock = threading.Lock()

    def turn(self) -> float:
        """Seconds to wait before the call may leave; the turn is taken."""
        with self._lock:
            self._refill()
            self._left -= 1
            return max(0.0, -self._left / self._rate)

    def refused(self) -> None:
        """The service has throttled one: from here on no faster than the quota allows."""
        with self._lock:
            self._refill()
            self._left = min(self._left, 0.0)
            self._most = 1.0

    def _refill(self) -> None:
        now = self._clock()
        self._left = min(self._most, self._left + max(0.0, now - self._at) * self._rate)
        self._at = now


@dataclass(frozen=True, slots=True)
class Paces:
    """Of one account in one region: each operation has a quota of its own."""

    start_query: Pace
    get_query_results: Pace
    filter_log_events: Pace

    @classmethod
    def of(cls, region: str | None, clock: Callable[[], float]) -> Paces:
        return cls(
            Pace(START_QUERY, clock),
            Pace(GET_QUERY_RESULTS, clock),
            Pace(calls_a_second(region), clock),
        )


def paces(aws: Aws) -> Paces:
    """Those of the target's account and region, shared with the run's other targets there."""
    key = ("logs", aws.identity().account, aws.region)
    return aws.shared(key, lambda: Paces.of(aws.region, aws.env.monotonic))
