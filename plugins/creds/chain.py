"""The command `creds chain`: every source of credentials in the order botocore asks them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from awsops.api import Annotated, Aws, Note, Option, command

from .files import AwsFiles, read_files
from .findings import find_traps
from .links import describe_link
from .places import place_of
from .settings import region_rows, setting_rows
from .why import explain

WhyOption = Annotated[bool, Option(help="Say in a paragraph why the winner wins.")]


@dataclass(frozen=True, slots=True)
class Source:
    """One place that was looked at. `part` is credentials, region or setting; `order` counts from
    1 within it, 0 for what is not in the chain at all; `status` is used, shadowed, empty or error.
    """

    part: str
    order: int
    provider: str
    status: str
    access_key_suffix: str | None
    source: str | None
    expires_at: datetime | None
    note: str | None


@command(needs_credentials=False)
def chain(aws: Aws, why: WhyOption = False) -> Iterator[Source | Note]:
    """Show where credentials, region and settings come from, and what is shadowed."""
    files = read_files(aws)
    credentials = list(_credentials(aws, files))
    yield from credentials
    yield from (Source("region", *row) for row in region_rows(aws, files))
    yield from (Source("setting", *row) for row in setting_rows(aws, files))
    for trap in find_traps(aws, files):
        yield Note(trap, level="warning")
    if why:
        yield Note(explain(aws, [(row.provider, row.status, row.source) for row in credentials]))


def _credentials(aws: Aws, files: AwsFiles) -> Iterator[Source]:
    environ = aws.env.environ
    if aws.target.profile is not None and environ.get("AWS_ACCESS_KEY_ID"):
        yield Source(
            part="credentials",
            order=0,
            provider="env",
            status="shadowed",
            access_key_suffix=_suffix(environ["AWS_ACCESS_KEY_ID"]),
            source=place_of("env", aws, files),
            expires_at=None,
            note="a profile given with -p takes the environment out of the chain",
        )
    for order, link in enumerate(aws.credential_chain(), 1):
        yield Source(
            part="credentials",
            order=order,
            provider=link.method,
            status=link.status,
            access_key_suffix=_suffix(link.access_key) if link.access_key else None,
            source=link.metadata_url or place_of(link.method, aws, files),
            expires_at=link.expires_at,
            note=describe_link(link, aws, files),
        )


def _suffix(access_key: str) -> str:
    """The last four characters: enough to tell keys apart, of no use to anybody."""
    return access_key[-4:]
