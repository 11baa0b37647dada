"""Which profile is to sign in, in a hint that was written where nobody knew it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Mapping
from typing import Any

from awsops.errors import AwsopsError
from awsops.service_errors import EXPIRED
from awsops.targets import Target

_ANY = "-p PROFILE"
_RENEW = f"awsops auth login {_ANY}"
_RENEW_EXPORTED = f'eval "$(awsops auth export {_ANY})"'
_SSO_ERRORS = ("SSOTokenLoad", "UnauthorizedSSOToken", "TokenRetrieval")


def name_profile(
    error: AwsopsError, target: Target, settings: Callable[[str | None], Mapping[str, Any]]
) -> AwsopsError:
    """The error with the profile's name in its hint, so that it can be typed as it stands.

    `settings` are a profile's. For SSO the one that signs in may be the source of the target's.
    """
    name = target.profile or target.default
    if error.hint is None or _ANY not in error.hint:
        return error
    hint = error.hint
    if error.code in EXPIRED and name is None:
        if os.environ.get("AWS_SESSION_TOKEN"):
            hint = hint.replace(_RENEW, _RENEW_EXPORTED)
    elif error.code in EXPIRED and name is not None and "aws_session_token" in settings(name):
        # A session that was written into a file is made of the keys of another profile.
        hint = hint.replace(_RENEW, f"{_RENEW} --write {shlex.quote(name)}")
    elif name is not None:
        who = _with_sso(name, settings) if error.code in _SSO_ERRORS else name
        hint = hint.replace(_ANY, f"-p {shlex.quote(who)}")
    return error.reworded(hint=hint)


def _with_sso(name: str, settings: Callable[[str | None], Mapping[str, Any]]) -> str:
    seen: list[str] = []
    while name not in seen:
        seen.append(name)
        own = settings(name)
        source = own.get("source_profile")
        if source is None or "sso_session" in own or "sso_start_url" in own:
            break
        name = str(source)
    return name
