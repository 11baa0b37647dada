"""What the operations ask of a Kinesis client, and how they read its errors.

botocore's client fits `KinesisClient`. Operations import no botocore: its errors are told by the
`response` that a ClientError carries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from awsops import patience
from awsops.patience import Waits
from awsops.service_errors import error_code as error_code
from awsops.service_errors import error_text as error_text
from awsops.service_errors import is_passing

Answer = Mapping[str, Any]
T = TypeVar("T")

# Seconds before a call that was turned away is made again.
WAITS = Waits(first=0.5, longest=15.0)

# Faults, beside those that are told by their HTTP status (Kinesis API reference, common errors).
_FAULTS = frozenset({"InternalFailure", "InternalFailureException", "ServiceUnavailable"})


class KinesisClient(Protocol):
    """The calls that this plugin makes; parameters and answers are those of the Kinesis API."""

    def describe_limits(self, **params: Any) -> Answer: ...
    def describe_stream_summary(self, **params: Any) -> Answer: ...
    def list_streams(self, **params: Any) -> Answer: ...
    def list_shards(self, **params: Any) -> Answer: ...
    def list_stream_consumers(self, **params: Any) -> Answer: ...
    def split_shard(self, **params: Any) -> Answer: ...
    def merge_shards(self, **params: Any) -> Answer: ...
    def update_shard_count(self, **params: Any) -> Answer: ...
    def update_stream_mode(self, **params: Any) -> Answer: ...
    def increase_stream_retention_period(self, **params: Any) -> Answer: ...
    def decrease_stream_retention_period(self, **params: Any) -> Answer: ...
    def put_records(self, **params: Any) -> Answer: ...
    def get_shard_iterator(self, **params: Any) -> Answer: ...
    def get_records(self, **params: Any) -> Answer: ...


def is_missing(error: BaseException) -> bool:
    """Whether there is no such stream, shard or consumer."""
    return error_code(error) == "ResourceNotFoundException"


def is_busy(error: BaseException) -> bool:
    """Whether the stream or shard is not in a state for the call."""
    return error_code(error) == "ResourceInUseException"


def is_limit(error: BaseException) -> bool:
    """Whether a quota refused it. The API has one code for quotas and for rates of calls."""
    return error_code(error) == "LimitExceededException" and not is_throttle(error)


def is_throttle(error: BaseException) -> bool:
    """Whether the same call may do better later: too fast, a fault of the service, no answer."""
    if error_code(error) == "LimitExceededException":
        return "rate exceeded" in error_text(error).lower()
    return is_passing(error, _FAULTS)


def patiently(
    call: Callable[[], T], *, sleep: Callable[[float], None], stopped: Callable[[], bool]
) -> T:
    """Make a call until it is not throttled. A throttle slows a long run, it does not end it.

    Every other error is raised, and a throttle too once `stopped` says True.
    """
    return patience.patiently(
        call, waits_for=is_throttle, waits=WAITS, sleep=sleep, stopped=stopped
    )
