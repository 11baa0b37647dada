"""A second account or region inside one target's work: the other end of a move.

Its calls are signed with its own credentials, need the confirmation of the target's own plan, and
stand in the journal under the other account, whose number is asked from AWS before the plan.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from typing import Any

from awsops.active import ActiveTarget, set_active
from awsops.aws import Aws
from awsops.botocore_errors import from_exception
from awsops.events import Plan
from awsops.sign_in_hint import name_profile
from awsops.targets import Target, check_region, unknown_profile


def elsewhere(aws: Aws, *, profile: str | None, region: str | None) -> Elsewhere:
    """The account of `profile` (None: this target's own) in `region` (None: the profile's).

    A command that changes something there calls `announce` before it yields its own Plan.
    UsageError when there is no such profile or region; CredentialsError when nobody can sign.
    """
    sessions, own = aws._sessions, aws.target
    if profile is not None and profile not in sessions.profiles():
        raise unknown_profile(profile, sessions.profiles())
    if region is not None:
        check_region(region, sessions)
    if profile is None:
        target = Target(own.profile, region or own.region, own.account, own.role)
    else:
        target = Target(profile, region or sessions.profile_region(profile) or own.region)
    principal = aws._active.speaker
    active = ActiveTarget(target, aws.run_id, aws._active.command, principal=principal)
    other = Elsewhere(active, sessions, aws.env, aws.cancelled, aws.jobs)
    try:
        active.credentials = sessions.credentials(target)
        other.identity()
    except Exception as error:
        known = from_exception(error)
        if known is None:
            raise
        # Here, or the hint would name the profile of this end.
        raise name_profile(known, target, sessions.scoped_config) from error
    principal.companions.append(other)
    return other


class Elsewhere(Aws):
    """An Aws whose clients sign for its own target, whatever the calling thread works for."""

    plan: Plan | None = None

    @property
    def active(self) -> ActiveTarget:
        """The target, account and identity of this end."""
        return self._active

    def announce(self, plan: Plan) -> None:
        """What will be changed there: shown beside the target's own plan, and asked for with it.

        Where the account is protected, its name is asked for too.
        """
        self.plan = plan

    def _signing(self, client: Any) -> Any:
        return _Client(client, self._active)


class _Client:
    """A botocore client whose calls are made for one target."""

    def __init__(self, client: Any, active: ActiveTarget) -> None:
        self._client = client
        self._active = active

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        return self._for_target(found) if callable(found) else found

    def _for_target(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def made(*args: Any, **params: Any) -> Any:
            context = contextvars.copy_context()
            context.run(set_active, self._active)
            return context.run(call, *args, **params)

        return made
