"""A new access key in place of an old one, in an order that never leaves nobody with a key.

Create, test, write, deactivate, delete: whenever it is interrupted, the key in the credentials file
works. Whatever goes wrong on the way is told with what exists then, what works, and how to go on.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from awsops.api import Aws, AwsopsError, CancelledError, Secret
from awsops.aws import Keys
from awsops.botocore_errors import from_exception
from awsops.credentials.shared_file import change_profile
from awsops.patience import Waits, patiently
from awsops.service_errors import error_code, is_passing

from .key_owner import AccessKey, KeyOwner

# IAM is eventually consistent: a new key is known everywhere within seconds.
PATIENCE, POLL = 60.0, Waits(first=1.0, longest=1.0)  # seconds
_NOT_YET_KNOWN = "InvalidClientTokenId"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a profile's keys stand, and how its keys are spoken of."""

    profile: str
    file: Path
    old: AccessKey

    def go_on(self, *, delete: bool = False) -> str:
        """The command line that ends every other key than the one in the file."""
        flag = " --delete-old" if delete else ""
        return f"awsops creds rotate -p {shlex.quote(self.profile)} --finish{flag}"


def make_key(aws: Aws, owner: KeyOwner, place: Place) -> Keys:
    """A new key, tested and in the file. AwsopsError when it is not: the old one is then in use."""
    new = _create(owner, place)
    try:
        _await_known(aws, new)
        change_profile(place.file, place.profile, _values(new))
    except BaseException as error:
        raise _taken_back(owner, place, new, error) from error
    return new


def end_key(aws: Aws, owner: KeyOwner, place: Place, key: AccessKey, *, delete: bool) -> None:
    """Deactivate a key that is no longer in the file, and delete it.

    AwsopsError that says in which state it was left.
    """
    try:
        if key.active:
            _patiently(
                aws,
                lambda: owner.call("update_access_key", AccessKeyId=key.id, Status="Inactive"),
            )
        if delete:
            _patiently(aws, lambda: owner.call("delete_access_key", AccessKeyId=key.id))
    except Exception as error:
        raise _told(
            error,
            f"{_reason(error)}; the key in {place.file} is in use and works, and the other one, "
            f"{key.suffix}, {_state(owner, key)}",
            hint=f"go on with: {place.go_on(delete=delete)}",
            code="OldKeyLeft",
        ) from error


def _create(owner: KeyOwner, place: Place) -> Keys:
    before = {key.id for key in owner.listed()}
    try:
        made = owner.call("create_access_key")["AccessKey"]
    except Exception as error:
        raise _told(
            error,
            f"{_reason(error)}; {_after_failed_creation(owner, before)}; the old key "
            f"{place.old.suffix} in {place.file} is as it was",
            hint=f"see what there is, and end what nobody needs: {place.go_on(delete=True)}",
            code="NoNewKey",
        ) from error
    return Keys(made["AccessKeyId"], Secret(made["SecretAccessKey"]), None, None)


def _after_failed_creation(owner: KeyOwner, before: set[str]) -> str:
    """The answer may have been lost on the way: then there is a key that nobody can use."""
    try:
        made = [key.suffix for key in owner.listed() if key.id not in before]
    except Exception as error:
        return f"whether a new key was made is not known ({_reason(error)})"
    if not made:
        return "no new key was made"
    return f"a key {', '.join(made)} was made meanwhile, and its secret was lost on the way"


def _await_known(aws: Aws, new: Keys) -> None:
    """Until AWS knows the new key everywhere; AwsopsError when it does not within PATIENCE."""
    sts, me = aws.client("sts"), aws.identity().arn

    def ask() -> str:
        with aws.signing_as(new):
            return str(sts.get_caller_identity()["Arn"])

    arn = _patiently(aws, ask)
    if arn != me:
        raise AwsopsError(f"the new key belongs to {arn} and not to {me}", code="NewKeyRefused")


def _taken_back(owner: KeyOwner, place: Place, new: Keys, error: BaseException) -> AwsopsError:
    """Delete a key that nobody will ever know; one that reached the file is in use and stays."""
    suffix, old = f"...{new.access_key[-4:]}", f"the old key {place.old.suffix}"
    if _is_in_file(place.file, new):
        return _told(
            error,
            f"{_reason(error)}; the new key {suffix} stands in {place.file} and works, and {old} "
            "is still active",
            hint=f"go on with: {place.go_on()}",
            code="OldKeyLeft",
        )
    try:
        owner.call("delete_access_key", AccessKeyId=new.access_key)
    except Exception as refusal:
        return _told(
            error,
            f"{_reason(error)}; the new key {new.access_key}, whose secret nobody holds, could not "
            f"be deleted ({_reason(refusal)}); {old} in {place.file} works as before",
            hint=f"delete the new one: {place.go_on(delete=True)}",
            code="StrayKey",
        )
    return _told(
        error,
        f"{_reason(error)}; the new key {suffix} was deleted again, {old} in {place.file} works "
        "as before",
        hint=f"try again: awsops creds rotate -p {shlex.quote(place.profile)}",
        code=getattr(error, "code", None) or "NewKeyRefused",
    )


def _is_in_file(file: Path, new: Keys) -> bool:
    try:
        return new.access_key.encode() in file.read_bytes()
    except OSError:
        return False


def _state(owner: KeyOwner, key: AccessKey) -> str:
    try:
        found = {known.id: known for known in owner.listed()}.get(key.id)
    except Exception:  # told beside an error that came before: it must not take its place
        was = "was still active" if key.active else "was inactive"
        return f"{was} before; how it is now is not known"
    if found is None:
        return "is deleted"
    return "is still active" if found.active else "is inactive and not deleted"


def _patiently(aws: Aws, call: Callable[[], T]) -> T | None:
    """What `call` answers, once AWS knows the key that signs it. None: the key is gone already,
    since the answer of an earlier attempt was lost. Raises its error after PATIENCE seconds."""
    until = aws.clock() + PATIENCE

    def waits_for(error: BaseException) -> bool:
        passing = is_passing(error) or error_code(error) == _NOT_YET_KNOWN
        return passing and aws.clock() < until

    def pause(seconds: float) -> None:
        if aws.cancelled.is_set():
            raise CancelledError("interrupted")
        aws.sleep(seconds)

    try:
        return patiently(call, waits_for=waits_for, waits=POLL, sleep=pause, stopped=lambda: False)
    except Exception as error:
        if error_code(error) == "NoSuchEntity":
            return None
        raise


def _reason(error: BaseException) -> str:
    known = from_exception(error)
    return known.message if known is not None else f"{type(error).__name__}: {error}"


def _told(error: BaseException, message: str, *, hint: str, code: str) -> AwsopsError:
    """An error with the exit code of what caused it, which says how things stand."""
    told, known = AwsopsError(message, hint=hint, code=code), from_exception(error)
    if known is not None:
        told.exit_code = known.exit_code
    return told


def _values(new: Keys) -> dict[str, str]:
    return {
        "aws_access_key_id": new.access_key,
        "aws_secret_access_key": new.secret_key.reveal(),
    }
