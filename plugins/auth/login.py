"""The command `auth login`: a session with MFA for a profile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from awsops.api import Annotated, Aws, Note, Option, UsageError, command
from awsops.credentials_file import write_profile

from .mfa_session import Wish, mfa_session, read_duration

SerialOption = Annotated[str | None, Option(help="ARN or serial of the MFA device.")]
CodeOption = Annotated[str | None, Option(help="The six digits; asked for when left out.")]
DurationOption = Annotated[str, Option(help="How long the session lasts, 15m to 36h.")]
WriteOption = Annotated[
    str | None, Option(help="Also write it into the credentials file as this profile.")
]
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


@command()
def login(
    aws: Aws,
    serial: SerialOption = None,
    code: CodeOption = None,
    duration: DurationOption = "12h",
    write: WriteOption = None,
    renew: RenewOption = False,
) -> Iterator[Login | Note]:
    """Get a session with MFA, or the one that is still alive."""
    if write is not None and write == (aws.target.profile or "default"):
        raise UsageError(
            f"--write {write} would overwrite the keys that the session is made from",
            hint=f"choose another name, like --write {write}-mfa",
        )
    wish = Wish(serial, code, read_duration(duration), renew)
    session, reused = mfa_session(aws, wish, aws.ask_mfa)
    if write is not None:
        path = write_profile(aws, write, session)
        yield Note(f"wrote the session into {path} as [{write}]")
    yield Login(
        profile=session.profile,
        account=session.account,
        arn=session.arn,
        serial=session.serial,
        expires_at=session.expires,
        reused=reused,
    )
