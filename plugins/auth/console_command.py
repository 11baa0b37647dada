"""The command `auth console`: a link that signs a browser in with a profile's session."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from awsops.api import (
    Annotated,
    Aws,
    AwsopsError,
    CredentialsError,
    Note,
    Option,
    UsageError,
    command,
)
from awsops.aws import Keys
from awsops.units import parse_duration

# IAM user guide, "Enable custom identity broker access to the AWS console", and the sign-in hosts
# of the other partitions ("AWS service endpoints", sign-in).
_HOSTS = {
    "aws": ("signin.aws.amazon.com", "console.aws.amazon.com"),
    "aws-cn": ("signin.amazonaws.cn", "console.amazonaws.cn"),
    "aws-us-gov": ("signin.amazonaws-us-gov.com", "console.amazonaws-us-gov.com"),
}
LINK_MINUTES = 15  # how long a sign-in token can be used
_SECONDS = range(900, 43_201)  # SessionDuration
_TIMEOUT = 10.0  # seconds

ServiceOption = Annotated[str | None, Option(help="Open this service's console, like s3.")]
OpenOption = Annotated[bool, Option(help="Open the link in a browser.")]
LastsOption = Annotated[
    str | None, Option(help="How long the browser stays signed in, 15m to 12h; roles only.")
]


@dataclass(frozen=True, slots=True)
class SignIn:
    """A link that signs in whoever opens it, within 15 minutes."""

    account: str
    arn: str
    url: str


@command(exports_secrets=True, one_target=True)
def console(
    aws: Aws,
    service: ServiceOption = None,
    open: OpenOption = False,
    lasts: LastsOption = None,
) -> Iterator[SignIn | Note]:
    """Make a link that signs a browser in to the AWS console."""
    keys, identity = aws.keys(), aws.identity()
    if keys.token is None or ":user/" in identity.arn:
        raise CredentialsError(
            f"{aws.target.label} is a user; the console takes the sessions of roles alone",
            hint="name a profile that assumes a role, or add --role NAME",
            code="NoRole",
        )
    partition = identity.arn.split(":")[1]
    if partition not in _HOSTS:
        raise UsageError(f"the console of the partition {partition} is not known")
    home = _HOSTS[partition][1]
    federation = federation_url(partition)
    token = _signin_token(federation, keys, _lasting(lasts))
    destination = _destination(home, service, aws.target.region)
    query = urlencode(
        {"Action": "login", "Issuer": "awsops", "Destination": destination, "SigninToken": token}
    )
    url = f"{federation}?{query}"
    yield SignIn(identity.account, identity.arn, url)
    if open:
        opened = webbrowser.open(url)
        yield Note("opened in the browser" if opened else "no browser could be opened")
    else:
        yield Note(f"whoever opens the link within {LINK_MINUTES} minutes is signed in", "warning")


def federation_url(partition: str) -> str:
    """Where a partition gives sign-in tokens."""
    return f"https://{_HOSTS[partition][0]}/federation"


def _destination(home: str, service: str | None, region: str | None) -> str:
    path = f"{quote(service)}/home" if service else "console/home"
    where = f"?region={quote(region)}" if region else ""
    return f"https://{home}/{path}{where}"


def _lasting(text: str | None) -> int | None:
    if text is None:
        return None
    seconds = int(parse_duration(text))
    if seconds not in _SECONDS:
        raise UsageError(f"--lasts {text} is not between 15m and 12h")
    return seconds


def _signin_token(federation: str, keys: Keys, seconds: int | None) -> str:
    """The body of a POST, not a URL: a session in a URL would end up in logs of proxies."""
    session = {
        "sessionId": keys.access_key,
        "sessionKey": keys.secret_key.reveal(),
        "sessionToken": keys.token.reveal() if keys.token else "",
    }
    asked: dict[str, Any] = {"Action": "getSigninToken", "Session": json.dumps(session)}
    if seconds is not None:
        asked["SessionDuration"] = seconds
    request = urllib.request.Request(federation, urlencode(asked).encode())
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:
            return str(json.loads(answer.read())["SigninToken"])
    except urllib.error.HTTPError as error:
        raise AwsopsError(
            f"{federation} refused the session (status {error.code})",
            hint="awsops creds whoami tells whether it is still good",
            code="SignIn",
        ) from None
    except (OSError, ValueError, KeyError) as error:
        raise AwsopsError(f"{federation} gave no sign-in token: {error}", code="SignIn") from None
