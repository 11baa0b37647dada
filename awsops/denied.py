"""What to ask for after an access denied: who may not do what, and the policy line that allows it.

The service's sentence has it all, in one of two forms (IAM user guide, "Troubleshoot access denied
error messages"):

    User: PRINCIPAL is not authorized to perform: ACTION on resource: RESOURCE because REASON
    User: PRINCIPAL is not authorized to perform: ACTION
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace

_SENTENCE = re.compile(
    r"(?:User: )?(?P<principal>arn:[^\s]+) is not authorized to perform:? \[?"
    r"(?P<action>[A-Za-z0-9-]+:[A-Za-z0-9*]+)\]?"
    r"(?: on resource:? (?P<resource>\"?[^\s\"]+\"?))?"
    r"(?:.*? (?P<reason>because .*|with an explicit deny.*))?",
    re.DOTALL,
)
_ASSUMED = re.compile(
    r"arn:(?P<partition>[^:]+):sts::(?P<account>\d+):assumed-role/(?P<role>[^/]+)/"
)
# Where a deny stands that no allow outweighs, as the reason names it.
_ELSEWHERE = (
    "service control policy",
    "resource control policy",
    "permissions boundary",
    "session policy",
    "VPC endpoint policy",
    "resource-based policy",
    "role trust policy",
)
# A role that IAM Identity Center made: its policies are those of the permission set.
_RESERVED = re.compile(r"role/AWSReservedSSO_(?P<name>.+)_[0-9a-f]{16}$")
# What KMS says where it tells neither who nor what (AWS KMS developer guide, "Troubleshooting key
# access"); SQS, Kinesis and Logs pass it on.
_ABOUT_A_KEY = ("ciphertext refers to a customer master key", "KMS key")
_ENCODED = "Encoded authorization failure message"


@dataclass(frozen=True, slots=True)
class Denial:
    """A refusal, read: `reason` is empty where the service gives none."""

    principal: str
    action: str
    resource: str
    reason: str

    @property
    def holder(self) -> str:
        """Whose policy has to allow it: the role behind an assumed one."""
        match = _ASSUMED.match(self.principal)
        if match is None:
            return self.principal
        role = "arn:{partition}:iam::{account}:role/{role}".format(**match.groupdict())
        reserved = _RESERVED.search(role)
        if reserved is not None:
            return f"the permission set {reserved['name']} in account {match['account']}"
        return role

    @property
    def statement(self) -> str:
        """The policy line."""
        line = {"Effect": "Allow", "Action": self.action, "Resource": self.resource or "*"}
        return json.dumps(line)


def read_denial(message: str) -> Denial | None:
    """The refusal in a service's message; None where it says nothing of the kind."""
    match = _SENTENCE.search(message)
    if match is None:
        return None
    return Denial(
        match["principal"],
        match["action"],
        (match["resource"] or "").strip('"').rstrip(".,"),
        (match["reason"] or "").strip(),
    )


def hint_for(message: str, operation: str | None) -> str:
    """What to do about a refusal: whom to ask, for what."""
    hint = _hint(message, operation)
    if _ENCODED not in message:
        return hint
    decode = "awsops creds decode MESSAGE says which statement it was"
    return decode if read_denial(message) is None else f"{hint}; {decode}"


def _hint(message: str, operation: str | None) -> str:
    found = read_denial(message)
    if found is not None and operation is not None:
        # Some services write the action in small letters.
        service, _, name = found.action.partition(":")
        if name.lower() == operation.lower():
            found = replace(found, action=f"{service}:{operation}")
    if found is None and any(words in message for words in _ABOUT_A_KEY):
        return (
            "it is encrypted with a KMS key that is not there or that the caller may not use: ask "
            "for kms:Decrypt (and kms:GenerateDataKey to write) on that key, in its policy too"
        )
    if found is None:
        what = f"call {operation}" if operation else "do this"
        return f"the caller may not {what}: ask for that permission, or choose a profile with -p"
    return _of_denial(found)


def _of_denial(found: Denial) -> str:
    where = next((place for place in _ELSEWHERE if place in found.reason), None)
    if "explicit deny" in found.reason:
        source = f"a {where}" if where else "one of its policies"
        return (
            f"{source} denies {found.action} to {found.holder}, and no allow outweighs that: "
            "ask those who keep it, or choose a profile with -p"
        )
    own = where in (None, "resource-based policy", "role trust policy")
    if own and found.action == "sts:AssumeRole":
        # STS answers alike where the role does not exist (STS API reference, AssumeRole).
        return (
            f"check the role's name, for which there may be no role; ask for {found.statement} on "
            f"{found.holder}, and that the role's trust policy names it: it may want MFA too"
        )
    if own and found.action.startswith("kms:"):
        return (
            f"the KMS key behind it refuses: ask for {found.statement} on {found.holder}, and that "
            "the key's own policy lets it"
        )
    if where is not None:
        return f"the {where} has to allow it too: {found.statement} for {found.holder}"
    return f"ask for {found.statement} on {found.holder}, or choose a profile with -p"
