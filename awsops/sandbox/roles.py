"""Roles that can be assumed: a few that every account has, and those made through IAM."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from awsops.sandbox.identity import Identity

BUILT_IN_MAX_SECONDS = 43_200  # the most IAM allows: 12 hours
DEFAULT_MAX_SECONDS = 3600  # a role's MaxSessionDuration when none was set

_ANYONE: Mapping[str, Any] = {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}
_WITH_MFA: Mapping[str, Any] = {
    **_ANYONE,
    "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
}
# Every account of the sandbox has these, so that roles across accounts work without IAM calls.
BUILT_IN: Mapping[str, Mapping[str, Any]] = {
    "ops": _ANYONE,
    "ops-mfa": _WITH_MFA,
    "OrganizationAccountAccessRole": _ANYONE,
}


@dataclass(frozen=True, slots=True)
class Role:
    """Who may assume a role, and for how long."""

    statements: list[Mapping[str, Any]] = field(default_factory=list)
    max_seconds: int = DEFAULT_MAX_SECONDS

    def trusts(self, caller: Identity, *, mfa: bool, external: str | None) -> bool:
        """Whether the trust policy lets the caller assume the role."""
        applying = [
            statement.get("Effect")
            for statement in self.statements
            if _names(statement, caller) and _conditions_hold(statement, mfa, external)
        ]
        return "Allow" in applying and "Deny" not in applying


# A role's trust policy document and MaxSessionDuration, by account and name; None if there is none.
Lookup = Callable[[str, str], tuple[Mapping[str, Any], int] | None]


class Roles:
    """Finds roles; `lookup` asks the IAM backend for those that were created."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup

    def find(self, account: str, name: str) -> Role | None:
        made = self._lookup(account, name.rpartition("/")[2])
        if made is not None:
            document, seconds = made
            statements = document.get("Statement", [])
            return Role(statements if isinstance(statements, list) else [statements], seconds)
        if name in BUILT_IN:
            return Role([BUILT_IN[name]], BUILT_IN_MAX_SECONDS)
        return None


def _names(statement: Mapping[str, Any], caller: Identity) -> bool:
    principal = statement.get("Principal", {})
    names = principal if principal == "*" else principal.get("AWS", [])
    listed = names if isinstance(names, list) else [names]
    mine = {"*", caller.account, f"arn:aws:iam::{caller.account}:root", caller.arn, _role(caller)}
    return bool(mine & {str(name) for name in listed})


def _role(caller: Identity) -> str:
    """The role behind a role session: what a trust policy names."""
    if caller.kind != "role":
        return caller.arn
    name = caller.arn.split("/")[1]
    return f"arn:aws:iam::{caller.account}:role/{name}"


def _conditions_hold(statement: Mapping[str, Any], mfa: bool, external: str | None) -> bool:
    facts = {
        "aws:multifactorauthpresent": "true" if mfa else "false",
        "sts:externalid": external,
    }
    for operator, wanted in statement.get("Condition", {}).items():
        if operator not in ("Bool", "BoolIfExists", "StringEquals", "StringLike"):
            return False  # what cannot be evaluated is not granted
        for key, value in wanted.items():
            allowed = [str(item) for item in (value if isinstance(value, list) else [value])]
            if facts.get(key.lower()) not in allowed:
                return False
    return True
