"""Whether a call that failed may do better later."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    ParamValidationError,
    ReadTimeoutError,
)

from awsops.errors import PendingError
from awsops.service_errors import error_code, error_text, is_passing, is_unanswered

OF_ONE_SERVICE = frozenset({"OverLimit"})
URL = "https://sqs.eu-west-1.amazonaws.com"


def refused(code: str, status: int, message: str = "no") -> ClientError:
    answer = {"Error": {"Code": code, "Message": message}}
    return ClientError({**answer, "ResponseMetadata": {"HTTPStatusCode": status}}, "Act")  # type: ignore[arg-type,typeddict-item]


PASSING = {
    "a code for too many calls": refused("SlowDown", 400),
    "a code that is called a throttle": refused("KMS.ThrottlingException", 400),
    "a code of this service": refused("OverLimit", 400),
    "too many, by its status": refused("Other", 429),
    "a fault of the service": refused("InternalFailure", 503),
    "not connected": EndpointConnectionError(endpoint_url=URL),
    "broken off": ConnectionClosedError(endpoint_url=URL),
    "timed out": ReadTimeoutError(endpoint_url=URL),
    "a socket's error": ConnectionResetError(),
}
LASTING = {
    "refused for good": refused("AccessDenied", 403),
    "a wrong parameter": ParamValidationError(report="x"),
    "one of our own": PendingError("the gate"),
    "a program for credentials that is not there": FileNotFoundError(2, "none", "/opt/sign-in"),
    "a defect": KeyError("x"),
}


@pytest.mark.parametrize("error", PASSING.values(), ids=PASSING)
def test_a_call_is_made_again_after(error: Exception) -> None:
    assert is_passing(error, OF_ONE_SERVICE)


@pytest.mark.parametrize("error", LASTING.values(), ids=LASTING)
def test_a_call_is_not_made_again_after(error: Exception) -> None:
    assert not is_passing(error, OF_ONE_SERVICE)


def test_only_an_answer_says_what_became_of_a_call() -> None:
    assert is_unanswered(ReadTimeoutError(endpoint_url=URL))
    assert not is_unanswered(refused("InternalFailure", 503))


def test_the_services_own_words_are_read() -> None:
    error = refused("SlowDown", 400, "Rate exceeded")
    assert (error_code(error), error_text(error)) == ("SlowDown", "Rate exceeded")
    assert (error_code(OSError("x")), error_text(OSError("x"))) == ("", "x")


def test_a_code_of_one_service_is_no_throttle_of_another() -> None:
    assert not is_passing(refused("OverLimit", 400))


def test_a_call_that_a_stand_in_lacks_does_not_come_by_waiting() -> None:
    assert not is_passing(refused("NotImplemented", 501))
    assert is_passing(refused("InternalError", 500))
