"""Takes a statement out of a function's policy."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from awsops.api import Change, NotFoundError, Plan
from awsops.suggesting import did_you_mean

from .client import LambdaClient, is_missing
from .functions import describe_statement, read_policy
from .names import unknown_function


@dataclass(frozen=True, slots=True)
class Revoked:
    """A statement that is gone."""

    function: str
    statement: str
    was: str


@dataclass(frozen=True, slots=True)
class Revocation:
    """What is to be removed, and the revision of the policy that was looked at."""

    function: str
    qualifier: str
    statement: dict[str, Any]
    revision: str


def plan_revoke(lam: LambdaClient, function: str, qualifier: str, sid: str) -> Revocation:
    """Find the statement; NotFoundError with the nearest when there is none."""
    statements, revision = read_policy(lam, function, qualifier)
    for statement in statements:
        if statement["Sid"] == sid:
            return Revocation(function, qualifier, statement, str(revision))
    known = [str(statement["Sid"]) for statement in statements]
    if not known:
        _check_function(lam, function)
        raise NotFoundError(
            f"{function} has no policy, so no statement {sid}",
            hint="nobody but its own account may call it: there is nothing to revoke",
        )
    raise NotFoundError(
        f"the policy of {function} has no statement {sid}",
        hint=did_you_mean(sid, known) or f"its statements are {', '.join(known)}",
    )


def _check_function(lam: LambdaClient, function: str) -> None:
    try:
        lam.get_function_configuration(FunctionName=function)
    except Exception as error:
        if is_missing(error):
            raise unknown_function(lam, function) from error
        raise


def describe_revoke(plan: Revocation) -> Plan:
    """The Plan: one change, which says what gives the statement back."""
    was = describe_statement(plan.statement)
    text = json.dumps(plan.statement, separators=(",", ":"))
    why = f"aws lambda add-permission gives it back; the statement was {text}"
    name = f"{plan.function}:{plan.qualifier}" if plan.qualifier else plan.function
    return Plan(
        (Change("revoke", name, detail=was, before=plan.statement["Sid"], why_no_undo=why),)
    )


def apply_revoke(lam: LambdaClient, plan: Revocation) -> Revoked:
    """One call, on the revision that was looked at."""
    given = {"Qualifier": plan.qualifier} if plan.qualifier else {}
    sid = str(plan.statement["Sid"])
    lam.remove_permission(
        FunctionName=plan.function, StatementId=sid, RevisionId=plan.revision, **given
    )
    return Revoked(plan.function, sid, describe_statement(plan.statement))
