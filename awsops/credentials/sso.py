"""The token of an SSO profile, renewed by botocore's own provider."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from awsops.aws_sessions import Sessions
    from awsops.targets import Target


def renewed_sso_token(sessions: Sessions, target: Target) -> datetime | None:
    """Until when the profile's token is good, after botocore has renewed it where it had to.

    None where a person has to sign in: no token, no refresh token, or a sign-in that has ended.
    Only profiles with an `sso_session` have tokens that can be renewed.
    """
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.tokens import SSOTokenProvider

    provider = SSOTokenProvider(sessions.session(target.profile), profile_name=target.profile)
    try:
        token = provider.load_token()
        ends = token.get_frozen_token().expiration if token is not None else None
    except (BotoCoreError, ClientError):
        return None
    return ends if isinstance(ends, datetime) else None
