"""The credentials that another program gets: a session where there can be one."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from datetime import datetime

from awsops.api import Aws, Note
from awsops.aws import Keys
from awsops.credentials.exported import MARK, mark_of
from awsops.credentials.mfa_session import (
    Wish,
    cache_of,
    has_room,
    keys_of,
    mfa_session,
    owner_of_device,
)
from awsops.credentials.session_cache import source_of

# What an earlier session, or a profile that is no longer meant, leaves in an environment.
_STALE = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
)


def credentials_to_hand_on(
    aws: Aws, seconds: int, code: str | None, ask: Callable[[str], str]
) -> Generator[Note, None, Keys]:
    """The profile's own credentials when they are temporary, else a session made of its keys.

    Notes on the way say what the person should know of them.

    A session is made where MFA is known to be in use: the profile names a device, a code is given,
    or there was a session before. Otherwise the long-term keys are handed on as they are.
    """
    owner = owner_of_device(aws)
    if owner is not None and has_room(aws):
        # Once for all roles that want the device, and for all processes that want it now.
        mfa_session(aws, Wish(None, code, seconds), ask, owner)
    keys = aws.keys()
    if keys.token is not None or not (code or _uses_mfa(aws, keys.access_key)):
        return keys
    got = mfa_session(aws, Wish(None, code, seconds), ask)
    if got.unkept is not None:
        yield Note(got.unkept, level="warning")
    return keys_of(got.session)


def variables(aws: Aws, handed: Keys) -> dict[str, str]:
    """The environment variables that make other programs use these credentials."""
    values = {
        "AWS_ACCESS_KEY_ID": handed.access_key,
        "AWS_SECRET_ACCESS_KEY": handed.secret_key.reveal(),
    }
    if handed.token is not None:
        values["AWS_SESSION_TOKEN"] = handed.token.reveal()
    if handed.expires_at is not None:
        values["AWS_CREDENTIAL_EXPIRATION"] = stamp(handed.expires_at)
    if aws.target.region:
        # botocore reads the one, other SDKs the other.
        values["AWS_DEFAULT_REGION"] = values["AWS_REGION"] = aws.target.region
    values.update(aws.endpoints())  # or the keys would be sent somewhere else
    values[MARK] = mark_of(values)
    return values


def stale(aws: Aws, values: Mapping[str, str]) -> list[str]:
    """What a shell has to forget: what speaks for other credentials, and where an earlier export
    has sent its calls."""
    return [name for name in (*_STALE, *aws.env.left_over) if name not in values]


def cleaned(environ: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """An environment with `values` and without what could speak for other credentials."""
    kept = {name: value for name, value in environ.items() if _stays(name)}
    return {**kept, **values}


def stamp(moment: datetime) -> str:
    """RFC 3339 in UTC, as credential_process and botocore's environment want it."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


# Settings of the machine, not of an identity.
_KEPT = (
    "AWS_CA_BUNDLE",
    "AWS_ENDPOINT_URL",
    "AWS_PAGER",
    "AWS_MAX_ATTEMPTS",
    "AWS_RETRY_MODE",
    "AWS_USE_",
)


def _stays(name: str) -> bool:
    return not name.startswith("AWS_") or name.startswith(_KEPT)


def _uses_mfa(aws: Aws, access_key: str) -> bool:
    if aws.profile_settings().get("mfa_serial"):
        return True
    source = source_of(access_key)
    return any(session.source == source for session in cache_of(aws).all())
