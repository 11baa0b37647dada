"""The command `creds decode`: what an encoded authorization failure message says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from awsops.api import Annotated, Argument, Aws, Note, UsageError, command

MessageArgument = Annotated[
    str, Argument(help="The encoded message, or - to read it from stdin.", metavar="MESSAGE|-")
]
_MARK = "Encoded authorization failure message:"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a call was refused. `statements` are the policy statements that matched; `conditions`
    what the request looked like to them."""

    verdict: str
    principal: str
    action: str
    resource: str
    statements: tuple[str, ...]
    conditions: dict[str, list[str]]
    message: dict[str, Any]


@command()
def decode(aws: Aws, message: MessageArgument) -> Iterator[Verdict | Note]:
    """Say who was refused what, and by which statement."""
    text = aws.env.read_stdin() if message == "-" else message
    # People paste the whole error; the message is its last word.
    words = text.rpartition(_MARK)[2].split()
    if not words:
        raise UsageError("there is no message to decode")
    sts = aws.client("sts")
    try:
        answer = sts.decode_authorization_message(EncodedMessage=words[0])
    except sts.exceptions.InvalidAuthorizationMessageException:
        raise UsageError(
            "this is no encoded authorization message of this account",
            hint="copy all of it, and name the account it is from with -p",
            code="NotDecodable",
        ) from None
    verdict = read_verdict(json.loads(answer["DecodedMessage"]))
    yield verdict
    yield Note(_sentence(verdict))


def read_verdict(decoded: dict[str, Any]) -> Verdict:
    """The parts that matter of a decoded message (STS API reference, its DecodedMessage)."""
    context = decoded.get("context", {})
    principal = context.get("principal", {})
    return Verdict(
        verdict=_verdict(decoded),
        principal=str(principal.get("arn") or principal.get("id") or "unknown"),
        action=str(context.get("action", "unknown")),
        resource=str(context.get("resource", "unknown")),
        statements=tuple(_statement(item) for item in _items(decoded.get("matchedStatements"))),
        conditions={
            str(item.get("key")): [str(v.get("value")) for v in _items(item.get("values"))]
            for item in _items(context.get("conditions"))
        },
        message=decoded,
    )


def _verdict(decoded: dict[str, Any]) -> str:
    if decoded.get("allowed"):
        return "allowed"
    return "explicit deny" if decoded.get("explicitDeny") else "implicit deny"


def _statement(item: dict[str, Any]) -> str:
    name = item.get("statementId") or "a statement without Sid"
    return f"{name} ({item['sourcePolicyId']})" if item.get("sourcePolicyId") else str(name)


def _items(value: Any) -> list[dict[str, Any]]:
    found = value.get("items", []) if isinstance(value, dict) else []
    return [item for item in found if isinstance(item, dict)]


def _sentence(verdict: Verdict) -> str:
    who = f"{verdict.principal} may not {verdict.action} on {verdict.resource}"
    if verdict.verdict == "explicit deny":
        by = " and ".join(verdict.statements) or "a policy"
        return f"{who}: denied by {by}; no Allow can help against a Deny"
    if verdict.verdict == "implicit deny":
        return f"{who}: no statement allows it"
    return f"{verdict.principal} was allowed to {verdict.action} on {verdict.resource}"
