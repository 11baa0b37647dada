"""Nothing is signed for another account than the one that was verified before the plan.

Credentials that expire are fetched anew in the middle of a run: by a program that may answer
otherwise than it did, from a file that somebody has edited meanwhile, by signing in as somebody
else. So a key that signs for a target for the first time is asked whose it is before it does.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from awsops.credentials.nested import SIGNING_AS
from awsops.errors import CredentialsError

if TYPE_CHECKING:
    from awsops.active import ActiveTarget, Identity


@contextmanager
def signing_with(frozen: Any) -> Iterator[None]:
    """Calls of this thread are signed with these keys while this is open."""
    from botocore.credentials import Credentials

    keys = Credentials(frozen.access_key, frozen.secret_key, frozen.token)
    before = SIGNING_AS.set(keys)
    try:
        yield
    finally:
        SIGNING_AS.reset(before)


def ensure_same_account(active: ActiveTarget, frozen: Any) -> None:
    """CredentialsError when these keys of the target belong to another account than those that it
    was verified with; where they are another identity of that account, it is known from here on."""
    if active.identity is None or frozen.access_key in active.verified_keys:
        return
    with active.lock:
        if frozen.access_key in active.verified_keys or active.ask_identity is None:
            return
        with signing_with(frozen):
            now = active.ask_identity()
        if _whose(now) != _whose(active.identity):
            raise _other_account(active, active.identity, now)
        active.identity = now
        active.verified_keys.add(frozen.access_key)


def ensure_own_keys(active: ActiveTarget) -> None:
    """As `ensure_same_account`, of the keys that the next call of this thread would be signed with;
    so that one that may not be made is not recorded as begun."""
    if SIGNING_AS.get() is None and active.identity is not None and active.credentials is not None:
        ensure_same_account(active, active.credentials.get_frozen_credentials())


def _whose(identity: Identity) -> tuple[str, str]:
    """Partition and account: the same number may be another account in another partition."""
    return identity.arn.split(":")[1], identity.account


def _other_account(active: ActiveTarget, before: Identity, now: Identity) -> CredentialsError:
    return CredentialsError(
        f"the credentials now belong to account {now.account} ({now.arn}), and belonged to "
        f"{before.account} ({before.arn}) when this began: nothing was sent with them",
        hint=f"awsops creds chain -p {active.target.name} shows where they come from; see what is "
        f"done in {before.account}, then run it again",
        code="WrongAccount",
    )
