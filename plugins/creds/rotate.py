"""The command `creds rotate`: a new access key for a profile, which is never without one."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from awsops.api import (
    Annotated,
    Aws,
    Change,
    Note,
    Option,
    Plan,
    UsageError,
    command,
)
from awsops.credentials.session_cache import SessionCache, source_of

from .key_owner import AccessKey, KeyOwner
from .key_swap import Place, end_key, make_key

MOST_KEYS = 2  # IAM user guide, "IAM and AWS STS quotas": access keys for a user

DeleteOption = Annotated[bool, Option(help="Delete the old key once the new one is in use.")]
FinishOption = Annotated[
    bool, Option(help="Make no key; end the one that is not in the file, after an interruption.")
]
CodeOption = Annotated[
    str | None,
    Option(
        help="The six digits, where a policy wants MFA; asked for when left out.", metavar="CODE"
    ),
]


@dataclass(frozen=True, slots=True)
class Rotated:
    """The last four characters of both keys, and what became of the old one."""

    user: str
    new_key_suffix: str
    old_key_suffix: str
    old_key: str
    file: Path


@command(mutates=True)
def rotate(
    aws: Aws,
    delete_old: DeleteOption = False,
    finish: FinishOption = False,
    code: CodeOption = None,
) -> Iterator[Plan | Note | Rotated]:
    """Replace a profile's access key by a new one."""
    path, mine = _file_of(aws), aws.keys().access_key
    owner, user = KeyOwner(aws, code), aws.identity().arn.rpartition("/")[2]
    keys = {key.id: key for key in owner.listed()}
    others = [key for key in keys.values() if key.id != mine]
    if mine not in keys:
        raise UsageError(f"...{mine[-4:]} of {aws.target.label} is no key of {user}")
    if finish:
        yield _plan_to_end(owner, user, others, delete=delete_old)
        for other in others:
            end_key(aws, owner, Place(aws.target.name, path, other), other, delete=delete_old)
            yield _row(user, mine, other, path, delete=delete_old)
        if not others:
            yield Note(f"{user} has no other key than ...{mine[-4:]}")
        return
    place = Place(aws.target.name, path, keys[mine])
    _check_room(place, owner, others)
    yield _plan(user, place, _profiles_with(aws, mine), delete=delete_old)
    new = make_key(aws, owner, place)
    owner.go_on_with(new)  # the old key cannot sign its own end
    end_key(aws, owner, place, place.old, delete=delete_old)
    yield from _afterwards(aws, place, new.access_key, delete=delete_old)
    yield _row(user, new.access_key, place.old, path, delete=delete_old)


def _row(user: str, new: str, old: AccessKey, path: Path, *, delete: bool) -> Rotated:
    return Rotated(user, new[-4:], old.id[-4:], "deleted" if delete else "inactive", path)


def _plan(user: str, place: Place, sharing: Sequence[str], *, delete: bool) -> Plan:
    old = place.old
    changes = [
        Change(
            "create access key",
            user,
            why_no_undo="the new key is the only working one afterwards",
        ),
        Change(
            "write",
            f"{place.file} [{place.profile}]",
            before=old.suffix,
            after="the new key, once it is tested",
            why_no_undo="the old key is switched off next",
        ),
        *_ending(user, old, delete=delete),
    ]
    warnings = tuple(
        f"the profile {name} holds the old key too: it stops working, and is not changed"
        for name in sharing
    )
    return Plan(tuple(changes), summary=f"rotate the access key of {user}", warnings=warnings)


def _plan_to_end(owner: KeyOwner, user: str, others: Sequence[AccessKey], *, delete: bool) -> Plan:
    changes = [
        change
        for other in others
        for change in _ending(user, other, delete=delete, detail=owner.last_use(other))
    ]
    return Plan(tuple(changes), summary=f"end the other access key of {user}")


def _ending(user: str, key: AccessKey, *, delete: bool, detail: str = "") -> Iterator[Change]:
    resource = f"{user} {key.suffix}"
    if key.active:
        yield Change(
            "deactivate access key",
            resource,
            detail,
            before="Active",
            after="Inactive",
            why_no_undo="its secret is in no file any more; IAM's console can activate it again",
        )
    if delete:
        yield Change(
            "delete access key",
            resource,
            detail,
            irreversible=True,
            why_no_undo="IAM keeps no deleted key",
        )


def _afterwards(aws: Aws, place: Place, new: str, *, delete: bool) -> Iterator[Note]:
    """What is left to the person."""
    if not delete:
        finish = place.go_on(delete=True)
        yield Note(f"the old key {place.old.suffix} is inactive; when nothing misses it: {finish}")
    cache = SessionCache(aws.env.folders.cache / "sessions", aws.clock)
    held = [s for s in cache.all() if s.source == source_of(place.old.id)]
    for session in held:
        cache.remove(session)
        if session.kind == "mfa":  # nothing of it but that these keys are used with MFA
            cache.put(
                replace(
                    session,
                    source=source_of(new),
                    access_key="",
                    secret_key="",
                    token="",
                    expires_at=aws.clock(),
                )
            )
    if held:
        login = f"awsops auth login -p {shlex.quote(place.profile)}"
        yield Note(f"the sessions of the old key are forgotten here; {login} makes a new one")


def _file_of(aws: Aws) -> Path:
    source = aws.credential_info().source
    if source != "shared-credentials-file":
        raise UsageError(
            f"the keys of {aws.target.label} come from {source}, where a new one cannot be written",
            hint="name a profile with keys in the credentials file; awsops creds chain shows them",
            code="NotInFile",
        )
    return Path(os.path.expanduser(str(aws.setting("credentials_file"))))


def _profiles_with(aws: Aws, access_key: str) -> list[str]:
    """The other profiles that hold the same key."""
    return [
        name
        for name in aws.profiles()
        if name != aws.target.name
        and aws.profile_settings(name).get("aws_access_key_id") == access_key
    ]


def _check_room(place: Place, owner: KeyOwner, others: Sequence[AccessKey]) -> None:
    if len(others) + 1 < MOST_KEYS:
        return
    other = others[0]
    state = "active" if other.active else "inactive"
    used = owner.last_use(other)
    raise UsageError(
        f"the user has {len(others) + 1} access keys, as many as IAM allows; beside "
        f"{place.old.suffix} of this profile there is {other.suffix}, {state}, made on "
        f"{other.made_at:%Y-%m-%d}{f', {used}' if used else ''}",
        hint=f"when nobody needs that one: {place.go_on(delete=True)}",
        code="KeyLimit",
    )
