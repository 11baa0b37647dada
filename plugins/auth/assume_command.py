"""The command `auth assume`: a role, or one role after another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from awsops.api import Annotated, Argument, Aws, Document, Note, Option, UsageError, command
from awsops.credentials.mfa_session import Got, keys_of
from awsops.credentials.session_cache import Session
from awsops.credentials.shared_file import check_profile, write_profile
from awsops.local_choices import complete_roles
from awsops.units import parse_duration

from .handing_on import stale, variables
from .login import CodeOption, WriteOption
from .roles import LONGEST, SHORTEST, Terms, assume, check_terms, read_link, read_tags
from .shells import SHELLS, render

RolesArgument = Annotated[
    list[str],
    Argument(
        help="ARN of a role, or a profile that has one; the next from it.", complete=complete_roles
    ),
]
ShellOption = Annotated[
    str | None, Option(help="Print its variables for this shell instead.", choices=SHELLS)
]
NameOption = Annotated[
    str | None,
    Option(help="Name of the session in CloudTrail; default: awsops and the run.", metavar="NAME"),
]
ExternalOption = Annotated[
    str | None, Option(help="The external id that the role asks for.", metavar="ID")
]
PolicyOption = Annotated[
    str | None, Option(help="JSON that narrows what the session may do.", metavar="JSON")
]
TagOption = Annotated[
    list[str], Option(help="A session tag, KEY=VALUE; may be repeated.", metavar="KEY=VALUE")
]
IdentityOption = Annotated[
    str | None, Option(help="Who it is, kept through a chain of roles.", metavar="NAME")
]
LengthOption = Annotated[
    str, Option(help="How long it lasts, 15m to 12h; in a chain up to 1h.", metavar="DURATION")
]


@dataclass(frozen=True, slots=True)
class Assumed:
    """A role's session; `reused` when it was there already."""

    profile: str
    role: str
    account: str
    arn: str
    expires_at: datetime
    reused: bool


@command(
    name="assume", exports_secrets=True, one_target_with=["write", "shell"], document_with=["shell"]
)
def assume_(
    aws: Aws,
    roles: RolesArgument,
    session_name: NameOption = None,
    external_id: ExternalOption = None,
    policy: PolicyOption = None,
    tag: TagOption = [],  # noqa: B006
    source_identity: IdentityOption = None,
    duration: LengthOption = "1h",
    code: CodeOption = None,
    shell: ShellOption = None,
    write: WriteOption = None,
) -> Iterator[Assumed | Document | Note]:
    """Assume a role, or one role after another."""
    terms = Terms(
        seconds=_seconds(duration),
        session_name=session_name or f"awsops-{aws.run_id}",
        named=session_name is not None,
        external_id=external_id,
        policy=policy,
        tags=read_tags(tag),
        source_identity=source_identity,
        code=code,
        kept=write is None and shell is None,
    )
    check_terms(terms, len(roles))
    if write is not None:
        check_profile(aws, write)
    links = [read_link(aws, role) for role in roles]
    last: Session | None = None
    for got in assume(aws, links, terms, aws.ask_mfa):
        last = got.session
        if got.unkept is not None:
            yield Note(got.unkept, level="warning")
        if shell is None:
            yield _row(got)
    if last is not None and write is not None:
        path = write_profile(aws, write, last)
        yield Note(f"wrote the session into {path} as [{write}]")
    if last is not None and shell is not None:
        values = variables(aws, keys_of(last))
        yield Document(render(shell, values, stale(aws, values)) + "\n")


def _row(got: Got) -> Assumed:
    session = got.session
    return Assumed(
        profile=session.profile,
        role=session.arn.split("/")[1],
        account=session.account,
        arn=session.arn,
        expires_at=session.expires,
        reused=got.reused,
    )


def _seconds(text: str) -> int:
    seconds = parse_duration(text)
    if not SHORTEST <= seconds <= LONGEST:
        raise UsageError(f"--duration {text} is not between 15m and 12h")
    return int(seconds)
