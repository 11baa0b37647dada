"""Deletes old versions that nothing uses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from awsops.api import Change, PartialError, Plan, Progress
from awsops.botocore_errors import from_exception

from .client import LambdaClient, error_code, is_transient, pages
from .functions import alias_users, list_versions
from .provisioned import provisioned


@dataclass(frozen=True, slots=True)
class Pruned:
    """A version that was deleted, or why it was not."""

    function: str
    version: str
    code_bytes: int
    outcome: str


@dataclass(frozen=True, slots=True)
class PrunePlan:
    """The versions to delete with their sizes, oldest first, and those kept beyond the newest."""

    function: str
    doomed: tuple[tuple[str, int], ...]
    kept: tuple[str, ...]


def plan_prune(lam: LambdaClient, function: str, keep: int) -> PrunePlan:
    """All but the newest `keep` versions, and never one that an alias points to, `$LATEST`, one
    with provisioned concurrency, or one that a trigger names."""
    versions = [v for v in list_versions(lam, function) if v.version != "$LATEST"]
    used = set(alias_users(lam, function)) | provisioned(lam, function) | _fed(lam, function)
    old = sorted(versions, key=lambda v: int(v.version), reverse=True)[keep:]
    return PrunePlan(
        function,
        tuple((v.version, v.code_bytes) for v in reversed(old) if v.version not in used),
        tuple(v.version for v in reversed(old) if v.version in used),
    )


def _fed(lam: LambdaClient, function: str) -> set[str]:
    """Versions that an event source mapping names: a mapping may skip the alias."""
    found = pages(lam.list_event_source_mappings, "EventSourceMappings")
    prefix = f":function:{function}:"
    arns = [str(mapping["FunctionArn"]) for mapping in found]
    return {arn.rpartition(":")[2] for arn in arns if prefix in arn}


def describe_prune(plan: PrunePlan) -> Plan:
    """The Plan: a change for each version that goes, none of which can be undone."""
    why = "Lambda keeps no copy of a deleted version: publish its code again"
    changes = tuple(
        Change(
            "delete version",
            f"{plan.function}:{version}",
            detail=f"{size} bytes",
            irreversible=True,
            why_no_undo=why,
        )
        for version, size in plan.doomed
    )
    kept = f"kept because in use: {', '.join(plan.kept)}" if plan.kept else ""
    return Plan(changes, kept or ("" if changes else "nothing to prune"))


def apply_prune(lam: LambdaClient, plan: PrunePlan) -> Iterator[Pruned | Progress]:
    """Delete them one by one; what Lambda refuses (used since the plan) is kept and told.

    PartialError after the last row when any was refused.
    """
    refused = 0
    for done, (version, size) in enumerate(plan.doomed):
        try:
            lam.delete_function(FunctionName=plan.function, Qualifier=version)
            yield Pruned(plan.function, version, size, "deleted")
        except Exception as error:
            known = from_exception(error)
            conflict = error_code(error) == "ResourceConflictException"
            if known is None or not (conflict or is_transient(error)):
                raise
            refused += 1
            yield Pruned(plan.function, version, size, f"kept: {known.message}")
        yield Progress(done + 1, len(plan.doomed), "versions")
    if refused:
        raise PartialError(f"{refused} of {len(plan.doomed)} versions were not deleted")
