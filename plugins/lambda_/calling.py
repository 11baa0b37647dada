"""Calls of functions that are made once: what a function does is not ours to do twice.

botocore tries again when no answer came in 60 s, and the function runs a second time while the
first still does (repost.aws/knowledge-center/lambda-function-retry-timeout-sdk). So the client
waits as long as the function may run, and tries nothing again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from awsops.api import Aws, AwsopsError
from awsops.patience import Waits, patiently

from .client import Answer, LambdaClient, is_throttle, is_unanswered
from .planning import configuration

START_SECONDS = 30.0  # beyond the function's own time: a cold start and the way there and back
DEFAULT_TIMEOUT = 3.0  # seconds, of a function that was given none (CreateFunction, API reference)
# A throttled call was not made: it may be made again.
THROTTLED = Waits(first=2.0, longest=2.0, tries=30)

Patient = Callable[[str, str | None], LambdaClient]


def timeout_of(settings: Mapping[str, Any]) -> float:
    """How long a function may run, in seconds (1 to 900)."""
    return float(settings.get("Timeout") or DEFAULT_TIMEOUT)


def calling_once(aws: Aws, timeout: float) -> LambdaClient:
    """A client for calls of a function that may run for `timeout` seconds."""
    client: LambdaClient = aws.client("lambda", answer_within=timeout + START_SECONDS)
    return client


def patient(aws: Aws) -> Patient:
    """Makes the client for a function's own timeout."""

    def make(function: str, qualifier: str | None) -> LambdaClient:
        settings = configuration(aws.client("lambda"), function, qualifier)
        return calling_once(aws, timeout_of(settings))

    return make


def call_once(
    lam: LambdaClient, *, pause: Callable[[float], None] | None = None, **params: Any
) -> Answer:
    """Invoke. A throttled call, which never reached the function, is made again after `pause`.

    AwsopsError when no answer came: nobody knows whether the function ran.
    """
    try:
        if pause is None:
            return lam.invoke(**params)
        return patiently(
            lambda: lam.invoke(**params),
            waits_for=is_throttle,
            waits=THROTTLED,
            sleep=pause,
            stopped=lambda: False,
        )
    except Exception as error:
        if not is_unanswered(error):
            raise
        name = params["FunctionName"]
        raise AwsopsError(
            f"{name} gave no answer: it may have run, or run still; it was not called again",
            hint=f"its log: awsops logs query /aws/lambda/{name} --since 30m",
            code="NoAnswer",
        ) from error
