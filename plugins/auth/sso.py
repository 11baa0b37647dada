"""IAM Identity Center: the device flow, whose token botocore's own SSO provider then finds.

botocore reads the token cache and has nothing that fills it.
"""

from __future__ import annotations

import webbrowser
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from awsops.api import Aws, CancelledError, CredentialsError, Note, PendingError
from awsops.service_errors import is_passing

from .sso_tokens import check_room, keep_token, read_token, token_file

SCOPE = "sso:account:access"
SLOW_DOWN = 5.0  # seconds more between two questions (RFC 8628, section 3.5)
SLOWEST = 30.0  # seconds; a code is good for ten minutes


@dataclass(frozen=True, slots=True)
class SsoProfile:
    """Where a profile signs in. `session` None: the settings stand in the profile itself."""

    start_url: str
    region: str
    session: str | None
    scopes: tuple[str, ...]
    file: Path


def read_sso(settings: Mapping[str, Any], sessions: Mapping[str, Any]) -> SsoProfile | None:
    """What a profile says of Identity Center; None when it says nothing.

    CredentialsError when it names a session that does not exist, or says half of it.
    """
    name = settings.get("sso_session")
    if name is None and "sso_start_url" not in settings:
        return None
    if name is not None and name not in sessions:
        raise CredentialsError(
            f"the profile names the sso-session {name}, which does not exist",
            hint=f"add [sso-session {name}] to the config file",
            code="SsoConfig",
        )
    found = sessions[name] if name is not None else settings
    missing = [key for key in ("sso_start_url", "sso_region") if not found.get(key)]
    if missing:
        raise CredentialsError(f"{' and '.join(missing)} is missing", code="SsoConfig")
    file = token_file(settings)
    assert file is not None
    scopes = str(found.get("sso_registration_scopes") or SCOPE).split(",")
    return SsoProfile(
        str(found["sso_start_url"]),
        str(found["sso_region"]),
        None if name is None else str(name),
        tuple(scope.strip() for scope in scopes),
        file,
    )


def live_until(aws: Aws, profile: SsoProfile) -> datetime | None:
    """Until when the token on this machine is good, renewed where it was given for longer; None
    when a person has to sign in."""
    token = read_token(profile.file)
    if token is None:
        return None
    if token.expires_at.timestamp() > aws.clock() + 60:
        return token.expires_at
    return aws.renewed_sso_token() if profile.session is not None else None


def sign_in(aws: Aws, profile: SsoProfile, *, open_browser: bool) -> Iterator[Note | datetime]:
    """The device flow: a Note with the address and code, then when the token ends.

    PendingError when nobody answers in time, CredentialsError when the person refuses, AwsopsError
    before anybody is asked when the token could not be kept.
    """
    check_room(profile.file)
    oidc = aws.client("sso-oidc", region=profile.region)
    client = oidc.register_client(
        clientName="awsops", clientType="public", scopes=list(profile.scopes)
    )
    known = {"clientId": client["clientId"], "clientSecret": client["clientSecret"]}
    flow = oidc.start_device_authorization(**known, startUrl=profile.start_url)
    url = flow.get("verificationUriComplete") or flow["verificationUri"]
    yield Note(f"open {url} and confirm the code {flow['userCode']}")
    if open_browser:
        webbrowser.open(url)
    token = yield from _await_token(aws, oidc, known, flow)
    ends = datetime.fromtimestamp(aws.clock() + token["expiresIn"], UTC)
    _keep(profile, client, token, ends)
    yield ends


def _await_token(
    aws: Aws, oidc: Any, known: dict[str, str], flow: dict[str, Any]
) -> Generator[Note, None, Any]:
    """Ask until the person has confirmed. A network that is gone and a throttle are waited out as
    long as the code is good: the person is in a browser and cannot be asked again."""
    pause, told = float(flow.get("interval") or SLOW_DOWN), False
    until = aws.clock() + flow["expiresIn"]
    while aws.clock() < until:
        if aws.cancelled.is_set():
            raise CancelledError("cancelled while waiting for the sign-in")
        try:
            return oidc.create_token(
                **known,
                grantType="urn:ietf:params:oauth:grant-type:device_code",
                deviceCode=flow["deviceCode"],
            )
        except Exception as error:
            if _is_slow(error):
                pause = min(pause + SLOW_DOWN, SLOWEST)
            if is_passing(error) and not told:
                told = True
                yield Note(f"no answer yet, still asking: {error}", level="warning")
            if type(error).__name__ == "ExpiredTokenException":
                break
            _raise_refusal(error)
        aws.sleep(pause)
    raise PendingError("nobody confirmed the sign-in in time", hint="run it again")


def _is_slow(error: Exception) -> bool:
    """Whether to ask less often (RFC 8628, section 3.5: also after a timeout)."""
    return type(error).__name__ == "SlowDownException" or is_passing(error)


def _raise_refusal(error: Exception) -> None:
    """Raise what ends the waiting; nothing of what only means: not yet."""
    name = type(error).__name__
    if name in ("AuthorizationPendingException", "SlowDownException") or is_passing(error):
        return
    if name == "AccessDeniedException":
        raise CredentialsError("the sign-in was refused in the browser", code="Sso") from None
    if name == "InvalidGrantException":
        raise CredentialsError(
            "the code was used already: its token was lost on the way",
            hint="sign in again",
            code="Sso",
        ) from None
    raise error


def _keep(profile: SsoProfile, client: Any, token: Any, ends: datetime) -> None:
    held = {
        "startUrl": profile.start_url,
        "region": profile.region,
        "accessToken": token["accessToken"],
        "expiresAt": _stamp(ends),
        "clientId": client["clientId"],
        "clientSecret": client["clientSecret"],
        "registrationExpiresAt": _stamp(
            datetime.fromtimestamp(client["clientSecretExpiresAt"], UTC)
        ),
    }
    if token.get("refreshToken"):
        held["refreshToken"] = token["refreshToken"]
    keep_token(profile.file, held)


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
