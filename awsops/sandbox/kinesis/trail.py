"""CloudTrail's LookupEvents, as far as it tells how often UpdateShardCount was called."""

from __future__ import annotations

import json
import uuid
from typing import Any

from awsops.sandbox.answers import AwsError, json_response
from awsops.sandbox.calls import Call
from awsops.sandbox.kinesis.service import KinesisService
from awsops.sandbox.wire import Response

NAMESPACE = uuid.UUID("6f1d0b0e-7d55-4a7e-9f10-1c2f6f1f0c55")


class TrailService:
    """Answers LookupEvents for EventName UpdateShardCount; moto plays the rest of CloudTrail."""

    def __init__(self, kinesis: KinesisService) -> None:
        self._kinesis = kinesis

    def reset(self) -> None:
        """Nothing is kept here."""

    def handle(self, call: Call) -> Response | None:
        if call.operation != "LookupEvents":
            return None
        params = json.loads(call.request.body or b"{}")
        given = params.get("LookupAttributes") or []
        wanted = {a.get("AttributeKey"): a.get("AttributeValue") for a in given}
        if wanted != {"EventName": "UpdateShardCount"}:
            raise AwsError(
                "InvalidLookupAttributesException",
                "The sandbox's CloudTrail looks up EventName UpdateShardCount alone.",
            )
        start, end = params.get("StartTime") or 0, params.get("EndTime") or float("inf")
        account = call.identity.account
        updates = self._kinesis.update_counts(account, call.region)
        found = sorted((u for u in updates if start <= u[1] <= end), key=lambda u: -u[1])
        return json_response({"Events": [_event(name, at, call) for name, at in found[:50]]})


def _event(name: str, at: float, call: Call) -> dict[str, Any]:
    arn = f"arn:aws:kinesis:{call.region}:{call.identity.account}:stream/{name}"
    detail = {
        "eventSource": "kinesis.amazonaws.com",
        "eventName": "UpdateShardCount",
        "awsRegion": call.region,
        "requestParameters": {"streamName": name, "scalingType": "UNIFORM_SCALING"},
    }
    return {
        "EventId": str(uuid.uuid5(NAMESPACE, f"{arn} {at}")),
        "EventName": "UpdateShardCount",
        "ReadOnly": "false",
        "EventTime": at,
        "EventSource": "kinesis.amazonaws.com",
        "Username": call.identity.arn.rpartition("/")[2],
        "Resources": [{"ResourceType": "AWS::Kinesis::Stream", "ResourceName": name}],
        "CloudTrailEvent": json.dumps(detail),
    }
