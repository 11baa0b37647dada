"""What the operations ask of an SQS client, and how they read its errors.

botocore's client fits `SqsClient`, and so does a fake in a test. Operations import no botocore:
its errors are told by the `response` that a ClientError carries.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from awsops.errors import AwsopsError
from awsops.service_errors import error_code as error_code
from awsops.service_errors import is_passing, is_throttle_code

Answer = Mapping[str, Any]

# What SQS answers, for a call or for an entry of a batch, that asks to come again later, whether it
# calls it the sender's fault or not (SQS API reference, common errors).
_COME_AGAIN = frozenset(
    {
        "OverLimit",
        "AWS.SimpleQueueService.OverLimit",
        "ServiceUnavailable",
        "InternalError",
        "InternalFailure",
    }
)

_NO_SUCH_QUEUE = frozenset(
    {
        "AWS.SimpleQueueService.NonExistentQueue",
        "QueueDoesNotExist",
        "NonExistentQueue",
    }
)

_STALE_HANDLE = frozenset(
    {
        "ReceiptHandleIsInvalid",
        "AWS.SimpleQueueService.ReceiptHandleIsInvalid",
        "InvalidReceiptHandle",
        "MessageNotInflight",
        "AWS.SimpleQueueService.MessageNotInflight",
        "InvalidParameterValue",  # "The receipt handle has expired" comes under this name
    }
)


class SqsClient(Protocol):
    """The calls that this plugin makes; parameters and answers are those of the SQS API."""

    def get_queue_url(self, **params: Any) -> Answer: ...
    def get_queue_attributes(self, **params: Any) -> Answer: ...
    def list_queues(self, **params: Any) -> Answer: ...
    def list_dead_letter_source_queues(self, **params: Any) -> Answer: ...
    def receive_message(self, **params: Any) -> Answer: ...
    def send_message(self, **params: Any) -> Answer: ...
    def send_message_batch(self, **params: Any) -> Answer: ...
    def delete_message_batch(self, **params: Any) -> Answer: ...
    def change_message_visibility_batch(self, **params: Any) -> Answer: ...
    def start_message_move_task(self, **params: Any) -> Answer: ...
    def list_message_move_tasks(self, **params: Any) -> Answer: ...
    def cancel_message_move_task(self, **params: Any) -> Answer: ...
    def set_queue_attributes(self, **params: Any) -> Answer: ...
    def purge_queue(self, **params: Any) -> Answer: ...


def is_no_such_queue(error: BaseException) -> bool:
    """Whether there is no queue of that URL here."""
    return error_code(error) in _NO_SUCH_QUEUE


def is_stale_handle(code: str) -> bool:
    """Whether a receipt handle was refused because its message is visible again or gone."""
    return code in _STALE_HANDLE


def is_transient(error: BaseException) -> bool:
    """Whether the same call may do better later: throttled, a fault of SQS, or no answer."""
    return is_passing(error, _COME_AGAIN)


def is_transient_code(code: str) -> bool:
    """Whether an entry that was refused with this code may do better later."""
    return is_throttle_code(code, _COME_AGAIN)


def is_over_limit(error: BaseException) -> bool:
    """Whether as many messages are in flight as SQS allows (about 120,000 a queue)."""
    return error_code(error) in ("OverLimit", "AWS.SimpleQueueService.OverLimit")


def is_refusal(error: BaseException) -> bool:
    """Whether the service answered that it did not do it; else it may have, or not."""
    response = getattr(error, "response", None)
    if not isinstance(response, Mapping):
        return isinstance(error, AwsopsError) and not error.after_call
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return bool(400 <= status < 500)
