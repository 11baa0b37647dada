"""The shared credentials file, changed one profile at a time and never half.

The file is locked, written anew beside the real one (a symlink is followed), synced and renamed
over it. Comments, order, keys that we do not know, other profiles and the mode stay as they were.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from awsops.atomic_files import OWNER_ONLY, private_folder, replace_file
from awsops.errors import AwsopsError, UsageError
from awsops.file_locks import lock_unless

if TYPE_CHECKING:
    from awsops.aws import Aws
    from awsops.credentials.session_cache import Session

LOCK_SECONDS = 30.0  # a writer holds the lock for milliseconds
_POLL_SECONDS = 0.02
_SECTION = re.compile(rb"\[(?P<name>[^\]\r\n]+)\]")
_KEY = re.compile(rb"(?P<key>[^\s:=#;][^:=\r\n]*?)[ \t]*[:=]")
# What belongs to one set of keys: left from another, each of them would make the new ones useless.
_OWN_KEYS = (
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "aws_security_token",
    "x_security_token_expires",
)


# What makes botocore look elsewhere before it looks at the credentials file
# (botocore.credentials.create_credential_resolver).
_BEFORE_KEYS = ("role_arn", "web_identity_token_file", "sso_account_id", "sso_role_name")


def check_profile(aws: Aws, name: str) -> None:
    """What `write_profile` would refuse, before there is a session that nobody could use then.

    UsageError for a name that the file cannot hold, that has keys of its own or gets them from
    elsewhere, AwsopsError for a file that cannot be written.
    """
    _check(name, {})
    _check_used(aws, name)
    real = Path(os.path.realpath(_path_of(aws)))
    try:
        if real.exists():
            _check_spared(real, real.read_bytes(), name)
        folder = next(place for place in real.parents if place.exists())
        if not os.access(folder, os.W_OK | os.X_OK) or not folder.is_dir():
            raise PermissionError(errno.EACCES, f"{folder} is not ours to write to")
    except OSError as error:
        raise _unwritable(real, error) from error


def _check_used(aws: Aws, name: str) -> None:
    """Keys in the credentials file are not looked at where the profile says to get others first."""
    there = aws.profile_settings(name) if name in aws.profiles() else {}
    first = next((key for key in _BEFORE_KEYS if key in there), None)
    if first is not None:
        raise UsageError(
            f"the profile {name} has {first}, which goes before keys in the credentials file: "
            "nobody would use the session",
            hint=f"choose another name, like --write {name}-session",
            code="Shadowed",
        )


def _path_of(aws: Aws) -> Path:
    return Path(os.path.expanduser(str(aws.setting("credentials_file"))))


def write_profile(aws: Aws, name: str, session: Session) -> Path:
    """Put a session into the credentials file as profile `name`; returns the file.

    UsageError for a name that an INI file cannot hold, AwsopsError when the file cannot be
    written: it is then as it was.
    """
    path = _path_of(aws)
    values = {
        "aws_access_key_id": session.access_key,
        "aws_secret_access_key": session.secret_key,
        "aws_session_token": session.token,
        # Other tools look at it; botocore does not.
        "x_security_token_expires": session.expires.isoformat().replace("+00:00", "Z"),
        **_place(aws, name),
    }
    change_profile(path, name, values, spare_long_term=True)
    return path


def _place(aws: Aws, name: str) -> dict[str, str]:
    """Region and endpoints for a profile that has none of its own: without them its calls would
    fail, or go somewhere else than those of the profile that the session was made from."""
    own = aws.profile_settings()
    there = aws.profile_settings(name) if name in aws.profiles() else {}
    wanted = {
        "region": aws.target.region,
        "endpoint_url": own.get("endpoint_url"),
        "services": own.get("services"),
    }
    return {key: str(value) for key, value in wanted.items() if value and key not in there}


def change_profile(
    path: Path, name: str, values: Mapping[str, str], *, spare_long_term: bool = False
) -> None:
    """Set the keys of one section; those in `_OWN_KEYS` that are not in `values` are removed.

    `spare_long_term`: UsageError for a section with keys of its own that do not end; nobody could
    bring them back.
    """
    _check(name, values)
    real = Path(os.path.realpath(path))
    try:
        private_folder(real.parent)
        with _locked(real):
            before = real.read_bytes() if real.exists() else b""
            if spare_long_term:
                _check_spared(real, before, name)
            text = changed(before, name, values)
            replace_file(real, text, new_mode=OWNER_ONLY, locked=True)
    except OSError as error:
        raise _unwritable(real, error) from error


def _unwritable(path: Path, error: OSError) -> AwsopsError:
    return AwsopsError(
        f"{path} cannot be written: {error.strerror or error}; it is as it was",
        hint="AWS_SHARED_CREDENTIALS_FILE names another file",
        code="CredentialsFile",
    )


def _check_spared(path: Path, content: bytes, name: str) -> None:
    if _holds_long_term_keys(content, name):
        raise UsageError(
            f"[{name}] of {path} holds long-term keys; a session would take their place",
            hint=f"choose another name, like --write {name}-session",
            code="LongTermKeys",
        )


def changed(content: bytes, name: str, values: Mapping[str, str]) -> bytes:
    """The file's bytes with the section's keys set; everything else byte for byte the same."""
    lines = content.splitlines(keepends=True)
    newline = b"\r\n" if lines and lines[0].endswith(b"\r\n") else b"\n"
    start, end = _span(lines, name.encode())
    new = [f"{key} = {value}".encode() + newline for key, value in values.items()]
    if start is None:
        if lines and not lines[-1].endswith((b"\n", b"\r")):
            lines[-1] += newline
        gap = [newline] if lines and lines[-1].strip() else []
        return b"".join([*lines, *gap, f"[{name}]".encode() + newline, *new])
    header = lines[start]
    if not header.endswith((b"\n", b"\r")):
        header += newline
    kept = _without_own(lines[start + 1 : end], set(values) | set(_OWN_KEYS))
    return b"".join([*lines[:start], header, *new, *kept, *lines[end:]])


def _holds_long_term_keys(content: bytes, name: str) -> bool:
    lines = content.splitlines()
    start, end = _span(lines, name.encode())
    if start is None:
        return False
    found = (_KEY.match(line) for line in lines[start + 1 : end])
    keys = {match["key"].decode(errors="replace").lower() for match in found if match}
    tokens = {"aws_session_token", "aws_security_token"}
    return "aws_access_key_id" in keys and not keys & tokens


def _span(lines: list[bytes], name: bytes) -> tuple[int | None, int]:
    start = None
    for number, line in enumerate(lines):
        found = _SECTION.match(line)
        if found is None:
            continue
        if start is not None:
            return start, number
        if found["name"] == name:
            start = number
    return start, len(lines)


def _without_own(lines: list[bytes], keys: set[str]) -> list[bytes]:
    """Lines of a section without those keys, and without what continues them."""
    kept: list[bytes] = []
    dropping = False
    for line in lines:
        if line[:1] in (b" ", b"\t") and line.strip():
            if not dropping:
                kept.append(line)
            continue
        found = _KEY.match(line)
        dropping = found is not None and found["key"].decode(errors="replace").lower() in keys
        if not dropping:
            kept.append(line)
    return kept


def _check(name: str, values: Mapping[str, str]) -> None:
    # What stands in [DEFAULT] Python's configparser, and so botocore, reads into every section.
    reserved = name == "DEFAULT"
    if reserved or name != name.strip() or not name or re.search(r"[\]\[\r\n\x00]", name):
        raise UsageError(f"{name!r} cannot be the name of a profile")
    for key, value in values.items():
        if re.search(r"[\r\n\x00]", value):
            raise UsageError(f"the value of {key} has a line break, which the file cannot hold")


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    file = os.open(path.with_name(f"{path.name}.lock"), os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        _take(file, path)
        yield
    finally:
        os.close(file)


def _take(file: int, path: Path) -> None:
    until = time.monotonic() + LOCK_SECONDS
    if not lock_unless(lambda: time.monotonic() > until, file, poll_seconds=_POLL_SECONDS):
        raise AwsopsError(
            f"another process has held {path}.lock for {LOCK_SECONDS:g} s", code="CredentialsFile"
        )
