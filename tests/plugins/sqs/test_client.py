"""Errors are told apart as botocore raises them."""

from __future__ import annotations

from typing import Any

import pytest
from awsops_plugins.sqs.client import is_no_such_queue, is_refusal, is_transient
from botocore import exceptions as boto

from awsops.errors import DefectError
from awsops.journal.file import JournalError, NotClosedError
from awsops.service_clock import service_time


def answered(code: str, status: int = 400) -> Exception:
    response: Any = {
        "Error": {"Code": code, "Message": ""},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return boto.ClientError(response, "SendMessageBatch")


@pytest.mark.parametrize(
    "error",
    [
        boto.EndpointConnectionError(endpoint_url="http://127.0.0.1"),
        boto.ConnectTimeoutError(endpoint_url="http://127.0.0.1"),
        boto.ReadTimeoutError(endpoint_url="http://127.0.0.1"),
        boto.ConnectionClosedError(endpoint_url="http://127.0.0.1"),
        boto.HTTPClientError(error="reset"),
        answered("RequestThrottled", 403),
        answered("ThrottlingException"),
        answered("KmsThrottled"),
        answered("Whatever", 503),
        ConnectionResetError(),
    ],
)
def test_what_may_go_better_later_is_transient(error: Exception) -> None:
    assert is_transient(error)


@pytest.mark.parametrize(
    "error",
    [
        answered("AccessDenied", 403),
        answered("ExpiredToken", 403),
        answered("AWS.SimpleQueueService.NonExistentQueue"),
        boto.NoCredentialsError(),
        boto.ParamValidationError(report="x"),
        DefectError("refused by the gate"),
        ValueError("a defect"),
    ],
)
def test_what_will_not_go_better_is_not(error: Exception) -> None:
    assert not is_transient(error)


def test_only_an_answer_says_that_nothing_was_done() -> None:
    assert is_refusal(answered("AccessDenied", 403))
    assert not is_refusal(answered("InternalError", 500))
    assert not is_refusal(boto.ReadTimeoutError(endpoint_url="http://127.0.0.1"))
    assert is_refusal(JournalError("the change was not made"))
    assert not is_refusal(NotClosedError("what was done could not be journalled"))


@pytest.mark.parametrize("code", ["AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"])
def test_a_missing_queue_is_known_under_both_of_its_names(code: str) -> None:
    assert is_no_such_queue(answered(code))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"date": "Fri, 15 Jan 2027 08:00:05 GMT"}, 1_800_000_005.0),
        ({"date": "not a date"}, None),
        ({}, None),
    ],
)
def test_the_time_of_the_service_is_in_the_date_header(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert service_time({"ResponseMetadata": {"HTTPHeaders": headers}}) == seconds
