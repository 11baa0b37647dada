"""The files that tools keep logins in: read, locked, and merged without losing a key."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from awsops.api import AwsopsError, UsageError
from awsops.atomic_files import OWNER_ONLY, replace_file
from awsops.file_locks import lock


def read_auth_file(path: Path) -> dict[str, Any]:
    """What the file holds, nothing when it is not there; UsageError when it is not JSON."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    try:
        value = json.loads(text) if text.strip() else {}
    except ValueError as error:
        raise UsageError(f"{path} is not valid JSON: {error}", hint="mend it by hand") from None
    if not isinstance(value, dict):
        raise UsageError(f"{path} is not a JSON object", hint="mend it by hand")
    return value


def helper_of(config: dict[str, Any], host: str) -> str | None:
    """The credential helper that answers for a host by itself, so that no login is needed."""
    helpers = config.get("credHelpers")
    if isinstance(helpers, dict) and helpers.get(host):
        return str(helpers[host])
    # amazon-ecr-credential-helper as the store of everything: `docker login` fails on it.
    return "ecr-login" if config.get("credsStore") == "ecr-login" else None


def digest_of_login(config: dict[str, Any], host: str) -> str | None:
    """A hash of the password that stands in the file for a host; None when none does.

    Empty when the host is known and the password is in a keychain.
    """
    entry = (config.get("auths") or {}).get(host)
    if not isinstance(entry, dict):
        return None
    try:
        password = base64.b64decode(str(entry.get("auth") or "")).decode().partition(":")[2]
    except ValueError:
        return None
    return hash_of(password) if password else ""


def hash_of(password: str) -> str:
    """What stands for a password in awsops's own notes; tokens are long and random."""
    return hashlib.sha256(password.encode()).hexdigest()


def install_helper(path: Path, hosts: list[str], helper: str) -> bool:
    """Adds `credHelpers` for the hosts to docker's config; False when they stood there already.

    The old login of such a host goes (docker would keep it for nothing); every other key stays, and
    so do the file's mode and, where it is a symlink, the link. AwsopsError when it cannot be
    written.
    """
    with locked(path):
        config = read_auth_file(path)
        helpers = config.get("credHelpers") or {}
        auths = config.get("auths") or {}
        if all(helpers.get(host) == helper for host in hosts):
            return False
        config["credHelpers"] = {**helpers, **dict.fromkeys(hosts, helper)}
        if auths:
            config["auths"] = {host: kept for host, kept in auths.items() if host not in hosts}
        _replace(path, json.dumps(config, indent="\t", ensure_ascii=False) + "\n")
        return True


def _replace(path: Path, text: str) -> None:
    real = Path(os.path.realpath(path))
    try:
        replace_file(real, text, new_mode=OWNER_ONLY)
    except OSError as error:
        raise AwsopsError(
            f"{real} cannot be written: {error.strerror}", hint="check the folder's owner and mode"
        ) from error


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """One at a time works on the file, in this process and in others of awsops.

    docker itself reads, changes and writes without a lock: two at once lose a login.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = open(path.with_name(f".{path.name}.awsops.lock"), "w")  # noqa: SIM115
    except OSError as error:
        raise AwsopsError(
            f"{path.parent} cannot be written to: {error.strerror}",
            hint="check the folder's owner and mode",
        ) from error
    with file:
        lock(file.fileno())
        yield
