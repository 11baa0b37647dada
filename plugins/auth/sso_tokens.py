"""The tokens of IAM Identity Center on this machine, in the files that every SDK looks at.

They lie where the aws CLI puts them and are named as botocore looks for them (SDKs and tools
reference guide, "IAM Identity Center credential provider"), so they are shared with both.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from awsops.api import AwsopsError, Secret
from awsops.atomic_files import write_private, written_beside


@dataclass(frozen=True, slots=True)
class SsoToken:
    """A token and until when it is good; `start_url` is the portal that gave it."""

    path: Path
    start_url: str
    region: str
    expires_at: datetime
    secret: Secret = field(repr=False)


def token_file(settings: Mapping[str, Any]) -> Path | None:
    """Where a profile's token lies (botocore's SSOTokenLoader); None for one without SSO."""
    key = settings.get("sso_session") or settings.get("sso_start_url")
    if not key:
        return None
    return _folder() / f"{hashlib.sha1(str(key).encode()).hexdigest()}.json"


def read_token(path: Path) -> SsoToken | None:
    """The token in a file; None where there is none, or something else."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        ends = datetime.fromisoformat(str(held["expiresAt"]).replace("UTC", "+00:00"))
        ends = ends if ends.tzinfo is not None else ends.replace(tzinfo=UTC)
        return SsoToken(
            path,
            str(held["startUrl"]),
            str(held.get("region") or ""),
            ends,
            Secret(str(held["accessToken"])),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def all_tokens() -> list[SsoToken]:
    """Every token of this person, also an expired one."""
    try:
        paths = sorted(_folder().glob("*.json"))
    except OSError:
        return []
    return [token for path in paths if (token := read_token(path)) is not None]


def check_room(path: Path) -> None:
    """AwsopsError when no token could be kept, before anybody is sent to a browser."""
    try:
        with written_beside(path, " " * 4_096):
            pass  # it is gone again
    except OSError as error:
        raise _unwritable(path, error) from error


def keep_token(path: Path, held: Mapping[str, Any]) -> None:
    """Write a token as the aws CLI writes it; AwsopsError leaves the one that was there."""
    try:
        write_private(path, json.dumps(dict(held)))
    except OSError as error:
        raise _unwritable(path, error) from error


def forget(token: SsoToken) -> None:
    """Remove a token from this machine; AwsopsError when that is not possible."""
    try:
        token.path.unlink(missing_ok=True)
    except OSError as error:
        raise AwsopsError(
            f"{token.path} cannot be removed: {error.strerror}", code="SsoCache"
        ) from error


def _unwritable(path: Path, error: OSError) -> AwsopsError:
    return AwsopsError(
        f"the SSO token cannot be kept in {path.parent}: {error.strerror}",
        hint="every SDK looks for it there: make the folder writable, then sign in again",
        code="SsoCache",
    )


def _folder() -> Path:
    return Path(os.path.expanduser("~/.aws/sso/cache"))
