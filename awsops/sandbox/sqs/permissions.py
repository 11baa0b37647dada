"""Who else may use a queue: its Policy, and AddPermission's way of writing one."""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from awsops.sandbox.identity import Identity
from awsops.sandbox.sqs import faults
from awsops.sandbox.sqs.queue import Queue

# "Cross-account permissions don't apply to this action", SQS API reference.
OWNER_ONLY = frozenset(
    {
        "AddPermission",
        "CancelMessageMoveTask",
        "CreateQueue",
        "DeleteQueue",
        "ListMessageMoveTasks",
        "ListQueueTags",
        "ListQueues",
        "RemovePermission",
        "SetQueueAttributes",
        "StartMessageMoveTask",
        "TagQueue",
        "UntagQueue",
    }
)
MAX_ACTIONS = 7  # AddPermission: "a maximum of seven actions per statement"
_LABEL = re.compile(r"[A-Za-z0-9_-]{1,80}")


def require(caller: Identity, queue: Queue, action: str) -> None:
    """Raises AccessDenied unless the caller owns the queue or its Policy lets the caller in, and in
    any case where the Policy denies it."""
    action = action.removesuffix("Batch")  # the permission of a batch is that of the single call
    effects = list(_effects(queue, caller, action))
    if caller.account == queue.key.account:
        if action not in OWNER_ONLY and ("Deny", False) in effects:
            raise faults.access_denied(caller.arn, action, queue.arn, denied=True)
        return
    denied = any(effect == "Deny" for effect, _ in effects)
    if action not in OWNER_ONLY and ("Allow", False) in effects and not denied:
        return
    raise faults.access_denied(caller.arn, action, queue.arn, denied=denied)


def _effects(queue: Queue, caller: Identity, action: str) -> Iterator[tuple[str, bool]]:
    """Of each statement that applies, and whether it has conditions, which are not evaluated."""
    if "Policy" not in queue.attributes:
        return
    policy = json.loads(queue.attributes["Policy"] or "{}")
    statements = policy.get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        if _applies(statement, queue, caller, action):
            yield statement["Effect"], bool(statement.get("Condition"))


def _applies(statement: Mapping[str, Any], queue: Queue, caller: Identity, action: str) -> bool:
    if statement.get("Condition") and statement.get("Effect") == "Allow":
        return False  # conditions are not evaluated: what cannot be proved is not allowed
    principal = statement.get("Principal", {})
    names = principal if principal == "*" else principal.get("AWS", [])
    accepted = {"*", caller.account, f"arn:aws:iam::{caller.account}:root", caller.arn}
    return (
        bool(accepted & set(_many(names)))
        and any(
            fnmatch.fnmatchcase(f"sqs:{action}".lower(), pattern.lower())
            for pattern in _many(statement.get("Action", []))
        )
        and any(
            fnmatch.fnmatchcase(queue.arn, pattern)
            for pattern in _many(statement.get("Resource", "*"))
        )
    )


def _many(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def add_permission(queue: Queue, params: Mapping[str, Any]) -> None:
    """AddPermission: one more statement in the queue's Policy."""
    label, actions = str(params.get("Label", "")), params.get("Actions") or []
    accounts = params.get("AWSAccountIds") or []
    if not _LABEL.fullmatch(label):
        raise faults.bad_value(label, "Label", "1 to 80 letters, digits, hyphens, underscores")
    if not actions or not accounts:
        raise faults.missing_parameter("Actions" if not actions else "AWSAccountIds")
    if len(actions) > MAX_ACTIONS:
        raise faults.over_limit(
            f"{len(actions)} Actions were found, maximum allowed is {MAX_ACTIONS}."
        )
    policy = _read_policy(queue, label)
    if any(statement.get("Sid") == label for statement in policy["Statement"]):
        raise faults.bad_value(label, "Label", "Already exists")
    policy["Statement"].append(
        {
            "Sid": label,
            "Effect": "Allow",
            "Principal": {"AWS": _one_or_many([f"arn:aws:iam::{name}:root" for name in accounts])},
            "Action": _one_or_many([f"SQS:{name}" for name in actions]),
            "Resource": queue.arn,
        }
    )
    queue.attributes["Policy"] = json.dumps(policy)


def remove_permission(queue: Queue, label: str) -> None:
    """RemovePermission: takes the statement of that label out of the Policy."""
    policy = _read_policy(queue, label)
    left = [statement for statement in policy["Statement"] if statement.get("Sid") != label]
    if len(left) == len(policy["Statement"]):
        raise faults.bad_value(label, "Label", "can't find label")
    if left:
        queue.attributes["Policy"] = json.dumps({**policy, "Statement": left})
    else:
        queue.attributes.pop("Policy", None)


def _one_or_many(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values


def _read_policy(queue: Queue, label: str) -> dict[str, Any]:
    empty = {"Version": "2008-10-17", "Id": f"{queue.arn}/{label}", "Statement": []}
    policy: dict[str, Any] = json.loads(queue.attributes.get("Policy") or "null") or empty
    if not isinstance(policy.get("Statement"), list):
        policy["Statement"] = [policy["Statement"]] if policy.get("Statement") else []
    return policy
