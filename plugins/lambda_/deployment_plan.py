"""A shift that CodeDeploy drives: what it needs, what is there of it, and what has to be made."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from awsops.api import Change, NotFoundError, Plan, UsageError

from .client import Answer, error_code
from .gates import Gates
from .names import AliasRef
from .planning import ShiftPlan
from .strategy import Strategy

AWS_CONFIG = "CodeDeployDefault.Lambda"
# CodeDeploy user guide, "Predefined deployment configurations for Lambda": minutes of each.
_CANARIES, _LINEARS = (5, 10, 15, 30), (1, 2, 3, 10)
LONGEST_MINUTES = 2880  # 48 hours (CodeDeploy API reference, TimeBasedCanary)


class CodeDeployClient(Protocol):
    """The calls of CodeDeploy that this plugin makes."""

    def get_application(self, **params: Any) -> Answer: ...
    def get_deployment_group(self, **params: Any) -> Answer: ...
    def get_deployment_config(self, **params: Any) -> Answer: ...
    def list_deployments(self, **params: Any) -> Answer: ...
    def get_deployment(self, **params: Any) -> Answer: ...
    def batch_get_deployment_targets(self, **params: Any) -> Answer: ...
    def create_application(self, **params: Any) -> Answer: ...
    def create_deployment_group(self, **params: Any) -> Answer: ...
    def create_deployment_config(self, **params: Any) -> Answer: ...
    def create_deployment(self, **params: Any) -> Answer: ...
    def stop_deployment(self, **params: Any) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where a deployment belongs. role: the ARN of what CodeDeploy acts as, or a name to make."""

    application: str
    group: str
    role: str | None

    @classmethod
    def of(
        cls, ref: AliasRef, application: str | None, group: str | None, role: str | None
    ) -> Place:
        return cls(application or ref.function, group or f"{ref.function}-{ref.alias}", role)


@dataclass(frozen=True, slots=True)
class DeploymentConfig:
    """A deployment configuration: AWS's own by name, or one to be made of `routing`."""

    name: str
    routing: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DeployPlan:
    """What is there and what is missing."""

    shift: ShiftPlan
    place: Place
    config: DeploymentConfig
    missing: frozenset[str]

    def app_spec(self) -> str:
        """The AppSpec of the deployment (user guide, "AppSpec file structure for Lambda")."""
        ref = self.shift.ref
        properties = {
            "Name": ref.function,
            "Alias": ref.alias,
            "CurrentVersion": self.shift.old,
            "TargetVersion": self.shift.new,
        }
        resource = {"Type": "AWS::Lambda::Function", "Properties": properties}
        return json.dumps({"version": 0.0, "Resources": [{ref.function: resource}]})


def check_words(gates: Gates, *, given: Sequence[str]) -> None:
    """Refuse what only our own engine understands: it would be promised and not kept."""
    limits = {
        "--max-error-rate": gates.error_rate,
        "--max-p99": gates.p99,
        "--max-throttles": gates.throttles,
    }
    words = [flag for flag, limit in limits.items() if limit is not None] + list(given)
    if words:
        raise UsageError(
            f"CodeDeploy does not know {', '.join(words)}: it watches alarms alone",
            hint="--engine client, or an alarm on that metric",
        )


def config_of(strategy: Strategy) -> DeploymentConfig:
    """The deployment configuration that does what the strategy says; UsageError when none can.

    CodeDeploy shifts by whole minutes, at once, in one step, or in equal ones.
    """
    steps = strategy.steps
    if not steps:
        return DeploymentConfig(f"{AWS_CONFIG}AllAtOnce", {"type": "AllAtOnce"})
    first = steps[0]
    minutes, percent = round(first.seconds / 60), round(first.weight * 100)
    whole = abs(minutes * 60 - first.seconds) < 1e-6 and abs(percent - first.weight * 100) < 1e-6
    equal = all(
        step.seconds == first.seconds and abs(step.weight - first.weight * (n + 1)) < 1e-6
        for n, step in enumerate(steps)
    )
    reaches = first.weight * (len(steps) + 1) >= 1 - 1e-6
    if not whole or not 1 <= minutes <= LONGEST_MINUTES or not (len(steps) == 1 or equal):
        raise UsageError(
            f"CodeDeploy cannot do {strategy.text}: it shifts by whole minutes and per cents, in "
            "one step or in equal ones",
            hint="--engine client does it from here",
        )
    if len(steps) > 1 and reaches:
        return _linear(percent, minutes)
    return _canary(percent, minutes)


