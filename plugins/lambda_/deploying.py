"""Has CodeDeploy shift an alias, follows it, and stops it when asked to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Event
from typing import Any

from awsops.api import AwsopsError, CancelledError, Note, PendingError, Progress

from .client import CloudWatchClient, error_code, is_transient
from .deployment_plan import CodeDeployClient, DeployPlan, role_name
from .gates import Seen
from .metrics import Window, read_window
from .rows import RolledBackError, ShiftStep, shift_step

ACTIVE = ("Created", "Queued", "InProgress", "Baking", "Ready")
BACK_SECONDS = 60.0  # how long the rollback of a stopped deployment is waited for
ROLE_TRIES = (
    15  # a new role is seen by CodeDeploy after some seconds (IAM is eventually consistent)
)


@dataclass
class Deploying:
    """One deployment. Times are seconds. stops: asks the person after Ctrl-C; True stops it."""

    codedeploy: CodeDeployClient
    cloudwatch: CloudWatchClient
    iam: Callable[[], Any]
    plan: DeployPlan
    account: str
    region: str
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    pause: Callable[[float], None]
    cancelled: Event
    stops: Callable[[str], bool]
    rollback: str

    def run(self) -> Iterator[Note | Progress | ShiftStep]:
        """Make what is missing, create the deployment, follow it to its end.

        RolledBackError when CodeDeploy took it back, CancelledError after Ctrl-C.
        """
        yield from self._make()
        began = self.clock()
        number = self._create()
        yield Note(f"deployment {number} goes on by itself; it is stopped with: {self.rollback}")
        yield from self._follow(number, began)

    # -- what it needs ------------------------------------------------------------------------

    def _make(self) -> Iterator[Note]:
        plan, missing = self.plan, self.plan.missing
        role = plan.place.role
        if "role" in missing:
            role = self._make_role()
            yield Note(f"created role {role}")
        if "application" in missing:
            self.codedeploy.create_application(
                applicationName=plan.place.application, computePlatform="Lambda"
            )
        if "configuration" in missing:
            self.codedeploy.create_deployment_config(
                deploymentConfigName=plan.config.name,
                computePlatform="Lambda",
                trafficRoutingConfig=dict(plan.config.routing),
            )
        if "group" in missing:
            self._make_group(str(role))

    def _make_role(self) -> str:
        """A role that CodeDeploy may assume and that may shift this function alone."""
        iam, name = self.iam(), role_name(self.plan)
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole"}
        principal = {"Principal": {"Service": "codedeploy.amazonaws.com"}}
        try:
            made = iam.create_role(
                RoleName=name, AssumeRolePolicyDocument=_policy({**trust, **principal})
            )
        except Exception as error:
            if error_code(error) != "EntityAlreadyExists":
                raise
            made = iam.get_role(RoleName=name)
        function = self.plan.shift.ref.function
        arn = f"arn:aws:lambda:{self.region}:{self.account}:function:{function}"
        actions = [
            "lambda:GetAlias",
            "lambda:UpdateAlias",
            "lambda:GetProvisionedConcurrencyConfig",
        ]
        iam.put_role_policy(
            RoleName=name,
            PolicyName="shift",
            PolicyDocument=_policy(
                {"Effect": "Allow", "Action": actions, "Resource": [arn, f"{arn}:*"]},
                {"Effect": "Allow", "Action": "cloudwatch:DescribeAlarms", "Resource": "*"},
            ),
        )
        return str(made["Role"]["Arn"])

    def _make_group(self, role: str) -> None:
        place = self.plan.place
        for attempt in range(ROLE_TRIES):
            try:
                self.codedeploy.create_deployment_group(
                    applicationName=place.application,
                    deploymentGroupName=place.group,
                    deploymentConfigName=self.plan.config.name,
                    serviceRoleArn=role,
                    deploymentStyle={
                        "deploymentType": "BLUE_GREEN",
                        "deploymentOption": "WITH_TRAFFIC_CONTROL",
                    },
                    autoRollbackConfiguration={"enabled": True, "events": _EVENTS},
                )
                return
            except Exception as error:
                new = "role" in self.plan.missing and error_code(error) == "InvalidRoleException"
                if not new or attempt == ROLE_TRIES - 1:
                    raise
                self.sleep(2.0)

    def _create(self) -> str:
        terms, place = self.plan.shift.terms, self.plan.place
        names = [name for name in terms.gates.alarms if name not in terms.ignored]
        answer = self.codedeploy.create_deployment(
            applicationName=place.application,
            deploymentGroupName=place.group,
            deploymentConfigName=self.plan.config.name,
            revision={
                "revisionType": "AppSpecContent",
                "appSpecContent": {"content": self.plan.app_spec()},
            },
            autoRollbackConfiguration={"enabled": True, "events": _EVENTS},
            overrideAlarmConfiguration={
                "enabled": bool(names),
                "alarms": [{"name": name} for name in names],
            },
        )
        return str(answer["deploymentId"])

    # -- following it --------------------------------------------------------------------------

    def _follow(self, number: str, began: float) -> Iterator[Note | Progress | ShiftStep]:
        weight, step = 0.0, 0
        while True:
            try:
                info = self.codedeploy.get_deployment(deploymentId=number)["deploymentInfo"]
                seen = self._weight(number, info)
            except Exception as error:
                if not is_transient(error):
                    raise
                yield Note(f"CodeDeploy cannot be asked just now: {error}", "warning")
                info, seen = {"status": "InProgress"}, weight
            if seen > weight:
                weight, step = seen, step + 1
                verdict = "promoted" if weight >= 100 else "shifted"
                yield self._row(step, weight, verdict, began)
            yield Progress(round(weight), 100, "", f"CodeDeploy {number}: {info['status']}")
            if info["status"] not in ACTIVE:
                yield from self._ended(number, info, weight, step, began)
                return
            if self.cancelled.is_set():
                yield from self._interrupted(number, step, began)
            self.sleep(self.plan.shift.terms.poll)

    def _weight(self, number: str, info: Any) -> float:
        if info["status"] in ("Created", "Queued"):
            return 0.0
        ref = self.plan.shift.ref
        answer = self.codedeploy.batch_get_deployment_targets(
            deploymentId=number, targetIds=[str(ref)]
        )
        for target in answer.get("deploymentTargets", []):
            about = target["lambdaTarget"].get("lambdaFunctionInfo") or {}
            return float(about.get("targetVersionWeight") or 0.0)
        return 0.0

    def _ended(
        self, number: str, info: Any, weight: float, step: int, began: float
    ) -> Iterator[ShiftStep]:
        if info["status"] == "Succeeded":
            if weight < 100:
                yield self._row(step + 1, 100.0, "promoted", began)
            return
        why = (info.get("errorInformation") or {}).get("message") or info["status"]
        back = (info.get("rollbackInfo") or {}).get("rollbackDeploymentId")
        if not back:
            raise AwsopsError(
                f"deployment {number} {info['status']}: {why}; CodeDeploy did not roll it back",
                hint=self.rollback,
            )
        self._await_back(back)
        yield self._row(step, 0.0, "rolled back", began)
        raise RolledBackError(
            f"{self.plan.shift.ref}: {why}; CodeDeploy rolled it back by deployment {back}"
        )

    def _await_back(self, number: str) -> None:
        waited = 0.0
        while waited < BACK_SECONDS:
            info = self.codedeploy.get_deployment(deploymentId=number)["deploymentInfo"]
            if info["status"] == "Succeeded":
                return
            if info["status"] not in ACTIVE:
                raise AwsopsError(f"the rollback {number} {info['status']}", hint=self.rollback)
            self.pause(1.0)
            waited += 1.0
        raise PendingError(f"the rollback {number} is still under way", hint="look at its state")

    def _interrupted(self, number: str, step: int, began: float) -> Iterator[Note | ShiftStep]:
        """It outlives us: left alone unless the person says otherwise."""
        if not self.stops(
            f"deployment {number} goes on without us. Stop and roll back what this run began? "
            "(no after 10 s)"
        ):
            raise CancelledError(
                f"deployment {number} goes on by itself", hint=f"{self.rollback} stops it"
            )
        stop_deployment(self.codedeploy, number)
        info = self.codedeploy.get_deployment(deploymentId=number)["deploymentInfo"]
        back = (info.get("rollbackInfo") or {}).get("rollbackDeploymentId")
        if back:
            self._await_back(back)
        yield self._row(step, 0.0, "rolled back", began)
        raise CancelledError(f"deployment {number} was stopped and rolled back")

    def _row(self, step: int, weight: float, verdict: str, began: float) -> ShiftStep:
        shift = self.plan.shift
        new = str(shift.new)
        window = self._window(began, new)
        seen = Seen(
            window.total("Invocations", new, began),
            window.total("Errors", new, began),
            window.p99(new, began),
        )
        return shift_step(
            str(shift.ref),
            step,
            weight,
            versions=(shift.old, new),
            seen=seen,
            verdict=verdict,
            at=self.clock(),
        )

    def _window(self, began: float, new: str) -> Window:
        try:
            return read_window(self.cloudwatch, self.plan.shift.ref, (new,), began, self.clock())
        except Exception as error:
            if is_transient(error):
                return Window()
            raise


_EVENTS = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"]


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def stop_deployment(codedeploy: CodeDeployClient, number: str) -> None:
    """Stop with rollback; one that has just ended is left as it is."""
    try:
        codedeploy.stop_deployment(deploymentId=number, autoRollbackEnabled=True)
    except Exception as error:
        if error_code(error) != "DeploymentAlreadyCompletedException":
            raise
