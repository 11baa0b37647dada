"""Where the region and the other settings of a session come from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from awsops.api import Aws

from .files import AwsFiles

# order, provider, status, access_key_suffix, source, expires_at, note: as in the row.
Row = tuple[int, str, str, str | None, str | None, datetime | None, str | None]


def region_rows(aws: Aws, files: AwsFiles) -> Iterator[Row]:
    """The region's sources in botocore's order; AWS_REGION, which it does not read, last."""
    environ = aws.env.environ
    variable = environ.get("AWS_DEFAULT_REGION") or None
    configured = _configured(aws, "region")
    asked = aws.target.region
    given = asked if asked not in (variable or configured, None) else None
    said = "the command line" if variable or configured else "the command line or config.toml"
    found = [
        ("-r", given, said if given else None, "not given"),
        ("AWS_DEFAULT_REGION", variable, "AWS_DEFAULT_REGION" if variable else None, "not set"),
        (
            "profile",
            configured,
            files.config_place("region"),
            f"no region in the profile {files.profile}",
        ),
    ]
    yield from _ranked(found)
    yield from _left_over(aws, ("AWS_DEFAULT_REGION", "AWS_REGION"))
    if other := environ.get("AWS_REGION"):
        note = f"{other}: other SDKs read it, botocore and the aws CLI do not"
        yield 0, "AWS_REGION", "shadowed", None, "AWS_REGION", None, note


def setting_rows(aws: Aws, files: AwsFiles) -> Iterator[Row]:
    """Files, profile, endpoints, retries and CA bundle, each with where its value comes from."""
    yield _file_row(1, "AWS_CONFIG_FILE", aws, files.config.path, files.config.problem)
    problem = files.credentials.problem
    yield _file_row(2, "AWS_SHARED_CREDENTIALS_FILE", aws, files.credentials.path, problem)
    yield _profile_row(3, aws, files)
    endpoints = tuple(n for n in aws.env.left_over if n.startswith("AWS_ENDPOINT_URL"))
    yield from _left_over(aws, endpoints)
    number = 4
    for name in sorted(n for n in aws.env.environ if n.startswith("AWS_ENDPOINT_URL")):
        yield number, name, "used", None, name, None, _without_userinfo(aws.env.environ[name])
        number += 1
    for provider, variable, setting in (
        ("endpoint_url", "AWS_ENDPOINT_URL", "endpoint_url"),
        ("retry_mode", "AWS_RETRY_MODE", "retry_mode"),
        ("max_attempts", "AWS_MAX_ATTEMPTS", "max_attempts"),
        ("ca_bundle", "AWS_CA_BUNDLE", "ca_bundle"),
    ):
        row = _setting_row(number, provider, variable, setting, aws, files)
        if row is not None:
            yield row
            number += 1


def _left_over(aws: Aws, names: Sequence[str]) -> Iterator[Row]:
    for name in names:
        if value := aws.env.left_over.get(name):
            said = f"{_without_userinfo(value)}: left by an export of another profile, -p names one"
            yield 0, name, "shadowed", None, name, None, said


def _ranked(found: Sequence[tuple[str, str | None, str | None, str]]) -> Iterator[Row]:
    """Provider, value, source, and why there is none, in the order in which they are asked."""
    decided = False
    for order, (provider, value, source, why_not) in enumerate(found, 1):
        status = "empty" if value is None else "shadowed" if decided else "used"
        decided = decided or value is not None
        yield order, provider, status, None, source, None, value or why_not


def _file_row(order: int, variable: str, aws: Aws, path: Path, problem: str | None) -> Row:
    source = variable if aws.env.environ.get(variable) else "default"
    if problem is None and not path.exists():
        problem = "no such file" if source != "default" else None
        status = "error" if problem else "empty"
        return order, variable, status, None, source, None, f"{path}: {problem or 'no such file'}"
    status = "error" if problem and "can be read by others" not in problem else "used"
    return order, variable, status, None, source, None, problem or str(path)


def _profile_row(order: int, aws: Aws, files: AwsFiles) -> Row:
    environ = aws.env.environ
    variables = [n for n in ("AWS_DEFAULT_PROFILE", "AWS_PROFILE") if environ.get(n)]
    if aws.target.profile is not None:
        shadows = f", before {' and '.join(variables)}" if variables else ""
        note = f"{aws.target.profile}{shadows}"
        return order, "AWS_PROFILE", "used", None, "the command line", None, note
    if not variables:
        return order, "AWS_PROFILE", "empty", None, "default", None, "default"
    shadows = f", before {variables[1]}" if len(variables) > 1 else ""
    return order, "AWS_PROFILE", "used", None, variables[0], None, f"{files.profile}{shadows}"


def _setting_row(
    order: int, provider: str, variable: str, setting: str, aws: Aws, files: AwsFiles
) -> Row | None:
    """A setting of the profile; None for endpoints that the variables' own rows tell of."""
    configured = _configured(aws, setting)
    if aws.env.environ.get(variable):
        if provider == "endpoint_url":
            return None
        shadow = f", before {configured} of the profile" if configured else ""
        note = f"{aws.env.environ[variable]}{shadow}"
        return order, provider, "used", None, variable, None, note
    if configured is None:
        return _unset_row(order, provider, setting, aws)
    place = files.config_place(setting)
    return order, provider, "used", None, place, None, _without_userinfo(configured)


def _unset_row(order: int, provider: str, setting: str, aws: Aws) -> Row:
    """What holds where nobody has set anything."""
    if provider == "ca_bundle" and (bundle := aws.env.environ.get("REQUESTS_CA_BUNDLE")):
        return order, provider, "used", None, "REQUESTS_CA_BUNDLE", None, bundle
    default = aws.setting(setting) if setting != "endpoint_url" else None
    told = {
        "endpoint_url": "AWS's own",
        "ca_bundle": "botocore's own",
        "max_attempts": "what the retry mode has",
    }
    return order, provider, "empty", None, "default", None, str(default or told.get(provider, "-"))


def _configured(aws: Aws, setting: str) -> str | None:
    value = aws.profile_settings().get(setting)
    return value if isinstance(value, str) and value else None


def _without_userinfo(url: str) -> str:
    """A URL can carry a password before its host; it is not for the screen."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.rpartition("@")[2]
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
