"""Functions and their versions."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from awsops.sandbox.lambda_ import faults
from awsops.sandbox.lambda_.state import (
    LATEST,
    PENDING_SECONDS,
    Function,
    Region,
    Version,
    new_revision,
    stamp,
)
from awsops.sandbox.paging import take_page

Params = Mapping[str, Any]

BAD_MARKER = "The Marker is not one that was given out."
PAGE = 50  # ListFunctions and ListVersionsByFunction, API reference
SETTINGS = (
    "Description",
    "Role",
    "Handler",
    "Runtime",
    "Timeout",
    "MemorySize",
    "Environment",
    "DeadLetterConfig",
    "Layers",
    "VpcConfig",
    "TracingConfig",
    "Architectures",
    "PackageType",
    "EphemeralStorage",
    "LoggingConfig",
    "SnapStart",
    "KMSKeyArn",
)
_USUAL: Mapping[str, Any] = {
    "Description": "",
    "Timeout": 3,
    "MemorySize": 128,
    "TracingConfig": {"Mode": "PassThrough"},
    "Architectures": ["x86_64"],
    "PackageType": "Zip",
    "EphemeralStorage": {"Size": 512},
}


def describe(function: Function, version: Version, now: float, qualified: bool) -> dict[str, Any]:
    """As GetFunctionConfiguration shows a version."""
    pending = now < version.active_at
    settings = dict(version.settings)
    layers = settings.pop("Layers", None)
    return {
        **settings,
        **({"Layers": [{"Arn": arn, "CodeSize": 1_024} for arn in layers]} if layers else {}),
        "FunctionName": function.name,
        "FunctionArn": f"{function.arn}:{version.number}" if qualified else function.arn,
        "Version": version.number,
        "CodeSha256": version.sha,
        "CodeSize": version.size,
        "LastModified": stamp(version.modified),
        "RevisionId": version.revision,
        "State": "Pending" if pending else "Active",
        "LastUpdateStatus": "Successful",
    }


def create(region: Region, params: Params, now: float) -> dict[str, Any]:
    name = str(params["FunctionName"]).rpartition(":")[2]
    if name in region.functions:
        raise faults.conflict(f"Function already exist: {name}")
    for required in ("Role", "Code"):
        if not params.get(required):
            raise faults.invalid(f"{required} is required.")
    settings = {**_USUAL, **_given(params)}
    sha, size = _code(params["Code"])
    function = Function(name, region.arn(name), Version(LATEST, settings, sha, size, now))
    function.tags = dict(params.get("Tags") or {})
    region.functions[name] = function
    if params.get("Publish"):
        return describe(function, publish_latest(function, "", now), now, True)
    return describe(function, function.latest, now, False)


def _given(params: Params) -> dict[str, Any]:
    return {name: params[name] for name in SETTINGS if params.get(name) is not None}


def _code(code: Params) -> tuple[str, int]:
    text = code.get("ZipFile")
    data = base64.b64decode(text) if text else json.dumps(code, sort_keys=True).encode()
    return base64.b64encode(hashlib.sha256(data).digest()).decode(), len(data)


def get(region: Region, params: Params, now: float) -> dict[str, Any]:
    function, qualifier = region.named(params)
    reserved = function.reserved
    return {
        "Configuration": _configuration(function, qualifier, now),
        "Code": {"RepositoryType": "S3", "Location": "https://s3.sandbox.invalid/code"},
        **({"Tags": dict(function.tags)} if function.tags else {}),
        **({"Concurrency": _concurrency(reserved)} if reserved is not None else {}),
    }


def _configuration(function: Function, qualifier: str | None, now: float) -> dict[str, Any]:
    found = describe(function, function.resolve(qualifier), now, bool(qualifier))
    if qualifier:
        found["FunctionArn"] = f"{function.arn}:{qualifier}"
    return found


def get_configuration(region: Region, params: Params, now: float) -> dict[str, Any]:
    function, qualifier = region.named(params)
    return _configuration(function, qualifier, now)


def list_functions(region: Region, params: Params, now: float) -> dict[str, Any]:
    found = [function for _, function in sorted(region.functions.items())]
    if params.get("FunctionVersion") == "ALL":
        rows = [describe(f, v, now, True) for f in found for v in (f.latest, *f.versions.values())]
    else:
        rows = [describe(f, f.latest, now, False) for f in found]
    return page("Functions", rows, params)


def list_versions(region: Region, params: Params, now: float) -> dict[str, Any]:
    function, _ = region.named(params)
    versions = (function.latest, *function.versions.values())
    return page("Versions", [describe(function, v, now, True) for v in versions], params)


def page(name: str, rows: list[Any], params: Params) -> dict[str, Any]:
    """One page of a list; the marker is where the next begins."""
    size = min(int(params.get("MaxItems") or PAGE), PAGE)
    shown, token = take_page(rows, params.get("Marker"), size, lambda: faults.invalid(BAD_MARKER))
    return {name: shown, **({"NextMarker": token} if token else {})}


def update_code(region: Region, params: Params, now: float) -> dict[str, Any]:
    function, _ = region.named(params)
    faults.check_revision(params.get("RevisionId"), function.latest.revision)
    sha, size = _code(params)
    if params.get("DryRun"):
        return describe(function, function.latest, now, False)
    function.latest = Version(LATEST, dict(function.latest.settings), sha, size, now)
    if params.get("Publish"):
        return describe(function, publish_latest(function, "", now), now, True)
    return describe(function, function.latest, now, False)


def update_configuration(region: Region, params: Params, now: float) -> dict[str, Any]:
    function, _ = region.named(params)
    latest = function.latest
    faults.check_revision(params.get("RevisionId"), latest.revision)
    latest.settings = {**latest.settings, **_given(params)}
    latest.modified, latest.revision = now, new_revision()
    return describe(function, latest, now, False)


def publish(region: Region, params: Params, now: float) -> dict[str, Any]:
    function, _ = region.named(params)
    latest = function.latest
    faults.check_revision(params.get("RevisionId"), latest.revision)
    sha = params.get("CodeSha256")
    if sha not in (None, latest.sha):
        raise faults.invalid(
            f"CodeSHA256 ({sha}) is different from current CodeSHA256 in $LATEST ({latest.sha}). "
            "Please try again with the CodeSHA256 in $LATEST."
        )
    version = publish_latest(function, str(params.get("Description") or ""), now)
    return describe(function, version, now, True)


def publish_latest(function: Function, description: str, now: float) -> Version:
    """A new version of what `$LATEST` is, or the last one when nothing has changed since."""
    newest = max(function.versions.values(), key=lambda v: int(v.number), default=None)
    if newest is not None and newest.same_as(function.latest):
        return newest
    function.published += 1  # numbers are never used again, even of deleted versions
    settings = dict(function.latest.settings)
    settings["Description"] = description or settings.get("Description", "")
    latest = function.latest
    number = str(function.published)
    version = Version(number, settings, latest.sha, latest.size, now)
    version.active_at = now + PENDING_SECONDS
    function.versions[number] = version
    return version


def delete(region: Region, params: Params, now: float) -> None:
    function, qualifier = region.named(params)
    if not qualifier:
        del region.functions[function.name]
        return
    if qualifier == LATEST or qualifier in function.aliases:
        raise faults.invalid("$LATEST version cannot be deleted without deleting the function.")
    users = [a.name for a in function.aliases.values() if qualifier in (a.version, *a.weights)]
    if users:
        raise faults.conflict(f"Version {qualifier} is used by alias {', '.join(users)}.")
    if qualifier in function.provisioned:
        raise faults.conflict(f"Version {qualifier} has provisioned concurrency.")
    function.versions.pop(qualifier, None)  # Lambda answers 204 for one that is gone


def _concurrency(reserved: int | None) -> dict[str, Any]:
    return {} if reserved is None else {"ReservedConcurrentExecutions": reserved}


def get_concurrency(region: Region, params: Params, now: float) -> dict[str, Any]:
    function, _ = region.named(params)
    return _concurrency(function.reserved)


def put_concurrency(region: Region, params: Params, now: float) -> dict[str, Any]:
    from awsops.sandbox.lambda_.state import ACCOUNT_CONCURRENCY, UNRESERVED_LEAST

    function, _ = region.named(params)
    wanted = int(params["ReservedConcurrentExecutions"])
    others = sum(f.reserved or 0 for f in region.functions.values() if f is not function)
    if wanted < 0 or others + wanted > ACCOUNT_CONCURRENCY - UNRESERVED_LEAST:
        raise faults.invalid(
            "Specified ReservedConcurrentExecutions for function decreases account's "
            f"UnreservedConcurrentExecution below its minimum value of [{UNRESERVED_LEAST}]."
        )
    function.reserved = wanted
    return _concurrency(wanted)


def delete_concurrency(region: Region, params: Params, now: float) -> None:
    function, _ = region.named(params)
    function.reserved = None


def account_settings(region: Region, params: Params, now: float) -> dict[str, Any]:
    from awsops.sandbox.lambda_.state import ACCOUNT_CONCURRENCY

    reserved = sum(f.reserved or 0 for f in region.functions.values())
    return {
        "AccountLimit": {
            "ConcurrentExecutions": ACCOUNT_CONCURRENCY,
            "UnreservedConcurrentExecutions": ACCOUNT_CONCURRENCY - reserved,
        },
        "AccountUsage": {"FunctionCount": len(region.functions)},
    }
