"""What IAM policies forbid: session policies, and the denies of a user's or role's own policies.

Everybody of the sandbox may do everything until a policy says otherwise. A deny in an identity's
policies counts, be it in the user's or role's own or attached to it, and a session policy leaves
only what it allows. Calls that carry no name (lambda, s3 and other REST services) are not judged:
their action is not known here. Of resources only `*` is understood: a deny for one resource does
not apply, an allow for one does.

Policy evaluation: IAM user guide, "Policy evaluation logic"; what is exempt: STS API reference,
GetCallerIdentity and GetSessionToken ("no permissions are required").
"""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from awsops.sandbox.answers import AwsError, protocol_of
from awsops.sandbox.calls import Call
from awsops.sandbox.identity import Identity
from awsops.sandbox.verdicts import Verdicts

_EXEMPT = frozenset({"sts:GetCallerIdentity", "sts:GetSessionToken"})
# Where the prefix of an action is not the name that signs (service authorization reference).
_PREFIXES = {"monitoring": "cloudwatch", "email": "ses", "tagging": "tag"}
_BOOLEAN = ("Bool", "BoolIfExists")
_EQUALS = ("StringEquals", "StringLike", "StringEqualsIfExists", "StringLikeIfExists")

# The documents of an identity's own policies, each with a name to be told by.
Lookup = Callable[[Identity], Sequence[tuple[str, Mapping[str, Any]]]]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a call is not let through. `statement` is the one that denies it; None: none allows it.
    `where` names the kind of policy, `source` the policy."""

    action: str
    where: str
    source: str
    statement: Mapping[str, Any] | None


class Policies:
    """Judges calls; `lookup` finds the policies of an identity."""

    def __init__(self, lookup: Lookup, verdicts: Verdicts) -> None:
        self._lookup = lookup
        self._verdicts = verdicts

    def check(self, call: Call) -> None:
        """Raises the refusal of the service that is called; returns where nothing forbids it."""
        if call.claim is None or not re.fullmatch(r"\w+", call.operation):
            return
        action = f"{_PREFIXES.get(call.service, call.service)}:{call.operation}"
        if action in _EXEMPT:
            return
        refusal = self._refusal(call, action)
        if refusal is not None:
            raise self._error(call, refusal)

    def _refusal(self, call: Call, action: str) -> Refusal | None:
        facts = _facts(call)
        for name, document in self._lookup(call.identity):
            for statement in statements_of(document):
                if _applies(statement, "Deny", action, facts):
                    return Refusal(action, "an identity-based policy", name, statement)
        if call.identity.policy is None:
            return None
        allowed = False
        for statement in statements_of(json.loads(call.identity.policy)):
            if _applies(statement, "Deny", action, facts):
                return Refusal(action, "a session policy", "session policy", statement)
            allowed = allowed or _applies(statement, "Allow", action, facts)
        return None if allowed else Refusal(action, "session policy", "session policy", None)

    def _error(self, call: Call, refusal: Refusal) -> AwsError:
        """Messages: IAM user guide, "Troubleshoot access denied error messages"."""
        what = f"User: {call.identity.arn} is not authorized to perform: {refusal.action}"
        if refusal.statement is not None:
            text = f"{what} on resource: * with an explicit deny in {refusal.where}"
        else:
            text = (
                f"{what} on resource: * because no {refusal.where} allows the {refusal.action} "
                "action"
            )
        protocol = protocol_of(call.request, call.service)
        if protocol == "ec2":
            encoded = self._verdicts.keep(call.identity.account, _verdict(call, refusal))
            return AwsError(
                "UnauthorizedOperation",
                f"You are not authorized to perform this operation. {text}. "
                f"Encoded authorization failure message: {encoded}",
                status=403,
            )
        if protocol in ("json", "cbor", "rest-json"):
            return AwsError("AccessDeniedException", text, status=400)
        return AwsError("AccessDenied", text, status=403)


def statements_of(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The statements of a policy, which writes a single one without a list."""
    found = document.get("Statement", [])
    return found if isinstance(found, list) else [found]


def _applies(
    statement: Mapping[str, Any], effect: str, action: str, facts: Mapping[str, str]
) -> bool:
    if statement.get("Effect") != effect:
        return False
    if effect == "Deny" and "*" not in _listed(statement.get("Resource", "*")):
        return False
    if "NotAction" in statement:
        named = not _matches(statement["NotAction"], action)
    else:
        named = _matches(statement.get("Action", []), action)
    return named and all(
        _holds(operator, key, _listed(wanted), facts)
        for operator, block in statement.get("Condition", {}).items()
        for key, wanted in block.items()
    )


def _matches(patterns: object, action: str) -> bool:
    return any(fnmatch.fnmatchcase(action.lower(), word.lower()) for word in _listed(patterns))


def _holds(operator: str, key: str, wanted: Sequence[str], facts: Mapping[str, str]) -> bool:
    """Whether a condition holds; one that is not understood does not."""
    if operator not in (*_BOOLEAN, *_EQUALS):
        return False
    fact = facts.get(key.lower())
    if fact is None:
        return operator.endswith("IfExists") and key.lower().startswith("aws:")
    return any(fnmatch.fnmatchcase(fact, value) for value in wanted)


def _listed(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [_text(value)]


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _facts(call: Call) -> dict[str, str]:
    facts = {"aws:requestedregion": call.region, "aws:principalarn": call.identity.arn}
    if call.identity.user_name is not None:
        facts["aws:username"] = call.identity.user_name
    if call.identity.kind != "user":  # long-term keys do not have the key at all
        facts["aws:multifactorauthpresent"] = "true" if call.identity.mfa else "false"
    return facts


def _verdict(call: Call, refusal: Refusal) -> dict[str, Any]:
    """The document that DecodeAuthorizationMessage gives (STS API reference, its example)."""
    statement = refusal.statement
    return {
        "allowed": False,
        "explicitDeny": statement is not None,
        "matchedStatements": _items([] if statement is None else [_matched(refusal, statement)]),
        "failures": _items([]),
        "context": {
            "principal": {
                "id": call.identity.user_id,
                "name": call.identity.arn.rpartition("/")[2],
                "arn": call.identity.arn,
            },
            "action": refusal.action,
            "resource": "*",
            "conditions": _items(
                {"key": key, "values": _items([{"value": value}])}
                for key, value in sorted(_facts(call).items())
            ),
        },
    }


def _matched(refusal: Refusal, statement: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "statementId": str(statement.get("Sid", "")),
        "effect": "DENY",
        "principals": _items([]),
        "principalGroups": _items([]),
        "actions": _items({"value": word} for word in _listed(statement.get("Action", []))),
        "resources": _items({"value": word} for word in _listed(statement.get("Resource", "*"))),
        "conditions": _items([]),
        "sourcePolicyId": refusal.source,
    }


def _items(values: Any) -> dict[str, list[Any]]:
    found: Iterator[Any] = iter(values)
    return {"items": list(found)}
