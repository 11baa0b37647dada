"""One deployment: it moves an alias's weights by itself, and back when it is stopped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from awsops.sandbox.answers import AwsError
from awsops.sandbox.cbor import Epoch
from awsops.sandbox.lambda_.state import Region

CREATED_SECONDS = 1.0  # before the first weight is set
ACTIVE = ("Created", "Queued", "InProgress", "Baking", "Ready")


@dataclass(frozen=True, slots=True)
class Shifted:
    """What an AppSpec says is to be shifted."""

    function: str
    alias: str
    current: str
    target: str


def read_app_spec(revision: Mapping[str, Any]) -> Shifted:
    """The one function of an AppSpec in JSON or YAML (user guide, "AppSpec file structure")."""
    content = (revision.get("appSpecContent") or revision.get("string") or {}).get("content")
    if not content:
        raise AwsError("RevisionRequiredException", "The revision carries no AppSpec content.")
    try:
        spec = _parse(str(content))
        [resource] = [value for one in spec["Resources"] for value in one.values()]
        given = resource["Properties"]
        names = ("Name", "Alias", "CurrentVersion", "TargetVersion")
        return Shifted(*(str(given[name]) for name in names))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise AwsError("InvalidRevisionException", f"The AppSpec is invalid: {error}") from None


def _parse(content: str) -> Any:
    if content.lstrip().startswith("{"):
        return json.loads(content)
    import yaml

    try:
        return yaml.safe_load(content)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None


@dataclass
class Deployment:
    """steps: (seconds from the start, weight). rollback: the deployment that took it back."""

    id: str
    application: str
    group: str
    config: str
    shifted: Shifted
    steps: list[tuple[float, float]]
    created: float
    alarms: tuple[str, ...]
    rolls_back_on: frozenset[str]
    description: str = ""
    status: str = "Created"
    done: int = 0
    ended: float | None = None
    error: tuple[str, str] | None = None
    rollback: str | None = None
    of: str | None = None
    revision: dict[str, Any] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        return self.status in ACTIVE

    @property
    def weight(self) -> float:
        return self.steps[self.done - 1][1] if self.done else 0.0

    def advance(self, region: Region, now: float) -> None:
        """Sets the weights whose time has come; fails where Lambda refuses them."""
        if not self.active:
            return
        begin = self.created + CREATED_SECONDS
        while self.done < len(self.steps) and now >= begin + self.steps[self.done][0]:
            at, weight = self.steps[self.done]
            try:
                self._route(region, weight, begin + at)
            except AwsError as error:
                self.end("Failed", now, ("INVALID_LAMBDA_FUNCTION", error.message))
                return
            self.status, self.done = "InProgress", self.done + 1
        if self.done == len(self.steps):
            self.end("Succeeded", now)

    def _route(self, region: Region, weight: float, at: float) -> None:
        from awsops.sandbox.lambda_.aliases import check_weights

        function, _ = region.named({"FunctionName": self.shifted.function})
        alias = function.alias(self.shifted.alias)
        if alias.version != self.shifted.current and not self.of:
            raise AwsError("x", f"{alias.name} is not at version {self.shifted.current}")
        if weight >= 1:
            function.version(self.shifted.target)
            alias.route(self.shifted.target, {}, at)
            return
        weights = {self.shifted.target: weight}
        check_weights(function, alias.name, self.shifted.current, weights)
        alias.route(self.shifted.current, weights, at)

    def end(self, status: str, now: float, error: tuple[str, str] | None = None) -> None:
        self.status, self.ended, self.error = status, now, error

    def describe(self) -> dict[str, Any]:
        """As GetDeployment shows it."""
        moved = {"Pending": 0, "InProgress": int(self.active), "Failed": 0}
        return {
            "applicationName": self.application,
            "deploymentGroupName": self.group,
            "deploymentConfigName": self.config,
            "deploymentId": self.id,
            "revision": self.revision,
            "status": self.status,
            "createTime": Epoch(self.created),
            "startTime": Epoch(self.created + CREATED_SECONDS) if self.done else None,
            "completeTime": Epoch(self.ended) if self.ended else None,
            "description": self.description,
            "creator": "codeDeployRollback" if self.of else "user",
            "computePlatform": "Lambda",
            "deploymentOverview": {**moved, "Succeeded": int(self.status == "Succeeded")},
            "errorInformation": dict(zip(("code", "message"), self.error, strict=True))
            if self.error
            else None,
            "rollbackInfo": self._rollback_info(),
            "deploymentStyle": {
                "deploymentType": "BLUE_GREEN",
                "deploymentOption": "WITH_TRAFFIC_CONTROL",
            },
        }

    def _rollback_info(self) -> dict[str, str] | None:
        if self.rollback:
            return {"rollbackDeploymentId": self.rollback}
        return {"rollbackTriggeringDeploymentId": self.of} if self.of else None

    def describe_target(self, now: float) -> dict[str, Any]:
        name = f"{self.shifted.function}:{self.shifted.alias}"
        status = {"Created": "Pending", "Stopped": "Skipped"}.get(self.status, self.status)
        return {
            "deploymentTargetType": "LambdaTarget",
            "lambdaTarget": {
                "deploymentId": self.id,
                "targetId": name,
                "status": status,
                "lastUpdatedAt": Epoch(self.ended or now),
                "lifecycleEvents": [{"lifecycleEventName": "AllowTraffic", "status": status}],
                "lambdaFunctionInfo": {
                    "functionName": self.shifted.function,
                    "functionAlias": self.shifted.alias,
                    "currentVersion": self.shifted.current,
                    "targetVersion": self.shifted.target,
                    "targetVersionWeight": self.weight * 100,
                },
            },
        }
