"""The commands about what is there: `auth status`, `auth logout`, `auth devices`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from awsops.api import Annotated, Aws, Host, Note, Option, command
from awsops.mfa_devices import Device, list_devices
from awsops.mfa_session import cache_of
from awsops.session_cache import Session, SessionCache, source_of

AllOption = Annotated[bool, Option(help="Forget every session, whatever profile it is of.")]


@dataclass(frozen=True, slots=True)
class Held:
    """A session on this machine. `seconds_left` is 0 when it has expired."""

    profile: str
    kind: str
    account: str
    arn: str
    serial: str | None
    access_key_suffix: str
    expires_at: datetime
    seconds_left: int


@dataclass(frozen=True, slots=True)
class LoggedOut:
    """A session that was forgotten here; AWS honours it until `expires_at`."""

    profile: str
    kind: str
    arn: str
    expires_at: datetime


@command()
def status(host: Host) -> Iterator[Held | Note]:
    """List the sessions on this machine and how long they last."""
    cache = SessionCache(host.env.folders.cache / "sessions", host.env.clock)
    for path in cache.unreadable():
        yield Note(f"{path} is no session and is not used", level="warning")
    for session in cache.all():
        yield Held(
            profile=session.profile,
            kind=session.kind,
            account=session.account,
            arn=session.arn,
            serial=session.serial,
            access_key_suffix=session.access_key[-4:],
            expires_at=session.expires,
            seconds_left=max(0, int(session.expires_at - host.env.clock())),
        )


@command(needs_credentials=False)
def logout(aws: Aws, all: AllOption = False) -> Iterator[LoggedOut | Note]:
    """Forget the sessions of a profile on this machine."""
    cache = cache_of(aws)
    for session in _sessions_of(aws, cache, everything=all):
        cache.remove(session)
        yield LoggedOut(session.profile, session.kind, session.arn, session.expires)
    if all:
        for path in cache.unreadable():
            path.unlink(missing_ok=True)
            yield Note(f"removed {path}, which held no session")


@command()
def devices(aws: Aws) -> Iterator[Device]:
    """List your MFA devices and which of them give codes that the API takes."""
    yield from list_devices(aws.client("iam"))


def _sessions_of(aws: Aws, cache: SessionCache, *, everything: bool) -> list[Session]:
    if everything:
        return cache.all()
    name = aws.target.name
    key = aws.profile_settings().get("aws_access_key_id")
    source = source_of(str(key)) if key else None
    return [s for s in cache.all() if s.profile == name or s.source == source]
