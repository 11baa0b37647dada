"""IAM Identity Center: the device flow, whose token botocore's own SSO provider then finds.

botocore reads the token cache but has nothing that fills it; the file is written as the aws CLI
writes it, so that every SDK finds the token (SDKs and tools reference guide, "IAM Identity Center
credential provider").
"""

from __future__ import annotations

import hashlib
import json
import os
import webbrowser
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from awsops.api import Aws, CancelledError, CredentialsError, Note, PendingError

SCOPE = "sso:account:access"
SLOW_DOWN = 5.0  # seconds more between two questions (RFC 8628, section 3.5)


@dataclass(frozen=True, slots=True)
class SsoProfile:
    """Where a profile signs in. `session` None: the settings stand in the profile itself."""

    start_url: str
    region: str
    session: str | None
    scopes: tuple[str, ...]

    @property
    def cache_file(self) -> Path:
        """The file that botocore looks for (SSOTokenLoader)."""
        name = hashlib.sha1((self.session or self.start_url).encode()).hexdigest()
        return Path(os.path.expanduser("~/.aws/sso/cache")) / f"{name}.json"


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
    scopes = str(found.get("sso_registration_scopes") or SCOPE).split(",")
    return SsoProfile(
        str(found["sso_start_url"]),
        str(found["sso_region"]),
        None if name is None else str(name),
        tuple(scope.strip() for scope in scopes),
    )


def live_until(aws: Aws, profile: SsoProfile) -> datetime | None:
    """Until when the token on this machine is good; None when there is none or it has ended."""
    try:
        held = json.loads(profile.cache_file.read_text())
        ends = datetime.fromisoformat(str(held["expiresAt"]).replace("UTC", "+00:00"))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return ends if ends.timestamp() > aws.clock() + 60 else None


def sign_in(aws: Aws, profile: SsoProfile, *, open_browser: bool) -> Iterator[Note | datetime]:
    """The device flow: a Note with the address and code, then when the token ends.

    PendingError when nobody answers in time, CredentialsError when the person refuses.
    """
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
    token = _await_token(aws, oidc, known, flow)
    ends = datetime.fromtimestamp(aws.clock() + token["expiresIn"], UTC)
    _keep(profile, client, token, ends)
    yield ends


def _await_token(aws: Aws, oidc: Any, known: dict[str, str], flow: dict[str, Any]) -> Any:
    pause = float(flow.get("interval") or SLOW_DOWN)
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
        except oidc.exceptions.AuthorizationPendingException:
            pass
        except oidc.exceptions.SlowDownException:
            pause += SLOW_DOWN
        except oidc.exceptions.ExpiredTokenException:
            break
        except oidc.exceptions.AccessDeniedException:
            raise CredentialsError("the sign-in was refused in the browser", code="Sso") from None
        aws.sleep(pause)
    raise PendingError("nobody confirmed the sign-in in time", hint="run it again")


def _keep(profile: SsoProfile, client: Any, token: Any, ends: datetime) -> None:
    held = {
        "startUrl": profile.start_url,
        "region": profile.region,
        "accessToken": token["accessToken"],
        "expiresAt": ends.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "clientId": client["clientId"],
        "clientSecret": client["clientSecret"],
        "registrationExpiresAt": datetime.fromtimestamp(
            client["clientSecretExpiresAt"], UTC
        ).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    if token.get("refreshToken"):
        held["refreshToken"] = token["refreshToken"]
    path = profile.cache_file
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(held, file)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
