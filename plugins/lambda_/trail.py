"""Who changed an alias, when CloudTrail can tell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from awsops.api import Aws

from .names import AliasRef
from .routing import AliasState

MOST_EVENTS = 50  # one page of LookupEvents (API reference)


def who_changed(aws: Aws, state: AliasState, since: float) -> str | None:
    """The ARN of who made the newest UpdateAlias, or None: it comes late, or may not be read."""
    try:
        for event in alias_events(aws, state.ref, since):
            return str(event["userIdentity"].get("arn") or event["userIdentity"].get("type"))
    except Exception:
        return None  # not allowed, or not played here: the change itself is what matters
    return None


def alias_events(aws: Aws, ref: AliasRef, since: float) -> Iterator[dict[str, Any]]:
    """CloudTrail's events of UpdateAlias for an alias, newest first (about 15 minutes late)."""
    answer = aws.client("cloudtrail").lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "UpdateAlias20150331"}],
        StartTime=since,
        MaxResults=MOST_EVENTS,
    )
    for found in answer.get("Events", []):
        event = json.loads(found["CloudTrailEvent"])
        asked = event.get("requestParameters") or {}
        function = str(asked.get("functionName", "")).rpartition("function:")[2]
        if (function, asked.get("name")) == (ref.function, ref.alias):
            yield event
