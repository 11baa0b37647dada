"""The sandbox's Logs in this process, with a client that calls it without HTTP."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from awsops_plugins.logs.tailing import Follower

from awsops.sandbox.answers import AwsError
from awsops.sandbox.logs.queries import RefusedQueryError
from awsops.sandbox.logs.service import LogsService

ACCOUNT, REGION = "111111111111", "eu-west-1"
START = 1_800_000_000
GROUP = "/test/app"
ARN = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{GROUP}"


class ServiceError(Exception):
    """As botocore's ClientError, which operations tell by its `response`."""

    def __init__(self, code: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.response = {"Error": {"Code": code, "Message": message}, **more}


class LocalLogs:
    """A client: `logs.start_query(...)`. `throttle` is the share of calls that are turned away;
    `now` are the seconds that queries and events go by, and `sleep` lets them pass."""

    def __init__(self, *, throttle: float = 0.0, seed: int = 0) -> None:
        self.now = float(START)
        self.service = LogsService(lambda: self.now, seeded=False)
        self.calls: list[str] = []
        self.throttle = throttle
        self._dice = random.Random(seed)
        self._call("CreateLogGroup", {"logGroupName": GROUP})
        self._call("CreateLogStream", {"logGroupName": GROUP, "logStreamName": "s"})

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def put(self, *events: tuple[float, str]) -> None:
        """Events of (epoch seconds, text)."""
        for at, text in events:
            event = {"timestamp": int(at * 1000), "message": text}
            params = {"logGroupName": GROUP, "logStreamName": "s", "logEvents": [event]}
            self._call("PutLogEvents", params)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation = "".join(word.capitalize() for word in name.split("_"))

        def call(**params: Any) -> Any:
            self.calls.append(operation)
            if self._dice.random() < self.throttle:
                raise ServiceError("ThrottlingException", "Rate exceeded")
            return self._call(operation, params)

        return call

    def _call(self, operation: str, params: dict[str, Any]) -> Any:
        try:
            return self.service.answer(operation, params, ACCOUNT, REGION, "arn:aws:iam::1:user/me")
        except AwsError as error:
            raise ServiceError(error.code, error.message) from error
        except RefusedQueryError as error:
            location = {"startCharOffset": error.error.start, "endCharOffset": error.error.end}
            fault = {"location": location, "message": error.error.message}
            raise ServiceError(
                "MalformedQueryException", str(error), queryCompileError=fault
            ) from error


def follower(logs: LocalLogs, start: float, **more: Any) -> Follower:
    """A tail of the one group from `start` (seconds) on, on the clock of `logs`."""
    return Follower(
        logs,
        ARN,
        GROUP,
        int(start * 1000),
        None,
        sleep=logs.sleep,
        clock=lambda: logs.now,
        stopped=lambda: False,
        **more,
    )
