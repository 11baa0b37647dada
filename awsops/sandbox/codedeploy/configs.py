"""Deployment configurations: AWS's own for Lambda, and those that an account makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from awsops.sandbox.answers import AwsError
from awsops.sandbox.cbor import Epoch

PREFIX = "CodeDeployDefault."
# CodeDeploy user guide, "Predefined deployment configurations for Lambda": per cent, minutes.
_CANARIES = ((10, 5), (10, 10), (10, 15), (10, 30))
_LINEARS = ((10, 1), (10, 2), (10, 3), (10, 10))


def _predefined() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {"LambdaAllAtOnce": {"type": "AllAtOnce"}}
    for percent, minutes in _CANARIES:
        found[f"LambdaCanary{percent}Percent{minutes}Minutes"] = canary(percent, minutes)
    for percent, minutes in _LINEARS:
        unit = "Minute" if minutes == 1 else "Minutes"
        found[f"LambdaLinear{percent}PercentEvery{minutes}{unit}"] = {
            "type": "TimeBasedLinear",
            "timeBasedLinear": {"linearPercentage": percent, "linearInterval": minutes},
        }
    return {PREFIX + name: routing for name, routing in found.items()}


def canary(percent: int, minutes: int) -> dict[str, Any]:
    return {
        "type": "TimeBasedCanary",
        "timeBasedCanary": {"canaryPercentage": percent, "canaryInterval": minutes},
    }


PREDEFINED: Mapping[str, Mapping[str, Any]] = _predefined()


def describe(name: str, routing: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "deploymentConfigInfo": {
            "deploymentConfigName": name,
            "computePlatform": "Lambda",
            "trafficRoutingConfig": dict(routing),
            "createTime": Epoch(0),
        }
    }


def checked(params: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Name and routing of a configuration of one's own."""
    name = str(params.get("deploymentConfigName") or "")
    routing = dict(params.get("trafficRoutingConfig") or {})
    if not name:
        raise AwsError("DeploymentConfigNameRequiredException", "A name is required.")
    if params.get("computePlatform") != "Lambda":
        raise AwsError("InvalidComputePlatformException", "The sandbox plays Lambda alone.")
    if routing.get("type") not in ("AllAtOnce", "TimeBasedCanary", "TimeBasedLinear"):
        raise AwsError("InvalidTrafficRoutingConfigurationException", "Unknown type of routing.")
    schedule(routing)
    return name, routing


def schedule(routing: Mapping[str, Any]) -> list[tuple[float, float]]:
    """When each weight of the new version begins, in seconds from the start; the last is 1."""
    if routing["type"] == "AllAtOnce":
        return [(0.0, 1.0)]
    if routing["type"] == "TimeBasedCanary":
        given = routing.get("timeBasedCanary") or {}
        share, minutes = given.get("canaryPercentage", 0), given.get("canaryInterval", 0)
        _check(share, minutes)
        return [(0.0, share / 100), (minutes * 60.0, 1.0)]
    given = routing.get("timeBasedLinear") or {}
    share, minutes = given.get("linearPercentage", 0), given.get("linearInterval", 0)
    _check(share, minutes)
    count = -(-100 // share)
    return [(n * minutes * 60.0, min((n + 1) * share / 100, 1.0)) for n in range(count)]


def _check(share: int, minutes: int) -> None:
    if not 1 <= share <= 99 or not 1 <= minutes <= 2880:  # at most 48 hours (API reference)
        raise AwsError(
            "InvalidTrafficRoutingConfigurationException",
            "A percentage of 1 to 99 and an interval of 1 to 2880 minutes are required.",
        )
