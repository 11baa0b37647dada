"""Calls a function once, with its answer, its log, and its failure told as one."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awsops.api import Aws, AwsopsError, Change, Note, Plan, UsageError
from awsops.given_files import read_given

from .calling import call_once, timeout_of
from .client import LambdaClient, is_missing
from .names import unknown_function

MAX_PAYLOAD, MAX_EVENT = 6 * 1024 * 1024, 1024 * 1024  # Lambda quotas: synchronous, asynchronous


@dataclass(frozen=True, slots=True)
class Invoked:
    """What a call came to. error: Handled or Unhandled when the function failed; payload: its
    answer as text, empty for an asynchronous call."""

    function: str
    version: str
    status: int
    error: str | None
    payload: str


def read_payload(aws: Aws, text: str | None, file: Path | None, *, asynchronous: bool) -> bytes:
    """The event: given, from a file, or all of stdin when something is piped in; JSON, or nothing.

    UsageError when it is not JSON or larger than Lambda takes.
    """
    if text is not None and file is not None:
        raise UsageError("give the payload as an argument or with --payload-file, not both")
    if file is not None:
        text = read_given(file, "--payload-file")
    elif text == "-":
        text = aws.env.read_stdin()
    data = (text or "").encode()
    if data.strip():
        try:
            json.loads(data)
        except ValueError as error:
            raise UsageError(f"the payload is not JSON: {error}") from None
    limit = MAX_EVENT if asynchronous else MAX_PAYLOAD
    if len(data) > limit:
        raise UsageError(f"the payload is {len(data)} bytes; Lambda takes {limit}")
    return data


def plan_invoke(
    lam: LambdaClient, function: str, qualifier: str | None, *, size: int, asynchronous: bool
) -> tuple[Plan, float]:
    """Check that it is there; the plan says that code will run, and for how many seconds it may."""
    given = {"Qualifier": qualifier} if qualifier else {}
    try:
        settings = lam.get_function_configuration(FunctionName=function, **given)
    except Exception as error:
        if not is_missing(error):
            raise
        known = unknown_function(lam, function)
        if qualifier:
            known.message = f"there is no {function}:{qualifier} here"
            known.hint = f"awsops lambda aliases {function}, awsops lambda versions {function}"
        raise known from error
    name = f"{function}:{qualifier}" if qualifier else function
    how = "asynchronously" if asynchronous else "once"
    detail = f"{how}, {size} bytes of payload"
    why = "the function's code runs: what it does is its own"
    plan = Plan((Change("invoke", name, detail=detail, why_no_undo=why),))
    return plan, timeout_of(settings)


def apply_invoke(
    lam: LambdaClient, function: str, qualifier: str | None, payload: bytes, *, asynchronous: bool
) -> Iterator[Invoked | Note]:
    """The call, its log as notes, its answer as a row; AwsopsError when the function failed."""
    params: dict[str, Any] = {"FunctionName": function, "Payload": payload}
    params |= {"InvocationType": "Event"} if asynchronous else {"LogType": "Tail"}
    if qualifier:
        params["Qualifier"] = qualifier
    answer = call_once(lam, **params)
    if answer.get("LogResult"):
        log = base64.b64decode(answer["LogResult"]).decode(errors="replace")
        for line in log.splitlines():
            yield Note(line.replace("\t", "  ").rstrip())
    error = answer.get("FunctionError")
    yield Invoked(
        function,
        str(answer.get("ExecutedVersion") or qualifier or "$LATEST"),
        int(answer["StatusCode"]),
        str(error) if error else None,
        answer["Payload"].read().decode(errors="replace"),
    )
    if error:
        raise AwsopsError(
            f"{function} failed ({error})",
            hint=f"its log: awsops logs query /aws/lambda/{function} --since 15m",
            code="FunctionError",
        )
