"""What there is: functions, aliases, versions, and one function's settings."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fnmatch import fnmatchcase
from typing import Any

from awsops.api import Aws, Note

from .client import LambdaClient, is_missing, pages
from .names import unknown_function
from .runtimes import IMAGE, deprecation


@dataclass(frozen=True, slots=True)
class FunctionRow:
    """A function with what it may use and when it was last changed.

    deprecated: whether its runtime is, None for a runtime that is not known here; deprecated_at:
    since when, or from when on.
    """

    name: str
    runtime: str
    deprecated: bool | None
    deprecated_at: date | None
    memory_mb: int
    timeout_seconds: int
    code_bytes: int
    changed_at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class AliasRow:
    """An alias. weight: per cent of the calls that go to other_version."""

    name: str
    version: str
    other_version: str | None
    weight: float | None
    description: str


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version, the newest first."""

    version: str
    aliases: str
    changed_at: datetime
    runtime: str
    code_bytes: int
    sha256: str
    description: str


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that is set on a function. kind: env, layer, dlq, destination, url, policy, ..."""

    kind: str
    name: str
    value: str


def parse_changed(text: str) -> datetime:
    """LastModified of Lambda: `2026-03-01T12:00:00.000+0000`."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z")


def list_functions(
    lam: LambdaClient, pattern: str, deprecated: bool, now: float
) -> Iterator[FunctionRow | Note]:
    """The functions whose name matches; `deprecated`: only those whose runtime is at `now`.

    A Note names the runtimes of which that is not known.
    """
    unknown: set[str] = set()
    for function in pages(lam.list_functions, "Functions"):
        if not fnmatchcase(str(function["FunctionName"]), pattern):
            continue
        runtime = str(function.get("Runtime") or IMAGE)
        old, day = deprecation(runtime, now)
        if old is None:
            unknown.add(runtime)
        if deprecated and not old:
            continue
        yield FunctionRow(
            name=str(function["FunctionName"]),
            runtime=runtime,
            deprecated=old,
            deprecated_at=day,
            memory_mb=int(function.get("MemorySize") or 0),
            timeout_seconds=int(function.get("Timeout") or 0),
            code_bytes=int(function.get("CodeSize") or 0),
            changed_at=parse_changed(str(function["LastModified"])),
            state=str(function.get("State") or "Active"),
        )
    if unknown:
        names = ", ".join(sorted(unknown))
        yield Note(
            f"it is not known here whether these runtimes are deprecated: {names}", "warning"
        )


def list_aliases(lam: LambdaClient, function: str) -> Iterator[AliasRow]:
    """The aliases of a function; NotFoundError with suggestions."""
    for alias in _of(lam, lam.list_aliases, "Aliases", function):
        weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
        other = next(iter(weights), None)
        yield AliasRow(
            name=str(alias["Name"]),
            version=str(alias["FunctionVersion"]),
            other_version=other,
            weight=round(float(weights[other]) * 100, 4) if other else None,
            description=str(alias.get("Description") or ""),
        )


def list_versions(lam: LambdaClient, function: str) -> Iterator[VersionRow]:
    """The versions of a function with the aliases that point to them, the newest first."""
    found = _of(lam, lam.list_versions_by_function, "Versions", function)
    users = alias_users(lam, function)
    for version in reversed(found):
        number = str(version["Version"])
        yield VersionRow(
            version=number,
            aliases=",".join(users.get(number, ())),
            changed_at=parse_changed(str(version["LastModified"])),
            runtime=str(version.get("Runtime") or "image"),
            code_bytes=int(version.get("CodeSize") or 0),
            sha256=str(version["CodeSha256"]),
            description=str(version.get("Description") or ""),
        )


def alias_users(lam: LambdaClient, function: str) -> dict[str, list[str]]:
    """The aliases that send anything to a version, by version."""
    users: dict[str, list[str]] = {}
    for alias in _of(lam, lam.list_aliases, "Aliases", function):
        weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
        for version in (str(alias["FunctionVersion"]), *weights):
            users.setdefault(version, []).append(str(alias["Name"]))
    return users


def _of(lam: LambdaClient, call: Any, name: str, function: str) -> list[Mapping[str, Any]]:
    try:
        return pages(call, name, FunctionName=function)
    except Exception as error:
        if is_missing(error):
            raise unknown_function(lam, function) from error
        raise


def read_settings(aws: Aws, function: str) -> Iterator[Setting]:
    """Everything that hangs on a function; of its environment the names alone."""
    lam: LambdaClient = aws.client("lambda")
    try:
        whole = lam.get_function(FunctionName=function)
    except Exception as error:
        if is_missing(error):
            raise unknown_function(lam, function) from error
        raise
    config = whole["Configuration"]
    yield from _basics(config)
    reserved = whole.get("Concurrency", {}).get("ReservedConcurrentExecutions")
    if reserved is not None:
        yield Setting("concurrency", "reserved", str(reserved))
    yield from _destinations(lam, function)
    for url in pages(lam.list_function_url_configs, "FunctionUrlConfigs", FunctionName=function):
        yield Setting("url", str(url["FunctionUrl"]), f"auth {url['AuthType']}")
    yield from _policies(lam, function)


def _basics(config: Mapping[str, Any]) -> Iterator[Setting]:
    for name in ("Runtime", "Handler", "Role", "MemorySize", "Timeout", "CodeSha256"):
        if config.get(name) is not None:
            yield Setting("function", name, str(config[name]))
    for name in sorted((config.get("Environment") or {}).get("Variables") or {}):
        yield Setting("env", name, "****")
    for layer in config.get("Layers") or []:
        yield Setting("layer", str(layer["Arn"]), "")
    target = (config.get("DeadLetterConfig") or {}).get("TargetArn")
    if target:
        yield Setting("dlq", str(target), "")


def _destinations(lam: LambdaClient, function: str) -> Iterator[Setting]:
    found = pages(
        lam.list_function_event_invoke_configs,
        "FunctionEventInvokeConfigs",
        FunctionName=function,
    )
    for config in found:
        for word, target in (config.get("DestinationConfig") or {}).items():
            if target.get("Destination"):
                yield Setting("destination", word, str(target["Destination"]))


def _policies(lam: LambdaClient, function: str) -> Iterator[Setting]:
    """Who may invoke the function, and each of its aliases."""
    qualifiers = [""] + [a.name for a in list_aliases(lam, function)]
    for qualifier in qualifiers:
        policy, _ = read_policy(lam, function, qualifier)
        for statement in policy:
            sid = f"{qualifier}:{statement['Sid']}" if qualifier else str(statement["Sid"])
            yield Setting("policy", sid, describe_statement(statement))


def read_policy(
    lam: LambdaClient, function: str, qualifier: str
) -> tuple[list[dict[str, Any]], str | None]:
    """The statements of the policy, and its revision; nothing when there is none."""
    given = {"Qualifier": qualifier} if qualifier else {}
    try:
        answer = lam.get_policy(FunctionName=function, **given)
    except Exception as error:
        if is_missing(error):
            return [], None
        raise
    statements = json.loads(answer["Policy"])["Statement"]
    return list(statements), str(answer["RevisionId"])


def describe_statement(statement: Mapping[str, Any]) -> str:
    """`444444444444 may lambda:InvokeFunction`, with the condition when there is one."""
    who = statement["Principal"]
    if isinstance(who, Mapping):
        who = ", ".join(str(value) for value in who.values())
    text = f"{who} may {statement['Action']}"
    conditions = statement.get("Condition") or {}
    limits = [f"{k}={v}" for one in conditions.values() for k, v in one.items()]
    return f"{text} if {', '.join(limits)}" if limits else text
