"""The commands about what is there: `auth status`, `auth logout`, `auth devices`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from awsops.api import Annotated, Aws, Host, Note, Option, command
from awsops.botocore_errors import from_exception
from awsops.credentials.mfa_devices import Device, list_devices
from awsops.credentials.mfa_session import cache_of
from awsops.credentials.session_cache import Session, SessionCache, source_of

from .sso_tokens import SsoToken, all_tokens, forget, token_file

AllOption = Annotated[bool, Option(help="Forget every session, whatever profile it is of.")]


@dataclass(frozen=True, slots=True)
class Held:
    """A session on this machine. `kind` is mfa, role or sso; `seconds_left` is 0 when it has ended.

    An SSO token is of a person, not of an account: it has a `start_url` and no `account`, and
    `profile` names every profile that signs in with it.
    """

    profile: str
    kind: str
    account: str | None
    arn: str | None
    serial: str | None
    start_url: str | None
    access_key_suffix: str | None
    expires_at: datetime
    seconds_left: int


@dataclass(frozen=True, slots=True)
class LoggedOut:
    """A session that was forgotten here. `ended`: AWS honours it no longer; sessions of STS it does
    until `expires_at`."""

    profile: str
    kind: str
    arn: str | None
    expires_at: datetime
    ended: bool


@command()
def status(host: Host) -> Iterator[Held | Note]:
    """List the sessions on this machine and how long they last."""
    cache = SessionCache(host.env.folders.cache / "sessions", host.env.clock)
    cache.prune()
    for path in cache.unreadable():
        yield Note(f"{path} is no session and is not used", level="warning")
    for session in sorted(cache.all(), key=_in_order):
        yield Held(
            profile=session.profile,
            kind=session.kind,
            account=session.account,
            arn=session.arn,
            serial=session.serial,
            start_url=None,
            access_key_suffix=session.access_key[-4:],
            expires_at=session.expires,
            seconds_left=max(0, int(session.expires_at - host.env.clock())),
        )
    yield from _sso_tokens(host)


def _in_order(session: Session) -> tuple[str, str, str, float]:
    return session.profile, session.kind, session.account, session.expires_at


def _sso_tokens(host: Host) -> Iterator[Held | Note]:
    tokens = all_tokens()
    if not tokens:
        return  # without a look at the AWS files, which takes ten times as long
    names: dict[Path, list[str]] = {}
    try:
        for name, settings in host.profiles().items():
            if (file := token_file(settings)) is not None:
                names.setdefault(file, []).append(name)
    except Exception as error:
        known = from_exception(error)
        if known is None:
            raise
        yield Note(f"whose SSO tokens these are is not known: {known.message}", level="warning")
    for token in tokens:
        yield Held(
            profile=", ".join(names.get(token.path, [])),
            kind="sso",
            account=None,
            arn=None,
            serial=None,
            start_url=token.start_url,
            access_key_suffix=None,
            expires_at=token.expires_at,
            seconds_left=max(0, int(token.expires_at.timestamp() - host.env.clock())),
        )


@command(needs_credentials=False, calls=["sso:Logout"])
def logout(aws: Aws, all: AllOption = False) -> Iterator[LoggedOut | Note]:
    """Forget the sessions of a profile on this machine, and end its SSO sign-in."""
    cache = cache_of(aws)
    for session in _sessions_of(aws, cache, everything=all):
        cache.remove(session)
        yield LoggedOut(session.profile, session.kind, session.arn, session.expires, ended=False)
    own = token_file(aws.profile_settings())
    for token in all_tokens():
        if all or token.path == own:
            yield from _sign_out(aws, token)
    if all:
        for path in cache.unreadable():
            path.unlink(missing_ok=True)
            yield Note(f"removed {path}, which held no session")


def _sign_out(aws: Aws, token: SsoToken) -> Iterator[LoggedOut | Note]:
    """End a sign-in where it was given, then forget it; forgotten it is in any case."""
    ended = True
    try:
        sso = aws.client("sso", region=token.region or None)
        sso.logout(accessToken=token.secret.reveal())
    except Exception as error:
        known = from_exception(error)
        if known is None:
            raise
        ended = type(error).__name__ == "UnauthorizedException"  # it had ended already
        if not ended:
            said = f"{token.start_url} was not told ({known.message}): the token is only forgotten"
            yield Note(said, level="warning")
    finally:
        forget(token)
    yield LoggedOut(aws.target.name, "sso", None, token.expires_at, ended)


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
