"""Invoke: which version gets a call, what it answers, and what its log says."""

from __future__ import annotations

import base64
import json
import random
import uuid
from collections.abc import Mapping
from typing import Any

from awsops.sandbox.answers import AwsError
from awsops.sandbox.lambda_ import faults
from awsops.sandbox.lambda_.state import LATEST, Function, Region
from awsops.sandbox.lambda_.traffic import NAMESPACE, USUAL_P99, Script, record_into
from awsops.sandbox.wire import Response

MAX_PAYLOAD = 6 * 1024 * 1024  # Invoke, synchronous (Lambda quotas)
MAX_EVENT = 1024 * 1024  # Invoke, asynchronous


def invoke(region: Region, params: Mapping[str, Any], now: float, series: Any) -> Response:
    """One call. The code is not run: the answer is the version and the event that it got."""
    function, qualifier = region.named(params)
    kind = str(params.get("InvocationType") or "RequestResponse")
    body = bytes(params.get("Payload") or b"")
    event = _event(body, MAX_EVENT if kind == "Event" else MAX_PAYLOAD)
    version = _choose(function, qualifier)
    if kind == "DryRun":
        return Response(204)
    if function.reserved == 0:
        _count(series, function, qualifier, version, now, "Throttles")
        raise faults.throttled("Rate Exceeded.")
    failed = _fails(function, qualifier, version)
    _count(series, function, qualifier, version, now, "Invocations")
    _count(series, function, qualifier, version, now, "Errors", 1.0 if failed else 0.0)
    _count(series, function, qualifier, version, now, "Duration", USUAL_P99 / 4)
    if kind == "Event":
        return Response(202)
    request_id = str(uuid.uuid4())
    headers = [
        ("x-amzn-RequestId", request_id),
        ("X-Amz-Executed-Version", version),
        ("Content-Type", "application/json"),
    ]
    if failed:
        headers.append(("X-Amz-Function-Error", "Unhandled"))
    if params.get("LogType") == "Tail":
        headers.append(("X-Amz-Log-Result", _log(request_id, version, failed)))
    answer = _ERROR if failed else {"version": version, "event": event}
    return Response(200, headers, json.dumps(answer).encode())


_ERROR = {"errorMessage": "the sandbox was told to fail", "errorType": "RuntimeError"}


def _event(body: bytes, limit: int) -> Any:
    if len(body) > limit:
        raise AwsError(
            "RequestTooLargeException", f"Request must be smaller than {limit} bytes", status=413
        )
    try:
        return json.loads(body) if body else None
    except ValueError:
        raise AwsError(
            "InvalidRequestContentException", "Could not parse request body into json"
        ) from None


def _choose(function: Function, qualifier: str | None) -> str:
    """At random by weight, as Lambda does (developer guide, "alias routing")."""
    if qualifier and qualifier in function.aliases:
        shares = function.aliases[qualifier].shares()
        return random.choices(list(shares), weights=list(shares.values()))[0]
    return function.resolve(qualifier).number


def _script(function: Function, qualifier: str | None) -> tuple[Script | None, dict[str, float]]:
    alias = function.aliases.get(qualifier or "")
    if alias is not None and alias.script is not None:
        return alias.script, alias.shares()
    return function.behaviour, alias.shares() if alias else {}


def _fails(function: Function, qualifier: str | None, version: str) -> bool:
    script, shares = _script(function, qualifier)
    return script is not None and script.fails(version, shares.get(version, 1.0))


def _count(
    series: Any,
    function: Function,
    qualifier: str | None,
    version: str,
    now: float,
    metric: str,
    value: float = 1.0,
) -> None:
    if qualifier and qualifier != LATEST:
        record_into(series, function.name, qualifier)(version, metric, now, value, 1.0)
    else:
        from awsops.sandbox.cloudwatch.series import metric_key

        for dimensions in (
            {"FunctionName": function.name},
            {"FunctionName": function.name, "Resource": function.name},
        ):
            series.put(metric_key(NAMESPACE, metric, dimensions), now, value)


def _log(request_id: str, version: str, failed: bool) -> str:
    """The last 4 KB of the log, base64."""
    said = "[ERROR] RuntimeError: the sandbox was told to fail\n" if failed else ""
    text = (
        f"START RequestId: {request_id} Version: {version}\n{said}END RequestId: {request_id}\n"
        f"REPORT RequestId: {request_id}\tDuration: {USUAL_P99 / 4:.2f} ms\tBilled Duration: "
        f"{USUAL_P99 / 4:.0f} ms\tMemory Size: 128 MB\tMax Memory Used: 41 MB\n"
    )
    return base64.b64encode(text.encode()).decode()
