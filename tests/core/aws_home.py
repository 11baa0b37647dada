"""A home folder with AWS files in it, and what a session makes of them, ours or botocore's own."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore.loaders
import botocore.session

from awsops.aws_sessions import Sessions
from awsops.gate import Gate
from awsops.running.strays import Strays
from awsops.targets import Target

# Reading botocore's JSON anew for each plain session would be all that these tests do.
_LOADER = botocore.loaders.create_loader()


@dataclass(frozen=True)
class Found:
    """Credentials, and which provider gave them."""

    method: str
    access_key: str
    secret_key: str
    token: str | None
    account_id: str | None


@dataclass(frozen=True)
class Reached:
    """What a client would talk to, and how."""

    region: str | None
    endpoint: str
    retries: Mapping[str, Any]
    verify: Any


@contextmanager
def aws_home(
    folder: Path, config: str = "", credentials: str = "", environ: Mapping[str, str] | None = None
) -> Iterator[Path]:
    """Write the files and make an environment current that has them and nothing else of AWS."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config").write_text(config)
    (folder / "credentials").write_text(credentials)
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(
        {
            "PATH": before.get("PATH", ""),
            "HOME": str(folder),
            "AWS_CONFIG_FILE": str(folder / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"),
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "1",
            **(environ or {}),
        }
    )
    try:
        yield folder
    finally:
        os.environ.clear()
        os.environ.update(before)


def our_sessions(**options: Any) -> Sessions:
    """Sessions behind a gate that has nothing to journal."""

    def no_journal() -> Any:
        raise AssertionError("nothing here is to be journalled")

    return Sessions(Gate(no_journal, Strays()), **options)


def our_target(sessions: Sessions, profile: str | None, **given: Any) -> Target:
    """The target that the command line makes of `-p profile`."""
    return Target(profile, sessions.profile_region(profile), **given)


def plain_session(profile: str | None) -> Any:
    """botocore's own session, as a bare script makes it."""
    session = botocore.session.Session(profile=profile)
    session.register_component("data_loader", _LOADER)
    return session


def outcome(find: Callable[[], Any]) -> Found | str | None:
    """The credentials that `find` comes to, None, or the name of the error that it ends with."""
    try:
        credentials = find()
        if credentials is None:
            return None
        frozen = credentials.get_frozen_credentials()
    except Exception as error:
        return error_name(error)
    token = frozen.token and re.sub(r"token-\d+-", "token-", frozen.token)  # one a call
    return Found(
        credentials.method, frozen.access_key, frozen.secret_key, token, credentials.account_id
    )


def reached(make: Callable[[], Any]) -> Reached | str:
    """What the client that `make` makes would talk to, or the name of the error."""
    try:
        client = make()
    except Exception as error:
        return error_name(error)
    return Reached(
        client.meta.region_name,
        client.meta.endpoint_url,
        client.meta.config.retries,
        client._endpoint.http_session._verify,
    )


def error_name(error: Exception) -> str:
    """The class, and the code where AWS gave one."""
    code = getattr(error, "response", {}).get("Error", {}).get("Code", "")
    return f"{type(error).__name__} {code}".strip()
