"""The command `creds rotate`: a new access key for a profile, which is never without one.

The order is create, test, write, deactivate, delete: whenever it is interrupted, the key in the
credentials file works. A new key that cannot be tested or written is deleted again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awsops.api import (
    Annotated,
    Aws,
    AwsopsError,
    Change,
    Note,
    Option,
    Plan,
    Secret,
    UsageError,
    command,
)
from awsops.aws import Keys
from awsops.credentials_file import change_profile

MOST_KEYS = 2  # IAM user guide, "IAM and AWS STS quotas": access keys for a user
# IAM is eventually consistent: a new key is known everywhere within seconds.
PATIENCE, POLL = 60.0, 1.0

DeleteOption = Annotated[bool, Option(help="Delete the old key once the new one is in use.")]


@dataclass(frozen=True, slots=True)
class Rotated:
    """The last four characters of both keys, and what became of the old one."""

    user: str
    new_key_suffix: str
    old_key_suffix: str
    old_key: str
    file: Path


@command(mutates=True)
def rotate(aws: Aws, delete_old: DeleteOption = False) -> Iterator[Plan | Note | Rotated]:
    """Replace a profile's access key by a new one."""
    iam, name = aws.client("iam"), aws.target.name
    path = _file_of(aws)
    old = aws.keys().access_key
    user = aws.identity().arn.rpartition("/")[2]
    _check_room(iam, old)
    yield _plan(user, old, path, name, delete_old)
    made = iam.create_access_key()["AccessKey"]
    new = Keys(made["AccessKeyId"], Secret(made["SecretAccessKey"]), None, None)
    try:
        _test(aws, new)
        change_profile(path, name, _values(new))
    except BaseException as error:
        _take_back(iam, new, path, error)
        raise
    with aws.signing_as(new):  # the old key cannot sign its own end
        _switch_off(aws, iam, old, new, delete_old)
    if not delete_old:
        yield Note(f"the old key ...{old[-4:]} is inactive; when nothing misses it, delete it")
    state = "deleted" if delete_old else "inactive"
    yield Rotated(user, new.access_key[-4:], old[-4:], state, path)


def _plan(user: str, old: str, path: Path, name: str, delete_old: bool) -> Plan:
    changes = [
        Change(
            "create access key",
            user,
            why_no_undo="the new key is the only working one afterwards",
        ),
        Change(
            "write",
            f"{path} [{name}]",
            before=f"...{old[-4:]}",
            after="the new key, once it is tested",
            why_no_undo="the old key is switched off next",
        ),
        Change(
            "deactivate access key",
            f"{user} ...{old[-4:]}",
            before="Active",
            after="Inactive",
            why_no_undo="activate it again in the IAM console",
        ),
    ]
    if delete_old:
        changes.append(
            Change(
                "delete access key",
                f"{user} ...{old[-4:]}",
                irreversible=True,
                why_no_undo="IAM keeps no deleted key",
            )
        )
    return Plan(tuple(changes), summary=f"rotate the access key of {user}")


def _file_of(aws: Aws) -> Path:
    source = aws.credential_info().source
    if source != "shared-credentials-file":
        raise UsageError(
            f"the keys of {aws.target.label} come from {source}, where a new one cannot be written",
            hint="name a profile with keys in the credentials file; awsops creds chain shows them",
            code="NotInFile",
        )
    return Path(os.path.expanduser(str(aws.setting("credentials_file"))))


def _check_room(iam: Any, old: str) -> None:
    keys = iam.list_access_keys()["AccessKeyMetadata"]
    others = [key for key in keys if key["AccessKeyId"] != old]
    if len(keys) < MOST_KEYS or not others:
        return
    [other, *_] = others
    raise UsageError(
        f"the user has {len(keys)} access keys, as many as IAM allows: no room for a new one",
        hint=f"delete the one that is not in use: ...{other['AccessKeyId'][-4:]}, "
        f"{other['Status'].lower()}, made on {other['CreateDate']:%Y-%m-%d}",
        code="KeyLimit",
    )


def _test(aws: Aws, new: Keys) -> None:
    """Until AWS knows the new key everywhere; AwsopsError when it does not within PATIENCE."""
    sts = aws.client("sts")
    until = aws.clock() + PATIENCE
    while True:
        try:
            with aws.signing_as(new):
                arn = sts.get_caller_identity()["Arn"]
        except sts.exceptions.ClientError as error:
            if aws.clock() > until or aws.cancelled.is_set():
                raise AwsopsError(
                    f"the new key ...{new.access_key[-4:]} does not work and was deleted again; "
                    "the old one is as it was",
                    code="NewKeyRefused",
                ) from error
            aws.sleep(POLL)
            continue
        if arn != aws.identity().arn:
            raise AwsopsError(f"the new key belongs to {arn}", code="NewKeyRefused")
        return


def _take_back(iam: Any, new: Keys, path: Path, error: BaseException) -> None:
    """Delete a key that nobody will ever know; one that reached the file is in use and stays."""
    if path.exists() and new.access_key.encode() in path.read_bytes():
        return
    try:
        iam.delete_access_key(AccessKeyId=new.access_key)
    except iam.exceptions.ClientError as refusal:
        raise AwsopsError(
            f"{error}; and the new key {new.access_key}, which nobody holds, could not be deleted: "
            f"{refusal}",
            hint="the old key works as before; delete the new one in the IAM console",
            code="StrayKey",
        ) from error


def _switch_off(aws: Aws, iam: Any, old: str, new: Keys, delete: bool) -> None:
    """End the old key. IAM may learn of the new one, which signs this, later than STS did."""
    until = aws.clock() + PATIENCE
    while True:
        try:
            iam.update_access_key(AccessKeyId=old, Status="Inactive")
            if delete:
                iam.delete_access_key(AccessKeyId=old)
        except iam.exceptions.ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "NoSuchEntity":  # it is gone: the answer of an earlier attempt was lost
                return
            if (
                code == "InvalidClientTokenId"
                and aws.clock() < until
                and not aws.cancelled.is_set()
            ):
                aws.sleep(POLL)
                continue
            raise AwsopsError(
                f"the new key ...{new.access_key[-4:]} is in the file and works, but the old one "
                f"...{old[-4:]} could not be ended: {error}",
                hint="deactivate the old key in the IAM console",
                code="OldKeyLeft",
            ) from error
        return


def _values(new: Keys) -> dict[str, str]:
    return {
        "aws_access_key_id": new.access_key,
        "aws_secret_access_key": new.secret_key.reveal(),
    }
