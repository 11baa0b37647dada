"""What resolving targets needs to know of the config files, of botocore's data and of AWS."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from awsops.active import ActiveTarget, set_active
from awsops.aws import Aws
from awsops.errors import UsageError

if TYPE_CHECKING:
    from awsops.aws_sessions import Sessions
    from awsops.env import Env
    from awsops.targets import Target

T = TypeVar("T")


class SessionLookup:
    """`targets.Lookup` on the shared sessions."""

    def __init__(
        self, sessions: Sessions, run_id: str, env: Env, cancelled: threading.Event
    ) -> None:
        self._sessions = sessions
        self._run_id = run_id
        self._env = env
        self._cancelled = cancelled

    def profiles(self) -> Sequence[str]:
        return self._sessions.profiles()

    def default_profile(self) -> str | None:
        return self._sessions.default_profile()

    def known_regions(self) -> Sequence[str]:
        return self._sessions.known_regions()

    def profile_region(self, profile: str | None) -> str | None:
        return self._sessions.profile_region(profile)

    def enabled_regions(self, target: Target) -> Sequence[str]:
        """DescribeRegions of EC2 answers with the account's enabled regions (opt-in ones too)."""

        def ask(aws: Aws) -> list[str]:
            regions = aws.client("ec2").describe_regions()["Regions"]
            return sorted(region["RegionName"] for region in regions)

        return self._as(target, "-r all", ask)

    def organization_accounts(self, target: Target) -> Sequence[str]:
        """Active accounts only: a suspended one refuses every call."""

        def ask(aws: Aws) -> list[str]:
            pages = aws.client("organizations").get_paginator("list_accounts").paginate()
            accounts = [account for page in pages for account in page["Accounts"]]
            return [a["Id"] for a in accounts if a.get("State", a.get("Status")) == "ACTIVE"]

        found = self._as(target, "--org", ask)
        if not found:
            raise UsageError(f"the organization of {target.label} has no active account")
        return found

    def _as(self, target: Target, command: str, ask: Callable[[Aws], T]) -> T:
        active = ActiveTarget(target, self._run_id, command)
        active.credentials = self._sessions.credentials(target)
        context = contextvars.copy_context()
        context.run(set_active, active)
        return context.run(ask, Aws(active, self._sessions, self._env, self._cancelled))
