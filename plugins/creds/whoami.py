"""The command `creds whoami`: who AWS says we are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from awsops.api import Aws, command


@dataclass(frozen=True, slots=True)
class Caller:
    """Who AWS says we are, and which of botocore's providers the keys came from."""

    account: str
    arn: str
    user_id: str
    region: str | None
    credential_source: str
    expires_at: datetime | None


@command()
def whoami(aws: Aws) -> Iterator[Caller]:
    """Show the account and identity behind each profile."""
    identity = aws.identity()
    info = aws.credential_info()
    yield Caller(
        account=identity.account,
        arn=identity.arn,
        user_id=identity.user_id,
        region=aws.target.region,
        credential_source=info.source,
        expires_at=info.expires_at,
    )
