"""Profiles of the loopback AWS, and threads that work for them as the runner's do."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from awsops.active import ActiveTarget, set_active
from awsops.aws_sessions import Sessions
from awsops.targets import Target
from tests.bench.loopback import Loopback

T = TypeVar("T")
KEYS = "aws_access_key_id = BENCH{0:012}\naws_secret_access_key = secret-{0}\n"
BASE = f"[base]\n{KEYS.format(900)}"
MINUTES = 60


def profile(name: str, server: Loopback, *lines: str, region: str = "eu-west-1") -> str:
    text = "\n".join(lines)
    return f"[profile {name}]\nregion = {region}\nendpoint_url = {server.url}\n{text}\n"


def role(account: int, source: str = "base") -> tuple[str, str]:
    return (f"role_arn = arn:aws:iam::{account:012}:role/ops", f"source_profile = {source}")


def working_for(sessions: Sessions, target: Target, work: Callable[[], T]) -> T:
    """Run `work` as the runner would: with the target's credentials, in a context of its own."""

    def inside() -> T:
        active = ActiveTarget(target, "run", "test")
        set_active(active)
        active.credentials = sessions.credentials(target)
        return work()

    return contextvars.copy_context().run(inside)


def account_of(sessions: Sessions, target: Target) -> str:
    """The account that AWS sees when the target calls."""
    client = sessions.client(target, "sts")
    return str(working_for(sessions, target, client.get_caller_identity)["Account"])


def at_once(works: Sequence[Callable[[], T]]) -> list[T]:
    """All of them at the same moment, each on a thread of its own."""
    barrier = threading.Barrier(len(works))

    def started(work: Callable[[], T]) -> T:
        barrier.wait(60)
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(started, works))
