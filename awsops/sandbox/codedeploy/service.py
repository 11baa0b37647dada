"""CodeDeploy's operations by name, for the compute platform Lambda; hooks are not played."""

from __future__ import annotations

import random
import string
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from awsops.sandbox.answers import AwsError
from awsops.sandbox.calls import Call
from awsops.sandbox.cbor import Epoch
from awsops.sandbox.cloudwatch.service import CloudWatchService
from awsops.sandbox.codedeploy import configs
from awsops.sandbox.codedeploy.deployment import Deployment, Shifted, read_app_spec
from awsops.sandbox.lambda_.service import LambdaService
from awsops.sandbox.rpc import read_params, rpc_response
from awsops.sandbox.wire import Response

Params = Mapping[str, Any]


@dataclass
class Account:
    """What one account has of CodeDeploy in one region."""

    applications: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    configs: dict[str, dict[str, Any]] = field(default_factory=dict)
    deployments: dict[str, Deployment] = field(default_factory=dict)

    def application(self, params: Params) -> str:
        name = str(params.get("applicationName") or "")
        if name not in self.applications:
            raise AwsError(
                "ApplicationDoesNotExistException", f"No application found for name: {name}"
            )
        return name

    def group(self, params: Params) -> tuple[str, str]:
        key = self.application(params), str(params.get("deploymentGroupName") or "")
        if key not in self.groups:
            raise AwsError(
                "DeploymentGroupDoesNotExistException",
                f"No Deployment Group found for name: {key[1]}",
            )
        return key

    def routing(self, name: str) -> Mapping[str, Any]:
        found = configs.PREDEFINED.get(name) or self.configs.get(name)
        if found is None:
            raise AwsError(
                "DeploymentConfigDoesNotExistException", f"No deployment configuration: {name}"
            )
        return found

    def deployment(self, params: Params) -> Deployment:
        number = str(params.get("deploymentId") or "")
        if number not in self.deployments:
            raise AwsError(
                "DeploymentDoesNotExistException", f"The deployment {number} could not be found"
            )
        return self.deployments[number]


