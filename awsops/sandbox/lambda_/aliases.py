"""Aliases, the rules of their weights, and provisioned concurrency."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from awsops.sandbox.lambda_ import faults
from awsops.sandbox.lambda_.functions import page
from awsops.sandbox.lambda_.state import LATEST, Alias, Function, Region, stamp

Params = Mapping[str, Any]

_NAME = re.compile(r"(?!^\d+$)[A-Za-z0-9_-]{1,128}")


def describe(function: Function, alias: Alias) -> dict[str, Any]:
    weights = {"RoutingConfig": {"AdditionalVersionWeights": dict(alias.weights)}}
    return {
        "AliasArn": f"{function.arn}:{alias.name}",
        "Name": alias.name,
        "FunctionVersion": alias.version,
        "Description": alias.description,
        "RevisionId": alias.revision,
        **(weights if alias.weights else {}),
    }


def create(region: Region, params: Params, now: float) -> dict[str, Any]:
    function, _ = region.named(params)
    name, version = str(params.get("Name") or ""), str(params.get("FunctionVersion") or "")
    if not _NAME.fullmatch(name):
        raise faults.invalid(f"Value '{name}' at 'name' failed to satisfy constraint")
    if name in function.aliases:
        raise faults.conflict(f"Alias already exists: {function.arn}:{name}")
    weights = _weights(params) or {}
    alias = Alias(name, version, weights, str(params.get("Description") or ""))
    check_weights(function, alias.name, version, weights)
    function.aliases[name] = alias
    alias.log.append((now, version, weights))
    return describe(function, alias)


def get(region: Region, params: Params, now: float) -> dict[str, Any]:
    function, _ = region.named(params)
    return describe(function, function.alias(str(params["Name"])))


def list_aliases(region: Region, params: Params, now: float) -> dict[str, Any]:
    function, _ = region.named(params)
    wanted = params.get("FunctionVersion")
    found = [
        describe(function, alias)
        for _, alias in sorted(function.aliases.items())
        if wanted in (None, alias.version, *alias.weights)
    ]
    return page("Aliases", found, params)


def update(region: Region, params: Params, now: float) -> dict[str, Any]:
    function, _ = region.named(params)
    alias = function.alias(str(params["Name"]))
    faults.check_revision(params.get("RevisionId"), alias.revision)
    version = str(params.get("FunctionVersion") or alias.version)
    given = _weights(params)
    weights = alias.weights if given is None else given
    check_weights(function, alias.name, version, weights)
    if params.get("Description") is not None:
        alias.description = str(params["Description"])
    alias.route(version, weights, now)
    return describe(function, alias)


def delete(region: Region, params: Params, now: float) -> None:
    function, _ = region.named(params)
    function.aliases.pop(str(params["Name"]), None)


def _weights(params: Params) -> dict[str, float] | None:
    """What RoutingConfig says; None when it is not there, which leaves the weights as they are."""
    routing = params.get("RoutingConfig")
    if routing is None:
        return None
    found = routing.get("AdditionalVersionWeights") or {}
    return {str(version): float(weight) for version, weight in found.items()}


def check_weights(
    function: Function, alias: str, version: str, weights: Mapping[str, float]
) -> None:
    """What Lambda demands of an alias with two versions (developer guide, "alias routing")."""
    primary = function.version(version)
    if not weights:
        return
    if len(weights) > 1:
        raise faults.invalid("Number of items in AdditionalVersionWeights cannot be greater than 1")
    [(other, weight)] = weights.items()
    if not 0.0 <= weight <= 1.0:
        raise faults.invalid(f"Weight {weight} of version {other} must be from 0.0 to 1.0.")
    if LATEST in (version, other):
        raise faults.invalid(
            "$LATEST is not supported for an alias pointing to more than 1 version"
        )
    second = function.version(other)
    if other == version:
        raise faults.invalid(f"Invalid function version {other}: it is the alias's own version.")
    for setting, name in (("Role", "execution role"), ("DeadLetterConfig", "dead letter config")):
        if (primary.settings.get(setting) or None) != (second.settings.get(setting) or None):
            raise faults.invalid(f"Versions {version} and {other} must have the same {name}.")
    if alias in function.provisioned:
        raise faults.invalid(
            f"Alias with weights can not be used with Provisioned Concurrency: {alias}"
        )


def put_provisioned(region: Region, params: Params, now: float) -> dict[str, Any]:
    function, qualifier = region.named(params)
    if not qualifier or qualifier == LATEST:
        raise faults.invalid("Provisioned Concurrency Configs cannot be applied to $LATEST.")
    function.resolve(qualifier)
    if qualifier in function.aliases and function.aliases[qualifier].weights:
        raise faults.invalid(
            f"Alias with weights can not be used with Provisioned Concurrency: {qualifier}"
        )
    wanted = int(params["ProvisionedConcurrentExecutions"])
    function.provisioned[qualifier] = {
        "RequestedProvisionedConcurrentExecutions": wanted,
        "AvailableProvisionedConcurrentExecutions": wanted,
        "AllocatedProvisionedConcurrentExecutions": wanted,
        "Status": "READY",
        "LastModified": stamp(now),
    }
    return function.provisioned[qualifier]


def get_provisioned(region: Region, params: Params, now: float) -> dict[str, Any]:
    function, qualifier = region.named(params)
    if qualifier not in function.provisioned:
        from awsops.sandbox.answers import AwsError

        raise AwsError(
            "ProvisionedConcurrencyConfigNotFoundException",
            "No Provisioned Concurrency Config found for this function",
            status=404,
        )
    return function.provisioned[qualifier]


def list_provisioned(region: Region, params: Params, now: float) -> dict[str, Any]:
    function, _ = region.named(params)
    found = [
        {"FunctionArn": f"{function.arn}:{qualifier}", **config}
        for qualifier, config in function.provisioned.items()
    ]
    return page("ProvisionedConcurrencyConfigs", found, params)


def delete_provisioned(region: Region, params: Params, now: float) -> None:
    function, qualifier = region.named(params)
    function.provisioned.pop(qualifier or "", None)
