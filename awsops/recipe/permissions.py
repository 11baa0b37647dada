"""The IAM policy that calls need: each action with the resources that it was used on.

Made from the calls of a rehearsal, which knows the parameters; accounts and regions are left open
(`*`), because the sandbox's are not the person's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

# Operations whose permission has another name (Service Authorization Reference, action tables).
_ACTIONS = {
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "lambda:Invoke": "lambda:InvokeFunction",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
}
_TASKS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
# What a caller must be allowed besides (SQS developer guide, API permissions; ECR Public and
# CodeDeploy in the Service Authorization Reference, dependent actions).
_BESIDES: Mapping[str, tuple[str, ...]] = {
    "sqs:StartMessageMoveTask": (*_TASKS, "sqs:SendMessage"),
    "sqs:CancelMessageMoveTask": _TASKS,
    "sqs:ListMessageMoveTasks": _TASKS,
    "ecr-public:GetAuthorizationToken": ("sts:GetServiceBearerToken",),
    "codedeploy:CreateDeploymentGroup": ("iam:PassRole",),
    # A revision that comes with the deployment is registered under the caller's permissions.
    "codedeploy:CreateDeployment": tuple(
        f"codedeploy:{name}"
        for name in ("GetApplicationRevision", "GetDeploymentConfig", "RegisterApplicationRevision")
    ),
}
# Any caller may make these: no policy grants them (STS API reference).
_FREE = frozenset({"sts:GetCallerIdentity", "sts:GetSessionToken"})


@dataclass(frozen=True, slots=True)
class Policy:
    """An IAM policy document, and what of it is wider than it should be, a sentence each."""

    document: dict[str, Any]
    open: tuple[str, ...] = field(default=())


def actions_of(call: str) -> tuple[str, ...]:
    """The actions that a policy has to allow for `service:Operation`, its own first; none for a
    call that every caller may make."""
    if call in _FREE:
        return ()
    return (_ACTIONS.get(call, call), *_BESIDES.get(call, ()))


def policy_for(calls: Iterable[Mapping[str, Any]], *, declared: Iterable[str] = ()) -> Policy:
    """The policy for calls (`call`, `params`) and for those that commands declare.

    `declared` are `service:Operation`s that were not seen: no resource is known for them.
    """
    resources: dict[str, set[str]] = {}
    for call in calls:
        for action in actions_of(call["call"]):
            resources.setdefault(action, set()).update(_resources(call["call"], call["params"]))
    for name in declared:
        for action in actions_of(name):
            resources.setdefault(action, set()).add("*")
    grouped: dict[tuple[str, ...], list[str]] = {}
    for action in sorted(resources):
        found = resources[action]
        grouped.setdefault(("*",) if "*" in found else tuple(sorted(found)), []).append(action)
    statements = [
        {
            "Effect": "Allow",
            "Action": actions,
            "Resource": list(where) if len(where) > 1 else where[0],
        }
        for where, actions in sorted(grouped.items(), key=lambda item: item[1])
    ]
    wide = grouped.get(("*",), [])
    text = "on every resource, because the calls name none or it cannot be told which"
    return Policy(
        {"Version": "2012-10-17", "Statement": statements},
        tuple(f"{action} {text}" for action in wide),
    )


def _resources(call: str, params: Mapping[str, Any]) -> set[str]:
    service = call.partition(":")[0]
    found: set[str] = set()
    for name, value in params.items():
        maker = _NAMED.get((service, name))
        if maker is None:
            continue
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, str) and item:
                found.add(maker(item))
    return found or {"*"}


def _arn(service: str, prefix: str) -> Callable[[str], str]:
    def make(value: str) -> str:
        if value.startswith("arn:"):
            parts = value.split(":", 5)
            parts[3], parts[4] = parts[3] and "*", parts[4] and "*"
            return ":".join(parts)
        region = "" if service == "iam" else "*"
        return f"arn:aws:{service}:{region}:*:{prefix}{value}"

    return make


def _queue(value: str) -> str:
    # https://sqs.REGION.amazonaws.com/ACCOUNT/NAME
    name = value if value.startswith("arn:") else value.rsplit("/", 1)[-1]
    return _arn("sqs", "")(name)


def _group(value: str) -> str:
    arn = _arn("logs", "log-group:")(value)
    return arn if arn.endswith(":*") else f"{arn}:*"


def _function(value: str) -> str:
    return _arn("lambda", "function:")(value)


_NAMED: Mapping[tuple[str, str], Callable[[str], str]] = {
    **{("sqs", name): _queue for name in ("QueueUrl", "QueueName", "SourceArn", "DestinationArn")},
    ("kinesis", "StreamName"): _arn("kinesis", "stream/"),
    ("kinesis", "StreamARN"): _arn("kinesis", "stream/"),
    ("lambda", "FunctionName"): _function,
    **{
        ("logs", name): _group
        for name in (
            "logGroupName",
            "logGroupNames",
            "logGroupIdentifier",
            "logGroupIdentifiers",
        )
    },
    ("ecr", "repositoryName"): _arn("ecr", "repository/"),
    ("iam", "UserName"): _arn("iam", "user/"),
    ("iam", "RoleName"): _arn("iam", "role/"),
    ("sts", "RoleArn"): _arn("iam", "role/"),
    ("cloudwatch", "AlarmNames"): _arn("cloudwatch", "alarm:"),
    ("codedeploy", "applicationName"): _arn("codedeploy", "application:"),
    ("s3", "Bucket"): lambda value: f"arn:aws:s3:::{value}",
}
