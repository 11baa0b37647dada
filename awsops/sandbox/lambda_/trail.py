"""CloudTrail's events of UpdateAlias: who moved an alias, and where to."""

from __future__ import annotations

import json
import uuid
from typing import Any

from awsops.sandbox.answers import json_response
from awsops.sandbox.calls import Call, Service
from awsops.sandbox.lambda_.service import LambdaService
from awsops.sandbox.lambda_.state import AliasChange
from awsops.sandbox.wire import Response

EVENT_NAME = "UpdateAlias20150331"  # CloudTrail adds the API's version to Lambda's names
MOST_EVENTS = 50  # LookupEvents, API reference


class AliasTrail:
    """Answers LookupEvents for that EventName alone; another service plays the rest.

    AWS tells after some minutes, here at once.
    """

    def __init__(self, lambda_: LambdaService, others: Service) -> None:
        self._lambda = lambda_
        self._others = others

    def reset(self) -> None:
        self._others.reset()

    def handle(self, call: Call) -> Response | None:
        params = json.loads(call.request.body or b"{}") if call.operation == "LookupEvents" else {}
        given = params.get("LookupAttributes") or []
        wanted = {a.get("AttributeKey"): a.get("AttributeValue") for a in given}
        if wanted != {"EventName": EVENT_NAME}:
            return self._others.handle(call)
        start, end = params.get("StartTime") or 0, params.get("EndTime") or float("inf")
        with self._lambda.lock:
            changes = self._lambda.of(call.identity.account, call.region).changes
            found = [c for c in reversed(changes) if start <= c.at <= end]
        first = int(params.get("NextToken") or 0)
        last = first + min(int(params.get("MaxResults") or MOST_EVENTS), MOST_EVENTS)
        answer: dict[str, Any] = {"Events": [_event(change, call) for change in found[first:last]]}
        if last < len(found):
            answer["NextToken"] = str(last)
        return json_response(answer)


def _event(change: AliasChange, call: Call) -> dict[str, Any]:
    detail = {
        "eventVersion": "1.08",
        "eventSource": "lambda.amazonaws.com",
        "eventName": EVENT_NAME,
        "awsRegion": call.region,
        "userIdentity": {"type": "IAMUser", "arn": change.who},
        "requestParameters": {
            "functionName": change.function,
            "name": change.alias,
            "functionVersion": change.version,
            "routingConfig": {"additionalVersionWeights": change.weights},
        },
    }
    return {
        "EventId": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{change.function} {change.at}")),
        "EventName": EVENT_NAME,
        "ReadOnly": "false",
        "EventTime": change.at,
        "EventSource": "lambda.amazonaws.com",
        "Username": change.who.rpartition("/")[2],
        "CloudTrailEvent": json.dumps(detail),
    }
