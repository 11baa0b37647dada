"""Who changed an alias, when CloudTrail can tell."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from awsops.api import Aws

from .client import CloudTrailClient
from .names import AliasRef
from .routing import AliasState, Route

EVENT_NAME = "UpdateAlias20150331"  # CloudTrail's name of it has the API's date
EVENTS_PER_PAGE = 50  # LookupEvents, API reference; two calls a second
MOST_PAGES = 20


def who_changed(aws: Aws, state: AliasState, since: float) -> str | None:
    """The ARN of who put the alias where it is, or None: it comes late, or may not be read.

    The newest event may be one of our own as long as the other has not come: it must fit.
    """
    try:
        for event in alias_events(aws, state.ref, since):
            if not leads_to(event.get("requestParameters") or {}, state.route):
                return None
            return str(event["userIdentity"].get("arn") or event["userIdentity"].get("type"))
    except Exception:
        return None  # not allowed, or not played here: the change itself is what matters
    return None


def leads_to(asked: Mapping[str, Any], route: Route) -> bool:
    """Whether a call with these parameters can have left the alias at this route."""
    weights = (asked.get("routingConfig") or {}).get("additionalVersionWeights")
    kept = route.weights if weights is None else weights
    return Route(
        str(asked.get("functionVersion") or route.version),
        {str(version): float(weight) for version, weight in kept.items()},
    ).same_as(route)


def alias_events(aws: Aws, ref: AliasRef, since: float) -> Iterator[dict[str, Any]]:
    """CloudTrail's events of UpdateAlias for an alias, newest first (about 15 minutes late), of
    the newest 1,000 of all aliases."""
    client: CloudTrailClient = aws.client("cloudtrail")
    token: dict[str, str] = {}
    for _ in range(MOST_PAGES):
        answer = client.lookup_events(
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": EVENT_NAME}],
            StartTime=since,
            MaxResults=EVENTS_PER_PAGE,
            **token,
        )
        for found in answer.get("Events", []):
            event = json.loads(found["CloudTrailEvent"])
            asked = event.get("requestParameters") or {}
            function = str(asked.get("functionName", "")).rpartition("function:")[2]
            if (function, asked.get("name")) == (ref.function, ref.alias):
                yield event
        if not answer.get("NextToken"):
            return
        token = {"NextToken": answer["NextToken"]}
