"""The command `auth login`: a session with MFA for a profile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from awsops.api import Annotated, Aws, Choice, Note, Option, UsageError, command
from awsops.credentials.mfa_devices import list_devices
from awsops.credentials.mfa_session import (
    Wish,
    cache_of,
    mfa_session,
    owner_of_device,
    read_duration,
)
from awsops.credentials.shared_file import check_profile, write_profile
from awsops.local_choices import complete_profiles

from .sso import SsoProfile, live_until, read_sso, sign_in


def complete_devices(aws: Aws) -> Iterator[Choice]:
    """The caller's own MFA devices that give codes."""
    for device in list_devices(aws.client("iam")):
        if device.usable:
            yield Choice(device.serial, device.kind)


SerialOption = Annotated[
    str | None,
    Option(help="ARN or serial of the MFA device.", complete=complete_devices, metavar="DEVICE"),
]
CodeOption = Annotated[
    str | None, Option(help="The six digits; asked for when left out.", metavar="CODE")
]
DurationOption = Annotated[
    str, Option(help="How long the session lasts, 15m to 36h.", metavar="DURATION")
]
WriteOption = Annotated[
    str | None,
    Option(
        help="Also write it into the credentials file as this profile.",
        complete=complete_profiles,
        metavar="PROFILE",
    ),
]
BrowserOption = Annotated[bool, Option(help="Open the sign-in page of an SSO profile.")]
RenewOption = Annotated[bool, Option(help="Ask for a new session although one is alive.")]


@dataclass(frozen=True, slots=True)
class Login:
    """A session and whose it is; `reused` when it was there already."""

    profile: str
    account: str
    arn: str
    serial: str | None
    expires_at: datetime
    reused: bool


# An SSO profile has no credentials before it has signed in: they are looked up when needed.
# Its device flow is not signed and changes nothing but who is signed in.
@command(
    needs_credentials=False,
    one_target_with=["write"],
    calls=["sso-oidc:RegisterClient", "sso-oidc:StartDeviceAuthorization", "sso-oidc:CreateToken"],
)
def login(
    aws: Aws,
    serial: SerialOption = None,
    code: CodeOption = None,
    duration: DurationOption = "12h",
    write: WriteOption = None,
    renew: RenewOption = False,
    browser: BrowserOption = True,
) -> Iterator[Login | Note]:
    """Get a session with MFA or through SSO, or the one that is still alive."""
    sso = read_sso(aws.profile_settings(), aws.sso_sessions())
    if sso is not None:
        if write is not None or serial is not None or code is not None:
            raise UsageError(
                f"{aws.target.name} signs in through SSO: --write, --serial and --code are for MFA",
                hint="other programs find the SSO token by themselves",
            )
        yield from _through_sso(aws, sso, renew=renew, browser=browser)
        return
    owner = owner_of_device(aws)
    if owner is None:
        aws.use_own_credentials()
    if write is not None and write == (owner.profile if owner else aws.target.name):
        raise UsageError(
            f"--write {write} would overwrite the keys that the session is made from",
            hint=f"choose another name, like --write {write}-mfa",
        )
    if write is not None:
        check_profile(aws, write)
    for path in cache_of(aws).unreadable():
        yield Note(f"{path} is no session and is not used", level="warning")
    wish = Wish(serial, code, read_duration(duration), renew, kept=write is None)
    got = mfa_session(aws, wish, aws.ask_mfa, owner)
    session = got.session
    if got.unkept is not None:
        yield Note(got.unkept, level="warning")
    if write is not None:
        path = write_profile(aws, write, session)
        yield Note(f"wrote the session into {path} as [{write}]")
    yield Login(
        profile=aws.target.name,
        account=session.account,
        arn=session.arn,
        serial=session.serial,
        expires_at=session.expires,
        reused=got.reused,
    )


def _through_sso(
    aws: Aws, sso: SsoProfile, *, renew: bool, browser: bool
) -> Iterator[Login | Note]:
    ends = None if renew else live_until(aws, sso)
    reused = ends is not None
    if ends is None:
        for event in sign_in(aws, sso, open_browser=browser and aws.env.interactive):
            if isinstance(event, Note):
                yield event
            else:
                ends = event
    aws.use_own_credentials()
    identity = aws.identity()
    assert ends is not None
    name = aws.target.name
    yield Login(name, identity.account, identity.arn, None, ends, reused)
