"""Event source mappings: what a function is fed from, and how it is paused."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from awsops.sandbox.lambda_ import faults
from awsops.sandbox.lambda_.functions import page
from awsops.sandbox.lambda_.state import PENDING_SECONDS, Region

Params = Mapping[str, Any]

# Settings that only streams have (Kinesis, DynamoDB: developer guide, "event source mappings").
_STREAM_ONLY = (
    "BisectBatchOnFunctionError",
    "ParallelizationFactor",
    "MaximumRetryAttempts",
    "MaximumRecordAgeInSeconds",
    "TumblingWindowInSeconds",
    "StartingPosition",
)
_SETTINGS = (
    "BatchSize",
    "MaximumBatchingWindowInSeconds",
    "FilterCriteria",
    "ScalingConfig",
    "DestinationConfig",
    "FunctionResponseTypes",
    *_STREAM_ONLY,
)
_MOVING = {"Creating": "Enabled", "Enabling": "Enabled", "Disabling": "Disabled"}


def is_stream(arn: str) -> bool:
    return arn.split(":")[2:3] in (["kinesis"], ["dynamodb"])


def create(region: Region, params: Params, now: float) -> dict[str, Any]:
    function, qualifier = region.named(params)
    source = str(params.get("EventSourceArn") or "")
    if not source:
        raise faults.invalid("EventSourceArn is required.")
    arn = f"{function.arn}:{qualifier}" if qualifier else function.arn
    for other in region.mappings.values():
        if (other["EventSourceArn"], other["FunctionArn"]) == (source, arn):
            raise faults.conflict(
                f"An event source mapping with event source {source} and function {arn} already "
                f"exists. Please update or delete the existing mapping with UUID {other['UUID']}"
            )
    enabled = params.get("Enabled", True)
    mapping: dict[str, Any] = {
        "UUID": str(uuid.uuid4()),
        "EventSourceArn": source,
        "FunctionArn": arn,
        "State": "Creating" if enabled else "Disabled",
        "StateTransitionReason": "User action",
        "LastModified": now,
        "BatchSize": 100 if is_stream(source) else 10,
        "MaximumBatchingWindowInSeconds": 0,
    }
    mapping.update(_given(source, params))
    region.mappings[mapping["UUID"]] = mapping
    return dict(mapping)


def _given(source: str, params: Params) -> dict[str, Any]:
    if not is_stream(source):
        for name in _STREAM_ONLY:
            if params.get(name) not in (None, False):
                raise faults.invalid(f"Unsupported {name} parameter for given event source mapping")
    return {name: params[name] for name in _SETTINGS if params.get(name) is not None}


def settle(region: Region, now: float) -> None:
    """Ends the transitions whose time is over."""
    for mapping in region.mappings.values():
        if mapping["State"] in _MOVING and now >= mapping["LastModified"] + PENDING_SECONDS:
            mapping["State"] = _MOVING[mapping["State"]]
    for uuid_, mapping in list(region.mappings.items()):
        over = now >= mapping["LastModified"] + PENDING_SECONDS
        if mapping["State"] == "Deleting" and over:
            del region.mappings[uuid_]


def _named(region: Region, params: Params, now: float) -> dict[str, Any]:
    settle(region, now)
    found = region.mappings.get(str(params.get("UUID")))
    if found is None:
        raise faults.not_found("The resource you requested does not exist.")
    return found


def get(region: Region, params: Params, now: float) -> dict[str, Any]:
    return dict(_named(region, params, now))


def list_mappings(region: Region, params: Params, now: float) -> dict[str, Any]:
    settle(region, now)
    wanted = None
    if params.get("FunctionName"):
        function, qualifier = region.named(params)
        wanted = f"{function.arn}:{qualifier}" if qualifier else function.arn
    found = [
        dict(mapping)
        for mapping in region.mappings.values()
        if params.get("EventSourceArn") in (None, mapping["EventSourceArn"])
        and (wanted is None or mapping["FunctionArn"] == wanted)
    ]
    return page("EventSourceMappings", found, params)


def update(region: Region, params: Params, now: float) -> dict[str, Any]:
    mapping = _named(region, params, now)
    _free(mapping)
    mapping.update(_given(mapping["EventSourceArn"], params))
    mapping["LastModified"] = now
    if params.get("Enabled") is not None:
        mapping["State"] = "Enabling" if params["Enabled"] else "Disabling"
    return dict(mapping)


def delete(region: Region, params: Params, now: float) -> dict[str, Any]:
    mapping = _named(region, params, now)
    _free(mapping)
    mapping.update(State="Deleting", LastModified=now)
    return dict(mapping)


def _free(mapping: Mapping[str, Any]) -> None:
    if mapping["State"] not in ("Enabled", "Disabled"):
        raise faults.in_use(
            f"Cannot update the event source mapping because it is {mapping['State']}."
        )
