"""The traps people fall into, named: what is set, why it does not do what it seems to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from awsops.api import Aws

from .files import AwsFiles

# IAM user guide, "Unique identifiers": AKIA is a long-term key, ASIA one of a session.
_LONG_TERM, _SESSION = "AKIA", "ASIA"


def find_traps(aws: Aws, files: AwsFiles) -> Iterator[str]:
    """A sentence for each, most surprising first."""
    for file in (files.credentials, files.config):
        if file.problem:
            yield file.problem
    yield from _environment(aws)
    yield from _profile(aws.profile_settings(), files)


def _environment(aws: Aws) -> Iterator[str]:
    environ = aws.env.environ
    key, secret = environ.get("AWS_ACCESS_KEY_ID"), environ.get("AWS_SECRET_ACCESS_KEY")
    token = environ.get("AWS_SESSION_TOKEN") or environ.get("AWS_SECURITY_TOKEN")
    if key and not secret:
        yield "AWS_ACCESS_KEY_ID is set without AWS_SECRET_ACCESS_KEY"
    if secret and not key:
        yield "AWS_SECRET_ACCESS_KEY is set without AWS_ACCESS_KEY_ID: botocore ignores it"
    yield from _mismatch(key, token, "AWS_SESSION_TOKEN in the environment")
    if key and secret and aws.target.profile is None:
        profile = environ.get("AWS_DEFAULT_PROFILE") or environ.get("AWS_PROFILE")
        if profile:
            yield (
                f"the keys of the environment win over AWS_PROFILE={profile}: "
                f"-p {profile}, or unset AWS_ACCESS_KEY_ID"
            )


def _profile(settings: Mapping[str, object], files: AwsFiles) -> Iterator[str]:
    key, secret = settings.get("aws_access_key_id"), settings.get("aws_secret_access_key")
    place = files.config_place("aws_access_key_id", "aws_secret_access_key")
    if bool(key) != bool(secret):
        missing = "aws_secret_access_key" if key else "aws_access_key_id"
        yield f"profile {files.profile} has half a key: no {missing} ({place})"
    token = settings.get("aws_session_token") or settings.get("aws_security_token")
    where = files.config_place("aws_session_token", "aws_security_token")
    yield from _mismatch(key, token, f"the session token at {where}")


def _mismatch(key: object, token: object, what: str) -> Iterator[str]:
    if isinstance(key, str) and token and key.startswith(_LONG_TERM):
        yield (
            f"{what} was left from another session: the key ...{key[-4:]} is a long-term one, "
            "AWS refuses it with a token"
        )
    if isinstance(key, str) and not token and key.startswith(_SESSION):
        yield f"the key ...{key[-4:]} belongs to a session, whose token is missing"
