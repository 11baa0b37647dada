"""What hangs on a function beside its code: policy, URL, destinations, tags."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from awsops.sandbox.lambda_ import faults
from awsops.sandbox.lambda_.functions import page
from awsops.sandbox.lambda_.state import Function, Policy, Region, new_revision, stamp

Params = Mapping[str, Any]


def add_permission(region: Region, params: Params, now: float) -> dict[str, Any]:
    function, qualifier = region.named(params)
    policy = function.policies.setdefault(qualifier or "", Policy(new_revision(), {}))
    faults.check_revision(params.get("RevisionId"), policy.revision)
    name = str(params["StatementId"])
    if name in policy.statements:
        raise faults.conflict(
            f"The statement id ({name}) provided already exists. Please provide a new statement id."
        )
    policy.statements[name] = _statement(function, qualifier, params)
    policy.revision = new_revision()
    return {"Statement": json.dumps(policy.statements[name])}


def _statement(function: Function, qualifier: str | None, params: Params) -> dict[str, Any]:
    principal = str(params["Principal"])
    if principal == "*":
        who: Any = "*"
    elif principal.endswith(".amazonaws.com"):
        who = {"Service": principal}
    else:
        arn = principal if principal.startswith("arn:") else f"arn:aws:iam::{principal}:root"
        who = {"AWS": arn}
    conditions: dict[str, Any] = {}
    if params.get("SourceArn"):
        conditions["ArnLike"] = {"AWS:SourceArn": params["SourceArn"]}
    if params.get("SourceAccount"):
        conditions["StringEquals"] = {"AWS:SourceAccount": params["SourceAccount"]}
    return {
        "Sid": params["StatementId"],
        "Effect": "Allow",
        "Principal": who,
        "Action": params["Action"],
        "Resource": f"{function.arn}:{qualifier}" if qualifier else function.arn,
        **({"Condition": conditions} if conditions else {}),
    }


def get_policy(region: Region, params: Params, now: float) -> dict[str, Any]:
    function, qualifier = region.named(params)
    policy = function.policies.get(qualifier or "")
    if policy is None or not policy.statements:
        raise faults.not_found("The resource you requested does not exist.")
    document = {
        "Version": "2012-10-17",
        "Id": "default",
        "Statement": list(policy.statements.values()),
    }
    return {"Policy": json.dumps(document), "RevisionId": policy.revision}


def remove_permission(region: Region, params: Params, now: float) -> None:
    function, qualifier = region.named(params)
    policy = function.policies.get(qualifier or "")
    name = str(params["StatementId"])
    if policy is None or name not in policy.statements:
        raise faults.not_found(f"Statement {name} is not found in resource policy.")
    faults.check_revision(params.get("RevisionId"), policy.revision)
    del policy.statements[name]
    policy.revision = new_revision()


def create_url(region: Region, params: Params, now: float) -> dict[str, Any]:
    function, qualifier = region.named(params)
    if qualifier and qualifier not in function.aliases:
        raise faults.invalid("A function URL belongs to an alias or to the unpublished function.")
    if (qualifier or "") in function.urls:
        raise faults.conflict(f"FunctionUrlConfig exists for this Lambda function: {function.arn}")
    host = f"{function.name}{qualifier or ''}.lambda-url.{region.region}.sandbox.invalid"
    function.urls[qualifier or ""] = {
        "FunctionUrl": f"https://{host}/",
        "FunctionArn": f"{function.arn}:{qualifier}" if qualifier else function.arn,
        "AuthType": params["AuthType"],
        **({"Cors": params["Cors"]} if params.get("Cors") else {}),
        "InvokeMode": params.get("InvokeMode") or "BUFFERED",
        "CreationTime": stamp(now),
        "LastModifiedTime": stamp(now),
    }
    return function.urls[qualifier or ""]


def _url(region: Region, params: Params) -> tuple[Function, str]:
    function, qualifier = region.named(params)
    if (qualifier or "") not in function.urls:
        raise faults.not_found("The resource you requested does not exist.")
    return function, qualifier or ""


def get_url(region: Region, params: Params, now: float) -> dict[str, Any]:
    function, qualifier = _url(region, params)
    return function.urls[qualifier]


def update_url(region: Region, params: Params, now: float) -> dict[str, Any]:
    function, qualifier = _url(region, params)
    given = {n: params[n] for n in ("AuthType", "Cors", "InvokeMode") if params.get(n) is not None}
    function.urls[qualifier].update(given, LastModifiedTime=stamp(now))
    return function.urls[qualifier]


def delete_url(region: Region, params: Params, now: float) -> None:
    function, qualifier = _url(region, params)
    del function.urls[qualifier]


def list_urls(region: Region, params: Params, now: float) -> dict[str, Any]:
    function, _ = region.named(params)
    return page("FunctionUrlConfigs", list(function.urls.values()), params)


def put_event_config(region: Region, params: Params, now: float) -> dict[str, Any]:
    function, qualifier = region.named(params)
    function.event_configs.pop(qualifier or "", None)
    return _set_event_config(function, qualifier, params, now)


def update_event_config(region: Region, params: Params, now: float) -> dict[str, Any]:
    function, qualifier = region.named(params)
    return _set_event_config(function, qualifier, params, now)


def _set_event_config(
    function: Function, qualifier: str | None, params: Params, now: float
) -> dict[str, Any]:
    names = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")
    config = function.event_configs.setdefault(qualifier or "", {})
    config.update({n: params[n] for n in names if params.get(n) is not None})
    config.update(FunctionArn=f"{function.arn}:{qualifier or '$LATEST'}", LastModified=now)
    return config


def get_event_config(region: Region, params: Params, now: float) -> dict[str, Any]:
    function, qualifier = region.named(params)
    if (qualifier or "") not in function.event_configs:
        which = f"{function.arn}:{qualifier or '$LATEST'}"
        raise faults.not_found(f"The function {which} doesn't have an EventInvokeConfig")
    return function.event_configs[qualifier or ""]


def list_event_configs(region: Region, params: Params, now: float) -> dict[str, Any]:
    function, _ = region.named(params)
    return page("FunctionEventInvokeConfigs", list(function.event_configs.values()), params)


def delete_event_config(region: Region, params: Params, now: float) -> None:
    get_event_config(region, params, now)
    function, qualifier = region.named(params)
    del function.event_configs[qualifier or ""]


def _tagged(region: Region, params: Params) -> Function:
    function, _ = region.named({"FunctionName": params["Resource"]})
    return function


def list_tags(region: Region, params: Params, now: float) -> dict[str, Any]:
    return {"Tags": dict(_tagged(region, params).tags)}


def tag(region: Region, params: Params, now: float) -> None:
    _tagged(region, params).tags.update(params.get("Tags") or {})


def untag(region: Region, params: Params, now: float) -> None:
    tags = _tagged(region, params).tags
    for key in params.get("TagKeys") or []:
        tags.pop(key, None)
