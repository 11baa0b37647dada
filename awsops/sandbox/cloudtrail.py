"""CloudTrail's LookupEvents for the calls that services of the sandbox have written down.

AWS tells of them after some minutes, here at once. The rest of CloudTrail is moto's.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from awsops.sandbox.answers import AwsError
from awsops.sandbox.calls import Call
from awsops.sandbox.paging import take_page
from awsops.sandbox.rpc import read_params, rpc_response
from awsops.sandbox.wire import Response

MOST_EVENTS = 50  # LookupEvents, API reference
_NAMESPACE = uuid.UUID("6f1d0b0e-7d55-4a7e-9f10-1c2f6f1f0c55")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A call that was made. at: seconds since the epoch; who: an ARN; resources: type and name."""

    at: float
    source: str
    who: str
    parameters: Mapping[str, Any]
    resources: Sequence[tuple[str, str]] = ()


# What was recorded in an account and region, in any order.
Recorder = Callable[[str, str], Sequence[Recorded]]


class CloudTrailService:
    """Looks events up by EventName: `recorders` by the names that are known."""

    def __init__(self, recorders: Mapping[str, Recorder]) -> None:
        self._recorders = recorders

    def reset(self) -> None:
        """Nothing is kept here."""

    def handle(self, call: Call) -> Response | None:
        if call.operation != "LookupEvents":
            return None
        params = read_params(call)
        given = params.get("LookupAttributes") or []
        wanted = {a.get("AttributeKey"): a.get("AttributeValue") for a in given}
        name = str(wanted.get("EventName"))
        if set(wanted) != {"EventName"} or name not in self._recorders:
            known = " or ".join(self._recorders)
            raise AwsError(
                "InvalidLookupAttributesException",
                f"The sandbox's CloudTrail looks up EventName {known} alone.",
            )
        start, end = params.get("StartTime") or 0, params.get("EndTime") or float("inf")
        recorded = self._recorders[name](call.identity.account, call.region)
        found = sorted((r for r in recorded if start <= r.at <= end), key=lambda r: -r.at)
        size = min(int(params.get("MaxResults") or MOST_EVENTS), MOST_EVENTS)
        page, token = take_page(found, params.get("NextToken"), size, _refused_token)
        events = [_event(name, one, call.region) for one in page]
        return rpc_response(call, {"Events": events, "NextToken": token})


def _refused_token() -> AwsError:
    return AwsError("InvalidNextTokenException", "Invalid NextToken.")


def _event(name: str, one: Recorded, region: str) -> dict[str, Any]:
    detail = {
        "eventVersion": "1.08",
        "eventSource": one.source,
        "eventName": name,
        "awsRegion": region,
        "userIdentity": {"type": "IAMUser", "arn": one.who},
        "requestParameters": dict(one.parameters),
    }
    return {
        "EventId": str(uuid.uuid5(_NAMESPACE, f"{one.source} {one.parameters} {one.at}")),
        "EventName": name,
        "ReadOnly": "false",
        "EventTime": one.at,
        "EventSource": one.source,
        "Username": one.who.rpartition("/")[2],
        "Resources": [{"ResourceType": kind, "ResourceName": name} for kind, name in one.resources],
        "CloudTrailEvent": json.dumps(detail),
    }