def _canary(percent: int, minutes: int) -> DeploymentConfig:
    routing = {
        "type": "TimeBasedCanary",
        "timeBasedCanary": {"canaryPercentage": percent, "canaryInterval": minutes},
    }
    if percent == 10 and minutes in _CANARIES:
        return DeploymentConfig(f"{AWS_CONFIG}Canary10Percent{minutes}Minutes", routing)
    return DeploymentConfig(f"awsops-canary-{percent}-percent-{minutes}-minutes", routing)


def _linear(percent: int, minutes: int) -> DeploymentConfig:
    routing = {
        "type": "TimeBasedLinear",
        "timeBasedLinear": {"linearPercentage": percent, "linearInterval": minutes},
    }
    if percent == 10 and minutes in _LINEARS:
        unit = "Minute" if minutes == 1 else "Minutes"
        return DeploymentConfig(f"{AWS_CONFIG}Linear10PercentEvery{minutes}{unit}", routing)
    return DeploymentConfig(f"awsops-linear-{percent}-percent-{minutes}-minutes", routing)


def plan_deployment(
    codedeploy: CodeDeployClient, shift: ShiftPlan, place: Place, *, create: bool
) -> DeployPlan:
    """What of application, group, configuration and role is missing; nothing is changed.

    NotFoundError lists it unless `create`; UsageError when the group has a deployment under way.
    """
    config = config_of(shift.terms.strategy)
    missing = set()
    if not _exists(codedeploy.get_application, applicationName=place.application):
        missing |= {"application", "group"}
    elif not _exists(
        codedeploy.get_deployment_group,
        applicationName=place.application,
        deploymentGroupName=place.group,
    ):
        missing.add("group")
    if not config.name.startswith(AWS_CONFIG) and not _exists(
        codedeploy.get_deployment_config, deploymentConfigName=config.name
    ):
        missing.add("configuration")
    if "group" in missing and not (place.role or "").startswith("arn:"):
        missing.add("role")
    plan = DeployPlan(shift, place, config, frozenset(missing))
    if missing and not create:
        names = {
            "application": f"application {place.application}",
            "group": f"group {place.group}",
            "configuration": f"configuration {config.name}",
            "role": "a role for the group",
        }
        raise NotFoundError(
            f"CodeDeploy lacks {', '.join(names[name] for name in names if name in missing)}",
            hint="--create makes it, a plan first; --service-role ARN names a role you have",
        )
    if "group" not in missing:
        _check_idle(codedeploy, place)
    return plan


def _exists(call: Any, **params: str) -> bool:
    try:
        call(**params)
    except Exception as error:
        if error_code(error).endswith("DoesNotExistException"):
            return False
        raise
    return True


def active_deployments(codedeploy: CodeDeployClient, place: Place) -> list[str]:
    """The deployments of a group that are under way: one at most."""
    answer = codedeploy.list_deployments(
        applicationName=place.application,
        deploymentGroupName=place.group,
        includeOnlyStatuses=["Created", "Queued", "InProgress", "Baking", "Ready"],
    )
    return [str(number) for number in answer.get("deployments", [])]


def _check_idle(codedeploy: CodeDeployClient, place: Place) -> None:
    for number in active_deployments(codedeploy, place):
        raise UsageError(
            f"deployment {number} of group {place.group} is under way",
            hint="awsops lambda rollback FUNCTION:ALIAS --engine codedeploy stops it",
            code="InProgress",
        )


def describe_deployment(plan: DeployPlan, undo: str) -> Plan:
    """What is made, then the shift that CodeDeploy is asked for."""
    place, shift = plan.place, plan.shift
    made = {
        "role": ("create role", role_name(plan)),
        "application": ("create application", place.application),
        "configuration": ("create configuration", plan.config.name),
        "group": ("create group", f"{place.application}/{place.group}"),
    }
    why = "it costs nothing, and the next shift uses it"
    changes = [
        Change(*made[name], detail="CodeDeploy", why_no_undo=why)
        for name in made
        if name in plan.missing
    ]
    changes.append(
        Change(
            "shift",
            str(shift.ref),
            detail=f"CodeDeploy, {plan.config.name}",
            before=f"version {shift.old}",
            after=f"version {shift.new}",
            undo=undo,
        )
    )
    names = [name for name in shift.terms.gates.alarms if name not in shift.terms.ignored]
    return Plan(tuple(changes), f"alarms: {', '.join(names) or 'none'}; it outlives this process")


def role_name(plan: DeployPlan) -> str:
    """The role that CodeDeploy takes: the one that was named, or the function's own."""
    return plan.place.role or f"awsops-codedeploy-{plan.shift.ref.function}"