class CodeDeployService:
    """Deployments go on by themselves: they are brought up to date whenever somebody looks."""

    def __init__(
        self,
        lambda_: LambdaService,
        cloudwatch: CloudWatchService,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._lambda = lambda_
        self._cloudwatch = cloudwatch
        self._clock = clock
        self._accounts: dict[tuple[str, str], Account] = {}
        lambda_.drivers.append(self.bring_up_to_date)
        self._operations: Mapping[str, Callable[[Account, Params, float], dict[str, Any]]] = {
            "BatchGetDeploymentTargets": self._targets,
            "CreateApplication": self._create_application,
            "CreateDeployment": self._create_deployment,
            "CreateDeploymentConfig": self._create_config,
            "CreateDeploymentGroup": self._create_group,
            "DeleteApplication": self._delete_application,
            "GetApplication": self._get_application,
            "GetDeployment": self._get_deployment,
            "GetDeploymentConfig": self._get_config,
            "GetDeploymentGroup": self._get_group,
            "GetDeploymentTarget": self._target,
            "ListApplications": lambda a, p, now: {"applications": sorted(a.applications)},
            "ListDeploymentConfigs": self._list_configs,
            "ListDeploymentGroups": self._list_groups,
            "ListDeploymentTargets": self._list_targets,
            "ListDeployments": self._list_deployments,
            "StopDeployment": self._stop,
            "UpdateDeploymentGroup": self._update_group,
        }

    def reset(self) -> None:
        with self._lambda.lock:
            self._accounts.clear()

    def handle(self, call: Call) -> Response | None:
        """One call; None for what moto plays."""
        operation = self._operations.get(call.operation)
        if operation is None:
            return None
        params = read_params(call)
        with self._lambda.lock:
            now = self._clock()
            key = (call.identity.account, call.region)
            self.bring_up_to_date(*key, now)
            account = self._accounts.setdefault(key, Account())
            answer = operation(account, {**params, "_key": key}, now)
            return rpc_response(call, answer)

    def bring_up_to_date(self, account: str, region: str, now: float) -> None:
        """Moves the weights of running deployments, and back when an alarm is on."""
        found = self._accounts.get((account, region))
        if found is None:
            return
        where = self._lambda.of(account, region)
        for deployment in list(found.deployments.values()):
            if not deployment.active:
                continue
            alarms = self._cloudwatch.of(account, region).alarms
            self._lambda.bring_up_to_date(account, region, now)
            alarms.evaluate(now)
            on = [
                n for n in deployment.alarms if n in alarms.all and alarms.all[n].state == "ALARM"
            ]
            if on:
                reason = f"The following alarms are active: {', '.join(on)}"
                deployment.end("Stopped", now, ("ALARM_ACTIVE", reason))
                if "DEPLOYMENT_STOP_ON_ALARM" in deployment.rolls_back_on:
                    self._take_back(found, where, deployment, now)
                continue
            deployment.advance(where, now)
            failed = deployment.status == "Failed"
            if failed and "DEPLOYMENT_FAILURE" in deployment.rolls_back_on and deployment.done:
                self._take_back(found, where, deployment, now)

    def _take_back(self, account: Account, where: Any, deployment: Deployment, now: float) -> None:
        """A deployment of its own that gives the alias its old version at once."""
        shifted = deployment.shifted
        back = Deployment(
            id=_new_id(),
            application=deployment.application,
            group=deployment.group,
            config=configs.PREFIX + "LambdaAllAtOnce",
            shifted=Shifted(shifted.function, shifted.alias, shifted.target, shifted.current),
            steps=[(0.0, 1.0)],
            created=now - 1.0,
            alarms=(),
            rolls_back_on=frozenset(),
            of=deployment.id,
        )
        account.deployments[back.id] = back
        deployment.rollback = back.id
        if deployment.done:
            back.advance(where, now)
        else:
            back.end("Succeeded", now)

    def _create_application(self, account: Account, params: Params, now: float) -> dict[str, Any]:
        name = str(params.get("applicationName") or "")
        if not name:
            raise AwsError("ApplicationNameRequiredException", "An application name is required.")
        if name in account.applications:
            raise AwsError("ApplicationAlreadyExistsException", f"{name} exists already")
        if params.get("computePlatform") != "Lambda":
            raise AwsError("InvalidComputePlatformException", "The sandbox plays Lambda alone.")
        application = {
            "applicationId": str(uuid.uuid4()),
            "applicationName": name,
            "createTime": Epoch(now),
            "computePlatform": "Lambda",
        }
        account.applications[name] = application
        return {"applicationId": application["applicationId"]}

    def _get_application(self, account: Account, params: Params, now: float) -> dict[str, Any]:
        return {"application": account.applications[account.application(params)]}

    def _delete_application(self, account: Account, params: Params, now: float) -> dict[str, Any]:
        name = str(params.get("applicationName") or "")
        account.applications.pop(name, None)
        for key in [key for key in account.groups if key[0] == name]:
            del account.groups[key]
        return {}

    def _create_group(self, account: Account, params: Params, now: float) -> dict[str, Any]:
        application = account.application(params)
        name = str(params.get("deploymentGroupName") or "")
        if not name:
            raise AwsError("DeploymentGroupNameRequiredException", "A group name is required.")
        if (application, name) in account.groups:
            raise AwsError("DeploymentGroupAlreadyExistsException", f"{name} exists already")
        if not params.get("serviceRoleArn"):
            raise AwsError("RoleRequiredException", "A service role is required.")
        style = params.get("deploymentStyle") or {}
        if style.get("deploymentOption") != "WITH_TRAFFIC_CONTROL":
            raise AwsError(
                "InvalidDeploymentStyleException",
                "For Lambda deployment group, deployment option must be WITH_TRAFFIC_CONTROL",
            )
        group = {name: value for name, value in params.items() if name not in ("_key", "tags")}
        group.setdefault("deploymentConfigName", configs.PREFIX + "LambdaAllAtOnce")
        account.routing(group["deploymentConfigName"])
        group["deploymentGroupId"] = str(uuid.uuid4())
        group["computePlatform"] = "Lambda"
        account.groups[application, name] = group
        return {"deploymentGroupId": group["deploymentGroupId"]}

    def _update_group(self, account: Account, params: Params, now: float) -> dict[str, Any]:
        named = {**params, "deploymentGroupName": params.get("currentDeploymentGroupName")}
        group = account.groups[account.group(named)]
        kept = ("_key", "applicationName", "currentDeploymentGroupName", "newDeploymentGroupName")
        group.update({name: value for name, value in params.items() if name not in kept})
        account.routing(group["deploymentConfigName"])
        return {"hooksNotCleanedUp": []}

    def _get_group(self, account: Account, params: Params, now: float) -> dict[str, Any]:
        return {"deploymentGroupInfo": account.groups[account.group(params)]}

    def _list_groups(self, account: Account, params: Params, now: float) -> dict[str, Any]:
        application = account.application(params)
        names = sorted(name for owner, name in account.groups if owner == application)
        return {"applicationName": application, "deploymentGroups": names}

    def _create_config(self, account: Account, params: Params, now: float) -> dict[str, Any]:
        name, routing = configs.checked(params)
        if name in configs.PREDEFINED or name in account.configs:
            raise AwsError("DeploymentConfigAlreadyExistsException", f"{name} exists already")
        account.configs[name] = routing
        return {"deploymentConfigId": str(uuid.uuid4())}

    def _get_config(self, account: Account, params: Params, now: float) -> dict[str, Any]:
        name = str(params.get("deploymentConfigName") or "")
        return configs.describe(name, account.routing(name))

    def _list_configs(self, account: Account, params: Params, now: float) -> dict[str, Any]:
        return {"deploymentConfigsList": sorted([*configs.PREDEFINED, *account.configs])}

    def _create_deployment(self, account: Account, params: Params, now: float) -> dict[str, Any]:
        key = account.group(params)
        group = account.groups[key]
        for other in account.deployments.values():
            if (other.application, other.group) == key and other.active:
                raise AwsError(
                    "DeploymentLimitExceededException",
                    f"The Deployment Group '{key[1]}' already has an active Deployment "
                    f"'{other.id}'",
                )
        revision = dict(params.get("revision") or {})
        shifted = read_app_spec(revision)
        config = str(params.get("deploymentConfigName") or group["deploymentConfigName"])
        alarms = params.get("overrideAlarmConfiguration") or group.get("alarmConfiguration") or {}
        back = params.get("autoRollbackConfiguration") or group.get("autoRollbackConfiguration")
        events = (back or {}).get("events") or [] if (back or {}).get("enabled") else []
        names = [a["name"] for a in alarms.get("alarms") or []] if alarms.get("enabled") else []
        made = Deployment(
            id=_new_id(),
            application=key[0],
            group=key[1],
            config=config,
            shifted=shifted,
            steps=configs.schedule(account.routing(config)),
            created=now,
            alarms=tuple(names),
            rolls_back_on=frozenset(events),
            description=str(params.get("description") or ""),
            revision=revision,
        )
        account.deployments[made.id] = made
        return {"deploymentId": made.id}

    def _get_deployment(self, account: Account, params: Params, now: float) -> dict[str, Any]:
        found = account.deployment(params).describe()
        return {"deploymentInfo": {k: v for k, v in found.items() if v is not None}}

    def _list_deployments(self, account: Account, params: Params, now: float) -> dict[str, Any]:
        wanted = account.group(params) if params.get("deploymentGroupName") else None
        statuses = params.get("includeOnlyStatuses")
        found = [
            d.id
            for d in reversed(account.deployments.values())
            if (wanted is None or (d.application, d.group) == wanted)
            and (not statuses or d.status in statuses)
        ]
        return {"deployments": found}

    def _stop(self, account: Account, params: Params, now: float) -> dict[str, Any]:
        deployment = account.deployment(params)
        if not deployment.active:
            raise AwsError(
                "DeploymentAlreadyCompletedException",
                f"The deployment {deployment.id} is already completed",
            )
        deployment.end("Stopped", now, ("MANUAL_STOP", "The deployment was stopped by a user"))
        back = params.get("autoRollbackEnabled")
        if back or (back is None and "DEPLOYMENT_STOP_ON_REQUEST" in deployment.rolls_back_on):
            self._take_back(account, self._lambda.of(*params["_key"]), deployment, now)
        return {"status": "Succeeded", "statusMessage": "Stopping"}

    def _list_targets(self, account: Account, params: Params, now: float) -> dict[str, Any]:
        shifted = account.deployment(params).shifted
        return {"targetIds": [f"{shifted.function}:{shifted.alias}"]}

    def _targets(self, account: Account, params: Params, now: float) -> dict[str, Any]:
        return {"deploymentTargets": [account.deployment(params).describe_target(now)]}

    def _target(self, account: Account, params: Params, now: float) -> dict[str, Any]:
        return {"deploymentTarget": account.deployment(params).describe_target(now)}


def _new_id() -> str:
    """`d-` and nine characters, as CodeDeploy's."""
    return "d-" + "".join(random.choices(string.ascii_uppercase + string.digits, k=9))
