"""SQS's errors, by both of their names.

The first is the code that clients see (it travels in `x-amzn-query-error`), the second the shape of
the JSON protocol's model. Source: SQS API reference and botocore's model `sqs/2012-11-05`.
"""

from __future__ import annotations

from awsops.sandbox.answers import AwsError

_NAMESPACE = "AWS.SimpleQueueService."


def queue_does_not_exist() -> AwsError:
    return AwsError(
        f"{_NAMESPACE}NonExistentQueue",
        "The specified queue does not exist.",
        shape="com.amazonaws.sqs#QueueDoesNotExist",
    )


def queue_exists(detail: str) -> AwsError:
    return AwsError("QueueAlreadyExists", detail, shape="com.amazonaws.sqs#QueueNameExists")


def queue_deleted_recently() -> AwsError:
    return AwsError(
        f"{_NAMESPACE}QueueDeletedRecently",
        "You must wait 60 seconds after deleting a queue before you can create another with the "
        "same name.",
        shape="com.amazonaws.sqs#QueueDeletedRecently",
    )


def invalid_parameter(message: str) -> AwsError:
    return AwsError(
        "InvalidParameterValue",
        message,
        shape="com.amazon.coral.service#InvalidParameterValueException",
    )


def bad_value(value: object, parameter: str, reason: str) -> AwsError:
    return invalid_parameter(
        f"Value {value} for parameter {parameter} is invalid. Reason: {reason}."
    )


def missing_parameter(name: str) -> AwsError:
    return AwsError(
        "MissingParameter",
        f"The request must contain the parameter {name}.",
        shape="com.amazon.coral.service#MissingRequiredParameterException",
    )


def invalid_attribute_name(name: str) -> AwsError:
    return _modelled("InvalidAttributeName", f"Unknown Attribute {name}.")


def invalid_attribute_value(name: str, reason: str = "") -> AwsError:
    why = f" Reason: {reason}." if reason else ""
    return _modelled("InvalidAttributeValue", f"Invalid value for the parameter {name}.{why}")


def two_encryptions() -> AwsError:
    return _modelled(
        "InvalidAttributeName",
        "You can use one type of server-side encryption (SSE) at one time. You can either enable "
        "KMS SSE or SQS SSE.",
    )


def invalid_contents() -> AwsError:
    return _modelled(
        "InvalidMessageContents",
        "Invalid characters found. Valid unicode characters are "
        "#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF.",
    )


def handle_invalid(handle: str) -> AwsError:
    return _modelled(
        "ReceiptHandleIsInvalid",
        f'The input receipt handle "{handle}" is not a valid receipt handle.',
        status=404,
    )


def not_in_flight(handle: str) -> AwsError:
    return _namespaced(
        "MessageNotInflight",
        f"Value {handle} for parameter ReceiptHandle is invalid. Reason: Message is not in flight.",
    )


def over_limit(message: str) -> AwsError:
    return _modelled("OverLimit", message, status=403)


def purge_in_progress(name: str) -> AwsError:
    return _namespaced(
        "PurgeQueueInProgress",
        f"Only one PurgeQueue operation on {name} is allowed every 60 seconds.",
        status=403,
    )


def too_many_entries(count: int) -> AwsError:
    return _namespaced(
        "TooManyEntriesInBatchRequest",
        f"Maximum number of entries per request are 10. You have sent {count}.",
    )


def empty_batch(entry: str) -> AwsError:
    return _namespaced("EmptyBatchRequest", f"There should be at least one {entry} in the request.")


def ids_not_distinct(entry_id: str) -> AwsError:
    return _namespaced("BatchEntryIdsNotDistinct", f"Id {entry_id} repeated.")


def invalid_entry_id() -> AwsError:
    return _namespaced(
        "InvalidBatchEntryId",
        "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
        "It can be at most 80 letters long.",
    )


def batch_too_long(size: int, limit: int) -> AwsError:
    return _namespaced(
        "BatchRequestTooLong",
        f"Batch requests cannot be longer than {limit} bytes. You have sent {size} bytes.",
    )


def unsupported(message: str) -> AwsError:
    return _namespaced("UnsupportedOperation", message)


def resource_not_found(message: str) -> AwsError:
    return _modelled("ResourceNotFoundException", message, status=404)


def access_denied(caller: str, action: str, arn: str, *, denied: bool = False) -> AwsError:
    """`denied`: the queue's policy forbids it; else it does not allow it."""
    why = f"because no resource-based policy allows the sqs:{action.lower()} action"
    if denied:
        why = "with an explicit deny in a resource-based policy"
    return AwsError(
        "AccessDenied",
        f"User: {caller} is not authorized to perform: sqs:{action.lower()} on resource: {arn} "
        f"{why}",
        status=403,
        shape="com.amazon.coral.service#AccessDeniedException",
    )


def _modelled(name: str, message: str, status: int = 400) -> AwsError:
    return AwsError(name, message, status=status, shape=f"com.amazonaws.sqs#{name}")


def _namespaced(name: str, message: str, status: int = 400) -> AwsError:
    return AwsError(_NAMESPACE + name, message, status=status, shape=f"com.amazonaws.sqs#{name}")
